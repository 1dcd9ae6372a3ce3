"""The contact records: partitioned by month, which Django's CreateModel does not do.

A test compares the columns below with the model's fields.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# No identity column: Citus refuses one on a partitioned, distributed table. `id` comes from the loader.
CREATE = """
CREATE TABLE contacts_contactrecord (
    tenant_id bigint NOT NULL REFERENCES tenants_tenant,
    id bigint NOT NULL CONSTRAINT record_id_is_63_bits CHECK (id > 0),
    source varchar(64) NOT NULL,
    updated_at timestamptz NOT NULL,
    call_sn varchar(19) NOT NULL CONSTRAINT call_sn_is_19_digits CHECK (call_sn ~ '^[1-9][0-9]{18}$'),
    call_id varchar(128) NOT NULL,
    started_at timestamptz NOT NULL,
    connected_at timestamptz,
    ended_at timestamptz,
    duration_seconds integer CONSTRAINT duration_is_not_negative CHECK (duration_seconds >= 0),
    media_type varchar(16) NOT NULL,
    channel varchar(16) NOT NULL,
    call_type varchar(32) NOT NULL,
    customer_number varchar(128) NOT NULL,
    customer_name varchar(200) NOT NULL,
    caller_number varchar(128) NOT NULL,
    called_number varchar(128) NOT NULL,
    handled_number varchar(128) NOT NULL,
    account_id bigint REFERENCES tenants_account,
    account_name varchar(200) NOT NULL,
    employee_id varchar(32) NOT NULL,
    unit_id bigint REFERENCES tenants_organizationunit,
    skill_queue_id bigint REFERENCES tenants_skillqueue,
    hang_up_party varchar(8) NOT NULL,
    call_reason_id bigint REFERENCES contacts_callreason,
    remarks varchar(500) NOT NULL,
    reason_set_at timestamptz,
    satisfaction varchar(24) NOT NULL,
    CONSTRAINT contact_record_key PRIMARY KEY (tenant_id, id, started_at),
    CONSTRAINT channel_is_for_multimedia CHECK ((media_type = 'multimedia') = (channel <> '')),
    CONSTRAINT contact_ends_after_it_starts CHECK (ended_at >= started_at)
) PARTITION BY RANGE (started_at);

-- Whatever no month holds: nothing is refused for its date, and the loader empties it into new months.
CREATE TABLE contacts_contactrecord_default PARTITION OF contacts_contactrecord DEFAULT;

-- The order of every list, and the window of every search.
CREATE INDEX contact_record_time ON contacts_contactrecord (tenant_id, started_at DESC, id DESC);
-- Values that are nearly unique: in the terms index they would cost more than a tree of their own.
CREATE INDEX contact_record_call_sn ON contacts_contactrecord (tenant_id, call_sn);
CREATE INDEX contact_record_call_id ON contacts_contactrecord (tenant_id, call_id) WHERE call_id <> '';
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0001_call_reasons")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(CREATE, "DROP TABLE contacts_contactrecord")],
            state_operations=[
                migrations.CreateModel(
                    name="ContactRecord",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "tenant_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("id", models.BigIntegerField()),
                        ("source", models.CharField(max_length=64)),
                        ("updated_at", models.DateTimeField(help_text="When the source last changed the record.")),
                        ("call_sn", models.CharField(max_length=19, verbose_name="Call S/N")),
                        ("call_id", models.CharField(blank=True, max_length=128, verbose_name="Call ID")),
                        ("started_at", models.DateTimeField(verbose_name="Start Time")),
                        ("connected_at", models.DateTimeField(null=True)),
                        ("ended_at", models.DateTimeField(null=True, verbose_name="End Time")),
                        ("duration_seconds", models.IntegerField(null=True, verbose_name="Call Duration (s)")),
                        (
                            "media_type",
                            models.CharField(
                                choices=[("voice", "Voice"), ("video", "Video"), ("multimedia", "Multimedia")],
                                max_length=16,
                                verbose_name="Media Type",
                            ),
                        ),
                        (
                            "channel",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("instagram", "Instagram"),
                                    ("telegram", "Telegram"),
                                    ("whatsapp", "WhatsApp"),
                                    ("line", "LINE"),
                                    ("email", "Email"),
                                    ("sms", "SMS"),
                                    ("x", "X (Twitter)"),
                                    ("facebook", "Facebook"),
                                    ("wechat", "WeChat"),
                                    ("web", "Web"),
                                    ("other", "Others Channel"),
                                ],
                                max_length=16,
                            ),
                        ),
                        (
                            "call_type",
                            models.CharField(
                                choices=[
                                    ("outgoing", "Outgoing Call"),
                                    ("incoming", "Incoming Call"),
                                    ("predicted_outbound", "Predicted outbound call"),
                                    ("preview_outgoing", "Preview outgoing call"),
                                    ("preempted_outbound", "Preempted outbound call"),
                                    ("ita_bidirectional", "ITA bidirectional call"),
                                    ("fixed_outbound", "Fixed Outbound Call"),
                                    ("double_call", "Double call"),
                                    ("collaborative", "Collaborative call"),
                                    ("click_to_dial", "Click-to-dial"),
                                    ("robot_outbound", "Intelligent Robot Outbound Call"),
                                    ("offline_queue", "Offline Queue Call"),
                                ],
                                max_length=32,
                                verbose_name="Call Type",
                            ),
                        ),
                        (
                            "customer_number",
                            models.CharField(blank=True, max_length=128, verbose_name="Customer Number"),
                        ),
                        ("customer_name", models.CharField(blank=True, max_length=200, verbose_name="Customer Name")),
                        ("caller_number", models.CharField(blank=True, max_length=128, verbose_name="Caller Number")),
                        ("called_number", models.CharField(blank=True, max_length=128, verbose_name="Called Number")),
                        ("handled_number", models.CharField(blank=True, max_length=128, verbose_name="Handled Number")),
                        ("account_name", models.CharField(blank=True, max_length=200, verbose_name="Account")),
                        ("employee_id", models.CharField(blank=True, max_length=32, verbose_name="Employee ID")),
                        (
                            "hang_up_party",
                            models.CharField(
                                blank=True,
                                choices=[("user", "User"), ("agent", "Agent")],
                                max_length=8,
                                verbose_name="Hang-up Party",
                            ),
                        ),
                        ("remarks", models.CharField(blank=True, max_length=500, verbose_name="Call Remarks")),
                        ("reason_set_at", models.DateTimeField(null=True)),
                        (
                            "satisfaction",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("1", "Very dissatisfied"),
                                    ("2", "Dissatisfied"),
                                    ("3", "General"),
                                    ("4", "Satisfied"),
                                    ("5", "Very satisfied"),
                                    ("not_evaluated", "Not evaluated"),
                                    ("evaluation_failed", "Evaluation failed"),
                                ],
                                max_length=24,
                                verbose_name="Satisfaction evaluation",
                            ),
                        ),
                        (
                            "account",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="Account",
                            ),
                        ),
                        (
                            "call_reason",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="contacts.callreason",
                                verbose_name="Call Reason",
                            ),
                        ),
                        (
                            "skill_queue",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="tenants.skillqueue",
                                verbose_name="Skill Queue",
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
                        (
                            "unit",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="tenants.organizationunit",
                                verbose_name="Organization Unit",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "contact record",
                    },
                ),
            ],
        ),
    ]
