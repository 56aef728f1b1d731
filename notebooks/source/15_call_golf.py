# %% [markdown]
# # 15 Call golf: the Friday game
#
# **You will be able to**
#
# - see at a glance which calls a piece of code does not need;
# - put many small things into one call, and get many keys from one;
# - choose the call that does the whole job: `ListAliases`, `ReEncrypt`, `GetPublicKey`, `RotateKeyOnDemand`, `CreateGrant`;
# - beat Tom.
#
# **Before you begin**: lessons 04 to 11. The game asks for something from each.
#
# **Time**: {minutes} minutes. Words you do not know: [glossary](glossary.ipynb).
#
# [All lessons](index.ipynb) · Previous: [14 The incident](14_the_incident.ipynb)

# %%
# %load_ext kmslab

# %%
import json

import boto3
from botocore.exceptions import ClientError
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

kms = boto3.client("kms", region_name="us-east-1")
s3 = boto3.client("s3", region_name="us-east-1")

# %% [markdown]
# Friday, four o'clock. At Otterquill nobody begins anything new at this hour. Vera has gone home, Mira makes tea, and Tom puts
# the golf course on the screen. Whoever takes the most calls to KMS washes the cups.
#
# ## The rules
#
# - `golf()` shows the course. Nine holes; each is a small task.
# - `tee = golf("1")` **tees off**: it makes the situation, and from now on every request counts. What you need is on the tee:
#   `tee.key_id` and so on.
# - **A stroke is a request on the KMS bill.** Failed ones count, `DescribeKey` and a `DryRun` count, and so does what S3 asks in your
#   name. Looking at `lab.bill`, `check` and `hint` does not.
# - `check("15.1", answer)` counts and looks whether the task is done. Your **best** stays in your folder; `golf("1")` begins anew,
#   with new keys, as often as you like.
# - Calls count for the hole where you teed off last. So tee off, play, check, and tee off anew for another try.
# - Play by the calls that AWS has. `lab.inventory` and `lab.dissect` are caddies that AWS does not know.
#
# **Par** is what a good player takes. Below par is a *birdie* or an *eagle*, and a single call is a *hole in one*.

# %%
golf()

# %% [markdown]
# **Predict**: Tom took 131 calls for the nine holes. What is the least that anybody can take? Write a number down.
#
# Hole 1, to learn the strokes. Tom played it like this:

# %%
tee = golf("1")
tee

# %%
mark = lab.bill
toms = [kms.encrypt(KeyId=tee.key_id, Plaintext=note.encode())["CiphertextBlob"] for note in tee.notes]
lab.bill.since(mark).by("operation")

# %% [markdown]
# Twenty strokes: all is right with it, and it is 18 over par. Now you. (`golf("1")` begins anew, so Tom's strokes are not yours.)
#
# ## Exercise 15.1: twenty notes
#
# Twenty notes of less than 100 bytes. Encrypt them under the key, and hand over the ciphertext (or a list of ciphertexts).

# %%
tee = golf("1")
print(len(tee.notes), "notes, the first:", tee.notes[0])

# %%
# Exercise 15.1
answer = None
### BEGIN SOLUTION
answer = kms.encrypt(KeyId=tee.key_id, Plaintext=json.dumps(tee.notes).encode())["CiphertextBlob"]
### END SOLUTION
check("15.1", answer)

# %% [markdown]
# ## Exercise 15.2: the ciphertext behind the shelf
#
# There are twelve keys, and a ciphertext that one of them made. Which one? **Predict**: how many calls does Tom need?

# %%
tee = golf("2")
tee

# %%
# Exercise 15.2
answer = None
### BEGIN SOLUTION
answer = kms.decrypt(CiphertextBlob=tee.ciphertext)["KeyId"]
### END SOLUTION
check("15.2", answer)

# %% [markdown]
# ## Exercise 15.3: names on doors
#
# Twelve aliases, twelve doors. Hand over a dictionary with a key id for each alias.

# %%
tee = golf("3")
tee

# %%
# Exercise 15.3
answer = None
### BEGIN SOLUTION
answer = {each["AliasName"]: each["TargetKeyId"] for each in kms.list_aliases()["Aliases"] if "TargetKeyId" in each}
### END SOLUTION
check("15.3", answer)

# %% [markdown]
# ## Exercise 15.4: under the new key
#
# Five ciphertexts under an old key, and a new key. Each keeps its encryption context. Nobody may see what is in them, this notebook
# included.

# %%
tee = golf("4")
tee

# %%
# Exercise 15.4
answer = None
### BEGIN SOLUTION
answer = []
for ciphertext, context in zip(tee.ciphertexts, tee.contexts):
    moved = kms.re_encrypt(
        CiphertextBlob=ciphertext,
        SourceEncryptionContext=context,
        DestinationKeyId=tee.new_key,
        DestinationEncryptionContext=context,
    )
    answer.append(moved["CiphertextBlob"])
### END SOLUTION
check("15.4", answer)

# %% [markdown]
# ## Exercise 15.5: ten receipts
#
# Three of them are forged. `tee.receipts` has ten pairs, message and signature; the algorithm is `ECDSA_SHA_256`. Hand over the three
# places, counted from 0.

# %%
tee = golf("5")
tee

# %%
# Exercise 15.5
answer = None
### BEGIN SOLUTION
public_key = serialization.load_der_public_key(kms.get_public_key(KeyId=tee.key_id)["PublicKey"])
answer = []
for place, (message, signature) in enumerate(tee.receipts):
    try:
        public_key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        answer.append(place)
