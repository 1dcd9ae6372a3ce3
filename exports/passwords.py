"""Which passwords may close an archive? Rules, each said in words, checked here, and told to the page's script.

The archive format fixes how a password becomes a key, and makes that fast: the strength has to be in the password.
"""

import re
from dataclasses import dataclass

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# A shorter account name is in too many words to be told from them.
SHORTEST_NAME = 4


@dataclass(frozen=True)
class Rule:
    """A rule for passwords. One with neither patterns nor `without` can be checked by the server only.

    At least `least` of the patterns match the whole password (they are JavaScript's as well), and it is
    without the text `without`, in capitals or not.
    """

    key: str
    sentence: str | Promise
    patterns: tuple[str, ...] = ()
    least: int = 0
    without: str = ""

    @property
    def is_live(self) -> bool:
        """Whether the page can tell while somebody types."""
        return bool(self.patterns or self.without)

    def holds(self, password: str) -> bool:
        if not self.is_live:
            return _is_uncommon(password)
        if self.without and self.without.lower() in password.lower():
            return False
        return sum(bool(re.fullmatch(pattern, password)) for pattern in self.patterns) >= self.least


def rules(account_name: str) -> list[Rule]:
    """The rules for the passwords that an account of this name chooses."""
    name = [Rule("name", _("Without your account name"), without=account_name)]
    return [
        Rule("length", _("12 to 64 characters: letters without accents, digits, signs"), ("[ -~]{12,64}",), 1),
        Rule(
            "kinds",
            _("Three of these: a capital letter, a small letter, a digit, a sign"),
            (".*[A-Z].*", ".*[a-z].*", ".*[0-9].*", ".*[^A-Za-z0-9].*"),
            3,
        ),
        *(name if len(account_name) >= SHORTEST_NAME else []),
        Rule("common", _("Not a common password")),
    ]


def broken(password: str, account_name: str) -> list[Rule]:
    """The rules that a password breaks; none when it may be used."""
    return [rule for rule in rules(account_name) if not rule.holds(password)]


def _is_uncommon(password: str) -> bool:
    try:
        CommonPasswordValidator().validate(password)
    except ValidationError:
        return False
    return True
