"""What cannot be is one clear error."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from milling_cases import insperger, rpm

from twin.cutting.stability import critical_depths, floquet_multipliers, multi_frequency_depth, window, zero_order_lobes
from twin.errors import InputError

GOOD = insperger(0.5, True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"exit": 3.5}, "0 to 200.5.* degrees.*within 0 and 180"),
        ({"entry": -0.1}, "within 0 and 180"),
        ({"entry": 2.0, "exit": 1.0}, "exit after entry"),
        ({"entry": np.nan}, "within 0 and 180"),
        ({"n_teeth": 0}, "0 teeth"),
        ({"ktc": np.nan}, "coefficient is not a number"),
        ({"process_damping": -1.0}, "negative"),
        ({"process_damping": 1.0, "radius": 0.0}, "needs the tool's radius"),
        ({"pitch": (3.0, 3.0)}, "add up to 343"),
        ({"pitch": (1.0,)}, "one positive angle a tooth"),
        ({"modes": None}, "no modes"),
        ({"modes": replace(GOOD.modes, stiffness=-GOOD.modes.stiffness)}, "stiffness -1.3.*positive"),
        ({"modes": replace(GOOD.modes, omega=0 * GOOD.modes.omega)}, "frequency 0"),
        ({"modes": replace(GOOD.modes, damping=jnp.array([1.2]))}, "damping ratio 1.2"),
        ({"modes": replace(GOOD.modes, damping=jnp.array([np.nan]))}, "damping ratio nan"),
        ({"modes": replace(GOOD.modes, damping=jnp.array([0.1, 0.1]))}, "different lengths"),
    ],
)
def test_a_cut_that_cannot_be(changes, message):
    with pytest.raises(InputError, match=message):
        floquet_multipliers(replace(GOOD, **changes), rpm(8000), 1e-3)


@pytest.mark.parametrize(
    ("speed", "depth"), [(0.0, 1e-3), (-1.0, 1e-3), (np.nan, 1e-3), (800.0, -1e-3), (800.0, np.nan)]
)
def test_a_point_that_cannot_be(speed, depth):
    with pytest.raises(InputError, match="positive number"):
        floquet_multipliers(GOOD, speed, depth)


def test_too_coarse_a_discretisation():
    with pytest.raises(InputError, match="3 nodes a panel are too coarse.*4 at least"):
        floquet_multipliers(GOOD, rpm(8000), 1e-3, resolution=3)
    with pytest.raises(InputError, match="20 intervals a tooth period are too coarse.*28 at least"):
        floquet_multipliers(GOOD, rpm(8000), 1e-3, method="semi_discretisation", resolution=20)
    with pytest.raises(InputError, match="too coarse a scan"):
        critical_depths(GOOD, rpm(8000), 1e-3, n_scan=5)
    with pytest.raises(InputError, match="too coarse"):
        multi_frequency_depth(GOOD, rpm(8000), n_frequencies=10)


@pytest.mark.parametrize("immersion", [0.0, -0.1, 1.1, np.nan])
def test_an_immersion_that_cannot_be(immersion):
    with pytest.raises(InputError, match="radial immersion"):
        window(immersion, up=True)


def test_what_a_method_does_not_know():
    uneven = replace(GOOD, pitch=(np.pi - 0.1, np.pi + 0.1))
    with pytest.raises(InputError, match="even pitch only"):
        floquet_multipliers(uneven, rpm(8000), 1e-3, method="semi_discretisation")
    with pytest.raises(InputError, match="even pitch only"):
        zero_order_lobes(uneven, [1.0, 2.0])
    with pytest.raises(InputError, match="chatter frequencies"):
        zero_order_lobes(GOOD, [2.0, 1.0])
