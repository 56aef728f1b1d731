"""Key material and contents that a scenario file gives: as text in it, or as a file beside it.

What is read here may be secret: no finding shows any of it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable

from kmslab.crypto import KeyFormatError
from kmslab.keys.imports import read_material
from kmslab.keys.specs import Family, KeySpec
from kmslab.scenario.parts import Part
from kmslab.scenario.reading import beside

# Source: RFC 7468; a file may hold text before and after the block.
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\s*([A-Za-z0-9+/=\s]*?)\s*-----END \1-----")

_PRIVATE_KEY = "PRIVATE KEY"


class GivenError(Exception):
    """What is given cannot be used; the message says why, and what to give instead."""


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise GivenError("This is no base64; `base64 -w0 FILE` makes some.") from None


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex("".join(text.split()))
    except ValueError:
        raise GivenError("These are no pairs of hexadecimal digits.") from None


def _pem(text: str) -> bytes:
    block = _PEM.search(text)
    if block is None:
        raise GivenError("This is no PEM block; it begins with -----BEGIN PRIVATE KEY-----.")
    if block[1] != _PRIVATE_KEY:
        raise GivenError(
            f"This is a PEM block of a {block[1]}; write an unencrypted PKCS #8 private key, as made by "
            "`openssl pkcs8 -topk8 -nocrypt`."
        )
    return _base64(block[2])


_READERS: dict[str, Callable[[str], bytes]] = {"base64": _base64, "hex": _hex, "pem": _pem}


def _file(part: Part) -> bytes:
    path = beside(part.source.path, part.text)
    if path is None:
        raise GivenError(f"There is no file '{part.text}' beside the scenario, or in a folder there.")
    try:
        return path.read_bytes()
    except OSError as error:
        raise GivenError(f"The file '{part.text}' cannot be read: {error.strerror}.") from None


def is_given(part: Part) -> bool:
    """Whether a part says in one way, and in a known one, what it gives; otherwise the schema has a finding."""
    given = list(part.members())
    return len(given) == 1 and bool(given[0][1].text) and (given[0][0] == "file" or given[0][0] in _READERS)


def content(part: Part) -> bytes:
    """What an object is to hold.

    Raises:
        GivenError: it cannot be read.
    """
    for name, given in part.members():
        if name == "file":
            return _file(given)
        if name == "base64":
            return _base64(given.text)
        return given.text.encode()
    return b""


def material(part: Part, spec: KeySpec) -> bytes:
    """The key material of a key of `spec`: its raw bytes, or a private key as DER PKCS #8.

    Raises:
        GivenError: it cannot be read, or is none of the spec.
    """
    plain = b""
    for name, given in part.members():
        plain = _from_file(_file(given), spec) if name == "file" else _READERS[name](given.text)
    try:
        read_material(spec, plain, "")
    except KeyFormatError:
        raise GivenError(_wanted(spec, plain)) from None
    return plain


def _from_file(held: bytes, spec: KeySpec) -> bytes:
    """A file holds the material itself, or a text of it."""
    if spec.family.is_asymmetric:
        return _pem(held.decode("ascii", "replace")) if b"-----BEGIN" in held else held
    size = spec.bits // 8
    text = held.decode("ascii", "replace").strip()
    if len(held) == size:
        return held
    if len(text) == 2 * size and re.fullmatch(r"[0-9a-fA-F]+", text):
        return _hex(text)
    if re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", text) and len(text) == 4 * -(-size // 3):
        return _base64(text)
    return held


def _wanted(spec: KeySpec, plain: bytes) -> str:
    if spec.family is Family.ML_DSA or spec.family is Family.ML_KEM:
        return f"This is no private key of {spec.name}; write an unencrypted PKCS #8 private key that holds the seed."
    if spec.family.is_asymmetric:
        return f"This is no private key of {spec.name}; write an unencrypted PKCS #8 private key of that kind."
    return f"Key material of {spec.name} has {spec.bits // 8} bytes, and this has {len(plain)}."
