"""`footnote add`: files, folders, addresses and standard input into a library, one by one."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress as ProgressBars

from bot.terminal.render import print_line, sanitize
from index import Article, FootnoteError, Library, SourceError
from index.documents.loading import LARGEST_FILE, SUFFIXES, suffix_of
from index.storage.indexing import Progress, Stage

STDIN = "-"
"""The source that stands for standard input."""


def add_all(
    library: Library,
    sources: Sequence[str],
    *,
    title: str | None,
    console: Console,
    errors: Console,
) -> bool:
    """Add every source, and return whether all could be read.

    Each article that was added is printed to `console`; progress, and each source that could not be
    read with the reason, go to `errors`.
    Raises: SourceError for several sources under one title, LibraryError, ModelError;
    KeyboardInterrupt, after printing how many were added.
    """
    if title is not None and not title.strip():
        raise SourceError("--title is empty; expected a title; give one, or leave --title out")
    found = list(_expanded(sources, errors))
    if title is not None and len(found) != 1:
        raise SourceError(
            f"--title names one article, and {len(found)} sources were given; add them one by one"
        )
    known = set(library.titles(own=True))
    count = 0
    try:
        for source in found:
            if source is None:
                continue
            began = datetime.now(UTC)
            article = _add(library, source, title, errors)
            if article is None:
                continue
            change = "unchanged" if article.added < began else "updated"
            if article.id not in known:
                change = "added"
                known.add(article.id)
            length = f"{len(article.sentences)} sentences"
            print_line(console, sanitize(f"{change} {article.id}: {article.title} ({length})"))
            if article.notice:
                print_line(errors, article.notice)
            count += 1
    except KeyboardInterrupt:
        stopped = f"Stopped: {count} of {len(found)} added."
        print_line(errors, stopped if count else "Stopped; nothing was added.")
        raise
    except FootnoteError:  # an error of the library or a model would meet the other sources too
        if count:
            print_line(console, f"{count} of {len(found)} added")
        raise
    if len(found) > 1:
        print_line(console, f"{count} of {len(found)} added")
    return count == len(found)


def _expanded(sources: Sequence[str], errors: Console) -> Iterator[str | None]:
    """Yield each source, with the readable files of a folder in its place; None for a bad one."""
    for source in sources:
        folder = _folder(source)
        if folder is None:
            yield source
            continue
        files, unreadable = _files_in(folder)
        for error in unreadable:
            line = f"footnote: the folder {error.filename!r} cannot be read ({error.strerror})"
            print_line(errors, line)
            yield None
        if not files and not unreadable:
            print_line(
                errors,
                f"footnote: the folder {source!r} holds no file that Footnote reads; expected one"
                f" that ends in {', '.join(sorted(SUFFIXES))}",
            )
            yield None
        yield from map(str, sorted(files))


def _folder(source: str) -> Path | None:
    """Return the path of a source that is a folder, and None for any other."""
    try:
        folder = Path(source).expanduser()
        return folder if source and folder.is_dir() else None
    except (OSError, RuntimeError):  # reading it as a file says what is wrong with the path
        return None


def _files_in(folder: Path) -> tuple[list[Path], list[OSError]]:
    """Return the files below a folder that Footnote reads, hidden ones aside, and all errors."""
    files = list[Path]()
    unreadable = list[OSError]()
    for parent, folders, names in os.walk(folder, onerror=unreadable.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = (Path(parent, name) for name in names if not name.startswith("."))
        files += (each for each in paths if each.suffix.lower() in SUFFIXES and each.is_file())
    return files, unreadable


def _add(library: Library, source: str, title: str | None, errors: Console) -> Article | None:
    """Add one source with a progress bar; None, after an error line, if it cannot be read."""
    try:
        with _bar("standard input" if source == STDIN else source, errors) as progress:
            if source != STDIN:
                return library.add(source, title=title, progress=progress)
            if sys.stdin.isatty():
                print("Type or paste the text; Ctrl-D ends it.", file=sys.stderr)  # noqa: T201
            data = sys.stdin.buffer.read(LARGEST_FILE + 1)
            name = f"standard input{suffix_of(data)}"
            return library.add_bytes(data, name=name, title=title, progress=progress)
    except SourceError as error:  # the other sources may still be good
        print_line(errors, f"footnote: {' '.join(str(error).split())}")
        return None


@contextmanager
def _bar(name: str, console: Console) -> Iterator[Progress]:
    """Show a progress bar on a terminal, and yield the function that moves it."""
    with ProgressBars(console=console, transient=True, disable=not console.is_terminal) as bars:
        bar = bars.add_task("", total=None)

        def update(stage: Stage, done: int, total: int) -> None:
            description = escape(f"{stage.capitalize()} {name}")
            bars.update(bar, description=description)
            if stage == "encoding":  # of the others nothing is known but that they go on
                bars.update(bar, completed=done, total=total)

        update("reading", 0, 1)
        yield update
