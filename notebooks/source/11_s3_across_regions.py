# %% [markdown]
# # 11 S3 across Regions: objects, their keys, and the way from one Region to another
#
# **You will be able to**
#
# - store objects under a KMS key, and say what S3 asks of KMS for each request;
# - move an encrypted object to another Region: by hand, in one call, and with ciphertext that may stay as it is;
# - say what a multi-Region key does for S3, and what it does not;
# - set a bucket's default encryption, and cut its KMS requests by 99 % with a Bucket Key;
# - explain why the bucket says yes and the object stays closed;
# - say what is left of an object whose key was deleted.
#
# **Before you begin**: [05 Envelope encryption](05_envelope_encryption.ipynb),
# [07 Who may use a key](07_who_may_use_a_key.ipynb) and [10 Secrets](10_secrets.ipynb).
#
# **Time**: {minutes} minutes.
#
# [All lessons](index.ipynb) · Previous: [10 Secrets](10_secrets.ipynb) · Next: [12 Audit trail](12_audit_trail.ipynb)
#
# Words you do not know: [glossary](glossary.ipynb).

# %%
# %load_ext kmslab

# %%
import json

import boto3
from botocore.exceptions import ClientError
from kmslab.jupyter import figures, panels

kms = boto3.client("kms", region_name="us-east-1")
s3 = boto3.client("s3", region_name="us-east-1")
irish_kms = boto3.client("kms", region_name="eu-west-1")
irish_s3 = boto3.client("s3", region_name="eu-west-1")


def attempt(call, **params):
    """The error of a call that is refused; None if it works."""
    try:
        call(**params)
    except ClientError as error:
        return error
    return None


def show_kms(mark):
    """What KMS was asked since the trail had `mark` events."""
    for event in lab.trail.events()[mark:]:
        context = (event["requestParameters"] or {}).get("encryptionContext", {})
        result = event.get("errorCode", "")
        print(f"{event['awsRegion']:10} {event['eventName']:16}", *context.values(), result)


# %% [markdown]
# ## An object under a key
#
# Otterquill keeps covers and backups in S3, in Virginia, and now they are to move to Europe, where the readers are. *Night
# Train* is a book that nobody may hear of before June; the text for its back cover is in the next cell.
#
# **Amazon S3** keeps files, which it calls **objects**, in **buckets**. A bucket is in one Region. S3 encrypts every object; with
# `ServerSideEncryption="aws:kms"` it does so with a KMS key, which is called **SSE-KMS**.

# %%
covers = kms.create_key(Description="covers, Virginia")["KeyMetadata"]
_ = kms.create_alias(AliasName="alias/covers", TargetKeyId=covers["KeyId"])
_ = s3.create_bucket(Bucket="covers-virginia")

mark = len(lab.trail)
reply = s3.put_object(
    Bucket="covers-virginia",
    Key="night-train.txt",
    Body=b"Platform 9, 23:55.",
    ServerSideEncryption="aws:kms",
    SSEKMSKeyId="alias/covers",
)
print(reply["ServerSideEncryption"], reply["SSEKMSKeyId"] == covers["Arn"])

# %% [markdown]
# **Predict**: an object may have terabytes, and `Encrypt` takes 4096 bytes. What has S3 asked of KMS? And what will it ask when
# you read the object?

# %%
print(s3.get_object(Bucket="covers-virginia", Key="night-train.txt")["Body"].read())
show_kms(mark)

# %% [markdown]
# A data key for the object that is written, and `Decrypt` for its data key when it is read: lesson 05, done by S3. The
# encryption context is the **object's ARN**. As in lesson 10, the calls are made in your name:

# %%
figures.flow(
    "PutObject with SSE-KMS",
    ["You", "S3", "KMS"],
    [
        figures.Step("You", "S3", "PutObject, object in clear"),
        figures.Step("S3", "KMS", "GenerateDataKey, for you"),
        figures.Step("KMS", "S3", "data key, twice"),
        figures.Step("S3", "S3", "encrypts the object"),
        figures.Step("S3", "S3", "keeps encrypted key"),
        figures.Step("S3", "You", "done"),
    ],
)

