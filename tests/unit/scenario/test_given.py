"""Key material that a scenario file gives, in each of its forms."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from kmslab.keys.pairs import generate_pair
from kmslab.keys.specs import KEY_SPECS
from kmslab.scenario.given import GivenError, content, is_given, material
from kmslab.scenario.parts import Part
from kmslab.scenario.reading import read_source

RAW = bytes(range(32))
SYMMETRIC = KEY_SPECS["SYMMETRIC_DEFAULT"]


def _part(folder: Path, text: str) -> Part:
    path = folder / "file.yaml"
    path.write_text(text)
    return read_source(path, "file.yaml").root


def _pem(der: bytes, kind: str = "PRIVATE KEY") -> str:
    return f"-----BEGIN {kind}-----\n{base64.encodebytes(der).decode()}-----END {kind}-----\n"


@pytest.mark.parametrize("text", [f"hex: {RAW.hex()}", f"base64: {base64.b64encode(RAW).decode()}"])
def test_raw_material_as_text(text: str, tmp_path: Path) -> None:
    assert material(_part(tmp_path, text), SYMMETRIC) == RAW


@pytest.mark.parametrize(
    "held",
    [RAW, RAW.hex().encode(), RAW.hex().upper().encode() + b"\n", base64.b64encode(RAW), base64.b64encode(RAW) + b"\n"],
)
def test_raw_material_as_a_file(held: bytes, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(held)
    assert material(_part(tmp_path, "file: key"), SYMMETRIC) == RAW


def test_a_file_of_another_length_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(RAW + b"\n")
    with pytest.raises(GivenError) as caught:
        material(_part(tmp_path, "file: key"), SYMMETRIC)
    assert str(caught.value) == "Key material of SYMMETRIC_DEFAULT has 32 bytes, and this has 33."


@pytest.mark.parametrize(
    "spec", ["RSA_2048", "ECC_NIST_P256", "ECC_SECG_P256K1", "ECC_NIST_EDWARDS25519", "ML_DSA_44", "ML_KEM_512"]
)
def test_a_private_key_as_pem_and_as_a_file(spec: str, tmp_path: Path) -> None:
    der = generate_pair(KEY_SPECS[spec]).pkcs8()
    (tmp_path / "key.pem").write_text("A comment.\n" + _pem(der))
    (tmp_path / "key.der").write_bytes(der)
    indented = "\n".join(f"  {line}" for line in _pem(der).splitlines())
    for text in (
        f"pem: |\n{indented}\n",
        "file: key.pem",
        "file: key.der",
        f"base64: {base64.b64encode(der).decode()}",
    ):
        assert material(_part(tmp_path, text), KEY_SPECS[spec]) == der


def test_a_private_key_of_another_spec_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key.der").write_bytes(generate_pair(KEY_SPECS["ECC_NIST_P384"]).pkcs8())
    with pytest.raises(GivenError) as caught:
        material(_part(tmp_path, "file: key.der"), KEY_SPECS["ECC_NIST_P256"])
    assert str(caught.value) == (
        "This is no private key of ECC_NIST_P256; write an unencrypted PKCS #8 private key of that kind."
    )


def test_an_encrypted_private_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(_pem(b"\x30\x00", "ENCRYPTED PRIVATE KEY"))
    with pytest.raises(GivenError) as caught:
        material(_part(tmp_path, "file: key.pem"), KEY_SPECS["RSA_2048"])
    assert str(caught.value) == (
        "This is a PEM block of a ENCRYPTED PRIVATE KEY; write an unencrypted PKCS #8 private key, as made by "
        "`openssl pkcs8 -topk8 -nocrypt`."
    )


@pytest.mark.parametrize("text", ["text: 'caf\u00e9'", "base64: Y2Fmw6k=", "file: content"])
def test_contents_of_objects(text: str, tmp_path: Path) -> None:
    (tmp_path / "content").write_bytes("caf\u00e9".encode())
    assert content(_part(tmp_path, text)) == "caf\u00e9".encode()


@pytest.mark.parametrize("text", ["{}", "{hex: '', pem: ''}", "{hex: 12}", "{der: AAEC}", "[]"])
def test_what_the_schema_refuses_is_not_looked_at(text: str, tmp_path: Path) -> None:
    assert not is_given(_part(tmp_path, text))
