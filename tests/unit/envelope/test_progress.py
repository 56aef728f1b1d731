"""Who is told how far it is, and that nobody else is told anything."""

from __future__ import annotations

import os
from pathlib import Path

from kmslab.envelope import decrypt, decrypt_file, encrypt_file


def test_a_progress_function_is_told_up_to_the_total(fake_kms, plain: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    def note(done: int, total: int) -> None:
        told.append((done, total))

    for src, work in (
        (plain, lambda: encrypt_file(fake_kms, "alias/app", plain, tmp_path / "sealed", progress=note)),
        (tmp_path / "sealed", lambda: decrypt_file(fake_kms, tmp_path / "sealed", tmp_path / "back", progress=note)),
    ):
        told.clear()
        work()
        size = src.stat().st_size
        done = [each for each, _ in told]
        assert done == sorted(set(done)), "progress must increase with every call"
        assert len(done) >= 3
        assert done[-1] == size
        assert {total for _, total in told} == {size}


def test_progress_of_an_empty_file(fake_kms, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    told: list[tuple[int, int]] = []
    encrypt_file(
        fake_kms, "alias/app", tmp_path / "empty", tmp_path / "sealed", progress=lambda *both: told.append(both)
    )
    assert told == [(0, 0)]


def test_a_pipe_can_be_encrypted_although_its_size_is_not_known(fake_kms, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    try:
        os.write(writing, b"data")
        os.close(writing)
        told: list[tuple[int, int]] = []
        encrypt_file(
            fake_kms, "alias/app", f"/dev/fd/{reading}", tmp_path / "sealed", progress=lambda *both: told.append(both)
        )
    finally:
        os.close(reading)
    assert told == [(4, 4)]
    assert decrypt(fake_kms, (tmp_path / "sealed").read_bytes()) == b"data"


def test_a_bar_is_shown_on_request(fake_kms, plain: Path, tmp_path: Path, capsys) -> None:
    encrypt_file(fake_kms, "alias/app", plain, tmp_path / "sealed", progress=True)
    shown = capsys.readouterr()
    assert "encrypt plain: 100%" in shown.err
    assert "512k/512k" in shown.err
    assert shown.out == ""
    decrypt_file(fake_kms, tmp_path / "sealed", tmp_path / "back", progress=True)
    assert "decrypt sealed: 100%" in capsys.readouterr().err


def test_nothing_is_shown_otherwise(fake_kms, plain: Path, tmp_path: Path, capsys) -> None:
    encrypt_file(fake_kms, "alias/app", plain, tmp_path / "sealed")
    decrypt_file(fake_kms, tmp_path / "sealed", tmp_path / "back")
    assert capsys.readouterr() == ("", "")
