# %% [markdown]
# # 02 Aliases: a name that can change its key
#
# **You will be able to**
#
# - give a key an alias, use it, and find out what it stands for;
# - point an alias at another key while the program that uses it goes on unchanged;
# - say what becomes of the old data, and move a ciphertext to the new key;
# - tell what an alias is not: no key, no rotation, no name that every operation takes.
#
# **Before you begin**: [01 Creating keys](01_creating_keys.ipynb).
#
# **Time**: {minutes} minutes.
#
# Words you do not know: [glossary](glossary.ipynb).
#
# [All lessons](index.ipynb) · Previous: [01 Creating keys](01_creating_keys.ipynb) · Next: [03 Encrypt from the command line](03_encrypt_from_the_command_line.ipynb)

# %%
# %load_ext kmslab

# %%
import boto3
from kmslab.jupyter import figures

kms = boto3.client("kms", region_name="us-east-1")

# %% [markdown]
# ## Give a key a name
#
# In Tom's old shop the id of a key is written into the program, in eleven places, and now that key is to be replaced. The new
# shop shall know a name instead.
#
# A key id is made by KMS, means nothing to people, and can never be chosen. An **alias** is a name that you choose. It stands
# for one key.

# %%
shop_key = kms.create_key(Description="shop, first key")["KeyMetadata"]["Arn"]
_ = kms.create_alias(AliasName="alias/shop", TargetKeyId=shop_key)

# %% [markdown]
# `create_alias` answers with nothing but technical details, which `_ =` throws away. No error, so it is done. From now on the
# name works where the key id did.
#
# **Predict**: `encrypt` is told `alias/shop`. Which name will its answer give for the key?

# %%
reply = kms.encrypt(KeyId="alias/shop", Plaintext=b"hello")
reply["KeyId"]

# %% [markdown]
# The ARN of the *key*. KMS looks the alias up first, and everything after that happens to the key. Keep this in mind; the rest
# of the lesson follows from it.
#
# The `alias/` in front is part of the name, always. Leave it out, and you get two different errors:

# %%
try:
    kms.create_alias(AliasName="shop", TargetKeyId=shop_key)
except kms.exceptions.ClientError as error:
    print("create_alias:", error.response["Error"]["Message"])

try:
    kms.encrypt(KeyId="shop", Plaintext=b"hello")
except kms.exceptions.ClientError as error:
    print("encrypt:     ", error.response["Error"]["Message"])

# %% [markdown]
# `create_alias` knows that you meant an alias. `encrypt` does not: without `alias/` it takes `shop` for a key id.
#
# ## Four ways to name a key
#
# An alias has an ARN too. Its **alias name** is short and is looked up in the Region and account of the caller; its **alias
# ARN** says which Region and account are meant. `list_aliases` shows both.

# %%
alias = kms.list_aliases()["Aliases"][0]
print(alias["AliasName"], alias["AliasArn"], sep="\n")

# %%
for name in (shop_key.rpartition("/")[2], shop_key, alias["AliasName"], alias["AliasArn"]):
    print(kms.describe_key(KeyId=name)["KeyMetadata"]["Arn"] == shop_key, name)

# %% [markdown]
# Look at the two ARNs: one has `:key/` and a key id, the other `:alias/` and your name. Nothing in the alias ARN tells which key
# it stands for.
#
# ## The alias is not in the key
#
# **Predict**: which member of the key's metadata holds its alias?

# %%
metadata = kms.describe_key(KeyId="alias/shop")["KeyMetadata"]
[member for member, value in metadata.items() if "alias" in str(value) or "alias" in member.lower()]

# %% [markdown]
# None. The key does not know its aliases. They are a list of their own, kept beside the keys: one row for each name, with the id
# of the key it stands for. A key can have several aliases (up to 50) or none. An alias always stands for exactly one key.

# %%
_ = kms.create_alias(AliasName="alias/reports", TargetKeyId=shop_key)
unnamed = kms.create_key(Description="no alias")["KeyMetadata"]["KeyId"]

for entry in kms.list_aliases()["Aliases"]:
    print(entry["AliasName"], "->", entry["TargetKeyId"])

# %% [markdown]
# To go from a key to its names, ask for one key:

# %%
for key_id in (shop_key, unnamed):
    print([entry["AliasName"] for entry in kms.list_aliases(KeyId=key_id)["Aliases"]])

# %%
figures.alias_map(lab)

# %% [markdown]
# In a real account the list may be longer: names that begin with `alias/aws/` belong to AWS services, such as `alias/aws/s3`.
# You may use them and read them, and you cannot make one:

# %%
try:
    kms.create_alias(AliasName="alias/aws/shop", TargetKeyId=shop_key)
