"""Markdown -> the plain text that readers see and that citations quote.

Markup goes and words stay, as a browser would show them without styling; of HTML too. The syntax
is CommonMark with tables and strikethrough.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from index.documents.document import Document, authors, first_line, iso_date, one_line
from index.documents.plain_text import decode
from index.documents.writer import BOLD, BlockWriter, parse_markup, text_of
from index.errors import SourceError

if TYPE_CHECKING:
    from markdown_it.token import Token

DEEPEST = 100
"""How deep quotes and lists may nest, a list counting twice; below it the parser drops text."""

_FRONT_MATTER = re.compile(
    r"""---[ \t]*\n
    (?=[\w-]+:\s)  # without a key first, it is a rule above prose, and prose must not be lost
    (?P<fields>(?:(?:[\w-]+:(?:[ \t].*)?|[ \t].*|-[ \t].*|\#.*)?\n)*?)
    (?:---|\.\.\.)[ \t]*(?:\n|\Z)""",
    re.VERBOSE,
)
_FIELD = re.compile(r"^([\w-]+):[ \t]+(\S.*)$", re.MULTILINE)
_TITLES = ("h1", "h2")  # that may title a document, in HTML; a summary is none
_LONGEST_VERSION = 40  # code points
_LINE_BREAK_TAG = re.compile(r"<br\b[^>]*>", re.IGNORECASE)


def read_markdown(data: bytes, *, name: str, charset: str | None = None) -> Document:
    """Return the plain text of a Markdown file, its title, authors, date and version.

    The title is that of YAML front matter, else the first heading; authors, date and version are
    those of front matter. Front matter is not part of the text; headings are. Blocks and table
    rows are a blank line apart, the items of a tight list on lines of their own, each after its
    bullet or number.
    Raises: SourceError as `decode`, and if it nests `DEEPEST` deep.
    """
    # The parser takes longer to import than the command line's --help may.
    from markdown_it import MarkdownIt

    source = decode(data, name=name, declared=charset).replace("\r\n", "\n").replace("\r", "\n")
    fields, body = _split_front_matter(source)
    parser = MarkdownIt("commonmark", {"maxNesting": DEEPEST}).enable(["table", "strikethrough"])
    reader = _TokenReader(name)
    for token in parser.parse(body):
        if token.type in ("blockquote_open", "list_item_open") and token.level + 1 >= DEEPEST:
            raise SourceError(
                f"{name} nests lists and quotes too deep to be read whole; expected fewer than "
                f"{DEEPEST // 2} levels; flatten it, or save it as plain text (.txt)"
            )
        reader.read(token)
    version = one_line(first_line(fields.get("version", ())).removeprefix("v"))
    return Document(
        reader.writer.text,
        first_line((*fields.get("title", ()), *reader.headings)),
        author=authors(fields.get("author") or fields.get("authors") or ()),
        published=iso_date(*fields.get("date", ()), *fields.get("published", ())),
        version=version if 0 < len(version) <= _LONGEST_VERSION else None,
        marks=reader.writer.marks,
    )


def _split_front_matter(source: str) -> tuple[dict[str, list[str]], str]:
    """Return the values of front matter by their keys in lower case, and what comes after it.

    Where it is no valid YAML, only the values that are on the line of their key are found.
    """
    found = _FRONT_MATTER.match(source)
    if found is None:
        return {}, source
    import yaml

    try:
        # Strings alone: version 1.10 is not 1.1, and 2024-02-30 no error. It constructs no objects.
        fields = yaml.load(found["fields"], Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, RecursionError):
        fields = dict(_FIELD.findall(found["fields"]))
    values = {str(key).lower(): _strings(value) for key, value in fields.items()}
    return values, source[found.end() :]


def _strings(value: object) -> list[str]:
    """Return the strings of a YAML value: itself, its entries, or the names of its entries."""
    entries = value if isinstance(value, list) else [value]
    named = (each.get("name") if isinstance(each, dict) else each for each in entries)
    return [each for each in named if isinstance(each, str)]


@dataclass(slots=True)
class _TokenReader:
    """Walks through a document's tokens and writes their blocks one by one."""

    name: str
    writer: BlockWriter = field(default_factory=BlockWriter)
    headings: list[str] = field(default_factory=list)
    kind: str | None = None  # of the block that is open, if its opening token has one
    tight: bool = False  # whether the paragraph that is open is in a tight list
    cells: list[str] | None = None
    is_header: bool = False  # whether the row that is open is one

    def read(self, token: "Token") -> None:
        match token.type:
            case "paragraph_open" | "heading_open":
                self.tight = token.hidden
                self.kind = token.tag if token.type == "heading_open" else None
            case "inline":
                self._read_words(token.children or [])
            case "fence" | "code_block":
                self.writer.write(token.content.strip("\n"), kind="code")
            case "html_block":
                # It may be one half of an element, or nothing but a comment.
                root = parse_markup(f"<div>{token.content}", name=self.name)
                self.headings += [text_of(each) for each in root.iter() if each.tag in _TITLES]
                self.writer.write_elements(root)
            case "tr_open":
                self.cells, self.is_header = [], False
            case "th_open":
                self.is_header = True
            case "tr_close":
                if any(self.cells or ()):
                    kind = "header" if self.is_header else "row"
                    self.writer.write(" | ".join(self.cells or ()), kind=kind)
                self.cells = None
            case _:
                self._read_list(token)

    def _read_list(self, token: "Token") -> None:
        match token.type:
            case "bullet_list_open":
                self.writer.open_list(None)
            case "ordered_list_open":
                self.writer.open_list(int(token.attrs.get("start", 1)))
            case "list_item_open":
                self.writer.open_item(delimiter=token.markup)
            case "list_item_close":
                self.writer.close_item()
            case "bullet_list_close" | "ordered_list_close":
                self.writer.close_list()

    def _read_words(self, tokens: list["Token"]) -> None:
        words = _words(tokens)
        if self.cells is not None:
            self.cells.append(words.replace("\n", " "))
            return
        if self.kind is not None:
            self.headings.append(words)
        self.writer.write(words, tight=self.tight, kind=self.kind or _kind(tokens))


def _kind(tokens: Iterable["Token"]) -> str | None:
    """Return the kind of a paragraph that consists of pictures, or of bold words; else None."""
    shown = [each for each in tokens if each.type != "softbreak" and _shown(each).strip()]
    if shown and all(each.type == "image" for each in shown):
        return "caption"
    depth, is_bold = 0, bool(shown)
    for each in tokens:
        depth += each.nesting if each.type in ("strong_open", "strong_close") else 0
        is_bold = is_bold and (depth > 0 or not _shown(each).strip())
    return BOLD if is_bold else None


def _words(tokens: Iterable["Token"]) -> str:
    """Return what inline tokens show, without white space at the ends of its lines."""
    lines = "".join(map(_shown, tokens)).split("\n")
    return "\n".join(line.strip(" \t") for line in lines).strip()


def _shown(token: "Token") -> str:
    match token.type:
        case "text" | "text_special" | "code_inline":
            return token.content
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "image":
            return _words(token.children or ())
        case "html_inline" if _LINE_BREAK_TAG.fullmatch(token.content):
            return "\n"
        case _:
            return ""
