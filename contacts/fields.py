"""What may be typed into a criterion besides what may be typed anywhere? A box to tick.

Text, digits, whole numbers and local times are left to `aicc.lib.fields`, numbers and names to `aicc.tenants.criteria`.
"""

from typing import Any

from django import forms

from aicc.lib.fields import LOCAL_TIME, LocalTimeField, TextField
from aicc.tenants.criteria import PersonalTextField

__all__ = ["LOCAL_TIME", "LocalTimeField", "PersonalTextField", "TextField", "TickField"]


class TickField(forms.BooleanField):
    """A box to tick: any of the words a URL may say yes with."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> bool:
        return str(value).strip().lower() in {"on", "true", "1", "yes"}
