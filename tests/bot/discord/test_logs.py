import io
import json
import logging
from collections.abc import Iterator

import pytest

from bot.discord.logs import start_logging

TOKEN = "MTA.secret.token"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    opened = io.StringIO()
    start_logging(secrets=[TOKEN, ""], stream=opened)
    yield opened
    root.handlers[:], level = before
    root.setLevel(level)
    logging.getLogger("bot").setLevel(logging.NOTSET)
    logging.captureWarnings(capture=False)


def test_a_line_is_an_object_with_the_fields_that_were_given(stream: io.StringIO) -> None:
    logging.getLogger("bot.discord.intake").info("answered", extra={"milliseconds": 12, "guild": 7})
    [line] = stream.getvalue().splitlines()
    said = json.loads(line)
    assert said.pop("time").endswith("+00:00")
    assert said == {
        "level": "info",
        "logger": "bot.discord.intake",
        "event": "answered",
        "milliseconds": 12,
        "guild": 7,
    }


def test_an_error_keeps_its_traceback_on_the_same_line(stream: io.StringIO) -> None:
    try:
        raise RuntimeError("two\nlines")
    except RuntimeError:
        logging.getLogger("bot").exception("failed")
    [line] = stream.getvalue().splitlines()
    assert json.loads(line)["traceback"].endswith("RuntimeError: two\nlines")


def test_no_secret_is_logged(stream: io.StringIO) -> None:
    address = "https://discord.com/api/v10/interactions/12/aW50ZXJh/callback"
    logging.getLogger("discord.http").warning("We are being rate limited. POST %s", address)
    logging.getLogger("discord").warning("Bot %s", TOKEN, extra={"held": [TOKEN]})
    said = stream.getvalue()
    assert "interactions/12/…/callback" in said
    assert "aW50ZXJh" not in said
    assert TOKEN not in said


def test_what_discord_py_and_others_say_in_passing_is_left_out(stream: io.StringIO) -> None:
    logging.getLogger("discord.gateway").info("Session ID: 1234")
    logging.getLogger("transformers").info("loading")
    assert stream.getvalue() == ""
