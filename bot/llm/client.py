"""The LLM: any OpenAI-compatible server, and in one line what went wrong with it."""

import time
import urllib.request
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    CompletionResponse,
    LLMMetadata,
    MessageRole,
)
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms import LLM, CustomLLM

from index.errors import ConfigError, ModelError

if TYPE_CHECKING:  # it is an optional dependency
    from openai import OpenAI, Stream
    from openai.types.chat import ChatCompletionChunk

LONGEST_REPLY = 1_024
"""Tokens that one reply may have, those that a model thinks in included."""

ATTEMPTS = 2
"""How often one reply is requested at most; never again once a part of it has come."""

_PAUSE = 1.0  # seconds before the second attempt
_CONNECT_TIMEOUT = 5.0  # seconds
_TOTAL = 4  # a whole reply may take so many times as long as the server may be silent
_TIMEOUT = 30.0  # seconds, of an LLM that has none of its own


def open_llm(url: str, model: str, key: str | None, *, timeout: float) -> LLM:
    """Return the LLM that a server has under this name, without asking the server anything.

    `timeout`, in seconds, is how long the server may be silent; four times that ends any reply.
    Raises: ConfigError when the extra is not installed or the client refuses the settings.
    """
    try:
        import openai
    except ModuleNotFoundError as error:
        raise ConfigError(
            "FOOTNOTE_LLM_URL is set, and what talks to an LLM is not installed:"
            " pip install 'footnote-bot[llm]'"
        ) from error
    try:
        client = openai.OpenAI(
            api_key=key
            or "none",  # or else it would send OPENAI_API_KEY, which is another server's
            base_url=url,
            max_retries=0,
            http_client=httpx.Client(
                transport=_DeadlineTransport(url, seconds=_TOTAL * timeout),
                timeout=httpx.Timeout(timeout, connect=min(timeout, _CONNECT_TIMEOUT)),
                follow_redirects=True,
            ),
        )
        return ServerLLM(client, model=model, timeout=timeout)
    except (ValueError, httpx.InvalidURL) as error:
        raise ConfigError(
            f"FOOTNOTE_LLM_URL or FOOTNOTE_LLM_MODEL cannot be used: {type(error).__name__};"
            " .env.example says what they may hold"
        ) from None


class Unreachable(ModelError):
    """A server that refuses the connection, or takes too long: soon it would do so again."""


