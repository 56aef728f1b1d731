"""The commands of the article that the workbook goes with, verbatim, as one script in a terminal.

Source: "AWS KMS: How to use KMS in the command line", bitslovers.com. Its quotation marks and dashes are repaired, and
`create-alias` names the key that `create-key` made; the file, the alias and the misspelling are the article's.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from kmslab import Lab
from kmslab.terminal import finding

FILE = Path("/tmp/secrect.txt")  # noqa: S108
ENCRYPTED = Path("/tmp/secrect.txt.encrypted")  # noqa: S108
CONTENT = b" secrect text\n"

#: The article's key, for which the one just made stands in.
KEY_OF_THE_ARTICLE = "52f511eb-30df-404d-99fe-de718419c485"

COMMANDS = {
    "create-key": 'aws kms create-key --description "Bitslovers CMK Demo"',
    "create-alias": f'aws kms create-alias --target-key-id {KEY_OF_THE_ARTICLE} --alias-name "alias/bitslovers"',
    "list-keys": "aws kms list-keys",
    "echo": 'echo " secrect text" > /tmp/secrect.txt',
    "encrypt": 'aws kms encrypt --key-id "alias/bitslovers" --plaintext file:///tmp/secrect.txt --output text --query'
    " CiphertextBlob",
    "encrypt raw": 'aws kms encrypt --key-id "alias/bitslovers" --cli-binary-format raw-in-base64-out --plaintext'
    " file:///tmp/secrect.txt --output text --query CiphertextBlob",
    "encrypt to a file": 'aws kms encrypt --key-id "alias/bitslovers" --cli-binary-format raw-in-base64-out --plaintext'
    " file:///tmp/secrect.txt --output text --query CiphertextBlob --region us-east-1 | base64 --decode >"
    " /tmp/secrect.txt.encrypted",
    "decrypt": "aws kms decrypt --ciphertext-blob fileb:///tmp/secrect.txt.encrypted --output text --query Plaintext |"
    " base64 --decode",
    "generate-data-key": 'aws kms generate-data-key --key-id "alias/bitslovers" --key-spec AES_256',
}

#: What the script calls besides `aws`.
TOOLS = ("bash", "base64", "cut", "grep")


class Step(NamedTuple):
    """What one command did."""

    status: int
    output: bytes
    errors: str


Read = Callable[[Lab, Path], dict[str, Step]]


def script(aws: str = "") -> str:
    """The article as a script; each command leaves three files behind. `aws` is a definition to begin with."""
    lines = [aws]
    for name, command in COMMANDS.items():
        made = command.replace(KEY_OF_THE_ARTICLE, "$key_id")
        lines.append(f'{{ {made} ; }} > "{name}.out" 2> "{name}.err"; echo $? > "{name}.status"')
        if name == "create-key":
            lines.append("""key_id=$(grep '"KeyId"' create-key.out | cut -d'"' -f4)""")
    return "\n".join(lines)


def run(text: str, environment: Mapping[str, str], folder: Path) -> dict[str, Step]:
    """Run the script, and read what its commands left."""
    bash = shutil.which("bash")
    assert bash is not None
    done = subprocess.run(  # noqa: S603
        [bash, "-c", text], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return {
        name: Step(
            int((folder / f"{name}.status").read_text()),
            (folder / f"{name}.out").read_bytes(),
            (folder / f"{name}.err").read_text(),
        )
        for name in COMMANDS
    }


def with_version_2(lab: Lab, folder: Path) -> dict[str, Step]:
    """With AWS's own AWS CLI version 2; an older one has to be told the endpoint."""
    program = finding.best_version_2()
    if program is None:
        pytest.skip("there is no AWS CLI version 2 on PATH")
    told = f'aws() {{ command "{program.path}" --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }}'
    return run(script(told), lab.environ(), folder)


def with_pip_only(lab: Lab, folder: Path) -> dict[str, Step]:
    """With what pip installs, on a computer that has no AWS CLI of its own."""
    tools = folder / "tools"
    tools.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found is not None, f"the article needs {name}"
        (tools / name).symlink_to(found)
    path = f"{finding.shim_folder()}:{tools}"
    assert finding.best_version_2(path) is None
    return run(script(), {**lab.environ(), "PATH": path}, folder)


def with_whatever_there_is(lab: Lab, folder: Path) -> dict[str, Step]:
    """As a notebook's %%bash would run it here."""
    return run(script(), lab.environ(), folder)


