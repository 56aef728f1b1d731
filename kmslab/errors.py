"""Every error kmslab answers with: one class per AWS error, each with AWS's own wording, however many lines it takes.

    Exception
    |-- KmslabError                  misuse of the Lab itself: one sentence that says what to do
    |   |-- NotKeptError             the Lab's state file does not take what was asked for
    |   `-- NotOnAwsError            what only a Lab has was asked of a real account
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


class NotKeptError(KmslabError):
    """The Lab's state file does not take what was asked for: it was not done, or it is done and not on the disk yet."""


class NotOnAwsError(KmslabError):
    """A real account was asked for something that only a simulated Lab has."""


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

    @classmethod
    def without(cls, missing: Sequence[str], header: str) -> Self:
        """Parameters are missing. Source: answers of AWS in public issues of SDKs."""
        sentences = "".join(f"Authorization header requires '{name}' parameter. " for name in missing)
        return cls(f"{sentences}Authorization={header}")

    @classmethod
    def undated(cls, header: str) -> Self:
        """There is no readable date. Source: answers of AWS in public issues of SDKs."""
        wanted = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        return cls(f"{wanted}Authorization={header}")


class InvalidSignatureException(AwsError):
    """The signature of the request is not believed. Source of the texts: answers of AWS in public issues of SDKs."""

    @classmethod
    def mismatch(cls) -> Self:
        """The signature is not the one that the access key's secret gives."""
        return cls(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details."
        )

    @classmethod
    def expired(cls, signed: str, earliest: str, now: str, minutes: int) -> Self:
        """It was made too long ago; times such as 20260105T090000Z."""
        return cls(f"Signature expired: {signed} is now earlier than {earliest} ({now} - {minutes} min.)")

    @classmethod
    def not_yet(cls, signed: str, latest: str, now: str, minutes: int) -> Self:
        """It was made in the future."""
        return cls(f"Signature not yet current: {signed} is still later than {latest} ({now} + {minutes} min.)")

    @classmethod
    def other_date(cls, scope_date: str, day: str, signed: str) -> Self:
        """The credential scope is of another day than the request."""
        return cls(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{scope_date}' != '{day}', from '{signed}'."
        )

    @classmethod
    def other_region(cls) -> Self:
        """The credential scope names no Region."""
        return cls("Credential should be scoped to a valid region.")

    @classmethod
    def other_service(cls, service: str) -> Self:
        """The credential scope names another service than the one that is called."""
        return cls(f"Credential should be scoped to correct service: '{service}'.")

    @classmethod
    def unsigned_header(cls) -> Self:
        """A header that has to be signed is not. Source: IAM User Guide, "Elements of an AWS API request signature"."""
        return cls("'Host' and every 'X-Amz-' header must be a 'SignedHeader' in the AWS Authorization.")


class ExpiredTokenException(AwsError):
    """The session that the request is signed with is over."""

    @classmethod
    def over(cls) -> Self:
        """The text AWS uses for every service of this protocol. Source: logs of SDKs and CLI in public issues."""
        return cls("The security token included in the request is expired")


