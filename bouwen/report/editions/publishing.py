"""Make, withdraw and forget editions; say what a new one would tell beside those that are published."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bouwen.errors import BouwenError
from bouwen.report.book.building import Listener, Silence, locked, make_site, plan, refusing_bad_output
from bouwen.report.book.site import digest_tree
from bouwen.report.editions.counted import Counted, counted_in
from bouwen.report.editions.differences import Difference, differences_of
from bouwen.report.editions.fingerprints import (
    PRIVATE,
    BadFingerprints,
    key_beside,
    made_fingerprints,
    read_fingerprints,
    recognised,
    without_people,
    write_fingerprints,
)
from bouwen.report.editions.matching import are_one_survey, matched
from bouwen.report.editions.printed import (
    PUBLIC,
    VERSION_NAME,
    BadEdition,
    Edition,
    edition_of,
    next_version,
    read_editions,
    write_edition,
)
from bouwen.survey import Study, find_study, read_study

MOST_PLACES = 3  # differences in a message; all are in the error


@dataclass(frozen=True)
class ToldBeside:
    """What a new edition would tell beside a former one."""

    version: str
    folder: Path
    differences: tuple[Difference, ...]


class TellsTooMuch(BouwenError):
    """An edition that would give few respondents away beside former ones; ``told`` lists where."""

    def __init__(self, study: Study, told: list[ToldBeside]) -> None:
        first, others, few = told[0], len(told) - 1, study.settings.min_cell
        beside = f"{edition_name(first, study)}{f' (and {others} more)' if others else ''}"
        problem = f"not published: beside {beside} it would give away fewer than {few} respondents, among"
        super().__init__("\n".join([f"{study.path}: {problem}", *places_of(first), *offers(first, study)]))
        self.told = told


def edition_name(told: ToldBeside, study: Study) -> str:
    """An edition, and of which study if it is not this one's."""
    if told.folder == study.path.parent:
        return f"edition {told.version}"
    return f"edition {told.version} of {os.path.relpath(told.folder, study.path.parent)}"


def places_of(told: ToldBeside) -> Iterator[str]:
    """A line for each of the first differences, without any number."""
    for found in told.differences[:MOST_PLACES]:
        levels = ", ".join(found.levels) or "the levels that are not shown"
        where = f"{found.variable}: {levels}" if found.variable else "all respondents"
        what = f"other answers to {found.column}" if found.column else "who came, went or moved"
        yield f"  {where} ({what})"
    if rest := told.differences[MOST_PLACES:]:
        yield f"  and {len(rest)} more"


def offers(told: ToldBeside, study: Study) -> Iterator[str]:
    """What to do: wait, withdraw, or coarsen where that helps."""
    whose = "STUDY" if told.folder == study.path.parent else "THAT_STUDY"
    variables = list(dict.fromkeys(found.variable for found in told.differences))
    yield f"Wait until {study.settings.min_cell} more came or went there; or withdraw edition {told.version}"
    yield f"(bouwen publish {whose} --withdraw {told.version}) and take its book down;"
    if "" in variables:
        yield "coarser tables do not help, as all respondents are concerned."
    else:
        yield f"or coarsen tables: merge: levels in study.yml ({', '.join(variables[:MOST_PLACES])})."


def publish_edition(
    path: str | Path,
    *,
    version: str | None = None,
    date: str | None = None,
    listener: Listener | None = None,
) -> Path:
    """Build a study's book and make an edition of it, unless former editions and it would tell too much.

    Parameters
    ----------
    path : str or Path
        The study file.
    version : str, optional
        Numbers with points between them, such as 1.0; by default the one after the last edition.
    date : str, optional
        Year, month and day, such as 2026-03-01; today if not given.
    listener : Listener, optional
        Told about progress.

    Returns
    -------
    Path
        The record of the edition, ``editions/VERSION.json`` beside the study.

    Raises
    ------
    TellsTooMuch
        Beside an edition that was not withdrawn it would tell fewer than ``min_cell`` respondents from the
        others.
    BadEdition, BadFingerprints
        There is such an edition already, or a former one cannot be compared.
    BouwenError
        See `bouwen.report.book.building.build`.
    """
    listener = listener or Silence()
    listener.step("Checking")
    book = plan(path)
    folder = book.study.path.parent
    version, date = free_version(folder, version), checked_date(date)
    counted, former = counted_in(book.study), list(still_published(folder))
    if told := list(told_beside(book.study, counted)):
        raise TellsTooMuch(book.study, told)
    target = book.work / "html"
    notebooks = make_site(book, target, listener)
    edition = edition_of(book.study, version, date, digest_tree(target), notebooks)
    with refusing_bad_output(folder), locked(book.work):
        free_version(folder, version)
        if list(still_published(folder)) != former:
            raise BadEdition(version, "another edition was made or withdrawn meanwhile; publish again.")
        return lay_down(folder, edition, counted)


def lay_down(folder: Path, edition: Edition, counted: Counted) -> Path:
    """Write both records of an edition, or none: no public one is without fingerprints."""
    key = key_beside(folder / PRIVATE)
    write_fingerprints(folder / PRIVATE, made_fingerprints(edition.version, counted, key))
    try:
        return write_edition(folder / PUBLIC, edition)
    except BaseException:
        (folder / PRIVATE / f"{edition.version}.json").unlink()
        raise


