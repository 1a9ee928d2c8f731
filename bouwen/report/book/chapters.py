"""Stored chapters, a study and its language -> pages ready to run.

A chapter is a notebook in ``book/`` with one cell tagged ``parameters`` that holds literal
assignments. A chapter that declares both ``group`` and ``level`` is a template: it becomes one page
per level of each of the study's groups; one that declares ``unit`` becomes a page per unit. Markdown cells
tagged with a language are kept only in a book of that language.
"""

from __future__ import annotations

import ast
import copy
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from bouwen.errors import BouwenError, did_you_mean
from bouwen.escaping import in_markdown, slug
from bouwen.report.book.needs import PARTS, factor_above, has_what
from bouwen.survey import Study, group_sizes, reported_units
from bouwen.words import CODE, ENGLISH

Notebook = dict[str, Any]
Scalar = str | int | float | bool | None

LANGUAGE = re.compile(CODE)
GIVEN_BY_STUDY = ("study", "mirror", "group", "level", "unit")


class ChapterError(BouwenError):
    """A chapter or the table of contents that cannot become pages; ``chapter`` names it."""

    def __init__(self, chapter: str, problem: str) -> None:
        super().__init__(f"{chapter}: {problem}")
        self.chapter = chapter


class ParameterError(BouwenError):
    """A parameter that no chapter declares, or a value of the wrong type; ``name`` names it."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f'parameter "{name}" {problem}')
        self.name = name


@dataclass(frozen=True)
class Chapter:
    """A notebook as stored.

    ``name`` is its path from the root without suffix (``book/sample``) and ``declared`` holds its
    parameters with their defaults.
    """

    name: str
    notebook: Notebook
    declared: Mapping[str, Scalar]

    @property
    def wishes(self) -> Mapping[str, Any]:
        """What the notebook's metadata ask of the book.

        ``title_from_model`` is the role of a model whose label becomes the title; ``title_from_factor``
        holds, by language, a title with a place for the factor above the facets, for models that have one;
        ``seconds`` is about how long it takes in the shipped study, so that the longest begins first;
        ``needs`` leaves the chapter out of a book without ``groups``, without ``facets``, without ``effects``
        on the outcome, without a ``mirror`` or whose study is not about one ``path``; a template that
        needs ``respondents`` has no page for levels with too few.
        """
        wishes: Mapping[str, Any] = self.notebook.get("metadata", {}).get("bouwen", {})
        return wishes

    @property
    def is_template(self) -> bool:
        """Whether it stands for one page per level of each group, or per unit."""
        return {"group", "level"} <= set(self.declared) or self.is_sheet

    @property
    def is_sheet(self) -> bool:
        """Whether it stands for one page per unit of a monitor."""
        return "unit" in self.declared


@dataclass(frozen=True)
class Page:
    """A chapter in one language with its parameters filled in.

    ``name`` is the path of the page from the root without suffix, ``chapter`` that of its source, and
    ``depends`` stands for what determines it besides what determines every page.
    """

    name: str
    chapter: str
    title: str
    notebook: Notebook = field(repr=False)
    depends: str = ""


def read_toc(root: Path) -> dict[str, Any]:
    """The table of contents, a nested mapping of files."""
    path = root / "_toc.yml"
    try:
        toc = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ChapterError("_toc.yml", f"cannot be read ({error}).") from error
    if not isinstance(toc, dict) or "root" not in toc:
        raise ChapterError("_toc.yml", "names no root; start from the one in the repository.")
    return toc


def files_in(toc: Mapping[str, Any]) -> Iterator[str]:
    """Every file that a table of contents names, in reading order."""
    for key in ("root", "file"):
        if key in toc:
            yield str(toc[key])
    for entry in nested(toc):
        yield from files_in(entry)


def nested(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The entries directly below one entry."""
    return [child for key in ("parts", "chapters", "sections") for child in entry.get(key, [])]


def read_chapters(root: Path) -> dict[str, Chapter]:
    """The chapters that the table of contents names, in its order."""
    return {name: read_chapter(root, name) for name in files_in(read_toc(root))}