# %% [markdown]
# You send and get **clear** bytes. What lies in the bucket, AWS shows to nobody. A lab can:

# %%
held = lab.at_rest("covers-virginia", "night-train.txt")
print(len(held), "bytes; the text is in them:", b"Platform" in held)

# %% [markdown]
# 18 bytes of text, and a nonce and a tag as in lesson 05.
#
# ## To another Region, by hand
#
# A bucket in Ireland shall have the cover, too. Make the bucket, and a key for it: **an object's key has to be in the bucket's
# Region**. The map shows what lives where; later, *Look again* brings it up to date. (`SSE-S3` is explained
# below.)

# %%
irish_covers = irish_kms.create_key(Description="covers, Ireland")["KeyMetadata"]
_ = irish_kms.create_alias(AliasName="alias/covers", TargetKeyId=irish_covers["KeyId"])
_ = irish_s3.create_bucket(
    Bucket="covers-ireland", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
)
panels.regions(lab, buckets=True)

# %% [markdown]
# **Predict**: could the bucket in Ireland not simply use the key in Virginia?

# %%
error = attempt(
    irish_s3.put_object,
    Bucket="covers-ireland",
    Key="night-train.txt",
    Body=b"Platform 9, 23:55.",
    ServerSideEncryption="aws:kms",
    SSEKMSKeyId=covers["Arn"],
)
print(error.response["Error"]["Code"], "-", error.response["Error"]["Message"])

# %% [markdown]
# S3 asks KMS **in the bucket's Region**, where an ARN of another Region is invalid. (S3 puts `KMS.` in front of what KMS
# says.)
#
# So the object has to be decrypted, moved, and encrypted under another key. Tom's notes say that *you* have to do that. You can:

# %%
mark, before = len(lab.trail), lab.bill
body = s3.get_object(Bucket="covers-virginia", Key="night-train.txt")["Body"].read()
_ = irish_s3.put_object(
    Bucket="covers-ireland",
    Key="by-hand.txt",
    Body=body,
    ServerSideEncryption="aws:kms",
    SSEKMSKeyId="alias/covers",
)
show_kms(mark)
print("KMS requests:", lab.bill.since(before).by("region"))

# %% [markdown]
# One request to KMS on each side. `alias/covers` is not the same key in both Regions, and needs no change in the code: every
# Region has its own aliases (lesson 02).
#
# **Predict**: what is bad about it, if it is no cover but a backup of 50 GB?
#
# <details><summary>Show the answer</summary>
#
# The backup comes to your computer and goes out again, which takes hours and costs AWS's price for outgoing data. And it is
# **in clear** on your computer in between. That is the worst place.
#
# </details>
#
# ## In one call
#
# `CopyObject` is called in the Region of the **target**. S3 fetches the object from the other Region by itself:

# %%
mark, before = len(lab.trail), lab.bill
reply = irish_s3.copy_object(
    CopySource={"Bucket": "covers-virginia", "Key": "night-train.txt"},
    Bucket="covers-ireland",
    Key="night-train.txt",
    ServerSideEncryption="aws:kms",
    SSEKMSKeyId="alias/covers",
)
show_kms(mark)
print("KMS requests:", lab.bill.since(before).by("region"))
print(reply["SSEKMSKeyId"] == irish_covers["Arn"])

# %% [markdown]
# The trail is **the same**. It is still decrypted with one Region's key and encrypted with the other's, and **you** need both
# permissions, `kms:Decrypt` in Virginia and `kms:GenerateDataKey` in Ireland. But S3 does it, and nothing comes to you.

