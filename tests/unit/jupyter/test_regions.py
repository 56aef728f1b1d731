"""The Region map: keys that belong together, buckets and their keys; as a figure and as a panel."""

from __future__ import annotations

from typing import Any

import pytest

from kmslab import Lab
from kmslab.jupyter import figures, panels
from kmslab.jupyter.panels.regions import RegionsPanel


@pytest.fixture
def related(kms: Any, make_key: Any) -> str:
    made = str(make_key(MultiRegion=True))
    for region in ("eu-west-1", "ap-south-1"):
        kms.replicate_key(KeyId=made, ReplicaRegion=region)
    return made


@pytest.fixture
def buckets(lab: Lab, kms: Any, make_key: Any) -> str:
    """Four buckets with each kind of default encryption; gives the key id of one."""
    key_id = str(make_key())
    kms.create_alias(AliasName="alias/covers", TargetKeyId=key_id)
    s3 = lab.client("s3")
    for name, algorithm, key in (
        ("covers", "aws:kms", "alias/covers"), ("by-id", "aws:kms:dsse", key_id), ("managed", "aws:kms", None),
        ("plain", "AES256", None),
    ):  # fmt: skip
        s3.create_bucket(Bucket=name)
        default = {"SSEAlgorithm": algorithm} | ({"KMSMasterKeyID": key} if key else {})
        rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=rules)
    far = lab.client("s3", "eu-north-1")
    far.create_bucket(Bucket="far", CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
    return key_id


@pytest.fixture
def panel(lab: Lab, related: str) -> RegionsPanel:
    return panels.regions(lab)


def test_related_keys_are_joined(lab: Lab, related: str, check_figure: Any, elements: Any) -> None:
    figure = figures.region_map(lab)
    check_figure(figure)
    assert "multi-Region, primary; related key in eu-west-1, ap-south-1" in repr(figure)
    assert repr(figure).count("multi-Region, replica; related key in us-east-1") == 2
    # One line from the first to the last, and a short one for each of the three.
    assert len(elements(figure, "line")) == 4


def test_a_related_key_without_relatives(lab: Lab, make_key: Any, check_figure: Any, elements: Any) -> None:
    make_key(MultiRegion=True)
    figure = figures.region_map(lab)
    check_figure(figure)
    assert "related key in no other Region" in repr(figure)
    assert elements(figure, "line") == []


def test_buckets_and_their_keys(lab: Lab, buckets: str, check_figure: Any) -> None:
    assert "bucket" not in repr(figures.region_map(lab))
    requests = lab.bill.requests
    figure = figures.region_map(lab, buckets=True)
    check_figure(figure)
    for line in (
        "bucket covers: SSE-KMS under alias/covers", "bucket by-id: DSSE-KMS under alias/covers",
        "bucket managed: SSE-KMS under alias/aws/s3", "bucket plain: SSE-S3", "bucket far: SSE-S3",
    ):  # fmt: skip
        assert f"    {line}" in repr(figure).split("\n")
    assert repr(figure).index("Region eu-north-1") < repr(figure).index("bucket far")
    assert lab.bill.requests == requests, "S3 is asked, and not KMS"


def test_an_empty_region_can_be_read(lab: Lab, check_figure: Any) -> None:
    check_figure(figures.region_map(lab, ["us-east-1"]))
    check_figure(figures.region_map(lab))


def test_manners(panel: RegionsPanel, check_manners: Any) -> None:
    check_manners(panel)
    check_manners(panel.choose("us-west-2", buckets=True))


def test_what_it_says(panel: RegionsPanel, lab: Lab, related: str, buckets: str, find: Any, announced_by: Any) -> None:
    find(panel, "Look again").click()
    assert "Keys: 4, in 3 Regions; multi-Region keys with one id: 1. Read without a call." in announced_by(panel)
    find(panel, "Show buckets (asks S3)").value = True
    assert "S3 was asked for the buckets." in announced_by(panel)
    assert "covers (SSE-KMS under alias/covers)" in repr(panel)
    assert figures.region_map(lab, ["us-east-1"], buckets=True).text in repr(panel)
    assert repr(panels.regions(lab, buckets=True)) == repr(panel)


def test_more_regions(panel: RegionsPanel, find: Any, announced_by: Any) -> None:
    more = find(panel, "Also show these Regions (name, name)")
    more.value = "us-west-2, sa-east-1"
    assert "  Region sa-east-1\n    no KMS key" in repr(panel)
    more.value = "moon-1"
    assert "'moon-1' is not the name of a Region with KMS" in announced_by(panel)
    assert "'moon-1' is not the name" in repr(panel)
    assert "Region us-west-2" in repr(panel.choose("us-west-2"))


def test_looking_calls_no_kms(panel: RegionsPanel, lab: Lab, buckets: str) -> None:
    events = len(lab.trail)
    panel.choose(buckets=True).refresh()
    assert len(lab.trail) == events
