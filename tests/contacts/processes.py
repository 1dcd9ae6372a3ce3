"""How is the Process dialog opened and sent, and what did a record get? What is to come of it the tests say."""

from django.urls import reverse

from contacts.models import ContactRecord
from tests.pages import filled, read

HTMX = {"HX-Request": "true"}
LIST = reverse("contacts:list")
SEVERAL = reverse("contacts:process_several")


def url(record, query="tab=unfinished"):
    return reverse("contacts:process", args=[record.id]) + (f"?{query}" if query else "")


def several(*records):
    return f"{SEVERAL}?tab=unfinished&" + "&".join(f"record={record.id}" for record in records)


def said(response):
    """The dialog, or whatever a fragment holds."""
    return read(response)


def sent(client, address, **values):
    """Open the dialog, and send its form as it stands with these values in it."""
    form = {**filled(said(client.get(address, headers=HTMX))), **values}
    return client.post(address, form, headers=HTMX)


def reason_of(record):
    record = ContactRecord.objects.for_tenant(record.tenant).select_related("call_reason").get(id=record.id)
    return record.call_reason.name if record.call_reason else None, record.remarks


def rows(page):
    return [int(row["data-record-id"]) for row in page.all("tr") if "data-record-id" in row.attributes]
