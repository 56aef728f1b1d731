"""The seat: the process in which a learner's cells run, one after the other, in a plain IPython.

    python -P -m kmslab.grading.seat TERMS    (the referee starts it and speaks to it over stdin and stdout)

Nothing that this process says is believed but what the learner might have said as well: an answer, and that a cell has
ended. What cells print is dropped.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import struct
import sys
import threading
from typing import Any

from kmslab.grading import fence
from kmslab.grading.channel import Channel
from kmslab.grading.values import to_data

#: In front of every message to the seat: an answer, with the number of its question, or a command.
ANSWER, COMMAND = b"A", b"C"
NUMBER = struct.Struct(">Q")
_LONGEST_NOTE = 200


def main() -> None:
    """Take the seat: behind the fence, do what the referee says until it says no more."""
    fence.close(fence.Terms(**json.loads(sys.argv[1])))
    channel = _take_the_pipes()
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    from kmslab.grading import far_lab
    from kmslab.jupyter import extension

    line = far_lab.Line(channel)
    commands: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(channel, line, commands), daemon=True).start()
    settings = Config()
    settings.HistoryManager.enabled = False
    settings.InteractiveShell.colors = "NoColor"
    shell = InteractiveShell.instance(config=settings)
    # What else a notebook gets from the extension, it gets from the extension.
    vars(extension).update(Lab=lambda seed: far_lab.FarLab(line), Desk=far_lab.FarDesk)
    plays_are_sent = False
    channel.send(json.dumps({"what": "ready"}).encode())
    while True:
        # Ctrl-C that comes between two cells is for the one that has just ended.
        with contextlib.suppress(KeyboardInterrupt):
            command = commands.get()
            if not plays_are_sent and "plays" in command.get("run", ""):
                # They take longer to import than most lessons to run.
                far_lab.send_plays(line)
                plays_are_sent = True
            channel.send(json.dumps(_obey(shell, command)).encode())


def _take_the_pipes() -> Channel:
    """The referee's pipes for us, and nothing to read or write for the cells."""
    reads, writes = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    return Channel(reads, writes)


def _listen(channel: Channel, line: Any, commands: queue.SimpleQueue[Any]) -> None:
    while (message := channel.receive()) is not None:
        if message[:1] == ANSWER:
            line.answered(NUMBER.unpack_from(message, 1)[0], message[1 + NUMBER.size :])
        else:
            commands.put(json.loads(message[1:]))
    # The referee is gone, and with it whoever would want to know.
    os._exit(0)


def _obey(shell: Any, command: dict[str, str]) -> dict[str, Any]:
    """Run a cell, or find out what is handed over."""
    try:
        if "run" in command:
            done = shell.run_cell(command["run"], store_history=False)
            error = done.error_before_exec or done.error_in_exec
            return {"what": "done", "error": _told(error)}
        value = eval(command["evaluate"], shell.user_ns)  # noqa: S307 - the learner's own variables
        return {"what": "value", "value": to_data(value), "folder": os.getcwd(), "error": ""}
    except BaseException as error:
        return {"what": "done" if "run" in command else "value", "value": None, "error": _told(error)}


def _told(error: BaseException | None) -> str:
    if error is None:
        return ""
    try:
        text = " ".join(str(error).split())
    except Exception:
        text = ""
    return f"{type(error).__name__}: {text}"[:_LONGEST_NOTE].rstrip(": ")


if __name__ == "__main__":
    main()
