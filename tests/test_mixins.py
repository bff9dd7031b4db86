"""Plain classes among a model's bases: abstract ones, protocols, generic ones, and those that annotate fields."""

from __future__ import annotations

import abc
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

import pytest

T = TypeVar("T")


class Described(abc.ABC):
    """An abstract class."""

    @abc.abstractmethod
    def describe(self) -> str:
        """Return words."""

    def shout(self) -> str:
        """Return loud words."""
        return self.describe().upper()


@runtime_checkable
class Named(Protocol):
    """A protocol with a method of its own."""

    name: str

    def greet(self) -> str:
        """Return a greeting."""
        return f"I am {self.name}"


@runtime_checkable
class Polite(Named, Protocol):
    """A protocol above which there is another."""

    def greet(self) -> str:
        """Return more than that."""
        return f"Pleased to meet you. {super().greet()}"


class Boxed(Generic[T]):
    """A generic class without fields."""

    def box(self, content: T) -> list[T]:
        """Return the content in a list."""
        return [content]


class Sized:
    """A mixin that annotates what the model may have already."""

    size: int


class Large:
    """A mixin that says a default, too."""

    size: int = 99


@pytest.fixture
def base(fastdiffsync: Any) -> Any:
    """Give a model with two fields."""

    class Device(fastdiffsync.DiffSyncModel):
        _modelname = "device"
        _identifiers = ("name",)
        _attributes = ("size",)
        name: str
        size: str | None = "small"

    return Device


def test_abstract_classes(base: Any) -> None:
    """Records of a class are made when nothing abstract is left in it, and are of all its bases."""

    class Unfinished(base, Described):  # type: ignore[misc]
        pass

    class Finished(Unfinished):
        def describe(self) -> str:
            return f"device {self.name}"

    for make in (lambda: Unfinished(name="a"), lambda: Unfinished.create(None, {"name": "a"}, {})):
        with pytest.raises(TypeError, match=r"abstract class Unfinished .*describe"):
            make()
    record = Finished(name="a")
    assert record.shout() == "DEVICE A"
    assert all(isinstance(record, cls) and issubclass(Finished, cls) for cls in (base, Unfinished, Described))
    assert not isinstance(base(name="a"), (Described, Unfinished))


def test_protocols(base: Any) -> None:
    """A protocol brings its methods, those of protocols above it too, before or after the model."""

    class First(Polite, base):  # type: ignore[misc]
        pass

    class Last(base, Named):  # type: ignore[misc]
        pass

    assert First(name="a").greet() == "Pleased to meet you. I am a"
    assert Last(name="a", size="big").greet() == "I am a"
    assert isinstance(First(name="a"), Polite)
    assert isinstance(Last(name="a"), Named)
    assert Last(name="a", size="big").get_attrs() == {"size": "big"}


def test_generic_classes(base: Any) -> None:
    """A generic class that is no model is a mixin like any other."""

    class Device(base, Boxed[int]):  # type: ignore[misc]
        pass

    assert Device(name="a").box(3) == [3]


@pytest.mark.parametrize("is_first", [True, False])
def test_annotations_of_fields_that_are_there(base: Any, is_first: bool) -> None:
    """A mixin that only annotates a field changes nothing, in subclasses neither; one with a default changes it."""
    bare = type(base)("Bare", (Sized, base) if is_first else (base, Sized), {"__module__": __name__})
    assert bare(name="a").size == "small"
    assert type(base)("Below", (bare,), {"__module__": __name__})(name="a", size=None).size is None
    assert type(base)("Loud", (Large, base), {"__module__": __name__})(name="a").size == 99
