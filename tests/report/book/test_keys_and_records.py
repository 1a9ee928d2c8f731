"""Whether a chapter runs again, whether a result is as recorded, and what a group's page holds."""

from __future__ import annotations

import json
import math
import re
import sys
from dataclasses import replace

import pytest

import bouwen
from bouwen.report.book import caching, lab
from bouwen.report.book.caching import (
    cache_file,
    digest,
    digest_of,
    fingerprint_of,
    read_cached,
    secret_of,
    write_cached,
)
from bouwen.report.book.chapters import Chapter, Page, pages
from bouwen.report.book.recording import tolerance
from bouwen.report.book.running import ChapterFailed, cleaned_text, refuse_warnings
from bouwen.report.book.watching import WARNED

NAN = float("nan")


# ------------------------------------------------------------------ records


@pytest.mark.parametrize(
    ("value", "allowed"),
    [
        (0.0, 1e-6), (1e-4, 1e-6), (1e-3, 1e-6), (2e-3, 2e-6), (5.0, 5e-3), (-5.0, 5e-3), (3, None),
        (True, None), ("text", None), (None, None), (NAN, None), (math.inf, None), ([1.0], None),
    ],
)  # fmt: skip
def test_how_far_a_later_number_may_be_off(value, allowed):
    found = tolerance(value)
    assert found == (None if allowed is None else pytest.approx(allowed))


# ------------------------------------------------------------------ keys


def test_a_digest_tells_parts_and_their_order_apart():
    made = [["ab", "c"], ["a", "bc"], ["abc"], ["c", "ab"], ["ab", "c", ""], []]
    assert len({digest(parts) for parts in made}) == len(made)
    assert digest(["é", b"x"]) == digest(["é".encode(), "x"])


def test_a_fingerprint_follows_the_inputs_the_lock_and_the_packages(tmp_path, monkeypatch):
    found = [fingerprint_of(["a", "b"], tmp_path)]
    assert fingerprint_of(["a", "b"], tmp_path) == found[0]
    found.append(fingerprint_of(["a", "c"], tmp_path))
    found.append(fingerprint_of(["a"], tmp_path))
    (tmp_path / "requirements.lock").write_text("numpy==1")
    found.append(fingerprint_of(["a"], tmp_path))
    (tmp_path / "requirements.lock").write_text("numpy==2")
    found.append(fingerprint_of(["a"], tmp_path))
    packages = tmp_path / "site-packages"
    (packages / "numpy-2.0.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(packages)
    found.append(fingerprint_of(["a"], tmp_path))
    (packages / "numpy-2.0.dist-info").rename(packages / "numpy-2.1.dist-info")
    found.append(fingerprint_of(["a"], tmp_path))
    monkeypatch.setattr(caching.platform, "python_version", lambda: "3.0.0")
    found.append(fingerprint_of(["a"], tmp_path))
    assert len(set(found)) == 8


def test_hashes_of_a_folder_say_nothing_without_its_secret(tmp_path):
    secret = secret_of(tmp_path / "work")
    assert len(secret) == 32
    assert secret_of(tmp_path / "work") == secret != secret_of(tmp_path / "other")
    assert (tmp_path / "work" / ".secret").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("damaged", ["", "abc", "x" * 32, "\xe9" * 32])
def test_a_damaged_secret_is_replaced_by_a_whole_one(tmp_path, damaged):
    (tmp_path / ".secret").write_text(damaged, encoding="latin-1")
    secret = secret_of(tmp_path)
    assert re.fullmatch("[0-9a-f]{32}", secret)
    assert (tmp_path / ".secret").read_text() == secret


def test_a_kept_result_is_that_of_its_page_and_key(tmp_path):
    page = blank("sample")
    write_cached(tmp_path, page, "key", {"cells": [1]})
    assert read_cached(tmp_path, page, "key") == {"cells": [1]}
    assert read_cached(tmp_path, page, "other") is None
    assert read_cached(tmp_path, blank("scales"), "key") is None
    assert [path.name for path in tmp_path.iterdir()] == ["sample.json"]


def test_a_kept_result_is_not_used_when_a_file_that_it_read_is_another_or_gone(tmp_path):
    page, table = blank("sample"), tmp_path / "table.csv"
    table.write_text("1")
    write_cached(tmp_path, page, "key", {"cells": []}, {str(table): digest_of(table, "key")})
    assert read_cached(tmp_path, page, "key") is not None
    table.write_text("2")
    assert read_cached(tmp_path, page, "key") is None
    table.unlink()
    assert read_cached(tmp_path, page, "key") is None


DAMAGES = [
    "", "{", "[]", "null", "3", '"text"', "{}", '{"seal": 1, "reads": [], "notebook": {}}', "[" * 100_000,
    '{"seal": null, "reads": null, "notebook": null}', '{"notebook": {"cells": "no"}}', "\udcff",
]  # fmt: skip


@pytest.mark.parametrize("damage", range(len(DAMAGES) + 4))
def test_a_damaged_result_is_a_miss_and_never_believed(tmp_path, damage):
    page = blank("sample")
    write_cached(tmp_path, page, "key", {"cells": [{"outputs": [{"text": "r = 0.50"}]}]})
    path = cache_file(tmp_path, page)
    content = json.loads(path.read_text())
    if damage < len(DAMAGES):
        path.write_bytes(DAMAGES[damage].encode(errors="surrogateescape"))
    elif damage == len(DAMAGES):  # a number that somebody edited
        path.write_text(path.read_text().replace("0.50", "0.90"))
    elif damage == len(DAMAGES) + 1:
        path.write_text(json.dumps({**content, "reads": {"/etc/passwd": "x"}}))
    elif damage == len(DAMAGES) + 2:
        path.write_text(json.dumps({**content, "notebook": {}}))
    else:
        path.unlink()
        path.mkdir()
    assert read_cached(tmp_path, page, "key") is None


def blank(name):
    return Page(name, name, name, {"cells": []})


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("<f at 0x7f12ab34cd56>", "<f at 0x0>"), ("0xabcdef", "0x0"), ("0xabcde", "0xabcde"),
        ("0xABCDEF12", "0xABCDEF12"), ("a0xabcdef12", "a0xabcdef12"),
    ],
)  # fmt: skip
def test_addresses_of_six_digits_and_more_are_cleaned(text, cleaned, tmp_path):
    assert cleaned_text(text, tmp_path) == cleaned
    assert cleaned_text(f"{tmp_path}/data/x.csv {text}", tmp_path) == f"data/x.csv {cleaned}"


