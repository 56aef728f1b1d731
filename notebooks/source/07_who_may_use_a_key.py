# %% [markdown]
# # 07 Who may use a key: policies, grants, and denials
#
# **You will be able to**
#
# - read a key policy statement by statement, and say what the statement about *root* does;
# - let a role use a key, through IAM, through the key policy, and through a grant;
# - forbid something to everybody, and tie a permission to an encryption context, a tag or an alias;
# - avoid locking yourself out of a key, and say who helps if it has happened;
# - share a key with another account;
# - read an `AccessDeniedException`, and ask why.
#
# **Before you begin**: [01 Creating keys](01_creating_keys.ipynb) and [05 Envelope encryption](05_envelope_encryption.ipynb).
#
# **Time**: {minutes} minutes.
#
# Words you do not know: [glossary](glossary.ipynb).
#
# [All lessons](index.ipynb) · Previous: [06 Asymmetric keys](06_asymmetric_keys.ipynb) · Next: [08 Three kinds of keys](08_three_kinds_of_keys.ipynb)

# %%
# %load_ext kmslab

# %%
import json

import boto3
from botocore.exceptions import ClientError
from kmslab.jupyter import panels

kms = boto3.client("kms", region_name="us-east-1")
orders = kms.create_key(Description="orders")["KeyMetadata"]

# %% [markdown]
# ## The policy that you did not write
#
# Vera, the auditor, has one question before all others: **who can read what?** Start with the key of the orders.
#
# Every KMS key has exactly one **key policy**: a JSON document that says who may do what with this key. You gave none, so KMS
# wrote one.

# %%
print(kms.get_key_policy(KeyId=orders["KeyId"])["Policy"])

# %% [markdown]
# One **statement**, and every statement has the same parts:
#
# | element | here | says |
# | --- | --- | --- |
# | `Sid` | `Enable IAM User Permissions` | a name, for people |
# | `Effect` | `Allow` | or `Deny` |
# | `Principal` | `arn:aws:iam::123456789010:root` | for whom |
# | `Action` | `kms:*` | what: `kms:` and an operation, `*` for any text |
# | `Resource` | `*` | on what. In a key policy that is always *this key* |
# | `Condition` | not there | when |
#
# Tom's notes say that this document lets a role called `encryption` encrypt and decrypt. The shop is to run under that role.
#
# **Predict**: does it? Look for the role.
#
# ## A role called encryption
#
# A **role** is an identity without a password. Somebody who is trusted **assumes** it, and gets credentials for an hour.
# Programs in AWS work under roles. Three calls make one that can call KMS:

# %%
iam = boto3.client("iam")
sts = boto3.client("sts")

trust = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789010:root"},
            "Action": "sts:AssumeRole",
        }
    ],
}
role = iam.create_role(RoleName="encryption", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
credentials = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="lesson-07")["Credentials"]
role_kms = boto3.client(
    "kms",
    region_name="us-east-1",
    aws_access_key_id=credentials["AccessKeyId"],
    aws_secret_access_key=credentials["SecretAccessKey"],
    aws_session_token=credentials["SessionToken"],
)


# %% [markdown]
# **Predict**: `kms:*` is allowed to `arn:aws:iam::123456789010:root`, and the role belongs to this account. May it encrypt?

# %%
def attempt(call, **params):
    """The error of a call that is refused; None if it works."""
    try:
        call(**params)
    except ClientError as error:
        return error
    return None


error = attempt(role_kms.encrypt, KeyId=orders["KeyId"], Plaintext=b"order 1")
print(error.response["Error"]["Message"])

# %% [markdown]
# Read it from its end. **No identity-based policy allows the kms:Encrypt action.** An identity-based policy is one that is
# attached to the caller, in IAM. The role has none. So the key policy *lets the account in*, and leaves it to the account's
# IAM policies who in there may do what.
#
# A lab can show more than AWS does: every statement that was looked at.

# %%
lab.explain(error)

# %% [markdown]
# The statement matches, and by itself it does not suffice: it leaves the decision to IAM, and there is nothing in IAM. Give the
# role its half:

# %%
use = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["kms:Encrypt", "kms:Decrypt"], "Resource": orders["Arn"]},
    ],
}
_ = iam.put_role_policy(RoleName="encryption", PolicyName="encryption", PolicyDocument=json.dumps(use))

