"""A KMS key: its states and its uses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kmslab.keys import use
from kmslab.keys.metadata import key_metadata
from kmslab.keys.ring import KeyRing
from kmslab.keys.states import KeyState

LATER = datetime(2026, 2, 4, tzinfo=UTC)


class TestLife:
    def test_enabled_and_disabled_change_into_each_other(self, new_key: Any) -> None:
        key = new_key()
        assert key.state is KeyState.ENABLED
        key.disable()
        assert key.state is KeyState.DISABLED
        key.enable()
        assert key.state is KeyState.ENABLED

    @pytest.mark.parametrize("disabled", [False, True])
    def test_cancelling_a_deletion_leaves_it_disabled(self, new_key: Any, disabled: bool) -> None:
        key = new_key()
        if disabled:
            key.disable()
        key.schedule_deletion(30, LATER)
        assert (key.state, key.deletion_date) == (KeyState.PENDING_DELETION, LATER)
        key.cancel_deletion()
        assert (key.state, key.deletion_date) == (KeyState.DISABLED, None)

    def test_a_state_hides_those_below_it(self, new_key: Any) -> None:
        """Deletion, transition, missing material, key store, switch: the first that applies is shown."""
        store = type("Store", (), {"is_connected": False})()
        key = new_key(key_store=store)
        key.disable()
        assert key.state is KeyState.UNAVAILABLE
        present, key.ring = key.ring, KeyRing()
        assert key.state is KeyState.PENDING_IMPORT
        key.transition = KeyState.UPDATING
        assert key.state is KeyState.UPDATING
        key.schedule_deletion(7, None)
        assert key.state is KeyState.PENDING_REPLICA_DELETION
        key.schedule_deletion(7, LATER)
        assert key.state is KeyState.PENDING_DELETION
        key.cancel_deletion()
        key.transition, key.ring = None, present
        store.is_connected = True
        assert key.state is KeyState.DISABLED

    def test_without_material_there_is_nothing_to_use(self, new_key: Any) -> None:
        key = new_key(ring=KeyRing())
        with pytest.raises(LookupError, match="has no key material"):
            use.encrypt(key, b"x", "SYMMETRIC_DEFAULT", {})
        assert "CurrentKeyMaterialId" not in key_metadata(key)

    def test_two_keys_are_never_equal(self, new_key: Any) -> None:
        assert new_key(key_id="x") != new_key(key_id="x")

    def test_metadata_shows_the_deletion_date_only_when_there_is_one(self, new_key: Any) -> None:
        key = new_key()
        assert "DeletionDate" not in key_metadata(key)
        key.schedule_deletion(30, LATER)
        assert key_metadata(key)["DeletionDate"] == LATER
        assert key_metadata(key)["Enabled"] is False
