"""Exercises of lesson 15: the nine holes of call golf, each with what to say to whom is not there yet.

More than 300 lines: nine holes. What is true of a round is in `golf_rounds`, and what a player finds in `tees`.
"""

from __future__ import annotations

from kmslab.exercises import golf_rounds as rounds
from kmslab.exercises import tees
from kmslab.exercises.golf import Hole, called, par_task
from kmslab.exercises.model import Exercise, Task, by_mistake

HOLES = {
    hole.number: hole
    for hole in (
        Hole(
            "1", "twenty notes", 2, 20,
            "Encrypt the twenty notes under the key, so that each can be read again. Hand over the ciphertext, "
            "or a list "
            "of them.",
            tees.notes,
        ),
        Hole(
            "2", "the ciphertext behind the shelf", 2, 12,
            "One of the twelve keys made this ciphertext. Which? Hand over its key id.",
            tees.found_ciphertext,
        ),
        Hole(
            "3", "names on doors", 2, 12,
            "Which key does each of the twelve aliases stand for? Hand over a dictionary: key ids by alias.",
            tees.names,
        ),
        Hole(
            "4", "under the new key", 6, 10,
            "Bring the five ciphertexts under the new key, each with the encryption context it has. Nobody may "
            "see what "
            "is in them. Hand over the list of the new ones, in the same order.",
            tees.old_ciphertexts,
        ),
        Hole(
            "5", "ten receipts", 2, 10,
            "Three of the ten receipts are forged: pairs of message and signature, signed with ECDSA_SHA_256. "
            "Hand over "
            "their places in the list, counted from 0, as a list.",
            tees.receipts,
        ),
        Hole(
            "6", "fifty covers", 2, 50,
            "Put the fifty covers into the bucket, each under its name, encrypted under the key (SSE-KMS).",
            tees.covers,
        ),
        Hole(
            "7", "fresh key material", 4, 6,
            "The three keys are to encrypt under fresh key material from today on. Key ids and aliases stay, and what "
            "was encrypted can still be opened.",
            tees.worn_keys,
        ),
        Hole(
            "8", "five data keys", 2, 5,
            "Have KMS make five AES-256 data keys, so that you can have them again later. Hand over a pair of "
            "lists: the "
            "ciphertexts, and the five keys.",
            tees.one_key,
        ),
        Hole(
            "9", "the night job", 4, 6,
            "Let the user night-job (tee.job is its ARN) decrypt under all three keys, with {'table': 'orders'} in the "
            "context only, and nothing else. Everybody else keeps what they have.",
            tees.tables,
        ),
    )
}  # fmt: skip


def _exercise(number: str, tasks: tuple[Task, ...], par: Task, hints: tuple[str, str, str]) -> Exercise:
    hole = HOLES[number]
    return Exercise(hole.exercise, hole.title, (*tasks, par), hints)


_TEE = 'First tee = golf("{0}"), then play, then check("15.{0}", {1}).'

