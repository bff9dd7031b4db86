"""Standing in for diffsync: after `install_as_diffsync()`, `import diffsync` gives this library."""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.abc import Loader
    from types import ModuleType
else:
    # Importing its base class would take as long as importing half of this library: all that reads files comes along.
    Loader = object

_OWN = __name__.rpartition(".")[0]
_REPLACED = "diffsync"


def install_as_diffsync() -> None:
    """Make `import diffsync`, and the import of its submodules, anywhere in this process give this library.

    It may be called again, and works where the real diffsync is installed too, as long as nobody has imported it.

    Raises:
        ImportError: If the real diffsync has already been imported; objects of both would then meet.
    """
    loaded = sys.modules.get(_REPLACED)
    if loaded is not None and loaded is not sys.modules[_OWN]:
        message = (
            "diffsync has already been imported: call fastdiffsync.install_as_diffsync() before anything imports it, "
            "at the top of the program"
        )
        raise ImportError(message)
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    sys.modules[_REPLACED] = sys.modules[_OWN]


class _Finder:
    """Finds `diffsync` and `diffsync.x` where `fastdiffsync` and `fastdiffsync.x` are."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - the finder's interface
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        if fullname != _REPLACED and not fullname.startswith(f"{_REPLACED}."):
            return None
        own_name = _OWN + fullname[len(_REPLACED) :]
        try:
            module = importlib.import_module(own_name)
        except ModuleNotFoundError as error:
            if error.name == own_name:
                message = f"No module named {fullname!r}: fastdiffsync stands in for diffsync, and has no {own_name!r}"
                raise ModuleNotFoundError(message, name=fullname) from None
            raise
        return ModuleSpec(fullname, _Loader(module), is_package=hasattr(module, "__path__"))


class _Loader(Loader):
    """Gives a module that has been loaded under its own name, and leaves it as it is."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:  # noqa: ARG002 - the loader's interface
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has put the other name's spec on the module; its own must stay, for reload and pickle.
        module.__spec__ = self._spec
