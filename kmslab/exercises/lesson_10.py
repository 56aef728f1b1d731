"""Exercises of lesson 10: a parameter under a key of one's own, one parameter for one role, a secret that is replaced.

All are read from what Parameter Store and Secrets Manager had KMS do; their encryption contexts say for which secret.
"""

from __future__ import annotations

from collections.abc import Sequence

from kmslab import Call
from kmslab.exercises.model import Attempt, Exercise, Task

_DENIED = "AccessDeniedException"
_SSM, _SECRETS_MANAGER = "fas.ssm.amazonaws.com", "fas.secretsmanager.amazonaws.com"
#: How a value is encrypted: in the standard tier, or as an envelope.
_WRITES = ("Encrypt", "GenerateDataKey")

_WEATHER, _WEATHER_REGION, _API_KEY = "alias/weather", "eu-west-1", "/weather/api-key"
_STATION = "station"

_ROLE, _ROLE_REGION = "billing", "us-west-2"
_OWN, _OTHER = "/billing/db/password", "/orders/db/password"

_SECRET, _SECRET_REGION = ":secret:warehouse/db-", "eu-central-1"
#: In place of a version's id, when Secrets Manager only tries the key.
_TEST = "RequestToValidateKeyAccess"


def _in_context(call: Call, member: str) -> str:
    return str((call.params.get("EncryptionContext") or {}).get(member, ""))


def _on_parameter(attempt: Attempt, region: str, name: str, *operations: str) -> list[Call]:
    """The calls of KMS in a Region whose context names a parameter, refused ones included, oldest first."""
    return [
        call
        for call in attempt.lab.trail.calls
        if call.region == region
        and call.operation in operations
        and _in_context(call, "PARAMETER_ARN").endswith(f":parameter{name}")
    ]


def _stored(attempt: Attempt, region: str, name: str) -> Call:
    """The call that encrypted a parameter's newest value; raises, and so counts as not done, without any."""
    calls = _on_parameter(attempt, region, name, *_WRITES)
    return [call for call in calls if call.invoked_by == _SSM and call.error_code is None][-1]


# --- 10.1 ---


def _weather_key(attempt: Attempt) -> str:
    key = attempt.lab.inventory.named(_WEATHER, _WEATHER_REGION)
    return key.arn if key and key.spec == "SYMMETRIC_DEFAULT" and key.manager == "CUSTOMER" else ""


def _is_under_weather(attempt: Attempt) -> bool:
    return _stored(attempt, _WEATHER_REGION, _API_KEY).keys[0].arn == _weather_key(attempt)


def _readers(attempt: Attempt) -> list[str]:
    """Who has read the API key in clear, under the right key."""
    calls = _on_parameter(attempt, _WEATHER_REGION, _API_KEY, "Decrypt")
    return [
        call.principal.name
        for call in calls
        if call.principal is not None
        and call.invoked_by == _SSM
        and call.error_code is None
        and call.keys[0].arn == _weather_key(attempt)
    ]


def _you_read(attempt: Attempt) -> bool:
    return any(name != _STATION for name in _readers(attempt))


# --- 10.2 ---


def _under_one_key(attempt: Attempt) -> bool:
    arns = {_stored(attempt, _ROLE_REGION, name).keys[0].arn for name in (_OWN, _OTHER)}
    (arn,) = arns
    return any(key.arn == arn and key.manager == "CUSTOMER" for key in attempt.lab.inventory)


def _tries(attempt: Attempt, name: str, invoked_by: str) -> Sequence[Call]:
    """The role's calls of Decrypt for a parameter, through Parameter Store or by itself, oldest first."""
    return [
        call
        for call in _on_parameter(attempt, _ROLE_REGION, name, "Decrypt")
        if call.invoked_by == invoked_by
        and call.principal is not None
        and call.principal.issuer is not None
        and call.principal.issuer.name == _ROLE
    ]


def _reads_its_own(attempt: Attempt) -> bool:
    return _tries(attempt, _OWN, _SSM)[-1].error_code is None


def _refused(attempt: Attempt, name: str, invoked_by: str) -> bool:
    """Whether the last try was refused, at a time when the role had its permission."""
    worked = next(call.time for call in _tries(attempt, _OWN, _SSM) if call.error_code is None)
    last = _tries(attempt, name, invoked_by)[-1]
    return last.error_code == _DENIED and last.time > worked


# --- 10.3 ---


def _on_secret(attempt: Attempt, operation: str) -> list[Call]:
    """What Secrets Manager had KMS do for versions of the secret, oldest first."""
    return [
        call
        for call in attempt.lab.trail.calls
        if call.region == _SECRET_REGION
        and call.operation == operation
        and call.invoked_by == _SECRETS_MANAGER
        and call.error_code is None
        and _SECRET in _in_context(call, "SecretARN")
        and _in_context(call, "SecretVersionId") != _TEST
    ]


def _replaced(attempt: Attempt) -> Call:
    """The call that encrypted the newest version after the first."""
    return _on_secret(attempt, "GenerateDataKey")[1:][-1]


def _read_since(attempt: Attempt, version: int) -> bool:
    """Whether a version, counted as in a list, was read since the newest was stored."""
    since = _replaced(attempt).time
    wanted = _in_context(_on_secret(attempt, "GenerateDataKey")[version], "SecretVersionId")
    read = [call for call in _on_secret(attempt, "Decrypt") if call.time > since]
    return any(_in_context(call, "SecretVersionId") == wanted for call in read)


