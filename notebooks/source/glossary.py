# %% [markdown]
# # Glossary
#
# The words of this course, each with the lesson that explains it. In a lesson, a word that comes later says where.
#
# [All lessons](index.ipynb)

# %% [markdown]
# ### AES-GCM
#
# The way in which AES is nearly always used: it encrypts, and it adds a tag by which every change is noticed. [Lesson 05](05_envelope_encryption.ipynb)

# %% [markdown]
# ### Alias
#
# A name for a key that you can point at another key, such as `alias/shop`. Programs use it in place of a key id. [Lesson 02](02_aliases.ipynb)

# %% [markdown]
# ### ARN
#
# Amazon Resource Name: the name of a key, an alias or anything else in the whole of AWS, with its Region and account in it. [Lesson 01](01_creating_keys.ipynb)

# %% [markdown]
# ### Asymmetric key
#
# A pair of keys that belong together: what the private one does, the public one undoes or checks. The private one stays in KMS. [Lesson 06](06_asymmetric_keys.ipynb)

# %% [markdown]
# ### AWS CLI
#
# The program `aws`, by which people and scripts call AWS from a terminal. [Lesson 03](03_encrypt_from_the_command_line.ipynb)

# %% [markdown]
# ### AWS managed key
#
# A key that AWS makes in your account for one of its services, such as `alias/aws/s3`. You see it, pay for its use, and can change nothing about it. [Lesson 08](08_three_kinds_of_keys.ipynb)

# %% [markdown]
# ### AWS owned key
#
# A key in an account of AWS's own. You cannot see, use, audit or choose it, and you do not pay for it. [Lesson 08](08_three_kinds_of_keys.ipynb)

# %% [markdown]
# ### Base64
#
# A way to write any bytes as letters and digits; a third longer. The AWS CLI shows bytes like that. [Lesson 03](03_encrypt_from_the_command_line.ipynb)

# %% [markdown]
# ### Bucket Key
#
# A key that S3 gets from KMS once for a bucket and a while, and from which it makes the objects' keys by itself. Saves nearly all requests. [Lesson 11](11_s3_across_regions.ipynb)

# %% [markdown]
# ### Ciphertext
#
# What comes out of encryption. Without the key it says nothing. [Lesson 00](00_start.ipynb)

# %% [markdown]
# ### CloudTrail
#
# The service of AWS that records who called what, when, and with which result. [Lesson 00](00_start.ipynb)

# %% [markdown]
# ### Condition
#
# The part of a policy statement that says when it counts, for example only for one encryption context. [Lesson 07](07_who_may_use_a_key.ipynb)

# %% [markdown]
# ### Customer managed key
#
# A key that you made and whose policy, state and end you decide. What most of this course is about. [Lesson 08](08_three_kinds_of_keys.ipynb)

# %% [markdown]
# ### Data key
#
# A key that KMS makes for you to encrypt with on your own computer. You get it twice: in clear, and encrypted under a KMS key. [Lesson 05](05_envelope_encryption.ipynb)

# %% [markdown]
# ### Digest
#
# The short fingerprint of a text of any length. What is signed is the digest. [Lesson 06](06_asymmetric_keys.ipynb)

# %% [markdown]
# ### Digest file
#
# What CloudTrail writes every hour beside its log files: their fingerprints, signed, so that a change is noticed. [Lesson 12](12_audit_trail.ipynb)

# %% [markdown]
# ### Dry run
#
# A call with `DryRun`: KMS checks whether it would be allowed, and does nothing. [Lesson 07](07_who_may_use_a_key.ipynb)

# %% [markdown]
# ### Encrypted data key
#
# A data key as it is stored beside the data: encrypted under a KMS key, worth nothing without it. [Lesson 05](05_envelope_encryption.ipynb)

# %% [markdown]
# ### Encryption context
#
# Names and values that are handed to `Encrypt` and must be handed to `Decrypt` in the same way. Not secret, but bound to the ciphertext, and in the trail. [Lesson 04](04_the_4_kb_limit.ipynb)

# %% [markdown]
# ### Envelope encryption
#
# Data is encrypted under a data key, and the data key under a KMS key. This is how more than 4,096 bytes are encrypted. [Lesson 05](05_envelope_encryption.ipynb)

# %% [markdown]
# ### Error code
#
# The part of an AWS error by which programs decide, such as `NotFoundException`. [Lesson 00](00_start.ipynb)

# %% [markdown]
# ### Event history
#
# The last 90 days of CloudTrail's events, in each Region, free and always on. [Lesson 12](12_audit_trail.ipynb)

# %% [markdown]
# ### Explicit deny
#
# A statement with the effect `Deny`. It wins over any number of statements that allow. [Lesson 07](07_who_may_use_a_key.ipynb)

# %% [markdown]
# ### Free tier
#
# The first 20,000 requests of a month, which cost nothing. Not for asymmetric keys. [Lesson 13](13_what_it_costs.ipynb)

# %% [markdown]
# ### Grant
#
# A permission on one key for one principal, made by a call and ended by a call, beside the key policy. [Lesson 07](07_who_may_use_a_key.ipynb)

# %% [markdown]
# ### Grant token
#
# What `CreateGrant` returns, and what lets a grant be used at once, before all of AWS has heard of it. [Lesson 07](07_who_may_use_a_key.ipynb)

