"""Requests a second over HTTP: kmslab, other simulators, and a server that only says a constant, in the same run.

    python tests/benchmarks/over_http.py [--seconds 2] [--rounds 3] [--connections 8]

Needs `wrk` (apt-get install wrk). kmslab verifies every signature, asks the policies, and keeps bill and trail; moto's
server and MiniStack do none of that. Every server is one process and lives through the run; `wrk` is another, with one
thread. They take turns, work by work, and ratios are taken round by round.

The constant is a bare ASGI application under uvicorn with httptools and uvloop: it reads the body and answers 200 with
the headers that uvicorn sets itself, a content type and a length, and the very bytes that kmslab answered to an Encrypt
(some 400, as long as most replies of KMS). All requests of one work are one request, signed just before: the signature
is verified each time, nothing of it is remembered from one to the next.

The latency is of Encrypt, while a client on a connection of its own has digests signed with RSA_4096, one after the
other. On two cores server, `wrk` and that client share them.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import URLError
from urllib.request import Request, urlopen

import boto3
import peers
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from table import Line, Target

KEY = ("AKIAIOSFODNN7EXAMPLE", "benchmark-only")
WORKS = ("Encrypt", "Decrypt", "GenerateDataKey", "DescribeKey", "GenerateMac")
CONSTANT = tuple(Target(f"HTTP: {work}", "requests/s", "a constant", "at least", 1 / 3) for work in WORKS)
MOTO = tuple(Target(f"HTTP: {work}", "requests/s", "moto's server", "at least", 12) for work in WORKS)
SIGN = Target("HTTP: Sign, ECC_NIST_P256", "requests/s", "", "at least", 6000)
LATENCY = Target("HTTP: p99 of Encrypt beside RSA_4096 signing", "ms", "", "at most", 5)
TARGETS = (*CONSTANT, *MOTO, SIGN, LATENCY)

#: What no target is about.
OTHERS = ("kmslab, state file", "MiniStack")

NO_WRK = "needs wrk: apt-get install wrk"
NO_PEER = "could not be installed: python tests/benchmarks/peers.py"

_BARE = """
import sys, uvicorn
port, body = int(sys.argv[1]), sys.argv[2].encode()
headers = [(b"content-type", b"application/x-amz-json-1.1"), (b"content-length", str(len(body)).encode())]
async def app(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
uvicorn.run(
    app, port=port, http="httptools", loop="uvloop", lifespan="off", ws="none", log_level="error", access_log=False
)
"""
_MOTO = "import sys; from moto.server import main; main(sys.argv[1:])"


class Load(NamedTuple):
    """How `wrk` is to ask."""

    seconds: int
    rounds: int
    connections: int = 8


#: Requests a second of a server at some work, one for each round.
Rates = dict[tuple[str, str], list[float]]


def main() -> None:
    """Measure every server in turn, several times, and print requests a second."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=2, help="of a turn (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="(%(default)s)")
    parser.add_argument("--connections", type=int, default=8, help="(%(default)s)")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit(f"This benchmark {NO_WRK}")
    load = Load(options.seconds, options.rounds, options.connections)
    with tempfile.TemporaryDirectory() as folder, running_all(Path(folder), OTHERS) as servers:
        show(measure(servers, load))
        ninety_nine, signed = latency(servers["kmslab"], load)
    print(f"p99 of Encrypt beside {signed:,.0f} RSA_4096 signatures a second: {ninety_nine:.2f} ms")


def lines(options: argparse.Namespace) -> Iterator[Line]:
    """Two for each operation, one for signing, one for the latency; MiniStack stands in a note."""
    if shutil.which("wrk") is None:
        yield from (target.not_measured(NO_WRK) for target in TARGETS)
        return
    load, others = (Load(1, 1), ()) if options.quick else (Load(2, 3), ("MiniStack",))
    with tempfile.TemporaryDirectory() as folder, running_all(Path(folder), others) as servers:
        rates = measure(servers, load)
        for target, work in zip(CONSTANT, WORKS, strict=True):
            note = ""
            if (other := rates.get(("MiniStack", work))) is not None:
                note = f"MiniStack: {statistics.median(other):,.0f}, {ratio(rates, 'MiniStack', work):.1f} x"
            yield compared(target, rates, "constant", work, note)
        for target, work in zip(MOTO, WORKS, strict=True):
            yield compared(target, rates, "moto", work)
        yield SIGN.line(statistics.median(rates["kmslab", "Sign"]))
        ninety_nine, signed = latency(servers["kmslab"], load)
        yield LATENCY.line(ninety_nine, note=f"{signed:,.0f} RSA signatures/s meanwhile")


def compared(target: Target, rates: Rates, peer: str, work: str, note: str = "") -> Line:
    """A line of kmslab beside a peer."""
    ours = statistics.median(rates["kmslab", work])
    if (peer, work) not in rates:
        return target.not_measured(f"{peer} {NO_PEER}", ours)
    return target.line(ours, statistics.median(rates[peer, work]), ratio(rates, peer, work), note)


def ratio(rates: Rates, peer: str, work: str) -> float:
    """How often as many requests as a peer, round by round: the median."""
    pairs = zip(rates["kmslab", work], rates[peer, work], strict=True)
    return statistics.median(ours / theirs for ours, theirs in pairs)


class Server:
    """One that runs, and what can be asked of it."""

    def __init__(self, url: str, folder: Path, *, has_keys: bool = True) -> None:
        """Make the keys, if it has any."""
        self.url = url
        self._folder = folder
        keys = _keys(url) if has_keys else dict.fromkeys(("aes", "mac", "p256", "rsa", "blob"), "none")
        digest = {"Message": _base64(b"d" * 32), "MessageType": "DIGEST"}
        self.works: dict[str, tuple[str, dict[str, str]]] = {
            "Encrypt": ("Encrypt", {"KeyId": keys["aes"], "Plaintext": _base64(b"x" * 32)}),
            "Decrypt": ("Decrypt", {"CiphertextBlob": keys["blob"]}),
            "GenerateDataKey": ("GenerateDataKey", {"KeyId": keys["aes"], "KeySpec": "AES_256"}),
            "DescribeKey": ("DescribeKey", {"KeyId": keys["aes"]}),
            "GenerateMac": (
                "GenerateMac",
                {"KeyId": keys["mac"], "Message": _base64(b"x" * 32), "MacAlgorithm": "HMAC_SHA_256"},
            ),
            "Sign": ("Sign", {"KeyId": keys["p256"], "SigningAlgorithm": "ECDSA_SHA_256", **digest}),
            "Sign, RSA_4096": (
                "Sign",
                {"KeyId": keys["rsa"], "SigningAlgorithm": "RSASSA_PSS_SHA_256", **digest},
            ),
        }

    def ask(self, work: str) -> tuple[Path, bytes]:
        """A script for wrk with a request that is signed just now, and what the server says to it."""
        operation, members = self.works[work]
        body = json.dumps(members)
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"TrentService.{operation}"}
        request = AWSRequest("POST", f"{self.url}/", headers=headers, data=body)
        SigV4Auth(Credentials(*KEY), "kms", "us-east-1").add_auth(request)
        # One request before the measurement: it has to be answered, and not refused.
        sent = Request(f"{self.url}/", body.encode(), dict(request.headers.items()), method="POST")  # noqa: S310
        with urlopen(sent) as reply:  # noqa: S310
            assert reply.status == 200
            said = reply.read()
        lines = [f"wrk.method = 'POST'\nwrk.body = {json.dumps(body)}"]
        lines += [f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}" for name, value in request.headers.items()]
        path = self._folder / f"{self.url.rpartition(':')[2]}-{work.replace(', ', '-')}.lua"
        path.write_text("\n".join(lines))
        return path, said


