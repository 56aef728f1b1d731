"""Python clients that need another boto3 or another cryptography than kmslab: one scene, named on the command line.

Prints what came of it as JSON. Bytes are base64.
"""

import asyncio
import base64
import json
import sys


def _text(data):
    return base64.b64encode(data).decode()


async def crowd(key):
    """aiobotocore: many calls at once on one loop, a page at a time, an error as a class."""
    from aiobotocore.session import get_session

    async with get_session().create_client("kms") as kms:

        async def there_and_back(number):
            context = {"number": str(number)}
            sealed = await kms.encrypt(KeyId=key, Plaintext=f"text {number}", EncryptionContext=context)
            opened = await kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext=context)
            return opened["Plaintext"].decode()

        texts = await asyncio.gather(*map(there_and_back, range(30)))
        sealed = await kms.encrypt(KeyId=key, Plaintext=b"for boto3")
        pages = [len(page["Keys"]) async for page in kms.get_paginator("list_keys").paginate(Limit=1)]
        try:
            await kms.describe_key(KeyId="alias/nowhere")
        except kms.exceptions.NotFoundException as error:
            message = error.response["Error"]["Message"]
    return {"texts": texts, "blob": _text(sealed["CiphertextBlob"]), "pages": pages, "missing": message}


async def files(bucket):
    """s3fs: files in S3, with seeking, appending and globbing, and an upload in parts."""
    import s3fs

    system = s3fs.S3FileSystem()
    with system.open(f"{bucket}/folder/report.csv", "w") as file:
        file.write("a;b\n1;2\n")
    with system.open(f"{bucket}/folder/large", "wb", block_size=5 * 2**20) as file:
        for number in range(11):
            file.write(bytes([number]) * 2**20)
    with system.open(f"{bucket}/folder/large", "rb") as file:
        file.seek(7 * 2**20 - 2)
        middle = file.read(4)
    system.copy(f"{bucket}/folder/report.csv", f"{bucket}/folder/copy.csv")
    try:
        system.cat(f"{bucket}/nothing")
    except FileNotFoundError as error:
        missing = type(error).__name__
    return {
        "glob": system.glob(f"{bucket}/folder/*.csv"),
        "middle": list(middle),
        "size": system.info(f"{bucket}/folder/large")["size"],
        "missing": missing,
    }


def _encrypting(key):
    import boto3
    from s3_encryption import S3EncryptionClient, S3EncryptionClientConfig
    from s3_encryption.materials.kms_keyring import KmsKeyring

    keyring = KmsKeyring(boto3.client("kms"), key)
    return S3EncryptionClient(boto3.client("s3"), S3EncryptionClientConfig(keyring))


async def seal(key, bucket, name, text, context):
    """Amazon S3 Encryption Client: encrypts before it sends."""
    client = _encrypting(key)
    client.put_object(Bucket=bucket, Key=name, Body=text.encode(), EncryptionContext=json.loads(context))
    return {}


async def unseal(key, bucket, name, context):
    """Amazon S3 Encryption Client: decrypts what it received, or says why not."""
    client = _encrypting(key)
    try:
        found = client.get_object(Bucket=bucket, Key=name, EncryptionContext=json.loads(context))
        return {"text": found["Body"].read().decode()}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


SCENES = {scene.__name__: scene for scene in (crowd, files, seal, unseal)}

if __name__ == "__main__":
    print(json.dumps(asyncio.run(SCENES[sys.argv[1]](*sys.argv[2:]))))
