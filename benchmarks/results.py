"""RESULTS.md: `make bench` writes it, and commands that take hours keep sections of their own."""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")


def section_of(text: str, title: str) -> str:
    """Give a section from its heading to the next, or nothing where there is none."""
    found = re.search(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found.group() if found else ""


def keep_section(title: str, lines: Iterable[str]) -> None:
    """Put a section in the place of the one with its title, or behind all others."""
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.is_file() else "# Results\n\n"
    made = "\n".join([f"## {title}", "", *lines]) + "\n"
    old = section_of(text, title)
    text = text.replace(old, made + "\n") if old else f"{text.rstrip()}\n\n{made}"
    RESULTS.write_text(text.rstrip() + "\n", encoding="utf-8")


def machine(*named: str) -> str:
    """Say what was measured on, and with which versions of these packages."""
    versions = ", ".join(f"{name} {version(name)}" for name in named)
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()},"
        f" {versions}"
    )


def today() -> str:
    """The date."""
    return f"{datetime.now(UTC):%Y-%m-%d}"


def commit(folder: Path | None = None) -> str:
    """Say which commit is checked out, here or in another folder."""
    git = shutil.which("git")
    if git is None:
        return "unknown"
    command = [git, "describe", "--always", "--dirty", "--exclude=*"]
    return subprocess.run(
        command, check=False, cwd=folder, capture_output=True, text=True
    ).stdout.strip()


def share(found: Iterable[object]) -> str:
    """Say which share of some holds, and how many of how many: "0.250 (1 of 4)"."""
    held = [bool(each) for each in found]
    if not held:
        return "none asked"
    return f"{sum(held) / len(held):.3f} ({sum(held)} of {len(held)})"