def test_a_warning_is_refused_with_the_number_of_its_cell():
    page = blank("sample")
    page.notebook["cells"] = [{"source": "first()"}, {"source": "second()\nmore()"}]
    fine = {"outputs": [{"name": "stdout", "text": "fine"}]}
    for text, said in (
        (f"{WARNED}careful\n", "careful"),
        (f"{WARNED}careful\na secret\n", "wrote to stderr"),
    ):
        executed = {"cells": [fine, {"outputs": [{"name": "stderr", "text": text}]}]}
        with pytest.raises(ChapterFailed) as caught:
            refuse_warnings(page, executed)
        assert str(caught.value).startswith(f"sample, cell 2 (second()): Warning: {said}")
        assert caught.value.cell == 2
        assert "secret" not in str(caught.value)
    refuse_warnings(page, {"cells": [fine, {}]})


# ------------------------------------------------------------------ pages of groups


@pytest.fixture(scope="module")
def study():
    return bouwen.read_study("data/providers/study.yml")


def template():
    """A template with estimates."""
    given = 'study = "x"\ngroup = "g"\nlevel = "l"'
    cells = [
        {"cell_type": "code", "source": given, "metadata": {"tags": ["parameters"]}},
        {"cell_type": "markdown", "source": "# A group", "metadata": {}},
        {"cell_type": "code", "source": "estimate()", "metadata": {}},
    ]  # fmt: skip
    notebook = json.loads(json.dumps({"cells": cells, "metadata": {"bouwen": {"needs": "respondents"}}}))
    return Chapter("subgroup", notebook, {"study": "x", "group": "g", "level": "l"})


@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_a_level_has_a_page_from_min_group_on(study, beyond):
    group = study.groups[0]
    sizes = study.responses[group].value_counts()
    middle = sizes.sort_values().index[1]
    settings = study.settings.model_copy(update={"min_group": int(sizes[middle]) + beyond})
    here = replace(study, file=study.file.model_copy(update={"settings": settings}))
    made = {page.name: page for page in pages(here, {"subgroup": template()}, {}, "en", "study.yml")}
    levels = [
        (g, level)
        for g in study.groups
        for level in study.levels(g)
        if (study.responses[g] == level).sum() >= settings.min_group
    ]
    assert len(made) == len(levels)
    for page, (g, level) in zip(made.values(), levels, strict=True):
        sources = [cell["source"] for cell in page.notebook["cells"]]
        assert "estimate()" in sources
        assert page.title == f"{study.group_label(g)}: {study.level_label(g, level)}"
        assert f'group = "{g}"\nlevel = "{level}"' in sources[0]
    own = [page for page in made.values() if f'level = "{middle}"' in page.notebook["cells"][0]["source"]]
    assert len(own) == (beyond <= 0)


@pytest.mark.parametrize(("browser", "options"), [(True, []), (False, ["--no-browser"])])
def test_the_laboratory_opens_a_browser_unless_told_not_to(tmp_path, monkeypatch, browser, options):
    asked = []
    monkeypatch.setattr(lab.subprocess, "run", lambda command, **_: asked.append(command))
    lab.open_lab(tmp_path, browser=browser)
    assert asked == [[sys.executable, "-m", "jupyterlab", *options, str(tmp_path)]]
