"""What all makers share: the Lab, the names, the report, and the way to call AWS from a place in the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import ClientError

from kmslab.errors import KmslabError
from kmslab.scenario.names import Names
from kmslab.scenario.parts import Part
from kmslab.scenario.report import Item, Report

if TYPE_CHECKING:
    from kmslab.lab import Lab

# A client that tries again by itself would wait in real time.
_ONCE = Config(retries={"total_max_attempts": 1})

# The slowest request quotas let one request through in ten seconds.
_MOST_TRIES = 20


@dataclass(frozen=True, slots=True)
class Stage:
    """A Lab in which a scene is being set."""

    lab: Lab
    names: Names
    report: Report

    def client(self, account_id: str, service: str, region: str | None = None) -> Any:
        """A client of an account's administrator."""
        region = region or self.names.region
        return self.lab.account(account_id).client(service, region_name=region, config=_ONCE)

    def call(self, part: Part, run: Callable[..., Any], **members: Any) -> Any:
        """Call AWS for what a part of the file says.

        A Lab with request quotas may throttle the call; then a second of its clock passes, and it is tried again.

        Raises:
            KmslabError: AWS refuses.
        """
        for _ in range(_MOST_TRIES):
            try:
                return run(**members)
            except ClientError as error:
                code, text = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
                if code == "ThrottlingException":
                    self.lab.clock.advance(seconds=1)
                    continue
                raise KmslabError(f"{part.place}: AWS refuses {error.operation_name} with {code}: {text}") from None
        raise KmslabError(f"{part.place}: The Lab throttles every call; make it without `throttling`.")

    def note(self, account_id: str, kind: str, name: str, *, made: bool, region: str = "", item_id: str = "") -> None:
        """Put something into the report."""
        self.report.items.append(Item(account_id, region, kind, name, item_id, made))


def tags(part: Part, name: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """The tags of something, as its service takes them."""
    return [{name: key, value: each.text} for key, each in part.get("tags").members()]
