"""Units as others write them: every symbol of the table converts rightly, other kinds are refused."""

import pytest

from hardware.unit_symbols import checked_factor, factor_between, named, shown_units, suffix_of
from twin.errors import InputError
from twin.units import SUFFIX

# Value of one unit in SI, from the SI brochure and ISO 80000, not from the table.
ONE_IN_SI = {
    "mm": 1e-3, "µm": 1e-6, "nm": 1e-9, "in": 0.0254, "°": 0.017453292519943295, "kHz": 1e3, "kN": 1e3, "mN": 1e-3,
    "bar": 1e5, "MPa": 1e6, "g": 9.80665, "min⁻¹": 0.10471975511965977, "mm/min": 1e-3 / 60, "%": 0.01, "ms": 1e-3,
}  # fmt: skip


@pytest.mark.parametrize("symbol", ONE_IN_SI)
def test_a_symbol_is_worth_what_the_standard_says(symbol):
    suffix, factor = suffix_of(symbol)
    assert factor * SUFFIX[suffix][0] == pytest.approx(ONE_IN_SI[symbol], rel=1e-12)


def test_what_we_show_we_also_understand():
    for suffix, (symbol, code) in shown_units().items():
        assert suffix_of(symbol) == (suffix, 1.0) and 2 <= len(code) <= 3


def test_names():
    assert named("Force X", "[kN]") == ("force_x_n", 1000.0)
    assert named("x_actual_mm", "mm") == ("x_actual_mm", 1.0)
    assert named("AE RMS", "V") == ("ae_rms_v", 1.0)
    assert named("line", "") == ("line", 1.0)


def test_factors_between_units_of_one_kind():
    assert factor_between("m", "x_mm") == 1000 and factor_between("°C", "oil_degc") == 1
    assert factor_between("V", "x_mm") is None and factor_between("m", "line") is None
    assert checked_factor("x_mm", "m", None) == 1000 == checked_factor("x_mm", "", 1000.0)
    with pytest.raises(InputError, match="force_n is in N, the source gives m"):
        factor_between("m", "force_n")
    with pytest.raises(InputError, match="factor 1 is stated, but the source gives m, which is 1000"):
        checked_factor("x_mm", "m", 1.0)
