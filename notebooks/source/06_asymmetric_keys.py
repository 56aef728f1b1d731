# %% [markdown]
# # 06 Asymmetric keys: one half stays, one half goes out
#
# **You will be able to**
#
# - sign in KMS and let anybody verify, with AWS or without;
# - sign data of any size, by its digest;
# - receive secrets from people who cannot call KMS;
# - issue a certificate whose private key never leaves KMS;
# - choose between RSA, elliptic curves and HMAC, and say what each costs.
#
# **Before you begin**: [05 Envelope encryption](05_envelope_encryption.ipynb).
#
# **Time**: {minutes} minutes.
#
# Words you do not know: [glossary](glossary.ipynb).
#
# [All lessons](index.ipynb) · Previous: [05 Envelope encryption](05_envelope_encryption.ipynb) · Next: [07 Who may use a key](07_who_may_use_a_key.ipynb)

# %%
# %load_ext kmslab

# %%
import hashlib

import boto3
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from kmslab.jupyter import figures

kms = boto3.client("kms", region_name="us-east-1")

# %% [markdown]
# Otterquill sends a receipt with every order and a licence with every e-book, and customers want to be sure that they
# are genuine. Suppliers want to send you secrets, and most of them have no AWS account. Both need a key of which one
# half may go out.
#
# `cryptography` is Python's usual library for this. In this lesson it plays the world **outside** KMS: whatever it
# does, it does on this computer, without AWS.
#
# ## Two halves
#
# So far one key did both directions: what it encrypted, it decrypted. An **asymmetric** KMS key is a *key pair*:
#
# - The **private key** stays in KMS. It never leaves unencrypted, and you use it by calling KMS.
# - The **public key** is for anybody. You download it and give it away: on a web page, in a program, to a stranger.
#
# What one half does, only the other half undoes or confirms. Most people use this to **sign**: only the private key can
# make the signature, and everybody who has the public key can verify it.

# %% tags=["hide-input"]
figures.flow(
    "Sign in KMS, verify anywhere",
    ["KMS", "Your code", "Anybody"],
    [
        figures.Step("Your code", "KMS", "Sign(KeyId, Message)"),
        figures.Step("KMS", "KMS", "private key signs"),
        figures.Step("KMS", "Your code", "Signature"),
        figures.Step("Your code", "KMS", "GetPublicKey(KeyId)"),
        figures.Step("KMS", "Your code", "PublicKey"),
        figures.Step("Your code", "Anybody", "public key, once"),
        figures.Step("Your code", "Anybody", "message and signature"),
        figures.Step("Anybody", "Anybody", "verifies, without AWS"),
    ],
)

# %% [markdown]
# ## Make a key pair
#
# `ECC_NIST_P256` is a pair on an elliptic curve, the one that most software knows.
#
# **Predict**: is the `KeySpec` enough for `create_key`?

# %%
try:
    kms.create_key(KeySpec="ECC_NIST_P256")
except kms.exceptions.ClientError as error:
    print(error.response["Error"]["Code"])
    print(error.response["Error"]["Message"])

# %% [markdown]
# It is not. Many key pairs could serve more than one purpose, so AWS wants to be told which. Say it:

# %%
pair = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY", Description="receipts")
metadata = pair["KeyMetadata"]
key_id = metadata["KeyId"]
{name: metadata[name] for name in ("KeySpec", "KeyUsage", "SigningAlgorithms")}

# %% [markdown]
# `SigningAlgorithms` lists what this key can do. `ECDSA_SHA_256` means: hash the message with SHA-256, then sign the
# hash on the curve. Each curve has only its own hash.
#
# ## Sign, and verify in KMS

# %%
message = b"Receipt 1001: 100 EUR, paid"
signature = kms.sign(KeyId=key_id, Message=message, SigningAlgorithm="ECDSA_SHA_256")["Signature"]
reply = kms.verify(KeyId=key_id, Message=message, Signature=signature, SigningAlgorithm="ECDSA_SHA_256")
reply["SignatureValid"]

# %% [markdown]
# A signature hides nothing. The message travels beside it, in clear. It proves two things: who holds the key said this,
# and nobody has changed it since.
#
# **Predict**: a customer changes the 100 to 900, and asks for the money back. Does `verify` answer `False`?

