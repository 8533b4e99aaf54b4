"""The examples in docstrings of `index` are run, those of each module in a folder of its own."""

import doctest
import shutil
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in sorted((ROOT / "index").rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.usefixtures("loaded_models")
@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_give_what_they_show(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "articles/embassy.md", "article.md")
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    failed, count = doctest.testmod(import_module(name), optionflags=flags)
    assert failed == 0, "see the captured output"
    assert count > 0


def test_modules_with_examples_are_found() -> None:
    assert "index.text.segmentation" in MODULES
