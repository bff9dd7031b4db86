"""How an adapter class says which models it has, and how these hang together."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any

from ..model import DiffSyncModel
from ..utils import get_path, set_key

_NO_MODELS = frozenset(
    {FunctionType, type(DiffSyncModel.get_attrs), property, classmethod, staticmethod, str, list, dict}
)
"""Types of what an adapter class mostly has beside model classes; a descriptor of a user's may give one."""

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
    # What `dir` gives, but for what is seen not to be a model class, in a third of the time.
    names = {
        name
        for klass in cls.__mro__[:-1]
        for name, value in vars(klass).items()
        if type(value) not in _NO_MODELS and (isinstance(value, type) or hasattr(type(value), "__get__"))
    }
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
