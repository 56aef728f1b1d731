# %% [markdown]
# # 05 Envelope encryption: a key for the data, and a key for that key
#
# **You will be able to**
#
# - get a data key from KMS, encrypt with it, throw it away, and get it back;
# - encrypt a file of any size with one KMS call, and say what lies in the encrypted file;
# - compute what that saves, against sending the file through KMS;
# - say what somebody can do who has the file and not the KMS key;
# - recognise a file format that is protected only piece by piece.
#
# **Before you begin**: [04 The 4 KB limit](04_the_4_kb_limit.ipynb).
#
# **Time**: {minutes} minutes.
#
# Words you do not know: [glossary](glossary.ipynb).
#
# [All lessons](index.ipynb) · Previous: [04 The 4 KB limit](04_the_4_kb_limit.ipynb) · Next: [06 Asymmetric keys](06_asymmetric_keys.ipynb)

# %%
# %load_ext kmslab

# %%
import base64
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

import boto3
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from kmslab.jupyter import figures, panels

kms = boto3.client("kms", region_name="us-east-1")
key_id = kms.create_key(Description="manuscripts")["KeyMetadata"]["KeyId"]
workplace = tempfile.TemporaryDirectory()
folder = Path(workplace.name)

# %% [markdown]
# `cryptography` is Python's usual library for encryption. What it does, it does on this computer, without AWS. Files go into
# a temporary folder, which is deleted when you close the notebook's kernel.
#
# ## The idea
#
# Otterquill gets its books as scanned manuscripts, and nobody may read them before the day of publication. One has 50 MB and
# `Encrypt` takes 4096 bytes; 12,800 calls would do it, slowly, and would protect only pieces (lesson 04). Mira asks you for
# something better.
#
# Do not send the manuscript to KMS. Ask KMS for a key, and encrypt the manuscript yourself. Such a key is called a **data key**.
# (You may read *DEK*, data encryption key.) KMS hands it out **twice**: in clear, and encrypted under your KMS key.
#
# - The clear one you use **now**, and then throw it away.
# - The encrypted one you keep, right beside the data. Only KMS can open it.
#
# The data is locked with the data key, and the data key is in an envelope that only the KMS key opens. That is **envelope
# encryption**, and it is what AWS's services for files, disks and secrets do with your KMS key.

# %%
figures.flow(
    "Envelope encryption",
    ["KMS", "Your code", "Disk"],
    [
        figures.Step("Your code", "KMS", "GenerateDataKey(KeyId)"),
        figures.Step("KMS", "Your code", "data key, twice"),
        figures.Step("Your code", "Your code", "encrypts the data"),
        figures.Step("Your code", "Your code", "forgets the data key"),
        figures.Step("Your code", "Disk", "data + encrypted key"),
        figures.Step("Disk", "Your code", "later: both again"),
        figures.Step("Your code", "KMS", "Decrypt(encrypted key)"),
        figures.Step("KMS", "Your code", "data key"),
        figures.Step("Your code", "Your code", "decrypts the data"),
    ],
)

# %% [markdown]
# ## By hand, step by step
#
# **Predict**: `AES_256` is a key of how many bytes? And is its encrypted form longer?

# %%
reply = kms.generate_data_key(KeyId=key_id, KeySpec="AES_256")
data_key, encrypted_key = reply["Plaintext"], reply["CiphertextBlob"]
print("data key:          ", len(data_key), "bytes")
print("encrypted data key:", len(encrypted_key), "bytes")
print("in base64:         ", base64.b64encode(encrypted_key).decode()[:6] + "...")

# %% [markdown]
# 32 bytes are 256 bits. The encrypted form is an ordinary ciphertext of these 32 bytes, 152 longer, like all that you saw in
# lesson 04. It knows its KMS key. (Only its beginning is a little different: `AQIDAH` where `Encrypt` gives `AQICAH`.)
#
# KMS keeps **neither** of the two. It has no list of data keys, and will never encrypt anything with one. From here on the data
# key is your affair.
#
# Encrypt something with it: an author's letter. **AES-GCM** is a cipher that hides data and notices every change to it. Beside
# the key it needs a **nonce**: 12 bytes that are no secret and must never be used twice with the same key.

