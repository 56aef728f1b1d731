# %% [markdown]
# # 00 Start here: what KMS does for you
#
# **You will be able to**
#
# - load the Lab and call AWS KMS from Python;
# - say what a KMS key is, where it lives and who calls whom when you encrypt something;
# - find your own calls in the trail and on the bill;
# - read an AWS error: its code, its text, and what to do about it.
#
# **Before you begin**: you know some Python. You need no AWS account, no network and no other lesson.
#
# **Time**: {minutes} minutes.
#
# Words you do not know: [glossary](glossary.ipynb).
#
# [All lessons](index.ipynb) · Next: [01 Creating keys](01_creating_keys.ipynb)

# %% [markdown]
# ## Your first day
#
# Welcome to **Otterquill**, an online bookshop of twelve people. From today its AWS account, number 123456789010, is yours to
# look after. **Mira** founded the shop; she will ask what things cost and what can go wrong. **Tom** wrote it. He learned KMS
# from a blog post of 2021, is glad to share his notes, and is often a little out of date. **Vera**, the auditor, comes once a
# year and asks who can read what. Today nobody asks anything: try things out.
#
# Run this cell first (Shift+Enter). It builds a small AWS of your own inside this notebook. Every lesson begins with it, and
# nothing you do here can cost money or reach anybody.

# %%
# %load_ext kmslab

# %% [markdown]
# From here on you write what you would write against AWS: plain `boto3`, AWS's library for Python.

# %%
import boto3

kms = boto3.client("kms", region_name="us-east-1")

# %% [markdown]
# ## What you have: an account, Regions, and no key yet
#
# AWS Key Management Service (KMS) keeps encryption keys and *uses them for you*. You hand it data and the name of a key; it
# hands back the encrypted or decrypted data. The key itself stays inside.
#
# KMS is **regional**. Each AWS Region runs its own KMS with its own keys. Here is your account with two Regions:

# %%
from kmslab.jupyter import figures, panels

figures.region_map(lab, regions=["us-east-1", "eu-west-1"])

# %% [markdown]
# Make a key. One call is enough; everything else has a sensible default. The answer is a dictionary, with all about the key
# under `KeyMetadata`. (Every answer of boto3 also has `ResponseMetadata`. It says how the request went; skip it.)

# %%
key_id = kms.create_key()["KeyMetadata"]["KeyId"]
key_id

# %% [markdown]
# **Predict**: in which of the two Regions will the key be on the map? Decide before you run the next cell.

# %%
figures.region_map(lab, regions=["us-east-1", "eu-west-1"])

# %% [markdown]
# The client was made for `us-east-1`, so that is where the key lives, and where it stays. Lesson 01 tries to use it from the
# other Region.
#
# ## One call's way
#
# Encrypt ten bytes under the key, and decrypt them again.

# %%
secret = b"ten bytes!"
ciphertext = kms.encrypt(KeyId=key_id, Plaintext=secret)["CiphertextBlob"]
print(f"{len(secret)} bytes in, {len(ciphertext)} bytes out")

# %%
kms.decrypt(CiphertextBlob=ciphertext)["Plaintext"]

# %% [markdown]
# Look closely at the second call: it does not name a key, and KMS found the right one all the same. The ciphertext says which
# key it needs. (So it is with the usual, *symmetric* keys. Lesson 04 meets ciphertexts that do not.)
#
# This is the way one `Encrypt` takes, here as in AWS:

# %% tags=["hide-input"]
figures.flow(
    "One Encrypt call",
    ["Your code", "boto3", "KMS in us-east-1"],
    [
        figures.Step("Your code", "boto3", "encrypt(KeyId, Plaintext)"),
        figures.Step("boto3", "boto3", "signs the request"),
        figures.Step("boto3", "KMS in us-east-1", "Encrypt, over HTTPS"),
        figures.Step("KMS in us-east-1", "KMS in us-east-1", "who is it? may they?"),
        figures.Step("KMS in us-east-1", "KMS in us-east-1", "is the key enabled?"),
        figures.Step("KMS in us-east-1", "KMS in us-east-1", "encrypts, logs, charges"),
        figures.Step("KMS in us-east-1", "boto3", "CiphertextBlob"),
        figures.Step("boto3", "Your code", "bytes"),
    ],
)

# %% [markdown]
# The plaintext travelled to KMS; the key did not travel at all. Tom's notes put it the other way round: with a KMS key "your
# data never leaves AWS unencrypted". It is the *key* that never leaves unencrypted. `Decrypt` has just given you the data in
# clear.
#
# ## Every call leaves a line: the trail
#
# AWS CloudTrail records who called what, when, and with which result. The Lab does too:

# %%
lab.trail

# %% [markdown]
# The table is a summary. Each event is a whole CloudTrail record. Here is part of the one for `Encrypt`:

# %%
event = lab.trail.events(name="Encrypt")[0]
{name: event[name] for name in ("eventTime", "eventName", "requestParameters", "readOnly", "resources")}

# %% [markdown]
# **Predict**: where in that record are the ten bytes that you encrypted?
#
# <details><summary>Show the answer</summary>
#
# Nowhere. CloudTrail never records plaintext, ciphertext or keys. It records the *name* of the key. So Vera can see who
# decrypted, and cannot see what.
#
# </details>
#
# ## Every call has a price: the bill

