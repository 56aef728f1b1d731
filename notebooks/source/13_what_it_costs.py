# %% [markdown]
# # 13 What it costs: counting calls
#
# **You will be able to**
#
# - read a KMS bill, and say which part of it comes from keys and which from requests;
# - measure what a piece of code costs, and forecast a month of it;
# - choose between calls, data keys, cached data keys and S3 Bucket Keys, and say what each choice gives up;
# - find what a company pays for nothing;
# - stop a loop that has run away.
#
# **Before you begin**: [05 Envelope encryption](05_envelope_encryption.ipynb) and
# [06 Asymmetric keys](06_asymmetric_keys.ipynb).
#
# **Time**: {minutes} minutes.
#
# [All lessons](index.ipynb) · Previous: [12 Audit trail](12_audit_trail.ipynb) · Next: [14 The incident](14_the_incident.ipynb)
#
# Words you do not know: [glossary](glossary.ipynb).

# %%
# %load_ext kmslab

# %%
import os
from datetime import datetime

import boto3
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from kmslab.errors import KmslabError
from kmslab.jupyter import figures, panels

kms = boto3.client("kms", region_name="us-east-1")
orders = kms.create_key(Description="orders")["KeyMetadata"]["KeyId"]

# %% [markdown]
# ## "You pay per API call"
#
# Mira has the bill in front of her and asks why it is what it is. Tom quotes this sentence from his notes, and the warning that
# even listing keys costs money. It is not false. But is it the main thing? Make a thousand calls, and let the month end.
#
# **Predict**: one key since 5 January, 1,000 calls. Which of the two will be on the bill, and with how much?

# %%
for number in range(1000):
    kms.encrypt(KeyId=orders, Plaintext=f"order {number}".encode())

_ = lab.clock.travel_to(datetime(2026, 2, 1))
lab.bill

# %% [markdown]
# The calls cost **nothing**, and the key 86 cents. A customer managed key costs 1 USD a month, whether you call it or not. It
# is counted by the hour: 639 of January's 744. So the sentence should be:
#
# > You pay **1 USD a month for each key**, and, after the first 20,000 of a month, a little for each request.
#
# The warning is right in one point: *every* call counts, `ListKeys` and `DescribeKey` too. Here are all prices, with the month
# and the place in which they were found:

# %%
lab.prices()

# %% [markdown]
# Prices change. Look at [aws.amazon.com/kms/pricing](https://aws.amazon.com/kms/pricing/) before you promise a number to
# somebody. What is on the bill, and what not:
#
# | | storage | requests |
# | --- | --- | --- |
# | customer managed key | 1 USD a month | on the bill |
# | replica of a multi-Region key | 1 USD a month, as the primary | on the bill |
# | key that is **disabled** | 1 USD a month | on the bill; whatever uses the key is refused |
# | key that waits for its deletion | nothing | on the bill; whatever uses the key is refused |
# | AWS managed key (`alias/aws/s3`) | nothing | on the bill |
# | AWS owned key | nothing | nothing |
#
# **Who pays** for a key that two accounts use? The owner pays for the key, and whoever *calls* pays for the call.
#
# ## What one call costs
#
# `lab.bill` is a value. Keep one as a **mark**, and ask later what came on top:

# %%
mark = lab.bill
ciphertext = kms.encrypt(KeyId=orders, Plaintext=b"order 1000")["CiphertextBlob"]
kms.decrypt(CiphertextBlob=ciphertext)
_ = kms.describe_key(KeyId=orders)
lab.bill.since(mark)

# %% [markdown]
# Three requests, all of them free. `by` counts them in other ways: by `operation`, `key`, `region`, `month`, `price`,
# `account` or `service`.

# %%
print(lab.bill.since(mark).by("operation"))
print(lab.bill.by("month"))

