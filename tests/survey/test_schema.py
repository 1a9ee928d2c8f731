"""The table of all keys, the schema for editors, and what a file with other spellings is told."""

import json
import re
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from minimal import whole
from typer.testing import CliRunner

import bouwen
from bouwen.cli import app
from bouwen.survey.instrument import Category, Text
from bouwen.survey.schema import FILES, every_part, json_schema, key_page, keys

PAGE = Path(__file__).parents[2] / "docs" / "keys.md"
STUDIES = ["providers", "municipalities", "reputation"]


def test_the_page_is_made_from_the_schema():
    """`python tests/survey/test_schema.py` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == key_page()


@pytest.mark.parametrize("kind", FILES.values(), ids=FILES)
def test_every_key_says_what_it_means(kind):
    found = list(keys(kind))
    assert not [key.place for key in found if not re.fullmatch(r"(`|[A-Z]).+\.", key.meaning)]
    parts = [kind, *(part for _, part in every_part(kind))]
    fields = {(part, name) for part in parts for name in part.model_fields}
    assert len({(key.place, key.meaning) for key in found}) == len(found) >= len(fields)


@pytest.mark.parametrize("kind", FILES.values(), ids=FILES)
def test_another_spelling_is_not_a_key_and_what_it_is_called_is(kind):
    for part in [kind, *(part for _, part in every_part(kind))]:
        names = {field.alias or name for name, field in part.model_fields.items()}
        assert set(part.formerly.values()) <= names
        assert not set(part.formerly) & names


def plain(path):
    """A file as JSON has it, where every key is a text."""
    return json.loads(json.dumps(yaml.safe_load(Path(path).read_text(encoding="utf-8"))))


@pytest.mark.parametrize("name", STUDIES)
def test_the_studies_are_valid_for_editors(name):
    for file, path in (("study", "study.yml"), ("instrument", plain(f"data/{name}/study.yml")["instrument"])):
        jsonschema.Draft202012Validator(json_schema(file)).validate(plain(Path("data", name, path)))


def change(study, where, value):
    *steps, last = where.split(".")
    for step in steps:
        study = study[step]
    study[last] = value


@pytest.mark.parametrize(
    ("where", "value", "right"),
    [
        ("title", {"nl": "Ploegen", "pt-BR": "Equipes"}, True),
        ("title", {"Dutch": "Ploegen"}, False),
        ("title", {}, False),
        ("responses.file", ["a.csv", "b.csv"], True),
        ("responses.file", 3, False),
        ("responses.missing", [9], False),
        ("settings.min_group", 2, False),
        ("settings.confidence", 0.9, True),
        ("merge", {"branch": {"all": ["north", "south"]}}, True),
        ("merge", {"branch": {"all": {"levels": ["north", 5], "label": "All"}}}, True),
        ("merge", {"branch": {"all": {"level": ["north", "south"]}}}, False),
        ("recode", {"branch": {"9": "north"}}, True),
        ("outcome", "2trust", False),
        ("anything", 1, False),
    ],
)
def test_an_editor_accepts_what_is_read_and_marks_what_is_not(where, value, right):
    study = whole()[0]
    change(study, where, value)
    assert jsonschema.Draft202012Validator(json_schema("study")).is_valid(study) == right


def test_bouwen_schema_writes_both_files(tmp_path):
    done = CliRunner().invoke(app, ["schema", "--output", str(tmp_path / "editor")])
    assert done.exit_code == 0
    for name in FILES:
        path = tmp_path / "editor" / f"{name}.schema.json"
        assert str(path) in done.output
        made = json.loads(path.read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(made)
        assert made == json.loads(json.dumps(json_schema(name)))
    assert made["$defs"]["Item"]["properties"]["reversed"]["description"].startswith("Whether agreeing")


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("study.yml", "outcome: trust", 'the key "dependent" is called "outcome".'),
        ("study.yml", "missing_codes:", 'the key "missing" is called "missing_codes".'),
        ("instrument.yml", "answer_scale: agree", 'the key "scale" is called "answer_scale".'),
        ("instrument.yml", "lowest: 1", 'the key "min" is called "lowest".'),
        ("instrument.yml", "kind: number", 'the key "type" is called "kind".'),
    ],
)
def test_a_file_with_another_spelling_is_told_the_key_and_nothing_else(trial, file, old, new):
    key, _, value = old.partition(":")
    spelt = re.search(r'"(\w+)"', new)[1]
    trial.change(file, old, f"{spelt}:{value}")
    with pytest.raises(bouwen.BouwenError) as refused:
        trial.read()
    lines = (trial.folder / file).read_text(encoding="utf-8").splitlines()
    number = next(i for i, line in enumerate(lines, 1) if f"{spelt}:" in line)
    assert str(refused.value) == f"{trial.folder / file}, line {number}: {new}"
    assert key in new


def test_texts_are_no_parts_with_keys_but_categories_are():
    assert Text not in [part for _, part in every_part(FILES["instrument"])]
    assert Category in [part for _, part in every_part(FILES["instrument"])]


if __name__ == "__main__":
    sys.stdout.write(f"{PAGE}\n")
    PAGE.write_text(key_page(), encoding="utf-8")