EXERCISES = (
    Exercise(
        number="10.1",
        title="an API key in Ireland",
        tasks=(
            Task(
                "alias/weather stands for a symmetric key of your own in eu-west-1",
                _weather_key,
                "create_key and create_alias, both with a KMS client for eu-west-1.",
            ),
            Task(
                "Parameter Store has encrypted /weather/api-key under that key",
                _is_under_weather,
                "put_parameter in eu-west-1 with Type='SecureString' and KeyId='alias/weather'. Without KeyId it is "
                "alias/aws/ssm, and a String is not encrypted at all. Overwrite=True replaces what you have.",
            ),
            Task(
                "you have read it in clear",
                _you_read,
                "get_parameter gives the ciphertext unless you say WithDecryption=True.",
            ),
            Task(
                "the user station has read it in clear",
                lambda attempt: _STATION in _readers(attempt),
                "lab.user('station', policy=...) with a policy that allows kms:Decrypt on the key's ARN, then "
                "lab.client('ssm', 'eu-west-1', principal=...). Key policy or grant would do, too.",
            ),
        ),
        hints=(
            "The section 'Which key was it?' makes key, alias and parameter in us-east-1. Whoever may read needs a "
            "policy, as in lesson 07.",
            "put_parameter(Name=, Type=, Value=, KeyId=), get_parameter(Name=, WithDecryption=), and an IAM policy "
            "with kms:Decrypt for station. All clients are for eu-west-1.",
            "irish_ssm.put_parameter(Name='/weather/api-key', Type='SecureString', Value='sunny-7141', "
            "KeyId='alias/weather'); station = lab.user('station', policy={... 'Action': 'kms:Decrypt', 'Resource': "
            "weather['Arn'] ...}); lab.client('ssm', 'eu-west-1', principal=station).get_parameter("
            "Name='/weather/api-key', WithDecryption=True)",
        ),
    ),
    Exercise(
        number="10.2",
        title="two departments, one key",
        tasks=(
            Task(
                "in us-west-2, both parameters are encrypted under one key of your own",
                _under_one_key,
                "Two put_parameter calls with an SSM client for us-west-2, Type='SecureString' and the same KeyId. "
                "Their names begin with a slash.",
            ),
            Task(
                "as billing, reading /billing/db/password works",
                _reads_its_own,
                "The role's policy has to allow kms:Decrypt on the key's ARN. PARAMETER_ARN is arn:aws:ssm:us-west-2:"
                "123456789010:parameter and then the name with its slash; WithDecryption=True.",
            ),
            Task(
                "as billing, reading /orders/db/password is refused",
                lambda attempt: _refused(attempt, _OTHER, _SSM),
                "Try it as the role, after the first attempt. If it worked, nothing ties the permission to one "
                "parameter: kms:EncryptionContext:PARAMETER_ARN.",
            ),
            Task(
                "as billing, Decrypt of KMS itself is refused, with the right context",
                lambda attempt: _refused(attempt, _OWN, ""),
                "Try it as the role, after the first attempt, with EncryptionContext={'PARAMETER_ARN': ...}. If it "
                "worked, the policy still lacks kms:ViaService = ssm.us-west-2.amazonaws.com.",
            ),
        ),
        hints=(
            "The section 'Only this parameter, and only through Parameter Store' does it in us-east-1. Region, names "
            "and role are others here, in the policy too.",
            "Two condition keys under one StringEquals: kms:EncryptionContext:PARAMETER_ARN and kms:ViaService. For "
            "the third attempt: get_parameter without decryption, base64.b64decode, then decrypt of the role's KMS "
            "client.",
            "'Condition': {'StringEquals': {'kms:EncryptionContext:PARAMETER_ARN': 'arn:aws:ssm:us-west-2:123456789010:"
            "parameter/billing/db/password', 'kms:ViaService': 'ssm.us-west-2.amazonaws.com'}}, then both "
            "get_parameter calls with WithDecryption=True and decrypt(CiphertextBlob=..., "
            "EncryptionContext={'PARAMETER_ARN': ...}) as lab.role('billing', policy=...)",
        ),
    ),
    Exercise(
        number="10.3",
        title="a password in a chat",
        tasks=(
            Task(
                "the secret warehouse/db has a new version",
                _replaced,
                "Which of the two rotations changes the password? put_secret_value with a client for eu-central-1. Run "
                "the cell that makes the secret first.",
            ),
            Task(
                "the new version was read",
                lambda attempt: _read_since(attempt, -1),
                "get_secret_value after put_secret_value; without a version it gives the current one.",
            ),
            Task(
                "so was the one before it",
                lambda attempt: _read_since(attempt, -2),
                "get_secret_value with VersionStage='AWSPREVIOUS', after put_secret_value.",
            ),
            Task(
                "the number of rotations of the KMS key is right",
                lambda attempt: int(attempt.answer) == 0,
                "Hand over a number: check('10.3', ...). What would another key material have changed for those who "
                "know the password?",
            ),
        ),
        hints=(
            "The section 'Two things called rotation' does it in us-east-1 with another secret.",
            "put_secret_value, get_secret_value, get_secret_value with VersionStage=. The KMS key plays no part in it.",
            "german_secrets.put_secret_value(SecretId='warehouse/db', SecretString='thaw-7260'), "
            "german_secrets.get_secret_value(SecretId='warehouse/db'), the same with VersionStage='AWSPREVIOUS', and "
            "check('10.3', 0)",
        ),
    ),
)
