"""Clients of S3: boto3's transfers, s3cmd, s5cmd (Go) and object_store (Rust) on one store of objects."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import urllib3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

BUCKET = "clients"

#: Three parts of a multipart upload, the last one shorter.
LARGE = os.urandom(11 * 2**20)

Run = Callable[..., str]


@pytest.fixture(scope="module")
def s3(connect: Any) -> Any:
    """A plain boto3 client of the served Lab's S3, which has a bucket."""
    client = connect("s3", config=Config(s3={"addressing_style": "path"}))
    client.create_bucket(Bucket=BUCKET)
    return client


def content(s3: Any, key: str) -> bytes:
    """An object as boto3 reads it."""
    return bytes(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())


@pytest.fixture(scope="module")
def s5cmd(installed: Any, environ: Mapping[str, str]) -> Run:
    """s5cmd, which uses version 1 of the AWS SDK for Go."""
    return installed("s5cmd", "--json", "--log", "info", "--endpoint-url", environ["AWS_ENDPOINT_URL"])


@pytest.fixture(scope="module")
def s3cmd(installed: Any, environ: Mapping[str, str]) -> Run:
    """s3cmd, which speaks HTTP and signs by itself."""
    host = environ["AWS_ENDPOINT_URL"].removeprefix("http://")
    keys = [f"--access_key={environ['AWS_ACCESS_KEY_ID']}", f"--secret_key={environ['AWS_SECRET_ACCESS_KEY']}"]
    where = [f"--host={host}", f"--host-bucket={host}", "--no-ssl", "--region=us-east-1"]
    return installed("s3cmd", "--config", os.devnull, "--no-progress", *keys, *where)


# --- boto3 ---


def test_boto3_transfers_in_parts_and_reads_a_range(s3: Any) -> None:
    in_parts = TransferConfig(multipart_threshold=5 * 2**20, multipart_chunksize=5 * 2**20)
    s3.upload_fileobj(io.BytesIO(LARGE), BUCKET, "boto3/large", Config=in_parts, ExtraArgs={"Metadata": {"a": "b"}})
    head = s3.head_object(Bucket=BUCKET, Key="boto3/large")
    assert (head["ContentLength"], head["Metadata"]) == (len(LARGE), {"a": "b"})
    assert head["ETag"].endswith('-3"')
    s3.copy({"Bucket": BUCKET, "Key": "boto3/large"}, BUCKET, "boto3/copy", Config=in_parts)
    received = io.BytesIO()
    s3.download_fileobj(BUCKET, "boto3/copy", received, Config=in_parts)
    assert received.getvalue() == LARGE
    part = s3.get_object(Bucket=BUCKET, Key="boto3/copy", Range="bytes=-7")
    assert part["ContentRange"] == f"bytes {len(LARGE) - 7}-{len(LARGE) - 1}/{len(LARGE)}"
    assert part["Body"].read() == LARGE[-7:]


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_boto3_presigns_urls_that_anybody_can_use_for_one_thing(connect: Any, s3: Any, version: str) -> None:
    signer = connect("s3", config=Config(signature_version=version, s3={"addressing_style": "path"}))
    key = f"presigned/{version} ü+ä"
    place = {"Bucket": BUCKET, "Key": key}
    upload = signer.generate_presigned_url("put_object", Params=place, ExpiresIn=60)
    assert urllib3.request("PUT", upload, body=b"by url").status == 200
    assert content(s3, key) == b"by url"
    url = signer.generate_presigned_url("get_object", Params=place, ExpiresIn=60)
    assert urllib3.request("GET", url).data == b"by url"
    refused = urllib3.request("DELETE", url)
    assert (refused.status, b"<Code>SignatureDoesNotMatch</Code>" in refused.data) == (403, True)
    assert content(s3, key) == b"by url"


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_the_type_of_an_object_does_not_matter_to_its_content(s3: Any, content_type: str) -> None:
    # What curl and urllib say of a body unless they are told otherwise.
    s3.put_object(Bucket=BUCKET, Key="form", Body=b"a=1&b=2", ContentType=content_type)
    found = s3.get_object(Bucket=BUCKET, Key="form")
    assert (found["ContentType"], found["Body"].read()) == (content_type, b"a=1&b=2")


def test_a_bucket_is_found_by_its_name_in_the_host(connect: Any, endpoint: str, s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="found", Body=b"either way")
    by_host = connect(
        "s3", endpoint_url=endpoint.replace("127.0.0.1", "localhost"), config=Config(s3={"addressing_style": "virtual"})
    )
    asked = []

    def to_loopback(request: Any, **_: Any) -> None:
        # Not every resolver knows what is below localhost: call 127.0.0.1, by the name that was signed.
        asked.append(request.url)
        request.headers["Host"] = request.url.split("/")[2]
        request.url = request.url.replace(f"{BUCKET}.localhost", "127.0.0.1")

    by_host.meta.events.register("before-send.s3", to_loopback)
    assert by_host.get_object(Bucket=BUCKET, Key="found")["Body"].read() == b"either way"
    assert asked == [endpoint.replace("127.0.0.1", f"{BUCKET}.localhost") + "/found"]


# --- s5cmd ---


