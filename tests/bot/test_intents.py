import tomllib
from pathlib import Path

import pytest

from bot import intents as module
from bot.intents import OVERVIEW, QUESTION, Intents
from index import Encoder

GREETINGS = """
hi|hello|Hey|hey there|Hi there!|hiya|yo|heyyy|hiii|helloooo|Hello!!!|good morning|gm|Good evening
morning|hi sarah|Hello, Sarah|hey footnote|hi bot|hello world|howdy partner|how are you|how r u|hru
hi, how are you doing today?|hows it going|how's it going?|what's up|sup|whats up dude|wassup
nice to meet you|my name is bob|hey im sarah|happy new year|hola amigo|bonjour|hi again|hey man
good afternoon to you|top of the morning to you!|how's your day going|you there?|is anyone there
hello 👋|u ok|and you?|hbu|im good|gud morning|helo
"""
THANKS = """
thanks|thx|ty|tysm|thank you|thank you so much!|thanks a lot|thnaks|thansk|thank u|cheers mate
ok great thanks|ok thanks!|great, thank you|thanks, that helps|thanks that was helpful|cool thx
thank you very much for your help|appreciate it|much appreciated|thx a lot!!|oh ok thanks
perfect thanks|awesome, thanks!|thanks for the info|thx for ur help|you've been very helpful
hi thanks|no thanks|lol thanks|thanks sarah|thank youuu|thanksss|❤️ thanks|ok lovely ta|that helps
good to know, thanks a bunch|wow thats crazy, thx|thanks for clarifying|cheers for that
"""
GOODBYES = """
bye|goodbye|see you|see ya later|cya|good night|gn|bye bye|ok bye|thanks bye|k thx bye|ttyl
that's all thanks|that's all for now, thank you!|gotta go|have a nice day|have a good one|take care
ok im done|peace out|no more questions|thats all i needed thanks|off to bed|brb|good nite
"""
ABOUT = """
who are you|Who are you?|who r u|what are you|what can you do?|wat can u do|what can u do for me
are you a bot|are you human?|are you a real person?|are you chatgpt|r u real|what is your name
am i talking to a bot|whats your name|who made you|help|help me|help!|can you help me?|i need help
hi can you help me|hello, can you help me with something?|what can i ask you|how do you work
how does this work?|what is this bot|tell me about yourself|what's your purpose|quick question
can i ask you something|hi i have a question|do you speak english|what article is this|how old are u
hi, who are you?|ok what can you do|are you a human or a bot|what do you do exactly?|do you sleep
"""
REMARKS = """
lol|lmao|haha|hahahaha|wow ok lol|wow|omg|nice|cool|coool|interesting|that's interesting|huh
ok|k|okay|kk|alright|got it|gotcha|i see|makes sense|that makes sense|ah ok|oh i see|hmmm ok
fair enough|good to know|no way|really?|wow thats crazy|thats wild lol|thats so sad|yikes
never mind|nvm|sorry|my bad|oops|just testing|test|yes|no|yep|nope|idk|whatever|jk
good bot|good job|well done|you're great|ur the best|u r amazing|love this|i love you|nice work
impressive|great answer|that was quick|that's wrong|bad bot
didnt know that|same lol|true that|ok cool|fine|sure|hold on|let me think|intresting|awsome
"""
OVERVIEWS = """
what is this about?|What's this about?|whats this all about|what is the article about?|wats this abt
what is it about?|What's this text about|summarise|Summarize this|summarize the article please
can you summarise this for me?|could you please summarize the article in 3 sentences?|sum it up
sum up the article|summary please|give me a short summary|tl;dr|TLDR?|tldr pls|tl dr of the article
main points|what are the main points?|what are the key points of the article|key takeaways
give me the gist|overview|give me an overview of this|give me the short version|in a nutshell
what does the article say?|what does this say|what is this in a nutshell?|hi, what is this about?
hey can you sum this up|sumarize|summerize the artical|summery|a quick rundown|what's the main idea
what are the most important points|what happens in the article|tell me about this article
explain the article|what's the bottom line|bullet points of the main facts|too long didn't read
what is that page about|tell me what this is about|i want a summary|what is this?
a one line summary
hey summarise|hi tldr|hello summary please|thanks and summarise
"""
QUESTIONS = """
hi, who broke into the compound?|thanks, and when did he die?|what can the Parliament do?
Who are you referring to when you say militia?|how are they elected?|how did he do?|hello why?
what can Parliament do|who are the Normans|who are they?|what are they?|what is it?|why|why not?
what about spain|and the swedes?|and berlin?|can they vote?|what changed|how many?|when?|where
ok and then?|lol ok. did washington seriously consider grabbing the oilfields by force?
so no trouble in the UK at all?|fine lol. x.25 - is that the first kind or the second
thx. how do you say good morning in japanese?|cool. write me a poem about my cat|what now happened
can u do my homework, integral of x^2|ok who won the world cup in 2018|and florida?|who took over
what does the name mean?|how does it work|how does the program work?|what does the program do?
can you help me understand the treaty?|help me find out who died|is that where cajuns come from?
how are the members elected|how is oil doing|is it true that they left?|what's up with the embassy
thanks. casualties?|Hi casualties?|tanks|Tanks?|who is there|what was the mood|are you sure he died?
is it a good thing|was it bad|how bad was it|how old was he|where are they from|how old are they
do they speak english|do you know who won|what do you know about Iran|tell me about it|tell me more
are you sure?|what is the goal
what is his name|whats the contractors name|who made it?|who created it|go on
i have a question about the embassy|quick question: who left?|anything else?|which one|what else
hi, when|ok, which ships
hello, what is the population of Kell|what is good about the treaty|sorry i meant the british side
what is the difference|what is a bot|is tea nice|who is nice|Great Britain|good friday agreement
how was the morning after|night attack|best general
what is the battle about?|what were the main points of the treaty?|what was the war about?
who wrote the summary?|summarise the air strikes|what is the main cause of the war?
what does Iran say?|what does the president say about it?|what does it say about Iran?
what does the treaty say?|give me an overview of the war|what is imperialism about
who was that against exactly|tell me more|summarise that war
what did they protest about|what is the most important city?|why is this important?|what is it?
what does the word mean?|tell me about the embassy|explain this|how long is the article?
when was the article written|who wrote the article?|what is the title of the article?
what is the gist of the treaty|what did it recommend?|what did it say|what is Article 5?
what document did they sign|who said that|is it in the text?|what page is it on|what changed
the year before that washington delivered a letter somewhere. what did it say
"""


