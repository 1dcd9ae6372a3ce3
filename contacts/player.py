"""The pages that play recordings: the voice player, Recording File Details, and the bytes behind them.

What may be played is left to `media`, how bytes are sent to `playing`, what voice looks like to `waveforms`.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from aicc.lib.untrusted import Malformed
from aicc.tenants import audit
from aicc.tenants.access import signed_in_as_agent, tenant_page
from aicc.tenants.choices import Action
from contacts import playing
from contacts.addresses import came_from
from contacts.choices import MediaKind
from contacts.media import OfferedFile, Opens, Operations
from contacts.models import ContactRecord
from contacts.offers import Refused
from contacts.visibility import Visibility
from contacts.waveforms import waveform

# Speeds of the player, from the guide's picture of it.
SPEEDS = ("0.75", "1", "1.25", "1.5", "2")


@require_safe
@tenant_page()
def play(request: HttpRequest, id: int) -> HttpResponse:
    """What Play opens: the player over the list, Recording File Details, or the conversation, which is on the details
    page. Opening it is logged."""
    record, operations = _operations(request, id)
    try:
        operations.play.require()
        if operations.opens == Opens.CONVERSATION:
            return HttpResponseRedirect(f"{reverse('contacts:details', args=[record.id])}#conversation")
        chosen = _chosen(operations, request.GET.get("file", ""))
        context = _voice(operations, chosen) if operations.opens == Opens.PLAYER else {}
    except Refused as refused:
        return _refused(request, record, str(refused))
    if request.method == "GET":
        audit.record_request(request, Action.PLAY, target=record.call_sn)
    template = "recordings" if operations.opens == Opens.FILES else "play"
    context |= {
        "record": record,
        "operations": operations,
        "chosen": chosen,
        "back_url": came_from(request, "contacts:list"),
    }
    return render(request, f"contacts/{'_' if request.htmx else ''}{template}.html", context)


@require_safe
@tenant_page()
def media(request: HttpRequest, id: int, position: int) -> HttpResponseBase:
    """The bytes of a recording for a player: voice as PCM, MP4 as it is stored; single ranges."""
    _record, operations = _operations(request, id)
    try:
        offered = operations.require_file(position)
        return playing.answer(request, offered.file)
    except Refused as refused:
        return HttpResponse(str(refused), status=422, content_type="text/plain; charset=utf-8")
    except (FileNotFoundError, Malformed):
        return HttpResponse(_gone(), status=404, content_type="text/plain; charset=utf-8")


def _operations(request: HttpRequest, id: int) -> tuple[ContactRecord, Operations]:
    reach = Visibility.of(request.user).within_reach().select_related("skill_queue")
    record = get_object_or_404(reach, id=id)
    return record, Operations.of(record, request.user, as_agent=signed_in_as_agent(request))


def _chosen(operations: Operations, position: str) -> OfferedFile | None:
    """The file to play: the one named, else the first voice; among videos somebody chooses."""
    if position.isascii() and position.isdigit() and len(position) < 9:
        return operations.require_file(int(position))
    return next((offered for offered in operations.files if offered.file.kind == MediaKind.VOICE), None)


def _voice(operations: Operations, chosen: OfferedFile | None) -> dict[str, Any]:
    """What the voice player shows. Refused when the stored file is not there any more."""
    voices = [offered.file for offered in operations.files if offered.file.kind == MediaKind.VOICE]
    voice = chosen.file if chosen and chosen.file in voices else voices[0]
    screens = [offered.file for offered in operations.files if offered.file.kind == MediaKind.SCREEN]
    screen = screens[0] if screens else None
    try:
        wave = waveform(voice)
    except (FileNotFoundError, Malformed):
        raise Refused(_gone()) from None
    # How much later the voice began than the picture, where both say when.
    begun = (voice.started_at, screen.started_at) if screen else (None, None)
    offset = (begun[0] - begun[1]).total_seconds() if all(begun) else 0
    return {
        "voices": voices,
        "voice": voice,
        "wave": wave,
        "screen": screen,
        "screen_offset": f"{offset:.3f}",
        "speeds": SPEEDS,
    }


def _gone() -> str:
    return _("The recording is not in the storage any more. The record is kept.")


def _refused(request: HttpRequest, record: ContactRecord, sentence: str) -> HttpResponse:
    """Why there is nothing to play: to htmx in the player's place, whatever asked."""
    context = {"record": record, "sentence": sentence, "back_url": came_from(request, "contacts:list")}
    template = f"contacts/{'_' if request.htmx else ''}not_played.html"
    response = render(request, template, context, status=422)
    if request.htmx:
        response["HX-Retarget"] = "#player"
    return response
