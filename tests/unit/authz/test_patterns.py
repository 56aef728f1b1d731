"""Patterns: wildcards, ARNs part by part, and policy variables."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmslab.authz.patterns import action_like, arn_like, fill_in, like, literal, resource_like

KEY = "arn:aws:kms:us-east-1:123456789010:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ALIAS = "arn:aws:kms:us-east-1:123456789010:alias/test/a"

CONTEXT = {
    "aws:username": "alice",
    "aws:principaltag/team": "R*D?",
    "aws:principaltag/empty": "",
    "kms:encryptioncontextkeys": ("a",),
}


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("alias/test", "alias/test", True),
        ("alias/test", "alias/t*", True),
        ("alias/test", "*", True),
        ("", "*", True),
        ("", "", True),
        ("", "?", False),
        ("alias/test", "alias/te?t", True),
        ("alias/tet", "alias/te?t", False),
        ("alias/test", "alias/T*", False),
        ("alias/test", "alias", False),
        ("my alias/test", "alias/*", False),
        ("a\nb", "a*b", True),
        ("a.b", "a.b", True),
        ("axb", "a.b", False),
        ("[a]", "[a]", True),
    ],
)
def test_wildcards(text: str, pattern: str, expected: bool) -> None:
    assert like(text, pattern) is expected


@pytest.mark.parametrize(
    ("action", "pattern", "expected"),
    [
        ("kms:Decrypt", "kms:Decrypt", True),
        ("kms:Decrypt", "KMS:decrypt", True),
        ("kms:Decrypt", "kms:De*", True),
        ("kms:Decrypt", "*", True),
        ("kms:Decrypt", "kms:?ecrypt", True),
        ("kms:ReEncryptFrom", "kms:ReEncrypt", False),
        ("kms:ScheduleKeyDeletion", "kms:Delete*", False),
        ("kms:Decrypt", "s3:*", False),
    ],
)
def test_actions_know_no_case(action: str, pattern: str, expected: bool) -> None:
    assert action_like(action, pattern) is expected


@pytest.mark.parametrize(
    ("arn", "pattern", "expected"),
    [
        (KEY, KEY, True),
        (KEY, "*", True),
        (KEY, "arn:aws:kms:*:123456789010:key/*", True),
        (KEY, "arn:aws:kms:us-east-?:*:key/1234*", True),
        (KEY, "arn:*:key/*", False),
        (KEY, "arn:aws:kms:*", False),
        (KEY, "arn:aws:kms:*:*:alias/*", False),
        (KEY, KEY.upper(), False),
        ("no arn", "arn:aws:kms:*:*:key/*", False),
        ("no arn", "no arn", False),
        ("arn:aws:s3:::b/a:b:c", "arn:aws:s3:::b/*", True),
        ("arn:aws:s3:::b/a:b:c", "arn:aws:s3:::b/a:?:c", True),
    ],
)
def test_arns_are_compared_part_by_part(arn: str, pattern: str, expected: bool) -> None:
    """A `*` does not reach over a colon, except in the last part."""
    assert arn_like(arn, pattern) is expected


@pytest.mark.parametrize(
    ("resource", "pattern", "expected"),
    [
        (KEY, "*", True),
        (KEY, "arn:aws:kms", True),
        (KEY, "arn:aws:kms:us-east-1", True),
        (KEY, "arn:aws:s3", False),
        (KEY, "arn:aws:kms:*:*:key/*", True),
        (ALIAS, "arn:aws:kms:*:*:key/*", False),
        (ALIAS, "arn:aws:kms:*:*:alias/test*", True),
        (KEY, "1234abcd-12ab-34cd-56ef-1234567890ab", False),
        ("alias/x", "alias/x", True),
        ("alias/x", "alias/*", False),
    ],
)
def test_resources_may_be_incomplete(resource: str, pattern: str, expected: bool) -> None:
    assert resource_like(resource, pattern) is expected


class TestVariables:
    @pytest.mark.parametrize(
        ("pattern", "fits", "fits_not"),
        [
            ("alias/${aws:username}", "alias/alice", "alias/bob"),
            ("alias/${AWS:UserName}/*", "alias/alice/x", "alias/alicex"),
            ("${ aws:username }", "alice", "${ aws:username }"),
            ("${aws:PrincipalTag/team}", "R*D?", "ResDx"),
            ("${aws:PrincipalTag/team}*", "R*D?x", "RxDxx"),
            ("x${aws:PrincipalTag/empty}", "x", "xx"),
            ("${aws:PrincipalTag/none, 'all'}", "all", ""),
            ("${aws:username, 'all'}", "alice", "all"),
            ("a${*}b", "a*b", "axb"),
            ("a${?}b", "a?b", "axb"),
            ("a${$}b", "a$b", "axb"),
            ("${$}{aws:username}", "${aws:username}", "alice"),
            ("no variable", "no variable", "no"),
        ],
    )
    def test_a_value_stands_for_itself(self, pattern: str, fits: str, fits_not: str) -> None:
        filled = fill_in(pattern, CONTEXT)
        assert filled is not None
        assert like(fits, filled)
        assert not like(fits_not, filled)

    def test_without_wildcards(self) -> None:
        filled = fill_in("${aws:PrincipalTag/team} ${*}", CONTEXT)
        assert filled is not None
        assert literal(filled) == "R*D? *"

    @pytest.mark.parametrize("pattern", ["${aws:PrincipalTag/none}", "a${kms:EncryptionContextKeys}", "${x}${y, 'z'}"])
    def test_no_value(self, pattern: str) -> None:
        """Neither a key that is absent nor one with several values can be put in."""
        assert fill_in(pattern, CONTEXT) is None

    def test_in_an_arn(self) -> None:
        filled = fill_in("arn:aws:kms:*:123456789010:alias/${aws:username}-*", CONTEXT)
        assert filled is not None
        assert resource_like("arn:aws:kms:us-east-1:123456789010:alias/alice-1", filled)
        assert not resource_like("arn:aws:kms:us-east-1:123456789010:alias/bob-1", filled)


@given(st.text(st.sampled_from("ab*?.["), max_size=8))
def test_every_text_fits_itself_and_stars(text: str) -> None:
    assert like(text, text.replace("?", "*"))
    assert like(text, f"*{text}*")


@given(st.text(max_size=12), st.text(max_size=12))
def test_noise(text: str, pattern: str) -> None:
    """Nothing raises, and what has no wildcard only fits itself."""
    fits = like(text, pattern)
    if "*" not in pattern and "?" not in pattern:
        assert fits is (text == pattern)
    assert arn_like(text, pattern) in (True, False)
    assert resource_like(text, pattern) in (True, False)


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("a" * 3000, "*a" * 12 + "b", False),
        ("a" * 3000 + "b", "*a" * 12 + "b", True),
        ("ab" * 1500, "*?b" * 12, True),
        ("ab" * 1500, "a*" * 12 + "?a", False),
    ],
)
def test_many_wildcards_take_no_time(text: str, pattern: str, expected: bool) -> None:
    # Found by fuzzing: tried one place after the other, the first of these takes longer than the universe has.
    assert like(text, pattern) is expected


@pytest.mark.parametrize("pattern", ["${" + " " * 30_000, "${" * 15_000, "${" * 15_000 + ",", "${a, " * 6_000 + "}"])
def test_a_variable_without_an_end_takes_no_time(pattern: str) -> None:
    # Found by fuzzing: quadratic and cubic in the number of spaces.
    started = time.process_time()
    fill_in(pattern, CONTEXT)
    assert time.process_time() - started < 5


@given(st.text("ab*?", max_size=12), st.text("ab", max_size=12))
def test_wildcards_against_a_table(pattern: str, text: str) -> None:
    reached = {0}
    for char in pattern:
        if char == "*":
            reached = {at for at in range(len(text) + 1) if reached and at >= min(reached)}
        else:
            reached = {at + 1 for at in reached if at < len(text) and char in ("?", text[at])}
    assert like(text, pattern) is (len(text) in reached)
