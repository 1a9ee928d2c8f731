"""Texts of a path diagram -> how wide they are, and their lines."""

from __future__ import annotations

TEXT_SIZE = 14.0  # of the drawing's own units, in which it is at most shrunk to LEAST
LEAST_TEXT_SIZE = 12.0  # pixels
LINE_HEIGHT = 17.0  # from one line to the next
SLIM, NARROW_SIGNS, BROAD = "ijlI.,:;|'! ", "ft()[]r-", "mwMW@%—…→"
VOWELS = "aeiouyáéíóúàèäëïöü"


def letter(sign: str) -> float:
    """The width of a letter as a part of the size of its font; at least that of a broad sans serif."""
    if sign in SLIM:
        return 0.34
    if sign in NARROW_SIGNS:
        return 0.42
    if sign in BROAD or ord(sign) > 0x2FF:
        return 0.84 if sign in "−“”" else 1.0
    return 0.76 if sign.isupper() else 0.64


def breadth(text: str, size: float = TEXT_SIZE) -> float:
    """The width of a line of text at most."""
    return size * sum(map(letter, text))


def text_lines(text: str, most: float, size: float = TEXT_SIZE) -> list[str]:
    """A text broken into lines no wider than ``most``; a word that is wider by itself gets hyphens.

    >>> text_lines("Tevredenheid met de relatie", 90)
    ['Tevreden-', 'heid met de', 'relatie']
    """
    lines = [""]
    for word in text.split():
        for part in pieces(word, most, size):
            longer = f"{lines[-1]} {part}".strip()
            if breadth(longer, size) <= most:
                lines[-1] = longer
            else:
                lines.append(part)
    return [line for line in lines if line] or [""]


def pieces(word: str, most: float, size: float) -> list[str]:
    """A word, or where it is too wide its parts, each but the last with a hyphen.

    It is parted before a consonant that a vowel follows, where there is one.
    """
    found = []
    while breadth(word, size) > most and len(word) > 3:
        fits = [k for k in range(2, len(word) - 1) if breadth(f"{word[:k]}-", size) <= most] or [2]
        spoken = [k for k in fits if len(word) - k > 2 and is_seam(word.casefold(), k)]
        at = max(spoken or fits)
        found.append(f"{word[:at]}-")
        word = word[at:]
    return [*found, word]


def is_seam(word: str, at: int) -> bool:
    """Whether a syllable may begin here: a consonant, no part of a sound written with two, before a vowel."""
    begins = word[at].isalpha() and word[at] not in VOWELS and word[at + 1] in VOWELS
    return begins and not (word[at] == "h" and word[at - 1] in "cst")
