# %% [markdown]
# # 14 The incident: Monday, eight o'clock
#
# **You will be able to**
#
# - keep a cool head: look first, then shut the doors, then repair, then prove it;
# - tell a person from an access key, and a mistake from a break-in;
# - find every door, and shut them without shutting out those who work;
# - bring back what seems lost: a key that is going to be deleted, an object that nobody can open;
# - find on the bill what no alarm has told you, and write the whole thing down in one table.
#
# **Before you begin**: all lessons from 07 on, above all [07 Who may use a key](07_who_may_use_a_key.ipynb),
# [09 Rotation and lifecycle](09_rotation_and_lifecycle.ipynb), [12 Audit trail](12_audit_trail.ipynb) and
# [13 What it costs](13_what_it_costs.ipynb). There is nothing new here, but everything at once.
#
# **Time**: {minutes} minutes. Words you do not know: [glossary](glossary.ipynb).
#
# [All lessons](index.ipynb) · Previous: [13 What it costs](13_what_it_costs.ipynb) · Next: [15 Call golf](15_call_golf.ipynb)

# %%
# %load_ext kmslab

# %%
import json
from collections import Counter
from datetime import datetime

import boto3
from botocore.exceptions import ClientError
from kmslab.jupyter import figures
from kmslab.plays import incident

otterquill = incident.weekend(lab)
print(f"It is {lab.clock.now():%A, %d %B %Y, %H:%M}.")

# %% [markdown]
# You open the door of the bookshop, and four people want you at once.
#
# > **Mira**: "Somebody writes to me. They have names and addresses of our readers, and they want money. And what is this about
# > the keys? It was four dollars a month, always. Now it says something quite different."
#
# > **Tom**: "Since the weekend nobody can open the new manuscript. I haven't touched the bucket. And my machine says that
# > the backup has sent a mail. Three nights, three mails."
#
# > **Vera**: "On Friday you switched on a trail for me, and since Saturday there are no log files. Please do not tidy anything
# > up. Tell me first **what happened**."
#
# > **The shop** (in its log): `GetObject: AccessDenied`.
#
# This is what there is. All of it is in **eu-west-1**; the trail is called `otterquill` and writes into the bucket
# `otterquill-audit`.
#
# | key | for what | who may use it |
# | --- | --- | --- |
# | `alias/customers` | rows of two tables, `readers` and `addresses`; the encryption context has `table` and `row` | `shop` both tables, `courier` only `addresses`, each by a grant |
# | `alias/manuscripts` | the bucket `otterquill-manuscripts` | `shop` alone, and only through S3. Administrators manage the key and cannot read |
# | `alias/backups` | the bucket `otterquill-backups` | `backup`, every night at 4:00 |
# | `alias/receipts` | signs receipts | `shop` and `printer` |
#
# The users `shop`, `printer`, `courier` and `backup` are programs. `tom` and `vera` are people. (In AWS the programs should have
# roles. Otterquill has not come so far.) You are the `administrator`.
#
# ## Look first
#
# **Predict**: what would you do in the first minute? Some would disable the key of the customers. What would that cost, and what
# would it help?
#
# It would stop the shop, on a Monday morning. And it would not show who has been here. So: the event history, the whole week,
# oldest first (lesson 12).

# %%
kms = boto3.client("kms", region_name="eu-west-1")
iam = boto3.client("iam")


def history(region, **attribute):
    """The events of a Region, oldest first, of all services; with one attribute if you like."""
    wanted = [{"AttributeKey": name, "AttributeValue": value} for name, value in attribute.items()]
    cloudtrail = boto3.client("cloudtrail", region_name=region)
    pages = cloudtrail.get_paginator("lookup_events").paginate(LookupAttributes=wanted)
    found = [event for page in pages for event in page["Events"]][::-1]
    return [json.loads(event["CloudTrailEvent"]) for event in found]


def who(event):
    return event["userIdentity"].get("userName") or event["userIdentity"].get("invokedBy", "")


not_wanted = ("administrator", "cloudtrail.amazonaws.com")
events = [event for event in history("eu-west-1") if who(event) not in not_wanted]
counts = Counter((who(event), event["eventName"], event.get("errorCode", "ok")) for event in events)
for (user, what, result), count in sorted(counts.items()):
    print(f"{user:12} {what:20} {result:28} {count:4}")