except kms.exceptions.ClientError as error:
    print(error.response["Error"]["Message"])

# %% [markdown]
# ("CMK" is the old word for KMS key. Some error texts still use it.)
#
# ## Exercise 02.1: a name of your own
#
# The bookkeeper works in Ireland and wants to hear of no key ids. In **eu-west-1**, create a key and give it the alias
# **`alias/ledger`**. Then encrypt something and name the key **by that alias**. Keep the ciphertext in a variable; 02.2 needs
# it.

# %%
# Exercise 02.1
### BEGIN SOLUTION
ireland = boto3.client("kms", region_name="eu-west-1")
ledger_key = ireland.create_key(Description="ledger")["KeyMetadata"]["KeyId"]
ireland.create_alias(AliasName="alias/ledger", TargetKeyId=ledger_key)
page_one = ireland.encrypt(KeyId="alias/ledger", Plaintext=b"page 1")["CiphertextBlob"]
### END SOLUTION

# %%
check("02.1")

# %% [markdown]
# ## A program that knows one name
#
# Here is the part of Tom's new shop that encrypts orders. It is small, and it is running: from here on nobody may change a line
# of it. The only thing it knows about keys is the text `"alias/shop"`.

# %%
def seal(text):
    return kms.encrypt(KeyId="alias/shop", Plaintext=text.encode())["CiphertextBlob"]


def unseal(ciphertext):
    return kms.decrypt(CiphertextBlob=ciphertext)["Plaintext"].decode()


order_1 = seal("order 1")
unseal(order_1)

# %% [markdown]
# One day the first key is to be replaced. Make a new key and point the alias at it: `update_alias`.

# %%
next_shop_key = kms.create_key(Description="shop, second key")["KeyMetadata"]["Arn"]
_ = kms.update_alias(AliasName="alias/shop", TargetKeyId=next_shop_key)
figures.alias_map(lab)

# %% [markdown]
# Compare this with the map above: the arrow of `alias/shop` now ends at another key, and the arrow of `alias/reports` stayed.
#
# The shop goes on:

# %%
order_2 = seal("order 2")
unseal(order_2)

# %% [markdown]
# **Predict**: and the ciphertext from before the change? Does `unseal(order_1)`
#
# 1. fail, because `alias/shop` now means the second key;
# 2. work, because the ciphertext knows its key;
# 3. work, because `update_alias` has re-encrypted it?

# %%
unseal(order_1)

# %% [markdown]
# It works, and the reason is number 2. The alias was looked up once, when `order_1` was encrypted. What is written into the
# ciphertext is the key, not the alias. Not one of your ciphertexts was touched by `update_alias`; KMS does not even have them.
#
# Do not believe it: ask the trail. It records what the program *asked* for and which key was really *used*.

# %%
called = {shop_key: "first key", next_shop_key: "second key"}


def story(operation, count):
    answered = [event for event in lab.trail.events(name=operation) if "errorCode" not in event]
    for event in answered[-count:]:
        asked = event["requestParameters"].get("keyId", "(no key named)")
        used = event["resources"][0]["ARN"]
        print(f"{operation}: asked for {asked}, used the {called.get(used, used)}")


story("Encrypt", 2)
story("Decrypt", 3)

# %% [markdown]
# Twice the same question, two different keys. When you need to know which key holds some data, the alias does not tell you;
# the trail does, and so does the `KeyId` in the answer of `Decrypt`.
#
# (In AWS a changed alias may need a moment until every part of KMS has heard of it. The Lab shows it at once.)
#
# ## What `update_alias` does not do
#
# Tom's notes say that aliases help with key rotation. That is true for a change of keys **by hand**, which is what you have just
# done. It is not what AWS calls *rotation*. When KMS rotates a key (lesson 09), it gives the **same** key new key material, and
# no alias has to move.
#
# | | you move an alias | KMS rotates the key |
# | --- | --- | --- |
# | key id and ARN | those of another key | stay |
# | permissions (lesson 07), tags | those of the other key: set them yourself | stay |
# | old ciphertexts | need the **old key**, as long as they exist | need the same key |
# | keys to pay for | two | one (each of its first two rotations costs like a key) |
# | does it for you | nobody | KMS, once a year if you wish |
# | works for | every kind of key | symmetric keys |
#
# In both, old data stays as it was encrypted.
#
# ## Move a ciphertext to the new key
#
# As long as `order_1` needs the first key, you cannot retire that key. `re_encrypt` decrypts under one key and encrypts under
# another, **inside KMS**: you send a ciphertext and get a ciphertext, and the plaintext is never on your computer.

# %%
reply = kms.re_encrypt(CiphertextBlob=order_1, DestinationKeyId="alias/shop")
moved_order = reply["CiphertextBlob"]
print("from the", called[reply["SourceKeyId"]], "to the", called[reply["KeyId"]])

