"""A file that cannot be used is refused with one clear sentence, and stays as it is."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.storage import database, vault


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A state file with some keys, closed."""
    made = tmp_path / "lab.kmslab"
    with Lab.open(made, seed=1) as lab:
        kms = lab.client("kms")
        for number in range(30):
            kms.create_key(Description=f"key {number}", Tags=[{"TagKey": "n", "TagValue": "v" * 200}])
    return made


def left_open(path: Path, aside: Path) -> Path:
    """A copy of a file as a killed process leaves it: much of it is still in the log."""
    with Lab.open(path) as lab:
        lab.client("kms").create_key()
        aside.mkdir()
        for each in path.parent.glob("lab.kmslab*"):
            shutil.copy(each, aside)
    assert (aside / "lab.kmslab-wal").stat().st_size > 0
    return aside / "lab.kmslab"


def contents(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir() if each.suffix not in (".lock", "")}


def assert_refused(path: Path, sentence: str) -> None:
    before = contents(path.parent)
    with pytest.raises(KmslabError) as caught:
        Lab.open(path)
    assert str(caught.value) == sentence
    assert contents(path.parent) == before


DAMAGED = "{path} is damaged, and was not opened; put a copy of it back, or move it away."


@pytest.mark.parametrize("write", [b"", b"SQLite form"])
def test_an_empty_or_cut_off_file(tmp_path: Path, write: bytes) -> None:
    path = tmp_path / "lab.kmslab"
    path.write_bytes(write)
    assert_refused(path, DAMAGED.format(path=path))


@pytest.mark.parametrize("write", [b"x", b"just some notes about keys\n" * 100])
def test_a_text_file(tmp_path: Path, write: bytes) -> None:
    path = tmp_path / "notes.kmslab"
    path.write_bytes(write)
    assert_refused(path, f"{path} is not a state file of kmslab; choose another name, or move it away.")


def test_a_database_of_another_program(tmp_path: Path) -> None:
    path = tmp_path / "other.kmslab"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE rows (kind, id, value)")
        connection.commit()
    assert_refused(path, f"{path} is not a state file of kmslab; choose another name, or move it away.")


