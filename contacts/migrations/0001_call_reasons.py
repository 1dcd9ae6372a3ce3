import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [("tenants", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="CallReason",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="Name")),
                ("position", models.PositiveIntegerField(default=0, verbose_name="Position")),
                ("is_active", models.BooleanField(default=True, verbose_name="Active")),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="contacts.callreason",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "verbose_name": "Call Reason",
            },
        ),
        migrations.AddConstraint(
            model_name="callreason",
            constraint=models.UniqueConstraint(
                models.F("tenant"),
                models.F("parent"),
                models.F("name"),
                name="reason_name_once_under_parent",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="callreason",
            constraint=models.CheckConstraint(
                condition=models.Q(("parent", models.F("id")), _negated=True), name="reason_is_not_its_own_parent"
            ),
        ),
    ]
