"""The targets by their names: a module each, with `prepare()` and `one(data)`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

NAMES = ("wire", "blob", "policy", "signature", "state_file", "envelope", "shorthand", "scenario")

CORPUS = Path(__file__).with_name("corpus")


def target(name: str) -> ModuleType:
    """A target's module."""
    return import_module(f"{__package__}.{name}")


def corpus(name: str) -> list[Path]:
    """The files of a target's corpus."""
    return sorted((CORPUS / name).iterdir()) if (CORPUS / name).exists() else []
