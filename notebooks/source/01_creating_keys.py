# %% [markdown]
# # 01 Creating keys, and keeping order among them
#
# **You will be able to**
#
# - create a key with a description and tags, and read all that KMS says about it;
# - list keys, page by page, and tell listing from describing;
# - explain why a key of one Region does not exist in another;
# - disable, delete and rescue a key, and say what each does to the data under it.
#
# **Before you begin**: [00 Start here](00_start.ipynb).
#
# **Time**: {minutes} minutes.
#
# Words you do not know: [glossary](glossary.ipynb).
#
# [All lessons](index.ipynb) · Previous: [00 Start here](00_start.ipynb) · Next: [02 Aliases](02_aliases.ipynb)

# %%
# %load_ext kmslab

# %%
import boto3
from kmslab.jupyter import figures, panels

kms = boto3.client("kms", region_name="us-east-1")

# %% [markdown]
# ## Create a key
#
# Otterquill will encrypt its invoices, and Mira asks which key is for what. In the shop's old account nobody knew: Tom made a
# key whenever he needed one, and wrote nothing down. This time each key says from the first day on what it is for.
#
# The description is for people. The tags are for people, for bills and, as lesson 07 shows, for permissions.

# %%
metadata = kms.create_key(
    Description="web shop",
    Tags=[{"TagKey": "team", "TagValue": "web"}],
)["KeyMetadata"]
metadata

# %% [markdown]
# That is the key's **metadata**: all that KMS says about a key, without the key. The lines that matter most:
#
# | member | what it says |
# | --- | --- |
# | `KeyId` | the key's name inside its account and Region |
# | `Arn` | its name in the whole world: partition, service, **Region**, **account**, key id |
# | `KeySpec` | what kind of key material: `SYMMETRIC_DEFAULT` is a 256-bit AES key |
# | `KeyUsage` | what it is for. It can never be changed |
# | `KeyState` | whether it can be used now |
# | `Origin` | where the material came from: `AWS_KMS` made it |
# | `CurrentKeyMaterialId` | which key material is in use: a KMS key is a *logical* key and can get new material (lesson 09) |
# | `CustomerMasterKeySpec` | the old name of `KeySpec`. Still there, not to be used |
#
# A KMS key is therefore not the bits that encrypt. It is a record with an id, a policy (lesson 07), a state, and a **pointer**
# to one or more key materials that stay in KMS.
#
# **Predict**: which two members would be different if somebody else ran the same line in another account?
#
# <details><summary>Show the answer</summary>
#
# More than two: `AWSAccountId`, `KeyId`, `Arn`, `CreationDate` and `CurrentKeyMaterialId`. Two keys are never the same key,
# however alike you made them.
#
# </details>
#
# ## Describe one, list many
#
# `describe_key` shows one key's metadata, whenever you ask. It takes the key id or the ARN.

# %%
by_id = kms.describe_key(KeyId=metadata["KeyId"])["KeyMetadata"]
by_arn = kms.describe_key(KeyId=metadata["Arn"])["KeyMetadata"]
by_id == by_arn == metadata

# %% [markdown]
# `list_keys` shows *which* keys there are: ids and ARNs, nothing else. Make some more keys, then list them.

# %%
for topic in ("newsletter", "reviews", "returns", "vouchers"):
    kms.create_key(Description=topic)

kms.list_keys()["Keys"]

# %% [markdown]
# An account may have thousands of keys, so AWS answers lists in **pages**. `Truncated` says whether there is more, and
# `NextMarker` where to go on:

# %%
first = kms.list_keys(Limit=2)
second = kms.list_keys(Limit=2, Marker=first["NextMarker"])
print(len(first["Keys"]), first["Truncated"], "|", len(second["Keys"]), second["Truncated"])

# %% [markdown]
# **Predict**: five keys, two a page. What will `Truncated` be on the third page?
#
# You need not turn pages yourself. boto3's *paginators* do:

# %%
pages = list(kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 2}))
[(len(page["Keys"]), page["Truncated"]) for page in pages]

# %% [markdown]
# Lists do not show descriptions or tags. To find a key by what it is *for*, ask for each key's metadata, or use an alias
# (lesson 02).

# %%
for entry in kms.list_keys()["Keys"]:
    print(entry["KeyId"], "|", kms.describe_key(KeyId=entry["KeyId"])["KeyMetadata"]["Description"])

