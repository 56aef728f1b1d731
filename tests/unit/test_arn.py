"""Names of things: written, read back, and refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmslab import arn
from kmslab.arn import RefForm, parse_key_ref
from kmslab.errors import NotFoundException

ACCOUNT = "123456789010"
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
MRK = "mrk-1234abcd12ab34cd56ef1234567890ab"


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("us-east-1", "aws"),
        ("eu-west-3", "aws"),
        ("ap-southeast-7", "aws"),
        ("mx-central-1", "aws"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-gov-east-1", "aws-us-gov"),
        ("cn-north-1", "aws-cn"),
        ("cn-northwest-1", "aws-cn"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eu-isoe-west-1", "aws-iso-e"),
        ("us-isof-south-1", "aws-iso-f"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
)
def test_partitions(region: str, partition: str) -> None:
    """Source: botocore's partitions.json, as of botocore 1.44.5."""
    assert arn.partition_of(region) == partition
    assert arn.key_arn(region, ACCOUNT, KEY_ID) == f"arn:{partition}:kms:{region}:{ACCOUNT}:key/{KEY_ID}"
    assert arn.alias_arn(region, ACCOUNT, "alias/app") == f"arn:{partition}:kms:{region}:{ACCOUNT}:alias/app"
    assert parse_key_ref(arn.key_arn(region, ACCOUNT, KEY_ID)).region == region


@pytest.mark.parametrize("text", ["123456789012", "000000000000"])
def test_account_ids(text: str) -> None:
    assert arn.is_account_id(text)


@pytest.mark.parametrize(
    "text", ["", "12345678901", "1234567890123", "12345678901a", " 23456789012", "123456789012\n", "\u0661" * 12]
)
def test_what_is_no_account_id(text: str) -> None:
    assert not arn.is_account_id(text)


@pytest.mark.parametrize(
    ("text", "form", "name", "region", "account_id"),
    [
        (KEY_ID, RefForm.KEY_ID, KEY_ID, None, None),
        (KEY_ID.upper(), RefForm.KEY_ID, KEY_ID.upper(), None, None),
        (MRK, RefForm.KEY_ID, MRK, None, None),
        (f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{KEY_ID}", RefForm.KEY_ARN, KEY_ID, "us-east-1", ACCOUNT),
        (f"arn:aws-cn:kms:cn-north-1:{ACCOUNT}:key/{MRK}", RefForm.KEY_ARN, MRK, "cn-north-1", ACCOUNT),
        ("alias/app", RefForm.ALIAS_NAME, "alias/app", None, None),
        ("alias/", RefForm.ALIAS_NAME, "alias/", None, None),
        ("alias/a/b", RefForm.ALIAS_NAME, "alias/a/b", None, None),
        (f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/a/b", RefForm.ALIAS_ARN, "alias/a/b", "eu-west-1", ACCOUNT),
    ],
)
def test_the_four_forms(text: str, form: RefForm, name: str, region: str | None, account_id: str | None) -> None:
    ref = parse_key_ref(text)
    assert (ref.text, ref.form, ref.name, ref.region, ref.account_id) == (text, form, name, region, account_id)
    assert ref.is_alias is (form in (RefForm.ALIAS_NAME, RefForm.ALIAS_ARN))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fake-key-id", "Invalid keyId 'fake-key-id'"),
        (KEY_ID.replace("-", ""), f"Invalid keyId '{KEY_ID.replace('-', '')}'"),
        (f"{KEY_ID}0", f"Invalid keyId '{KEY_ID}0'"),
        (f" {KEY_ID}", f"Invalid keyId ' {KEY_ID}'"),
        ("mrk-1234", "Invalid keyId 'mrk-1234'"),
        (f"key/{KEY_ID}", f"Invalid keyId 'key/{KEY_ID}'"),
        ("Alias/app", "Invalid keyId 'Alias/app'"),
        (f"arn:aws:kms:us-east-1:{ACCOUNT}:key/foo", "Invalid keyId foo"),
        (f"arn:aws:kms:us-east-1:{ACCOUNT}:key/", "Invalid keyId "),
        ("arn:aws:kms:foo", "Invalid arn arn:aws:kms:foo"),
        ("arn:", "Invalid arn arn:"),
        (f"arn:aws:s3:us-east-1:{ACCOUNT}:key/{KEY_ID}", f"Invalid arn arn:aws:s3:us-east-1:{ACCOUNT}:key/{KEY_ID}"),
        (
            f"arn:aws-cn:kms:us-east-1:{ACCOUNT}:key/{KEY_ID}",
            f"Invalid arn arn:aws-cn:kms:us-east-1:{ACCOUNT}:key/{KEY_ID}",
        ),
        (f"arn:aws:kms:us-east-1:1:key/{KEY_ID}", f"Invalid arn arn:aws:kms:us-east-1:1:key/{KEY_ID}"),
        (f"arn:aws:kms:us-east-1:{ACCOUNT}:{KEY_ID}", f"Invalid arn arn:aws:kms:us-east-1:{ACCOUNT}:{KEY_ID}"),
    ],
)
def test_what_is_no_reference(text: str, message: str) -> None:
    with pytest.raises(NotFoundException) as caught:
        parse_key_ref(text)
    assert caught.value.message == message


@given(st.text(max_size=80) | st.text(alphabet="arn:aws:kms:us-east-1:/key-0123456789abcdef", max_size=90))
def test_noise_is_refused_and_nothing_else(text: str) -> None:
    try:
        ref = parse_key_ref(text)
    except NotFoundException:
        return
    assert ref.text == text
    assert ref.name in text


@given(
    st.sampled_from(["us-east-1", "cn-north-1", "us-gov-west-1"]),
    st.from_regex(r"[0-9]{12}", fullmatch=True),
    st.uuids().map(str) | st.from_regex(r"mrk-[0-9a-f]{32}", fullmatch=True),
)
def test_written_and_read_back(region: str, account_id: str, key_id: str) -> None:
    ref = parse_key_ref(arn.key_arn(region, account_id, key_id))
    assert (ref.form, ref.region, ref.account_id, ref.name) == (RefForm.KEY_ARN, region, account_id, key_id)
    alias = parse_key_ref(arn.alias_arn(region, account_id, f"alias/{key_id}"))
    assert (alias.form, alias.name) == (RefForm.ALIAS_ARN, f"alias/{key_id}")