# %% [markdown]
# **Predict**: which lines frighten you? Which of them need not?
#
# A name alone proves little. The same events as marks in time:

# %%
moments = {}
for event in events:
    moments.setdefault(who(event), []).append(datetime.fromisoformat(event["eventTime"]))
figures.lanes("Calls in eu-west-1, by user", dict(sorted(moments.items())))

# %% [markdown]
# ## Exercise 14.1: whose hand was it?
#
# Three *changes* stand under the name of `tom` that he knows nothing about. He swears it, and he is pale. Believe neither him nor
# the list: **look**. `history("eu-west-1", Username="tom")` finds his events, `AccessKeyId="AKIA..."` those of one access key.
#
# Somebody had one of Tom's two access keys. Hand over a tuple of three:
#
# 1. the **id of the access key** that was misused;
# 2. the `eventTime` of **somebody's first call** with it, also if it changed nothing;
# 3. the names of the **changes** that somebody made with it (`eventName`, `readOnly` is false), as a list.

# %%
# Exercise 14.1
answer = None
### BEGIN SOLUTION
for event in history("eu-west-1", Username="tom"):
    program = event["userAgent"].split()[0]
    print(event["eventTime"], event["userIdentity"]["accessKeyId"], f"{program:17}", event["eventName"])

leaked = "AKIA0OTTERQUILL0TOM1"
by_hand = [event for event in history("eu-west-1", AccessKeyId=leaked) if event["userAgent"].startswith("aws-cli")]
answer = (leaked, by_hand[0]["eventTime"], [event["eventName"] for event in by_hand if not event["readOnly"]])
### END SOLUTION
check("14.1", answer)

# %% [markdown]
# "My script", says Tom. "The stock report. I put it on the web on Friday, so that other bookshops can use it." He
# stops. "With its configuration."
#
# It had three access keys in it: his own, and those of two users whom nobody remembers. A stranger had found them before
# midnight. That is no bad luck: programs search for such things day and night.
#
# ## Exercise 14.2: what is lost
#
# Now Mira's question: **whose data?** Compare every `Decrypt` under `alias/customers` with the rules above. (Its key id is
# in the next cell. `ResourceName` takes a key's ARN; or sift `events`.)
#
# Hand over a pair of lists: the **users** under whose names rows were read that they must not read, and the names of the **rows**
# that are lost.

# %%
customers = kms.describe_key(KeyId="alias/customers")["KeyMetadata"]["Arn"]
print(customers)

# %%
# Exercise 14.2
answer = None
### BEGIN SOLUTION
wrong = []
for event in history("eu-west-1", ResourceName=customers):
    if event["eventName"] == "Decrypt" and "errorCode" not in event and who(event) not in ("shop", "courier"):
        context = event["requestParameters"]["encryptionContext"]
        wrong.append((who(event), context["row"]))
        print(event["eventTime"], who(event), context)
answer = (sorted({user for user, _ in wrong}), sorted({row for _, row in wrong}))
### END SOLUTION
check("14.2", answer)

# %% [markdown]
# The encryption context made this list possible: without it you would know *how many* rows, and not whose. Six people get a
# letter today. (In the European Union you have 72 hours to tell the authority.) What was read stays read; nothing that
# follows brings it back.
#
# ## Exercise 14.3: shut all the doors
#
# You know the key, the hand and the loss. Now act, and leave standing what people need:
#
# 1. The **access key** of 14.1 goes off: `iam.update_access_key(UserName=..., AccessKeyId=..., Status="Inactive")`. Tom goes on
#    working with the other one.
# 2. What lets the two users of 14.2 decrypt goes, **each grant**. The shop and the courier must not notice.
# 3. The **log files** come again: `start_logging`. (The deletion comes in the next exercise. There is time.)
# 4. Then call **`otterquill.an_hour()`**. It lets an hour pass: the programs work, somebody tries again, Vera tests. It shows
#    what became of each, and what has changed since the hour before. Call it as often as you like.

