"""What runs as `aws` where the computer's own will not do.

An AWS CLI 2.13 or newer anywhere in PATH is run as it is. Otherwise it is version 1, which pip installs, behaving as
version 2: an older version 2 knows neither AWS_ENDPOINT_URL, which some of its commands need to find the Lab, nor a
dozen of KMS's operations. It is run, and told the endpoint, where version 1 is not installed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec

from kmslab.terminal import finding

_NOT_INSTALLED = "aws: the AWS CLI is not installed; run `pip install 'awscli>=1.46,<2'`, or install AWS CLI version 2."
_CANNOT_RUN = 127


def main(arguments: Sequence[str]) -> int:
    """Run one `aws` command with whatever there is.

    Args:
        arguments: The command line without `aws`.

    Returns:
        The exit code; on POSIX another program may take this process over instead.
    """
    program = finding.best_version_2()
    if program is not None and (program.obeys_endpoint_url or not _has_version_1()):
        return _become([program.path, *_with_endpoint(program, arguments)])
    if not _has_version_1():
        print(_NOT_INSTALLED, file=sys.stderr)
        return _CANNOT_RUN
    from kmslab.terminal import version_1

    return version_1.run(arguments)


def _has_version_1() -> bool:
    return find_spec("awscli") is not None


def _with_endpoint(program: finding.Program, arguments: Sequence[str]) -> list[str]:
    url = os.environ.get("AWS_ENDPOINT_URL")
    said = any(each == "--endpoint-url" or each.startswith("--endpoint-url=") for each in arguments)
    return [*arguments] if program.obeys_endpoint_url or said or not url else ["--endpoint-url", url, *arguments]


def _become(command: list[str]) -> int:
    if os.name == "posix":
        os.execv(command[0], command)  # noqa: S606
    return subprocess.run(command, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
