"""How an adapter class says which models it has, and how these hang together."""

from __future__ import annotations

from types import BuiltinFunctionType, FunctionType, MethodDescriptorType, WrapperDescriptorType
from typing import TYPE_CHECKING, Any

from ..model import DiffSyncModel
from ..utils import get_path, set_key

if TYPE_CHECKING:
    from ..adapter import Adapter


def check_declaration(cls: type[Adapter]) -> None:
    """Check that model classes stand under their own type names, and that `top_level` names model classes.

    Raises:
        AttributeError: If either does not hold.
    """
    for name, value in cls.__dict__.items():
        if is_model(value) and value.get_type() != name:
            message = f'Incorrect field name - {value.__name__} has type name "{value.get_type()}", not "{name}"'
            if value._modelname == DiffSyncModel._modelname:
                message += f'; give it one: _modelname = "{name}"'
            raise AttributeError(message)
    for name in cls.top_level:
        if not hasattr(cls, name):
            message = f'top_level references attribute "{name}" but it is not a class attribute!'
            raise AttributeError(message)
        if not is_model(getattr(cls, name)):
            message = f'top_level references attribute "{name}" but it is not a DiffSyncModel subclass!'
            raise AttributeError(message)


def model_order(cls: type[Adapter]) -> list[str]:
    """Return the attributes that hold model classes: `top_level` first, then the others by name."""
    order = list(cls.top_level) if isinstance(getattr(cls, "top_level", None), list) else []
    # What `dir` gives, but for most names that cannot be those of models, in a third of the time.
    names = {name for klass in cls.__mro__ for name, value in vars(klass).items() if _may_be_model(value)}
    return order + [name for name in sorted(names.difference(order)) if is_model(getattr(cls, name))]


def type_tree(cls: type[Adapter]) -> dict[str, Any]:
    """Return the tree of types as nested dicts."""
    tree: dict[str, Any] = {}
    for modelname in cls._get_initial_value_order():
        model_class = getattr(cls, modelname)
        if not get_path(tree, modelname):
            set_key(tree, [modelname])
        for child_type in list(getattr(model_class, "_children", {})):
            set_key(tree, [*(get_path(tree, modelname) or [modelname]), child_type])
    return tree


def is_model(value: Any) -> bool:
    """Whether a value is a model class."""
    return isinstance(value, type) and issubclass(value, DiffSyncModel)


_METHODS = (
    FunctionType,
    BuiltinFunctionType,
    MethodDescriptorType,
    WrapperDescriptorType,
    property,
    classmethod,
    staticmethod,
)


def _may_be_model(value: Any) -> bool:
    """Whether a class attribute may give a model class: it is a class, or a descriptor of the user's."""
    return isinstance(value, type) or (not isinstance(value, _METHODS) and hasattr(type(value), "__get__"))
