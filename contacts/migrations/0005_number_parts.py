"""Finding a part of a number: a trigram index, where the server has pg_trgm and lets it be made.

Without one the search reads the window: slower, the same rows.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION contact_numbers(caller_number text, called_number text, handled_number text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN caller_number || ' ' || called_number || ' ' || handled_number;
"""

INDEX = """
CREATE INDEX contact_record_numbers ON contacts_contactrecord
USING gin (contact_numbers(caller_number, called_number, handled_number) gin_trgm_ops);
"""


def make_index(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm'),"
            " EXISTS (SELECT FROM pg_available_extension_versions WHERE name = 'pg_trgm'"
            "   AND (NOT superuser OR trusted AND has_database_privilege(current_database(), 'CREATE')"
            "        OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)))"
        )
        present, possible = cursor.fetchone()
        if not present and possible:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        if present or possible:
            cursor.execute(INDEX)


def drop_index(apps, schema_editor):
    schema_editor.execute("DROP INDEX IF EXISTS contact_record_numbers")


class Migration(migrations.Migration):
    dependencies = [("contacts", "0004_terms")]
    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION contact_numbers"),
        migrations.RunPython(make_index, drop_index),
    ]