# %%
letter = b"Please tell nobody who really wrote Night Train."
nonce = os.urandom(12)
stored = {
    "encrypted key": encrypted_key,
    "nonce": nonce,
    "ciphertext": AESGCM(data_key).encrypt(nonce, letter, None),
}
del data_key, reply

print({name: len(value) for name, value in stored.items()}, "for", len(letter), "bytes of text")

# %% [markdown]
# The ciphertext is 16 bytes longer than the letter: the **tag**, by which changes are noticed. (`del` takes the names away,
# so that nobody uses the key by mistake. It does not clear the memory. Python cannot promise that.)
#
# What is in `stored` can go anywhere: to a disk, into a database, to a colleague. Later, Mira wants to read the letter.
#
# **Predict**: what does `decrypt` have to be told?

# %%
data_key = kms.decrypt(CiphertextBlob=stored["encrypted key"])["Plaintext"]
AESGCM(data_key).decrypt(stored["nonce"], stored["ciphertext"], None)

# %% [markdown]
# Only the encrypted key. There is no operation "decrypt data key": an encrypted data key is a ciphertext, and `Decrypt` opens it.
# KMS saw neither the letter nor its ciphertext. It knows only that it was asked:

# %%
[(event["eventName"], event["requestParameters"]) for event in lab.trail.events(key=key_id)[-2:]]

# %% [markdown]
# The second line is poor: *which* letter was it? An encryption context would tell. From now on we give one.
#
# ### Who holds what
#
# The panel takes the same steps, with real calls. Before you press **Next step**, predict: who will hold the data key in clear
# then? (Everything is reached with the Tab key.)

# %%
panel = panels.envelope(lab, key_id, letter, {"letter": "1"})
panel

# %% [markdown]
# A cell can press its buttons too. Here are all the steps that are left:

# %%
panel.finish()

# %% [markdown]
# ### Without the plaintext
#
# There is a variant that returns only the encrypted half:

# %%
prepared = kms.generate_data_key_without_plaintext(KeyId=key_id, KeySpec="AES_256")
sorted(set(prepared) - {"ResponseMetadata"})

# %% [markdown]
# **Predict**: what is a key good for that nobody can see?
#
# <details><summary>Show the answer</summary>
#
# For somebody else, later. One program sets up a thousand empty disks and gives each its encrypted data key. It may call
# `GenerateDataKeyWithoutPlaintext` and nothing more, so it never sees a key that opens anything. Another program, on the day
# that it writes to a disk, may call `Decrypt`.
#
# </details>
#
# ## Exercise 05.1: a longer key
#
# Tom sets up an encrypted disk for the backups. Its cipher, AES-256 in a mode called XTS, wants a key of **64 bytes**, and he asks
# you for one. `KeySpec` has no name for that length; `NumberOfBytes` takes its place.
#
# In **eu-west-1**, create a KMS key and get a data key of 64 bytes under it, with an **encryption context** of your own (lesson
# 04). Then get the same data key back with nothing but its encrypted form and that context, as Tom will whenever he mounts
# the disk. Print whether the two are equal.

# %%
# Exercise 05.1
### BEGIN SOLUTION
ireland = boto3.client("kms", region_name="eu-west-1")
disks = ireland.create_key(Description="disks")["KeyMetadata"]["KeyId"]
mine = {"disk": "backup-7"}
disk_key = ireland.generate_data_key(KeyId=disks, NumberOfBytes=64, EncryptionContext=mine)
again = ireland.decrypt(CiphertextBlob=disk_key["CiphertextBlob"], EncryptionContext=mine)["Plaintext"]
print(again == disk_key["Plaintext"])
### END SOLUTION

# %%
check("05.1")

# %% [markdown]
# ## A file of 50 MB
#
# Here is the manuscript of *Night Train*. For us it is noise, and 50 MiB of it.

# %%
manuscript = folder / "manuscript.bin"
with open(manuscript, "wb") as file:
    for _ in range(50):
        file.write(os.urandom(2**20))

print(f"{manuscript.name}: {manuscript.stat().st_size:,} bytes")

