import logging
import re

# A receipt and the keys of mails let whoever knows the address in; it may also stand in a query, as `next`.
SECRET_IN_ADDRESS = re.compile(r"((?:receipt|reset(?:/|%2F)key|confirm-email)(?:/|%2F))[^/%\s?&\"'<>]+", re.IGNORECASE)


class WithoutSecrets(logging.Formatter):
    """Formats a record, traceback included, with a dash for each secret in an address."""

    def format(self, record: logging.LogRecord) -> str:
        return SECRET_IN_ADDRESS.sub(r"\1-", super().format(record))
