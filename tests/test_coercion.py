"""Field values are coerced as pydantic's lax mode coerces them: the same values, of the same types, or rejected.

All `TYPES`, and every union of two of `UNION_MEMBERS` (on a desk a third of them), meet all the values of
`make_values()`, in both. What differs on purpose stands in `DEVIATIONS`, each with its reason, and nowhere else.
"""

# ruff: noqa: UP006, UP007, UP045 - the older spellings of types are cases too

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import enum
import fractions
import ipaddress
import math
import pathlib
import re
import typing
import uuid
import zoneinfo
from collections import abc
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, Optional, TypeVar, Union

import annotated_types
import msgspec
import pydantic
import pydantic_core
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from typing_extensions import NotRequired, Required, TypeAliasType, TypedDict, Unpack

from .conftest import KERNELS, load
from .profile import by_profile

T = TypeVar("T")
Whole = TypeVar("Whole", bound=int)
UserId = NewType("UserId", int)
Json = TypeAliasType("Json", "Union[dict[str, Json], list[Json], str, int, float, bool, None]")
Pair = TypeAliasType("Pair", "tuple[T, T]", type_params=(T,))


class Colour(str, enum.Enum):
    RED = "red"
    ONE = "1"


class Speed(enum.IntEnum):
    SLOW = 1
    FAST = 2


class Ratio(float, enum.Enum):
    WHOLE = 1.0
    HALF = 0.5


class Level(enum.Enum):
    NAME = "high"
    NUMBER = 1


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Text(str):
    __slots__ = ()


class Count(int):
    pass


class Real(float):
    pass


class Data(bytes):
    pass


class Items(list):
    pass


class Row(tuple):
    __slots__ = ()


class Table(dict):
    pass


class Index:
    def __init__(self, number: int) -> None:
        self.number = number

    def __index__(self) -> int:
        return self.number


class Pairs(abc.Mapping):
    def __getitem__(self, key: str) -> str:
        return {"a": "1"}[key]

    def __iter__(self) -> Any:
        return iter(["a"])

    def __len__(self) -> int:
        return 1


class Numerals:
    def __iter__(self) -> Any:
        return iter(["1", "2"])


class Client:
    """Stands for the classes of others, which nothing is known of."""


class Port(TypedDict):
    a: int
    b: NotRequired[str]


class Flags(TypedDict, total=False):
    a: Required[int]
    c: Annotated[int, "a note"]


class Folder(TypedDict):
    name: str
    folders: NotRequired[list[Folder]]


class Box(TypedDict, Generic[T]):
    item: T


class Point(NamedTuple):
    a: int
    b: str = "x"


@dataclasses.dataclass
class Site:
    a: int
    b: str = "x"
    tags: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Tree:
    value: int
    left: Optional[Tree] = None
    doubled: int = dataclasses.field(init=False, default=0)
    times: dataclasses.InitVar[int] = 2

    def __post_init__(self, times: int) -> None:
        self.doubled = self.value * times
        if self.doubled > 100:
            msg = "too large"
            raise ValueError(msg)


class Address(msgspec.Struct):
    street: str
    number: int = 0


class Interface(pydantic.BaseModel):
    mtu: int


class Shape(typing.Protocol):
    sides: int


UUID_TEXT = "12345678-1234-5678-1234-567812345678"
CLIENT = Client()


