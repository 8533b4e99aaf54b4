"""The rules of the house that only the imports show."""

import ast
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]
# A module may import those of the lines above its own, and no other of index.
LAYERS = [
    ["errors", "addresses", "endings", "marks", "numbering", "rarest", "subtitles"],
    ["parsed"],
    ["imprint", "snippet"],
    ["article", "encoding", "markdown", "loading", "sqlite", "english", "gate", "query"],
    ["blocks", "checks", "database", "docx", "layout", "questions", "structure", "words"],
    ["glyphs", "mainpart", "paragraphs"],
    ["webpage"],
    ["epub", "pdf"],
    ["fetch", "parsing"],
    ["sources", "contradiction", "passages", "encoder", "reranker"],
    ["reader"],
    ["maxsim", "records"],
    ["evidence", "found", "frequencies", "inverted", "keywords", "shelves", "snapshots"],
    ["spelling", "writing"],
    ["store", "postgres"],
    ["building", "narrow", "postgres_session"],
    ["vectors", "postgres_schema", "postgres_search"],
    ["postgres_shelves", "postgres_writing"],
    ["postgres_store"],
    ["stores"],
    ["ingest"],
    ["retriever"],
    ["confidence", "selection", "short"],
    ["answer", "llamaindex", "support"],
    ["conversation", "links", "overview", "revision"],
    ["library"],
    ["__init__"],
]
INDEX = sorted((HOUSE / "index").rglob("*.py"))
ALL = [*INDEX, *sorted((HOUSE / "bot").rglob("*.py")), *sorted((HOUSE / "prompts").rglob("*.py"))]


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it: ``from a import b`` is ``a.b``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def tops(path: Path) -> set[str]:
    return {module.partition(".")[0] for module in imports(path)}


def test_every_module_of_index_has_its_place_in_the_layers() -> None:
    assert [path.stem for path in INDEX] == sorted(chain(*LAYERS))


@pytest.mark.parametrize("path", INDEX, ids=lambda path: path.stem)
def test_imports_run_one_way(path: Path) -> None:
    [layer] = [number for number, modules in enumerate(LAYERS) if path.stem in modules]
    used = {module.split(".")[1] for module in imports(path) if module.startswith("index.")}
    assert used <= {*chain(*LAYERS[:layer])}


@pytest.mark.parametrize("path", INDEX, ids=lambda path: path.stem)
def test_index_knows_no_bot_no_prompts_no_discord_and_no_environment(path: Path) -> None:
    assert tops(path).isdisjoint({"bot", "prompts", "discord", "dotenv", "pydantic_settings"})
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    named = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    named |= {module.rpartition(".")[2] for module in imports(path)}
    assert named.isdisjoint({"environ", "environb", "getenv", "getenvb", "putenv"})


@pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_only_what_serves_postgresql_imports_its_client(path: Path) -> None:
    assert "postgres" in path.stem or tops(path).isdisjoint({"psycopg", "pgvector"})


def test_only_one_file_of_index_imports_llama_index() -> None:
    assert [path.name for path in INDEX if "llama_index" in tops(path)] == ["llamaindex.py"]


@pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_nothing_is_pickled_and_no_file_is_a_drawer_for_odds_and_ends(path: Path) -> None:
    assert tops(path).isdisjoint({"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve"})
    assert path.stem not in {"utils", "util", "helpers", "common", "misc", "base"}