# %%
tampered = b"Receipt 1001: 900 EUR, paid"
try:
    kms.verify(KeyId=key_id, Message=tampered, Signature=signature, SigningAlgorithm="ECDSA_SHA_256")
except kms.exceptions.KMSInvalidSignatureException as error:
    print(error.response["Error"])

# %% [markdown]
# No. `SignatureValid` is never `False`: a signature that does not fit is an **error**, `KMSInvalidSignatureException`,
# and its message is empty. So a program that forgets to look at the answer cannot go on by mistake.
#
# ## Verify outside KMS
#
# Download the public key. It comes as bytes in a standard form (DER, *SubjectPublicKeyInfo*), which every crypto
# library reads.

# %%
public_der = kms.get_public_key(KeyId=key_id)["PublicKey"]
public_key = serialization.load_der_public_key(public_der)
print(len(public_der), "bytes, curve", public_key.curve.name)

# %% [markdown]
# From here on, imagine a customer's computer: no AWS account, no network. It has the public key, the message and the
# signature.

# %%
def is_genuine(message, signature):
    try:
        public_key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


before = lab.bill.requests
print("the message: ", is_genuine(message, signature))
print("the tampered:", is_genuine(tampered, signature))
print("KMS requests:", lab.bill.requests - before)

# %% [markdown]
# The same two answers, and KMS was not asked. That is fast, free, and works for people who cannot call KMS. It has a
# price: KMS does not know about it either.
#
# **Predict**: you disable the key. Who can still verify?

# %%
kms.disable_key(KeyId=key_id)
try:
    kms.verify(KeyId=key_id, Message=message, Signature=signature, SigningAlgorithm="ECDSA_SHA_256")
except kms.exceptions.DisabledException as error:
    print("KMS:    ", error.response["Error"]["Code"])
print("outside:", is_genuine(message, signature))

# %% [markdown]
# Once it is given away, a public key cannot be called back. No policy controls who verifies with it, and no trail shows
# it. `Verify` in KMS has all of that. Choose by who has to verify, and switch the key on again:

# %%
kms.enable_key(KeyId=key_id)
kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"]

# %% [markdown]
# ## More than 4096 bytes: sign the digest
#
# `Sign` takes messages of up to 4096 bytes. Vera wants the year's report signed, a megabyte:

# %%
report = b"one line of a long report" * 40_000
print(f"{len(report):,} bytes")
try:
    kms.sign(KeyId=key_id, Message=report, SigningAlgorithm="ECDSA_SHA_256")
except kms.exceptions.ClientError as error:
    print(error.response["Error"]["Message"])

# %% [markdown]
# KMS would have hashed the message first anyway. So hash it yourself, send only the hash (the **digest**), and say so
# with `MessageType="DIGEST"`. The megabyte stays with you.

# %%
digest = hashlib.sha256(report).digest()
report_signature = kms.sign(
    KeyId=key_id, Message=digest, MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_256"
)["Signature"]
print(len(digest), "bytes sent to be signed")

# %%
reply = kms.verify(
    KeyId=key_id,
    Message=digest,
    MessageType="DIGEST",
    Signature=report_signature,
    SigningAlgorithm="ECDSA_SHA_256",
)
print("in KMS, by the digest:      ", reply["SignatureValid"])
print("outside, by the whole report:", is_genuine(report, report_signature))

# %% [markdown]
# It is the same signature as if KMS had seen the whole report. `RAW`, the default, means *KMS hashes*; `DIGEST` means
# *I have hashed*.
#
# **Predict**: you send the digest and forget `MessageType`. Does `sign` complain? Does the report verify?

# %%
forgotten = kms.sign(KeyId=key_id, Message=digest, SigningAlgorithm="ECDSA_SHA_256")["Signature"]
print("the report verifies:", is_genuine(report, forgotten))
print("its digest verifies:", is_genuine(digest, forgotten))

# %% [markdown]
# `sign` cannot know. To it, 32 bytes are a message like any other, so it hashed the hash. What you signed is a
# different message. The other mistake is noticed at once: a digest of the wrong length.

