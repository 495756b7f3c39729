"""Derivatives of |mu| by left and right eigenvectors against differences of another discretisation."""

from dataclasses import replace

import jax
import numpy as np
import pytest
from milling_cases import insperger, modes, rpm

from twin.cutting.stability import Milling, floquet_multipliers, layout, multiplier_modulus
from twin.units import MM


def skew(**changes) -> Milling:
    """Two modes that differ, a window inside, process damping: every parameter matters."""
    m = modes([922, 700], [0.02, 0.03], [1.3e6, 2e6], "xy")
    values = {"n_teeth": 3, "ktc": 6e8, "krc": 2e8, "entry": 0.7, "exit": 2.1, "process_damping": 2e5, "radius": 5e-3}
    return Milling(modes=m, **(values | changes))


@pytest.mark.parametrize(
    ("milling", "speed"),
    [
        (insperger(1.0, False), 5000),
        (insperger(0.1, True), 17000),
        (insperger(0.5, False, "xy", 4), 9000),
        (skew(), 8000),
        (skew(n_teeth=5, exit=2.9), 8000),
    ],
)
def test_the_value_is_that_of_the_kernel(milling, speed):
    """Chebyshev collocation of displacement and velocity against Gauss collocation of the force."""
    at = rpm(speed)[0]
    value = multiplier_modulus(milling, at, 1 * MM, layout(milling, at))
    expected = floquet_multipliers(milling, at, 1 * MM, resolution=16)
    assert float(value) == pytest.approx(float(expected.modulus), rel=2e-8)


@pytest.mark.parametrize("speed", [7000, 11500])
def test_derivatives_to_every_parameter(speed):
    """A Hopf and a flip multiplier."""
    milling, depth, at = skew(), 1.5 * MM, rpm(speed)[0]
    division = layout(milling, at)
    gradient = jax.jit(jax.grad(lambda p: multiplier_modulus(*p, division)))((milling, at, depth))

    def modulus(changed: Milling, speed_=at, depth_=depth) -> float:
        return float(floquet_multipliers(changed, speed_, depth_, resolution=18).modulus)

    def difference(of, value: float) -> float:
        step = 2e-4 * value
        near, far = of(value + step) - of(value - step), of(value + 2 * step) - of(value - 2 * step)
        return (8 * near - far) / (12 * step)

    for name in ("entry", "exit", "ktc", "krc", "process_damping", "radius"):
        value = getattr(milling, name)
        expected = difference(lambda x, name=name: modulus(replace(milling, **{name: x})), value)
        assert float(getattr(gradient[0], name)) == pytest.approx(expected, rel=2e-5), name
    for name in ("omega", "damping", "stiffness"):
        values = np.asarray(getattr(milling.modes, name))
        for i in range(2):

            def one(x, name=name, i=i, values=values):
                changed = np.where(np.arange(2) == i, x, values)
                return modulus(replace(milling, modes=replace(milling.modes, **{name: changed})))

            expected = difference(one, values[i])
            assert float(getattr(gradient[0].modes, name)[i]) == pytest.approx(expected, rel=2e-5), name
    assert float(gradient[1]) == pytest.approx(difference(lambda x: modulus(milling, speed_=x), at), rel=2e-5)
    assert float(gradient[2]) == pytest.approx(difference(lambda x: modulus(milling, depth_=x), depth), rel=2e-5)


@pytest.mark.long
def test_reverse_and_forward_mode_agree():
    milling, at = skew(), rpm(7000)[0]
    division = layout(milling, at)
    forward = jax.jvp(lambda b: multiplier_modulus(milling, at, b, division), (1.5 * MM,), (1.0,))[1]
    reverse = jax.grad(lambda b: multiplier_modulus(milling, at, b, division))(1.5 * MM)
    assert float(forward) == pytest.approx(float(reverse), rel=1e-12)