# %% [markdown]
# `encrypt_file` does what you did by hand, and does it properly for large files. It reads, encrypts and writes the
# manuscript in pieces, so it is never in memory as a whole. `progress=True` shows a bar. (It stands at 0 % until you run the cell.)
#
# **Predict**: how many calls to KMS will it make? How much larger will the encrypted file be: 152 bytes, 1 %, 33 %?

# %%
from kmslab.envelope import EnvelopeError, decrypt_file, encrypt_file

context = {"title": "night train", "part": "1"}
sealed = folder / "manuscript.env"

before = lab.bill
receipt = encrypt_file(kms, key_id, manuscript, sealed, context=context, progress=True)
lab.bill.since(before)

# %%
print(f"{receipt.plaintext_bytes:,} bytes became {receipt.file_bytes:,} in {receipt.segments} segments")
print(f"{receipt.file_bytes - receipt.plaintext_bytes:,} bytes more")

# %% [markdown]
# One call, and 0.007 % more. And back: one call again. `progress` also takes a function of your own, if you want no bar.

# %%
def quarters(done, total):
    if done * 4 // total > quarters.shown:
        quarters.shown = done * 4 // total
        print(f"{quarters.shown * 25} %")


quarters.shown = 0
restored = folder / "restored.bin"
_ = decrypt_file(kms, sealed, restored, context=context, progress=quarters)

# %%
def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


print("as it was:", sha256(restored) == sha256(manuscript))
lab.trail.events(key=key_id)[-2:]

# %% [markdown]
# ## What lies in the file
#
# An encrypted file must hold all that is needed to open it, except the one thing that KMS keeps. Read its beginning by hand.
# Two of its fields have a length of their own in front, two bytes:

# %%
fields = {}
with open(sealed, "rb") as file:
    fields["magic"] = file.read(7)
    fields["version"] = file.read(1)
    fields["salt"] = file.read(32)
    fields["encrypted data key"] = file.read(int.from_bytes(file.read(2)))
    fields["encryption context"] = file.read(int.from_bytes(file.read(2)))
    fields["header MAC"] = file.read(32)
    header_size = file.tell()

for name, value in fields.items():
    print(f"{name:20} {len(value):4} bytes")
print(f"{'header in all':20} {header_size:4} bytes")

# %% [markdown]
# | field | what it is for |
# | --- | --- |
# | magic, version | say that this is such a file |
# | salt | random; makes the keys of this file its own |
# | **encrypted data key** | the envelope. KMS opens it |
# | encryption context | what you said the data is |
# | header MAC | a checksum that only the key can make (lesson 06); notices every change to the fields above |
#
# Behind the header come the **segments**: 256 KiB of manuscript each, encrypted with AES-GCM, and 16 bytes of tag. It adds up:

# %%
header_size + receipt.segments * (256 * 1024 + 16) == sealed.stat().st_size

# %% [markdown]
# **Predict**: which of these can somebody read who has only the file: the context, the data key, the size of the manuscript?

# %%
print(fields["magic"][1:], fields["encryption context"])

# %% [markdown]
# The context stands there in clear, and the size can be worked out. So the rule of lesson 04 holds here too: **no secrets in
# the context**. And the data key? You may decrypt, so ask KMS for it and look:

# %%
opened = kms.decrypt(CiphertextBlob=fields["encrypted data key"], EncryptionContext=context)
data_key = opened["Plaintext"]
with open(sealed, "rb") as file:
    print(len(data_key), "bytes; in the header:", data_key in file.read(header_size))

# %% [markdown]
# It is not there, only its encrypted form. `kmslab.envelope` does not even encrypt with the data key itself. From data key and
# salt it derives two keys, one for the header MAC and one for the segments, and forgets all three at the end.
#
# ## What it saves
#
# **Predict**: how many bytes went to KMS and back, to encrypt the 52,428,800 bytes of the manuscript?

# %%
envelope = lab.trail.events(name="GenerateDataKey", key=key_id).calls[-1]
print("request:", envelope.request_bytes, "bytes, reply:", envelope.reply_bytes, "bytes")

# %% [markdown]
# Now the direct way, for comparison. Send its first three pieces to `Encrypt` and measure:

# %%
with open(manuscript, "rb") as file:
    for _ in range(3):
        kms.encrypt(KeyId=key_id, Plaintext=file.read(4096), EncryptionContext=context)

