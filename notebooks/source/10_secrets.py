# %% [markdown]
# # 10 Secrets: database passwords and API keys
#
# **You will be able to**
#
# - keep a database password in Parameter Store and an API key in Secrets Manager, and read them in a program;
# - say what is stored, under which key, and find in the trail who read which secret;
# - decide who may read a secret, down to a single parameter, and through which service only;
# - stop all its readers at once, and let them back;
# - know what fits, and what larger values need;
# - say why rotating a key does not change a password.
#
# **Before you begin**: [07 Who may use a key](07_who_may_use_a_key.ipynb) and
# [08 Three kinds of keys](08_three_kinds_of_keys.ipynb).
#
# **Time**: {minutes} minutes.
#
# [All lessons](index.ipynb) · Previous: [09 Rotation and lifecycle](09_rotation_and_lifecycle.ipynb) ·
# Next: [11 S3 across Regions](11_s3_across_regions.ipynb)
#
# Words you do not know: [glossary](glossary.ipynb).

# %%
# %load_ext kmslab

# %%
import base64
import json
import os
import subprocess
import sys

import boto3
from botocore.exceptions import ClientError
from kmslab.jupyter import figures

kms = boto3.client("kms", region_name="us-east-1")
ssm = boto3.client("ssm", region_name="us-east-1")


def attempt(call, **params):
    """The error of a call that is refused; None if it works."""
    try:
        call(**params)
    except ClientError as error:
        return error
    return None


# %% [markdown]
# ## Where a password does not belong
#
# Otterquill's shop needs the password of its database. Tom had it in the source: in every copy of the repository, and in its
# history for good. So he moved it into an environment variable, out of a file called `.env`, and is done, as he thinks.
#
# **Predict**: the shop starts another program, a converter for pictures of covers that Tom found on the internet. Does that one
# know the password?

# %%
environment = {**os.environ, "DB_PASSWORD": "correct horse"}
converter = "import os; print('the converter sees:', os.environ['DB_PASSWORD'])"
print(subprocess.run([sys.executable, "-c", converter], env=environment, capture_output=True, text=True).stdout, end="")

# %% [markdown]
# Whatever runs under the program gets its environment. Crash reports and debug pages print it. And nobody can say afterwards
# who has read the password, or take it away from anybody.
#
# What we want: the password lies somewhere **encrypted**, a program asks for it when it needs it, the asking is **permitted or
# refused**, and each time is **recorded**. You have all the parts. Two services put them together for you: Parameter Store and
# Secrets Manager.
#
# ## A password in Parameter Store
#
# **Parameter Store** is a part of AWS Systems Manager, `ssm` for short. It keeps values under names that look like paths. A
# value of the type `String` is kept as it is. One of the type **`SecureString`** is encrypted with KMS.

# %%
parameter = "/shop/db/password"
_ = ssm.put_parameter(Name=parameter, Type="SecureString", Value="correct horse")

# %% [markdown]
# You have named no key. **Predict**: what does the next cell show, the password or something else?

# %%
stored = ssm.get_parameter(Name=parameter)["Parameter"]["Value"]
print(len(stored), "characters, beginning with", stored[:6])

# %% [markdown]
# `AQICAH`: you know that beginning. It is the base64 of a KMS ciphertext, and it is what Parameter Store has. It can hand it
# to you like that, because it has nothing else. If you want the password, say so:

# %%
print(ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"])

# %% [markdown]
# **Predict**: three calls to Parameter Store. How many to KMS, which ones, and by whom?

# %%
for event in lab.trail.events()[-2:]:
    who = event["userIdentity"]
    print(event["eventName"], "by", who["userName"], "through", who["invokedBy"])
    print("   ", event["requestParameters"]["encryptionContext"])

# %% [markdown]
# Two. Reading the ciphertext needs no KMS. For the other two, Parameter Store called KMS **in your name**: your user, your
# permissions, your bill. `invokedBy` says through which service. (*FAS*, forward access session, is the name of the pass with
# which one service of AWS calls another for you.)
#
# And Parameter Store did what lesson 04 asked for: it gave an **encryption context**, `PARAMETER_ARN`. So the trail says *which*
# parameter was read, and the ciphertext of one parameter cannot be passed off as another's.

# %%
figures.flow(
    "GetParameter, WithDecryption=True",
    ["Your program", "Parameter Store", "KMS"],
    [
        figures.Step("Your program", "Parameter Store", "GetParameter"),
        figures.Step("Parameter Store", "Parameter Store", "finds the ciphertext"),
        figures.Step("Parameter Store", "KMS", "Decrypt, in your name"),
        figures.Step("KMS", "KMS", "may you? records it"),
        figures.Step("KMS", "Parameter Store", "password"),
        figures.Step("Parameter Store", "Your program", "password"),
    ],
)

# %% [markdown]
# Tom's notes say that KMS *stores* passwords. It stores none. Parameter Store has the ciphertext, KMS has the key, and a reader
# needs both.
#
# ## Which key was it?

# %%
found = ssm.describe_parameters()["Parameters"][0]
print(found["Name"], found["Type"], found["KeyId"])

# %% [markdown]
# `alias/aws/ssm`, the AWS managed key of Parameter Store (lesson 08). It came into being with your first `SecureString`, costs
# nothing a month, and its policy is not yours.
#
# Otterquill has an intern, with no permission for KMS at all. (In AWS he would also need `ssm:GetParameter`. The lab checks
# what KMS checks, and lets everybody use Parameter Store itself.)
#
# **Predict**: does he get the password?

# %%
intern = lab.user("intern")
intern_ssm = lab.client("ssm", principal=intern)
print(attempt(intern_ssm.get_parameter, Name=parameter, WithDecryption=True))
print(lab.trail.events(principal="intern")[-1]["eventName"])

# %% [markdown]
# No error: he does. The policy of `aws/ssm` lets in **everybody in the account**, if the call comes through Parameter Store:

# %%
aws_key = kms.describe_key(KeyId="alias/aws/ssm")["KeyMetadata"]["KeyId"]
statement = json.loads(kms.get_key_policy(KeyId=aws_key)["Policy"])["Statement"][0]
print(statement["Principal"], statement["Condition"])

# %% [markdown]
# With this key the ciphertext is safe from thieves of disks, and Systems Manager's permissions alone decide who reads it.
#
# Now a key of your own:

# %%
shop = kms.create_key(Description="secrets of the shop")["KeyMetadata"]
_ = kms.create_alias(AliasName="alias/shop-secrets", TargetKeyId=shop["KeyId"])
_ = ssm.put_parameter(
    Name=parameter, Type="SecureString", Value="battery staple", KeyId="alias/shop-secrets", Overwrite=True
)

# %% [markdown]
# **Predict**: the intern once more?

# %%
error = attempt(intern_ssm.get_parameter, Name=parameter, WithDecryption=True)
print(error.response["Error"]["Code"])
print(error.response["Error"]["Message"].partition(" (Service")[0])

# %% [markdown]
# Refused, and in KMS's words: he may ask Parameter Store, and KMS does not decrypt for him. **A reader needs two permissions**,
# `ssm:GetParameter` for the parameter and `kms:Decrypt` for its key.
#
# | | `alias/aws/ssm` | a key of your own |
# | --- | --- | --- |
# | who may decrypt | everybody in the account, through Parameter Store | whom your key policy and IAM let |
# | another account | never | if the key policy lets it in, and the caller names the key by ARN |
# | stop all readers | no: it cannot be disabled | `DisableKey` |
# | in the trail | every use | every use, and every change of the key |
# | costs | requests | requests, and 1 USD a month |
#
# But look at what is left of the first password. Each `put_parameter` made a **version**:

# %%
for version in ("1", "2"):
    value = ssm.get_parameter(Name=f"{parameter}:{version}", WithDecryption=True)["Parameter"]["Value"]
    key_arn = lab.trail.events(name="Decrypt")[-1]["resources"][0]["ARN"]
    print("version", version, value, "under your key:", key_arn == shop["Arn"])

print("the intern and version 1:", attempt(intern_ssm.get_parameter, Name=f"{parameter}:1", WithDecryption=True))

# %% [markdown]
# Another key for the parameter did not encrypt the old version again, and the intern still reads it. So a password that too
# many could read has to be **changed**, at the database. A better key for the next one is not enough.
#
# ## Exercise 10.1: an API key in Ireland
#
# The shelf *Books for a rainy day* is a program in **eu-west-1**. It asks a weather service, whose API key is `sunny-7141`. Tom
# was about to paste that into the code, and asks you first.
#
# 1. Store it there as **`/weather/api-key`**, encrypted under a key of **your own** with the alias **`alias/weather`**.
# 2. Read it back in clear.
# 3. The program runs as a user **`station`**, who may decrypt under that key. Make the user with that permission, and read
#    the API key **as the station**.
#
# (Give your clients for Ireland names of their own: the lesson goes on with `kms` and `ssm`.)

# %%
# Exercise 10.1
### BEGIN SOLUTION
ireland = boto3.client("kms", region_name="eu-west-1")
irish_ssm = boto3.client("ssm", region_name="eu-west-1")
weather = ireland.create_key(Description="weather")["KeyMetadata"]
ireland.create_alias(AliasName="alias/weather", TargetKeyId=weather["KeyId"])
irish_ssm.put_parameter(Name="/weather/api-key", Type="SecureString", Value="sunny-7141", KeyId="alias/weather")
print(irish_ssm.get_parameter(Name="/weather/api-key", WithDecryption=True)["Parameter"]["Value"])

may_decrypt = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": weather["Arn"]}],
}
station_ssm = lab.client("ssm", "eu-west-1", principal=lab.user("station", policy=may_decrypt))
print(station_ssm.get_parameter(Name="/weather/api-key", WithDecryption=True)["Parameter"]["Value"])
### END SOLUTION