ciphertext = role_kms.encrypt(KeyId=orders["KeyId"], Plaintext=b"order 1")["CiphertextBlob"]
print(role_kms.decrypt(CiphertextBlob=ciphertext)["Plaintext"])
print(attempt(role_kms.generate_data_key, KeyId=orders["KeyId"], KeySpec="AES_256") is None)

# %% [markdown]
# Encrypt and Decrypt work; a data key does not, because nobody said so. An IAM policy has no `Principal` (it is attached to
# one), and its `Resource` is the **key's ARN**.
#
# This took three calls, and a client with the credentials. From here on the lab does that for users and roles, with the same
# calls behind it:

# %%
app = lab.role("encryption")
app_kms = lab.client("kms", principal=app)
print(app.arn)
print(app_kms.decrypt(CiphertextBlob=ciphertext)["Plaintext"])

# %% [markdown]
# (`lab.role("name", policy={...})` and `lab.user("name", policy={...})` make one that is new. A client for another Region is
# `lab.client("kms", "eu-west-1", principal=app)`. `app.arn` is the session, which ends; `app.role_arn` is the role.)
#
# ## Exercise 07.1: a role that may only read
#
# Otterquill's bookkeeper has a program that shows the reports. It must never show the salaries. Run this cell once: it makes two
# keys in **eu-west-1** and a ciphertext under each.

# %%
ireland = boto3.client("kms", region_name="eu-west-1")
reports = ireland.create_key(Description="reports")["KeyMetadata"]
salaries = ireland.create_key(Description="salaries")["KeyMetadata"]
report = ireland.encrypt(KeyId=reports["KeyId"], Plaintext=b"all is well")["CiphertextBlob"]
payroll = ireland.encrypt(KeyId=salaries["KeyId"], Plaintext=b"the payroll")["CiphertextBlob"]

# %% [markdown]
# Make a role **`reader`** that may **decrypt** under the key `reports` and do nothing else. Leave both key policies alone. Then
# try three things **as the role**: decrypt `report`, decrypt `payroll`, and encrypt under `reports`. The first has to work, the
# others have to be refused.

# %%
# Exercise 07.1
### BEGIN SOLUTION
only_read = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": reports["Arn"]}],
}
reader = lab.role("reader", policy=only_read)
reader_kms = lab.client("kms", "eu-west-1", principal=reader)
print(reader_kms.decrypt(CiphertextBlob=report)["Plaintext"])
print(attempt(reader_kms.decrypt, CiphertextBlob=payroll) is None)
print(attempt(reader_kms.encrypt, KeyId=reports["KeyId"], Plaintext=b"x") is None)
### END SOLUTION

# %%
check("07.1")

# %% [markdown]
# ## Without the statement about root
#
# `root` in that ARN is short for *the account*. (The account's root user is let in by it as well.) It does not mean
# administrators. Now write a key policy that names you, and no account:

# %%
you = sts.get_caller_identity()["Arn"]
mine_alone = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Me", "Effect": "Allow", "Principal": {"AWS": you}, "Action": "kms:*", "Resource": "*"}
    ],
}
_ = kms.put_key_policy(KeyId=orders["KeyId"], Policy=json.dumps(mine_alone))

# %% [markdown]
# **Predict**: the role still has its IAM policy, which allows Encrypt on this key. Does it help?

# %%
error = attempt(app_kms.encrypt, KeyId=orders["KeyId"], Plaintext=b"order 2")
lab.explain(error)

# %% [markdown]
# The IAM policy matches, and the answer is no: **no resource-based policy allows** it. (A key policy is a resource-based
# policy, attached to the resource.) For KMS keys, IAM counts only where the key policy lets the account in. That is what the
# statement about root is for: *it delegates*.
#
# The role can also be named in the key policy. Then it needs no IAM policy.
#
# Tom's notes warn you: if you remove the statement about root, only AWS Support can give the key back. Is that so here?

