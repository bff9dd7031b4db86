# How CPython's dicts lie in memory, for the places that read so many of them that the C-API's way costs more than their
# work. Nothing here writes to a dict, and what the header of this very Python does not describe is left to the C-API.

from cpython.object cimport PyObject

from ._slots cimport is_plain_str

cdef extern from *:
    """
    #if PY_VERSION_HEX >= 0x030B0000 && PY_VERSION_HEX < 0x030F0000 && !defined(Py_GIL_DISABLED)
    #ifndef Py_BUILD_CORE
    #define Py_BUILD_CORE 1
    #endif
    #include "internal/pycore_dict.h"

    /* Take the values of a dict, borrowed, if its keys are these: 1 if all is taken, 0 if a key is another, -1 if the
       dict is of a kind that is not read here. Dicts of strings that nothing has been deleted from are. `PyDict_Next`
       looks at all that it knows of the dict anew for each entry, and takes three times as long. */
    static inline int fds_take_entries(PyObject *values, PyObject **keys, PyObject **taken) {
        PyDictObject *dict = (PyDictObject *)values;
        PyDictKeysObject *table = dict->ma_keys;
        if (dict->ma_values != NULL || table->dk_kind != DICT_KEYS_UNICODE || table->dk_nentries != dict->ma_used)
            return -1;
        PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(table);
        for (Py_ssize_t i = 0; i < dict->ma_used; i++) {
            PyObject *key = entries[i].me_key;
            if (key != keys[i] && !(fds_is_plain_str(key) && fds_same_str(key, keys[i]))) return 0;
            taken[i] = entries[i].me_value;
            FDS_PREFETCH(taken[i]);
        }
        return 1;
    }
    #else
    static inline int fds_take_entries(PyObject *values, PyObject **keys, PyObject **taken) { return -1; }
    #endif

    /* Ask for the keys and values of a dict that is wanted soon. */
    static inline void fds_prefetch_dict(PyObject *dict) {
        char *table = (char *)((PyDictObject *)dict)->ma_keys;
        for (int line = 0; line < 4; line++) FDS_PREFETCH(table + 64 * line);
    }
    """
    int take_entries "fds_take_entries"(object values, PyObject **keys, PyObject **taken)
    void prefetch_dict "fds_prefetch_dict"(object mapping)