# %%
figures.flow(
    "CopyObject from us-east-1 to eu-west-1",
    ["KMS us-east-1", "S3", "KMS eu-west-1"],
    [
        figures.Step("S3", "KMS us-east-1", "Decrypt, for you"),
        figures.Step("KMS us-east-1", "S3", "data key of the source"),
        figures.Step("S3", "S3", "opens, moves"),
        figures.Step("S3", "KMS eu-west-1", "GenerateDataKey, for you"),
        figures.Step("KMS eu-west-1", "S3", "a new data key"),
        figures.Step("S3", "S3", "encrypts the copy"),
    ],
)

# %% [markdown]
# For whole buckets there is **replication**: S3 copies each new object by itself, under a role of yours, which needs the same
# permissions. Objects under KMS keys are left out unless you say so, and name the key of the target Region.
#
# Now forget the last two arguments, as one does. **Predict**: under which key will the copy be?

# %%
mark = len(lab.trail)
reply = irish_s3.copy_object(
    CopySource={"Bucket": "covers-virginia", "Key": "night-train.txt"}, Bucket="covers-ireland", Key="careless.txt"
)
show_kms(mark)
print(reply["ServerSideEncryption"])

# %% [markdown]
# Under none of yours. A copy does **not** inherit the encryption of its source: what counts is the request, and else the
# *target bucket's default*. That is `AES256` here, a key of S3's own that you neither see nor control. Everybody who may read
# in the bucket reads the copy; the key that guarded the original has no say. We come back to defaults.
#
# ## Exercise 11.1: a report for Frankfurt
#
# The accountants in Frankfurt need the report of the first quarter. Mira asks for a copy that does not hang on America: it has to
# open when the key over there is off.
#
# Run this cell once. It makes an object in **us-west-2** (Oregon), and an empty bucket in **eu-central-1** (Frankfurt).

# %%
oregon_s3 = boto3.client("s3", region_name="us-west-2")
frankfurt_s3 = boto3.client("s3", region_name="eu-central-1")
oregon_key = boto3.client("kms", region_name="us-west-2").create_key(Description="reports")["KeyMetadata"]["KeyId"]
for client, bucket in {oregon_s3: "reports-oregon", frankfurt_s3: "reports-frankfurt"}.items():
    client.create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": client.meta.region_name}
    )
_ = oregon_s3.put_object(
    Bucket="reports-oregon",
    Key="2026/q1.txt",
    Body=b"All is well.",
    ServerSideEncryption="aws:kms",
    SSEKMSKeyId=oregon_key,
)

# %% [markdown]
# 1. Copy **`2026/q1.txt`** into **`reports-frankfurt`**, under the same name. The copy has to be under a key of your own in
#    eu-central-1, with the alias **`alias/reports`**.
# 2. Read the copy.
# 3. Disable the key in **Oregon**, and find out whether the copy still opens: read it again.

# %%
# Exercise 11.1
### BEGIN SOLUTION
frankfurt = boto3.client("kms", region_name="eu-central-1")
report_key = frankfurt.create_key(Description="reports")["KeyMetadata"]["KeyId"]
frankfurt.create_alias(AliasName="alias/reports", TargetKeyId=report_key)
frankfurt_s3.copy_object(
    CopySource={"Bucket": "reports-oregon", "Key": "2026/q1.txt"},
    Bucket="reports-frankfurt",
    Key="2026/q1.txt",
    ServerSideEncryption="aws:kms",
    SSEKMSKeyId="alias/reports",
)
print(frankfurt_s3.get_object(Bucket="reports-frankfurt", Key="2026/q1.txt")["Body"].read())
boto3.client("kms", region_name="us-west-2").disable_key(KeyId=oregon_key)
print(frankfurt_s3.get_object(Bucket="reports-frankfurt", Key="2026/q1.txt")["Body"].read())
### END SOLUTION

# %%
check("11.1")

# %% [markdown]
# ## And with a multi-Region key?
#
# Lesson 09 had keys with the same key material in several Regions: what the primary encrypts, the replica decrypts. So S3 could
# move the ciphertext as it is, and nobody would have to be asked.
#
# **Predict**: how many requests to KMS does this copy cost?

