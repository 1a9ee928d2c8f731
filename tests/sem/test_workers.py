"""Chunks of draws on one core, several cores and a cluster of processes on this machine."""

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest
import worker_tasks
from numpy.testing import assert_array_equal

from bouwen.errors import BouwenError
from bouwen.sem import NotConverged, NotIdentified
from bouwen.sem.resample import workers
from bouwen.sem.resample.workers import Chunk, ClusterUnreachable, cluster, run_chunks

COV = 0.5 * np.eye(12) + 0.5
HERE = str(Path(worker_tasks.__file__).parent)


# ---------------------------------------------------------------------- draws


def test_chunks_cover_the_draws_in_order():
    chunks = run_chunks(lambda chunk: chunk, 620, seed=4)
    assert [(c.number, c.first, c.size) for c in chunks] == [(0, 0, 250), (1, 250, 250), (2, 500, 120)]
    assert run_chunks(lambda chunk: chunk, 0, seed=4) == []


def test_a_chunk_depends_on_seed_and_number_only():
    def draw(seed, number, first=0):
        return Chunk(number, first, 5, seed).rng().normal(size=5)

    assert_array_equal(draw(1, 2), draw(1, 2, first=999))
    assert (draw(1, 2) != draw(1, 3)).all()
    assert (draw(1, 2) != draw(2, 2)).all()
    assert (draw(1, 2) != draw(2, 1)).all()


def test_more_draws_begin_with_the_same_chunks():
    few, many = (run_chunks(partial(worker_tasks.moments, cov=COV), n, seed=1) for n in (500, 1000))
    assert_array_equal(few, many[:2])


def test_two_workers_give_the_bits_of_one():
    task = partial(worker_tasks.moments, cov=COV)
    alone = run_chunks(task, 1100, seed=1)
    assert_array_equal(run_chunks(task, 1100, seed=1, n_jobs=2), alone)
    import joblib

    with joblib.parallel_config("loky", n_jobs=2):
        assert_array_equal(run_chunks(task, 1100, seed=1), alone)


def test_blas_runs_on_one_thread_everywhere():
    assert set(run_chunks(worker_tasks.threads, 1000, seed=1)) == {1}
    assert set(run_chunks(worker_tasks.threads, 1000, seed=1, n_jobs=2)) == {1}


# ---------------------------------------------------------------------- errors


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.book)])
def test_an_error_keeps_its_kind_and_facts_and_names_the_draws(n_jobs):
    with pytest.raises(NotConverged) as caught:
        run_chunks(worker_tasks.unlucky, 1000, seed=9, n_jobs=n_jobs)
    assert (caught.value.steps, caught.value.parameter) == (7, "trust ~~ trust")
    assert caught.value.__notes__ == ["in chunk 2 (draws 501 to 750) with seed 9"]


@pytest.mark.parametrize("error", [NotConverged(3, 0.1, "a ~ b", " Hint."), NotIdentified("no", ("a", "b"))])
def test_refusals_travel_between_processes(error):
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_every_refusal_of_the_package_is_one_that_travels():
    import bouwen.report.book.building
    import bouwen.sem.ordinal.margins  # noqa: F401

    def family(kind):
        return [kind, *(k for sub in kind.__subclasses__() for k in family(sub))]

    for kind in family(BouwenError):
        error = kind.__new__(kind, "a sentence")
        assert str(pickle.loads(pickle.dumps(error))) == "a sentence"


# ---------------------------------------------------------------------- processes


def run(code, **options):
    """Another Python that runs a few lines with warnings as errors, and hears Ctrl-C even if we do not."""
    env = {**os.environ, "PYTHONPATH": HERE}
    options["preexec_fn"] = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.Popen(
        command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    )


def test_one_worker_loads_no_joblib():
    code = """
import sys
from bouwen.sem.resample.workers import run_chunks
run_chunks(lambda chunk: chunk.rng().normal(), 1000, seed=1)
print(sorted({"joblib", "rich", "distributed"} & set(sys.modules)))
"""
    out, err = run(code).communicate(timeout=60)
    assert (out, err) == ("[]\n", "")


@pytest.mark.book
def test_workers_end_with_the_program_and_say_nothing(tmp_path):
    code = f"""
from functools import partial
import psutil
from worker_tasks import slowly
from bouwen.sem.resample.workers import run_chunks
run_chunks(partial(slowly, folder={str(tmp_path)!r}, seconds=0.01), 1000, seed=1, n_jobs=2)
print(*(child.pid for child in psutil.Process().children(recursive=True)))
"""
    out, err = run(code).communicate(timeout=90)
    assert err == ""
    assert len(out.split()) >= 2
    assert not [pid for pid in map(int, out.split()) if still_runs(pid)]


@pytest.mark.book
@pytest.mark.parametrize("everyone", [False, True], ids=["the program", "its whole terminal"])
def test_ctrl_c_ends_promptly_and_leaves_no_worker(tmp_path, everyone):
    code = f"""
from functools import partial
from worker_tasks import slowly
from bouwen.sem.resample.workers import run_chunks
run_chunks(partial(slowly, folder={str(tmp_path)!r}), 250_000, seed=1, n_jobs=2)
"""
    program = run(code, start_new_session=True)
    try:
        wait_until(lambda: len(list(tmp_path.iterdir())) == 2 or program.poll() is not None)
        children = psutil.Process(program.pid).children(recursive=True)
        (os.killpg if everyone else os.kill)(program.pid, signal.SIGINT)
        _, err = program.communicate(timeout=20)  # 1,000 chunks would take 150 s
        assert "KeyboardInterrupt" in err
        assert len(children) >= 2
        assert psutil.wait_procs(children, timeout=10)[1] == []
    finally:
        end(program)


