"""`kmslab serve` as a process: how it begins, what it lets happen at once, and how it ends."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kmslab import Lab
from kmslab.cli import main
from kmslab.errors import KmslabError
from kmslab.serving import Serving, Wish

from .by_hand import FORM, Answer, Key, Line, Sent, sign

ADMIN = Key("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
GIVEN = {"KMSLAB_ACCESS_KEY_ID": ADMIN.key_id, "KMSLAB_SECRET_ACCESS_KEY": ADMIN.secret}

needs_posix = pytest.mark.skipif(os.name != "posix", reason="signals and file modes are POSIX's")


def environ(**settings: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "KMSLAB_"))}
    return clean | settings


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "kmslab", *words]


@dataclass
class Served:
    """A `kmslab serve` that is running."""

    process: subprocess.Popen[str]
    url: str
    key: Key = ADMIN

    def kms(self, line: Line, operation: str, **members: Any) -> Answer:
        headers = {"Host": f"{line.host}:{line.port}", "X-Amz-Target": f"TrentService.{operation}"}
        request = Sent("POST", headers=headers, body=json.dumps(members).encode())
        return line.ask(sign(request, self.key, "kms"))

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@contextmanager
def served(*options: str, **settings: str) -> Iterator[Served]:
    process = subprocess.Popen(  # noqa: S603
        command("serve", "--port", "0", *options),
        env=environ(**(settings or GIVEN)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout as printed, process.stderr as complaints:
        try:
            word, _, url = printed.readline().strip().partition(" ")
            assert word == "ready", complaints.read()
            yield Served(process, url)
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(60)
        assert complaints.read() == ""
        assert printed.read() == ""


Fails = Callable[..., str]


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Fails]:
    """Runs the command in this process, and gives the one line that it says when it is called wrongly."""
    signals = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    interval = sys.getswitchinterval()

    def fails(*words: str, **settings: str) -> str:
        for name in [name for name in os.environ if name.startswith(("AWS_", "KMSLAB_"))]:
            monkeypatch.delenv(name)
        for name, value in (settings or GIVEN).items():
            monkeypatch.setenv(name, value)
        assert main(words) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.count("\n") == 1
        return said.err.strip()

    yield fails
    sys.setswitchinterval(interval)
    for number, handler in signals.items():
        signal.signal(number, handler)


# --- how it begins ---


def test_it_says_that_it_is_ready_and_is() -> None:
    with served() as server:
        assert server.url.startswith("http://127.0.0.1:")
        with Line(server.url) as line:
            assert server.kms(line, "CreateKey").status == 200
            health = line.ask(Sent("GET", "/_kmslab/health", headers={"Host": "localhost"}))
            assert json.loads(health.body)["status"] == "ok"
        assert server.end() == 0


def test_a_port_that_is_taken(fails: Fails) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = fails("serve", "--port", str(port))
        done = subprocess.run(  # noqa: S603
            command("serve", "--port", str(port)), env=environ(**GIVEN), capture_output=True, text=True, timeout=60
        )
    assert said.startswith(f"kmslab: Port {port} of 127.0.0.1 cannot be used (")
    assert said.endswith("); choose another with --port.")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{said}\n")


@pytest.mark.parametrize("port", ["-1", "65536", "99999999999999999999"])
def test_no_port(fails: Fails, port: str) -> None:
    said = fails("serve", f"--port={port}")
    assert said.startswith(f"kmslab: Port {port} of 127.0.0.1 cannot be used (")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", ""])  # noqa: S104
def test_only_this_computer(fails: Fails, host: str) -> None:
    expected = f"The endpoint is for this computer only: --host takes a loopback address, not {host!r}."
    assert fails("serve", "--port", "0", "--host", host) == f"kmslab: {expected}"
    with Lab(seed=1) as lab, pytest.raises(KmslabError) as caught:
        lab.endpoint(host=host)
    assert str(caught.value) == expected


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2", "::1"])
def test_every_loopback_address(host: str) -> None:
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.bind((host, 0))
    except OSError:
        pytest.skip(f"This machine has no {host}.")
    with Lab(seed=1) as lab:
        url = lab.endpoint(host=host)
        assert url.startswith(f"http://{'127.0.0.1' if host == 'localhost' else f'[{host}]' if ':' in host else host}:")
        own = lab.administrator.credentials
        with Line(url) as line:
            headers = {"Host": url.removeprefix("http://"), "X-Amz-Target": "TrentService.ListKeys"}
            request = sign(
                Sent("POST", headers=headers, body=b"{}"), Key(own.access_key_id, own.secret_access_key), "kms"
            )
            assert line.ask(request).status == 200


def test_a_lab_listens_once_and_stops_when_it_is_closed() -> None:
    lab = Lab(seed=1)
    url = lab.endpoint()
    assert lab.endpoint() == url
    with Line(url) as line:
        assert line.ask(Sent("GET", "/_kmslab/health", headers={"Host": "a"})).status == 200
        lab.close()
        with pytest.raises(OSError, match=r"refused|reset|closed|broken|Remote end"), Line(url) as another:
            another.ask(Sent("GET", "/_kmslab/health", headers={"Host": "a"}))


def test_a_lab_that_nobody_called_closes() -> None:
    lab = Lab(seed=1)
    lab.endpoint()
    lab.close()
    assert "kmslab endpoint" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize("events", [None, 16])
def test_how_many_events_are_kept(events: int | None) -> None:
    wish = Wish("127.0.0.1", 0) if events is None else Wish("127.0.0.1", 0, events=events)
    serving = Serving(wish)
    try:
        for _ in range(40):
            serving.lab.client("kms").list_keys()
        assert len(serving.lab.trail) == 40 if events is None else 16 <= len(serving.lab.trail) <= 18
        assert serving.lab.bill.requests == 40
    finally:
        serving.stop()


# --- whose access key ---


def test_the_access_key_of_the_environment() -> None:
    with served() as server, Line(server.url) as line:
        assert server.kms(line, "ListKeys").status == 200
        server.key = ADMIN._replace(secret="another")
        assert server.kms(line, "ListKeys").code == "InvalidSignatureException"


@pytest.mark.parametrize("name", list(GIVEN))
def test_half_an_access_key(fails: Fails, name: str) -> None:
    expected = "kmslab: Set both KMSLAB_ACCESS_KEY_ID and KMSLAB_SECRET_ACCESS_KEY, or neither of them."
    assert fails("serve", "--port", "0", **{name: "something"}) == expected


@needs_posix
def test_the_access_key_of_the_file(tmp_path: Path) -> None:
    home = tmp_path / "home"
    keys = []
    for _ in range(2):
        with served(KMSLAB_HOME=str(home)) as server:
            kept = json.loads((home / "administrator.json").read_text(encoding="utf-8"))
            server.key = Key(kept["access_key_id"], kept["secret_access_key"])
            keys.append(server.key)
            with Line(server.url) as line:
                assert server.kms(line, "ListKeys").status == 200
    assert keys[0] == keys[1]
    assert stat.S_IMODE((home / "administrator.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    done = subprocess.run(  # noqa: S603
        command("env"), env=environ(KMSLAB_HOME=str(home)), capture_output=True, text=True, timeout=60
    )
    assert keys[0].key_id in done.stdout
    assert keys[0].secret in done.stdout


@needs_posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620])
def test_a_file_that_others_can_read(fails: Fails, tmp_path: Path, mode: int) -> None:
    file = tmp_path / "administrator.json"
    file.write_text(json.dumps({"access_key_id": "AKIA", "secret_access_key": "secret"}), encoding="utf-8")
    file.chmod(mode)
    said = fails("serve", "--port", "0", KMSLAB_HOME=str(tmp_path))
    assert said == f"kmslab: Others can read {file}, which holds a secret: chmod 600 it, or remove it for a new one."


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"access_key_id": "AKIA"}', "\x00"])
def test_a_file_that_is_damaged(fails: Fails, tmp_path: Path, text: str) -> None:
    file = tmp_path / "administrator.json"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    said = fails("serve", "--port", "0", KMSLAB_HOME=str(tmp_path))
    assert said == f"kmslab: {file} is damaged; remove it, and a new access key is made."


# --- resetting ---


def test_a_reset_has_to_be_allowed() -> None:
    with served() as server, Line(server.url) as line:
        server.kms(line, "CreateKey")
        answer = line.ask(Sent("POST", "/_kmslab/reset", headers={"Host": "a"}))
        assert (answer.status, json.loads(answer.body)) == (
            403,
            {"message": "Resetting has to be allowed: kmslab serve --allow-reset."},
        )
        assert len(json.loads(server.kms(line, "ListKeys").body)["Keys"]) == 1


def test_a_reset_empties_the_lab_and_leaves_the_access_key() -> None:
    with served("--allow-reset") as server, Line(server.url) as line:
        for _ in range(2):
            server.kms(line, "CreateKey")
            bucket = sign(Sent("PUT", "/reports", headers={"Host": "a"}), ADMIN, "s3")
            assert line.ask(bucket).status == 200
            assert line.ask(Sent("POST", "/_kmslab/reset", headers={"Host": "a"})).status == 200
            assert json.loads(server.kms(line, "ListKeys").body)["Keys"] == []
            assert line.ask(sign(Sent("GET", "/reports", headers={"Host": "a"}), ADMIN, "s3")).code == "NoSuchBucket"


def test_no_web_page_resets_the_lab() -> None:
    with served("--allow-reset") as server, Line(server.url) as line:
        server.kms(line, "CreateKey")
        page = {"Host": "a", "Origin": "https://example.com", "Content-Type": "text/plain"}
        assert line.ask(Sent("POST", "/_kmslab/reset", headers=page)).status == 403
        assert line.ask(Sent("GET", "/_kmslab/reset", headers=page)).status == 404
        assert len(json.loads(server.kms(line, "ListKeys").body)["Keys"]) == 1


# --- at once ---


def test_nobody_waits_for_rsa_keys() -> None:
    """Fifty encryptions are done before eight data key pairs are."""
    with served() as server:
        with Line(server.url) as line:
            key_id = json.loads(server.kms(line, "CreateKey").body)["KeyMetadata"]["KeyId"]
        lines = [Line(server.url, timeout=120) for _ in range(8)]
        headers = {"Host": "a", "X-Amz-Target": "TrentService.GenerateDataKeyPair"}
        body = json.dumps({"KeyId": key_id, "KeyPairSpec": "RSA_4096"}).encode()
        for each in lines:
            each.write(sign(Sent("POST", headers=headers, body=body), ADMIN, "kms").raw())
        with Line(server.url) as line:
            for number in range(50):
                plaintext = base64.b64encode(b"%d" % number).decode()
                assert server.kms(line, "Encrypt", KeyId=key_id, Plaintext=plaintext).status == 200
        for each in lines:
            each.socket.setblocking(False)
        pending = [each for each in lines if _has_nothing_to_read(each)]
        assert pending, "every key pair was there before fifty encryptions were done"
        for each in lines:
            each.socket.settimeout(120)
            answer = each.read("POST")
            assert answer.status == 200
            assert json.loads(answer.body)["KeyPairSpec"] == "RSA_4096"
            each.close()


def _has_nothing_to_read(line: Line) -> bool:
    try:
        return not line.socket.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True


def test_many_clients_at_once_leave_a_whole_world() -> None:
    """Threads create keys, encrypt, and use S3 and IAM; afterwards everything is there once."""
    done: list[int] = []

    with served() as server:

        def work(number: int) -> None:
            with Line(server.url) as line:
                key_id = json.loads(server.kms(line, "CreateKey").body)["KeyMetadata"]["KeyId"]
                assert server.kms(line, "CreateAlias", AliasName=f"alias/n{number}", TargetKeyId=key_id).status == 200
                assert (
                    line.ask(sign(Sent("PUT", f"/bucket-{number}", headers={"Host": "a"}), ADMIN, "s3")).status == 200
                )
                body = f"Action=CreateUser&Version=2010-05-08&UserName=user{number}".encode()
                assert (
                    line.ask(sign(Sent("POST", headers={"Host": "a", **FORM}, body=body), ADMIN, "iam")).status == 200
                )
                for _ in range(10):
                    blob = json.loads(server.kms(line, "Encrypt", KeyId=f"alias/n{number}", Plaintext="aGk=").body)
                    found = json.loads(server.kms(line, "Decrypt", CiphertextBlob=blob["CiphertextBlob"]).body)
                    assert found["KeyId"].endswith(key_id)
                assert line.made == 1
            done.append(number)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert sorted(done) == list(range(12))
        with Line(server.url) as line:
            assert len(json.loads(server.kms(line, "ListKeys").body)["Keys"]) == 12
            assert len(json.loads(server.kms(line, "ListAliases").body)["Aliases"]) == 12
            listed = line.ask(sign(Sent("GET", "/", headers={"Host": "a"}), ADMIN, "s3")).body
            assert listed.count(b"<Bucket>") == 12


# --- how it ends ---


@needs_posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_is_under_way_is_finished(number: int) -> None:
    with served() as server, Line(server.url) as line, Line(server.url) as idle:
        key_id = json.loads(server.kms(line, "CreateKey").body)["KeyMetadata"]["KeyId"]
        assert server.kms(idle, "ListKeys").status == 200
        headers = {"Host": "a", "X-Amz-Target": "TrentService.GenerateDataKeyPair"}
        body = json.dumps({"KeyId": key_id, "KeyPairSpec": "RSA_4096"}).encode()
        line.write(sign(Sent("POST", headers=headers, body=body), ADMIN, "kms").raw())
        # Whoever is answered later was read later, so the request has been read.
        assert server.kms(idle, "ListKeys").status == 200
        server.process.send_signal(number)
        answer = line.read("POST")
        assert answer.status == 200
        assert json.loads(answer.body)["PrivateKeyPlaintext"]
        assert server.process.wait(60) == 0


@needs_posix
def test_it_ends_before_anybody_came() -> None:
    with served() as server:
        assert server.end() == 0
    with pytest.raises(OSError, match=r"refused"), Line(server.url) as line:
        line.write(b"GET / HTTP/1.1\r\n\r\n")


@needs_posix
def test_the_port_is_free_again_at_once() -> None:
    with served() as server:
        port = server.url.rpartition(":")[2]
        with Line(server.url) as line:
            assert server.kms(line, "ListKeys").status == 200
            assert server.end() == 0
    with served("--port", port) as again, Line(again.url) as line:
        assert again.url.endswith(f":{port}")
        assert again.kms(line, "ListKeys").status == 200