def _keys(url: str) -> dict[str, str]:
    kms = boto3.client(
        "kms", "us-east-1", endpoint_url=url, aws_access_key_id=KEY[0], aws_secret_access_key=KEY[1],
        config=Config(read_timeout=60),
    )  # fmt: skip
    specs = {
        "aes": {},
        "mac": {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
        "p256": {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"},
        "rsa": {"KeySpec": "RSA_4096", "KeyUsage": "SIGN_VERIFY"},
    }
    made: dict[str, str] = {name: kms.create_key(**spec)["KeyMetadata"]["KeyId"] for name, spec in specs.items()}
    made["blob"] = _base64(kms.encrypt(KeyId=made["aes"], Plaintext=b"x" * 32)["CiphertextBlob"])
    return made


@contextmanager
def running_all(folder: Path, others: Collection[str]) -> Iterator[dict[str, Server]]:
    """Those servers that can be had which targets are about, and these others."""
    python = sys.executable
    commands = {"kmslab": [python, "-m", "kmslab", "serve", "--port", "PORT"]}
    if path := peers.python("moto"):
        commands["moto"] = [path, "-c", _MOTO, "-p", "PORT"]
    if "kmslab, state file" in others:
        commands["kmslab, state file"] = [*commands["kmslab"], "--state", str(folder / "state.kmslab")]
    if "MiniStack" in others and (path := peers.python("ministack")):
        commands["MiniStack"] = [path, "-m", "ministack"]
    with ExitStack() as stack:
        servers = {
            name: Server(stack.enter_context(running(command, folder)), folder) for name, command in commands.items()
        }
        said = servers["kmslab"].ask("Encrypt")[1].decode()
        bare = stack.enter_context(running([python, "-c", _BARE, "PORT", said], folder))
        servers["constant"] = Server(bare, folder, has_keys=False)
        yield servers


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[str]:
    """Run a server on a port of its own, on this computer only."""
    port = str(_free_port())
    environment = os.environ | {
        "KMSLAB_ACCESS_KEY_ID": KEY[0], "KMSLAB_SECRET_ACCESS_KEY": KEY[1], "HOME": str(folder),
        # MiniStack's: it would listen to the whole network, and for MQTT besides.
        "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": port, "SERVICES": "kms", "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "ERROR",
    }  # fmt: skip
    words = [port if word == "PORT" else word for word in command]
    process = subprocess.Popen(  # noqa: S603
        words, env=environment, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def measure(servers: dict[str, Server], load: Load) -> Rates:
    """Let the servers take turns, work by work."""
    rates: Rates = {}
    for number in range(load.rounds):
        for work in (*WORKS, "Sign"):
            print(f"\rround {number + 1} of {load.rounds}: {work:16}", end="", file=sys.stderr, flush=True)
            for name, server in servers.items():
                if work != "Sign" or name.startswith("kmslab"):
                    said = wrk(server, work, load)
                    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])  # type: ignore[index]
                    rates.setdefault((name, work), []).append(rate)
    print(file=sys.stderr)
    return rates


def latency(server: Server, load: Load) -> tuple[float, float]:
    """The p99 of Encrypt in milliseconds, and how many RSA signatures a second were made meanwhile."""
    seconds = 2 if load.seconds == 1 else 10
    signer = wrk_process(server, "Sign, RSA_4096", seconds + 1, 1)
    time.sleep(0.5)
    said = wrk(server, "Encrypt", load._replace(seconds=seconds))
    found = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    assert found, said
    signed = _answered(signer)
    milliseconds = float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000}[found[2]]
    return milliseconds, float(re.search(r"Requests/sec:\s+([\d.]+)", signed)[1])  # type: ignore[index]