# %%
# Exercise 14.3
### BEGIN SOLUTION
iam.update_access_key(UserName="tom", AccessKeyId=leaked, Status="Inactive")
for grant in kms.list_grants(KeyId=customers)["Grants"]:
    grantee = grant["GranteePrincipal"].rpartition("/")[2]
    print(grant["Name"], "for", grantee, grant["Operations"], grant.get("Constraints", ""))
    if grantee in ("newsletter", "book-fair"):
        kms.revoke_grant(KeyId=customers, GrantId=grant["GrantId"])
boto3.client("cloudtrail", region_name="eu-west-1").start_logging(Name="otterquill")
otterquill.an_hour()
### END SOLUTION

# %%
check("14.3")

# %% [markdown]
# Two grants were called `parcel-labels`, and only one of them was the courier's. Names are chosen by whoever makes the grant; look
# at the **grantee**.
#
# ## Exercise 14.4: five days left
#
# `ScheduleKeyDeletion`, Saturday at 3:20. Without this key every backup is noise, and somebody who wants money likes that. Tom says:
# "My notes say: a deleted key cannot be brought back." **Predict**: is he right this time?

# %%
backups = kms.describe_key(KeyId="alias/backups")["KeyMetadata"]
print(backups["KeyState"], "until", f"{backups.get('DeletionDate', lab.clock.now()):%A, %d %B, %H:%M}")

# %% [markdown]
# Bring the key back, and let an hour pass: a backup has to be **stored**, and **Friday's** has to open.

# %%
# Exercise 14.4
### BEGIN SOLUTION
kms.cancel_key_deletion(KeyId=backups["KeyId"])
kms.enable_key(KeyId=backups["KeyId"])
otterquill.an_hour()
### END SOLUTION

# %%
check("14.4")

# %% [markdown]
# He is right about *deleted* keys. That is why there is a waiting period, and why `ScheduleKeyDeletion` should ring a bell at once.
# An attempt to *use* a key that waits rings one, too, if somebody reads the mails of a backup.
#
# ## Exercise 14.5: the book that nobody can open
#
# "It must be the bucket", says Tom. Ask, and do not guess. Be the shop, and let the Lab explain the refusal (lesson 07):

# %%
shop = otterquill.client("s3", "shop")
manuscripts = kms.describe_key(KeyId="alias/manuscripts")["KeyMetadata"]["KeyId"]
try:
    print(shop.get_object(Bucket="otterquill-manuscripts", Key="the-heron-year.txt")["Body"].read())
except ClientError as error:
    print(error.response["Error"]["Code"])

# %% [markdown]
# (`lab.explain(error)` wants the error itself. Keep it, or call it in the `except`.)
#
# Then repair the key's policy. The rule is in the table above: **the shop alone, and only through S3; administrators manage the key
# and cannot read**. Vera will test all of it, so: an hour.

# %%
# Exercise 14.5
### BEGIN SOLUTION
try:
    shop.get_object(Bucket="otterquill-manuscripts", Key="the-heron-year.txt")
except ClientError as error:
    print(lab.explain(error))

policy = kms.get_key_policy(KeyId=manuscripts)["Policy"]
kms.put_key_policy(KeyId=manuscripts, Policy=policy.replace("s3.us-east-1", "s3.eu-west-1"))
otterquill.an_hour()
### END SOLUTION

# %%
check("14.5")

# %% [markdown]
# Tom's notes of 2021 were written for a bucket in Virginia. He had copied the policy on Friday, "to have it in one place". No
# break-in: a copy. Both happened in one weekend, and who looks for *one* cause finds the wrong one.
#
# ## Exercise 14.6: the bill
#
# Mira has waited. Keys first (lesson 13): what does a month cost, as things stand?

# %%
print(sum(lab.bill.usage.keys.values()), "USD a month for keys")
lab.bill

# %% [markdown]
# **Predict**: you have seen four keys in eu-west-1. Where are the others, and why has the event history not shown them?
#
# 1. Find out **where** the money goes (`lab.bill.by("region")`, `.by("operation")`) and **who** spends it. Every Region has a
#    history of its own.
# 2. Stop **that caller**, and not the shop. Its program tries again every twenty minutes, and may: what is refused makes no key.
# 3. Some of these keys have invoices under them, and those **stay**. The others go where they cost nothing (with a waiting
#    period, of course).
# 4. An hour must pass without a new key, and with a receipt.

