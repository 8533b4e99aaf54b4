"""Every setting, and the only reader of the environment and of `.env`."""

from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self

import platformdirs
from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.sharing import Sharing
from index.errors import ConfigError
from index.models.encoder import DEFAULT_MODEL
from index.models.reader import DEFAULT_READER
from index.storage.opening import is_address

_LOOPBACK = "127.0.0.1"
_LARGEST_PORT = 65_535
_SECRET = {"FOOTNOTE_LIBRARY", "FOOTNOTE_LLM_URL", "FOOTNOTE_LLM_KEY", "DISCORD_TOKEN"}
"""Variables whose values are never shown: an address may hold a password."""


Mode = Literal["quote", "word"]
"""Whether an LLM chooses sentences to quote, or words an answer above their quotes."""


class Address(NamedTuple):
    """A host and a TCP port to listen on."""

    host: str
    port: int


def read_address(text: str) -> Address:
    """Return the address that `HOST:PORT`, or a port of this machine, names. Raises: ValueError."""
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdecimal()) or int(port) > _LARGEST_PORT:
        raise ValueError("expected HOST:PORT or a PORT, such as 127.0.0.1:9090")
    return Address(host.strip("[]") or _LOOPBACK, int(port))


def _optional_address(value: object) -> object:
    return read_address(value) if isinstance(value, str) else value


def _folder_or_address(value: object) -> object:
    if not isinstance(value, str):
        return value
    if is_address(value):
        return SecretStr(value)
    scheme, other, _ = value.partition("://")
    if other:  # the rest may hold a password
        raise ValueError(
            f"'{scheme}://…' is no folder, and no PostgreSQL database; expected the path of a"
            " folder, or postgresql://user:password@host/database"
        )
    return Path(value)


class Settings(BaseSettings):
    """The settings: `FOOTNOTE_…` variables and `DISCORD_TOKEN`, else those of `.env` here."""

    model_config = SettingsConfigDict(
        env_prefix="FOOTNOTE_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    library: Annotated[Path | SecretStr | None, BeforeValidator(_folder_or_address)] = None
    """The library's directory, or a postgresql:// address; None is `default_library`."""

    model: str = DEFAULT_MODEL
    """A sentence-transformers model: the packaged one, a folder, or a cached hub name."""

    reader: str = DEFAULT_READER
    """A model of answer spans: the packaged one, a folder, a cached hub name, or `off`."""

    reranker: str | None = None
    """A sentence-transformers cross-encoder: a folder or a cached hub name; None is none."""

    threads: Annotated[int | None, Field(ge=1, le=1024)] = None
    """Threads that the models compute with; None is one for each core the process may use."""

    llm_url: Annotated[str | None, Field(pattern="^https?://[^/]")] = None
    """The address of an OpenAI-compatible server, often ending in `/v1`; None is no LLM."""

    llm_model: str | None = None
    """The model's name on the server."""

    llm_key: SecretStr | None = None
    """The API key of the server, if it requires one."""

    llm_mode: Mode = "quote"
    """What the LLM does: `quote` or `word`."""

    llm_timeout: Annotated[float, Field(gt=0, le=600)] = 30.0
    """Seconds to wait for the server, up to its first token and between two tokens."""

    discord_token: Annotated[SecretStr | None, Field(validation_alias="DISCORD_TOKEN")] = None
    """The bot's token, which `footnote serve` and `footnote sync` need."""

    message_content: bool = False
    """Whether to request messages that do not mention the bot: a privileged intent."""

    cooldown: Annotated[float, Field(ge=0, le=3600)] = 3.0
    """Seconds between two questions of one member."""

    queue: Annotated[int, Field(ge=1, le=10_000)] = 64
    """Maximum number of questions that wait or are answered at once, overall."""

    server_queue: Annotated[int, Field(ge=1, le=10_000)] = 16
    """Maximum number of these from one server."""

    workers: Annotated[int, Field(ge=1, le=64)] = 2
    """Threads that answer questions."""

    shared: Sharing = Sharing.EVERYWHERE
    """Where the operator's articles can be asked: `everywhere`, `servers`, `dms` or `off`."""

    server_articles: Annotated[int, Field(ge=1, le=10_000)] = 50
    """Maximum number of a server's own articles."""

    server_bytes: Annotated[int, Field(ge=1)] = 20 * 1024 * 1024
    """Maximum size of a server's own articles together, in bytes of UTF-8 text."""

    health: Annotated[Address | None, NoDecode, BeforeValidator(_optional_address)] = None
    """Where `/healthz` and `/metrics` are served: a port of this machine, or HOST:PORT."""

    privacy_url: Annotated[str | None, Field(pattern=r"^https?://[^\s<>/][^\s<>]*$")] = None
    """The address of the operator's privacy policy, which `/about` links."""

    connect_timeout: Annotated[float, Field(gt=0, le=86_400)] = 60.0
    """Seconds to retry reaching Discord at the start."""

    def at(self, place: str) -> Self:
        """Return these settings with the library in another folder or at another address.

        Raises: ConfigError for an address that is not PostgreSQL's.
        """
        try:
            return self.model_copy(update={"library": _folder_or_address(place)})
        except ValueError as error:
            raise ConfigError(f"--library: {error}") from error

    @property
    def place(self) -> str | Path:
        """The library's folder, or its address, which may hold a password."""
        if isinstance(self.library, SecretStr):
            return self.library.get_secret_value()
        return self.library or self.default_library

    @property
    def default_library(self) -> Path:
        """The library's folder where none is set."""
        return platformdirs.user_data_path("footnote", appauthor=False)

    @property
    def history(self) -> Path:
        """The file that saves the questions typed in the REPL."""
        return platformdirs.user_state_path("footnote", appauthor=False) / "history"


def load_settings() -> Settings:
    """Return the settings. Raises: ConfigError, which names the variable that is wrong."""
    try:
        settings = Settings()
    except ValidationError as error:
        [first, *_] = error.errors(include_url=False)
        name = str(first["loc"][0]).upper()
        name = name if name == "DISCORD_TOKEN" else f"FOOTNOTE_{name}"
        secret = name in _SECRET
        value = "something else" if secret else repr(first["input"])
        raise ConfigError(
            f"{name} holds {value}: {first['msg']}; .env.example says what it may hold"
        ) from (None if secret else error)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f".env cannot be read: {error}; expected NAME=value lines in UTF-8"
        ) from error
    if (settings.llm_url is None) != (settings.llm_model is None):
        missing, given = "FOOTNOTE_LLM_MODEL", "FOOTNOTE_LLM_URL"
        if settings.llm_url is None:
            missing, given = given, missing
        raise ConfigError(f"{missing} is not set, and {given} is: set both, or neither")
    return settings
