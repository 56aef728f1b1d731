# %% [markdown]
# # 09 Rotation and lifecycle: a key grows old
#
# **You will be able to**
#
# - let KMS rotate a key, by the calendar and on demand, and say what changes and what does not;
# - compute what rotation costs, and list what it does *not* protect;
# - retire a key without losing data: look, disable, wait, and only then delete;
# - bring key material of your own, let it expire, and bring it back;
# - go on in another Region when one fails.
#
# **Before you begin**: [02 Aliases](02_aliases.ipynb) and [05 Envelope encryption](05_envelope_encryption.ipynb).
#
# **Time**: {minutes} minutes.
#
# Words you do not know: [glossary](glossary.ipynb).
#
# [All lessons](index.ipynb) · Previous: [08 Three kinds of keys](08_three_kinds_of_keys.ipynb) · Next: [10 Secrets](10_secrets.ipynb)

# %%
# %load_ext kmslab

# %%
import os
from datetime import timedelta

import boto3
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from kmslab.jupyter import figures, panels

kms = boto3.client("kms", region_name="us-east-1")
orders = kms.create_key(Description="orders")["KeyMetadata"]["KeyId"]
_ = kms.create_alias(AliasName="alias/orders", TargetKeyId=orders)

# %% [markdown]
# ## Rotation: the same key with new bits
#
# Tom's notes say that keys wear out like car tyres. Mira wants to know what a key's life really looks like, from the first day to
# the last, and what it costs. Begin with the key of the orders.
#
# A KMS key is a record with an id, a policy and a state, and it *points* to **key material**, the bits that encrypt
# (lesson 01). **Rotation** gives the same key new key material. KMS can do it by itself, every 365 days unless you say
# otherwise:

# %%
ciphertexts = {2026: kms.encrypt(KeyId="alias/orders", Plaintext=b"order of 2026")["CiphertextBlob"]}
_ = kms.enable_key_rotation(KeyId=orders)

status = kms.get_key_rotation_status(KeyId=orders)
print(status["KeyRotationEnabled"], status["RotationPeriodInDays"])
print(f"{status['NextRotationDate']:%Y-%m-%d}")

# %% [markdown]
# Now let the year pass. `lab.clock` is the one thing here that AWS does not have.
#
# **Predict**: which of the key's papers are different afterwards: id, ARN, alias, key policy, state, key material?

# %%
def papers():
    return {
        **kms.describe_key(KeyId=orders)["KeyMetadata"],
        "Alias": kms.list_aliases(KeyId=orders)["Aliases"],
        "Policy": kms.get_key_policy(KeyId=orders)["Policy"],
    }


before = papers()
_ = lab.clock.advance(days=366)
after = papers()

for name in before:
    print("same   " if before[name] == after[name] else "CHANGED", name)

# %% [markdown]
# One line changed: the pointer. No program, no policy and no alias had to notice. `CurrentKeyMaterialId` names the key
# material that encrypts from now on. (It is 64 hexadecimal digits long; the first eight are enough to tell them apart.)

# %%
print(before["CurrentKeyMaterialId"][:8], "->", after["CurrentKeyMaterialId"][:8])

# %% [markdown]
# ## And the old data?
#
# **Predict**: the ciphertext was made before the rotation. What do you have to do before you can decrypt it?

# %%
reply = kms.decrypt(CiphertextBlob=ciphertexts[2026])
print(reply["Plaintext"], reply["KeyMaterialId"][:8])

# %% [markdown]
# Nothing. KMS keeps **every** key material of a key, for as long as the key exists. The ciphertext says which one it needs, as
# it says which key; the answer names it. What is encrypted today uses the new one:

# %%
ciphertexts[2027] = kms.encrypt(KeyId="alias/orders", Plaintext=b"order of 2027")["CiphertextBlob"]
for year, ciphertext in ciphertexts.items():
    print(year, kms.decrypt(CiphertextBlob=ciphertext)["KeyMaterialId"][:8])

# %% [markdown]
# (`Decrypt`, `ReEncrypt` and `GenerateDataKey` name the key material in their answers. `Encrypt` does not; the trail has
# it, in `additionalEventData`.)
#
# Two more years. Then ask which rotations there have been:

# %%
for year in (2028, 2029):
    lab.clock.advance(days=365)
    text = f"order of {year}".encode()
    ciphertexts[year] = kms.encrypt(KeyId="alias/orders", Plaintext=text)["CiphertextBlob"]

