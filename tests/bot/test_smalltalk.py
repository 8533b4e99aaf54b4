import pytest

from bot import phrases
from bot.smalltalk import is_small_talk, small_talk

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
OTHERS = """
lol|lmao|haha|hahahaha|wow ok lol|wow|omg|nice|cool|coool|interesting|that's interesting|huh
ok|k|okay|kk|alright|got it|gotcha|i see|makes sense|that makes sense|ah ok|oh i see|hmmm ok
fair enough|good to know|no way|really?|wow thats crazy|thats wild lol|thats so sad|yikes|damn
never mind|nvm|sorry|my bad|oops|just testing|test|yes|no|yep|nope|idk|whatever|jk
good bot|good job|well done|you're great|ur the best|u r amazing|love this|i love you|nice work
impressive|great answer|that was quick|you suck|that's wrong|bad bot|ur dumb lol
didnt know that|same lol|true that|ok cool|fine|sure|hold on|let me think|intresting|awsome
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
hey summarise|hi tldr|hello summary please|thanks and summarise|hi, when|ok, which ships
hello, what is the population of Kell|what is good about the treaty|sorry i meant the british side
what is the difference|what is a bot|is tea nice|who is nice|Great Britain|good friday agreement
how was the morning after|what is the article about|what is this about?|night attack|best general
"""


def messages(lines: str) -> list[str]:
    return lines.strip().replace("\n", "|").split("|")


@pytest.mark.parametrize(
    ("said", "opening"),
    [
        (GREETINGS, "Hello! "),
        (THANKS, "You are welcome! "),
        (GOODBYES, "Goodbye, "),
        (ABOUT, "I am a bot that finds and cites: "),
        (OTHERS, "All right. "),
    ],
    ids=["greeting", "thanks", "goodbye", "about", "other"],
)
def test_chit_chat_gets_the_reply_of_its_kind(said: str, opening: str) -> None:
    replies = {message: small_talk(message, ["Pets"]) for message in messages(said)}
    wrong = [said for said, reply in replies.items() if not (reply or "").startswith(opening)]
    assert wrong == []


@pytest.mark.parametrize("question", messages(QUESTIONS))
def test_a_message_with_a_word_that_asks_something_is_no_chit_chat(question: str) -> None:
    assert small_talk(question, ["Pets"]) is None
    assert not is_small_talk(question)


@pytest.mark.parametrize("message", ["", " ", "?!", "👍", "<name>", "…", "hi " * 200])
def test_nothing_and_too_much_are_no_chit_chat(message: str) -> None:
    assert not is_small_talk(message)


def test_a_reply_names_the_one_article_or_counts_several_or_says_how_to_add_one() -> None:
    assert small_talk("hi", ["Pets"]) == (
        "Hello! Ask me about “Pets”: I answer with its own sentences."
    )
    assert small_talk("hi", ["Pets", "Ships", "Oil"]) == (
        "Hello! Ask me about the 3 articles: I answer with their own sentences."
    )
    assert small_talk("hi", []) == (
        "Hello! I answer questions about articles, and there is none yet:"
        " add one with `footnote add FILE`."
    )


def test_what_weighs_most_in_a_message_of_several_kinds_is_replied_to() -> None:
    assert small_talk("hi, lol, thanks", ["Pets"]) == small_talk("thanks", ["Pets"])
    assert small_talk("thanks, bye", ["Pets"]) == small_talk("bye", ["Pets"])
    assert small_talk("hi! thanks, but what can you do?", ["Pets"]) is None
    assert small_talk("hi! thanks. what can you do?", ["Pets"]) == small_talk("help", ["Pets"])


def test_every_choice_of_the_shorthand_is_used() -> None:
    text = " ".join(
        (phrases.GREETING, phrases.THANKS, phrases.GOODBYE, phrases.ABOUT, phrases.OTHER)
    )
    assert [name for name in phrases.CHOICES if name not in text] == []