# %%
check("10.1")

# %% [markdown]
# ## Only this parameter, and only through Parameter Store
#
# The shop keeps two secrets under one key. Its website may read the password of the database and nothing else. Encryption
# context and service are both in the request to KMS, so both can be **conditions** (lesson 07):

# %%
_ = ssm.put_parameter(Name="/shop/mail/api-key", Type="SecureString", Value="m-2718", KeyId="alias/shop-secrets")

only_this = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": shop["Arn"],
            "Condition": {
                "StringEquals": {
                    "kms:EncryptionContext:PARAMETER_ARN": (
                        "arn:aws:ssm:us-east-1:123456789010:parameter/shop/db/password"
                    ),
                    "kms:ViaService": "ssm.us-east-1.amazonaws.com",
                }
            },
        }
    ],
}
website = lab.role("website", policy=only_this)
website_ssm = lab.client("ssm", principal=website)
website_kms = lab.client("kms", principal=website)

# %% [markdown]
# **Predict**: three attempts of the website. It reads its password; it reads the API key of the mail service; and it fetches the
# *ciphertext* of its password and takes it to KMS itself, with the right context. Which of them work?

# %%
ciphertext = base64.b64decode(website_ssm.get_parameter(Name=parameter)["Parameter"]["Value"])
its_context = {"PARAMETER_ARN": "arn:aws:ssm:us-east-1:123456789010:parameter/shop/db/password"}

password = website_ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"]
mail = attempt(website_ssm.get_parameter, Name="/shop/mail/api-key", WithDecryption=True)
direct = attempt(website_kms.decrypt, CiphertextBlob=ciphertext, EncryptionContext=its_context)
print(password)
print("mail:  ", mail.response["Error"]["Code"])
print("direct:", direct.response["Error"]["Code"])

# %% [markdown]
# Only the first. Ask for the reason of the last one:

# %%
lab.explain(direct)

# %% [markdown]
# `kms:ViaService` **does not hold**: a call that comes by itself has no such value. Why would one want that? A ciphertext that
# has got out, in a backup or a log, then is worth nothing even to those who may read the parameter. They can read it *now*,
# as long as Parameter Store gives it to them.
#
# What a program may not decrypt it can still overwrite, if it has `kms:Encrypt` and `ssm:PutParameter`. Most programs need
# neither.
#
# ## Exercise 10.2: two departments, one key
#
# Vera, the auditor, writes: *two departments share one key in us-west-2. Can billing read the password of orders?* Build it so
# that the answer is no, and let the trail prove it.
#
# In **us-west-2**, one key protects two parameters, **`/billing/db/password`** and **`/orders/db/password`**. Make key and
# parameters, and a role **`billing`** that may decrypt **its own** parameter, and that **only through Parameter Store**.
# Then try three things **as the role**:
#
# 1. read `/billing/db/password`, which works;
# 2. read `/orders/db/password`, which is refused;
# 3. decrypt the ciphertext of `/billing/db/password` with KMS directly and its context, which is refused.

# %%
# Exercise 10.2
### BEGIN SOLUTION
oregon = boto3.client("kms", region_name="us-west-2")
oregon_ssm = boto3.client("ssm", region_name="us-west-2")
departments = oregon.create_key(Description="departments")["KeyMetadata"]
for each in ("billing", "orders"):
    oregon_ssm.put_parameter(
        Name=f"/{each}/db/password", Type="SecureString", Value=f"secret of {each}", KeyId=departments["KeyId"]
    )
