# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""Records as dicts and as JSON: `DiffSyncModel.dict` and `DiffSyncModel.json`.

The twin of `dumping_py.py`; whoever changes one changes both. Records whose fields are slots are read here; all others, and
options that few give, are left to `dumping/dump.py`.
"""

from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.string cimport memcmp

from .dict_internals cimport entries_of
from .fields cimport field_of, type_name_of, unique_id
from .known_types cimport is_single
from .plans cimport NO_FLAGS, OVERRIDES, Plan, offset_of, plan_of
from .text_buffer cimport (
    Text, begin_text, end_text, put, put_character, put_json_scalar, put_spaces, text_as_bytes, text_as_str,
)
from .capi cimport (
    PyDict_CheckExact, PyDict_Next, PyList_CheckExact, PyList_GET_ITEM, PyList_GET_SIZE, PyObject,
    Py_DECREF, Py_INCREF, class_of, heed_signals, is_scalar, prefetch, scalars_differ, slot,
)

from ..dumping.copies import as_data
from ..dumping.dump import as_builtins, dump_fields, encode, factory_of, is_default, with_text
from ..dumping.dump import dump_json as dump_json_by_steps

from ..schema import is_model_class

import msgspec

__all__ = ["dump_json", "dump_record", "dump_records"]

cdef enum:
    MAX_FIELDS = 255
    MAX_NESTING = 8
    MAX_INDENT = 100
    COMPACT = -1
    AHEAD = 8  # records
    CACHE_LINE = 64

cdef enum Default:
    NONE_GIVEN  # every value is written
    VALUE
    EMPTY       # a list, dict or set that is made anew for each record
    MADE        # made by anything else

cdef struct Dumped:
    Py_ssize_t offset
    Default kind
    PyObject *default  # borrowed from the plan: the value, or the type of what is empty

cdef object ONLY_ADAPTER = frozenset({"adapter"})
cdef object KNOWN = frozenset({"include", "exclude", "exclude_defaults", "exclude_none", "mode"})
cdef object PYTHON = "python"


cdef class DumpPlan:
    """Which fields of a class are dumped, all but its adapter, where they are, and what they are by default."""

    cdef bint is_direct
    cdef readonly tuple names
    cdef list defaults, json_keys
    cdef Py_ssize_t count, end  # behind the last field
    cdef Dumped *fields
    # Dicts of the names, None for each: of all, and of those that were chosen last.
    cdef dict empty, last_empty
    cdef bytes last_chosen

    def __cinit__(self, schema):
        self.names = tuple([name for name in schema.fields if name != "adapter"])
        self.count = len(self.names)
        self.is_direct = schema.dumps_directly and self.count <= MAX_FIELDS
        self.fields = <Dumped *>PyMem_Calloc(self.count or 1, sizeof(Dumped))
        if self.fields == NULL:
            raise MemoryError
        self.defaults = []
        self.json_keys = []
        for i, name in enumerate(self.names):
            self.fields[i].offset = offset_of(schema.cls, name)
            self.end = max(self.end, self.fields[i].offset + 1)
            self.describe_default(&self.fields[i], schema.defaults[name])
            self.json_keys.append(bytes(encode(name)) + b": ")
        self.empty = dict.fromkeys(self.names)
        self.last_empty, self.last_chosen = self.empty, bytes(range(self.count)) if self.is_direct else b""

    def __dealloc__(self):
        PyMem_Free(self.fields)

    cdef int describe_default(self, Dumped *field, default) except -1:
        factory = factory_of(default)
        if default is msgspec.NODEFAULT:
            field.kind = NONE_GIVEN
        elif factory is None:
            field.kind = VALUE
        elif factory is list or factory is dict or factory is set:
            field.kind, default = EMPTY, factory
        else:
            field.kind = MADE
        field.default = <PyObject *>default
        self.defaults.append(default)
        return 0


cdef DumpPlan dump_plan_of(Plan plan):
    if plan.dump_plan is None:
        plan.dump_plan = DumpPlan(plan.schema)
    return <DumpPlan>plan.dump_plan


# ---- which fields ----


cdef bint has_default(DumpPlan plan, Py_ssize_t i, object value) except -1:
    """Whether a value equals its field's default. Takes the value, borrowed: the caller holds it; needs the lock."""
    cdef Dumped *field = &plan.fields[i]
    cdef int differs
    if field.kind == NONE_GIVEN:
        return False
    if field.kind == VALUE:
        if <PyObject *>value == field.default and field.default == NO_FLAGS:
            return True
        differs = scalars_differ(<PyObject *>value, field.default)
        return not differs if differs >= 0 else bool(value == <object>field.default)
    if field.kind == EMPTY:
        if <PyObject *>class_of(<PyObject *>value) == field.default:
            return not value
        return False if is_scalar(<PyObject *>value) else bool(value == (<object>field.default)())
    return is_default(value, plan.defaults[i])


