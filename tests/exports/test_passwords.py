"""Which passwords may close an archive, and does the page hear the same rules?"""

import re

import pytest

from exports.passwords import broken, rules


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("Harbour-7quay", set()),
        ("harbour quay 7", set()),
        ("A" * 11 + "b1", set()),
        ("Aa1" + " " * 61, set()),
        ("Aa1" + "x" * 62, {"length"}),
        ("Aa1-Aa1-Aa1", {"length"}),
        ("", {"length", "kinds"}),
        ("harbourquay77", {"kinds"}),
        ("HARBOURQUAY-!", {"kinds"}),
        ("Härbour-7quay", {"length"}),
        ("Harbour-7quay\n", {"length", "kinds"}),
        ("Harbour-7quay\x00", {"length"}),
        ("Harbour-7\tquay", {"length"}),
        ("Harbour-7٣quay", {"length"}),
        ("x-MEI.Tanaka-77", {"name"}),
        ("mei.tanaka", {"length", "kinds", "name"}),
        ("1Qaz2wsx3edc", {"common"}),
        ("Passw0rd", {"length", "common"}),
        ("qwertyuiop123", {"kinds", "common"}),
    ],
)
def test_a_password_breaks_these_rules(password, says):
    assert {rule.key for rule in broken(password, "Mei.Tanaka")} == says


def test_a_short_account_name_is_in_too_many_passwords_to_be_a_rule():
    assert "name" not in {rule.key for rule in rules("Bob")}
    assert broken("Bob-and-77-more", "Bob") == []
    assert [rule.key for rule in broken("Bobo-and-77-more", "bobo")] == ["name"]


def test_every_rule_says_itself_and_all_but_the_list_of_common_ones_can_be_ticked_live():
    said = rules("Mei.Tanaka")

    assert all(str(rule.sentence) for rule in said)
    assert [rule.key for rule in said if not rule.is_live] == ["common"]
    for rule in said:
        for pattern in rule.patterns:
            # What Python and JavaScript read alike.
            assert re.fullmatch(r"[\w\s.*\[\]{},^~-]+", pattern)
