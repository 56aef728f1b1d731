"""Bad scenario files: every finding with its line and column, and with what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kmslab.errors import KmslabError
from kmslab.scenario import Scenario

# Lines 1 to 4 of each file whose text begins with an indent.
HEAD = """\
version: 1
region: eu-central-1
accounts:
  "111122223333":
"""

# What is written, below HEAD where it is indented; and the findings.
FILES = {
    "an account id without quotes": (
        "version: 1\nregion: us-east-1\naccounts:\n  111122223333: {}\n",
        ['4:3: Write "111122223333" in quotes: without them YAML reads no text here.'],
    ),
    "an account id that older YAML takes for octal": (
        "version: 1\nregion: us-east-1\naccounts:\n  012345670123: {}\n",
        ['4:3: Write "012345670123" in quotes: without them YAML reads no text here.'],
    ),
    "an account id of eleven digits": (
        'version: 1\nregion: us-east-1\naccounts:\n  "11112222333": {}\n',
        ["4:3: '11112222333' cannot be a name here; write 12 digits in quotes."],
    ),
    "no account": (
        "version: 1\nregion: us-east-1\naccounts: {}\n",
        ["3:11: 'accounts' cannot be that; write accounts by id."],
    ),
    "a future version and an unknown Region": (
        'version: 2\nregion: eu-central-9\naccounts: {"111122223333": }\n',
        [
            "1:10: 'version' is 2; write 1.",
            "2:9: 'region' is 'eu-central-9', which there is not; did you mean 'eu-central-2'?",
        ],
    ),
    "what must be there is missing": (
        "description: nothing else\n",
        [
            "1:1: 'accounts' is missing; write accounts by id.",
            "1:1: 'region' is missing; write a Region, such as us-east-1.",
            "1:1: 'version' is missing; write 1.",
        ],
    ),
    "a list and not a mapping": ("- one\n", ["1:1: 'the file' is a list; write members, each with its name."]),
    "no YAML": (
        "version: 1\naccounts: [\n",
        ["3:1: This is no YAML: expected the node content, but found '<stream end>'."],
    ),
    "an anchor that nobody set": (
        "version: *one\n",
        ["1:10: This is no YAML: found undefined alias 'one'."],
    ),
    "an alias inside of itself": (
        "version: 1\nregion: us-east-1\ndescription: &all [*all]\naccounts: {}\n",
        [
            "3:14: 'description' is a list; write a text.",
            "3:14: An alias stands here inside of what it stands for; write out what is meant.",
            "4:11: 'accounts' cannot be that; write accounts by id.",
        ],
    ),
    "a tag that promises a number": (
        "version: !!int one\nregion: us-east-1\naccounts: {}\n",
        [
            "1:10: 'version' is None; write 1.",
            "1:10: This is no int; leave the tag before it out.",
            "3:11: 'accounts' cannot be that; write accounts by id.",
        ],
    ),
    "members that there are not": (
        """
    keys:
      - aliases: [alias/app]
        speck: RSA_2048
        colour: red
    user: {alice: }
""",
        [
            "7:9: There is no member 'speck' here; did you mean 'spec'?",
            "8:9: There is no member 'colour' here; write one of aliases, description, policy, "
            "bypass_policy_lockout_safety_check, tags, enabled, grants, id, region, spec, usage, origin, material, "
            "rotation, multi_region, replicas.",
            "9:5: There is no member 'user' here; did you mean 'users'?",
        ],
    ),
    "a member twice": (
        """
    keys:
      - aliases: [alias/app]
        spec: HMAC_256
        spec: HMAC_512
""",
        ["8:9: 'spec' is written twice; keep one of the two."],
    ),
    "values of AWS's enumerations": (
        """
    keys:
      - {aliases: [alias/a], spec: RSA_2049, usage: SIGN}
      - {aliases: [alias/b], origin: AWS_CLOUDHSM}
      - aliases: [alias/c]
        grants: [{grantee: user/administrator, operations: [Encrpyt, Sign]}]
""",
        [
            "6:36: 'spec' is 'RSA_2049', which there is not; did you mean 'RSA_2048'?",
            "6:53: 'usage' is 'SIGN', which there is not; write one of SIGN_VERIFY, ENCRYPT_DECRYPT, "
            "GENERATE_VERIFY_MAC, KEY_AGREEMENT, ENCAPSULATE_DECAPSULATE.",
            "7:38: 'origin' is 'AWS_CLOUDHSM', which there is not; write one of AWS_KMS, EXTERNAL.",
            "9:61: 'operations' 1 is 'Encrpyt', which there is not; did you mean 'Encrypt'?",
        ],
    ),
    "other types": (
        """
    users:
      alice: {tags: {Year: 2026, Active: true, Day: 2026-01-05}, groups: developers}
    keys:
      - {aliases: alias/app, enabled: "yes", rotation: sometimes}
