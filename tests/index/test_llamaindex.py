import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from llama_index.core import Settings
from llama_index.core.callbacks import CallbackManager
from llama_index.core.chat_engine import CondensePlusContextChatEngine
from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata
from llama_index.core.llms.callbacks import llm_completion_callback
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import get_response_synthesizer
from llama_index.core.schema import Document, MetadataMode, NodeWithScore, TextNode
from llama_index.core.vector_stores import FilterOperator, MetadataFilter, MetadataFilters
from pydantic import PrivateAttr

from index import Article, ArticleInfo, Hit, Library, SourceError
from index.llamaindex import ArticleRetriever

TEXT = (
    "👍🏽 The harbour of Vell lies open. The storm came at dawn. It sank nine boats.\r\n\r\n"
    "The hut at Orra has one window. The storm came at dawn. It tore off the roof."
)
QUESTION = "How many boats did the storm sink?"


class Parrot(CustomLLM):
    """An LLM that always says the same and remembers what it was told."""

    _told: list[str] = PrivateAttr(default_factory=list)

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata()

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:
        self._told.append(prompt)
        return CompletionResponse(text="Nine boats.")

    @llm_completion_callback()
    def stream_complete(
        self, prompt: str, formatted: bool = False, **_: Any
    ) -> CompletionResponseGen:
        raise AssertionError("nothing here streams")

    @property
    def told(self) -> list[str]:
        return self._told


@pytest.fixture
def article(library: Library) -> Article:
    return library.add_text(TEXT, title="Storms")


@pytest.fixture(autouse=True)
def _settings_stay() -> Iterator[None]:
    """Hold LlamaIndex's global settings to what they were: nothing here sets or needs one."""
    before, loaded = dict(vars(Settings)), "openai" in sys.modules
    yield
    assert dict(vars(Settings)) == before
    assert ("openai" in sys.modules) == loaded


