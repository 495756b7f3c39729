"""Parameters from measurements: maximum a posteriori by Levenberg-Marquardt, with exact derivatives.

Every kind of measurement is an :class:`Observation`: a function ``predict(values, inputs)`` of named parameters, what
was measured, and the standard deviation of its white noise. With z the parameters in prior deviations, the fit finds

    min over z of   sum over observations of |(predict(z) - measured) / deviation|^2   +   |z|^2

and the curvature there gives the posterior (:mod:`twin.calibration.posterior`). Only products with the Jacobian J are
kept: J'J is a matrix (parameter, parameter), however long the recording.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from twin.calibration.parameters import Parameter, bounded
from twin.compiled import Array
from twin.errors import InputError

Predict = Callable[[dict[str, jax.Array], Any], jax.Array]
MOST_STEPS = 60
SETTLED = 5e-3  # of a posterior standard deviation: a shorter step ends the fit
EASIER, HARDER = 0.2, 5.0  # factors of the damping after a step that helped, that did not


@dataclass(frozen=True)
class Observation:
    """One kind of measurement.

    ``predict`` is compiled once a function and shape: use the same function again, and pad to few shapes; a sample
    whose deviation is infinite has no weight.
    """

    name: str
    predict: Predict = field(repr=False)
    """(name -> value in the unit of the name, inputs) -> prediction in the shape of ``measured``. Pure JAX."""
    inputs: Any = field(repr=False)
    """Pytree of arrays."""
    measured: np.ndarray = field(repr=False)
    deviation: np.ndarray = field(repr=False)
    """One standard deviation of the noise, in the shape of ``measured``."""
    parameters: tuple[str, ...]
    """Names of those that it depends on."""

    @property
    def n_samples(self) -> int:
        """Samples that have weight."""
        return int(np.isfinite(self.deviation).sum())


@dataclass(frozen=True)
class Fit:
    """The most probable parameters and how the measurements constrain them."""

    parameters: tuple[Parameter, ...]
    z: np.ndarray  # (parameter,) in prior deviations from the median
    information: np.ndarray  # (parameter, parameter) of the measurements alone, J'J in z
    misfit: dict[str, float]  # of each observation: mean squared residual in units of its noise; 1 where all is said
    n_steps: int
    converged: bool

    @property
    def values(self) -> dict[str, float]:
        """Name -> value."""
        return {p.name: float(p.value(self.z[i])) for i, p in enumerate(self.parameters)}


def fit(parameters: Sequence[Parameter], observations: Sequence[Observation], most_steps: int = MOST_STEPS) -> Fit:
    """The most probable values of ``parameters``, after at most so many steps.

    Raises:
        InputError: a measurement or prediction that is not a number, an observation of an unknown parameter.
    """
    _check(parameters, observations)
    z = np.zeros(len(parameters))
    cost, gradient, information, misfit = _total(parameters, observations, z)
    damping = 1e-3
    for n_steps in range(1, most_steps + 1):
        curvature = information + np.eye(len(z))
        step = -np.linalg.solve(curvature + damping * np.diag(np.diag(curvature)), gradient)
        tried = bounded(parameters, z + step)
        length = np.sqrt((tried - z) @ curvature @ (tried - z))
        if _cost(parameters, observations, tried) <= cost:
            z, damping = tried, damping * EASIER
            cost, gradient, information, misfit = _total(parameters, observations, z)
        elif length < SETTLED:
            return Fit(tuple(parameters), z, information, misfit, n_steps, True)
        else:
            damping *= HARDER
            continue
        if length < SETTLED:
            return Fit(tuple(parameters), z, information, misfit, n_steps, True)
    return Fit(tuple(parameters), z, information, misfit, most_steps, False)


def information_of(
    parameters: Sequence[Parameter], observations: Sequence[Observation], z: np.ndarray | None = None
) -> np.ndarray:
    """What ``observations`` would tell of ``parameters`` at ``z``: J'J (parameter, parameter), nothing is measured."""
    return _total(parameters, observations, np.zeros(len(parameters)) if z is None else z)[2]


def predicted(observation: Observation, values: dict[str, float]) -> np.ndarray:
    """What ``observation`` should be at ``values``, in the shape of what was measured."""
    own = {name: jnp.asarray(values[name]) for name in observation.parameters}
    return np.asarray(_predicted(observation.predict, own, observation.inputs))


@partial(jax.jit, static_argnums=0)
def _predicted(predict: Predict, values: dict[str, jax.Array], inputs: Any) -> jax.Array:
    return predict(values, inputs)