# %%
# Exercise 14.6
### BEGIN SOLUTION
print(lab.bill.by("region"))
print(Counter((who(event), event["eventName"]) for event in history("eu-central-1")))

iam.remove_user_from_group(GroupName="programs", UserName="printer")

frankfurt = boto3.client("kms", region_name="eu-central-1")
for page in frankfurt.get_paginator("list_keys").paginate():
    for key in page["Keys"]:
        if not frankfurt.get_key_last_usage(KeyId=key["KeyId"])["KeyLastUsage"]:
            frankfurt.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=30)
otterquill.an_hour()
### END SOLUTION

# %%
check("14.6")

# %%
print(sum(lab.bill.usage.keys.values()), "USD a month for keys")

# %% [markdown]
# Version 2 of the printer's program, since Friday 18:00: a key of its own for each batch, in the wrong Region, and when there is no
# paper, again from the start. Every twenty minutes a dollar a month. Nobody attacked; and it would have cost more than the
# whole break-in.
#
# ## Debrief
#
# Vera wants one page: **what, since when, seen in what, over by what**. It is read from the trail. What is not over yet has no name
# here, so that you can still find it:

# %%
otterquill.debrief()

# %% [markdown]
# And as a picture: all calls of those who were refused at least once. Some lanes must end, and others must begin again.
#
# **Predict**: which?

# %%
story = {}
for event in lab.trail:
    if event["eventTime"] >= "2026-01-09" and who(event) != "administrator":
        result = "refused" if "errorCode" in event else "ok"
        when = datetime.fromisoformat(event["eventTime"])
        story.setdefault((who(event), event["eventName"]), {}).setdefault(result, []).append(when)

lanes = {
    f"{user}, {what}, {result}": results[result]
    for (user, what), results in sorted(story.items())
    if "refused" in results
    for result in sorted(results)
}
figures.lanes("From Friday on", lanes, marked=[name for name in lanes if name.endswith("refused")])

# %% [markdown]
# Each row of the table has a proof at its end: *the same call*, refused or answered. "I have revoked it" is no proof.
#
# Not yet done, and for this week: new access keys or, better, **roles** for all programs; the users `newsletter` and `book-fair`
# deleted; the trail's bucket in another account; an alarm for `ScheduleKeyDeletion`, `PutKeyPolicy`, `CreateGrant`, `StopLogging` and
# for requests in Regions that you do not use; `kms:CreateKey` only for people. And a letter to six readers.
#
# ## What went wrong? The short policy
#
# After such a weekend the founder wants it strict. "Only the shop! Take everything else out of that policy."

# %% tags=["raises-exception"]
only_the_shop = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789010:user/shop"},
            "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
            "Resource": "*",
            "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}},
        }
    ],
}
kms.put_key_policy(KeyId=manuscripts, Policy=json.dumps(only_the_shop))

# %% [markdown]
# KMS asks whether whoever puts the policy could put the next one. Here nobody could, ever again, and it refuses. There is a
# member that switches the question off, `BypassPolicyLockoutSafetyCheck`. In an emergency that is the wrong
# button: what is left then is AWS Support.
#
# ## Key points
#
# - Look, contain, recover, prove: in this order. What you change first destroys what you could have seen.
# - A user name is no person. Access key, program, hour and place tell them apart.
# - Not everything that happens in one weekend has one cause. A mistake needs a repair, a break-in needs doors shut.
# - Doors come in pairs: access key and grant, grant and the grant made with it. Read grantees, not names.
# - Smallest effective measure. Disabling a key or a group stops the thief and the company.
# - Pending deletion is an emergency with a date. `CancelKeyDeletion`, then `EnableKey`.
# - The bill is a sensor: it sees all Regions at once.
# - It is over when the same call is refused, and the others still work.
#
# ## Questions
#
# 1. Somebody stopped the trail at 2:04 and made a grant at 2:11. Why could you see the grant all the same, and until when?
# 2. Mira asks: "Could we have disabled the key of the customers on Saturday at 2:20?" Who would have had to notice what, and
#    what would the shop have lost?
# 3. Tom's script needs an access to the stock report again. Which permissions, for whom, and where does the secret lie?
#
# [All lessons](index.ipynb) · Previous: [13 What it costs](13_what_it_costs.ipynb) · Next: [15 Call golf](15_call_golf.ipynb)