def wrk(server: Server, work: str, load: Load) -> str:
    """What wrk says in the end."""
    return _answered(wrk_process(server, work, load.seconds, load.connections))


def wrk_process(server: Server, work: str, seconds: int, connections: int) -> Any:
    """One that has begun to ask."""
    script, _ = server.ask(work)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script), f"{server.url}/"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603


def _answered(process: Any) -> str:
    """Wait for wrk; a single refused request spoils the measurement."""
    said, _ = process.communicate()
    assert process.returncode == 0, said
    assert "Non-2xx" not in said, said
    assert "Socket errors" not in said, said
    return str(said)


def show(rates: Rates) -> None:
    """Print the medians."""
    works = (*WORKS, "Sign")
    print(f"{'requests a second (median)':28}" + "".join(f"{work:>18}" for work in works))
    for server in dict.fromkeys(server for server, _ in rates):
        found = (rates.get((server, work)) for work in works)
        print(f"{server:28}" + "".join(f"{statistics.median(each):>18,.0f}" if each else " " * 18 for each in found))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise SystemExit(f"{process.args} has ended")
        try:
            urlopen(url, timeout=5)  # noqa: S310
        except (URLError, OSError) as error:
            if getattr(error, "code", None) is not None:
                return
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{url} does not answer")


if __name__ == "__main__":
    main()