# %% [markdown]
# (A new month, and the free tier begins again. It is 20,000 requests for the **whole account**, over all Regions.)
#
# But you do not call KMS three times. `lab.forecast` takes what you did once, and says what a month costs in which you do it
# so many times: a whole key-month for each key, the requests, and the free tier once.
#
# **Predict**: `Encrypt`, `Decrypt` and `DescribeKey`, a million times each in a month. How much?

# %%
lab.forecast(lab.bill.since(mark), times=1_000_000)

# %% [markdown]
# Ten dollars. So a request costs three millionths of a dollar; a key-month is as much as **333,000 requests**. In a small
# company the keys are the bill; in a large one, the requests.
#
# Mira wants to see it live. This panel holds a mark, looks again after **each** cell that you run, and forecasts. **Predict**: what
# does it say of the one `Encrypt` below, a million times a month?

# %%
live = panels.bill(lab).choose(times=1_000_000).set_mark()
_ = kms.encrypt(KeyId=orders, Plaintext=b"order 1001")
live

# %% [markdown]
# *Set the mark* before a cell, run it, and read the sentence on top: that is what the cell costs. Without a new mark it adds up:
# the next cell makes two keys, and two keys a million times are two million dollars. (`live.close()` ends it.)
#
# ## Not all requests are alike
#
# **Predict**: which of these is the dearest: `Encrypt`, `Sign` with RSA_2048, `Sign` with an elliptic curve, a new RSA data key
# pair? By which factor?

# %%
rsa = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
curve = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
digest = {"Message": b"x" * 32, "MessageType": "DIGEST"}

kinds = {
    "Encrypt": lambda: kms.encrypt(KeyId=orders, Plaintext=b"x"),
    "Sign, RSA_2048": lambda: kms.sign(KeyId=rsa, SigningAlgorithm="RSASSA_PSS_SHA_256", **digest),
    "Sign, ECC_NIST_P256": lambda: kms.sign(KeyId=curve, SigningAlgorithm="ECDSA_SHA_256", **digest),
    "ECC data key pair": lambda: kms.generate_data_key_pair(KeyId=orders, KeyPairSpec="ECC_NIST_P256"),
    "RSA data key pair": lambda: kms.generate_data_key_pair(KeyId=orders, KeyPairSpec="RSA_2048"),
}
hundred_thousand = {}
for name, call in kinds.items():
    mark = lab.bill
    call()
    hundred_thousand[name] = float(lab.forecast(lab.bill.since(mark), times=100_000).total)

figures.bars("A month with one key and 100,000 of these", hundred_thousand, "USD")

# %% [markdown]
# 120 dollars for key pairs, because somebody has to search for the primes. The others look equal only beside that one:

# %%
for name, usd in hundred_thousand.items():
    print(f"{name:20} {usd:7.2f} USD, of it {usd - 1:7.2f} for requests")

# %% [markdown]
# - Requests with **asymmetric keys have no free tier**. The first one costs.
# - RSA_2048 costs as much as symmetric requests, all other asymmetric keys **five times** that.
# - `Verify` costs the same as `Sign`. But the public key may leave KMS, and a check at home costs nothing (lesson 06).
# - A failed call? AWS's page does not say. The lab counts it. A `DryRun` is charged like the real thing.
#
# ## Exercise 13.1: receipts by the hundred thousand
#
# Mira plans: 300,000 receipts a month, each signed with **ECC_NIST_P256**, and each verified by KMS as well. What will that cost?
#
# In **eu-west-1**, create the key, with the description **`receipts`**. Sign **one** receipt, verify it, and hand over the
# **forecast** of the month (what `lab.forecast` returns). Otterquill makes this key *once*: choose the place of your mark.

