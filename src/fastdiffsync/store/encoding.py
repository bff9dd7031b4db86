"""Records as bytes and back: MessagePack of a record's fields, with the fingerprint of the class that wrote them.

The bytes of a record are a MessagePack array: a token, a map of the fields, and the status if it is not the initial
one. The token is the fingerprint of the class's fields (8 bytes) and a byte that says what is known of the values:
whether equal bytes prove equal records (*settled*), and whether every value is of its field's type, so that the
class's constructor would take it as it is (*typed*). Bytes with the fingerprint of the reading class come back
unchanged, typed or not; others were written by another version of the class, whose values are validated, if it had the
same fields at all.
"""

from __future__ import annotations

import enum
import functools
import hashlib
import typing
from typing import TYPE_CHECKING, Any

import msgspec

from .. import _kernel as kernel
from ..classes.annotations import resolve_annotation
from ..dumping.copies import as_data
from ..enum import DiffSyncModelFlags, DiffSyncStatus
from ..exceptions import ObjectStoreException, ValidationError
from ..schema import SCHEMA_ATTRIBUTE, copied, schema_of
from .by_type import bodies_of
from .values import PLAIN_TYPES, UnsupportedValueError, ValueReader, ValueWriter, object_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model import DiffSyncModel

FORMAT = 1
"""Version of the encoding; part of every fingerprint."""

_FINGERPRINT_SIZE = 8
_TYPED, _SETTLED = 2, 4  # 1 stood for settled, but for the NaN of a Decimal and some enums
_BY_TYPE = 8
SETTLED_PREFIXES = 3
"""How many there are of a class."""

_FIELDS_ONLY, _WITH_STATUS = b"\x92", b"\x93"
_TOKEN_HEADER = b"\xc4\x09"
_TOKEN_END = 12

_REFUSALS = (UnsupportedValueError, RecursionError, UnicodeEncodeError)
_REASONS: dict[type, str] = {
    RecursionError: "a value that is nested too deeply or contains itself",
    UnicodeEncodeError: "text that is not valid Unicode",
}
_PLAIN_OR_LIST = PLAIN_TYPES | {list}
_NO_FLAGS, _IGNORE = DiffSyncModelFlags.NONE, DiffSyncModelFlags.IGNORE
_INITIAL_STATUS = DiffSyncStatus.SUCCESS
_STATUSES = {status.value: status for status in DiffSyncStatus}
_encode = msgspec.msgpack.Encoder().encode
_decode_parts = msgspec.msgpack.Decoder(tuple[bytes, msgspec.Raw, msgspec.Raw]).decode
_set_slot = msgspec.Struct.__setattr__


