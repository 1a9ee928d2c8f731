"""An instrument -> the pages of a questionnaire: what one side reads and answers, in its languages."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bouwen.checks import OptionError
from bouwen.survey import UNNAMED, AnswerScale, Study, Text
from bouwen.words import words

Texts = Mapping[str, str]  # by language
PosedKind = Literal["scale", "category", "multiple", "number", "text"]
MOST_GAPS = 5  # texts that are named where they lack a language


@dataclass(frozen=True)
class Option:
    """An answer that can be chosen: what files may write for it, and what a respondent reads."""

    name: str
    label: Texts
    code: int | None = None


@dataclass(frozen=True)
class Posed:
    """A question as it is put; ``scale`` is that of an item, the bounds those of a number."""

    name: str
    text: Texts
    kind: PosedKind
    choices: tuple[Option, ...] = ()
    scale: AnswerScale | None = None
    minimum: float | None = None
    maximum: float | None = None
    scale_name: str = ""


@dataclass(frozen=True)
class Leaf:
    """Questions that stand together; items of one construct have a ``lead`` and share their answers."""

    name: str
    questions: tuple[Posed, ...]
    lead: Texts | None = None


@dataclass(frozen=True)
class Sheet:
    """A whole questionnaire: ``around`` holds introduction, privacy and end, ``added`` what no study has.

    ``at_length`` names questions that are answered in one's own words.
    """

    title: Texts
    languages: tuple[str, ...]
    around: Mapping[str, Texts]
    consent: Posed | None
    pages: tuple[Leaf, ...]
    added: frozenset[str] = frozenset()
    at_length: frozenset[str] = frozenset()

    @property
    def questions(self) -> list[Posed]:
        """Every question in its order, that for consent first."""
        first = [self.consent] if self.consent else []
        return [*first, *(question for page in self.pages for question in page.questions)]


def sheet_of(study: Study, language: str | None = None) -> Sheet:
    """The questionnaire for the side that a study asks.

    Parameters
    ----------
    study : Study
        Read with or without its answers.
    language : str, optional
        The only language; without it that of the study, and then all others in which the instrument has
        every text for this side.

    Raises
    ------
    OptionError
        Texts for this side lack the language.
    """
    own = study.language
    complete = [code for code in study.instrument.languages if not lacking(study, code)]
    if language and language not in complete and (gaps := lacking(study, language)):
        more = f" and {len(gaps) - MOST_GAPS} more" if len(gaps) > MOST_GAPS else ""
        named = f"{', '.join(gaps[:MOST_GAPS])}{more}"
        raise OptionError(
            f'the instrument has no text in "{language}" for {named}; write it, or leave out --language'
        )
    spoken = (language,) if language else (own, *(code for code in complete if code != own))
    return Laid(study, spoken).sheet()


def lacking(study: Study, language: str) -> list[str]:
    """The places of texts for the side that is asked that are not in a language."""
    own = {language, UNNAMED} if language == study.file.language else {language}
    return [where for where, text in asked_texts(study) if not own & set(text.texts)]


def asked_texts(study: Study) -> Iterator[tuple[str, Text]]:
    """Every text that is read by who answers, with its place."""
    asked, side = study.instrument, study.perspective
    yield "title", asked.title
    for name, scale in asked.answer_scales.items():
        yield from ((f"answer_scales.{name}.labels.{code}", text) for code, text in scale.labels.items())
    yield from ((name, item.text[side]) for name, item in asked.items.items())
    for name, fact in asked.background.items():
        yield f"background.{name}.label", fact.label
        yield from ((f"background.{name}.categories.{c}", text) for c, text in fact.categories.items())
    yield from ((name, question.text[side]) for name, question in asked.open_questions.items())
    for name in ("introduction", "privacy", "consent", "end"):
        if text := getattr(asked.questionnaire, name).get(side):
            yield f"questionnaire.{name}", text


class Laid:
    """The parts of a study's questionnaire, in some languages."""

    def __init__(self, study: Study, languages: Sequence[str]) -> None:
        self.asked, self.side, self.languages = study.instrument, study.perspective, tuple(languages)
        self.settings = study.instrument.questionnaire
        self.random = random.Random(self.settings.seed)

    def sheet(self) -> Sheet:
        """All of it: consent, items by construct, facts about the respondent, open questions."""
        pages = [*self.item_pages()]
        if facts := tuple(self.facts()):
            pages.append(Leaf(self.free_name("background"), facts))
        if texts := tuple(self.open_ones()):
            pages.append(Leaf(self.free_name("open_questions"), texts))
        told = {
            name: getattr(self.settings, name).get(self.side) for name in ("introduction", "privacy", "end")
        }
        around = {name: self.said(text) for name, text in told.items() if text}
        consent = self.consent()
        asked = [question.name for page in pages for question in page.questions]
        known = {*self.asked.items, *self.asked.background, *self.asked.open_questions}
        open_ones = frozenset(self.asked.open_questions)
        added = frozenset({*asked, *([consent.name] if consent else [])} - known)
        return Sheet(
            self.said(self.asked.title), self.languages, around, consent, tuple(pages), added, open_ones
        )

    def said(self, text: Text) -> Texts:
        """A text in the languages of the questionnaire."""
        return {code: " ".join(text[code].split()) for code in self.languages}

    def word(self, key: str, **values: Texts) -> Texts:
        """A text of the program's own."""
        return {
            code: words(code)(f"questionnaire.{key}", **{name: text[code] for name, text in values.items()})
            for code in self.languages
        }

    def free_name(self, name: str) -> str:
        """A name that nothing in the instrument has."""
        asked = self.asked
        taken = {*asked.constructs, *asked.items, *asked.background, *asked.open_questions}
        while name in taken:
            name += "_asked"
        return name

    def item_pages(self) -> Iterator[Leaf]:
        """A page for each construct, in their order or in one that is drawn."""
        names = self.in_order(self.asked.constructs)
        checked = len(names) // 2 if self.settings.attention_check else None
        for n, name in enumerate(names):
            construct = self.asked.constructs[name]
            scale = self.asked.answer_scales[construct.answer_scale]
            like = Posed(
                "", {}, "scale", self.steps(scale), scale, scale.lowest, scale.highest, construct.answer_scale
            )
            texts = {item: construct.items[item].text[self.side] for item in self.in_order(construct.items)}
            items = [replace(like, name=item, text=self.said(text)) for item, text in texts.items()]
            if n == checked and like.choices:
                items.insert(len(items) // 2, self.attention(like))
            yield Leaf(name, tuple(items), self.word("lead"))

    def in_order(self, names: Iterable[str]) -> list[str]:
        """Names as they stand, or in an order that is drawn."""
        found = list(names)
        if self.settings.order == "rotated":
            self.random.shuffle(found)
        return found

    def attention(self, like: Posed) -> Posed:
        """An item that asks for the answer below the highest."""
        wanted = like.choices[-2]
        text = self.word("attention", label=wanted.label)
        return replace(like, name=self.free_name("attention_check"), text=text)

    def steps(self, scale: AnswerScale) -> tuple[Option, ...]:
        """The answers of a scale, by their number where they have no label; none where they are many."""
        if scale.is_long:
            return ()
        labels = {code: self.said(text) for code, text in scale.labels.items()}
        plain = {code: {lang: str(code) for lang in self.languages} for code in scale.codes}
        return tuple(Option(str(code), labels.get(code, plain[code]), code) for code in scale.codes)

    def facts(self) -> Iterator[Posed]:
        """What is asked about the respondent."""
        for name, fact in self.asked.background.items():
            choices = tuple(Option(c, self.said(text), text.code) for c, text in fact.categories.items())
            yield Posed(
                name, self.said(fact.label), fact.kind, choices, minimum=fact.minimum, maximum=fact.maximum
            )

    def open_ones(self) -> Iterator[Posed]:
        """What is answered in one's own words."""
        for name, question in self.asked.open_questions.items():
            yield Posed(name, self.said(question.text[self.side]), "text")

    def consent(self) -> Posed | None:
        """The question whether somebody takes part; None where it is not asked."""
        if not (text := self.settings.consent.get(self.side)):
            return None
        answers = (Option("yes", self.word("yes"), 1), Option("no", self.word("no"), 0))
        return Posed(self.free_name("consent"), self.said(text), "category", answers)
