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
    "4": f"{ARN} is not pending deletion.",
    "4,13": f"{ARN} is not pending deletion.",
    "5": f"{ARN} is pending import.",
    "7": "",
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


def test_every_cell(vectors: Any) -> None:
    table = vectors("key_states")["states"]
    different = []
    for operation in KEY_STATES:
        for state in KeyState:
            cell = table[operation][state.value]
            if cell == "n/a":
                continue
            found = answer(operation, state)
            code = "ok" if found is None else found.code
            codes, _, note = cell.partition("[")
            if cell == "ok|KMSInvalidStateException[10]":
                # Footnote 10: the table says what holds for the key that an alias goes to.
                codes, note = "KMSInvalidStateException", "3]"
            allowed = codes.split("|")
            text = "" if found is None else found.message
            expected = "" if codes == "ok" or "[12" in cell else TEXTS[note.removesuffix("]")]
            if code not in allowed or text != expected:
                different.append((operation, state.value, cell, code, text))
    assert different == []


@pytest.mark.parametrize("state", [KeyState.PENDING_DELETION, KeyState.PENDING_REPLICA_DELETION])
def test_never_disabled_for_a_key_pending_deletion(state: KeyState) -> None:
    """Where the guide allows two errors, every recorded answer is KMSInvalidStateException."""
    codes = {found.code for operation in KEY_STATES if (found := answer(operation, state)) is not None}
    assert codes == {"KMSInvalidStateException"}