class ThrottlingException(AwsError):
    """A request quota of the caller's account is used up. The SDKs try again by themselves."""

    @classmethod
    def too_fast(cls) -> Self:
        """Source: KMS Developer Guide, "Throttling AWS KMS requests"."""
        return cls("You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.")


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
    def spec_and_origin(cls, key_spec: str, origin: str) -> Self:
        """CreateKey with a key spec that the origin does not have. Source: public reports."""
        return cls(f"KeySpec {key_spec} is not supported for Origin {origin}")

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
    def message_type(cls, message_type: str, what: str) -> Self:
        """A message type that the algorithm or key spec does not have.

        Measured for Ed25519 and ML-DSA. Simplified: the same for the rest.
        """
        return cls(f"Message type {message_type} is incompatible with {what}.")

    @classmethod
    def public_key(cls) -> Self:
        """DeriveSharedSecret with what is no public key on the key's curve. Recorded: AWS sends no text."""
        return cls()

    @classmethod
    def attestation(cls) -> Self:
        """A Recipient whose attestation document AWS did not sign. Simplified: AWS's text is not published."""
        return cls("The attestation document is not valid.")

    @classmethod
    def marker(cls) -> Self:
        """A marker that ListKeyPolicies, which knows no InvalidMarkerException, did not give. Simplified: the text."""
        return cls("The marker is not valid.")

    @classmethod
    def grant_not_named(cls) -> Self:
        """RetireGrant with neither a token nor a key and a grant id. Simplified: AWS's text is not published."""
        return cls("Either a grant token, or a key ID and a grant ID must be specified.")

    @classmethod
    def one_of(cls, first: str, second: str, *, required: bool) -> Self:
        """Two members that exclude each other. Simplified: the text is the sentence of the API Reference."""
        return cls(f"You {'must' if required else 'can'} specify either {first} or {second}, but not both.")

    @classmethod
    def only_services(cls, member: str) -> Self:
        """A filter that only AWS services may use. Simplified: AWS's code and text are not published."""
        return cls(f"{member} is only usable by callers in a service principal.")

    @classmethod
    def service_grantee(cls, missing: str) -> Self:
        """CreateGrant for a service principal, incomplete. Simplified: the text is from the API Reference."""
        return cls(f"When you specify a GranteeServicePrincipal, you must also specify {missing}.")

    @classmethod
    def no_grant_operations(cls) -> Self:
        """CreateGrant with an empty list. Simplified: AWS's text is not published."""
        return cls("Grants must contain at least one operation.")

    @classmethod
    def only_create_grant(cls) -> Self:
        """CreateGrant for nothing but CreateGrant. Source: a public report."""
        return cls("Grants must not contain only the CreateGrant operation.")

    @classmethod
    def grant_operation(cls, operation: str, key_spec: str, usage: str) -> Self:
        """CreateGrant for an operation that the key does not have. Simplified: AWS's text is not published."""
        return cls(f"Operation {operation} is not supported by a key with key spec {key_spec} and key usage {usage}.")

    @classmethod
    def two_constraints(cls) -> Self:
        """Both encryption context constraints, even when one is empty. Source: public reports."""
        return cls("More than one constraint supplied")

    @classmethod
    def context_constraint(cls) -> Self:
        """An encryption context constraint on a key that takes none. Simplified: AWS's text is not published."""
        return cls("Encryption context constraints are only supported for symmetric encryption KMS keys.")

    @classmethod
    def constraint_pairs(cls, limit: int) -> Self:
        """An encryption context constraint with too many pairs. Simplified: AWS's text is not published."""
        return cls(f"An encryption context constraint can include up to {limit} encryption context pairs.")

    @classmethod
    def constraint_value(cls, limit: int) -> Self:
        """An encryption context constraint with too long a value. Simplified: AWS's text is not published."""
        return cls(f"The encryption context value in a constraint cannot exceed {limit} characters.")

    @classmethod
    def ram_policy(cls) -> Self:
        """PutKeyPolicy for the policy that only AWS RAM writes. Source: API Reference, PutKeyPolicy."""
        return cls("The AWS_RAM policy can only be managed by the RAM service")

    @classmethod
    def number_of_bytes_required(cls) -> Self:
        """GenerateRandom without NumberOfBytes. Recorded."""
        return cls("NumberOfBytes is required.")

    @classmethod
    def valid_to_missing(cls) -> Self:
        """Imported key material that expires, and no date. Recorded."""
        return cls("A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES")

    @classmethod
    def valid_to_unwanted(cls) -> Self:
        """A date for what does not expire. Simplified: AWS's text is not published; it mirrors the one above."""
        return cls("A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE")

    @classmethod
    def valid_to_past(cls) -> Self:
        """A date that has passed. Simplified: AWS's text is not published; this one is another emulator's."""
        return cls("ValidTo must be in the future")

    @classmethod
    def valid_to_too_late(cls) -> Self:
        """A date more than 365 days away. Simplified: AWS's text is not published."""
        return cls("ValidTo must be at most 365 days in the future")

    @classmethod
    def material_id_of_new(cls) -> Self:
        """The id of key material that is said to be new. Simplified: AWS's text is not published."""
        return cls("You cannot specify a KeyMaterialId when the ImportType is NEW_KEY_MATERIAL")

    @classmethod
    def wrapped_size(cls) -> Self:
        """Wrapped key material of a length that the wrapping algorithm never gives. Source: one public report."""
        return cls("Invalid encrypted key size.")

    @classmethod
    def key_store_members(cls, member: str, key_store_type: str, *, required: bool) -> Self:
        """A member that a type of custom key store needs, or does not have. Simplified: AWS's text is not published."""
        verb = "is required" if required else "is not valid"
        return cls(f"{member} {verb} for a custom key store of type {key_store_type}.")

    @classmethod
    def vpc_endpoint_service(cls, connectivity: str, *, required: bool) -> Self:
        """A VPC endpoint service with the wrong connectivity, or missing. Simplified: AWS's text is not published."""
        verb = "is required" if required else "is not valid"
        return cls(f"XksProxyVpcEndpointServiceName {verb} with the connectivity {connectivity}.")

    @classmethod
    def both_id_and_name(cls) -> Self:
        """DescribeCustomKeyStores with both. Simplified: AWS's text is not published."""
        return cls("Specify either CustomKeyStoreId or CustomKeyStoreName, but not both.")

    @classmethod
    def member_and_origin(cls, member: str, origin: str, *, required: bool) -> Self:
        """CreateKey: a member that an origin needs, or does not have. Simplified: AWS's text is not published."""
        verb = "is required" if required else "is not valid"
        return cls(f"{member} {verb} for Origin {origin}")


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

    @classmethod
    def key(cls, key_arn: str) -> Self:
        """ReplicateKey into a Region that has a related key. Simplified: AWS's text is not published."""
        return cls(f"Key '{key_arn}' already exists")