def make_values() -> list[Any]:
    """Return one fresh set of values; some can be read only once."""
    return [
        # text
        *("", "a", "red", "high", " a ", "é", "\ud800", "1", " 1 ", "\t1\n", "\x1c1", "\u20031", "+1", "-1", "--1"),
        *("1_000", "_1", "1__0", "1_", "0__1", "007", "-0", "0x10", "1.0", "1.", ".5", "1.50", "1_0.5", "1e3", "1E-2"),
        *("inf", "-Infinity", "nan", "\uff11", "9" * 30, "9" * 5000, "0" * 5000 + "1", "12345678901234567890.0", "1/2"),
        *("true", "TRUE", "yes", "On", "t", "y", "no", "off", "F", "n", "0", " true", "None", "1+2j", "Europe/Paris"),
        *("2024-01-02", "2024-01-02T00:00:00", "2024-01-02 03:04", "2024-01-02t03:04:05.5Z", "2024-01-02_03:04:05,25"),
        *("2024-01-02T03:04:05.123456789+0100", "2024-01-02T03:04:05\u221201:00", "2024-01-02T03:04:05+24:00"),
        *(
            "2024-01-02T03:04:05+01",
            "2024-01-02T24:00",
            "2024-1-2",
            "20240102",
            "2024-02-30",
            "2024-02-29",
            "0000-01-01",
        ),
        *(
            " 2024-01-02",
            "1704164645",
            "1704164645.5",
            "1704164645123",
            "20000000000",
            "20000000001",
            "86400",
            "-86400",
        ),
        *("12:30", "12:30:45.5", "12:30Z", "12:30:45+01:00", "24:00", "1:30", "12:60", "100:00:00", "-02:03"),
        *("P1D", "-P1DT2H", "P1Y2M3W", "PT1.5S", "P1.5D", "P1.5DT2H", "P1DT", "PT", "PT1H1H", "p1d", "P1000000000D"),
        *("1 day", "3d", "1 days, 02:03:04", "-1 day 02:03:04.5", "1 year"),
        *(UUID_TEXT, UUID_TEXT.upper(), UUID_TEXT.replace("-", ""), f"{{{UUID_TEXT}}}", f"urn:uuid:{UUID_TEXT}"),
        *(f" {UUID_TEXT}", "1234-567812345678-1234-5678-12345678"),
        *("1.2.3.4", "::1", "1.2.3.0/24", "1.2.3.4/24", "a/b", "a+", "("),
        # bytes
        *(b"", b"a", b"1", b" 1.0 ", b"true", b"\xff", b"2024-01-02", b"12:30", bytearray(b"1"), memoryview(b"ab")),
        *(uuid.UUID(UUID_TEXT).bytes, UUID_TEXT.encode(), b"\x01\x02\x03\x04", Data(b"1")),
        # numbers
        *(True, False, 0, 1, 2, 3, -1, 86399, 86400, 1704164645123, 20000000001, 2**63, -(2**63), 10**30, 10**400),
        *(
            0.0,
            -0.0,
            1.0,
            1.5,
            -1.5,
            0.5,
            1e300,
            2.0**62,
            2.0**63,
            1704164645.1234567,
            86399.9999999,
            -1e-9,
            -5e-7,
            -9523809523809.5234375,
        ),
        *(math.inf, math.nan, Decimal(1), Decimal("1.50"), Decimal("1E+25"), Decimal("NaN"), Decimal("-Infinity")),
        *(fractions.Fraction(2, 1), fractions.Fraction(1, 2), 1 + 0j, 1j, Count(1), Real(1.0), Real(1.5), Index(3)),
        # members of enums
        *(Colour.RED, Colour.ONE, Speed.SLOW, Ratio.WHOLE, Ratio.HALF, Level.NUMBER, Access.READ),
        Access.READ | Access.WRITE,
        # single objects
        *(None, ..., Text("1"), Text("a"), CLIENT, Client, int, bool, str, Colour, len),
        *map(dt.datetime.fromisoformat, ("2024-01-02T03:00", "2024-01-02", "2024-01-02T00:00+00:00")),
        *(dt.date(2024, 1, 2), dt.time(1, 2), dt.timedelta(1, 2, 3), uuid.UUID(UUID_TEXT), zoneinfo.ZoneInfo("UTC")),
        *(
            pathlib.Path("a"),
            pathlib.PurePosixPath("a"),
            pathlib.PureWindowsPath("a"),
            re.compile("a"),
            re.compile(b"a"),
        ),
        *(ipaddress.ip_address("1.2.3.4"), ipaddress.ip_address("::1"), ipaddress.ip_network("1.2.3.0/24")),
        ipaddress.ip_interface("1.2.3.4/24"),
        # lists and the like
        *([], [1], ["1"], ["1", "a"], [1, "x", 3], [None], [True], [[1], ("1",)], [{"a": "1"}], [[]], Items([1])),
        *((1,), ("1",), (1, "a"), ("1", "a"), (1, 2, 3), Row([1]), Row(["1", "a"]), Point(1), Point("1", "y")),
        *({"1"}, frozenset([1]), collections.deque([1], 3), collections.deque(["a"]), range(2), Numerals()),
        *({"1": 2}.keys(), {"1": "2"}.values(), collections.UserList(["1"]), collections.UserString("1")),
        # mappings and records
        *({}, {"a": 1}, {"a": "1"}, {"a": "x"}, {"a": 1, "b": "y"}, {"a": 1, "z": 1}, {"b": "y"}, {1: 1}, {"1": "1"}),
        *({"a": ("1",)}, {"a": {"a": "1"}}, {"a": None}, {"a": 1, "c": "2"}, {"a": 1, "tags": ("t",)}),
        *(Table(a="1"), collections.OrderedDict(a=1), collections.Counter("a"), collections.defaultdict(set, a="1")),
        *(collections.ChainMap({"a": "1"}), collections.UserDict(a=1), Pairs(), Site(1), Site("1")),
        *(
            {"item": "1"},
            {"name": "n", "folders": ({"name": b"m"},)},
            {"value": "3", "left": {"value": 4}},
            {"value": 99},
        ),
    ]


ITERATORS = [lambda: iter(["1", "2"]), lambda: (n for n in (1, 2)), lambda: map(str, [1])]