def read_chapter(root: Path, name: str) -> Chapter:
    """One stored chapter and the parameters that it declares."""
    try:
        notebook = json.loads((root / f"{name}.ipynb").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ChapterError(name, "is in _toc.yml but there is no such notebook.") from error
    except (OSError, ValueError) as error:
        raise ChapterError(name, f"is not a readable notebook ({error}).") from error
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise ChapterError(name, "is not a readable notebook (it has no cells).")
    return Chapter(name, notebook, declared_parameters(name, notebook))


def declared_parameters(name: str, notebook: Notebook) -> dict[str, Scalar]:
    """Names and defaults in the cell tagged ``parameters``; none if there is no such cell."""
    cell = parameters_cell(notebook)
    if cell is None:
        return {}
    return {target: value for target, value, _ in assignments(name, source_of(cell))}


def parameters_cell(notebook: Notebook) -> dict[str, Any] | None:
    """The cell tagged ``parameters``."""
    return next((cell for cell in notebook["cells"] if "parameters" in tags_of(cell)), None)


def assignments(chapter: str, source: str) -> Iterator[tuple[str, Scalar, ast.expr]]:
    """Name, value and place of each literal assignment in a parameters cell."""
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise ChapterError(chapter, f"its parameters cell is not Python (line {error.lineno}).") from error
    for statement in statements:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=place) if is_scalar(place):
                yield name, ast.literal_eval(place), place
            case _:
                problem = f"line {statement.lineno} of its parameters cell is not of the form name = value."
                raise ChapterError(chapter, problem)


def is_scalar(expression: ast.expr) -> bool:
    """Whether an expression is one literal string, number, truth value or None."""
    try:
        value = ast.literal_eval(expression)
    except ValueError:
        return False
    return value is None or isinstance(value, str | int | float)


def chosen(chapters: Mapping[str, Chapter], wanted: Sequence[str]) -> dict[str, Chapter]:
    """The first chapter and those that are wanted, by the name of their notebook; all where none is named.

    Raises
    ------
    ChapterError
        There is no such chapter.
    """
    known = {name.rpartition("/")[2]: name for name in chapters}
    for name in wanted:
        if name not in known:
            problem = f"is no chapter; analysis: chapters may name {', '.join(known)}."
            raise ChapterError(name, problem)
    kept = {*list(chapters)[:1], *(known[name] for name in wanted)} if wanted else {*chapters}
    return {name: chapter for name, chapter in chapters.items() if name in kept}


def pages(
    study: Study, chapters: Mapping[str, Chapter], values: Mapping[str, Scalar], language: str, at: str
) -> list[Page]:
    """Every page of a study's book, in the order of the chapters.

    Parameters
    ----------
    study : Study
    chapters : mapping
        The stored chapters by name.
    values : mapping
        Checked parameters for the chapters that declare them.
    language : str
        Of the book.
    at : str
        The path of the study file as the chapters should have it.
    """
    shared = {**values, "study": at, "language": language}
    book = [
        page for chapter in chapters.values() for page in pages_of_chapter(chapter, study, language, shared)
    ]
    for name, count in Counter(page.name for page in book).items():
        if count > 1:
            raise ChapterError(name, f"{count} pages would have this name; rename a level of the study.")
    return book


def pages_of_chapter(
    chapter: Chapter, study: Study, language: str, shared: Mapping[str, Scalar]
) -> Iterator[Page]:
    """The page of a chapter, or those of a template; none of a chapter about groups that are not there."""
    notebook = in_language(chapter.notebook, language)
    if chapter.is_template:
        yield from pages_of_template(chapter, notebook, study, language, shared)
        return
    if not has_what(study, chapter.wishes.get("needs")):
        return
    tags = {tag for cell in notebook["cells"] for tag in tags_of(cell)}
    for part in tags & PARTS.keys():
        notebook = without(notebook, f"without-{part}" if PARTS[part](study) else part)
    yield make_page(chapter, chapter.name, notebook, shared, own_title(chapter, study, language))


