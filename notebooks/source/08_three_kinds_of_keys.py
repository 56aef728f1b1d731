# %% [markdown]
# # 08 Three kinds of keys: yours, AWS's for you, and AWS's own
#
# **You will be able to**
#
# - tell customer managed, AWS managed and AWS owned keys apart, and find the first two in an account;
# - say of each kind who may change it, what it costs and what the trail shows;
# - explain why even an administrator is refused on an AWS managed key;
# - give a program a key of its own where it took an AWS managed one;
# - choose the kind that fits a situation.
#
# **Before you begin**: [02 Aliases](02_aliases.ipynb).
#
# **Time**: {minutes} minutes.
#
# Words you do not know: [glossary](glossary.ipynb).
#
# [All lessons](index.ipynb) · Previous: [07 Who may use a key](07_who_may_use_a_key.ipynb) · Next: [09 Rotation and lifecycle](09_rotation_and_lifecycle.ipynb)

# %%
# %load_ext kmslab

# %%
import json

import boto3
from kmslab.jupyter import figures

kms = boto3.client("kms", region_name="us-east-1")

# %% [markdown]
# ## A key that you did not create
#
# Vera wants a list: which keys does Otterquill have, who looks after each, and what do they protect?
#
# Every key in the lessons so far came from your own `create_key`. Such a key is a **customer managed key**. The
# customer is you. This Region has none yet:

# %%
kms.list_keys()["Keys"]

# %% [markdown]
# In real accounts you find keys that nobody in the company remembers creating; Tom swears that it was not him. He is
# right: they come from AWS services. When you tell S3 to encrypt with KMS, and do not say under which key, S3 takes a
# key that AWS makes for this purpose. Its alias is `alias/aws/s3`.
#
# Merely asking for that key is enough to get it.
#
# **Predict**: you have created no key. What does `describe_key` say to `alias/aws/s3`: *not found*, or something else?

# %%
s3_key = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
{name: s3_key[name] for name in ("Arn", "Description", "KeyManager", "KeyState", "KeySpec", "Origin")}

# %% [markdown]
# KMS made a key on the spot. Read two members:
#
# - `KeyManager` is `AWS`. This is an **AWS managed key**: AWS looks after it, for you. On all your own keys the
#   member says `CUSTOMER`.
# - The `Arn` has **your** account id. The key lives in your account, and nobody else's data is under it.
#
# So it is on your list, and so is its alias:

# %%
for entry in kms.list_keys()["Keys"]:
    print(entry["KeyArn"])
for entry in kms.list_aliases()["Aliases"]:
    print(entry["AliasName"], "->", entry["TargetKeyId"])

# %% [markdown]
# There is one such key for each service that has them, in each Region. `alias/aws/ebs` is another key, and
# `alias/aws/s3` of another Region too. (A real account may list these aliases before their keys exist, without a
# `TargetKeyId`.)

# %%
ireland = boto3.client("kms", region_name="eu-west-1")
in_ireland = ireland.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
in_ireland["KeyId"] == s3_key["KeyId"]

# %% [markdown]
# ## In your account, and not in your hands
#
# You work here as `administrator`, who may do everything that IAM can allow. Put a key of your own beside the AWS
# managed one, and try the same things on both.
#
# **Predict**: which of the twelve will AWS refuse on its own key? Count them.

# %%
def policy_of(key):
    return kms.get_key_policy(KeyId=key)["Policy"]


attempts = {
    "DescribeKey": lambda key: kms.describe_key(KeyId=key),
    "GetKeyPolicy": lambda key: kms.get_key_policy(KeyId=key),
    "GetKeyRotationStatus": lambda key: kms.get_key_rotation_status(KeyId=key),
    "ListGrants": lambda key: kms.list_grants(KeyId=key),
    "Encrypt": lambda key: kms.encrypt(KeyId=key, Plaintext=b"hello"),
    "GenerateDataKey": lambda key: kms.generate_data_key(KeyId=key, KeySpec="AES_256"),
    "UpdateKeyDescription": lambda key: kms.update_key_description(KeyId=key, Description="ours"),
    "TagResource": lambda key: kms.tag_resource(KeyId=key, Tags=[{"TagKey": "team", "TagValue": "web"}]),
    "PutKeyPolicy": lambda key: kms.put_key_policy(KeyId=key, Policy=policy_of(key)),
    "EnableKeyRotation": lambda key: kms.enable_key_rotation(KeyId=key),
    "DisableKey": lambda key: kms.disable_key(KeyId=key),
    "ScheduleKeyDeletion": lambda key: kms.schedule_key_deletion(KeyId=key),
}