SCALARS = [str, int, float, bool, None, bytes, Decimal, complex, fractions.Fraction]
MOMENTS = [dt.datetime, dt.date, dt.time, dt.timedelta]
OBJECTS = [
    *(uuid.UUID, pathlib.Path, pathlib.PurePath, pathlib.PurePosixPath, pathlib.PureWindowsPath, re.Pattern),
    *(re.Pattern[str], re.Pattern[bytes], ipaddress.IPv4Address, ipaddress.IPv6Address, ipaddress.IPv4Network),
    *(ipaddress.IPv6Network, ipaddress.IPv4Interface, ipaddress.IPv6Interface, Client, bytearray, range),
    *(collections.ChainMap, abc.Hashable, abc.Collection[int], abc.Callable, abc.Callable[[int], int]),
    *(type, type[int], type[Any], type[Union[int, str]], Any, object, enum.Enum),
]
CHOICES = [
    *(
        Colour,
        Speed,
        Ratio,
        Level,
        Access,
        Literal["a", 1, True],
        Literal[b"a", None, Colour.RED],  # noqa: PYI061 - None among the literals is the case to test
        Literal[0, Speed.FAST],
    ),
    *(Optional[int], Optional[str], Optional[list[int]], Optional[Any], Union[str, bool, dict], int | str | None),
    *(typing.AnyStr, T, Whole, UserId, Union[list[int], list[str]], Union[dict[str, int], dict[str, str], None]),
    *(Union[Port, Flags], Union[Port, dict[str, Any]], Union[Site, Port], Union[Point, Site], list[Union[int, str]]),
]
CONTAINERS = [
    *(list, list[int], list[Any], typing.List[str], list[list[int]], list[Port], list[Client], list[Optional[int]]),
    *(tuple, typing.Tuple, tuple[int, ...], tuple[int, str], tuple[()], typing.Tuple[str, ...], Pair[int]),
    *(
        set,
        set[int],
        frozenset,
        frozenset[str],
        collections.deque,
        collections.deque[int],
        abc.Set,
        abc.MutableSet[int],
    ),
    *(dict, typing.Dict, dict[str, int], dict[int, Any], dict[str, list[int]], abc.Mapping, typing.Mapping[str, int]),
    *(abc.MutableMapping[str, str], collections.OrderedDict, typing.OrderedDict[str, int], collections.Counter[str]),
    *(collections.defaultdict[str, int], typing.DefaultDict[str, typing.List[str]], collections.defaultdict[str, dict]),
    *(abc.Sequence, abc.Sequence[int], typing.Sequence[str], abc.MutableSequence[int]),
]
RECORDS = [Port, Flags, Folder, Box[int], Box, Point, Site, Tree, Json]
ANNOTATED = [
    Annotated[int, "a note"],
    Annotated[int, annotated_types.Ge(1), annotated_types.Lt(3)],
    Annotated[float, annotated_types.MultipleOf(0.5)],
    Annotated[Optional[bytes], annotated_types.MaxLen(2)],
    Annotated[list[int], annotated_types.Len(1, 2)],
    Annotated[int, annotated_types.Interval(gt=0, le=2)],
    Annotated[int, annotated_types.Predicate(bool)],
]
TYPES = [*SCALARS, *MOMENTS, *OBJECTS, *CHOICES, *CONTAINERS, *RECORDS, *ANNOTATED]

UNION_MEMBERS = [
    *(str, int, float, bool, bytes, Decimal, dt.datetime, dt.date, dt.timedelta, uuid.UUID, pathlib.Path, re.Pattern),
    *(ipaddress.IPv4Address, Colour, Speed, Level, Literal["a", 1, True], Client, abc.Callable, Any),
    *(
        list,
        list[int],
        list[str],
        tuple[int, ...],
        tuple[int, str],
        set[int],
        collections.deque[int],
        abc.Sequence[int],
    ),
    *(dict, dict[str, int], collections.OrderedDict[str, int], abc.Collection[int], Port, Flags, Point, Site),
]


@pytest.fixture(params=by_profile(desk=KERNELS[:1], ci=KERNELS))
def coercion(request: pytest.FixtureRequest) -> Any:
    """The room under test. It lies below the kernel and is the same on both, so that on a desk all values meet one."""
    return load(request.param)["fastdiffsync.coercion"]


def adapter_of(annotation: Any) -> pydantic.TypeAdapter[Any]:
    """Return pydantic's own validation of a field, as diffsync configures it."""
    configured = pydantic.ConfigDict(arbitrary_types_allowed=True)
    try:
        return pydantic.TypeAdapter(annotation, config=configured)
    except pydantic.PydanticUserError:  # classes with fields bring a configuration of their own
        return pydantic.TypeAdapter(annotation)


def coerce(field_type: Any, value: Any) -> Any:
    """Do what the construction of a record does with a value."""
    if field_type.convert is None or type(value) in field_type.exact:
        return value
    return field_type.convert(value)


def attempt(function: Any, value: Any) -> Any:
    """Return what the function makes of a value in a form that compares by type and value, or that it rejects it."""
    try:
        result = function(value)
    except (ValueError, TypeError, LookupError, ArithmeticError):
        return "rejected"
    return canonical(result)