cdef Py_ssize_t choose(object model, DumpPlan plan, dict options, bint exclude_defaults, unsigned char *chosen) except -2:
    """Note the numbers of the fields that are to be dumped and return how many; -1 if the record is to be dumped by steps.

    Takes all borrowed, of the options those that say which fields, and whether defaults are left out where these do not say;
    needs the lock.
    """
    cdef Py_ssize_t i, count = 0
    cdef PyObject *held
    cdef bint exclude_none = False, is_chosen = False
    wanted, unwanted = None, ONLY_ADAPTER
    if not plan.is_direct:
        return -1
    if options:
        wanted, unwanted = options.get("include"), options.get("exclude", ONLY_ADAPTER)
        exclude_none = bool(options.get("exclude_none", False))
        exclude_defaults = bool(options.get("exclude_defaults", exclude_defaults))
        is_chosen = wanted is not None or unwanted is not ONLY_ADAPTER
        if is_chosen and (unwanted is None or "adapter" not in unwanted):
            if wanted is None or "adapter" in wanted:
                return -1
    for i in range(plan.count):
        if is_chosen and not is_wanted(plan.names[i], wanted, unwanted):
            continue
        held = slot(<PyObject *>model, plan.fields[i].offset)
        if held == NULL:
            return -1
        value = <object>held  # what compares it may be anybody's, and take it from the record
        if (exclude_none and value is None) or (exclude_defaults and has_default(plan, i, value)):
            continue
        chosen[count] = <unsigned char>i
        count += 1
    return count


cdef bint is_wanted(name, wanted, unwanted) except -1:
    return (wanted is None or name in wanted) and (unwanted is None or name not in unwanted)


# ---- dicts ----


cdef dict dump_chosen(object model, DumpPlan plan, unsigned char *chosen, Py_ssize_t count):
    """Return a new dict of some fields as plain data, owned. Takes all borrowed; needs the lock.

    It begins as a copy of a dict of the same names: records of a class mostly have the same fields to dump.
    """
    if count != len(plan.last_chosen) or memcmp(chosen, <char *>plan.last_chosen, count) != 0:
        plan.last_empty, plan.last_chosen = names_chosen(plan, chosen, count), chosen[:count]
    cdef dict result = plan.last_empty.copy()
    cdef PyObject **entries = entries_of(result)
    cdef PyObject *value
    cdef Py_ssize_t i, offset
    for i in range(count):
        offset = plan.fields[chosen[i]].offset
        value = slot(<PyObject *>model, offset)
        if entries != NULL and value != NULL and (is_scalar(value) or value == NO_FLAGS):
            Py_INCREF(value)
            Py_DECREF(entries[2 * i + 1])
            entries[2 * i + 1] = value
        else:
            entries = NULL  # as in `fields_of`
            name = plan.names[chosen[i]]
            result[name] = field_of(model, name, offset)
    return result


cdef dict names_chosen(DumpPlan plan, unsigned char *chosen, Py_ssize_t count):
    cdef Py_ssize_t i
    cdef dict names = {}
    for i in range(count):
        names[plan.names[chosen[i]]] = None
    return names


def dump_record(self, **options):
    """Return the fields as a dict, without `adapter` unless `exclude` says otherwise.

    Args:
        self: The record.
        **options: `include`, `exclude` (collections of field names), `exclude_defaults`, `exclude_none` (bool),
            `mode` ("python" or "json").

    Raises:
        TypeError: For any other keyword, or in mode "json" for a value that JSON cannot carry.
        ValueError: For an unknown mode, or in mode "json" for bytes that are no UTF-8 text.
    """
    cdef unsigned char[MAX_FIELDS] chosen
    cdef Py_ssize_t count = -1
    cdef bint is_python = not options or options.get("mode", PYTHON) == PYTHON
    cdef DumpPlan plan = None
    if is_python or options["mode"] == "json":
        plan = dump_plan_of(plan_of(type(self)))
        if KNOWN.issuperset(options):
            count = choose(self, plan, options, False, chosen)
    if count < 0:
        options.setdefault("exclude", ONLY_ADAPTER)
        return dump_fields(self, **options)
    result = dump_chosen(self, plan, chosen, count)
    return result if is_python else with_builtins(result)