class RecordEncoding:
    """How the records of one model class are written and read.

    Attributes:
        cls: The model class.
        schema: The compiled schema that the encoding was made from; a class that changes gets a new one.
        fingerprint: Identifies the fields and their types; equal for classes that have the same.
        settled_prefixes: What the bytes of a settled record without a status begin with, one or another.
    """

    def __init__(self, cls: type[DiffSyncModel]) -> None:
        """Compile the encoding of a model class.

        Raises:
            ObjectStoreException: If two classes of values that its annotations name have the same name.
        """
        self.cls = cls
        self.schema = schema_of(cls)
        self._names = tuple(name for name in self.schema.fields if name not in {"adapter", "model_flags"})
        self._has_post_init = hasattr(cls, "__post_init__")
        self._name_set = frozenset(self._names)
        self._read_values = kernel.FieldReader(cls, self._names).read
        self._fields = _struct_of(self._names)
        self._flagged_fields = _struct_of((*self._names, "model_flags"))
        annotations = _annotations(cls, self._names, frozenset(self.schema.children.values()))
        classes = _named_classes(cls, annotations)
        self._written_classes = {value_class: name for name, value_class in classes.items()}
        self._reader = ValueReader(classes)
        described = repr((FORMAT, cls.get_type(), [(name, _describe(annotations[name])) for name in self._names]))
        self.fingerprint = hashlib.blake2b(described.encode(), digest_size=_FINGERPRINT_SIZE).digest()
        self._prefixes = [
            _FIELDS_ONLY + _TOKEN_HEADER + self.fingerprint + bytes([known])
            for known in range((_BY_TYPE | _SETTLED | _TYPED) + 1)
        ]
        self._plain_prefix = self._prefixes[_SETTLED | _TYPED]
        self._by_type_prefix = self._prefixes[_BY_TYPE | _SETTLED | _TYPED]
        self._bodies = bodies_of(self.schema, annotations)
        self.settled_prefixes = (self._prefixes[_SETTLED], self._plain_prefix, self._by_type_prefix)
        self._known: dict[tuple[type, ...], tuple[int, tuple[int, ...]]] = {}
        self._children_decoders = _children_decoders(tuple(self.schema.children.values()))

    def writes_like(self, other: RecordEncoding) -> bool:
        """Whether bytes of this class and of another stand for the same values, members of the same enums included."""
        return self.fingerprint == other.fingerprint and self._written_classes == other._written_classes

    def encode(self, obj: DiffSyncModel) -> bytes:
        """Return the bytes of a record.

        Raises:
            ObjectStoreException: If a value is of a type that would not come back the same; names record and field.
        """
        known, body = self._encode_quickly(obj)
        if not body:
            known, body = self._encode_fields(obj)
        prefix = self._prefixes[known]
        if obj._status is _INITIAL_STATUS and not obj._status_message:
            return prefix + body
        return _WITH_STATUS + prefix[1:] + body + _encode([obj._status.value, obj._status_message])

    def _encode_quickly(self, obj: DiffSyncModel) -> tuple[int, bytes]:
        """Return what is known of a record, and its encoded fields; no bytes if its values want more care."""
        flags = obj.model_flags
        bodies = self._bodies if flags is _NO_FLAGS else None
        if bodies is not None:
            body = bodies.write_directly(obj)
            if body is not None:
                return _BY_TYPE | _SETTLED | _TYPED, body
        try:
            types, values = self._read_values(obj)
            known, lists = self._known.get(types) or self._learn(types)
            if bodies is not None and bodies.fit(values):
                return _BY_TYPE | _SETTLED | _TYPED, bodies.write(values)
            if known & _SETTLED and (
                not lists or all(PLAIN_TYPES.issuperset(map(type, values[place])) for place in lists)
            ):
                if flags is _NO_FLAGS:
                    return known, _encode(self._fields(*values))
                if type(flags) is DiffSyncModelFlags and not flags & _IGNORE:
                    return known, _encode(self._flagged_fields(*values, _written_flags(flags)))
        except (OverflowError, AttributeError, UnicodeEncodeError):
            pass  # a value needs care, or there is none
        return 0, b""

    def decode(self, data: bytes, uid: str, adapter: Any) -> DiffSyncModel:
        """Return the record that `encode` made `data` of, as one of `adapter`.

        Raises:
            ObjectStoreException: If the bytes are not such a record, or one of another version of the class.
        """
        if data.startswith(self._by_type_prefix) and self._bodies is not None and not self._has_post_init:
            try:  # `suppress` would take as long as half of the reading
                own_values = self._bodies.read_record(data, _TOKEN_END)
                return kernel.restore_record(self.cls, self._names, own_values, adapter)  # type: ignore[no-any-return]
            except (msgspec.DecodeError, ValueError):
                pass  # what follows has an error for it, or validates the values
        try:
            if data.startswith(self._plain_prefix):
                values, status = self._reader.decode(data[_TOKEN_END:]), None
                is_typed = is_own = True
            else:
                token, values, *rest = self._reader.decode(data)
                status = _read_status(*rest[0]) if rest else None
                is_own = token[:_FINGERPRINT_SIZE] == self.fingerprint
                is_typed = bool(token[_FINGERPRINT_SIZE] & _TYPED) or not is_own
                if is_own and token[_FINGERPRINT_SIZE] & _BY_TYPE:
                    values = self._read_by_type(data)
            flags = values.pop("model_flags", _NO_FLAGS)
            has_all_fields = values.keys() == self._name_set
        except Exception as error:
            raise self._unreadable(uid, f"its bytes are not a record ({type(error).__name__}: {error})") from error
        if not has_all_fields:
            raise self._unreadable(uid, self._describe_other_fields(set(values)))
        try:
            construct = self.cls if is_typed and not self._has_post_init else self._restore
            obj: Any = construct(**values, model_flags=flags, adapter=adapter)
        except (ValidationError, TypeError) as error:
            raise self._unreadable(uid, f"it was written by another version of the class ({error})") from error
        if status is not None:
            _set_slot(obj, "_status", status[0])
            _set_slot(obj, "_status_message", status[1])
        return obj  # type: ignore[no-any-return]

    def _read_by_type(self, data: bytes) -> dict[str, Any]:
        """Return the values of a record whose body does not say their types.

        Where a class that an annotation names has changed since, they are as MessagePack has them, to be validated.
        """
        body = data[_TOKEN_END:] if data[:1] == _FIELDS_ONLY else _decode_parts(data)[1]
        if self._bodies is not None:
            try:
                return dict(zip(self._names, self._bodies.read(body), strict=True))
            except msgspec.ValidationError:
                if self._has_post_init:
                    raise
        values: dict[str, Any] = self._reader.decode(body)
        return values

    def children_of(self, data: bytes) -> Any:
        """Return the lists of children in the bytes of a record, as attributes; None if they are none of this class.

        It takes a tenth of the time that decoding the record takes.
        """
        try:
            return self._children_decoders[data[0]].decode(data)[1]
        except (msgspec.DecodeError, LookupError):
            return None

    def _restore(self, **values: Any) -> Any:
        """Make a record of values that a record of this very class had: nothing is validated or converted."""
        schema = self.schema
        obj = kernel.rebuild(self.cls)
        for name, value in values.items():
            _set_slot(obj, name, value)
        if schema.private_defaults:
            obj.__dict__.update(copied(schema.private_defaults))
        key = None
        if schema.knows_unique_id:
            identifiers = [values[name] for name in schema.identifiers]
            key = "__".join([value if type(value) is str else str(as_data(value)) for value in identifiers])
            if schema.certain_types not in {None, tuple(map(type, identifiers))}:
                schema.doubt_identifiers()
        _set_slot(obj, "_unique_id", key)
        return obj

    def _learn(self, types: tuple[type, ...]) -> tuple[int, tuple[int, ...]]:
        """Return what is known of a record whose values are of these types, if certain lists hold plain values only.

        Returns:
            What is known, and the places of the lists.
        """
        field_types = self.schema.field_types
        is_typed = all(
            name not in field_types or field_types[name].convert is None or kind in field_types[name].exact
            for name, kind in zip(self._names, types, strict=True)
        )
        known = (_TYPED if is_typed else 0) | (_SETTLED if _PLAIN_OR_LIST.issuperset(types) else 0)
        lists = tuple(place for place, kind in enumerate(types) if kind is list)
        self._known[types] = known, lists
        return known, lists

    def _encode_fields(self, obj: DiffSyncModel) -> tuple[int, bytes]:
        """Return what is known of a record whose values are not all plain, and its encoded fields."""
        values = self._present_fields(obj)
        known = self._learn(tuple(map(type, values.values())))[0] & _TYPED
        writer = ValueWriter(self._written_classes)
        if obj.model_flags is not _NO_FLAGS:
            values["model_flags"] = obj.model_flags
            # A record that is to be ignored is left out of a diff; no other flag matters to records that are equal.
            writer.settles = not obj.model_flags & _IGNORE
        try:
            body = _encode({name: writer.write(value) for name, value in values.items()})
        except _REFUSALS as error:
            name, reason = self._find_refused(values) or ("?", error)
            what = _REASONS.get(type(reason)) or f"a {reason}"
            message = (
                f"{_title(obj)}: field {name!r} holds {what}, which would not come back from the store as it is; store "
                f"built-in types, or a Struct, dataclass, named tuple or enum that the field's annotation names"
            )
            raise ObjectStoreException(message) from error
        return known | (_SETTLED if writer.settles else 0), body

    def _find_refused(self, values: dict[str, Any]) -> tuple[str, Exception] | None:
        """Return the first field whose value cannot be written, and why."""
        for name, value in values.items():
            try:
                _encode(ValueWriter(self._written_classes).write(value))
            except _REFUSALS as error:
                return name, error
        return None

    def _present_fields(self, obj: DiffSyncModel) -> dict[str, Any]:
        missing = [name for name in self._names if not hasattr(obj, name)]
        if missing:
            message = f"{_title(obj)}: cannot be stored without a value for {missing}; assign one"
            raise ObjectStoreException(message)
        return {name: getattr(obj, name) for name in self._names}

    def _unreadable(self, uid: str, reason: str) -> ObjectStoreException:
        message = (
            f"{self.cls.get_type()} {uid!r} cannot be read from the store: {reason}; "
            f"remove it with remove_item({self.cls.get_type()!r}, {uid!r}), or clear the store, and load it again"
        )
        return ObjectStoreException(message)

    def _describe_other_fields(self, names: set[Any]) -> str:
        missing = sorted(self._name_set - names)
        unknown = sorted(map(str, names - self._name_set))
        return f"it was written by another version of the class (missing fields {missing}, unknown fields {unknown})"