its_own = {"PARAMETER_ARN": "arn:aws:ssm:us-west-2:123456789010:parameter/billing/db/password"}
for_billing = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": departments["Arn"],
            "Condition": {
                "StringEquals": {
                    "kms:EncryptionContext:PARAMETER_ARN": its_own["PARAMETER_ARN"],
                    "kms:ViaService": "ssm.us-west-2.amazonaws.com",
                }
            },
        }
    ],
}
billing = lab.role("billing", policy=for_billing)
billing_ssm = lab.client("ssm", "us-west-2", principal=billing)
billing_kms = lab.client("kms", "us-west-2", principal=billing)
print(billing_ssm.get_parameter(Name="/billing/db/password", WithDecryption=True)["Parameter"]["Value"])
print(attempt(billing_ssm.get_parameter, Name="/orders/db/password", WithDecryption=True) is None)
sealed = base64.b64decode(billing_ssm.get_parameter(Name="/billing/db/password")["Parameter"]["Value"])
print(attempt(billing_kms.decrypt, CiphertextBlob=sealed, EncryptionContext=its_own) is None)
### END SOLUTION

# %%
check("10.2")

# %% [markdown]
# ## The emergency stop
#
# Mira asks what you would do at night, if passwords were read and you did not know with whose permissions. Practise it. One
# call, and no secret under the key is read by anybody:

# %%
_ = kms.disable_key(KeyId=shop["KeyId"])
for reader in (ssm, website_ssm):
    error = attempt(reader.get_parameter, Name=parameter, WithDecryption=True)
    print(error.response["Error"]["Code"])

# %% [markdown]
# Nobody, you included. `InvalidKeyId` sounds like a typing error, and the call names no key at all. Read on: the message quotes
# KMS.

# %%
print(error.response["Error"]["Message"].partition("; Request ID")[0])

# %% [markdown]
# `Error Code: DisabledException`. Parameter Store says *invalid key id* for whatever is wrong with the key: disabled, waiting
# for its deletion, not there. (Secrets Manager, below, calls it `DecryptionFailure`.) Trying again does not help, and neither
# does storing the password anew: that needs the same key. Programs that have the password in memory go on until they are
# started anew: a key protects what is *stored*, and takes nothing back that was read.