# %% [markdown]
# That loop made one call to list and one for each key. Calls are cheap, not free: they are all on the bill.
#
# AWS's console has a page for that, with one sheet for each key. Here is the sheet of the first:

# %%
figures.key_sheet(lab, metadata["Arn"])

# %% [markdown]
# And here is the page. Choose another key; let it show *Cost*. Choosing calls nothing, a button really calls. (Aliases
# come in lesson 02, policies and grants in lesson 07, rotation in lesson 09.) With the keyboard: Tab goes to the next field, and
# Space opens a list.

# %%
panels.key_explorer(lab)

# %% [markdown]
# ## A key of one Region does not exist in another

# %%
ireland = boto3.client("kms", region_name="eu-west-1")
ireland.list_keys()["Keys"]

# %% [markdown]
# **Predict**: what will KMS in `eu-west-1` say to your key's *id*? And to its *ARN*, which names the right Region?

# %%
for name in (metadata["KeyId"], metadata["Arn"]):
    try:
        ireland.describe_key(KeyId=name)
    except ireland.exceptions.NotFoundException as error:
        print(error.response["Error"]["Message"])

# %% [markdown]
# Read the two messages carefully:
#
# - With the bare id, KMS put the id into an ARN of **its own** Region, looked, and found nothing. Whenever you see a Region in
#   an error that you did not expect, your client is calling the wrong one.
# - With the ARN, KMS saw another Region in it and did not even look. KMS in Ireland (`eu-west-1`)
#   knows nothing about keys in Virginia (`us-east-1`).
#
# The ciphertexts are bound in the same way: what a key of `us-east-1` encrypted, only `us-east-1` can decrypt.

# %%
ciphertext = kms.encrypt(KeyId=metadata["KeyId"], Plaintext=b"made in us-east-1")["CiphertextBlob"]
try:
    ireland.decrypt(CiphertextBlob=ciphertext)
except ireland.exceptions.ClientError as error:
    print(error.response["Error"]["Code"])
    print(error.response["Error"]["Message"])

# %% [markdown]
# Here AWS says *access denied* and not *not found*: to somebody with a ciphertext and no more rights than that, KMS does not
# tell whether the key exists. (Multi-Region keys are the exception to this section. They are several keys, one in each Region,
# that share key material: lesson 09.)

# %%
figures.region_map(lab, regions=["us-east-1", "eu-west-1"])

# %% [markdown]
# ## Exercise 01.1: a key with its papers
#
# The key that Mira wants. In **eu-west-1**, create a key with the description **`invoices`** and two tags: **`team`** =
# **`billing`** and **`stage`** = **`test`**. Then she thinks of next year: change the description to **`invoices 2026`** without
# making another key (`update_key_description`).

# %%
# Exercise 01.1
### BEGIN SOLUTION
invoices = ireland.create_key(
    Description="invoices",
    Tags=[{"TagKey": "team", "TagValue": "billing"}, {"TagKey": "stage", "TagValue": "test"}],
)["KeyMetadata"]["KeyId"]
ireland.update_key_description(KeyId=invoices, Description="invoices 2026")
print(ireland.describe_key(KeyId=invoices)["KeyMetadata"]["Description"])
### END SOLUTION

# %%
check("01.1")

# %% [markdown]
# ## Off, and on again
#
# Disabling a key stops every use of it, at once and for everybody. Nothing is lost.

# %%
key_id = metadata["KeyId"]
kms.disable_key(KeyId=key_id)
try:
    kms.decrypt(CiphertextBlob=ciphertext)
except kms.exceptions.DisabledException as error:
    print(error)

# %%
kms.enable_key(KeyId=key_id)
kms.decrypt(CiphertextBlob=ciphertext)["Plaintext"]

# %% [markdown]
# ## Gone for good, after a wait
#
# Deleting a key destroys all data under it, for there is no other copy of the key. So there is a **waiting period**: 7 to
# 30 days, in which the key cannot be used and you can still change your mind.

# %%
answer = kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
print(answer["KeyState"], answer["DeletionDate"])

# %% [markdown]
# Six days pass. (The Lab has a clock that you can push; `lab.clock` is the only thing here that AWS does not have.)

# %%
lab.clock.advance(days=6)
kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"]

# %% [markdown]
# On the last day Tom remembers that the ciphertext is still needed.
#
# **Predict**: after `cancel_key_deletion`, what is the key's state: `Enabled`, as before, or something else?

