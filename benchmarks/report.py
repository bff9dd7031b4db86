"""Turns results into markdown."""

# ruff: noqa: RUF001, RUF002 - the table is for people

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .marks import Mark
    from .runner import Result

PACKAGES = ("fastdiffsync", "diffsync", "pydantic", "msgspec", "structlog", "polars", "duckdb", "redis", "hiredis")
HEADINGS = ("what", "records a side", "peer", "peer's", "ours", "ratio", "mark", "met")


def table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a markdown table."""
    lines = [headings, tuple("---" for _ in headings), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def mark_row(mark: Mark, ours: Result, theirs: Result) -> tuple[str, ...]:
    """Return one mark's row."""
    ratio = mark.ratio(ours.median, theirs.median)
    bound, met = "–", "–"
    if mark.bound is not None:
        bound = f"{'≤' if mark.share else '≥'} {_ratio(mark.bound, share=mark.share)}"
        met = "yes" if mark.is_met(ours.median, theirs.median) else "**no**"
    records = f"{mark.ours.records:,}" if mark.ours.records else "–"
    return (
        mark.what,
        records,
        mark.peer,
        quantity(theirs.median, mark.unit),
        quantity(ours.median, mark.unit),
        _ratio(ratio, share=mark.share),
        bound,
        met,
    )


def failed_row(mark: Mark, error: Exception) -> tuple[str, ...]:
    """Return the row of a mark that could not be measured."""
    return (mark.what, f"{mark.ours.records:,}", mark.peer, "", str(error), "", "", "**failed**")


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
