"""Parses what came from outside in a process of its own, which fails or dies in this one's place.

The process gets the document on its standard input, no environment, and limits of memory, time and
files; it gives what it found as JSON.
"""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from index.documents.document import Parsed
from index.documents.encoding import decode
from index.errors import SourceError

SECONDS = 20
"""Of a processor: how long a document may take to parse."""

PATIENCE = 28
"""Seconds of the clock for the same, so that a refusal comes within half a minute.

On a busy machine a process waits more than it works, and a large document may need another try.
"""

MEMORY = 1024**3
"""Bytes of address space that parsing may take, where the system can hold it to that."""

LARGEST_TEXT = 10 * 1024 * 1024
"""Bytes of UTF-8: a longer text is refused where it was found, as handing it over takes memory."""

_HOUSE = Path(__file__).parents[2]


def parse(data: bytes, *, kind: str, name: str, charset: str | None = None) -> Parsed:
    """Give the plain text of a document, and what it says of itself.

    `kind` is ``html``, ``pdf``, ``docx``, ``epub`` or ``markdown``; `charset` is what the server
    said of its encoding.
    Raises: SourceError, which calls the document `name`, whatever happens to the parser.
    """
    asked = (kind, name, charset or "", str(SECONDS), str(MEMORY))
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "index.documents.sandbox", *asked],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_HOUSE,
            env={} if sys.platform != "win32" else None,  # no secrets; Windows starts none without
            timeout=PATIENCE,
            check=False,
        )
    except OSError as error:
        raise _failed(name, kind, f"no process can be started ({error.strerror})") from error
    except subprocess.TimeoutExpired:
        reason = f"it took more than {PATIENCE} seconds to read, or the machine is busy"
        raise _failed(name, kind, reason) from None
    try:
        found = json.loads(done.stdout)
    except ValueError:
        reason = "its parser ran out of memory or time" if done.returncode else "it gave nothing"
        raise _failed(name, kind, reason) from None
    if found["refusal"]:
        raise SourceError(found["refusal"])
    if found["failure"]:
        raise _failed(name, kind, f"its parser failed with {found['failure']}")
    parsed = found["parsed"]
    marks = parsed["marks"]
    tuples = {
        "pages": tuple(parsed["pages"]),
        "marks": None if marks is None else tuple(map(tuple, marks)),
    }
    return Parsed(**parsed | tuples)


def _failed(name: str, kind: str, reason: str) -> SourceError:
    called = "Markdown" if kind == "markdown" else kind.upper()
    return SourceError(
        f"{name} cannot be read as {called}: {reason}; expected a document that opens "
        "at once; save what it says as plain text or Markdown"
    )


def _limit(seconds: int, memory: int) -> None:
    """Hold this process to its limits, as far as the system knows them."""
    try:
        import resource
    except ImportError:  # Windows: the parent's clock alone
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    if sys.platform != "darwin":  # which refuses to lower it
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _main(kind: str, name: str, charset: str, seconds: str, memory: str) -> dict[str, Any]:
    _limit(int(seconds), int(memory))
    found: dict[str, Any] = dict.fromkeys(("parsed", "refusal", "failure"))
    try:
        parsed = _parsed(sys.stdin.buffer.read(), kind, name, charset)
        _check_length(parsed.text, name)
        found["parsed"] = asdict(parsed)
    except SourceError as error:
        found["refusal"] = str(error)
    except Exception as error:  # the parent tells the user; here it would be told to nobody
        found["failure"] = type(error).__name__
    return found


def _check_length(text: str, name: str) -> None:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > LARGEST_TEXT:
        raise SourceError(
            f"{name} unpacks to {size:,} bytes of text; expected at most {LARGEST_TEXT:,}; "
            "split it into smaller files"
        )


def _parsed(data: bytes, kind: str, name: str, charset: str) -> Parsed:
    match kind:
        case "html":
            from index.documents.html import read_webpage

            return read_webpage(data, name=name, charset=charset or None)
        case "pdf":
            from index.documents.pdf import read_pdf

            return read_pdf(data, name=name)
        case "docx":
            from index.documents.docx import read_docx

            return read_docx(data, name=name)
        case "epub":
            from index.documents.epub import read_epub

            return read_epub(data, name=name)
        case "markdown":
            from index.documents.markdown import read_markdown

            return read_markdown(decode(data, name=name, declared=charset or None), name=name)
        case _:
            raise ValueError(kind)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_main(*sys.argv[1:])))
