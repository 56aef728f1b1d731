"""AWS CLI version 1 with our rules against version 2: every command asked of both says the same and ends the same."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from kmslab import Lab
from kmslab.terminal import finding
from kmslab.terminal.kept import Done, KeptCli

MESSAGE = b"hello, blob\n"
MAC = "kms generate-mac --key-id alias/mac --mac-algorithm HMAC_SHA_256 --output text --query Mac".split()
ENCODED = base64.b64encode(MESSAGE).decode()
RAW = "--cli-binary-format raw-in-base64-out".split()

#: A MAC says which bytes arrived: the same MAC, the same bytes.
MACS: dict[str, list[str]] = {
    "base64 inline": ["--message", ENCODED],
    "base64 in a file": ["--message", "file://encoded.txt"],
    "raw bytes of a file": ["--message", "fileb://message.bin"],
    "raw text inline": [*RAW, "--message", MESSAGE.decode()],
    "raw text of a file": [*RAW, "--message", "file://message.bin"],
    "raw bytes of a file, base64 or not": [*RAW, "--message", "fileb://message.bin"],
    "base64 in JSON": ["--cli-input-json", json.dumps({"Message": ENCODED})],
}

ASKED: dict[str, list[str]] = {
    # What passes for base64 although nobody meant it.
    "a word that is base64": [*MAC, "--message", "test"],
    "a word whose letters are base64": [*MAC, "--message", "hell!"],
    # Exit code 255: neither the service nor the command line refused.
    "text": [*MAC, "--message", "hello"],
    "text in a file": [*MAC, "--message", "file://message.bin"],
    "text with an accent": [*MAC, "--message", "é"],
    "text in JSON": [*MAC, "--cli-input-json", '{"Message": "hello"}'],
    # Refused before anything is sent, so it does not matter that no table is there.
    "text deep inside": ["dynamodb", "put-item", "--table-name", "t", "--item", '{"Binary": {"B": "hello"}}'],
    # 254: the service refused.
    "no such key": "kms describe-key --key-id alias/nobody".split(),
    "a wrong ciphertext": ["kms", "decrypt", "--ciphertext-blob", ENCODED],
    # 252: the command line cannot be read.
    "a member too short": ["kms", "describe-key", "--key-id", ""],
    "an option missing": "kms encrypt --key-id alias/app".split(),
    "an option unknown": "kms list-keys --colour".split(),
    "a format unknown": "kms list-keys --cli-binary-format raw".split(),
    "a query unreadable": "kms list-keys --query [[".split(),
    "a file missing": [*MAC, "--message", "file://nowhere.txt"],
    "a tag unreadable": "kms create-key --tags A=b".split(),
    # What is printed.
    "dates": "kms describe-key --key-id alias/mac --query KeyMetadata.CreationDate".split(),
    "text output": "kms list-keys --output text".split(),
    "a table": "kms list-aliases --output table --color off --query Aliases[].AliasName".split(),
    "nothing": "kms update-key-description --key-id alias/mac --description x --no-cli-pager".split(),
    "an address that is text": [
        *"kms update-key-description --key-id alias/mac --description".split(), "http://127.0.0.1:9/"
    ],
}  # fmt: skip

Ask = Callable[[Sequence[str]], Done]


@pytest.fixture(scope="module")
def served() -> Iterator[Lab]:
    """A Lab with a key for MACs, and what the commands name."""
    with Lab(seed=1) as lab:
        key = lab.client("kms").create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]
        lab.client("kms").create_alias(AliasName="alias/mac", TargetKeyId=key["KeyId"])
        yield lab


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the commands run, with the files they name."""
    (tmp_path / "message.bin").write_bytes(MESSAGE)
    (tmp_path / "encoded.txt").write_text(ENCODED)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def environment(served: Lab) -> dict[str, str]:
    return served.environ()


@pytest.fixture(scope="module")
def version_1(environment: Mapping[str, str]) -> Iterator[Ask]:
    """AWS CLI version 1 with our rules."""
    cli = KeptCli()
    yield lambda arguments: cli.run(arguments, environment)
    cli.close()