def messages(lines: str) -> list[str]:
    return lines.strip().replace("\n", "|").split("|")


@pytest.fixture(scope="module")
def intents(encoder: Encoder) -> Intents:
    return Intents(encoder)


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        (GREETINGS, "greeting"),
        (THANKS, "thanks"),
        (GOODBYES, "goodbye"),
        (ABOUT, "about"),
        (REMARKS, "remark"),
        (OVERVIEWS, OVERVIEW),
        (QUESTIONS, None),
    ],
    ids=["greeting", "thanks", "goodbye", "about", "remark", "overview", "question"],
)
def test_a_message_has_the_intent_that_people_mean(
    intents: Intents, said: str, intent: str | None
) -> None:
    found = {message: intents.of(message) for message in messages(said)}
    assert {message: each for message, each in found.items() if each != intent} == {}


def test_small_talk_that_is_no_example_is_recognised(intents: Intents) -> None:
    said = {
        "Thanks so much, that was really helpful!": "thanks",
        "hello there bot, how are you doing?": "greeting",
        "goodbye for today!!": "goodbye",
        "what can this bot do?": "about",
        "Please give me a short overview of the text": OVERVIEW,
    }
    assert not {intents._normalised(each) for each in said} & set(intents.examples)
    assert {message: intents.of(message) for message in said} == said


def test_a_question_behind_small_talk_is_a_question(intents: Intents) -> None:
    asked = ["thanks! when did it open?", "Hi. Who is the mayor?", "ok, which ships", "lol. why?"]
    asked += ["why later?", "who is leaving", "why was that no help"]
    assert [message for message in asked if intents.of(message)] == []


def test_nothing_and_too_much_have_no_intent(intents: Intents) -> None:
    said = ["", " ", "?!", "👍", "<name>", "…", "hi " * 200, "x summary " * 50, "\ufffd\u200b"]
    assert [message for message in said if intents.of(message)] == []


def test_of_several_intents_the_first_in_the_data_file_counts(intents: Intents) -> None:
    assert intents.of("hi, lol, thanks") == "thanks"
    assert intents.of("thanks, bye") == "goodbye"
    assert intents.of("hi! thanks. what can you do?") == "about"
    assert intents.of("Hello! What is this about?") == OVERVIEW


def test_letters_that_are_repeated_or_left_out_do_not_matter(intents: Intents) -> None:
    assert [
        intents.of(each) for each in ("heyyyyy", "thx!!!", "HAHAHAHA", "coooool", "gud nite")
    ] == [
        "greeting",
        "thanks",
        "remark",
        "remark",
        "goodbye",
    ]


def test_a_reply_names_the_one_article_or_counts_several_or_says_how_to_add_one(
    intents: Intents,
) -> None:
    assert intents.reply("greeting", ["Pets"]) == (
        "Hello! Ask me about “Pets”: I answer with its own sentences."
    )
    assert intents.reply("thanks", ["Pets", "Ships", "Oil"]) == (
        "You are welcome! Ask me about the 3 articles: I answer with their own sentences."
    )
    assert intents.reply("about", []) == (
        "I am a bot that finds and cites: where the text answers, I show its sentences and where"
        " they stand, and where it does not, I say so. I answer questions about articles, and"
        " there is none yet: add one with `footnote add FILE`."
    )
    assert intents.reply("goodbye", ["{title}"]).startswith("Goodbye, and come back any time. Ask")
    assert intents.reply("remark", ["{title}"]) == (
        "All right. Ask me about “{title}”: I answer with its own sentences."
    )


class Counting(Encoder):
    """An encoder that counts what it encodes."""

    encoded = 0

    def encode(self, texts):  # type: ignore[no-untyped-def]
        self.encoded += len(texts)
        return super().encode(texts)


def test_examples_and_messages_of_several_unknown_words_are_not_encoded() -> None:
    encoder = Counting()
    intents = Intents(encoder)
    assert intents.of("Hello! Thanks. What is this about?") == OVERVIEW
    assert intents.of("When did the ship Aurora sink?") is None
    assert encoder.encoded == 0


def test_the_examples_are_encoded_once_for_all_who_share_an_encoder() -> None:
    encoder = Counting()
    assert [Intents(encoder).of("thanks for that help") for _ in range(2)] == ["thanks"] * 2
    assert encoder.encoded == len(Intents(encoder).examples) + 1


def test_no_example_stands_twice(intents: Intents) -> None:
    tables = tomllib.loads(Path(module.__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    listed = [
        (text, None if name == QUESTION else name)
        for name, table in tables.items()
        for text in table.get("examples", ())
    ]
    assert len(intents.examples) == len(listed)
    assert [text for text, name in listed if intents.of(text) != name] == []