# %%
kms.cancel_key_deletion(KeyId=key_id)
kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"]

# %% [markdown]
# It is `Disabled`. A key that came back from the brink is not switched on behind your back. Enable it, and the data is there.

# %%
kms.enable_key(KeyId=key_id)
kms.decrypt(CiphertextBlob=ciphertext)["Plaintext"]

# %% [markdown]
# And if nobody had noticed? Try it with a key that you can spare:

# %%
spare = kms.create_key(Description="spare")["KeyMetadata"]["KeyId"]
lost = kms.encrypt(KeyId=spare, Plaintext=b"remember me")["CiphertextBlob"]
kms.schedule_key_deletion(KeyId=spare, PendingWindowInDays=7)
lab.clock.advance(days=8)

# %%
try:
    kms.decrypt(CiphertextBlob=lost)
except kms.exceptions.ClientError as error:
    print(error.response["Error"]["Code"])

# %% [markdown]
# No support ticket brings that data back. The trail shows what happened, the deletion included. Nobody *called* `DeleteKey`;
# KMS did it when the time came:

# %%
lab.trail.events(key=spare)

# %% [markdown]
# So when in doubt: **disable**, and wait for somebody to complain. It stops the use just as well, for as long as you like.
#
# ## Exercise 01.2: the rescue
#
# "And if it happens to us?" asks Mira. Play it through yourself in **us-east-1**: create a key with the description
# **`rescued`**, schedule its deletion, let **at least one day** pass, change your mind, and bring the key all the way back to
# **`Enabled`**.

# %%
# Exercise 01.2
### BEGIN SOLUTION
rescued = kms.create_key(Description="rescued")["KeyMetadata"]["KeyId"]
kms.schedule_key_deletion(KeyId=rescued, PendingWindowInDays=14)
lab.clock.advance(days=3)
kms.cancel_key_deletion(KeyId=rescued)
kms.enable_key(KeyId=rescued)
print(kms.describe_key(KeyId=rescued)["KeyMetadata"]["KeyState"])
### END SOLUTION

# %%
check("01.2")

# %% [markdown]
# ## What went wrong? Three days are not enough
#
# Tom wants his old key gone by the weekend. Run this and read the last line.

# %% tags=["raises-exception"]
kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=3)

# %% [markdown]
# `ValidationException` means: *the request itself is wrong*, whoever sends it and whatever the state of the key. KMS checks
# that first. Nothing was changed:

# %%
kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"]

# %% [markdown]
# ## Exercise 01.3: what a key costs while it waits
#
# Mira asks whether you pay for a key while it waits to be deleted. The price rules in one sentence: *a key costs 1 USD a month,
# by the hour (one that has begun counts), and nothing while it is pending deletion.* See for yourself: create a key, let **10 hours** pass
# (`lab.clock.advance(hours=10)`), schedule its deletion, and let **5 days** pass. How many **key-hours** of *that key* are on the
# bill? Hand over the number: `check("01.3", ...)`. (`lab.bill.usage.key_hours` counts hours by month and key ARN.)

# %%
# Exercise 01.3
hours = None
### BEGIN SOLUTION
arn = kms.create_key(Description="price of waiting")["KeyMetadata"]["Arn"]
lab.clock.advance(hours=10)
kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)
lab.clock.advance(days=5)
hours = sum(count for (month, key_arn), count in lab.bill.usage.key_hours.items() if key_arn == arn)
### END SOLUTION
check("01.3", hours)

# %% [markdown]
# ## Key points
#
# - A KMS key is a record that points to key material; `KeySpec` and `KeyUsage` are fixed at birth.
# - `list_keys` names keys, page by page; `describe_key` describes one.
# - Id and ARN both name a key; both mean nothing in another Region.
# - Disable is instant and reversible. Deletion takes 7 to 30 days, can be cancelled (the key is then *disabled*), and is final.
# - A `ValidationException` is about the request, not about the key.
#
# ## Questions
#
# 1. A job of Tom's that ran for months fails one morning with `<key ARN> is pending deletion.` What do you do, in which order?
# 2. Your client prints `Key 'arn:aws:kms:us-west-2:...' does not exist`, and you have never used `us-west-2`. Where do you look?
# 3. Why does AWS not offer to delete a key at once?
#
# [All lessons](index.ipynb) · Previous: [00 Start here](00_start.ipynb) · Next: [02 Aliases](02_aliases.ipynb)
