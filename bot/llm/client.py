"""The LLM in front: any OpenAI-compatible server, and in one line what went wrong with it."""

import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import httpx

from index.errors import ConfigError, ModelError

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatResponse
    from llama_index.core.llms import LLM

LONGEST_REPLY = 1_024
"""Tokens that one reply may have; some models think in them too."""

ATTEMPTS = 2
"""How often one reply is asked for at most; never again once a piece of it has come."""

_PAUSE = 1.0  # seconds before asking again
_CONNECT = 5.0  # seconds: a server that is there takes the call sooner
_PATIENCE = 4  # a whole reply may take so many times as long as the server may be silent
_TIMEOUT = 30.0  # of an LLM that has none of its own


@dataclass(slots=True)
class _Request:
    """One request under way: by when it must be over, and the response to hang up on."""

    deadline: float
    response: httpx.Response | None = None


# Through LlamaIndex and the client no other way leads to the response, which must be closed.
_under_way: ContextVar[_Request | None] = ContextVar("_under_way", default=None)


def open_llm(url: str, model: str, key: str | None, *, timeout: float) -> "LLM":
    """Give the LLM that a server has under this name; nothing is asked of it yet.

    `timeout`, in seconds, is how long the server may be silent; four times that ends any reply.
    Raises: ConfigError when the extra is not installed or the client refuses the settings.
    """
    try:
        import openai
        from llama_index.llms.openai_like import OpenAILike
    except ModuleNotFoundError as error:
        raise ConfigError(
            "FOOTNOTE_LLM_URL is set, and what talks to an LLM is not installed:"
            " pip install 'footnote[llm]'"
        ) from error
    try:
        web = openai.DefaultHttpxClient(
            timeout=httpx.Timeout(timeout, connect=min(timeout, _CONNECT)),
            limits=httpx.Limits(max_keepalive_connections=0),
            event_hooks={"response": [_watch]},
        )
        # A key of one's own, or none: never the one in OPENAI_API_KEY, which is another server's.
        client = openai.OpenAI(
            api_key=key or "none", base_url=url, max_retries=0, timeout=web.timeout, http_client=web
        )
        llm: LLM = OpenAILike(
            model=model,
            api_base=url,
            api_key="the client has it",  # what stands here is shown by repr
            openai_client=client,
            is_chat_model=True,
            temperature=0,
            max_tokens=LONGEST_REPLY,
            max_retries=0,
            timeout=timeout,
        )
    except (ValueError, httpx.InvalidURL) as error:
        raise ConfigError(
            f"FOOTNOTE_LLM_URL or FOOTNOTE_LLM_MODEL cannot be used: {type(error).__name__};"
            " .env.example says what they may hold"
        ) from None
    return llm


def pieces(llm: "LLM", prompt: str) -> Generator[str]:
    """Ask, and give the reply piece by piece as it comes; closing the iterator hangs up.

    What a model thinks aloud first, between ``<think>`` and ``</think>``, is left out.
    Raises: ModelError, also after some pieces, when the reply fails or is cut off.
    """
    with closing(_pieces(llm, prompt)) as reply:
        thought: str | None = ""
        for piece in reply:
            if thought is None:
                yield piece
                continue
            thought += piece
            if "<think>".startswith(thought.lstrip()[:7]):
                if "</think>" not in thought:
                    continue
                thought = thought.partition("</think>")[2]
            yield thought
            thought = None


def _pieces(llm: "LLM", prompt: str) -> Generator[str]:
    request = _Request(time.monotonic() + _PATIENCE * _timeout(llm))
    finish = None
    try:
        responses = _begun(llm, prompt, request)
        with told():
            for response in responses:
                finish = _finish(response) or finish
                if response.delta:
                    yield response.delta
    finally:
        if request.response is not None:
            request.response.close()
    if finish is None:
        raise ModelError(
            "the LLM's reply broke off; ask again, and check that FOOTNOTE_LLM_URL is the address"
            " of an OpenAI-compatible server",
            retryable=True,
        )
    if finish == "length":
        raise ModelError("the LLM's reply grew too long and was cut off")


