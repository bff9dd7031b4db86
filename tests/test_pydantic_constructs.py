"""What pydantic lets a class body say, and a Struct would not heed, is refused at declaration, never ignored."""

from __future__ import annotations

import re
import types
import warnings
from typing import Annotated, Any

import pydantic
import pytest

CONSTRUCTS: dict[str, tuple[Any, str, str]] = {
    "Field": (
        lambda: {"__annotations__": {"mtu": int}, "mtu": pydantic.Field(default=3)},
        "Device.mtu",
        "`Field(...)`",
    ),
    "Field of a factory": (
        lambda: {"__annotations__": {"tags": list[str]}, "tags": pydantic.Field(default_factory=list)},
        "Device.tags",
        "`Field(...)`",
    ),
    "Field in Annotated": (
        lambda: {"__annotations__": {"mtu": Annotated[int, pydantic.Field(ge=3)]}},
        "Device.mtu",
        "`Field(...)` in `Annotated`",
    ),
    "Field in a text": (
        lambda: {"__annotations__": {"mtu": "list[Annotated[int, pydantic.Field(ge=3)]]"}},
        "Device.mtu",
        "`Field(...)` in `Annotated`",
    ),
    "validator in Annotated": (
        lambda: {"__annotations__": {"mtu": Annotated[int, pydantic.AfterValidator(abs)] | None}},
        "Device.mtu",
        "`AfterValidator` in `Annotated`",
    ),
    "PrivateAttr": (lambda: {"_cache": pydantic.PrivateAttr(default=None)}, "Device._cache", "`PrivateAttr(...)`"),
    "ConfigDict": (lambda: {"model_config": pydantic.ConfigDict(extra="forbid")}, "Device", "`model_config`"),
    "Config": (lambda: {"Config": type("Config", (), {"extra": "forbid"})}, "Device", "`class Config`"),
    "field_validator": (
        lambda: {"check": pydantic.field_validator("name")(classmethod(lambda _cls, value: value))},
        "Device.check",
        "`@field_validator`",
    ),
    "model_validator": (
        lambda: {"check": pydantic.model_validator(mode="after")(lambda self: self)},
        "Device.check",
        "`@model_validator`",
    ),
    "field_serializer": (
        lambda: {"show": pydantic.field_serializer("name")(lambda _self, value: value)},
        "Device.show",
        "`@field_serializer`",
    ),
    "computed_field": (lambda: {"size": pydantic.computed_field(property(len))}, "Device.size", "`@computed_field`"),
    "validator": (
        lambda: {"check": pydantic.validator("name")(classmethod(lambda _cls, value: value))},
        "Device.check",
        "`@validator`",
    ),
    "root_validator": (
        lambda: {"check": pydantic.root_validator(pre=True)(classmethod(lambda _cls, values: values))},
        "Device.check",
        "`@root_validator`",
    ),
    "model_post_init": (lambda: {"model_post_init": lambda _self, _context: None}, "Device", "`model_post_init`"),
    "__pydantic_init_subclass__": (
        lambda: {"__pydantic_init_subclass__": classmethod(lambda _cls: None)},
        "Device",
        "`__pydantic_init_subclass__`",
    ),
    "__init__": (lambda: {"__init__": lambda _self, **_values: None}, "Device", "an `__init__`"),
}


def _body_of(construct: str) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pydantic.PydanticDeprecatedSince20)
        made: dict[str, Any] = CONSTRUCTS[construct][0]()
    return made


def _declare(base: Any, body: dict[str, Any], *mixins: type) -> Any:
    annotations = {"name": str, **body.get("__annotations__", {})}
    settings = {"_modelname": "device", "_identifiers": ("name",), "__module__": __name__}
    return types.new_class(
        "Device",
        (*mixins, base),
        exec_body=lambda made: made.update({**settings, **body, "__annotations__": annotations}),
    )


@pytest.mark.parametrize("construct", CONSTRUCTS)
def test_constructs_in_a_class(fastdiffsync: Any, construct: str) -> None:
    """The error names class, construct, and what to write in its place."""
    _, title, words = CONSTRUCTS[construct]
    message = re.escape(f"{title}: a model that is a msgspec Struct does not heed {words}; ") + ".+"
    with pytest.raises(TypeError, match=message):
        _declare(fastdiffsync.DiffSyncModel, _body_of(construct))


@pytest.mark.parametrize("construct", CONSTRUCTS)
def test_constructs_in_a_mixin(fastdiffsync: Any, construct: str) -> None:
    """A plain mixin brings them in no more than the class itself."""
    body = {"__module__": __name__, **_body_of(construct)}
    with pytest.raises(TypeError, match=r"Device.*: a model that is a msgspec Struct does not heed"):
        _declare(fastdiffsync.DiffSyncModel, {}, type("Mixin", (), body))


def test_classes_that_pydantic_makes(fastdiffsync: Any) -> None:
    """`create_model` is refused, and so is a pydantic model among the bases where Python lets it come so far."""
    with pytest.raises(TypeError, match=r"Device: .* does not heed what `pydantic.create_model` says; declare a class"):
        pydantic.create_model("Device", __base__=fastdiffsync.DiffSyncModel, name=(str, ...))
    mixin = pydantic.create_model("Mixin", size=(int, 3))
    with pytest.raises(TypeError, match=r"Device, by way of Mixin: .* does not heed a pydantic model among its bases"):
        type(fastdiffsync.DiffSyncModel)("Device", (mixin, fastdiffsync.DiffSyncModel), {"__module__": __name__})


def test_annotations_that_cannot_be_resolved_yet(fastdiffsync: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an annotation names later is refused with the first record."""
    cls = _declare(fastdiffsync.DiffSyncModel, {"__annotations__": {"mtu": "Later"}})
    monkeypatch.setitem(globals(), "Later", Annotated[int, pydantic.Field(ge=3)])
    with pytest.raises(TypeError, match=r"Device.mtu: .* does not heed `Field\(...\)` in `Annotated`"):
        cls(name="a", mtu=1)


def test_what_pydantic_says_in_the_words_of_others(fastdiffsync: Any) -> None:
    """Its bounded types that are made of `annotated_types` hold."""
    cls = _declare(
        fastdiffsync.DiffSyncModel,
        {"__annotations__": {"mtu": pydantic.PositiveInt, "size": pydantic.conint(gt=2)}},
    )
    assert cls(name="a", mtu="1", size=3).get_attrs() == {}
    with pytest.raises(fastdiffsync.ValidationError, match="size"):
        cls(name="a", mtu=1, size=2)
