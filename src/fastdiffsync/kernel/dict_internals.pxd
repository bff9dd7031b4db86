# The entries of small dicts as they lie in memory, for the places where so many dicts are read that the C-API's look at all
# it knows of a dict, anew for each entry, costs more than their work: loading in bulk takes a tenth longer with it.

from .capi cimport PyObject

cdef extern from *:
    """
    #if PY_VERSION_HEX >= 0x030B0000 && PY_VERSION_HEX < 0x030E0000 && !defined(Py_GIL_DISABLED) \
        && defined(__GNUC__) && defined(__has_include)
    #if __has_include("internal/pycore_dict.h")
    #define FDS_KNOWS_DICTS
    #endif
    #endif

    #ifdef FDS_KNOWS_DICTS
    #ifndef Py_BUILD_CORE
    #define Py_BUILD_CORE 1
    #endif
    #undef _PyGC_FINALIZED  /* which the headers for everybody and those for the interpreter define each in its way */
    #include "internal/pycore_dict.h"

    static inline PyObject **fds_entries_of(PyObject *mapping) {
        PyDictObject *dict = (PyDictObject *)mapping;
        PyDictKeysObject *table = dict->ma_keys;
        if (dict->ma_values != NULL || table->dk_kind != DICT_KEYS_UNICODE || table->dk_nentries != dict->ma_used)
            return NULL;
        return (PyObject **)DK_UNICODE_ENTRIES(table);
    }

    static inline int fds_next_entry(PyObject *mapping, Py_ssize_t *position, PyObject **key, PyObject **value) {
        PyDictKeysObject *table = ((PyDictObject *)mapping)->ma_keys;
        Py_ssize_t i = *position;
        if (((PyDictObject *)mapping)->ma_values != NULL || table->dk_kind != DICT_KEYS_GENERAL)
            return PyDict_Next(mapping, position, key, value);
        PyDictKeyEntry *entries = DK_ENTRIES(table);
        while (i < table->dk_nentries && entries[i].me_value == NULL) i++;
        if (i >= table->dk_nentries) return 0;
        *key = entries[i].me_key;
        *value = entries[i].me_value;
        *position = i + 1;
        return 1;
    }
    #else
    static inline PyObject **fds_entries_of(PyObject *mapping) { return NULL; }
    #define fds_next_entry PyDict_Next
    #endif
    """
    # Key, value, key, value of a dict that has strings for keys and lost none of them, borrowed, until somebody changes
    # it; NULL for other dicts, and where the headers of the Python that this is compiled for do not say how they lie.
    PyObject **entries_of "fds_entries_of"(object mapping)

    # `PyDict_Next`, in place of a call for dicts like those of stores, which have had other keys than strings.
    int next_entry "fds_next_entry"(PyObject *mapping, Py_ssize_t *position, PyObject **key, PyObject **value) nogil