# %%
lab.bill

# %% [markdown]
# Two things cost money in KMS: **keeping a key** (1 USD a month, charged by the hour) and **requests** (0.03 USD for 10,000 of
# the usual kind, the first 20,000 of a month free). That *you pay for each API call* is all that Tom's notes say. For most
# people the keys are the larger part. Lesson 13 does the sums.
#
# Here is the bill as a panel. It looks again after each cell that you run, so leave it open, solve the exercises, and come back
# to see what they cost.

# %%
panels.bill(lab)

# %% [markdown]
# ## Exercise 00.1: your own key
#
# Otterquill also sells in Ireland, and there is no key there yet. Create a second key. Let it live in **eu-west-1**, and give
# it the description **`start`**. (`create_key` takes `Description=`. A client belongs to one Region.)

# %%
# Exercise 00.1
### BEGIN SOLUTION
ireland = boto3.client("kms", region_name="eu-west-1")
started = ireland.create_key(Description="start")["KeyMetadata"]["KeyId"]
### END SOLUTION

# %%
check("00.1")

# %% [markdown]
# Stuck? `hint("00.1")` helps, a little more each time you run it.
#
# ## Exercise 00.2: there and back
#
# A key that was never tried is only a promise. Encrypt anything you like under **your key from 00.1** and decrypt it again.

# %%
# Exercise 00.2
### BEGIN SOLUTION
sealed = ireland.encrypt(KeyId=started, Plaintext=b"anything I like")["CiphertextBlob"]
print(ireland.decrypt(CiphertextBlob=sealed)["Plaintext"])
### END SOLUTION

# %%
check("00.2")

# %% [markdown]
# ## What went wrong? Reading an AWS error
#
# The next cell fails, and is meant to. Nobody has a key of that name. Run it and read **the last line** of what it prints.

# %% tags=["raises-exception"]
kms.describe_key(KeyId="my-key")

# %% [markdown]
# An AWS error has two parts that matter:
#
# | part | here | what it is for |
# | --- | --- | --- |
# | code | `NotFoundException` | your program decides by it |
# | message | `Invalid keyId 'my-key'` | you read it |
#
# In code, catch the error by its code. Every client carries its service's errors in `client.exceptions`:

# %%
try:
    kms.describe_key(KeyId="my-key")
except kms.exceptions.NotFoundException as error:
    print(error.response["Error"])

# %% [markdown]
# A failed call is a call: it is in the trail, and it counts as a request.
#
# ## Exercise 00.3: ask the trail
#
# Tom has a script that encrypts his notes with a key in Frankfurt, `eu-central-1`. One of three is always missing, and the
# script never complains. Run it once, as Tom does:

# %%
frankfurt = boto3.client("kms", region_name="eu-central-1")
toms_key = frankfurt.create_key(Description="Tom")["KeyMetadata"]["KeyId"]
for note in (b"order stamps", b"", b"call the printer"):
    try:
        frankfurt.encrypt(KeyId=toms_key, Plaintext=note)
    except Exception:
        pass  # Tom: "errors only worry people"

# %% [markdown]
# The script hides its error; the trail does not. Find there **which error code** Tom's call got, and hand it over:
# `check("00.3", "...")`. (`lab.trail` can also be looped over. Each event is a dictionary, too long to print whole. Every one
# has the member `awsRegion`; one that failed has `errorCode` and `errorMessage` too.)

# %%
# Exercise 00.3
answer = None
### BEGIN SOLUTION
failed = [event for event in lab.trail if "errorCode" in event and event["awsRegion"] == "eu-central-1"]
answer = failed[0]["errorCode"]
print(answer, failed[0]["errorMessage"], sep="\n")
### END SOLUTION
check("00.3", answer)

# %% [markdown]
# ## Tom's notes, and what holds today
#
# Many people took their first steps with a blog post like Tom's, and parts of it have aged. For this lesson:
#
# | Tom's notes say | today |
# | --- | --- |
# | "customer master key", "CMK" | a **KMS key**, since August 2021. The old name lives on in a field and in some error texts |
# | "KMS is FIPS 140-2 Level 2" | its hardware modules are validated at **FIPS 140-3 Security Level 3** |
# | "Level 3 is what CloudHSM has" | KMS has it too |
# | "two kinds of keys, symmetric and asymmetric" | also HMAC keys, and newer asymmetric families (lesson 06) |
# | "you pay per API call" | you pay for keys by the month **and** for requests |
#
# ## Key points
#
# - KMS keeps keys and uses them for you; a key does not come out in clear.
# - A key lives in one account and one Region.
# - A symmetric ciphertext knows its key; `Decrypt` need not be told.
# - Every call, failed ones too, is logged without its data, and is metered.
# - Decide by an error's code, and read its message.
#
# ## Questions
#
# 1. Tom calls `decrypt` on your ciphertext with a client for `eu-west-1`. Your key lives in `us-east-1`. What has to happen for
#    it to work?
# 2. Why can the trail prove to Vera *that* somebody decrypted a file, and not show her the file?
# 3. Your program calls `encrypt` a thousand times today. Which line of the bill grows, and by how much?
#
# [All lessons](index.ipynb) · Next: [01 Creating keys](01_creating_keys.ipynb)