class CloudHsmClusterInUseException(AwsError):
    """The cluster, or one that shares its backups, has a key store already."""

    @classmethod
    def of(cls, cluster_id: str) -> Self:
        """Simplified: AWS's text is not published; this one is made from the model's description of the error."""
        return cls(
            f"The AWS CloudHSM cluster {cluster_id} is already associated with a custom key store in the account, or "
            "it shares a backup history with one."
        )


class CloudHsmClusterInvalidConfigurationException(AwsError):
    """The cluster is not configured as KMS needs it."""

    @classmethod
    def hsms(cls, cluster_id: str, needed: int) -> Self:
        """Too few active HSMs. Simplified: AWS's text is not published."""
        return cls(f"The AWS CloudHSM cluster {cluster_id} must contain at least {needed} active HSMs.")

    @classmethod
    def network(cls, cluster_id: str) -> Self:
        """Subnets or security group. Simplified: AWS's text is not published."""
        return cls(
            f"The AWS CloudHSM cluster {cluster_id} must have private subnets in at least two Availability Zones, and "
            "a security group that allows TCP traffic on ports 2223-2225."
        )


class CloudHsmClusterNotActiveException(AwsError):
    """The cluster is not initialised and activated."""

    @classmethod
    def of(cls, cluster_id: str) -> Self:
        """Simplified: AWS's text is not published; this one is made from the model's description of the error."""
        return cls(f"The AWS CloudHSM cluster {cluster_id} is not active.")


class CloudHsmClusterNotFoundException(AwsError):
    """There is no such cluster in the account and Region."""

    @classmethod
    def of(cls, cluster_id: str) -> Self:
        """Simplified: AWS's text is not published; this one is made from the model's description of the error."""
        return cls(f"AWS KMS cannot find the AWS CloudHSM cluster {cluster_id}.")


class CloudHsmClusterNotRelatedException(AwsError):
    """The cluster does not share its backups with the one that it is to replace."""

    @classmethod
    def of(cls, cluster_id: str) -> Self:
        """Simplified: AWS's text is not published; this one is made from the model's description of the error."""
        return cls(
            f"The AWS CloudHSM cluster {cluster_id} has a different cluster certificate than the original cluster."
        )


class ConflictException(AwsError):
    """Another rotation of the key is in the way."""

    @classmethod
    def automatic_rotation(cls) -> Self:
        """Simplified: AWS's text is not published; this one is made from the model's description of the error."""
        return cls(
            "An automatic rotation of this key is currently in progress "
            "or scheduled to begin within the next 20 minutes."
        )

    @classmethod
    def on_demand_rotation(cls) -> Self:
        """Simplified: neither AWS's text nor its code is published; both are taken over from the one above."""
        return cls("An on-demand rotation of this key is currently in progress.")


class CustomKeyStoreHasCMKsException(AwsError):
    """The custom key store still holds KMS keys."""

    @classmethod
    def of(cls, key_store_id: str) -> Self:
        """Simplified: AWS's text is not published."""
        return cls(f"Custom key store {key_store_id} contains KMS keys.")


