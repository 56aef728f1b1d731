# %% [markdown]
# # 03 Encrypt from the command line
#
# **You will be able to**
#
# - create a key, name it, and list keys and aliases with `aws kms`;
# - pick what you need out of an answer with `--query` and `--output`;
# - encrypt a file and decrypt it again, and say at each step whether you hold bytes or base64;
# - explain the error `Invalid base64`, fix it in two ways, and guard against the case without an error;
# - recognise a wrong Region, in the error text and in the exit status;
# - turn any command into boto3, and any boto3 call into a command.
#
# **Before you begin**: [01 Creating keys](01_creating_keys.ipynb) and [02 Aliases](02_aliases.ipynb).
#
# **Time**: {minutes} minutes. In a workshop of 40, stop after exercise 03.2 and keep the rest for another day.
#
# Words you do not know: [glossary](glossary.ipynb).
#
# [All lessons](index.ipynb) · Previous: [02 Aliases](02_aliases.ipynb) · Next: [04 The 4 KB limit](04_the_4_kb_limit.ipynb)

# %%
# %load_ext kmslab

# %%
import base64
import os
import random
import tempfile
from pathlib import Path

import boto3
from kmslab.errors import KmslabError
from kmslab.jupyter import figures

kms = boto3.client("kms", region_name="us-east-1")
workplace = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
os.chdir(workplace.name)

# %% [markdown]
# The last line moves this notebook into a temporary folder. Files go there, and are deleted with it when you close the
# notebook's kernel.
#
# ## A program called `aws`
#
# Tom's notes on KMS are a page of commands, which he typed in 2021. Today you type them, and see which of them still do what he
# says.
#
# The **AWS CLI** (command line interface) is a program. Its name is `aws`, and a command looks like this:
#
#     aws SERVICE OPERATION --option value --option value
#
# You type it into a terminal, or put it into a script. In a notebook there are three ways:
#
# | you write | good for |
# | --- | --- |
# | `%aws kms list-keys` | one command. It is quick (the first one loads the program, which takes a moment), works on every system, and its output can go into a variable |
# | `!aws kms list-keys` | one line for the system's own shell |
# | `%%bash` as the first line of a cell | a whole script, with pipes and files |
#
# Where this lesson has `%aws`, a terminal has `aws`. All three call your Lab: the set-up cell has set environment variables that
# lead there, `AWS_ENDPOINT_URL` among them. If this computer has AWS CLI version 2, `!` and `%%bash` run it. If not, they run
# what `%aws` always runs: one that came with kmslab and keeps to the rules of version 2.
#
# (`%%bash` needs bash. macOS and Linux have it. On Windows, take `%aws` and Python, or WSL. In a terminal of your own, the same
# commands work with `kmslab serve` and `kmslab env`; both explain themselves with `--help`.)
#
# ## Create a key

# %%
# %aws kms create-key --description "front door" --query KeyMetadata.KeyId --output text

# %% [markdown]
# That is the key id, made by KMS. Two of the three options say what you want to *see*; you will get to them soon.
#
# The same call in boto3? The lab can say it. Without an argument, `show_boto3` shows the last call that arrived:

# %%
show_boto3()

# %% [markdown]
# There is nothing new to learn: it is the same API, and the names follow from each other.
#
# | | in the API | in boto3 | on the command line |
# | --- | --- | --- | --- |
# | operation | `CreateKey` | `create_key` | `create-key` |
# | parameter | `Description` | `Description=` | `--description` |
# | the answer | JSON | a dictionary | JSON, as text |
#
# You need the id for the next command. Nobody copies it by hand: a variable takes the output of a command, and `$` puts it into
# the next one.

# %%
# key_id = %aws kms list-keys --query Keys[0].KeyId --output text

# %%
# %aws kms create-alias --target-key-id $key_id --alias-name alias/door

# %% [markdown]
# No output. `create-alias` has no answer, so the command line prints nothing.
#
# **Predict**: you want to check that the alias is there. Does `list-keys` show it?

# %%
# %aws kms list-keys

# %% [markdown]
# Keys, and nothing else: ids and ARNs. This is also what an answer looks like as it comes, in JSON. Aliases have a command of
# their own:

# %%
# %aws kms list-aliases --query Aliases[].AliasName

