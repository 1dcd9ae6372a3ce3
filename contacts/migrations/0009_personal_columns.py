"""Room for personal data that is sealed (see aicc.tenants.personal).

No table is written anew: `varchar` becomes `text`. The two indexes over expressions of these columns are built anew,
which took two and a half minutes at 12 million records, and nobody reads or writes contact records meanwhile. So this
is also the time at which unfinished contacts get a term of their own.
"""

from importlib import import_module

from django.db import migrations

import aicc.tenants.personal

RECORD = {
    "customer_number": ("number", "Customer Number", 128),
    "customer_name": ("name", "Customer Name", 200),
    "caller_number": ("number", "Caller Number", 128),
    "called_number": ("number", "Called Number", 128),
    "handled_number": ("number", "Handled Number", 128),
}
TRANSFER = {"from_party": ("party", "From", 200), "to_party": ("party", "To", 200)}

# As in aicc.lib.sealing, as it is today.
SEALED = "^~[0-9a-f]{8}[.][0-9]+[.][A-Za-z0-9_-]{22,}$"
LOOKS_SEALED = SEALED.replace("^~", "^~+")

# What is sealed is not searched by its parts, and would fill the trigram index with noise. The result for what was
# there before stays the same.
NUMBERS = f"""
CREATE OR REPLACE FUNCTION contact_numbers(caller_number text, called_number text, handled_number text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN caller_number ~ '{SEALED}' THEN '' ELSE caller_number END
    || ' ' || CASE WHEN called_number ~ '{SEALED}' THEN '' ELSE called_number END
    || ' ' || CASE WHEN handled_number ~ '{SEALED}' THEN '' ELSE handled_number END;
"""
NUMBERS_BEFORE = """
CREATE OR REPLACE FUNCTION contact_numbers(caller_number text, called_number text, handled_number text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN caller_number || ' ' || called_number || ' ' || handled_number;
"""

_terms = import_module("contacts.migrations.0004_terms")
TERMS_BEFORE = _terms.CREATE[_terms.CREATE.index("CREATE FUNCTION contact_terms(") :]
NO_TERMS = "DROP INDEX contact_record_terms; DROP FUNCTION contact_terms;"
# Unfinished: without a call reason, handled by an account, and ended.
TERMS = (
    TERMS_BEFORE.replace("duration_seconds integer\n)", "duration_seconds integer, ended_at timestamptz\n)")
    .replace("call_reason_id, duration_seconds\n)", "call_reason_id, duration_seconds, ended_at\n)")
    .replace(
        "    CASE WHEN duration_seconds",
        "    CASE WHEN call_reason_id IS NULL AND account_id IS NOT NULL AND ended_at IS NOT NULL"
        " THEN contact_term('unfinished', tenant_id, 'true', started_at) END,\n"
        "    CASE WHEN duration_seconds",
    )
)


def _widen(table, columns):
    # One statement: the indexes are built once. Their figures for the planner went with the old ones.
    return f"ALTER TABLE {table} {', '.join(f'ALTER {column} TYPE text' for column in columns)}; ANALYZE {table};"


def _narrow(table, columns):
    sealed = " OR ".join(f"{column} ~ '{SEALED}'" for column in columns)
    types = ", ".join(f"ALTER {column} TYPE varchar({most})" for column, (_kind, _label, most) in columns.items())
    return f"""
    DO $$ BEGIN
        IF EXISTS (SELECT FROM {table} WHERE {sealed}) THEN
            RAISE EXCEPTION 'Personal data is encrypted: decrypt it first.';
        END IF;
    END $$;
    {_unescape(table, columns)}
    ALTER TABLE {table} {types};
    ANALYZE {table};
    """


def _escape(table, columns):
    """Plain text that looks like a sealed one gets one more ~."""
    return "".join(
        f"UPDATE {table} SET {column} = '~' || {column} WHERE {column} ~ '{LOOKS_SEALED}';"  # noqa: S608 - constants
        for column in columns
    )


def _unescape(table, columns):
    return "".join(
        f"UPDATE {table} SET {column} = substr({column}, 2) WHERE {column} ~ '{LOOKS_SEALED}';"  # noqa: S608 - constants
        for column in columns
    )


def _fields(model, columns):
    return [
        migrations.AlterField(
            model,
            column,
            aicc.tenants.personal.PersonalField(blank=True, kind=kind, max_length=most, verbose_name=label),
        )
        for column, (kind, label, most) in columns.items()
    ]


class Migration(migrations.Migration):
    dependencies = [("contacts", "0008_what_tenants_decide")]
    operations = [
        migrations.RunSQL(NO_TERMS, TERMS_BEFORE),
        migrations.RunSQL(NUMBERS, NUMBERS_BEFORE),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(_widen(table, columns) + _escape(table, columns), _narrow(table, columns))
                for table, columns in (("contacts_contactrecord", RECORD), ("contacts_transfer", TRANSFER))
            ],
            state_operations=[*_fields("contactrecord", RECORD), *_fields("transfer", TRANSFER)],
        ),
        migrations.RunSQL(TERMS, NO_TERMS),
    ]
