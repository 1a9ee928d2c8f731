"""A study -> a report on how many answers its follow-up needs, and a figure beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bouwen.path import plan_follow_up
from bouwen.report import plots, tables, texts
from bouwen.report.tables.follow_up import claim_power_note
from bouwen.sem import cluster
from bouwen.survey import FileError, read_study
from bouwen.words import words

ENDINGS = (".png", ".svg")


def power_report(
    study: str | Path,
    sizes: Sequence[int] | None = None,
    *,
    reps: int,
    seed: int,
    n_jobs: int | None = None,
    cluster_address: str | None = None,
    plot: Path | None = None,
) -> str:
    """Simulate the follow-up of a study; the effects, what each needs, a sentence, and the claims, as text.

    Parameters
    ----------
    study : str or Path
        A study file.
    sizes : sequence of int, optional
        See `plan_follow_up`, also for ``reps``, ``seed`` and ``n_jobs``.
    cluster_address : str, optional
        See `cluster`.
    plot : Path, optional
        Where to write the power curves: a new .svg or .png file.

    Raises
    ------
    BouwenError
        The study is refused, its model cannot be fitted, or the figure cannot be written.
    """
    if plot is not None:
        refuse_figure(plot)
    survey = read_study(study)
    with cluster(cluster_address):
        plan = plan_follow_up(survey, sizes, reps=reps, seed=seed, n_jobs=n_jobs)
    if plot is not None:
        plots.power_curves(plan, survey).save(plot, verbose=False, dpi=200)
    effects = texts.follow_up_report(plan, tables.follow_up_texts(plan, survey), survey)
    if not survey.instrument.claims:
        return effects
    note = words(survey.language)(f"notes.{claim_power_note(survey)}")
    return f"{effects}\n\n{texts.as_columns(tables.claim_power_texts(survey))}\n\n{note}"


def refuse_figure(path: Path) -> None:
    """Refuse a figure that would replace a file, has no folder, or is of another kind."""
    if path.suffix.lower() not in ENDINGS:
        raise FileError(path, "must end in .svg or .png.")
    if path.exists():
        raise FileError(path, "is there already; choose another name, or remove it.")
    if not path.parent.is_dir():
        raise FileError(path, f"there is no folder {path.parent}; create it first.")