# %% [markdown]
# ## Only what you want: `--query` and `--output`
#
# `--query` takes an expression in a small language called **JMESPath**. It is worked out **on your computer**, after the whole
# answer has come. `--output` says in which form the result is printed.
#
# | expression | is |
# | --- | --- |
# | `KeyMetadata.KeyId` | a member of a member |
# | `Keys[0].KeyId` | the same of the first in a list |
# | `Aliases[].AliasName` | of each in a list |
# | `"Aliases[].[AliasName, TargetKeyId]"` | two members of each |
# | `"Aliases[?starts_with(AliasName, 'alias/d')].AliasName"` | of each for which something is true |
#
# Quotation marks around the expression keep the shell away from its blanks and brackets.
#
# **Predict**: the command above printed `["alias/door"]` over three lines. What will these print?

# %%
# %aws kms list-aliases --query Aliases[].AliasName --output text
# %aws kms list-aliases --query "Aliases[].[AliasName, TargetKeyId]" --output table

# %% [markdown]
# `text` is for programs: the bare value, no quotation marks, several values with a tab between them. `table` is for people.
# `json` is the default, and the only one of the three that keeps the structure.
#
# ## Exercise 03.1: only these keys
#
# Run this cell once. It makes keys and aliases in **us-west-2**.

# %%
oregon = boto3.client("kms", region_name="us-west-2")
for name in ("archive", "team-red", "billing", "team-green", "team-blue"):
    number = oregon.create_key(Description=name)["KeyMetadata"]["KeyId"]
    oregon.create_alias(AliasName=f"alias/{name}", TargetKeyId=number)

# %% [markdown]
# Mira asks which of these keys are the teams'. With **one command**, get the **key ids** that stand behind the aliases in
# us-west-2 whose names begin with **`alias/team-`**: these ids, as plain text, and nothing else. Hand its output over. (Every
# command takes `--region`.)

# %%
# Exercise 03.1
answer = None
### BEGIN SOLUTION
# answer = %aws kms list-aliases --region us-west-2 --output text \
#     --query "Aliases[?starts_with(AliasName, 'alias/team-')].TargetKeyId"
### END SOLUTION
check("03.1", answer)

# %% [markdown]
# ## Encrypt a file
#
# First a file with a secret in it: the code of the stockroom's door. In a shell, `echo` writes a text, and `>` sends it into a file.

# %% language="bash"
# echo "the door code is 4711" > note.txt

# %% [markdown]
# **Predict**: the text has 21 characters. How many bytes has the file?

# %%
note = Path("note.txt").read_bytes()
print(len(note), note)

# %% [markdown]
# `echo` ends its line, with a byte that you did not type. It will be encrypted with the rest. For a note that is fine; at the
# end of a password it is a bug that takes an afternoon to find. (`printf %s "..."` writes no line's end.)
#
# Now encrypt it. `file://` in front of a name means: take what is in this file.

# %%
# %aws kms encrypt --key-id alias/door --plaintext file://note.txt --output text --query CiphertextBlob

# %% [markdown]
# `Invalid base64`, and then the content of the file: the second quotation mark stands on a line of its own because of `echo`.
# (The newest versions print `aws: [ERROR]:` in front.) Is the file damaged? Is KMS down? Ask the trail:

# %%
len(lab.trail.events(name="Encrypt"))

# %% [markdown]
# KMS was never called. The error is from `aws` itself, on this computer. `show_boto3` can read a command too, and it shows what
# the command line was about to do:

# %%
show_boto3("aws kms encrypt --key-id alias/door --plaintext file://note.txt")

# %% [markdown]
# There it is: `b64decode`. **AWS CLI version 2 takes every binary parameter for base64**, wherever its text comes from.
#
# **Base64** writes any bytes with 64 harmless characters: `A` to `Z`, `a` to `z`, `0` to `9`, `+` and `/`, and `=` to fill up
# the end. Three bytes become four characters. It is no encryption; anybody can read it back. KMS's API speaks JSON, JSON has no
# bytes, so plaintexts and ciphertexts travel as base64. The command line gives you base64 *out*, and since version 2 it also
# wants base64 *in*. (Version 1 took text as it was. Instructions from then fail today at this very place.)
#
# And our note is no base64. Nobody ever encoded it.
#
# **Look at the error once more.** It has printed your secret. In a terminal you can close the window; in the log of a build
# server it stays.
#
# ## Fix 1: say that the input is raw
#
# `--cli-binary-format raw-in-base64-out` means what it says: **raw in**, **base64 out**.

# %%
# sealed = %aws kms encrypt --key-id alias/door --cli-binary-format raw-in-base64-out \
#     --plaintext file://note.txt --output text --query CiphertextBlob
print(sealed[:6], len(sealed), "characters")