# %%
default_policy = json.dumps(
    {
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [
            {
                "Sid": "Enable IAM User Permissions",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789010:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }
)
_ = kms.put_key_policy(KeyId=orders["KeyId"], Policy=default_policy)
print(attempt(app_kms.encrypt, KeyId=orders["KeyId"], Plaintext=b"order 2") is None)

# %% [markdown]
# It was gone, and you put it back, because the policy still let *you* do `kms:PutKeyPolicy`. The warning is right for a key
# on which **nobody** can do that any more.
#
# ## Locked out
#
# How does one get there? A policy that names only somebody else:

# %%
spare = kms.create_key(Description="for locking")["KeyMetadata"]
alice = lab.user("alice")
only_alice = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": alice.arn}, "Action": "kms:Encrypt", "Resource": "*"}
        ],
    }
)
error = attempt(kms.put_key_policy, KeyId=spare["KeyId"], Policy=only_alice)
print(error.response["Error"]["Code"])
print(error.response["Error"]["Message"])

# %% [markdown]
# KMS looks first whether you could change the policy again: the **lockout safety check**. It can be skipped, with a parameter
# whose name should make you hesitate.
#
# **Predict**: who can change this policy afterwards: you, root, alice?

# %%
_ = kms.put_key_policy(KeyId=spare["KeyId"], Policy=only_alice, BypassPolicyLockoutSafetyCheck=True)

for who in (lab.administrator, lab.root, alice):
    client = lab.client("kms", principal=who)
    error = attempt(client.put_key_policy, KeyId=spare["KeyId"], Policy=default_policy)
    print(f"{who.name:14}", "ok" if error is None else error.response["Error"]["Code"])

# %% [markdown]
# Nobody. Not even root may delete the key, and it goes on costing 1 USD a month. (One can also get there without the bypass:
# the policy names one user, and somebody deletes that user.)
#
# Now Tom's notes are right. The lab plays the case with AWS Support:

# %%
print(lab.support.recover(spare["KeyId"]))

# %% [markdown]
# Three days of the lab's time have passed. Sessions of roles last an hour, so `app`'s is over. Begin a new one:

# %%
print(attempt(app_kms.encrypt, KeyId=orders["KeyId"], Plaintext=b"order 3").response["Error"]["Code"])
app = lab.role("encryption")
app_kms = lab.client("kms", principal=app)
print(attempt(app_kms.encrypt, KeyId=orders["KeyId"], Plaintext=b"order 3") is None)

# %% [markdown]
# ## Deny wins
#
# You are the administrator: IAM allows you everything, and the key policy lets the account in. Add one statement:

# %%
policy = json.loads(default_policy)
policy["Statement"].append(
    {
        "Sid": "HandsOff",
        "Effect": "Deny",
        "Principal": {"AWS": you},
        "Action": "kms:DisableKey",
        "Resource": "*",
    }
)
_ = kms.put_key_policy(KeyId=orders["KeyId"], Policy=json.dumps(policy))

# %% [markdown]
# **Predict**: two policies allow `DisableKey`, one denies it. What counts?

# %%
lab.explain(attempt(kms.disable_key, KeyId=orders["KeyId"]))

# %% [markdown]
# **An explicit deny wins**, wherever it stands, over any number of allows. But you may still change the policy, and so take
# the deny away. A deny like this one is a rail, not a wall: it protects from accidents. (Whom does a deny for
# `arn:aws:iam::123456789010:root` stop? Everybody in the account. There is nothing to delegate in a deny.)
#
# ## Exercise 07.2: an archive that nobody deletes
#
# Otterquill must be able to show its invoices for ten years, and Mira wants no accident with their key. In **us-west-2**, create a
# key with the description **`archive`**. Write its key policy so that
#
# 1. **nobody**, root included, may **schedule its deletion** or **disable** it;
# 2. everything else stays as under the default key policy.
#
# Then try to schedule its deletion as the administrator, and be refused.

# %%
# Exercise 07.2
### BEGIN SOLUTION
oregon = boto3.client("kms", region_name="us-west-2")
archive = oregon.create_key(Description="archive")["KeyMetadata"]["KeyId"]
policy = json.loads(oregon.get_key_policy(KeyId=archive)["Policy"])
policy["Statement"].append(
    {
        "Sid": "NobodyDeletes",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["kms:ScheduleKeyDeletion", "kms:DisableKey"],
        "Resource": "*",
    }
)
oregon.put_key_policy(KeyId=archive, Policy=json.dumps(policy))
print(attempt(oregon.schedule_key_deletion, KeyId=archive) is None)
### END SOLUTION

