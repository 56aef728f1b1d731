"""Every error kmslab answers with: one class per AWS error, each with AWS's own wording, however many lines it takes.

    Exception
    |-- KmslabError                  misuse of the Lab itself: one sentence that says what to do
    `-- AwsError                     what a client of AWS sees: a code, a message, an HTTP status
        |-- <Name>Exception          the class name is the code; some carry no message, because AWS sends none

Owns codes, texts and HTTP statuses. Does not decide when an error is raised. Where a text has a source it is named;
"recorded" means an answer of AWS itself that was published as a test recording.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self


class KmslabError(Exception):
    """The Lab was used in a way it cannot answer; the message says what to do instead."""


class AwsError(Exception):
    """An error as a client of AWS KMS sees it.

    Attributes:
        status: The HTTP status. 400 for every client error, AccessDeniedException included, as SDK logs show it.
        message_member: The member of the body that holds the text; two errors spell it with a capital.
        message: The text, empty where AWS sends none.
    """

    status: ClassVar[int] = 400
    message_member: ClassVar[str] = "message"

    def __init__(self, message: str = "") -> None:
        """Keep the text."""
        super().__init__(message)
        self.message = message

    @property
    def code(self) -> str:
        """The error code: the name of the class."""
        return type(self).__name__


# --- of the protocol: not in the KMS model, answered before an operation is known or run ---


class UnknownOperationException(AwsError):
    """The target header names no operation of KMS. AWS sends no message."""


class SerializationException(AwsError):
    """The body is not JSON, or a member has another JSON type than the model says.

    Source: texts measured on AWS's common JSON 1.1 front end, not on KMS itself.
    """

    message_member = "Message"

    @classmethod
    def wrong_type(cls, found: str, wanted: str) -> Self:
        """A scalar of one type where another belongs."""
        return cls(f"{found} can not be converted to {wanted}")

    @classmethod
    def unexpected_nesting(cls) -> Self:
        """An object where a scalar or a list belongs."""
        return cls("Start of structure or map found where not expected.")

    @classmethod
    def expected(cls, what: str) -> Self:
        """A scalar where a list, or a structure or map, belongs."""
        return cls(f"Expected {what}")

    @classmethod
    def unexpected_list(cls) -> Self:
        """A list where a scalar or an object belongs."""
        return cls("Start of list found where not expected")


class MissingAuthenticationTokenException(AwsError):
    """The request carries no signature."""

    @classmethod
    def unsigned(cls) -> Self:
        """There is no Authorization header."""
        return cls("Missing Authentication Token")


class IncompleteSignatureException(AwsError):
    """The Authorization header is there but cannot be read."""

    @classmethod
    def unreadable(cls, header: str) -> Self:
        """The header lacks a part of Signature Version 4."""
        return cls(f"Authorization header requires a 'Credential' parameter of five parts. Authorization={header}")


class UnrecognizedClientException(AwsError):
    """Nobody has the access key id of the request."""

    @classmethod
    def unknown_access_key(cls) -> Self:
        """The text AWS uses for unknown and for deleted access keys alike."""
        return cls("The security token included in the request is invalid.")


class ValidationException(AwsError):
    """The request does not keep to the operation's constraints. Most texts come from the walk over the model."""

    @classmethod
    def of(cls, findings: Sequence[str]) -> Self:
        """All findings of the walk over the model, in one text. Source: AWS-wide form; the single form is recorded."""
        count = f"{len(findings)} validation error{'s' if len(findings) > 1 else ''} detected: "
        return cls(count + "; ".join(findings))

    @classmethod
    def missing(cls, member: str) -> Self:
        """A member that is required here although the model does not require it."""
        return cls.of([f"Value null at '{member}' failed to satisfy constraint: Member must not be null"])

    @classmethod
    def too_large(cls, member: str, value: int, limit: int) -> Self:
        """A number above what the service takes, where the model allows more."""
        constraint = f"Member must have value less than or equal to {limit}"
        return cls.of([f"Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"])

    @classmethod
    def alias_without_prefix(cls) -> Self:
        """An alias name without `alias/`. Recorded."""
        return cls(
            'Alias must start with the prefix "alias/". Please see '
            "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
        )

    @classmethod
    def plaintext_too_long(cls, algorithm: str, key_spec: str, limit: int) -> Self:
        """More than RSA-OAEP can carry. Recorded for all six combinations."""
        return cls(f"Algorithm {algorithm} and key spec {key_spec} cannot encrypt data larger than {limit} bytes.")

    @classmethod
    def digest_length(cls, algorithm: str) -> Self:
        """MessageType DIGEST with a digest of another length. Recorded."""
        return cls(f"Digest is invalid length for algorithm {algorithm}.")

    @classmethod
    def key_usage_required(cls) -> Self:
        """CreateKey for an asymmetric or HMAC key without KeyUsage. Recorded."""
        return cls("You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.")

    @classmethod
    def usage_and_spec(cls, usage: str, key_spec: str) -> Self:
        """CreateKey with a usage that the key spec does not have. Recorded."""
        return cls(f"KeyUsage {usage} is not compatible with KeySpec {key_spec}")

    @classmethod
    def two_specs(cls) -> Self:
        """CreateKey with KeySpec and CustomerMasterKeySpec, alike or not. Source: public reports."""
        return cls(
            "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. "
            "CustomerMasterKeySpec is deprecated."
        )

    @classmethod
    def one_of_spec_and_size(cls) -> Self:
        """GenerateDataKey with both, or neither, of KeySpec and NumberOfBytes. Measured."""
        return cls("Please specify either number of bytes or key spec.")

    @classmethod
    def alias_usage(cls, alias_name: str, present: str, new: str) -> Self:
        """UpdateAlias to a key of another usage. Recorded in 2020; AWS may say KMS key instead of CMK today."""
        return cls(
            f"Alias {alias_name} cannot be changed from a CMK with key usage {present} to a CMK with key usage {new}. "
            "The key usage of the current CMK and the new CMK must be the same."
        )

    @classmethod
    def alias_kind(cls, alias_name: str, present: str, new: str) -> Self:
        """UpdateAlias to a key of another type. Simplified: the text is made after the one for the usage."""
        return cls(
            f"Alias {alias_name} cannot be changed from a CMK of type {present} to a CMK of type {new}. "
            "The key type of the current CMK and the new CMK must be the same."
        )

    @classmethod
    def alias_characters(cls, alias_name: str) -> Self:
        """A colon in an alias name: the model's pattern has it, the service does not. Source: public reports."""
        return cls(f"{alias_name} contains invalid characters for an alias")

    @classmethod
    def alias_of_alias(cls) -> Self:
        """CreateAlias or UpdateAlias with an alias as its target. Source: recorded answers."""
        return cls("Aliases must refer to keys. Not aliases")

    @classmethod
    def pending_window(cls) -> Self:
        """A waiting period that the model allows and the service does not. Source: one public report."""
        return cls("PendingWindowInDays must be between 7 and 30")

    @classmethod
    def key_not_named(cls, member: str) -> Self:
        """An asymmetric ciphertext, which does not say which key it needs, and no key named. Measured for KeyId."""
        return cls(f"{member} must not be null")

    @classmethod
    def context_with_asymmetric(cls) -> Self:
        """An encryption context with an RSA algorithm. Measured."""
        return cls("EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs.")

    @classmethod
    def message_type(cls, message_type: str, key_spec: str) -> Self:
        """A message type that the key spec does not have. Measured for ML-DSA only. Simplified: same for the rest."""
        return cls(f"Message type {message_type} is incompatible with key spec {key_spec}.")

    @classmethod
    def attestation(cls) -> Self:
        """A Recipient whose attestation document AWS did not sign. Simplified: AWS's text is not published."""
        return cls("The attestation document is not valid.")

    @classmethod
    def marker(cls) -> Self:
        """A marker that ListKeyPolicies, which knows no InvalidMarkerException, did not give. Simplified: the text."""
        return cls("The marker is not valid.")

    @classmethod
    def number_of_bytes_required(cls) -> Self:
        """GenerateRandom without NumberOfBytes. Recorded."""
        return cls("NumberOfBytes is required.")


