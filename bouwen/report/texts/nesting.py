"""Where it matters that respondents are nested, the sentence that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from bouwen.checks import check_choice
from bouwen.escaping import in_markdown
from bouwen.report.given import check_study
from bouwen.report.texts.wording import guarded_share_text, markdown
from bouwen.scales import FEW_CLUSTERS, FEWEST_CLUSTERS, enough_clusters
from bouwen.survey import Study
from bouwen.words import words

if TYPE_CHECKING:
    from IPython.display import Markdown

About = Literal["sample", "scores", "models"]


def nested_text(study: Study, about: About = "sample") -> Markdown | None:
    """In what respondents are nested, and what figures make of it; nothing where they are not.

    Parameters
    ----------
    study : Study
    about : {"sample", "scores", "models"}
        Who answered; means and their tests; or models, draws and shuffles, which below 20 clusters are shown
        as of independent respondents.
    """
    check_study(study)
    about = check_choice("about", about, get_args(About))
    if study.clusters is None or study.cluster is None:
        return None
    say, sizes, n = words(study.language), study.clusters.value_counts(), len(study.clusters)
    few = about == "models" and enough_clusters(study) is None
    left_out = about == "models" and len(sizes) <= FEW_CLUSTERS
    joined = study.file.register_.columns if study.file.register_ else ()
    known = study.cluster in (*study.instrument.background, *study.categories, *joined)
    return markdown(
        say(
            f"nested.{'few' if few else 'models_left_out' if left_out else about}",
            n=n,
            clusters=len(sizes),
            variable=in_markdown(study.group_label(study.cluster) if known else study.cluster),
            size=say.number(n / len(sizes), 1),
            alone=guarded_share_text(study, int((sizes == 1).sum()), n),
            fewest=FEWEST_CLUSTERS,
        )
    )