for rotation in kms.list_key_rotations(KeyId=orders)["Rotations"]:
    print(f"{rotation['RotationDate']:%Y-%m-%d}", rotation["RotationType"], rotation["KeyMaterialId"][:8])

# %% [markdown]
# Three rotations make four key materials; the first one came with the key. `IncludeKeyMaterial="ALL_KEY_MATERIAL"` lists it
# too. The key's whole life so far, as the trail tells it:

# %%
figures.timeline(lab, orders)

# %% [markdown]
# Nobody called `RotateKey`. It is an event of KMS itself, and the trail is where you would prove to an auditor that it
# happened.
#
# ## On demand
#
# The bookkeeper, who had access to everything, has left Otterquill. Vera wants new key material *today*: `rotate_key_on_demand`.
#
# **Predict**: what happens if you ask twice?

# %%
planned = kms.get_key_rotation_status(KeyId=orders)["NextRotationDate"]
_ = kms.rotate_key_on_demand(KeyId=orders)
try:
    kms.rotate_key_on_demand(KeyId=orders)
except kms.exceptions.ConflictException as error:
    print(error.response["Error"]["Message"])

# %% [markdown]
# The answer comes at once and the rotation a moment later: it is **asynchronous**. Until it is done, the status shows when it
# began. So ask until it is over. (In AWS it takes longer; sleep between two questions.)

# %%
while "OnDemandRotationStartDate" in (status := kms.get_key_rotation_status(KeyId=orders)):
    print("in progress")

print("the calendar moved:", status["NextRotationDate"] != planned)
print([rotation["RotationType"] for rotation in kms.list_key_rotations(KeyId=orders)["Rotations"]])

# %% [markdown]
# The calendar goes on as before. A key can have 25 rotations on demand in its life, so this is for occasions, not for a loop.
# The period of the automatic ones may be anything from 90 to 2560 days.
#
# ## The bill of rotation
#
# A key costs 1 USD a month. KMS keeps the old key materials, and that has a price.
#
# **Predict**: this key has been rotated in January 2027, 2028, and twice in January 2029. What does a month cost in each year?

# %%
_ = lab.clock.advance(days=56)


def month(name):
    return float(sum(line.amount for line in lab.bill.lines if line.month == name))


figures.bars(
    "What one key costs in a month",
    {
        "2026-12, never rotated": month("2026-12"),
        "2027-12, one rotation": month("2027-12"),
        "2028-12, two rotations": month("2028-12"),
        "2029-02, four rotations": month("2029-02"),
    },
    "USD",
)

# %% [markdown]
# The first and the second rotation cost 1 USD a month each, for as long as the key lives. All others are free, so a
# symmetric key never costs more than **3 USD** a month. (Until April 2024 every rotation added a dollar, without an end.
# Tom's notes are from before, and were right.)
#
# ## Exercise 09.1: twice a year
#
# The twelve people of Otterquill are paid from Dublin, and the bank there demands new key material twice a year. In **eu-west-1**:
#
# 1. create a key with the description **`payroll`** that rotates by itself **every 180 days**;
# 2. encrypt something, and let time pass until KMS has rotated the key **twice**;
# 3. encrypt something new, and decrypt the **old** ciphertext.
#
# Mira asks how many US dollars this key costs in a whole month from then on, requests aside. Hand over the number.

# %%
# Exercise 09.1
answer = None
### BEGIN SOLUTION
ireland = boto3.client("kms", region_name="eu-west-1")
payroll = ireland.create_key(Description="payroll")["KeyMetadata"]["KeyId"]
ireland.enable_key_rotation(KeyId=payroll, RotationPeriodInDays=180)
january = ireland.encrypt(KeyId=payroll, Plaintext=b"salaries of January")["CiphertextBlob"]
lab.clock.advance(days=361)
ireland.encrypt(KeyId=payroll, Plaintext=b"salaries of December")
print(ireland.decrypt(CiphertextBlob=january)["Plaintext"])
answer = 3
### END SOLUTION
check("09.1", answer)

# %% [markdown]
# ## What rotation does not do
#
# **It does not re-encrypt your data.** KMS does not have your data. After all those rotations:

# %%
for year, ciphertext in ciphertexts.items():
    print(year, kms.decrypt(CiphertextBlob=ciphertext)["KeyMaterialId"][:8])

