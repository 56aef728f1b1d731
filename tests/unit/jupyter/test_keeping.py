"""The panel that keeps a learner's work, and where it comes by itself."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from pathlib import Path

import pytest

from kmslab.classroom.parcel import NAME
from kmslab.classroom.sources import notebooks_folder
from kmslab.classroom.workspace import copy_workbook
from kmslab.jupyter import keeping
from kmslab.jupyter.keeping import KeepPanel, keep
from kmslab.jupyter.lent import VARIABLES, is_binder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KMSLAB_WORKSPACE", str(tmp_path))
    copy_workbook(notebooks_folder(), tmp_path)
    (tmp_path / "00_start.ipynb").write_text("{}")
    return tmp_path


def shown(panel: KeepPanel) -> str:
    return "".join(child.value for child in panel.widget.children if hasattr(child, "value"))


def press(panel: KeepPanel) -> None:
    (button,) = [child for child in panel.widget.children if child.__class__.__name__ == "Button"]
    assert button.description == "Download my work"
    button.click()


def test_the_link_holds_the_file(folder: Path) -> None:
    panel = keep()
    assert "href" not in shown(panel)
    press(panel)
    found = re.search(r'<a [^>]*download="([^"]+)" href="data:application/zip;base64,([^"]+)"', shown(panel))
    assert found is not None
    assert found[1] == NAME
    data = base64.b64decode(found[2])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert "00_start.ipynb" in archive.namelist()
        assert "01_creating_keys.ipynb" not in archive.namelist()
    assert (folder / NAME).read_bytes() == data
    assert 'role="status"' in shown(panel)
    assert "1 notebook, with no exercise solved yet" in repr(panel)


def test_solved_exercises_go_with_it(folder: Path) -> None:
    (folder / ".kmslab" / "progress.json").write_text('{"solved": ["00.1"]}')
    assert "1 notebook, with the exercises that you have solved" in repr(keep().pack())


def test_it_packs_what_is_there_when_the_button_is_pressed(folder: Path) -> None:
    panel = keep()
    press(panel)
    (folder / "mine.ipynb").write_text("{}")
    press(panel)
    assert "2 notebooks" in repr(panel)


def test_a_large_file_is_fetched_from_the_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "LONGEST_LINK", 10)
    panel = keep().pack()
    assert "href" not in shown(panel)
    assert "choose Download" in repr(panel)
    assert zipfile.is_zipfile(folder / NAME)


def test_a_folder_that_cannot_be_written_still_gives_the_link(folder: Path) -> None:
    (folder / NAME).mkdir()
    panel = keep().pack()
    assert "href" in shown(panel)
    assert "in your folder" not in repr(panel)


def test_what_cannot_be_read_is_said(folder: Path) -> None:
    (folder / "broken.ipynb").symlink_to(folder / "nowhere")
    panel = keep().pack()
    assert "could not be packed" in repr(panel)
    assert "href" not in shown(panel)


def test_only_binder_is_said_to_keep_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "not kept" not in shown(keep())
    monkeypatch.setenv("BINDER_LAUNCH_HOST", "https://mybinder.org/")
    assert "Your work is not kept here." in shown(keep())
    assert "Your work is not kept here." in repr(keep())


@pytest.mark.parametrize("name", VARIABLES)
def test_binder_is_known_by_each_of_its_variables(name: str) -> None:
    assert not is_binder({"HOME": "/home/jovyan", "JUPYTERHUB_USER": "ann"})
    assert not is_binder({name: ""})
    assert is_binder({name: "x"})