# %% [markdown]
# It works. (Only the beginning is shown: a ciphertext is different each time.)
#
# ## Fix 2: say that the file is bytes
#
# `fileb://`, with a **b** for *binary*: take the bytes of this file as they are, and decode nothing. The format option is not
# needed, and version 1 understands it too.

# %%
# again = %aws kms encrypt --key-id alias/door --plaintext fileb://note.txt \
#     --output text --query CiphertextBlob
print(again[:6], len(again), "characters")

# %% [markdown]
# Side by side with their twins:

# %%
for options in (
    "--plaintext file://note.txt",
    "--plaintext file://note.txt --cli-binary-format raw-in-base64-out",
    "--plaintext fileb://note.txt",
):
    command = f"aws kms encrypt --key-id alias/door {options}"
    print(command, show_boto3(command), sep="\n    ", end="\n\n")

# %% [markdown]
# boto3 wants **bytes** and does the base64 itself, in both directions. That is why you have not met it before.
#
# Use `fileb://` by habit. With the option you have to know how the text is spelled in bytes; `fileb://` never asks.
#
# ## Keep the ciphertext
#
# `sealed` is base64, and good for a configuration file. For a file of its own, decode it. In a shell that is a **pipe**: `|`
# hands the output of one program to the next.

# %% language="bash"
# aws kms encrypt --key-id alias/door --plaintext fileb://note.txt --output text --query CiphertextBlob \
#     | base64 --decode > note.encrypted

# %% [markdown]
# **Predict**: 22 bytes of note, 232 characters of base64. How large is `note.encrypted`? Is any of it readable?

# %%
encrypted = Path("note.encrypted").read_bytes()
print(len(encrypted), "bytes,", len(encrypted) - len(note), "more than the note")
print("all ASCII:", encrypted.isascii(), " the note in it:", b"door" in encrypted)
print("as base64 it begins with:", base64.b64encode(encrypted)[:6].decode())

# %% [markdown]
# 174 bytes; as base64 a third more. The 152 bytes on top hold, among other things, which key it was. Opened in an editor, this
# file shows odd signs: it is bytes, and no text in any language.

# %% tags=["hide-input"]
figures.flow(
    "Where is base64, and where are bytes?",
    ["Files", "aws", "KMS"],
    [
        figures.Step("Files", "aws", "fileb:// : bytes"),
        figures.Step("aws", "KMS", "JSON: base64"),
        figures.Step("KMS", "aws", "JSON: base64"),
        figures.Step("aws", "aws", "prints base64"),
        figures.Step("aws", "Files", "| base64 --decode: bytes"),
    ],
)

# %% [markdown]
# ## And back again
#
# `note.encrypted` is bytes, so `fileb://`. The answer's `Plaintext` is base64, so decode it.
#
# **Predict**: the next command names no key. Will KMS find it?

# %% language="bash"
# aws kms decrypt --ciphertext-blob fileb://note.encrypted --output text --query Plaintext \
#     | base64 --decode

# %%
decrypted = lab.trail.events(name="Decrypt")[-1]
print("asked:", decrypted["requestParameters"])
print("used: ", decrypted["resources"][0]["ARN"].endswith(key_id))

# %% [markdown]
# The request says nothing about a key; the ciphertext does. (This is so for symmetric keys, the usual ones. It is good
# practice to name the key all the same, by its ARN: then nobody can slip in a ciphertext of another one.)
#
# **Predict**: what does the command print without `| base64 --decode`?

# %%
# %aws kms decrypt --ciphertext-blob fileb://note.encrypted --output text --query Plaintext

# %% [markdown]
# It looks encrypted. It is not: this is your note, in clear, for anybody who knows base64.
#
# And with `file://` in place of `fileb://`?

# %%
# %aws kms decrypt --ciphertext-blob file://note.encrypted --output text --query Plaintext

# %% [markdown]
# `file://` reads *text*, and these bytes are none. This error helps: it names the remedy. For a ciphertext that is **kept as
# base64**, on the other hand, `file://` is right, because base64 is what the command line expects:

# %%
_ = Path("note.base64").write_text(sealed)
# %aws kms decrypt --ciphertext-blob file://note.base64 --output text --query Plaintext

