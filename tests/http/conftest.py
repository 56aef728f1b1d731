"""What the tests of real clients share: one served Lab per module, and ways to run a client that is not Python."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import boto3
import pytest

from kmslab import Lab

from . import plain
from .by_hand import Key, Line

REGION = "us-east-1"
CLIENTS = Path(__file__).parent / "clients"

#: Makes a plain boto3 client of the served Lab: service, Region, and what else `boto3.client` takes.
Connect = Callable[..., Any]

#: Runs a program of `clients/` with arguments, and gives what it printed, which is one JSON document.
RunProgram = Callable[..., Any]


@pytest.fixture(scope="module")
def environ() -> Iterator[dict[str, str]]:
    """The environment of a client's process: a Lab served for this module, and nothing of this machine's own AWS."""
    key_id, secret = "AKIA" + secrets.token_hex(8).upper(), secrets.token_urlsafe(30)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "KMSLAB_"))}
    command = [sys.executable, "-m", "kmslab", "serve", "--port", "0"]
    server = subprocess.Popen(  # noqa: S603
        command,
        env=clean | {"KMSLAB_ACCESS_KEY_ID": key_id, "KMSLAB_SECRET_ACCESS_KEY": secret},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    with server.stdout as printed:
        word, _, url = printed.readline().strip().partition(" ")
        if word != "ready":
            server.terminate()
            pytest.fail(f"kmslab serve was not ready; it ended with {server.wait()}")
        yield clean | {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": key_id,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        server.terminate()
        assert server.wait(timeout=60) == 0


@pytest.fixture(scope="module")
def endpoint(environ: Mapping[str, str]) -> str:
    """The URL of the Lab served for this module."""
    return environ["AWS_ENDPOINT_URL"]


@pytest.fixture(scope="module")
def connect(environ: Mapping[str, str]) -> Iterator[Connect]:
    """Makes plain boto3 clients of the served Lab, as its administrator unless a client brings credentials."""
    with ExitStack() as opened:

        def connect(service: str, region: str = REGION, **options: Any) -> Any:
            keys = environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"]
            return opened.enter_context(closing(_client(environ["AWS_ENDPOINT_URL"], keys, service, region, options)))

        yield connect


@pytest.fixture
def reach(lab: Lab) -> Iterator[Connect]:
    """Makes plain boto3 clients, by its URL, of a Lab of this process, whose clock, trail and bill are at hand."""
    with ExitStack() as opened:

        def reach(service: str, region: str = REGION, **options: Any) -> Any:
            keys = lab.administrator.credentials.access_key_id, lab.administrator.credentials.secret_access_key
            return opened.enter_context(closing(_client(lab.endpoint(), keys, service, region, options)))

        yield reach


def _client(url: str, keys: tuple[str, str], service: str, region: str, options: Mapping[str, Any]) -> Any:
    defaults: dict[str, Any] = {
        "endpoint_url": url,
        "aws_access_key_id": keys[0],
        "aws_secret_access_key": keys[1],
    }
    with pytest.MonkeyPatch.context() as environment:
        _forget_aws(environment)
        environment.setenv("AWS_CONFIG_FILE", os.devnull)
        environment.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        return plain.session().client(service, region_name=region, **(defaults | dict(options)))


def _forget_aws(environment: pytest.MonkeyPatch) -> None:
    """Take this machine's own AWS settings away."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        environment.delenv(name)


@pytest.fixture
def in_environ(environ: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """This process has the environment of a client, for libraries that make their own boto3 client from it."""
    _forget_aws(monkeypatch)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    # boto3 keeps a session for the process, and that keeps the credentials of the module before.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@pytest.fixture(scope="module")
def node(environ: Mapping[str, str]) -> RunProgram:
    """Runs a JavaScript program of `clients/` with Node.js, and the packages that KMSLAB_TEST_NODE_MODULES has."""
    modules = os.environ.get("KMSLAB_TEST_NODE_MODULES")
    if not modules:
        pytest.skip("KMSLAB_TEST_NODE_MODULES does not name a node_modules folder with the JavaScript clients.")
    return _runner([_found("node")], environ | {"NODE_PATH": modules, "NODE_OPTIONS": "--no-deprecation"})


@pytest.fixture(scope="module")
def ruby(environ: Mapping[str, str]) -> RunProgram:
    """Runs a Ruby program of `clients/` with the AWS SDK for Ruby that the system has."""
    program = shutil.which("ruby")
    if program is None or subprocess.run([program, "-raws-sdk-kms", "-e", ""], capture_output=True).returncode:  # noqa: S603
        pytest.skip("Ruby with aws-sdk-kms is not installed (Debian: ruby-aws-sdk-kms).")
    return _runner([program], environ)


@pytest.fixture(scope="module")
def apart(environ: Mapping[str, str]) -> RunProgram:
    """Runs a Python program of `clients/` with packages that cannot be installed beside kmslab.

    They ask for another botocore than boto3 does, so they have a folder of their own, KMSLAB_TEST_PYTHON_PACKAGES.
    """
    packages = os.environ.get("KMSLAB_TEST_PYTHON_PACKAGES")
    if not packages:
        pytest.skip("KMSLAB_TEST_PYTHON_PACKAGES does not name a folder with aiobotocore and s3fs.")
    return _runner([sys.executable], environ | {"PYTHONPATH": packages})


@pytest.fixture(scope="module")
def installed(environ: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., RunProgram]:
    """Finds a program that is installed beside this Python. It gives what it printed, on stderr when it `fails`."""
    # Some leave a log where they run.
    folder = tmp_path_factory.mktemp("programs")

    def find(program: str, *options: str) -> RunProgram:
        found = shutil.which(program, path=str(Path(sys.executable).parent))
        assert found is not None, f"{program} is not installed: pip install 'kmslab[clients]'."

        def run(*words: Any, fails: bool = False) -> str:
            command = [found, *options, *map(str, words)]
            done = subprocess.run(  # noqa: S603
                command, env=environ, cwd=folder, capture_output=True, text=True, timeout=120
            )
            assert (done.returncode != 0) is fails, done.stderr
            return done.stderr if fails else done.stdout

        return run

    return find


@pytest.fixture
def line(lab: Lab) -> Iterator[Line]:
    """A connection to the Lab, for requests made by hand."""
    with Line(lab.endpoint()) as made:
        yield made


@pytest.fixture
def host(line: Line) -> str:
    """What such a request says in its Host header."""
    return f"{line.host}:{line.port}"


@pytest.fixture
def admin(lab: Lab) -> Key:
    """What the administrator signs with."""
    own = lab.administrator.credentials
    return Key(own.access_key_id, own.secret_access_key)


def _found(program: str) -> str:
    path = shutil.which(program)
    assert path is not None, f"{program} is not on the PATH"
    return path


def _runner(command: list[str], environ: Mapping[str, str]) -> RunProgram:
    def run(program: str, *arguments: Any) -> Any:
        words = [*command, str(CLIENTS / program), *map(str, arguments)]
        done = subprocess.run(words, env=environ, capture_output=True, text=True, timeout=120)  # noqa: S603
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
