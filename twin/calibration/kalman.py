"""State and parameters followed live: an extended Kalman filter of a linear system whose matrices have parameters.

    x[k+1] = A(z) x[k] + B(z) u[k] + w,      z[k+1] = z[k] + v,      y[k] = C(z) x[k] + offset + e

The state is augmented by the parameters z (in prior deviations). The matrices are linear in z about the z at which they
were computed; :meth:`LiveFilter.relinearise` computes them anew. Readings come one by one (their noise is independent),
so that nothing is inverted and a reading that is missing (NaN) is left out.
"""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numba
import numpy as np

from twin.errors import InputError

kernel = numba.njit(cache=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
Matrices = Callable[[jax.Array], tuple[jax.Array, jax.Array, jax.Array]]


@dataclass(frozen=True)
class LinearInParameters:
    """A(z), B(z), C(z) about ``z``: values, and derivatives with the parameter in front."""

    z: np.ndarray  # (parameter,)
    transition: np.ndarray  # (state, state)
    drive: np.ndarray  # (state, input)
    output: np.ndarray  # (sensor, state)
    transition_by: np.ndarray  # (parameter, state, state)
    drive_by: np.ndarray  # (parameter, state, input)
    output_by: np.ndarray  # (parameter, sensor, state)


def linear_in_parameters(matrices: Matrices, z: np.ndarray) -> LinearInParameters:
    """``matrices`` (z -> A, B, C; pure JAX) about ``z`` (parameter,)."""
    at = jnp.asarray(z, dtype=float)
    values = [np.array(m) for m in matrices(at)]
    slopes = [np.array(np.moveaxis(np.asarray(m), -1, 0), order="C") for m in jax.jacfwd(matrices)(at)]
    return LinearInParameters(np.array(at), *values, *slopes)


class LiveFilter:
    """One step a reading; see the module.

    Args:
        matrices: z -> A, B, C of one step.
        state: (state,) at the start.
        z: (parameter,) at the start.
        covariance: (state + parameter, both) at the start.
        state_noise: (state,) variance that a step adds to each state.
        parameter_noise: (parameter,) variance that a step adds: how fast the machine may change.
        reading_noise: (sensor,) variance of a reading.
        offset: (sensor,) of the readings.

    Raises:
        InputError: arrays that do not fit each other.
    """

    def __init__(
        self,
        matrices: Matrices,
        *,
        state: np.ndarray,
        z: np.ndarray,
        covariance: np.ndarray,
        state_noise: np.ndarray,
        parameter_noise: np.ndarray,
        reading_noise: np.ndarray,
        offset: np.ndarray | None = None,
    ):
        self.matrices = matrices
        self.model = linear_in_parameters(matrices, z)
        sensors, n = self.model.output.shape
        whole = n + len(z)
        if np.shape(covariance) != (whole, whole) or len(state) != n or len(reading_noise) != sensors:
            raise InputError(
                f"a filter of {n} states, {len(z)} parameters and {sensors} sensors was given {len(state)} states, a "
                f"covariance {np.shape(covariance)} and {len(reading_noise)} variances of readings"
            )
        self.mean = np.concatenate([state, z]).astype(float)
        self.covariance = np.array(covariance, dtype=float)
        self._slope = np.zeros((n, whole))
        self._noise = np.concatenate([state_noise, parameter_noise]).astype(float)
        self._reading_noise = np.array(reading_noise, dtype=float)
        self._offset = np.zeros(sensors) if offset is None else np.array(offset, dtype=float)

    @property
    def state(self) -> np.ndarray:
        """(state,)"""
        return self.mean[: len(self.model.transition)]

    @property
    def z(self) -> np.ndarray:
        """(parameter,)"""
        return self.mean[len(self.model.transition) :]

    def step(self, inputs: np.ndarray, readings: np.ndarray) -> tuple[float, int]:
        """Advance by one step and take up what was read at its end.

        Args:
            inputs: (input,) held over the step.
            readings: (sensor,) NaN where there is none.

        Returns:
            squared innovation, normalised by its covariance, and the number of readings in it.
        """
        m = self.model
        arrays = (m.z, m.transition, m.drive, m.output, m.transition_by, m.drive_by, m.output_by)
        noise = (self._noise, self._reading_noise)
        read = np.array(inputs, dtype=float), np.array(readings, dtype=float)  # one kind of array: compiled once
        return _stepped(self.mean, self.covariance, self._slope, *read, self._offset, *arrays, *noise)

    def relinearise(self) -> None:
        """Compute the matrices anew at the present parameters."""
        self.model = linear_in_parameters(self.matrices, self.z)


@kernel
def _stepped(mean, covariance, slope, inputs, readings, offset, z, a, b, c, a_by, b_by, c_by, noise, reading_noise):  # type: ignore[no-untyped-def]
    """One step; changes mean and covariance. ``slope`` (state, state + parameter) is room to work in."""
    _advanced(mean, covariance, slope, inputs, z, a, b, a_by, b_by, noise)
    return _taken_up(mean, covariance, readings, offset, z, c, c_by, reading_noise)


@kernel
def _advanced(mean, covariance, slope, inputs, z, transition, drive, transition_by, drive_by, noise):  # type: ignore[no-untyped-def]
    """Slope of the step F = [A S; 0 I]: of F P F' only the upper rows are new, and P stays symmetric by construction.

    Loops over whole rows, for they are long enough for vector registers and too short for a matrix library.
    """
    n, whole = len(transition), len(mean)
    for i in range(n):
        for j in range(n):
            slope[i, j] = transition[i, j]
    later = np.zeros(n)
    for i in range(n):
        for j in range(len(inputs)):
            later[i] += drive[i, j] * inputs[j]
    for p in range(whole - n):
        change = mean[n + p] - z[p]
        for i in range(n):
            by = 0.0
            for j in range(len(inputs)):
                by += drive_by[p, i, j] * inputs[j]
            later[i] += change * by
            for j in range(n):
                by += transition_by[p, i, j] * mean[j]
                slope[i, j] += change * transition_by[p, i, j]
            slope[i, n + p] = by
    for i in range(n):
        for j in range(n):
            later[i] += slope[i, j] * mean[j]
    upper = np.zeros((n, whole))  # [A S] P
    for i in range(n):
        for k in range(whole):
            factor = slope[i, k]
            for j in range(whole):
                upper[i, j] += factor * covariance[k, j]
    for i in range(n):
        mean[i] = later[i]
        for j in range(i + 1):
            total = 0.0
            for k in range(whole):
                total += upper[i, k] * slope[j, k]
            covariance[i, j] = covariance[j, i] = total
        for j in range(n, whole):
            covariance[i, j] = covariance[j, i] = upper[i, j]
    for i in range(whole):
        covariance[i, i] += noise[i]


@kernel
def _taken_up(mean, covariance, readings, offset, z, output, output_by, noise):  # type: ignore[no-untyped-def]
    """Changes mean and covariance; every reading sees what those before it have changed."""
    n, whole = output.shape[1], len(mean)
    squares, count = 0.0, 0
    row, across = np.empty(whole), np.empty(whole)
    for j in range(len(readings)):
        if np.isnan(readings[j]):
            continue
        for k in range(n):
            row[k] = output[j, k]
        for p in range(whole - n):
            change, by = mean[n + p] - z[p], 0.0
            for k in range(n):
                by += output_by[p, j, k] * mean[k]
                row[k] += change * output_by[p, j, k]
            row[n + p] = by
        expected = offset[j]
        for k in range(n):
            expected += row[k] * mean[k]
        across[:] = 0.0
        for k in range(whole):
            if row[k] != 0.0:  # a sensor sees few states
                for b in range(whole):
                    across[b] += row[k] * covariance[k, b]
        variance = noise[j]
        for k in range(whole):
            variance += row[k] * across[k]
        innovation = readings[j] - expected
        squares += innovation * innovation / variance
        count += 1
        for a in range(whole):
            gain = across[a] / variance
            mean[a] += gain * innovation
            for b in range(whole):
                covariance[a, b] -= gain * across[b]
    return squares, count
