"""What does the Operate column offer of a record, and why not? One table, read by the column and by the addresses."""

import itertools

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone

from aicc.tenants import parameters
from aicc.tenants.models import Account, Role
from contacts.media import Operations
from contacts.models import MediaFile, Message
from contacts.offers import Refused
from tests import builders, media, pages

HTMX = {"hx-request": "true"}
CONTENT = {"wav": media.wav(), "mp4": media.mp4(), "ts": media.ts()}
# What a record has: media type, and (kind, format, mode) of its recordings.
RECORDS = {
    "voice": ("voice", [("voice", "wav", "")]),
    "voice and screen": ("voice", [("voice", "wav", ""), ("screen", "mp4", "")]),
    "screen": ("voice", [("screen", "mp4", "")]),
    "nothing": ("voice", []),
    "SFU": ("video", [("video", "mp4", "SFU")]),
    "MCU": ("video", [("video", "ts", "MCU")]),
    "MCU and screen": ("video", [("video", "ts", "MCU"), ("screen", "mp4", "")]),
    "CloudVC": ("video", [("video", "ts", "MCU(CloudVC)")]),
    "CloudVC and screen": ("video", [("video", "ts", "MCU(CloudVC)"), ("screen", "mp4", "")]),
    "SFU and CloudVC": ("video", [("video", "mp4", "SFU"), ("video", "mp4", "MCU(CloudVC)")]),
    "SFU and MCU": ("video", [("video", "mp4", "SFU"), ("video", "ts", "MCU")]),
    "multimedia": ("multimedia", []),
}
# By record: what Play opens while Screen recording is No and Yes, and whether Download is offered to somebody, and to
# somebody signed in as agent.
TABLE = {
    "voice": (("player", "player"), (True, True)),
    "voice and screen": (("player", "player"), (True, True)),
    "screen": ((None, "files"), (False, False)),
    "nothing": ((None, None), (False, False)),
    "SFU": (("files", "files"), (True, True)),
    "MCU": ((None, None), (True, True)),
    "MCU and screen": ((None, "files"), (True, True)),
    "CloudVC": ((None, None), (False, True)),
    "CloudVC and screen": ((None, "files"), (False, True)),
    "SFU and CloudVC": (("files", "files"), (True, True)),
    "SFU and MCU": (("files", "files"), (True, True)),
    "multimedia": (("conversation", "conversation"), (True, True)),
}


def recorded(tenant, name, **fields):
    """A record with recordings, whose files are what they are said to be."""
    media_type, files = RECORDS[name]
    channel = {"channel": "web"} if media_type == "multimedia" else {}
    [record] = builders.load(tenant, builders.contact(media_type=media_type, **channel, **fields))
    MediaFile.objects.bulk_create(
        MediaFile(
            tenant=tenant,
            record_id=record.id,
            position=position,
            kind=kind,
            format=format,
            mode=mode,
            storage_key=default_storage.save(f"tests/{record.id}", ContentFile(CONTENT[format])),
            size=len(CONTENT[format]),
            sha256="0" * 64,
            version=timezone.now(),
        )
        for position, (kind, format, mode) in enumerate(files)
    )
    return record


@pytest.fixture
def records(acme):
    return {name: recorded(acme, name) for name in RECORDS}


def with_role(tenant, *permissions):
    """An agent with these permissions and the sight of everything."""
    role = Role.objects.create(tenant=tenant, name=f"Role {permissions}", permissions=[*permissions, "search_all"])
    account = builders.account(tenant, "-".join(permissions) or "nobody", employee_id=f"77{len(permissions)}")
    account.roles.add(role)
    return account