# %%
try:
    kms.sign(
        KeyId=key_id,
        Message=hashlib.sha512(report).digest(),
        MessageType="DIGEST",
        SigningAlgorithm="ECDSA_SHA_256",
    )
except kms.exceptions.ClientError as error:
    print(error.response["Error"]["Message"])

# %% [markdown]
# ## Exercise 06.1: sign something large
#
# Mira wants licences for whole school libraries: one text that lists every book, signed, so that any reader program can
# verify it.
#
# In `us-east-1`, create a signing key on **another curve**, `ECC_NIST_P384`. Sign any message of yours that is **longer
# than 4096 bytes**. Then hand over what somebody outside needs to verify it: the message, the signature and the
# downloaded public key, three byte strings in this order. The check verifies them as anybody would, without KMS. (Which
# algorithm, and so which hash, does a key on this curve use? Its metadata says so.)

# %%
# Exercise 06.1
answer = None
### BEGIN SOLUTION
release_id = kms.create_key(KeySpec="ECC_NIST_P384", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
release = b"one licence " * 1000
release_signature = kms.sign(
    KeyId=release_id,
    Message=hashlib.sha384(release).digest(),
    MessageType="DIGEST",
    SigningAlgorithm="ECDSA_SHA_384",
)["Signature"]
answer = (release, release_signature, kms.get_public_key(KeyId=release_id)["PublicKey"])
### END SOLUTION
check("06.1", answer)

# %% [markdown]
# ## The other direction: a mailbox
#
# An **RSA** pair can also *encrypt*. Then the roles are turned round. Anybody can encrypt with the public key, and only
# the private key, in KMS, can decrypt. Like a mailbox: everybody can put a letter in, one person has the key.

# %% tags=["hide-input"]
figures.flow(
    "Encrypt anywhere, decrypt in KMS",
    ["Anybody", "Your code", "KMS"],
    [
        figures.Step("Your code", "KMS", "GetPublicKey(KeyId)"),
        figures.Step("KMS", "Your code", "PublicKey"),
        figures.Step("Your code", "Anybody", "public key"),
        figures.Step("Anybody", "Anybody", "encrypts, without AWS"),
        figures.Step("Anybody", "Your code", "ciphertext"),
        figures.Step("Your code", "KMS", "Decrypt(KeyId, algorithm)"),
        figures.Step("KMS", "Your code", "Plaintext"),
    ],
)

# %%
rsa_key = kms.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT", Description="letters")
rsa_id = rsa_key["KeyMetadata"]["KeyId"]
reply = kms.get_public_key(KeyId=rsa_id)
rsa_public_der = reply["PublicKey"]
reply["EncryptionAlgorithms"]

# %% [markdown]
# OAEP is the way in which RSA encrypts today. Its two variants differ in their hash. Take SHA-256, and take it in
# *both* places where the library asks for a hash, because KMS does:

# %%
OAEP_SHA_256 = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)

before = lab.bill.requests
rsa_public_key = serialization.load_der_public_key(rsa_public_der)
letter = rsa_public_key.encrypt(b"the warehouse opens with 4711", OAEP_SHA_256)
print(len(letter), "bytes of ciphertext,", lab.bill.requests - before, "KMS requests")

# %% [markdown]
# Whoever wrote that needed no AWS account. Now the letter has reached you. Tom's notes say that `decrypt` needs nothing
# but the ciphertext, and in lesson 00 it was so.
#
# **Predict**: which of these three calls will work?

# %%
attempts = {
    "only the letter": {},
    "the letter and the algorithm": {"EncryptionAlgorithm": "RSAES_OAEP_SHA_256"},
    "the letter and the key": {"KeyId": rsa_id},
}
for name, members in attempts.items():
    try:
        print(name, kms.decrypt(CiphertextBlob=letter, **members)["Plaintext"], sep=": ")
    except kms.exceptions.ClientError as error:
        print(name, error.response["Error"]["Code"], error.response["Error"]["Message"], sep=": ")

# %% [markdown]
# None. A symmetric ciphertext is KMS's own: KMS made it, and wrote into it which key it needs. This one was made by a
# library that knows nothing of KMS. It is the bare result of RSA, and **nothing in it names the key or the algorithm**.
# So you must:

