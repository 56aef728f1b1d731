"""Imported key material: what it takes to import it, importing it, deleting it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kmslab.crypto import AuthenticationError, KeyFormatError
from kmslab.crypto.rsa import RsaPrivateKey
from kmslab.crypto.wrapping import WRAPPING_ALGORITHMS
from kmslab.errors import (
    ExpiredImportTokenException,
    IncorrectKeyMaterialException,
    InvalidCiphertextException,
    InvalidImportTokenException,
    KMSInvalidStateException,
    NotFoundException,
    UnsupportedOperationException,
    ValidationException,
)
from kmslab.keys import imports
from kmslab.keys.imports import ImportParameters
from kmslab.keys.key import Key
from kmslab.keys.material import KeyMaterial
from kmslab.keys.ring import RingEntry
from kmslab.keys.specs import Family, KeyOrigin
from kmslab.operations.registry import Context, Reply, key_param, operation

_IMPORTED = (KeyOrigin.EXTERNAL,)
_EXPIRES = "KEY_MATERIAL_EXPIRES"
_NEW, _EXISTING = "NEW_KEY_MATERIAL", "EXISTING_KEY_MATERIAL"


@operation("GetParametersForImport", keys=[key_param("KeyId")], origins=_IMPORTED)
def get_parameters_for_import(ctx: Context, key: Key, *, wrapping_algorithm: str, wrapping_key_spec: str) -> Reply:
    """A new RSA wrapping key, and the token that goes with it; both for this KMS key only, and for 24 hours.

    Raises:
        UnsupportedOperationException: the wrapping key or algorithm is not offered, or cannot wrap a key of this spec.
    """
    bits = imports.WRAPPING_KEYS.get(wrapping_key_spec)
    if bits is None:
        raise UnsupportedOperationException.wrapping_key_spec(wrapping_key_spec)
    if wrapping_algorithm not in WRAPPING_ALGORITHMS:
        raise UnsupportedOperationException.wrapping_algorithm(wrapping_algorithm)
    if not imports.can_wrap(key.spec, wrapping_algorithm, wrapping_key_spec):
        raise UnsupportedOperationException.wrapping(wrapping_algorithm, wrapping_key_spec, key.spec.name)
    valid_to = ctx.now + imports.PARAMETERS_LIFETIME
    parameters = ImportParameters(key.arn, wrapping_algorithm, valid_to, RsaPrivateKey.generate(bits))
    return {
        "KeyId": key.arn,
        "ImportToken": ctx.world.import_tokens.issue(parameters),
        "PublicKey": parameters.wrapping_key.spki(),
        "ParametersValidTo": valid_to,
    }


def _check_members(params: Mapping[str, Any]) -> None:
    # Simplified: that these come before the key's state is inferred; they need nothing but the request.
    expires = params.get("ExpirationModel", _EXPIRES) == _EXPIRES
    if expires and "ValidTo" not in params:
        raise ValidationException.valid_to_missing()
    if not expires and "ValidTo" in params:
        raise ValidationException.valid_to_unwanted()
    if params.get("ImportType") == _NEW and "KeyMaterialId" in params:
        raise ValidationException.material_id_of_new()


@operation("ImportKeyMaterial", keys=[key_param("KeyId")], origins=_IMPORTED, check=_check_members)
def import_key_material(
    ctx: Context,
    key: Key,
    *,
    import_token: bytes,
    encrypted_key_material: bytes,
    valid_to: datetime | None = None,
    expiration_model: str = _EXPIRES,
    import_type: str | None = None,
    key_material_description: str | None = None,
    key_material_id: str | None = None,
) -> Reply:
    """Import the key's first material, new material to rotate to, or once more what it has had.

    Raises:
        ExpiredImportTokenException: the token is older than 24 hours.
        IncorrectKeyMaterialException: it is no material for this key, not the one it knows, or not a new one.
        InvalidCiphertextException: it was not wrapped with the token's wrapping key and algorithm.
        InvalidImportTokenException: the token is none, or another key's.
        KMSInvalidStateException: other new material waits for its rotation already.
        UnsupportedOperationException: a member that only symmetric keys have, or new material for a replica.
        ValidationException: the date is not within the next 365 days, or the material has the wrong wrapped size.
    """
    symmetric_only = (import_type, key_material_description, key_material_id)
    if key.spec.family is not Family.SYMMETRIC and any(member is not None for member in symmetric_only):
        raise UnsupportedOperationException
    _check_date(ctx, valid_to)
    material = _unwrap(ctx, key, import_token, encrypted_key_material)
    known = imports.known_as(key, material)
    if (import_type or (_EXISTING if len(key.ring) else _NEW)) == _NEW:
        _check_new(key, material, known)
        imports.take_in_new(ctx.world, key, material, valid_to, key_material_description or "")
        return {"KeyId": key.arn, "KeyMaterialId": material.material_id}
    if known is None or key_material_id not in (None, known.material_id):
        raise IncorrectKeyMaterialException
    imports.take_in_again(ctx.world, key, known, material, valid_to, key_material_description or "")
    return {"KeyId": key.arn, "KeyMaterialId": known.material_id}


def _check_date(ctx: Context, valid_to: datetime | None) -> None:
    if valid_to is None:
        return
    if valid_to <= ctx.now:
        raise ValidationException.valid_to_past()
    if valid_to > ctx.now + imports.LONGEST_VALIDITY:
        raise ValidationException.valid_to_too_late()


def _unwrap(ctx: Context, key: Key, token: bytes, wrapped: bytes) -> KeyMaterial:
    try:
        parameters = ctx.world.import_tokens.read(token)
    except AuthenticationError:
        raise InvalidImportTokenException from None
    if parameters.key_arn != key.arn:
        raise InvalidImportTokenException
    if parameters.valid_to <= ctx.now:
        raise ExpiredImportTokenException
    if not imports.has_wrapped_size(parameters, wrapped):
        raise ValidationException.wrapped_size()
    try:
        plain = imports.open_wrapped(parameters, wrapped)
    except AuthenticationError:
        raise InvalidCiphertextException from None
    try:
        # AWS makes the id from the key id and the material. Simplified: here it is random, and then kept, so that a
        # seeded Lab has the same ids every time and none of them says anything about the material.
        return imports.read_material(key.spec, plain, ctx.ids.hex("imported key material", 64))
    except KeyFormatError:
        raise IncorrectKeyMaterialException from None


def _check_new(key: Key, material: KeyMaterial, known: RingEntry | None) -> None:
    if key.is_replica:
        # Simplified: AWS's text for this is not published; it is taken over from ReplicateKey.
        raise UnsupportedOperationException.not_primary(key.arn)
    if known is not None:
        raise IncorrectKeyMaterialException
    if key.ring.waiting is not None:
        waiting = key.ring.waiting.material_id
        raise KMSInvalidStateException.material_waits(key.arn, material.material_id, waiting)


@operation("DeleteImportedKeyMaterial", keys=[key_param("KeyId")], origins=_IMPORTED)
def delete_imported_key_material(ctx: Context, key: Key, *, key_material_id: str | None = None) -> Reply:
    """Delete one imported key material, the current one unless another is named. Only the same can take its place.

    Deleting what is not here, or was never imported, changes nothing and is no error.

    Raises:
        NotFoundException: the key never had this material.
    """
    entry = key.ring.current if key_material_id is None else key.ring.entry(key_material_id)
    if entry is None:
        if key_material_id is not None:
            raise NotFoundException.key_material(key_material_id)
        return {"KeyId": key.arn}
    imports.take_away(key, entry)
    return {"KeyId": key.arn, "KeyMaterialId": entry.material_id}