pieces = lab.trail.events(name="Encrypt", key=key_id).calls
[(call.request_bytes, call.reply_bytes) for call in pieces]

# %% [markdown]
# Every piece costs the same, and more than its 4096 bytes: on the way to KMS and back, bytes travel as base64, which takes four
# characters for three bytes. The rest is arithmetic:

# %%
calls = manuscript.stat().st_size // 4096
direct_bytes = calls * (pieces[0].request_bytes + pieces[0].reply_bytes)

figures.bars(
    "Bytes to KMS and back, to encrypt a manuscript of 50 MiB",
    {
        "envelope, 1 call": envelope.request_bytes + envelope.reply_bytes,
        "the manuscript itself": manuscript.stat().st_size,
        f"direct, {calls:,} calls": direct_bytes,
    },
    "bytes",
    log=True,
)

# %% [markdown]
# (Only the contents are counted. HTTP headers come on top, with every call.)
#
# **Predict**: requests cost 0.03 USD for 10,000 once the free ones are used up, and a call takes some 10 milliseconds. What are
# price and time, direct (one call after another) and as an envelope?

# %%
for way, count in {"direct": calls, "envelope": 1}.items():
    usd, seconds = count * 0.03 / 10_000, count * 0.010
    print(f"{way:9} {count:6,} calls  {usd:.6f} USD  {seconds:6.2f} s waiting for KMS")

# %% [markdown]
# Mira need not worry about four cents. The two minutes are the point, and that 12,800 calls for one manuscript count against the
# quota that your whole account shares.
#
# ## Exercise 05.2: your own file
#
# Customers may download a copy of all that the shop knows of them. Such a file is large, and it must never be given to another
# customer. Make the first one:
#
# 1. In **us-west-2**, create a key with the alias **`alias/backup`**.
# 2. Write a file of **at least 5,000,000 bytes**, of whatever you like.
# 3. Encrypt it with `encrypt_file` under your key, with an encryption context that says who the **`customer`** is.
# 4. Decrypt it into another file, and give the context again. Hand over the receipt that `decrypt_file` returns.

# %%
# Exercise 05.2
answer = None
### BEGIN SOLUTION
oregon = boto3.client("kms", region_name="us-west-2")
backup_key = oregon.create_key(Description="backup")["KeyMetadata"]["KeyId"]
oregon.create_alias(AliasName="alias/backup", TargetKeyId=backup_key)

(folder / "backup.bin").write_bytes(b"one of the orders\n" * 400_000)
whose = {"customer": "northwind"}
encrypt_file(oregon, "alias/backup", folder / "backup.bin", folder / "backup.env", context=whose)
answer = decrypt_file(oregon, folder / "backup.env", folder / "backup.again", context=whose)
### END SOLUTION
check("05.2", answer)

# %% [markdown]
# ## Who can open it?
#
# "And if a laptop with `manuscript.env` is stolen?" asks Mira. Think it through with a thief; cryptographers call her Mallory.
# She has the file, the encrypted data key included, and knows the format. Let her even have a user in your account, one that
# may not decrypt. (Permissions are lesson 07.)

# %%
mallory = lab.client("kms", principal=lab.user("mallory"))

# %% [markdown]
# **Predict**: how far does she come?

# %%
try:
    decrypt_file(mallory, sealed, folder / "stolen.bin")
except mallory.exceptions.ClientError as error:
    print(error.response["Error"]["Code"])

# %% [markdown]
# To the envelope, and no further. The way to the manuscript leads through `kms:Decrypt`. Without it she has 32 unknown bytes to
# guess.
#
# Now you are the owner of the KMS key. The copies of the manuscript are anywhere: on disks, in backups, on Mallory's computer. You
# cannot reach them.
#
# **Predict**: you disable the KMS key. What becomes of the files?

# %%
_ = kms.disable_key(KeyId=key_id)
try:
    decrypt_file(kms, sealed, folder / "again.bin", context=context)
except kms.exceptions.DisabledException as error:
    print(error.response["Error"]["Code"])