class AccessDeniedException(AwsError):
    """The caller may not do this. Source: IAM User Guide, "Troubleshoot access denied error messages"."""

    message_member = "Message"

    @classmethod
    def of(cls, principal_arn: str, action: str, resource: str, reason: str) -> Self:
        """The common grammar; `resource` includes its preposition, `reason` its `because` or `with`."""
        return cls(f"User: {principal_arn} is not authorized to perform: {action} {resource} {reason}")


# --- of the KMS model ---


class AlreadyExistsException(AwsError):
    """The name is taken."""

    @classmethod
    def alias(cls, alias_arn: str) -> Self:
        """CreateAlias for a name in use. Source: many public reports."""
        return cls(f"An alias with the name {alias_arn} already exists")


class CustomKeyStoreNotFoundException(AwsError):
    """No custom key store has this id."""

    @classmethod
    def of(cls, key_store_id: str) -> Self:
        """Simplified: AWS's text is not published."""
        return cls(f"Custom key store {key_store_id} does not exist.")


class DisabledException(AwsError):
    """The key is disabled."""

    @classmethod
    def of(cls, key_arn: str) -> Self:
        """Recorded."""
        return cls(f"{key_arn} is disabled.")


class DryRunOperationException(AwsError):
    """DryRun was set, and the call would have worked."""

    @classmethod
    def would_succeed(cls) -> Self:
        """Recorded."""
        return cls("The request would have succeeded, but the DryRun option is set.")