# %% [markdown]
# Now switch the first key off.
#
# **Predict**: which of `order_1`, `moved_order` and `order_2` can still be decrypted?

# %%
_ = kms.disable_key(KeyId=shop_key)
for name, ciphertext in {"order_1": order_1, "moved_order": moved_order, "order_2": order_2}.items():
    try:
        print(f"{name:12}", unseal(ciphertext))
    except kms.exceptions.ClientError as error:
        print(f"{name:12}", error.response["Error"]["Code"])

# %% [markdown]
# `moved_order` is a **new** ciphertext. `order_1` is still the old one, wherever copies of it are: in a backup, in a mail, in this
# notebook. `re_encrypt` has not changed it and cannot. So after moving, store the new one in place of the old one, **disable**
# the old key, and wait for complaints before you think of deleting it.
#
# Tom complains. Back on:

# %%
_ = kms.enable_key(KeyId=shop_key)
unseal(order_1)

# %% [markdown]
# ## Exercise 02.2: the ledger gets a new key
#
# A new year, a new key; the bookkeeper is to notice nothing. In **eu-west-1**, create another key and point **`alias/ledger`**
# at it **without** taking the alias away in between. Encrypt something new by the alias. Then prove that nothing was lost:
# decrypt **one old and one new** ciphertext.

# %%
# Exercise 02.2
### BEGIN SOLUTION
next_key = ireland.create_key(Description="ledger, second key")["KeyMetadata"]["KeyId"]
ireland.update_alias(AliasName="alias/ledger", TargetKeyId=next_key)
page_two = ireland.encrypt(KeyId="alias/ledger", Plaintext=b"page 2")["CiphertextBlob"]
for page in (page_one, page_two):
    print(ireland.decrypt(CiphertextBlob=page)["Plaintext"])
### END SOLUTION

# %%
check("02.2")

# %% [markdown]
# ## One program, two Regions
#
# Aliases belong to a Region, as keys do. So `alias/shop` can exist **in each Region** and stand for a different key there. A
# program that runs in many Regions needs no list of key ids: it uses the name, and gets the key of where it is.

# %%
def seal_in(region, text):
    return boto3.client("kms", region_name=region).encrypt(KeyId="alias/shop", Plaintext=text.encode())


tokyo = boto3.client("kms", region_name="ap-northeast-1")
tokyo_key = tokyo.create_key(Description="shop, Tokyo")["KeyMetadata"]["KeyId"]
_ = tokyo.create_alias(AliasName="alias/shop", TargetKeyId=tokyo_key)

for region in ("us-east-1", "ap-northeast-1"):
    print(seal_in(region, "order 3")["KeyId"])

# %%
figures.alias_map(lab, region="ap-northeast-1")

# %% [markdown]
# The same call, two keys that have nothing to do with each other. What was encrypted in Tokyo is decrypted in Tokyo
# (lesson 01).
#
# ## What an alias cannot do
#
# **It does not name a key everywhere.** Operations that *use* a key take an alias: `Encrypt`, `Decrypt`, `ReEncrypt`, and those
# of lessons 05 and 06. So does `DescribeKey`. Operations that *manage* a key do not: a name that may point elsewhere tomorrow is
# no way to say what to switch off.

# %%
try:
    kms.disable_key(KeyId="alias/shop")
except kms.exceptions.InvalidArnException as error:
    print(error)

# %% [markdown]
# Ask `describe_key` what the alias stands for, look at the answer, and name the key by its id. (Permissions are given to keys
# too, not to aliases: lesson 07.)
#
# **It does not go from one kind of key to another.** Here is a key for MACs, which are checksums with
# a key (lesson 06). It cannot encrypt.

# %%
mac_key = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["Arn"]
try:
    kms.update_alias(AliasName="alias/shop", TargetKeyId=mac_key)
except kms.exceptions.ClientError as error:
    print(error.response["Error"]["Code"])
    print(error.response["Error"]["Message"])

# %% [markdown]
# Key type and key usage must stay. A program that calls `encrypt` by this name would stop at once; KMS does not let that
# happen. The alias is where it was:

# %%
called[kms.describe_key(KeyId="alias/shop")["KeyMetadata"]["Arn"]]

# %% [markdown]
# **It does not take the key with it.** `delete_alias` deletes a name.
#
# **Predict**: `alias/reports` stands for the first key. After `delete_alias`, what is the first key's state?

# %%
_ = kms.delete_alias(AliasName="alias/reports")
print(kms.describe_key(KeyId=shop_key)["KeyMetadata"]["KeyState"])
try:
    kms.encrypt(KeyId="alias/reports", Plaintext=b"hello")