class CustomKeyStoreInvalidStateException(AwsError):
    """The connection state of the custom key store does not allow it, or what is behind the store does not answer."""

    @classmethod
    def state(cls, key_store_id: str, state: str) -> Self:
        """The connection state. Simplified: AWS's text is not published."""
        return cls(
            f"The connection state of custom key store {key_store_id} is {state}, which is not valid for this request."
        )

    @classmethod
    def cluster_not_usable(cls, cluster_id: str) -> Self:
        """The cluster of a connected key store does not answer. Simplified: AWS's text is not published."""
        return cls(f"AWS KMS cannot use the AWS CloudHSM cluster {cluster_id}. Verify that it has an active HSM.")


class CustomKeyStoreNameInUseException(AwsError):
    """Another custom key store of the account and Region has this name."""

    @classmethod
    def of(cls, name: str) -> Self:
        """Simplified: AWS's text is not published."""
        return cls(f"The custom key store name {name} is already assigned to another custom key store in the account.")


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


class ExpiredImportTokenException(AwsError):
    """The import token is older than 24 hours. Simplified: AWS's text is not published; there is none here."""


class IncorrectKeyException(AwsError):
    """The ciphertext was made under another key than the one named."""

    @classmethod
    def not_that_key(cls) -> Self:
        """Recorded; AWS still says CMK here."""
        return cls("The key ID in the request does not identify a CMK that can perform this operation.")


class IncorrectKeyMaterialException(AwsError):
    """It is no key material for the key, not the one it knows, or no new one.

    Simplified: AWS's text is not published; there is none here.
    """


class IncorrectTrustAnchorException(AwsError):
    """The certificate is not the cluster's."""

    @classmethod
    def of(cls, cluster_id: str) -> Self:
        """Simplified: AWS's text is not published; this one is made from the model's description of the error."""
        return cls(
            f"The trust anchor certificate is not the trust anchor certificate of AWS CloudHSM cluster {cluster_id}."
        )


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

    @classmethod
    def principal(cls, principal: str) -> Self:
        """A grantee or retiring principal that is none. Source: many public reports."""
        return cls(f"ARN does not refer to a valid principal: {principal}")

    @classmethod
    def in_policy(cls) -> Self:
        """A key policy for a group, or with an ARN without an account. Source: public reports."""
        return cls("An ARN in the specified key policy is invalid.")


class InvalidCiphertextException(AwsError):
    """The ciphertext, or the encryption context given with it, is not what was encrypted. AWS sends no message."""


class InvalidGrantIdException(AwsError):
    """A grant id that can be none. Simplified: AWS's text is not published; there is none here."""


class InvalidGrantTokenException(AwsError):
    """A grant token belongs to no grant. Simplified: AWS's text is not published; there is none here."""


class InvalidImportTokenException(AwsError):
    """The import token is none, or another key's. Simplified: AWS's text is not published; there is none here."""


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

    @classmethod
    def material_waits(cls, key_arn: str, new: str, waiting: str) -> Self:
        """New key material for a key that has some waiting. Recorded."""
        return cls(
            f"New key material (id: {new}) cannot be imported into KMS key {key_arn}, "
            f"because another key material (id: {waiting}) is pending rotation."
        )

    @classmethod
    def no_material_waits(cls, key_arn: str) -> Self:
        """RotateKeyOnDemand of a key with imported material and no new one. Recorded."""
        return cls(f"No available key material pending rotation for the key: {key_arn}.")

    @classmethod
    def cluster_not_usable(cls, key_arn: str, cluster_id: str) -> Self:
        """The cluster behind a CloudHSM key store does not answer. Simplified: AWS's text is not published."""
        return cls(f"{key_arn} cannot be used: AWS KMS cannot use the AWS CloudHSM cluster {cluster_id}.")

    @classmethod
    def no_material_in_cluster(cls, key_arn: str, cluster_id: str) -> Self:
        """The key material was deleted from the cluster. Simplified: AWS's text is not published."""
        return cls(f"{key_arn} cannot be used: its key material is not in the AWS CloudHSM cluster {cluster_id}.")