def told_beside(study: Study, counted: Counted) -> Iterator[ToldBeside]:
    """What a book would tell beside each edition that is published, of its study and of those beside it.

    Raises
    ------
    BadFingerprints, BadEdition
        An edition cannot be compared.
    """
    for folder, version in still_published(study.path.parent):
        record, key = read_fingerprints(folder / PRIVATE / f"{version}.json")
        before = recognised(record, key, counted)
        erased = {name for name, cells in zip(before.answers.index, record.cells, strict=True) if not cells}
        if not erased.isdisjoint(counted.answers.index):
            problem = "it holds nothing any more of a respondent who is here again"
            raise BadFingerprints(folder / PRIVATE / f"{version}.json", problem, remedy="")
        pairs = matched(before, counted)
        if folder != study.path.parent and not are_one_survey(before, counted, pairs):
            continue
        if found := differences_of(before, counted, pairs):
            yield ToldBeside(version, folder, tuple(found))


def still_published(folder: Path) -> Iterator[tuple[Path, str]]:
    """Editions that were not withdrawn, of a study and of those in folders beside it.

    One whose public record was only removed is still published.
    """
    known = {*read_editions(folder / PUBLIC), *kept_in(folder)}
    yield from ((folder, version) for version in sorted(known - withdrawn_in(folder)))
    for private in sorted(folder.resolve().parent.glob(f"*/{PRIVATE}")):
        if (other := private.parent) != folder.resolve():
            yield from ((other, version) for version in sorted(kept_in(other) - withdrawn_in(other)))


def kept_in(folder: Path) -> set[str]:
    """The editions of which fingerprints are kept in the folder of a study."""
    return {path.stem for path in (folder / PRIVATE).glob("*.json")}


def withdrawn_in(folder: Path) -> set[str]:
    """The editions of a study that were withdrawn."""
    return {version for version, one in read_editions(folder / PUBLIC).items() if one.withdrawn}


def warning_of(path: str | Path) -> str:
    """A line about editions beside which the book as it is now could not be published; "" if it could."""
    try:
        if not any(still_published(folder_of(path))):
            return ""
        study = read_study(path)
        told = list(told_beside(study, counted_in(study)))
    except BouwenError as error:
        return f"this book could not be published now: {error}"
    if not told:
        return ""
    return (
        f"this book could not be published now: beside {edition_name(told[0], study)} it would give few "
        "respondents away; bouwen publish says what to do."
    )


# ------------------------------------------------------------------ versions


def folder_of(path: str | Path) -> Path:
    """Where the editions of a study lie: its folder."""
    return find_study(path).parent


def free_version(folder: Path, version: str | None = None) -> str:
    """A version that no edition has: the one given, or the next one.

    Raises
    ------
    BadEdition
        It is no version, or taken, be it by an edition that was withdrawn.
    """
    taken = {*read_editions(folder / PUBLIC), *kept_in(folder)}
    version = version or next_version(sorted(taken))
    if not VERSION_NAME.fullmatch(version):
        raise BadEdition(
            version, f'"{version}" is no version; write numbers such as {next_version(sorted(taken))}.'
        )
    if version in taken:
        problem = f"there is an edition {version} already, and none is overwritten; the next is "
        raise BadEdition(version, f"{problem}{next_version(sorted(taken))}.")
    return version


def checked_date(date: str | None) -> str:
    """A date as it was given, or today's."""
    if date is None:
        return datetime.date.today().isoformat()
    try:
        return datetime.datetime.strptime(date, "%Y-%m-%d").date().isoformat()
    except ValueError:
        raise BadEdition("", f'"{date}" is no date; write year, month and day, as in 2026-03-01.') from None


def withdraw_edition(path: str | Path, version: str, date: str | None = None) -> Path:
    """Mark an edition as withdrawn: its record keeps version and dates only, its fingerprints are removed.

    Later editions are not compared with it, so its book must be taken down wherever it is.

    Raises
    ------
    BadEdition
        There is none, or it was withdrawn already.
    """
    folder = folder_of(path)
    editions, date = read_editions(folder / PUBLIC), checked_date(date)
    kept = folder / PRIVATE / f"{version}.json"
    if version not in editions and not (VERSION_NAME.fullmatch(version) and kept.is_file()):
        known = ", ".join(name for name, one in editions.items() if not one.withdrawn) or "none"
        raise BadEdition(version, f'there is no edition "{version}" to withdraw; there is {known}.')
    edition = editions.get(version, Edition(version=version, date=date))
    if edition.withdrawn:
        raise BadEdition(version, f"edition {version} was withdrawn already, on {edition.withdrawn}.")
    with refusing_bad_output(folder):
        written = write_edition(folder / PUBLIC, Edition(version=version, date=edition.date, withdrawn=date))
        kept.unlink(missing_ok=True)
    return written


def forget_people(path: str | Path) -> int:
    """Erase what fingerprints of editions hold of respondents who are not among the answers any more.

    That somebody of their id was there stays known, so that later editions are compared rightly.

    Returns
    -------
    int
        The number of editions whose fingerprints were looked through.

    Raises
    ------
    BadEdition
        Respondents have no ids by which they could be known.
    BadFingerprints
        An edition's fingerprints cannot be read.
    """
    study = read_study(path)
    folder, counted = study.path.parent / PRIVATE, counted_in(study)
    files = sorted(folder.glob("*.json"))
    records = [read_fingerprints(file) for file in files]
    for (record, _), file in zip(records, files, strict=True):
        if not (record.people and counted.named):
            problem = f'{file}: respondents have no ids ("id" of "responses"), so nobody can be found in it'
            raise BadEdition(record.version, f"{problem}; withdraw the edition instead.")
    with refusing_bad_output(folder):
        for record, key in records:
            write_fingerprints(folder, without_people(record, key, counted))
    return len(records)
