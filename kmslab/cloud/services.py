"""Every service but KMS, as one: who asks is found out once, then IAM, STS or moto answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from kmslab.clock import SimClock
from kmslab.cloud.cloudtrail_front import CloudTrailFront
from kmslab.cloud.iam_front import IamFront
from kmslab.cloud.identity import Iam
from kmslab.cloud.moto_bridge import MotoBridge
from kmslab.cloud.query import read_form
from kmslab.cloud.s3_front import S3Front
from kmslab.cloud.secrets_manager_front import SecretsManagerFront
from kmslab.cloud.sessions import Sessions
from kmslab.cloud.ssm_front import SsmFront
from kmslab.cloud.sts import Sts
from kmslab.cloud.terms import Asker, Kms
from kmslab.errors import AwsError
from kmslab.ids import Ids
from kmslab.principals import Credentials, Directory, Principal
from kmslab.trail.recorder import Recorder
from kmslab.wire import sigv4
from kmslab.wire.http import BodyStream
from kmslab.wire.refusals import RefusedError, refuse


class Front(Protocol):
    """Stands in front of moto for one service, and answers itself what moto cannot."""

    def answer(self, request: AWSPreparedRequest, asker: Asker) -> AWSResponse:
        """Answer a request.

        Raises:
            AwsError: KMS refuses, or the service does in the words that most share.
            RefusedError: the service refuses in its own words.
        """
        ...


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
        kms: Kms,
        recorder: Recorder,
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
            kms: How a service calls KMS in somebody's name.
            recorder: What KMS has told, for CloudTrail.
        """
        self._directory = directory
        self._clock = clock
        self._home = home
        self._bridge = MotoBridge(self._account_of)
        self._iam = Iam(self._bridge, region, ids)
        #: The sessions that were handed out.
        self.sessions = sessions = Sessions(self._bridge, self._iam, ids, root_of)
        s3 = S3Front(self._bridge, kms, clock)
        self._cloudtrail = CloudTrailFront(
            self._bridge, kms, clock, recorder=recorder, s3=s3, ids=ids, region=region, root_of=root_of
        )
        self._fronts: dict[str, Front] = {
            "cloudtrail": self._cloudtrail,
            "iam": IamFront(self._bridge, region, ids),
            "s3": s3,
            "secretsmanager": SecretsManagerFront(self._bridge, kms, clock, ids),
            "ssm": SsmFront(self._bridge, kms, clock, ids),
            "sts": Sts(self._iam, sessions, directory, home, open_account),
        }
        # Sessions first: they know at once that a key is none of theirs.
        directory.add_source(sessions.find)
        directory.add_source(self._iam.find)
        directory.add_register(self._iam.exists)
        clock.subscribe(self._deliver)
        #: The accounts that IAM knows.
        self.introduced: set[str] = set()
        #: Is told of each service that may have changed something.
        self.watcher: Callable[[str], None] | None = None
        #: Is called before anything is done, and refuses what could not be kept.
        self.ready: Callable[[], None] | None = None
        #: Is called before the reply of such a service goes out, and may wait.
        self.barrier: Callable[[], None] | None = None

    @property
    def bridge(self) -> MotoBridge:
        """moto, with the Lab's contents."""
        return self._bridge

    def introduce(self, administrator: Principal) -> None:
        """Let IAM know an account that the Lab has opened."""
        if administrator.account_id not in self.introduced:
            self.introduced.add(administrator.account_id)
            self._iam.introduce(administrator)
            if administrator.account_id != self._home:
                self._iam.make_access_role(administrator.account_id, self._home)
        self._directory.hand_over(administrator)
        self._tell("iam")

    def replace_access_key(self, account_id: str, access_key_id: str, credentials: Credentials) -> None:
        """Give an IAM user's access key another id and secret."""
        self._iam.replace_access_key(account_id, access_key_id, credentials)
        self._tell("iam")

    def _tell(self, service: str) -> None:
        if self.watcher is not None:
            self.watcher(service)

    def answer(self, request: AWSPreparedRequest) -> AWSResponse:
        """Answer a prepared request of botocore.

        Raises:
            KmslabError: nobody plays that service or that operation, or what it changes could not be kept.
        """
        if self.ready is not None:
            self.ready()
        self._deliver(self._clock.now())
        headers = sigv4.by_lower_name(request.headers)
        service = _service(request.url, headers)
        response = self._answer(request, service, headers)
        if self.watcher is not None and _may_change(request, service, headers):
            self._tell(service)
        if self.barrier is not None:
            self.barrier()
        return response

    def _deliver(self, now: datetime) -> None:
        """Let CloudTrail deliver what is due."""
        if self._cloudtrail.delivery.catch_up(now):
            self._tell("cloudtrail")
            self._tell("s3")
            if self.barrier is not None:
                self.barrier()

    def _answer(self, request: AWSPreparedRequest, service: str, headers: Mapping[str, str]) -> AWSResponse:
        front = self._fronts.get(service)
        if front is None or (service == "s3" and "authorization" not in headers):
            # Simplified: within one process S3 answers an anonymous request as though its sender were of the account.
            try:
                return self._bridge.answer(request, service)
            except RefusedError as error:
                return _refused(request, error, service)
        try:
            scope = sigv4.read_scope(headers.get("authorization"))
            now = self._clock.now()
            caller = self._directory.identify(scope.access_key_id, headers.get("x-amz-security-token"), now)
        except AwsError as error:
            # Nobody's account: CloudTrail does not hear of it.
            return _refused(request, error, service)
        asker = Asker(caller, now, scope.region, headers.get("user-agent", ""))
        try:
            response = front.answer(request, asker)
        except (AwsError, RefusedError) as error:
            response = _refused(request, error, service)
        if self._cloudtrail.note(request, service, asker, response):
            self._tell("cloudtrail")
        return response

    def _account_of(self, request: AWSPreparedRequest) -> str:
        try:
            scope = sigv4.read_scope(sigv4.by_lower_name(request.headers).get("authorization"))
            principal = self._directory.find(scope.access_key_id)
        except AwsError:
            # An anonymous request, or one that is signed in its query; S3 allows both.
            principal = None
        return self._home if principal is None else principal.account_id


def _refused(request: AWSPreparedRequest, error: AwsError | RefusedError, service: str) -> AWSResponse:
    reply = refuse(error, service)
    return AWSResponse(request.url, reply.status, reply.headers, BodyStream(reply.body))


def _may_change(request: AWSPreparedRequest, service: str, headers: Mapping[str, str]) -> bool:
    """Whether a request may have changed something. STS hands out sessions by operations that begin with Get."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return False
    target = headers.get("x-amz-target", "").rpartition(".")[2]
    operation = target or (read_form(request).get("Action", "") if service in ("iam", "sts") else "")
    return service == "sts" or not operation.startswith(("Get", "List", "Head", "Describe"))


def _service(url: str, headers: Mapping[str, str]) -> str:
    """The service that a request is for: what it was signed for, or else what its host begins with."""
    try:
        return sigv4.read_scope(headers.get("authorization")).service
    except AwsError:
        return url.split("/", 3)[2].partition(".")[0]
