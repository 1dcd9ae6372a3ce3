"""How long does a session last? Every request prolongs it; only one that changed it writes what is in it.

Otherwise the answer to a slow request would bring back what a quicker one has changed: who signed in as agent, say.
"""

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError


class SessionStore(db.SessionStore):
    """Sessions in the database."""

    def save(self, must_create: bool = False) -> None:
        if must_create or self.modified or self.session_key is None:
            super().save(must_create)
            return
        own = self.model.objects.filter(session_key=self.session_key)
        if not own.update(expire_date=self.get_expiry_date()):
            # Signed out meanwhile: it does not come back.
            raise UpdateError
