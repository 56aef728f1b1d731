"""Exercises of lesson 10: a parameter under a key of one's own, one parameter for one role, a secret that is replaced.

All are read from what Parameter Store and Secrets Manager had KMS do; their encryption contexts say for which secret.
More than 300 lines, because each typical mistake has a test and a sentence of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kmslab import Call
from kmslab.exercises.evidence import lacked, succeeded
from kmslab.exercises.model import Attempt, Exercise, Task, Test, by_mistake

_DENIED = "AccessDeniedException"
_SSM, _SECRETS_MANAGER = "fas.ssm.amazonaws.com", "fas.secretsmanager.amazonaws.com"
#: How a value is encrypted: in the standard tier, or as an envelope.
_WRITES = ("Encrypt", "GenerateDataKey")

_WEATHER, _WEATHER_REGION, _API_KEY = "alias/weather", "eu-west-1", "/weather/api-key"
_STATION = "station"

_ROLE, _ROLE_REGION = "billing", "us-west-2"
_OWN, _OTHER = "/billing/db/password", "/orders/db/password"

_SECRET, _SECRET_REGION = ":secret:warehouse/db-", "eu-central-1"
_LEAKED, _NEW = "winter-2025", "thaw-7260"
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


def _in_another_region(attempt: Attempt, region: str, name: str) -> bool:
    """Whether a parameter was encrypted in a Region that is not the one asked for, and not in that one."""
    calls = [call for call in attempt.lab.trail.calls if call.operation in _WRITES and call.error_code is None]
    regions = {call.region for call in calls if _in_context(call, "PARAMETER_ARN").endswith(f":parameter{name}")}
    return bool(regions) and region not in regions


def _is_of_the_service(attempt: Attempt, arn: str) -> bool:
    return any(key.arn == arn and key.manager == "AWS" for key in attempt.lab.inventory)


# --- 10.1 ---


def _weather_key(attempt: Attempt) -> str:
    key = attempt.lab.inventory.named(_WEATHER, _WEATHER_REGION)
    return key.arn if key and key.spec == "SYMMETRIC_DEFAULT" and key.manager == "CUSTOMER" else ""


def _is_under_weather(attempt: Attempt) -> bool:
    return _stored(attempt, _WEATHER_REGION, _API_KEY).keys[0].arn == _weather_key(attempt)


def _readings(attempt: Attempt) -> list[tuple[str, Call]]:
    """Who has tried to read the API key in clear, refused or not."""
    calls = _on_parameter(attempt, _WEATHER_REGION, _API_KEY, "Decrypt")
    return [(call.principal.name, call) for call in calls if call.principal is not None and call.invoked_by == _SSM]


def _readers(attempt: Attempt) -> list[str]:
    """Who has read the API key in clear, under the right key."""
    return [
        name
        for name, call in _readings(attempt)
        if call.error_code is None and call.keys[0].arn == _weather_key(attempt)
    ]


def _you_read(attempt: Attempt) -> bool:
    return any(name != _STATION for name in _readers(attempt))


def _alias_elsewhere(attempt: Attempt) -> bool:
    return attempt.lab.inventory.named(_WEATHER) is not None


def _is_not_encrypted(attempt: Attempt) -> bool:
    ssm: Any = attempt.lab.client("ssm", _WEATHER_REGION)
    return bool(ssm.get_parameter(Name=_API_KEY)["Parameter"]["Type"] != "SecureString")


def _is_under_the_service_key(attempt: Attempt) -> bool:
    return _is_of_the_service(attempt, _stored(attempt, _WEATHER_REGION, _API_KEY).keys[0].arn)


def _read_what_was_there_before(attempt: Attempt) -> bool:
    return _is_under_weather(attempt) and any(name != _STATION for name, _ in _readings(attempt))


def _station_lacks(what: str = "") -> Test:
    """A test whether the station's last reading was refused because its policy lacks something."""
    return lambda attempt: lacked([call for name, call in _readings(attempt) if name == _STATION][-1], what)


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


def _under_two_keys(attempt: Attempt) -> bool:
    arns = {_stored(attempt, _ROLE_REGION, name).keys[0].arn for name in (_OWN, _OTHER)}
    return len(arns) > 1


def _under_the_service_key(attempt: Attempt) -> bool:
    return any(_is_of_the_service(attempt, _stored(attempt, _ROLE_REGION, name).keys[0].arn) for name in (_OWN, _OTHER))


