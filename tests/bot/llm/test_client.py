import builtins
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from llama_index.core.llms.mock import MockLLM

from bot.llm.client import ATTEMPTS, LONGEST_REPLY, Unreachable, open_llm, stream_text
from index import ConfigError, ModelError
from tests.support.scripted import Scripted, Turn, breaks_off, drips, fails, hangs, says, sends

KEY = "sk-very-secret"

pytestmark = pytest.mark.usefixtures("short_pause")


def asked(url: str, *, timeout: float = 20, key: str | None = KEY) -> str:
    return "".join(stream_text(open_llm(url, "m", key, timeout=timeout), "Why?"))


def test_a_reply_comes_in_pieces_and_the_request_says_what_is_wanted() -> None:
    with Scripted(says("Because it did.", size=4)) as server:
        llm = open_llm(server.url, "tiny", KEY, timeout=20)
        assert list(stream_text(llm, "Why?")) == ["Beca", "use ", "it d", "id."]
        [request] = server.requests
    assert request["messages"] == [{"role": "user", "content": "Why?"}]
    assert request["model"] == "tiny"
    assert request["stream"] is True
    assert request["temperature"] == 0
    assert request["max_tokens"] == LONGEST_REPLY
    assert server.keys == [f"Bearer {KEY}"]


def test_the_key_of_another_server_is_never_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with Scripted(says("Yes.")) as server:
        assert asked(server.url, key=None) == "Yes."
    assert server.keys == ["Bearer none"]


def test_a_schema_is_sent_as_the_format_of_the_response() -> None:
    schema = {"type": "object", "properties": {"words": {"type": "string"}}}
    with Scripted(says("{}")) as server:
        llm = open_llm(server.url, "tiny", KEY, timeout=20)
        assert "".join(stream_text(llm, "Why?", schema=schema)) == "{}"
        [request] = server.requests
    assert request["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "reply", "strict": True, "schema": schema},
    }


@pytest.mark.parametrize("status", [400, 422])
def test_a_refusal_that_the_schema_is_not_the_reason_of_is_one(status: int) -> None:
    with Scripted(fails(status), fails(status), says("{}")) as server:
        llm = open_llm(server.url, "tiny", KEY, timeout=20)
        with pytest.raises(ModelError, match="refused the request"):
            list(stream_text(llm, "Why?", schema={"type": "object"}))
        assert list(stream_text(llm, "Why?", schema={"type": "object"})) == ["{}"]
        asked = ["response_format" in request for request in server.requests]
    assert asked == [True, False, True]


def test_any_llm_of_llama_index_will_do() -> None:
    assert "".join(stream_text(MockLLM(), "Why?")) == "user: Why?\nassistant: "


@pytest.mark.parametrize(
    ("turn", "said", "retryable"),
    [
        (fails(401, f"no such key: {KEY}"), "refused the key (401): check FOOTNOTE_LLM_KEY", False),
        (fails(403), "refused the key (403)", False),
        (fails(404), "knows no such model (404): check FOOTNOTE_LLM_MODEL", False),
        (fails(400), "refused the request (400)", False),
        (fails(429), "asked too often (429)", True),
        (fails(500), "failed (500)", True),
        (fails(503), "failed (503)", True),
        (sends("{not json"), "cannot be read: check that FOOTNOTE_LLM_URL", False),
        (sends("[1]"), "cannot be read", False),
        (sends('{"choices": 5}'), "cannot be read", False),
        (sends('{"error": {"message": "overloaded"}}'), "broke off its reply", True),
        (sends(), "broke off", True),
        (says("Half", finish=None), "broke off", True),
        (breaks_off("Half"), "broke off", True),
        (says("Half", finish="length"), "grew too long", False),
    ],
)
def test_whatever_goes_wrong_is_one_line_without_the_key(
    turn: Turn, said: str, retryable: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with Scripted(turn) as server, pytest.raises(ModelError) as raised:
        asked(server.url)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
    assert raised.value.retryable is retryable
    assert not isinstance(raised.value, Unreachable)
    assert raised.value.__cause__ is None
    assert KEY not in str(raised.value) + caplog.text


@pytest.mark.parametrize("status", [429, 500])
def test_one_more_try_is_made_and_no_third(status: int) -> None:
    with Scripted(fails(status), says("Yes.")) as server:
        assert asked(server.url) == "Yes."
        assert len(server.requests) == 2
    with Scripted(fails(status)) as server:
        with pytest.raises(ModelError):
            asked(server.url)
        assert len(server.requests) == ATTEMPTS == 2


@pytest.mark.parametrize("turn", [fails(401), fails(404), hangs(2), says("Half", finish=None)])
def test_no_second_try_is_made_where_it_cannot_help_or_takes_too_long(turn: Turn) -> None:
    with Scripted(turn) as server:
        with pytest.raises(ModelError):
            asked(server.url, timeout=0.5)
        assert len(server.requests) == 1


@pytest.mark.parametrize("turn", [hangs(30), drips(30), says("word " * 999, pause=0.05)])
def test_a_server_that_takes_for_ever_is_left(turn: Turn) -> None:
    began = time.monotonic()
    with Scripted(turn) as server, pytest.raises(Unreachable, match="too long.*TIMEOUT higher"):
        asked(server.url, timeout=0.3)
    assert time.monotonic() - began < 20


def test_a_server_that_is_not_there_says_so() -> None:
    with Scripted(says("")) as server:
        url = server.url
    with pytest.raises(Unreachable, match="cannot be reached: check that it runs") as raised:
        asked(url)
    assert raised.value.retryable


def test_closing_early_hangs_up() -> None:
    hung_up = threading.Event()
    with Scripted(says("word " * 10_000, pause=0.01, hung_up=hung_up)) as server:
        reply = stream_text(open_llm(server.url, "m", KEY, timeout=20), "Why?")
        assert next(reply) == "wor"
        reply.close()
        assert hung_up.wait(30)


def test_the_key_is_in_no_representation() -> None:
    llm = open_llm("http://127.0.0.1:9/v1", "m", KEY, timeout=1)
    assert KEY not in repr(llm) + str(llm) + str(vars(llm)) + llm.model_dump_json()


@pytest.mark.parametrize("url", ["http://127.0.0.1:port/v1", "http://["])
def test_an_invalid_address_is_a_config_error(url: str) -> None:
    with pytest.raises(ConfigError, match="FOOTNOTE_LLM_URL or FOOTNOTE_LLM_MODEL cannot be used"):
        open_llm(url, "m", KEY, timeout=1)


def test_an_address_that_cannot_be_requested_is_one_line() -> None:
    with pytest.raises(ModelError, match="check .*FOOTNOTE_LLM_URL"):
        asked("http://a b")


@pytest.mark.parametrize(("excluded", "used"), [("", True), ("127.0.0.1", False)])
def test_a_proxy_of_the_environment_is_used(
    monkeypatch: pytest.MonkeyPatch, excluded: str, used: bool
) -> None:
    with Scripted(says("Yes.")) as server, Scripted(says("Proxied.")) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removesuffix("/v1"))
        monkeypatch.setenv("no_proxy", excluded)
        assert asked(server.url) == ("Proxied." if used else "Yes.")


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[..., Any] = builtins.__import__

    def missing(name: str, *rest: Any, **options: Any) -> Any:
        if name == "openai":
            raise ModuleNotFoundError(f"No module named {name!r}")
        return real(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ConfigError, match=r"pip install 'footnote-bot\[llm\]'"):
        open_llm("http://127.0.0.1:9/v1", "m", KEY, timeout=1)
