"""Rehearsals: a lesson's solution is run with `KMSLAB_BACKEND=aws`, and a served Lab plays AWS.

What runs, what does not and why, and what it would cost is counted, and kept for learners in kmslab/real/lessons.json.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import nbformat
from nbclient import NotebookClient

from kmslab import Bill, Lab
from kmslab.classroom.build import Product, without_outputs
from kmslab.errors import KmslabError
from kmslab.real.journal import journals
from kmslab.real.lessons import Rehearsal

#: An account that no lesson speaks of.
ACCOUNT = "210987654321"

#: A key that an account already had, and which no lesson may touch.
_THERE_BEFORE = "there before"

_TIMEOUT = 120
#: The errors of kmslab that are a sentence for the learner.
SENTENCES = frozenset({"KmslabError", "NotOnAwsError"})
_AT_ONCE = 2

#: What is another one each time or in each cell, in sentences that say the same.
_VARIES = re.compile(
    r"\d+\.\d+(?= USD)|^\S+(?= was not made)|(?<=folder, so )\w+ \w+(?= is not)|(?<=, such as )\S+(?=, here)"
    r"|(?:mrk-)?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}"
)
_REGION = re.compile(r"\b[a-z]{2}-[a-z]+-\d\b")
_NO_COMMAND_LINE = re.compile(r"^kmslab: (On real AWS, .*)$", re.MULTILINE)
#: A cell that is meant to fail is not meant to fail like this.
_NEVER_MEANT = SENTENCES | {"NameError"}
_PASSED = re.compile(r"^PASS: exercise (\d\d\.\d)", re.MULTILINE)

#: Appended to the lesson. What it has cost is counted before the clean-up is.
_USED = "import json\nprint(json.dumps(dict(lab.used)))"
_CLEAN_UP = "lab.clean_up()"


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A lesson that was run.

    Attributes:
        lesson: Its number.
        row: What it amounts to.
        errors: What stopped cells, in order: the kind of error and its text.
        left: What is in the account after the clean-up, a line each, but for keys that wait for their deletion and
            for what was there before.
        outputs: Everything that was shown, as text.
    """

    lesson: str
    row: Rehearsal
    errors: list[tuple[str, str]]
    left: list[str]
    outputs: str


def digest(product: Product) -> str:
    """A digest of a lesson's code, 16 hexadecimal digits."""
    code = [cell.source for cell in without_outputs(product).cells if cell.cell_type == "code"]
    return hashlib.sha256("\0".join(code).encode()).hexdigest()[:16]


def rehearse(wanted: Iterable[Product]) -> list[Rehearsed]:
    """Run the solutions of lessons, two at a time.

    Raises:
        KmslabError: a notebook cannot be run at all.
    """
    return asyncio.run(_all([each for each in wanted if each.is_solution and each.source.stem[:2].isdigit()]))


async def _all(wanted: list[Product]) -> list[Rehearsed]:
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(product: Product) -> Rehearsed:
        async with places:
            return await _one(product)

    return list(await asyncio.gather(*(one(product) for product in wanted)))


async def _one(product: Product) -> Rehearsed:
    lesson = product.source.stem[:2]
    notebook = without_outputs(product)
    notebook.cells += [nbformat.v4.new_code_cell(_USED), nbformat.v4.new_code_cell(_CLEAN_UP)]
    with Lab(account_id=ACCOUNT) as lab, tempfile.TemporaryDirectory() as folder:
        lab.client("kms").create_key(Description=_THERE_BEFORE)
        before = lab.bill
        environ = {
            **lab.environ(),
            "KMSLAB_BACKEND": "aws",
            "KMSLAB_AWS_CONFIRM": ACCOUNT,
            # Where it goes is found out here, so nothing is in the way.
            "KMSLAB_AWS_REGIONS": " ".join(_named(product)),
            "KMSLAB_LESSON": lesson,
            "KMSLAB_WORKSPACE": folder,
            "TZ": "UTC",
        }
        client = NotebookClient(
            notebook,
            timeout=_TIMEOUT,
            kernel_name="python3",
            allow_errors=True,
            store_widget_state=False,
            coalesce_streams=True,
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": folder}},
        )
        try:
            await client.async_execute(env=environ)
        except Exception as error:
            raise KmslabError(f"{product.source.stem} cannot be rehearsed: {error}") from error
        return _told(product, notebook.cells, lab, lab.bill.since(before), Path(folder))