cdef dict with_builtins(dict data):
    """Return a dict that `dump_chosen` has made with all values as what JSON knows. Takes it borrowed; needs the lock."""
    cdef Py_ssize_t position = 0
    cdef PyObject *name
    cdef PyObject *value
    while PyDict_Next(<PyObject *>data, &position, &name, &value):
        if not is_builtin(value, 0):
            # There is such a key, so that the dict's entries stay where they are.
            data[<object>name] = 0 if value == NO_FLAGS else as_builtins(<object>value)
    return data


cdef bint is_builtin(PyObject *value, int depth) noexcept:
    """Whether `as_builtins` would return a copy of a value that is just like it. Takes it borrowed, reads memory only."""
    cdef Py_ssize_t i = 0
    cdef PyObject *key
    cdef PyObject *item
    if is_scalar(value):
        return type(<object>value) is not bytes
    if depth == MAX_NESTING:
        return False
    if PyList_CheckExact(value):
        for i in range(PyList_GET_SIZE(value)):
            if not is_builtin(PyList_GET_ITEM(value, i), depth + 1):
                return False
        return True
    if not PyDict_CheckExact(value):
        return False
    while PyDict_Next(value, &i, &key, &item):
        if type(<object>key) is not str or not is_builtin(item, depth + 1):
            return False
    return True


cdef void ask_ahead(list records, Py_ssize_t place, DumpPlan plan, PyObject *cls) noexcept:
    """Ask for the memory of records that are dumped soon, and for that of the values of one that is dumped sooner.

    Takes the records, which may have become fewer, the plan and its class, all borrowed; reads memory only. Waiting for
    values, whose references are counted, is otherwise more than half of the time.
    """
    cdef Py_ssize_t i
    cdef PyObject *record
    cdef PyObject *value
    if place + 2 * AHEAD < len(records):
        record = PyList_GET_ITEM(<PyObject *>records, place + 2 * AHEAD)
        for i in range(0, plan.end, CACHE_LINE):
            prefetch(<char *>record + i)
    if place + AHEAD < len(records):
        record = PyList_GET_ITEM(<PyObject *>records, place + AHEAD)
        if <PyObject *>class_of(record) == cls:
            for i in range(plan.count):
                value = slot(record, plan.fields[i].offset)
                if value != NULL:
                    prefetch(value)


def dump_records(dict data, records, dict options):
    """Add records as dicts to `{modelname: {unique id: dict}}`.

    Args:
        data: Where they go.
        records: The records.
        options: Those of `dict`.

    Raises:
        KeyError: If it has no dict for a record's type.
    """
    cdef unsigned char[MAX_FIELDS] chosen
    cdef Py_ssize_t count, step = 0
    cdef Plan plan
    cdef DumpPlan dump_plan
    cdef list waiting = records if type(records) is list else []
    cdef bint is_plain = KNOWN.issuperset(options) and "mode" not in options
    cdef bint exclude_defaults = is_plain and bool(options.get("exclude_defaults", False))
    cdef dict others = None if options.keys() == {"exclude_defaults"} else options
    for record in records:
        step += 1
        heed_signals(step)
        if not is_plain or not is_model_class(type(record)):
            data[record.get_type()][record.get_unique_id()] = record.dict(**options)
            continue
        plan = plan_of(type(record))
        count = -1
        if plan.knows_dict and slot(<PyObject *>record, plan.key_offset) != OVERRIDES:
            dump_plan = dump_plan_of(plan)
            ask_ahead(waiting, step, dump_plan, <PyObject *>plan.schema.cls)
            count = choose(record, dump_plan, others, exclude_defaults, chosen)
        dumped = record.dict(**options) if count < 0 else dump_chosen(record, dump_plan, chosen, count)
        data[type_name_of(record, plan)][unique_id(record, plan)] = dumped


# ---- JSON ----


