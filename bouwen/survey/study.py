"""A study file -> a `Study`: which answers, to which instrument, compared for which groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import pandas as pd
from pydantic import Field

from bouwen.checks import check_choice, check_known
from bouwen.errors import BouwenError
from bouwen.survey.analysis import AnalysisSettings
from bouwen.survey.files import Part, read_file, refuse_in, refuse_no_file, repeated
from bouwen.survey.finding import beside, find_study
from bouwen.survey.form import ResponsesSpec
from bouwen.survey.formulas import antecedent_problems, model_names, predictor_problems
from bouwen.survey.instrument import Category, Construct, Instrument, read_instrument, texts_in
from bouwen.survey.intake import missing_code_problems, missing_code_proposals, read_answers
from bouwen.survey.levels import Merge, Recode, level_problems, merge_levels, merged_categories
from bouwen.survey.nesting import (
    ClusterName,
    cluster_name_problems,
    cluster_numbers,
    cluster_of,
    cluster_problems,
)
from bouwen.survey.proposals import Proposal
from bouwen.survey.register import RegisterSpec, read_register
from bouwen.survey.reported import ReportSpec
from bouwen.survey.rows import LeftOut
from bouwen.survey.settings import ModelRoles, Settings, coarser_problems
from bouwen.survey.table import Remark
from bouwen.survey.units import UnitSpec, unit_name_problems, unit_problems_of
from bouwen.survey.weighting import Invited, invited_problems, response_problems, weights_problems
from bouwen.survey.wordings import UNNAMED, Language, Name, Text, unknown
from bouwen.survey.writing import SEVERAL_LINES, Problem
from bouwen.words import ENGLISH, UnknownLanguage, check_language, languages


class StudyFile(Part):
    """The contents of a ``study.yml``; ``outcome`` is the construct that the study explains.

    ``predictor`` is the variable of the structural model whose path to the outcome the study is about. It
    need not be named where that model has one factor of second order, or one predictor, before the outcome.
    ``merge`` gives, by background variable, the levels that count as one under a new name; ``recode`` the
    level for which a spelling in the file of answers stands.
    """

    formerly: ClassVar = {"data": "responses", "dependent": "outcome", "description": "about"}

    title: Text
    """The title of the book."""
    about: Annotated[Text, SEVERAL_LINES]
    """What the study asks, for the first page of the book."""
    authors: list[str] = []
    """Who made the study."""
    citation: Annotated[str | None, SEVERAL_LINES] = None
    """How to cite the study."""
    instrument: str
    """The instrument file, as seen from the study file."""
    perspective: Name
    """Who answered: one of the perspectives of the instrument."""
    language: Language = ENGLISH
    """Code of the language of the book, and of texts whose language is not named."""
    synthetic: bool = False
    """Whether the answers were simulated; then every page says so."""
    population: str | None = None
    """Of simulated answers: the population file from which they were drawn."""
    responses: ResponsesSpec
    """Where the answers are."""
    register_: RegisterSpec | None = Field(default=None, alias="register")
    """A file that knows more about what respondents name."""
    groups: list[Name] = []
    """Categorical background variables whose levels are compared."""
    merge: Merge = {}
    """By background variable, new levels and those that count together as each of them."""
    recode: Recode = {}
    """By background variable, spellings in the file of answers and the level that each stands for."""
    cluster: ClusterName | None = None
    """The variable in which respondents are nested: that of the register, where entries repeat; or `none`."""
    mirror: str | None = None
    """The study of the other side, as seen from the study file: the same instrument, another perspective."""
    unit: UnitSpec | None = None
    """Of a monitor: the units on which it reports, one page each, and the two roles that judge them."""
    weights: str | None = None
    """The column of the file of answers with sampling weights; models by ML and MLR allow for them."""
    invited: Invited = None
    """How many were invited: a number, or numbers by level of one categorical background variable."""
    report: ReportSpec = ReportSpec()
    """What only the researchers know and guidelines ask a report to tell."""
    outcome: Name
    """The construct that the study explains."""
    predictor: Name | None = None
    """Whose path to the outcome the study is about; needed where the structural model has more."""
    antecedents: list[Name] = []
    """At most three predictors of one variable, for groups too small for the whole structural model."""
    models: ModelRoles
    """Which models the chapters fit."""
    error_rates: str | None = None
    """How often the verdicts on claims err: a table of simulations, as seen from the study file."""
    settings: Settings = Settings()
    """Choices that hold for every chapter."""
    analysis: AnalysisSettings = AnalysisSettings()
    """How the chapters are computed, where otherwise than usual, and which are shown."""

    def problems(self) -> Iterator[Problem]:
        """Settings that do not fit each other, and what is listed twice."""
        parts = {"settings": self.settings, "analysis": self.analysis, "report": self.report}
        parts |= {"unit": self.unit} if self.unit else {}
        for name, part in parts.items():
            yield from (((name, *where), text) for where, text in part.problems())
        if self.population and not self.synthetic:
            yield ("population",), 'real answers have none; take it out, or set "synthetic: true".'
        yield from repeated(("groups",), self.groups, "group")
        yield from ((("responses", *where), text) for where, text in self.responses.problems())
        yield from repeated(("responses", "file"), self.responses.files, "file")
        if register := self.register_:
            yield from repeated(("register", "names"), register.names, "column")
            yield from repeated(("register", "columns"), register.columns, "column")


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """A study that has been read and found valid.

    Attributes
    ----------
    path : Path
        The study file.
    file : StudyFile
        Its contents.
    instrument : Instrument
        What was asked.
    responses : DataFrame
        One row per respondent, by id. Items are floats with NaN where no answer was given, as
        answered (not reversed); categories are ordered as in the instrument; classes and
        further columns from the register are joined.
    files : tuple of Path
        Every file that determines the results.
    book_language : str or None
        The language of labels and texts, where it is another than the study file's.
    recoded : mapping
        Answers that the study file recoded, by background variable.
    left_out, remarks : tuple
        Rows of the files that are no respondents, and why; what else of the files was passed over.
    proposals : tuple
        Rules on respondents that the file's own columns suggest.
    all_weights : Series or None
        The sampling weight of everybody who answered; `weights` are those of the respondents at hand.
    """

    path: Path
    file: StudyFile
    instrument: Instrument
    responses: pd.DataFrame
    files: tuple[Path, ...]
    book_language: str | None = None
    recoded: Mapping[str, int] = field(default_factory=dict)
    all_weights: pd.Series[float] | None = None
    left_out: tuple[LeftOut, ...] = ()
    remarks: tuple[Remark, ...] = ()
    proposals: tuple[Proposal, ...] = ()

    def __repr__(self) -> str:
        title = " ".join(self.title[self.language].split())
        groups = f", groups {', '.join(self.groups)}" if self.groups else ""
        return f"<Study: {title}, n = {len(self.responses)}, {len(self.items)} items{groups}>"

    @cached_property
    def register_size(self) -> int | None:
        """Number of entries of the register; None without one."""
        if self.file.register_ is None:
            return None
        path = beside(self.path, self.file.register_.file)
        return len(read_register(path, self.file.register_).table)

    @property
    def instrument_path(self) -> Path:
        """The file of the instrument."""
        return beside(self.path, self.file.instrument)

    @property
    def id(self) -> str:
        """The name of the study's folder."""
        return self.path.resolve().parent.name

    @property
    def title(self) -> Text:
        """The title in its languages."""
        return self.file.title

    @property
    def language(self) -> str:
        """The language of the book."""
        return self.book_language or self.file.language

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages that the book may have: those of the program, and those of the instrument."""
        own = self.file.language
        told = set() if self._lacking({own, UNNAMED}) else {own}  # all of it is in the study's language
        return tuple(sorted({*languages(), *self.instrument.languages, *told}))

    @property
    def perspective(self) -> str:
        """The side that answers."""
        return self.file.perspective

    @property
    def synthetic(self) -> bool:
        """Whether the answers were simulated."""
        return self.file.synthetic

    @property
    def authors(self) -> tuple[str, ...]:
        """Who made the study."""
        return tuple(self.file.authors)

    @property
    def citation(self) -> str | None:
        """How to cite the study."""
        return self.file.citation

    @property
    def groups(self) -> tuple[str, ...]:
        """The background variables by which subgroups are compared."""
        return tuple(self.file.groups)

    @cached_property
    def cluster(self) -> str | None:
        """The variable in which respondents are nested; None where no two of them share a value."""
        return cluster_of(self.responses, self.file.cluster, self.file.register_)

    @cached_property
    def clusters(self) -> pd.Series[int] | None:
        """Each respondent's cluster, numbered from 0; None where they are not nested.

        Who left the variable open counts as a cluster of one.
        """
        return None if self.cluster is None else cluster_numbers(self.responses, self.cluster)

    @property
    def weights(self) -> pd.Series[float] | None:
        """Each respondent's sampling weight; None where the study has none."""
        return None if self.all_weights is None else self.all_weights.reindex(self.responses.index)

    @property
    def outcome(self) -> str:
        """The construct that the study explains."""
        return self.file.outcome

    @property
    def settings(self) -> Settings:
        """Choices that hold for every chapter."""
        return self.file.settings

    @property
    def coarser(self) -> Mapping[str, int]:
        """Steps by which figures of an item, or of a scale in a level, are shown coarser."""
        return self.file.settings.coarser

    @property
    def analysis(self) -> AnalysisSettings:
        """How its chapters are computed, and which are shown."""
        return self.file.analysis

    @property
    def constructs(self) -> tuple[str, ...]:
        """The names of the constructs, in the order of the questionnaire."""
        return tuple(self.instrument.constructs)

    @property
    def items(self) -> tuple[str, ...]:
        """The names of all items, in the order of the questionnaire."""
        return tuple(self.instrument.items)

    def items_of(self, construct: str) -> tuple[str, ...]:
        """The names of a construct's items."""
        return tuple(self._construct(construct).items)

    def _construct(self, name: str) -> Construct:
        return self.instrument.constructs[check_known("construct", name, self.instrument.constructs)]

    def model(self, role: Literal["measurement", "structural"]) -> str:
        """The model that plays a role in the chapters, in lavaan syntax."""
        return self.instrument.model_syntax(self._model(role))

    def model_label(self, role: Literal["measurement", "structural"]) -> str:
        """The label of the model that plays a role in the chapters."""
        return self.instrument.models[self._model(role)].label[self.language]

    def _model(self, role: str) -> str:
        check_choice("role", role, ("measurement", "structural"))
        return str(getattr(self.file.models, role))

    @property
    def outcome_variable(self) -> str:
        """The outcome in the structural model: its factor, or the only item of a one-item construct."""
        latent, _ = model_names(self.model("structural"))
        return self.outcome if self.outcome in latent else self.items_of(self.outcome)[0]

    @cached_property
    def categories(self) -> Mapping[str, Mapping[str, Category]]:
        """The levels of every categorical variable as they are compared, classes of the register included."""
        return merged_categories(self.declared_categories, self.file.merge, self.file.register_)

    @cached_property
    def declared_categories(self) -> dict[str, dict[str, Category]]:
        """The same before the study file merged any."""
        asked = self.instrument.background
        declared = {name: b.categories for name, b in asked.items() if b.kind == "category"}
        return declared | (self.file.register_.categories if self.file.register_ else {})

    def levels(self, group: str) -> tuple[str, ...]:
        """The levels of a categorical variable, in the instrument's order, empty ones included.

        Raises
        ------
        UnknownName
            There is no such categorical variable.
        """
        return tuple(self.categories[check_known("categorical background variable", group, self.categories)])

    def _level(self, group: str, level: str) -> str:
        """The level itself; `UnknownName` where the variable or the level is not there."""
        return check_known(f"level of {group}", level, self.levels(group))

    def _spoken(self, language: str | None) -> str:
        """A language that was asked for, or that of the book."""
        if language is None:
            return self.language
        check_language(language, self.languages)
        return language

    def level_label(self, group: str, level: str, language: str | None = None) -> str:
        """A level as a reader sees it."""
        self._level(group, level)
        return self.categories[group][level][self._spoken(language)]

    def group_label(self, group: str, language: str | None = None) -> str:
        """A background variable as a reader sees it."""
        register = self.file.register_
        joined = (*register.columns, *register.classes) if register else ()
        check_known("background variable", group, (*self.instrument.background, *joined))
        if register is None or group in self.instrument.background:
            return self.instrument.background[group].label[self._spoken(language)]
        return register.label_of(group, self._spoken(language))

    def label(self, construct: str, language: str | None = None) -> str:
        """A construct as a reader sees it."""
        return self._construct(construct).label[self._spoken(language)]

    def wording(self, item: str, language: str | None = None) -> str:
        """An item's text as the respondents of this study read it."""
        check_known("item", item, self.items)
        return self.instrument.items[item].text[self.perspective][self._spoken(language)]

    def subset(self, group: str, level: str) -> Study:
        """The same study with only the respondents of one level; `UnknownName` where that is none."""
        self._level(group, level)
        return replace(self, responses=self.responses[self.responses[group] == level])

    def in_language(self, language: str) -> Study:
        """The same study in another language; `UnknownLanguage` where there are no words in it."""
        check_language(language, self.languages)
        return replace(self, book_language=language)

    def untranslated(self) -> list[str]:
        """The places of the texts for readers of this book that are not in its language.

        A text in a language that is not named is in that of the study file.
        """
        own = {self.language, UNNAMED} if self.language == self.file.language else {self.language}
        return self._lacking(own)

    def _lacking(self, own: set[str]) -> list[str]:
        """The places of the texts for readers of this book that are in none of these languages."""
        others = set(self.instrument.perspectives) - {self.perspective}
        found = [*texts_in(self.file), *texts_in(self.instrument)]
        lacking = [where for where, text in found if not own & set(text.texts)]
        return [".".join(map(str, where)) for where in lacking if where[-1] not in others]

    def problems(self) -> Iterator[Problem]:
        """Names in the study file that refer to nothing in the instrument."""
        if self.file.language not in self.languages:
            yield ("language",), str(UnknownLanguage(self.file.language, self.languages))
        if self.perspective not in self.instrument.perspectives:
            yield ("perspective",), unknown("perspective", self.perspective, self.instrument.perspectives)
        for role in ("measurement", "structural"):
            if (name := getattr(self.file.models, role)) not in self.instrument.models:
                yield ("models", role), unknown("model", name, self.instrument.models)
        models = self.file.models
        if models.measurement == models.structural and len(self.instrument.constructs) > 1:
            problem = f'"{models.structural}" is the measurement model already; name one with paths.'
            yield ("models", "structural"), problem
        if self.outcome not in self.instrument.constructs:
            yield ("outcome",), unknown("construct", self.outcome, self.instrument.constructs)
        yield from missing_code_problems(self.file.responses.missing_codes, self.instrument)
        if (role := self.file.models.structural) in self.instrument.models:
            structural = self.instrument.model_syntax(role)
            yield from predictor_problems(self.file.predictor, structural)
            yield from antecedent_problems(self.file.antecedents, structural)
        items = tuple(self.instrument.items)
        yield from ((("analysis", *where), text) for where, text in self.analysis.unknown_items(items))
        declared = self.declared_categories
        for i, group in enumerate(self.groups):
            if group not in declared:
                yield ("groups", i), unknown("categorical background variable", group, declared)
        yield from cluster_name_problems(self.file.cluster, self.instrument, self.file.register_)
        yield from weights_problems(self.file.weights, {*self.instrument.items, *self.instrument.background})
        merging = list(level_problems(self.file.merge, self.file.recode, declared, self.instrument))
        yield from merging
        if not merging:
            levels = {name: self.levels(name) for name in self.categories}
            yield from invited_problems(self.file.invited, levels)
            yield from unit_name_problems(self.file.unit, self.instrument, levels)
            scales = [f"{c}|{v}|{k}" for c in self.constructs for v in self.groups for k in levels.get(v, ())]
            yield from coarser_problems(self.coarser, self.items, scales)
        if (register := self.file.register_) and register.variable not in self.instrument.background:
            problem = unknown("background variable", register.variable, self.instrument.background)
            yield ("register", "variable"), problem