# %% [markdown]
# Nobody opens any of them, you included, and you have not touched a single file. **Whoever controls the KMS key controls all
# that is encrypted under it.** That has two sides:
#
# - Delete the KMS key (lesson 01), and every file under it is lost, in every copy. People who *want* that call it
#   **crypto-shredding**: one KMS key for each customer, and when the customer leaves, the key is scheduled for deletion.
# - Somebody who has **kept** a data key in clear needs no KMS. Disabling does not reach them. That is why it is thrown away.

# %%
_ = kms.enable_key(KeyId=key_id)

# %% [markdown]
# ## Tamper, and be refused
#
# Mallory cannot read the manuscript. Can she change it? Take a shorter one, of four segments, and do what she would do:

# %%
short, short_sealed = folder / "short.bin", folder / "short.env"
short.write_bytes(os.urandom(2**20))
_ = encrypt_file(kms, key_id, short, short_sealed, context=context)

whole = short_sealed.read_bytes()
segment = 256 * 1024 + 16
head, body = whole[: -4 * segment], whole[-4 * segment :]
parts = [body[start : start + segment] for start in range(0, len(body), segment)]

flipped = bytearray(whole)
flipped[-1] ^= 1

damaged = {
    "one bit flipped": flipped,
    "last segment cut off": head + b"".join(parts[:3]),
    "two segments swapped": head + b"".join([parts[1], parts[0], parts[2], parts[3]]),
    "other context in the header": whole.replace(b"night", b"slow ", 1),
}

# %% [markdown]
# **Predict**: which of the four are noticed, and by whom: by `decrypt_file` or by KMS?

# %%
broken, out = folder / "broken.env", folder / "broken.bin"
for what, data in damaged.items():
    broken.write_bytes(data)
    try:
        decrypt_file(kms, broken, out)
    except EnvelopeError as error:
        print(f"{what}: {type(error).__name__}\n    {error}")
    except kms.exceptions.ClientError as error:
        print(f"{what}: {error.response['Error']['Code']}, from KMS")

print("anything written:", out.exists())

# %% [markdown]
# All four. The first three are none of KMS's business: it opened the data key each time, and never sees a segment. The fourth it
# refused, because the data key is bound to the context.
#
# Look at the last line, too. `decrypt_file` writes into a temporary file and gives it its name at the very end. There is never half
# a manuscript that looks like a whole one.
#
# ### A toy that looks right
#
# "Encrypt each chunk with AES-GCM" is quickly written. Tom has a program that does it, with a new nonce for each chunk. Nothing
# in it is misused.

# %%
def toy_encrypt(key, chunks):
    nonces = [os.urandom(12) for _ in chunks]
    return [nonce + AESGCM(key).encrypt(nonce, chunk, None) for nonce, chunk in zip(nonces, chunks)]


def toy_decrypt(key, sealed_chunks):
    return [AESGCM(key).decrypt(each[:12], each[12:], None) for each in sealed_chunks]


toy_key = kms.generate_data_key(KeyId=key_id, KeySpec="AES_256")["Plaintext"]
chunks = [b"print 500 copies", b"but not before June", b"and not with the old cover"]
order = toy_encrypt(toy_key, chunks)

# %% [markdown]
# **Predict**: Mallory drops the last chunk. Then she flips a bit in one. What does `toy_decrypt` say?

# %%
print(toy_decrypt(toy_key, order[:-1]))
try:
    toy_decrypt(toy_key, [order[0][:-1] + bytes([order[0][-1] ^ 1])])
except InvalidTag:
    print("InvalidTag")

# %% [markdown]
# The bit is noticed, the missing chunk is not. It is the mistake of lesson 04 once more: every piece is valid, and the whole is
# not. The real format puts the **number** of each segment, and a mark on the **last**, into the nonce. A segment at another place,
# or an end that is not the end, does not open.
#
# Formats are hard, so use one that others have examined. For production, AWS has the **AWS Encryption SDK**. (`kmslab.envelope`
# is for learning; the two cannot read each other's files.)
#
# ## The context, and the wrong file
#
# You gave `context=` when you decrypted the manuscript. What if it is the wrong one?

# %%
wrong = {"title": "night train", "part": "2"}
before = lab.bill
try:
    decrypt_file(kms, sealed, folder / "part2.bin", context=wrong)