# %%
shared = kms.create_key(Description="covers everywhere", MultiRegion=True)["KeyMetadata"]["KeyId"]
_ = kms.replicate_key(KeyId=shared, ReplicaRegion="eu-west-1")
_ = lab.clock.advance(minutes=1)
_ = s3.put_object(
    Bucket="covers-virginia", Key="shared.txt", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=shared
)

mark, before = len(lab.trail), lab.bill
_ = irish_s3.copy_object(
    CopySource={"Bucket": "covers-virginia", "Key": "shared.txt"},
    Bucket="covers-ireland",
    Key="shared.txt",
    ServerSideEncryption="aws:kms",
    SSEKMSKeyId=shared,
)
show_kms(mark)
print("KMS requests:", lab.bill.since(before).by("region"))

# %% [markdown]
# Two, as ever. **S3 treats multi-Region keys as single-Region keys**: it takes the related key in the bucket's Region like any
# other key there, and encrypts anew. (It has to: the encryption context is the object's ARN, and that is another now.) For S3
# alone, the replica's dollar a month buys nothing.
#
# It is worth it where **you** encrypt, before S3 sees anything: **client-side encryption**. Then the object *is* the ciphertext,
# and any copy of it opens in every Region with a replica.

# %%
from kmslab.envelope import decrypt, encrypt

sealed = encrypt(kms, shared, b"Platform 9, 23:55.", context={"book": "night train"})
_ = s3.put_object(Bucket="covers-virginia", Key="night-train.env", Body=sealed)

mark, before = len(lab.trail), lab.bill
_ = irish_s3.copy_object(
    CopySource={"Bucket": "covers-virginia", "Key": "night-train.env"}, Bucket="covers-ireland", Key="night-train.env"
)
print("KMS requests for the copy:", lab.bill.since(before).requests)

copy = irish_s3.get_object(Bucket="covers-ireland", Key="night-train.env")["Body"].read()
print(decrypt(irish_kms, copy, context={"book": "night train"}))
show_kms(mark)

# %% [markdown]
# None for the copy, and `Decrypt` in Ireland for whoever reads it there, even when Virginia is down. S3 never saw a clear byte.
#
# | way | KMS requests at the move | who needs permission | in clear |
# | --- | --- | --- | --- |
# | by hand | 1 in each Region | you, in both | on your computer |
# | CopyObject, or replication | 1 in each Region | you (or the role), in both | within S3 |
# | CopyObject, multi-Region key | 1 in each Region | the same | within S3 |
# | encrypted before S3, multi-Region key | none | nobody; the reader, later | nowhere |
#
# ## Defaults of a bucket
#
# Whoever writes an object can forget two arguments. So a bucket has a **default encryption**. What is it at first?

# %%
def default_of(client, bucket):
    rule = client.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    return rule["ApplyServerSideEncryptionByDefault"], "Bucket Key:", rule["BucketKeyEnabled"]


print(*default_of(irish_s3, "covers-ireland"))

# %% [markdown]
# Since January 2023, S3 encrypts *every* new object, with keys of its own if nobody says more: `AES256`, also called
# **SSE-S3**. It costs nothing, asks KMS nothing, and protects from whoever steals a disk. Objects under a KMS key need a second
# permission, can be stopped, and leave a trace.
#
# Make a key of yours the default:

# %%
def set_default(client, bucket, key_arn, bucket_key):
    by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn}
    rule = {"ApplyServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": bucket_key}
    client.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


set_default(irish_s3, "covers-ireland", irish_covers["Arn"], bucket_key=False)
reply = irish_s3.copy_object(
    CopySource={"Bucket": "covers-virginia", "Key": "night-train.txt"}, Bucket="covers-ireland", Key="careless-again.txt"
)
print(reply["ServerSideEncryption"], reply["SSEKMSKeyId"] == irish_covers["Arn"])
print(irish_s3.head_object(Bucket="covers-ireland", Key="careless.txt")["ServerSideEncryption"])

