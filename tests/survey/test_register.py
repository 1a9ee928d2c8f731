"""Names of municipalities as people write them, and the classes that follow from them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from bouwen.survey import FileError, TableError, UnknownEntryError, read_register
from bouwen.survey.instrument import Text
from bouwen.survey.register import ClassSpec, RegisterSpec, fold_name

MUNICIPALITIES = Path(__file__).parents[2] / "data/netherlands/municipalities.csv"
SPEC = RegisterSpec(
    file="municipalities.csv",
    variable="municipality",
    names=["name", "cbs_name"],
    columns=["province"],
    ignored_words=["Gemeente"],
    classes={
        "municipality_size": ClassSpec(
            label=Text(nl="Gemeentegrootte", en="Municipality size"),
            column="inhabitants",
            bounds=[20_000, 50_000, 100_000],
        )
    },
)
REGISTER = read_register(MUNICIPALITIES, SPEC)


def named(*names):
    index = pd.MultiIndex.from_tuples([(Path("answers.csv"), n) for n in range(2, 2 + len(names))])
    return pd.Series(names, index, dtype="str", name="municipality")


def test_the_register_is_complete():
    assert len(REGISTER.table) == 342
    assert REGISTER.table["inhabitants"].sum() == 18_130_231
    assert REGISTER.table.index.is_unique
    assert REGISTER.table["province"].nunique() == 12


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("GM0344", "GM0344"),
        ("gm344", "GM0344"),
        ("0344", "GM0344"),
        ("344", "GM0344"),
        ("utrecht", "GM0344"),
        (" Gemeente  Utrecht ", "GM0344"),
        ("Utrecht (U)", "GM0344"),
        ("'s-Gravenhage", "GM0518"),
        ("’s-gravenhage", "GM0518"),
        ("s Gravenhage", "GM0518"),
        ("DEN HAAG", "GM0518"),
        ("'s-Hertogenbosch", "GM0796"),
        ("s-Hertogenbosch", "GM0796"),
        ("'s Hertogenbosch", "GM0796"),
        ("Bergen (NH)", "GM0373"),
        ("Bergen (NH.)", "GM0373"),
        ("Bergen (N.H.)", "GM0373"),
        ("bergen nh", "GM0373"),
        ("Bergen (Noord-Holland)", "GM0373"),
        ("Bergen (L.)", "GM0893"),
        ("Bergen L", "GM0893"),
        ("Bergen, Limburg", "GM0893"),
        ("Bergen op Zoom", "GM0748"),
        ("Hengelo", "GM0164"),
        ("Hengelo (O)", "GM0164"),
        ("Hengelo (Ov.)", None),
        ("Laren", "GM0417"),
        ("Laren (NH)", "GM0417"),
        ("Rijswijk (Z.H.)", "GM0603"),
        ("Middelburg", "GM0687"),
        ("Stein (L)", "GM0971"),
        ("Beek (L.)", "GM0888"),
        ("Súdwest-Fryslân", "GM1900"),
        ("Sudwest Fryslan", "GM1900"),
        ("Noardeast-Fryslan", "GM1970"),
        ("Nuenen, Gerwen en Nederwetten", "GM0820"),
        ("Nuenen Gerwen en Nederwetten", "GM0820"),
        ("IJsselstein", "GM0353"),
        ("Ijsselstein", "GM0353"),
        ("ĳsselstein", "GM0353"),
        ("Capelle a/d IJssel", None),
        ("Den Bosch", None),
        ("Hengelo (Gld)", None),
        ("GM9999", None),
        ("NA", None),
        ("?", None),
    ],
)
def test_spellings(written, code):
    if code:
        assert REGISTER.match(named(written)).tolist() == [code]
    else:
        with pytest.raises(UnknownEntryError) as caught:
            REGISTER.match(named(written))
        assert len(caught.value.candidates) == 3


def test_every_name_in_the_register_finds_its_own_entry():
    for column in ("name", "cbs_name"):
        names = REGISTER.table[column]
        codes = REGISTER.match(named(*names))
        assert codes.tolist() == names.index.tolist()


def test_an_ambiguous_name_is_refused_without_a_word_of_it():
    with pytest.raises(UnknownEntryError, match="row 3: the name there fits more than one entry") as caught:
        REGISTER.match(named("Utrecht", "Bergen"))
    assert caught.value.candidates == ("Bergen (L)", "Bergen (NH)")
    assert (caught.value.columns, caught.value.rows) == (("municipality",), (3,))
    assert "Bergen" not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "near"),
    [("Utregt", "Utrecht"), ("Amsterdma", "Amsterdam"), ("Nuenen", "Nuenen, Gerwen en Nederwetten")],
)
def test_a_refusal_names_no_neighbour_of_an_answer(written, near):
    """The nearest entry is what the respondent meant: it is known to who asks, and in no message."""
    with pytest.raises(
        UnknownEntryError, match=r"rows 2 and 4: .* not in municipalities\.csv; correct"
    ) as caught:
        REGISTER.match(named(written, "Utrecht", written))
    assert caught.value.candidates[0] == near
    assert len(caught.value.candidates) == 3
    assert not any(name in str(caught.value) for name in (written, *caught.value.candidates))


def test_join_adds_code_province_and_size_class():
    people = ["a", "b", "c", "d"]
    responses = pd.DataFrame(
        {"municipality": ["den haag", None, "GM0373", "Zeist"], "t1": [1.0, 2.0, 3.0, 4.0]}, people
    )
    joined = REGISTER.join(responses.astype({"municipality": "str"}), named(*people).index)
    assert joined["municipality"].fillna("-").tolist() == ["Den Haag", "-", "Bergen (NH)", "Zeist"]
    assert joined["municipality_code"].fillna("-").tolist() == ["GM0518", "-", "GM0373", "GM0355"]
    assert joined["province"].fillna("-").tolist() == ["Zuid-Holland", "-", "Noord-Holland", "Utrecht"]
    sizes = joined["municipality_size"]
    assert sizes.astype("str").fillna("-").tolist() == ["from_100000", "-", "20000_50000", "50000_100000"]
    assert sizes.cat.ordered
    assert sizes.cat.categories.tolist() == list(SPEC.categories["municipality_size"])
    assert joined.index.tolist() == people
    assert joined["t1"].tolist() == [1, 2, 3, 4]
    assert responses.columns.tolist() == ["municipality", "t1"]


def test_classes_have_names_and_labels():
    sizes = SPEC.categories["municipality_size"]
    assert list(sizes) == ["under_20000", "20000_50000", "50000_100000", "from_100000"]
    assert [c["en"] for c in sizes.values()] == [
        "under 20,000",
        "20,000–50,000",
        "50,000–100,000",
        "100,000 and more",
    ]
    assert [c["nl"] for c in sizes.values()] == [
        "tot 20.000",
        "20.000–50.000",
        "50.000–100.000",
        "100.000 en meer",
    ]


def test_a_bound_begins_the_higher_class(tmp_path):
    (tmp_path / "schools.csv").write_text("key,title,pupils\nA1,North,99\nA2,South,100\n")
    kind = ClassSpec(label=Text(nl="g", en="s"), column="pupils", bounds=[100])
    spec = RegisterSpec(
        file="schools.csv",
        variable="school",
        code="key",
        names=["title"],
        columns=[],
        classes={"school_size": kind},
    )
    register = read_register(tmp_path / "schools.csv", spec)
    joined = register.join(pd.DataFrame({"school": ["north", "a2"]}), named("", "").index)
    assert joined["school_size"].tolist() == ["under_100", "from_100"]
    assert joined["school"].tolist() == ["North", "South"]


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        ("code,name,province,inhabitants\nA,B,C,1\n", FileError, 'no column "cbs_name"'),
        (
            "code,name,cbs_name,province,inhabitants\nA,B,B,C,many\n",
            TableError,
            'column "inhabitants", row 2: .*without a number',
        ),
        (
            "code,name,cbs_name,province,inhabitants\nA,B,B,C,1\nA,D,D,C,1\n",
            TableError,
            "row 3: .*code that stands above",
        ),
        ("code,name,cbs_name,province,inhabitants\n,B,B,C,1\n", TableError, "without a code"),
        ("code,name,cbs_name,province,inhabitants\nA,,B,C,1\n", TableError, "without a name"),
    ],
)
def test_a_register_that_is_not_one(tmp_path, content, kind, message):
    (tmp_path / "r.csv").write_text(content)
    with pytest.raises(kind, match=message):
        read_register(tmp_path / "r.csv", SPEC)


def test_a_study_with_a_register(trial):
    trial.change(
        "instrument.yml",
        "background:\n",
        "background:\n  place:\n    label: {nl: p, en: p}\n    kind: text\n",
    )
    trial.write("register.csv", MUNICIPALITIES.read_bytes())
    trial.change(
        "study.yml",
        "groups: [plan]",
        "register:\n  file: register.csv\n  variable: place\n  columns: [province]\n"
        "  classes:\n    municipality_size:\n      label: {nl: Gemeentegrootte, en: Size}\n"
        "      column: inhabitants\n      bounds: [20000, 50000, 100000]\n"
        "groups: [municipality_size]",
    )
    trial.write("answers.csv", "id,t1,t2,plan,years,place\nr1,1,2,1,,zeist\n;,,,,,\nr2,1,2,2,,Utrecht\n")
    trial.change("answers.csv", ";,,,,,\n", ",,,,,\n")
    study = trial.read()
    assert study.responses["municipality_size"].tolist() == ["50000_100000", "from_100000"]
    assert study.level_label("municipality_size", "from_100000", "nl") == "100.000 en meer"
    assert study.group_label("municipality_size", "nl") == "Gemeentegrootte"
    assert trial.folder / "register.csv" in study.files
    assert study.group_label("province") == "province"
    trial.change(
        "study.yml", "columns: [province]", "columns: [province]\n  labels: {province: {nl: p, en: P}}"
    )
    assert [trial.read().group_label("province", language) for language in ("nl", "en")] == ["p", "P"]
    trial.change("study.yml", "labels: {province:", "labels: {provinces:")
    with pytest.raises(FileError, match=r'"provinces"\. Did you mean "province"') as wrong:
        trial.read()
    assert "study.yml" in str(wrong.value)
    trial.change("study.yml", "\n  labels: {provinces: {nl: p, en: P}}", "")
    trial.change("answers.csv", "Utrecht", "Utrgt")
    with pytest.raises(UnknownEntryError) as caught:
        trial.read()
    assert caught.value.path == trial.folder / "answers.csv"
    assert (caught.value.columns, caught.value.rows) == (("place",), (4,))
    trial.change("study.yml", "columns: [province]", "columns: [t1]")
    with pytest.raises(FileError, match='no column "t1"'):
        trial.read()


def test_bounds_go_up(trial):
    classes = "classes: {size: {label: {nl: g, en: s}, column: inhabitants, bounds: [5, 5]}}"
    trial.change("study.yml", "groups:", f"register:\n  file: r.csv\n  variable: plan\n  {classes}\ngroups:")
    with pytest.raises(FileError, match='"bounds" must go up') as caught:
        trial.read()
    assert caught.value.line == 12


def test_a_register_of_codes_and_names_is_enough(trial):
    trial.change(
        "instrument.yml", "background:\n", "background:\n  place:\n    label: where\n    kind: text\n"
    )
    trial.write("register.csv", "code,name\nA1,Town of North\nB2,South\n")
    trial.change(
        "study.yml", "groups: [plan]", "register: {file: register.csv, variable: place}\ngroups: [plan]"
    )
    trial.write("answers.csv", "id,t1,t2,plan,years,place\nr1,1,2,1,,town of north\nr2,1,2,2,,b2\n")
    study = trial.read()
    assert study.responses["place"].tolist() == ["Town of North", "South"]
    assert study.responses["place_code"].tolist() == ["A1", "B2"]
    assert list(study.categories) == ["plan"]
    assert set(study.responses) == {"t1", "t2", "plan", "years", "place", "place_code", "remark"}
    trial.change("answers.csv", "town of north", "North")
    with pytest.raises(UnknownEntryError):
        trial.read()
    trial.change("study.yml", "variable: place", "variable: place, ignored_words: [town of]")
    assert trial.read().responses["place_code"].tolist() == ["A1", "B2"]


def test_an_ignored_word_alone_is_a_name():
    assert fold_name("Gemeente", ["gemeente"]) == "gemeente"
    assert fold_name("Gemeente Gemeente", ["gemeente"]) == "gemeente"
    assert fold_name("Gemeentehuis", ["gemeente"]) == "gemeentehuis"


def test_a_name_may_be_joined_like_any_column(tmp_path):
    path = tmp_path / "places.csv"
    path.write_text("code,name,region\n1,A,North\n2,B,South\n", encoding="utf-8")
    spec = RegisterSpec(file="places.csv", variable="place", columns=["region", "name"])
    assert list(read_register(path, spec).table.columns) == ["name", "region"]
