"""Bodies of records that do not say the types of their values: the annotations do, and msgspec reads by them.

That takes a fraction of the time of extensions, each of which Python is called for. It is for records whose values are
all exactly of their fields' types, and say no more than the type and a text or a number do.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any, cast

import msgspec

from .. import _kernel as kernel
from ..coercion.validator import Form
from .values import PLAIN_TYPES, equals_itself

if TYPE_CHECKING:
    from ..schema import Schema

_PLAIN = frozenset({"exact", "int", "bool", "bytes"})
_CHILDREN = Form("list", parts=(Form("exact", (str,)),))


class BodiesByType:
    """Writes and reads the bodies of one class's records.

    Attributes:
        write_directly: Returns the body for a record whose values fit, or None if that is to be found out otherwise.
        fit: Whether a record's values can be written so.
    """

    def __init__(self, cls: type[Any], fields: Any, forms: list[Form]) -> None:
        """Prepare to write and read the fields of a Struct class, whose annotations are those of the records.

        Args:
            cls: The records' class.
            fields: The Struct class.
            forms: What values its fields take, in their order.

        Raises:
            TypeError: If msgspec does not read by an annotation.
        """
        self.fit = kernel.ExactValues(forms).are_exact
        bodies = kernel.TypedBodies(cls, fields.__struct_fields__, forms, fields)
        self.write_directly, self._read_directly, self._values_of = bodies.write, bodies.read, bodies.values_of
        self._fields = fields
        self._encode = msgspec.msgpack.Encoder(enc_hook=_write_address).encode
        self._decode = msgspec.msgpack.Decoder(fields, dec_hook=kernel.address_of).decode

    def write(self, values: tuple[Any, ...]) -> bytes:
        """Return the body for the values of a record that fit.

        Raises:
            OverflowError: If an int is too large.
            UnicodeEncodeError: If a text is no valid Unicode.
        """
        return self._encode(self._fields(*values))

    def read_record(self, data: bytes, start: int) -> tuple[Any, ...]:
        """Return the values in a body that begins at a place in a record's bytes, and ends with them.

        Raises:
            msgspec.DecodeError: If it is none of this class.
        """
        values = self._read_directly(data, start)
        return self.read(data[start:]) if values is None else values

    def read(self, body: bytes | msgspec.Raw) -> tuple[Any, ...]:
        """Return the values in a body.

        Raises:
            msgspec.DecodeError: If it is none of this class.
        """
        return self._values_of(self._decode(body))


def bodies_of(schema: Schema, annotations: dict[str, Any]) -> BodiesByType | None:
    """Return what writes records of a class by type; None where that is not possible, or would not gain anything.

    Args:
        schema: The class's.
        annotations: The fields that are written, and the annotations of their values.
    """
    lists = set(schema.children.values())
    forms: list[Form] = []
    for name in annotations:
        field_type = schema.field_types.get(name)
        form = _CHILDREN if name in lists else None if field_type is None else field_type.form
        if form is None or not _is_known(form):
            return None
        forms.append(form)
    if all(form is _CHILDREN or _is_plain(form) for form in forms):
        return None
    try:
        return BodiesByType(schema.cls, msgspec.defstruct("Fields", list(annotations.items()), gc=False), forms)
    except (TypeError, NotImplementedError):  # an annotation that msgspec takes for something else, or not at all
        return None


def _is_known(form: Form) -> bool:
    """Whether msgspec writes and reads exact values of a form without loss."""
    if form.kind == "any":
        return False
    if form.kind == "enum":
        members: list[Any] = list(cast("Any", form.cls))
        types = {type(member.value) for member in members}
        return types in ({str}, {int}) and all(map(equals_itself, members))
    return all(map(_is_known, form.parts))


def _is_plain(form: Form) -> bool:
    """Whether MessagePack has a type for the values of a form, so that the bytes say it anyway."""
    return form.kind in _PLAIN and PLAIN_TYPES.issuperset(form.exact)


def _write_address(value: Any) -> int | str:
    """Return what an address or a network is written as."""
    return int(value) if type(value) is IPv4Address else str(value)