def outcome(call, key):
    try:
        call(key)
    except kms.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return "ok"


spare = kms.create_key(Description="for trying things")["KeyMetadata"]["KeyId"]

print(f"{'':22}{'customer managed':18}AWS managed")
for name, call in attempts.items():
    print(f"{name:22}{outcome(call, spare):18}{outcome(call, s3_key['KeyId'])}")

# %% [markdown]
# Eight of twelve. You may **look** at an AWS managed key. You may not use it yourself, change it, tag it, switch it off
# or delete it. Its alias is not yours either: you can neither move nor delete `alias/aws/s3`.
#
# This is no special rule inside KMS. It follows from the key's policy, which you may read.

# %%
policy = json.loads(kms.get_key_policy(KeyId=s3_key["KeyId"])["Policy"])
for statement in policy["Statement"]:
    print(json.dumps({name: statement[name] for name in statement if name != "Sid"}, indent=2))

# %% [markdown]
# Two statements, and nothing else is allowed:
#
# 1. **Everybody** (`"*"`) may encrypt and decrypt, under two conditions. The caller must be of this account
#    (`kms:CallerAccount`), and the call must come **through S3** (`kms:ViaService`): S3 makes it in the name of
# somebody    who called S3.
# 2. The **account** may look (`Describe*`, `Get*`, `List*`) and take back grants, which are permissions for one key.
#
# (Lesson 07 reads policies in full.)
#
# **Predict**: the root user of the account can do everything in it, people say. Can root disable this key?

# %%
root_kms = lab.client("kms", principal=lab.root)
try:
    root_kms.disable_key(KeyId=s3_key["KeyId"])
except root_kms.exceptions.ClientError as error:
    print(error.response["Error"]["Code"])

# %% [markdown]
# No. `kms:PutKeyPolicy` is not in the policy either, so nobody in the account can add what is missing.
#
# The first condition has a consequence that people notice late. Here is the account of one of
# Otterquill's publishers:

# %%
partner_kms = lab.account("222233334444").client("kms", region_name="us-east-1")
try:
    partner_kms.describe_key(KeyId=s3_key["Arn"])
except partner_kms.exceptions.ClientError as error:
    print(error.response["Error"]["Code"])

# %% [markdown]
# An AWS managed key **cannot be shared**. Whatever a service encrypts under it can be read by your account alone. A
# snapshot or backup that another account is to open has to be under a customer managed key, whose policy you write.
#
# ## AWS rotates it, every year
#
# Now leave both kinds alone for two years, and look what happened. (`mine` is a new key of your own; `spare` is pending
# deletion.)
#
# **Predict**: which of the two keys has new key material then? Which of them has cost money?

# %%
mine = kms.create_key(Description="mine")["KeyMetadata"]
_ = kms.create_alias(AliasName="alias/mine", TargetKeyId=mine["KeyId"])
lab.clock.advance(days=2 * 365 + 1)

for kind, key in {"customer managed": mine, "AWS managed": s3_key}.items():
    now = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
    rotates = kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"]
    changed = now["CurrentKeyMaterialId"] != key["CurrentKeyMaterialId"]
    print(f"{kind:18}rotates: {rotates!s:6} new key material: {changed}")

# %%
lab.trail.events(name="RotateKey", key=s3_key["KeyId"])

