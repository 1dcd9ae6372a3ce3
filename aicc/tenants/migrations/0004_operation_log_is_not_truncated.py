from django.db import migrations

# A trigger of rows hears nothing of TRUNCATE.
NOT_TRUNCATED = """
CREATE TRIGGER operation_is_not_truncated BEFORE TRUNCATE ON tenants_operation
    FOR EACH STATEMENT EXECUTE FUNCTION tenants_operation_is_append_only();
"""
DROP = "DROP TRIGGER operation_is_not_truncated ON tenants_operation;"


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0003_skill_queue_is_active"),
    ]

    operations = [
        migrations.RunSQL(NOT_TRUNCATED, DROP),
    ]
