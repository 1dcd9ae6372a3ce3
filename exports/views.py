"""The pages of exports and downloads: asking for one, and the tasks of the last seven days with their files.

What a task may do next is left to `models`, what is in its file to the packer of its kind.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aicc.lib.sealing import KeyFileError
from aicc.tenants import audit
from aicc.tenants.access import client_address, signed_in_as_agent, tenant_page
from aicc.tenants.choices import Action, Permission
from aicc.tenants.personal import Unopened
from aicc.tenants.shell import leave_dialog
from contacts.addresses import address
from contacts.data_items import shown_items
from contacts.filters import ContactFilter, Sentence
from exports import archives, recordings
from exports.choices import PERMISSIONS, Kind, Status
from exports.content import MEMBERS, archive_name
from exports.forms import ExportForm, PasswordForm
from exports.models import ATTEMPTS, ExportTask, storage
from exports.recordings import Package

PAGE_SIZE = 20
# The fields chosen last, for the next time.
_COOKIE = "export_items"
# Ids of extended items are long: browsers keep no longer cookies, and proxies refuse pages that set them.
_LONGEST_COOKIE = 3_500
_A_YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Line:
    """A task as the page shows it to `reader`."""

    task: ExportTask
    reader: Any

    @cached_property
    def sentences(self) -> list[Sentence]:
        """The criteria in words, as they are for whoever asked. Empty when they cannot be had any more."""
        if self.task.kind != Kind.CONTACTS or isinstance(self.task.criteria, Unopened):
            return []
        query = QueryDict(self.task.criteria)
        requester = self.reader if self.task.requested_by_id == self.reader.pk else self.task.requested_by
        # Of one tenant, whose parameters, units and queues are read once.
        requester.tenant = self.reader.tenant
        # Decided already, so that no search is run only to say whether a number is searched as a part.
        return ContactFilter(query, account=requester, now=self.task.requested_at, decision=0).sentences

    @property
    def call_sn(self) -> str:
        """Of which call a download is."""
        return recordings.call_sn_of(self.task)

    @property
    def kind_label(self) -> str:
        """What a download has in it."""
        return _("Conversation") if recordings.is_conversation(self.task) else str(self.task.get_kind_display())

    @property
    def said(self) -> str:
        """Where it stands, as coarse as it is read out."""
        return f"{self.task.status}-{self.task.percent // 25}"

    @property
    def is_active(self) -> bool:
        return self.task.status in (Status.WAITING, Status.RUNNING)

    @property
    def says_of_how_many(self) -> bool:
        """Whether it is worth saying how many matched: while they are written, or where the newest were chosen."""
        task = self.task
        if task.status == Status.RUNNING:
            return task.matched is not None
        return task.status == Status.COMPLETED and task.written != task.matched

    @property
    def again_url(self) -> str:
        return f"{reverse('exports:new')}?{self.task.criteria}"


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_page(Permission.EXPORT)
def new(request: HttpRequest) -> HttpResponse:
    """Create an export task (guide, step 3): a dialog over the list whose criteria the address has."""
    form = _form(request, request.POST or None)
    if form.is_valid() and _is_requested(request, form):
        messages.success(request, _("Export requested. It appears below."))
        response = leave_dialog(request, reverse("exports:list"))
        chosen = quote(json.dumps(form.cleaned_data["items"]))
        if len(chosen) <= _LONGEST_COOKIE:
            response.set_cookie(
                _COOKIE, chosen, max_age=_A_YEAR, path=reverse("exports:list"), httponly=True, samesite="Lax"
            )
        return response
    context = {"form": form, "back_url": address(request.GET), "query": request.GET.urlencode()}
    return render(request, "exports/new.html", context, status=422 if form.is_bound and request.htmx else 200)


@require_safe
@tenant_page(Permission.EXPORT)
def matched(request: HttpRequest) -> HttpResponse:
    """How many contacts an export would have, for the data scope that stands in its dialog."""
    return render(request, "exports/_matched.html", {"form": _form(request, None)})


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_page(Permission.DOWNLOAD)
def download(request: HttpRequest, id: int) -> HttpResponse:
    """Download a recording or a conversation (guide, step 4): a dialog, in which the file is waited for."""
    record = get_object_or_404(recordings.within_reach(request.user), id=id)
    package = Package.of(record, request.user, as_agent=signed_in_as_agent(request))
    form = PasswordForm(request.POST or None, account=request.user)
    if not package.refusal and form.is_valid():
        task = _request_download(request, package, form.cleaned_data["password"])
        if request.htmx:
            return render(request, "exports/preparing.html", _waiting(request, task))
        messages.success(request, _("Download requested. It appears below."))
        return redirect("exports:list")
    context = {"package": package, "form": form, "back_url": reverse("contacts:details", args=[record.id])}
    refused = request.method == "POST" and request.htmx
    return render(request, "exports/download.html", context, status=422 if refused else 200)


@require_safe
@tenant_page()
def prepared(request: HttpRequest, id: Any) -> HttpResponse:
    """How far a download is that its dialog waits for."""
    task = _task(request, id)
    if not request.htmx:
        return redirect("exports:list")
    return render(request, "exports/_preparing.html", _waiting(request, task))


@require_safe
@tenant_page()
def task_list(request: HttpRequest) -> HttpResponse:
    """The export tasks of the last seven days: one's own, an administrator's are all of the tenant's."""
    tasks = _tasks(request)
    status = request.GET.get("status", "")
    found = tasks.filter(status=status) if status in Status.values else tasks
    page = Paginator(found.newest_first().select_related("requested_by"), PAGE_SIZE).get_page(request.GET.get("page"))
    people: dict[int, Any] = {}
    for task in page:
        # Each of them once: what an account may see is kept with it.
        task.requested_by = people.setdefault(task.requested_by_id, task.requested_by)
    context = {
        "lines": [Line(task, request.user) for task in page],
        "page": page,
        "status": status,
        "statuses": Status.choices,
        "updated_at": timezone.now(),
    }
    return render(request, "exports/list.html", context)