class LimitExceededException(AwsError):
    """A quota is used up."""

    @classmethod
    def aliases(cls, quota: int, usage: int) -> Self:
        """Too many aliases on one key. Source: public reports."""
        return cls(f"Aliases per key quota for this account in this region is {quota}, current usage is {usage}.")

    @classmethod
    def grants(cls, quota: int, usage: int) -> Self:
        """Too many grants on one key. Simplified: the text is made after the one for aliases."""
        return cls(f"Grants per key quota for this account in this region is {quota}, current usage is {usage}.")

    @classmethod
    def policy(cls, limit: int) -> Self:
        """A key policy of more than 32 KB. Simplified: AWS's text is not published."""
        return cls(f"The key policy must not be larger than {limit} bytes.")

    @classmethod
    def on_demand_rotations(cls, key_arn: str) -> Self:
        """The 26th rotation on demand. Recorded."""
        return cls(
            "The on-demand rotations limit has been reached for the given keyId. "
            f"No more on-demand rotations can be performed for this key: {key_arn}"
        )

    @classmethod
    def key_stores(cls, quota: int) -> Self:
        """Too many custom key stores. Simplified: AWS's text is not published; it is taken over from aliases."""
        return cls(f"Custom key stores quota for this account in this region is {quota}, current usage is {quota}.")


class MalformedPolicyDocumentException(AwsError):
    """The key policy cannot be stored.

    For what is no policy at all, AWS sends no message. Simplified: nor for any other mistake in what a policy is made
    of, such as an unknown element, effect or condition operator.
    """

    @classmethod
    def no_principal(cls) -> Self:
        """A statement that says for nobody. Source: public reports."""
        return cls("Policy contains a statement with no principal.")

    @classmethod
    def invalid_principals(cls) -> Self:
        """A principal that is none. Source: AWS Knowledge Center and very many public reports."""
        return cls("Policy contains a statement with one or more invalid principals.")

    @classmethod
    def missing(cls, field: str) -> Self:
        """A statement without Action or Resource; refused since August 2025. Source: measured."""
        return cls(f"Missing required field {field}")

    @classmethod
    def condition_keys(cls) -> Self:
        """A condition key that makes no sense for one key. Source: a public report; the list is always the same."""
        return cls(
            "These condition keys are not permitted in a key policy: "
            "aws:ResourceTag, kms:ResourceTag, kms:ResourceAliases"
        )

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
    def grant(cls, grant_id: str) -> Self:
        """No grant on the key has this id. The code was measured for RevokeGrant; Simplified: the text was not."""
        return cls(f"Grant ID {grant_id} not found")

    @classmethod
    def policy(cls) -> Self:
        """A key policy name other than `default`. Source: other emulators; not recorded."""
        return cls("No such policy exists")

    @classmethod
    def key_material(cls, material_id: str) -> Self:
        """DeleteImportedKeyMaterial of what the key never had. Simplified: AWS's text is not published."""
        return cls(f"Key material '{material_id}' does not exist")


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
    def not_multi_region(cls, key_arn: str) -> Self:
        """ReplicateKey or UpdatePrimaryRegion of a single-Region key. Source: public reports."""
        return cls(f"{key_arn} is not a multi-region key.")

    @classmethod
    def not_primary(cls, key_arn: str) -> Self:
        """ReplicateKey of a replica. Recorded."""
        return cls(f"{key_arn} is not a multi-region primary key.")

    @classmethod
    def already_primary(cls, key_arn: str) -> Self:
        """UpdatePrimaryRegion to the Region of the primary key. Simplified: AWS's text is not published."""
        return cls(f"{key_arn} is already the primary key.")

    @classmethod
    def replica_beside_primary(cls, region: str) -> Self:
        """ReplicateKey into the primary key's own Region. The text was reported; Simplified: the code was not."""
        return cls(f"{region} cannot have a replica because it contains the primary.")

    @classmethod
    def replica_in_other_partition(cls) -> Self:
        """ReplicateKey into another partition. The text was reported; Simplified: the code was not."""
        return cls("The replica key Region must be in the same AWS partition as the primary key Region.")

    @classmethod
    def replica_region(cls, region: str) -> Self:
        """ReplicateKey into a Region that AWS does not have. Simplified: AWS's text is not published."""
        return cls(f"The replica key Region {region} is not supported.")

    @classmethod
    def origin(cls, key_arn: str, origin: str) -> Self:
        """A key whose material does not come from where the operation needs it. Recorded."""
        return cls(f"{key_arn} origin is {origin} which is not valid for this operation.")

    @classmethod
    def wrapping_key_spec(cls, wrapping_key: str) -> Self:
        """SM2. Simplified: AWS's text is not published; it is made after the one for key specs."""
        return cls(f"WrappingKeySpec {wrapping_key} is not supported in this Region")

    @classmethod
    def wrapping_algorithm(cls, algorithm: str) -> Self:
        """RSAES_PKCS1_V1_5, which AWS gave up in October 2023, and SM2PKE. Simplified: as above."""
        return cls(f"WrappingAlgorithm {algorithm} is not supported in this Region")

    @classmethod
    def wrapping(cls, algorithm: str, wrapping_key: str, key_spec: str) -> Self:
        """A way of wrapping that is too short for keys of this spec. Simplified: AWS's text is not published."""
        return cls(
            f"WrappingAlgorithm {algorithm} with WrappingKeySpec {wrapping_key} is not supported for KeySpec {key_spec}"
        )


