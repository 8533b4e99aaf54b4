import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
READERS = {"environ", "environb", "getenv", "getenvb", "putenv"}


def test_no_module_of_index_reads_the_environment() -> None:
    found = set()
    for path in (ROOT / "index").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = {node.attr} if isinstance(node, ast.Attribute) else set()
            if isinstance(node, ast.ImportFrom):
                named = {alias.name for alias in node.names}
            found |= {(path.name, each) for each in named & READERS}
    assert found == set()
