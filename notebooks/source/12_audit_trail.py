# %% [markdown]
# # 12 Audit trail: who decrypted what
#
# **You will be able to**
#
# - read a CloudTrail event field by field, and say what is never in it;
# - look events up, by name, user or key, page by page, 90 days back;
# - have a trail write files into a bucket, read them, and notice when somebody changed one;
# - tell calls that a service makes in your name, and what KMS does by itself;
# - find an intruder in a week of events, throw him out, and prove that it worked.
#
# **Before you begin**: [07 Who may use a key](07_who_may_use_a_key.ipynb) and [11 S3 across Regions](11_s3_across_regions.ipynb).
#
# **Time**: {minutes} minutes.
#
# [All lessons](index.ipynb) · Previous: [11 S3 across Regions](11_s3_across_regions.ipynb) ·
# Next: [13 What it costs](13_what_it_costs.ipynb)
#
# Words you do not know: [glossary](glossary.ipynb).

# %%
# %load_ext kmslab

# %%
import base64
import gzip
import hashlib
import json
import random
from collections import Counter
from datetime import datetime, timedelta
from functools import cache

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from kmslab.jupyter import figures

kms = boto3.client("kms", region_name="us-east-1")
letters = kms.create_key(Description="letters")["KeyMetadata"]

# %% [markdown]
# ## One call, one event
#
# Vera has come for the yearly audit, and of everything in the account she asks the same: who has read it, and who did what? You
# have had the answer all the time. Every call to KMS leaves an **event** in CloudTrail, AWS's record of who did what. You need
# not switch it on. `lab.trail` has shown you events since lesson 00, as a table. Now take one apart.
#
# Nina answers the letters of Otterquill's authors, and may encrypt and decrypt. She encrypts a letter and reads it again:

# %%
use = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["kms:Encrypt", "kms:Decrypt"], "Resource": letters["Arn"]}],
}
nina = lab.client("kms", principal=lab.user("nina", policy=use))

text = b"The strike begins on Monday."
context = {"letter": "4711"}
ciphertext = nina.encrypt(KeyId=letters["KeyId"], Plaintext=text, EncryptionContext=context)["CiphertextBlob"]
_ = nina.decrypt(CiphertextBlob=ciphertext, EncryptionContext=context)

# %% [markdown]
# **Predict**: she decrypted. What will the event tell: the user, the key, the text, the ciphertext, the context, her computer?

# %%
event = lab.trail[-1]
event["userIdentity"]["accessKeyId"] = event["userIdentity"]["accessKeyId"][:4] + "..."
print(json.dumps({name: value for name, value in event.items() if name != "userAgent"}, indent=2))

# %% [markdown]
# | field | here | what it is good for |
# | --- | --- | --- |
# | `userIdentity` | an IAM user, `nina` | **who**. For a role: its name and its session's |
# | `accessKeyId` | `AKIA...` | with which key pair. Two keys of one user can be told apart |
# | `eventTime` | in UTC | **when** |
# | `eventName`, `awsRegion` | `Decrypt`, `us-east-1` | **what**, and in which Region |
# | `sourceIPAddress`, `userAgent` | `127.0.0.1`; the program is left out above, as is most of the access key's id | **from where**, and with which program. In the lab all calls come from this computer |
# | `requestParameters` | algorithm and context | what was asked for. She gave `decrypt` no key, so there is no key here |
# | `resources` | the key's ARN | the key that was used, in every case |
# | `additionalEventData` | the key material | after a rotation: which of them (lesson 09) |
# | `responseElements` | `null` | what was answered. For calls that only read: nothing |
# | `readOnly` | `true` | changes nothing. `Encrypt` and `Sign` are `true` as well |
# | `eventID`, `requestID` | | to name the event in a report, and for AWS Support |
#
# ## What is never there
#
# **Predict**: search *all* events for the text, for the ciphertext (it would be in base64), and for the letter's number.

# %%
everything = json.dumps(list(lab.trail))
for name, secret in {
    "text": text.decode(),
    "text in base64": base64.b64encode(text).decode(),
    "ciphertext": base64.b64encode(ciphertext).decode(),
    "number 4711": "4711",
}.items():
    print(f"{name:15} {secret in everything}")