except kms.exceptions.NotFoundException as error:
    print(error.response["Error"]["Message"])

# %% [markdown]
# The key is as it was, and everything encrypted by that name can be decrypted. Only programs that use the name fail. (The other
# way round it is different: when a *key* is deleted, after its waiting period, all its aliases go with it.)
#
# ## Exercise 02.3: move and retire
#
# Mira keeps the minutes of the founders' meetings. The next cell plays last year, in **us-west-2**: a key, the alias
# `alias/archive`, and one document under it. Run it once.

# %%
oregon = boto3.client("kms", region_name="us-west-2")
_ = oregon.create_alias(
    AliasName="alias/archive",
    TargetKeyId=oregon.create_key(Description="archive")["KeyMetadata"]["KeyId"],
)
minutes = oregon.encrypt(KeyId="alias/archive", Plaintext=b"minutes of the meeting")["CiphertextBlob"]

# %% [markdown]
# One of the founders has left, and Mira wants the key retired. In us-west-2:
#
# 1. point **`alias/archive`** at a new key;
# 2. move `minutes` to the new key **without seeing its plaintext**;
# 3. **disable** the old key (which is it, now that the alias has moved?);
# 4. decrypt the moved document, to prove that it no longer needs the old key.

# %%
# Exercise 02.3
### BEGIN SOLUTION
fresh_key = oregon.create_key(Description="archive, second key")["KeyMetadata"]["KeyId"]
oregon.update_alias(AliasName="alias/archive", TargetKeyId=fresh_key)
result = oregon.re_encrypt(CiphertextBlob=minutes, DestinationKeyId="alias/archive")
oregon.disable_key(KeyId=result["SourceKeyId"])
print(oregon.decrypt(CiphertextBlob=result["CiphertextBlob"])["Plaintext"])
### END SOLUTION

# %%
check("02.3")

# %% [markdown]
# ## What went wrong? The right name for the wrong key
#
# Tom has read that one should name the key on `decrypt` as well, so that nobody can slip in a ciphertext of another key. The
# advice is good. So this is the new version of his program, and `order_1` is still our first order:

# %% tags=["raises-exception"]
kms.decrypt(KeyId="alias/shop", CiphertextBlob=order_1)

# %% [markdown]
# `IncorrectKeyException`: the ciphertext names one key and you named another, so KMS refuses. `alias/shop` **meant** the
# first key when `order_1` was made. Today it means the second. The code was right for months and fails on the day the alias moves,
# and only for old data.
#
# If you name the key on `Decrypt`, name the **key**: store the `KeyId` of the `Encrypt` answer, an ARN, beside the ciphertext.

# %%
kms.decrypt(KeyId=shop_key, CiphertextBlob=order_1)["Plaintext"]

# %% [markdown]
# The other classic is to *create* an alias a second time, for instance by running a cell twice:

# %% tags=["raises-exception"]
kms.create_alias(AliasName="alias/shop", TargetKeyId=next_shop_key)

# %% [markdown]
# `AlreadyExistsException`: in one account and Region a name exists once. To point it elsewhere, use `update_alias`. Deleting
# and creating again also works, and in between your program has no key.
#
# ## Tom's notes, and what holds today
#
# | Tom's notes say | to be exact |
# | --- | --- |
# | "an alias helps key rotation" | it helps you change to *another* key by hand. KMS's own rotation keeps the key and needs no alias |
# | "swap keys without changing your application" | yes, within one key type and one key usage, if the application decrypts without naming the alias |
# | "call `list-keys` to see whether the alias is there" | `ListKeys` shows ids only. `ListAliases` shows aliases |
#
# ## Key points
#
# - An alias is a name, `alias/` included, that stands for one key of its own account and Region. It is no part of the key.
# - It is looked up when the call is made. The ciphertext names the key, never the alias.
# - `update_alias` changes what comes next and leaves what is there: old data still needs the old key. `re_encrypt` moves one
#   ciphertext.
# - Use aliases to encrypt; to decrypt, name no key, or the key's ARN.
# - The same alias in each Region makes one program work everywhere, with a key of its own in each place.
#
# ## Questions
#
# 1. Tom moved the alias of a busy application by mistake an hour ago. You move it back. Which data must you look after, and how
#    do you find out how much there is?
# 2. Ten thousand files are encrypted under the old key, and you want to delete that key. What has to be done first, and how
#    could the trail tell you that you have forgotten one?
# 3. Why may an alias go from a disabled key to an enabled one, and not from a key for encryption to a key for signatures
#    (lesson 06)?
#
# [All lessons](index.ipynb) · Previous: [01 Creating keys](01_creating_keys.ipynb) · Next: [03 Encrypt from the command line](03_encrypt_from_the_command_line.ipynb)
