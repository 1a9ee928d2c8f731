"""The command line: parse, call one library function, print.

Exit status 0: done; 1: refused or failed, with one message on stderr; 2: wrong use; 130: Ctrl-C.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from bouwen.errors import BouwenError, concise
from bouwen.report.book.startup import CAN_FORK
from bouwen.streams import complain, open_streams, refuse_little_memory, silence_broken, what_failed
from bouwen.words import ENGLISH

INTERRUPTED = 130  # what typer leaves with after Ctrl-C
DEFAULT_STUDY = Path("data/providers/study.yml")

app = typer.Typer(
    name="bouwen",
    help="From a survey file to a reproducible online book.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

StudyArgument = Annotated[
    Path, typer.Argument(metavar="[STUDY]", help="A study.yml; looked up here and in the folders above.")
]


def show_version(wanted: bool) -> None:
    """Print the version and leave."""
    if wanted:
        from importlib.metadata import version

        typer.echo(f"bouwen {version('bouwen')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback when something fails.")] = False,
) -> None:
    """Options for every command."""
    # read in `main`, which sees every error


@app.command("build")
def build_command(
    study: StudyArgument = DEFAULT_STUDY,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", metavar="NAME VALUE", help="A value for a chapter's parameter."),
    ] = None,
    mirror: Annotated[
        Path | None, typer.Option(metavar="OTHER", help="The study of the other side, for a page about both.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder for the HTML.")] = None,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Chapters run at once.")] = None,
    timeout: Annotated[
        float | None,
        typer.Option(min=1, help="Seconds that a chapter may take; by default 600, more for large studies."),
    ] = None,
    warm: Annotated[bool, typer.Option(help="Fork kernels from one with the libraries loaded.")] = CAN_FORK,
) -> None:
    """Check a study, run every chapter and build its online book."""
    from bouwen.report.book import building as book
    from bouwen.report.book.listening import progress

    parameters = dict(named_value(text) for text in parameter or [])
    with progress() as listener:
        page = book.build(
            study,
            output=output,
            mirror=mirror,
            parameters=parameters,
            jobs=jobs,
            timeout=timeout,
            warm=warm,
            listener=listener,
        )
    typer.echo(f"The book is ready: {page}")
    from bouwen.report.editions.publishing import warning_of

    if warning := warning_of(study):
        complain(f"bouwen: {' '.join(warning.split())}")


@app.command("publish")
def publish_command(
    study: StudyArgument = DEFAULT_STUDY,
    version: Annotated[
        str | None, typer.Option(metavar="VERSION", help="Of the edition; by default the next one.")
    ] = None,
    date: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Of the edition; by default today.")
    ] = None,
    withdraw: Annotated[
        str | None, typer.Option(metavar="VERSION", help="Withdraw an edition instead of making one.")
    ] = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Erase what is kept of respondents whose rows are gone.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
) -> None:
    """Make an edition of a book, unless it would give somebody away beside former ones."""
    from bouwen.report.book.listening import progress
    from bouwen.report.editions import publishing

    if (withdraw and forget) or ((withdraw or forget) and version):
        raise typer.BadParameter(
            "goes with neither of the others.", param_hint="--withdraw, --forget, --version"
        )
    asked = not yes and sys.stdin is not None and sys.stdin.isatty()
    if forget:
        count = publishing.forget_people(study)
        editions = "1 edition" if count == 1 else f"{count} editions"
        typer.echo(
            f"Whoever is not among the answers any more is erased from the fingerprints of {editions}."
        )
    elif withdraw:
        if asked:
            typer.confirm(f"Withdraw edition {withdraw}? Its printed figures are removed", abort=True)
        path = publishing.withdraw_edition(study, withdraw, date)
        typer.echo(f"Edition {withdraw} is withdrawn ({path}). Take its book down wherever it is published;")
        typer.echo("earlier commits of its record still hold its figures.")
    else:
        chosen = publishing.free_version(publishing.folder_of(study), version)
        if asked:
            typer.confirm(f"Make edition {chosen}?", default=True, abort=True)
        with progress() as listener:
            path = publishing.publish_edition(study, version=chosen, date=date, listener=listener)
        typer.echo(f"Edition {chosen} is made: {path}")
        typer.echo("Commit that file. Keep editions.private with the answers, and never publish it.")


@app.command("audit")
def audit_command(
    study: StudyArgument = DEFAULT_STUDY,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Chapters run at once.")] = None,
) -> None:
    """Attack what the book of a study would publish; say what must be shown coarser."""
    from bouwen.report.book.auditing import audit, coarser_lines
    from bouwen.report.book.listening import progress
    from bouwen.survey import read_study

    with progress() as listener:
        found = audit(study, jobs=jobs, listener=listener)
    typer.echo(f"{found.figures} figures were attacked; {found.protected} counts are not printed.")
    for call in found.unread:
        typer.echo(f"not attacked, as it is no table or figure of the library: {call}")
    for leak in found.leaks:
        typer.echo(f"{leak.page}, {leak.where}: {leak.what}", err=True)
    if found.coarser:
        typer.echo(
            "Some of these counts would be left with too few values. Write in the study file:", err=True
        )
        typer.echo("\n".join(coarser_lines(found.coarser, read_study(study).coarser)), err=True)
    if found.leaks or found.coarser:
        raise typer.Exit(1)
    typer.echo("Each of them stays open.")


@app.command("check")
def check_command(
    study: StudyArgument = DEFAULT_STUDY,
    fix: Annotated[
        bool,
        typer.Option("--fix", help="Write what is proposed; copies of the old files stay."),
    ] = False,
) -> None:
    """Validate a study's files and responses; print a report and what to write."""
    from bouwen.report.book.building import check_book
    from bouwen.survey import mend, proposal_text

    mended = mend(study) if fix else None
    for path, copy in zip(mended.written, mended.copies, strict=True) if mended else ():
        typer.echo(f"{path}: changed; what it was is in {copy.name}")
    try:
        typer.echo(check_book(study))
    except BouwenError as error:
        if proposal := proposal_text(error):
            typer.echo(proposal)
        raise


