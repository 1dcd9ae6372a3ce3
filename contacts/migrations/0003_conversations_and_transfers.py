import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0002_contact_records")]
    operations = [
        migrations.CreateModel(
            name="Message",
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
                ("sent_at", models.DateTimeField(null=True)),
                ("offset_seconds", models.FloatField(null=True)),
                (
                    "side",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("customer", "Customer"),
                            ("agent", "Agent"),
                            ("robot", "Robot"),
                            ("system", "System"),
                        ],
                        max_length=16,
                    ),
                ),
                ("sender", models.CharField(blank=True, max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("text", "Text"),
                            ("image", "Image"),
                            ("audio", "Audio"),
                            ("video", "Video"),
                            ("file", "File"),
                            ("email", "Email"),
                            ("location", "Location"),
                        ],
                        default="text",
                        max_length=16,
                    ),
                ),
                ("text", models.TextField(blank=True)),
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
            name="Transfer",
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
                ("transferred_at", models.DateTimeField(null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("internal", "Internal transfer"),
                            ("consultation", "Consultation"),
                            ("conference", "Conference"),
                            ("queue", "To skill queue"),
                            ("ivr", "To IVR"),
                        ],
                        max_length=16,
                    ),
                ),
                ("from_party", models.CharField(blank=True, max_length=200, verbose_name="From")),
                ("to_party", models.CharField(blank=True, max_length=200, verbose_name="To")),
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
    ]