# %%
kms.decrypt(CiphertextBlob=letter, KeyId=rsa_id, EncryptionAlgorithm="RSAES_OAEP_SHA_256")["Plaintext"]

# %% [markdown]
# Read the three errors again. Without an algorithm, KMS took the letter for one of its own symmetric ciphertexts, and
# it is none: `InvalidCiphertextException`. With the RSA algorithm it knew better, and missed the key.
#
# Write down key and algorithm wherever you store such a ciphertext. Three more differences to a symmetric key:
#
# - **Size.** 4096 bytes is the limit of *symmetric* keys. With OAEP and SHA-256, `RSA_2048` takes 190 bytes, `RSA_3072`
#   318 and `RSA_4096` 446. Enough for a data key: encrypt the file with that, as in lesson 05.
# - **No encryption context.** RSA has no place for it.
# - **No sender.** Everybody has the public key, so a letter does not prove who wrote it.
#
# ## Exercise 06.2: receive a secret
#
# The printing house has a code for its order system, and no AWS account. To KMS its bookkeeper is a stranger. She has
# another code for each of her customers. `stranger` takes a public key, encrypts a code with it, as you did with the
# letter (OAEP with SHA-256), and returns the ciphertext.

# %%
from kmslab.exercises.stranger import stranger

# %% [markdown]
# In **eu-west-1**, create an RSA key for encryption and give it the alias **`alias/mailbox`**. Give `stranger` your
# public key, decrypt what she returns, and hand over the code. As the ciphertext does not name its key, the alias is a
# good name to keep.

# %%
# Exercise 06.2
answer = None
### BEGIN SOLUTION
ireland = boto3.client("kms", region_name="eu-west-1")
mailbox = ireland.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeyId"]
ireland.create_alias(AliasName="alias/mailbox", TargetKeyId=mailbox)
received = stranger(ireland.get_public_key(KeyId="alias/mailbox")["PublicKey"])
answer = ireland.decrypt(
    CiphertextBlob=received, KeyId="alias/mailbox", EncryptionAlgorithm="RSAES_OAEP_SHA_256"
)["Plaintext"].decode()
### END SOLUTION
check("06.2", answer)

# %% [markdown]
# ## One key, one usage
#
# RSA can sign as well as encrypt. **Predict**: can *this* RSA key sign?

# %%
try:
    kms.sign(KeyId=rsa_id, Message=message, SigningAlgorithm="RSASSA_PSS_SHA_256")
except kms.exceptions.InvalidKeyUsageException as error:
    print(error.response["Error"]["Message"])

# %% [markdown]
# It was made for `ENCRYPT_DECRYPT`, and no call changes a key's usage. That is on purpose. In RSA, decrypting and
# signing are nearly the same calculation: a program that decrypts whatever it is sent could be tricked into signing. So
# one key has one job, with permissions for that job. If you need both, make two keys.
#
# ## Why AWS services do not take asymmetric keys
#
# S3 (lesson 11), Secrets Manager (lesson 10) and all other AWS services that encrypt with KMS want a **symmetric** key.
# You know from lesson 05 what they do with it: envelope encryption. It begins with `GenerateDataKey`.
#
# **Predict**: the RSA key may encrypt and decrypt. May it make data keys?

# %%
for name in (rsa_id, key_id):
    try:
        kms.generate_data_key(KeyId=name, KeySpec="AES_256")
    except kms.exceptions.InvalidKeyUsageException as error:
        print(error.response["Error"]["Message"])

# %% [markdown]
# No pair can, whatever it is for. (CMK, *customer master key*, is the old name of a KMS key. Some error texts still
# have it.) A service needs data keys, it wants to bind each to an encryption context, and the ciphertext should know
# its key. Only symmetric keys have all three. AWS says so in KMS's API description: services that are integrated with
# KMS support neither asymmetric nor HMAC keys.
#
# ## A certificate whose private key never leaves KMS
#
# A public key does not say whose it is. A **certificate** does: it holds a name, a public key, a few rules, and a
# signature over all of that. The signer, the *issuer*, vouches for it. Whoever issues certificates is a *certification
# authority* (CA), and the private key of a CA is the one key that must never be stolen. KMS is a good place for it.
#
# The library builds certificates, and it wants a private key object to sign them. You have none. But all it does with
# the object is to call `sign`. So give it an object whose `sign` asks KMS:

