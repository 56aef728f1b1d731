"""The way to the account: a boto3 session from credentials that were named, and who they belong to.

The session goes wherever botocore is told to go, AWS_ENDPOINT_URL included; that is how it is tested.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import botocore.credentials
import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from kmslab.errors import KmslabError
from kmslab.principals import Credentials, Identity, Issuer, Principal, PrincipalType
from kmslab.real.settings import Settings
from kmslab.wire import model

#: Where the first question goes, and what has no Region of its own.
HOME = "us-east-1"

#: Providers of credentials that nobody has named.
_BY_LUCK = ("env", "iam-role", "container-role", "boto-config", "ec2-credentials-file")

#: What leads an AWS client to credentials. It is taken away from the notebook once the session has them, so that
#: nothing but kmslab's own clients can reach the account.
_LEADS_TO_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
)
_LEADS_NOWHERE = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True, slots=True)
class Connection:
    """Whom the session acts as, and where.

    Attributes:
        identity: Who it is.
        aliases: The names that the account has given itself; empty where it has none or they may not be read.
        endpoint: Where botocore was told to go instead of to AWS; empty otherwise.
    """

    identity: Identity
    aliases: tuple[str, ...]
    endpoint: str

    @property
    def account_id(self) -> str:
        """The account."""
        return self.identity.account_id


class Source:
    """Makes sessions with the credentials that were named, and with no others."""

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        """Take the credentials.

        Raises:
            KmslabError: there are none.
        """
        # As botocore wants it: name in a profile, environment variable, default, conversion. The files are named
        # once, because the notebook's environment leads to none of them later.
        files = {"config_file": "~/.aws/config", "credentials_file": "~/.aws/credentials"}
        if settings.profile is None:
            files = dict.fromkeys(files, os.devnull)
        else:
            files["config_file"] = environ.get("AWS_CONFIG_FILE", files["config_file"])
            files["credentials_file"] = environ.get("AWS_SHARED_CREDENTIALS_FILE", files["credentials_file"])
        self._variables: dict[str, tuple[None, None, str | None, None]] = {
            name: (None, None, path, None) for name, path in files.items()
        }
        self._variables["profile"] = (None, None, settings.profile, None)
        self._credentials = _named(self._core(), settings, environ)

    @property
    def access_key_id(self) -> str:
        """The id of the access key, as it is now."""
        return str(self._credentials.get_frozen_credentials().access_key)

    def session(self, region: str = HOME) -> boto3.Session:
        """A new session of whoever the credentials belong to; they are renewed for all sessions together."""
        core = self._core()
        core.register_component("credential_provider", self)
        return boto3.Session(botocore_session=core, region_name=region)

    def session_of(self, credentials: Credentials, region: str) -> boto3.Session:
        """A session of somebody whom the notebook has made."""
        return boto3.Session(
            aws_access_key_id=credentials.access_key_id,
            aws_secret_access_key=credentials.secret_access_key,
            aws_session_token=credentials.session_token,
            region_name=region,
            botocore_session=self._core(),
        )

    def load_credentials(self) -> Any:
        """The credentials, as botocore asks for them."""
        return self._credentials

    def principal(self, identity: Identity) -> Principal:
        """Whoever the credentials belong to."""
        key = self._credentials.get_frozen_credentials()
        return Principal(identity, Credentials(key.access_key, key.secret_key, key.token))

    def _core(self) -> Any:
        core = botocore.session.Session(session_vars=self._variables)
        core.register_component("data_loader", model.loader())
        return core


def _named(core: Any, settings: Settings, environ: Mapping[str, str]) -> Any:
    if settings.profile is None:
        return botocore.credentials.Credentials(
            environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"], environ.get("AWS_SESSION_TOKEN")
        )
    try:
        providers = core.get_component("credential_provider")
        for name in _BY_LUCK:
            providers.remove(name)
        found = core.get_credentials()
    except BotoCoreError as error:
        raise KmslabError(f"The profile {settings.profile!r} cannot be used: {error}") from None
    if found is None:
        raise KmslabError(
            f"The profile {settings.profile!r} has no credentials of its own; log in, or name another with AWS_PROFILE."
        )
    return found


def connect(source: Source) -> Connection:
    """Ask who this is: two calls, which read and cost nothing.

    Raises:
        KmslabError: it is the root user, or AWS does not know the credentials.
    """
    asked = source.session()
    sts = asked.client("sts", region_name=HOME)
    try:
        answer = sts.get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise KmslabError(f"AWS does not say whose credentials these are: {error}") from None
    identity = identity_of(answer["Arn"], answer["Account"], answer["UserId"], source.access_key_id)
    if identity.type is PrincipalType.ROOT:
        raise KmslabError("These are the credentials of the root user; use an IAM user or role of the account instead.")
    told = sts.meta.endpoint_url
    return Connection(identity, _aliases(asked), "" if ".amazonaws.com" in told else told)


def without_credentials(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment in which no AWS client finds credentials."""
    kept = {name: value for name, value in environ.items() if name not in _LEADS_TO_CREDENTIALS}
    return {**kept, **_LEADS_NOWHERE}


def identity_of(arn: str, account_id: str, principal_id: str, access_key_id: str) -> Identity:
    """Who has this ARN."""
    kind, _, name = arn.rpartition(":")[2].partition("/")
    if kind == "root":
        return Identity(PrincipalType.ROOT, account_id, "root", arn, principal_id, access_key_id)
    if kind == "assumed-role":
        role = name.partition("/")[0]
        # The path of a role is not in its sessions' ARN, so it is missing here.
        role_arn = f"{arn.partition(':sts:')[0]}:iam::{account_id}:role/{role}"
        issuer = Issuer("Role", role_arn, principal_id.partition(":")[0], role)
        return Identity(PrincipalType.ASSUMED_ROLE, account_id, name, arn, principal_id, access_key_id, issuer)
    type_ = PrincipalType.FEDERATED_USER if kind == "federated-user" else PrincipalType.IAM_USER
    return Identity(type_, account_id, name.rpartition("/")[2], arn, principal_id, access_key_id)


def _aliases(asked: boto3.Session) -> tuple[str, ...]:
    try:
        return tuple(asked.client("iam", region_name=HOME).list_account_aliases()["AccountAliases"])
    except (BotoCoreError, ClientError):
        # A user who may learn KMS need not be allowed to read this.
        return ()