@contextmanager
def told() -> Iterator[None]:
    """Turn what the client or the stream raises into a ModelError that says it in one line.

    Nothing of what the server wrote is repeated: it may repeat the key.
    """
    import openai

    try:
        yield
    except (openai.OpenAIError, httpx.HTTPError, httpx.StreamError) as error:
        raise _told(error) from None
    except (ValueError, TypeError, AttributeError, LookupError, httpx.InvalidURL):
        raise ModelError(
            "the LLM server's reply cannot be read: check that FOOTNOTE_LLM_URL is the address of"
            " an OpenAI-compatible server, often ending in /v1"
        ) from None


def _told(error: Exception) -> ModelError:
    import openai

    match error:
        case openai.APITimeoutError() | httpx.TimeoutException():
            said, again = "took too long: ask again, or set FOOTNOTE_LLM_TIMEOUT higher", True
        case openai.APIConnectionError() | httpx.ConnectError():
            said, again = "cannot be reached: check that it runs, and FOOTNOTE_LLM_URL", True
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            said, again = f"refused the key ({error.status_code}): check FOOTNOTE_LLM_KEY", False
        case openai.NotFoundError():
            said = "knows no such model (404): check FOOTNOTE_LLM_MODEL and FOOTNOTE_LLM_URL"
            again = False
        case openai.RateLimitError():
            said, again = "is asked too often (429): wait, or check what the key is good for", True
        case openai.APIStatusError() if error.status_code >= 500:
            said, again = f"failed ({error.status_code}): ask again, or look at its log", True
        case openai.APIStatusError():
            said = f"refused the request ({error.status_code}): check FOOTNOTE_LLM_MODEL"
            again = False
        case _:
            said, again = "broke off its reply: ask again, or look at its log", True
    return ModelError(f"the LLM server {said}", retryable=again)


def _begun(llm: "LLM", prompt: str, request: _Request) -> "Iterator[ChatResponse]":
    """Ask, once more where that may help and little time is lost; give the responses."""
    latest = time.monotonic() + _timeout(llm) / 2
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _asked(llm, prompt, request)
        except ModelError as error:
            if not error.retryable or attempt == ATTEMPTS or time.monotonic() > latest:
                raise
        time.sleep(_PAUSE)
    raise AssertionError("the last attempt returns or raises")


def _asked(llm: "LLM", prompt: str, request: _Request) -> "Iterator[ChatResponse]":
    from llama_index.core.base.llms.types import ChatMessage

    token = _under_way.set(request)
    try:
        with told():
            responses = iter(llm.stream_chat([ChatMessage(role="user", content=prompt)]))
            first = next(responses, None)  # only now the request is sent
    finally:
        _under_way.reset(token)
    return responses if first is None else chain([first], responses)


def _finish(response: "ChatResponse") -> str | None:
    """Give why the reply ends here, if it does; a response without a protocol ends any time."""
    if response.raw is None:
        return "stop"
    choices = getattr(response.raw, "choices", None)
    return choices[0].finish_reason if choices else None


def _timeout(llm: "LLM") -> float:
    return float(getattr(llm, "timeout", _TIMEOUT))


class _Limited(httpx.SyncByteStream):
    """A response's bytes until the deadline: a server may also go on and on."""

    def __init__(self, stream: httpx.SyncByteStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        for some in self._stream:
            if time.monotonic() > self._deadline:
                raise httpx.ReadTimeout("the reply takes too long")
            yield some

    def close(self) -> None:
        self._stream.close()


def _watch(response: httpx.Response) -> None:
    """Let the request under way know its response, and end that at the deadline."""
    request = _under_way.get()
    if request is not None:
        request.response = response
        assert isinstance(response.stream, httpx.SyncByteStream)  # noqa: S101
        response.stream = _Limited(response.stream, request.deadline)
