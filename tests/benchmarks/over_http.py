"""Requests a second over HTTP: kmslab, moto's server and a server that only says a constant, in the same run.

    python tests/benchmarks/over_http.py [--seconds 5] [--connections 16]

Needs `wrk` (apt-get install wrk) and, for moto's server, flask and flask-cors. kmslab verifies every signature, asks the
policies, and keeps bill and trail; moto's server does none of that. Every server is one process; `wrk` is another.
"""  # noqa: E501

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

KEY = ("AKIAIOSFODNN7EXAMPLE", "benchmark-only")
_BARE = """
import sys, uvicorn
async def app(scope, receive, send):
    await receive()
    headers = [(b"content-type", b"application/x-amz-json-1.1"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})
uvicorn.run(app, port=int(sys.argv[1]), lifespan="off", log_level="error", access_log=False)
"""


def main() -> None:
    """Measure every server in turn, several times, and print requests a second."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("This benchmark needs wrk: apt-get install wrk")
    results: dict[tuple[str, str], list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
            for server, command in servers(Path(folder)).items():
                with running(command) as url:
                    for work, script in scripts(url, Path(folder), bare=server == "constant").items():
                        rate = wrk(url, script, options)
                        results.setdefault((server, work), []).append(rate)
    show(results)


def servers(folder: Path) -> dict[str, list[str]]:
    """The command of each server; PORT stands for its port."""
    python = sys.executable
    state = str(folder / f"state-{time.monotonic_ns()}.kmslab")
    return {
        "kmslab": [python, "-m", "kmslab", "serve", "--port", "PORT"],
        "kmslab, state file": [python, "-m", "kmslab", "serve", "--port", "PORT", "--state", state],
        "moto": [python, "-c", "from moto.server import main; import sys; main(sys.argv[1:])", "-p", "PORT"],
        "constant": [python, "-c", _BARE, "PORT"],
    }


@contextmanager
def running(command: list[str]) -> Iterator[str]:
    """Run a server on a port of its own."""
    port = _free_port()
    environment = os.environ | {"KMSLAB_ACCESS_KEY_ID": KEY[0], "KMSLAB_SECRET_ACCESS_KEY": KEY[1]}
    words = [str(port) if word == "PORT" else word for word in command]
    process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def scripts(url: str, folder: Path, *, bare: bool) -> dict[str, Path]:
    """One wrk script for each kind of work, with a request that was signed just now."""
    key_id = "none"
    if not bare:
        client = boto3.client(
            "kms", "us-east-1", endpoint_url=url, aws_access_key_id=KEY[0], aws_secret_access_key=KEY[1]
        )
        key_id = client.create_key()["KeyMetadata"]["KeyId"]
        blob = client.encrypt(KeyId=key_id, Plaintext=b"x" * 32)["CiphertextBlob"]
    else:
        blob = b"x" * 184
    works = {
        "Encrypt": {"KeyId": key_id, "Plaintext": _base64(b"x" * 32)},
        "Decrypt": {"CiphertextBlob": _base64(blob)},
        "GenerateDataKey": {"KeyId": key_id, "KeySpec": "AES_256"},
        "DescribeKey": {"KeyId": key_id},
    }
    return {name: _script(url, folder, name, members) for name, members in works.items()}


def _script(url: str, folder: Path, operation: str, members: dict[str, str]) -> Path:
    body = json.dumps(members)
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"TrentService.{operation}"}
    request = AWSRequest("POST", f"{url}/", headers=headers, data=body)
    SigV4Auth(Credentials(*KEY), "kms", "us-east-1").add_auth(request)
    # One request before the measurement: it has to be answered, and not refused.
    sent = Request(f"{url}/", body.encode(), dict(request.headers.items()), method="POST")  # noqa: S310
    with urlopen(sent) as reply:  # noqa: S310
        assert reply.status == 200
    lines = [f"wrk.method = 'POST'\nwrk.body = {json.dumps(body)}"]
    lines += [f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}" for name, value in request.headers.items()]
    path = folder / f"{operation}.lua"
    path.write_text("\n".join(lines))
    return path


def wrk(url: str, script: Path, options: argparse.Namespace) -> float:
    """Requests a second; a single refused one spoils the measurement."""
    command = ["wrk", "-t1", f"-c{options.connections}", f"-d{options.seconds}s", "-s", str(script), f"{url}/"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
    assert "Non-2xx" not in said, said
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])


def show(results: dict[tuple[str, str], list[float]]) -> None:
    """Print the medians and how they compare."""
    works = list(dict.fromkeys(work for _, work in results))
    print(f"{'requests a second (median)':28}" + "".join(f"{work:>18}" for work in works))
    for server in dict.fromkeys(server for server, _ in results):
        medians = [sorted(results[server, work])[len(results[server, work]) // 2] for work in works]
        print(f"{server:28}" + "".join(f"{median:>18,.0f}" for median in medians))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if process.poll() is not None:
            raise SystemExit(f"{process.args} has ended")
        try:
            urlopen(url, timeout=1)  # noqa: S310
        except (URLError, OSError) as error:
            if getattr(error, "code", None) is not None:
                return
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{url} does not answer")


if __name__ == "__main__":
    main()