# %%
check("07.2")

# %% [markdown]
# ## Conditions
#
# A statement may have a `Condition`: it counts only for requests that fulfil it. The most useful one in KMS asks for the
# **encryption context** (lesson 04). Otterquill also runs the shops of some small publishers, its **tenants**: blue, red, green.
# One key is for all of them, and its policy lets the role decrypt for one:

# %%
policy = json.loads(default_policy)
policy["Statement"].append(
    {
        "Sid": "BlueOnly",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789010:role/encryption"},
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": {"StringEquals": {"kms:EncryptionContext:tenant": "blue"}},
    }
)
tenants = kms.create_key(Description="tenants", Policy=json.dumps(policy))["KeyMetadata"]
letters = {
    tenant: kms.encrypt(
        KeyId=tenants["KeyId"],
        Plaintext=f"dear {tenant}".encode(),
        EncryptionContext={"tenant": tenant},
    )["CiphertextBlob"]
    for tenant in ("blue", "red")
}

# %% [markdown]
# **Predict**: the role's IAM policy is about another key. Which of the two letters can it read?

# %%
blue = app_kms.decrypt(CiphertextBlob=letters["blue"], EncryptionContext={"tenant": "blue"})
print(blue["Plaintext"])
error = attempt(app_kms.decrypt, CiphertextBlob=letters["red"], EncryptionContext={"tenant": "red"})
lab.explain(error)

# %% [markdown]
# The blue one. (The key policy names the role, so the role needs no IAM policy here.) For the red one the last column says
# which condition failed, and what the request said. And the role cannot cheat: with the context `blue` the red ciphertext does
# not decrypt at all.
#
# Other conditions that you will meet:
#
# | condition key | asks |
# | --- | --- |
# | `kms:ViaService` | did a service, such as S3, make this call in somebody's name? AWS managed keys are for such calls only (lesson 08) |
# | `kms:CallerAccount` | from which account? |
# | `aws:ResourceTag/team` | which value has the key's tag `team`? (in IAM policies) |
# | `kms:RequestAlias`, `kms:ResourceAliases` | by which alias was the key named, and which aliases does it have? |
# | `kms:ScheduleKeyDeletionPendingWindowInDays` | how many days does the caller want to wait? |
#
# With tags and aliases one gives permission for a *kind of* key. This user may use whatever key has the tag:

# %%
by_tag = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "kms:Encrypt",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/team": "web"}},
        }
    ],
}
wendy = lab.client("kms", principal=lab.user("wendy", policy=by_tag))
print(attempt(wendy.encrypt, KeyId=spare["KeyId"], Plaintext=b"x") is None)
_ = kms.tag_resource(KeyId=spare["KeyId"], Tags=[{"TagKey": "team", "TagValue": "web"}])
print(attempt(wendy.encrypt, KeyId=spare["KeyId"], Plaintext=b"x") is None)

# %% [markdown]
# So whoever may tag a key may give access to it. (In AWS such a change can take up to five minutes to have its effect.)
#
# ## Grants: a permission for a while
#
# A key policy is for what lasts. For a job that runs tonight there is a **grant**: one principal, one key, some operations,
# perhaps a constraint. It is created and taken back without touching any policy. It can only allow, never deny.

# %%
batch = lab.role("batch")
batch_kms = lab.client("kms", principal=batch)
print(batch.role_arn)

grant = kms.create_grant(
    KeyId=tenants["KeyId"],
    GranteePrincipal=batch.role_arn,
    RetiringPrincipal=batch.role_arn,
    Operations=["Decrypt"],
    Constraints={"EncryptionContextSubset": {"tenant": "red"}},
    Name="tonight",
)

# %% [markdown]
# **Predict**: the role `batch` has no policy at all, and no policy names it. Which letter can it read now?

# %%
red = batch_kms.decrypt(CiphertextBlob=letters["red"], EncryptionContext={"tenant": "red"})
print(red["Plaintext"])
to_blue = {"CiphertextBlob": letters["blue"], "EncryptionContext": {"tenant": "blue"}}
error = attempt(batch_kms.decrypt, **to_blue)
lab.explain(error)