# %% [markdown]
# From now on nobody can forget it. (The last line: objects that are there stay as they are.) Always give the ARN
# of the key here: a bare alias is looked up in the account of whoever writes, and need not be yours.
#
# If you say `aws:kms` without any key, S3 takes `alias/aws/s3`, the AWS managed key:

# %%
_ = irish_s3.put_object(Bucket="covers-ireland", Key="no-key.txt", Body=b"x", ServerSideEncryption="aws:kms")
arn = irish_s3.head_object(Bucket="covers-ireland", Key="no-key.txt")["SSEKMSKeyId"]
print(arn == irish_kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"], arn == irish_covers["Arn"])

# %% [markdown]
# `True False`: the default *key* counts only for requests that name no encryption at all. What such a key means for who may
# read, lesson 10 has shown with `aws/ssm`.
#
# ## Bucket Keys
#
# Now a bucket with traffic. Fifty objects are written, and each is read once.
#
# **Predict**: how many requests to KMS?

# %%
def traffic(prefix):
    for number in range(50):
        s3.put_object(Bucket="covers-virginia", Key=f"{prefix}/{number}", Body=b"x")
    for number in range(50):
        s3.get_object(Bucket="covers-virginia", Key=f"{prefix}/{number}")["Body"].read()


set_default(s3, "covers-virginia", covers["Arn"], bucket_key=False)
before = lab.bill
traffic("each")
without = lab.bill.since(before)
print(without.by("operation"))

# %% [markdown]
# One for each. With a **Bucket Key**, S3 asks for *one* data key for the bucket, keeps it in memory for a short time, and
# derives the objects' keys from it:

# %%
set_default(s3, "covers-virginia", covers["Arn"], bucket_key=True)
mark, before = len(lab.trail), lab.bill
traffic("together")
with_bucket_key = lab.bill.since(before)
show_kms(mark)

# %% [markdown]
# **Predict**: the same traffic, 200,000 times a month. What is KMS's bill, without and with? (`lab.forecast` multiplies what was
# done once, and says what a month of it costs; lesson 13 is about that.)

# %%
forecasts = {
    "without": lab.forecast(without, times=200_000),
    "with a Bucket Key": lab.forecast(with_bucket_key, times=200_000),
}
figures.bars(
    "KMS for 10 million objects, each written and read once",
    {label: float(forecast.total) for label, forecast in forecasts.items()},
    "USD a month",
)

# %% [markdown]
# (Of each bar, a dollar is for the key.) AWS says "up to 99 percent" less. It is not so much where many users and roles read,
# since S3 keeps a key for each, or where they come rarely.
#
# It has a price. Look at the line in the trail again: the context is the ARN of the **bucket**. So
#
# - the trail no longer says which *object* was read;
# - a policy with a condition on an object's ARN no longer matches, and has to name the bucket's;
# - while S3 has the key in memory, **KMS is not asked**.
#
# **Predict**: you disable the key. Who can read which of the two objects in the next minute?

# %%
_ = kms.disable_key(KeyId=covers["KeyId"])
for name in ("each/1", "together/1"):
    error = attempt(s3.get_object, Bucket="covers-virginia", Key=name)
    print(f"{name:12}", "ok" if error is None else error.response["Error"]["Code"])

_ = lab.clock.advance(minutes=10)
error = attempt(s3.get_object, Bucket="covers-virginia", Key="together/1")
print("ten minutes later:", error.response["Error"]["Code"])
_ = kms.enable_key(KeyId=covers["KeyId"])

# %% [markdown]
# With a Bucket Key the emergency stop of lesson 10 takes a while, for those who have just been there. (AWS does not say how
# long S3 keeps the key. The lab takes five minutes.)
#
# ## Exercise 11.2: a bucket for the log
#
# The shop will write a log in Ireland, an object for each order. Tom expects a KMS bill as long as the log. Show him.
#
# In **eu-west-1**, make a bucket **`shop-log-ireland`** whose default encryption is a key of your own with a **Bucket Key**.
# Then write **at least 20 objects** into it, with no word about encryption. Hand over **how many requests to KMS** the 20
# `put_object` calls caused.

# %%
# Exercise 11.2
answer = None
### BEGIN SOLUTION
log_key = irish_kms.create_key(Description="log")["KeyMetadata"]["Arn"]
irish_s3.create_bucket(
    Bucket="shop-log-ireland", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
)
set_default(irish_s3, "shop-log-ireland", log_key, bucket_key=True)
before = lab.bill
for number in range(20):
    irish_s3.put_object(Bucket="shop-log-ireland", Key=f"{number}.log", Body=b"a line")
answer = lab.bill.since(before).requests
### END SOLUTION
check("11.2", answer)

# %% [markdown]
# ## The bucket says yes, the key says no
#
# A guest, from a publisher, has been given `s3:GetObject` for the whole bucket. (The lab lets everybody use S3 itself, and checks
# what KMS checks.)

# %%
guest = lab.user("guest")
guest_s3 = lab.client("s3", principal=guest)
error = attempt(guest_s3.get_object, Bucket="covers-virginia", Key="night-train.txt")
print(error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"])
print(error.response["Error"]["Message"])

# %% [markdown]
# `AccessDenied`, as S3 says it for everything, and whoever stops reading there goes looking in the bucket's policy, where
# nothing is wrong. The action in the message is `kms:Decrypt`. The answer is in the **key**: its policy, or the guest's IAM
# policy.
#
# | the guest wants to | S3 asks for | KMS asks for |
# | --- | --- | --- |
# | read | `s3:GetObject` | `kms:Decrypt` |
# | write | `s3:PutObject` | `kms:GenerateDataKey` |
# | write in parts (large files) | `s3:PutObject` | `kms:GenerateDataKey` and `kms:Decrypt` |
# | copy | `s3:GetObject`, `s3:PutObject` | `kms:Decrypt` (source), `kms:GenerateDataKey` (target) |
# | see size and date | `s3:GetObject` | nothing |
#
# The last line shows what a bucket is good for without its keys.

# %%
print(guest_s3.head_object(Bucket="covers-virginia", Key="night-train.txt")["ContentLength"], "bytes")
print(attempt(guest_s3.put_object, Bucket="covers-virginia", Key="mine.txt", Body=b"x").response["Error"]["Code"])

# %% [markdown]
# ## Exercise 11.3: the secretary
#
# Vera has found minutes and salaries under **one key**: *who reads the one, reads the other?* Run this cell once. It makes two
# buckets in **eu-central-1** as she has found them; both have a **Bucket Key**.

# %%
office_kms = boto3.client("kms", region_name="eu-central-1")
office_s3 = boto3.client("s3", region_name="eu-central-1")
office = office_kms.create_key(Description="office")["KeyMetadata"]["Arn"]
for bucket in ("office-minutes", "office-salaries"):
    office_s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    set_default(office_s3, bucket, office, bucket_key=True)
    office_s3.put_object(Bucket=bucket, Key="2026-01.txt", Body=b"confidential")

# %% [markdown]
# Make a user **`secretary`** who may decrypt what lies in `office-minutes`, not what lies in `office-salaries`, and that **only
# through S3**. S3 lets everybody in; the key has to make the difference. Then, **as the secretary**, read `2026-01.txt` in
# `office-minutes` (works) and in `office-salaries` (refused).

# %%
# Exercise 11.3
### BEGIN SOLUTION
only_minutes = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": office,
            "Condition": {
                "StringEquals": {
                    "kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::office-minutes",
                    "kms:ViaService": "s3.eu-central-1.amazonaws.com",
                }
            },
        }
    ],
}
secretary_s3 = lab.client("s3", "eu-central-1", principal=lab.user("secretary", policy=only_minutes))
print(secretary_s3.get_object(Bucket="office-minutes", Key="2026-01.txt")["Body"].read())
print(attempt(secretary_s3.get_object, Bucket="office-salaries", Key="2026-01.txt") is None)
### END SOLUTION

