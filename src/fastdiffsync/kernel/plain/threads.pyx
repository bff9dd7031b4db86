# cython: language_level=3, boundscheck=False, wraparound=False
"""Sharing work among threads of the system that Python does not know of.

The calling thread holds the interpreter lock until all have ended, so no Python code runs meanwhile, and nothing that the
threads read can change. They may read objects. They may count references too, but by `add_reference` and `drop_reference`
alone. They may not call into Python, not even for memory. Where Python is built without that lock, the calling thread does
all by itself.
"""

cdef extern from "pythread.h":
    ctypedef void *PyThread_type_lock
    unsigned long PyThread_start_new_thread(void (*function)(void *) noexcept nogil, void *argument)
    unsigned long PYTHREAD_INVALID_THREAD_ID
    PyThread_type_lock PyThread_allocate_lock()
    void PyThread_free_lock(PyThread_type_lock lock)
    int PyThread_acquire_lock(PyThread_type_lock lock, int is_waiting) nogil
    void PyThread_release_lock(PyThread_type_lock lock) nogil


cdef extern from *:
    """
    /* Return a number and add one to it; no two threads that do so at once are given the same. */
    #if defined(_MSC_VER)
    #include <intrin.h>
    #ifdef _WIN64
    #define FDS_TAKE_NUMBER(number) ((Py_ssize_t)_InterlockedExchangeAdd64((volatile __int64 *)(number), 1))
    #else
    #define FDS_TAKE_NUMBER(number) ((Py_ssize_t)_InterlockedExchangeAdd((volatile long *)(number), 1))
    #endif
    #else
    #define FDS_TAKE_NUMBER(number) __atomic_fetch_add(number, 1, __ATOMIC_RELAXED)
    #endif
    """
    Py_ssize_t take_number "FDS_TAKE_NUMBER"(Py_ssize_t *number) nogil


cdef struct Team:
    Work work
    Share *shares
    Py_ssize_t count
    Py_ssize_t next            # the number of the first share that no thread has taken


cdef struct Helper:
    Team *team
    PyThread_type_lock done


cdef int run_together(Work work, Share *shares, Py_ssize_t count, int threads) except -1:
    """Call `work` with each share on several threads, the calling one among them, and return when all is done.

    A thread that is done with one share takes the next. If the system has fewer threads to give, fewer do the work. Needs
    the lock, and keeps it.
    """
    cdef Helper[MAX_THREADS] helpers
    cdef Py_ssize_t i, started = 0
    cdef Team team
    team.work, team.shares, team.count, team.next = work, shares, count, 0
    for i in range(1, min(threads, count, MAX_THREADS)):
        helpers[started].team = &team
        if not start(&helpers[started]):
            break
        started += 1
    work_through(&team)
    for i in range(started):
        PyThread_acquire_lock(helpers[i].done, 1)
        PyThread_release_lock(helpers[i].done)
        PyThread_free_lock(helpers[i].done)
    return 0


cdef bint start(Helper *helper) noexcept:
    """Start one more thread; False if the system has none to give. Needs the lock."""
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
    """Be a thread, given its `Helper`: work, and say when it is done."""
    cdef Helper *helper = <Helper *>argument
    work_through(helper.team)
    PyThread_release_lock(helper.done)


cdef void work_through(Team *team) noexcept nogil:
    """Take share after share until none is left."""
    cdef Py_ssize_t number = take_number(&team.next)
    while number < team.count:
        team.work(team.shares[number])
        number = take_number(&team.next)


cdef Py_ssize_t share_start(Py_ssize_t number, int threads, Py_ssize_t size) noexcept:
    """Return where one of the `SHARES_EACH * threads` shares of `size` items begins.

    A large share for each thread comes first. The others are small, and a thread that is done early takes more of them:
    processors are seldom equally fast, or equally free. With equal shares all would wait for the slowest.
    """
    cdef Py_ssize_t large = size * LARGE_SHARES // 100
    if number <= threads:
        return large * number // threads
    return large + (size - large) * (number - threads) // ((SHARES_EACH - 1) * threads)