def own_title(chapter: Chapter, study: Study, language: str) -> str | None:
    """The title that a study gives a chapter; none where it keeps its own."""
    if (title := chapter.wishes.get("title_from_factor")) and (factor := factor_above(study)):
        label = study.instrument.factors[factor][language]
        return str(title.get(language, title[ENGLISH]).format(label[:1].lower() + label[1:]))
    if role := chapter.wishes.get("title_from_model"):
        return study.instrument.models[getattr(study.file.models, role)].label[language]
    return None


def pages_of_template(
    chapter: Chapter, notebook: Notebook, study: Study, language: str, shared: Mapping[str, Scalar]
) -> Iterator[Page]:
    """A page per level of each group, where the chapter asks for it of those with enough respondents."""
    if chapter.is_sheet:
        yield from sheets(chapter, notebook, study, shared)
        return
    sizes, study = group_sizes(study), replace(study, book_language=language)
    levels = [(group, level) for group in study.groups for level in study.levels(group)]
    for group, level in levels:
        if chapter.wishes.get("needs") == "respondents" and not sizes.loc[(group, level), "enough"]:
            continue
        title = f"{study.group_label(group)}: {study.level_label(group, level)}"
        yield make_page(
            chapter,
            f"{chapter.name}-{slug(group)}-{slug(level)}",
            notebook,
            {**shared, "group": group, "level": level},
            title,
        )


def sheets(
    chapter: Chapter, notebook: Notebook, study: Study, shared: Mapping[str, Scalar]
) -> Iterator[Page]:
    """A page per unit with enough answers in both roles; none of a study without units."""
    if (spec := study.file.unit) is None:
        return
    enough = reported_units(study.responses, spec, study.settings.min_unit)
    for unit in map(str, enough.index[enough]):
        yield make_page(chapter, f"{chapter.name}-{slug(unit)}", notebook, {**shared, "unit": unit}, unit)


def without(notebook: Notebook, tag: str) -> Notebook:
    """The notebook without the cells that carry a tag."""
    return {**notebook, "cells": [cell for cell in notebook["cells"] if tag not in tags_of(cell)]}


def make_page(
    chapter: Chapter, name: str, notebook: Notebook, values: Mapping[str, Scalar], title: str | None = None
) -> Page:
    """A chapter with values filled in for the parameters that it declares, perhaps under another title."""
    own = {key: value for key, value in values.items() if key in chapter.declared}
    if title is not None:
        notebook = with_heading(notebook, in_markdown(title))
    filled = with_parameters(chapter.name, notebook, own)
    return Page(name, chapter.name, title or heading(filled) or name, filled)


def check_parameters(chapters: Mapping[str, Chapter], given: Mapping[str, str]) -> dict[str, Scalar]:
    """The given parameters, each of the type of the default that the chapters declare."""
    defaults = {name: value for chapter in chapters.values() for name, value in chapter.declared.items()}
    free = sorted(set(defaults) - set(GIVEN_BY_STUDY))
    for name in given:
        if name in GIVEN_BY_STUDY:
            raise ParameterError(name, "follows from the study: name another study.yml instead.")
        if name not in defaults:
            known = ", ".join(free) or "none"
            raise ParameterError(name, f"is in no chapter (known: {known}).{did_you_mean(name, free)}")
    return {name: typed(name, text, defaults[name]) for name, text in given.items()}


def typed(name: str, text: str, default: Scalar) -> Scalar:
    """A value from the command line as the type of the parameter's default.

    >>> typed("draws", "500", 1000)
    500
    """
    if default is None or isinstance(default, str):
        return text
    value = yaml.safe_load(text) if re.fullmatch(r"[\w.+-]+", text) else text
    if isinstance(default, bool) or isinstance(value, bool):
        right = isinstance(default, bool) and isinstance(value, bool)
    elif isinstance(default, float):
        right = isinstance(value, int | float)
    else:
        right = isinstance(value, int)
    if not right:
        raise ParameterError(name, f'must be of type {type(default).__name__}, not "{text}".')
    return float(value) if isinstance(default, float) else value


