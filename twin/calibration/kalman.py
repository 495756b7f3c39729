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
    values = [np.ascontiguousarray(m) for m in matrices(at)]
    slopes = [np.ascontiguousarray(np.moveaxis(np.asarray(m), -1, 0)) for m in jax.jacfwd(matrices)(at)]
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
        self.mean, self.covariance = _advanced(
            self.mean,
            self.covariance,
            inputs,
            m.z,
            m.transition,
            m.drive,
            m.transition_by,
            m.drive_by,
            self._noise,
        )
        return _taken_up(
            self.mean, self.covariance, readings - self._offset, m.z, m.output, m.output_by, self._reading_noise
        )

    def relinearise(self) -> None:
        """Compute the matrices anew at the present parameters."""
        self.model = linear_in_parameters(self.matrices, self.z)


@numba.njit(cache=True)
def _advanced(mean, covariance, inputs, z, transition, drive, transition_by, drive_by, noise):  # type: ignore[no-untyped-def]
    n, whole = len(transition), len(mean)
    slope = np.zeros((whole, whole))
    here, push = transition.copy(), drive @ inputs
    for p in range(whole - n):
        change = mean[n + p] - z[p]
        by = drive_by[p] @ inputs
        here += change * transition_by[p]
        push += change * by
        slope[:n, n + p] = transition_by[p] @ mean[:n] + by
        slope[n + p, n + p] = 1.0
    slope[:n, :n] = here
    later = mean.copy()
    later[:n] = here @ mean[:n] + push
    spread = slope @ covariance @ slope.T
    for i in range(whole):
        spread[i, i] += noise[i]
    return later, spread


@numba.njit(cache=True)
def _taken_up(mean, covariance, readings, z, output, output_by, noise):  # type: ignore[no-untyped-def]
    """Changes mean and covariance; every reading sees what those before it have changed."""
    n, whole = output.shape[1], len(mean)
    squares, count = 0.0, 0
    row = np.empty(whole)
    for j in range(len(readings)):
        if np.isnan(readings[j]):
            continue
        row[:n] = output[j]
        for p in range(whole - n):
            row[:n] += (mean[n + p] - z[p]) * output_by[p, j]
            row[n + p] = output_by[p, j] @ mean[:n]
        expected = row[:n] @ mean[:n]
        across = covariance @ row
        variance = row @ across + noise[j]
        innovation = readings[j] - expected
        squares += innovation * innovation / variance
        count += 1
        gain = across / variance
        mean += gain * innovation
        for a in range(whole):
            for b in range(whole):
                covariance[a, b] -= gain[a] * across[b]
    return squares, count
