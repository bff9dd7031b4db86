# cython: language_level=3, boundscheck=False, wraparound=False, binding=True
"""Making records.

The twin of `construction_py.py`; whoever changes one changes both.
"""

from . cimport plans as _plans
from .layouts cimport Layout, initialise_record, layout_of
from .plans cimport Plan, offset_of, plan_of
from .fields cimport set_outcome
from .capi cimport PyListObject, PyObject, PyTuple_GET_ITEM, PyTypeObject, Py_DECREF, slot

from .fields import get_adapter, set_adapter

from ..enum import DiffSyncModelFlags, DiffSyncStatus
from .constants import INSTANCE_OVERRIDES, REBUILDING
from .construction_errors import raise_construction_error
from ..schema import StructMeta, schema_of

import msgspec

__all__ = [
    "REBUILDING",
    "construct",
    "create_record",
    "initialise",
    "install_constructor",
    "rebuild",
    "restore_record",
]

ctypedef PyObject *(*vectorcallfunc)(PyObject *, PyObject *const *, size_t, PyObject *) except? NULL

cdef extern from *:
    """
    /* A metaclass written in Python loses msgspec's vectorcall before 3.12: calls then go through a tuple and a dict,
       which takes four times as long. The slot is still there; the flag says that it may be used. */
    static inline void fds_enable_vectorcall(PyObject *metaclass) {
    #if PY_VERSION_HEX < 0x030C0000
        ((PyTypeObject *)metaclass)->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
    #endif
    }

    static inline int fds_has_vectorcall(PyObject *cls) {
        PyTypeObject *metaclass = Py_TYPE(cls);
        return metaclass->tp_vectorcall_offset == (Py_ssize_t)offsetof(PyTypeObject, tp_vectorcall)
            && ((PyTypeObject *)cls)->tp_vectorcall != NULL;
    }

    static inline vectorcallfunc fds_get_vectorcall(PyObject *cls) { return ((PyTypeObject *)cls)->tp_vectorcall; }
    static inline void fds_set_vectorcall(PyObject *cls, void *function) {
        ((PyTypeObject *)cls)->tp_vectorcall = (vectorcallfunc)function;
    }
    """
    void enable_vectorcall "fds_enable_vectorcall"(object metaclass)
    bint has_vectorcall "fds_has_vectorcall"(PyObject *cls)
    void *get_vectorcall "fds_get_vectorcall"(PyObject *cls)
    void set_vectorcall "fds_set_vectorcall"(PyObject *cls, void *function)


cdef object NO_FLAGS = DiffSyncModelFlags.NONE
cdef object set_struct_attribute = msgspec.Struct.__setattr__
cdef object SUCCESS = DiffSyncStatus.SUCCESS
cdef object CREATED = "Created successfully"
cdef object ADAPTER = "adapter"
cdef object MSGSPEC = f"msgspec {msgspec.__version__}"

cdef enum:
    MAX_CREATED = 128  # fields
cdef vectorcallfunc struct_vectorcall = NULL


def install_constructor(cls):
    """Make calls of the model class `cls` validate, coerce and compute the key.

    msgspec's constructor stays in charge of the object; ours is called in its place and calls it.
    """
    if _plans.adapter_offset < 0:
        _plans.adapter_offset = offset_of(cls, "adapter")
        type.__setattr__(cls, "adapter", property(get_adapter, set_adapter, doc="The adapter whose store holds the record."))
    enable_vectorcall(type(cls))
    set_vectorcall(<PyObject *>cls, <void *>construct_vectorcall)


cdef object construct_vectorcall(object cls, PyObject *const *args, size_t nargsf, PyObject *kwnames):
    cdef Plan plan = plan_of(cls)
    cdef PyObject *made
    cdef Layout layout
    if kwnames != NULL and positional_count(nargsf) == 0:
        # Nearly all records are made of keywords that are already of their types: writing them to the slots, instead of
        # having msgspec do it and looking at each once more, takes half as long.
        layout = layout_of(plan, kwnames)
        model = None if layout is None else layout.fill_shaped(args)
        if model is not None:
            return model
    try:
        made = struct_vectorcall(<PyObject *>cls, args, nargsf, kwnames)
    except TypeError as error:
        return construct_known(cls, args, nargsf, kwnames, error)
    model = <object>made
    Py_DECREF(<PyObject *>model)
    if not plan.has_post_init:
        initialise_record(model, plan)
    return model


cdef inline Py_ssize_t positional_count(size_t nargsf) noexcept:
    return <Py_ssize_t>(nargsf & ~(<size_t>1 << (8 * sizeof(size_t) - 1)))


cdef object construct_known(object cls, PyObject *const *args, size_t nargsf, PyObject *kwnames, error):
    """Make a record once more, by the names of its fields and without the keywords that are no fields."""
    cdef Py_ssize_t positional = positional_count(nargsf)
    values = {}
    if kwnames != NULL:
        for i, name in enumerate(<tuple>kwnames):
            values[name] = <object>args[positional + i]
    positionals = ()
    for i in range(positional):
        positionals += (<object>args[i],)
    schema = schema_of(cls)
    known = schema.named(values)
    if not schema.forbid_unknown_fields:
        known = {name: value for name, value in known.items() if name in schema.slots}
    if positionals or known.keys() == values.keys():
        raise_construction_error(cls, positionals, values, error)
    try:
        model = construct_raw(cls, known)
    except TypeError as second_error:
        raise_construction_error(cls, (), known, second_error)
    if not hasattr(cls, "__post_init__"):
        initialise_record(model, plan_of(cls))
    return model


