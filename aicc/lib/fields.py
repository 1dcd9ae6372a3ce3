"""What may be typed? Form fields that take text, digits, whole numbers and local times strictly, and say what is wrong.

What any text may hold is left to `text`.
"""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from aicc.lib.text import UnstorableText, is_digits, storable

LOCAL_TIME = "%Y-%m-%dT%H:%M"


class TextField(forms.CharField):
    """Text as it is kept: what may not be kept is an error of this field, not of the page.

    `lines`: it may have several.
    """

    def __init__(self, *, least: int = 0, lines: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least, self.lines = least, lines
        if self.max_length:
            # Django's own message counts what was typed; the rule is enough.
            self.error_messages["max_length"] = _("Enter at most %(limit_value)s characters.")
            self.validators = [MaxLengthValidator(self.max_length, self.error_messages["max_length"])]

    def to_python(self, value: Any) -> str:
        try:
            return storable(super().to_python(value) or "", lines=self.lines)
        except UnstorableText:
            raise ValidationError(_("Use letters, digits and signs only.")) from None

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and len(value) < self.least:
            raise ValidationError(_("Enter %(least)s or more characters.") % {"least": self.least})


class DigitsField(forms.CharField):
    """Digits 0 to 9 and nothing else, kept as text."""

    def __init__(self, *, most: int, exactly: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most, self.exactly = most, exactly
        self.widget.attrs.update({"inputmode": "numeric", "maxlength": str(most)})

    def to_python(self, value: Any) -> str:
        value = super().to_python(value)
        if not value:
            return ""
        if self.exactly and not (is_digits(value) and len(value) == self.exactly):
            raise ValidationError(_("Enter all %(digits)s digits.") % {"digits": self.exactly})
        if not is_digits(value) or len(value) > self.most:
            raise ValidationError(_("Use digits only, %(most)s at most.") % {"most": self.most})
        return value


class WholeNumberField(forms.IntegerField):
    """A whole number from 0, in digits 0 to 9: without sign, point, underscore or the digits of other scripts."""

    default_error_messages = {
        "min_value": _("Enter %(limit_value)s or more."),
        "max_value": _("Enter %(limit_value)s or less."),
    }

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        typed = str(value).strip()
        if not is_digits(typed) or len(typed) > 18:
            raise ValidationError(self.error_messages["invalid"])
        return int(typed)


class LocalTimeField(forms.DateTimeField):
    """A time as the native control writes it, without zone: the criteria know the tenant's."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "60"}, format=LOCAL_TIME)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            input_formats=[LOCAL_TIME], error_messages={"invalid": _("Enter a date and a time.")}, **kwargs
        )

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            # Without a zone: whoever asked puts the tenant's to it.
            local = datetime.strptime(str(value)[:40], LOCAL_TIME)
        except ValueError:
            raise ValidationError(self.error_messages["invalid"]) from None
        if not 1990 <= local.year < 2200:
            raise ValidationError(_("Enter a year from 1990 to 2199."))
        return local