def _told(product: Product, cells: list[Any], lab: Lab, bill: Bill, workspace: Path) -> Rehearsed:
    """What was shown, and what the account that was played has seen."""
    *told, used, _ = cells
    code = [cell for cell in told if cell.cell_type == "code"]
    errors = [found for cell in code if (found := _stopped(cell)) is not None]
    outputs = "\n".join(_shown(output) for cell in cells for output in cell.get("outputs", ()))
    sentences = Counter(_VARIES.sub("...", text) for name, text in errors if name in SENTENCES)
    requests: Counter[str] = Counter()
    for (_, price), count in bill.usage.by_price.items():
        requests[price.name] += count
    others: Counter[str] = Counter()
    for name, count in json.loads(_shown(used.outputs[0])).items():
        others[name.partition(" ")[0]] += count
    del others["kms"]
    made = Counter(entry.kind.value for journal in journals(workspace) for entry in journal.entries)
    row = Rehearsal(
        cells=len(code),
        not_run=dict(sorted(sentences.items(), key=lambda each: (-each[1], each[0]))),
        follow=len(errors) - sum(sentences.values()),
        exercises=sorted(set(_PASSED.findall(outputs))),
        regions=_named(product),
        made=dict(sorted(made.items())),
        requests=dict(sorted(requests.items())),
        others=dict(sorted(others.items())),
        code=digest(product),
    )
    return Rehearsed(product.source.stem[:2], row, errors, _left(lab), outputs)


def _stopped(cell: Any) -> tuple[str, str] | None:
    """What stopped a cell, unless the lesson means it to stop."""
    for output in cell.outputs:
        if output.output_type == "error":
            is_meant = "raises-exception" in cell.metadata.get("tags", []) and output.ename not in _NEVER_MEANT
            return None if is_meant else (output.ename, output.evalue)
        said = _NO_COMMAND_LINE.search(_shown(output)) if output.output_type == "stream" else None
        if said is not None:
            return "KmslabError", said.group(1)
    return None


def _shown(output: Any) -> str:
    if output.output_type == "stream":
        return str(output.text)
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    return str(output.data.get("text/plain", ""))


def _left(lab: Lab) -> list[str]:
    keys = [key for key in lab.inventory if key.manager == "CUSTOMER" and key.description != _THERE_BEFORE]
    iam, s3 = lab.client("iam"), lab.client("s3")
    found = [f"key {key.arn} {key.state}" for key in keys if not key.state.startswith("Pending")]
    found += [f"alias {name}" for key in keys for name in key.aliases]
    found += [f"user {user['UserName']}" for user in iam.list_users()["Users"] if user["UserName"] != "administrator"]
    found += [f"role {role['RoleName']}" for role in iam.list_roles()["Roles"]]
    found += [f"bucket {bucket['Name']}" for bucket in s3.list_buckets()["Buckets"]]
    for region in {key.region for key in keys}:
        parameters = lab.client("ssm", region).describe_parameters()["Parameters"]
        secrets = lab.client("secretsmanager", region).list_secrets()["SecretList"]
        found += [f"{region} {each['Name']}" for each in (*parameters, *secrets)]
    return found


def _named(product: Product) -> list[str]:
    """The Regions that a lesson's text names."""
    named = set(_REGION.findall(product.source.read_text("utf-8")))
    known = set(boto3.Session("none", "none").get_available_regions("kms"))
    return sorted((named & known) | {"us-east-1"})