# %% [markdown]
# Each ciphertext needs the key material of its year, today and in ten years. Most of the time that is fine. If Vera
# demands the newest one for everything, call `re_encrypt` with **the same key** as its destination:

# %%
reply = kms.re_encrypt(CiphertextBlob=ciphertexts[2026], DestinationKeyId=orders)
print(reply["SourceKeyMaterialId"][:8], "->", reply["DestinationKeyMaterialId"][:8])

# %% [markdown]
# **It does not help against a data key that leaked.** Here a file is encrypted as in lesson 05. A thief reads the plaintext
# data key out of a careless log, and you rotate the KMS key at once.
#
# **Predict**: can the thief still read the file?

# %%
data_key = kms.generate_data_key(KeyId=orders, KeySpec="AES_256")
nonce = os.urandom(12)
file = AESGCM(data_key["Plaintext"]).encrypt(nonce, b"the plan for next year", None)

stolen = data_key["Plaintext"]
_ = kms.rotate_key_on_demand(KeyId=orders)
_ = lab.clock.advance(minutes=10)

AESGCM(stolen).decrypt(nonce, file, None)

# %% [markdown]
# Yes, and without asking KMS. Rotation changed what *future* data keys are encrypted under. The remedy is a new data key,
# the file encrypted anew, and the old file gone. Nor does rotation stop somebody who may call `Decrypt`: that is a matter
# of permissions.
#
# **It is not for every key.**

# %%
kinds = {
    "RSA_2048": kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY"),
    "HMAC_256": kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC"),
}
for spec, created in kinds.items():
    for rotate in (kms.enable_key_rotation, kms.rotate_key_on_demand):
        try:
            rotate(KeyId=created["KeyMetadata"]["KeyId"])
        except kms.exceptions.UnsupportedOperationException as error:
            print(spec, error.operation_name, error.response["Error"]["Code"])

# %% [markdown]
# A signature does not say which key made it, and a public key that has been given away cannot be called back. KMS could not
# change such a key behind the same id. For these keys, *you* make **a new key** and move **the alias** (lesson 02):

# %%
first = kinds["HMAC_256"]["KeyMetadata"]["KeyId"]
_ = kms.create_alias(AliasName="alias/tokens", TargetKeyId=first)
algorithm = {"Message": b"session 4711", "MacAlgorithm": "HMAC_SHA_256"}
mac = kms.generate_mac(KeyId="alias/tokens", **algorithm)["Mac"]

second = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
_ = kms.update_alias(AliasName="alias/tokens", TargetKeyId=second)

for name, key_id in {"by the alias": "alias/tokens", "by the first key": first}.items():
    try:
        print(f"{name}:", kms.verify_mac(KeyId=key_id, Mac=mac, **algorithm)["MacValid"])
    except kms.exceptions.KMSInvalidMacException as error:
        print(f"{name}:", error.response["Error"]["Code"])

# %% [markdown]
# A ciphertext would have found its old key; a MAC does not. So the program must remember the old key's id until the last old
# session has ended.
#
# ## Exercise 09.2: only what is old
#
# The next cell plays eight months of customers' records in **us-west-2**: one key that rotates, and six records, each encrypted
# with its number as encryption context. Run it once.

# %%
oregon = boto3.client("kms", region_name="us-west-2")
records_key = oregon.create_key(Description="records")["KeyMetadata"]["KeyId"]
_ = oregon.enable_key_rotation(KeyId=records_key, RotationPeriodInDays=90)

records = {}
for number in range(1, 7):
    lab.clock.advance(days=40)
    records[number] = oregon.encrypt(
        KeyId=records_key,
        Plaintext=f"record {number}".encode(),
        EncryptionContext={"record": str(number)},
    )["CiphertextBlob"]

# %% [markdown]
# Vera's rule for customers' data: everything under the **current** key material of its key. Move the records that are not, with
# **`re_encrypt`**, to the **same key**, and keep their **contexts**. Leave the others alone; millions of records would be
# millions of needless requests. Hand over the numbers that you moved, as a list.

