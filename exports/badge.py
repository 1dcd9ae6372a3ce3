"""What does the navigation say behind Export tasks? How many run, else how many files nobody has fetched yet."""

from django.db.models import Q
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from exports.choices import UNFINISHED, Status
from exports.models import ExportTask


def export_badge(request: HttpRequest) -> dict[str, object]:
    """Context processor: `export_badge`, asked for only where a template says it."""
    return {"export_badge": SimpleLazyObject(lambda: _badge(request))}


def _badge(request: HttpRequest) -> str:
    account = getattr(request, "user", None)
    if account is None or not account.is_authenticated or account.tenant_id is None:
        return ""
    # One's own, for administrators too: it says what there is to fetch.
    tasks = ExportTask.objects.visible_to(account).filter(requested_by=account)
    open = Q(status__in=UNFINISHED) | Q(status=Status.COMPLETED, fetched_at__isnull=True)
    states = list(tasks.filter(open).values_list("status", flat=True)[:100])
    running = sum(status in UNFINISHED for status in states)
    if running:
        return _("%(number)s running") % {"number": running}
    return _("%(number)s ready") % {"number": len(states)} if states else ""