@pytest.fixture
def _loop() -> Iterator[None]:
    """LlamaIndex's engines take the thread's event loop, and leave one open if there is none."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


def check_places(nodes: Sequence[NodeWithScore], article: Article) -> None:
    assert nodes
    for found in nodes:
        node = found.node
        assert isinstance(node, TextNode)
        assert article.text[node.start_char_idx : node.end_char_idx] == node.text
        sentence = article.sentences[node.metadata["sentence"] - 1]
        assert (node.start_char_idx, node.end_char_idx) == (sentence.start, sentence.end)


def test_a_node_is_a_hit_with_its_place_and_score(library: Library, article: Article) -> None:
    [hit, *_] = library.search(QUESTION)
    [found] = library.as_retriever(top_k=1).retrieve(QUESTION)
    node = found.node
    assert isinstance(node, TextNode)
    assert found.score == pytest.approx(hit.score)
    assert (node.node_id, node.text) == ("1:3", "It sank nine boats.")
    start = TEXT.index("It sank")
    assert (node.start_char_idx, node.end_char_idx) == (start, start + 19)
    assert node.metadata == {"article_id": 1, "sentence": 3, "title": "Storms"}
    assert node.ref_doc_id == "1"
    assert node.get_content(MetadataMode.EMBED) == "It sank nine boats."
    assert node.get_content(MetadataMode.LLM) == "title: Storms\n\nIt sank nine boats."


def test_a_repeated_sentence_is_two_nodes_at_two_places(library: Library, article: Article) -> None:
    nodes = library.as_retriever(top_k=6).retrieve("When did the storm come?")
    twins = [found.node for found in nodes if found.text == "The storm came at dawn."]
    first = TEXT.index("The storm")
    second = TEXT.index("The storm", first + 1)
    assert {node.to_dict()["start_char_idx"] for node in twins} == {first, second}
    check_places(nodes, article)


def test_a_retriever_searches_the_articles_it_is_given(library: Library, article: Article) -> None:
    other = library.add_text("The bakery opens at six.", title="Bread")
    for scope, expected in ((None, {1, 2}), ([article.id], {1}), ([other.id], {2}), ([], set())):
        nodes = library.as_retriever(10, articles=scope).retrieve(QUESTION)
        assert {found.node.metadata["article_id"] for found in nodes} == expected


def test_filters_choose_articles_by_what_they_say_of_themselves(library: Library) -> None:
    for title in ("Ferries", "Trains"):
        library.add_text(f"{title} leave at six.", title=title, source=f"{title}.txt")

    def found(*filters: MetadataFilter, articles: list[int] | None = None) -> set[str]:
        chosen = MetadataFilters(filters=list(filters))
        retriever = library.as_retriever(5, articles=articles, filters=chosen)
        return {each.node.metadata["title"] for each in retriever.retrieve("What leaves at six?")}

    assert found() == {"Ferries", "Trains"}
    assert found(MetadataFilter(key="title", value="Trains")) == {"Trains"}
    assert found(MetadataFilter(key="source", value="Ferries.txt")) == {"Ferries"}
    assert found(MetadataFilter(key="article_id", operator=FilterOperator.NE, value=1)) == {
        "Trains"
    }
    assert found(MetadataFilter(key="title", value="Trains"), articles=[1]) == set()
    assert found(MetadataFilter(key="author", value="Nobody")) == set()


def test_a_node_of_a_page_has_its_source_and_the_address_of_the_sentence(library: Library) -> None:
    page = "https://a.test/ferries"
    library.add_text("The ferry leaves at six.", title="Ferries", source=page)
    [found] = library.as_retriever(top_k=1).retrieve("When does the ferry leave?")
    assert found.node.metadata == {
        "article_id": 1,
        "sentence": 1,
        "title": "Ferries",
        "source": page,
        "url": f"{page}#:~:text=The%20ferry%20leaves%20at%20six.",
    }


def test_documents_are_added_by_title_or_file_name_and_replaced_by_their_id(
    library: Library,
) -> None:
    def document(text: str, **metadata: str) -> Document:
        return Document(text=text, id_="one", metadata=metadata)

    [first] = library.add_documents([document("Two boats.", file_name="boats.txt")])
    assert (first.title, first.source) == ("boats.txt", "one")
    [again] = library.add_documents([document("Two boats.", file_name="boats.txt")])
    assert again == first
    [second] = library.add_documents([document("Three boats.", title="Boats")])
    assert (second.id, second.title, second.text) == (first.id, "Boats", "Three boats.")
    with pytest.raises(SourceError):
        library.add_documents([Document(text="Four.", id_="two"), Document(text=" ", id_="three")])
    assert library.titles() == {1: "Boats", 2: "two"}


@pytest.mark.usefixtures("_loop")
def test_a_query_engine_answers_from_nodes_at_their_places(
    library: Library, article: Article
) -> None:
    parrot = Parrot()
    manager = CallbackManager()
    synthesizer = get_response_synthesizer(llm=parrot, callback_manager=manager)
    engine = RetrieverQueryEngine(
        library.as_retriever(top_k=2), response_synthesizer=synthesizer, callback_manager=manager
    )
    response = engine.query(QUESTION)
    assert str(response) == "Nine boats."
    check_places(response.source_nodes, article)
    [best, second] = [found.text for found in response.source_nodes]
    assert best == "It sank nine boats."
    [prompt] = parrot.told
    assert f"\ntitle: Storms\n\n{best}\n\ntitle: Storms\n\n{second}\n" in prompt
    assert f"Query: {QUESTION}" in prompt
    assert "article_id" not in prompt


@pytest.mark.usefixtures("_loop")
def test_a_chat_engine_condenses_a_follow_up_and_searches_for_that(
    library: Library, article: Article
) -> None:
    parrot = Parrot()
    engine = CondensePlusContextChatEngine(
        retriever=library.as_retriever(top_k=2),
        llm=parrot,
        memory=ChatMemoryBuffer.from_defaults(token_limit=2_000, tokenizer_fn=str.split),
        callback_manager=CallbackManager(),
    )
    check_places(engine.chat(QUESTION).source_nodes, article)
    response = engine.chat("And then?")
    assert response.response == "Nine boats."
    check_places(response.source_nodes, article)
    # The parrot condensed the follow-up to "Nine boats.", and that was searched for.
    assert response.source_nodes[0].text == "It sank nine boats."
    answered, condensed, answered_again = parrot.told
    assert QUESTION in answered
    assert "Follow Up Input: And then?" in condensed
    assert "It sank nine boats." in answered_again


def test_an_asynchronous_retrieval_leaves_the_loop_free() -> None:
    released = threading.Event()
    asked: list[tuple[str, int, Sequence[int] | None]] = []

    class Slow:
        def search(
            self, question: str, *, top_k: int = 5, articles: Sequence[int] | None = None
        ) -> list[Hit]:
            asked.append((question, top_k, articles))
            assert released.wait(10), "the loop was held up by the search"
            hit = Hit(article_id=7, sentence=2, start=4, end=9, quote="Quote", score=0.5, rank=1)
            return [hit]

        def catalog(self) -> list[ArticleInfo]:
            return []

    async def retrieve() -> list[NodeWithScore]:
        retriever = ArticleRetriever(Slow(), top_k=3, articles=[7])
        retrieval = asyncio.create_task(retriever.aretrieve("Who?"))
        await asyncio.sleep(0)
        released.set()
        return await retrieval

    [found] = asyncio.run(retrieve())
    assert (found.node.node_id, found.text, found.score) == ("7:2", "Quote", 0.5)
    assert asked == [("Who?", 3, [7])]


def test_an_asynchronous_query_finds_what_a_plain_one_finds(
    library: Library, article: Article
) -> None:
    retriever = library.as_retriever()
    plain = [(found.text, found.score) for found in retriever.retrieve(QUESTION)]
    nodes = asyncio.run(retriever.aretrieve(QUESTION))
    assert [(found.text, found.score) for found in nodes] == plain
    check_places(nodes, article)


def test_importing_index_loads_none_of_the_heavy_libraries() -> None:
    heavy = {"faiss", "llama_index", "nupunkt", "sentence_transformers", "torch", "transformers"}
    script = f"import index, sys; print(sorted({heavy} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == "[]"
