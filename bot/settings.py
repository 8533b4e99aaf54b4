"""Every setting, and the only reader of the environment and of `.env`."""

from pathlib import Path

import platformdirs
from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from index.encoder import DEFAULT_MODEL
from index.errors import ConfigError


class Settings(BaseSettings):
    """Read from `FOOTNOTE_…` variables, then from `.env` in the working directory."""

    model_config = SettingsConfigDict(
        env_prefix="FOOTNOTE_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    library: Path | None = None
    """The library's directory; None is `default_library`."""

    model: str = DEFAULT_MODEL
    """A sentence-transformers model: the packaged one, a folder, or a cached hub name."""

    reranker: str | None = None
    """A sentence-transformers cross-encoder: a folder or a cached hub name; None is none."""

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
    try:
        return Settings()
    except ValidationError as error:
        [first, *_] = error.errors(include_url=False)
        name = "_".join(("FOOTNOTE", *map(str, first["loc"]))).upper()
        raise ConfigError(
            f"{name} holds {first['input']!r}: {first['msg']}; .env.example says what it may hold"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f".env cannot be read: {error}; expected NAME=value lines in UTF-8"
        ) from error
