"""Run every measurement and rewrite RESULTS.md: python -m benchmarks [SQUAD_FILE]."""

import os
import platform
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import retrieval, speed
from benchmarks.squad import SQUAD, load_cases
from index import Encoder

RESULTS = Path(__file__).with_name("RESULTS.md")
_NAMED = ("sentence-transformers", "torch", "faiss-cpu", "nupunkt")


def main() -> int:
    """Measure what can be measured here, print it and keep it."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else SQUAD
    if not path.is_file():
        print(f"skipped: no file {path}; give one in the SQuAD 2.0 format, as SQUAD=FILE")
        return 1
    cases, encoder = load_cases(path), Encoder()
    lines = [
        "# Results",
        "",
        "Written by `make bench`.",
        "",
        *_circumstances(path, encoder),
        "",
        "## Retrieval",
        "",
        f"Each of {len(cases)} articles whole, in a library of its own; a hit is a sentence in"
        " which a gold answer begins. Nothing is excluded.",
        "",
        *retrieval.table(cases, encoder),
        "",
        "## Speed",
        "",
        "Medians of times taken in turn, in one run.",
        "",
        *speed.table(cases),
    ]
    print("\n".join(lines))
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


def _circumstances(path: Path, encoder: Encoder) -> list[str]:
    versions = ", ".join(f"{name} {version(name)}" for name in _NAMED)
    return [
        f"- date: {datetime.now(UTC):%Y-%m-%d}",
        f"- commit: {_commit()}",
        f"- machine: {platform.machine()}, {os.cpu_count()} cores, Python"
        f" {platform.python_version()}, {versions}",
        f"- model: {encoder.name}, weights {encoder.fingerprint[:12]}",
        f"- questions: {path.name}",
    ]


def _commit() -> str:
    git = shutil.which("git")
    if git is None:
        return "unknown"
    command = [git, "describe", "--always", "--dirty", "--exclude=*"]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
