"""The key ring: which materials a key has, which is current, which are here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kmslab.keys.material import KeyMaterial
from kmslab.keys.ring import KeyRing, MaterialState, RingEntry, RotationType

NOW = datetime(2026, 1, 5, tzinfo=UTC)
ONE, TWO = KeyMaterial("1" * 64, b"one"), KeyMaterial("2" * 64, b"two")


def imported(material: KeyMaterial, **values: Any) -> RingEntry:
    return RingEntry(material.material_id, material, fingerprint=b"print of " + material.raw, **values)


def waiting(material: KeyMaterial) -> RingEntry:
    return imported(material, state=MaterialState.PENDING_ROTATION)


def test_a_ring_of_one() -> None:
    ring = KeyRing.of(ONE)
    assert len(ring) == 1
    assert ring.is_complete
    assert ring.current is ring.entry(ONE.material_id)
    assert ring.find(ONE.material_id) is ONE
    assert ring.waiting is None


def test_an_empty_ring() -> None:
    ring = KeyRing()
    assert (len(ring), list(ring), ring.is_complete, ring.current, ring.waiting) == (0, [], False, None, None)
    assert ring.entry("1" * 64) is None
    assert ring.find("1" * 64) is None


def test_what_waits_neither_encrypts_nor_decrypts_and_is_not_missed() -> None:
    ring = KeyRing(imported(ONE))
    entry = waiting(TWO)
    ring.add(entry)
    assert ring.waiting is entry
    assert ring.find(TWO.material_id) is None
    assert ring.current is ring.entry(ONE.material_id)
    ring.empty(TWO.material_id)
    assert ring.is_complete
    assert (entry.material, entry.valid_to) == (None, None)


def test_rotation() -> None:
    ring = KeyRing(imported(ONE))
    ring.add(waiting(TWO))
    ring.rotate_to(TWO.material_id, NOW, RotationType.ON_DEMAND)
    assert [(each.state, each.rotated, each.rotation_type) for each in ring] == [
        (MaterialState.NON_CURRENT, None, None),
        (MaterialState.CURRENT, NOW, RotationType.ON_DEMAND),
    ]
    assert ring.current is ring.entry(TWO.material_id)
    assert (ring.find(ONE.material_id), ring.find(TWO.material_id), ring.waiting) == (ONE, TWO, None)


def test_a_ring_without_a_current_material_can_rotate_to_one() -> None:
    ring = KeyRing(waiting(ONE))
    assert not ring.is_complete
    ring.rotate_to(ONE.material_id, NOW, RotationType.ON_DEMAND)
    assert ring.is_complete


@pytest.mark.parametrize("lost", [ONE, TWO], ids=["the old one", "the current one"])
def test_one_missing_material_is_enough(lost: KeyMaterial) -> None:
    ring = KeyRing(imported(ONE, state=MaterialState.NON_CURRENT, valid_to=NOW), imported(TWO, valid_to=NOW))
    ring.empty(lost.material_id)
    assert not ring.is_complete
    assert len(ring) == 2
    assert ring.find(lost.material_id) is None
    assert ring.current is ring.entry(TWO.material_id)
    ring.place(lost.material_id, lost, None)
    assert ring.is_complete
    assert ring.find(lost.material_id) is lost


def test_what_waits_can_be_forgotten() -> None:
    ring = KeyRing(imported(ONE), waiting(TWO))
    ring.forget(TWO.material_id)
    assert [each.material_id for each in ring] == [ONE.material_id]
    assert ring.is_complete


def test_imported_material_is_recognised_by_its_fingerprint() -> None:
    ring = KeyRing(imported(ONE), RingEntry(TWO.material_id, TWO))
    assert ring.recognise(lambda known: known == b"print of one") is ring.entry(ONE.material_id)
    assert ring.recognise(lambda known: known == b"") is None, "material that KMS made has none"


def test_copies_are_rings_of_their_own() -> None:
    ring = KeyRing(imported(ONE, valid_to=NOW, description="d"))
    with_material, without = ring.copy(with_material=True), ring.copy(with_material=False)
    assert with_material.find(ONE.material_id) is ONE
    (entry,) = without
    assert (entry.material, entry.valid_to, entry.fingerprint) == (None, None, b"print of one")
    assert not without.is_complete
    with_material.empty(ONE.material_id)
    assert ring.is_complete


def test_fingerprints_are_not_shown() -> None:
    assert "print of" not in repr(imported(ONE))


def test_what_is_permanent() -> None:
    assert [state for state in MaterialState if state.is_permanent] == [
        MaterialState.NON_CURRENT,
        MaterialState.CURRENT,
    ]