class IncorrectKeyException(AwsError):
    """The ciphertext was made under another key than the one named."""

    @classmethod
    def not_that_key(cls) -> Self:
        """Recorded; AWS still says CMK here."""
        return cls("The key ID in the request does not identify a CMK that can perform this operation.")


class InvalidAliasNameException(AwsError):
    """The alias name cannot be used."""

    @classmethod
    def empty(cls) -> Self:
        """Nothing after `alias/`. Simplified: AWS's text is not published."""
        return cls("Invalid identifier")

    @classmethod
    def reserved(cls) -> Self:
        """The prefix that only AWS services may use. The text was measured; Simplified: the code was not."""
        return cls("The alias name for a customer managed CMK cannot begin with alias/aws/.")


class InvalidArnException(AwsError):
    """The identifier is not one that the operation takes."""

    @classmethod
    def no_aliases(cls) -> Self:
        """An alias name or alias ARN where only a key id or key ARN is taken. Source: many public reports."""
        return cls("Key Aliases are not supported for this operation.")


class InvalidCiphertextException(AwsError):
    """The ciphertext, or the encryption context given with it, is not what was encrypted. AWS sends no message."""


class InvalidGrantTokenException(AwsError):
    """A grant token belongs to no grant. Simplified: AWS's text is not published; there is none here."""


class InvalidKeyUsageException(AwsError):
    """The key is for something else."""

    @classmethod
    def usage(cls, key_arn: str, usage: str, operation: str) -> Self:
        """The key's KeyUsage does not include the operation. Recorded."""
        return cls(f"{key_arn} key usage is {usage} which is not valid for {operation}.")

    @classmethod
    def algorithm(cls, algorithm: str, key_spec: str) -> Self:
        """The key's spec does not offer the algorithm. Recorded."""
        return cls(f"Algorithm {algorithm} is incompatible with key spec {key_spec}.")

    @classmethod
    def data_key_from_asymmetric(cls) -> Self:
        """A data key under an RSA encryption key. Measured, and quoted in AWS's own guides."""
        return cls("You cannot generate a data key with an asymmetric CMK")


class InvalidMarkerException(AwsError):
    """The marker does not come from an earlier page of the same listing.

    Simplified: AWS's text is not published; there is none here.
    """


class KMSInvalidMacException(AwsError):
    """The MAC does not fit the message. AWS sends no message."""