# %% [markdown]
# The red one. `EncryptionContextSubset` asks that the context *contains* the pair; `EncryptionContextEquals`, that it has
# nothing else. The grant is in the table like any statement. And everybody who may ask can see it:

# %%
for each in kms.list_grants(KeyId=tenants["KeyId"])["Grants"]:
    print(each["Name"], each["Operations"], each["Constraints"], each["GranteePrincipal"])

# %% [markdown]
# When the job is done it **retires** its grant. It may, because it is the retiring principal. (The key's administrators
# *revoke* one, with `revoke_grant`.)

# %%
_ = batch_kms.retire_grant(KeyId=tenants["Arn"], GrantId=grant["GrantId"])
error = attempt(batch_kms.decrypt, CiphertextBlob=letters["red"], EncryptionContext={"tenant": "red"})
print(error.response["Error"]["Code"], len(kms.list_grants(KeyId=tenants["KeyId"])["Grants"]))

# %% [markdown]
# ### A grant needs a moment
#
# In AWS a new grant may take up to five minutes until all of KMS knows it: **eventual consistency**. Until then the grantee
# can show the **grant token** from `create_grant`'s answer. Your lab has no such delay, so here is a second one that does:

# %%
from kmslab import Lab

with Lab(seed=7, eventual_consistency=True) as slow:
    slow_kms, job = slow.client("kms"), slow.role("job")
    key_id = slow_kms.create_key()["KeyMetadata"]["KeyId"]
    new = slow_kms.create_grant(KeyId=key_id, GranteePrincipal=job.role_arn, Operations=["Encrypt"])
    encrypt = slow.client("kms", principal=job).encrypt

    print("at once:        ", attempt(encrypt, KeyId=key_id, Plaintext=b"x") is None)
    shown = attempt(encrypt, KeyId=key_id, Plaintext=b"x", GrantTokens=[new["GrantToken"]])
    print("with its token: ", shown is None)
    slow.clock.advance(minutes=5)
    print("minutes later:  ", attempt(encrypt, KeyId=key_id, Plaintext=b"x") is None)

# %% [markdown]
# So a program that creates a grant and uses it at once passes the token on. A token is no secret: it helps only its grantee.
#
# ## Exercise 07.3: one tenant, one night
#
# Tonight a worker prints the invoices of the publisher green, and tomorrow it is to have forgotten how. In **eu-central-1**:
#
# 1. create a key, and encrypt something with the encryption context **`{"tenant": "green"}`**, and something for another
#    tenant;
# 2. make a role **`worker`** without any policy, and a **grant** that lets it **decrypt**, and nothing else, for the tenant
#    **green** only;
# 3. as `worker`, decrypt what is green, and be refused what is not;
# 4. take the grant away (retire or revoke it), and be refused, as `worker`, what is green.

# %%
# Exercise 07.3
### BEGIN SOLUTION
frankfurt = boto3.client("kms", region_name="eu-central-1")
shared_key = frankfurt.create_key(Description="tenants")["KeyMetadata"]["KeyId"]
boxes = {
    tenant: frankfurt.encrypt(KeyId=shared_key, Plaintext=b"?", EncryptionContext={"tenant": tenant})["CiphertextBlob"]
    for tenant in ("green", "white")
}
worker = lab.role("worker")
worker_kms = lab.client("kms", "eu-central-1", principal=worker)
tonight = frankfurt.create_grant(
    KeyId=shared_key,
    GranteePrincipal=worker.role_arn,
    Operations=["Decrypt"],
    Constraints={"EncryptionContextSubset": {"tenant": "green"}},
)
for tenant in ("green", "white"):
    print(tenant, attempt(worker_kms.decrypt, CiphertextBlob=boxes[tenant], EncryptionContext={"tenant": tenant}) is None)
frankfurt.revoke_grant(KeyId=shared_key, GrantId=tonight["GrantId"])
print(attempt(worker_kms.decrypt, CiphertextBlob=boxes["green"], EncryptionContext={"tenant": "green"}) is None)
### END SOLUTION

# %%
check("07.3")

# %% [markdown]
# ## Two accounts
#
# The publisher blue has an AWS account of its own, and its administrator may do everything there. They want to read their
# letter.

