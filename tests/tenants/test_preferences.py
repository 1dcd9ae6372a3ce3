"""Are theme and folded navigation kept, for those who ask nicely and for nobody else's site?"""

import pytest
from django.test import Client
from django.urls import reverse

PREFERENCES = reverse("preferences")


def set_preference(**data):
    return Client().post(PREFERENCES, data)


@pytest.mark.parametrize(("theme", "kept"), [("dark", "dark"), ("light", "light"), ("system", ""), ("x" * 9999, "")])
def test_a_theme_is_kept_and_anything_else_is_the_systems(db, theme, kept):
    response = set_preference(theme=theme, next="/contacts/")

    assert response.cookies["theme"].value == kept
    assert "rail" not in response.cookies


@pytest.mark.parametrize(("rail", "kept"), [("1", "1"), ("0", "0"), ("", "0"), ("yes", "0")])
def test_the_navigation_stays_folded(db, rail, kept):
    response = set_preference(rail=rail)

    assert response.cookies["rail"].value == kept


def test_the_page_wears_the_theme(db):
    client = Client()
    client.post(PREFERENCES, {"theme": "dark"})

    assert 'data-theme="dark"' in client.get(reverse("login")).content.decode()


@pytest.mark.parametrize("theme", ["<script>", '"><i>', "\xff", "x" * 5000])
def test_a_made_up_cookie_is_not_repeated(db, theme):
    client = Client()
    client.cookies["theme"] = theme

    page = client.get(reverse("login"))

    assert page.status_code == 200
    assert "data-theme" not in page.content.decode()


@pytest.mark.parametrize(
    ("back", "leads_to"),
    [
        ("/contacts/?period=7d", "/contacts/?period=7d"),
        ("", "/"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("\x00", "/"),
    ],
)
def test_it_leads_back_and_to_no_other_site(db, back, leads_to):
    response = set_preference(theme="dark", next=back)

    assert (response.status_code, response.url) == (302, leads_to)


@pytest.mark.parametrize("back", ["anything", "contacts:list", "x" * 70_000, "/a\nb", "/ü"], ids=lambda b: b[:15])
def test_an_odd_way_back_is_no_error(db, back):
    response = set_preference(theme="dark", next=back)

    assert response.status_code == 302
