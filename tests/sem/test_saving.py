"""Fits that are saved and loaded: the same numbers, no answers, and files that cannot be read."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from references import MODELS, read_case, read_data

import bouwen
from bouwen.sem import Fit, NoRows, NotAFit, UnsupportedModel, compare_fits, fit_sam, fit_sem, load_fit
from bouwen.sem.after import storage

HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
# Every estimator, kind of data, constraint and treatment of missing answers at least once.
KINDS = [
    "bfi_cluster_mlr", "equal_variances", "fiml_covariate", "fiml_regions_scalar_mlr", "gls_mimic",
    "groups_gls_metric", "groups_mlm_scalar", "hs_ml", "hs_uls", "inequality_active", "listwise_mlr",
    "mlr_mimic_groups", "moments_groups", "moments_wheaton", "nonlinear_constraint", "ord_dwls", "ord_mimic",
    "ord_groups_binary", "ord_missing_pairwise", "ord_mixed_factor", "ord_thresholds_labelled",
    "ord_wlsm", "path_mediation", "path_saturated", "pd_ml_labels",
]  # fmt: skip


@cache
def fit_of(name: str) -> Fit:
    return read_case(next(path for path in MODELS if path.stem == name)).fit()


def written(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode()


def check_same(found: Fit, fit: Fit) -> None:
    """Everything that a reader asks of a fit, in both directions."""
    same = pd.testing.assert_frame_equal
    same(found.parameters, fit.parameters, rtol=1e-12, atol=1e-12)
    same(found.table(0.9), fit.table(0.9), rtol=1e-12, atol=1e-12)
    for kind in ("std_all", "std_lv"):
        same(found.standardized(kind), fit.standardized(kind), rtol=1e-12, atol=1e-12)
    pd.testing.assert_series_equal(found.measures, fit.measures, rtol=1e-12, atol=1e-12)
    for kind in ("raw", "cor", "z"):
        same(found.residuals(kind), fit.residuals(kind), rtol=1e-12, atol=1e-12)
    same(found.modification_indices(), fit.modification_indices(), rtol=1e-9, atol=1e-9)
    same(found.r_squared(), fit.r_squared(), rtol=1e-12)
    same(found.implied_moments(), fit.implied_moments(), rtol=1e-12)
    np.testing.assert_allclose(found.vcov, fit.vcov, rtol=1e-12, atol=1e-14)
    assert (found.call, found.partable) == (fit.call, fit.partable)
    assert (found.n, found.df, found.npar, found.warnings) == (fit.n, fit.df, fit.npar, fit.warnings)
    assert found.sample.n.tolist() == fit.sample.n.tolist()
    assert found.sample.group_values == fit.sample.group_values
    assert found.summary() == fit.summary()
    assert found._repr_html_() == fit._repr_html_()


@pytest.mark.parametrize("name", KINDS)
def test_a_loaded_fit_gives_the_same_numbers(name, tmp_path):
    fit = fit_of(name)
    fit.save(tmp_path / "a.fit")
    found = load_fit(tmp_path / "a.fit")
    check_same(found, fit)
    found.save(tmp_path / "b.fit")  # and once more
    assert (tmp_path / "a.fit").read_bytes() == (tmp_path / "b.fit").read_bytes()
    if fit.sample.rows:
        fit.save(tmp_path / "c.fit", rows=True)
        found = load_fit(tmp_path / "c.fit")
        pd.testing.assert_frame_equal(found.parameters, fit.parameters, rtol=1e-12, atol=1e-12)
        pd.testing.assert_series_equal(found.measures, fit.measures, rtol=1e-12, atol=1e-12)
        assert not found.kept
    else:
        with pytest.raises(UnsupportedModel, match="no rows"):
            fit.save(tmp_path / "c.fit", rows=True)


@pytest.mark.parametrize("name", ["hs_ml", "fiml_regions_scalar_mlr", "ord_cfa", "bfi_cluster_mlr"])
def test_with_rows_a_loaded_fit_does_everything(name, tmp_path):
    fit = fit_of(name)
    fit.save(tmp_path / "a.fit", rows=True)
    found = load_fit(tmp_path / "a.fit")
    pd.testing.assert_frame_equal(found.scores(), fit.scores(), rtol=1e-10, atol=1e-10)
    drawn, expected = (bouwen.bootstrap(one, 3, seed=4).values() for one in (found, fit))
    np.testing.assert_allclose(drawn, expected, rtol=1e-8, atol=1e-8)


def test_score_tests_are_kept(tmp_path):
    for name in ("fiml_regions_scalar_mlr", "pd_ml_labels"):
        fit = fit_of(name)
        fit.save(tmp_path / "a.fit")
        found = load_fit(tmp_path / "a.fit").score_tests()
        pd.testing.assert_frame_equal(found, fit.score_tests(), rtol=1e-9)


def test_loaded_fits_are_compared(tmp_path):
    data = read_data("holzinger")
    options = {"group": "school", "missing": "fiml", "estimator": "MLR"}
    fits = [fit_sem(HS, data, group_equal=equal, **options) for equal in ((), ("loadings",))]
    for k, fit in enumerate(fits):
        fit.save(tmp_path / f"{k}.fit")
    loaded = [load_fit(tmp_path / f"{k}.fit") for k in range(2)]
    pd.testing.assert_frame_equal(compare_fits(*loaded), compare_fits(*fits), rtol=1e-10)
    pd.testing.assert_frame_equal(compare_fits(loaded[0], fits[1]), compare_fits(*fits), rtol=1e-10)


@pytest.mark.parametrize("missing", ["listwise", "fiml"])
def test_no_answer_and_no_id_is_in_the_file(missing, tmp_path):
    rng = np.random.default_rng(1)
    factor = rng.normal(size=(60, 1))
    answers = np.round(factor + rng.normal(size=(60, 4)), 6)
    frame = pd.DataFrame(answers, columns=[*"abcd"], index=[f"R-{k}x" for k in range(60)])
    frame.loc["R-7x", "a"] = frame.loc["R-8x", ["b", "c"]] = np.nan  # patterns of one
    fit = fit_sem("f =~ a + b + c + d", frame.assign(id=frame.index), missing=missing, estimator="MLR")
    fit.save(tmp_path / "a.fit")
    text = written(tmp_path / "a.fit")
    given = [repr(float(x)) for x in answers.ravel()]
    assert not [x for x in given if x in text]
    assert "R-" not in text
    numbers = json.loads(text)["sample"]
    assert numbers["rows"] == numbers["index"] == numbers["cluster"] == []
    fit.save(tmp_path / "b.fit", rows=True)
    with_rows = written(tmp_path / "b.fit")
    kept = fit.sample.rows[0][~np.isnan(fit.sample.rows[0])]
    assert all(repr(float(x)) in with_rows for x in kept)
    assert "R-" not in with_rows  # answers, not who gave them


def test_ordered_answers_are_not_in_the_file(tmp_path):
    fit = fit_of("ord_missing_pairwise")
    fit.save(tmp_path / "a.fit")
    content = json.loads(written(tmp_path / "a.fit"))
    lengths = {fit.n, fit.sample.total}

    def arrays(value):
        if isinstance(value, dict):
            if "array" in value:
                yield value["shape"]
            for part in value.values():
                yield from arrays(part)
        elif isinstance(value, list):
            for part in value:
                yield from arrays(part)

    assert not [shape for shape in arrays(content) if lengths & set(shape)]


def test_what_needs_rows_says_so(tmp_path):
    for name in ("hs_mlr", "fiml_mlr", "ord_cfa"):
        fit_of(name).save(tmp_path / "a.fit")
        found = load_fit(tmp_path / "a.fit")
        for ask in (found.scores, lambda fit=found: bouwen.bootstrap(fit, 2)):
            with pytest.raises(NoRows, match="save the fit with rows=True"):
                ask()
        if name == "hs_mlr":
            assert len(bouwen.bootstrap(found, 2, kind="parametric").values()) == 2
        else:  # drawn with the gaps or covariates of the sample
            with pytest.raises(NoRows):
                bouwen.bootstrap(found, 2, kind="parametric")


def test_the_structural_part_of_a_two_step_fit(tmp_path):
    fit = fit_sam(HS + "\ntextual ~ visual\nspeed ~ textual", read_data("holzinger")).structural
    fit.save(tmp_path / "a.fit")
    pd.testing.assert_frame_equal(load_fit(tmp_path / "a.fit").parameters, fit.parameters, rtol=1e-12)


# -------------------------------------------------------------------- files


@pytest.fixture(name="file")
def _file(tmp_path):
    path = tmp_path / "trust.fit"
    fit_of("hs_ml").save(path)
    return path


def change(path: Path, **values: object) -> Path:
    content = json.loads(written(path)) | values
    path.write_bytes(gzip.compress(json.dumps(content).encode()))
    return path


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda p: p.unlink(), "cannot be read: No such file"),
        (lambda p: p.write_text("model,est\n"), "is not a fit that bouwen saved"),
        (lambda p: p.write_bytes(p.read_bytes()[:-200]), "is damaged; save the fit again"),
        (lambda p: p.write_bytes(p.read_bytes()[:300] + b"\0" * 20 + p.read_bytes()[320:]), "is damaged"),
        (lambda p: p.write_bytes(gzip.compress(b"{")), "is damaged"),
        (lambda p: p.write_bytes(gzip.compress(b"[1, 2]")), "is not a fit"),
        (lambda p: p.write_bytes(gzip.compress(b'{"a": 1}')), "is not a fit"),
        (
            lambda p: change(p, version=99, bouwen="7.1"),
            "version 99, written by bouwen 7.1; .* reads version 1",
        ),
        (lambda p: change(p, version="1"), "reads version 1"),
        (lambda p: change(p, table=None), "is damaged"),
        (lambda p: change(p, call={"class": "os.system"}), "is damaged"),
        (lambda p: change(p, sample={"class": "sample", "more": 1}), "is damaged"),
        (lambda p: change(p, solution={"theta": {"array": [1.0], "shape": [1], "kind": "float"}}), "sizes"),
    ],
)
def test_files_that_are_no_fit_are_refused_in_one_sentence(file, spoil, message):
    spoil(file)
    with pytest.raises(NotAFit, match=message) as error:
        load_fit(str(file))
    assert error.value.path == file
    assert "\n" not in str(error.value)


def test_a_file_is_replaced_as_a_whole_or_not_at_all(file, monkeypatch):
    before = file.read_bytes()
    fit_of("path_saturated").save(file)
    assert load_fit(file).partable == fit_of("path_saturated").partable
    fit_of("hs_ml").save(file)
    assert file.read_bytes() == before  # the same fit gives the same bytes

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage.Path, "replace", full)
    with pytest.raises(NotAFit, match="cannot be written: No space left"):
        fit_of("path_saturated").save(file)
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(NotAFit, match="cannot be written: No such file or directory"):
        fit_of("hs_ml").save(tmp_path / "none" / "a.fit")


def test_other_things_are_not_overwritten_by_a_fit_that_cannot_be_saved(tmp_path):
    path = tmp_path / "a.fit"
    path.write_text("mine")
    with pytest.raises(UnsupportedModel):
        fit_of("moments_wheaton").save(path, rows=True)
    assert path.read_text() == "mine"


def test_groups_keep_their_values(tmp_path):
    data = read_data("holzinger")
    for values in ([1, 2], ["Pasteur", "Grant-White"], [True, False]):
        frame = data.assign(school=np.where(data["school"] == "Pasteur", *values))
        fit_sem(HS, frame, group="school").save(tmp_path / "a.fit")
        found = load_fit(tmp_path / "a.fit").sample.group_values
        assert sorted(map(str, found)) == sorted(map(str, values))
        assert {type(x) for x in found} == {type(values[0])}
