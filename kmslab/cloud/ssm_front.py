"""Parameter Store in front of moto: a SecureString is encrypted and decrypted by KMS, in the caller's name.

A parameter of the standard tier is encrypted by kms:Encrypt itself; one of the advanced tier under a data key of its
own. moto holds the ciphertext, which is what a caller gets who does not ask for decryption.

Source: Systems Manager User Guide, "AWS KMS encryption for Parameter Store SecureString parameters".
Simplified: nobody is asked whether a caller may use Systems Manager itself; every known caller may.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from kmslab import arn
from kmslab.clock import SimClock
from kmslab.cloud import parameters
from kmslab.cloud.json_calls import (
    Members,
    check,
    members_of,
    new_reply,
    operation_of,
    raise_refusal,
    reply_of,
    text_of,
    with_members,
    with_reply,
)
from kmslab.cloud.moto_bridge import MotoBridge
from kmslab.cloud.sealed import Envelope, KeyUser
from kmslab.cloud.secret_versions import SecretVersions
from kmslab.cloud.secrets_as_parameters import SECRETS, shown_secret
from kmslab.cloud.terms import Asker, Kms
from kmslab.errors import AwsError
from kmslab.ids import Ids
from kmslab.wire.refusals import RefusedError


class SsmFront:
    """Answers for Systems Manager."""

    def __init__(self, bridge: MotoBridge, kms: Kms, clock: SimClock, ids: Ids | None = None) -> None:
        """Stand in front of `bridge`; `kms` is called in the caller's name."""
        self._bridge = bridge
        self._kms = kms
        self._ids = ids or Ids()
        self._secrets = SecretVersions(kms, self._ids)
        self._answers: dict[str, Callable[[AWSPreparedRequest, Members, Asker], AWSResponse]] = {
            "DescribeParameters": self._describe,
            "PutParameter": self._put,
            **dict.fromkeys(
                ("GetParameter", "GetParameters", "GetParametersByPath", "GetParameterHistory"), self._read
            ),
        }

    def answer(self, request: AWSPreparedRequest, asker: Asker) -> AWSResponse:
        """Answer a request.

        Raises:
            RefusedError: Parameter Store refuses, or KMS does.
        """
        operation = operation_of(request)
        answer = self._answers.get(operation)
        if answer is None:
            return self._bridge.answer(request, "ssm")
        members = members_of(request)
        check("ssm", operation, members)
        return answer(request, members, asker)

    def _put(self, request: AWSPreparedRequest, members: Members, asker: Asker) -> AWSResponse:
        name, value = text_of(members, "Name") or "", text_of(members, "Value")
        held = parameters.find(self._bridge, asker, name)
        if not value or parameters.refused_by_moto(name, members, held):
            return self._forward(request, members | {"Value": value and "-"})
        parameters.check(members, held)
        members["Tier"] = parameters.tier(self._bridge, asker, members, held)
        if (members.get("Type") or (held and held.type)) == parameters.SECURE:
            key = text_of(members, "KeyId") or (held and held.key) or parameters.DEFAULT_KEY
            context = {"PARAMETER_ARN": _arn(asker, name)}
            try:
                members["Value"] = _encrypt(self._user(asker), key, value, context, members["Tier"])
            except AwsError as error:
                raise parameters.refusal(error, self._ids) from None
            members["KeyId"] = key
        response = self._forward(request, members)
        parameters.sign(self._bridge, asker, name)
        return response

    def _read(self, request: AWSPreparedRequest, members: Members, asker: Asker) -> AWSResponse:
        decrypts = members.get("WithDecryption") is True
        asked = text_of(members, "Name") or ""
        if asked.startswith(SECRETS):
            return new_reply(request, {"Parameter": self._secret(asked, decrypts, asker)})
        # moto "decrypts" by taking off what it has put before the ciphertext.
        response = self._forward(request, members | {"WithDecryption": True})
        reply = reply_of(response)
        for shown in [reply["Parameter"]] if "Parameter" in reply else reply.get("Parameters", []):
            if shown.get("Type") == parameters.SECURE and decrypts:
                shown["Value"] = self._decrypted(shown, asker)
            self._sign(shown, asker)
        if "Parameter" in reply:
            selector = parameters.selector(asked)
            reply["Parameter"] |= {"Selector": selector} if selector else {}
        return with_reply(response, reply)

    def _describe(self, request: AWSPreparedRequest, members: Members, asker: Asker) -> AWSResponse:
        response = self._forward(request, members)
        reply = reply_of(response)
        for shown in reply["Parameters"]:
            self._sign(shown, asker)
        return with_reply(response, reply)

    def _sign(self, shown: dict[str, Any], asker: Asker) -> None:
        if "LastModifiedUser" in shown:
            made_by = parameters.made_by(self._bridge, asker, shown["Name"], shown["Version"])
            shown["LastModifiedUser"] = made_by or shown["LastModifiedUser"]

    def _decrypted(self, shown: dict[str, Any], asker: Asker) -> str:
        user, envelope = self._user(asker), Envelope.read(shown["Value"])
        try:
            if envelope is not None:
                return user.open(envelope).decode()
            context = {"PARAMETER_ARN": _arn(asker, shown["Name"])}
            return user.decrypt(base64.b64decode(shown["Value"]), context).decode()
        except AwsError as error:
            raise parameters.refusal(error, self._ids) from None

    def _secret(self, name: str, decrypts: bool, asker: Asker) -> dict[str, Any]:
        if not decrypts:
            raise RefusedError(
                "ValidationException", "WithDecryption flag must be True for retrieving a Secret Manager secret."
            )
        return shown_secret(self._bridge, self._secrets, name, asker)

    def _user(self, asker: Asker) -> KeyUser:
        return KeyUser(self._kms, "ssm", asker.principal, asker.region)

    def _forward(self, request: AWSPreparedRequest, members: Members) -> AWSResponse:
        response = self._bridge.answer(with_members(request, members), "ssm")
        raise_refusal(response)
        return response


def _encrypt(user: KeyUser, key: str, value: str, context: dict[str, str], tier: str) -> str:
    if tier == parameters.ADVANCED:
        return user.seal(key, value.encode(), context).text
    return base64.b64encode(user.encrypt(key, value.encode(), context)).decode()


def _arn(asker: Asker, name: str) -> str:
    partition = arn.partition_of(asker.region)
    return f"arn:{partition}:ssm:{asker.region}:{asker.principal.account_id}:parameter/{name.removeprefix('/')}"