# %%
partner = lab.account("999988887777")
partner_kms = partner.client("kms")
error = attempt(partner_kms.decrypt, **to_blue)
print(error.response["Error"]["Message"])

# %% [markdown]
# A vague denial, and on purpose. A stranger is not told whether the key exists, and not which policy refuses. When you see
# this text, ask the key's owner.
#
# You are the owner. Let the other **account** in, for one action:

# %%
policy = json.loads(kms.get_key_policy(KeyId=tenants["KeyId"])["Policy"])
policy["Statement"].append(
    {
        "Sid": "Partner",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::999988887777:root"},
        "Action": "kms:Decrypt",
        "Resource": "*",
    }
)
_ = kms.put_key_policy(KeyId=tenants["KeyId"], Policy=json.dumps(policy))

# %% [markdown]
# **Predict**: two users of the partner try: their administrator, and `bob`, who has no IAM policy. Whom does it help?

# %%
bob_kms = partner.client("kms", principal=partner.user("bob"))
for name, client in {"administrator": partner_kms, "bob": bob_kms}.items():
    error = attempt(client.decrypt, **to_blue)
    why = "" if error is None else error.response["Error"]["Message"].partition(" because ")[2]
    print(f"{name:14}", why or "ok")

# %% [markdown]
# **Both sides** have to agree: your key policy names their account, and an IAM policy over there names your key's ARN. Now
# that the key's side agrees, bob's denial is clear: it is his own account that does not allow it.
#
# Across accounts only *using* a key can be allowed (and `DescribeKey`, `GetPublicKey`, `GetKeyRotationStatus` and grants).
# Nobody can ever be allowed to delete another account's key.
#
# ## Exercise 07.4: a key for two accounts
#
# Vera's firm has the account **`444455556666`**. She wants to read the books there, and you let her read those and no more.
#
# 1. In **eu-north-1**, create a key with the description **`exchange`**, and encrypt something under it.
# 2. Let their account **decrypt** under it: nothing more, and nobody else.
# 3. In **their** account, make a user **`auditor`** who may decrypt under **this key**, and decrypt as `auditor`.

# %%
# Exercise 07.4
### BEGIN SOLUTION
auditors = lab.account("444455556666")
stockholm = boto3.client("kms", region_name="eu-north-1")
exchange = stockholm.create_key(Description="exchange")["KeyMetadata"]
policy = json.loads(stockholm.get_key_policy(KeyId=exchange["KeyId"])["Policy"])
policy["Statement"].append(
    {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
        "Action": "kms:Decrypt",
        "Resource": "*",
    }
)
stockholm.put_key_policy(KeyId=exchange["KeyId"], Policy=json.dumps(policy))
books = stockholm.encrypt(KeyId=exchange["KeyId"], Plaintext=b"the books")["CiphertextBlob"]
may_decrypt = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": exchange["Arn"]}],
}
auditor = auditors.user("auditor", policy=may_decrypt)
print(auditors.client("kms", "eu-north-1", principal=auditor).decrypt(CiphertextBlob=books)["Plaintext"])
### END SOLUTION

# %%
check("07.4")

# %% [markdown]
# ## A playground
#
# Change the policy of `tenants` in the text area, choose who calls and what, and press **Ask**. Nothing is stored: the panel
# says what *would* be decided, and why. **Really call** asks KMS itself, under the policy that the key has. (Where KMS has a
# **dry run**, it is one: KMS checks everything, does nothing, and says so with an error, `DryRunOperationException`. A call
# that would change the key is not made.) Everything is reached with the Tab key.

# %%
panel = panels.policy_playground(lab, tenants["KeyId"])
panel

# %% [markdown]
# Try: take a comma away; remove the first statement; deny `kms:*` to everybody; let `batch` encrypt. Each time predict, then
# ask. A cell can fill in the panel and press its buttons too:

# %%
without_root = json.loads(kms.get_key_policy(KeyId=tenants["KeyId"])["Policy"])
del without_root["Statement"][0]
panel.choose("role encryption", "Decrypt", policy=without_root, encryption_context={"tenant": "blue"})
panel.ask().really_call()

