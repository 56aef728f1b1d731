"""`%aws kms list-keys` in a notebook: one AWS CLI command, quickly, on every system and without a shell.

It prints what a terminal would, and an error is not a Python error. `answer = %aws ...` gives the output instead, as
`$(aws ...)` would in a shell: without the line's end. `$name` and `{name}` are a notebook's variables, as after `!`.
"""

from __future__ import annotations

import ast
import linecache
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Any, Protocol

from kmslab.errors import KmslabError
from kmslab.terminal.kept import Done, KeptCli

_FOR_A_SHELL = frozenset({"|", "||", "&", "&&", ";", ">", ">>", "<"})

Environment = Callable[[], Mapping[str, str]]


class Shell(Protocol):
    """What the magic needs of IPython's shell."""

    user_ns: dict[str, Any]

    def register_magic_function(self, func: Callable[[str], Any], magic_kind: str, magic_name: str) -> None:
        """Make a function a magic."""
        ...


class AwsMagic:
    """`%aws` for one notebook."""

    def __init__(self, shell: Shell, environment: Environment, cli: KeptCli | None = None) -> None:
        """Start nothing yet.

        Args:
            shell: The notebook's shell.
            environment: Gives the variables for a command, at the time of the command.
            cli: What runs commands.
        """
        self._shell = shell
        self._environment = environment
        self._cli = cli or KeptCli()

    def register(self) -> None:
        """Let the notebook know `%aws`."""
        self._shell.register_magic_function(self, "line", "aws")

    def close(self) -> None:
        """End the process that runs commands."""
        self._cli.close()

    def __call__(self, line: str) -> str | None:
        """Run one command.

        Returns:
            None after printing; the output where it is assigned or used.
        """
        done = self._run(line)
        self._shell.user_ns["_exit_code"] = done.code
        print(done.errors, end="", file=sys.stderr)
        if _is_used(self._shell.user_ns):
            return done.output.rstrip("\r\n")
        print(done.output, end="")
        return None

    def _run(self, line: str) -> Done:
        try:
            arguments = split(line)
            return self._cli.run(arguments, self._environment())
        except KmslabError as error:
            return Done(252, "", f"aws: {error}\n")


def split(line: str) -> list[str]:
    """The arguments of a line, read as a POSIX shell does; on Windows a backslash is only a backslash.

    Raises:
        KmslabError: a quotation mark is missing, or the line needs a shell.
    """
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    if os.name == "nt":
        lexer.escape = ""
    try:
        arguments = list(lexer)
    except ValueError:
        raise KmslabError("A quotation mark in this line is not closed.") from None
    for sign in arguments:
        if sign in _FOR_A_SHELL:
            raise KmslabError(f"%aws runs one command without a shell and has no use for {sign!r}; use !aws or %%bash.")
    return arguments


def _is_used(namespace: Mapping[str, Any]) -> bool:
    """Whether the cell does something with the result: IPython turns a magic into a call and does not tell."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals is not namespace:
        frame = frame.f_back
    if frame is None:
        return False
    place = list(frame.f_code.co_positions())[frame.f_lasti // 2]
    # IPython keeps the source of a cell, after its own rewriting, where tracebacks look for it.
    source = "".join(linecache.getlines(frame.f_code.co_filename))
    return bool(source) and None not in place and place not in set(_statements(source))


def _statements(source: str) -> Iterator[tuple[int | None, ...]]:
    """Where the calls stand whose results are dropped."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr):
            call = node.value
            yield call.lineno, call.end_lineno, call.col_offset, call.end_col_offset