# %% [markdown]
# Neither what was encrypted nor what came out: no plaintext, ciphertext, data key, signature or grant token is ever logged. So
# Vera needs no permission to decrypt, and a thief learns no secret from the log.
#
# But the **encryption context** is there, in clear. That is the reason never to put a secret into it, and the reason to use it
# at all: it is the only thing that says *which letter* it was. (Also there in full: every key policy that somebody puts.)
#
# What fails is logged too:

# %%
try:
    nina.disable_key(KeyId=letters["KeyId"])
except ClientError:
    print(lab.trail[-1]["errorCode"])
    print(lab.trail[-1]["errorMessage"])

# %% [markdown]
# (The API says `AccessDeniedException`, CloudTrail mostly writes `AccessDenied`. Search for both.)
#
# ## Looking events up
#
# Outside of this lab there is no `lab.trail`. There is the **event history**, 90 days long, free, and always on.
# `lookup_events` searches it. You give **one** attribute: `EventName`, `Username`, `ResourceName`, `EventSource`, `ReadOnly`,
# `AccessKeyId`, `ResourceType` or `EventId`; and a time range, if you like.

# %%
cloudtrail = boto3.client("cloudtrail", region_name="us-east-1")


def look_up(attribute, value, client=cloudtrail):
    found = client.lookup_events(LookupAttributes=[{"AttributeKey": attribute, "AttributeValue": value}])
    return [(event["EventName"], event.get("Username")) for event in found["Events"]]


print("nina:    ", look_up("Username", "nina"))
print("one name:", look_up("EventName", "DisableKey"))
print("the key: ", look_up("ResourceName", letters["Arn"]))

# %% [markdown]
# The newest event comes first. (In AWS it takes a few minutes until an event can be found; the lab does not wait.) The event
# as you know it is in `CloudTrailEvent`, as text:

# %%
found = cloudtrail.lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "Decrypt"}])
json.loads(found["Events"][0]["CloudTrailEvent"])["requestParameters"]

# %% [markdown]
# An answer has at most 50 events. For more there is a `NextToken`, and boto3 turns the pages for you:

# %%
for number in range(120):
    nina.encrypt(KeyId=letters["KeyId"], Plaintext=b"x", EncryptionContext={"letter": str(number)})

pages = cloudtrail.get_paginator("lookup_events").paginate(
    LookupAttributes=[{"AttributeKey": "Username", "AttributeValue": "nina"}]
)
[len(page["Events"]) for page in pages]

# %% [markdown]
# **Predict**: the same question in eu-west-1? And in us-east-1, 91 days later?

# %%
print(look_up("Username", "nina", boto3.client("cloudtrail", region_name="eu-west-1")))
_ = lab.clock.advance(days=91)
print(look_up("Username", "nina"))

# %% [markdown]
# Twice nothing. **Every Region has its own history**, and it forgets after 90 days. (`lab.trail` forgets nothing; it is the lab's
# own.) For more you need a trail, below.
#
# ## Exercise 12.1: who switched it off?
#
# Otterquill's partner in Sydney could not enter sales for some hours, and has complained to Mira. Run this cell once. It plays the
# month in **ap-southeast-2**.

# %%
sydney = boto3.client("kms", region_name="ap-southeast-2")
ledger = sydney.create_key(Description="ledger")["KeyMetadata"]
everything_in_kms = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}
staff = [lab.user(name, policy=everything_in_kms) for name in ("ada", "ben", "cleo")]
chance = random.Random(12)
for _ in range(60):
    lab.clock.advance(hours=chance.randrange(4, 16), minutes=chance.randrange(60))
    lab.client("kms", "ap-southeast-2", principal=chance.choice(staff)).encrypt(KeyId=ledger["KeyId"], Plaintext=b"x")
lab.client("kms", "ap-southeast-2", principal=chance.choice(staff)).disable_key(KeyId=ledger["KeyId"])
for hour in (7, 9):
    lab.clock.advance(hours=hour)
    sydney.describe_key(KeyId=ledger["KeyId"])
_ = sydney.enable_key(KeyId=ledger["KeyId"])