# %% [markdown]
# | the file holds | write |
# | --- | --- |
# | bytes: a picture, a ciphertext after `base64 --decode` | `fileb://` |
# | text, to be encrypted as it is | `fileb://`, or `file://` with `--cli-binary-format raw-in-base64-out` |
# | base64 | `file://` |
#
# ## Exercise 03.2: there and back
#
# The bookkeeper in Ireland sends letters that nobody else should read. In **eu-west-1**, and **from the command line** from
# beginning to end:
#
# 1. create a key and give it the alias **`alias/letters`**;
# 2. write a text of your own into a file, and encrypt it by that alias into the file **`letter.encrypted`**, as bytes;
# 3. decrypt `letter.encrypted`, without naming a key.
#
# In bash, `name=$(aws ...)` puts the output of a command into a variable, and `"$name"` uses it. If you would rather use `%aws`,
# remove the cell's first line. When the last command of such a cell fails, Jupyter ends with a `CalledProcessError`; what `aws`
# itself said stands above it.

# %% language="bash"
# # Exercise 03.2
# ### BEGIN SOLUTION
# key_id=$(aws kms create-key --region eu-west-1 --description letters --query KeyMetadata.KeyId --output text)
# aws kms create-alias --region eu-west-1 --alias-name alias/letters --target-key-id "$key_id"
# echo "see you at the harbour" > letter.txt
# aws kms encrypt --region eu-west-1 --key-id alias/letters --plaintext fileb://letter.txt \
#     --output text --query CiphertextBlob | base64 --decode > letter.encrypted
# aws kms decrypt --region eu-west-1 --ciphertext-blob fileb://letter.encrypted \
#     --output text --query Plaintext | base64 --decode
# ### END SOLUTION

# %%
check("03.2", "letter.encrypted")

# %% [markdown]
# ## The mistake without an error
#
# `Invalid base64` is annoying. It is the *lucky* case.
#
# **Predict**: Tom encrypts the word `password`, without `fileb://` and without the option. What happens?

# %%
# spoiled = %aws kms encrypt --key-id alias/door --plaintext password --output text --query CiphertextBlob
print("exit status", _exit_code)
kms.decrypt(CiphertextBlob=base64.b64decode(spoiled))["Plaintext"]

# %% [markdown]
# No error, and six bytes that nobody knows. `password` happens to **be** base64: eight characters of the alphabet, two groups of
# four. The command line has decoded them, and KMS has faithfully encrypted the wrong thing. You notice months later, when you
# decrypt.
#
# It takes less than you would think, because the decoder **skips** what is not in the alphabet: blanks, hyphens, full stops,
# exclamation marks. Only the number of the remaining characters has to work out.
#
# **Predict**: which of these give an error, and which pass in silence: `test`, `hello`, `hell!`, `open, sesame 42`?

# %%
def really_sent(text):
    try:
        return show_boto3(f"aws kms encrypt --key-id alias/door --plaintext '{text}'")
    except KmslabError as error:
        return error


for text in ("test", "hello", "hell!", "open, sesame 42"):
    print(f"{text:16}", really_sent(text))

# %% [markdown]
# Only `hello` is caught. So do not wait for the error: **always** say how the input is to be read. Two ways to make that easy:
#
# - `fileb://` for everything that is in a file;
# - `aws configure set cli_binary_format raw-in-base64-out`, once for each computer, and the option goes without saying.
#
# What has gone wrong this way is not lost. The decoding can be turned round:

# %%
base64.b64encode(kms.decrypt(CiphertextBlob=base64.b64decode(spoiled))["Plaintext"])

# %% [markdown]
# (One more thing is wrong with `--plaintext password`: a command is kept in the shell's history, and other users of the computer
# may see it in the list of processes. Secrets come from files.)
#
# ## Exercise 03.3: what KMS really got
#
# Tom has put the database's password into a file and encrypted it as his notes say. There was no error. (The last two commands
# make a key for the day on which it is done right.)

# %%
_ = Path("password.txt").write_text("blue-harbor-42!")
# handed_in = %aws kms encrypt --key-id alias/door --plaintext file://password.txt --output text --query CiphertextBlob
# safe_id = %aws kms create-key --description safe --output text --query KeyMetadata.KeyId
# %aws kms create-alias --alias-name alias/safe --target-key-id $safe_id

# %% [markdown]
# 1. How many bytes did KMS really get? Find out, and hand the number over.
# 2. Do it right, from the command line: encrypt the password, all of it and nothing more, under **`alias/safe`**.
# 3. Prove it: decrypt your ciphertext, from the command line too.