class ServerLLM(CustomLLM):
    """A model of an OpenAI-compatible server, as LlamaIndex knows LLMs.

    Closing what a method streams closes the connection, so the server stops working on it.
    """

    model: str
    timeout: float
    _client: "OpenAI" = PrivateAttr()  # which has the key: no representation shows it
    _takes_schema: bool = PrivateAttr(default=True)  # until the server refuses one

    def __init__(self, client: "OpenAI", *, model: str, timeout: float) -> None:
        super().__init__(model=model, timeout=timeout)
        self._client = client

    @property
    def metadata(self) -> LLMMetadata:
        """What LlamaIndex asks about a model."""
        return LLMMetadata(num_output=LONGEST_REPLY, is_chat_model=True, model_name=self.model)

    def stream_chat(
        self, messages: Sequence[ChatMessage], **kwargs: Any
    ) -> Generator[ChatResponse]:
        """Yield the reply as it grows; it follows a JSON `schema` where the server takes one."""
        text = ""
        with self._create(messages, kwargs.get("schema")) as chunks:
            for chunk in chunks:
                delta = (chunk.choices[0].delta.content or "") if chunk.choices else ""
                text += delta
                message = ChatMessage(role=MessageRole.ASSISTANT, content=text)
                yield ChatResponse(message=message, delta=delta, raw=chunk)

    def _create(
        self, messages: Sequence[ChatMessage], schema: Mapping[str, Any] | None
    ) -> "Stream[ChatCompletionChunk]":
        import openai

        sent: Any = [{"role": each.role.value, "content": each.content} for each in messages]

        def create(options: object = None) -> "Stream[ChatCompletionChunk]":
            return self._client.chat.completions.create(
                model=self.model,
                messages=sent,
                temperature=0,
                max_tokens=LONGEST_REPLY,
                stream=True,
                extra_body=options,
            )

        if schema is None or not self._takes_schema:
            return create()
        json_schema = {"name": "reply", "strict": True, "schema": schema}
        wanted = {"response_format": {"type": "json_schema", "json_schema": json_schema}}
        try:
            return create(wanted)
        except (openai.BadRequestError, openai.UnprocessableEntityError):
            chunks = create()  # which is refused again where the schema was not the reason
            self._takes_schema = False
            return chunks

    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> Generator[CompletionResponse]:
        """Yield the reply to a prompt as it grows."""
        messages = [ChatMessage(role=MessageRole.USER, content=prompt)]
        for response in self.stream_chat(messages, **kwargs):
            text = response.message.content or ""
            yield CompletionResponse(text=text, delta=response.delta, raw=response.raw)

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Return the whole reply to a prompt."""
        *_, last = (CompletionResponse(text=""), *self.stream_complete(prompt, **kwargs))
        return last


def stream_text(
    llm: LLM, prompt: str, *, schema: Mapping[str, Any] | None = None
) -> Generator[str]:
    """Ask, and yield the reply in parts as it comes; closing the generator hangs up.

    A server that knows JSON schemas writes what follows the `schema`; others have the prompt alone.
    Raises: ModelError, also after some parts, when the reply fails or is cut off; Unreachable.
    """
    finish = None
    with closing(_request(llm, prompt, schema)) as responses, _model_errors():
        for response in responses:
            finish = _finish_reason(response) or finish
            if response.delta:
                yield response.delta
    if finish is None:
        raise ModelError(
            "the LLM's reply broke off; ask again, and check that FOOTNOTE_LLM_URL is the address"
            " of an OpenAI-compatible server",
            retryable=True,
        )
    if finish == "length":
        raise ModelError("the LLM's reply grew too long and was cut off")


def _request(llm: LLM, prompt: str, schema: Mapping[str, Any] | None) -> Generator[ChatResponse]:
    """Request a reply, again where that may help and little time is lost; yield the responses."""
    options = {"schema": schema} if isinstance(llm, ServerLLM) else {}
    latest = time.monotonic() + _timeout(llm) / 2
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with _model_errors():
                responses = iter(
                    llm.stream_chat([ChatMessage(role=MessageRole.USER, content=prompt)], **options)
                )
                first = next(responses, None)  # only now the request is sent
            break
        except ModelError as error:
            if not error.retryable or attempt == ATTEMPTS or time.monotonic() > latest:
                raise
            time.sleep(_PAUSE)
    if first is not None:
        yield first
        yield from responses  # which closes them, and with them the connection, when this closes


@contextmanager
def _model_errors() -> Iterator[None]:
    """Turn what the client or the stream raises into a ModelError that says it in one line.

    Nothing of what the server wrote is repeated: it may repeat the key.
    """
    import openai

    try:
        yield
    except (openai.OpenAIError, httpx.HTTPError, httpx.StreamError) as error:
        raise _model_error(error) from None
    except (ValueError, TypeError, AttributeError, LookupError, httpx.InvalidURL):
        raise ModelError(
            "the LLM server's reply cannot be read: check that FOOTNOTE_LLM_URL is the address of"
            " an OpenAI-compatible server, often ending in /v1"
        ) from None


def _model_error(error: Exception) -> ModelError:
    import openai

    kind = ModelError
    match error:
        case openai.APITimeoutError() | httpx.TimeoutException():
            problem = "took too long: ask again, or set FOOTNOTE_LLM_TIMEOUT higher"
            kind, retryable = Unreachable, True
        case openai.APIConnectionError() | httpx.ConnectError():
            problem = "cannot be reached: check that it runs, and FOOTNOTE_LLM_URL"
            kind, retryable = Unreachable, True
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            problem = f"refused the key ({error.status_code}): check FOOTNOTE_LLM_KEY"
            retryable = False
        case openai.NotFoundError():
            problem = "knows no such model (404): check FOOTNOTE_LLM_MODEL and FOOTNOTE_LLM_URL"
            retryable = False
        case openai.RateLimitError():
            problem = "is asked too often (429): wait, or check what the key is good for"
            retryable = True
        case openai.APIStatusError() if error.status_code >= 500:
            problem = f"failed ({error.status_code}): ask again, or look at its log"
            retryable = True
        case openai.APIStatusError():
            problem = f"refused the request ({error.status_code}): check FOOTNOTE_LLM_MODEL"
            retryable = False
        case _:
            problem, retryable = "broke off its reply: ask again, or look at its log", True
    return kind(f"the LLM server {problem}", retryable=retryable)


def _finish_reason(response: ChatResponse) -> str | None:
    """Return why the reply ends here, if it does; one without a raw response ends at any time."""
    if response.raw is None:
        return "stop"
    choices = getattr(response.raw, "choices", None)
    return choices[0].finish_reason if choices else None


def _timeout(llm: LLM) -> float:
    return float(getattr(llm, "timeout", _TIMEOUT))


class _DeadlineTransport(httpx.HTTPTransport):
    """Ends each response at a deadline: a server may also send something now and then for ever."""

    def __init__(self, url: str, *, seconds: float) -> None:
        """Reach `url` as the environment's proxies say; a response may take `seconds` in all."""
        address = urlsplit(url)
        proxies = urllib.request.getproxies()
        direct = urllib.request.proxy_bypass(address.hostname or "")
        proxy = None if direct else proxies.get(address.scheme) or proxies.get("all")
        super().__init__(proxy=proxy, limits=httpx.Limits(max_keepalive_connections=0))
        self._seconds = seconds

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        deadline = time.monotonic() + self._seconds
        response = super().handle_request(request)
        assert isinstance(response.stream, httpx.SyncByteStream)  # noqa: S101
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=_DeadlineStream(response.stream, deadline),
            extensions=response.extensions,
        )


class _DeadlineStream(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        for data in self._stream:
            if time.monotonic() > self._deadline:
                raise httpx.ReadTimeout("the reply takes too long")
            yield data

    def close(self) -> None:
        self._stream.close()
