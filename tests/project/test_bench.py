"""What `make bench` records, and what it calls moved."""

import importlib.util
import json
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def bench(monkeypatch, tmp_path):
    """The runner, with one fake benchmark and a baseline of its own."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    spec = importlib.util.spec_from_file_location("bench", BENCHMARKS / "bench.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "BASELINE", tmp_path / "baseline.json")
    monkeypatch.setattr(module, "this_machine", lambda: "ours")
    return module


@pytest.fixture
def run(bench, monkeypatch, capsys):
    """Run the fake benchmark with given figures: what was recorded, and the lines on what moved."""
    import figures

    def one(machine="ours", **measured):
        fake = type("fake", (), {"figures": staticmethod(lambda: measured)})
        monkeypatch.setattr(bench.importlib, "import_module", lambda name: fake)
        monkeypatch.setattr(bench, "this_machine", lambda: machine)
        bench.main(("fake",))
        lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("moved: ")]
        return json.loads(bench.BASELINE.read_text(encoding="utf-8"))["fake"], lines

    one.figure = figures.Figure
    return one


def test_a_ratio_is_ours_over_theirs(run):
    found, lines = run(fit=run.figure(0.5, other=10.0, program="lavaan"))
    beside = {"program": "lavaan", "value": 10.0, "machine": "ours"}
    assert found["fit"] == {"value": 0.5, "unit": "s", "machine": "ours", "beside": beside, "ratio": 0.05}
    assert lines == []


@pytest.mark.parametrize(("times", "moved"), [(1.19, 0), (1.21, 1), (1 / 1.19, 0), (1 / 1.21, 1)])
def test_more_than_a_fifth_is_named(run, times, moved):
    run(fit=run.figure(1.0))
    _, lines = run(fit=run.figure(times))
    assert len(lines) == moved


@pytest.mark.parametrize(("ours", "word"), [(2.0, "more"), (0.5, "less")])
def test_the_direction_is_told(run, ours, word):
    run(fit=run.figure(1.0), other=run.figure(3.0))
    _, (line,) = run(fit=run.figure(ours), other=run.figure(3.0))
    assert line.startswith(f"moved: fit: {word}, {ours:.2f} times")


def test_a_slower_machine_moves_no_ratio(run):
    run(fit=run.figure(1.0, other=10.0))
    _, lines = run(machine="slow", fit=run.figure(3.0, other=30.0))
    assert lines == []


def test_seconds_of_another_machine_are_not_compared(run):
    run(fit=run.figure(1.0))
    _, lines = run(machine="slow", fit=run.figure(3.0))
    assert lines == []


def test_a_ratio_that_moved_is_named_on_any_machine(run):
    run(fit=run.figure(1.0, other=10.0))
    _, (line,) = run(machine="slow", fit=run.figure(3.0, other=10.0))
    assert "3.00 times (beside R)" in line


def test_without_r_what_it_took_is_kept_with_its_machine_and_no_ratio_is_made_up(run):
    run(machine="with R", fit=run.figure(1.0, other=10.0))
    found, _ = run(machine="without", fit=run.figure(1.0))
    assert found["fit"]["beside"] == {"program": "R", "value": 10.0, "machine": "with R"}
    assert "ratio" not in found["fit"]


def test_what_is_no_longer_measured_is_named(run):
    run(fit=run.figure(1.0), gone=run.figure(1.0))
    found, (line,) = run(fit=run.figure(1.0))
    assert line == "moved: gone: no longer measured"
    assert set(found) == {"fit"}


def test_every_benchmark_is_run_by_make_bench(bench):
    scripts = {path.stem for path in BENCHMARKS.glob("*.py")}
    assert set(bench.ALL) == scripts - {"bench", "figures"}
    assert all("def figures(" in (BENCHMARKS / f"{name}.py").read_text() for name in bench.ALL)