# %%
# Exercise 03.3
answer = None
### BEGIN SOLUTION
answer = len(kms.decrypt(CiphertextBlob=base64.b64decode(handed_in))["Plaintext"])
# done_right = %aws kms encrypt --key-id alias/safe --plaintext fileb://password.txt --output text --query CiphertextBlob
# plaintext = %aws kms decrypt --ciphertext-blob $done_right --output text --query Plaintext
print(answer, base64.b64decode(plaintext))
### END SOLUTION
check("03.3", answer)

# %% [markdown]
# ## Which Region?
#
# None of the commands above says where. Then the command line takes the Region from the environment, or from its configuration:

# %%
os.environ["AWS_DEFAULT_REGION"]

# %% [markdown]
# In your own account this is whatever somebody once typed into `aws configure`. Tom's notes name the Region in *some* of their
# commands; that works as long as it is the same one.
#
# **Predict**: the next two commands name another Region. Which errors?

# %%
# %aws kms encrypt --region eu-west-1 --key-id alias/door --plaintext fileb://note.txt

# %%
# %aws kms decrypt --region eu-west-1 --ciphertext-blob fileb://note.encrypted

# %% [markdown]
# The first says it: there is no such alias in eu-west-1, and the ARN shows where KMS has looked. The second reads like a matter
# of permissions. Look for the words `does not exist in this Region`: KMS does not tell you whether the key is missing or you may
# not use it, and names all reasons at once. **When a decryption is denied, look at the Region first.**
#
# ## How a script notices
#
# A script cannot read error texts. Every program ends with a number, its **exit status**: 0 is success. After `%aws` it is in
# `_exit_code`, in a shell in `$?`.

# %%
_exit_code

# %% [markdown]
# | status | of AWS CLI version 2 means |
# | --- | --- |
# | 0 | done |
# | 252 | the command cannot be understood: an option is missing or wrong, a file is not there |
# | 253 | no Region or no credentials |
# | 254 | the service refused |
# | 255 | everything else, `Invalid base64` too |
#
# `if`, `&&` and `||` in a shell ask for it. (`2> error.txt` sends the error text into a file.)
#
# **Predict**: and in a pipe? The key is not in eu-west-1. Which status do the two lines print?

# %% language="bash"
# aws kms decrypt --region eu-west-1 --ciphertext-blob fileb://note.encrypted \
#     --output text --query Plaintext 2> error.txt | base64 --decode > note.back
# echo "exit status $?"
#
# set -o pipefail
# aws kms decrypt --region eu-west-1 --ciphertext-blob fileb://note.encrypted \
#     --output text --query Plaintext 2> error.txt | base64 --decode > note.back
# echo "exit status $?"

# %% [markdown]
# The first time `aws` failed as well! But a pipe ends as its **last** program does, and `base64` was content to decode nothing.
# What is left is an empty file `note.back`, and a script that believes in it:

# %%
Path("note.back").stat().st_size

# %% [markdown]
# `set -o pipefail` makes a pipe fail when any part of it fails. Put it at the top of every script that has such a line.
#
# ## Exercise 03.4: which Region was it?
#
# A publisher's agent has encrypted a manuscript for Otterquill in one of four Regions, and is on holiday. Run this cell once.

# %%
parcel_regions = ["ap-northeast-1", "ca-central-1", "eu-central-1", "us-west-2"]
for region in random.sample(parcel_regions, len(parcel_regions)):
    sender = boto3.client("kms", region_name=region)
    parcel_key = sender.create_key(Description="parcel")["KeyMetadata"]["KeyId"]
_ = Path("parcel.encrypted").write_bytes(sender.encrypt(KeyId=parcel_key, Plaintext=b"chapter 1")["CiphertextBlob"])
del region, sender, parcel_key

# %% [markdown]
# **From the command line**, find the Region in which **`parcel.encrypted`** can be decrypted. Hand over the Region's name. (In
# Python, `{name}` puts a variable into a `%aws` line, in a loop too.)

# %%
# Exercise 03.4
answer = None
### BEGIN SOLUTION
for place in parcel_regions:
#     content = %aws kms decrypt --region {place} --ciphertext-blob fileb://parcel.encrypted --query Plaintext
    if _exit_code == 0:
        answer = place
### END SOLUTION
check("03.4", answer)

# %% [markdown]
# ## What the trail knows
#
# **Predict**: can the trail tell what came from the command line and what from boto3?

# %%
sorted({event["userAgent"].split("/")[0] for event in lab.trail})