def dump_json(self, **options):
    """Return the fields as a JSON object, without `adapter` and without values that are their field's default.

    Args:
        self: The record.
        **options: As for `dict`, and `indent` (number of spaces).

    Raises:
        TypeError: For any other keyword, or a value that JSON cannot carry.
        ValueError: For an unknown mode, or bytes that are no UTF-8 text.
    """
    cdef unsigned char[MAX_FIELDS] chosen
    cdef Py_ssize_t count = -1
    cdef DumpPlan plan = None
    cdef Text text
    indent = options.pop("indent", None) if options else None
    if not options or ("mode" not in options and KNOWN.issuperset(options)):
        plan = dump_plan_of(plan_of(type(self)))
        count = choose(self, plan, options, True, chosen)
    if count < 0:
        options.setdefault("exclude", ONLY_ADAPTER)
        options.setdefault("exclude_defaults", True)
        return dump_json_by_steps(self, indent=indent, **options)
    begin_text(&text)
    try:
        if type(indent) is int and 0 < indent <= MAX_INDENT and put_fields(&text, self, plan, chosen, count, indent):
            return text_as_str(&text)
        text.length = 0
        put_fields(&text, self, plan, chosen, count, COMPACT)
        if indent is None:
            return text_as_str(&text)
        return msgspec.json.format(text_as_bytes(&text), indent=indent).decode()
    finally:
        end_text(&text)


# Below, `indent` is the number of spaces for each level, or COMPACT, and a text is laid out as `msgspec.json.format` does it.


cdef bint put_fields(
    Text *text, object model, DumpPlan plan, unsigned char *chosen, Py_ssize_t count, int indent
) except -1:
    """Write some fields as a JSON object; False, and anything may have been written, if it cannot be laid out here.

    Takes all borrowed; needs the lock.
    """
    cdef Py_ssize_t i
    cdef PyObject *held
    cdef bytes key
    put_character(text, b"{")
    for i in range(count):
        if i > 0:
            put_character(text, b",")
        put_break(text, indent, 1)
        key = <bytes>plan.json_keys[chosen[i]]
        put(text, <char *>key, len(key) - (indent == COMPACT))
        held = slot(<PyObject *>model, plan.fields[chosen[i]].offset)
        if held == NO_FLAGS:
            put_character(text, b"0")
            continue
        if held != NULL and put_json_scalar(text, held):
            continue
        value = getattr(model, plan.names[chosen[i]]) if held == NULL else <object>held
        if not put_value(text, value, indent):
            return False
    if count > 0:
        put_break(text, indent, 0)
    put_character(text, b"}")
    return True


cdef int put_break(Text *text, int indent, int level) except -1:
    if indent != COMPACT:
        put_character(text, b"\n")
        put_spaces(text, indent * level)
    return 0


cdef bint put_value(Text *text, object value, int indent) except -1:
    """Write the value of a field as JSON; False if it cannot be laid out here.

    Takes the value, borrowed: the caller holds it; needs the lock.
    """
    cdef Py_ssize_t before = text.length
    cdef bytearray encoded
    if not put_data(text, value, indent, 1):
        text.length = before
        encoded = encode(with_text(value if is_single(<PyObject *>value) else as_data(value)))
        if indent != COMPACT and encoded.startswith((b"[", b"{")):
            return False
        put(text, <char *>encoded, len(encoded))
    return True


cdef bint put_data(Text *text, object value, int indent, int level) except -1:
    """Write lists and dicts of scalars, to some depth; False, and anything may have been written, if there is more to it.

    Takes the value, borrowed: the caller holds it; needs the lock. No code of a user's runs.
    """
    cdef bytearray encoded
    kind = type(value)
    if put_json_scalar(text, <PyObject *>value):
        return True
    if kind is int or kind is float:
        encoded = encode(value)
        put(text, <char *>encoded, len(encoded))
        return True
    if level > MAX_NESTING:
        return False
    if kind is list:
        return put_items(text, <list>value, indent, level)
    return put_entries(text, <dict>value, indent, level) if kind is dict else False


cdef bint put_items(Text *text, list items, int indent, int level) except -1:
    cdef bint is_first = True
    put_character(text, b"[")
    for item in items:
        if not is_first:
            put_character(text, b",")
        is_first = False
        put_break(text, indent, level + 1)
        if not put_data(text, item, indent, level + 1):
            return False
    if not is_first:
        put_break(text, indent, level)
    put_character(text, b"]")
    return True


cdef bint put_entries(Text *text, dict entries, int indent, int level) except -1:
    cdef bint is_first = True
    put_character(text, b"{")
    for key, item in entries.items():
        if not is_first:
            put_character(text, b",")
        is_first = False
        put_break(text, indent, level + 1)
        if type(key) is not str or not put_data(text, key, indent, level + 1):
            return False
        put(text, b": ", 1 if indent == COMPACT else 2)
        if not put_data(text, item, indent, level + 1):
            return False
    if not is_first:
        put_break(text, indent, level)
    put_character(text, b"}")
    return True
