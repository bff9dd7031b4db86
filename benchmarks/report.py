"""Turns results into markdown."""

# ruff: noqa: RUF001, RUF002 - the table is for people

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .marks import Mark

PACKAGES = ("fastdiffsync", "diffsync", "pydantic", "msgspec", "structlog", "polars", "duckdb", "redis", "hiredis")
HEADINGS = ("what", "records a side", "peer", "peer's", "ours", "ratio", "mark", "met")


def table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a markdown table."""
    lines = [headings, tuple("---" for _ in headings), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


class Row(NamedTuple):
    """A mark and what was measured for it."""

    mark: Mark
    ours: float = 0.0
    theirs: float = 0.0
    """The two medians."""

    error: str = ""
    """Why there are none, if it could not be measured."""

    @property
    def is_met(self) -> bool:
        """Whether it was measured, and is as the mark has it."""
        return not self.error and self.mark.is_met(self.ours, self.theirs)

    @property
    def ratio(self) -> str:
        """The medians' ratio, for people."""
        return _ratio(self.mark.ratio(self.ours, self.theirs), share=self.mark.share)

    def cells(self) -> tuple[str, ...]:
        """Return what stands under `HEADINGS`."""
        mark = self.mark
        records = f"{mark.ours.records:,}" if mark.ours.records else "–"
        if self.error:
            return (mark.what, records, mark.peer, "", self.error, "", "", "**failed**")
        bound, met = "–", "–"
        if mark.bound is not None:
            bound = f"{'≤' if mark.share else '≥'} {_ratio(mark.bound, share=mark.share)}"
            met = "yes" if self.is_met else "**no**"
        medians = quantity(self.theirs, mark.unit), quantity(self.ours, mark.unit)
        return (mark.what, records, mark.peer, *medians, self.ratio, bound, met)


def count(rows: list[Row]) -> str:
    """Say how many of the marks are met."""
    held = [row for row in rows if row.mark.bound is not None]
    failed = sum(bool(row.error) for row in held)
    met = sum(row.is_met for row in held)
    return f"{met} of {len(held)} marks are met" + (f", {failed} could not be measured." if failed else ".")


def overview(rows: list[Row]) -> str:
    """Return the ratios of the shapes to diffsync, a line for each shape and a column for what several do.

    Marks that are not met are printed bold.
    """
    cells: dict[str, dict[str, str]] = {}
    for row in rows:
        shape, _, done = row.mark.what.removeprefix("shape: ").rpartition(": ")
        if row.mark.what.startswith("shape: ") and row.mark.peer.startswith("diffsync"):
            ratio = "failed" if row.error else row.ratio
            cells.setdefault(shape, {})[done] = ratio if row.is_met else f"**{ratio}**"
    every = Counter(done for line in cells.values() for done in line)
    several = [done for done, lines in every.items() if lines > 1]
    lines = [(shape, *[line.get(done, "") for done in several]) for shape, line in cells.items()]
    lines = [line for line in lines if any(line[1:])]
    return table(("times diffsync's speed", *several), lines) if several else ""


def notes(marks: list[Mark]) -> str:
    """Return what the rows leave unsaid, one line for each note and what it applies to."""
    by_note: dict[str, list[str]] = {}
    for mark in marks:
        if mark.note:
            by_note.setdefault(mark.note, []).append(f"{mark.what} / {mark.peer}")
    return "\n".join(f"- {'; '.join(about)}: {note}." for note, about in by_note.items())


def quantity(value: float, unit: str) -> str:
    """Return a number with three digits and its unit, seconds in the order of magnitude that suits them."""
    if unit != "s":
        return f"{value:,.0f} {unit}"
    for factor, name in ((1, "s"), (1e3, "ms")):
        if value * factor >= 1:
            return f"{value * factor:.3g} {name}" if value * factor < 1000 else f"{value * factor:,.0f} {name}"
    return f"{value * 1e6:.3g} µs"


def _ratio(ratio: float, *, share: bool) -> str:
    """Return a ratio as "0.42" or "312 ×"."""
    if share:
        return f"{ratio:.2f}"
    return f"{ratio:,.0f} ×" if ratio >= 10 else f"{ratio:.1f} ×"


def machine() -> str:
    """Describe the machine and the versions, one line each."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    python = f"{platform.python_implementation()} {platform.python_version()} ({platform.python_compiler()})"
    packages = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    return (
        f"- {_processor()}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.release()}\n"
        f"- {python}\n"
        f"- {packages}"
    )


def _processor() -> str:
    """Return the processor's name, as far as the system tells."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(package: str) -> str:
    """Return the installed version, or say that it is the source tree's."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "(source tree)" if package == "fastdiffsync" else "(missing)"
