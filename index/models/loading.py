"""Loading a model of sentence-transformers: in silence, from this machine alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.errors import ModelError


def located(name: str) -> str:
    """Return the folder that a model's name is, or the name itself, as the hub's.

    Raises: FileNotFoundError for a path without a folder, which would pass for a hub's name.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return str(folder)
    if folder.is_absolute() or name.startswith("."):
        raise FileNotFoundError(f"no folder {name}")
    return name


@contextmanager
def loading(name: str, *, expected: str) -> Iterator[None]:
    """Keep progress bars away while a model is loaded, and say plainly when it cannot be.

    Raises: ModelError, which says what was `expected`.
    """
    from safetensors import SafetensorError
    from transformers.utils import logging

    shows_progress = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise ModelError(
            f"no model {name!r}: expected {expected}, or the name of one in the local Hugging Face"
            " cache (`hf download NAME` fetches it)"
        ) from error
    finally:
        if shows_progress:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
