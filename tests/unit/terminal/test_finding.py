"""Which `aws` there is, and the folder of the one that takes its place."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from kmslab.errors import KmslabError
from kmslab.terminal import finding
from kmslab.terminal.finding import Program

NEW, OLD, FIRST = "aws-cli/2.36.7 Python/3.13", "aws-cli/2.9.19 Python/3.11.2", "aws-cli/1.46.3 Python/3.11.7"


def path(*folders: str) -> str:
    return os.pathsep.join(folders)


@pytest.mark.parametrize(
    ("says", "needed"),
    [(NEW, False), ("aws-cli/2.13.0 Python/3.11.4", False), ("aws-cli/2.12.7 Python/3.11.3", True), (OLD, True)],
)
def test_a_new_version_2_needs_no_shim(fake_aws, says: str, needed: bool) -> None:
    assert finding.shim_is_needed(fake_aws(says)) is needed


@pytest.mark.parametrize("says", [FIRST, "something else", ""])
def test_version_1_and_what_is_none_need_the_shim(fake_aws, says: str) -> None:
    folder = fake_aws(says)
    assert finding.shim_is_needed(folder) is True
    assert finding.best_version_2(folder) is None


def test_no_aws_at_all_needs_the_shim(tmp_path: Path) -> None:
    assert finding.shim_is_needed(str(tmp_path)) is True
    assert finding.best_version_2(path(str(tmp_path), "", "/nowhere")) is None


def test_a_version_1_before_a_new_version_2_hides_it(fake_aws) -> None:
    searched = path(fake_aws(FIRST, "venv"), fake_aws(NEW, "system"))
    assert finding.shim_is_needed(searched) is True
    assert finding.best_version_2(searched) == Program(shutil.which("aws", path=searched.split(os.pathsep)[1]), (2, 36))


def test_a_new_version_2_goes_before_an_old_one(fake_aws) -> None:
    old, new = fake_aws(OLD, "old"), fake_aws(NEW, "new")
    assert finding.best_version_2(path(old, new)).version == (2, 36)
    assert finding.best_version_2(old) == Program(f"{old}/aws", (2, 9))


def test_a_program_is_asked_once_until_it_changes(fake_aws) -> None:
    folder = fake_aws(OLD)
    asked = Path(folder) / "aws.asked"
    for _ in range(3):
        assert finding.best_version_2(folder).version == (2, 9)
        # What another process would know.
        finding._remembered.cache_clear()
    assert asked.read_text().count("asked") == 1

    program = Path(folder) / "aws"
    program.write_text(program.read_text().replace(OLD, NEW))
    os.utime(program, ns=(1, 1))
    assert finding.best_version_2(folder).version == (2, 36)
    assert asked.read_text().count("asked") == 2


def test_damaged_notes_are_made_anew(fake_aws, own_cache: Path) -> None:
    notes = own_cache / "kmslab" / "aws" / "versions.json"
    notes.parent.mkdir(parents=True)
    notes.write_text("[1, 2")
    assert finding.best_version_2(fake_aws(NEW)).version == (2, 36)
    assert "/aws" in notes.read_text()


def test_the_shim_is_never_taken_for_an_aws(own_cache: Path) -> None:
    folder = finding.shim_folder()
    assert shutil.which("aws", path=str(folder)) is not None
    assert finding.best_version_2(str(folder)) is None
    assert finding.shim_is_needed(str(folder)) is True
    assert own_cache in folder.parents


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_the_shim_is_the_owners_alone() -> None:
    folder = finding.shim_folder()
    folder.chmod(0o755)
    assert finding.shim_folder() == folder
    assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE((folder / "aws").stat().st_mode) == 0o700
    assert [each.name for each in folder.iterdir()] == ["aws"]


@pytest.mark.skipif(os.name != "posix", reason="on Windows the shim is another file")
def test_the_shim_runs_this_python_wherever_it_is_called(tmp_path: Path, fake_aws) -> None:
    """And a folder called kmslab there is not taken for the package."""
    (tmp_path / "kmslab").mkdir()
    (tmp_path / "kmslab" / "__init__.py").write_text("raise SystemExit('the wrong package')")
    shim = finding.shim_folder() / "aws"
    assert sys.executable in shim.read_text()
    done = subprocess.run(  # noqa: S603
        [shim, "kms", "list keys"], cwd=tmp_path, env={**os.environ, "PATH": fake_aws(NEW)}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("kms\nlist keys\n", "")


def test_the_shim_for_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding.os, "name", "nt")
    monkeypatch.setattr(finding.sys, "executable", r"C:\Program Files\100%\python.exe")
    assert finding._scripts() == {
        "aws.cmd": '@"C:\\Program Files\\100%%\\python.exe" -P -m kmslab.terminal.shim %*\r\n'
    }


@pytest.mark.skipif(os.name != "posix", reason="owners are of POSIX")
def test_a_folder_of_somebody_else_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = finding.shim_folder()
    (folder / "aws").write_text("untouched")
    monkeypatch.setattr(finding.os, "getuid", lambda: folder.stat().st_uid + 1)
    with pytest.raises(KmslabError, match="belongs to another user; remove it, or set XDG_CACHE_HOME"):
        finding.shim_folder()
    assert (folder / "aws").read_text() == "untouched"


def test_a_cache_that_is_no_folder_is_said(own_cache: Path) -> None:
    own_cache.write_text("a file")
    with pytest.raises(KmslabError, match=r"The folder for kmslab's aws command cannot be written: .*\."):
        finding.shim_folder()