@pytest.mark.parametrize("permissions", [(), ("play",), ("download",), ("play", "download")])
def test_the_column_offers_what_the_rules_allow_and_the_addresses_the_same(acme, records, signed_in, permissions):
    client = signed_in(with_role(acme, *permissions))

    # Without a permission nothing is offered even where most could be.
    rounds = itertools.product((False, True), repeat=2) if permissions else [(True, True)]
    for screen, as_agent in rounds:
        parameters.SCREEN_RECORDING.set(acme, screen)
        session = client.session
        session["agent_signed_in"] = as_agent
        session.save()
        page = pages.read(client.get(reverse("contacts:list")))
        for name, record in records.items():
            opens = TABLE[name][0][screen] if "play" in permissions else None
            downloads = TABLE[name][1][as_agent] and "download" in permissions
            links = {link["href"] for link in page.one("tr", data_record_id=str(record.id)).all("a")}
            assert links == offered_links(record, opens, downloads), (name, screen, as_agent)
            played = client.get(reverse("contacts:play", args=[record.id]), headers=HTMX)
            expected = answered("play" in permissions, opens, 302 if opens == "conversation" else 200)
            assert played.status_code == expected, name
            dialog = reverse("exports:download", args=[record.id])
            asked = client.get(dialog, headers=HTMX)
            assert asked.status_code == (200 if "download" in permissions else 403)
            assert (b'name="password"' in asked.content) == downloads, (name, screen, as_agent)
            if expected == 200:
                leads = [link["href"] for link in pages.read(played).all("a")]
                assert (dialog in leads) == downloads, (name, screen, as_agent)
            for position, (kind, format, _mode) in enumerate(RECORDS[name][1]):
                plays_it = format != "ts" and (kind != "screen" or screen)
                read = client.get(reverse("contacts:media", args=[record.id, position])).status_code
                assert read == answered("play" in permissions, plays_it, 200), (name, position)


def offered_links(record, opens, downloads):
    """Those of a row: Call S/N, Play and Download."""
    details = reverse("contacts:details", args=[record.id])
    play = f"{details}#conversation" if opens == "conversation" else reverse("contacts:play", args=[record.id])
    download = f"/exports/download/{record.id}/"
    return {details, *([play] if opens else []), *([download] if downloads else [])}


def answered(permitted, offered, status):
    return 403 if not permitted else status if offered else 422


def test_all_recordings_of_a_page_are_read_with_one_query(acme, records, agent, django_assert_num_queries):
    assert parameters.SCREEN_RECORDING.value(acme) is False
    assert agent.permissions

    with django_assert_num_queries(1):
        Operations.of_all(records.values(), agent, as_agent=False)


def test_a_download_has_the_files_that_may_leave(acme, records):
    parameters.SCREEN_RECORDING.set(acme, True)
    account = with_role(acme, "download")

    packed = {
        name: [(file.kind, file.format) for file in Operations.of(record, account, as_agent=False).downloads]
        for name, record in records.items()
    }

    assert packed["voice and screen"] == [("voice", "wav"), ("screen", "mp4")]
    assert packed["SFU and MCU"] == [("video", "mp4"), ("video", "ts")]
    assert packed["CloudVC"] == packed["multimedia"] == []


@pytest.mark.parametrize(("extra", "sentence"), [(0, None), (1, "The content has 1.1 MB. Content of more than 1 MB")])
def test_multimedia_over_the_limit_is_refused_with_both_sizes(acme, records, extra, sentence):
    parameters.MULTIMEDIA_LIMIT.set(acme, 1)
    record = records["multimedia"]
    # Bytes count, not letters.
    Message.objects.create(tenant=acme, record_id=record.id, position=0, text="ä" * (512 * 1024) + "x" * extra)
    operations = Operations.of(record, with_role(acme, "download"), as_agent=False)

    if sentence:
        with pytest.raises(Refused, match=sentence):
            operations.require_download()
    else:
        operations.require_download()
    assert operations.download


def test_an_account_is_asked_what_its_roles_allow_now(acme, records, agent):
    before = Operations.of(records["voice"], agent, as_agent=False)

    agent.roles.clear()
    after = Operations.of(records["voice"], Account.objects.across_tenants().get(pk=agent.pk), as_agent=False)

    assert (bool(before.play), bool(after.play)) == (True, False)
