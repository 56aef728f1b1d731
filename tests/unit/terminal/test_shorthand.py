"""The AWS CLI's shorthand, read and written; read as awscli's own parser reads it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from kmslab.errors import KmslabError
from kmslab.terminal import shorthand
from kmslab.terminal.request import FromFile, Reading

#: Source: AWS CLI User Guide, "Using shorthand syntax with the AWS CLI", and KMS's own examples.
READ: dict[str, Any] = {
    "TagKey=Purpose,TagValue=Test": {"TagKey": "Purpose", "TagValue": "Test"},
    "Department=IT": {"Department": "IT"},
    "EncryptionContextSubset={Department=IT,Project=Alpha}": {
        "EncryptionContextSubset": {"Department": "IT", "Project": "Alpha"}
    },
    "a=b,c,d": {"a": ["b", "c", "d"]},
    "a=b,c,d=e": {"a": ["b", "c"], "d": "e"},
    "a=[b,c],d={e=[f]}": {"a": ["b", "c"], "d": {"e": ["f"]}},
    "a=[b,]": {"a": ["b"]},
    "a=[{b=c},{b=d}]": {"a": [{"b": "c"}, {"b": "d"}]},
    "a='b,c',d=\"e=f\"": {"a": "b,c", "d": "e=f"},
    "a='it\\'s'": {"a": "it's"},
    "a=b\\,c": {"a": "b,c"},
    "a=b c , d=e": {"a": "b c", "d": "e"},
    "a=,b=c": {"a": "", "b": "c"},
    "a=": {"a": ""},
    "a=QUJDRA==,b=c": {"a": "QUJDRA==", "b": "c"},
    "a=arn:aws:iam::111122223333:role/x": {"a": "arn:aws:iam::111122223333:role/x"},
}

WRITTEN = [
    {"TagKey": "Purpose", "TagValue": "Test"},
    {"Department": "IT", "Project": "Alpha One"},
    {"A": {"b": "c", "d": ["e", "f"]}, "B": ["g"]},
    {"A": [{"b": "c"}, {"b": "d"}]},
    {"A": "QUJDRA=="},
]

NOT_PLAIN: list[Any] = [
    {}, {"a": ""}, {"a": "b,c"}, {"a": "b "}, {"a": "é"}, {"a": "'b'"}, {"a": "[b]"}, {"a": "{b"}, {"a b": "c"},
    {"a": []}, {"a": {}}, {"a": "b\nc"}, {"a": "b\\c"}, {"a": "=b"},
]  # fmt: skip


@pytest.mark.parametrize("text", READ)
def test_read(text: str) -> None:
    assert shorthand.read(text) == READ[text]


@pytest.mark.parametrize("value", WRITTEN, ids=json.dumps)
def test_what_is_written_reads_the_same(value: dict[str, Any]) -> None:
    assert shorthand.read(shorthand.write(value)) == value


@pytest.mark.parametrize("value", NOT_PLAIN, ids=json.dumps)
def test_what_is_not_plain_is_left_to_json(value: dict[str, Any]) -> None:
    with pytest.raises(shorthand.NotPlainError):
        shorthand.write(value)


@pytest.mark.parametrize("text", ["a", "a=[b", "a={b=c", "=b", "a=b,,c=d", "a='b", "a=b}", "a=b,"])
def test_what_is_not_shorthand_is_refused(text: str) -> None:
    with pytest.raises(KmslabError, match=r"is not the AWS CLI's shorthand: it cannot be read from place \d+ on\."):
        shorthand.read(text)


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("a@=fileb://folder/doc.bin", FromFile("folder/doc.bin")),
        ("a@=file://doc.txt", FromFile("doc.txt", Reading.TEXT)),
        ("a=fileb://doc.bin", "fileb://doc.bin"),
        ("a@=text", "text"),
    ],
)
def test_only_the_at_sign_names_files(text: str, file: Any) -> None:
    assert shorthand.read(text) == {"a": file}


def test_a_file_is_written_with_the_at_sign() -> None:
    value = {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": FromFile("doc.bin")}
    assert shorthand.write(value) == "KeyEncryptionAlgorithm=RSAES_OAEP_SHA_256,AttestationDocument@=fileb://doc.bin"


def test_awscli_reads_the_same() -> None:
    """In a process of its own, because its botocore would take the place of boto3's."""
    texts = [*READ, *map(shorthand.write, WRITTEN)]
    program = (
        "import json, sys; from awscli.shorthand import ShorthandParser\n"
        "print(json.dumps([ShorthandParser().parse(each) for each in json.load(sys.stdin)]))"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-P", "-c", program], input=json.dumps(texts), capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [*READ.values(), *WRITTEN]


@pytest.mark.parametrize("text", ["a={" * 5000, "a=" + "[" * 5000])
def test_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(KmslabError, match="nested too deeply"):
        shorthand.read(text)
