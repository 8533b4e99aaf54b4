"""`footnote add`: files, folders, addresses and standard input into a library, one by one."""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from index import Article, Library, SourceError
from index.ingest import Progress
from index.sources import LARGEST_FILE, SUFFIXES

STDIN = "-"
"""The source that stands for standard input."""

_BINARY = {b"%PDF-": ".pdf", b"PK\x03\x04": ".docx"}
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)

Change = Literal["added", "updated", "unchanged"]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Added:
    """How many sources there were, and how many of them are in the library now."""

    count: int
    kept: int

    @property
    def all_kept(self) -> bool:
        """Whether none was left out."""
        return self.kept == self.count


def add_all(
    library: Library,
    sources: Sequence[str],
    *,
    title: str | None,
    say: Say,
    warn: Say,
    bar: Callable[[str], AbstractContextManager[Progress]],
) -> Added:
    """Add every source, go on after one that cannot be read, and tell of each.

    `say` is told what was added, `warn` what was not and why; `bar` shows the progress of one.
    Raises: SourceError for several sources under one title, LibraryError, ModelError;
    KeyboardInterrupt, after saying how far it came.
    """
    found = list(_expanded(sources, warn))
    if title is not None and len(found) != 1:
        raise SourceError(
            f"--title names one article, and {len(found)} sources were given; add them one by one"
        )
    kept = 0
    try:
        for source in filter(None, found):
            with bar(f"Reading {_named(source)}") as progress:
                added = _add(library, source, title, progress, warn)
            if added is not None:
                change, article = added
                length = f"{len(article.sentences)} sentences"
                say(f"{change} {article.id}: {article.title} ({length})")
                if article.notice:
                    warn(article.notice)
                kept += 1
    except KeyboardInterrupt:
        warn(f"Stopped: {kept} of {len(found)} added." if kept else "Stopped; nothing was added.")
        raise
    if len(found) > 1:
        say(f"{kept} of {len(found)} added")
    return Added(len(found), kept)


def _expanded(sources: Sequence[str], warn: Say) -> Iterator[str | None]:
    """Yield each source, and each file that is read in place of a folder; None for a bad one."""
    for source in sources:
        if source == STDIN or _ADDRESS.match(source) or not Path(source).expanduser().is_dir():
            yield source
            continue
        files = sorted(_files_in(Path(source).expanduser()))
        if not files:
            warn(
                f"footnote: the folder {source!r} holds no file that Footnote reads; expected one"
                f" that ends in {', '.join(sorted(SUFFIXES))}"
            )
            yield None
        yield from map(str, files)


def _files_in(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder that are read, but for hidden ones."""
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.suffix.lower() in SUFFIXES and path.is_file():
            yield path


def _add(
    library: Library, source: str, title: str | None, progress: Progress, warn: Say
) -> tuple[Change, Article] | None:
    """Add one source; None, after a word of warning, where it cannot be read."""
    before, begun = library.titles(), datetime.now(UTC)
    try:
        if source == STDIN:
            article = _add_stdin(library, title, progress)
        else:
            article = library.add(source, title=title, progress=progress)
    except SourceError as error:  # of the others each may still be good
        warn(f"footnote: {' '.join(str(error).split())}")
        return None
    if article.id not in before:
        return "added", article
    return ("updated" if article.added >= begun else "unchanged"), article


def _add_stdin(library: Library, title: str | None, progress: Progress) -> Article:
    data = sys.stdin.buffer.read(LARGEST_FILE + 1)
    suffix = next((each for magic, each in _BINARY.items() if data.startswith(magic)), ".txt")
    return library.add_bytes(data, name=f"standard input{suffix}", title=title, progress=progress)


def _named(source: str) -> str:
    return "standard input" if source == STDIN else source
