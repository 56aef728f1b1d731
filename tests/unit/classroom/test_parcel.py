"""What is packed of a learner's folder."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from kmslab.classroom.parcel import READ_ME, pack
from kmslab.classroom.workspace import copy_workbook


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    folder = tmp_path / "shipped"
    (folder / "solutions").mkdir(parents=True)
    for name in ("00_start.ipynb", "01_next.ipynb", "solutions/00_start.ipynb"):
        (folder / name).write_text(json.dumps({"cells": [], "name": name}))
    return folder


@pytest.fixture
def folder(shipped: Path, tmp_path: Path) -> Path:
    copy_workbook(shipped, tmp_path / "mine")
    return tmp_path / "mine"


def content(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist() if name != READ_ME}


def test_what_was_changed_and_what_is_new_is_packed(folder: Path, shipped: Path) -> None:
    (folder / "01_next.ipynb").write_text("mine now")
    (folder / "notes.ipynb").write_text("a notebook of my own")
    (folder / ".kmslab" / "progress.json").write_text('{"solved": ["00.1"]}')
    parcel = pack(folder, shipped)
    assert parcel.notebooks == ("01_next.ipynb", "notes.ipynb")
    assert content(parcel.data) == {
        "01_next.ipynb": "mine now",
        "notes.ipynb": "a notebook of my own",
        ".kmslab/progress.json": '{"solved": ["00.1"]}',
    }


def test_nothing_changed_is_an_empty_parcel_with_an_explanation(folder: Path, shipped: Path) -> None:
    parcel = pack(folder, shipped)
    assert parcel.notebooks == ()
    with zipfile.ZipFile(io.BytesIO(parcel.data)) as archive:
        assert archive.namelist() == [READ_ME]
        assert b"python -m zipfile -e" in archive.read(READ_ME)


def test_checkpoints_are_left_out(folder: Path, shipped: Path) -> None:
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "00_start-checkpoint.ipynb").write_text("older")
    assert pack(folder, shipped).notebooks == ()


def test_where_nothing_tells_what_was_changed_everything_is_packed(folder: Path) -> None:
    everything = ("00_start.ipynb", "01_next.ipynb", "solutions/00_start.ipynb")
    assert pack(folder, None).notebooks == everything
    assert pack(folder, folder).notebooks == everything


def test_a_parcel_is_unpacked_as_it_says(folder: Path, shipped: Path, tmp_path: Path) -> None:
    (folder / "solutions" / "00_start.ipynb").write_text("with my remarks")
    copy_workbook(shipped, tmp_path / "elsewhere")
    with zipfile.ZipFile(io.BytesIO(pack(folder, shipped).data)) as archive:
        archive.extractall(tmp_path / "elsewhere")
    assert (tmp_path / "elsewhere" / "solutions" / "00_start.ipynb").read_text() == "with my remarks"
    assert copy_workbook(shipped, tmp_path / "elsewhere").kept == ["solutions/00_start.ipynb"]
