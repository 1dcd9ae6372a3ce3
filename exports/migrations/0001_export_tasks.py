import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import aicc.tenants.personal


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0002_operation_log"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ExportTask",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("contacts", "Contact records"), ("recording", "Recording")], max_length=16
                    ),
                ),
                ("criteria", aicc.tenants.personal.PersonalField(blank=True, kind="criteria")),
                (
                    "items",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200), blank=True, default=list, size=None
                    ),
                ),
                (
                    "format",
                    models.CharField(
                        blank=True, choices=[("xlsx", "XLSX"), ("csv", "CSV")], max_length=8, verbose_name="Format"
                    ),
                ),
                ("newest_only", models.BooleanField(default=False)),
                ("name", models.CharField(max_length=255)),
                ("is_encrypted", models.BooleanField()),
                ("sealed_keys", models.BinaryField(null=True)),
                ("requested_at", models.DateTimeField(verbose_name="Created")),
                ("expires_at", models.DateTimeField(verbose_name="Expires")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("completed", "Completed"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                            ("expired", "Expired"),
                        ],
                        default="waiting",
                        max_length=16,
                        verbose_name="Status",
                    ),
                ),
                ("attempt", models.PositiveSmallIntegerField(default=0)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("matched", models.PositiveIntegerField(null=True)),
                ("written", models.PositiveIntegerField(default=0, verbose_name="Rows")),
                ("file", models.CharField(blank=True, max_length=64)),
                ("size", models.PositiveBigIntegerField(null=True, verbose_name="Size")),
                ("sha256", models.CharField(blank=True, max_length=64, verbose_name="SHA-256")),
                ("failure", models.CharField(blank=True, max_length=500)),
                ("fetched_at", models.DateTimeField(null=True)),
                (
                    "requested_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="Requested by",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "verbose_name": "export task",
                "indexes": [
                    models.Index(
                        models.F("tenant"),
                        models.F("requested_by"),
                        models.OrderBy(models.F("requested_at"), descending=True),
                        models.OrderBy(models.F("id"), descending=True),
                        name="export_of_account",
                    ),
                    models.Index(
                        models.F("tenant"),
                        models.OrderBy(models.F("requested_at"), descending=True),
                        models.OrderBy(models.F("id"), descending=True),
                        name="export_of_tenant",
                    ),
                    models.Index(
                        models.F("requested_at"),
                        condition=models.Q(("status__in", ("waiting", "running"))),
                        name="export_unfinished",
                    ),
                    models.Index(models.F("expires_at"), name="export_expiry"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["waiting", "running", "completed", "failed", "cancelled", "expired"])
                        ),
                        name="export_status_is_known",
                    ),
                    models.CheckConstraint(condition=models.Q(("attempt__lte", 3)), name="export_attempts_are_few"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["waiting"]), _negated=True),
                            models.Q(("attempt", 0), ("file", ""), ("started_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="export_waiting_has_not_begun",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["running"]), _negated=True),
                            models.Q(("attempt__gte", 1), ("file__gt", ""), ("started_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="export_running_has_begun",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["completed"]), _negated=True),
                            models.Q(
                                ("file__gt", ""),
                                ("matched__isnull", False),
                                ("sha256__regex", "^[0-9a-f]{64}$"),
                                ("size__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="export_completed_is_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["failed"]), _negated=True), ("failure__gt", ""), _connector="OR"
                        ),
                        name="export_failure_is_said",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["waiting", "running"]), _negated=True),
                            models.Q(
                                ("finished_at__isnull", True),
                                models.Q(
                                    models.Q(("is_encrypted", True), ("sealed_keys__isnull", False)),
                                    models.Q(("is_encrypted", False), ("sealed_keys__isnull", True)),
                                    _connector="OR",
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="export_keys_while_needed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["completed", "failed", "cancelled", "expired"]), _negated=True),
                            models.Q(("finished_at__isnull", False), ("sealed_keys__isnull", True)),
                            _connector="OR",
                        ),
                        name="export_end_has_no_keys",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["failed", "cancelled", "expired"]), _negated=True),
                            ("file", ""),
                            _connector="OR",
                        ),
                        name="export_no_file_without_a_task",
                    ),
                ],
            },
        ),
    ]
