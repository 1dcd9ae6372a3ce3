"""What a tenant decides about its records: data items of its own and which are shown, names of satisfaction levels."""

import django.db.models.deletion
from django.db import migrations, models

# With a default of the database's own: a rolling upgrade still loads records with the columns it knows.
EXTENDED = """
ALTER TABLE contacts_contactrecord ADD COLUMN extended jsonb NOT NULL DEFAULT '{}';
ALTER TABLE contacts_contactrecord ADD CONSTRAINT extended_is_an_object CHECK (jsonb_typeof(extended) = 'object');
"""
DROP = "ALTER TABLE contacts_contactrecord DROP COLUMN extended"


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0007_media_files"),
        ("tenants", "0002_operation_log"),
    ]

    operations = [
        migrations.AddField(
            model_name="callreason",
            name="came_with_records",
            field=models.BooleanField(default=False),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(EXTENDED, DROP)],
            state_operations=[
                migrations.AddField(
                    model_name="contactrecord",
                    name="extended",
                    field=models.JSONField(default=dict),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ItemSetting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_extended", models.BooleanField(default=False)),
                ("key", models.CharField(max_length=128, verbose_name="ID")),
                ("name", models.CharField(blank=True, max_length=1024, verbose_name="Name")),
                ("is_shown", models.BooleanField(default=True, verbose_name="Visible")),
                ("position", models.PositiveSmallIntegerField(default=100, verbose_name="Order")),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        models.F("tenant"), models.F("is_extended"), models.F("key"), name="data_item_set_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("position__range", (1, 100))), name="data_item_order_is_1_to_100"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("is_extended", True), models.Q(("name", ""), _negated=True)),
                            models.Q(("is_extended", False), ("name", "")),
                            _connector="OR",
                        ),
                        name="only_extended_items_have_a_name",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SatisfactionLevel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=1)),
                ("name", models.CharField(max_length=100, verbose_name="Name")),
                ("position", models.PositiveSmallIntegerField(verbose_name="Order")),
                ("is_active", models.BooleanField(default=True, verbose_name="Active")),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(models.F("tenant"), models.F("key"), name="satisfaction_level_once"),
                    models.CheckConstraint(
                        condition=models.Q(("key__in", ["1", "2", "3", "4", "5"])), name="satisfaction_level_is_1_to_5"
                    ),
                ],
            },
        ),
    ]
