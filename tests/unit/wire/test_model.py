"""botocore's description of KMS as codecs, and what of a request may be shown."""

from __future__ import annotations

import pytest

from kmslab.wire import model


def test_the_model_is_that_of_kms() -> None:
    assert {"Encrypt", "Decrypt", "CreateKey", "GenerateDataKey"} <= model.operation_names()
    assert len(model.operation_names()) >= 56
    assert model.TARGET_PREFIX == f"{model.service_model().metadata['targetPrefix']}."


def test_codecs_are_made_once() -> None:
    assert model.codec("Encrypt") is model.codec("Encrypt")
    assert model.codec("Encrypt").name == "Encrypt"
    assert model.loader() is model.loader()


# Source: KMS Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail": plaintext, ciphertext, data keys,
# messages, signatures, MACs, grant tokens, import tokens and key material are never logged.
@pytest.mark.parametrize(
    ("operation", "hidden_input", "hidden_output"),
    [
        ("Encrypt", {"Plaintext", "GrantTokens"}, {"CiphertextBlob"}),
        ("Decrypt", {"CiphertextBlob", "GrantTokens", "Recipient"}, {"Plaintext", "CiphertextForRecipient"}),
        ("ReEncrypt", {"CiphertextBlob", "GrantTokens"}, {"CiphertextBlob"}),
        (
            "GenerateDataKey",
            {"GrantTokens", "Recipient"},
            {"CiphertextBlob", "Plaintext", "CiphertextForRecipient"},
        ),
        (
            "GenerateDataKeyPair",
            {"GrantTokens", "Recipient"},
            {"PrivateKeyCiphertextBlob", "PrivateKeyPlaintext", "PublicKey", "CiphertextForRecipient"},
        ),
        ("Sign", {"Message", "GrantTokens"}, {"Signature"}),
        ("Verify", {"Message", "Signature", "GrantTokens"}, set()),
        ("GenerateMac", {"Message", "GrantTokens"}, {"Mac"}),
        ("VerifyMac", {"Message", "Mac", "GrantTokens"}, set()),
        ("GenerateRandom", {"Recipient"}, {"Plaintext", "CiphertextForRecipient"}),
        ("CreateGrant", {"GrantTokens"}, {"GrantToken"}),
        ("ImportKeyMaterial", {"ImportToken", "EncryptedKeyMaterial"}, set()),
        ("GetParametersForImport", set(), {"ImportToken", "PublicKey"}),
        ("DescribeKey", {"GrantTokens"}, set()),
        ("CreateKey", set(), set()),
        ("ListKeys", set(), {"Keys", "NextMarker", "Truncated"}),
    ],
)
def test_what_is_hidden(operation: str, hidden_input: set[str], hidden_output: set[str]) -> None:
    shapes = model.service_model().operation_model(operation)
    codec = model.codec(operation)
    members = set(shapes.input_shape.members) if shapes.input_shape else set()
    assert members - codec.public_input == hidden_input
    members = set(shapes.output_shape.members) if shapes.output_shape else set()
    assert members - codec.public_output == hidden_output