except EnvelopeError as error:
    print(type(error).__name__, error, sep="\n")
print("requests:", lab.bill.since(before).requests)

# %% [markdown]
# KMS was not asked. The context is in the header, so `decrypt_file` could compare. That is a convenience, not the protection. The
# protection is in KMS. Leave `decrypt_file` out and try it by hand:

# %%
try:
    kms.decrypt(CiphertextBlob=fields["encrypted data key"], EncryptionContext=wrong)
except kms.exceptions.InvalidCiphertextException as error:
    print(error.response["Error"])

# %% [markdown]
# The data key was made under another context, so it does not come out.
#
# Without `context=`, `decrypt_file` takes the context that it finds in the file. Then it tells you that the file is **whole**. It
# cannot tell you that it is the **right** one: if part 1 lies where part 2 should be, nothing in it is wrong.
# Only you know which file you expect. Say so.
#
# ## Exercise 05.3: five ledgers, two accidents
#
# The next cell makes five encrypted ledgers, each with its month as encryption context. Then Tom moves them to another disk, in a
# hurry. (Run it, and do not study it: it is the accident, not the clue.)

# %%
months = ["january", "february", "march", "april", "may"]
shelf = folder / "shelf"
shelf.mkdir(exist_ok=True)
ledger_key = kms.create_key(Description="ledgers")["KeyMetadata"]["KeyId"]

for month in months:
    ledger = folder / f"{month}.bin"
    ledger.write_bytes(os.urandom(300_000))
    encrypt_file(kms, ledger_key, ledger, shelf / f"{month}.env", context={"month": month})


def move_in_a_hurry():
    lots = {hashlib.sha256(f"{ledger_key} {month}".encode()).digest(): month for month in months}
    changed, exchanged, copied = (shelf / f"{lots[lot]}.env" for lot in sorted(lots)[:3])
    with open(changed, "r+b") as file:
        file.seek(-1000, os.SEEK_END)
        file.write(bytes(16))
    shutil.copy(copied, exchanged)


move_in_a_hurry()

# %% [markdown]
# Two of the files in `shelf` are no longer what they were. In **one**, something was **changed**. In the place of **another**
# lies a copy of a **different month's** file. Mira needs the books tomorrow. Find out which, with `decrypt_file`, and hand over
# the two months in this order: `(changed, exchanged)`.

# %%
# Exercise 05.3
answer = None
### BEGIN SOLUTION
found = {}
for month in months:
    try:
        decrypt_file(kms, shelf / f"{month}.env", folder / f"{month}.again", context={"month": month})
    except EnvelopeError as error:
        found[type(error).__name__] = month
answer = (found["TamperedError"], found["ContextMismatchError"])
### END SOLUTION
check("05.3", answer)

# %% [markdown]
# ## "Any amount of data"
#
# Tom's notes say that with a data key you can encrypt any amount of data. It is a good deal: AES-GCM takes up to 64 GiB under one
# nonce. (Python's library stops at 2 GiB a call.) But there are two limits per **key**:
#
# - Nonces drawn at random might repeat. Stop after 2^32 encryptions under one key.
# - A nonce must **never** be used twice. What happens then is worse than it sounds:

# %%
reused_key, reused_nonce = os.urandom(32), os.urandom(12)
known = b"to the printer: 500 copies"
secret = b"to the author: 9000 euros."
one, two = (AESGCM(reused_key).encrypt(reused_nonce, text, None) for text in (known, secret))

# %% [markdown]
# **Predict**: Mallory has both ciphertexts and knows the first text. She has no key. What does she make of it?

# %%
bytes(a ^ b ^ c for a, b, c in zip(one, two, known))

# %% [markdown]
# The other text, in clear. So: **a new data key for each file**, and inside the file nonces that are counted, not drawn.
# `encrypt_file` does both. At 3 millionths of a dollar a data key is not worth saving.
#
# Programs that write thousands of small records a second do save them. They use one data key for many records, within limits of
# time, number and bytes. It is called **data key caching**: fewer calls and less waiting, but more data behind each key, and a
# clear data key that lives in memory for minutes. The AWS Encryption SDK can do it; S3 has a relative of it (lesson 11).
# Lesson 13 does the sums.
#
# ## A writer who cannot read
#
# The till at the book fair shall encrypt what it sells, without a network, and must not be able to read it again: tills are stolen.
# KMS also makes **data key pairs**. The public half encrypts, the private half decrypts (lesson 06 has more of them):

