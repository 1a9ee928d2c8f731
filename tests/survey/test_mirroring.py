"""Two studies as two sides of one thing: what goes together, and what is refused in one sentence."""

from __future__ import annotations

import pytest
from sides import OWN, SHARED, sides

import bouwen
from bouwen.survey import NotMirrored, check_mirror, read_mirror, shared_units, with_mirror


def read(folder, **changes):
    return [bouwen.read_study(path) for path in sides(folder, **changes)]


def refusal(folder, **changes):
    with pytest.raises(NotMirrored) as error:
        check_mirror(*read(folder, **changes))
    message = str(error.value)
    assert message.count("\n") == 0
    assert error.value.problem in message
    return error.value.problem


def test_units_are_numbered_alike_on_both_sides(tmp_path):
    study, other = read(tmp_path)
    check_mirror(study, other)
    ours, theirs = shared_units(study, other)
    assert len(set(ours) & set(theirs)) == SHARED
    assert ours.nunique() == theirs.nunique() == SHARED + OWN
    names = {**dict(zip(ours, study.responses["site"], strict=True))}
    assert all(names.get(u, site) == site for u, site in zip(theirs, other.responses["site"], strict=True))


def test_who_names_no_unit_shares_none(tmp_path):
    def some(study, instrument, frame):
        frame.loc[:4, "site"] = None

    study, other = read(tmp_path, member=some, leader=some)
    ours, theirs = shared_units(study, other)
    assert ours.iloc[:5].nunique() == 5
    assert not set(ours.iloc[:5]) & set(theirs)
    assert not set(theirs.iloc[:5]) & set(ours)


def lacks_construct(study, instrument, frame):
    del instrument["constructs"]["support"], instrument["models"]["paths"], instrument["claims"]
    instrument["models"]["factors"]["syntax"] = "trust =~ t1 + t2 + t3 + t4"
    study["models"]["structural"] = "factors"
    for item in ("s1", "s2", "s3"):
        del frame[item]


def lacks_item(study, instrument, frame):
    del instrument["constructs"]["trust"]["items"]["t4"]
    instrument["models"]["factors"]["syntax"] = "trust =~ t1 + t2 + t3\nsupport =~ s1 + s2 + s3"
    del frame["t4"]


def moves_item(study, instrument, frame):
    items = instrument["constructs"]
    items["support"]["items"]["t4"] = items["trust"]["items"].pop("t4")


def turns_item(study, instrument, frame):
    instrument["constructs"]["trust"]["items"]["t2"]["reversed"] = True


def longer_scale(study, instrument, frame):
    instrument["answer_scales"]["agree"] = {"lowest": 1, "highest": 7, "labels": {1: "no", 7: "yes"}}


def other_paths(study, instrument, frame):
    instrument["models"]["paths"]["syntax"] = "support ~ trust"
    del instrument["claims"]


def same_perspective(study, instrument, frame):
    study["perspective"] = "member"


def no_units(study, instrument, frame):
    study["cluster"] = "none"


def own_sites(study, instrument, frame):
    frame["site"] = "Elsewhere " + frame["site"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lacks_construct, "one side only has the construct support;"),
        (lacks_item, "one side only has the item t4;"),
        (moves_item, "other items belong to the constructs trust, support;"),
        (turns_item, "one side only reverses the item t2;"),
        (longer_scale, "answer scales differ for the items t1, t2, t3, t4, s1, s2, s3;"),
        (other_paths, "their structural models differ;"),
        (same_perspective, 'both are answered by "member"'),
        (no_units, "names no register and no cluster"),
        (own_sites, 'no unit of "site" here is one of "site" there'),
    ],
)
def test_sides_that_do_not_match_are_refused(tmp_path, change, told):
    assert told in refusal(tmp_path, leader=change)


def with_register(study, instrument, frame):
    study["register"] = {"file": "sites.csv", "variable": "site", "names": ["name"]}
    del study["cluster"]


def register_of(folder, side, code):
    lines = [f"{code.format(k)},Site {k}" for k in range(SHARED + 2 * OWN)]
    (folder / side).mkdir(parents=True, exist_ok=True)
    (folder / side / "sites.csv").write_text("\n".join(["code,name", *lines, ""]), encoding="utf-8")


@pytest.mark.parametrize("codings", [("S{:04}", "{:04}X"), ("S{:04}", None)])
def test_units_in_two_codings_are_refused_and_counted(tmp_path, codings):
    changes = {}
    for side, code in zip(("member", "leader"), codings, strict=True):
        if code:
            register_of(tmp_path, side, code)
            changes[side] = with_register
    told = refusal(tmp_path, **changes)
    assert f"{SHARED} units of the same name have another code in each" in told
    assert "Site" not in told


def test_one_register_for_both_sides_is_one_coding(tmp_path):
    for side in ("member", "leader"):
        register_of(tmp_path, side, "S{:04}")
    study, other = read(tmp_path, member=with_register, leader=with_register)
    check_mirror(study, other)


def test_a_study_is_no_mirror_of_itself(tmp_path):
    study, _ = read(tmp_path)
    with pytest.raises(NotMirrored, match="it is the same study"):
        check_mirror(study, study)


def test_the_key_names_the_other_side_from_the_study_file(tmp_path):
    def named(study, instrument, frame):
        study["mirror"] = "../leader/study.yml"

    study, other = read(tmp_path, member=named)
    found = read_mirror(study)
    assert found.path.samefile(other.path)
    assert read_mirror(other) is None
    assert read_mirror(with_mirror(other, study.path)).path.samefile(study.path)


def test_a_mirror_that_is_not_there_is_named(tmp_path):
    def named(study, instrument, frame):
        study["mirror"] = "../nobody/study.yml"

    study, _ = read(tmp_path, member=named)
    with pytest.raises(bouwen.BouwenError, match=r"nobody.study\.yml"):
        read_mirror(study)


def test_a_construct_is_about_a_perspective_that_there_is(tmp_path):
    def wrong(study, instrument, frame):
        instrument["constructs"]["trust"]["judged"] = "nobody"

    with pytest.raises(bouwen.BouwenError, match=r'there is no perspective "nobody"'):
        read(tmp_path, member=wrong)
