"""In which order does an account work for its skill queues? A list whose buttons add, remove, and move one up or down.

Each button sends the form, which comes back rearranged: to htmx only that list, to everybody else the whole page.
"""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.http import HttpRequest, QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from aicc.tenants.models import SkillQueue, Tenant

NAME = "skill_queues"
MOVES = {"up": -1, "down": 1}


def arranged(request: HttpRequest) -> QueryDict | None:
    """What was sent, with the skill queues in the order that the pressed button asks for. None when nothing was."""
    if not request.POST:
        return None
    sent = request.POST.copy()
    ids = list(dict.fromkeys([*sent.getlist(NAME), sent.get("add_queue", "")]))
    todo, _colon, id = sent.get("arrange", "").partition(":")
    if id in ids and todo in MOVES:
        at = ids.index(id)
        ids.insert(max(at + MOVES[todo], 0), ids.pop(at))
    elif id in ids and todo == "remove":
        ids.remove(id)
    sent.setlist(NAME, [id for id in ids if id])
    return sent


class BoundQueues(BoundField):
    """The field on a form: the queues in their order, and those that may be added."""

    @cached_property
    def chosen(self) -> list[SkillQueue]:
        ids = [str(getattr(one, "pk", one)) for one in self.value() or []]
        return [self.field.known[id] for id in ids if id in self.field.known]

    @property
    def others(self) -> list[SkillQueue]:
        return [queue for queue in self.field.known.values() if queue.is_active and queue not in self.chosen]


class QueuesField(forms.MultipleChoiceField):
    """Skill queues of a tenant in order. One that is not active can be kept, and not be added."""

    bound_field_class = BoundQueues
    widget = forms.MultipleHiddenInput

    def __init__(self, tenant: Tenant, kept: Iterable[SkillQueue] = (), **options: Any) -> None:
        super().__init__(required=False, **options)
        queues = SkillQueue.objects.for_tenant(tenant).order_by("name", "id")
        keep = {queue.pk for queue in kept}
        self.known = {str(queue.pk): queue for queue in queues if queue.is_active or queue.pk in keep}

    def clean(self, value: Any) -> list[SkillQueue]:
        sent = list(dict.fromkeys(map(str, value or [])))
        if any(id not in self.known for id in sent):
            raise ValidationError(_("Choose skill queues that are there and active."))
        return [self.known[id] for id in sent]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return [str(getattr(queue, "pk", queue)) for queue in initial or []] != list(map(str, data or []))
