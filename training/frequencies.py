"""Make `index/text/english.tsv`, how frequent common words are in English at large.

pip install wordfreq==3.1.1 && python -m training.frequencies

Source: wordfreq 3.1.1 (Robyn Speer; doi.org/10.5281/zenodo.7199437), its small English list: word
counts over Wikipedia, subtitles, news, books, web pages, Twitter and Reddit. The code is under the
Apache licence 2.0, the data under CC BY-SA 4.0; the figures alone are taken over.
"""

from pathlib import Path

import wordfreq

_LEAST = 3.5  # Zipf: 3.2 times in a million words; rarer words are not listed
_TABLE = Path("index/text/english.tsv")


def main() -> None:
    """Write a line per word: the word, and the base-10 logarithm of its uses in a billion words."""
    words = wordfreq.get_frequency_dict("en", wordlist="small")
    found = {word: wordfreq.zipf_frequency(word, "en", wordlist="small") for word in words}
    kept = {
        word: zipf
        for word, zipf in sorted(found.items())
        if zipf >= _LEAST and not any(map(str.isdigit, word))
    }
    lines = [f"{word}\t{zipf:.1f}\n" for word, zipf in kept.items()]
    _TABLE.parent.mkdir(exist_ok=True)
    _TABLE.write_text("".join(lines), encoding="utf-8")
    print(f"{len(lines)} words")


if __name__ == "__main__":
    main()
