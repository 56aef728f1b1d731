"""Commands as boto3 and back."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.terminal import command_line, python_line
from kmslab.terminal.request import ApiRequest, FromFile, Reading, make
from kmslab.terminal.translate import show_boto3, show_cli, understood
from kmslab.wire.model import operation_names, service_model

EXAMPLES: list[dict[str, Any]] = json.loads(
    # The one time of the examples; every other name may stand for itself.
    (Path(__file__).parents[2] / "vectors" / "cli_examples.json")
    .read_text()
    .replace("$in_a_month", "2026-12-31T09:00Z")
)["cases"]

#: A command as it is written here, and the line of boto3.
PAIRS = {
    "aws kms list-keys": "kms.list_keys()",
    "aws kms list-keys --limit 2 --region eu-west-1": (
        'boto3.client("kms", region_name="eu-west-1").list_keys(Limit=2)'
    ),
    "aws kms encrypt --key-id alias/app --plaintext aGVsbG8= --encryption-context Purpose=Test,Dept=IT": (
        'kms.encrypt(KeyId="alias/app", Plaintext=b"hello", EncryptionContext={"Purpose": "Test", "Dept": "IT"})'
    ),
    "aws kms encrypt --key-id a --plaintext ''": 'kms.encrypt(KeyId="a", Plaintext=b"")',
    "aws kms encrypt --key-id a --plaintext Iidc": "kms.encrypt(KeyId=\"a\", Plaintext=b'\"\\'\\\\')",
    "aws kms encrypt --key-id a --plaintext J/8=": 'kms.encrypt(KeyId="a", Plaintext=b"\'\\xff")',
    "aws kms decrypt --ciphertext-blob fileb:///tmp/x.bin": (
        'kms.decrypt(CiphertextBlob=open("/tmp/x.bin", "rb").read())'
    ),
    "aws kms encrypt --key-id a --plaintext file://x.b64": (
        'kms.encrypt(KeyId="a", Plaintext=b64decode(open("x.b64").read()))'
    ),
    "aws kms put-key-policy --key-id a --policy-name default --policy 'file://my policy.json'": (
        'kms.put_key_policy(KeyId="a", PolicyName="default", Policy=open("my policy.json").read())'
    ),
    "aws kms tag-resource --key-id a --tags file://tags.json": (
        'kms.tag_resource(KeyId="a", Tags=json.loads(open("tags.json").read()))'
    ),
    "aws kms tag-resource --key-id a --tags TagKey=Purpose,TagValue=Test TagKey=Dept,TagValue=IT": (
        'kms.tag_resource(KeyId="a", Tags=[{"TagKey": "Purpose", "TagValue": "Test"}, '
        '{"TagKey": "Dept", "TagValue": "IT"}])'
    ),
    """aws kms tag-resource --key-id a --tags '[{"TagKey": "a,b", "TagValue": ""}]'""": (
        'kms.tag_resource(KeyId="a", Tags=[{"TagKey": "a,b", "TagValue": ""}])'
    ),
    "aws kms untag-resource --key-id a --tag-keys Purpose 'Cost Center'": (
        'kms.untag_resource(KeyId="a", TagKeys=["Purpose", "Cost Center"])'
    ),
    """aws kms untag-resource --key-id a --tag-keys '["-x"]'""": 'kms.untag_resource(KeyId="a", TagKeys=["-x"])',
    "aws kms untag-resource --key-id a --tag-keys '[]'": 'kms.untag_resource(KeyId="a", TagKeys=[])',
    "aws kms create-grant --key-id a --grantee-principal b --operations Decrypt Encrypt --constraints "
    "'EncryptionContextSubset={Department=IT}'": (
        'kms.create_grant(KeyId="a", GranteePrincipal="b", Operations=["Decrypt", "Encrypt"], '
        'Constraints={"EncryptionContextSubset": {"Department": "IT"}})'
    ),
    "aws kms create-key --multi-region": "kms.create_key(MultiRegion=True)",
    "aws kms create-key --no-multi-region": "kms.create_key(MultiRegion=False)",
    """aws kms create-key --description 'it'"'"'s a "key"'""": """kms.create_key(Description="it's a \\"key\\"")""",
    "aws kms create-key --description=--x": 'kms.create_key(Description="--x")',
    """aws kms create-key --cli-input-json '{"Description": "file://x"}'""": (
        'kms.create_key(Description="file://x")'
    ),
    "aws kms import-key-material --key-id a --import-token fileb://t --encrypted-key-material fileb://m --valid-to "
    "2026-12-31T09:00:00Z": (
        'kms.import_key_material(KeyId="a", ImportToken=open("t", "rb").read(), '
        'EncryptedKeyMaterial=open("m", "rb").read(), ValidTo=datetime(2026, 12, 31, 9, 0, tzinfo=UTC))'
    ),
    "aws kms generate-random --number-of-bytes 8 --recipient "
    "KeyEncryptionAlgorithm=RSAES_OAEP_SHA_256,AttestationDocument@=fileb://doc": (
        'kms.generate_random(NumberOfBytes=8, Recipient={"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", '
        '"AttestationDocument": open("doc", "rb").read()})'
    ),
    # Other services come with the model.
    "aws sts get-caller-identity": "sts.get_caller_identity()",
    "aws s3api put-object --body f.txt --bucket b --key k": (
        's3.put_object(Body=open("f.txt", "rb"), Bucket="b", Key="k")'
    ),
    "aws s3api get-object --bucket b --key k outfile": 's3.get_object(Bucket="b", Key="k")',
    "aws iam create-role --role-name x --assume-role-policy-document file://trust.json": (
        'iam.create_role(RoleName="x", AssumeRolePolicyDocument=open("trust.json").read())'
    ),
    "aws secretsmanager get-secret-value --secret-id s": 'secretsmanager.get_secret_value(SecretId="s")',
}  # fmt: skip


@pytest.mark.parametrize("command", PAIRS)
def test_a_command_and_its_line(command: str) -> None:
    line = PAIRS[command]
    assert [str(show_boto3(command)), str(show_cli(line))] == [line, command]
    assert [str(show_cli(command)), str(show_boto3(line))] == [command, line]
    assert understood(command) == understood(line)


@pytest.mark.parametrize("case", EXAMPLES, ids=lambda case: case["id"])
def test_every_example_of_aws_goes_there_and_back(case: dict[str, Any]) -> None:
    request = make(case["operation"], case["parameters"], case.get("region"))
    command, line = command_line.write(request), python_line.write(request)
    assert command_line.read(command) == request
    assert python_line.read(line) == request
    assert command_line.write(command_line.read(command)) == command
    assert set(request.parameters) == set(case["parameters"])


def example(shape: Any) -> Any:
    """Some value of a shape, with every member."""
    kind = shape.type_name
    if kind == "structure":
        return {name: example(member) for name, member in shape.members.items()}
    makers: dict[str, Any] = {
        "list": lambda: [example(shape.member), example(shape.member)],
        "map": lambda: {"a key": example(shape.value), "b": ","},
        "blob": lambda: b"\x00'\"\xff",
        "boolean": lambda: False,
        "integer": lambda: -1,
        "timestamp": lambda: datetime(2026, 2, 3, 4, 5, 6, 7000, tzinfo=UTC),
    }
    return makers[kind]() if kind in makers else '-it\'s $x,y=[z] {"é"}\n'


@pytest.mark.parametrize("operation", sorted(operation_names()))
def test_every_operation_with_every_parameter(operation: str) -> None:
    """With values that a shell, the shorthand and Python each have to be told apart from signs of their own."""
    request = make(operation, example(service_model().operation_model(operation).input_shape), "eu-west-1")
    command = command_line.write(request)
    assert command_line.read(command) == request
    assert python_line.read(python_line.write(request)) == request
    assert shlex.split(command)[:2] == ["aws", "kms"]


def test_the_aws_cli_understands_every_command() -> None:
    """It reads the commands of all operations as requests with the same parameters; in a process of its own."""
    requests = [
        make(name, example(service_model().operation_model(name).input_shape)) for name in sorted(operation_names())
    ]
    commands = [shlex.split(command_line.write(request))[1:] for request in requests]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-P", "-c", READ_WITH_AWSCLI], input=json.dumps(commands), capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    expected = [json.loads(json.dumps(request.parameters, default=command_line._for_json)) for request in requests]
    assert json.loads(done.stdout) == expected


#: Prints what awscli would send, before version 2's rules for blobs and before anything is sent.
READ_WITH_AWSCLI = """
import json, sys
from kmslab.terminal import version_1
from awscli.clidriver import CLIOperationCaller
seen = []
CLIOperationCaller.invoke = lambda self, service, operation, parameters, options: seen.append(parameters) or 0
codes = [version_1.run(command) for command in json.load(sys.stdin)]
assert not any(codes), codes
print(json.dumps(seen))
"""


@pytest.mark.parametrize(
    ("command", "line"),
    [
        # The article's own.
        (
            'aws kms encrypt --key-id "alias/bitslovers" --cli-binary-format raw-in-base64-out --plaintext '
            "file:///tmp/secrect.txt --output text --query CiphertextBlob --region us-east-1 | base64 --decode > x",
            'kms.encrypt(KeyId="alias/bitslovers", Plaintext=open("/tmp/secrect.txt", "rb").read())',
        ),
        ("$ aws --region us-east-1 kms --debug enable-key --key-id a", 'kms.enable_key(KeyId="a")'),
        ("%aws kms enable-key \\\n   --key-id=a", 'kms.enable_key(KeyId="a")'),
        (
            "aws kms generate-mac --cli-binary-format raw-in-base64-out --key-id a --message hello --mac-algorithm b",
            'kms.generate_mac(Message=b"hello", KeyId="a", MacAlgorithm="b")',
        ),
        (
            """aws kms encrypt --cli-input-json '{"KeyId": "a", "Plaintext": "aGk="}' --key-id b""",
            'kms.encrypt(KeyId="b", Plaintext=b"hi")',
        ),
        ("""aws kms tag-resource --key-id a --tags '{"TagKey": "b", "TagValue": "c"}'""",
         'kms.tag_resource(KeyId="a", Tags=[{"TagKey": "b", "TagValue": "c"}])'),
    ],
)  # fmt: skip
def test_other_ways_to_write_a_command(command: str, line: str) -> None:
    assert str(show_boto3(command, default_region="us-east-1")) == line


@pytest.mark.parametrize(
    "line",
    [
        'reply = kms.enable_key(KeyId="a")',
        'client.enable_key(KeyId="a",)',
        'boto3.client("kms").enable_key(KeyId="a")',
        'lab.client(service_name="kms", region_name="us-east-1").enable_key(KeyId="a")',
        'session.client("kms", "us-east-1").enable_key(KeyId="a")["ResponseMetadata"]["RequestId"]',
    ],
)
def test_other_ways_to_write_a_line(line: str) -> None:
    assert str(show_cli(line, default_region="us-east-1")) == "aws kms enable-key --key-id a"


REFUSED = {
    "aws kms encrypt --key-id a --plaintext hello": r'Invalid base64: "hello"',
    "aws kms list-keys --colour": r"`aws kms list-keys` has no option --colour\.",
    "aws kms paint-key": r"`aws kms paint-key` is not one request of an AWS API, so it cannot be translated\.",
    "aws s3 ls": r"`aws s3 ls` is not one request of an AWS API, so it cannot be translated\.",
    "aws kms": r"A command to translate looks like `aws kms encrypt .*`\.",
    "aws nothing list-keys": r"There is no AWS service that boto3 calls 'nothing'\.",
    "aws kms enable-key --key-id": r"--key-id takes one value, not 0\.",
    "aws kms list-keys --limit many": r"'many' is not of type integer\.",
    "aws kms create-key --tags TagKey": r"'TagKey' is not the AWS CLI's shorthand",
    "aws kms create-key --tags '[{'": r"The JSON of --tags cannot be read: .*\.",
    "aws kms create-key --tags Name=a": r"Tags has no 'Name'; it has TagKey, TagValue\.",
    "aws kms create-key --cli-input-json file://x": r"write the JSON itself\.",
    "aws kms create-key --description 'x": r"A quotation mark in this command is not closed\.",
    "kms.enable_key(KeyId=key_id)": r"Only a value that stands in the line can be translated, not `key_id`\.",
    "kms.enable_key(KeyId=open('x').read().strip())": r"Only a value that stands in the line",
    'kms.enable_key(KeyId=f"{x}")': r"Only a value that stands in the line",
    "kms.enable_key(KeyId=5)": r"KeyId is of type string, and 5 is not\.",
    "kms.list_keys(Limit=True)": r"Limit is of type integer, and True is not\.",
    'kms.enable_key("a")': r"boto3 takes every parameter by its name",
    "kms.enable_key(**more)": r"boto3 takes every parameter by its name",
    "kms.paint_key()": r"A boto3 client for kms has no operation paint_key\(\)\.",
    "kms.list_keys(Colour=1)": r"ListKeys has no 'Colour'; it has .*Limit",
    "sts.get_caller_identity(A=1)": r"GetCallerIdentity has no 'A'",
    "1 + 1": r"A line to translate looks like",
    "for": r"This line is not Python\.",
    "kms.import_key_material(ValidTo=datetime(now))": r"Only a value that stands in the line",
    "kms.import_key_material(ValidTo=datetime(2026, 1, 1, tzinfo=CET))": r"A time to translate looks like",
    "kms.import_key_material(ValidTo=datetime(99999, 1, 1))": r"A time to translate looks like",
    "kms.import_key_material(ValidTo=datetime(2026, 13, 1))": r"A time to translate looks like",
    "kms.import_key_material(ValidTo=datetime())": r"A time to translate looks like",
    "kms.enable_key(KeyId={[]: 1})": r"Only a value that stands in the line",
    "kms.enable_key(KeyId={{}})": r"Only a value that stands in the line",
    'kms.import_key_material(ValidTo="soon")': r"ValidTo is a time, and 'soon' is not\.",
}


def test_json_that_is_nested_too_deeply() -> None:
    # Found by fuzzing: a RecursionError.
    with pytest.raises(KmslabError, match="The JSON of --tags cannot be read"):
        show_boto3(f"aws kms create-key --tags '{'[' * 5000}'")
    with pytest.raises(KmslabError, match="not Python"):
        show_cli(f"kms.enable_key(KeyId={'-' * 5000}1)")


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_translated_says_why(what: str) -> None:
    for show in (show_cli, show_boto3):
        with pytest.raises(KmslabError, match=REFUSED[what]):
            show(what)


@pytest.mark.parametrize("what", [None, 5, ("Encrypt",), {"a": 1}])
def test_what_is_no_request_at_all_says_what_would_be(what: Any) -> None:
    with pytest.raises(KmslabError, match=r'Give a command \("aws kms list-keys"\), a line of boto3'):
        show_cli(what)


def test_what_a_command_cannot_say_is_said() -> None:
    with pytest.raises(KmslabError, match="A command sends --body from a file"):
        show_cli('s3.put_object(Bucket="b", Key="k", Body=b"x")')
    recipient = {"KeyEncryptionAlgorithm": "a,b", "AttestationDocument": FromFile("doc")}
    with pytest.raises(KmslabError, match="A command cannot take 'doc' from a file there"):
        show_cli(("GenerateRandom", {"Recipient": recipient}))


def test_an_operation_with_its_parameters() -> None:
    assert (
        str(show_cli(("Encrypt", {"Plaintext": "hi", "KeyId": "a"}))) == "aws kms encrypt --key-id a --plaintext aGk="
    )
    with pytest.raises(KmslabError, match="The service kms has no operation 'Paint'"):
        show_cli(("Paint", {}))


def test_the_text_shows_without_quotation_marks() -> None:
    shown = show_boto3("aws kms list-keys")
    assert isinstance(shown, str)
    assert repr(shown) == shown == "kms.list_keys()"


# --- from the trail ---


def said(lab: Lab) -> list[tuple[str, str]]:
    """The commands of the trail, from its events and from its calls."""
    region = lab.region
    return [
        (str(show_cli(event, region)), str(show_cli(call, region)))
        for event, call in zip(lab.trail, lab.trail.calls, strict=True)
    ]


def test_events_and_calls_of_the_trail() -> None:
    with Lab(seed=1) as lab:
        kms = lab.client("kms")
        key_id = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        kms.create_key()
        kms.create_alias(AliasName="alias/app", TargetKeyId=key_id)
        kms.sign(KeyId="alias/app", Message=b"secret message", SigningAlgorithm="ECDSA_SHA_256")
        lab.client("kms", region_name="eu-west-1").list_keys(Limit=5)
        kms.generate_random(NumberOfBytes=8)
        shown = said(lab)
    expected = [
        "aws kms create-key --key-usage SIGN_VERIFY --key-spec ECC_NIST_P256",
        "aws kms create-key",
        f"aws kms create-alias --alias-name alias/app --target-key-id {key_id}",
        "aws kms sign --key-id alias/app --message fileb://message --signing-algorithm ECDSA_SHA_256",
        "aws kms list-keys --limit 5 --region eu-west-1",
    ]
    assert shown[:-1] == list(zip(expected, expected, strict=True))
    # CloudTrail shows no parameters of GenerateRandom.
    assert shown[-1] == ("aws kms generate-random", "aws kms generate-random --number-of-bytes 8")


def test_what_the_trail_keeps_to_itself_stands_in_a_file() -> None:
    with Lab(seed=1) as lab:
        kms = lab.client("kms")
        key_id = kms.create_key()["KeyMetadata"]["KeyId"]
        context = {"Department": "IT"}
        blob = kms.encrypt(KeyId=key_id, Plaintext=b"x", EncryptionContext=context)["CiphertextBlob"]
        kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)
        (encrypted, _), (decrypted, _) = said(lab)[1:]
        line = str(show_boto3(lab.trail[-1], lab.region))
    assert (
        encrypted
        == f"aws kms encrypt --key-id {key_id} --plaintext fileb://plaintext --encryption-context Department=IT"
    )
    assert decrypted == "aws kms decrypt --ciphertext-blob fileb://ciphertext-blob --encryption-context Department=IT"
    assert line == (
        'kms.decrypt(CiphertextBlob=open("ciphertext-blob", "rb").read(), EncryptionContext={"Department": "IT"})'
    )
    assert str(show_cli(line)) == decrypted


def test_dates_and_renamed_members_of_an_event() -> None:
    event = {
        "eventName": "ImportKeyMaterial",
        "eventSource": "kms.amazonaws.com",
        "eventType": "AwsApiCall",
        "awsRegion": "us-east-1",
        "requestParameters": {"keyId": "a", "validTo": "Dec 31, 2026, 9:00:00 PM"},
    }
    assert understood(event) == ApiRequest(
        "ImportKeyMaterial",
        {
            "KeyId": "a",
            "ImportToken": FromFile("import-token"),
            "EncryptedKeyMaterial": FromFile("encrypted-key-material"),
            "ValidTo": datetime(2026, 12, 31, 21, tzinfo=UTC),
        },
        "us-east-1",
    )
    store = {**event, "eventName": "CreateCustomKeyStore", "requestParameters": {"clusterId": "cluster-1"}}
    assert understood(store).parameters == {
        "CustomKeyStoreName": "<custom-key-store-name>", "CloudHsmClusterId": "cluster-1"
    }  # fmt: skip


def test_what_kms_did_by_itself_is_no_call() -> None:
    with Lab(seed=1) as lab:
        kms = lab.client("kms")
        kms.schedule_key_deletion(KeyId=kms.create_key()["KeyMetadata"]["KeyId"], PendingWindowInDays=7)
        lab.clock.advance(days=8)
        event, call = lab.trail[-1], lab.trail.calls[-1]
    for what in (event, call):
        with pytest.raises(KmslabError, match=r"DeleteKey was done by KMS itself; there is no call to show\."):
            show_cli(what)


def test_a_file_for_a_blob_is_base64_unless_the_command_says_otherwise() -> None:
    command = "aws kms encrypt --key-id a --plaintext file://x"
    assert understood(command).parameters["Plaintext"] == FromFile("x", Reading.BASE64)
    assert understood(f"{command} --cli-binary-format raw-in-base64-out").parameters["Plaintext"] == FromFile("x")