def wait_until(holds, seconds=60.0):
    limit = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < limit, f"nothing happened in {seconds:.0f} seconds"
        time.sleep(0.02)


def still_runs(pid):
    try:
        psutil.Process(pid).wait(timeout=5)
    except psutil.NoSuchProcess:
        return False
    except psutil.TimeoutExpired:
        return True
    return False


def end(program):
    """End a process and all it started."""
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(program.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                child.kill()
    program.kill()
    program.communicate()


# ---------------------------------------------------------------------- progress


class Terminal:
    """A stderr that is a terminal and remembers."""

    encoding = "utf-8"

    def __init__(self):
        self.shown = ""

    def write(self, text):
        self.shown += text

    def flush(self):
        pass

    def isatty(self):
        return True


def test_only_long_work_in_a_terminal_shows_a_bar(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    alone = run_chunks(lambda chunk: chunk.size, 700, seed=1, about="Drawing")
    assert terminal.shown == ""
    monkeypatch.setattr(workers, "BAR_AFTER", 0.0)
    assert run_chunks(lambda chunk: chunk.size, 700, seed=1, about="Drawing") == alone
    assert "Drawing" in terminal.shown
    assert "of 700 draws" in terminal.shown


def test_no_bar_where_stderr_is_a_file(monkeypatch, capsys):
    monkeypatch.setattr(workers, "BAR_AFTER", 0.0)
    run_chunks(lambda chunk: chunk.size, 700, seed=1, about="Drawing")
    assert capsys.readouterr().err == ""


# ---------------------------------------------------------------------- clusters


@contextmanager
def dask_cluster(folder, n_workers):
    """A scheduler and its workers as processes of their own that talk TCP on loopback; no dashboards."""
    from distributed import Client

    env = {**os.environ, "PYTHONPATH": HERE}
    file = Path(folder, "scheduler.json")
    quiet = ("--no-dashboard", "--host", "127.0.0.1")
    processes = []

    def start(module, *options):
        command = [sys.executable, "-m", f"distributed.cli.{module}", *quiet, *options]
        streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        processes.append(subprocess.Popen(command, env=env, cwd=folder, **streams))

    try:
        start("dask_scheduler", "--port", "0", "--scheduler-file", str(file))
        wait_until(lambda: file.exists() and file.read_text().endswith("}"))
        address = json.loads(file.read_text())["address"]
        assert address.startswith("tcp://127.0.0.1:")
        for _ in range(n_workers):
            start("dask_worker", address, "--no-nanny", "--nthreads", "1", "--local-directory", str(folder))
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(n_workers, timeout=60)
        yield address, processes[1:]
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()


@pytest.mark.long
def test_a_cluster_that_loses_a_worker_gives_the_bits_of_one_core(tmp_path):
    marks = tmp_path / "marks"
    marks.mkdir()
    task = partial(worker_tasks.slowly, folder=str(marks))
    alone = run_chunks(partial(task, seconds=0.0), 40 * 250, seed=5)
    for mark in marks.iterdir():
        mark.unlink()
    with dask_cluster(tmp_path, 2) as (address, processes):
        pids = {str(process.pid) for process in processes}

        def kill_one_at_work():
            wait_until(lambda: pids <= {mark.name for mark in marks.iterdir()})
            processes[0].kill()

        killer = threading.Thread(target=kill_one_at_work)
        with cluster(address):
            killer.start()
            found = run_chunks(task, 40 * 250, seed=5)
        killer.join()
        assert processes[0].wait(timeout=10) == -signal.SIGKILL
        assert processes[1].poll() is None
    assert {mark.name for mark in marks.iterdir()} == pids  # nothing ran in this process
    assert len(found) == 40
    assert_array_equal(np.concatenate(found), np.concatenate(alone))


@pytest.mark.long
def test_power_on_a_cluster_says_what_one_core_says(tmp_path):
    def power(*options):
        command = [str(Path(sys.executable).with_name("bouwen")), "power", "data/reputation/study.yml"]
        command += ["-n", "60,120", "--reps", "300", *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    with dask_cluster(tmp_path, 2) as (address, _):
        there = power("--cluster", address)
    assert "Answers needed" in there
    assert there == power()


def test_an_address_without_a_scheduler_is_refused():
    refused = pytest.raises(ClusterUnreachable, match="no scheduler answers")
    with refused, cluster("tcp://127.0.0.1:9", patience=0.5):
        pass


@pytest.mark.parametrize("address", ["", "foo", "tcp://", "tcp://localhost", "http://x:1"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(ClusterUnreachable, match="is no address"), cluster(address):
        pass


def test_no_address_leaves_things_as_they_are():
    with cluster(None):
        assert run_chunks(lambda chunk: os.getpid(), 500, seed=1) == [os.getpid()] * 2
