"""Reads documents from outside in a process of their own, so that a broken parser harms only that.

The child process gets the document on its standard input, no environment, and limits of memory,
time and files. It writes the result to its standard output as JSON.
"""

import json
import logging
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from pkgutil import resolve_name

from index.documents.document import Document
from index.errors import SourceError

CPU_SECONDS = 20
"""Seconds of processor time for reading a document."""

WALL_SECONDS = 28
"""Seconds by the clock for the same, so that a refusal comes within half a minute.

On a busy machine a process waits more than it works, and a large document may need another try.
"""

MEMORY = 1024**3
"""Bytes of address space for reading a document, where the system can enforce it."""

LARGEST_TEXT = 10 * 1024 * 1024
"""Bytes of UTF-8: the child refuses a longer text, because passing it on takes memory."""

_ROOT = Path(__file__).parents[2]
_CHILD = "from index.documents.sandbox import main; main()"
_logger = logging.getLogger(__name__)


def read_here(reader: str, data: bytes, **options: str | None) -> Document:
    """Read a document in this process.

    reader:  a module of this package and the function in it that reads, such as ``pdf:read_pdf``;
             it is imported only now, as parsers take long to import
    options: the function's keyword arguments
    Raises: SourceError, and whatever the parser raises.
    """
    read: Callable[..., Document] = resolve_name(f"index.documents.{reader}")
    return read(data, **options)


def read_sandboxed(
    reader: str, data: bytes, *, format_name: str, name: str, **options: str | None
) -> Document:
    """Read a document in a child process, with `reader` and `options` as for `read_here`.

    Raises: SourceError, which calls the document `name`, whatever happens to the parser.
    """
    task = {
        "reader": reader,
        "options": {"name": name, **options},
        "cpu_seconds": CPU_SECONDS,
        "memory": MEMORY,
    }
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-c", _CHILD, json.dumps(task)],
            input=data,
            capture_output=True,
            cwd=_ROOT,
            env={} if sys.platform != "win32" else None,  # no secrets; Windows starts none without
            timeout=WALL_SECONDS,
            check=False,
        )
    except OSError as error:
        reason = f"no process can be started ({error.strerror})"
        raise _failure(name, format_name, reason) from error
    except subprocess.TimeoutExpired:
        reason = f"it took more than {WALL_SECONDS} seconds to read, or the machine is busy"
        raise _failure(name, format_name, reason) from None
    try:
        result = json.loads(done.stdout)
    except ValueError:
        result = {"failure": "ran out of memory or time" if done.returncode else "returned nothing"}
    if "refusal" in result:
        raise SourceError(result["refusal"])
    if "failure" in result:
        _logger.debug(
            "reading %s as %s failed with status %d: %s",
            *(name, format_name, done.returncode, done.stderr.decode(errors="replace")),
        )
        raise _failure(name, format_name, f"its parser {result['failure']}")
    fields = result["document"]
    fields["pages"] = tuple(fields["pages"])
    if fields["marks"] is not None:
        fields["marks"] = tuple(map(tuple, fields["marks"]))
    return Document(**fields)


def _failure(name: str, format_name: str, reason: str) -> SourceError:
    return SourceError(
        f"{name} cannot be read as {format_name}: {reason}; expected a document that opens "
        "at once; save what it says as plain text or Markdown"
    )


def main() -> None:
    """Run in the child process: read standard input as the first argument asks, print the result.

    The result has one key: ``document``, ``refusal`` with a SourceError's message, or ``failure``.
    """
    task = json.loads(sys.argv[1])
    limit_process(cpu_seconds=task["cpu_seconds"], memory=task["memory"])
    result: dict[str, object]
    try:
        document = read_here(task["reader"], sys.stdin.buffer.read(), **task["options"])
        size = len(document.text.encode("utf-8", "surrogatepass"))
        if size > LARGEST_TEXT:
            raise SourceError(
                f"{task['options']['name']} unpacks to {size:,} bytes of text; expected at most "
                f"{LARGEST_TEXT:,}; split it into smaller files"
            )
        result = {"document": asdict(document)}
    except SourceError as error:
        result = {"refusal": str(error)}
    except Exception as error:  # parsers raise anything; the parent reports it
        traceback.print_exc()
        result = {"failure": f"failed with {type(error).__name__}"}
    json.dump(result, sys.stdout)


def limit_process(*, cpu_seconds: int, memory: int) -> None:
    """Limit this process, for good, to seconds of processor time and bytes of address space.

    It can write no file. Systems enforce what they support; Windows none of it.
    """
    try:
        import resource
    except ImportError:  # Windows: only the parent's timeout holds
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    if sys.platform != "darwin":  # which refuses to lower it
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
