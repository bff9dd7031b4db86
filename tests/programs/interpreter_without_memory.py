"""What an interpreter itself must survive, with no library: some work in which one allocation after the other fails.

CPython 3.12.1 and 3.13.0 do not: generators, closures and `dict.setdefault` crash. 3.10.13, 3.11.7 and 3.14.10 do.
"""

from __future__ import annotations

import _testcapi
from typing import Any

ALLOCATIONS = 1000
"""More than the work takes."""


class Thing:
    """Something that is made of keywords, and makes functions."""

    def __init__(self, **values: Any) -> None:
        self.values = values

    def bind(self, **values: Any) -> Any:
        """Return a function that knows the values."""

        def bound() -> Any:
            return self, values

        return bound


def work() -> None:
    """Use what the library, and what it needs, use everywhere."""
    texts = []
    for number in range(300, 330):
        texts.append(str(number))  # noqa: PERF401 - a list that grows step by step
    found: dict[str, Any] = {}
    for text in texts:
        found.setdefault(text, Thing(text=text, other=texts).bind(**{text: 1}))
    assert sum(len(text) for text in texts) == 90
    assert all(value()[1] for value in found.values())


def main() -> None:
    """Let each allocation fail in its turn."""
    work()
    for number in range(ALLOCATIONS):
        _testcapi.set_nomemory(number, number + 1)
        try:
            work()
        except MemoryError:
            continue
        except SystemError as error:
            if str(error) != "error return without exception set":
                raise
        finally:
            _testcapi.remove_mem_hooks()


if __name__ == "__main__":
    main()
