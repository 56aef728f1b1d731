"""One process that runs one `aws` command after another."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kmslab.errors import KmslabError
from kmslab.terminal import kept
from kmslab.terminal.kept import Done, KeptCli

ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
    "AWS_ACCESS_KEY_ID": "a",
    "AWS_SECRET_ACCESS_KEY": "b",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
ENCRYPT = ["kms", "encrypt", "--key-id", "a", "--plaintext"]


@pytest.fixture(scope="module")
def cli() -> Iterator[KeptCli]:
    made = KeptCli()
    yield made
    made.close()


def test_commands_one_after_another(cli: KeptCli) -> None:
    first = cli.run(["--version"], ENVIRONMENT)
    process = cli._process
    assert (first.code, first.errors) == (0, "")
    assert first.output.startswith("aws-cli/1.")
    assert cli.run([*ENCRYPT, "hello"], ENVIRONMENT) == Done(255, "", '\nInvalid base64: "hello"\n')
    assert cli.run(["--version"], ENVIRONMENT) == first
    assert cli._process is process


def test_nothing_is_left_behind_by_a_command(cli: KeptCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither variables nor the folder nor an option."""
    (tmp_path / "plain.txt").write_text("hello")
    (tmp_path / "config").write_text("[default]\ncli_binary_format = raw-in-base64-out\n")
    own = {**ENVIRONMENT, "AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    own["AWS_MAX_ATTEMPTS"] = "1"
    there = [*ENCRYPT, "file://plain.txt"]
    with monkeypatch.context() as elsewhere:
        elsewhere.chdir(tmp_path)
        assert "Could not connect to the endpoint URL" in cli.run(there, own).errors
        assert cli.run(there, ENVIRONMENT).errors == '\nInvalid base64: "hello"\n'
    assert "Unable to load paramfile file://plain.txt" in cli.run(there, ENVIRONMENT).errors


def test_where_there_is_no_fork(tmp_path: Path) -> None:
    """As on Windows: one command after another in the process itself, each with its own variables."""
    (tmp_path / "config").write_text("[default]\ncli_binary_format = raw-in-base64-out\n")
    raw = {**ENVIRONMENT, "AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_MAX_ATTEMPTS": "1"}
    there = [*ENCRYPT, "hello", "--endpoint-url", "http://127.0.0.1:9"]
    requests = [
        {"arguments": arguments, "environment": environment, "folder": str(tmp_path)}
        for arguments, environment in ((there, raw), (there, ENVIRONMENT), (["--version"], ENVIRONMENT))
    ]
    done = subprocess.run(
        [sys.executable, "-P", "-c", "import os; del os.fork\nfrom kmslab.terminal import kept; kept.main()"],
        input="".join(json.dumps(request) + "\n" for request in requests),
        capture_output=True,
        text=True,
        check=True,
    )
    answers = [Done(**json.loads(line)) for line in done.stdout.splitlines()]
    assert answers[0].errors == '\nCould not connect to the endpoint URL: "http://127.0.0.1:9/"\n'
    assert answers[1] == Done(255, "", '\nInvalid base64: "hello"\n')
    assert answers[2].output.startswith("aws-cli/1.")
    assert done.stderr == ""


def test_a_process_that_ended_is_begun_anew(cli: KeptCli) -> None:
    cli.run(["--version"], ENVIRONMENT)
    assert cli._process is not None
    cli._process.kill()
    cli._process.wait()
    assert cli.run(["--version"], ENVIRONMENT).code == 0


@pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")
def test_an_interrupted_command_leaves_no_answer_for_the_next(cli: KeptCli) -> None:
    class Interrupted:
        """The pipe of a command during which somebody presses Ctrl-C."""

        def readline(self) -> str:
            raise KeyboardInterrupt

        def close(self) -> None:
            """There is nothing to close."""

    cli.run(["--version"], ENVIRONMENT)
    process = cli._process
    assert process is not None
    answers, process.stdout = process.stdout, Interrupted()
    with pytest.raises(KeyboardInterrupt):
        cli.run(["--version"], ENVIRONMENT)
    answers.close()
    assert process.returncode == -signal.SIGKILL
    assert cli.run([*ENCRYPT, "hello"], ENVIRONMENT).errors == '\nInvalid base64: "hello"\n'


def test_a_process_that_ends_before_it_answers_is_said(cli: KeptCli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.close()
    monkeypatch.setattr(kept.sys, "executable", "/bin/true")
    with pytest.raises(KmslabError, match=r"ended before it answered; try the command again\."):
        cli.run(["--version"], ENVIRONMENT)
    assert cli._process is None


def test_without_awscli_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "find_spec", lambda name: None)
    with pytest.raises(KmslabError, match=r"The AWS CLI is not installed; run `pip install 'awscli>=1\.46,<2'`\."):
        KeptCli().run(["--version"], ENVIRONMENT)


def test_closing_what_never_began_does_nothing() -> None:
    cli = KeptCli()
    cli.close()
    cli.close()
    assert cli._process is None