def _cost(parameters: Sequence[Parameter], observations: Sequence[Observation], z: np.ndarray) -> float:
    """What the fit makes least, without derivatives."""
    parts = [_squares(*arguments) for _, arguments in _own(parameters, observations, z)]
    cost = float(z @ z) + sum(float(part) for part in parts)
    return cost if np.isfinite(cost) else np.inf


def _total(
    parameters: Sequence[Parameter], observations: Sequence[Observation], z: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray, dict[str, float]]:
    """Cost, half its gradient, information of the measurements, misfit of each observation."""
    cost, gradient, information = float(z @ z), z.copy(), np.zeros((len(z), len(z)))
    misfit = {}
    for seen, (own, arguments) in zip(observations, _own(parameters, observations, z), strict=True):
        squares, slope, curvature = _linearised(*arguments)
        cost += float(squares)
        gradient[own] += np.asarray(slope)
        information[np.ix_(own, own)] += np.asarray(curvature)
        misfit[seen.name] = float(squares) / max(seen.n_samples, 1)
    return cost if np.isfinite(cost) else np.inf, gradient, information, misfit


def _own(
    parameters: Sequence[Parameter], observations: Sequence[Observation], z: np.ndarray
) -> list[tuple[np.ndarray, tuple]]:
    """Of each observation the rows of its parameters, and the arguments of the functions below."""
    rows = {p.name: i for i, p in enumerate(parameters)}
    found = []
    for seen in observations:
        own = np.array([rows[name] for name in seen.parameters])
        prior = tuple(np.array(column) for column in zip(*(_prior(parameters[i]) for i in own), strict=True))
        readings = (seen.inputs, seen.measured, seen.deviation)
        found.append((own, (seen.predict, seen.parameters, z[own], prior, *readings)))
    return found


def _prior(parameter: Parameter) -> tuple[float, float, bool]:
    return parameter.median, parameter.spread, parameter.kind == "log_normal"


Prior = tuple[jax.Array, jax.Array, jax.Array]  # median, spread, whether log-normal, (parameter,) each


def _residual(
    predict: Predict,
    names: tuple[str, ...],
    z: jax.Array,
    prior: Prior,
    inputs: Any,
    measured: jax.Array,
    deviation: jax.Array,
) -> jax.Array:
    """In units of the noise, one dimension."""
    weight = jnp.where(jnp.isfinite(deviation), 1.0 / deviation, 0.0)
    reading = jnp.where(jnp.isfinite(deviation), measured, 0.0)
    median, spread, is_log = prior
    value = jnp.where(is_log, median * jnp.exp(spread * z), median + spread * z)
    values = {name: value[i] for i, name in enumerate(names)}
    return jnp.ravel((predict(values, inputs) - reading) * weight)


@partial(jax.jit, static_argnums=(0, 1))
def _squares(predict: Predict, names: tuple[str, ...], z: jax.Array, *rest: Any) -> jax.Array:
    r = _residual(predict, names, z, *rest)
    return r @ r


@partial(jax.jit, static_argnums=(0, 1))
def _linearised(
    predict: Predict, names: tuple[str, ...], z: jax.Array, *rest: Any
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Sum of squared residuals, J'r and J'J of one observation."""
    r, push = jax.linearize(lambda z: _residual(predict, names, z, *rest), z)
    columns = jax.lax.map(push, jnp.eye(len(names)))  # one after the other: bounded memory
    return r @ r, columns @ r, columns @ columns.T


def _check(parameters: Sequence[Parameter], observations: Sequence[Observation]) -> None:
    known = {p.name for p in parameters}
    for seen in observations:
        if unknown := set(seen.parameters) - known:
            raise InputError(f"observation {seen.name} depends on {min(unknown)}, which is not among the parameters")
        weighed = np.isfinite(seen.deviation)
        if not np.isfinite(seen.measured[weighed]).all() or not (seen.deviation[weighed] > 0).all():
            raise InputError(
                f"observation {seen.name} has a reading that is not a number, or a deviation that is not positive",
                remedy="mark gaps by an infinite deviation",
            )


def padded(values: Array, n: int, fill: float) -> np.ndarray:
    """``values`` (sample, ...) lengthened to ``n`` samples of ``fill``."""
    values = np.asarray(values, dtype=float)
    return np.pad(values, [(0, n - len(values))] + [(0, 0)] * (values.ndim - 1), constant_values=fill)
