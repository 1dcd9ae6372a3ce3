"""One inverted index that serves every exact criterion, alone and combined (see `contacts.search`)."""

from django.db import migrations

CREATE = """
-- A value in the week (since 1970, UTC) of a moment. Float arithmetic: numeric costs more than the rest.
CREATE FUNCTION contact_term(kind text, tenant_id bigint, value text, at timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(
    kind || ':' || tenant_id::text || ':' || value, floor(date_part('epoch', at AT TIME ZONE 'UTC') / 604800)::bigint
);

CREATE FUNCTION contact_terms(
    tenant_id bigint, started_at timestamptz, caller_number text, called_number text, handled_number text,
    customer_name text, account_id bigint, employee_id text, unit_id bigint, call_type text, media_type text,
    satisfaction text, skill_queue_id bigint, call_reason_id bigint, duration_seconds integer
) RETURNS bigint[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_remove(ARRAY[
    CASE WHEN caller_number <> '' THEN contact_term('number', tenant_id, caller_number, started_at) END,
    CASE WHEN called_number <> '' THEN contact_term('number', tenant_id, called_number, started_at) END,
    CASE WHEN handled_number <> '' THEN contact_term('number', tenant_id, handled_number, started_at) END,
    CASE WHEN customer_name <> '' THEN contact_term('name', tenant_id, customer_name, started_at) END,
    contact_term('account', tenant_id, coalesce(account_id::text, ''), started_at),
    CASE WHEN employee_id <> '' THEN contact_term('employee', tenant_id, employee_id, started_at) END,
    contact_term('unit', tenant_id, coalesce(unit_id::text, ''), started_at),
    contact_term('call_type', tenant_id, call_type, started_at),
    contact_term('media_type', tenant_id, media_type, started_at),
    CASE WHEN satisfaction <> '' THEN contact_term('satisfaction', tenant_id, satisfaction, started_at) END,
    CASE WHEN skill_queue_id IS NOT NULL
         THEN contact_term('skill_queue', tenant_id, skill_queue_id::text, started_at) END,
    contact_term('reason_set', tenant_id, (call_reason_id IS NOT NULL)::text, started_at),
    CASE WHEN duration_seconds IS NOT NULL
         THEN contact_term('minutes', tenant_id, least(duration_seconds / 60, 60)::text, started_at) END
], NULL);

CREATE INDEX contact_record_terms ON contacts_contactrecord USING gin (contact_terms(
    tenant_id, started_at, caller_number, called_number, handled_number, customer_name, account_id, employee_id,
    unit_id, call_type, media_type, satisfaction, skill_queue_id, call_reason_id, duration_seconds
));
"""

DROP = """
DROP INDEX contact_record_terms;
DROP FUNCTION contact_terms;
DROP FUNCTION contact_term;
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0003_conversations_and_transfers")]
    operations = [migrations.RunSQL(CREATE, DROP)]
