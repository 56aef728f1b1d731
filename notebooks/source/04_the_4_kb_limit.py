# %% [markdown]
# # 04 The 4 KB limit
#
# **You will be able to**
#
# - say exactly how much `Encrypt` takes, for symmetric and for RSA keys, and why;
# - read the error that comes with one byte too many;
# - bind an encryption context to a ciphertext, and say what it protects and what it does not hide;
# - explain what is wrong with cutting big data into pieces of 4 KB.
#
# **Before you begin**: [01 Creating keys](01_creating_keys.ipynb). One exercise uses `re_encrypt` from
# [02 Aliases](02_aliases.ipynb).
#
# **Time**: {minutes} minutes.
#
# Words you do not know: [glossary](glossary.ipynb).
#
# [All lessons](index.ipynb) · Previous: [03 Encrypt from the command line](03_encrypt_from_the_command_line.ipynb) · Next: [05 Envelope encryption](05_envelope_encryption.ipynb)

# %%
# %load_ext kmslab

# %%
import base64

import boto3
from kmslab.jupyter import figures, panels

kms = boto3.client("kms", region_name="us-east-1")
symmetric_key = kms.create_key(Description="limits")["KeyMetadata"]

# %% [markdown]
# ## How much goes in?
#
# Tom keeps notes on customers and publishers: what was promised to whom, at which discount. From now on he will encrypt each
# note with one call. The first one works. The second is longer, and fails.
#
# A small function tries to encrypt a number of bytes and tells how it went. You will use it more than once.

# %%
def attempt(size, key_id=symmetric_key["KeyId"], **options):
    try:
        kms.encrypt(KeyId=key_id, Plaintext=b"x" * size, **options)
    except kms.exceptions.ClientError as error:
        return error.response["Error"]["Message"]
    return "ok"


# %% [markdown]
# **Predict**: which of these sizes are accepted: 0, 1, 1000, 4096, 4097?

# %%
for size in (0, 1, 1000, 4096, 4097):
    print(f"{size:4}", attempt(size))

# %% [markdown]
# From 1 to **4096 bytes**, for the usual symmetric key. That is the "4 KB" you read about. Read AWS's sentence from its end:
#
# - `Member must have length less than or equal to 4096`: the rule;
# - `at 'plaintext'`: where it was broken, spelled with a small letter although you wrote `Plaintext`;
# - the *value* is missing. Compare it with another broken rule:

# %%
try:
    kms.list_keys(Limit=5000)
except kms.exceptions.ClientError as error:
    print(error.response["Error"]["Message"])

# %% [markdown]
# There AWS repeats your value, and for a plaintext it does not. An error text ends up in logs, and a secret must not.
#
# ## Why so little?
#
# KMS is for **keys** and for **small secrets**: a password, an API key, a private key. Everything you hand to `Encrypt` travels
# over the network to a service that many people share, and back. For a few hundred bytes that is fine; for a film it is not.
#
# For more data, you let KMS encrypt a *key* and use that key yourself. That is the next lesson; this one explores the limit.
#
# ## What comes out
#
# **Predict**: is a ciphertext as long as its plaintext, longer, or shorter?

# %%
lengths = {}
for size in (1, 16, 100, 1000, 4096):
    ciphertext = kms.encrypt(KeyId=symmetric_key["KeyId"], Plaintext=b"x" * size)["CiphertextBlob"]
    lengths[f"{size} bytes in"] = len(ciphertext)
    print(f"{size:4} bytes in, {len(ciphertext):4} bytes out, {len(ciphertext) - size} more")

# %%
figures.bars("Length of the ciphertext", lengths, "bytes out")

# %% [markdown]
# Some 150 to 160 bytes more. They are what `Decrypt` needs to find the key, to undo this one encryption, and to notice damage.
# AWS calls the blob *opaque*: do not take it apart and do not rely on its exact length. Leave room when you store it.
#
# It knows its key (lesson 00). **Predict**: does the key's ARN, its id or your account id stand in it in clear?

# %%
blob = kms.encrypt(KeyId=symmetric_key["KeyId"], Plaintext=b"attack at dawn")["CiphertextBlob"]
for text in (symmetric_key["Arn"], symmetric_key["KeyId"], symmetric_key["AWSAccountId"], "attack"):
    print(text.encode() in blob, text)