class Encodings:
    """The encodings of the classes that a store has met, each made once."""

    def __init__(self) -> None:
        """Know no class yet."""
        self._encodings: dict[type, RecordEncoding] = {}

    def of(self, cls: type[DiffSyncModel]) -> RecordEncoding:
        """Return the encoding of a model class, a new one if the class has changed since."""
        encoding = self._encodings.get(cls)
        if encoding is None or encoding.schema is not cls.__dict__.get(SCHEMA_ATTRIBUTE):
            encoding = self._encodings[cls] = RecordEncoding(cls)
        return encoding


def without_status(data: bytes) -> bytes:
    """Return the bytes of a record as they would be had it no status, so that those of two records can be compared."""
    if data[:1] != _WITH_STATUS:
        return data
    token, fields, _ = _decode_parts(data)
    return _FIELDS_ONLY + _TOKEN_HEADER + token + bytes(fields)


def _read_status(status: str, message: str) -> tuple[DiffSyncStatus, str]:
    return _STATUSES[status], str(message)


def _title(obj: DiffSyncModel) -> str:
    return f"{obj.get_type()} {obj.get_unique_id()!r}"


@functools.lru_cache(maxsize=64)
def _struct_of(names: tuple[str, ...]) -> Any:
    """Return a Struct class with these fields, whose instances carry the values of a record to the encoder."""
    return msgspec.defstruct("Fields", [(name, Any) for name in names], gc=False)