# %% [markdown]
# ### HMAC
#
# A checksum with a key: who has no key can neither make nor check one. KMS has keys for it. [Lesson 06](06_asymmetric_keys.ipynb)

# %% [markdown]
# ### IAM
#
# Identity and Access Management: users, roles and what they may do. [Lesson 07](07_who_may_use_a_key.ipynb)

# %% [markdown]
# ### Imported key material
#
# Key material that you made yourself and handed to KMS. It can expire, and you must keep a copy. [Lesson 09](09_rotation_and_lifecycle.ipynb)

# %% [markdown]
# ### Key id
#
# The name of a key inside its account and Region. [Lesson 01](01_creating_keys.ipynb)

# %% [markdown]
# ### Key material
#
# The bits that encrypt. A KMS key is a record that points to them; they never leave KMS in clear. [Lesson 01](01_creating_keys.ipynb)

# %% [markdown]
# ### Key policy
#
# The document that every key has, and that says who may do what with it. Without it, nobody may do anything. [Lesson 07](07_who_may_use_a_key.ipynb)

# %% [markdown]
# ### Key spec
#
# Which kind of key material a key has, such as `SYMMETRIC_DEFAULT` or `RSA_2048`. Fixed when the key is made. [Lesson 01](01_creating_keys.ipynb)

# %% [markdown]
# ### Key state
#
# Whether a key can be used now: `Enabled`, `Disabled`, `PendingDeletion` and some more. [Lesson 01](01_creating_keys.ipynb)

# %% [markdown]
# ### Key usage
#
# What a key is for: to encrypt, to sign, to make MACs or to agree on keys. Fixed when the key is made. [Lesson 01](01_creating_keys.ipynb)

# %% [markdown]
# ### KMS key
#
# A key that lives in AWS Key Management Service. You name it; KMS uses it for you. [Lesson 00](00_start.ipynb)

# %% [markdown]
# ### Lockout
#
# Nobody is left who may change a key's policy. KMS checks for it before it takes a policy. [Lesson 07](07_who_may_use_a_key.ipynb)

# %% [markdown]
# ### Management event
#
# A call about resources, as CloudTrail calls it; all calls to KMS are such. Reading an S3 object is not; that is a data event. [Lesson 12](12_audit_trail.ipynb)

# %% [markdown]
# ### Multi-Region key
#
# Several keys, one in each Region, with the same key material and the same key id. [Lesson 09](09_rotation_and_lifecycle.ipynb)

# %% [markdown]
# ### Nonce
#
# A number that is used once with a key. With AES-GCM, never twice. [Lesson 05](05_envelope_encryption.ipynb)

# %% [markdown]
# ### Parameter Store
#
# Where programs find their settings. A `SecureString` parameter is encrypted under a KMS key. [Lesson 10](10_secrets.ipynb)

# %% [markdown]
# ### Plaintext
#
# What goes into encryption, and comes out of decryption. [Lesson 00](00_start.ipynb)

# %% [markdown]
# ### Principal
#
# Who calls: a user, a role's session, a service, an account. [Lesson 07](07_who_may_use_a_key.ipynb)

# %% [markdown]
# ### Public key
#
# The half of an asymmetric key that everybody may have. It checks signatures and encrypts. [Lesson 06](06_asymmetric_keys.ipynb)

# %% [markdown]
# ### Re-encrypt
#
# To move a ciphertext from one key to another inside KMS, which does not show the plaintext to anybody. [Lesson 02](02_aliases.ipynb)

# %% [markdown]
# ### Region
#
# A place of AWS's, such as `eu-west-1`, with its own KMS and its own keys. [Lesson 00](00_start.ipynb)

# %% [markdown]
# ### Replica
#
# A multi-Region key in another Region than the primary one. [Lesson 09](09_rotation_and_lifecycle.ipynb)

# %% [markdown]
# ### Request quota
#
# How many calls a second an account may make. Above it comes a `ThrottlingException`. [Lesson 13](13_what_it_costs.ipynb)

# %% [markdown]
# ### Role
#
# An identity without a password. Who is trusted assumes it and gets credentials for an hour. [Lesson 07](07_who_may_use_a_key.ipynb)

# %% [markdown]
# ### Rotation
#
# New key material for the same KMS key. Old ciphertexts open as before; nothing is encrypted anew. [Lesson 09](09_rotation_and_lifecycle.ipynb)

# %% [markdown]
# ### Secrets Manager
#
# Where programs find their passwords. Keeps versions, encrypts each under a KMS key, and can change a password by itself. [Lesson 10](10_secrets.ipynb)

# %% [markdown]
# ### Signature
#
# Proof that a text comes from whoever has the private key, and was not changed. [Lesson 06](06_asymmetric_keys.ipynb)

# %% [markdown]
# ### SSE-KMS
#
# S3 encrypts an object under a data key that KMS made, and asks KMS for it whenever somebody reads. [Lesson 11](11_s3_across_regions.ipynb)

# %% [markdown]
# ### Tag
#
# A name and a value that you attach to a key, for people, for bills and for permissions. [Lesson 01](01_creating_keys.ipynb)

# %% [markdown]
# ### Trail
#
# What writes CloudTrail's events into a bucket, for as long as you keep them. [Lesson 12](12_audit_trail.ipynb)

# %% [markdown]
# ### Waiting period
#
# The 7 to 30 days between scheduling a deletion and the deletion. In it you can change your mind. [Lesson 01](01_creating_keys.ipynb)
