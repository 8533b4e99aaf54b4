"""What an LLM is asked, and its reply as JSON: numbered sentences, the conversation, the question.

Texts of an article or of a person stand in a prompt as data: fenced, and unable to end their fence.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from bot.llm.client import stream_text
from index import Article, Citation, Conversation, Hit
from index.text.citation import linked, verify
from index.text.structure import Outline

if TYPE_CHECKING:
    from llama_index.core.llms import LLM
    from llama_index.core.prompts import PromptTemplate

LONGEST = 300
"""Code points that a standalone question may have."""

MARKER = re.compile(r"[\[【]\s*(\^?\d[\d\s,;–^-]*)(?:†[^\]】]{0,40})?[\]】]")
"""A marker such as ``[1]``, ``[1, 2]`` or ``【1†source】``; its group holds the numbers."""

_TURNS = 3  # that a follow-up may refer to
_LONGEST_ANSWER = 600  # code points of an earlier answer that are shown
_ANSWERED = re.compile(r"\banswered\W+(\w+)")
_TAG = re.compile(r"<(?=[^\s\d<])")
_NAME = re.compile(r"(?<!^)\b(?:[^\W\d_a-z]\w+|\d+)")
_NUMBERS = {"type": "array", "items": {"type": "integer"}, "maxItems": 8}


def object_schema(**properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of an object that has these properties, all of them and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


CHOICE = object_schema(answered={"type": "boolean"}, sentences=_NUMBERS, words={"type": "string"})
"""The reply to `prompts.CHOOSE`."""

STATEMENTS = object_schema(
    answered={"type": "boolean"},
    statements={
        "type": "array",
        "items": object_schema(text={"type": "string"}, sentences=_NUMBERS),
        "maxItems": 8,
    },
)
"""The reply to `prompts.WORD`."""

_QUESTION = object_schema(question={"type": "string"})


@dataclass(frozen=True, slots=True)
class Source:
    """A sentence that the LLM is given, below its article's title and the headings above it."""

    hit: Hit
    article: Article
    path: tuple[str, ...]

    def cite(self, number: int) -> Citation:
        """Cite it under a number. Raises: LibraryError when its quote is not what is there."""
        verify(self.hit, {self.article.id: self.article})
        return Citation.of(linked(self.hit, self.article), number)


def sources_of(
    hits: Iterable[Hit], articles: Mapping[int, Article], outlines: Mapping[int, Outline]
) -> tuple[Source, ...]:
    """Put hits into reading order, each once: the first is number 1."""
    places = {(hit.article_id, hit.sentence): hit for hit in hits}
    found = []
    for (article_id, number), hit in sorted(places.items()):
        article = articles[article_id]
        headings = map(article.quote, outlines[article_id].above[number - 1])
        path = dict.fromkeys((article.title, *headings))  # a first heading often is the title
        found.append(Source(hit, article, tuple(path)))
    return tuple(found)


def prompt_of(
    template: "PromptTemplate",
    question: str,
    conversation: Conversation,
    sources: Sequence[Source] = (),
) -> str:
    """Fill in a prompt: the sentences by their numbers, below the headings that they stand under.

    The last turns of the conversation follow them, inside the same fence.
    """
    lines = []
    numbered = enumerate(sources, start=1)
    for path, group in groupby(numbered, key=lambda each: each[1].path):
        lines.append(f"# {quoted(' > '.join(path))}")
        lines += (f"[{number}] {quoted(source.hit.quote)}" for number, source in group)
    sentences = "\n".join(lines)
    turns = "".join(
        f"Question: {quoted(turn.question)}\nAnswer: {quoted(turn.answer.text[:_LONGEST_ANSWER])}\n"
        for turn in conversation.turns[-_TURNS:]
    )
    line = fence(sentences + turns + question)
    return template.format(fence=line, sentences=sentences, turns=turns, question=quoted(question))


def fence(data: str) -> str:
    """Return a line that the data cannot hold: it is made of the data's own hash."""
    line = f"==={hashlib.sha256(data.encode()).hexdigest()[:16]}==="
    return line if line not in data else fence(data + line)


def quoted(text: str) -> str:
    """Return text as one line of data.

    Markers become ``(1)``, for ours alone count; and no tag of a chat template is left whole.
    """
    kept = "".join(each for each in text if each.isspace() or unicodedata.category(each) != "Cc")
    return _TAG.sub("< ", MARKER.sub(r"(\1)", " ".join(kept.split())))


def ask(llm: "LLM", prompt: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the reply: its first JSON object that has one of the schema's keys.

    What comes behind the object is not waited for, and what a model thinks aloud before it,
    between ``<think>`` and ``</think>``, is passed over. A reply without such an object stands as
    text for the value of each key, but for what it says of `answered`. Raises: ModelError.
    """
    keys = set(schema["properties"]) - {"answered"}
    written = said = ""
    with closing(stream_text(llm, prompt, schema=schema)) as reply:
        for piece in reply:
            written += piece
            thought, _, rest = written.partition("</think>")
            said = rest if thought.lstrip().startswith("<think>") else written
            found = _object(said, keys) if "}" in piece else None
            if found is not None:
                return found
    told = _ANSWERED.search(said)
    return {**dict.fromkeys(keys, said), "answered": told and told[1]}


def _object(text: str, keys: set[str]) -> dict[str, Any] | None:
    for found in re.finditer(r"\{", text):
        try:
            value, _ = json.JSONDecoder().raw_decode(text, found.start())
        except (ValueError, RecursionError):  # it is cut off, or no JSON
            continue
        if keys & value.keys():
            return dict(value)
    return None


def condense(llm: "LLM", question: str, conversation: Conversation) -> str | None:
    """Return the standalone question, or None where there is none or what the LLM wrote is not one.

    It is not one when it does not end as one, is too long, or names what nobody named before.
    Raises: ModelError when the LLM cannot be asked.
    """
    from prompts import CONDENSE

    if not conversation.turns:
        return None
    reply = ask(llm, prompt_of(CONDENSE, question, conversation), _QUESTION)
    written = str(reply["question"]).strip().partition("\n")[0].strip(' \t"“”*')
    said = (f"{turn.question} {turn.answer.text}" for turn in conversation.turns[-_TURNS:])
    known = _words(" ".join([question, *said]))
    if not written.endswith("?") or len(written) > LONGEST or not _words(written):
        return None
    return written if {name.lower() for name in _NAME.findall(written)} <= known else None


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))
