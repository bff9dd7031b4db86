# Sharing work among plain C threads while the calling one holds the interpreter lock.

cdef enum:
    MAX_THREADS = 64

ctypedef void *Share
ctypedef void (*Work)(Share share) noexcept nogil

cdef int run_together(Work work, Share *shares, Py_ssize_t count) except -1