def test_s5cmd_uploads_in_parts_and_boto3_reads_it(s5cmd: Run, s3: Any, tmp_path: Path) -> None:
    file = tmp_path / "large"
    file.write_bytes(LARGE)
    s5cmd("cp", "--part-size", "5", "--concurrency", "3", file, f"s3://{BUCKET}/s5cmd/large")
    assert content(s3, "s5cmd/large") == LARGE
    head = json.loads(s5cmd("head", f"s3://{BUCKET}/s5cmd/large"))
    assert (head["size"], head["etag"][-2:]) == (len(LARGE), "-3")
    s5cmd("cp", f"s3://{BUCKET}/s5cmd/large", f"s3://{BUCKET}/s5cmd/copy")
    s5cmd("cp", f"s3://{BUCKET}/s5cmd/copy", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == LARGE


def test_s5cmd_syncs_a_folder_and_removes_what_a_pattern_matches(s5cmd: Run, s3: Any, tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "c.log"):
        (tmp_path / name).write_text(name)
    s5cmd("sync", "--size-only", f"{tmp_path}/", f"s3://{BUCKET}/tree/")
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET, Prefix="tree/")["Contents"]] == [
        "tree/a.txt",
        "tree/b.txt",
        "tree/c.log",
    ]
    assert s5cmd("sync", "--size-only", f"{tmp_path}/", f"s3://{BUCKET}/tree/") == "", (
        "nothing has changed, nothing is sent"
    )
    s5cmd("rm", f"s3://{BUCKET}/tree/*.txt")
    listed = s5cmd("ls", f"s3://{BUCKET}/tree/*").splitlines()
    assert [json.loads(line)["key"] for line in listed] == [f"s3://{BUCKET}/tree/c.log"]
    error = json.loads(s5cmd("cp", f"s3://{BUCKET}/tree/a.txt", tmp_path / "none", fails=True))["error"]
    assert error.startswith("NoSuchKey: The specified key does not exist. status code: 404, request id: ")


# --- s3cmd ---


def test_s3cmd_stores_moves_and_describes(s3cmd: Run, s3: Any, tmp_path: Path) -> None:
    file = tmp_path / "über mich.txt"
    file.write_text("s3cmd was here")
    s3cmd("put", "--add-header=x-amz-meta-colour:blue", file, f"s3://{BUCKET}/s3cmd/über mich.txt")
    assert s3.head_object(Bucket=BUCKET, Key="s3cmd/über mich.txt")["Metadata"]["colour"] == "blue"
    assert "x-amz-meta-colour: blue" in s3cmd("info", f"s3://{BUCKET}/s3cmd/über mich.txt")
    s3cmd("mv", f"s3://{BUCKET}/s3cmd/über mich.txt", f"s3://{BUCKET}/s3cmd/moved")
    assert content(s3, "s3cmd/moved") == b"s3cmd was here"
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix="s3cmd/")
    assert [each["Key"] for each in listed["Contents"]] == ["s3cmd/moved"]
    url = s3cmd("signurl", f"s3://{BUCKET}/s3cmd/moved", "+60").strip()
    assert urllib3.request("GET", url).data == b"s3cmd was here"


def test_s3cmd_uploads_in_parts_and_reads_what_it_wrote(s3cmd: Run, s3: Any, tmp_path: Path) -> None:
    file = tmp_path / "large"
    file.write_bytes(LARGE)
    s3cmd("put", "--multipart-chunk-size-mb=5", file, f"s3://{BUCKET}/s3cmd-large")
    assert s3.head_object(Bucket=BUCKET, Key="s3cmd-large")["ETag"].endswith('-3"')
    s3cmd("get", f"s3://{BUCKET}/s3cmd-large", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == LARGE == content(s3, "s3cmd-large")
    assert "does not exist" in s3cmd("get", f"s3://{BUCKET}/nothing", tmp_path / "none", fails=True)


# --- object_store ---


@pytest.fixture(scope="module")
def stores(environ: Mapping[str, str]) -> Any:
    """Makes stores of Rust's object_store, through obstore."""
    store = import_module("obstore.store")

    def make(**options: str) -> Any:
        settings = {
            "endpoint": environ["AWS_ENDPOINT_URL"],
            "region": environ["AWS_REGION"],
            "access_key_id": environ["AWS_ACCESS_KEY_ID"],
            "secret_access_key": environ["AWS_SECRET_ACCESS_KEY"],
        }
        return store.S3Store(BUCKET, client_options={"allow_http": True}, **(settings | options))

    return make


def test_object_store_writes_in_parts_and_reads_ranges(stores: Any, s3: Any) -> None:
    obstore = import_module("obstore")
    store = stores()
    obstore.put(store, "rust/lärge", LARGE, chunk_size=5 * 2**20)
    assert content(s3, "rust/lärge") == LARGE
    ranges = obstore.get_ranges(store, "rust/lärge", starts=[0, 10**7], ends=[10, 10**7 + 5])
    assert [bytes(each) for each in ranges] == [LARGE[:10], LARGE[10**7 : 10**7 + 5]]
    obstore.copy(store, "rust/lärge", "rust/copy")
    assert obstore.head(store, "rust/copy")["size"] == len(LARGE)
    assert [each["path"] for page in obstore.list(store, "rust/") for each in page] == ["rust/copy", "rust/lärge"]
    url = obstore.sign(store, "GET", "rust/copy", timedelta(seconds=60))
    assert urllib3.request("GET", url).data == LARGE


def test_object_store_writes_on_conditions_and_tells_failures_apart(stores: Any, s3: Any) -> None:
    obstore = import_module("obstore")
    exceptions = import_module("obstore.exceptions")
    store = stores()
    obstore.put(store, "once", b"first", mode="create")
    with pytest.raises(exceptions.AlreadyExistsError, match="412 Precondition Failed"):
        obstore.put(store, "once", b"second", mode="create")
    assert content(s3, "once") == b"first"
    with pytest.raises(FileNotFoundError, match="NoSuchKey"):
        obstore.get(store, "nothing")
    with pytest.raises(exceptions.PermissionDeniedError, match="SignatureDoesNotMatch"):
        obstore.get(stores(secret_access_key="wrong"), "once")