""",
        [
            "6:28: 'Year' is 2026, which YAML reads as no text; write it in quotes: \"2026\".",
            "6:42: 'Active' is true, which YAML reads as no text; write it in quotes: \"true\".",
            "6:74: 'groups' is a text; write a list of groups.",
            "8:19: 'aliases' is a text; write a list of aliases.",
            "8:39: 'enabled' is a text; write true or false.",
            "8:56: 'rotation' is a text; write true, or a number of days from 90 to 2560.",
        ],
    ),
    "key ids": (
        """
    keys:
      - id: my-key
      - id: 1234ABCD-12AB-34CD-56EF-1234567890AB
      - id: mrk-1234abcd12ab34cd56ef1234567890ab
      - {id: 1234abcd-12ab-34cd-56ef-1234567890ab, multi_region: true}
      - {spec: HMAC_256}
""",
        [
            "6:13: 'id' cannot be 'my-key'; write a UUID, or mrk- and 32 hexadecimal digits, in small letters.",
            "7:13: 'id' cannot be '1234ABCD-12AB-34CD-56EF-1234567890AB'; write a UUID, or mrk- and 32 "
            "hexadecimal digits, in small letters.",
            "8:13: Only multi-Region keys have an id with mrk-; write 'multi_region: true', or a UUID.",
            "9:14: The id of a multi-Region key is mrk- and 32 hexadecimal digits.",
            "10:9: A key needs an 'id' or 'aliases', by which it is known when the scenario is applied again.",
        ],
    ),
    "specs, usages, origins and rotation that do not go together": (
        """
    keys:
      - {aliases: [alias/a], spec: RSA_2048}
      - {aliases: [alias/b], spec: HMAC_256, usage: SIGN_VERIFY}
      - {aliases: [alias/c], spec: ML_DSA_44, origin: EXTERNAL}
      - {aliases: [alias/d], spec: HMAC_256, rotation: true}
      - {aliases: [alias/e], rotation: 30}
      - {aliases: [alias/f], origin: EXTERNAL, replicas: {eu-west-1: }}
""",
        [
            "6:9: 'usage' is missing: a key of spec RSA_2048 is for ENCRYPT_DECRYPT or for SIGN_VERIFY.",
            "7:53: A key of spec HMAC_256 is not for SIGN_VERIFY; write GENERATE_VERIFY_MAC.",
            "8:55: Key material of spec ML_DSA_44 cannot be imported; leave 'origin' out.",
            "9:56: Only symmetric encryption keys of origin AWS_KMS rotate by the calendar; leave 'rotation' out.",
            "10:40: 'rotation' cannot be that; write true, or a number of days from 90 to 2560.",
            "11:9: A key without its key material cannot be replicated; give its 'material', or leave 'replicas' out.",
        ],
    ),
    "replicas": (
        """
    keys:
      - {aliases: [alias/a], replicas: {eu-central-1: }}
      - {aliases: [alias/b], replicas: {cn-north-1: }, multi_region: false}
      - {aliases: [alias/c], replicas: {eu-west-9: }}
""",
        [
            "6:41: The key itself is in eu-central-1; a replica is in another Region.",
            "7:41: cn-north-1 and eu-central-1 are of different partitions; a replica stays in its partition.",
            "7:70: A key with replicas is a multi-Region key; write true, or leave 'replicas' out.",
            "8:41: 'eu-west-9' is not known here; did you mean 'eu-west-3'?",
        ],
    ),
    "what may occur once": (
        """
    users:
      alice: {access_key: {id: AKIAEXAMPLEEXAMPLE00, secret: 0123456789abcdef}}
      bob: {access_key: {id: AKIAEXAMPLEEXAMPLE00, secret: 0123456789abcdef}}
    keys:
      - {id: 1234abcd-12ab-34cd-56ef-1234567890ab, aliases: [alias/app, alias/app]}
      - id: 1234abcd-12ab-34cd-56ef-1234567890ab
        region: eu-west-1
      - {aliases: [alias/other], replicas: {eu-west-1: {aliases: [alias/twice]}}}
      - {aliases: [alias/twice], region: eu-west-1}
      - id: 1234abcd-12ab-34cd-56ef-1234567890ab
    buckets: [{name: one-bucket}, {name: one-bucket}]