@pytest.fixture(scope="module")
def version_2(environment: Mapping[str, str]) -> Ask:
    """AWS's own AWS CLI version 2."""
    program = finding.best_version_2()
    if program is None:
        pytest.skip("there is no AWS CLI version 2 on PATH")

    def ask(arguments: Sequence[str]) -> Done:
        command = [program.path, "--endpoint-url", environment["AWS_ENDPOINT_URL"], *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603
        return Done(done.returncode, done.stdout, _in_the_old_form(done.stderr))

    return ask


def _in_the_old_form(errors: str) -> str:
    """The newest version 2 puts its name before an error."""
    return errors.replace("\naws: [ERROR]: ", "\n")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("case", MACS)
def test_the_bytes_that_arrive(served: Lab, version_1: Ask, case: str) -> None:
    expected = served.client("kms").generate_mac(KeyId="alias/mac", MacAlgorithm="HMAC_SHA_256", Message=MESSAGE)["Mac"]
    assert version_1([*MAC, *MACS[case]]) == Done(0, base64.b64encode(expected).decode() + "\n", "")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("case", MACS)
def test_version_2_sends_the_same_bytes(version_1: Ask, version_2: Ask, case: str) -> None:
    assert version_1([*MAC, *MACS[case]]) == version_2([*MAC, *MACS[case]])


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("case", ASKED)
def test_version_2_says_the_same(version_1: Ask, version_2: Ask, case: str) -> None:
    assert version_1(ASKED[case]) == version_2(ASKED[case])


@pytest.mark.parametrize(
    ("case", "code", "errors"),
    [
        ("text", 255, '\nInvalid base64: "hello"\n'),
        ("text deep inside", 255, '\nInvalid base64: "hello"\n'),
        (
            "no such key",
            254,
            "\nAn error occurred (NotFoundException) when calling the DescribeKey operation: Alias "
            "arn:aws:kms:us-east-1:123456789010:alias/nobody is not found.\n",
        ),
        (
            "a member too short",
            252,
            "\nParameter validation failed:\nInvalid length for parameter KeyId, value: 0, valid min length: 1\n",
        ),
    ],
)
def test_how_a_command_fails(version_1: Ask, case: str, code: int, errors: str) -> None:
    """Without a version 2 to compare with."""
    assert version_1(ASKED[case]) == Done(code, "", errors)


def test_without_credentials_or_a_region(version_1: Ask, environment: dict[str, str]) -> None:
    """253: the configuration."""
    cli = KeptCli()
    bare = {name: value for name, value in environment.items() if not name.startswith("AWS_ACCESS_KEY")}
    missing = cli.run(["kms", "list-keys"], bare)
    nowhere = cli.run(["kms", "list-keys"], {k: v for k, v in environment.items() if not k.endswith("_REGION")})
    cli.close()
    assert (missing.code, nowhere.code) == (253, 253)
    assert missing.errors.startswith("\nUnable to locate credentials") or "Partial credentials" in missing.errors
    assert nowhere.errors == (
        '\nYou must specify a region. You can also configure your region by running "aws configure".\n'
    )


def test_the_settings_of_a_profile_are_obeyed(version_1: Ask, environment: dict[str, str], tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[default]\ncli_binary_format = raw-in-base64-out\ncli_timestamp_format = wire\n")
    cli = KeptCli()
    own = {**environment, "AWS_CONFIG_FILE": str(config)}
    mac = cli.run([*MAC, "--message", "hello"], own)
    date = cli.run(ASKED["dates"], own)
    cli.close()
    assert mac == version_1([*MAC, "--message", base64.b64encode(b"hello").decode()])
    assert float(date.output) > 1_700_000_000


def test_the_shim_finds_the_lab(environment: dict[str, str], served: Lab) -> None:
    """As a shell finds it: by PATH, in a process of its own."""
    aws = shutil.which("aws", path=environment["PATH"])
    assert aws is not None
    done = subprocess.run(  # noqa: S603
        [aws, "kms", "list-keys"], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    listed: list[dict[str, Any]] = json.loads(done.stdout)["Keys"]
    assert [key["KeyId"] for key in listed] == [key.key_id for key in served.inventory]


def test_other_services_are_the_same_lab(version_1: Ask) -> None:
    assert json.loads(version_1(["sts", "get-caller-identity"]).output)["Account"] == "123456789010"
    assert version_1(["s3", "mb", "s3://cli-bucket"]) == Done(0, "make_bucket: cli-bucket\n", "")
    assert version_1(["s3", "ls"]).output.endswith(" cli-bucket\n")


def test_nothing_of_the_command_line_is_imported_here() -> None:
    """Its botocore would take the place of boto3's."""
    # Fuzzing compares with awscli's parser of shorthand; only what that brings along may be there.
    listed = "import sys, awscli.shorthand; print(*(name for name in sys.modules if name.split('.')[0] == 'awscli'))"
    brought = subprocess.run([sys.executable, "-c", listed], capture_output=True, text=True, check=True)  # noqa: S603
    found = {name for name in sys.modules if name.split(".")[0] == "awscli"}
    assert found <= set(brought.stdout.split())
    assert "awscli.clidriver" not in brought.stdout.split()