READERS: dict[str, Read] = {
    "AWS CLI version 2": with_version_2,
    "pip only": with_pip_only,
    "whatever there is": with_whatever_there_is,
}


class Told(NamedTuple):
    """The article, once run: the Lab it ran against, what each command did, and the encrypted file."""

    lab: Lab
    steps: dict[str, Step]
    encrypted: bytes


Tell = Callable[[str], Told]


@pytest.fixture(scope="module")
def tell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tell]:
    """Runs the article in one of the ways, once, against a Lab of its own with always the same ids."""
    if not shutil.which("bash") or not FILE.parent.is_dir():
        pytest.skip("the article is about a POSIX terminal")
    known: dict[str, Told] = {}
    with ExitStack() as opened:

        def tell(reader: str) -> Told:
            if reader not in known:
                lab = opened.enter_context(Lab(seed=1))
                with alone():
                    steps = READERS[reader](lab, tmp_path_factory.mktemp("article"))
                    known[reader] = Told(lab, steps, ENCRYPTED.read_bytes())
            return known[reader]

        yield tell


@contextmanager
def alone() -> Iterator[None]:
    """The article's files have one place on a computer: nobody else may run it meanwhile, and none are left."""
    import fcntl

    with open(FILE.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            FILE.unlink(missing_ok=True)
            ENCRYPTED.unlink(missing_ok=True)


@pytest.mark.parametrize("reader", READERS)
def test_the_article_runs_verbatim(tell: Tell, reader: str) -> None:
    lab, steps, _ = tell(reader)

    # The one that fails is the one the article says may fail.
    assert {name: step.status for name, step in steps.items() if step.status} == {"encrypt": 255}
    assert steps["encrypt"] == Step(255, b"", '\nInvalid base64: " secrect text\n"\n')
    assert [step.errors for name, step in steps.items() if name != "encrypt"] == [""] * (len(steps) - 1)

    key = json.loads(steps["create-key"].output)["KeyMetadata"]
    assert key["Description"] == "Bitslovers CMK Demo"
    assert key["Arn"] == f"arn:aws:kms:us-east-1:{lab.account_id}:key/{key['KeyId']}"
    assert key["CreationDate"].startswith("2026-01-0"), "an ISO 8601 date, as version 2 prints it"
    assert steps["create-alias"].output == b""
    assert json.loads(steps["list-keys"].output) == {"Keys": [{"KeyId": key["KeyId"], "KeyArn": key["Arn"]}]}
    assert steps["decrypt"].output == CONTENT


@pytest.mark.parametrize("reader", READERS)
def test_the_ciphertexts_open_to_the_file(tell: Tell, reader: str) -> None:
    lab, steps, encrypted = tell(reader)
    ciphertexts = [base64.b64decode(steps["encrypt raw"].output), encrypted]
    assert [lab.client("kms").decrypt(CiphertextBlob=each)["Plaintext"] for each in ciphertexts] == [CONTENT, CONTENT]


@pytest.mark.parametrize("reader", READERS)
def test_the_data_key_is_what_its_encrypted_copy_opens_to(tell: Tell, reader: str) -> None:
    lab, steps, _ = tell(reader)
    data_key = json.loads(steps["generate-data-key"].output)
    opened = lab.client("kms").decrypt(CiphertextBlob=base64.b64decode(data_key["CiphertextBlob"]))
    assert len(opened["Plaintext"]) == 32
    assert base64.b64decode(data_key["Plaintext"]) == opened["Plaintext"]
    assert data_key["KeyId"] == opened["KeyId"]


def test_version_2_and_pip_only_say_the_same(tell: Tell) -> None:
    """Two Labs with one seed: the same ids, so the same words, as far as an older version 2 knows the members."""
    of_version_2, of_pip_only = tell("AWS CLI version 2").steps, tell("pip only").steps
    random = {"encrypt raw", "generate-data-key"}
    same = [name for name in COMMANDS if of_version_2[name] == of_pip_only[name]]
    assert set(COMMANDS) - set(same) <= random | {"create-key"}
    ours, theirs = (json.loads(each["create-key"].output)["KeyMetadata"] for each in (of_pip_only, of_version_2))
    assert {name: value for name, value in ours.items() if name in theirs} == theirs
    assert [step.status for step in of_pip_only.values()] == [step.status for step in of_version_2.values()]
