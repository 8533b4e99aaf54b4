"""What is logged while the bot serves: a JSON object a line, without questions and secrets."""

import json
import logging
import re
import sys
from collections.abc import Collection
from datetime import UTC, datetime
from typing import TextIO

# Whoever holds an interaction's token may answer in the bot's name for a quarter of an hour.
_TOKENS = re.compile(r"((?:interactions|webhooks)/\d+/)[^/\s?'\"]+")
_HIDDEN = "…"
_STANDARD = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName", "color_message"}


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON; what `extra` gives becomes fields of their own."""

    def __init__(self, *, secrets: Collection[str] = ()) -> None:
        super().__init__()
        self._secrets = [secret for secret in secrets if secret]

    def format(self, record: logging.LogRecord) -> str:
        """Give the line, with every secret and every interaction's token left out."""
        said: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        said |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        line = json.dumps(said, ensure_ascii=False, default=str)
        for secret in self._secrets:
            line = line.replace(secret, _HIDDEN)
        return _TOKENS.sub(rf"\1{_HIDDEN}", line)


def start_logging(*, secrets: Collection[str] = (), stream: TextIO | None = None) -> None:
    """Log as JSON lines to stderr, or to a stream; from discord.py the warnings alone."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines(secrets=secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("bot").setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
