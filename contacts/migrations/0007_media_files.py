import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0006_who_handled_what"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="MediaFile",
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
                        choices=[("voice", "Voice"), ("video", "Video"), ("screen", "VRC")],
                        max_length=8,
                        verbose_name="Media Type",
                    ),
                ),
                ("format", models.CharField(choices=[("wav", "WAV"), ("mp4", "MP4"), ("ts", "TS")], max_length=4)),
                (
                    "mode",
                    models.CharField(
                        blank=True,
                        choices=[("SFU", "SFU"), ("MCU", "MCU"), ("MCU(CloudVC)", "MCU(CloudVC)")],
                        max_length=20,
                        verbose_name="Video Application Mode",
                    ),
                ),
                ("storage_key", models.CharField(max_length=200)),
                ("size", models.BigIntegerField(help_text="In bytes.")),
                ("sha256", models.CharField(max_length=64)),
                ("duration_seconds", models.FloatField(null=True)),
                ("channels", models.SmallIntegerField(null=True)),
                ("sample_rate", models.IntegerField(null=True)),
                ("started_at", models.DateTimeField(null=True)),
                (
                    "name",
                    models.CharField(
                        blank=True, help_text="What its source called it; nothing reads it.", max_length=500
                    ),
                ),
                ("version", models.DateTimeField()),
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
                    models.UniqueConstraint(
                        models.F("tenant"), models.F("storage_key"), name="stored_file_is_of_one_record"
                    ),
                    models.CheckConstraint(condition=models.Q(("size__gt", 0)), name="media_file_is_not_empty"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("format", "wav"), ("kind", "voice")),
                            models.Q(("format__in", ["mp4", "ts"]), ("kind", "video")),
                            models.Q(("format", "mp4"), ("kind", "screen")),
                            _connector="OR",
                        ),
                        name="media_format_fits_its_kind",
                    ),
                ],
            },
        ),
    ]