def test_a_newer_version(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(60)
        file.write((99).to_bytes(4))
    assert_refused(
        path,
        f"{path} was written by a newer kmslab (version 99 of the file, and this one reads up to 1); upgrade kmslab.",
    )


def test_each_damaged_page_is_found(path: Path) -> None:
    whole = path.read_bytes()
    page = int.from_bytes(whole[16:18])
    for start in range(0, len(whole), page):
        path.write_bytes(whole[: start + 100] + b"U" * (page - 100) + whole[start + page :])
        assert_refused(path, DAMAGED.format(path=path))


def test_a_damaged_byte_is_found_or_is_one_that_nothing_is_in(path: Path) -> None:
    whole = path.read_bytes()
    with Lab.open(path) as lab:
        inventory = lab.inventory
    refused = 0
    for place in range(50, len(whole), 2039):
        damaged = bytearray(whole)
        damaged[place] ^= 0x55
        path.write_bytes(damaged)
        try:
            with Lab.open(path) as again:
                found = again.inventory
        except KmslabError as error:
            refused += str(error) == DAMAGED.format(path=path)
        else:
            assert found == inventory
    assert refused > 10


def test_a_truncated_file(path: Path) -> None:
    whole = path.read_bytes()
    for size in (100, 4096, len(whole) // 2, len(whole) - 4096, len(whole) - 1):
        path.write_bytes(whole[:size])
        assert_refused(path, DAMAGED.format(path=path))


def without_a_row(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM rows WHERE id = (SELECT max(id) FROM rows WHERE kind = 'key')")


def with_rows_exchanged(connection: sqlite3.Connection) -> None:
    two = connection.execute("SELECT id, value FROM rows WHERE kind = 'key' LIMIT 2").fetchall()
    connection.execute("UPDATE rows SET value = ? WHERE kind = 'key' AND id = ?", (two[0][1], two[1][0]))


def with_a_foreign_header(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE header SET value = x'c0'")


@pytest.mark.parametrize("forge", [without_a_row, with_rows_exchanged, with_a_foreign_header])
def test_a_forged_file(path: Path, forge: Callable[[sqlite3.Connection], None]) -> None:
    with closing(sqlite3.connect(path)) as connection:
        forge(connection)
        connection.commit()
    assert_refused(path, DAMAGED.format(path=path))


def test_a_row_of_an_earlier_time(path: Path) -> None:
    read = "SELECT id, value FROM rows WHERE kind = 'key' ORDER BY id"
    with closing(sqlite3.connect(path)) as connection:
        before = connection.execute(read).fetchall()
    with Lab.open(path) as lab:
        for key in lab.inventory:
            lab.client("kms").disable_key(KeyId=key.key_id)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE rows SET value = ? WHERE kind = 'key' AND id = ?", before[0][::-1])
        connection.commit()
    assert_refused(path, DAMAGED.format(path=path))


@pytest.mark.parametrize("killed", [False, True])
def test_another_root_key(path: Path, tmp_path: Path, killed: bool) -> None:
    path = left_open(path, tmp_path / "aside") if killed else path
    key = vault.key_file(path)
    key.write_text("ab" * 32 + "\n")
    assert_refused(path, f"{path} is not sealed with the key in {key}; it takes the one that it was made with.")


@pytest.mark.parametrize("text", ["", "ab" * 31, "not hexadecimal", "äö"])
def test_a_damaged_root_key(path: Path, text: str) -> None:
    key = vault.key_file(path)
    key.write_text(text, encoding="utf-8")
    assert_refused(path, f"{key} is damaged: it has to hold one line of 64 hexadecimal digits.")


def test_a_missing_root_key(path: Path) -> None:
    key = vault.key_file(path)
    key.unlink()
    assert_refused(path, f"{path} is sealed with a key that is missing; put {key} back beside it.")


@pytest.mark.skipif(os.name != "posix", reason="needs the file modes of POSIX")
def test_a_root_key_that_others_can_read(path: Path) -> None:
    key = vault.key_file(path)
    key.chmod(0o644)
    assert_refused(path, f"Others can read {key}, which holds a secret key: run chmod 600 on it.")


@pytest.mark.skipif(os.name != "posix", reason="needs the file modes of POSIX")
def test_only_its_owner_can_read_it(path: Path) -> None:
    modes = {each.name: each.stat().st_mode & 0o777 for each in path.parent.iterdir()}
    assert modes == {"lab.kmslab": 0o600, "lab.kmslab.key": 0o600, "lab.kmslab.lock": 0o600}


def test_a_passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lab.kmslab"
    monkeypatch.setattr(vault, "SCRYPT", (2**10, 8, 1))
    monkeypatch.setenv("KMSLAB_PASSPHRASE", "correct horse")
    with Lab.open(path, seed=1) as lab:
        key = lab.client("kms").create_key()["KeyMetadata"]["KeyId"]
    assert not vault.key_file(path).exists()
    monkeypatch.setenv("KMSLAB_PASSPHRASE", "battery staple")
    wrong = "the passphrase in KMSLAB_PASSPHRASE; it takes the one that it was made with"
    assert_refused(path, f"{path} is not sealed with {wrong}.")
    monkeypatch.delenv("KMSLAB_PASSPHRASE")
    assert_refused(path, f"{path} is sealed with a passphrase; set KMSLAB_PASSPHRASE to it.")
    monkeypatch.setenv("KMSLAB_PASSPHRASE", "correct horse")
    with Lab.open(path) as again:
        assert again.inventory.get(key) is not None


def test_the_passphrase_costs_memory() -> None:
    n, r, _ = vault.SCRYPT
    assert 128 * n * r >= 128 * 2**20


def test_a_second_lab_of_this_process(path: Path) -> None:
    with Lab.open(path) as lab:
        sentence = f"{path} is in use by another Lab; close that one first."
        with pytest.raises(KmslabError) as caught:
            Lab.open(path)
        assert str(caught.value) == sentence
        lab.client("kms").create_key()
    Lab.open(path).close()


def test_a_second_process(path: Path) -> None:
    script = "import sys; from kmslab import Lab; Lab.open(sys.argv[1])"
    with Lab.open(path) as lab:
        refused = subprocess.run(  # noqa: S603
            [sys.executable, "-c", script, path], capture_output=True, text=True, check=False
        )
        assert refused.stderr.splitlines()[-1].endswith(f"{path} is in use by another Lab; close that one first.")
        lab.client("kms").create_key()


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "lab.kmslab"
    with pytest.raises(KmslabError, match="cannot be opened: No such file or directory"):
        Lab.open(path)


def test_an_older_version_is_brought_up_to_date(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def rename(rows: database.Rows) -> database.Rows:
        return {name: value.replace(b"key 7", b"KEY 7") for name, value in rows.items()}

    monkeypatch.setattr(database, "MIGRATIONS", (rename,))
    with Lab.open(path) as lab:
        found = {key.description for key in lab.inventory}
        assert "KEY 7" in found
        assert "key 8" in found
    assert path.read_bytes()[60:64] == (2).to_bytes(4)
    monkeypatch.setattr(database, "MIGRATIONS", ())
    assert_refused(
        path,
        f"{path} was written by a newer kmslab (version 2 of the file, and this one reads up to 1); upgrade kmslab.",
    )


def test_a_file_that_was_left_open_is_read_with_its_log(path: Path, tmp_path: Path) -> None:
    left = left_open(path, tmp_path / "aside")
    with Lab.open(left) as lab:
        assert len(lab.inventory) == 31
    assert sorted(each.name for each in left.parent.iterdir()) == ["lab.kmslab", "lab.kmslab.key", "lab.kmslab.lock"]


def test_a_first_start_that_was_cut_off_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    path = tmp_path / "lab.kmslab"
    path.with_name("lab.kmslab.new").write_bytes(b"half of it")
    with Lab.open(path) as lab:
        assert lab.client("kms").list_keys()["Keys"] == []
    assert not path.with_name("lab.kmslab.new").exists()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE rows SET value = 5 WHERE kind = 'key'",
        "UPDATE rows SET value = 'text' WHERE kind = 'key'",
        "UPDATE rows SET id = 1.5 WHERE kind = 'settings'",
        "UPDATE rows SET kind = x'00' WHERE kind = 'settings'",
        "UPDATE header SET value = 5",
        "UPDATE header SET value = 'text'",
    ],
)
def test_a_value_of_another_type(path: Path, change: str) -> None:
    # Found by fuzzing: a TypeError, and the file stayed locked.
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(change)
        connection.commit()
    assert_refused(path, DAMAGED.format(path=path))


@pytest.mark.parametrize(
    ("kind", "value"), [("settings", b"\xc1"), ("settings", b"\x81\xa6region\xa1\xff"), ("calls", b"not compressed")]
)
def test_a_row_that_another_kmslab_has_written(path: Path, kind: str, value: bytes) -> None:
    # Found by fuzzing: it has the right key, and says something else. What was raised was no sentence.
    written = database.Database(path, {})
    written.write({next(name for name in written.rows if name.kind == kind): value})
    written.close()
    for _ in range(2):
        with pytest.raises(KmslabError, match="was written by another kmslab and cannot be read"):
            look_at_all(path)


def test_key_material_that_another_kmslab_has_written(path: Path) -> None:
    # Found by fuzzing, as above.
    with Lab.open(path) as lab:
        lab.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    written = database.Database(path, {})
    name = next(name for name, row in written.rows.items() if name.kind == "key" and b"ECC_NIST_P256" in row)
    written.write({name: written.rows[name].replace(bytes.fromhex("06072a8648ce3d0201"), bytes(9))})
    written.close()
    with pytest.raises(KmslabError, match="was written by another kmslab and cannot be read"):
        look_at_all(path)


def look_at_all(path: Path) -> None:
    with Lab.open(path) as lab:
        list(lab.trail)
        list(lab.inventory)