# %%
check("11.3")

# %% [markdown]
# ## What went wrong? The object is there, and nobody may read it
#
# Tom tidied up, and scheduled the deletion of a key that had "nothing to do with anything". The errors in the waiting period were
# noticed by nobody.

# %%
old = kms.create_key(Description="archive 2019")["KeyMetadata"]["KeyId"]
_ = s3.put_object(
    Bucket="covers-virginia", Key="old.txt", Body=b"the only copy", ServerSideEncryption="aws:kms", SSEKMSKeyId=old
)
_ = kms.schedule_key_deletion(KeyId=old, PendingWindowInDays=7)
for days in (3, 5):
    _ = lab.clock.advance(days=days)
    error = attempt(s3.get_object, Bucket="covers-virginia", Key="old.txt")
    print("after", days, "more days:", error.response["Error"]["Code"])

# %% tags=["raises-exception"]
s3.get_object(Bucket="covers-virginia", Key="old.txt")

# %% [markdown]
# In the waiting period the error was `KMS.KMSInvalidStateException`, and there was time (lesson 09). Now it is `AccessDenied`,
# for the administrator, who may do everything. Read its end: *the resource does not exist in this Region, no resource-based
# policies allow access, or ...*. KMS does not find the key that the ciphertext names, and does not say more about keys that may
# be somebody else's. No permission in the world helps.

