"""`%aws`, in a shell of IPython's with a command line that only remembers."""

from __future__ import annotations

import atexit
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from kmslab.errors import KmslabError
from kmslab.jupyter import aws_magic
from kmslab.jupyter.aws_magic import AwsMagic
from kmslab.terminal.kept import Done


class Cli:
    """Remembers commands and answers each the same way."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], dict[str, str]]] = []
        self.answer = Done(0, '{\n    "Keys": []\n}\n', "")
        self.closed = False

    def run(self, arguments: Sequence[str], environment: Mapping[str, str]) -> Done:
        self.asked.append(([*arguments], {**environment}))
        return self.answer

    def close(self) -> None:
        self.closed = True


@pytest.fixture(scope="module")
def ipython() -> Iterator[Any]:
    """A shell of IPython's, without history on disk."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell(config=config)
    yield shell
    shell.atexit_operations()
    atexit.unregister(shell.atexit_operations)


@pytest.fixture
def cli(ipython: Any) -> Cli:
    """The command line behind `%aws`."""
    made = Cli()
    AwsMagic(ipython, lambda: {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, made).register()
    return made


def test_the_output_is_printed(ipython: Any, cli: Cli, capsys: pytest.CaptureFixture[str]) -> None:
    result = ipython.run_cell("%aws kms list-keys --limit 5")
    assert result.success
    assert result.result is None
    assert capsys.readouterr() == ('{\n    "Keys": []\n}\n', "")
    assert cli.asked == [(["kms", "list-keys", "--limit", "5"], {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})]
    assert ipython.user_ns["_exit_code"] == 0


def test_an_assignment_gives_the_output_and_prints_nothing(
    ipython: Any, cli: Cli, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.answer = Done(0, "a\nb\n", "")
    assert ipython.run_cell("answer = %aws kms list-keys").success
    assert ipython.user_ns["answer"] == "a\nb"
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "cell",
    [
        "for _ in range(2):\n    %aws kms list-keys",
        "def f():\n    %aws kms list-keys\nf()\nf()",
        "%aws kms list-keys\n%aws kms list-keys\nNone",
        "if True:\n    %aws kms list-keys\n    %aws kms list-keys",
    ],
)
def test_every_command_of_a_cell_is_printed(
    ipython: Any, cli: Cli, capsys: pytest.CaptureFixture[str], cell: str
) -> None:
    assert ipython.run_cell(cell).success
    assert capsys.readouterr().out == cli.answer.output * 2


def test_an_assignment_inside_a_function(ipython: Any, cli: Cli, capsys: pytest.CaptureFixture[str]) -> None:
    ipython.run_cell("def f():\n    x = %aws kms list-keys\n    return x\nanswer = f()")
    assert ipython.user_ns["answer"] == cli.answer.output.rstrip("\n")
    assert capsys.readouterr().out == ""


def test_an_error_is_shown_as_a_terminal_shows_it(ipython: Any, cli: Cli, capsys: pytest.CaptureFixture[str]) -> None:
    text = "\nAn error occurred (NotFoundException) when calling the DescribeKey operation: Alias is not found.\n"
    cli.answer = Done(254, "", text)
    result = ipython.run_cell("%aws kms describe-key --key-id alias/x")
    assert result.success, "it is no Python error"
    assert capsys.readouterr() == ("", text)
    assert ipython.user_ns["_exit_code"] == 254


def test_variables_of_the_notebook(ipython: Any, cli: Cli) -> None:
    ipython.user_ns.update(key_id="1234-abcd", blob="aGk=")
    ipython.run_cell("%aws kms decrypt --key-id $key_id --ciphertext-blob {blob}")
    ipython.run_cell("%aws kms list-keys --query 'Keys[*].{id: KeyId}'")
    assert [arguments for arguments, _ in cli.asked] == [
        ["kms", "decrypt", "--key-id", "1234-abcd", "--ciphertext-blob", "aGk="],
        ["kms", "list-keys", "--query", "Keys[*].{id: KeyId}"],
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "kms list-keys | wc -l",
            "aws: %aws runs one command without a shell and has no use for '|'; use !aws or %%bash.\n",
        ),
        ("kms create-key --description 'x", "aws: A quotation mark in this line is not closed.\n"),
    ],
)
def test_what_needs_a_shell_is_said(
    ipython: Any, cli: Cli, capsys: pytest.CaptureFixture[str], line: str, message: str
) -> None:
    assert ipython.run_cell(f"%aws {line}").success
    assert capsys.readouterr() == ("", message)
    assert ipython.user_ns["_exit_code"] == 252
    assert cli.asked == []


def test_trouble_with_the_process_is_one_sentence(
    ipython: Any, cli: Cli, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Done:
        raise KmslabError("The AWS CLI is not installed.")

    monkeypatch.setattr(cli, "run", fail)
    ipython.run_cell("%aws kms list-keys")
    assert capsys.readouterr() == ("", "aws: The AWS CLI is not installed.\n")


def test_a_backslash_on_windows_is_only_a_backslash(monkeypatch: pytest.MonkeyPatch) -> None:
    line = r"kms encrypt --plaintext fileb://C:\data\x.bin --description 'two words' # no comment"
    on_posix = aws_magic.split(line)
    monkeypatch.setattr(aws_magic.os, "name", "nt")
    on_windows = aws_magic.split(line)
    monkeypatch.undo()
    assert on_posix[3] == "fileb://C:datax.bin"
    assert on_windows[3] == r"fileb://C:\data\x.bin"
    assert on_windows[4:] == on_posix[4:] == ["--description", "two words", "#", "no", "comment"]


def test_closing_ends_the_process(ipython: Any, cli: Cli) -> None:
    AwsMagic(ipython, dict, cli).close()
    assert cli.closed


def test_used_outside_of_a_notebook_it_prints(capsys: pytest.CaptureFixture[str], cli: Cli, ipython: Any) -> None:
    assert AwsMagic(ipython, dict, cli)("kms list-keys") is None
    assert capsys.readouterr().out == cli.answer.output