# %%
@ec.EllipticCurvePrivateKey.register
class KmsPrivateKey:
    """To the library a private key; each signature is made in KMS."""

    def __init__(self, kms, key_id):
        self.kms, self.key_id = kms, key_id
        self.public = kms.get_public_key(KeyId=key_id)

    def public_key(self):
        return serialization.load_der_public_key(self.public["PublicKey"])

    def sign(self, data, signature_algorithm):
        digest = hashes.Hash(signature_algorithm.algorithm)
        digest.update(data)
        return self.kms.sign(
            KeyId=self.key_id,
            Message=digest.finalize(),
            MessageType="DIGEST",
            SigningAlgorithm=self.public["SigningAlgorithms"][0],
        )["Signature"]

# %% [markdown]
# - `register` says: take objects of this class for private keys on an elliptic curve. (The library's documentation has
#   a page on keys that live in a KMS. It derives a class and fills in every method; registering is shorter.)
# - `sign` hashes with the hash that the library was told to use, because a certificate may be longer than 4096 bytes,
#   and sends the digest to KMS.
# - There is no method that returns the private key. There could not be one.
#
# Now build a certificate, and let it be **self-signed**: subject and issuer are the same, and the key signs for itself.
# `BasicConstraints` with `ca=True` says that its key may issue certificates for others. The root of every CA is made
# like this.

# %%
from datetime import timedelta

from cryptography import x509
from cryptography.x509.oid import NameOID

ca_key = KmsPrivateKey(kms, key_id)
name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "workbook.example")])
today = lab.clock.now()

builder = (
    x509.CertificateBuilder()
    .subject_name(name)
    .issuer_name(name)
    .public_key(ca_key.public_key())
    .serial_number(x509.random_serial_number())
    .not_valid_before(today)
    .not_valid_after(today + timedelta(days=365))
    .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
)
certificate = builder.sign(ca_key, hashes.SHA256())

# %% [markdown]
# **Predict**: how many KMS calls did `builder.sign` make, and does CloudTrail know that it was a certificate?

# %%
lab.trail.events(name="Sign")[-1]["requestParameters"]

# %% [markdown]
# One, and no. The trail knows that this key signed a digest. It knows when and who asked.
#
# Now be a stranger again, with the certificate and without AWS:

# %%
before = lab.bill.requests
certificate.verify_directly_issued_by(certificate)  # raises InvalidSignature if it does not fit

print("subject:   ", certificate.subject.rfc4514_string())
print("issuer:    ", certificate.issuer.rfc4514_string())
print("valid for: ", (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days, "days")
print("KMS's key: ", certificate.public_key() == public_key)
print("requests:  ", lab.bill.requests - before)

# %% [markdown]
# `verify_directly_issued_by` looks at names and signature. Dates and trust are for you to judge: anybody can issue a
# certificate with that name, under a key of their own. You trust a root because you know its *public key*.
#
# Certificates travel as text, in the form called PEM:

# %%
pem = certificate.public_bytes(serialization.Encoding.PEM)
pem.decode().splitlines()[0]

# %% [markdown]
# This is used for a company's **private CA**, for **signing code** and container images, and for signing documents.
# With `CertificateSigningRequestBuilder` the same object makes a *request*, which you send to a public CA: their name
# on the certificate, your private key still in KMS.
#
# ## Exercise 06.3: your own authority
#
# Otterquill's warehouse has twenty scanners. Each is to get a certificate from an authority of the shop's own, and Vera
# asks that nobody can copy that authority's key. Make its root.
#
# In `us-east-1`, create a signing key on the curve **`ECC_NIST_P521`**. With it, issue a self-signed certificate with a
# **common name of your own**, valid for **90 days**, whose key may **issue others** (`ca=True`). Hand over its PEM.
# (`KmsPrivateKey` fits any curve; the hash must fit the key.)

# %%
# Exercise 06.3
answer = None
### BEGIN SOLUTION
own_id = kms.create_key(KeySpec="ECC_NIST_P521", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
own_key = KmsPrivateKey(kms, own_id)
own_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "my own authority")])
own_certificate = (
    x509.CertificateBuilder()
    .subject_name(own_name)
    .issuer_name(own_name)
    .public_key(own_key.public_key())
    .serial_number(x509.random_serial_number())
    .not_valid_before(lab.clock.now())
    .not_valid_after(lab.clock.now() + timedelta(days=90))
    .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    .sign(own_key, hashes.SHA512())
)
answer = own_certificate.public_bytes(serialization.Encoding.PEM)
### END SOLUTION
check("06.3", answer)