# %%
_ = kms.enable_key(KeyId=shop["KeyId"])
print(website_ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"])

# %% [markdown]
# And the trail says who it was: every reading, and every attempt, is there.

# %%
for event in lab.trail.events(name="Decrypt", key=shop["KeyId"]):
    identity = event["userIdentity"]
    what = event["requestParameters"]["encryptionContext"].get("PARAMETER_ARN", "").partition("parameter")[2]
    via = identity.get("invokedBy", "directly")
    print(f"{identity['arn'].partition('/')[2]:22} {via:24} {what:20} {event.get('errorCode', 'ok')}")

# %% [markdown]
# ## How long may a secret be?
#
# Parameter Store has two **tiers**. A parameter of the standard tier is encrypted by `Encrypt` itself.
#
# **Predict**: so how many bytes may the value have? (Lesson 04 knows.)

# %%
certificate = "c" * 4097
error = attempt(
    ssm.put_parameter, Name="/shop/certificate", Type="SecureString", Value=certificate, KeyId="alias/shop-secrets"
)
print(error.response["Error"]["Message"].partition(". ")[0])

# %% [markdown]
# 4096. (Parameter Store looks first; KMS never hears of it.) The **advanced** tier takes 8192 bytes, and AWS charges for it.
#
# **Predict**: 4097 bytes do not fit into `Encrypt`. Which operation of KMS will be used?

# %%
_ = ssm.put_parameter(
    Name="/shop/certificate", Type="SecureString", Value=certificate, KeyId="alias/shop-secrets", Tier="Advanced"
)
lab.trail.events()[-1]["eventName"]

# %% [markdown]
# `GenerateDataKey`: envelope encryption (lesson 05), done by Parameter Store. For whoever reads it the same `Decrypt` is
# asked for as before, now of the data key. A policy for *writers* of both tiers has to allow both `kms:Encrypt` and
# `kms:GenerateDataKey`.
#
# ## An API key in Secrets Manager
#
# **Secrets Manager** is a service for secrets only. It takes up to 65,536 bytes, and it knows that secrets change.

# %%
secrets = boto3.client("secretsmanager", region_name="us-east-1")
before = lab.bill
_ = secrets.create_secret(Name="shop/payments", SecretString="pay-0001", KmsKeyId="alias/shop-secrets")
print(secrets.get_secret_value(SecretId="shop/payments")["SecretString"])

# %% [markdown]
# There is no `WithDecryption`: whoever may get the value gets it in clear.
#
# **Predict**: a value of 65,536 bytes has to be possible. So which operations of KMS were called for these two calls?

# %%
for event in lab.trail.events(key=shop["KeyId"])[-4:]:
    context = event["requestParameters"]["encryptionContext"]
    print(f"{event['eventName']:16}", *context, "(a test)" if "RequestToValidate" in context["SecretVersionId"] else "")
print(lab.bill.since(before).by("service"))

# %% [markdown]
# Always an envelope. The first two are a test: before it makes the secret, Secrets Manager tries whether *you* may use the key
# both ways, so that nobody creates a secret that he cannot read. Then `GenerateDataKey` for the version, and `Decrypt` for the
# reader. The context has the secret's ARN and the version's id. The requests are on your bill.
#
# | | Parameter Store, `SecureString` | Secrets Manager |
# | --- | --- | --- |
# | default key | `alias/aws/ssm` | `alias/aws/secretsmanager` |
# | longest value | 4096 bytes; 8192 in the advanced tier | 65,536 bytes |
# | to write | `kms:Encrypt`; in the advanced tier `kms:GenerateDataKey` | `kms:GenerateDataKey` and `kms:Decrypt` |
# | to read | `kms:Decrypt` | `kms:Decrypt` |
# | encryption context | `PARAMETER_ARN` | `SecretARN`, `SecretVersionId` |
# | `kms:ViaService` | `ssm.us-east-1.amazonaws.com` | `secretsmanager.us-east-1.amazonaws.com` |
# | old values | by number, `name:1` | by label, `AWSPREVIOUS` |
# | replaces the secret by a calendar | no | yes, with a program of yours |
#
# ## Two things called rotation
#
# `pay-0001` was on a slide, in front of sixty people. Tom calls out: "Rotate the key!" **Predict**: what will the program, and
# the sixty, read and use afterwards?

# %%
_ = kms.rotate_key_on_demand(KeyId=shop["KeyId"])
_ = lab.clock.advance(minutes=1)
print(secrets.get_secret_value(SecretId="shop/payments")["SecretString"])

# %% [markdown]
# The same. Key rotation gave the *KMS key* new key material for what will be encrypted from now on (lesson 09). The **secret**
# is a text which the payment company accepts, and it accepts it still.
#
# To rotate the **secret** means: get a new one from whoever accepts it, store it, and let the old one be refused there.

# %%
_ = secrets.put_secret_value(SecretId="shop/payments", SecretString="pay-0002")
for label in ("AWSCURRENT", "AWSPREVIOUS"):
    print(label, secrets.get_secret_value(SecretId="shop/payments", VersionStage=label)["SecretString"])

# %% [markdown]
# A program that asks for the secret gets the current version, without a change to its code. The previous one stays readable,
# so that a program which is in the middle of something, or an administrator who has to go back, still has it. It is worth
# nothing as soon as the payment company refuses it: that part no service of AWS can do for you by itself.
#
# | | rotate the key | rotate the secret |
# | --- | --- | --- |
# | what changes | key material in KMS | the password itself |
# | who notices | nobody | the database or company that accepts it, and every program |
# | helps when the secret leaked | **no** | yes |
# | by a calendar | `EnableKeyRotation` | Secrets Manager, with a program that changes the password at the database |
#
# ## Exercise 10.3: a password in a chat
#
# Run this cell once. It makes a secret in **eu-central-1**.

# %%
german_kms = boto3.client("kms", region_name="eu-central-1")
german_secrets = boto3.client("secretsmanager", region_name="eu-central-1")
warehouse = german_kms.create_key(Description="warehouse")["KeyMetadata"]["KeyId"]
made = german_secrets.create_secret(Name="warehouse/db", SecretString="winter-2025", KmsKeyId=warehouse)

# %% [markdown]
# Tom has posted `winter-2025`, the password of the warehouse, in a chat with suppliers. He is sorry, and has already told the
# database to accept `thaw-7260` instead. The rest is yours.
#
# 1. Do what helps.
# 2. Read the secret as the program will, and then the previous version, in case somebody has to go back.
# 3. Hand over a pair for Mira: **the reply that the program gets now**, as `get_secret_value` returns it, and **how many times
#    the KMS key had to be rotated** for that.

# %%
# Exercise 10.3
answer = None
### BEGIN SOLUTION
german_secrets.put_secret_value(SecretId="warehouse/db", SecretString="thaw-7260")
reply = german_secrets.get_secret_value(SecretId="warehouse/db")
print(german_secrets.get_secret_value(SecretId="warehouse/db", VersionStage="AWSPREVIOUS")["SecretString"])
answer = (reply, 0)
### END SOLUTION
check("10.3", answer)

# %% [markdown]
# ## What went wrong? "Access to KMS is not allowed"
#
# The shop moves the password of its database to Secrets Manager. Same key; and the website may decrypt with that key, you have
# seen it work. On Monday morning the website does not start:

# %%
_ = secrets.create_secret(Name="shop/db", SecretString="battery staple", KmsKeyId="alias/shop-secrets")
website_secrets = lab.client("secretsmanager", principal=website)

# %% tags=["raises-exception"]
website_secrets.get_secret_value(SecretId="shop/db")

# %% [markdown]
# Secrets Manager names neither action nor key, and not the reason. It is the same with every denial of KMS: it has let the
# caller in, and **KMS** has not. So look where KMS says more:

# %%
event = lab.trail.events(name="Decrypt", key=shop["KeyId"])[-1]
print(event["userIdentity"]["invokedBy"], event["errorCode"])
print(event["errorMessage"].partition("because ")[2])
print(*event["requestParameters"]["encryptionContext"])

# %% [markdown]
# No policy allows *this* Decrypt. The website's policy is bound to `kms:ViaService` of **Parameter Store** and to a
# `PARAMETER_ARN`, and this call came through Secrets Manager, with a `SecretARN`. The conditions did what they were written for.
#
# The new policy has to say the new things. The ARN of a secret ends in six characters that are drawn when it is made; six
# question marks stand for them:

# %%
moved = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": shop["Arn"],
            "Condition": {
                "StringLike": {
                    "kms:EncryptionContext:SecretARN": (
                        "arn:aws:secretsmanager:us-east-1:123456789010:secret:shop/db-??????"
                    )
                },
                "StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"},
            },
        }
    ],
}
_ = boto3.client("iam").put_role_policy(
    RoleName="website", PolicyName="website", PolicyDocument=json.dumps(moved)
)
print(website_secrets.get_secret_value(SecretId="shop/db")["SecretString"])

