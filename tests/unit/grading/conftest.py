"""What the tests of grading share."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

# Tests are imported without packages; what is handed in is used by a benchmark as well.
_SPEC = spec_from_file_location("handed_in", Path(__file__).with_name("handed_in.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
_MODULE = module_from_spec(_SPEC)
sys.modules["handed_in"] = _MODULE
_SPEC.loader.exec_module(_MODULE)


@pytest.fixture(scope="session")
def handed_in() -> ModuleType:
    """Notebooks as learners hand them in."""
    return _MODULE