# %% [markdown]
# The key `ledger` was disabled. Who did it, and when? Look it up with boto3, and hand over the **user name** and the
# **`eventTime`** as the event has it (`"2026-..Z"`), as a pair.

# %%
# Exercise 12.1
answer = None
### BEGIN SOLUTION
history = boto3.client("cloudtrail", region_name="ap-southeast-2")
found = history.lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "DisableKey"}])
event = json.loads(found["Events"][0]["CloudTrailEvent"])
answer = (event["userIdentity"]["userName"], event["eventTime"])
print(answer)
### END SOLUTION
check("12.1", answer)

# %% [markdown]
# ## A trail: files in a bucket
#
# Ninety days are not enough for Vera; she looks back years. A **trail** writes all events into a bucket, for as long as you keep
# them. Normally it is the bucket of another account, which
# nobody in this one can write to. The bucket's policy has to let CloudTrail in:

# %%
s3 = boto3.client("s3", region_name="us-east-1")
_ = s3.create_bucket(Bucket="audit-files")
let_cloudtrail_in = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "s3:GetBucketAcl",
            "Resource": "arn:aws:s3:::audit-files",
        },
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::audit-files/AWSLogs/123456789010/*",
            "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
        },
    ],
}
_ = s3.put_bucket_policy(Bucket="audit-files", Policy=json.dumps(let_cloudtrail_in))
_ = cloudtrail.create_trail(Name="audit", S3BucketName="audit-files", EnableLogFileValidation=True)
_ = cloudtrail.start_logging(Name="audit")

# %% [markdown]
# **Predict**: Nina decrypts now. When is the file there: at once, in five minutes, in an hour?

# %%
def files(kind):
    listed = s3.list_objects_v2(Bucket="audit-files", Prefix=f"AWSLogs/123456789010/{kind}/")
    return [each["Key"] for each in listed.get("Contents", ())]


_ = nina.decrypt(CiphertextBlob=ciphertext, EncryptionContext=context)
print("at once:            ", len(files("CloudTrail")))
_ = lab.clock.advance(minutes=10)
print("after ten minutes:  ", len(files("CloudTrail")))

# %% [markdown]
# About every five minutes, if something has happened. The name says account, Region and time; the content is JSON, packed with
# gzip. It is about all services; look at KMS:

# %%
log_file = files("CloudTrail")[0]
for part in log_file.split("/"):
    print(part)

# %%
def read(name):
    return gzip.decompress(s3.get_object(Bucket="audit-files", Key=name)["Body"].read())


for event in json.loads(read(log_file))["Records"]:
    if event["eventSource"] == "kms.amazonaws.com":
        print(event["eventTime"], event["eventName"], event["userIdentity"]["userName"], event["requestParameters"])

# %% [markdown]
# ## Has somebody changed it?
#
# Vera asks it of every log: one that an intruder can edit proves nothing. Therefore `EnableLogFileValidation`: every hour
# CloudTrail writes a **digest file**, with a hash of each log file, the hash of the digest before, and a signature.

# %%
_ = lab.clock.advance(hours=1)
digest_file = files("CloudTrail-Digest")[0]
digest = json.loads(read(digest_file))
entry = next(entry for entry in digest["logFiles"] if entry["s3Object"] == log_file)


def is_as_it_was():
    return hashlib.sha256(read(log_file)).hexdigest() == entry["hashValue"]


print("covers", len(digest["logFiles"]), "log file(s);", "unchanged:", is_as_it_was())

# %% [markdown]
# Now be the intruder. Nobody shall read that Nina's key was used:

# %%
original = read(log_file)
records = [event for event in json.loads(original)["Records"] if event["eventName"] != "Decrypt"]
_ = s3.put_object(Bucket="audit-files", Key=log_file, Body=gzip.compress(json.dumps({"Records": records}).encode()))
print("unchanged:", is_as_it_was())

# %% [markdown]
# **Predict**: and if he writes a new digest as well, with the new hash?
#
# The digest's own **signature** stops him. Its private key is CloudTrail's, and anybody may have the public one. (`aws
# cloudtrail validate-logs` does all that follows, for the whole chain.)

# %%
def signature_is_good(content):
    wanted = {"StartTime": lab.clock.now() - timedelta(hours=2), "EndTime": lab.clock.now()}
    public_key = serialization.load_der_public_key(cloudtrail.list_public_keys(**wanted)["PublicKeyList"][0]["Value"])
    signature = s3.head_object(Bucket="audit-files", Key=digest_file)["Metadata"]["signature"]
    signed = [
        digest["digestEndTime"],
        f"audit-files/{digest_file}",
        hashlib.sha256(content).hexdigest(),
        digest["previousDigestSignature"] or "null",
    ]
    try:
        public_key.verify(bytes.fromhex(signature), "\n".join(signed).encode(), padding.PKCS1v15(), hashes.SHA256())
    except Exception:
        return False
    return True


genuine = read(digest_file)
forged = genuine.replace(entry["hashValue"].encode(), hashlib.sha256(read(log_file)).hexdigest().encode())
print("genuine:", signature_is_good(genuine), " forged:", signature_is_good(forged))

# %% [markdown]
# So he can destroy, but not unnoticed. (He could also call `StopLogging`. That is an event too; watch for it.) In real life a
# trail stays on, for all Regions. Ours has done its work:

# %%
_ = s3.put_object(Bucket="audit-files", Key=log_file, Body=gzip.compress(original))
print("unchanged:", is_as_it_was())
_ = cloudtrail.stop_logging(Name="audit")

# %% [markdown]
# ## In somebody's name, and in nobody's
#
# You store an object in S3, and S3 asks KMS for a data key (lesson 11). **Predict**: who is the user in that event, you or S3?

# %%
_ = s3.create_bucket(Bucket="covers")
_ = s3.put_object(
    Bucket="covers", Key="night-train.png", Body=b"cover", ServerSideEncryption="aws:kms", SSEKMSKeyId=letters["KeyId"]
)
event = lab.trail.events(key=letters["KeyId"])[-1]
print(event["eventName"])
print("user:      ", event["userIdentity"]["userName"])
print("invoked by:", event["userIdentity"]["invokedBy"])
print("from:      ", event["sourceIPAddress"])
print("context:   ", event["requestParameters"]["encryptionContext"])

# %% [markdown]
# **You**, through S3: `invokedBy` names the service. (*fas* means forward access session: S3 calls on with your permissions.)
# The address is S3's, not yours. The context is the object's ARN, so this event says *which object*.
#
# The call `PutObject` itself is in no event history: reading and writing objects are **data events**, which a trail logs only if
# you ask and pay for it. All calls to KMS are **management events**, and the first copy of those is free. So KMS's events are
# often the only trace of who read an object.
#
# And some events have no caller at all:

# %%
short_lived = kms.create_key(Description="short-lived")["KeyMetadata"]["KeyId"]
_ = kms.rotate_key_on_demand(KeyId=short_lived)
_ = lab.clock.advance(minutes=1)
_ = kms.schedule_key_deletion(KeyId=short_lived, PendingWindowInDays=7)
_ = lab.clock.advance(days=8)

for event in lab.trail.events(key=short_lived):
    identity = event["userIdentity"]
    print(f"{event['eventType']:16} {event['eventName']:20} {identity.get('userName') or identity['invokedBy']}")

# %% [markdown]
# `AwsServiceEvent`: KMS rotated and deleted by itself, when the time had come. Who *ordered* it is in the event before.
#
# ## A week of events
#
# Now something serious. Otterquill keeps two tables under one key, `vault`, in **eu-west-1**. These are the rules, as Vera has
# them in her papers:
#
# | user | may |
# | --- | --- |
# | `web` | decrypt rows of the table **orders**, by day |
# | `payroll` | decrypt rows of the table **salaries**, at any time |
# | `backup` | fetch **data keys** at night. It decrypts only after an accident, and there has been none |
# | `old-intern` | left in spring; may do nothing |
#
# Each row has its table and its name as encryption context. The next two cells play a week. Run them once, and do not read the
# second one too closely.

# %%
ireland = boto3.client("kms", region_name="eu-west-1")
vault = ireland.create_key(Description="vault")["KeyMetadata"]
may_decrypt = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}]}
people = {
    "web": lab.user("web", policy=may_decrypt),
    "payroll": lab.user("payroll", policy=may_decrypt),
    "backup": lab.user("backup"),
    "old-intern": lab.user("old-intern"),
}
_ = ireland.create_grant(
    KeyId=vault["KeyId"],
    Name="nightly-backup",
    GranteePrincipal=people["backup"].arn,
    Operations=["GenerateDataKey", "Decrypt", "CreateGrant"],
)
staff_names = ["anna", "bela", "carla", "dora", "emil", "fritz"]
table_rows = {("orders", str(number)): None for number in range(20)} | {("salaries", name): None for name in staff_names}
for table, row in table_rows:
    table_rows[table, row] = ireland.encrypt(
        KeyId=vault["KeyId"], Plaintext=b"a row", EncryptionContext={"table": table, "row": row}
    )["CiphertextBlob"]

# %% tags=["hide-input"]
@cache
def client_of(who, program):
    return lab.client("kms", "eu-west-1", principal=people[who], config=Config(user_agent=program))


def act(who, program, operation, **params):
    """One call; `ok` or the code of its error."""
    try:
        getattr(client_of(who, program), operation)(**params)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "ok"


def reading(table, row):
    return {"CiphertextBlob": table_rows[table, row], "EncryptionContext": {"table": table, "row": row}}


def a_week(luck):
    key = {"KeyId": vault["KeyId"]}
    for day in range(7):
        for minute in (0, 20, 40):
            yield day, 2, minute, "backup", "backup-job/3.1", "generate_data_key", key | {"KeySpec": "AES_256"}
        for hour in range(8, 18):
            order = reading("orders", str(luck.randrange(20)))
            yield day, hour, luck.randrange(60), "web", "shop/7.2", "decrypt", order
        if day < 5:
            salary = reading("salaries", luck.choice(staff_names))
            yield day, 9, luck.randrange(60), "payroll", "payroll/1.0", "decrypt", salary
    for minute, name in enumerate(staff_names):
        yield 4, 22, minute, "payroll", "payroll/1.0", "decrypt", reading("salaries", name)
    first, hour, some = luck.choice((1, 2)), luck.choice((1, 3, 4)), luck.sample(staff_names, 5)
    yield first, hour, 11, "backup", "aws-cli/2.31", "list_keys", {}
    yield first, hour, 12, "backup", "aws-cli/2.31", "describe_key", key
    for minute, name in enumerate(some[:2], 14):
        yield first, hour, minute, "backup", "aws-cli/2.31", "decrypt", reading("salaries", name)
    grant = key | {"GranteePrincipal": people["old-intern"].arn, "Operations": ["Decrypt"]}
    yield first + 1, hour, 40, "backup", "aws-cli/2.31", "create_grant", grant
    for minute, name in enumerate(some[2:4], 43):
        yield first + 1, hour, minute, "old-intern", "aws-cli/2.31", "decrypt", reading("salaries", name)
    yield 6, hour, 5, "old-intern", "aws-cli/2.31", "decrypt", reading("salaries", some[4])


now = lab.clock.now()
monday = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=7 - now.weekday())
for day, hour, minute, *call, params in sorted(a_week(random.Random(42)), key=lambda each: each[:3]):
    lab.clock.travel_to(monday + timedelta(days=day, hours=hour, minutes=minute))
    act(*call, **params)
_ = lab.clock.travel_to(monday + timedelta(days=7, hours=8))
print(f"The week of {monday:%Y-%m-%d} is over.")

# %% [markdown]
# It is Monday, 8:00. Mira calls: **somebody** has mailed her two of her people's salaries, to the cent. You have no suspect and no
# time. Fetch the whole week, oldest first. Plain Python is enough:

# %%
history = boto3.client("cloudtrail", region_name="eu-west-1")
pages = history.get_paginator("lookup_events").paginate(
    LookupAttributes=[{"AttributeKey": "EventSource", "AttributeValue": "kms.amazonaws.com"}], StartTime=monday
)
week = [event for page in pages for event in page["Events"]][::-1]
events = [json.loads(event["CloudTrailEvent"]) for event in week]
print(len(events), "events, from", events[0]["eventTime"], "to", events[-1]["eventTime"])

# %% [markdown]
# **First look: who does what, and how often?** Rare things are interesting.

# %%
counts = Counter(
    (event["userIdentity"]["userName"], event["eventName"], event.get("errorCode", "ok")) for event in events
)
for (who, what, result), count in sorted(counts.items()):
    print(f"{who:12} {what:16} {result:13} {count:4}")

# %% [markdown]
# Compare with the rules. Two lines are denials: somebody has looked around. Others were *allowed*, and no permission system will
# ever tell you about them.
#
# **Second look: when?**

# %%
moments = {}
for entry, event in zip(week, events):
    moments.setdefault(f"{entry['Username']}, {event['eventName']}", []).append(entry["EventTime"])
figures.lanes("Calls to KMS in eu-west-1, by user", dict(sorted(moments.items())))

# %% [markdown]
# **Predict**: which marks do not belong? (`payroll` on Friday night is allowed. It is the monthly run.)
#
# ## Exercise 12.2: the intruder
#
# Look into the events: `userIdentity`, `requestParameters["encryptionContext"]`, `userAgent` (its first word names the
# program), `errorCode`. Vera writes three things into her report; hand them over as a tuple:
#
# 1. the **users** under whose names somebody decrypted what they should not have, as a list;
# 2. **since when**: the `eventTime` of the first such `Decrypt` (one that worked);
# 3. the **rows** that are lost: the names in the contexts, as a list.

# %%
# Exercise 12.2
answer = None
### BEGIN SOLUTION
allowed = {("web", "orders"), ("payroll", "salaries")}
wrong = []
for event in events:
    if event["eventName"] == "Decrypt" and "errorCode" not in event:
        who, context = event["userIdentity"]["userName"], event["requestParameters"]["encryptionContext"]
        if (who, context["table"]) not in allowed:
            wrong.append((event["eventTime"], who, context["row"]))
            print(*wrong[-1], event["userAgent"].split()[0])
answer = (sorted({who for _, who, _ in wrong}), wrong[0][0], sorted({row for _, _, row in wrong}))
### END SOLUTION
check("12.2", answer)

# %% [markdown]
# How could it happen? Follow one thing back: a user without any policy decrypts. Somebody must have let him in, and letting in
# is a change:

# %%
for event in events:
    if not event["readOnly"]:
        shown = event["requestParameters"]
        print(event["eventTime"], event["userIdentity"]["userName"], event["userAgent"].split()[0], event["eventName"])
        print("  for", shown["granteePrincipal"].rpartition(":")[2], shown["operations"])

# %% [markdown]
# The access key of `backup` has leaked: the nightly job is `backup-job/3.1`, and this was another program. (A user agent can be
# forged. In AWS you would also see another address.) Its grant said more than it needed, `Decrypt` and `CreateGrant`; so the
# thief made **himself a second door**, for a user whom everybody had forgotten.
#
# ## Exercise 12.3: contain it, and prove it
#
# Mira wants him out, tonight, and the shop open tomorrow. Vera wants to see that it is so.
#
# 1. Take away what lets the intruder decrypt, **all of it**. `list_grants` shows the grants of the key. A grant that somebody
#    made with another grant does *not* end with that one.
# 2. The nightly backup has to go on: it needs `GenerateDataKey`, and no more.
# 3. Then call **`a_night()`**. It lets one more night and morning pass; the intruder tries again, and the others work. Call it
#    after your change.

# %%
def a_night():
    lab.clock.advance(hours=18)
    first_theft = lab.trail.events(name="Decrypt", principal="backup", key=vault["KeyId"])[0]
    lost = first_theft["requestParameters"]["encryptionContext"]["row"]
    stolen = {"operation": "decrypt", **reading("salaries", lost)}
    data_key = {"operation": "generate_data_key", "KeyId": vault["KeyId"], "KeySpec": "AES_256"}
    for who, program, params in (
        ("backup", "backup-job/3.1", data_key),
        ("backup", "aws-cli/2.31", stolen),
        ("old-intern", "aws-cli/2.31", stolen),
        ("web", "shop/7.2", {"operation": "decrypt", **reading("orders", "7")}),
        ("payroll", "payroll/1.0", {"operation": "decrypt", **reading("salaries", "anna")}),
    ):
        lab.clock.advance(hours=1)
        print(f"{who:11} {params['operation']:18} {act(who, program, **params)}")

# %%
# Exercise 12.3
### BEGIN SOLUTION
for grant in ireland.list_grants(KeyId=vault["KeyId"])["Grants"]:
    print(grant["GranteePrincipal"].rpartition(":")[2], grant["Operations"])
    ireland.revoke_grant(KeyId=vault["KeyId"], GrantId=grant["GrantId"])
_ = ireland.create_grant(
    KeyId=vault["KeyId"],
    Name="nightly-data-keys",
    GranteePrincipal=people["backup"].arn,
    Operations=["GenerateDataKey"],
)
a_night()
### END SOLUTION

# %%
check("12.3")

# %% [markdown]
# The proof is not that you revoked something. The proof is in the trail: **the same call, by the same user, refused**, and the
# others still work.

# %%
proof = {}
for event in lab.trail.events(name="Decrypt", key=vault["KeyId"]):
    lane = f"{event['userIdentity']['userName']}, {'refused' if 'errorCode' in event else 'ok'}"
    proof.setdefault(lane, []).append(datetime.fromisoformat(event["eventTime"]))
figures.lanes("Decrypt under the key of the vault", dict(sorted(proof.items())), marked=["backup, ok", "old-intern, ok"])

# %% [markdown]
# The access key itself is still out. In AWS you would deactivate it in the same minute (`iam.update_access_key`), delete the
# user `old-intern`, and then, in quiet, count what is lost: the rows of exercise 12.2. What was decrypted once stays known;
# no revoking and no rotation brings it back. Vera closes her report with one line: *who somebody is, the trail does not say.*
#
# ## What went wrong? Two questions at once
#
# Vera asks for one thing more, *all `Decrypt` by `nina`*:

# %% tags=["raises-exception"]
cloudtrail.lookup_events(
    LookupAttributes=[
        {"AttributeKey": "EventName", "AttributeValue": "Decrypt"},
        {"AttributeKey": "Username", "AttributeValue": "nina"},
    ]
)

# %% [markdown]
# `LookupAttributes` is a list, and may have **one** item. Take the attribute that finds less, turn all pages, and sift the rest
# in Python, as above. For years of events in many accounts people query a trail's files with Athena, in SQL; what they ask for
# are the same fields.
#
# ## Tom's notes: what has changed since
#
# | Tom's notes say | today |
# | --- | --- |
# | "create a trail, or nothing is logged" | 90 days of management events are there without one |
# | "the caller is `AWS Internal`" for S3's calls | since about 2025 the events name `fas.s3.amazonaws.com` |
# | "the event does not say which key material" | `additionalEventData.keyMaterialId` does, since 2025 |
# | "`responseElements` is null" for changes of keys | most have the key's ARN there, since December 2022 |
#
# ## Key points
#
# - Every call to KMS is an event: who, when, what, which key, from where, and whether it worked.
# - Never in it: plaintexts, ciphertexts, keys. Always in it: the encryption context. Use one, without secrets.
# - The event history reaches back 90 days, per Region, and takes one attribute. A trail keeps files for good.
# - Log file validation shows what was changed or is missing. Keep the files where the intruder cannot write.
# - `invokedBy` names a service that called for somebody; `AwsServiceEvent` is KMS itself.
# - What is allowed raises no alarm. Compare the events with the *rules*, and look at what is rare.
# - After a leak, look for the second door: `CreateGrant`, `PutKeyPolicy`. Prove the end with a refused call.
#
# ## Questions
#
# 1. Vera wants to know who has read *one* object in S3 in the last month. Which event do you look for, by which field? What
#    if the bucket has a Bucket Key?
# 2. A colleague proposes to leave KMS's events out of the trail, because there are so many. What do you lose?
# 3. The intruder had a whole week. Which *one* rule, watched by a program, would have found him in the first hour?
#
# [All lessons](index.ipynb) · Previous: [11 S3 across Regions](11_s3_across_regions.ipynb) ·
# Next: [13 What it costs](13_what_it_costs.ipynb)
