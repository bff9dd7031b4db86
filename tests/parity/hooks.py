"""The user code of a scenario: overridden hooks of models, adapters, stores and diffs, and failing CRUD methods.

Each factory is given the class that is overridden, of either library, and returns what goes into the subclass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .journal import Journal
    from .scenario import Failure


# ---- models ----


def model_hooks(base: Any) -> dict[str, Any]:  # noqa: C901 - a list of small functions
    """Return the overriding methods of a model class, by the name that a scenario gives them."""

    def get_unique_id(self: Any) -> str:
        return f"<{base.get_unique_id(self)}>"

    def create_unique_id(cls: Any, **identifiers: Any) -> str:
        return "/".join(str(identifiers[name]) for name in cls._identifiers)

    def get_identifiers(self: Any) -> dict[str, Any]:
        return {name: str(value) for name, value in reversed(base.get_identifiers(self).items())}

    def get_attrs(self: Any) -> dict[str, Any]:
        attrs = base.get_attrs(self)
        return {**attrs, "memo": repr(attrs.get("size"))}

    def get_attrs_less(self: Any) -> dict[str, Any]:
        return {name: value for name, value in base.get_attrs(self).items() if value not in (None, "")}

    def get_shortname(self: Any) -> str:
        return f"{base.get_shortname(self)}!"

    def get_children_mapping(cls: Any) -> dict[str, str]:
        return dict(list(cls._children.items())[:1])

    def as_dict(self: Any, **options: Any) -> dict[str, Any]:
        return {
            name: value.upper() if isinstance(value, str) else value
            for name, value in base.dict(self, **options).items()
        }

    def as_str(self: Any, include_children: bool = True, indent: int = 0) -> str:
        return base.str(self, include_children=include_children, indent=indent) + " *"

    def get_status(self: Any) -> Any:
        status, message = base.get_status(self)
        return status, f"{message}?"

    def set_status(self: Any, status: Any, message: str = "") -> None:
        base.set_status(self, status, f"{message}.")

    return {
        "get_unique_id": {"get_unique_id": get_unique_id},
        "create_unique_id": {"create_unique_id": classmethod(create_unique_id)},
        "get_identifiers": {"get_identifiers": get_identifiers},
        "get_attrs": {"get_attrs": get_attrs},
        "get_attrs_less": {"get_attrs": get_attrs_less},
        "get_shortname": {"get_shortname": get_shortname},
        "get_children_mapping": {"get_children_mapping": classmethod(get_children_mapping)},
        "dict": {"dict": as_dict},
        "str": {"str": as_str},
        "get_status": {"get_status": get_status},
        "set_status": {"set_status": set_status},
    }


def recorded(library: Any, journal: Journal, failures: dict[Any, tuple[Failure, ...]]) -> Any:  # noqa: C901 - one class
    """Return a base class whose CRUD and child methods note their calls, and fail as `failures` says for the class."""

    def misbehave(cls: Any, operation: str, identifier: Any) -> str | None:
        for failure in failures.get(cls, ()):
            if failure.operation == operation and (failure.victims is None or str(identifier) in failure.victims):
                return str(failure.behaviour)
        return None

    def finish(operation: str, behaviour: str | None, model: Any) -> Any:
        if behaviour == "raise_crud":
            error = {"create": "ObjectNotCreated", "update": "ObjectNotUpdated", "delete": "ObjectNotDeleted"}[
                operation
            ]
            message = f"no {operation}"
            raise getattr(library.exceptions, error)(message)
        if behaviour == "raise_other":
            message = f"broken {operation}"
            raise OSError(message)
        if behaviour == "return_none":
            return None
        if behaviour is not None:
            status = behaviour.removeprefix("set_").upper()
            model.set_status(library.DiffSyncStatus[status], f"{operation} so-so")
        return model

    class Recorded(library.DiffSyncModel):  # type: ignore[misc,name-defined]
        @classmethod
        def create(cls, adapter: Any, ids: Any, attrs: Any) -> Any:
            journal.note("create", cls._modelname, adapter, ids, attrs)
            behaviour = misbehave(cls, "create", next(iter(ids.values()), None))
            model = (
                None
                if behaviour in {"raise_crud", "raise_other"}
                else super().create(adapter=adapter, ids=ids, attrs=attrs)
            )
            return finish("create", behaviour, model)

        def update(self, attrs: Any) -> Any:
            journal.note("update", self, attrs)
            behaviour = misbehave(type(self), "update", next(iter(self.get_identifiers().values()), None))
            model = super().update(attrs)
            return finish("update", behaviour, model)

        def delete(self) -> Any:
            journal.note("delete", self)
            behaviour = misbehave(type(self), "delete", next(iter(self.get_identifiers().values()), None))
            return finish("delete", behaviour, super().delete())

        def add_child(self, child: Any) -> None:
            journal.note("add_child", self, child)
            super().add_child(child)

        def remove_child(self, child: Any) -> None:
            journal.note("remove_child", self, child)
            super().remove_child(child)

    return Recorded


# ---- adapters and stores ----


def adapter_hooks(base: Any) -> dict[str, Any]:
    """Return the overriding methods of an adapter class."""

    def get(self: Any, obj: Any, identifier: Any) -> Any:
        return base.get(self, obj, identifier)

    def get_all(self: Any, obj: Any) -> Any:
        return sorted(base.get_all(self, obj), key=str)

    def get_by_uids(self: Any, uids: Any, obj: Any) -> Any:
        return [found for found in (self.get_or_none(obj, uid) for uid in uids) if found is not None]

    return {"get": {"get": get}, "get_all": {"get_all": get_all}, "get_by_uids": {"get_by_uids": get_by_uids}}


def override_on_instance(adapter: Any, hook: str) -> None:
    """Replace a method, or the list of types, on one adapter."""
    if hook == "instance_get":
        get = adapter.get
        adapter.get = lambda obj, identifier: get(obj, identifier)  # noqa: PLW0108 - must be another function
    elif hook == "instance_get_all":
        get_all = adapter.get_all
        adapter.get_all = lambda obj: get_all(obj)[::-1]
    elif hook == "instance_top_level":
        adapter.top_level = list(adapter.top_level)[::-1]


def store_class(library: Any, name: str) -> Any:
    """Return the store class of that name: the local one, a subclass of it, or one that is written from scratch."""
    if name == "local":
        return library.store.local.LocalStore
    return reversed_store(library) if name == "reversed" else own_store(library)


def reversed_store(library: Any) -> Any:
    """Return a local store that lists records last first."""

    class ReversedStore(library.store.local.LocalStore):  # type: ignore[misc,name-defined]
        def get_all(self, *, model: Any) -> Any:
            return super().get_all(model=model)[::-1]

    return ReversedStore


def own_store(library: Any) -> Any:  # noqa: C901 - one class
    """Return a store that has nothing but the methods of the interface, and keeps records in a list."""
    exceptions = library.exceptions

    class OwnStore(library.store.BaseStore):  # type: ignore[misc,name-defined]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.rows: list[tuple[str, str, Any]] = []

        def _find(self, modelname: str, uid: str) -> Any:
            for row in self.rows:
                if row[:2] == (modelname, uid):
                    return row
            message = f"no {modelname} {uid} in {self}"
            raise exceptions.ObjectNotFound(message)

        def get_all_model_names(self) -> set[str]:
            return {row[0] for row in self.rows}

        def get(self, *, model: Any, identifier: Any) -> Any:
            object_class, modelname = self._get_object_class_and_model(model)
            return self._find(modelname, self._get_uid(model, object_class, identifier))[2]

        def get_all(self, *, model: Any) -> Any:
            modelname = self._get_object_class_and_model(model)[1]
            return [row[2] for row in self.rows if row[0] == modelname]

        def get_by_uids(self, *, uids: Any, model: Any) -> Any:
            return [self.get(model=model, identifier=uid) for uid in uids]

        def remove_item(self, modelname: str, uid: str) -> None:
            self.rows.remove(self._find(modelname, uid))

        def add(self, *, obj: Any) -> None:
            key = obj.get_type(), obj.get_unique_id()
            if key in [row[:2] for row in self.rows]:
                message = f"have {key}"
                raise exceptions.ObjectAlreadyExists(message, obj)
            obj.adapter = self.adapter
            self.rows.append((*key, obj))

        def update(self, *, obj: Any) -> None:
            self.rows = [row for row in self.rows if row[:2] != (obj.get_type(), obj.get_unique_id())]
            self.rows.append((obj.get_type(), obj.get_unique_id(), obj))

        def count(self, *, model: Any = None) -> int:
            return len(self.rows) if model is None else len(self.get_all(model=model))

    return OwnStore


# ---- diffs ----


def diff_class(library: Any, hooks: tuple[str, ...], journal: Journal) -> Any:
    """Return a subclass of the library's `Diff` with the named methods overridden; `Diff` itself for none."""
    base = library.diff.Diff
    if not hooks:
        return base

    def last_first(children: Any) -> Iterator[Any]:
        yield from reversed(list(children.values()))

    def by_action(_diff: Any, children: Any) -> Iterator[Any]:
        yield from sorted(children.values(), key=lambda element: (str(element.action), element.name))

    def without_deletes(_cls: Any, children: Any) -> Iterator[Any]:
        return (element for element in children.values() if element.action != "delete")

    def get_children(self: Any) -> Iterator[Any]:
        yield from reversed(list(base.get_children(self)))

    def add(self: Any, element: Any) -> None:
        journal.note("add", element.type, element.name, element.action, len(element), element.get_attrs_diffs())
        base.add(self, element)

    def add_filtering(self: Any, element: Any) -> None:
        if element.has_diffs():
            base.add(self, element)

    def complete(self: Any) -> None:
        journal.note("complete", self.summary(), self.models_processed, len(self))

    overrides: dict[str, Callable[..., Any] | Any] = {
        "order_children_site": staticmethod(last_first),
        "order_children_device": by_action,
        "order_children_port": staticmethod(last_first),
        "order_children_default": classmethod(without_deletes),
        "get_children": get_children,
        "add": add,
        "add_filtering": add_filtering,
        "complete": complete,
    }
    named = {hook.removesuffix("_filtering"): overrides[hook] for hook in hooks}
    return type("OwnDiff", (base,), named)