@require_safe
@tenant_page()
def row(request: HttpRequest, id: Any) -> HttpResponse:
    """A task's line, asked for again and again while it is active; `said` is what was read out before."""
    if request.htmx and not _tasks(request).filter(id=id).exists():
        # Deleted in another window, or forgotten: the line goes, and with it the asking.
        return HttpResponse()
    line = Line(_task(request, id), request.user)
    if not request.htmx:
        return redirect("exports:list")
    return render(request, "exports/_row.html", {"line": line, "announce": line.said != request.GET.get("said")})


@require_POST
@tenant_page()
def cancel(request: HttpRequest, id: Any) -> HttpResponse:
    """Stop a task that has not ended."""
    task = _task(request, id)
    if task.cancel(timezone.now()):
        audit.record_request(request, Action.EXPORT_CANCEL, target=task.name)
        messages.success(request, _("Export cancelled."))
    return redirect("exports:list")


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_page()
def delete(request: HttpRequest, id: Any) -> HttpResponse:
    """Forget a task and its file, once that is confirmed."""
    line = Line(_task(request, id), request.user)
    if request.method == "POST":
        with transaction.atomic():
            audit.record_request(request, Action.EXPORT_DELETE, target=line.task.name)
            line.task.delete()
        messages.success(request, _("Export task deleted."))
        return leave_dialog(request, reverse("exports:list"))
    return render(request, "exports/delete.html", {"line": line, "back_url": reverse("exports:list")})


@require_safe
@tenant_page()
def file(request: HttpRequest, id: Any) -> HttpResponse:
    """The file of a completed task. Who fetches it is in the operation log before its first byte leaves."""
    task = _task(request, id)
    if task.kind == Kind.RECORDING and (refusal := _withheld(request, task)):
        return render(request, "exports/withheld.html", {"refusal": refusal}, status=403)
    is_there = task.status == Status.COMPLETED and timezone.now() < task.expires_at
    try:
        content = storage().open(task.file) if is_there else None
    except FileNotFoundError:
        content = None
    if content is None:
        raise Http404
    if request.method == "GET":
        with transaction.atomic():
            call_sn = recordings.call_sn_of(task)
            audit.record_request(request, Action.FETCH, target=f"Call S/N {call_sn}" if call_sn else task.name)
            task.fetched(timezone.now())
    return FileResponse(content, as_attachment=True, filename=task.name, content_type="application/zip")


def _form(request: HttpRequest, data: QueryDict | None) -> ExportForm:
    shown = [item.key for item in shown_items(request.user.tenant)]
    return ExportForm(
        data, query=request.GET, account=request.user, now=timezone.now(), shown=shown, chosen=_chosen_last(request)
    )


def _chosen_last(request: HttpRequest) -> list[str]:
    try:
        chosen = json.loads(unquote(request.COOKIES.get(_COOKIE, "")))
        return [str(key) for key in chosen] if isinstance(chosen, list) else []
    except (ValueError, RecursionError):
        return []


def _is_requested(request: HttpRequest, form: ExportForm) -> bool:
    """Whether there is a task now; else the form says why not."""
    values = form.cleaned_data
    try:
        ExportTask.objects.request(
            account=request.user,
            kind=Kind.CONTACTS,
            criteria=form.criteria.query,
            items=values["items"],
            format=values["format"],
            newest_only=values["newest_only"],
            name=archive_name(request.user.tenant, form.now),
            keys=archives.key_material(values["password"], keys=ATTEMPTS * MEMBERS) if "password" in values else None,
            address=client_address(request),
            now=form.now,
        )
    except KeyFileError:
        # The criteria are personal data, and are not kept in plain text instead.
        form.add_error(None, _("Personal data is encrypted, and its key is missing. Tell whoever runs this site."))
        return False
    return True


def _request_download(request: HttpRequest, package: Package, password: str) -> ExportTask:
    now = timezone.now()
    return ExportTask.objects.request(
        account=request.user,
        kind=Kind.RECORDING,
        criteria=recordings.criteria_of(package.record),
        items=[member.name for member in package.members],
        name=package.archive_name(now),
        keys=archives.key_material(password, keys=ATTEMPTS * len(package.members)),
        target=f"Call S/N {package.record.call_sn}",
        address=client_address(request),
        now=now,
    )


def _waiting(request: HttpRequest, task: ExportTask) -> dict[str, Any]:
    line = Line(task, request.user)
    # What begins is said by the dialog itself.
    announce = line.said != request.GET.get("said", line.said)
    return {"line": line, "announce": announce, "back_url": reverse("exports:list")}


def _withheld(request: HttpRequest, task: ExportTask) -> str:
    """Why what was packed for a download may not leave now: reach and offers may have changed. 404 out of reach."""
    record = recordings.record_of(task, request.user)
    if record is None:
        raise Http404
    return Package.of(record, request.user, as_agent=signed_in_as_agent(request)).withheld(task.items)


def _tasks(request: HttpRequest) -> Any:
    if not any(request.user.may(permission) for permission in PERMISSIONS.values()):
        raise PermissionDenied
    return ExportTask.objects.visible_to(request.user)


def _task(request: HttpRequest, id: Any) -> ExportTask:
    return get_object_or_404(_tasks(request).select_related("requested_by"), id=id)
