"""Every setting, and the only reader of the environment and of `.env`."""

from pathlib import Path
from typing import Annotated, NamedTuple, Self

import platformdirs
from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.sharing import Sharing
from index.errors import ConfigError
from index.models.encoder import DEFAULT_MODEL
from index.models.reader import DEFAULT_READER
from index.storage.stores import is_address

_LOOPBACK = "127.0.0.1"
_LARGEST_PORT = 65_535
_SECRET = {
    "FOOTNOTE_LIBRARY",
    "FOOTNOTE_LLM_URL",
    "FOOTNOTE_LLM_KEY",
    "DISCORD_TOKEN",
}  # an address may hold a password


class Address(NamedTuple):
    """Where something listens."""

    host: str
    port: int


def read_address(text: str) -> Address:
    """Read `HOST:PORT`; a port alone is one of this machine. Raises: ValueError."""
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdecimal()) or int(port) > _LARGEST_PORT:
        raise ValueError("expected HOST:PORT or a PORT, such as 127.0.0.1:9090")
    return Address(host.strip("[]") or _LOOPBACK, int(port))


def _optional_address(held: object) -> object:
    return read_address(held) if isinstance(held, str) else held


def _folder_or_address(held: object) -> object:
    if not isinstance(held, str):
        return held
    if is_address(held):
        return SecretStr(held)
    scheme, other, _ = held.partition("://")
    if other:  # the rest may hold a password
        raise ValueError(
            f"'{scheme}://…' is no folder, and no PostgreSQL database; expected the path of a"
            " folder, or postgresql://user:password@host/database"
        )
    return Path(held)


class Settings(BaseSettings):
    """Read from `FOOTNOTE_…` variables and `DISCORD_TOKEN`, then from `.env` in this directory."""

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

    llm_url: Annotated[str | None, Field(pattern="^https?://[^/]")] = None
    """The address of an OpenAI-compatible server, often ending in `/v1`; None is no LLM."""

    llm_model: str | None = None
    """The name that the server has for the model."""

    llm_key: SecretStr | None = None
    """The key that the server asks for, if it does."""

    llm_timeout: Annotated[float, Field(gt=0, le=600)] = 30.0
    """Seconds that the server may be silent."""

    discord_token: Annotated[SecretStr | None, Field(validation_alias="DISCORD_TOKEN")] = None
    """The token of the bot, which only `footnote serve` and `footnote sync` need."""

    message_content: bool = False
    """Whether to ask Discord for what members write without naming the bot: a privileged intent."""

    cooldown: Annotated[float, Field(ge=0, le=3600)] = 3.0
    """Seconds between two questions of one member."""

    queue: Annotated[int, Field(ge=1, le=10_000)] = 64
    """Questions that are waiting or being answered at once."""

    server_queue: Annotated[int, Field(ge=1, le=10_000)] = 16
    """Of these, how many may come from one server."""

    workers: Annotated[int, Field(ge=1, le=64)] = 2
    """Questions that are answered at once, each in its thread."""

    shared: Sharing = Sharing.EVERYWHERE
    """Where the operator's articles can be asked: `everywhere`, `servers`, `dms` or `off`."""

    server_articles: Annotated[int, Field(ge=1, le=10_000)] = 50
    """Articles of its own that one server may have."""

    server_bytes: Annotated[int, Field(ge=1)] = 20 * 1024 * 1024
    """Bytes of text, in UTF-8, that one server's own articles may have together."""

    health: Annotated[Address | None, NoDecode, BeforeValidator(_optional_address)] = None
    """Where `/healthz` and `/metrics` are shown: a port of this machine, or HOST:PORT."""

    connect_timeout: Annotated[float, Field(gt=0, le=86_400)] = 60.0
    """Seconds to go on trying to reach Discord at the start."""

    def at(self, place: str) -> Self:
        """Give these settings with the library at another place, a folder or an address."""
        return self.model_copy(update={"library": _folder_or_address(place)})

    @property
    def place(self) -> str | Path:
        """Where the library is kept: a folder, or an address, which may hold a password."""
        if isinstance(self.library, SecretStr):
            return self.library.get_secret_value()
        return self.library or self.default_library

    @property
    def default_library(self) -> Path:
        """Where the library is kept when nobody says otherwise."""
        return platformdirs.user_data_path("footnote", appauthor=False)

    @property
    def history(self) -> Path:
        """The file that the REPL remembers questions in."""
        return platformdirs.user_state_path("footnote", appauthor=False) / "history"


def load_settings() -> Settings:
    """Read the settings. Raises: ConfigError, which names the variable that is wrong."""
    settings = _read()
    if (settings.llm_url is None) != (settings.llm_model is None):
        missing, given = "FOOTNOTE_LLM_MODEL", "FOOTNOTE_LLM_URL"
        if settings.llm_url is None:
            missing, given = given, missing
        raise ConfigError(f"{missing} is not set, and {given} is: set both, or neither")
    return settings


def _read() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        [first, *_] = error.errors(include_url=False)
        name = str(first["loc"][0]).upper()
        name = name if name == "DISCORD_TOKEN" else f"FOOTNOTE_{name}"
        secret = name in _SECRET
        held = "something else" if secret else repr(first["input"])
        raise ConfigError(
            f"{name} holds {held}: {first['msg']}; .env.example says what it may hold"
        ) from (None if secret else error)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f".env cannot be read: {error}; expected NAME=value lines in UTF-8"
        ) from error
