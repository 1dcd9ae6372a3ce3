import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0010_waveforms"),
        ("tenants", "0003_skill_queue_is_active"),
    ]

    operations = [
        migrations.AddField(
            model_name="contactrecord",
            name="reason_set_by",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.AddField(
            model_name="contactrecord",
            name="reason_version",
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.CreateModel(
            name="ReasonChange",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "record_id",
                        "position",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("record_id", models.BigIntegerField()),
                ("position", models.IntegerField()),
                ("set_at", models.DateTimeField(null=True)),
                ("set_by", models.CharField(blank=True, max_length=200)),
                ("call_reason", models.CharField(blank=True, max_length=700, verbose_name="Call Reason")),
                ("remarks", models.CharField(blank=True, max_length=500, verbose_name="Call Remarks")),
                (
                    "record",
                    models.ForeignObject(
                        from_fields=["tenant_id", "record_id"],
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="%(class)ss",
                        to="contacts.contactrecord",
                        to_fields=["tenant_id", "id"],
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
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Phase",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "record_id",
                        "position",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("record_id", models.BigIntegerField()),
                ("position", models.IntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("robot", "Robot"), ("ivr", "IVR"), ("queue", "Queue"), ("talk", "Talk")],
                        max_length=16,
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=200)),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "record",
                    models.ForeignObject(
                        from_fields=["tenant_id", "record_id"],
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="%(class)ss",
                        to="contacts.contactrecord",
                        to_fields=["tenant_id", "id"],
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
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ended_at__gte", models.F("started_at"))), name="phase_ends_after_it_starts"
                    )
                ],
            },
        ),
    ]