""",
        [
            "7:30: The access key 'AKIAEXAMPLEEXAMPLE00' is defined in line 6 already; write another one.",
            "9:73: The alias 'alias/app' is defined in line 9 already; write another one.",
            "13:20: The alias 'alias/twice' is defined in line 12 already; write another one.",
            "14:13: The key id '1234abcd-12ab-34cd-56ef-1234567890ab' is defined in line 9 already; write another one.",
            "15:42: The bucket 'one-bucket' is defined in line 15 already; write another one.",
        ],
    ),
    "alias names, tag keys and bucket names": (
        """
    keys:
      - {aliases: [app, alias/aws/app], tags: {"aws:x": "1"}}
    buckets: [{name: My_Bucket}]
""",
        [
            "6:20: 'aliases' 1 cannot be 'app'; write a name such as alias/app.",
            "6:25: Aliases that begin with alias/aws/ are AWS's own; write another one.",
            "6:48: Tag keys that begin with aws: are AWS's own; write another one.",
            "7:22: 'name' cannot be 'My_Bucket'; write 3 to 63 small letters, digits, dots or hyphens.",
        ],
    ),
    "references to what the file does not define": (
        """
    groups: {developers: }
    users:
      alice: {groups: [developer, testers]}
    keys:
      - aliases: [alias/app]
        grants:
          - {grantee: user/alise, operations: [Encrypt]}
          - grantee: arn:aws:iam::111122223333:role/app
            operations: [Encrypt]
            retiring: alice
    buckets:
      - {name: one-bucket, encryption_key: alias/ap}
      - {name: two-bucket, encryption_key: alias/app, region: eu-west-1}
""",
        [
            "7:24: There is no group 'developer' in this account; did you mean 'developers'?",
            "7:35: There is no group 'testers' in this account; write one of developers.",
            "11:23: There is no 'user/alise' in this account; did you mean 'user/alice'?",
            "12:22: This file defines no 'arn:aws:iam::111122223333:role/app'; write one of "
            "arn:aws:iam::111122223333:user/administrator, "
            "arn:aws:iam::111122223333:role/OrganizationAccountAccessRole, arn:aws:iam::111122223333:user/alice.",
            "14:23: There is no 'alice' in this account; did you mean 'user/alice'?",
            "16:44: There is no key 'alias/ap' of this account in eu-central-1; did you mean 'alias/app'?",
            "17:44: There is no key 'alias/app' of this account in eu-west-1; there is none.",
        ],
    ),
    "the administrator": (
        """
    users:
      administrator: {access_key: {id: short}, tags: {a: b}}
""",
        [
            "6:35: 'secret' is missing; write 16 to 128 characters without spaces.",
            "6:40: 'id' cannot be 'short'; write 16 to 128 letters, digits or _, such as AKIAIOSFODNN7EXAMPLE.",
            "6:48: Every account has its administrator, who may do everything; only 'access_key' can be given.",
        ],
    ),
    "policies": (
        """
    users:
      alice:
        policies:
          one: {Version: 2012-10-18, Statement: [{Efect: Allow, Action: kms:*, Resource: "*"}]}
          two: {Statement: {Effect: Allow, Action: kms:*, NotAction: kms:Sign}}
          three: {Statement: {Effect: Allow, Principal: "*", Action: kms:*, Resource: "*"}}
    roles:
      app:
        trust:
          Statement:
            - Effect: Allow
              Principal: {AWS: 111122223333, Servise: ec2.amazonaws.com}
              Action: sts:AssumeRole
""",
        [
            "8:26: 'Version' is '2012-10-18', which there is not; did you mean '2012-10-17'?",
            "8:50: 'Effect' is missing; write one of Allow, Deny.",
            "8:51: There is no member 'Efect' here; did you mean 'Effect'?",
            "9:28: 'Resource' is missing in this statement of the policy 'two'.",
            "9:28: A statement of a policy 'two' has 'Action' or 'NotAction', not both.",
            "10:46: There is no member 'Principal' here; write one of Sid, Effect, Action, NotAction, Condition, "
            "Resource, NotResource.",
            "16:32: 'AWS' is 111122223333, which YAML reads as no text; write it in quotes: \"111122223333\".",
            "16:46: There is no kind of principal 'Servise'; did you mean 'Service'?",
        ],
    ),
    "key policies": (
        """
    keys:
      - aliases: [alias/a]
        policy:
          Statement:
            - {Effect: Allow, Principal: {AWS: "arn:aws:iam::111122223333:user/bob"}, Action: kms:*, Resource: "*"}
            - {Effect: Allow, Principal: {AWS: "arn:aws:iam::111122223333:group/all"}, Action: kms:*, Resource: "*"}
            - {Effect: Allow, Principal: {AWS: ["arn:aws:iam::444455556666:root", "*"]}, Action: kms:*}
      - aliases: [alias/b]
        policy:
          Statement:
            - Effect: Allow
              Principal: "*"
              Action: kms:*
              Resource: "*"
              Condition: {StringEqual: {"kms:ViaService": s3.eu-central-1.amazonaws.com}}
