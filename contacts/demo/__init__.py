"""What does three months of a contact centre look like? Made-up contact records in the loader's form, and recordings.

Tenants and accounts are left to `manage.py demo_tenants`, and getting records into the database to `contacts.ingest`.
"""

from contacts.demo.people import ACME, GLOBEX, Agent, Profile
from contacts.demo.recordings import recorded
from contacts.demo.traffic import NEWEST_ID, records

__all__ = ["ACME", "GLOBEX", "NEWEST_ID", "Agent", "Profile", "recorded", "records"]