class XksKeyAlreadyInUseException(AwsError):
    """Another KMS key of the external key store has this external key."""

    @classmethod
    def of(cls, xks_key_id: str) -> Self:
        """Simplified: AWS's text is not published; this one is made from the model's description of the error."""
        return cls(
            f"The external key {xks_key_id} is already associated with another KMS key in this external key store."
        )


class XksKeyInvalidConfigurationException(AwsError):
    """The external key is not what KMS needs. Source: KMS Developer Guide, "Troubleshooting external key stores"."""

    @classmethod
    def spec(cls, spec: str) -> Self:
        """Another algorithm or length."""
        return cls(
            f"The key spec of the external key must be AES_256. The key spec of specified external key is {spec}."
        )

    @classmethod
    def not_enabled(cls, status: str) -> Self:
        """It is not enabled."""
        return cls(f"The status of the external key must be ENABLED. The status of specified external key is {status}.")

    @classmethod
    def usage(cls, usage: str) -> Self:
        """It does not both encrypt and decrypt."""
        return cls(
            "The key usage of the external key must include ENCRYPT and DECRYPT. "
            f"The key use of specified external key is {usage}."
        )


class XksKeyNotFoundException(AwsError):
    """The external key manager has no such key."""


class XksProxyIncorrectAuthenticationCredentialException(AwsError):
    """The proxy does not accept the credential."""


class XksProxyInvalidConfigurationException(AwsError):
    """The proxy is not configured as KMS needs it, or not as it was told."""


class XksProxyInvalidResponseException(AwsError):
    """KMS cannot make sense of what the proxy answers."""


class XksProxyUriEndpointInUseException(AwsError):
    """Another external key store has this endpoint, and must have it for itself."""

    @classmethod
    def of(cls, uri_endpoint: str) -> Self:
        """Simplified: AWS's text is not published; this one is made from the model's description of the error."""
        return cls(
            f"The XksProxyUriEndpoint {uri_endpoint} is already associated with another external key store in this "
            "Region."
        )


class XksProxyUriInUseException(AwsError):
    """Another external key store has this endpoint and path."""

    @classmethod
    def of(cls, uri: str) -> Self:
        """Simplified: AWS's text is not published; this one is made from the model's description of the error."""
        return cls(
            f"The external key store proxy address {uri} is already associated with another external key store in "
            "this Region."
        )


class XksProxyUriUnreachableException(AwsError):
    """KMS does not get through to the proxy, or to what is behind it."""


class XksProxyVpcEndpointServiceInUseException(AwsError):
    """Another external key store has this VPC endpoint service."""

    @classmethod
    def of(cls, name: str) -> Self:
        """Simplified: AWS's text is not published; this one is made from the model's description of the error."""
        return cls(
            f"The VPC endpoint service {name} is already associated with another external key store in this Region."
        )


class XksProxyVpcEndpointServiceInvalidConfigurationException(AwsError):
    """The VPC endpoint service is not configured as KMS needs it."""

    @classmethod
    def of(cls, name: str) -> Self:
        """Simplified: AWS's text is not published; this one is made from the model's description of the error."""
        return cls(f"The VPC endpoint service {name} does not fulfill the requirements for an external key store.")


class XksProxyVpcEndpointServiceNotFoundException(AwsError):
    """There is no such VPC endpoint service in the Region that KMS may use."""

    @classmethod
    def of(cls, name: str) -> Self:
        """Simplified: AWS's text is not published; this one is made from the model's description of the error."""
        return cls(f"AWS KMS cannot find the VPC endpoint service {name}.")
