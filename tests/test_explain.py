"""`twin explain`: every value has a meaning, a place where it is set, and a way to be found."""

from pathlib import Path

import pytest
import yaml

from twin.__main__ import main
from twin.commands.explain import BENCHES, print_explanation
from twin.compose import groups
from twin.errors import InputError
from twin.explain import SCHEMAS, desk, explain, option_file, schema_of
from twin.origin import origins
from twin.place import Place
from twin.schema import meaning_of

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def plain():
    return desk(schemas={**SCHEMAS, **BENCHES})


@pytest.fixture
def told(plain, capsys):
    """What the command prints of some keys."""

    def tell(*keys, at=plain):
        for key in keys:
            print_explanation(explain(key, at))
        return capsys.readouterr().out

    return tell


def line_of(file, text):
    """FILE:LINE of the first line with ``text``."""
    lines = (ROOT / file).read_text().splitlines()
    return f"{file}:{next(number for number, line in enumerate(lines, 1) if text in line)}"


@pytest.fixture(scope="module")
def seen():
    """Keys that another scenario has too: told of once."""
    return set()


@pytest.mark.parametrize("scenario", groups()["scenario"])
def test_every_value_of_every_scenario_has_a_meaning_and_a_place(scenario, seen):
    at = desk([f"scenario={scenario}"], schemas={**SCHEMAS, **BENCHES})
    unknown, unplaced = [], []
    new = [place for place in Place(at.config).all_below() if place.path not in seen]
    seen.update(place.path for place in new)
    for place in new:
        meaning = at.meaning(place.path)
        found = origins(place.numbered, at.layers)
        if not found and place.value not in ({}, [], None):
            unplaced.append(place.path)
        if not (meaning is not None and meaning.doc) and not any(origin.comment for origin in found):
            above = place.path.partition(".")[0]  # a value that only others take up is told of above it
            if not (above in at.config and meaning is None and explain(place.path, at).doc):
                unknown.append(place.path)
    assert not unknown
    assert not unplaced


@pytest.mark.parametrize(
    ("group", "option"), [(group, option) for group in SCHEMAS for option in groups().get(group, ()) if group != "tool"]
)
def test_every_value_of_every_option_has_a_docstring(group, option):
    values = yaml.safe_load(option_file(group, option).read_text()) or {}
    if group == "scenario":  # composed, in the test above
        return
    schema = schema_of(group, values, SCHEMAS)
    for place in Place({group: values}).all_below():
        rest = place.path.partition(".")[2]
        if not rest.startswith("defaults") and "." not in place.names[0]:  # a key of the scenario that it varies
            assert meaning_of(schema, rest).doc, place.path


def test_every_group_is_known():
    """A new group of conf/ gets a line in SCHEMAS; `coolant` turns keys of others, with comments."""
    assert set(groups()) <= {*SCHEMAS, *(name.partition(".")[0] for name in BENCHES), "coolant"}


def test_the_place_is_the_line_that_holds_the_value(plain):
    """Against the text of the files, for every single number."""
    checked = 0
    for place in Place(plain.config).all_below():
        if place.is_leaf and isinstance(place.value, float | int) and not isinstance(place.value, bool):
            origin = origins(place.numbered, plain.layers)[-1]
            if "${" in origin.written:
                continue
            line = origin.file.read_text().splitlines()[origin.line - 1]
            assert place.path.rpartition(".")[2] in line and yaml.safe_load(origin.written) == place.value
            checked += 1
    assert checked > 300


def test_a_key_with_and_without_its_unit(told):
    for key in ("tools.2.stick_out_mm", "tools.2.stick_out"):
        out = told(key)
        assert "tools.2.stick_out_mm    (Tool.stick_out)" in out
        assert "Tip to holder face." in out and "38" in out and "conf/tool/flat_d10_3fl.yaml:8" in out


def test_words_that_are_no_key(told):
    out = told("cutting.coefficients")
    assert "material.cutting" in out and "in force: carbide_dry_190" in out and "767.01 ± 310" in out


def test_the_place_in_force_and_those_before(capsys):
    assert main(["explain", "scenario=nist_plate", "tools.5.runout_um=3", "tools.5.runout", "tools.5.stick_out"]) == 0
    out = capsys.readouterr().out
    assert (
        "set in    the command line" in out and line_of("conf/tool/nist_flat_0125in.yaml", "runout_um") + " as 8" in out
    )
    assert "as ${variants.stick_out.t5_mm}" in out


def test_rows_by_name_tell_their_source(told):
    out = told("material.cutting[hss_dry_156].ktc")
    assert "951.365 ± 310" in out and "reference 156" in out


def test_the_row_in_force_needs_no_name(told):
    for key in ("material.cutting.ktc", "material.cutting.chosen.ktc_n_mm2"):
        assert told(key).startswith("material.cutting[carbide_dry_190].ktc_n_mm2    (CoefficientSet.ktc)")


def test_choices_and_ranges(told):
    assert "exact_stop, junction_deviation, speed_step, tolerance" in told("controller.cornering")
    assert "allowed   0 to 1" in told("environment.coolant_follow")


def test_groups_and_options(told):
    out = told("tool")
    assert "flat_d10_3fl" in out and "Full point angle of a drill" in out
    assert "Budak" in told("material.ti_6al_4v")
    assert "ruby ball" in told("cmm.tip_diameter")


def test_keys_of_an_own_folder(desk_of_own, told):
    out = told("tools.1.runout", at=desk(["scenario=own"], conf=desk_of_own / "conf"))
    own = desk_of_own / "conf" / "scenario" / "own.yaml"
    assert line_of(own, "runout_um") in out and "so that forces have a closed form" in out


@pytest.fixture
def desk_of_own(tmp_path):
    from own_scenario import make_desk

    return make_desk(tmp_path)


def test_nothing_like_it(plain):
    with pytest.raises(InputError, match=r"did you mean tools\.1\.stick_out_mm\?"):
        explain("tools.1.stickout_mn", plain)
