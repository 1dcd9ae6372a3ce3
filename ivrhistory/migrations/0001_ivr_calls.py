"""Bots, and the calls they answered: partitioned by month, which Django's CreateModel does not do.

A test compares the columns below with the model's fields.
"""

import django.db.models.deletion
from django.db import migrations, models

import aicc.tenants.personal

# No identity column: Citus refuses one on a partitioned, distributed table. `id` comes from the loader.
CREATE = """
CREATE TABLE ivrhistory_ivrcall (
    tenant_id bigint NOT NULL REFERENCES tenants_tenant,
    id bigint NOT NULL CONSTRAINT ivr_call_id_is_63_bits CHECK (id > 0),
    source varchar(64) NOT NULL,
    updated_at timestamptz NOT NULL,
    call_id varchar(128) NOT NULL CONSTRAINT ivr_call_has_a_call_id CHECK (call_id <> ''),
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    duration_seconds integer CONSTRAINT ivr_duration_is_not_negative CHECK (duration_seconds >= 0),
    calling_number text NOT NULL,
    called_number text NOT NULL,
    access_code varchar(64) NOT NULL,
    bot_id bigint NOT NULL REFERENCES ivrhistory_bot,
    type varchar(20) NOT NULL,
    result varchar(20) NOT NULL,
    turn_count integer CONSTRAINT turn_count_is_not_negative CHECK (turn_count >= 0),
    CONSTRAINT ivr_call_key PRIMARY KEY (tenant_id, id, started_at),
    CONSTRAINT ivr_call_ends_after_it_starts CHECK (ended_at >= started_at)
) PARTITION BY RANGE (started_at);

-- Whatever no month holds: nothing is refused for its date, and the loader empties it into new months.
CREATE TABLE ivrhistory_ivrcall_default PARTITION OF ivrhistory_ivrcall DEFAULT;

-- The order of every list; then the same for each criterion, so that a page is a walk of one index.
CREATE INDEX ivr_call_time ON ivrhistory_ivrcall (tenant_id, started_at DESC, id DESC);
CREATE INDEX ivr_call_number ON ivrhistory_ivrcall (tenant_id, calling_number, started_at DESC, id DESC)
    WHERE calling_number <> '';
CREATE INDEX ivr_call_access_code ON ivrhistory_ivrcall (tenant_id, access_code, started_at DESC, id DESC);
CREATE INDEX ivr_call_call_id ON ivrhistory_ivrcall (tenant_id, call_id);
-- Whether a bot may be deleted.
CREATE INDEX ivr_call_bot ON ivrhistory_ivrcall (bot_id);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0003_skill_queue_is_active"),
    ]

    operations = [
        migrations.CreateModel(
            name="Bot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="Name")),
                (
                    "type",
                    models.CharField(
                        choices=[("intelligent_robot", "Intelligent robot"), ("common_ivr", "Common IVR")],
                        max_length=20,
                        verbose_name="Type",
                    ),
                ),
                ("access_code", models.CharField(max_length=64, verbose_name="Robot access code")),
                ("records_history", models.BooleanField(default=False, verbose_name="Historical call record")),
                ("records_details", models.BooleanField(default=False, verbose_name="Flow call recording")),
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
                    models.UniqueConstraint(models.F("tenant"), models.F("name"), name="bot_name_once_in_tenant"),
                    models.UniqueConstraint(
                        models.F("tenant"), models.F("access_code"), name="access_code_once_in_tenant"
                    ),
                ],
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(CREATE, "DROP TABLE ivrhistory_ivrcall")],
            state_operations=[
                migrations.CreateModel(
                    name="IvrCall",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "tenant_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("id", models.BigIntegerField()),
                        ("source", models.CharField(max_length=64)),
                        ("updated_at", models.DateTimeField(help_text="When the source last changed the call.")),
                        ("call_id", models.CharField(max_length=128, verbose_name="Call ID")),
                        ("started_at", models.DateTimeField(verbose_name="Start Time")),
                        ("ended_at", models.DateTimeField(null=True, verbose_name="End Time")),
                        ("duration_seconds", models.IntegerField(null=True, verbose_name="Duration (s)")),
                        (
                            "calling_number",
                            aicc.tenants.personal.PersonalField(
                                blank=True, kind="number", max_length=128, verbose_name="Calling number"
                            ),
                        ),
                        (
                            "called_number",
                            aicc.tenants.personal.PersonalField(
                                blank=True, kind="number", max_length=128, verbose_name="Called number"
                            ),
                        ),
                        ("access_code", models.CharField(max_length=64, verbose_name="Robot access code")),
                        (
                            "type",
                            models.CharField(
                                choices=[("intelligent_robot", "Intelligent robot"), ("common_ivr", "Common IVR")],
                                max_length=20,
                                verbose_name="Type",
                            ),
                        ),
                        (
                            "result",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("completed", "Completed"),
                                    ("transferred", "Transferred to agent"),
                                    ("user_hung_up", "User hung up"),
                                    ("failed", "Failed"),
                                ],
                                max_length=20,
                                verbose_name="Result",
                            ),
                        ),
                        ("turn_count", models.IntegerField(null=True, verbose_name="Turns")),
                        (
                            "bot",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="ivrhistory.bot",
                                verbose_name="Bot",
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
                        "verbose_name": "IVR call",
                    },
                ),
            ],
        ),
        migrations.CreateModel(
            name="IvrTurn",
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
                ("at", models.DateTimeField(null=True, verbose_name="Time")),
                ("node", models.CharField(blank=True, max_length=128, verbose_name="Node")),
                ("node_name", models.CharField(blank=True, max_length=200, verbose_name="Node")),
                ("system_said", models.TextField(blank=True, verbose_name="System said")),
                ("is_interrupted", models.BooleanField(default=False)),
                ("user_said", models.TextField(blank=True, verbose_name="User said")),
                (
                    "input",
                    models.CharField(choices=[("speech", "Speech"), ("keys", "Keys")], default="speech", max_length=8),
                ),
                ("intent", models.CharField(blank=True, max_length=200, verbose_name="Intent")),
                ("confidence", models.FloatField(null=True)),
                (
                    "record",
                    models.ForeignObject(
                        from_fields=["tenant_id", "record_id"],
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="turns",
                        to="ivrhistory.ivrcall",
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
        ),
    ]