# %% [markdown]
# AWS rotated its key once a year, and told the trail. You cannot switch that off, nor choose another day. Your own key
# rotates when you say so, and you have not. (Lesson 09 does. Old data stays readable in both cases.)
#
# Tom's notes say that AWS managed keys rotate every *three* years. That was right until May 2022.
#
# ## What they cost


# %%
def key_hours(arn):
    return sum(hours for (month, key_arn), hours in lab.bill.usage.key_hours.items() if key_arn == arn)


figures.bars(
    "Two years of keeping a key",
    {"customer managed": key_hours(mine["Arn"]), "AWS managed": key_hours(s3_key["Arn"])},
    "key-hours on the bill",
)

# %% [markdown]
# At 1 USD a month the first bar is 24 USD, whether or not the key was used. Keeping an AWS managed key is free. But it
# is not *for* free, as Tom's notes say:

# %%
lab.bill.by("key")[s3_key["Arn"]]

# %% [markdown]
# So many **requests** to the AWS managed key are on your bill, the refused ones too. Requests cost the same for both
# kinds. Those that a service makes in your name are yours as well, and they are in your trail. (A few services pay for
# them instead.)
#
# ## Exercise 08.1: whose keys are these?
#
# Otterquill has bought another bookshop, and its keys with it. The next cell plays that shop's years in
# **eu-central-1**. Run it once. (It would cost more than 100 USD a month.)

# %%
frankfurt = boto3.client("kms", region_name="eu-central-1")
for number in range(1, 109):
    frankfurt.create_key(Description=f"tenant {number}")
for service in ("rds", "s3", "backup"):
    frankfurt.describe_key(KeyId=f"alias/aws/{service}")
description = "Default key that protects my S3 objects when no other key is defined"
photos = frankfurt.create_key(Description=description)
_ = frankfurt.create_alias(AliasName="alias/s3", TargetKeyId=photos["KeyMetadata"]["KeyId"])

# %% [markdown]
# For Vera's list, sort **all** keys of that Region by who manages them. Hand over a dictionary with two lists of key
# ids: `{"AWS": [...], "CUSTOMER": [...]}`.

# %%
# Exercise 08.1
answer = None
### BEGIN SOLUTION
answer = {"AWS": [], "CUSTOMER": []}
for page in frankfurt.get_paginator("list_keys").paginate():
    for entry in page["Keys"]:
        found = frankfurt.describe_key(KeyId=entry["KeyId"])["KeyMetadata"]
        answer[found["KeyManager"]].append(found["KeyId"])
print({manager: len(key_ids) for manager, key_ids in answer.items()})
### END SOLUTION
check("08.1", answer)

# %% [markdown]
# ## Keys that you never see
#
# There is a third kind. Put a book's cover into S3 and say nothing about encryption, as most programs do.
#
# **Predict**: how many KMS keys, KMS events and KMS requests does that make in your account?

# %%
s3 = boto3.client("s3", region_name="us-east-1")


def kms_so_far():
    return {"keys": len(lab.inventory), "events": len(lab.trail), "requests": lab.bill.requests}


before = kms_so_far()
_ = s3.create_bucket(Bucket="otterquill-covers")
_ = s3.put_object(Bucket="otterquill-covers", Key="cover.txt", Body=b"the cover of Night Train")
body = s3.get_object(Bucket="otterquill-covers", Key="cover.txt")["Body"].read()

print(body)
for what, count in kms_so_far().items():
    print(f"KMS {what:10}{count - before[what]} more")

# %% [markdown]
# None at all. (`lab.trail` keeps KMS events only. In AWS the trail would show, besides, that you made a bucket.)
#
# And yet the object is encrypted. Since 5 January 2023 S3 encrypts **every** new object. It does so under keys of its
# own, which S3 never shows: SSE-S3 (lesson 11). In AWS, `head_object` then says `AES256`, and names no key.
#
# Most services have such a default now. DynamoDB encrypts each table under an **AWS owned key**. That is a real KMS
# key, and it lies in an account of the service, not in yours. One such key may protect the data of many customers. You
# cannot list it, describe it or find it in your trail. It costs you nothing and takes nothing from your request quota
# (lesson 13). (Strictly speaking, S3's own keys are not even KMS keys. To you they look the same: there is nothing to
# see.)
#
# So no cell can *show* you an AWS owned key. What you can show is that it is not there:

