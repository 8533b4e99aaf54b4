"""Some broken files in every run of the tests; make fuzz reads them for minutes."""

from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from benchmarks.fuzz import Finding, Fuzzer
from index import SourceError
from index.documents import loading, sandbox
from tests.support.broken import Broken, broken

TEXT = Broken("a.txt", b"It rained.", earnest=False)
PAGE = Broken("a.html", b"<p>It rained.", earnest=False)


def test_broken_files_are_read_or_refused(tmp_path: Path) -> None:
    fuzzer = Fuzzer(tmp_path)
    short = settings(
        max_examples=100,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    short(given(broken())(fuzzer.check))()
    assert fuzzer.outcomes.total() >= 100
    assert min(fuzzer.outcomes["read"], fuzzer.outcomes["refused"]) > 10


def test_what_is_read_and_refused_is_counted(tmp_path: Path) -> None:
    fuzzer = Fuzzer(tmp_path)
    for file in (TEXT, PAGE, Broken("a.txt", b"\0", earnest=False), Broken("a.txt", b"", True)):
        fuzzer.check(file)
    assert fuzzer.outcomes == {"read": 2, "refused": 2}


def broken_reader(*_: Any, **__: Any) -> NoReturn:
    raise KeyError("title")


def test_anything_but_a_refusal_is_found_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fuzzer = Fuzzer(tmp_path)
    monkeypatch.setattr(loading, "check_text", broken_reader)
    with pytest.raises(Finding, match=r"KeyError in test_fuzz\.py"):
        fuzzer.check(TEXT)
    fuzzer.run(minutes=0.001, start=1)
    assert [path.name[0] for path in tmp_path.iterdir() if path.name != "current"] == ["1"]
    fuzzer.check(TEXT)  # known by now


def test_sentences_out_of_their_places_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.fuzz.misplaced", lambda text: [text])
    with pytest.raises(Finding, match="without their exact places"):
        Fuzzer(tmp_path).check(TEXT)


def test_a_failure_within_a_library_is_counted_and_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fuzzer = Fuzzer(tmp_path)
    monkeypatch.setattr(sandbox, "read_here", broken_reader)
    fuzzer.check(PAGE)
    assert fuzzer.outcomes == {"refused": 1}
    assert fuzzer.failures == {"HTML: KeyError in test_fuzz.py": 1}
    with pytest.raises(SourceError, match="its parser failed"):
        fuzzer._read_here("", b"", format_name="HTML", name="it")