# %% [markdown]
# ## HMAC: who can verify can also forge
#
# KMS has a third kind of key. An **HMAC** key is symmetric: one secret, no halves. `GenerateMac` makes a *message
# authentication code*, and `VerifyMac` makes it again and compares.

# %%
hmac_id = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
mac = kms.generate_mac(KeyId=hmac_id, Message=message, MacAlgorithm="HMAC_SHA_256")["Mac"]
reply = kms.verify_mac(KeyId=hmac_id, Message=message, Mac=mac, MacAlgorithm="HMAC_SHA_256")
print(len(mac), "bytes, valid:", reply["MacValid"])

# %%
try:
    kms.verify_mac(KeyId=hmac_id, Message=tampered, Mac=mac, MacAlgorithm="HMAC_SHA_256")
except kms.exceptions.KMSInvalidMacException as error:
    print("tampered:  ", error.response["Error"]["Code"])
try:
    kms.get_public_key(KeyId=hmac_id)
except kms.exceptions.UnsupportedOperationException as error:
    print("public key:", error.response["Error"]["Code"])

# %% [markdown]
# It looks like a signature, and is not one. There is no public half, so whoever verifies uses the *same* secret, and
# could have made the MAC too. That is fine between your own servers (a token that you issue and check yourself), and it
# is fast and cheap. It proves nothing to a third party. (In KMS you can at least allow one program `GenerateMac` and
# another only `VerifyMac`.)
#
# ## RSA or elliptic curves?
#
# Tom's notes say that elliptic curve cryptography (ECC) is brand-new and safer than RSA. It was proposed in 1985, eight
# years after RSA. Neither is broken. What ECC has is **smaller keys for the same strength**: P-256 is rated as strong
# as RSA with 3072 bits.

