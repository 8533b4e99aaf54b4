import pytest

from index.documents.loading import read
from index.text.segmentation import segment

TALK = """WEBVTT

NOTE made by hand

STYLE
::cue { color: red }

intro
00:00:01.000 --> 00:00:04.200 align:start
<v Ana>So the first thing we <i>learned</i>

00:00:04.200 --> 00:00:07.900
<v.loud Ana>was that the pump fails at minus 18 degrees.

00:07.900 --> 00:11.000
<v Ben>And what did you do &amp; when?

00:00:11.000 --> 00:00:15.500
<v Ana>We wrapped it in sheep's wool. It cost eleven euros.
"""
SAID = [
    "Ana: So the first thing we learned was that the pump fails at minus 18 degrees.",
    "Ben: And what did you do & when?",
    "Ana: We wrapped it in sheep's wool.",
    "It cost eleven euros.",
]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_turn_of_a_speaker_is_a_paragraph(line_end: str) -> None:
    found = read(TALK.replace("\n", line_end).encode(), name="talk.vtt")
    assert found.text == "\n\n".join([*SAID[:2], " ".join(SAID[2:])])
    assert [found.text[each.start : each.end] for each in segment(found.text)] == SAID
    assert (found.title, found.marks) == ("talk", None)


def spoken_text(subtitles: str) -> str:
    return read(subtitles.encode(), name="a.srt").text


def cues(*lines: str) -> str:
    return "\n\n".join(
        f"{n}\n00:00:{n:02},000 --> 00:00:{n:02},900\n{line}" for n, line in enumerate(lines, 1)
    )


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["The geese fly", "in May. They rest", "here."], "The geese fly in May. They rest here."),
        (
            ["ANA: The geese\nfly.", "They rest.", "BEN: Do they?"],
            "ANA: The geese fly. They rest.\n\nBEN: Do they?",
        ),
        (["- Do they?\n- They do."], "Do they?\n\nThey do."),
        (["{\\an8}<font color=red>They</font>\ndo."], "They do."),
        (["The geese", "The geese\nfly", "fly\nin May"], "The geese fly in May"),
    ],
)
def test_subtitles_become_what_is_said(lines: list[str], said: str) -> None:
    assert spoken_text(cues(*lines)) == said


def test_a_pause_after_a_sentence_begins_a_paragraph() -> None:
    first = "00:00:01,000 --> 00:00:02,000\nThe geese fly."
    later = "00:00:09,000 --> 00:00:11,000\nThe swans stay."
    assert spoken_text(f"{first}\n\n{later}") == "The geese fly.\n\nThe swans stay."


def test_a_text_without_cues_stays_what_it_is() -> None:
    assert read(b"Geese.\r\n\r\nSwans.", name="a.srt").text == "Geese.\r\n\r\nSwans."