# %%
# Exercise 13.1
answer = None
### BEGIN SOLUTION
ireland = boto3.client("kms", region_name="eu-west-1")
receipts = ireland.create_key(Description="receipts", KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
signing = {"KeyId": receipts["KeyMetadata"]["KeyId"], "Message": b"receipt 1", "SigningAlgorithm": "ECDSA_SHA_256"}
mark = lab.bill
signature = ireland.sign(**signing)["Signature"]
ireland.verify(**signing, Signature=signature)
answer = lab.forecast(lab.bill.since(mark), times=300_000)
print(answer)
### END SOLUTION
check("13.1", answer)

# %% [markdown]
# ## The same work, five ways
#
# Fifty records of 10,000 bytes each. Every one is written once and read once. Three programs do it themselves, and two leave it
# to S3 (lesson 11):
#
# 1. **direct**: `Encrypt` and `Decrypt`, in pieces of 4096 bytes;
# 2. **envelope**: a data key for each record (lesson 05);
# 3. **cached**: a data key for every 25 records, kept in memory meanwhile;
# 4. **S3**: SSE-KMS, as it comes;
# 5. **S3 with a Bucket Key**: S3 gets one key for the bucket, and makes the objects' keys from that.
#
# **Predict**: how many requests to KMS does each of them make?

# %%
records = [os.urandom(10_000) for _ in range(50)]


def direct():
    for record in records:
        pieces = [record[start : start + 4096] for start in range(0, len(record), 4096)]
        sealed = [kms.encrypt(KeyId=orders, Plaintext=piece)["CiphertextBlob"] for piece in pieces]
        opened = [kms.decrypt(CiphertextBlob=piece)["Plaintext"] for piece in sealed]
        assert b"".join(opened) == record


def with_data_keys(records_for_each):
    shelf, opened = [], {}
    for number, record in enumerate(records):
        if number % records_for_each == 0:
            data_key = kms.generate_data_key(KeyId=orders, KeySpec="AES_256")
        nonce = os.urandom(12)
        ciphertext = AESGCM(data_key["Plaintext"]).encrypt(nonce, record, None)
        shelf.append((data_key["CiphertextBlob"], nonce, ciphertext))
    for record, (encrypted_key, nonce, ciphertext) in zip(records, shelf):
        if encrypted_key not in opened:
            opened[encrypted_key] = kms.decrypt(CiphertextBlob=encrypted_key)["Plaintext"]
        assert AESGCM(opened[encrypted_key]).decrypt(nonce, ciphertext, None) == record


s3 = boto3.client("s3", region_name="us-east-1")
for bucket in ("records", "records-with-bucket-key"):
    _ = s3.create_bucket(Bucket=bucket)


def in_s3(bucket, bucket_key):
    for number, record in enumerate(records):
        s3.put_object(
            Bucket=bucket,
            Key=f"record-{number}",
            Body=record,
            ServerSideEncryption="aws:kms",
            SSEKMSKeyId=orders,
            BucketKeyEnabled=bucket_key,
        )
    for number, record in enumerate(records):
        assert s3.get_object(Bucket=bucket, Key=f"record-{number}")["Body"].read() == record


# %%
ways = {
    "direct": direct,
    "envelope": lambda: with_data_keys(1),
    "cached data keys": lambda: with_data_keys(25),
    "S3": lambda: in_s3("records", bucket_key=False),
    "S3 with a Bucket Key": lambda: in_s3("records-with-bucket-key", bucket_key=True),
}
bills = {}
for name, way in ways.items():
    mark = lab.bill
    way()
    bills[name] = lab.bill.since(mark)

for name, bill in bills.items():
    print(f"{name:21} {bill.requests:4}  {bill.by('operation')}")

# %% [markdown]
# Nothing here is estimated: these are the calls that were made, by your code and, in the last two rows, by S3 *in your name*
# (`by("service")` tells them apart). They are on **your** bill. Now 100,000 times that: five million records a month.

# %%
month = {name: float(lab.forecast(bill, times=100_000).total) for name, bill in bills.items()}
figures.bars("Five million records of 10 KB, written and read, in a month", month, "USD")

# %% [markdown]
# Look at two pairs.
#
# *Envelope and S3* cost the same, since S3 does just that: one data key for each object. The envelope beats the direct way only
# because the records have three pieces. With records of 100 bytes the two would be equal.
#
# *Cached data keys and the Bucket Key* nearly disappear. AWS says "up to 99 percent" of the requests, and how many it is for you
# depends on how many different callers there are and how they are spread over time. **Predict**: why does not everybody do it?
#
# | way | USD | what you give up |
# | --- | --- | --- |
# | direct | 90.94 | time: each piece waits for KMS. And pieces are protected one by one only (lesson 05) |
# | envelope, S3 | 30.94 | nothing |
# | cached data keys | 2.14 | one leaked data key opens 25 records. The trail says *which data key*, not which record. If you take the permission away, it works on until the cache is empty |
# | S3 with a Bucket Key | 1.24 | the trail names the **bucket**, not the object, and once for many. Key policies with an object's ARN in the context stop working |
#
# The last column is the real price. For a log archive pay it at once; for salaries or health records think first. (S3 charges
# for its own requests, 0.005 USD for 1,000 PUTs: for those five million, 25 USD. They are in the table of prices, and not on a
# KMS bill.)
#
# ## Mira wants it halved
#
# The next cell builds what Otterquill has in **eu-central-1**, and lets 100 days pass. Then comes one *minute* of the shop's work,
# with ten orders, as Tom wrote it. Run both cells once, and read the second one closely.

# %%
frankfurt = boto3.client("kms", region_name="eu-central-1")
company = {}
for name in ("customers", "trial-1", "trial-2", "old-shop"):
    company[name] = frankfurt.create_key(Description=name)["KeyMetadata"]["KeyId"]
company["orders"] = frankfurt.create_key(Description="orders", MultiRegion=True)["KeyMetadata"]["KeyId"]
_ = frankfurt.replicate_key(KeyId=company["orders"], ReplicaRegion="eu-west-1")
company["invoices"] = frankfurt.create_key(
    Description="invoices", KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY"
)["KeyMetadata"]["KeyId"]

for name in ("customers", "trial-1", "old-shop"):
    _ = frankfurt.encrypt(KeyId=company[name], Plaintext=b"a list")
for _ in range(2):
    _ = frankfurt.rotate_key_on_demand(KeyId=company["customers"])
    _ = lab.clock.advance(days=30)
_ = frankfurt.encrypt(KeyId=company["customers"], Plaintext=b"the list of spring")
_ = lab.clock.advance(days=40)

# %%
def minute():
    for number in range(10):
        order = f"order {number}".encode()
        frankfurt.describe_key(KeyId=company["orders"])  # is it still enabled?
        data_key = frankfurt.generate_data_key(KeyId=company["orders"], KeySpec="AES_256")
        nonce = os.urandom(12)
        stored = AESGCM(data_key["Plaintext"]).encrypt(nonce, order, None)

        opened = frankfurt.decrypt(CiphertextBlob=data_key["CiphertextBlob"])["Plaintext"]
        assert AESGCM(opened).decrypt(nonce, stored, None) == order

        signing = {"KeyId": company["invoices"], "Message": order, "SigningAlgorithm": "ECDSA_SHA_256"}
        signature = frankfurt.sign(**signing)["Signature"]
        assert frankfurt.verify(**signing, Signature=signature)["SignatureValid"]


mark = lab.bill
minute()
work = lab.bill.since(mark)
print(work.by("operation"))
work_for_a_month = lab.forecast(work, times=60 * 24 * 30)
work_for_a_month

# %% [markdown]
# That is the work, with the two keys that it uses. The forecast cannot know of keys that nobody calls, but the bill does. A
# key-month is the hours of a month:

# %%
def hours(of):
    return {key: sum(count for (month, arn), count in of.items() if arn.endswith(key)) for key in company.values()}


before = lab.bill
_ = lab.clock.advance(days=1)
a_day = lab.bill.since(before).usage
for name, key_id in company.items():
    keeping, rotated = hours(a_day.key_hours)[key_id], hours(a_day.rotation_hours)[key_id]
    print(f"{name:10} {(keeping + rotated) / 24:.0f} USD a month, of it {rotated / 24:.0f} for rotations")

# %% [markdown]
# `orders` counts twice, because it has a replica. `customers` was rotated twice, and rotations stay on the bill for as long
# as the key lives (lesson 09). The whole month, keys and work:

# %%
of_work = {line.item: float(line.amount) for line in work_for_a_month.lines if "requests" in line.item.lower()}
of_company = sum([*hours(a_day.key_hours).values(), *hours(a_day.rotation_hours).values()]) / 24
figures.bars("A month at Otterquill", {"Keys": of_company} | of_work, "USD")

# %% [markdown]
# ## Exercise 13.2: keys that nobody needs
#
# You and Mira agree on a rule: a key that **nothing has used for 90 days** goes, with a waiting period. (In a real account you
# would disable it first, and wait for complaints: lesson 09.) And nothing of `orders` runs in **eu-west-1** any more, so its
# replica goes too.
#
# Bring the keys that Otterquill does not need to where they cost nothing, and leave the others as they are.

# %%
# Exercise 13.2
### BEGIN SOLUTION
for name, key_id in company.items():
    usage = frankfurt.get_key_last_usage(KeyId=key_id)["KeyLastUsage"]
    days = (lab.clock.now() - usage["Timestamp"]).days if usage else 1000
    print(f"{name:10}", f"{days} days ago" if usage else "never used")
    if days >= 90:
        frankfurt.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=30)