def with_parameters(chapter: str, notebook: Notebook, values: Mapping[str, Scalar]) -> Notebook:
    """The notebook with new values in its parameters cell; comments stay."""
    notebook = copy.deepcopy(notebook)
    cell = parameters_cell(notebook)
    if cell is None:
        return notebook
    lines = [line.encode() for line in source_of(cell).split("\n")]
    for name, _, place in reversed(list(assignments(chapter, source_of(cell)))):
        if name in values:
            first, last = place.lineno - 1, (place.end_lineno or place.lineno) - 1
            before, after = lines[first][: place.col_offset], lines[last][place.end_col_offset :]
            lines[first : last + 1] = [before + literal(values[name]).encode() + after]
    cell["source"] = b"\n".join(lines).decode()
    return notebook


def literal(value: Scalar) -> str:
    r"""A value as Python source; strings in double quotes.

    >>> literal('say "ja"'), literal(True), literal(0.5)
    ('"say \\"ja\\""', 'True', '0.5')
    """
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def in_language(notebook: Notebook, language: str) -> Notebook:
    """The notebook without the cells of other languages; in English where it has no prose in this one.

    A cell in the language loses the tag ``remove-cell``, which hides it where notebooks are shown without
    this step, and metadata such as ``mystnb_de`` take the place of ``mystnb`` in a book in German.
    """
    notebook = copy.deepcopy(notebook)
    prose = language if has_prose(notebook, language) else ENGLISH
    notebook["cells"] = [cell for cell in notebook["cells"] if prose in (languages_of(cell) or [prose])]
    for cell in notebook["cells"]:
        metadata = cell["metadata"]
        if prose in tags_of(cell):
            metadata["tags"] = [tag for tag in tags_of(cell) if tag not in (prose, "remove-cell")]
        own = {name: metadata.pop(name) for name in list(metadata) if name.startswith("mystnb_")}
        if f"mystnb_{language}" in own:
            metadata["mystnb"] = own[f"mystnb_{language}"]
    return notebook


def has_prose(notebook: Notebook, language: str) -> bool:
    """Whether a chapter has prose in a language, or no prose at all."""
    spoken = {code for cell in notebook["cells"] for code in languages_of(cell)}
    return language in spoken or not spoken


def languages_of(cell: Mapping[str, Any]) -> list[str]:
    """The tags of a cell that are codes of languages."""
    return [tag for tag in tags_of(cell) if LANGUAGE.fullmatch(tag)]


def heading(notebook: Notebook) -> str | None:
    """The first heading of the first level."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and (match := HEADING.search(source_of(cell))):
            return match[1].strip()
    return None


def with_heading(notebook: Notebook, title: str) -> Notebook:
    """The notebook with another first heading, so that generated pages differ in title."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook["cells"]:
        source = source_of(cell)
        if cell["cell_type"] == "markdown" and HEADING.search(source):
            cell["source"] = HEADING.sub(lambda _: f"# {title}", source, count=1)
            return notebook
    return notebook


HEADING = re.compile(r"^# +(.+)$", re.MULTILINE)


def expanded_toc(toc: Mapping[str, Any], book: list[Page]) -> dict[str, Any]:
    """The table of contents with each template replaced by its pages, or by nothing."""
    result = dict(toc)
    for key in ("parts", "chapters", "sections"):
        if key not in toc:
            continue
        entries: list[dict[str, Any]] = []
        for entry in toc[key]:
            made = [page.name for page in book if page.chapter == entry.get("file")]
            if "file" in entry and made != [entry["file"]]:
                entries += [{"file": name} for name in made]
            else:
                entries.append(expanded_toc(entry, book))
        result[key] = entries
        if not entries:
            del result[key]
    return result


def source_of(cell: Mapping[str, Any]) -> str:
    """A cell's text, which may be stored as lines."""
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def tags_of(cell: Mapping[str, Any]) -> list[str]:
    """A cell's tags."""
    return list(cell["metadata"].get("tags", []))