# %%
event = lab.trail.events(name="Encrypt")[0]
print(event["userAgent"].split("/")[0], event["eventName"], event["requestParameters"])

# %% [markdown]
# Yes: each client says what it is. (It *says* so; anybody can claim another name.) Apart from that, a call is a call: it is
# allowed or denied, recorded and charged for alike.
#
# What is not there: the plaintext, of course; the names of your files; `--query` and `--output`, which only concern your
# computer; and every command that failed before it was sent, such as our first `encrypt`.
#
# ## From one language into the other
#
# You have read this lesson's commands as boto3. Here they are together, and the way back:

# %%
for command in (
    'aws kms create-key --description "front door"',
    f"aws kms create-alias --target-key-id {key_id} --alias-name alias/door",
    "aws kms list-aliases",
    "aws kms encrypt --key-id alias/door --plaintext fileb://note.txt --output text --query CiphertextBlob",
    "aws kms decrypt --ciphertext-blob fileb://note.encrypted --region eu-west-1",
):
    print(command, show_boto3(command), sep="\n    ", end="\n\n")

# %%
show_cli('kms.encrypt(KeyId="alias/door", Plaintext=b"hello")')

# %% [markdown]
# The base64 that boto3 does for you becomes visible here: `aGVsbG8=` is `hello`. What comes *after* the call has no twin in the
# request: `--query CiphertextBlob` is `["CiphertextBlob"]` in Python, and `| base64 --decode` is nothing at all.
#
# ## What went wrong? Base64 once too often
#
# A ciphertext is made on the command line and read by a program. `sealed` is the text that `aws kms encrypt` has printed:

# %% tags=["raises-exception"]
kms.decrypt(CiphertextBlob=sealed)

# %% [markdown]
# `InvalidCiphertextException`, and KMS says no more than that. The ciphertext is in order. But boto3 wants bytes; it takes a text
# for the bytes of its letters, and encodes these in base64 for the journey, *once more*. KMS decodes once, and finds letters
# where a ciphertext should be. So decode what came from the command line before boto3 gets it:

# %%
kms.decrypt(CiphertextBlob=base64.b64decode(sealed))["Plaintext"]

# %% [markdown]
# The other way round it is the same mistake as `file://` was: one side thinks of bytes, the other of base64. Each time ask, *which
# of the two do I hold, and which does this want?*
#
# ## Tom's notes, and what holds today
#
# | Tom's notes say | to be exact |
# | --- | --- |
# | `--plaintext file://...` "may" fail | version 2 refuses some texts, and for the others encrypts something else without a word |
# | `Invalid base64:` and the name of the file | what follows is the *content* of the file |
# | "use `--cli-binary-format raw-in-base64-out`" | right, in version 2 only. `fileb://` works in both versions |
# | "call `list-keys`" to see the alias | `list-aliases` shows aliases |
# | `echo " a secret" > file` | the blank in front and the line's end are encrypted too |
# | `--region` in one command of five | the others take theirs from the environment: name it everywhere or nowhere |
# | a file called `secrect.txt` | a slip of the pen that works, since it is the same in every command. Copy names as they are |
#
# ## Key points
#
# - `aws kms create-key` is `kms.create_key`: one API, two spellings. `--query` and `--output` choose what you see, on your side.
# - Version 2 of the AWS CLI takes binary parameters for base64 and gives base64 out. boto3 takes bytes and gives bytes.
# - `fileb://` for bytes, `file://` for base64, `raw-in-base64-out` for text as it is.
# - No error does not mean that it was right: some texts pass for base64. Decrypt once before you rely on it.
# - A symmetric ciphertext knows its key, and only in its own Region.
# - A pipe hides the exit status of `aws`. `set -o pipefail`.
#
# ## Questions
#
# 1. `aws kms encrypt ... --plaintext fileb://key.pem --output text --query CiphertextBlob > key.encrypted` worked. Which
#    command decrypts this file, and why is `fileb://` wrong in it?
# 2. A script of Tom's encrypts a random password of 16 letters and digits with `--plaintext "$password"`. How often does it fail, how
#    often is the result right, and what would you change?
# 3. A nightly job decrypts a file through a pipe and starts a program with the result. One morning the program has an empty
#    configuration. Which two things would you look at first?
#
# [All lessons](index.ipynb) · Previous: [02 Aliases](02_aliases.ipynb) · Next: [04 The 4 KB limit](04_the_4_kb_limit.ipynb)