def _lacks(what: str = "") -> Test:
    """A test whether the role's last reading of its own was refused because its policy lacks something."""
    return lambda attempt: lacked(_tries(attempt, _OWN, _SSM)[-1], what)


def _worked(name: str, invoked_by: str) -> Test:
    """A test whether the role's last try worked that should not have."""
    return lambda attempt: _tries(attempt, name, invoked_by)[-1].error_code is None


def _tried(name: str, invoked_by: str) -> Test:
    return lambda attempt: _tries(attempt, name, invoked_by)


def _direct_in_base64(attempt: Attempt) -> bool:
    return _tries(attempt, _OWN, "")[-1].error_code == "InvalidCiphertextException"


def _direct_without_context(attempt: Attempt) -> bool:
    """Whether the role has called Decrypt by itself, and never with the parameter's context."""
    calls = [call for call in attempt.lab.trail.events(name="Decrypt").calls if call.region == _ROLE_REGION]
    issuers = [call.principal.issuer for call in calls if call.principal is not None and not call.invoked_by]
    return any(issuer is not None and issuer.name == _ROLE for issuer in issuers) and not _tries(attempt, _OWN, "")


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


def _versions(attempt: Attempt) -> list[Call]:
    """The calls that encrypted the secret's versions, oldest first; only of the secret that was there first."""
    calls = _on_secret(attempt, "GenerateDataKey")
    return [call for call in calls if _in_context(call, "SecretARN") == _in_context(calls[0], "SecretARN")]


def _replaced(attempt: Attempt) -> Call:
    """The call that encrypted the newest version after the first."""
    return _versions(attempt)[1:][-1]


def _read_since(attempt: Attempt, version: int) -> bool:
    """Whether a version, counted as in a list, was read since the newest was stored."""
    since = _replaced(attempt).time
    wanted = _in_context(_versions(attempt)[version], "SecretVersionId")
    read = [call for call in _on_secret(attempt, "Decrypt") if call.time > since]
    return any(_in_context(call, "SecretVersionId") == wanted for call in read)


def _was_made_anew(attempt: Attempt) -> bool:
    return len(_versions(attempt)) < len(_on_secret(attempt, "GenerateDataKey"))


def _key_was_rotated(attempt: Attempt) -> bool:
    rotations = succeeded(attempt.lab, "RotateKeyOnDemand")
    return any(call.region == _SECRET_REGION for call in rotations)


def _was_read(attempt: Attempt) -> bool:
    return bool(_on_secret(attempt, "Decrypt"))


def _pair(attempt: Attempt) -> tuple[Any, object]:
    """What was handed over; anything but two things raises, and so counts as not done."""
    reply, count = attempt.answer
    return reply, count


def _is_reply(attempt: Attempt, version: int) -> bool:
    """Whether a reply was handed over for a version, counted as in a list: its id is known to who has read it only."""
    wanted = _in_context(_versions(attempt)[version], "SecretVersionId")
    return bool(_pair(attempt)[0]["VersionId"] == wanted)


def _is_new_password(attempt: Attempt) -> bool:
    return bool(_pair(attempt)[0]["SecretString"] == _NEW)


