"""Documents are read in the tests' own process, unless the sandbox is what is tested."""

import pytest

from index.documents import loading, sandbox
from index.documents.document import Document


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(reader: str, data: bytes, *, format_name: str, **options: str | None) -> Document:
        return sandbox.read_here(reader, data, **options)

    monkeypatch.setattr(loading, "read_sandboxed", read)
