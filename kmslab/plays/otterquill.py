"""Otterquill at work: its programs and people, and the calls they make."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

from kmslab import Lab, Principal
from kmslab.scenario import OTTERQUILL, Scenario
from kmslab.scenario.apply import unseen

REGION = "eu-west-1"
#: Where the printer's new version makes its keys, by mistake.
OTHER_REGION = "eu-central-1"

CUSTOMERS, RECEIPTS, MANUSCRIPTS = "alias/customers", "alias/receipts", "alias/manuscripts"
SHELF, VAULT, AUDIT, TRAIL = "otterquill-manuscripts", "otterquill-backups", "otterquill-audit", "otterquill"
MANUSCRIPT = "the-heron-year.txt"

#: Tom's two access keys: the one in a script, and the one of his laptop.
SCRIPT, LAPTOP = "tom's script", "tom"
SCRIPT_KEY = "AKIA0OTTERQUILL0TOM1"
_LAPTOP_KEY, _LAPTOP_SECRET = "AKIA0OTTERQUILL0TOM2", "an-example-in-a-course-not-a-secret-2"

READERS = ("ada", "boris", "chiara", "deniz", "elif", "farid", "greta", "hugo")


class Otterquill:
    """The bookshop in one Lab.

    Attributes:
        lab: The Lab.
        people: Everybody who calls, by name.
        rows: The rows of the database as they are stored: ciphertexts by table and row.
    """

    def __init__(self, lab: Lab) -> None:
        """Open the shop: the scenario, Tom's second access key, the rows, and a manuscript."""
        self.lab = lab
        report = Scenario.read(OTTERQUILL).apply(lab)
        self.people: dict[str, Principal] = {name: found for (_, name), found in report.principals.items()}
        self.people[SCRIPT] = self.people["tom"]
        self.people[LAPTOP] = self._laptop()
        self.manuscripts = report.key_ids()[MANUSCRIPTS]
        self.backups = report.key_ids()["alias/backups"]
        self.customers = report.key_ids()[CUSTOMERS]
        self.rows: dict[tuple[str, str], bytes] = {}
        self._clients: dict[tuple[str, ...], Any] = {}
        with unseen(lab, records=False):
            for table in ("readers", "addresses"):
                for row in READERS:
                    sealed = self.call(
                        "shop", "shop/9.1", "kms", "encrypt",
                        KeyId=CUSTOMERS, Plaintext=b"a row", EncryptionContext={"table": table, "row": row},
                    )  # fmt: skip
                    self.rows[table, row] = sealed["CiphertextBlob"]
            self.call(
                "shop", "shop/9.1", "s3", "put_object", Bucket=SHELF, Key=MANUSCRIPT, Body=b"It was a dry year.\n"
            )
            right = lab.client("kms", REGION).get_key_policy(KeyId=self.manuscripts)["Policy"]
        #: The key policy of the manuscripts as Tom puts it: right for a bucket in the Region of his notes.
        self.policy_of_the_notes = right.replace(f"s3.{REGION}.", "s3.us-east-1.")

    def client(self, service: str, who: str, region: str = REGION, program: str = "") -> Any:
        """A client that calls as one of Otterquill's people or programs.

        Args:
            service: Such as `s3`.
            who: A user's name, such as `shop`.
            region: The Region it calls.
            program: What it calls itself; boto3 unless said otherwise.
        """
        name = (service, who, region, program)
        if name not in self._clients:
            options = {"config": Config(user_agent=program)} if program else {}
            self._clients[name] = self.lab.client(service, region, principal=self.people[who], **options)
        return self._clients[name]

    def call(self, who: str, program: str, service: str, operation: str, *, region: str = REGION, **params: Any) -> Any:
        """Make one call.

        Returns:
            What was answered; for an error a text, its code.
        """
        try:
            return getattr(self.client(service, who, region, program), operation)(**params)
        except ClientError as error:
            return str(error.response["Error"]["Code"])

    def reading(self, table: str, row: str) -> dict[str, Any]:
        """The members of the Decrypt of a row."""
        return {"CiphertextBlob": self.rows[table, row], "EncryptionContext": {"table": table, "row": row}}

    def backup_of(self, night: datetime) -> str:
        """The name of a night's backup."""
        return f"database-{night:%Y-%m-%d}"

    def print_batch(self, *, there_is_paper: bool) -> Any:
        """What version 2 of the printer's program does: first a key of its own for each batch, then all the rest.

        Returns:
            As `call`, of the first call.
        """
        made = self.call("printer", "printer/2.0", "kms", "create_key", region=OTHER_REGION, Description="invoices")
        if there_is_paper and not isinstance(made, str):
            key_id = made["KeyMetadata"]["KeyId"]
            self.call(
                "printer", "printer/2.0", "kms", "encrypt", region=OTHER_REGION, KeyId=key_id, Plaintext=b"a batch"
            )
            self.call("printer", "printer/2.0", "kms", "sign", **self.signing(b"an invoice"))
        return made

    def signing(self, message: bytes) -> dict[str, Any]:
        """The members of the Sign of a receipt."""
        return {"KeyId": RECEIPTS, "Message": message, "SigningAlgorithm": "ECDSA_SHA_256"}

    def begin_to_log(self) -> None:
        """Let a trail write log files, as the administrator."""
        files = f"arn:aws:s3:::{AUDIT}"
        logs = f"{files}/AWSLogs/{self.lab.account_id}/*"
        cloudtrail = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
        as_owner = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
        statements = [
            {**cloudtrail, "Action": "s3:GetBucketAcl", "Resource": files},
            {**cloudtrail, "Action": "s3:PutObject", "Resource": logs, "Condition": as_owner},
        ]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.lab.client("s3", REGION).put_bucket_policy(Bucket=AUDIT, Policy=policy)
        trail = self.lab.client("cloudtrail", REGION)
        trail.create_trail(Name=TRAIL, S3BucketName=AUDIT)
        trail.start_logging(Name=TRAIL)

    def _laptop(self) -> Principal:
        found = self.lab.directory.find(_LAPTOP_KEY)
        if found is None:
            made = self.lab.client("iam").create_access_key(UserName="tom")["AccessKey"]["AccessKeyId"]
            self.lab.replace_access_key(self.lab.account_id, made, _LAPTOP_KEY, _LAPTOP_SECRET)
            found = self.lab.directory.find(_LAPTOP_KEY)
        assert found is not None  # noqa: S101 - it was just made
        return found
