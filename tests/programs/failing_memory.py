"""Work in which an allocation fails: `failing_memory.py <kind of work> <kind of records>:<step> ...`, see `work.py`."""

from __future__ import annotations

import _testcapi

from work import Work, run


def fails(work: Work, number: int) -> bool:
    """Do some work in which the allocation of this number fails; return whether it has ended with that."""
    _testcapi.set_nomemory(number, number + 1)
    try:
        work()
    except MemoryError:
        return True
    except SystemError as error:
        # CPython itself may lose its MemoryError where it cannot make the frame of an exception's traceback.
        if str(error) != "error return without exception set":
            raise
        return True
    finally:
        _testcapi.remove_mem_hooks()
    return False


if __name__ == "__main__":
    run(fails)