@functools.lru_cache(maxsize=64)
def _written_flags(flags: DiffSyncModelFlags) -> Any:
    """Return flags in the form that MessagePack carries."""
    return ValueWriter({DiffSyncModelFlags: DiffSyncModelFlags.__qualname__}).write(flags)


@functools.lru_cache(maxsize=64)
def _children_decoders(names: tuple[str, ...]) -> dict[int, Any]:
    """Return what reads these lists alone from a record's bytes, by its first byte: without, or with a status."""
    lists: Any = msgspec.defstruct("Children", [(name, list[str]) for name in names], gc=False)
    return {
        _FIELDS_ONLY[0]: msgspec.msgpack.Decoder(tuple[bytes, lists]),
        _WITH_STATUS[0]: msgspec.msgpack.Decoder(tuple[bytes, lists, Any]),
    }


def _annotations(cls: type[Any], names: tuple[str, ...], child_fields: frozenset[str]) -> dict[str, Any]:
    """Return the resolved annotation of each field; fields of children hold unique ids whatever they are annotated."""
    return {name: list[str] if name in child_fields else resolve_annotation(cls, name) for name in names}


def _describe(annotation: Any) -> str:
    is_class = isinstance(annotation, type) and not typing.get_args(annotation)
    return annotation.__qualname__ if is_class else repr(annotation)


def _named_classes(cls: type[Any], annotations: dict[str, Any]) -> dict[str, type]:
    """Return the enums, Structs, dataclasses and named tuples that annotations name, by name."""
    classes: dict[str, type] = {DiffSyncModelFlags.__qualname__: DiffSyncModelFlags}
    for annotation in annotations.values():
        for value_class in _classes_in(annotation, set()):
            other = classes.setdefault(value_class.__qualname__, value_class)
            if other is not value_class:
                message = (
                    f"{cls.__name__}: the annotations name two classes {value_class.__qualname__!r}, which bytes "
                    f"cannot tell apart; rename one"
                )
                raise ObjectStoreException(message)
    return classes


def _classes_in(annotation: Any, seen: set[int]) -> Iterator[type]:
    """Yield the classes of values in an annotation, and in the annotations of their own fields."""
    if id(annotation) in seen:
        return
    seen.add(id(annotation))
    for argument in typing.get_args(annotation):
        yield from _classes_in(argument, seen)
    if not isinstance(annotation, type) or typing.get_args(annotation):
        return
    if issubclass(annotation, enum.Enum):
        yield annotation
        return
    try:
        fields = object_fields(annotation)
    except TypeError:
        return
    yield annotation
    try:
        hints = typing.get_type_hints(annotation, include_extras=True)
    except NameError:
        return
    for field in fields:
        yield from _classes_in(hints.get(field), seen)