""",
        [
            "9:48: This file defines no 'arn:aws:iam::111122223333:user/bob'; write one of "
            "arn:aws:iam::111122223333:user/administrator, "
            "arn:aws:iam::111122223333:role/OrganizationAccountAccessRole.",
            "10:48: 'arn:aws:iam::111122223333:group/all' is no ARN of a principal; write one such as "
            "arn:aws:iam::111122223333:user/alice.",
            "11:15: 'Resource' is missing in this statement of the key policy.",
            "14:11: KMS takes this for no key policy (MalformedPolicyDocumentException).",
        ],
    ),
    "what is no statement and no name": (
        """
    users:
      alice: {policies: {one: {Statement: [text]}}, managed_policies: ["arn:aws:iam::111122223333:policy/one"]}
      ? [bob, carol]
      : {}
    keys: [{aliases: [alias/app], policy: {Statement: []}}]
""",
        [
            "6:44: 'Statement' 1 is a text; write members, each with its name.",
            "6:72: There is no managed policy 'arn:aws:iam::111122223333:policy/one' in this account; there is none.",
            "7:9: '' cannot be a name here; write 1 to 64 letters, digits or _+=,.@-.",
            "7:9: The name of a member is a text.",
            "9:43: KMS takes this for no key policy (MalformedPolicyDocumentException).",
        ],
    ),
    "key material": (
        """
    keys:
      - {aliases: [alias/a], material: {hex: 00ff}}
      - {aliases: [alias/b], material: {hex: "0g"}}
      - {aliases: [alias/c], spec: HMAC_512, material: {base64: AAEC}}
      - {aliases: [alias/d], material: {base64: "?"}}
      - {aliases: [alias/e], spec: ECC_NIST_P256, usage: SIGN_VERIFY, material: {base64: AAEC}}
      - aliases: [alias/f]
        spec: RSA_2048
        usage: SIGN_VERIFY
        material:
          pem: |
            -----BEGIN RSA PRIVATE KEY-----
            AAEC
            -----END RSA PRIVATE KEY-----
      - {aliases: [alias/g], material: {file: ../secret.bin}}
      - {aliases: [alias/h], material: {}}
      - {aliases: [alias/i], material: {hex: 1234567890}}
      - {aliases: [alias/j], spec: ML_DSA_44, material: {pem: ABC}}
      - {aliases: [alias/k], spec: ML_DSA_44, material: {base64: AAEC}}
""",
        [
            "6:40: Key material of SYMMETRIC_DEFAULT has 32 bytes, and this has 2.",
            "7:40: These are no pairs of hexadecimal digits.",
            "8:56: Key material of HMAC_512 has 64 bytes, and this has 3.",
            "9:40: This is no base64; `base64 -w0 FILE` makes some.",
            "10:81: This is no private key of ECC_NIST_P256; write an unencrypted PKCS #8 private key of that kind.",
            "15:11: This is a PEM block of a RSA PRIVATE KEY; write an unencrypted PKCS #8 private key, as made by "
            "`openssl pkcs8 -topk8 -nocrypt`.",
            "19:40: There is no file '../secret.bin' beside the scenario, or in a folder there.",
            "20:40: 'material' cannot be that; write one of base64, hex, pem and file.",
            "21:46: 'hex' is a number; write hexadecimal digits of the key material, in quotes.",
            "22:57: This is no PEM block; it begins with -----BEGIN PRIVATE KEY-----.",
            "23:57: This is no private key of ML_DSA_44; write an unencrypted PKCS #8 private key that holds the seed.",
        ],
    ),
    "contents of objects": (
        """
    buckets:
      - {name: one-bucket, objects: {a: {base64: "?"}, b: {file: none.txt}, c: {text: x, file: y}}}
""",
        [
            "6:41: This is no base64; `base64 -w0 FILE` makes some.",
            "6:59: There is no file 'none.txt' beside the scenario, or in a folder there.",
            "6:80: 'c' cannot be that; write one of text, base64 and file.",
        ],
    ),
    "policies in files": (
        """
    users:
      alice: {policies: {one: {file: none.json}}}
    keys: [{aliases: [alias/a], policy: {file: ../elsewhere.json}}]