# %%
print(s3.head_object(Bucket="covers-virginia", Key="old.txt")["ContentLength"], "bytes, listed and charged for")
print(b"only copy" in lab.at_rest("covers-virginia", "old.txt"))

# %% [markdown]
# S3 knows size and name, and goes on charging for the ciphertext. Before a key is deleted, its last use and the trail tell
# who needs it; for S3, `fas.s3.amazonaws.com` and the object's ARN are right there. And the other way round: who has to erase
# ten million objects for good deletes *one* key.
#
# ## Tom's notes: what has changed since, and what was never quite so
#
# | Tom's notes say | more exactly |
# | --- | --- |
# | "to move an object to another Region you decrypt it, move it, and encrypt it again with a key there" | that is what happens, and S3 does it: one `CopyObject`, or replication |
# | "keys never leave their Region" | true of single-Region keys. Multi-Region keys (since June 2021) are related keys in several Regions; S3 treats each as a key of its own |
# | "objects are not encrypted unless you ask for it" | every new object is, since January 2023, at least with SSE-S3 |
# | "SSE-KMS is expensive: a request for each object" | with a Bucket Key, one for many |
# | "AWS managed keys are free" | no monthly price; S3's requests with `aws/s3` are charged |
# | nothing about who may read | reading needs `s3:GetObject` **and** `kms:Decrypt` |
#
# ## Key points
#
# - SSE-KMS is envelope encryption by S3, in your name: `GenerateDataKey` to write, `Decrypt` to read.
# - The key has to be in the bucket's Region. A copy to another Region is decrypted there and encrypted here, by one call.
# - A copy has the encryption of the request, or of the target bucket's default; never that of its source.
# - Multi-Region keys spare S3 nothing. They help with what you encrypt yourself.
# - A Bucket Key cuts requests, and with them what the trail says and how fast a disabled key bites.
# - Two permissions to read: S3's and the key's. One object for ever closed: its key deleted.
#
# ## Questions
#
# 1. You replicate a bucket from Virginia to Ireland. Somebody disables the key in Virginia. Which objects can be read where,
#    and what becomes of new ones?
# 2. A policy allows `kms:Decrypt` under the condition that `kms:EncryptionContext:aws:s3:arn` is like
#    `arn:aws:s3:::covers-virginia/public/*`. Somebody switches on the Bucket Key. What happens to old objects, and what to new?
# 3. For which of your data would you pay for client-side encryption with its trouble, and from whom would it protect, that
#    SSE-KMS does not?
#
# [All lessons](index.ipynb) · Previous: [10 Secrets](10_secrets.ipynb) · Next: [12 Audit trail](12_audit_trail.ipynb)