cdef object construct_raw(object cls, dict values):
    """Make a record as msgspec does, neither validated nor with a key."""
    return make(cls, tuple(values), list(values.values()))


cdef object make(object cls, tuple names, list items):
    cdef PyObject *made = struct_vectorcall(
        <PyObject *>cls, <PyObject *const *>(<PyListObject *><PyObject *>items).ob_item, 0,
        <PyObject *>names if names else NULL,
    )
    model = <object>made
    Py_DECREF(<PyObject *>model)
    return model


def construct(cls, args, values):
    """Make a record of the model class `cls`: what calling the class does."""
    return cls(*args, **values)


def create_record(cls, adapter, ids, attrs):
    """Make a record of the model class `cls` and mark it as created: `DiffSyncModel.create_base`."""
    model = None
    if type(ids) is dict and type(attrs) is dict:
        model = make_created(plan_of(cls), adapter, ids, attrs)
    if model is None:
        model = cls(**ids, adapter=adapter, **attrs)
    cdef Plan plan = plan_of(type(model))
    if plan.knows_status and slot(<PyObject *>model, plan.key_offset) != <PyObject *>INSTANCE_OVERRIDES:
        set_outcome(model, plan, SUCCESS, CREATED)
    else:
        model.set_status(SUCCESS, CREATED)
    return model


cdef object make_created(Plan plan, object adapter, dict ids, dict attrs):
    """Return a record if the dicts have the keys that those of the class mostly have, and exact values; None if not."""
    cdef PyObject *values[MAX_CREATED]
    cdef Layout layout
    cdef Py_ssize_t id_count = len(ids)
    if plan.create_layout is None:
        plan.create_layout = Layout(plan.schema.cls, frozenset(), (*ids, ADAPTER, *attrs))
    layout = <Layout>plan.create_layout
    if not layout.has_shape or layout.shape_count > MAX_CREATED or id_count + 1 + len(attrs) != layout.shape_count:
        return None
    values[id_count] = <PyObject *>adapter
    if layout.shape[id_count] != <PyObject *>ADAPTER:
        return None
    if not layout.take(ids, 0, values) or not layout.take(attrs, id_count + 1, values):
        return None
    return layout.fill_shaped(values)


def restore_record(cls, tuple names, tuple values, adapter):
    """Make a record of the model class `cls` of values for these fields: its own, and exactly of their types."""
    cdef PyObject *items[MAX_CREATED]
    cdef Py_ssize_t i, count = len(values)
    cdef Plan plan = plan_of(cls)
    if plan.restore_layout is None:
        plan.restore_layout = Layout(cls, frozenset(), (*names, ADAPTER))
        trust(<Layout>plan.restore_layout)
    cdef Layout layout = <Layout>plan.restore_layout
    model = None
    if layout.has_shape and count < MAX_CREATED and layout.shape_count == count + 1:
        for i in range(count):
            items[i] = PyTuple_GET_ITEM(<PyObject *>values, i)
        items[count] = <PyObject *>adapter
        model = layout.fill_shaped(items)
    return cls(**dict(zip(names, values)), adapter=adapter) if model is None else model


cdef int trust(Layout layout) except -1:
    """Have a layout take all values as they are."""
    cdef Py_ssize_t i
    for i in range(layout.move_count):
        layout.moves[i].is_checked = False
    return 0


def initialise(model):
    """Validate and coerce the fields of a new record, give it its own containers, and compute its key."""
    initialise_record(model, plan_of(type(model)))


def rebuild(cls):
    """Return a record of the model class `cls` with no values and no flags yet, for a pickle or a copy to fill."""
    values = dict.fromkeys(schema_of(cls).required)
    values["model_flags"] = REBUILDING
    model = construct_raw(cls, values)
    set_struct_attribute(model, "model_flags", NO_FLAGS)
    return model


# ---- what this kernel expects of msgspec ----


cdef int learn_constructor() except -1:
    """Find msgspec's constructor; raise ImportError, with the reason, if Structs are not what this kernel takes them for.

    Fields must lie in slots whose places their descriptors tell, and the constructor must be a vectorcall of the class that
    fills them. With anything else this kernel would read memory that means something else.
    """
    global struct_vectorcall
    names, values = ("left", "right"), [object(), object()]
    metaclass = type("ProbeMeta", (StructMeta,), {})  # models have one written in Python too
    cls = metaclass("Probe", (msgspec.Struct,), {"__annotations__": dict.fromkeys(names, object)}, kw_only=True)
    cdef Py_ssize_t[2] offsets
    cdef Py_ssize_t i
    for i in range(2):
        offsets[i] = offset_of(cls, names[i])
        if offsets[i] < 0:
            raise ImportError(f"{MSGSPEC} keeps fields otherwise than in slots")
    if not has_vectorcall(<PyObject *>cls):
        raise ImportError(f"{MSGSPEC} makes records otherwise than by vectorcall")
    struct_vectorcall = <vectorcallfunc>get_vectorcall(<PyObject *>cls)
    record = make(cls, names, values)
    for i in range(2):
        if type(record) is not cls or slot(<PyObject *>record, offsets[i]) != <PyObject *>(<list>values)[i]:
            raise ImportError(f"{MSGSPEC} fills fields otherwise than this kernel knows")
    return 0


learn_constructor()