# %%
# Exercise 09.2
answer = None
### BEGIN SOLUTION
current = oregon.describe_key(KeyId=records_key)["KeyMetadata"]["CurrentKeyMaterialId"]
answer = []
for number, record in records.items():
    context = {"record": str(number)}
    if oregon.decrypt(CiphertextBlob=record, EncryptionContext=context)["KeyMaterialId"] != current:
        oregon.re_encrypt(
            CiphertextBlob=record,
            SourceEncryptionContext=context,
            DestinationKeyId=records_key,
            DestinationEncryptionContext=context,
        )
        answer.append(number)
### END SOLUTION
check("09.2", answer)

# %% [markdown]
# ## Who still needs this key?
#
# Rotation is how a key gets older. How does it end? Here is a key with the modest name `reports`, one ciphertext, and a job
# that runs **once a quarter**. Tom has forgotten the job, and you cannot know of it.

# %%
reports = kms.create_key(Description="reports")["KeyMetadata"]["KeyId"]
figures_of_last_year = kms.encrypt(KeyId=reports, Plaintext=b"figures of last year")["CiphertextBlob"]


def quarterly_job():
    try:
        return kms.decrypt(CiphertextBlob=figures_of_last_year)["Plaintext"].decode()
    except kms.exceptions.ClientError as error:
        return error.response["Error"]["Code"]


print(quarterly_job())
_ = lab.clock.advance(days=60)

# %% [markdown]
# Ask KMS when the key was last used. `get_key_last_usage` is new (April 2026), and counts only what really used the key
# material: not `DescribeKey`, and no call that failed. (It remembers what came after its `TrackingStartDate`. For a key
# that is older than that date, an empty answer does not mean *never*.)

# %%
def last_use(key_id):
    usage = kms.get_key_last_usage(KeyId=key_id)["KeyLastUsage"]
    if not usage:
        return "never"
    return f"{usage['Operation']}, {(lab.clock.now() - usage['Timestamp']).days} days ago"


last_use(reports)

# %% [markdown]
# **Predict**: not used for 60 days. May it be deleted?
#
# <details><summary>Show the answer</summary>
#
# You cannot know. The past does not tell who comes tomorrow: once a quarter, once a year, after a disaster. Sixty days of
# silence are a reason to **try**, in a way that can be taken back.
#
# </details>
#
# ## Disable: the question that can be taken back

# %%
_ = kms.disable_key(KeyId=reports)
_ = lab.clock.advance(days=30)
quarterly_job()

# %% [markdown]
# There it is. The job fails today, Mira misses her figures, and **nothing is lost**. The trail says who it was. (Here it is
# always you; in a real account, the job's role.)

# %%
def refused(key_id):
    for event in lab.trail.events(key=key_id):
        if "errorCode" in event:
            who = event["userIdentity"]["userName"]
            print(event["eventTime"][:10], who, event["eventName"], event["errorCode"])


refused(reports)

# %%
_ = kms.enable_key(KeyId=reports)
quarterly_job()

# %% [markdown]
# ## Schedule the deletion: the last warning
#
# Tom was faster than you. He has scheduled the key's deletion, with the shortest waiting period but one. (7 to 30
# days; 30 if you say nothing.) The quarter ends, and the job runs.
#
# **Predict**: the same error as with the disabled key, or another?

# %%
_ = lab.clock.advance(days=85)
reply = kms.schedule_key_deletion(KeyId=reports, PendingWindowInDays=8)
print(reply["KeyState"], f"until {reply['DeletionDate']:%Y-%m-%d}")
_ = lab.clock.advance(days=5)
quarterly_job()

# %% [markdown]
# `KMSInvalidStateException`: the key is pending deletion. In AWS you would have an alarm on this error, because **three
# days** are left. Once more the trail tells who needs the key, and `cancel_key_deletion` keeps it:

# %%
refused(reports)
_ = kms.cancel_key_deletion(KeyId=reports)
print(kms.describe_key(KeyId=reports)["KeyMetadata"]["KeyState"])
_ = kms.enable_key(KeyId=reports)
print(quarterly_job())

# %% [markdown]
# Its life so far, as a panel: choose another key, some months, or only the uses. (A cell can choose, too:
# `panels.timeline(lab).choose("alias/orders", "changes")`.)

# %%
panels.timeline(lab, reports)

# %% [markdown]
# A key that waits for its deletion costs nothing. If the deletion is cancelled, it is charged as though it had never been
# scheduled (lesson 01).
#
# ## Deleted is deleted
#
# And if nobody calls in time? A trial, long over. One file under one data key, as in lesson 05:

