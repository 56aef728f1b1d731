"""The command line, as far as it goes without starting a server or building every notebook."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

import kmslab
from kmslab import cli
from kmslab.classroom import build, workspace
from kmslab.classroom.build import Built, Product
from kmslab.cli import learners


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--help"], ["open the workbook in JupyterLab", "examples:", "kmslab COMMAND --help"]),
        (["lab", "--help"], ["never written over", "--no-browser", "--force", "Ctrl-C"]),
        (["notebooks", "--help"], ["build", "check", "fail if a stored one differs"]),
        (["--version"], [f"kmslab {kmslab.__version__}"]),
    ],
    ids=["kmslab", "lab", "notebooks", "version"],
)
def test_help_is_worth_reading(
    arguments: list[str], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    assert [word for word in words if word not in shown] == []


@pytest.mark.parametrize("arguments", [[], ["fly"], ["notebooks"], ["notebooks", "burn"], ["lab", "--no-such"]])
def test_a_wrong_call_explains_and_exits_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2
    assert "usage: kmslab" in capsys.readouterr().err


def test_misuse_is_one_sentence_and_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("x")
    assert cli.main(["lab", str(tmp_path / "file"), "--no-browser"]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("kmslab: ")
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize("system", ["posix", "nt"])
def test_lab_copies_says_what_it_kept_and_starts_jupyterlab_on_loopback(
    system: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[tuple[list[str], dict[str, str]]] = []

    class ReplacedError(Exception):
        """Replacing the process never returns; here it raises."""

    def replace(program: str, command: list[str], environment: dict[str, str]) -> None:
        started.append((command, environment))
        raise ReplacedError

    def call(command: list[str], env: dict[str, str]) -> int:
        started.append((command, env))
        return 0

    def run(*arguments: str) -> None:
        try:
            assert cli.main(arguments) == 0
        except ReplacedError:
            assert system == "posix"

    monkeypatch.setattr(learners.os, "execve", replace)
    monkeypatch.setattr(subprocess, "call", call)
    monkeypatch.setattr(learners, "_CAN_BE_REPLACED", system == "posix")
    target = tmp_path / "book"
    run("lab", str(target), "--no-browser", "--port", "9999")
    (target / "00_start.ipynb").write_text("mine")
    run("lab", str(target))
    shown = capsys.readouterr().out
    assert "notebooks copied to" in shown
    assert "kept, because you changed it: 00_start.ipynb" in shown
    (first, environment), (second, _) = started
    assert first[1:3] == ["-m", "jupyterlab"]
    assert "--ServerApp.ip=127.0.0.1" in first
    assert "--ServerApp.port=9999" in first
    assert f"--ServerApp.root_dir={target.resolve()}" in first
    assert "--no-browser" in first
    assert "--no-browser" not in second
    assert environment["KMSLAB_WORKSPACE"] == str(target.resolve())
    assert set(json.loads((target / workspace.HIDDEN / "copied.json").read_text())) >= {"00_start.ipynb"}


def test_check_fails_on_a_stale_notebook_and_build_stores_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "00_a.py").write_text("# %%\n1 + 1\n")
    (tmp_path / "99_old.ipynb").write_text("{}")
    made = [
        Built(Product(tmp_path / "source" / "00_a.py", tmp_path / "00_a.ipynb", is_solution=False), "new"),
        Built(Product(tmp_path / "source" / "00_a.py", tmp_path / "solutions" / "00_a.ipynb", is_solution=True), "new"),
    ]
    monkeypatch.setattr("kmslab.classroom.sources.notebooks_folder", lambda: tmp_path)
    monkeypatch.setattr(build, "build", lambda folder, report: [report(each) for each in made])
    assert cli.main(["notebooks", "check"]) == 1
    assert not (tmp_path / "00_a.ipynb").exists()
    shown = capsys.readouterr().out
    assert "STALE  00_a.ipynb" in shown
    assert "no source makes it: 99_old.ipynb" in shown
    (tmp_path / "99_old.ipynb").unlink()
    assert cli.main(["notebooks", "build"]) == 0
    assert (tmp_path / "solutions" / "00_a.ipynb").read_text() == "new"
    assert cli.main(["notebooks", "check"]) == 0
    assert capsys.readouterr().out.count("current  ") == 2
