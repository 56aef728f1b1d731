"""Every service but KMS, as one: who asks is found out once, then IAM, STS or moto answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from kmslab.clock import SimClock
from kmslab.cloud.iam_front import IamFront
from kmslab.cloud.identity import Iam
from kmslab.cloud.moto_bridge import MotoBridge
from kmslab.cloud.query import QueryError, write_error
from kmslab.cloud.sessions import Sessions
from kmslab.cloud.sts import Sts
from kmslab.cloud.terms import Asker
from kmslab.errors import AwsError
from kmslab.ids import Ids
from kmslab.principals import Directory, Principal
from kmslab.wire import sigv4

#: What IAM and STS call the errors about credentials, and their HTTP status.
_CODES = {
    "ExpiredTokenException": ("ExpiredToken", 403),
    "IncompleteSignatureException": ("IncompleteSignature", 400),
    "MissingAuthenticationTokenException": ("MissingAuthenticationToken", 403),
    "UnrecognizedClientException": ("InvalidClientTokenId", 403),
}


class Services:
    """The AWS around KMS of one Lab."""

    def __init__(
        self,
        directory: Directory,
        clock: SimClock,
        ids: Ids,
        region: str,
        home: str,
        open_account: Callable[[str], object],
        root_of: Callable[[str], Principal],
    ) -> None:
        """Build them, and make their principals known.

        Args:
            directory: All principals of the Lab.
            clock: The Lab's clock.
            ids: Where ids come from.
            region: The Lab's Region.
            home: The id of the Lab's first account, which administers all others.
            open_account: Opens an account.
            root_of: From an account id to its root user.
        """
        self._directory = directory
        self._clock = clock
        self._home = home
        self._bridge = MotoBridge(self._account_of)
        self._iam = Iam(self._bridge, region, ids)
        sessions = Sessions(self._bridge, self._iam, ids, root_of)
        self._iam_front = IamFront(self._bridge, region, ids)
        self._sts = Sts(self._iam, sessions, directory, home, open_account)
        # Sessions first: they know at once that a key is none of theirs.
        directory.add_source(sessions.find)
        directory.add_source(self._iam.find)
        directory.add_register(self._iam.exists)

    def introduce(self, administrator: Principal) -> None:
        """Let IAM know an account that the Lab has opened."""
        self._iam.introduce(administrator)
        self._directory.hand_over(administrator)
        if administrator.account_id != self._home:
            self._iam.make_access_role(administrator.account_id, self._home)

    def answer(self, request: AWSPreparedRequest) -> AWSResponse:
        """Answer a prepared request of botocore.

        Raises:
            KmslabError: nobody plays that service or that operation.
        """
        headers = sigv4.by_lower_name(request.headers)
        service = _service(request.url, headers)
        if service not in ("iam", "sts"):
            return self._bridge.answer(request)
        try:
            scope = sigv4.read_scope(headers.get("authorization"))
            now = self._clock.now()
            caller = self._directory.identify(scope.access_key_id, headers.get("x-amz-security-token"), now)
            if service == "iam":
                return self._iam_front.answer(request, caller)
            return self._sts.answer(request, Asker(caller, now, scope.region, headers.get("user-agent", "")))
        except AwsError as error:
            code, status = _CODES[error.code]
            return write_error(request, service, QueryError(code, error.message, status))
        except QueryError as error:
            return write_error(request, service, error)

    def _account_of(self, request: AWSPreparedRequest) -> str:
        try:
            scope = sigv4.read_scope(sigv4.by_lower_name(request.headers).get("authorization"))
            principal = self._directory.find(scope.access_key_id)
        except AwsError:
            # An anonymous request, or one that is signed in its query; S3 allows both.
            principal = None
        return self._home if principal is None else principal.account_id


def _service(url: str, headers: Mapping[str, str]) -> str:
    """The service that a request is for: what it was signed for, or else what its host begins with."""
    try:
        return sigv4.read_scope(headers.get("authorization")).service
    except AwsError:
        return url.split("/", 3)[2].partition(".")[0]
