"""What plays a service is imported while nothing waits: by the event loop, between the client and the first call."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest

from kmslab import Lab

WATCHED = ("kmslab.cloud.services", "moto.ssm.urls", "moto.ec2.models")


def later(code: str, **environment: str) -> list[str]:
    """Which of the modules a fresh process has after some seconds of waiting in its event loop."""
    program = (
        f"import asyncio, sys\n{code}\nfor _ in range(300):\n"
        "    loop.run_until_complete(asyncio.sleep(0.1))\n"
        "    if 'moto.ssm.urls' in sys.modules or not wanted: break\n"
        f"print(*[name for name in {WATCHED} if name in sys.modules])"
    )
    return subprocess.check_output(  # noqa: S603
        [sys.executable, "-c", program], env=os.environ | environment, stderr=subprocess.STDOUT, text=True, timeout=120
    ).split()


IN_A_CELL = """
from kmslab import Lab
loop, wanted = asyncio.new_event_loop(), {wanted}
async def cell():
    Lab(seed=1).client({service!r})
    assert "moto.ssm.urls" not in sys.modules
loop.run_until_complete(cell())
"""


def test_after_the_cell_that_makes_the_client_and_without_the_profile_of_this_machine() -> None:
    assert later(IN_A_CELL.format(service="ssm", wanted=True), AWS_PROFILE="is-not-there") == list(WATCHED)


def test_nothing_for_kms_alone() -> None:
    assert later(IN_A_CELL.format(service="kms", wanted=False)) == []


def test_a_program_without_an_event_loop_imports_with_the_first_call() -> None:
    code = "from kmslab import Lab\nssm = Lab(seed=1).client('ssm')\nloop, wanted = asyncio.new_event_loop(), False"
    assert later(code) == []


@pytest.mark.parametrize("pause", [0, 0.5])
def test_ids_and_times_are_the_same(pause: float) -> None:
    async def cell() -> tuple[str, str]:
        lab = Lab(seed=7)
        clients = [lab.client(name) for name in ("ssm", "secretsmanager", "kms")]
        await asyncio.sleep(pause)
        clients[0].put_parameter(Name="/a", Type="SecureString", Value="x")
        key = clients[2].create_key()["KeyMetadata"]
        return key["KeyId"], key["CreationDate"].isoformat()

    assert asyncio.run(cell()) == _without_a_loop()


def _without_a_loop() -> tuple[str, str]:
    lab = Lab(seed=7)
    lab.client("ssm").put_parameter(Name="/a", Type="SecureString", Value="x")
    key = lab.client("kms").create_key()["KeyMetadata"]
    return key["KeyId"], key["CreationDate"].isoformat()
