# Sharing work among threads while the calling one holds the interpreter lock.

cdef extern from *:
    """
    /* Threads only read what the interpreter lock keeps as it is. In a Python without one the calling thread does all. */
    #ifdef Py_GIL_DISABLED
    #define FDS_MAX_THREADS 1
    #else
    #define FDS_MAX_THREADS 64
    #endif
    """
    enum:
        MAX_THREADS "FDS_MAX_THREADS"

cdef enum:
    SHARES_EACH = 5     # how many shares there are for each thread
    LARGE_SHARES = 70   # percent of the work that is in the first share of each
    MAX_SHARES = MAX_THREADS * SHARES_EACH

ctypedef void *Share
ctypedef void (*Work)(Share share) noexcept nogil

cdef int run_together(Work work, Share *shares, Py_ssize_t count, int threads) except -1
cdef Py_ssize_t share_start(Py_ssize_t number, int threads, Py_ssize_t size) noexcept
