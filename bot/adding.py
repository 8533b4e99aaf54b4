"""`footnote add`: files, folders, addresses and standard input into a library, one by one."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.terminal.render import shown
from index import Article, FootnoteError, Library, SourceError
from index.documents.loading import LARGEST_FILE, SUFFIXES, suffix_of
from index.storage.indexing import Progress

STDIN = "-"
"""The source that stands for standard input."""

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
    if title is not None and not title.strip():
        raise SourceError("--title is empty; expected a title; give one, or leave --title out")
    found = list(_expanded(sources, warn))
    if title is not None and len(found) != 1:
        raise SourceError(
            f"--title names one article, and {len(found)} sources were given; add them one by one"
        )
    known = set(library.titles(own=True))
    kept = 0
    try:
        for source in found:
            if source is None:
                continue
            begun = datetime.now(UTC)
            with bar(f"Reading {_named(source)}") as progress:
                article = _add(library, source, title, progress, warn)
            if article is None:
                continue
            change = "unchanged" if article.added < begun else "updated"
            if article.id not in known:
                change = "added"
                known.add(article.id)
            length = f"{len(article.sentences)} sentences"
            say(shown(f"{change} {article.id}: {article.title} ({length})"))
            if article.notice:
                warn(article.notice)
            kept += 1
    except KeyboardInterrupt:
        warn(f"Stopped: {kept} of {len(found)} added." if kept else "Stopped; nothing was added.")
        raise
    except FootnoteError:  # of the library or a model: the sources to come would meet it as well
        if kept:
            say(f"{kept} of {len(found)} added")
        raise
    if len(found) > 1:
        say(f"{kept} of {len(found)} added")
    return Added(len(found), kept)


def _expanded(sources: Sequence[str], warn: Say) -> Iterator[str | None]:
    """Yield each source, and each file that is read in place of a folder; None for a bad one."""
    for source in sources:
        folder = _folder(source)
        if folder is None:
            yield source
            continue
        files, unreadable = _files_in(folder)
        for error in unreadable:
            warn(f"footnote: the folder {error.filename!r} cannot be read ({error.strerror})")
            yield None
        if not files and not unreadable:
            warn(
                f"footnote: the folder {source!r} holds no file that Footnote reads; expected one"
                f" that ends in {', '.join(sorted(SUFFIXES))}"
            )
            yield None
        yield from map(str, sorted(files))


def _folder(source: str) -> Path | None:
    """Return the folder that a source is, if it is one."""
    try:
        folder = Path(source).expanduser()
        return folder if source and folder.is_dir() else None
    except (OSError, RuntimeError):  # reading it as a file says what is wrong with the path
        return None


def _files_in(folder: Path) -> tuple[list[Path], list[OSError]]:
    """Return the files below a folder that are read, but for hidden ones, and what hindered."""
    files = list[Path]()
    unreadable = list[OSError]()
    for parent, folders, names in os.walk(folder, onerror=unreadable.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = (Path(parent, name) for name in names if not name.startswith("."))
        files += (each for each in paths if each.suffix.lower() in SUFFIXES and each.is_file())
    return files, unreadable


def _add(
    library: Library, source: str, title: str | None, progress: Progress, warn: Say
) -> Article | None:
    """Add one source; None, after a word of warning, where it cannot be read."""
    try:
        if source == STDIN:
            return _add_stdin(library, title, progress)
        return library.add(source, title=title, progress=progress)
    except SourceError as error:  # of the others each may still be good
        warn(f"footnote: {' '.join(str(error).split())}")
        return None


def _add_stdin(library: Library, title: str | None, progress: Progress) -> Article:
    if sys.stdin.isatty():
        print("Type or paste the text; Ctrl-D ends it.", file=sys.stderr)  # noqa: T201
    data = sys.stdin.buffer.read(LARGEST_FILE + 1)
    name = f"standard input{suffix_of(data)}"
    return library.add_bytes(data, name=name, title=title, progress=progress)


def _named(source: str) -> str:
    return "standard input" if source == STDIN else source