# %% [markdown]
# None of them. There is an id of the key *material* (lesson 01), and KMS knows whose that is. The Lab's ciphertexts have the
# outline of AWS's, and here you may take one apart:

# %%
figures.ciphertext(lab, blob)

# %% [markdown]
# **Predict**: encrypt the same plaintext under the same key twice. The same ciphertext?

# %%
twice = [kms.encrypt(KeyId=symmetric_key["KeyId"], Plaintext=b"attack at dawn")["CiphertextBlob"] for _ in range(2)]
print("equal:", twice[0] == twice[1])
print("equal once decrypted:", len({kms.decrypt(CiphertextBlob=each)["Plaintext"] for each in twice}) == 1)

# %% [markdown]
# Never the same: new randomness goes into each encryption, so nobody can tell from two ciphertexts that you sent the same
# message again. (And you cannot search for a ciphertext by encrypting again.)
#
# Only the beginning is alike. In base64, ciphertexts from `Encrypt` tend to start like this, so you recognise them in logs and
# configuration files:

# %%
{base64.b64encode(each)[:6] for each in twice}

# %% [markdown]
# ## The encryption context: what belongs to this data
#
# An **encryption context** is a set of pairs, text to text, that you give to `Encrypt`. It says what the data *is*: whose, for
# which purpose, which file. It is not secret. It is **bound** to the ciphertext: `Decrypt` works only with the same context.
# Tom's note on a publisher is a good first case:

# %%
context = {"publisher": "harbour", "season": "2026-spring"}
bound = kms.encrypt(KeyId=symmetric_key["KeyId"], Plaintext=b"attack at dawn", EncryptionContext=context)["CiphertextBlob"]

print("length without:", len(blob), "with:", len(bound))
print("in the blob:", b"harbour" in bound)

# %% [markdown]
# The context is not stored in the blob: not one byte more. Cryptographers call it *additional authenticated data*: it goes into
# the computation, not into the result. So **you** must know it when you decrypt.
#
# **Predict**: which of these six decrypt?

# %%
def try_context(ciphertext, context):
    try:
        return kms.decrypt(CiphertextBlob=ciphertext, EncryptionContext=context)["Plaintext"]
    except kms.exceptions.ClientError as error:
        return f"{error.response['Error']['Code']} {error.response['Error']['Message']!r}"


tries = {
    "the same": context,
    "other order": {"season": "2026-spring", "publisher": "harbour"},
    "no context": {},
    "a pair less": {"publisher": "harbour"},
    "a pair more": {**context, "year": "2026"},
    "other case": {"publisher": "Harbour", "season": "2026-spring"},
}
for name, given in tries.items():
    print(f"{name:12}", try_context(bound, given))

# %% [markdown]
# The order does not matter; everything else does, to the letter. Look at the message of `InvalidCiphertextException`: it is
# **empty**. KMS does not say whether the context, the ciphertext or something else was wrong. Somebody who tries things out is
# to learn nothing from it.
#
# Pairs stay pairs. Written one after the other, the next two contexts would both read `abc`. KMS keeps them apart:

# %%
one = kms.encrypt(KeyId=symmetric_key["KeyId"], Plaintext=b"mine", EncryptionContext={"ab": "c"})["CiphertextBlob"]
print(try_context(one, {"ab": "c"}))
print(try_context(one, {"a": "bc"}))

# %% [markdown]
# What the context is good for: a note on one publisher that gets into the record of another, by a slip or on purpose, does not
# decrypt there, since the program that reads that record gives *its* context. Policies can ask for it too (lesson 07).
#
# ### It is in the trail, in clear

# %%
contexts = [event["requestParameters"].get("encryptionContext") for event in lab.trail.events(name="Encrypt")]
[each for each in contexts if each]

# %% [markdown]
# Every call with a context logs it, word for word. That makes the trail useful: it says *what* was decrypted, not only that
# something was. And it means: **never put a secret into a context**, no customer's address, no card number.
#
# ### Damage is noticed
#
# The same protection covers the ciphertext. **Predict**: flip one single bit of it. Do you get a slightly wrong plaintext, or
# an error?

