"""Files that are written whole, or stay as they were."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kmslab.classroom.workspace import HIDDEN, MANIFEST, copy_workbook
from kmslab.errors import KmslabError
from kmslab.exercises.progress import Progress
from kmslab.exercises.transfer import export_progress
from kmslab.files import write_whole
from kmslab.jupyter.keeping import KeepPanel


@contextmanager
def full_disk() -> Iterator[None]:
    """Within the block the disk takes nothing more."""

    def fsync(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", fsync)
        yield


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old")
    with full_disk(), pytest.raises(OSError, match="No space left"):
        write_whole(file, b"new")
    assert file.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]
    write_whole(file, b"new")
    assert file.read_bytes() == b"new"
    assert names(tmp_path) == ["file"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    link, file = tmp_path / "link", tmp_path / "file"
    link.symlink_to(file)
    write_whole(link, b"text")
    assert link.is_symlink()
    assert file.read_bytes() == b"text"


def test_on_a_full_disk_no_progress_is_lost(tmp_path: Path) -> None:
    Progress(tmp_path).add("00.1")
    Progress(tmp_path).add_strokes("1", 7)
    export_progress(tmp_path, tmp_path / "export")
    exported = (tmp_path / "export").read_bytes()
    with full_disk():
        progress = Progress(tmp_path)
        progress.add("00.2")
        progress.add_strokes("1", 5)
        with pytest.raises(KmslabError, match="cannot be written: No space left"):
            export_progress(tmp_path, tmp_path / "export")
    assert Progress(tmp_path).solved == {"00.1"}
    assert Progress(tmp_path).best == {"1": 7}
    assert (tmp_path / "export").read_bytes() == exported
    progress.add("00.3")
    assert Progress(tmp_path).solved == {"00.1", "00.2", "00.3"}


def test_two_notebooks_remember_together(tmp_path: Path) -> None:
    one, other = Progress(tmp_path), Progress(tmp_path)
    other.add("02.1")
    other.add_hint("02.2", 3)
    other.add_strokes("2", 4)
    one.add("01.1")
    one.add_hint("02.2", 1)
    one.add_strokes("1", 9)
    assert not one.add_strokes("2", 5)
    found = Progress(tmp_path)
    assert found.solved == {"01.1", "02.1"}
    assert set(found.when) == {"01.1", "02.1"}
    assert found.hints == {"02.2": 3}
    assert found.best == {"1": 9, "2": 4}


def test_packed_work_stays_when_the_disk_is_full(tmp_path: Path) -> None:
    panel = KeepPanel(tmp_path, is_lent=False)
    panel.pack()
    (packed,) = (each for each in tmp_path.iterdir() if each.suffix == ".zip")
    before = packed.read_bytes()
    Progress(tmp_path).add("00.1")
    with full_disk():
        assert "It is also in your folder" not in repr(panel.pack())
    assert packed.read_bytes() == before


def test_a_damaged_list_of_what_was_copied_keeps_what_is_there(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    (source / "glossary.ipynb").write_text("{}")
    copy_workbook(source, target)
    (target / "glossary.ipynb").write_text("mine")
    (target / HIDDEN / MANIFEST).write_text('{"glossary.ipynb": "')
    assert copy_workbook(source, target).kept == ["glossary.ipynb"]
