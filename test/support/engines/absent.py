"""Lets vLLM's command line be imported without what only computes: PyTorch, CUDA, grammars.

vLLM's own build of its documentation does the same for the same reason (docs/mkdocs/hooks/generate_argparse.py).
Which flags there are, of which types and with which values, is in vLLM's own code, all of which is real.
"""

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

from pydantic_core import core_schema

_PACKAGES = {"cpuinfo", "llguidance", "openai_harmony", "partial_json_parser", "pybase64", "torch", "uvloop", "xgrammar"}
_MODULES = ("vllm._C", "vllm.v1.executor")
_TORCH = "2.13.0"


class _Kind(type):
    """Makes attributes of classes up, and unions with them."""

    def __getattr__(cls, name: str) -> Any:
        return _made_up(name)

    def __or__(cls, _: object) -> "_Kind":
        return cls

    def __ror__(cls, _: object) -> "_Kind":
        return cls


class _Value(metaclass=_Kind):
    """Stands for any class: it can be derived from, called, subscripted, and used as a decorator."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __class_getitem__(cls, _: object) -> _Kind:
        return cls

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return args[0] if len(args) == 1 and callable(args[0]) and not kwargs else self

    def __getattr__(self, name: str) -> Any:
        return _made_up(name)

    @classmethod
    def __get_pydantic_core_schema__(cls, *_: object) -> core_schema.CoreSchema:
        return core_schema.any_schema()


def _made_up(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    is_class = name[:1].isupper() or name in ("device", "dtype")
    return _Kind(name, (_Value,), {}) if is_class else MagicMock(name=name)


class _Module(ModuleType):
    def __getattr__(self, name: str) -> Any:
        value = _made_up(name)
        setattr(self, name, value)
        return value


class _Absent(MetaPathFinder, Loader):
    def find_spec(self, name: str, _path: Sequence[str] | None, _target: object = None) -> ModuleSpec | None:
        if name.split(".", maxsplit=1)[0] not in _PACKAGES and not name.startswith(_MODULES):
            return None
        return ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = _Module(spec.name)
        module.__path__ = []
        module.__version__ = _TORCH
        return module

    def exec_module(self, module: ModuleType) -> None:
        pass


def allow_absence() -> None:
    """From here on these packages can be imported, and are empty."""
    sys.meta_path.insert(0, _Absent())
