"""What the commands share: how their help is laid out, and what they take unless said otherwise."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TypeAlias

#: Where commands are added.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

#: Help is written as it is to be shown.
RAW = argparse.RawDescriptionHelpFormatter

#: The port of `kmslab serve`, unless said otherwise.
DEFAULT_PORT = 4599


def workspace() -> Path:
    """The learner's folder: the one that `kmslab lab` opened, or the current one."""
    return Path(os.environ.get("KMSLAB_WORKSPACE") or ".")