# %%
pair = kms.generate_data_key_pair_without_plaintext(KeyId=key_id, KeyPairSpec="RSA_2048")
oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)

public_key = serialization.load_der_public_key(pair["PublicKey"])  # all that the till gets
note = public_key.encrypt(b"till 3: one Night Train", oaep)
sorted(set(pair) - {"ResponseMetadata"})

# %% [markdown]
# The private key exists only encrypted under your KMS key. Later, at your desk:

# %%
private_der = kms.decrypt(CiphertextBlob=pair["PrivateKeyCiphertextBlob"])["Plaintext"]
serialization.load_der_private_key(private_der, password=None).decrypt(note, oaep)

# %% [markdown]
# Here a private key did leave KMS: a data key pair is for use outside, as a data key is. In [lesson 06](06_asymmetric_keys.ipynb)
# the private key stays inside. (RSA pairs are dear: 12 USD for 10,000, where data keys are 0.03. Make one for each till, not
# for each sale.)
#
# ## In a real account
#
# `kms` is an ordinary boto3 client. `encrypt_file` and `decrypt_file` know nothing of the Lab; give them a client of a real
# account, and they write and read the same format. What they need is `kms:GenerateDataKey` to write and `kms:Decrypt` to read.
# Two permissions, so a program that writes files need not be able to open those that are there.
#
# ## What went wrong? Said twice
#
# Tom wants to be very clear: AES-256, and that is 32 bytes. Run this and read the last line.

# %% tags=["raises-exception"]
kms.generate_data_key(KeyId=key_id, KeySpec="AES_256", NumberOfBytes=32)

# %% [markdown]
# *Either ... or*. The two say the same thing in two ways, and KMS does not compare them; it wants exactly one. The same message
# comes when you give neither:

# %%
try:
    kms.generate_data_key(KeyId=key_id)
except kms.exceptions.ClientError as error:
    print(error.response["Error"]["Message"])

# %% [markdown]
# Take `KeySpec="AES_256"` unless a cipher wants another length. `NumberOfBytes` counts **bytes**: `NumberOfBytes=256` is no error,
# and gives eight times as much as you meant.
#
# ## Tom's notes, corrected
#
# | Tom's notes say | more exactly |
# | --- | --- |
# | "data encryption key, DEK" | AWS says **data key** |
# | "encrypt any amount of data" | large amounts, within the limits of the cipher: a new data key per file, a nonce never twice |
# | "throw the plaintext key away and the data is safe" | yes, as long as nobody kept it, and the format protects the *whole* file |
# | "only KMS can decrypt the data" | KMS decrypts the *data key*. It never sees the data |
# | nothing about the encryption context | bind the data key to what the data is, and give the context when you decrypt |
#
# Two more of his notes, that less goes over the network and that the encrypted key may lie beside the data, are as true as they
# were.
#
# ## Key points
#
# - `GenerateDataKey` gives a key twice. Use the clear one and forget it; store the encrypted one with the data.
# - One KMS call per file, whatever its size.
# - `Decrypt` opens the data key; your code opens the data.
# - No `kms:Decrypt`, no data. KMS key disabled or deleted: no data, in any copy.
# - Authenticated pieces are not an authenticated file. Use a format that binds order and end.
# - Give the context when you decrypt: it is how you say which file you expect.
#
# ## Questions
#
# 1. A file of 2 GB was encrypted last year. The KMS key is to be replaced by another one. What has to be encrypted anew?
# 2. Your backup program keeps the data key of the day in a variable. At noon Tom disables the KMS key. What still works, and
#    until when?
# 3. A format of Tom's puts a SHA-256 of the whole plaintext, in clear, at the front, "to notice changes". What does it tell a
#    thief?
#
# [All lessons](index.ipynb) · Previous: [04 The 4 KB limit](04_the_4_kb_limit.ipynb) · Next: [06 Asymmetric keys](06_asymmetric_keys.ipynb)
