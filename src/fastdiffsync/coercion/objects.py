"""Values of one class: UUIDs, paths, addresses, patterns, and the classes that nobody here knows."""

from __future__ import annotations

import ipaddress
import os
import pathlib
import re
import uuid
import zoneinfo
from collections.abc import Callable
from typing import Any, Final

from .scalars import as_text
from .validator import LAX, CoercionError, Form, State, Validator

_HEX: Final = r"[0-9a-fA-F]"
_UUID_GROUPS: Final = rf"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"
_UUID: Final = re.compile(rf"{_HEX}{{32}}|{_UUID_GROUPS}|\{{{_UUID_GROUPS}\}}|urn:uuid:{_UUID_GROUPS}")
_UUID_BYTES: Final = 16


def validate_uuid(value: Any, state: State) -> uuid.UUID:
    """Take a UUID as it is; its usual spellings and its 16 bytes become one."""
    if isinstance(value, uuid.UUID):
        return value
    state.lower(LAX)
    text = as_text(value)
    if text is not None and _UUID.fullmatch(text):
        return uuid.UUID(text)
    if isinstance(value, bytes) and len(value) == _UUID_BYTES:
        return uuid.UUID(bytes=bytes(value))
    msg = "UUID"
    raise CoercionError(msg, value)


def instance_of(cls: Any) -> Validator:
    """Compile a class of which nothing more is known: its instances, as they are."""
    try:
        isinstance(None, cls)
    except TypeError:  # a protocol that cannot be checked at run time
        return Validator(lambda value, _state: value)

    def validate(value: Any, _state: State) -> Any:
        if not isinstance(value, cls):
            raise CoercionError(cls.__name__, value)
        return value

    return Validator(validate, (cls,))


def subclass_of(cls: Any) -> Validator:
    """Compile `type[cls]`: the class and its subclasses."""

    def validate(value: Any, _state: State) -> Any:
        if not (isinstance(value, type) and issubclass(value, cls)):
            msg = f"subclass of {cls.__name__}"
            raise CoercionError(msg, value)
        return value

    return Validator(validate)


def validate_callable(value: Any, state: State) -> Any:
    """Take whatever can be called, as it is."""
    state.lower(LAX)
    if not callable(value):
        msg = "callable"
        raise CoercionError(msg, value)
    return value


def built_by(
    cls: Any,
    sources: tuple[type, ...] | None = None,
    build: Callable[[Any], Any] | None = None,
    kind: str = "exact",
) -> Validator:
    """Compile a class whose constructor does the conversion.

    Args:
        cls: The class; its instances are taken as they are.
        sources: What may be converted; None leaves the choice to the constructor.
        build: What makes the instance, where it is not the class itself.
        kind: That of the form.

    """
    make = build or cls

    def validate(value: Any, state: State) -> Any:
        if isinstance(value, cls):
            return value
        state.lower(LAX)
        if sources is None or isinstance(value, sources):
            try:
                return make(value)
            except (ValueError, TypeError, LookupError, OSError):
                pass
        raise CoercionError(cls.__name__, value)

    return Validator(validate, (cls,), form=Form(kind, (cls,)))


def pattern_of(kinds: tuple[type, ...]) -> Validator:
    """Compile `re.Pattern`, of text, of bytes or of both."""

    def validate(value: Any, _state: State) -> re.Pattern[Any]:
        if isinstance(value, re.Pattern):
            if isinstance(value.pattern, kinds):
                return value
        elif isinstance(value, kinds):
            try:
                return re.compile(value)
            except (re.error, OverflowError, RecursionError):
                pass
        msg = f"pattern of {' or '.join(kind.__name__ for kind in kinds)}"
        raise CoercionError(msg, value)

    both = len(kinds) > 1
    return Validator(validate, (re.Pattern,) if both else (), greedy=True)


def _path_of(cls: type, build: type | None = None) -> Validator:
    def make(value: str) -> Any:
        return (build or cls)(str.__str__(value))

    return built_by(cls, (str,), make)


OBJECTS: Final[dict[Any, Validator]] = {
    uuid.UUID: Validator(validate_uuid, (uuid.UUID,), form=Form("uuid", (uuid.UUID,))),
    ipaddress.IPv4Address: built_by(ipaddress.IPv4Address, kind="ipv4"),
    ipaddress.IPv6Address: built_by(ipaddress.IPv6Address, kind="ipv6"),
    ipaddress.IPv4Interface: built_by(ipaddress.IPv4Interface, kind="interface"),
    ipaddress.IPv6Interface: built_by(ipaddress.IPv6Interface, kind="interface"),
    ipaddress.IPv4Network: built_by(ipaddress.IPv4Network, kind="network"),
    ipaddress.IPv6Network: built_by(ipaddress.IPv6Network, kind="network"),
    **{
        cls: _path_of(cls)
        for cls in (
            pathlib.Path,
            pathlib.PurePath,
            pathlib.PosixPath,
            pathlib.PurePosixPath,
            pathlib.PureWindowsPath,
        )
    },
    os.PathLike: _path_of(os.PathLike, pathlib.PurePath),
    zoneinfo.ZoneInfo: built_by(zoneinfo.ZoneInfo, (str,)),
    re.Pattern: pattern_of((str, bytes)),
    Callable: Validator(validate_callable),
    type: instance_of(type),
}