class KMSInvalidSignatureException(AwsError):
    """The signature does not fit the message. AWS sends no message."""


class KMSInvalidStateException(AwsError):
    """The key's state does not allow the operation. Source: KMS Developer Guide, "Key states", footnotes."""

    @classmethod
    def key_is(cls, key_arn: str, condition: str) -> Self:
        """`condition` in the guide's words, such as `pending deletion`."""
        return cls(f"{key_arn} is {condition}.")


class LimitExceededException(AwsError):
    """A quota is used up."""

    @classmethod
    def aliases(cls, quota: int, usage: int) -> Self:
        """Too many aliases on one key. Source: public reports."""
        return cls(f"Aliases per key quota for this account in this region is {quota}, current usage is {usage}.")

    @classmethod
    def policy(cls, limit: int) -> Self:
        """A key policy of more than 32 KB. Simplified: AWS's text is not published."""
        return cls(f"The key policy must not be larger than {limit} bytes.")


class MalformedPolicyDocumentException(AwsError):
    """The key policy cannot be stored. For what is no policy at all, AWS sends no message."""

    @classmethod
    def no_principal(cls) -> Self:
        """A statement that says for nobody. Source: public reports."""
        return cls("Policy contains a statement with no principal.")

    @classmethod
    def lockout(cls) -> Self:
        """The lockout safety check. Source: public reports and acceptance tests run on AWS."""
        return cls("The new key policy will not allow you to update the key policy in the future.")


class NotFoundException(AwsError):
    """There is no such key, alias or policy."""

    @classmethod
    def key(cls, key_arn: str) -> Self:
        """A key id of the right form that nobody has. Recorded."""
        return cls(f"Key '{key_arn}' does not exist")

    @classmethod
    def invalid_key_id(cls, text: str) -> Self:
        """Neither a key id, an ARN nor an alias name. Recorded."""
        return cls(f"Invalid keyId '{text}'")

    @classmethod
    def invalid_key_id_in_arn(cls, key_id: str) -> Self:
        """A key ARN with something else than a key id in it. Measured: without the quotes of the bare form."""
        return cls(f"Invalid keyId {key_id}")

    @classmethod
    def invalid_arn(cls, text: str) -> Self:
        """What begins like an ARN and is none of KMS. Simplified: taken over from the text for another Region."""
        return cls(f"Invalid arn {text}")

    @classmethod
    def other_region(cls, region: str) -> Self:
        """An ARN of another Region than the one called. Recorded: only the Region's name follows."""
        return cls(f"Invalid arn {region}")

    @classmethod
    def alias(cls, alias_arn: str) -> Self:
        """An alias nobody has. Source: very many public reports."""
        return cls(f"Alias {alias_arn} is not found.")

    @classmethod
    def policy(cls) -> Self:
        """A key policy name other than `default`. Source: other emulators; not recorded."""
        return cls("No such policy exists")


class TagException(AwsError):
    """A tag cannot be stored. All three recorded."""

    @classmethod
    def duplicate(cls) -> Self:
        """The same tag key twice in one request."""
        return cls("Duplicate tag keys")

    @classmethod
    def too_many(cls) -> Self:
        """More than 50 tags on a key."""
        return cls("Too many tags")

    @classmethod
    def reserved(cls) -> Self:
        """A tag key that begins with `aws:`, in any letter case."""
        return cls("Tags beginning with aws: are reserved")


class UnsupportedOperationException(AwsError):
    """The key, or this Region, does not offer the operation. Often without a message, as for keys of the wrong type."""

    @classmethod
    def key_spec(cls, key_spec: str) -> Self:
        """A key spec that this Region does not have. Measured for SM2 outside China."""
        return cls(f"KeySpec {key_spec} is not supported in this Region")

    @classmethod
    def origin(cls, origin: str) -> Self:
        """Simplified: a key origin that this Lab does not make keys of; AWS has them all."""
        return cls(f"This Lab makes keys of Origin AWS_KMS, not {origin}.")
