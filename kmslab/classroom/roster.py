"""A class: who takes part, each with an AWS account of their own in one served Lab, and who is whose partner.

    kmslab class new names.txt class.csv      makes it; the file is what the teacher keeps and what slips are cut from
    kmslab serve --class class.csv            opens an account for each

Access keys are short and without letters that look alike: they are read off paper. They open a Lab on this computer and
nothing else.
"""

from __future__ import annotations

import csv
import io
import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

from kmslab import Lab
from kmslab.errors import KmslabError

#: How many may be in one class.
LARGEST = 500

#: The account of the first learner; the others follow.
_FIRST_ACCOUNT = 200_000_000_001

# No letter or digit that is easily taken for another; no vowels, so that no words come out.
_ID_LETTERS, _SECRET_LETTERS = "CDFGHJKMNPQRTVWX23456789", "cdfghjkmnpqrtvwx23456789"

_WIDTH = 76


class Learner(NamedTuple):
    """One who takes part.

    Attributes:
        name: Such as `Ann`.
        account_id: The learner's account.
        access_key_id: The access key of its user `administrator`.
        secret_access_key: The secret that belongs to it: 73 bits, as four groups of four.
        partner: The account of whom the learner works with.
    """

    name: str
    account_id: str
    access_key_id: str
    secret_access_key: str
    partner: str

    def __repr__(self) -> str:
        """Who; never the secret."""
        return f"<learner {self.name}, account {self.account_id}>"

    @property
    def line(self) -> str:
        """What the learner pastes into a notebook."""
        return f'classroom = join("{self.access_key_id}", "{self.secret_access_key}", partner="{self.partner}")'


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody who takes part."""

    learners: tuple[Learner, ...]

    @classmethod
    def new(cls, names: Sequence[str]) -> Self:
        """Give everybody an account and an access key. Neighbours are partners; the last three of an odd number a ring.

        Raises:
            KmslabError: too few, too many, or two of the same name.
        """
        if not 2 <= len(names) <= LARGEST:
            raise KmslabError(f"A class has 2 to {LARGEST} learners, not {len(names)}.")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise KmslabError(f"Two learners cannot both be called {twice[0]!r}; add a letter of the family name.")
        accounts = [str(_FIRST_ACCOUNT + number) for number in range(len(names))]
        partners = [accounts[_partner(number, len(names))] for number in range(len(names))]
        return cls(
            tuple(
                Learner(name, account, "AKIA" + _some(_ID_LETTERS, 12), _secret(), partner)
                for name, account, partner in zip(names, accounts, partners, strict=True)
            )
        )

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` has written.

        Raises:
            KmslabError: it cannot be read, or is no class.
        """
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise KmslabError(
                f"{path} cannot be read ({error}); make one with: kmslab class new NAMES {path}"
            ) from None
        rows = list(csv.DictReader(io.StringIO(text)))
        try:
            learners = tuple(Learner(*(row[column].strip() for column in Learner._fields)) for row in rows)
        except (KeyError, AttributeError):
            learners = ()
        if not learners:
            columns = ", ".join(Learner._fields)
            raise KmslabError(f"{path} is no class: it needs the columns {columns}, as kmslab class new writes them.")
        return cls(learners)

    def write(self, path: Path) -> None:
        """Write it to a file that only its owner can read: it holds everybody's secret.

        Raises:
            KmslabError: there is a file of that name, or none can be made.
        """
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            text = f"{path} is there already, and slips may have been handed out from it; choose another name."
            raise KmslabError(text) from None
        except OSError as error:
            raise KmslabError(f"{path} cannot be written: {error}.") from None
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*Learner._fields, "line"])
            writer.writerows([*learner, learner.line] for learner in self.learners)

    def slips(self) -> str:
        """One slip for each, to be printed and cut at the lines."""
        names = {learner.account_id: learner.name for learner in self.learners}
        return ("-" * _WIDTH + "\n").join(_slip(learner, names) for learner in self.learners)

    def seat(self, lab: Lab) -> None:
        """Open an account for everybody who has none yet.

        Raises:
            KmslabError: an account or an access key of the class is somebody else's in this Lab.
        """
        opened = {account.account_id for account in lab.accounts}
        for learner in self.learners:
            known = lab.directory.find(learner.access_key_id)
            if known is not None and known.account_id == learner.account_id:
                continue
            if known is not None or learner.account_id in opened:
                raise KmslabError(
                    f"This Lab has an account {learner.account_id} with another access key, so it was made for another "
                    "class; begin with another state file."
                )
            lab.account(learner.account_id, (learner.access_key_id, learner.secret_access_key))
        # Otherwise the first of the class would wait until IAM knows all of them.
        lab.start_services()


def names_in(given: str) -> list[str]:
    """The learners that a teacher names: a number of them, or a file with one name a line.

    Raises:
        KmslabError: no such file.
    """
    if given.isascii() and given.isdigit():
        number = int(given[:9])
        digits = len(str(number))
        return [f"Learner {index:0{digits}}" for index in range(1, min(number, LARGEST + 1) + 1)]
    try:
        lines: Iterable[str] = Path(given).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        text = f"{given} cannot be read ({error}); give a file with a name on each line, or how many you are."
        raise KmslabError(text) from None
    # Whatever cannot be printed has no place in a name, a tab from a spreadsheet neither.
    cleaned = (" ".join("".join(c if c.isprintable() else " " for c in line).split()) for line in lines)
    return [name for name in cleaned if name and not name.startswith("#")]


def _partner(number: int, total: int) -> int:
    if total % 2 and number >= total - 3:
        return total - 3 + (number - (total - 3) + 1) % 3
    return number ^ 1


def _some(letters: str, number: int) -> str:
    return "".join(secrets.choice(letters) for _ in range(number))


def _secret() -> str:
    return "-".join(_some(_SECRET_LETTERS, 4) for _ in range(4))


def _slip(learner: Learner, names: dict[str, str]) -> str:
    return f"""\
{learner.name}
    your account        {learner.account_id}
    your access key id  {learner.access_key_id}
    its secret          {learner.secret_access_key}
    your partner        {names.get(learner.partner, "?")}, account {learner.partner}
In a notebook, after %load_ext kmslab:
    {learner.line}
"""
