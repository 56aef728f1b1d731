"""Scenario files: any text, the example with pieces of it changed, and YAML of pieces that mean something to YAML.

A finding is an error that is no KmslabError, and a file that takes long.
"""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from kmslab.errors import KmslabError
from kmslab.scenario import CLASSROOM, Scenario

from .taking import Taking, edited, in_time

_PIECES = (
    "accounts:\n", "  - id: '111122223333'\n", "    keys:\n", "      - spec: RSA_2048\n",
    "        aliases: [alias/a]\n",
    "    users:\n", "      - name: a\n", "        policies: {p: {file: b.json}}\n", "    buckets:\n", "  ", "- ",
    ": ", "&a ",
    "*a ", "<<: ", "!!int ", "!!binary ", "!!set ", "? ", "[", "]", "{", "}", "'", '"', "|\n", ">\n", "---\n", "...\n",
    "null", "1e999", "0777", "region: us-east-1\n", "%YAML 1.1\n", "#", "\t", "\n", "a", "record: true\n", "roles:\n",
    "{? [a]: b}", "&a [*a]", "[&a [], *a, *a]", "!!python/object:os.x ", "~", ".", "groups:\n", "policy:\n", "id:\n",
    "material: AAAA\n", "      - id: 1234abcd-12ab-34cd-56ef-1234567890ab\n", "        material: {hex: '00'}\n",
    "trust:\n",
)  # fmt: skip


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory(prefix="kmslab-fuzz-")
    (Path(folder.name) / "b.json").write_text('{"Statement": []}')
    return folder


@functools.cache
def _example() -> bytes:
    return CLASSROOM.read_bytes()


def prepare() -> None:
    """Make what is made once."""
    _folder()
    _example()
    Scenario.read(CLASSROOM)


def one(data: bytes) -> None:
    take = Taking(data)
    how = take.below(3)
    if how == 0:
        text = take.rest()
    elif how == 1:
        text = edited(_example(), take, most=6)
    else:
        pieces = (take.one(_PIECES).encode() for _ in range(take.below(40)))
        text = b"".join(pieces) + take.rest()
    path = Path(_folder().name) / "scenario.yaml"
    path.write_bytes(text)
    with in_time(text[:300]):
        try:
            Scenario.read(path)
        except KmslabError:
            return