# %%
def with_one_bit_flipped(data, at):
    broken = bytearray(data)
    broken[at] ^= 1
    return bytes(broken)


damaged = {
    "first byte": with_one_bit_flipped(bound, 0),
    "in the middle": with_one_bit_flipped(bound, len(bound) // 2),
    "last byte": with_one_bit_flipped(bound, -1),
    "last byte missing": bound[:-1],
}
for name, ciphertext in damaged.items():
    print(f"{name:18}", try_context(ciphertext, context))

# %% [markdown]
# All of it or nothing. That is what *authenticated* encryption means (here AES-256-GCM): whoever changes a ciphertext cannot
# change it into another valid one.
#
# Try it out. The panel shows every part of `bound` and really asks KMS, also with a bit flipped, in another Region or under
# another context. **Predict**: does KMS say anything else if the bit is in part 2, the key material id, and not in part 10, the
# encrypted text?

# %%
panels.ciphertext(lab, bound, context)

# %% [markdown]
# ## Exercise 04.1: filled to the brim
#
# Tom asks how long a note may be, to the byte, and does not believe tables. Under a symmetric key, encrypt **the largest
# plaintext that KMS takes**, under an encryption context with the pair **`exercise`** = **`04.1`** and **at least one more
# pair** of your own. Then decrypt it.

# %%
# Exercise 04.1
### BEGIN SOLUTION
mine = {"exercise": "04.1", "author": "me"}
full = kms.encrypt(KeyId=symmetric_key["KeyId"], Plaintext=b"y" * 4096, EncryptionContext=mine)["CiphertextBlob"]
print(len(kms.decrypt(CiphertextBlob=full, EncryptionContext=mine)["Plaintext"]))
### END SOLUTION

# %%
check("04.1")

# %% [markdown]
# ## RSA keys take much less
#
# "KMS keys encrypt up to 4 KB" is true of symmetric keys only. Make an RSA key for encryption (lesson 06 says what it is good
# for) and try:

# %%
rsa_key = kms.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeyId"]
for algorithm, sizes in {"RSAES_OAEP_SHA_256": (190, 191), "RSAES_OAEP_SHA_1": (214, 215)}.items():
    for size in sizes:
        print(size, attempt(size, rsa_key, EncryptionAlgorithm=algorithm))

# %% [markdown]
# 190 bytes, or 214. Where do these numbers come from? RSA computes with one large number, the **modulus**. Everything must fit
# into it: an RSA_2048 key has a modulus of 2048 *bits*, which is 256 bytes. The padding, OAEP, needs room for two hashes and
# two bytes. SHA-256 makes hashes of 32 bytes, SHA-1 of 20.
#
#     limit = bytes of the modulus - 2 * bytes of the hash - 2

# %%
def limit(modulus_bits, hash_bytes):
    return modulus_bits // 8 - 2 * hash_bytes - 2


print(limit(2048, 32), limit(2048, 20))

# %% [markdown]
# **Predict**: the two limits of RSA_3072. Work them out before you go on, with SHA-256 and with SHA-1.

# %%
larger_key = kms.create_key(KeySpec="RSA_3072", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeyId"]
for algorithm, hash_bytes in {"RSAES_OAEP_SHA_256": 32, "RSAES_OAEP_SHA_1": 20}.items():
    largest = limit(3072, hash_bytes)
    for size in (largest, largest + 1):
        print(size, attempt(size, larger_key, EncryptionAlgorithm=algorithm))

# %%
figures.bars(
    "Largest plaintext of one Encrypt call",
    {
        "SYMMETRIC_DEFAULT": 4096,
        "RSA_2048, OAEP SHA-1": 214,
        "RSA_2048, OAEP SHA-256": 190,
        "RSA_3072, OAEP SHA-1": 342,
        "RSA_3072, OAEP SHA-256": 318,
    },
    "bytes",
)

# %% [markdown]
# **Predict**: where would the bars of RSA_4096 end? (Not at 4096: that number counts *bits*.) Exercise 04.2 finds out.
#
# ## An RSA ciphertext does not know its key

# %%
sealed = kms.encrypt(KeyId=rsa_key, Plaintext=b"short", EncryptionAlgorithm="RSAES_OAEP_SHA_256")["CiphertextBlob"]
print(len(sealed), "bytes")

# %% [markdown]
# 256 bytes, whatever you put in: one number below the modulus, and nothing else. No header, no reference to a key, no place
# for an encryption context. So `Decrypt` must be told the key **and** the algorithm:

# %%
def try_decrypt(**options):
    try:
        return kms.decrypt(CiphertextBlob=sealed, **options)["Plaintext"]
    except kms.exceptions.ClientError as error:
        return f"{error.response['Error']['Code']} {error.response['Error']['Message']!r}"


print("neither:       ", try_decrypt())
print("algorithm only:", try_decrypt(EncryptionAlgorithm="RSAES_OAEP_SHA_256"))
print("both:          ", try_decrypt(EncryptionAlgorithm="RSAES_OAEP_SHA_256", KeyId=rsa_key))

# %% [markdown]
# If you lose the note of which key it was, KMS cannot help you. And a context is refused:

# %%
attempt(5, rsa_key, EncryptionAlgorithm="RSAES_OAEP_SHA_256", EncryptionContext=context)

# %% [markdown]
# ## Exercise 04.2: the limit of RSA_4096
#
# "Then take the largest RSA key," says Tom. How many bytes fit under an **RSA_4096** key with **RSAES_OAEP_SHA_256**? Work it
# out first. Then create such a key (it takes a second) and prove it from both sides: that many bytes are encrypted, and **one
# more is refused**. Hand over the number.

# %%
# Exercise 04.2
answer = None
### BEGIN SOLUTION
answer = limit(4096, 32)
largest_key = kms.create_key(KeySpec="RSA_4096", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeyId"]
for size in (answer, answer + 1):
    print(size, attempt(size, largest_key, EncryptionAlgorithm="RSAES_OAEP_SHA_256"))
### END SOLUTION
check("04.2", answer)

# %% [markdown]
# ## The wrong way out: cutting it into pieces
#
# The contract with a publisher has 40 KB. Tom's first idea is that of most people: ten pieces of 4096 bytes each. It works. Look
# what it costs.

# %%
pages = [f"page {number}: pay {number}00 dollars" for number in range(10)]
document = b"".join(page.encode().ljust(4096) for page in pages)
before = lab.bill

pieces = [
    kms.encrypt(KeyId=symmetric_key["KeyId"], Plaintext=document[start : start + 4096])["CiphertextBlob"]
    for start in range(0, len(document), 4096)
]
restored = b"".join(kms.decrypt(CiphertextBlob=piece)["Plaintext"] for piece in pieces)

print("as it was:", restored == document)
lab.bill.since(before).by("operation")

# %% [markdown]
# Twenty calls, for 40 KB there and back. A file of 1 GiB needs 262,144 calls in each direction. Each is a round trip over the
# network, counts against your request quota (lesson 13), and is on your bill:

# %%
calls = 2 * 2**30 // 4096
print(f"{calls:,} calls there and back, {calls * 0.03 / 10_000:.2f} USD")

# %% [markdown]
# Mira says that this is not much. The money is not the worst of it. **Predict**: an intruder cannot decrypt anything, but can
# write where the pieces are stored, exchanges two of them and drops a third. What does your program notice?

# %%
tampered = pieces.copy()
tampered[1], tampered[2] = tampered[2], tampered[1]
del tampered[7]

for piece in tampered:
    print(kms.decrypt(CiphertextBlob=piece)["Plaintext"].rstrip().decode())

# %% [markdown]
# Nothing. Page 2 stands before page 1, page 7 is gone, and there was no error: **every piece is valid, the whole is not**. KMS
# protects what you give it in *one* call. What belongs together, in which order, and how much of it there is, is known only to
# you.
#
# You could put the page number and the number of pages into an encryption context. Then you have begun to invent a file format,
# and you still pay call by call. Envelope encryption does both properly: **one** call for a data key, and the whole file under
# it, protected as a whole. That is lesson 05.
#
# ## What went wrong? One byte too many
#
# You have seen this error text above. This time nobody catches it:

# %% tags=["raises-exception"]
kms.encrypt(KeyId=symmetric_key["KeyId"], Plaintext=b"x" * 4097)

# %% [markdown]
# The remedy is never to cut. It is a data key (lesson 05), or to ask whether the data must go through KMS at all.
#
# Here is the same error where you do not expect it. The text has 4096 characters, counted:

# %%
text = "\N{LATIN SMALL LETTER E WITH ACUTE}" * 4096
len(text)

# %% tags=["raises-exception"]
kms.encrypt(KeyId=symmetric_key["KeyId"], Plaintext=text)

# %%
len(text.encode())

# %% [markdown]
# KMS counts **bytes**. boto3 turns a text into UTF-8 before it sends it, and an `é` takes two bytes there. Count
# `len(text.encode())`, and count it before you call.
#
# Base64 is the other way to get there. boto3 encodes bytes for the journey by itself, so you hand it the bytes as they are. Do
# it yourself as well, and 4096 bytes have become 5464.
#
# ## Exercise 04.3: the mistyped context
#
# The next cell plays Tom in a hurry. He encrypted a note on the customer `northwind`, and typed two letters of the name in the
# wrong order. Nobody knows which.

# %%
import random


def in_a_hurry(word):
    at = random.randrange(len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


notes_key = kms.create_key(Description="notes")["KeyMetadata"]["KeyId"]
note = kms.encrypt(
    KeyId=notes_key,
    Plaintext=b"the door code has changed",
    EncryptionContext={"customer": in_a_hurry("northwind")},
)["CiphertextBlob"]

print(try_context(note, {"customer": "northwind"}))

# %% [markdown]
# The note is not lost: the context is not in the ciphertext, but it is written down elsewhere.
#
# 1. Find the context that was really used, and **decrypt** `note` with it.
# 2. Put it right: with **`re_encrypt`**, make a ciphertext of the note with the context `{"customer": "northwind"}`. (It takes
#    `SourceEncryptionContext` and `DestinationEncryptionContext`. The destination may be the same key.)
# 3. **Decrypt** the new ciphertext with the right context.

# %%
# Exercise 04.3
### BEGIN SOLUTION
mistyped = lab.trail.events(name="Encrypt", key=notes_key)[-1]["requestParameters"]["encryptionContext"]
print(kms.decrypt(CiphertextBlob=note, EncryptionContext=mistyped)["Plaintext"])

right = {"customer": "northwind"}
corrected = kms.re_encrypt(
    CiphertextBlob=note,
    SourceEncryptionContext=mistyped,
    DestinationKeyId=notes_key,
    DestinationEncryptionContext=right,
)["CiphertextBlob"]
print(kms.decrypt(CiphertextBlob=corrected, EncryptionContext=right)["Plaintext"])
### END SOLUTION

# %%
check("04.3")

# %% [markdown]
# ## Tom's notes, and what holds today
#
# | Tom's notes say | to be exact |
# | --- | --- |
# | "KMS encrypts and decrypts data up to 4 KB" | 1 to 4096 *bytes*, for symmetric keys. RSA keys take 190 to 470 bytes, by key and algorithm |
# | "the ciphertext refers to its key" | symmetric ciphertexts do. RSA ciphertexts do not |
# | nothing about the encryption context | it is free, and it is the best protection against mixing data up. Use it |
#
# ## Key points
#
# - `Encrypt` takes 1 to 4096 bytes under a symmetric key; under RSA, the bytes of the modulus less two hashes and two.
# - A ciphertext is some 150 bytes longer than its plaintext, different each time, and says nothing in clear.
# - The encryption context is bound, not stored, not secret, and in the trail.
# - A wrong context and a changed bit give the same empty `InvalidCiphertextException`.
# - Pieces that are each protected are not a protected whole.
#
# ## Questions
#
# 1. A program stores a user's address with the context `{"user": "4711"}`. What can an attacker who may write to the database,
#    and may not call KMS, still do? What can they no longer do?
# 2. You cut a file into pieces and put `{"piece": "3"}` into each context. Which of reordering, dropping the last pieces, and
#    mixing in pieces of yesterday's version do you notice now?
# 3. Why would it be a mistake if KMS answered "wrong encryption context" instead of nothing?
#
# [All lessons](index.ipynb) · Previous: [03 Encrypt from the command line](03_encrypt_from_the_command_line.ipynb) · Next: [05 Envelope encryption](05_envelope_encryption.ipynb)