""",
        [
            "6:38: There is no file 'none.json' beside the scenario, or in a folder there.",
            "6:31: 'one' is empty; write a policy document, or {file: NAME} for one in a file beside this one.",
            "7:48: There is no file '../elsewhere.json' beside the scenario, or in a folder there.",
            "7:41: 'policy' is empty; write a policy document, or {file: NAME} for one in a file beside this one.",
        ],
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_every_finding_has_its_place_and_its_advice(name: str, findings_of: Callable[[str], list[str]]) -> None:
    text, expected = FILES[name]
    found = findings_of(HEAD + text[1:] if text.startswith("\n") else text)
    assert sorted(found) == sorted(f"bad.yaml:{line}" for line in expected)


def test_findings_stand_in_the_order_of_the_file(findings_of: Callable[[str], list[str]]) -> None:
    found = findings_of(HEAD + FILES["key ids"][0][1:])
    assert [int(line.split(":")[1]) for line in found] == [6, 7, 8, 9, 10]


def test_a_finding_in_a_policy_file_names_that_file(findings_of: Callable[[str], list[str]], tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text('{\n\t"Statement": {"Efect": "Allow", "Action": "*", "Resource": "*"}\n}')
    found = findings_of(HEAD + "    users: {alice: {policies: {one: {file: one.json}}}}\n")
    assert found == [
        "one.json:2:15: 'Effect' is missing; write one of Allow, Deny.",
        "one.json:2:16: There is no member 'Efect' here; did you mean 'Effect'?",
    ]


def test_a_policy_file_that_is_no_yaml_is_named(findings_of: Callable[[str], list[str]], tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text('{"Statement": [}')
    found = findings_of(HEAD + "    users: {alice: {policies: {one: {file: one.json}}}}\n")
    assert found[1].startswith("bad.yaml:5:44: The policy cannot be read: one.json:1:16: This is no YAML:")


def test_an_empty_policy_file_is_named(findings_of: Callable[[str], list[str]], tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text("")
    found = findings_of(HEAD + "    users: {alice: {policies: {one: {file: one.json}}}}\n")
    assert "bad.yaml:5:44: The file 'one.json' is empty." in found


def test_a_key_policy_has_at_most_32_kb(findings_of: Callable[[str], list[str]]) -> None:
    statement = f'{{Sid: {"x" * 32768}, Effect: Allow, Principal: "*", Action: kms:*, Resource: "*"}}'
    found = findings_of(HEAD + f"    keys: [{{aliases: [alias/app], policy: {{Statement: {statement}}}}}]\n")
    assert found == ["bad.yaml:5:43: This key policy has 32867 bytes; KMS takes 32768."]


def test_no_secret_is_shown(findings_of: Callable[[str], list[str]]) -> None:
    found = findings_of(
        HEAD + "    users:\n      alice: {access_key: {id: AKIAEXAMPLEEXAMPLE00, secret: 12345678}}\n"
        "      bob: {access_key: {id: AKIAEXAMPLEEXAMPLE01, secret: tooshort}}\n"
        "    keys: [{aliases: [alias/a], material: {hex: deadbeef}}]\n"
    )
    assert found == [
        "bad.yaml:6:62: 'secret' is a number; write 16 to 128 characters without spaces, in quotes.",
        "bad.yaml:7:60: 'secret' cannot be that; write 16 to 128 characters without spaces.",
        "bad.yaml:8:43: Key material of SYMMETRIC_DEFAULT has 32 bytes, and this has 4.",
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.yaml", None, "none.yaml cannot be read: No such file or directory."),
        ("latin.yaml", b"description: caf\xe9\n", "latin.yaml is not UTF-8 text."),
        ("bell.yaml", b"description: \x07\n", "bell.yaml is no YAML: it holds a character that YAML does not allow."),
        (
            "empty.yaml",
            b"# nothing\n",
            "empty.yaml:1:1: The file is empty; kmslab/scenario/classroom.yaml is one to begin with.",
        ),
        ("deep.yaml", b"[" * 5000, "deep.yaml is nested too deeply."),
    ],
)
def test_a_file_that_cannot_be_read(
    name: str, content: bytes | None, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(KmslabError) as caught:
        Scenario.read(name)
    assert str(caught.value) == message


def test_aliases_that_unfold_without_end_are_refused(findings_of: Callable[[str], list[str]]) -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdef", "bcdefg", strict=True)
    )
    (found,) = findings_of(bomb)
    assert found.endswith("The file unfolds to more than 100000 parts; use fewer aliases.")
