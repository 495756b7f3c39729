"""Values of a configuration by name, and models with other values."""

import jax
import jax.numpy as jnp
import pytest

from twin.calibration.substitute import substituted
from twin.compose import compose
from twin.config import build
from twin.errors import InputError
from twin.named import deviation_at, names_like, value_at, with_values
from twin.thermal.network import ThermalNetwork

FILM = "machine.thermal.links[headstock-ambient].conductance_w_k"


@pytest.fixture(scope="module")
def config():
    return compose(["machine=vmc_3axis"])


def test_values_are_found_by_what_they_are_of(config):
    assert value_at(config, FILM) == 12
    assert value_at(config, "machine.thermal.bearings[front_bearing].f0_ratio") == 1
    assert value_at(config, "machine.thermal.bearings[0].f0_ratio") == 1
    assert value_at(config, "material.cutting[carbide_dry_190].ktc_n_mm2") == 767.01
    assert value_at(config, "machine.thermal.feed_drives.X.viscous_friction_n_s_m") is None


def test_scatter_is_that_of_the_value_or_beside_it(config):
    assert deviation_at(config, "material.cutting[carbide_dry_190].ktc_n_mm2") == pytest.approx(310 / 767.01)
    assert deviation_at(config, FILM) == 0.4
    assert deviation_at(config, "controller.axis.x.gain_per_s") is None


def test_setting_changes_a_copy(config):
    changed = with_values(config, {FILM: 15.0, "machine.thermal.feed_drives.X.viscous_friction_n_s_m": 300.0})
    assert (value_at(changed, FILM), value_at(config, FILM)) == (15.0, 12)
    assert build(ThermalNetwork, changed["machine"]["thermal"]).feed_drives["X"].viscous_friction == 300.0


def test_patterns_name_every_entry(config):
    assert names_like(config, "controller.axis.*.gain_per_s") == [f"controller.axis.{a}.gain_per_s" for a in "xyz"]
    assert FILM in names_like(config, "machine.thermal.links[*-ambient].conductance_w_k")
    assert not names_like(config, "machine.thermal.links[*-nowhere].conductance_w_k")


def test_a_name_that_leads_nowhere_is_refused(config):
    with pytest.raises(InputError, match="no entries are called 'nose'"):
        value_at(config, "machine.thermal.bearings[nose].f0_ratio")
    with pytest.raises(InputError, match="nothing is called 'spindel'"):
        value_at(config, "machine.spindel.power_w")
    with pytest.raises(InputError, match="not a number"):
        value_at(config, "machine.name")


def test_a_model_takes_traced_values_in_the_unit_of_the_name(config):
    network = build(ThermalNetwork, config["machine"]["thermal"])
    name = "machine.thermal.members[column].expansion_um_m_k"

    def expansion(value):
        return (
            substituted(network, "machine.thermal", {name: value, "controller.axis.x.gain_per_s": 1.0})
            .members[0]
            .expansion
        )

    assert float(jax.grad(expansion)(9.0)) == pytest.approx(1e-6)
    assert float(expansion(jnp.asarray(9.0))) == pytest.approx(9e-6)
    with pytest.raises(InputError, match="'weight_kg'"):
        substituted(network, "machine.thermal", {"machine.thermal.nodes.column.weight_kg": 1.0})
