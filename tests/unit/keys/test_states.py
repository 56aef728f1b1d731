"""The table of key states against a transcription of AWS's, all eight states of it."""

from __future__ import annotations

from typing import Any

import pytest

from kmslab.errors import AwsError
from kmslab.keys.states import KEY_STATES, KeyState

ARN = "arn:aws:kms:us-east-1:123456789010:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TEXTS = {
    "1": f"{ARN} is disabled.",
    "3": f"{ARN} is pending deletion.",
    "2or3": f"{ARN} is pending deletion.",
    "10": f"{ARN} is pending deletion.",
    "4": f"{ARN} is not pending deletion.",
    "4,13": f"{ARN} is not pending deletion.",
    "5": f"{ARN} is pending import.",
    "6": f"{ARN} origin is EXTERNAL which is not valid for this operation.",
    "7": "",
    "8": f"{ARN} is pending deletion.",
    "9": "",
    "11": f"{ARN} is unavailable.",
    "14": f"{ARN} is creating.",
    "15": f"{ARN} is updating.",
}


def answer(operation: str, state: KeyState) -> AwsError | None:
    refuse = KEY_STATES[operation][state]
    return None if refuse is None else refuse(ARN)


def test_the_states_are_aws() -> None:
    assert [state.value for state in KeyState] == [
        "Enabled",
        "Disabled",
        "PendingDeletion",
        "PendingReplicaDeletion",
        "PendingImport",
        "Unavailable",
        "Creating",
        "Updating",
    ]


#: Footnotes that speak of the key's origin and not of its state; the gate before the state answers them.
OF_ORIGIN = ("7", "9")


def expected(cell: str) -> set[tuple[str, str]]:
    """What a cell allows, as (code, text)."""
    answers = [(code, note.removesuffix("]")) for code, _, note in (each.partition("[") for each in cell.split("|"))]
    # "A|B[2or3]": the footnote is that of both.
    answers = [(code, note or answers[-1][1]) for code, note in answers]
    of_state = [(code, note) for code, note in answers if code == "ok" or note not in OF_ORIGIN]
    return {(code, "" if code == "ok" else TEXTS[note]) for code, note in of_state or answers}


def test_every_cell(vectors: Any) -> None:
    table = vectors("key_states")["states"]
    different = []
    for operation in KEY_STATES:
        for state in KeyState:
            cell = table[operation][state.value]
            if cell == "n/a":
                continue
            found = answer(operation, state)
            said = ("ok", "") if found is None else (found.code, found.message)
            allowed = expected(cell)
            if "[10]" in cell:
                # Footnote 10: the table says what holds for the key that an alias goes to.
                allowed -= {("ok", "")}
            if said not in allowed:
                different.append((operation, state.value, cell, said))
    assert different == []


@pytest.mark.parametrize("state", [KeyState.PENDING_DELETION, KeyState.PENDING_REPLICA_DELETION])
def test_never_disabled_for_a_key_pending_deletion(state: KeyState) -> None:
    """Where the guide allows two errors, every recorded answer is KMSInvalidStateException."""
    codes = {found.code for operation in KEY_STATES if (found := answer(operation, state)) is not None}
    assert codes == {"KMSInvalidStateException"}
