"""The checks of the front door, one small function each: it returns, or it raises AWS's error.

Owns what is checked. The order is in `front_door.py`.
"""

from __future__ import annotations

from functools import lru_cache

from kmslab import arn
from kmslab.errors import (
    DryRunOperationException,
    IncorrectKeyException,
    InvalidCiphertextException,
    InvalidKeyUsageException,
    KmslabError,
    ThrottlingException,
    UnknownOperationException,
    UnsupportedOperationException,
    ValidationException,
)
from kmslab.keys import blob
from kmslab.keys.specs import SYMMETRIC_DEFAULT
from kmslab.keys.states import KEY_STATES
from kmslab.operations.registry import OPERATIONS, AliasParam, BlobParam, Context, algorithm_of
from kmslab.service.authorise import asker_of
from kmslab.service.quotas import CUSTOM_KEY_STORE, charges
from kmslab.service.resolve import ignores_ciphertext
from kmslab.service.visit import Service, Visit
from kmslab.wire import model, sigv4
from kmslab.wire.decode import read_body
from kmslab.wire.encode import write_body


def route(visit: Visit, service: Service) -> None:
    """Read from the headers which operation is called, in which Region, with which access key.

    Raises:
        IncompleteSignatureException: the signature has no complete credential scope.
        KmslabError: an operation of AWS that this Lab does not run.
        MissingAuthenticationTokenException: the request is not signed.
        UnknownOperationException: no operation of AWS.
    """
    name = _wanted(visit.request.headers.get("x-amz-target", ""))
    operation = OPERATIONS.get(name)
    if operation is None:
        raise KmslabError(f"This Lab does not run {name}.")
    visit.operation, visit.codec = operation, model.codec(name)
    scope = sigv4.read_scope(visit.request.headers.get("authorization"))
    visit.region, visit.access_key_id = scope.region, scope.access_key_id


# Bounded, because clients may write anything; nothing is remembered of what is refused.
@lru_cache(maxsize=128)
def _wanted(target: str) -> str:
    name = target.removeprefix(model.TARGET_PREFIX)
    if name == target or name not in model.operation_names():
        raise UnknownOperationException
    return name


def identify(visit: Visit, service: Service) -> None:
    """Find out who calls.

    Raises:
        ExpiredTokenException: the session that the access key belongs to is over.
        UnrecognizedClientException: nobody has this access key, or its session has another token.
    """
    token = visit.request.headers.get("x-amz-security-token")
    visit.principal = service.directory.identify(visit.access_key_id, token, visit.time)


def decode(visit: Visit, service: Service) -> None:
    """Read the body.

    Raises:
        SerializationException: the body is not JSON, or a member has the wrong JSON type.
    """
    visit.params = visit.codec.decode(read_body(visit.request.body))


def aliases(visit: Visit, service: Service) -> None:
    """Refuse an alias where only a key id or key ARN is taken.

    Measured: this comes before the operation's other members are missed, and before the alias is looked up.

    Raises:
        InvalidArnException: an alias, where the operation takes none.
        ValidationException: an alias, as the target of an alias.
    """
    for param in visit.operation.without_alias:
        if param.refuse_alias is not None and arn.names_an_alias(visit.params.get(param.member, "")):
            raise param.refuse_alias()


def validate(visit: Visit, service: Service) -> None:
    """Check the members against the model.

    Raises:
        ValidationException: with all that is wrong.
    """
    findings = visit.codec.validate(visit.params)
    if findings:
        raise ValidationException.of(findings)


def throttle(visit: Visit, service: Service) -> None:
    """Count the request against the request quotas of the caller's account, whosever the keys are.

    Which quota it is depends on the type of key, so this comes after the key is found. Simplified: AWS does not say
    which requests count. Here those do that got so far, denied and dry runs included.

    Raises:
        ThrottlingException: a quota is used up for this second.
    """
    if service.quotas is None:
        return
    specs = [key.spec.name for key in visit.keys]
    key_stores = [key.key_store.key_store_id for key in visit.keys if key.key_store is not None]
    wanted = charges(visit.operation.name, visit.region, specs=specs, key_stores=key_stores, params=visit.params)
    if not service.quotas.admit(visit.principal.account_id, wanted, visit.time):
        raise ThrottlingException.too_fast()


def members(visit: Visit, service: Service) -> None:
    """Let the operation say which members go together, where that comes before the key's usage and state."""
    if visit.operation.check is not None:
        visit.operation.check(visit.params)