# %%
trial = kms.create_key(Description="trial")["KeyMetadata"]["KeyId"]
data_key = kms.generate_data_key(KeyId=trial, KeySpec="AES_256")
nonce = os.urandom(12)
file = AESGCM(data_key["Plaintext"]).encrypt(nonce, b"the only copy", None)
sealed_data_key = data_key["CiphertextBlob"]
del data_key

_ = kms.schedule_key_deletion(KeyId=trial, PendingWindowInDays=7)
_ = lab.clock.advance(days=8)

try:
    kms.decrypt(CiphertextBlob=sealed_data_key)
except kms.exceptions.ClientError as error:
    print(error.response["Error"]["Code"])
    print(error.response["Error"]["Message"])

# %% [markdown]
# The file is undamaged, and nobody will ever read it: all of the key's material is gone, the rotated ones too. No support
# ticket helps. (Sometimes that is the aim: to erase a thousand copies of a file at once, delete their key.)
#
# ## Exercise 09.3: which one may go?
#
# Tom once tried to sell books in Australia. Three keys are left in **ap-southeast-2**, with the descriptions `blue`, `green` and
# `grey`, and Mira wants no key on the bill that nobody needs. The next cell plays more than a year there. Run it once, and do not
# read it too closely; in a real account you would not see it either.

# %%
sydney = boto3.client("kms", region_name="ap-southeast-2")
inherited, kept = {}, {}
for name in ("blue", "green", "grey"):
    inherited[name] = sydney.create_key(Description=name)["KeyMetadata"]["KeyId"]
for name, key_id in inherited.items():
    kept[name] = sydney.encrypt(KeyId=key_id, Plaintext=b"?")["CiphertextBlob"]
for days, name in {270: "green", 100: "blue"}.items():
    lab.clock.advance(days=days)
    sydney.decrypt(CiphertextBlob=kept[name])
lab.clock.advance(days=20)
for key_id in inherited.values():
    sydney.describe_key(KeyId=key_id)

# %% [markdown]
# The rule: a key that nothing has used **for a year** may go. In ap-southeast-2:
#
# 1. ask for the last use of **all three** keys;
# 2. **disable** the one that may go, and wait for complaints for **at least two weeks**;
# 3. schedule its deletion with the **longest** waiting period. (Let it wait; there is no need to see its end.)

# %%
# Exercise 09.3
### BEGIN SOLUTION
for name, key_id in inherited.items():
    usage = sydney.get_key_last_usage(KeyId=key_id)["KeyLastUsage"]
    print(name, (lab.clock.now() - usage["Timestamp"]).days)
sydney.disable_key(KeyId=inherited["grey"])
lab.clock.advance(days=14)
print(sydney.schedule_key_deletion(KeyId=inherited["grey"], PendingWindowInDays=30)["KeyState"])
### END SOLUTION

# %%
check("09.3")

# %% [markdown]
# ## Bring your own key material
#
# One publisher insists on making the key material itself, and wants to be able to take it away. Such a key is created **empty**,
# with the origin `EXTERNAL`:

# %%
own = kms.create_key(Description="brought along", Origin="EXTERNAL")["KeyMetadata"]
print(own["KeyState"], own["Origin"])

# %% [markdown]
# Key material must not travel in clear. KMS hands out a public RSA key (a **wrapping key**) and an **import token**; both are
# good for 24 hours and for this key only. You encrypt your 32 bytes under the wrapping key, here on your computer:

# %%
def wrap_and_import(key_id, material, **options):
    parameters = kms.get_parameters_for_import(
        KeyId=key_id, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
    )
    wrapping_key = serialization.load_der_public_key(parameters["PublicKey"])
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    return kms.import_key_material(
        KeyId=key_id,
        ImportToken=parameters["ImportToken"],
        EncryptedKeyMaterial=wrapping_key.encrypt(material, oaep),
        **options,
    )


in_my_safe = os.urandom(32)
a_month = lab.clock.now() + timedelta(days=30)
_ = wrap_and_import(own["KeyId"], in_my_safe, ValidTo=a_month)

print(kms.describe_key(KeyId=own["KeyId"])["KeyMetadata"]["KeyState"])
note = kms.encrypt(KeyId=own["KeyId"], Plaintext=b"under my own key")["CiphertextBlob"]

# %% [markdown]
# `ValidTo` is a date, at most 365 days away. **Predict**: what is left of the key the day after?