### END SOLUTION
check("15.5", answer)

# %% [markdown]
# ## Exercise 15.6: fifty covers
#
# `tee.covers` has fifty names with a picture each. Put them into `tee.bucket`, with SSE-KMS under `tee.key_id`. S3's own requests
# are no strokes; what S3 asks KMS is.

# %%
tee = golf("6")
tee

# %%
# Exercise 15.6
### BEGIN SOLUTION
for name, picture in tee.covers.items():
    s3.put_object(
        Bucket=tee.bucket,
        Key=name,
        Body=picture,
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId=tee.key_id,
        BucketKeyEnabled=True,
    )
### END SOLUTION

# %%
check("15.6")

# %% [markdown]
# ## Exercise 15.7: fresh key material
#
# Three keys are old enough. From now on they are to encrypt under fresh key material. Their ids and aliases stay, since programs have
# them, and what was encrypted before can still be opened. (What KMS does after its answer takes a minute:
# `lab.clock.advance(minutes=1)`.)

# %%
tee = golf("7")
tee

# %%
# Exercise 15.7
### BEGIN SOLUTION
for key_id in tee.key_ids:
    kms.rotate_key_on_demand(KeyId=key_id)
_ = lab.clock.advance(minutes=1)
### END SOLUTION

# %%
check("15.7")

# %% [markdown]
# ## Exercise 15.8: five data keys
#
# Five customers, and an AES-256 data key for each, made by KMS. Hand over a pair: the list of ciphertexts that you would store, and
# the list of the five keys, of 32 bytes each.

# %%
tee = golf("8")
tee

# %%
# Exercise 15.8
answer = None
### BEGIN SOLUTION
made = kms.generate_data_key(KeyId=tee.key_id, NumberOfBytes=160)
plain = made["Plaintext"]
answer = ([made["CiphertextBlob"]], [plain[start : start + 32] for start in range(0, 160, 32)])
### END SOLUTION
check("15.8", answer)

# %% [markdown]
# ## Exercise 15.9: the night job
#
# The last hole is the longest. The user `night-job` is to decrypt under three keys, with `{"table": "orders"}` in the context, and
# nothing else. The key policies let administrators manage and only the shop decrypt; they do not ask IAM who may.

# %%
tee = golf("9")
tee

# %%
# Exercise 15.9
### BEGIN SOLUTION
for key_id in tee.key_ids:
    kms.create_grant(
        KeyId=key_id,
        GranteePrincipal=tee.job,
        Operations=["Decrypt"],
        Constraints={"EncryptionContextSubset": {"table": "orders"}},
    )
### END SOLUTION

# %%
check("15.9")

# %% [markdown]
# ## The card

# %%
golf()

# %% [markdown]
# The best anybody can take is 17. Were you near, with your number? Either way, Tom washes the cups.
#
# ## What a low score costs
#
# Golf is a game. In a shop, ask what each saved call gives up, as in lesson 13:
#
# | hole | saved by | and given up |
# | --- | --- | --- |
# | 1 | one ciphertext for twenty notes | who may read one reads all. No context for each, and the trail cannot say which note |
# | 2, 3 | asking once | nothing |
# | 4 | `ReEncrypt` | nothing, and the text stays in KMS |
# | 5 | the public key | KMS does not log who verifies, and a key that is disabled goes on verifying at your side |
# | 6 | a Bucket Key | the trail names the bucket, not the object |
# | 7 | rotation on demand | nothing, but it is for the calendar and not for a leak: old ciphertexts stay where they are |
# | 8 | one data key, cut in five | the five are opened together, and whoever has the ciphertext and the permission has all five |
# | 9 | a grant | `list_grants` shows it, and nobody looks there. Retire what is not needed |
#
# ## What went wrong? One call too clever
#
# After a good first hole Tom tries it with eighty notes:

# %%
tee = golf("1")
mark = lab.bill

# %% tags=["raises-exception"]
kms.encrypt(KeyId=tee.key_id, Plaintext=json.dumps(tee.notes * 4).encode())

# %%
print(len(json.dumps(tee.notes * 4)), "bytes")
print(lab.bill.since(mark).requests, "stroke")

# %% [markdown]
# `ValidationException`: 4,096 bytes and not one more. And the stroke counts all the same. For eighty notes take two calls, or a data
# key (lesson 05): one call for as many bytes as you have.
#
# ## Key points
#
# - Before a loop of calls, ask: is there one call that answers for all?
# - A ciphertext of a symmetric key knows its key; `ListAliases` knows names and keys together.
# - `ReEncrypt` is one call where `Decrypt` and `Encrypt` are two, and safer.
# - What needs no secret (verifying, encrypting with a public key) needs no KMS.
# - A data key is as long as you ask for: `NumberOfBytes`, up to 1,024.
# - A grant adds; a policy has to be read, changed and put back as a whole.
# - Each saved call gives something up, or nothing. Know which.
#
# ## Questions
#
# 1. A data key, too, would take one call for the twenty notes (the check wants what `Encrypt` made). When is it the better
#    way?
# 2. Hole 9 could be played with no call to KMS at all, if the key policies were the default ones. How, and who could do it?
# 3. Write a tenth hole: a task that needs three calls in Tom's way, and one in yours.
#
# [All lessons](index.ipynb) · Previous: [14 The incident](14_the_incident.ipynb)