# %%
figures.key_homes(lab)

# %% [markdown]
# (`spare`, whose waiting period was over long ago, is gone.)
#
# AWS made AWS managed keys for services until 2021. Newer services do not get any: they take AWS owned keys by default,
# or a customer managed key if you name one. AWS calls AWS managed keys a *legacy* kind. The ones that exist stay, and
# you will meet them for years.
#
# ## What went wrong? The key is there, and you are the administrator
#
# The shop stores its settings. Tom had heard that there is a free key for that purpose, `alias/aws/ssm`, and wrote it
# in. (SSM is AWS Systems Manager. Its Parameter Store keeps settings; lesson 10.) Here is his program:

# %%
ireland.describe_key(KeyId="alias/aws/ssm")["KeyMetadata"]["Description"]


# %%
def save(text, key):
    return ireland.encrypt(KeyId=key, Plaintext=text.encode())["CiphertextBlob"]


def load(sealed):
    return ireland.decrypt(CiphertextBlob=sealed)["Plaintext"].decode()


# %% [markdown]
# The key exists, it is enabled, and you are the administrator. Run this and read the last line.

# %% tags=["raises-exception"]
save("colour=blue", key="alias/aws/ssm")

# %% [markdown]
# `AccessDeniedException`. The text has four parts: *who* (`User: ...`), *what* (`kms:Encrypt`), *on which key*, and
# **why**. The last part decides what to do:
#
# - `because no resource-based policy allows the kms:Encrypt action`: the *key policy* does not allow it. (A key policy
#   is a resource-based policy: it is attached to the resource, the key.) No IAM permission can make up for it.
# - On a key of your own you would change its policy. On an AWS managed key you cannot.
#
# The program calls KMS itself, so `kms:ViaService` is never fulfilled. An AWS managed key is for its service. A program
# that encrypts by itself needs a customer managed key.
#
# ## Exercise 08.2: a key of its own for the program
#
# Tom asks for a key that his program may use, in **eu-west-1**. Let it be no worse than the one that it replaces:
#
# 1. a customer managed key with the alias **`alias/settings`**;
# 2. KMS rotates it **once a year** (`enable_key_rotation`; lesson 09 says more);
# 3. `save` a text **by that alias** and `load` it again.

# %%
# Exercise 08.2
### BEGIN SOLUTION
settings_key = ireland.create_key(Description="settings")["KeyMetadata"]["KeyId"]
ireland.create_alias(AliasName="alias/settings", TargetKeyId=settings_key)
ireland.enable_key_rotation(KeyId=settings_key)
print(load(save("colour=blue", key="alias/settings")))
### END SOLUTION

# %%
check("08.2")

