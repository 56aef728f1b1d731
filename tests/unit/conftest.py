"""What the unit tests share: known answers, and a maker of keys without a Lab."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from kmslab.keys import material
from kmslab.keys.key import Key
from kmslab.keys.ring import KeyRing
from kmslab.keys.specs import KEY_SPECS, KeyUsage

# The same examples every time, and no deadline: the machine may be busy.
settings.register_profile("kmslab", deadline=None, derandomize=True, database=None)
settings.load_profile("kmslab")

VECTORS = Path(__file__).parents[1] / "vectors"

#: When every key of these tests was created.
CREATED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@cache
def read_vectors(name: str) -> Any:
    """A file of tests/vectors."""
    return json.loads((VECTORS / f"{name}.json").read_text())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes `<file>_case` once for each case of tests/vectors/<file>.json."""
    for name in metafunc.fixturenames:
        if name.endswith("_case") and (VECTORS / f"{name.removesuffix('_case')}.json").exists():
            cases = read_vectors(name.removesuffix("_case"))["cases"]
            metafunc.parametrize(name, cases, ids=[case["id"] for case in cases])


@pytest.fixture(scope="session")
def vectors() -> Callable[[str], Any]:
    """Reads a file of tests/vectors."""
    return read_vectors


@pytest.fixture(scope="session")
def new_key() -> Callable[..., Key]:
    """Makes a key that lives nowhere; symmetric, in us-east-1, unless said otherwise."""
    numbers = iter(range(1, 1_000_000))

    def make(spec: str = "SYMMETRIC_DEFAULT", usage: KeyUsage | None = None, **changes: Any) -> Key:
        number = next(numbers)
        row = KEY_SPECS[spec]
        values: dict[str, Any] = {
            "key_id": f"00000000-0000-4000-8000-{number:012x}",
            "account_id": "123456789010",
            "region": "us-east-1",
            "spec": row,
            "usage": usage or next(iter(row.algorithms)),
            "created": CREATED,
            "description": "",
            "policy": "{}",
            "ring": KeyRing.of(material.generate(row, f"{number:064x}")),
            **changes,
        }
        return Key(**values)

    return make