@app.command("new")
def new_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the new study.")],
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="The file of answers.")
    ] = None,
    codebook: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The tool's questionnaire: .lss, .qsf, REDCap's, XLSForm."),
    ] = None,
    sheet: Annotated[str | None, typer.Option(metavar="NAME", help="The sheet of a workbook.")] = None,
    like: Annotated[
        Path | None, typer.Option(metavar="STUDY", help="A study to follow up from another side.")
    ] = None,
    perspective: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who answered; of a follow-up, who is asked.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="The language of its texts; English without it.")
    ] = None,
) -> None:
    """Make a study of a file of answers, filled in as far as the file tells, or the follow-up of a study."""
    if like is None:
        from bouwen.survey import new_study

        if source is None:
            raise typer.BadParameter("name a file of answers, or a study by --like.", param_hint="--from")
        who, own = perspective or "respondent", language or ENGLISH
        made = new_study(folder, source, codebook, sheet=sheet, perspective=who, language=own)
        typer.echo(made.text())
        return
    from bouwen.questionnaire import follow_study

    if source or codebook or sheet or language:
        raise typer.BadParameter("takes neither a file, a sheet nor a language.", param_hint="--like")
    if perspective is None:
        raise typer.BadParameter("say who is asked now.", param_hint="--perspective")
    typer.echo(follow_study(folder, like, perspective).text())


@app.command("export")
def export_command(
    study: StudyArgument = DEFAULT_STUDY,
    to: Annotated[str, typer.Option("--to", metavar="FORMAT", help="docx, xlsx, csv, json or zip.")] = "",
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="PLACE", help="The file to write; of csv a folder.")
    ] = Path(),
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="Of the book; by default that of the study.")
    ] = None,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Chapters run at once.")] = None,
) -> None:
    """Write what a study's book shows for Word, as tables or as data; replaces no file."""
    from bouwen.report.book.listening import progress
    from bouwen.report.exports import EXPORT_FORMATS, export_book

    if not to:
        raise typer.BadParameter(f"name a format: {', '.join(EXPORT_FORMATS)}.", param_hint="--to")
    if output == Path():
        output = Path(f"book{EXPORT_FORMATS.get(to, '')}")
    with progress() as listener:
        typer.echo(export_book(study, output, to=to, language=language, jobs=jobs, listener=listener))


@app.command("questionnaire")
def questionnaire_command(
    study: StudyArgument = DEFAULT_STUDY,
    to: Annotated[
        str, typer.Option("--to", metavar="FORMAT", help="limesurvey, xlsform, sav, word or pdf.")
    ] = "",
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write.")
    ] = Path(),
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="The only language; by default all there are.")
    ] = None,
) -> None:
    """Write a study's questionnaire for a survey tool, for SPSS or for paper; replaces no file."""
    from bouwen.questionnaire import FORMATS, write_questionnaire

    if not to:
        raise typer.BadParameter(f"name a format: {', '.join(FORMATS)}.", param_hint="--to")
    if output == Path():
        output = Path(f"questionnaire{FORMATS.get(to, '')}")
    typer.echo(write_questionnaire(study, output, to=to, language=language).text())


@app.command("schema")
def schema_command(
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write to.")] = Path(),
) -> None:
    """Write JSON Schema of study files and instruments, from which editors complete and check keys."""
    from bouwen.survey import write_schemas

    for path in write_schemas(output):
        typer.echo(path)


