import pytest

from bot.llm.grounding import lacking

SHIP = "The Aurora left Bergen in March 1902 with 1,200 passengers; its captain was Ada Berg."


@pytest.mark.parametrize(
    ("statement", "source"),
    [
        (SHIP, SHIP),
        ("In March 1902 Captain Berg set sail from Bergen.", f"{SHIP} The captain drowned."),
        ("Twelve hundred passengers sailed.", SHIP),
        ("One of the ships was the Aurora's.", SHIP),
        ("Fishermen were asked.", "The fishermen had been asked."),
        ("It has twenty-one windows.", "It has 21 windows."),
        ("It cost 2.5 million euros.", "The price: 2,500,000 euros."),
        ("Two dozen came.", "2 came, then a dozen."),
        ("The Iraqi government said so.", "Iraq said so."),
        ("Nothing is counted here.", ""),
    ],
)
def test_a_statement_whose_numbers_and_names_are_there_lacks_nothing(
    statement: str, source: str
) -> None:
    assert lacking(statement, source) == ()


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("The Aurora left in 1903.", ("1903",)),
        ("Two thousand passengers came.", ("Two thousand",)),
        ("It carried 1.200 passengers.", ("1.200",)),
        ("It left Oslo in May.", ("Oslo", "May")),
        ("Borealis left Bergen.", ("Borealis",)),
        ("PWNED", ("PWNED",)),
        ("Captain Nemo said: “Sail!”", ("Captain", "Nemo")),
        ("The second mate of the Aurora stayed.", ("second",)),
    ],
)
def test_numbers_and_names_that_are_not_there_are_named(
    statement: str, words: tuple[str, ...]
) -> None:
    assert lacking(statement, SHIP.replace("captain", "skipper")) == words


def test_a_statement_that_turns_its_source_round_lacks_nothing() -> None:
    assert lacking("The Aurora never left Bergen.", SHIP) == ()
    assert lacking("Bergen left the Aurora.", SHIP) == ()
