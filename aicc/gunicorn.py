"""How does gunicorn serve the site, in `make demo` and in a container: `gunicorn --config python:aicc.gunicorn`.

Only the address, and how many workers a bigger machine gets, is left to whoever starts it.
"""

import logging
import re

from gunicorn.config import Config
from gunicorn.glogging import Logger


class QueryFreeLogger(Logger):
    """Query strings carry customers' names and numbers: gunicorn's complaints about a request do without them."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        self.error_log.addFilter(_without_query)


def _without_query(record: logging.LogRecord) -> bool:
    message = record.getMessage()
    if "request" in message.lower():
        # A line that is no request is quoted, in whole or in part.
        record.msg, record.args = re.sub(r"[?'].*", "…", message, flags=re.DOTALL), ()
    return True


workers = 2
threads = 4
# One import instead of one per worker, and their memory is shared.
preload_app = True
# A search with much in it is a long address, and too much in it is answered by a page of ours: no limit here but
# gunicorn's own for all headers together. htmx sends the address once more, in a header.
limit_request_line = 0
limit_request_field_size = 0
logger_class = QueryFreeLogger
accesslog = "-"
access_log_format = "%(t)s %(m)s %(U)s %(s)s %(B)s bytes %(M)s ms"
# Its default place is shared by all the sites of a user.
control_socket_disable = True