in_ireland = boto3.client("kms", region_name="eu-west-1")
_ = in_ireland.schedule_key_deletion(KeyId=company["orders"], PendingWindowInDays=30)
### END SOLUTION

# %%
check("13.2")

# %% [markdown]
# ## Exercise 13.3: the same minute for half the price
#
# Now the requests. Write Tom's minute anew: it still encrypts, decrypts and **signs ten orders**, under the same two keys, and it
# still **verifies** each signature. Find three things in `minute()` that KMS need not be asked for, or not so often. Hand over
# the forecast of your minute, **43,200** times a month, for **at most half** of what `work_for_a_month` said.

# %%
# Exercise 13.3
answer = None
### BEGIN SOLUTION
# Once, when the program starts:
public_key = serialization.load_der_public_key(frankfurt.get_public_key(KeyId=company["invoices"])["PublicKey"])


def lean_minute():
    data_key = frankfurt.generate_data_key(KeyId=company["orders"], KeySpec="AES_256")
    opened = frankfurt.decrypt(CiphertextBlob=data_key["CiphertextBlob"])["Plaintext"]
    for number in range(10):
        order = f"order {number}".encode()
        nonce = os.urandom(12)
        stored = AESGCM(data_key["Plaintext"]).encrypt(nonce, order, None)
        assert AESGCM(opened).decrypt(nonce, stored, None) == order
        signature = frankfurt.sign(KeyId=company["invoices"], Message=order, SigningAlgorithm="ECDSA_SHA_256")
        public_key.verify(signature["Signature"], order, ec.ECDSA(hashes.SHA256()))


