from pathlib import Path

import numpy as np
import pytest

from bouwen import read_study
from bouwen.report import tables
from bouwen.scales import compare_structures
from bouwen.words import words


@pytest.fixture(scope="module")
def study():
    return read_study(Path("data/reputation/study.yml"))


@pytest.fixture(scope="module")
def found(study):
    return compare_structures(study)


def test_a_column_a_structure_with_every_figure(study, found):
    shown = tables.structures(found, study)._tbl_data.set_index("What")
    assert list(shown) == ["One factor", "Correlated facets", "Higher-order factor", "Bifactor"]
    figures = found.table()
    assert shown.loc["CFI"].tolist() == [words("en").number(x, 3) for x in figures["cfi"]]
    assert shown.loc["RMSEA", "Correlated facets"].startswith(
        words("en").number(figures.loc["facets", "rmsea"], 3) + " ["
    )
    assert shown.loc["Solution"].tolist() == ["proper", "proper", "improper", "proper"]
    assert shown.loc["Correlations of facets", "One factor"] == "–"


def test_tests_and_facets(study, found):
    tests = tables.structure_tests(found, study)._tbl_data
    assert tests["p"].tolist()[:3] == ["<0.001", "<0.001", "–"]
    facets = tables.facet_scales(found, study)._tbl_data
    assert facets["Construct"].tolist() == ["Competence", "Likeability", "Loyalty"]
    assert facets["Its own share"].tolist() == [words("en").number(x) for x in found.scales()["omega_h"]]
    assert np.isfinite(found.scales().to_numpy()).all()


def test_dutch_has_its_own_labels(found):
    dutch = read_study(Path("data/reputation/study.yml"), language="nl")
    shown = tables.structures(found, dutch)._tbl_data
    assert "Eén factor" in shown
    assert "onmogelijke waarde" in shown.iloc[-1].tolist()