# %%
rsa_3072 = kms.create_key(KeySpec="RSA_3072", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
figures.bars(
    "Two public keys of the same strength",
    {
        "ECC_NIST_P256": len(public_der),
        "RSA_3072": len(kms.get_public_key(KeyId=rsa_3072)["PublicKey"]),
    },
    "bytes",
)

# %% [markdown]
# Signatures shrink in the same way, and signing takes less work. RSA is understood by the oldest software, verifies
# quickly, and is the one of the two that encrypts. A large **quantum computer** would break both. AWS has keys that are
# made against that, ML-DSA and ML-KEM.
#
# | kind of key | key specs | usage | since |
# | --- | --- | --- | --- |
# | symmetric | `SYMMETRIC_DEFAULT` | `ENCRYPT_DECRYPT` | the beginning |
# | RSA | `RSA_2048`, `RSA_3072`, `RSA_4096` | `ENCRYPT_DECRYPT` *or* `SIGN_VERIFY` | 2019 |
# | elliptic curves | `ECC_NIST_P256`, `_P384`, `_P521`, `ECC_SECG_P256K1` | `SIGN_VERIFY`; the NIST ones also `KEY_AGREEMENT` | 2019 |
# | HMAC | `HMAC_224`, `_256`, `_384`, `_512` | `GENERATE_VERIFY_MAC` | 2022 |
# | post-quantum signature | `ML_DSA_44`, `_65`, `_87` | `SIGN_VERIFY` | 2025 |
# | Edwards curve | `ECC_NIST_EDWARDS25519` | `SIGN_VERIFY` | 2025 |
# | post-quantum key exchange | `ML_KEM_512`, `_768`, `_1024` | `ENCAPSULATE_DECAPSULATE` | 2026 |
#
# The China Regions have `SM2` besides. The Lab makes the first four kinds, without `KEY_AGREEMENT`.
#
# ## What it costs
#
# Every KMS key costs 1 USD a month, a pair like any other. The requests differ:

# %%
lab.bill

# %% [markdown]
# Requests with asymmetric keys have no free ones, and all but `RSA_2048` cost five times as much. HMAC counts as
# symmetric. Asking for the public key is a request too, so fetch it once and keep it.
#
# **Predict**: "and if we sign a million receipts a month?" asks Mira. What do the requests cost with each kind of key?

# %%
figures.bars(
    "A million requests in a month",
    {
        "HMAC or symmetric": (1_000_000 - 20_000) / 10_000 * 0.03,
        "RSA_2048": 1_000_000 / 10_000 * 0.03,
        "other asymmetric": 1_000_000 / 10_000 * 0.15,
    },
    "USD",
)

# %% [markdown]
# (The first bar has the 20,000 free requests taken off.) Verifying outside costs nothing, however often somebody does
# it.
#
# ## What went wrong? The wrong algorithm for the curve
#
# The key is a signing key, it is enabled, and you may use it. Run this and read the last line.

# %% tags=["raises-exception"]
kms.sign(KeyId=key_id, Message=message, SigningAlgorithm="ECDSA_SHA_384")

# %% [markdown]
# The code says *invalid key usage*, although the key's usage is right. KMS uses one code for everything that a key was
# not made for, and only the message tells which:
#
# | message | what to do |
# | --- | --- |
# | `... key usage is ENCRYPT_DECRYPT which is not valid for Sign.` | use another key, made for `SIGN_VERIFY` |
# | `Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256.` | use the algorithm that the key's metadata lists |
# | `You cannot generate a data key with an asymmetric CMK` | use a symmetric key |
#
# Do not guess the algorithm. Ask the key:

# %%
kms.describe_key(KeyId=key_id)["KeyMetadata"]["SigningAlgorithms"]

# %% [markdown]
# ## Tom's notes, corrected
#
# | Tom's notes say | more exactly |
# | --- | --- |
# | "two kinds of keys, symmetric and asymmetric" | HMAC keys are a third, and the families of pairs have grown: see the table above |
# | "ECC is brand-new and safer than RSA" | from 1985; smaller at the same strength |
# | "SSL works like this" | the protocol has been called **TLS** since 1999. The certificate's key *signs* at the start of a connection; the data is encrypted with a symmetric key of that connection |
# | "KMS encrypts up to 4 KB" | with a symmetric key; RSA takes 190 to 446 bytes (OAEP with SHA-256) |
# | "`Decrypt` needs no key id" | right for symmetric ciphertexts; an RSA one needs `KeyId` and `EncryptionAlgorithm` |
#
# What his notes say about the private key, the download of the public key, and services that do not take pairs is
# right, and you have seen it.
#
# ## Key points
#
# - The private key stays in KMS. The public key goes to anybody, and never comes back.
# - A signature can be verified in KMS or outside. In KMS a bad one is an error, never `False`.
# - Up to 4096 bytes `RAW`; anything larger by its digest, with `MessageType="DIGEST"`.
# - An RSA ciphertext does not name its key: `Decrypt` needs `KeyId` and `EncryptionAlgorithm`.
# - One key, one usage, for ever. AWS services take symmetric keys only.
# - An object whose `sign` calls KMS lets a library issue certificates under a key that nobody can steal.
# - A MAC is not a signature: who verifies could have made it.
#
# ## Questions
#
# 1. Your release key may have been misused by a former colleague. You disable it. Which users are still fooled by files
#    that were signed before, and what do you have to do for them?
# 2. A partner wants to send you files of 2 GB, has no AWS account, and gets your RSA public key. Describe what both
#    sides do.
# 3. Two teams of one company sign messages to each other. When is HMAC enough, and which quarrel could it not settle?
#
# [All lessons](index.ipynb) · Previous: [05 Envelope encryption](05_envelope_encryption.ipynb) · Next: [07 Who may use a key](07_who_may_use_a_key.ipynb)