def state(visit: Visit, service: Service) -> None:
    """Look the key state up in the table.

    Raises:
        DisabledException: a key is disabled.
        KMSInvalidStateException: a key is in a state that rules the operation out.
        UnsupportedOperationException: a key in that state never has the operation.
    """
    for target in visit.targets:
        # An alias may leave a key in any state; only where it goes matters.
        if target.key is None or isinstance(target.param, AliasParam):
            continue
        refuse = KEY_STATES[visit.operation.name][target.key.state]
        if refuse is not None:
            raise refuse(target.key.arn)


def ciphertext(visit: Visit, service: Service) -> None:
    """Compare the key that was named with the one that the ciphertext names.

    Recorded: this comes before the key's usage; naming an HMAC key to Decrypt gives this error and not the next gate's.

    Raises:
        IncorrectKeyException: they differ.
        InvalidCiphertextException: a symmetric ciphertext is wanted, and this is none.
    """
    for target in visit.targets:
        param = target.param
        if not isinstance(param, BlobParam) or target.from_blob:
            continue
        data = visit.params.get(param.blob)
        if data is None or ignores_ciphertext(visit.params):
            continue
        if algorithm_of(param, visit.params) != SYMMETRIC_DEFAULT:
            continue
        try:
            material_id = blob.parse(data).material_id
        except blob.MalformedBlobError:
            raise InvalidCiphertextException from None
        if service.world.find_by_material(visit.region, material_id) is not target.key:
            raise IncorrectKeyException.not_that_key()


def usage(visit: Visit, service: Service) -> None:
    """Compare the operation's KeyUsage with each key's.

    Raises:
        InvalidKeyUsageException: a key is for something else.
    """
    needed = visit.operation.usage
    for target in visit.targets:
        if needed is not None and target.key is not None and target.key.usage is not needed:
            raise InvalidKeyUsageException.usage(target.key.arn, target.key.usage, visit.operation.name)


def origin(visit: Visit, service: Service) -> None:
    """Compare where each key's material comes from with what the operation takes.

    Measured: for imported key material this comes before the key's state.

    Raises:
        UnsupportedOperationException: the operation does not exist for a key of that origin.
    """
    accepted = visit.operation.origins
    for target in visit.targets:
        if accepted and target.key is not None and target.key.origin not in accepted:
            raise UnsupportedOperationException.origin(target.key.arn, target.key.origin)


def dry_run(visit: Visit, service: Service) -> None:
    """Stop here when the caller only wanted to know.

    Raises:
        DryRunOperationException: DryRun is set, and nothing has spoken against the call.
    """
    if visit.params.get("DryRun"):
        # Parameters and ciphertext are checked too, unless IGNORE_CIPHERTEXT asks for the permissions alone: the
        # operation runs, and one that changes something stops itself before it does. Source: KMS Developer Guide,
        # "Testing your permissions"; the model, DryRunModifiers.
        if not ignores_ciphertext(visit.params):
            run(visit, service)
            visit.reply = None
            visit.context.notes.clear()
        raise DryRunOperationException.would_succeed()


def run(visit: Visit, service: Service) -> None:
    """Do it."""
    store = service.world.store(visit.principal.account_id, visit.region)
    dry_run = bool(visit.params.get("DryRun"))
    asker = asker_of(visit, service) if visit.operation.asks else None
    visit.context = Context(service.world, store, visit.principal, visit.time, service.ids, asker, dry_run)
    if visit.operation.name in CUSTOM_KEY_STORE.operations:
        _note_key_store(visit)
    arguments = visit.operation.arguments(visit.params)
    # Of what a member names, the operation receives the nearest.
    found = [target.alias or target.grant or target.key for target in visit.targets]
    visit.reply = visit.operation.run(visit.context, *found, **arguments)


def _note_key_store(visit: Visit) -> None:
    # Logged for cryptographic operations, whether they succeed or not. Source: KMS Developer Guide, CloudTrail entries
    # of Decrypt and Encrypt.
    for target in visit.targets:
        key = target.key
        if key is not None and key.key_store is not None:
            visit.context.notes["customKeyStoreId"] = key.key_store.key_store_id
            if key.xks_key_id is not None:
                visit.context.notes["xksKeyId"] = key.xks_key_id


def encode(visit: Visit, service: Service) -> None:
    """Write the reply's body, members in the alphabet's order as AWS has them; empty for an operation without any."""
    if visit.reply is not None:
        visit.body = write_body(visit.codec.encode(visit.reply))