EXERCISES = (
    _exercise(
        "1",
        (
            Task(
                "what was handed over are ciphertexts of the key",
                rounds.notes_open,
                by_mistake(
                    _TEE.format("1", "ciphertext"),
                    (rounds.are_plain, "Those are the notes themselves. Hand over the CiphertextBlob."),
                    (
                        rounds.are_no_ciphertexts,
                        "One CiphertextBlob is wanted, or a list of them. (A data key would encrypt the notes here, in "
                        "the notebook; on this hole KMS does it.)",
                    ),
                    (
                        lambda attempt: rounds.blobs(attempt.answer),
                        "KMS opens these with another key, or not at all: encrypt under tee.key_id, without a context.",
                    ),
                ),
            ),
            Task(
                "all twenty notes are in them",
                lambda attempt: rounds.notes_open(attempt) and not rounds.missing_notes(attempt),
                by_mistake(
                    "Open what you have, and compare with tee.notes.",
                    (
                        lambda attempt: len(rounds.missing_notes(attempt)) == 20,
                        "No note is in there as it was: the notes themselves are wanted, in clear or in JSON.",
                    ),
                    (rounds.missing_notes, "Some notes are not in there. All twenty are wanted."),
                ),
            ),
        ),
        par_task(HOLES["1"], "How many bytes take the notes together, and how many take one Encrypt?"),
        (
            "What is the most that one Encrypt takes (lesson 04)? How long are all the notes together?",
            "Make one text of the list, with json.dumps(tee.notes), and encrypt that.",
            "answer = kms.encrypt(KeyId=tee.key_id, Plaintext=json.dumps(tee.notes).encode())['CiphertextBlob']",
        ),
    ),
    _exercise(
        "2",
        (
            Task(
                "it is the key that made the ciphertext",
                rounds.is_the_maker,
                by_mistake(
                    _TEE.format("2", "key_id"),
                    (
                        lambda attempt: rounds.named_key(attempt) in rounds.given_at(attempt, "2")["key_ids"],
                        "It is another one of the twelve. A Decrypt that works says in its answer which key it was.",
                    ),
                    (
                        lambda attempt: isinstance(attempt.answer, str),
                        "That is none of tee.key_ids: hand over a key id or a key ARN, as a text.",
                    ),
                ),
            ),
            Task(
                "KMS was asked",
                lambda attempt: called(attempt, "2", "Decrypt", "ReEncrypt"),
                "In AWS nothing but a call tells: lab.dissect and lab.inventory stay in the bag.",
            ),
        ),
        par_task(HOLES["2"], "A ciphertext of a symmetric key knows its key; nobody has to name it."),
        (
            "Which member of decrypt can be left out with symmetric keys (lesson 04)? And what comes back "
            "besides the text?",
            "decrypt without KeyId, and the answer's KeyId.",
            "answer = kms.decrypt(CiphertextBlob=tee.ciphertext)['KeyId']",
        ),
    ),
    _exercise(
        "3",
        (
            Task(
                "a dictionary with all twelve aliases was handed over",
                rounds.names_every_door,
                by_mistake(
                    _TEE.format("3", "doors"),
                    (rounds.lacks_prefix, "The names begin with alias/, as they stand in tee.aliases."),
                ),
            ),
            Task(
                "each stands for the key that is named",
                rounds.right_doors,
                by_mistake(
                    "The value is the key id, or the key's ARN, of the key the alias stands for.",
                    (
                        lambda attempt: any("alias/" in str(key) for key in attempt.answer.values()),
                        "These are ARNs of aliases. TargetKeyId is the key's id.",
                    ),
                ),
            ),
            Task(
                "KMS was asked",
                lambda attempt: called(attempt, "3", "ListAliases", "DescribeKey", "Encrypt", "GenerateDataKey"),
                "In AWS nothing but a call tells: lab.inventory stays in the bag.",
            ),
        ),
        par_task(HOLES["3"], "There is a list that has names and keys together."),
        (
            "DescribeKey answers for one name. Who answers for all of them?",
            "list_aliases: each has AliasName and, if it stands for a key, TargetKeyId.",
            "listed = kms.list_aliases()['Aliases']\n"
            "answer = {each['AliasName']: each['TargetKeyId'] for each in listed if 'TargetKeyId' in each}",
        ),
    ),
    _exercise(
        "4",
        (
            Task(
                "the five are under the new key, with their contexts, in order",
                rounds.moved,
                by_mistake(
                    _TEE.format("4", "moved"),
                    (rounds.is_still_old, "Some are still under the old key: DestinationKeyId is tee.new_key."),
                    (
                        rounds.context_is_lost,
                        "They open without a context now. DestinationEncryptionContext gives them one: the same "
                        "as before.",
                    ),
                    (rounds.order_is_lost, "They are all there, in another order."),
                ),
            ),
            Task(
                "nobody saw what is in them",
                rounds.nobody_saw,
                by_mistake(
                    "There is a call that decrypts and encrypts within KMS.",
                    (
                        lambda attempt: rounds.done(attempt, "4")["Decrypt"],
                        "Decrypt brought the addresses into this notebook. ReEncrypt leaves them in KMS.",
                    ),
                ),
            ),
        ),
        par_task(HOLES["4"], "One call for each is enough."),
        (
            "Decrypt and Encrypt are two calls, and the text passes through your hands in between (lesson 04).",
            "re_encrypt, with SourceEncryptionContext and DestinationEncryptionContext.",
            "answer = []\n"
            "for sealed, context in zip(tee.ciphertexts, tee.contexts):\n"
            "    how = {'SourceEncryptionContext': context, 'DestinationEncryptionContext': context}\n"
            "    moved = kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=tee.new_key, **how)\n"
            "    answer.append(moved['CiphertextBlob'])",
        ),
    ),
    _exercise(
        "5",
        (
            Task(
                "these are the forged ones",
                lambda attempt: rounds.places(attempt) == rounds.forged(attempt),
                by_mistake(
                    _TEE.format("5", "[...]"),
                    (
                        lambda attempt: rounds.places(attempt) == rounds.good(attempt),
                        "These are the good ones. The others are wanted.",
                    ),
                    (
                        lambda attempt: rounds.places(attempt) == [place + 1 for place in rounds.forged(attempt)],
                        "Count from 0: the first receipt is number 0.",
                    ),
                    (
                        rounds.places,
                        "Not these. KMS answers KMSInvalidSignatureException, and cryptography raises "
                        "InvalidSignature, where a signature does not fit its message.",
                    ),
                ),
            ),
            Task(
                "the signatures were checked, by KMS or with its public key",
                lambda attempt: called(attempt, "5", "GetPublicKey", "Verify"),
                "Guessing is no golf: get_public_key or verify.",
            ),
        ),
        par_task(HOLES["5"], "The public key may leave KMS, and then it checks for nothing."),
        (
            "Who needs the private key here? Nobody (lesson 06).",
            "get_public_key once, serialization.load_der_public_key, and .verify(signature, message, "
            "ec.ECDSA(hashes.SHA256())) for each.",
            "public = serialization.load_der_public_key(kms.get_public_key(KeyId=tee.key_id)['PublicKey'])\n"
            "answer = []\n"
            "for place, (message, signature) in enumerate(tee.receipts):\n"
            "    try:\n"
            "        public.verify(signature, message, ec.ECDSA(hashes.SHA256()))\n"
            "    except InvalidSignature:\n"
            "        answer.append(place)",
        ),
    ),
    _exercise(
        "6",
        (
            Task(
                "the fifty covers are in the bucket",
                rounds.all_stored,
                by_mistake(
                    'First tee = golf("6"), then s3.put_object into tee.bucket for each name and picture of '
                    'tee.covers, then check("15.6").',
                    (
                        lambda attempt: len(rounds.stored(attempt)) == 50,
                        "Some are not what they were: store each picture as it is.",
                    ),
                    (lambda attempt: 0 < len(rounds.stored(attempt)) < 50, "Some of the fifty are missing."),
                ),
            ),
            Task(
                "each is encrypted under the key",
                rounds.all_under_the_key,
                by_mistake(
                    "ServerSideEncryption='aws:kms' and SSEKMSKeyId=tee.key_id.",
                    (
                        lambda attempt: rounds.some_with(attempt, "AES256"),
                        "Some are under S3's own key, which costs nothing, and which nobody can be kept from. "
                        "ServerSideEncryption='aws:kms', and tee.key_id.",
                    ),
                    (
                        lambda attempt: rounds.some_with(attempt, "aws:kms"),
                        "They are under a KMS key, but not all under tee.key_id: say SSEKMSKeyId.",
                    ),
                ),
            ),
        ),
        par_task(HOLES["6"], "S3 asks KMS in your name, for each object, unless the bucket has something to ask less."),
        (
            "Lesson 11 halved a bill, and more, with one word in put_object, or one on the bucket.",
            "BucketKeyEnabled=True.",
            "how = {'ServerSideEncryption': 'aws:kms', 'SSEKMSKeyId': tee.key_id, 'BucketKeyEnabled': True}\n"
            "for name, picture in tee.covers.items():\n"
            "    s3.put_object(Bucket=tee.bucket, Key=name, Body=picture, **how)",
        ),
    ),
    _exercise(
        "7",
        (
            Task(
                "key ids and aliases are as they were, and enabled",
                rounds.names_stay,
                by_mistake(
                    'First tee = golf("7"), then play, then check("15.7").',
                    (
                        lambda attempt: (
                            rounds.done(attempt, "7")["UpdateAlias"] or rounds.done(attempt, "7")["CreateKey"]
                        ),
                        "New keys are new costs and new ids. A KMS key can change what is inside it (lesson 09).",
                    ),
                ),
            ),
            Task(
                "all three encrypt under fresh key material",
                lambda attempt: len(rounds.rotated(attempt)) == 3,
                by_mistake(
                    "The key id stays, and the key material changes: that has a name.",
                    (
                        lambda attempt: rounds.done(attempt, "7")["RotateKeyOnDemand"] == 3,
                        "KMS is still at it. lab.clock.advance(minutes=1), and check again.",
                    ),
                    (
                        lambda attempt: rounds.done(attempt, "7")["EnableKeyRotation"],
                        "That rotates when a period is over: in a year, if you gave none. Today is wanted: on demand.",
                    ),
                ),
            ),
        ),
        par_task(HOLES["7"], "One call for each key is enough."),
        (
            "A key id is a name for a row of key materials, of which the newest encrypts (lesson 09).",
            "rotate_key_on_demand, and a minute of patience.",
            "for key_id in tee.key_ids:\n    kms.rotate_key_on_demand(KeyId=key_id)\nlab.clock.advance(minutes=1)",
        ),
    ),
    _exercise(
        "8",
        (
            Task(
                "five different keys of 32 bytes were handed over",
                lambda attempt: len(set(rounds.five_keys(attempt))) == 5,
                by_mistake(
                    _TEE.format("8", "(ciphertexts, keys)"),
                    (
                        lambda attempt: len(set(rounds.five_keys(attempt))) < 5,
                        "Some of them are the same. Five customers are to have five different keys.",
                    ),
                    (
                        lambda attempt: len(rounds.wanted(attempt.answer, 2)[1]) == 5,
                        "An AES-256 key is 32 bytes, as bytes.",
                    ),
                ),
            ),
            Task(
                "the ciphertexts hold just these, in this order",
                rounds.ciphertexts_hold_them,
                "Decrypted one after the other and put together, the ciphertexts have to be the five keys put "
                "together.",
            ),
            Task(
                "KMS made them",
                rounds.kms_made_them,
                by_mistake(
                    "GenerateDataKey has to be among your calls.",
                    (
                        lambda attempt: rounds.done(attempt, "8")["Encrypt"],
                        "You made them and KMS encrypted them. That may be as good; today KMS is to make them.",
                    ),
                ),
            ),
        ),
        par_task(HOLES["8"], "AES_256 is not the only thing that generate_data_key can be asked for."),
        (
            "KeySpec says how long a data key is. Which member says it in another way?",
            "NumberOfBytes, up to 1024. Five times 32 is 160.",
            "made = kms.generate_data_key(KeyId=tee.key_id, NumberOfBytes=160)\n"
            "plain = made['Plaintext']\n"
            "answer = ([made['CiphertextBlob']], [plain[start : start + 32] for start in range(0, 160, 32)])",
        ),
    ),
    _exercise(
        "9",
        (
            Task(
                "the night job may decrypt orders under all three keys",
                rounds.job_reads,
                by_mistake(
                    'First tee = golf("9"), then play, then check("15.9").',
                    (
                        rounds.only_iam_was_tried,
                        "An IAM policy costs no call to KMS, and does nothing here: these key policies do not let IAM "
                        "decide who decrypts. What else lets somebody use a key (lesson 07)?",
                    ),
                    (
                        lambda attempt: any(rounds.job_would(attempt, "Decrypt", table="orders")),
                        "Not under all three yet.",
                    ),
                ),
            ),
            Task(
                "and nothing else",
                rounds.job_does_no_more,
                by_mistake(
                    "The one operation, and only with {'table': 'orders'} in the context.",
                    (
                        lambda attempt: any(rounds.job_would(attempt, "Decrypt", table="salaries")),
                        "It can decrypt salaries, too: a grant takes Constraints, with EncryptionContextSubset.",
                    ),
                    (
                        lambda attempt: any(rounds.job_would(attempt, "Encrypt", table="orders")),
                        "It can encrypt, too. Operations=['Decrypt'] is enough.",
                    ),
                ),
            ),
            Task(
                "everybody else has what they had",
                rounds.others_as_before,
                by_mistake(
                    "The shop uses the keys, administrators manage them, and cannot read.",
                    (
                        lambda attempt: not all(rounds.would(attempt, attempt.lab.administrator, "PutKeyPolicy")),
                        'Administrators cannot change the policies any more. golf("9") makes new keys.',
                    ),
                    (
                        lambda attempt: not all(rounds.shop_would(attempt, "Decrypt", table="salaries")),
                        "The shop is shut out: a new policy replaces the old one as a whole.",
                    ),
                    (rounds.job_reads, "Others got in as well: a Principal '*' or the account's root is too much."),
                ),
            ),
        ),
        par_task(
            HOLES["9"],
            "One call for each key is enough.",
            (
                lambda attempt: rounds.done(attempt, "9")["GetKeyPolicy"] or rounds.done(attempt, "9")["PutKeyPolicy"],
                "To change a policy one reads it, changes it and puts it back. What is added to a key without that?",
            ),
        ),
        (
            "Three things let somebody use a key: its policy, IAM if the policy lets it, and ... (lesson 07)?",
            "create_grant with Operations and Constraints, once for each key.",
            "only = {'EncryptionContextSubset': {'table': 'orders'}}\n"
            "for key_id in tee.key_ids:\n"
            "    grant = {'GranteePrincipal': tee.job, 'Operations': ['Decrypt'], 'Constraints': only}\n"
            "    kms.create_grant(KeyId=key_id, **grant)",
        ),
    ),
)