class NotAStudy(BouwenError):
    """Something else stands where a study is asked for; ``found`` is the kind of thing that was given."""

    def __init__(self, found: object) -> None:
        self.found = type(found).__name__
        super().__init__(f"give a study first, as bouwen.read_study reads it; found {self.found}.")


def check_is_study(found: object) -> None:
    """Raise `NotAStudy` where something else is given than a study."""
    if not isinstance(found, Study):
        raise NotAStudy(found)


def read_asked(path: str | Path) -> Study:
    """A study without its answers, which need not be there yet; otherwise as `read_study`."""
    path = find_study(path)
    file = read_file(path, StudyFile, [read_file(path, StudyFile).language])
    instrument_path = beside(path, file.instrument)
    instrument = read_instrument(instrument_path, [file.language]).asked_from(file.perspective)
    asked = Study(path, file, instrument, pd.DataFrame(), (path, instrument_path))
    settled = missing_code_proposals(file.responses.missing_codes, instrument)
    refuse_in(path, asked.problems(), settled)
    return asked


def read_study(path: str | Path, *, language: str | None = None) -> Study:
    """Read a study: its settings, its instrument and its answers, each of them validated.

    Parameters
    ----------
    path : str or Path
        A ``study.yml`` or its folder; relative paths are looked up from the working directory upwards.
    language : str, optional
        Code of the language of labels and texts, instead of the one that the study file names. It is one in
        which the program has words (`bouwen.words.languages`) or the instrument has texts.

    Returns
    -------
    Study

    Raises
    ------
    BouwenError
        A file is missing, unreadable or not valid; the message names file, line or column,
        what was found and what to do.
    """
    empty = read_asked(path)
    path, file, instrument = empty.path, empty.file, empty.instrument
    register, files = None, [*empty.files]
    if file.register_:
        register_path = beside(path, file.register_.file)
        register = read_register(register_path, file.register_)
        files.append(register_path)
    for name in filter(None, (file.error_rates, file.population)):
        files.append(beside(path, name))
        refuse_no_file(files[-1])
    if language:
        empty = empty.in_language(language)
    tables = [beside(path, name) for name in file.responses.files]
    found = read_answers(
        tables, file.responses, instrument, file.recode, file.settings.min_cell, file.weights
    )
    responses = register.join(found.responses, found.places) if register else found.responses
    responses = merge_levels(responses, file.merge, empty.categories)
    study = replace(empty, responses=responses, files=(*files, *tables), recoded=found.recoded)
    study = replace(study, all_weights=found.weights, left_out=found.left_out, remarks=found.remarks)
    study = replace(study, proposals=found.proposals)
    refuse_in(path, response_problems(file.invited, responses))
    refuse_in(path, cluster_problems(responses, file.cluster))
    refuse_in(path, unit_problems_of(responses, file.unit, file.settings.min_unit))
    return study