@app.command("lab")
def lab_command(
    study: StudyArgument = DEFAULT_STUDY,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
) -> None:
    """Open the chapters in JupyterLab with the study's parameters."""
    from bouwen.report.book import lab

    chapters = lab.write_chapters(study)
    for name in chapters.kept:
        typer.echo(f"{name}: kept, because you changed it; remove it to get a fresh copy.", err=True)
    typer.echo(f"The chapters are in {chapters.folder}")
    lab.open_lab(chapters.folder, browser=browser)


@app.command("clean")
def clean_command(
    study: StudyArgument = DEFAULT_STUDY,
    answers: Annotated[
        bool, typer.Option("--answers", help="Remove only what may hold answers; the book stays.")
    ] = False,
) -> None:
    """Remove what builds of a study left in _build; copies for JupyterLab stay."""
    from bouwen.report.book.clearing import clear

    for path in clear(study, answers=answers):
        typer.echo(f"cleared {path}")


@app.command("simulate")
def simulate_command(
    population: Annotated[Path, typer.Argument(help="A population.yml.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file of answers to write.")],
    n: Annotated[int, typer.Option("-n", min=1, help="Number of respondents.")] = 201,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random numbers.")] = 1,
) -> None:
    """Draw the answers of a synthetic study from its population."""
    from bouwen.twin import simulate_file

    simulate_file(population, n, seed, output)
    typer.echo(f"{n} respondents written to {output}")


@app.command("power")
def power_command(
    study: StudyArgument = DEFAULT_STUDY,
    n: Annotated[str, typer.Option("-n", "--n", metavar="N,N,…", help="Sizes of the follow-up.")] = "",
    reps: Annotated[int, typer.Option(min=20, help="Follow-ups simulated at each size.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random numbers.")] = 1,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", help="Workers; -1 for all cores.")] = None,
    cluster: Annotated[
        str | None, typer.Option(metavar="tcp://HOST:PORT", help="A dask scheduler to compute on.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.svg|png", help="A figure to write; replaces no file.")
    ] = None,
) -> None:
    """Say how many answers the follow-up of a study needs."""
    from bouwen.report import follow_up

    report = follow_up.power_report(
        study, sizes(n), reps=reps, seed=seed, n_jobs=jobs, cluster_address=cluster, plot=plot
    )
    typer.echo(report)


@app.command("verify")
def verify_command(
    study: StudyArgument = DEFAULT_STUDY,
    record: Annotated[bool, typer.Option("--record", help="Record this build's results.")] = False,
) -> None:
    """Compare all that the pages of a book show with what was recorded."""
    from bouwen.report.book import results

    if record:
        typer.echo(f"Recorded in {results.record(study)}")
    else:
        typer.echo(f"{results.verify(study)} results are as recorded.")


def sizes(text: str) -> list[int] | None:
    """Sample sizes with commas between them; None for an empty text.

    >>> sizes("150, 200"), sizes("")
    ([150, 200], None)
    """
    try:
        found = [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise typer.BadParameter(f'"{text}" is no list such as 150,200,300.', param_hint="-n") from None
    return found or None


def named_value(text: str) -> tuple[str, str]:
    """Split ``name=value``.

    >>> named_value("draws=500")
    ('draws', '500')
    """
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f'"{text}" has no value; write -p NAME VALUE.', param_hint="-p")
    return name, value


def joined_parameters(arguments: list[str]) -> list[str]:
    """Write ``-p NAME VALUE``, as papermill has it, as one value for the option.

    >>> joined_parameters(["build", "-p", "draws", "500", "-p", "language=nl"])
    ['build', '-p', 'draws=500', '-p', 'language=nl']
    """
    joined, rest = [], list(arguments)
    while rest:
        joined.append(rest.pop(0))
        if joined[-1] in ("-p", "--parameter") and len(rest) > 1 and "=" not in rest[0]:
            joined.append(f"{rest.pop(0)}={rest.pop(0)}")
    return joined


def main() -> None:
    """Run the command line and leave with its exit status.

    Whatever fails, one message says so on stderr; a traceback stands there with ``--debug`` only.
    """
    open_streams()
    try:
        refuse_little_memory()
        status = app(joined_parameters(sys.argv[1:]), standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except Exception as error:
        if "--debug" in sys.argv:
            traceback.print_exc()
            complain(getattr(error, "traceback", ""))
        silence_broken(error)
        if message := what_failed(error):
            complain(f"bouwen: {concise(message)}")
        status = getattr(error, "exit_code", 1)
    except SystemExit as stop:
        status = stop.code
    if status == INTERRUPTED:
        complain("bouwen: stopped; the old book is untouched.")
    sys.exit(status)


if __name__ == "__main__":
    main()
