"""How much of what an LLM invents comes through, and how much of what it says rightly.

python -m benchmarks.invention [SQUAD_FILE]. A scripted LLM writes one statement a reply, with a
marker: paraphrases of the sentence that it cites, and false ones of seven kinds, written by hand
(`tests/data/statements.jsonl`), on which nothing was fitted. Each goes the way of any reply.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata

from benchmarks.squad import Case, chosen_cases
from bot.llm.compose import compose, sources_of
from index import Article, Encoder, Hit, Library
from index.verification.support import Judge

STATEMENTS = Path("tests/data/statements.jsonl")
SHIPPED = Path("articles/embassy.md")
TRUE = "paraphrase"
_GIVEN = 8


class Says(CustomLLM):
    """An LLM that always writes the same."""

    reply: str

    @property
    def metadata(self) -> LLMMetadata:
        """What LlamaIndex asks of every LLM."""
        return LLMMetadata()

    def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:
        """Write it at once."""
        return CompletionResponse(text=self.reply)

    def stream_complete(
        self, prompt: str, formatted: bool = False, **_: Any
    ) -> CompletionResponseGen:
        """Write it in one piece."""
        yield CompletionResponse(text=self.reply, delta=self.reply)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a statement of some kind was shown, with the marker that it came with or another."""

    kind: str
    shown: bool
    put_right: bool


def outcomes(cases: Sequence[Case], encoder: Encoder) -> Iterator[Outcome]:
    """Have every statement written whose article is at hand."""
    statements = [json.loads(line) for line in STATEMENTS.read_text("utf-8").splitlines()]
    texts = {case.title.replace(" ", "_"): case.text for case in cases}
    for name in dict.fromkeys(each["article"] for each in statements):
        if name != SHIPPED.stem and name not in texts:
            continue
        with Library.open(None, encoder=encoder, reader="off") as library:
            if name == SHIPPED.stem:
                article = library.add(SHIPPED)
            else:
                article = library.add_text(texts[name], title=name)
            for each in statements:
                if each["article"] == name:
                    yield _outcome(library, article, each, Judge(encoder))


def _outcome(
    library: Library, article: Article, statement: dict[str, Any], judge: Judge
) -> Outcome:
    extracted = library.ask(statement["question"])
    hits = library.search(statement["question"], top_k=_GIVEN)
    number = statement["sentence"]
    if number <= len(article.sentences) and all(hit.sentence != number for hit in hits):
        # So that what it cites is among what it was given.
        hits.append(Hit.of(article, number, score=hits[-1].score, rank=len(hits) + 1))
    sources = sources_of(hits, {article.id: article})
    numbers = [source.hit.sentence for source in sources]
    marker = numbers.index(number) + 1 if number in numbers else 99
    reply = f"{statement['statement']} [{marker}]"
    *_, answer = compose(Says(reply=reply), judge, extracted, sources)
    shown = answer.origin == "composed"
    cites = number in [citation.sentence for citation in answer.citations]
    return Outcome(statement["kind"], shown and cites, put_right=shown and not cites)


def table(cases: Sequence[Case], encoder: Encoder) -> list[str]:
    """Measure, and give the table's lines in Markdown."""
    found = list(outcomes(cases, encoder))
    false = [each for each in found if each.kind != TRUE]
    rows = [
        ("true paraphrases", [each for each in found if each.kind == TRUE]),
        ("false statements", false),
        *(
            (f"of these: {kind}", [each for each in false if each.kind == kind])
            for kind in dict.fromkeys(each.kind for each in false)
        ),
    ]
    return [
        "| statements | count | shown | shown with another marker |",
        "|---|---|---|---|",
        *(
            f"| {name} | {len(some)} | {sum(each.shown for each in some) / len(some):.3f}"
            f" | {sum(each.put_right for each in some) / len(some):.3f} |"
            for name, some in rows
        ),
    ]


if __name__ == "__main__":
    print("\n".join(table(chosen_cases(), Encoder())))