# %% [markdown]
# ## What went wrong? The alias is in the policy
#
# Tom does not like key ids in policies. The key has an alias, so the role of the shop's new version gets this:

# %%
_ = kms.create_alias(AliasName="alias/orders", TargetKeyId=orders["KeyId"])
by_alias_arn = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "kms:Encrypt",
            "Resource": "arn:aws:kms:us-east-1:123456789010:alias/orders",
        }
    ],
}
shop = lab.role("shop", policy=by_alias_arn)
shop_kms = lab.client("kms", principal=shop)

# %% tags=["raises-exception"]
shop_kms.encrypt(KeyId="alias/orders", Plaintext=b"order 4")

# %% [markdown]
# *No identity-based policy allows the kms:Encrypt action.* But there is one? Look at the resource in the message: it is the
# **key's** ARN. KMS follows the alias first, and asks for permission on the key.

# %%
lab.explain(attempt(shop_kms.encrypt, KeyId="alias/orders", Plaintext=b"order 4"))

# %% [markdown]
# The last column says it: the `Resource` of the statement is something else than the key. In `Resource`, an alias ARN stands for
# *the alias itself*, and counts for `CreateAlias`, `UpdateAlias` and `DeleteAlias`. To allow what is behind an alias, ask for it
# in a condition:

# %%
by_alias = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "kms:Encrypt",
            "Resource": "arn:aws:kms:us-east-1:123456789010:key/*",
            "Condition": {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/orders"}},
        }
    ],
}
_ = iam.put_role_policy(RoleName="shop", PolicyName="shop", PolicyDocument=json.dumps(by_alias))
print(attempt(shop_kms.encrypt, KeyId="alias/orders", Plaintext=b"order 4") is None)

# %% [markdown]
# ## Reading a denial
#
# | the message ends with | look at |
# | --- | --- |
# | `no identity-based policy allows` | the caller's IAM policies: is there one, for this action, this key's ARN, this condition? |
# | `no resource-based policy allows` | the key policy: it neither names the caller nor lets the account in. IAM cannot help |
# | `with an explicit deny in ...` | the policy it names: find the `Deny`. No allow helps |
# | `no permissions boundary allows`, `no session policy allows` | a limit set on the caller, or on this session |
# | `the resource does not exist in this Region, no resource-based policies allow access, or ...` | another account's key: ask its owner. Or is it the wrong Region? |
#
# ## Tom's notes, corrected
#
# | Tom's notes say | more exactly |
# | --- | --- |
# | "the default policy allows a role" | it names no role. It lets the account in, and IAM policies decide |
# | "`root` is the root user" | it is the account, the root user included |
# | "remove the root statement and only AWS Support can help" | only if nobody may call `PutKeyPolicy` any more. KMS refuses such a policy, unless you bypass the check |
# | "the creator of a key may use it" | nobody may, unless a policy or a grant says so. Creators have no special right |
# | "policies without Action or Resource are stored" | refused, since August 2025 |
#
# ## Key points
#
# - A key policy decides first. The statement about `root` lets the account's IAM policies count; it allows no user or role by
#   itself.
# - Allowed is what the key policy allows by name, what IAM allows where the key policy lets the account in, or what a grant
#   allows. Everything else is denied.
# - An explicit deny wins.
# - Keep somebody who may call `PutKeyPolicy`. The lockout safety check helps; do not bypass it.
# - Grants are for permissions that end: narrow, constrained, retired. A new one may need its token.
# - Another account needs both sides.
# - IAM policies name key ARNs. Aliases and tags go into conditions.
# - Read a denial from its end.
#
# ## Questions
#
# 1. A key policy has two statements: the one about `root`, and one that lets the role `app` decrypt. A colleague detaches all
#    IAM policies from `app`. What can it still do, and what if the colleague removes the statement about `root` instead?
# 2. Somebody must be able to use a key for one week, from another account, for one tenant's data. Which means do you choose,
#    and what do you do at the end of the week?
# 3. Your company wants to be sure that no administrator reads the personnel files. What can a key policy do for that, what
#    can it not, and where would you look afterwards?
#
# [All lessons](index.ipynb) · Previous: [06 Asymmetric keys](06_asymmetric_keys.ipynb) · Next: [08 Three kinds of keys](08_three_kinds_of_keys.ipynb)