EXERCISES = (
    Exercise(
        number="10.1",
        title="an API key in Ireland",
        tasks=(
            Task(
                "alias/weather stands for a symmetric key of your own in eu-west-1",
                _weather_key,
                by_mistake(
                    "create_key and create_alias, both with a KMS client for eu-west-1.",
                    (
                        lambda attempt: attempt.lab.inventory.named(_WEATHER, _WEATHER_REGION),
                        "alias/weather is there, and Parameter Store cannot use its key: create_key without KeySpec "
                        "makes a symmetric one, and update_alias points the alias at it.",
                    ),
                    (
                        _alias_elsewhere,
                        "alias/weather is in another Region, and each Region has its own: make key and alias with "
                        "boto3.client('kms', region_name='eu-west-1').",
                    ),
                ),
            ),
            Task(
                "Parameter Store has encrypted /weather/api-key under that key",
                _is_under_weather,
                by_mistake(
                    "put_parameter with a client for eu-west-1, Type='SecureString' and KeyId='alias/weather'.",
                    (
                        lambda attempt: _in_another_region(attempt, _WEATHER_REGION, _API_KEY),
                        "The parameter is in another Region: put_parameter with boto3.client('ssm', "
                        "region_name='eu-west-1').",
                    ),
                    (
                        _is_not_encrypted,
                        "The parameter is a String, which is kept as it is: put it again with Type='SecureString' and "
                        "Overwrite=True.",
                    ),
                    (
                        _is_under_the_service_key,
                        "It is under alias/aws/ssm, because put_parameter named no key: put it again with "
                        "KeyId='alias/weather' and Overwrite=True.",
                    ),
                    (
                        lambda attempt: _stored(attempt, _WEATHER_REGION, _API_KEY),
                        "It is under a key that alias/weather does not stand for: put it again with "
                        "KeyId='alias/weather' and Overwrite=True.",
                    ),
                ),
            ),
            Task(
                "you have read it in clear",
                _you_read,
                by_mistake(
                    "get_parameter gives the ciphertext unless you say WithDecryption=True.",
                    (
                        _read_what_was_there_before,
                        "What you have read was encrypted under another key. Read it again, with WithDecryption=True.",
                    ),
                ),
            ),
            Task(
                "the user station has read it in clear",
                lambda attempt: _STATION in _readers(attempt),
                by_mistake(
                    "lab.user('station', policy=...) with a policy that allows kms:Decrypt on the key's ARN, then "
                    "lab.client('ssm', 'eu-west-1', principal=...) and get_parameter with WithDecryption=True.",
                    (
                        _station_lacks("its Resource"),
                        "KMS refused the station: the Resource of its policy is not the key. It has to be the key's "
                        "ARN; an alias does not count. put_user_policy of IAM gives a user that is there another "
                        "policy.",
                    ),
                    (
                        _station_lacks("its Action"),
                        "KMS refused the station: the Action of its policy is not kms:Decrypt, which is what reading "
                        "needs. put_user_policy of IAM gives a user that is there another policy.",
                    ),
                    (
                        _station_lacks(),
                        "KMS refused the station, since nothing lets it decrypt: put_user_policy of IAM, with "
                        "kms:Decrypt on the key's ARN. Key policy or grant would do, too.",
                    ),
                ),
            ),
        ),
        hints=(
            "The section 'Which key was it?' makes key, alias and parameter in us-east-1. Whoever may read needs a "
            "policy, as in lesson 07.",
            "put_parameter(Name=, Type=, Value=, KeyId=), get_parameter(Name=, WithDecryption=), and an IAM policy "
            "with kms:Decrypt for station. All clients are for eu-west-1.",
            "irish_kms = boto3.client('kms', region_name='eu-west-1')\n"
            "irish_ssm = boto3.client('ssm', region_name='eu-west-1')\n"
            "key = irish_kms.create_key()['KeyMetadata']\n"
            "irish_kms.create_alias(AliasName='alias/weather', TargetKeyId=key['KeyId'])\n"
            "new = {'Name': '/weather/api-key', 'Type': 'SecureString', 'Value': 'sunny-7141'}\n"
            "irish_ssm.put_parameter(**new, KeyId='alias/weather')\n"
            "irish_ssm.get_parameter(Name='/weather/api-key', WithDecryption=True)\n"
            "allow = {'Effect': 'Allow', 'Action': 'kms:Decrypt', 'Resource': key['Arn']}\n"
            "station = lab.user('station', policy={'Version': '2012-10-17', 'Statement': [allow]})\n"
            "station_ssm = lab.client('ssm', 'eu-west-1', principal=station)\n"
            "station_ssm.get_parameter(Name='/weather/api-key', WithDecryption=True)",
        ),
    ),
    Exercise(
        number="10.2",
        title="two departments, one key",
        tasks=(
            Task(
                "in us-west-2, both parameters are encrypted under one key of your own",
                _under_one_key,
                by_mistake(
                    "Two put_parameter calls with an SSM client for us-west-2, Type='SecureString' and the same KeyId. "
                    "Their names begin with a slash.",
                    (
                        lambda attempt: any(_in_another_region(attempt, _ROLE_REGION, each) for each in (_OWN, _OTHER)),
                        "A parameter is in another Region: put both with boto3.client('ssm', region_name='us-west-2').",
                    ),
                    (
                        _under_the_service_key,
                        "A parameter is under alias/aws/ssm, whose policy lets everybody in: put it again with KeyId= "
                        "a key of yours and Overwrite=True.",
                    ),
                    (
                        _under_two_keys,
                        "They are under two keys, and then the keys would keep them apart: put one of them again with "
                        "the KeyId of the other and Overwrite=True.",
                    ),
                ),
            ),
            Task(
                "as billing, reading /billing/db/password works",
                _reads_its_own,
                by_mistake(
                    "Nobody has tried as the role: get_parameter with WithDecryption=True and lab.client('ssm', "
                    "'us-west-2', principal=lab.role('billing', policy=...)).",
                    (
                        _lacks("kms:ViaService"),
                        "KMS refused it: the kms:ViaService of the policy is not the service that calls, which is "
                        "ssm.us-west-2.amazonaws.com. put_role_policy of IAM changes a role that is there.",
                    ),
                    (
                        _lacks("PARAMETER_ARN"),
                        "KMS refused it: the PARAMETER_ARN of the policy is not that of the parameter. It is "
                        "arn:aws:ssm:us-west-2:123456789010:parameter and then the name with its slash. "
                        "put_role_policy of IAM changes a role that is there.",
                    ),
                    (
                        _lacks("its Resource"),
                        "KMS refused it: the Resource of the policy has to be the ARN of the key, and not of an alias "
                        "or of the parameter. put_role_policy of IAM changes a role that is there.",
                    ),
                    (
                        _lacks(),
                        "KMS refused it: nothing lets the role decrypt. put_role_policy of IAM, with kms:Decrypt on "
                        "the key's ARN and the two conditions.",
                    ),
                ),
            ),
            Task(
                "as billing, reading /orders/db/password is refused",
                lambda attempt: _refused(attempt, _OTHER, _SSM),
                by_mistake(
                    "Try it as the role, once reading its own has worked.",
                    (
                        _worked(_OTHER, _SSM),
                        "It worked: nothing ties the permission to one parameter. The condition key is "
                        "kms:EncryptionContext:PARAMETER_ARN; put_role_policy of IAM changes a role that is there.",
                    ),
                    (
                        _tried(_OTHER, _SSM),
                        "It was refused at a time when the role could not read its own either, which proves nothing. "
                        "Try it again after reading its own has worked.",
                    ),
                ),
            ),
            Task(
                "as billing, Decrypt of KMS itself is refused, with the right context",
                lambda attempt: _refused(attempt, _OWN, ""),
                by_mistake(
                    "Try it with the role's KMS client, once reading its own has worked: get_parameter without "
                    "decryption, base64.b64decode, decrypt with EncryptionContext={'PARAMETER_ARN': ...}.",
                    (
                        _worked(_OWN, ""),
                        "It worked: a stolen ciphertext opens for the role. The policy still lacks kms:ViaService = "
                        "ssm.us-west-2.amazonaws.com.",
                    ),
                    (
                        _direct_in_base64,
                        "KMS could not read what it was given. Parameter Store gives the ciphertext in base64, and KMS "
                        "takes bytes: CiphertextBlob=base64.b64decode(...).",
                    ),
                    (
                        _direct_without_context,
                        "Refused, but for want of the right context: give decrypt EncryptionContext={'PARAMETER_ARN': "
                        "'arn:aws:ssm:us-west-2:123456789010:parameter/billing/db/password'}.",
                    ),
                    (
                        _tried(_OWN, ""),
                        "It was refused at a time when the role could not read its own either, which proves nothing. "
                        "Try it again after reading its own has worked.",
                    ),
                ),
            ),
        ),
        hints=(
            "The section 'Only this parameter, and only through Parameter Store' does it in us-east-1. Region, names "
            "and role are others here, in the policy too.",
            "Two condition keys under one StringEquals: kms:EncryptionContext:PARAMETER_ARN and kms:ViaService. For "
            "the third attempt: get_parameter without decryption, base64.b64decode, then decrypt of the role's KMS "
            "client.",
            "oregon_ssm = boto3.client('ssm', region_name='us-west-2')\n"
            "key = boto3.client('kms', region_name='us-west-2').create_key()['KeyMetadata']\n"
            "own, other = '/billing/db/password', '/orders/db/password'\n"
            "for each in (own, other):\n"
            "    oregon_ssm.put_parameter(Name=each, Type='SecureString', Value='x', KeyId=key['Arn'])\n"
            "arn, via = f'arn:aws:ssm:us-west-2:123456789010:parameter{own}', 'ssm.us-west-2.amazonaws.com'\n"
            "both = {'kms:EncryptionContext:PARAMETER_ARN': arn, 'kms:ViaService': via}\n"
            "allow = {'Effect': 'Allow', 'Action': 'kms:Decrypt', 'Resource': key['Arn']}\n"
            "allow['Condition'] = {'StringEquals': both}\n"
            "role = lab.role('billing', policy={'Version': '2012-10-17', 'Statement': [allow]})\n"
            "its_ssm, its_kms = (lab.client(name, 'us-west-2', principal=role) for name in ('ssm', 'kms'))\n"
            "its_ssm.get_parameter(Name=own, WithDecryption=True)\n"
            "attempt(its_ssm.get_parameter, Name=other, WithDecryption=True)\n"
            "blob = base64.b64decode(its_ssm.get_parameter(Name=own)['Parameter']['Value'])\n"
            "attempt(its_kms.decrypt, CiphertextBlob=blob, EncryptionContext={'PARAMETER_ARN': arn})",
        ),
    ),
    Exercise(
        number="10.3",
        title="a password in a chat",
        tasks=(
            Task(
                "the secret warehouse/db has a new version",
                _replaced,
                by_mistake(
                    "Run the cell that makes the secret first. Then: which of the two rotations changes the password? "
                    "put_secret_value with a client for eu-central-1.",
                    (
                        _was_made_anew,
                        "The secret was deleted and made anew, so it has another ARN and no previous version. Give it "
                        "new versions with put_secret_value from now on: two of them, as this one's first was lost.",
                    ),
                    (
                        _key_was_rotated,
                        "You have rotated the KMS key. Read the secret: it is the one from the chat. What helps is "
                        "another text, and put_secret_value stores it.",
                    ),
                ),
            ),
            Task(
                "the new version was read",
                lambda attempt: _read_since(attempt, -1),
                by_mistake(
                    "get_secret_value after put_secret_value; without a version it gives the current one.",
                    (
                        lambda attempt: _read_since(attempt, -2),
                        "That was the version before. Without VersionStage, get_secret_value gives the current one.",
                    ),
                    (
                        lambda attempt: _replaced(attempt) and _was_read(attempt),
                        "It was read before the new password was stored. Read it again.",
                    ),
                ),
            ),
            Task(
                "so was the one before it",
                lambda attempt: _read_since(attempt, -2),
                by_mistake(
                    "get_secret_value with VersionStage='AWSPREVIOUS', after put_secret_value.",
                    (
                        lambda attempt: _read_since(attempt, -1),
                        "You have read the current one. An administrator who has to go back asks for "
                        "VersionStage='AWSPREVIOUS'.",
                    ),
                ),
            ),
            Task(
                "the reply that the program gets now was handed over",
                lambda attempt: _is_new_password(attempt) and _is_reply(attempt, -1),
                by_mistake(
                    "Hand over a pair: answer = (the whole reply of get_secret_value, number).",
                    (
                        lambda attempt: isinstance(_pair(attempt)[0], str),
                        "That is a text, and anybody could have typed it. Hand over the whole reply of "
                        "get_secret_value, without ['SecretString']: its VersionId shows what was read.",
                    ),
                    (
                        _is_new_password,
                        "That reply is of an earlier version. Read the secret once more, without VersionStage, and "
                        "hand over that reply.",
                    ),
                    (
                        lambda attempt: _pair(attempt)[0]["SecretString"] == _LEAKED,
                        "That is the reply with the password from the chat. The program asks without VersionStage, and "
                        "gets the newest.",
                    ),
                    (
                        lambda attempt: _pair(attempt)[0]["SecretString"],
                        "The database has been given thaw-7260, and accepts no other: store that, and read it.",
                    ),
                ),
            ),
            Task(
                "the number of rotations of the KMS key is right",
                lambda attempt: int(str(_pair(attempt)[1])) == 0,
                by_mistake(
                    "The second part of the pair is a number: how often did the KMS key have to be rotated for this?",
                    (
                        _pair,
                        "What would another key material have changed for those who know the password? Count again how "
                        "many of its rotations were needed.",
                    ),
                ),
            ),
        ),
        hints=(
            "The section 'Two things called rotation' does it in us-east-1 with another secret.",
            "put_secret_value, get_secret_value, get_secret_value with VersionStage=. The KMS key plays no part in it.",
            "german_secrets.put_secret_value(SecretId='warehouse/db', SecretString='thaw-7260')\n"
            "reply = german_secrets.get_secret_value(SecretId='warehouse/db')\n"
            "german_secrets.get_secret_value(SecretId='warehouse/db', VersionStage='AWSPREVIOUS')\n"
            "answer = (reply, 0)",
        ),
    ),
)