mark = lab.bill
lean_minute()
answer = lab.forecast(lab.bill.since(mark), times=43_200)
print(answer)
### END SOLUTION
check("13.3", answer)

# %% [markdown]
# There is a fourth lever, and it is a decision: with RSA_2048 in place of the elliptic curve a signature costs a fifth, and is
# more than three times as long.
#
# ## A loop that runs away
#
# Most large KMS bills are no plan but an accident: a retry without an end, a job that starts itself. Here is one. It signs
# until the printer says *ready*, and the printer is broken.

# %%
def print_receipt(sign):
    printer_is_ready = False
    while not printer_is_ready:
        sign()


def sign():
    return kms.sign(KeyId=curve, SigningAlgorithm="ECDSA_SHA_256", **digest)


# %% [markdown]
# `lab.budget` guards a block of code: the request that would cost more than the sum is not carried out.
#
# **Predict**: after how many signatures do 0.005 USD end, at 0.15 USD for 10,000?

# %%
mark = lab.bill
try:
    with lab.budget(usd=0.005):
        print_receipt(sign)
except KmslabError as error:
    print(error)

lab.bill.since(mark).by("operation")

# %% [markdown]
# **AWS has no such stop.** AWS Budgets sends a mail when a sum is reached, hours later; the calls go on. (It can also attach a
# policy that denies them, and that comes as late.) What slows a loop down
# there are the request quotas (a `ThrottlingException`): 1,000 signatures a second with RSA and elliptic curve keys.
#
# **Predict**: the loop runs at 1,000 signatures a second, from Friday 18:00 to Monday 8:00. What is it by then?

