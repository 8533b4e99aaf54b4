"""Feeds the readers broken files for minutes: make fuzz, or python -m benchmarks.fuzz --minutes 10.

Hypothesis draws a whole file of some format and what is done to it: bytes, parts of a zip, objects
of a PDF, encodings, the name. A finding is anything but a text whose sentences have their exact
places, or a SourceError; Hypothesis makes it as small as it can, and it is written to build/fuzz.

Most files are read in this process, for speed, by the same code that has a process of its own in
earnest; one in a hundred is read in earnest. Failures inside pypdf, lxml and the other parsers are
no findings: the edge of that process turns them into SourceErrors; they are counted. Should this
process die, the file that it read is build/fuzz/current.
"""

import argparse
import faulthandler
import logging
import resource
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings

from benchmarks.formats import misplaced
from index import SourceError
from index.documents import loading, sandbox
from index.documents.document import Document
from tests.support.broken import Broken, broken

HOUSE = Path(__file__).parents[1]
FOUND = HOUSE / "build" / "fuzz"
PATIENCE = 30.0  # seconds of the clock in which a file must be read or refused in earnest
_MEMORY = 4 * 1024**3  # bytes for this process
_ROUND = 300  # files between two looks at the clock


class _TooSlowError(BaseException):
    """The parser's time is up; no `except Exception` may hold it."""


class Finding(AssertionError):
    """What must not come out came out."""


@dataclass(slots=True)
class Fuzzer:
    """Reads broken files, counts what becomes of them, and keeps in a folder what it found."""

    folder: Path
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    found: dict[str, Broken] = field(default_factory=dict)
    slowest: float = 0.0
    _last: tuple[str, Broken] = ("", Broken("", b"", earnest=False))

    def run(self, *, minutes: float, start: int) -> None:
        """Read for so long; `start` seeds the first round."""
        end = time.monotonic() + 60 * minutes
        number = start
        while time.monotonic() < end:
            self._round(number)
            number += 1

    def _round(self, number: int) -> None:
        plan = settings(
            max_examples=_ROUND,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            verbosity=Verbosity.quiet,
        )

        @seed(number)
        @plan
        @given(broken())
        def read(file: Broken) -> None:
            self.check(file)

        try:
            read()
        except Finding:
            signature, file = self._last
            self.found[signature] = file
            print(f"found (seed {number}): {signature}", file=sys.stderr)
            path = self.folder / f"{len(self.found)}-{file.name}"
            path.write_bytes(file.data)

    def check(self, file: Broken) -> None:
        """Read one file. Raises: Finding, unless the same was found before."""
        (self.folder / "current").write_bytes(file.data)
        faulthandler.dump_traceback_later(3 * PATIENCE, exit=True)
        begun = time.monotonic()
        try:
            outcome = self._read(file)
        except Exception as error:
            self._tell(_signature(error), file, error)
            return
        finally:
            faulthandler.cancel_dump_traceback_later()
        seconds = time.monotonic() - begun
        if not file.earnest:
            self.slowest = max(self.slowest, seconds)
        elif seconds > PATIENCE:
            self._tell("it takes too long", file, None)
        self.outcomes[outcome] += 1

    def _read(self, file: Broken) -> str:
        try:
            if file.earnest:
                source = loading.read(file.data, name=file.name)
            else:
                with patch.object(loading, "read_sandboxed", self._read_here):
                    source = loading.read(file.data, name=file.name)
        except SourceError:
            return "refused"
        wrong = misplaced(source.text)
        if wrong:
            raise Finding(f"sentences without their exact places: {wrong}")
        return "read"

    def _read_here(
        self, reader: str, data: bytes, *, format_name: str, **options: str | None
    ) -> Document:
        try:
            with _time_limit(sandbox.CPU_SECONDS), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return sandbox.read_here(reader, data, **options)
        except SourceError:
            raise
        except (Exception, _TooSlowError) as error:
            frames = traceback.extract_tb(error.__traceback__)
            ours = Path(frames[-1].filename).is_relative_to(HOUSE / "index")
            if ours and not isinstance(error, MemoryError | RecursionError | _TooSlowError):
                raise
            self.failures[f"{format_name}: {type(error).__name__} in {_module(frames)}"] += 1
            raise SourceError("its parser failed; expected a document; save it as text") from error

    def _tell(self, signature: str, file: Broken, error: Exception | None) -> None:
        if signature not in self.found:
            self._last = (signature, file)
            raise Finding(signature) from error


def _signature(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    said = str(error).split(":")[0][:40]
    return f"{type(error).__name__} in {Path(frame.filename).name}:{frame.lineno}: {said}"


def _module(frames: traceback.StackSummary) -> str:
    parts = Path(frames[-1].filename).parts
    return parts[parts.index("site-packages") + 1] if "site-packages" in parts else parts[-1]


@contextmanager
def _time_limit(seconds: int) -> Iterator[None]:
    def stop(*_: object) -> NoReturn:
        raise _TooSlowError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def main() -> int:
    """Fuzz for so many minutes, print what became of the files, give 1 if there is a finding."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    given_options = parser.parse_args()
    FOUND.mkdir(parents=True, exist_ok=True)
    logging.disable()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, resource.RLIM_INFINITY))
    fuzzer = Fuzzer(FOUND)
    fuzzer.run(minutes=given_options.minutes, start=given_options.seed)
    told = ", ".join(f"{count:,} {outcome}" for outcome, count in fuzzer.outcomes.most_common())
    print(f"{fuzzer.outcomes.total():,} files: {told}; slowest {fuzzer.slowest:.1f} s")
    for failure, count in fuzzer.failures.most_common():
        print(f"  {count:,} refused as a parser failed: {failure}")
    for signature, file in fuzzer.found.items():
        print(f"FOUND {signature}: {file.name}, {len(file.data):,} bytes {file.data[:80]!r}")
    return 1 if fuzzer.found else 0


if __name__ == "__main__":
    sys.exit(main())
