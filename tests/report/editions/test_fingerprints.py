"""Fingerprints tell whoever holds the key who is the same, and nobody else anything."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from bouwen.report.editions.counted import counted_in
from bouwen.report.editions.fingerprints import (
    OTHER,
    PRINT_LENGTH,
    made_fingerprints,
    recognised,
    without_people,
)

KEY, ANOTHER = b"one key", b"another key"


@pytest.fixture(scope="module")
def counted(providers):
    return counted_in(providers)


@pytest.fixture(scope="module")
def record(counted):
    return made_fingerprints("1.0", counted, KEY)


def test_every_answer_that_is_printed_from_is_recognised(each_study):
    """Items, numbers, levels, columns of the register and boxes; no open answers."""
    counted = counted_in(each_study)
    record = made_fingerprints("1.0", counted, KEY)
    assert set(each_study.items) <= set(counted.answers)
    assert set(each_study.categories) <= set(counted.answers)
    assert not set(each_study.instrument.open_questions) & set(counted.answers)
    read = recognised(record, KEY, counted)
    assert (read.answers.to_numpy() == counted.answers.to_numpy()).all()
    assert (read.printed, read.min_cell) == (counted.printed, counted.min_cell)
    assert read.named == (each_study.file.responses.id is not None)
    if read.named:
        assert list(read.answers.index) == list(counted.answers.index)


def test_levels_that_are_printed_are_those_that_pages_show(providers, counted):
    sizes = counted.answers["procurement_variant"].value_counts()
    assert set(counted.printed["procurement_variant"]) == set(sizes.index)
    assert all(counted.printed["procurement_variant"].values())
    assert not any(counted.printed["provider_size"].values()), "nothing is estimated by its levels"
    few = replace(providers, responses=providers.responses.iloc[:60])
    printed = counted_in(few).printed
    small = few.responses["type_of_care"].value_counts()
    assert not set(small.index[small < 10]) & set(printed["type_of_care"])


def test_the_same_answer_of_two_people_has_nothing_in_common(record):
    prints = [
        cells[PRINT_LENGTH * k :][:PRINT_LENGTH] for cells in record.cells for k in range(len(record.columns))
    ]
    assert len(prints) > 9000
    assert max(Counter(prints).values()) <= 2  # by chance
    letters = np.array([int(letter, 16) for letter in "".join(prints)])
    assert abs(np.mean(letters) - 7.5) < 0.1


def test_without_the_key_nothing_is_recognised(counted, record):
    read = recognised(record, ANOTHER, counted)
    assert (read.answers == OTHER).to_numpy().mean() > 0.999
    assert not set(read.answers.index) & set(counted.answers.index)


def test_a_record_holds_no_id_and_no_answer_in_plain(providers, record):
    text = record.model_dump_json()
    assert not [name for name in providers.responses.index if f'"{name}"' in text]
    assert set("".join(record.cells)) <= set("0123456789abcdef")


def test_of_who_is_forgotten_no_answer_can_be_tried_out(providers, counted, record):
    now = counted_in(replace(providers, responses=providers.responses.iloc[3:]))
    kept = without_people(record, KEY, now)
    assert kept.cells == ["", "", "", *record.cells[3:]]
    assert kept.seal != record.seal
    assert without_people(kept, KEY, now) == kept
