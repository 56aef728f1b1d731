"""What starting brings along: a question to the command waits for no library, a Lab for none that it does not use.

Nothing is timed here; `tests/benchmarks/start.py` does that.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

#: Packages that take long to import, or bring many others.
HEAVY = ("boto3", "botocore", "moto", "cryptography", "Crypto", "kyber_py", "uvicorn", "IPython", "ipywidgets", "yaml")

COMMAND = """
from kmslab.cli import main
try:
    main({arguments!r})
except SystemExit as over:
    assert over.code == 0
"""

LAB = """
import kmslab
kms = kmslab.Lab().client("kms")
key = kms.create_key()["KeyMetadata"]["KeyId"]
blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
"""


def loaded_by(code: str) -> set[str]:
    """The top-level packages and modules that a fresh process has imported after `code`."""
    code = f"import sys\n{code}\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["notebooks", "--help"], ["serve", "--help"], ["grade", "--help"]]
)
def test_a_question_to_the_command_loads_no_library(arguments: list[str]) -> None:
    loaded = loaded_by(COMMAND.format(arguments=arguments))
    assert "kmslab" in loaded
    assert sorted(loaded & {*HEAVY, "asyncio", "subprocess", "urllib3"}) == []


def test_the_package_itself_loads_no_library() -> None:
    assert sorted(loaded_by("import kmslab") & {*HEAVY, "asyncio", "subprocess"}) == []


def test_a_lab_that_is_used_loads_only_what_it_uses() -> None:
    loaded = loaded_by(LAB)
    assert {"boto3", "cryptography"} <= loaded
    unused = {
        "moto",
        "Crypto",
        "uvicorn",
        "IPython",
        "ipywidgets",
        "jupyterlab",
        "awscli",
        "tqdm",
        "jsonschema",
        "yaml",
    }
    assert sorted(loaded & unused) == []