# %%
_ = lab.clock.advance(days=31)
print(kms.describe_key(KeyId=own["KeyId"])["KeyMetadata"]["KeyState"])
try:
    kms.decrypt(CiphertextBlob=note)
except kms.exceptions.KMSInvalidStateException as error:
    print(error.response["Error"]["Message"].rpartition("/")[2])

# %% [markdown]
# The key is there, with its id, policy and aliases. Its material is not: KMS deleted it on the day, without a waiting
# period. (`delete_imported_key_material` does the same at once.) Can any 32 bytes take its place?

# %%
try:
    wrap_and_import(own["KeyId"], os.urandom(32), ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE")
except kms.exceptions.IncorrectKeyMaterialException as error:
    print(error.response["Error"]["Code"])

# %% [markdown]
# Only **the same** bytes. KMS does not have them any more, and recognises them. So with imported key material the safe copy is
# *your* duty, for as long as the data lives:

# %%
_ = wrap_and_import(own["KeyId"], in_my_safe, ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE")
print(kms.decrypt(CiphertextBlob=note)["Plaintext"])
figures.timeline(lab, own["KeyId"])

# %% [markdown]
# ## Several Regions, one key
#
# The shop's carts must survive the loss of a Region. A key lives in one Region, and its ciphertexts with it (lesson 01). When the
# Region fails, so does `Decrypt`. A **multi-Region key** is the way out: a **primary key**, and **replica keys** in other Regions
# with the *same key id* and the *same key material*.

# %%
ireland = boto3.client("kms", region_name="eu-west-1")
shop = kms.create_key(Description="shop", MultiRegion=True)["KeyMetadata"]["KeyId"]
reply = kms.replicate_key(KeyId=shop, ReplicaRegion="eu-west-1", Description="shop, replica")
print(reply["ReplicaKeyMetadata"]["KeyState"])
_ = lab.clock.advance(minutes=1)

for client in (kms, ireland):
    metadata = client.describe_key(KeyId=shop)["KeyMetadata"]
    print(metadata["KeyState"], metadata["MultiRegionConfiguration"]["MultiRegionKeyType"], metadata["Arn"])

# %% [markdown]
# `mrk-` marks such a key; the key id is the same in both ARNs. You decide that when you create the key: a single-Region key
# never becomes a multi-Region key.
#
# **Predict**: encrypted in us-east-1. Which client can decrypt it?

# %%
cart = kms.encrypt(KeyId=shop, Plaintext=b"three books")["CiphertextBlob"]
for region, client in {"us-east-1": kms, "eu-west-1": ireland}.items():
    print(region, client.decrypt(CiphertextBlob=cart)["Plaintext"])

# %% [markdown]
# Both. For the failover nothing has to be promoted, moved or waited for: the program calls the other Region. What the keys
# do **not** share are key policy, aliases, tags, description and grants, and whether they are enabled: prepare those in time.
#
# Rotation belongs to the primary and reaches all replicas. If the first Region stays away for long, make the replica the
# primary:

# %%
_ = kms.update_primary_region(KeyId=shop, PrimaryRegion="eu-west-1")
_ = lab.clock.advance(minutes=1)
for client in (kms, ireland):
    configuration = client.describe_key(KeyId=shop)["KeyMetadata"]["MultiRegionConfiguration"]
    print(client.meta.region_name, configuration["MultiRegionKeyType"])

# %% [markdown]
# Replicas cost as much as keys, and they widen the circle: whoever can decrypt in *one* of the Regions can decrypt all. Use
# them where data has to be read in several Regions, not by habit.
#
# ## Exercise 09.4: Frankfurt fails
#
# Mira wants to have seen it once, before it happens. Prepare and play it through, with **eu-central-1** (Frankfurt) and
# **eu-north-1** (Stockholm):
#
# 1. in eu-central-1, a multi-Region key with the description **`failover`**, and a replica in eu-north-1;
# 2. encrypt something in Frankfurt, and decrypt it in **Stockholm**;
# 3. make the key in Stockholm the **primary**;
# 4. let the keys rotate every **100 days**. (In which Region do you have to say so, now?)

# %%
# Exercise 09.4
### BEGIN SOLUTION
frankfurt = boto3.client("kms", region_name="eu-central-1")
stockholm = boto3.client("kms", region_name="eu-north-1")
failover = frankfurt.create_key(Description="failover", MultiRegion=True)["KeyMetadata"]["KeyId"]
frankfurt.replicate_key(KeyId=failover, ReplicaRegion="eu-north-1")
lab.clock.advance(minutes=1)
parcel = frankfurt.encrypt(KeyId=failover, Plaintext=b"on its way")["CiphertextBlob"]
print(stockholm.decrypt(CiphertextBlob=parcel)["Plaintext"])
frankfurt.update_primary_region(KeyId=failover, PrimaryRegion="eu-north-1")
lab.clock.advance(minutes=1)
_ = stockholm.enable_key_rotation(KeyId=failover, RotationPeriodInDays=100)
### END SOLUTION

# %%
check("09.4")

# %% [markdown]
# ## What went wrong? A calendar for a key that KMS did not make
#
# Vera's checklist says "rotation is on for all symmetric keys". The key that you brought along is one:

# %% tags=["raises-exception"]
kms.enable_key_rotation(KeyId=own["KeyId"])

# %% [markdown]
# Read it from its end: *not valid for this operation* is the key's **origin**. KMS cannot make the next key material of a
# key whose material comes from you, so it cannot promise a date. The error is no question of permission or state; trying
# again never helps.
#
# Rotate such a key **on demand** (possible since June 2025): import new key material, which then waits, and rotate to it.

# %%
next_in_my_safe = os.urandom(32)
_ = wrap_and_import(
    own["KeyId"],
    next_in_my_safe,
    ImportType="NEW_KEY_MATERIAL",
    ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
)
_ = kms.rotate_key_on_demand(KeyId=own["KeyId"])
_ = lab.clock.advance(minutes=1)

reply = kms.list_key_rotations(KeyId=own["KeyId"], IncludeKeyMaterial="ALL_KEY_MATERIAL")
for rotation in reply["Rotations"]:
    print(rotation["KeyMaterialState"], rotation.get("RotationType", "the first"))
print(kms.decrypt(CiphertextBlob=note)["Plaintext"])

# %% [markdown]
# Now there are two secrets in your safe, and the key needs **both**: if one of them expires or is deleted, the whole key is
# pending import.
#
# ## Tom's notes, corrected
#
# | Tom's notes say | today |
# | --- | --- |
# | "tick the box and the key rotates every year" | every 90 to 2560 days, 365 if you say nothing; and on demand, up to 25 times. Both since April 2024 |
# | "AWS managed keys rotate every three years" | every year, since May 2022 |
# | "each rotation adds 1 USD a month" | only the first two do (since April 2024) |
# | "rotation is essential, since keys wear out" | AES-256 keys in KMS hardly wear out. Rotate because a rule asks for it, and know what it does not do |
# | "keys with imported material cannot be rotated" | symmetric ones can, on demand, since June 2025 |
# | "only symmetric keys can be imported" | most kinds of keys, since June 2023 |
# | "keys never leave their Region" | the key material of multi-Region keys is copied to other Regions, encrypted (since June 2021) |
# | "look through the logs for a key's last use" | `GetKeyLastUsage` says it (since April 2026). The trail still tells more |
#
# ## Key points
#
# - Rotation gives the same key new material. Id, ARN, alias and policy stay; old ciphertexts decrypt as before.
# - It re-encrypts nothing, and is no help against leaked data keys.
# - The first and the second rotation cost 1 USD a month each, the others nothing.
# - Asymmetric and HMAC keys do not rotate: a new key, and the alias moves.
# - To retire a key: look at its last use, disable it, wait, look into the trail, schedule the deletion with 30 days.
# - A deleted key takes all its data with it. A cancelled deletion leaves the key disabled.
# - Imported material can be taken away at once, and only the same bytes can come back. You keep the copy.
# - A replica decrypts what its primary encrypted; only the primary rotates.
#
# ## Questions
#
# 1. A password database was stolen, with a data key in clear beside it. Tom says: "Rotate the KMS key!" What do
#    you answer, and what do you do instead?
# 2. A key was last used 13 months ago, by `Decrypt`. What could come in the fourteenth month, and how do you find out without
#    a risk?
# 3. Your company keeps its imported key material in a safe, and the safe burns down. What can still be decrypted, until
#    when, and what do you do today?
#
# [All lessons](index.ipynb) · Previous: [08 Three kinds of keys](08_three_kinds_of_keys.ipynb) · Next: [10 Secrets](10_secrets.ipynb)