def canonical(value: Any) -> Any:  # noqa: PLR0911 - a case each
    """Return a form in which values are equal if they are so in their types, and those of what they contain, too."""
    kind = type(value)
    if isinstance(value, (float, complex)):  # for the sake of NaN
        return kind, repr(value)
    if isinstance(value, Decimal):
        return kind, str(value)
    if isinstance(value, (dt.datetime, dt.time)):  # the class of the zone is a deviation
        return kind, value.replace(tzinfo=None), value.utcoffset()
    if isinstance(value, (list, tuple, collections.deque)):
        return kind, getattr(value, "maxlen", None), [canonical(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return kind, sorted(map(repr, map(canonical, value)))
    if isinstance(value, dict):
        items = [(canonical(key), canonical(item)) for key, item in value.items()]
        return kind, getattr(value, "default_factory", None), items
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return kind, canonical(vars(value))
    if kind.__eq__ is object.__eq__ and not isinstance(value, (type, Client)):
        return kind
    return kind, value


def differences(coercion: Any, annotation: Any) -> list[str]:
    """Run every value through pydantic and through the library, and return the disagreements."""
    theirs, ours = adapter_of(annotation).validate_python, coercion.compile_type(annotation)
    found = []
    for given_to_pydantic, given_to_us in zip(make_values(), make_values(), strict=True):
        expected = attempt(theirs, given_to_pydantic)
        got = attempt(lambda value: coerce(ours, value), given_to_us)
        if expected != got:
            found.append(f"{given_to_us!r:.80} ({type(given_to_us).__name__}): pydantic {expected}, here {got}")
    return found


@pytest.mark.filterwarnings("ignore:__int__ returned non-int:DeprecationWarning")  # ipaddress, of an address from True
@pytest.mark.parametrize("annotation", TYPES, ids=str)
def test_values_become_what_pydantic_makes_of_them(coercion: Any, annotation: Any) -> None:
    """Each value is accepted or rejected as by pydantic, and comes out equal and of the same type."""
    assert differences(coercion, annotation) == []


@pytest.mark.parametrize("member", UNION_MEMBERS, ids=str)
def test_unions_take_the_member_that_pydantic_takes(coercion: Any, member: Any) -> None:
    """In a union with any other type, on either side, the member that fits best wins, as in pydantic's smart mode."""
    found = {}
    # On a desk every third pair, others for each member.
    for other in UNION_MEMBERS[by_profile(desk=UNION_MEMBERS.index(member) % 3, ci=0) :: by_profile(desk=3, ci=1)]:
        union = Union[member, other]
        disagreements = differences(coercion, union)
        if disagreements:
            found[union] = disagreements
    assert found == {}


@pytest.mark.parametrize(
    "annotation", [list, list[int], set[str], tuple[int, ...], tuple[int, int], collections.deque[str], Point], ids=str
)
def test_iterators_fill_containers(fastdiffsync: Any, annotation: Any) -> None:
    """A generator or another iterator stands for the list of its values."""
    theirs, ours = adapter_of(annotation).validate_python, fastdiffsync.coercion.compile_type(annotation)
    for make in ITERATORS:
        assert attempt(ours.convert, make()) == attempt(theirs, make())


class Deviation(NamedTuple):
    """One difference from pydantic that is meant.

    `pydantic` and `fastdiffsync` are what comes of the value, as `look` shows it; "rejected"; or, where a class with
    such an annotation cannot be declared at all, "refused". Which of two it is (`a or b`), depends on Python.
    """

    what: str
    annotation: Any
    make: Any
    pydantic: str
    fastdiffsync: str
    why: str
    look: Any = repr


def nested_folders(depth: int) -> dict[str, Any]:
    folder: dict[str, Any] = {"name": "leaf"}
    for _ in range(depth):
        folder = {"name": "n", "folders": [folder]}
    return folder


def type_name(value: Any) -> str:
    return type(value).__name__


DEVIATIONS = [
    Deviation(
        "The zone of a coerced `datetime` or `time`",
        dt.datetime,
        lambda: "2024-01-02T03:04:05Z",
        "TzInfo",
        "timezone",
        "`pydantic_core.TzInfo` belongs to pydantic; `datetime.timezone` is equal in every offset.",
        lambda moment: type_name(moment.tzinfo),
    ),
    Deviation(
        "A member of a plain `Enum` for an `int` field",
        int,
        lambda: Level.NAME,
        "'high'",
        "rejected",
        "pydantic passes the member's value on unchecked. Here it must make an int: `1` does, `'high'` does not.",
    ),
    Deviation(
        "A pair for a `ZoneInfo` field",
        zoneinfo.ZoneInfo,
        lambda: ("Pacific/Niue", 7),  # a zone that nobody else makes: of one that is there, pydantic returns the zone
        "7 or RuntimeError",
        "rejected",
        "pydantic returns the second member, a value of the wrong type, at which newer Pythons raise.",
    ),
    Deviation(
        "An object with `__index__` (NumPy's integers) for an `int` field",
        int,
        lambda: Index(2**60 + 1),
        str(2**60),
        str(2**60 + 1),
        "pydantic goes through a float: digits beyond 2**53 are lost, from 2**63 on it rejects. Here all digits stay.",
    ),
    Deviation(
        "Text behind the sixth digit of a `timedelta`'s fraction",
        dt.timedelta,
        lambda: "12:00:00.123456+01:00",
        "12:00:00.123456",
        "rejected",
        "pydantic does not read on after six digits; with fewer it rejects the same text.",
        str,
    ),
    Deviation(
        "An iterator for a union of containers",
        Union[tuple[int, int], list[str]],
        lambda: iter(["a", "b"]),
        "[]",
        "['a', 'b']",
        "In pydantic, the first member uses up the iterator and the next one finds it empty: the values are lost.",
    ),
    Deviation(
        "A field annotated `Iterable[X]` or `Generator[X, ...]`",
        abc.Iterable[int],
        lambda: ["1"],
        "ValidatorIterator",
        "list",
        "pydantic keeps an iterator that can be read once. A record is read more often than that.",
        type_name,
    ),
    Deviation(
        "A dict for a field that is a `msgspec.Struct`",
        Address,
        lambda: {"street": "Main", "number": "7"},
        "rejected",
        "Address(street='Main', number=7)",
        "pydantic does not know Structs and takes instances alone. Here a dict is taken, and its values are converted.",
    ),
    Deviation(
        "`msgspec.Meta` in `Annotated`",
        Annotated[int, msgspec.Meta(ge=3)],
        lambda: 1,
        "1",
        "rejected",
        "pydantic ignores it. Bounds by `annotated_types` hold in both.",
    ),
    Deviation(
        "A bound on text that has a lone surrogate",
        Annotated[str, annotated_types.MaxLen(2)],
        lambda: "\ud800",
        "rejected",
        repr("\ud800"),
        "pydantic takes such text without a bound and rejects it with one. Here the bound is all that is looked at.",
    ),
    Deviation(
        "pydantic's own classes: `BaseModel` fields",
        Interface,
        lambda: {"mtu": "1500"},
        "Interface(mtu=1500)",
        "rejected",
        "They need pydantic. An instance is accepted as it is.",
    ),
    Deviation(
        "pydantic's metadata: `Field(...)`, validators, serializers in `Annotated`",
        Annotated[int, pydantic.Field(ge=3)],
        lambda: 1,
        "rejected",
        "refused",
        "It needs pydantic. The error says what to write in its place.",
    ),
    Deviation(
        "Annotations that pydantic refuses: protocols not checkable at run time, `defaultdict[str, Any]`, and "
        "`typing.TypedDict` before Python 3.12",
        Shape,
        lambda: CLIENT,
        "refused",
        "Client",
        "There is no need to refuse them: such a protocol accepts anything, such a defaultdict has no factory.",
        type_name,
    ),
    Deviation(
        "A value of a recursive type, nested some hundred levels deep",
        Folder,
        lambda: nested_folders(250),
        "dict",
        "rejected",
        "pydantic's limit is 255 levels; here it is the interpreter's recursion limit, if that is reached earlier.",
        type_name,
    ),
]


def outcome(compile_annotation: Any, deviation: Deviation) -> str:
    """Return what comes of a deviation's value, in the words of its row."""
    try:
        convert = compile_annotation(deviation.annotation)
    except (pydantic.PydanticUserError, pydantic_core.SchemaError, TypeError):
        return "refused"
    try:
        return str(deviation.look(convert(deviation.make())))
    except ValueError:
        return "rejected"
    except RuntimeError as error:
        return type(error).__name__


@pytest.mark.parametrize("deviation", DEVIATIONS, ids=lambda deviation: deviation.what[:40])
def test_each_deviation_is_one(fastdiffsync: Any, deviation: Deviation) -> None:
    """Each listed difference from pydantic is still there, on both sides as its row says."""
    compile_type = fastdiffsync.coercion.compile_type
    theirs = outcome(lambda annotation: adapter_of(annotation).validate_python, deviation)
    assert theirs in deviation.pydantic.split(" or ")
    assert outcome(lambda annotation: compile_type(annotation).convert, deviation) == deviation.fastdiffsync
    assert deviation.pydantic != deviation.fastdiffsync


TIMESTAMPS = st.one_of(st.integers(-(10**14), 10**14), st.floats(-1e12, 1e12))
NUMERALS = st.from_regex(
    r"[ \t\x1c\u00a0]?[+-]?[0-9_]{1,6}(\.[0-9_]{0,4})?([eE][+-]?[0-9_]{1,2})?[ \n]?", fullmatch=True
)
CLOCK = r"[0-2][0-9]:[0-6][0-9](:[0-6][0-9]([.,][0-9]{0,%d})?)?([Zz]|[+\u2212-][0-2][0-9]:?[0-6][0-9])?"
MOMENT_TEXTS = st.from_regex(rf"[0-9]{{4}}-[01][0-9]-[0-3][0-9]([Tt _]{CLOCK % 9})?", fullmatch=True)
TIME_TEXTS = st.from_regex(CLOCK % 9, fullmatch=True)
UNREAD_TEXT = re.compile(rb"[.,][0-9]{6,}[^0-9]")  # in a timedelta: see DEVIATIONS
DURATIONS = st.one_of(
    st.from_regex(
        r"[+-]?P([0-9]{1,4}([.,][0-9]{1,7})?[YMWD]){0,3}(T([0-9]{1,6}([.,][0-9]{1,8})?[HMS]){0,3})?", fullmatch=True
    ),
    st.from_regex(
        r"[+-]?([0-9]{1,9} ?([dD]([aA][yY][sS]?)?)?,? {0,2})?([0-9]{0,6}(:[0-9]{1,2}){0,2}([.,][0-9]{0,8})?)?",
        fullmatch=True,
    ),
)
ANY_SCALAR = st.one_of(
    *(st.text(), st.binary(), st.integers(), st.floats(), st.booleans(), st.decimals(), st.fractions(), TIMESTAMPS),
    *(NUMERALS, NUMERALS.map(str.encode), MOMENT_TEXTS, TIME_TEXTS, DURATIONS, TIMESTAMPS.map(str)),
    *(st.datetimes(timezones=st.none() | st.timezones()), st.dates(), st.times(), st.timedeltas(), st.uuids()),
    *(st.datetimes().map(str), st.dates().map(str), st.times().map(str), st.timedeltas().map(str), st.uuids().map(str)),
)


@pytest.mark.parametrize(
    "annotation",
    [str, int, float, bool, bytes, Decimal, *MOMENTS, uuid.UUID, Union[int, float, bool, dt.datetime, str]],
    ids=str,
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # it is the same package throughout
@given(data=st.data())
def test_any_scalar_becomes_what_pydantic_makes_of_it(coercion: Any, annotation: Any, data: st.DataObject) -> None:
    """Drawn text, bytes, numbers and moments are coerced as by pydantic."""
    value = data.draw(ANY_SCALAR)
    if annotation is dt.timedelta and isinstance(value, (str, bytes)):
        text = value if isinstance(value, bytes) else value.encode(errors="replace")
        assume(not UNREAD_TEXT.search(text))
    field_type = coercion.compile_type(annotation)

    expected = attempt(adapter_of(annotation).validate_python, value)

    assert attempt(lambda given_value: coerce(field_type, given_value), value) == expected


@pytest.mark.parametrize(
    ("annotation", "exact"),
    [
        (str, {str}),
        (float, {float}),
        (bool, {bool}),
        (None, {type(None)}),
        (Optional[str], {str, type(None)}),
        (Union[str, bool, dict], {str, bool}),
        (Colour, {Colour}),
        (dt.datetime, {dt.datetime}),
        (Annotated[int, "a note"], {int}),
        (UserId, {int}),
        (Client, {Client}),
        (Decimal, set()),
        (list[str], set()),
        (dict, set()),
        (Literal["a", "b"], set()),
        (Annotated[int, annotated_types.Ge(1)], set()),
        (Union[re.Pattern, str], {re.Pattern}),
        (Union[Literal[1], bool], set()),
    ],
    ids=str,
)
def test_exact_types_are_those_that_need_no_look(fastdiffsync: Any, annotation: Any, exact: set[type]) -> None:
    """A value is let through by its type alone only where pydantic would return that very value."""
    assert set(fastdiffsync.coercion.compile_type(annotation).exact) == exact


@pytest.mark.parametrize("annotation", TYPES, ids=str)
def test_what_is_let_through_would_come_back_as_it_is(coercion: Any, annotation: Any) -> None:
    """For a value of an exact type, the conversion returns that object, so that leaving it out changes nothing."""
    field_type = coercion.compile_type(annotation)
    let_through = [value for value in make_values() if type(value) in field_type.exact]

    assert all(field_type.convert(value) is value for value in let_through)


@pytest.mark.parametrize("annotation", [Any, object, T, Optional[Any]], ids=str)
def test_any_value_may_stay_as_it_is(fastdiffsync: Any, annotation: Any) -> None:
    """There is nothing to convert where anything is allowed."""
    assert fastdiffsync.coercion.compile_type(annotation)[:2] == ((), None)


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (list, [1]),
        (list[list[int]], [[1]]),
        (dict, {"a": 1}),
        (dict[str, list[int]], {"a": [1]}),
        (set[int], {1}),
        (collections.deque, collections.deque([1])),
        (Port, {"a": 1}),
        (abc.Sequence[int], [1]),
        (Union[str, bool, dict], {"a": 1}),
        (Optional[list[str]], ["a"]),
    ],
    ids=str,
)
def test_containers_are_copied(fastdiffsync: Any, annotation: Any, value: Any) -> None:
    """A record never shares a container with whoever made it: what comes out is equal, and new."""
    result = fastdiffsync.coercion.compile_type(annotation).convert(value)

    assert result == value
    assert result is not value


def test_inner_containers_are_copied_where_their_type_is_declared(fastdiffsync: Any) -> None:
    """A list inside a list is copied if the annotation says that it is a list."""
    inner = [1]

    [result] = fastdiffsync.coercion.compile_type(list[list[int]]).convert([inner])

    assert result is not inner


@pytest.mark.parametrize(
    ("annotation", "value", "message"),
    [
        (int, "x", "expected int, got 'x' (str)"),
        (int, 1.5, "expected int, got 1.5 (float)"),
        (str, 1, "expected str, got 1 (int)"),
        (Optional[bool], "maybe", "expected bool, got 'maybe' (str)"),
        (Union[int, list[str]], {}, "expected int or list[str], got {} (dict)"),
        (dict[str, list[int]], {"mtu": [1, "x"]}, "expected int, got 'x' (str) at ['mtu'][1]"),
        (Port, {"b": "y"}, "expected Port with 'a', got {'b': 'y'} (dict)"),
        (list[Tree], [{"value": 1, "left": {"value": "q"}}], "expected int, got 'q' (str) at [0]['left']['value']"),
        (Tree, {"value": 99}, "expected Tree (too large), got {'value': 99} (dict)"),
        (Point, (1, "y", 3), "expected Point of 2 values, got (1, 'y', 3) (tuple)"),
        (Point, {"a": 1, "c": 2}, "expected Point without 'c', got {'a': 1, 'c': 2} (dict)"),
        (tuple[int, int], [1], "expected tuple of 2 values, got [1] (list)"),
        (set[Any], [[]], "expected set of hashable values, got [[]] (list)"),
        (Colour, "blue", "expected Colour: 'red', '1', got 'blue' (str)"),
        (Literal["a", 1], "b", "expected 'a' or 1, got 'b' (str)"),
        (type[int], str, "expected subclass of int, got <class 'str'> (type)"),
        (Annotated[int, msgspec.Meta(ge=3)], "2", "expected a value with ge 3, got '2' (str)"),
        (Address, {"number": 1}, "expected Address with 'street', got {'number': 1} (dict)"),
        (Client, None, "expected Client, got None (NoneType)"),
    ],
    ids=str,
)
def test_errors_say_what_was_expected_and_what_was_got(
    fastdiffsync: Any, annotation: Any, value: Any, message: str
) -> None:
    """The error names the expected type, the value, its type, and where in a container it stood."""
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        fastdiffsync.coercion.compile_type(annotation).convert(value)
    assert str(caught.value) == message


def test_a_huge_value_makes_a_short_message(fastdiffsync: Any) -> None:
    """The error shows the beginning and the end of a long value."""
    with pytest.raises(ValueError, match="expected int, got 'xxx") as caught:
        fastdiffsync.coercion.compile_type(int).convert("x" * 1_000_000)
    assert len(str(caught.value)) < 150


def test_a_value_whose_repr_raises_is_still_named(fastdiffsync: Any) -> None:
    """A broken `__repr__` does not hide the error; the value's class stands in for it."""

    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError

    with pytest.raises(ValueError, match=r"expected int, got .*Broken"):
        fastdiffsync.coercion.compile_type(int).convert(Broken())


@pytest.mark.parametrize("annotation", [Folder, Json, list[Json]], ids=str)
def test_a_value_that_contains_itself_is_rejected(fastdiffsync: Any, annotation: Any) -> None:
    """A value of a recursive type that is part of itself ends in an error, not in a crash."""
    loop: Any = {"name": "n"} if annotation is Folder else []
    inner = loop.setdefault("folders", []) if annotation is Folder else loop
    inner.append(loop)

    with pytest.raises(ValueError, match="expected "):
        fastdiffsync.coercion.compile_type(annotation).convert(loop)


def test_a_value_may_occur_twice(fastdiffsync: Any) -> None:
    """A value that two others share is no loop."""
    shared = {"name": "leaf"}

    result = fastdiffsync.coercion.compile_type(Folder).convert({"name": "n", "folders": [shared, shared]})

    assert result == {"name": "n", "folders": [{"name": "leaf"}, {"name": "leaf"}]}


@pytest.mark.parametrize("depth", [10_000, 50])
def test_depth_is_bounded_by_an_error(fastdiffsync: Any, depth: int) -> None:
    """A value that is nested too deeply is rejected, however deep it is; an ordinary one is not."""
    convert = fastdiffsync.coercion.compile_type(Folder).convert
    value = nested_folders(depth)

    if depth == 50:
        assert convert(value) == value
    else:
        with pytest.raises(ValueError, match=r"nested less deeply|at most"):
            convert(value)


@pytest.mark.parametrize(
    ("annotation", "good", "bad"),
    [
        (Annotated[int, msgspec.Meta(gt=0, multiple_of=2)], "4", "3"),
        (Annotated[int, msgspec.Meta(gt=0, multiple_of=2)], 2, 0),
        (Annotated[float, msgspec.Meta(le=1.5)], 1, 2),
        (Annotated[str, msgspec.Meta(pattern="^ge-")], "ge-0", "xe-0"),
        (Annotated[str, msgspec.Meta(min_length=2, max_length=3)], b"ab", "abcd"),
        (Annotated[dt.datetime, msgspec.Meta(tz=True)], "2024-01-02T00:00Z", "2024-01-02T00:00"),
        (Optional[Annotated[int, msgspec.Meta(lt=5)]], None, 5),
        (Annotated[Union[int, str], msgspec.Meta(lt=5)], 4, "text has no such bound"),
    ],
    ids=str,
)
def test_bounds_of_msgspec_hold(fastdiffsync: Any, annotation: Any, good: Any, bad: Any) -> None:
    """`msgspec.Meta` in `Annotated` bounds the coerced value."""
    convert = fastdiffsync.coercion.compile_type(annotation).convert
    convert(good)
    with pytest.raises(ValueError, match="expected "):
        convert(bad)


def test_a_struct_takes_instances_as_they_are(fastdiffsync: Any) -> None:
    """An instance of a nested Struct is not rebuilt."""
    address = Address("Main")
    assert fastdiffsync.coercion.compile_type(Address).convert(address) is address


@dataclasses.dataclass
class Route:
    hops: int

    def __post_init__(self) -> None:
        self.hops = msgspec.convert(self.hops, Annotated[int, msgspec.Meta(ge=1)])


def test_a_dataclass_may_refuse_values_with_errors_of_msgspec(fastdiffsync: Any) -> None:
    """What msgspec refuses in `__post_init__` is an error of the value, also where msgspec does not call it one."""
    convert = fastdiffsync.coercion.compile_type(Route).convert
    assert convert({"hops": "2"}) == Route(2)
    with pytest.raises(ValueError, match=re.escape("expected Route (Expected `int` >= 1), got {'hops': 0} (dict)")):
        convert({"hops": 0})


class Unfinished(msgspec.Struct):
    other: Elsewhere = None  # noqa: F821 - the name is not there: that is the case tested


def test_a_struct_whose_annotations_cannot_be_resolved(fastdiffsync: Any) -> None:
    """Its instances are taken, and nothing is made one."""
    convert = fastdiffsync.coercion.compile_type(list[Unfinished]).convert
    assert convert((Unfinished(),)) == [Unfinished()]
    with pytest.raises(ValueError, match="expected Unfinished"):
        convert([{"other": 1}])


class Circle(msgspec.Struct, tag_field="kind", forbid_unknown_fields=True, kw_only=True):
    radius: int
    title: str = msgspec.field(default="", name="Title")


class Square(msgspec.Struct, tag_field="kind", tag="sq"):
    radius: int
    inner: list[Circle | Square] = []

    def __post_init__(self) -> None:
        if self.radius < 0:
            msg = "too small"
            raise ValueError(msg)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"kind": "Circle", "radius": "1", "Title": "a"}, Circle(radius=1, title="a")),
        ({"radius": 1, "title": "b", "Title": "a"}, Square(1)),
        ({"radius": 1, "title": "a"}, Circle(radius=1, title="a")),
        ({"kind": "sq", "radius": 1}, Square(1)),
        ({"kind": "sq", "radius": 1, "inner": [{"kind": "sq", "radius": "2"}]}, Square(1, [Square(2)])),
        ({"kind": "sq", "radius": -1}, None),
        ({"kind": "triangle", "radius": 1}, None),
        ({"kind": "Circle", "radius": 1, "colour": 1}, None),
        ({"kind": "Circle"}, None),
        ([1], None),
    ],
    ids=str,
)
def test_structs_are_made_of_mappings(fastdiffsync: Any, value: Any, expected: Any) -> None:
    """A tag is heeded, fields have either name, values are converted, and what msgspec's options forbid is refused."""
    convert = fastdiffsync.coercion.compile_type(Union[Circle, Square]).convert
    if expected is not None:
        assert convert(value) == expected
        return
    with pytest.raises(ValueError, match="expected "):
        convert(value)


class Unresolved(TypedDict):
    other: Elsewhere  # noqa: F821 - the name is not there: that is the case tested


@pytest.mark.parametrize(
    "annotation",
    ["int", typing.ForwardRef("Elsewhere"), list["Elsewhere"], Unresolved, TypeAliasType("A", "Elsewhere")],  # noqa: F821
)
def test_a_name_that_cannot_be_resolved_is_an_error(fastdiffsync: Any, annotation: Any) -> None:
    """An annotation that still holds a name is refused with a TypeError that shows it."""
    with pytest.raises(TypeError, match="not resolved"):
        fastdiffsync.coercion.compile_type(annotation)


def test_a_tuple_with_an_unpacked_part_is_refused(fastdiffsync: Any) -> None:
    """As in pydantic, `tuple[int, *tuple[str, ...]]` is an error at declaration, not a wrong answer later."""
    with pytest.raises(TypeError, match="unpacked"):
        fastdiffsync.coercion.compile_type(tuple[int, Unpack[tuple[str, ...]]])
