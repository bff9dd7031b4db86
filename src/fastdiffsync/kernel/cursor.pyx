# cython: language_level=3, boundscheck=False, wraparound=False
"""Looking up records in a local store's dict, mostly in the order in which they are there.

Without a twin: the kernel in Python does this where it needs it.
"""

from .capi cimport PyDict_GetItemWithError, PyDict_Next, PyObject, is_exact_str


# How many items of a store's dict may be passed over before any have been found in their order.
cdef enum:
    FIRST_CREDIT = 256


cdef class Cursor:
    """A position in a store's dict: after the item that was found last.

    Records are mostly stored in the order in which they are walked. So the item at the cursor mostly is the child that is
    wanted, and comparing two pointers takes the place of a hash lookup in a large dict, which misses the cache up to three
    times. The position is only a hint: every use checks the key, so a dict that has changed costs a lookup and no more.
    """

    def __cinit__(self, dict records):
        self.records = records
        self.credit = FIRST_CREDIT


cdef PyObject *look_up(Cursor cursor, PyObject *uid) except? NULL:
    """Return the record with this id, borrowed; NULL if there is none or the id is no text.

    Takes the id, borrowed; needs the lock. What it returns is good until the next call into Python.
    """
    cdef Py_ssize_t position = cursor.position
    cdef PyObject *key
    cdef PyObject *model
    if not is_exact_str(uid):
        return NULL
    if PyDict_Next(<PyObject *>cursor.records, &position, &key, &model) and key == uid:
        cursor.position = position
        cursor.credit += 1
        return model
    return search(cursor, uid)


cdef PyObject *search(Cursor cursor, PyObject *uid) except? NULL:
    """Do what `look_up` does for an id that is not at the cursor: look ahead, and if it is not there, hash it.

    Items that the walk does not want, of records that no parent lists or whose parents come later, must not stop the
    cursor for good. Every hit earns the cursor one item of looking ahead, so that it never costs more than hits save.
    """
    cdef Py_ssize_t position = cursor.position
    cdef PyObject *key
    cdef PyObject *model
    while cursor.credit > 0 and PyDict_Next(<PyObject *>cursor.records, &position, &key, &model):
        if key == uid:
            cursor.position = position
            return model
        cursor.credit -= 1
    cursor.is_ascending = False
    return PyDict_GetItemWithError(<PyObject *>cursor.records, uid)