# %% [markdown]
# ## Tom's notes: what has changed since, and what was never quite so
#
# | Tom's notes say | more exactly |
# | --- | --- |
# | "KMS is perfect for database passwords and API keys in Parameter Store" | it is. KMS holds the key, Parameter Store the ciphertext |
# | "customer master key, CMK" | **KMS key**, since August 2021 |
# | "KMS encrypts up to 4 KB" | so does a standard parameter. Advanced ones take 8192 bytes, secrets 65,536, through data keys |
# | "AWS managed keys are free" | no monthly price. Requests are charged, those that services make for you too, but for a few services |
# | "AWS managed keys rotate every three years" | every year, since May 2022. No password changes by it |
# | nothing about who else in the account can read | `aws/ssm` decrypts for everybody whom Parameter Store lets. A key of your own asks a second time |
#
# ## Key points
#
# - Secrets belong neither into code nor into environment files, but where reading is permitted, refused and recorded.
# - A `SecureString` is a KMS ciphertext; a secret is an envelope. The service calls KMS in the reader's name.
# - A reader needs permission at the service **and** `kms:Decrypt`. With `aws/ssm` the second is given to all.
# - `kms:EncryptionContext:PARAMETER_ARN` (or `SecretARN`) narrows to one secret, `kms:ViaService` to one way.
# - `DisableKey` stops all readers of what is stored. It takes back nothing that was read.
# - A new key does not encrypt old versions again, and a rotated key does not change a password.
#
# ## Questions
#
# 1. An engineer has left. She could read `/shop/db/password`. Which of these help, and against what: delete her user, rotate
#    the key, disable the key, change the password?
# 2. Somebody schedules the deletion of the key of all your secrets. Nobody reads a secret for eight days, because all programs
#    have theirs in memory. What happens on the ninth day, and which secrets can be replaced?
# 3. A program reads its password at every request of a customer, a million times a day. What does KMS cost in a month, and
#    what would you change?
#
# [All lessons](index.ipynb) · Previous: [09 Rotation and lifecycle](09_rotation_and_lifecycle.ipynb) ·
# Next: [11 S3 across Regions](11_s3_across_regions.ipynb)
