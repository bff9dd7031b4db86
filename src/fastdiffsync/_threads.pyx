# cython: language_level=3, boundscheck=False, wraparound=False
"""Sharing work among plain C threads.

The calling thread holds the interpreter lock until all have ended, so no Python code runs meanwhile, and nothing that
the threads read can change. They may read objects; they may neither call into Python, not even for memory,
nor touch a reference count.
"""

cdef extern from "pythread.h":
    ctypedef void *PyThread_type_lock
    unsigned long PyThread_start_new_thread(void (*function)(void *) noexcept nogil, void *argument)
    unsigned long PYTHREAD_INVALID_THREAD_ID
    PyThread_type_lock PyThread_allocate_lock()
    void PyThread_free_lock(PyThread_type_lock lock)
    int PyThread_acquire_lock(PyThread_type_lock lock, int is_waiting) nogil
    void PyThread_release_lock(PyThread_type_lock lock) nogil


cdef struct Helper:
    Work work
    Share share
    PyThread_type_lock done


cdef int run_together(Work work, Share *shares, Py_ssize_t count) except -1:
    """Call `work` with each of the shares, at most `MAX_THREADS`, and return when all calls have.

    The first share is the calling thread's own, and so is every other that the system has no thread for.
    """
    cdef Helper[MAX_THREADS] helpers
    cdef Py_ssize_t i, started = 0
    for i in range(1, count):
        helpers[started].work = work
        helpers[started].share = shares[i]
        if not start(&helpers[started]):
            break
        started += 1
    work(shares[0])
    for i in range(started + 1, count):
        work(shares[i])
    for i in range(started):
        PyThread_acquire_lock(helpers[i].done, 1)
        PyThread_release_lock(helpers[i].done)
        PyThread_free_lock(helpers[i].done)
    return 0


cdef bint start(Helper *helper) noexcept:
    """Start one more thread; False if the system has none to give."""
    helper.done = PyThread_allocate_lock()
    if helper.done == NULL:
        return False
    PyThread_acquire_lock(helper.done, 1)
    if PyThread_start_new_thread(run, helper) != PYTHREAD_INVALID_THREAD_ID:
        return True
    PyThread_release_lock(helper.done)
    PyThread_free_lock(helper.done)
    return False


cdef void run(void *argument) noexcept nogil:
    cdef Helper *helper = <Helper *>argument
    helper.work(helper.share)
    PyThread_release_lock(helper.done)