# %%
mark = lab.bill
sign()
weekend = lab.forecast(lab.bill.since(mark), times=1000 * 3600 * 62)
weekend

# %% [markdown]
# So: an end to every retry, an alarm on the *number of requests* (CloudWatch counts them; it is faster than any bill), and the
# permission to sign only for those who sign.
#
# ## What went wrong? A dollar saved
#
# Tom wants to help, and has found out that a key costs nothing while it waits for its deletion. In the last two weeks of every
# month nobody needs the key, so:

# %%
old = kms.encrypt(KeyId=orders, Plaintext=b"order 1")["CiphertextBlob"]
_ = kms.schedule_key_deletion(KeyId=orders, PendingWindowInDays=30)
_ = lab.clock.advance(days=14)

# %% tags=["raises-exception"]
kms.decrypt(CiphertextBlob=old)

# %% [markdown]
# `KMSInvalidStateException`: the key can do nothing while it is pending deletion, and on the thirtieth day its data is
# lost for ever. He takes it back in time. **Predict**: how many key-hours has he saved?

# %%
mark = lab.bill
_ = kms.cancel_key_deletion(KeyId=orders)
_ = kms.enable_key(KeyId=orders)
print(kms.decrypt(CiphertextBlob=old)["Plaintext"])

orders_arn = kms.describe_key(KeyId=orders)["KeyMetadata"]["Arn"]
saved = lab.bill.since(mark).usage.key_hours
print("charged at once:", sum(count for (month, arn), count in saved.items() if arn == orders_arn), "key-hours")

# %% [markdown]
# None. If a deletion is cancelled, the key is charged as though it had never been scheduled. Deletion is for keys that are
# not needed any more, and no parking place.
#
# ## Tom's notes: what has changed since
#
# | Tom's notes say | today |
# | --- | --- |
# | "you pay per API call" | mostly you pay per **key and month**; requests cost little, and the first 20,000 of a month nothing |
# | "AWS managed keys are free" | keeping them is; requests are charged |
# | "each rotation adds 1 USD a month" | only the first two (since April 2024) |
# | "SSE-KMS on a busy bucket is expensive" | with a Bucket Key (S3, since December 2020) it need not be |
#
# ## Key points
#
# - A key-month costs as much as 333,000 symmetric requests. Count your keys first.
# - Every call is a request, `DescribeKey` too. Calls that S3 makes in your name are yours.
# - No free tier for asymmetric keys; most of them cost five times as much. Verify at home.
# - `lab.bill.since(mark)` measures, `lab.forecast` multiplies. Take the mark *after* making the keys that stay.
# - Caches and Bucket Keys save nearly all requests, and cost sharpness: of the trail, and of taking permissions away.
# - AWS warns late and does not stop. Put an end into every retry.
#
# ## Questions
#
# 1. A program writes 10,000 objects a month to S3 with SSE-KMS. Somebody proposes Bucket Keys. What do they save here, and what
#    would you answer?
# 2. Every customer of yours is to have a KMS key of its own; there are 5,000. What does that cost a month before the first
#    request, and what else can keep customers apart? (Lesson 04.)
# 3. You cache data keys for a day. An employee leaves, and at noon you take the permission to decrypt away. Until when can
#    the program that runs under it still read?
#
# [All lessons](index.ipynb) · Previous: [12 Audit trail](12_audit_trail.ipynb) · Next: [14 The incident](14_the_incident.ipynb)