# %% [markdown]
# With a service it works in the same way: you name your key where the service took its default. What was stored
# **before** stays under the old key until the service stores it anew.
#
# ## Side by side
#
# | | question | customer managed | AWS managed | AWS owned |
# | --- | --- | --- | --- | --- |
# | 1 | who creates it? | you, with `create_key` | AWS, when you first use it in a service | the service, for itself |
# | 2 | in whose account? | yours | yours | the service's |
# | 3 | can you see it? | yes | yes: `KeyManager` is `AWS`, alias `alias/aws/...` | no |
# | 4 | who uses it? | whom you let: programs and services | one service, for your account | the service, for many customers |
# | 5 | who changes the policy? | you | nobody in your account; you may read it | the service; you may not read it |
# | 6 | another account? | yes, if you allow it | no | does not concern you: the service sees to it |
# | 7 | who rotates it (lesson 09)? | KMS, if you wish, every 90 to 2560 days; or you | AWS, every year | the service, as it thinks fit |
# | 8 | who disables or deletes it? | you; deleting takes 7 to 30 days | nobody in your account | the service |
# | 9 | what does keeping it cost? | 1 USD a month | nothing | nothing |
# | 10 | what do requests cost? | the usual price | the same, unless the service pays | nothing |
# | 11 | what does your trail show? | every use and every change | every use, and its rotations | nothing |
# | 12 | does it count for the quota of keys? | yes (100,000 in a Region) | no | no |
#
# From left to right, control becomes less, and so does work. The three do not differ in how well they encrypt.
#
# The rule of thumb is short. If **control** matters (who may, for how long, proof of it), take a customer managed key.
# If only **convenience** matters, let the service take its default. There is seldom a reason to *choose* an AWS managed
# key: it is the middle for those who want the trail and do not want the key-month.
#
# ## Exercise 08.3: five decisions
#
# Mira has five plans, and asks of each: which kind fits, and why? Hand over a dictionary. For each letter it has the kind
# and the number of the row above that decides: `{"a": ("AWS managed", 12), ...}`. (If two kinds would do, take the one
# that costs less. If it takes two rows, name one of them.)
#
# - **a** Backups of a database are to be restored by a sister company, in its own AWS account.
# - **b** A DynamoDB table holds the high scores of the reading game on the shop's page and is read millions of times a
#   day. It has to be encrypted. Nobody asks by whom it was read, and KMS is not to be on the bill, neither keys nor
#   requests.
# - **c** You keep customers' data for a publisher. On the last day of the contract you have to make all of it
#   unreadable, copies included.
# - **d** Files in S3, used by one account only. Vera wants to find in CloudTrail when their key was used. There is
#   no money for key-months, and nobody has time to look after a policy.
# - **e** The bank that takes the shop's cards demands new key material every 90 days.

# %%
# Exercise 08.3
answer = None
### BEGIN SOLUTION
answer = {
    "a": ("customer managed", 6),
    "b": ("AWS owned", 10),
    "c": ("customer managed", 8),
    "d": ("AWS managed", 9),
    "e": ("customer managed", 7),
}
### END SOLUTION
check("08.3", answer)

# %% [markdown]
# ## Tom's notes, corrected
#
# | Tom's notes say | more exactly |
# | --- | --- |
# | "three types of CMKs" | three kinds of **KMS keys**. CMK meant *customer master key*. Today some people abbreviate *customer managed key* in that way: ask which is meant |
# | "AWS managed keys are free" | keeping them is; requests are charged, unless the service pays for them |
# | "AWS managed keys rotate every three years" | every year, since May 2022 |
# | "you manage their lifecycle and permissions" | AWS does, for you. You may look |
# | "they appear when you first encrypt something in a service" | right, for services that had them by 2021. `describe_key` on the alias is enough |
# | "S3 objects are unencrypted unless you ask" | since 5 January 2023 every new object is encrypted, under S3's own keys if you say nothing |
#
# What his notes say about AWS owned keys is right: you can neither see, use, track nor audit them.
#
# ## Key points
#
# - `KeyManager` tells: `CUSTOMER` or `AWS`. Descriptions and aliases prove nothing.
# - An AWS managed key lives in your account. You may look at it, and only its service uses it, for your account alone.
# - Nobody in the account, root included, changes, shares, disables or deletes it. Its policy says so.
# - It rotates every year. Keeping it costs nothing, requests do.
# - AWS owned keys are in no list, no trail and no bill of yours. The data is encrypted all the same.
# - Control costs 1 USD a month and some care: a customer managed key.
#
# ## Questions
#
# 1. A company copies its backups to a second account, for the day on which the first is lost. The backups are under
#    `alias/aws/backup`. What will happen on that day, and what should be changed today?
# 2. An auditor asks for a list of all keys that protect the company's data. What can you list, what can you not, and
#    where would you look for the rest?
# 3. A colleague wants to replace all AWS managed keys by customer managed ones, "because they are safer". What do you
#    ask before you agree?
#
# [All lessons](index.ipynb) · Previous: [07 Who may use a key](07_who_may_use_a_key.ipynb) · Next: [09 Rotation and lifecycle](09_rotation_and_lifecycle.ipynb)
