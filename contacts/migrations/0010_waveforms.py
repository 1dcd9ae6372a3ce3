from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0009_personal_columns"),
    ]

    operations = [
        migrations.AddField(
            model_name="mediafile",
            name="peaks",
            field=models.BinaryField(help_text="The waveform of voice, once it was played.", null=True),
        ),
    ]
