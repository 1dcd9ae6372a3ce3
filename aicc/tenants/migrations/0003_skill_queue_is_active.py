from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0002_operation_log"),
    ]

    operations = [
        migrations.AddField(
            model_name="skillqueue",
            name="is_active",
            field=models.BooleanField(default=True, verbose_name="Active"),
        ),
    ]
