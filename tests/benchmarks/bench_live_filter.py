"""How long a step of the live filter takes: the states of a machining centre, parameters with them."""

import time

import jax.numpy as jnp
import numpy as np

import twin  # noqa: F401  (float64)
from twin.calibration.kalman import LiveFilter

N_STEPS = 5_000


def main() -> None:
    print("states parameters sensors    p50 us   p99 us   (target 50)")
    for n, parameters, sensors in ((13, 4, 8), (13, 10, 17), (30, 10, 17)):
        rng = np.random.default_rng(1)
        transition = jnp.asarray(0.9 * np.eye(n) + 0.01 * rng.standard_normal((n, n)))
        drive, output = jnp.asarray(rng.standard_normal((n, n + 2))), jnp.asarray(rng.standard_normal((sensors, n)))
        by = jnp.asarray(0.01 * rng.standard_normal((parameters, n, n)))
        live = LiveFilter(
            lambda z, a=transition, b=drive, c=output, d=by: (a + jnp.tensordot(z, d, 1), b, c),  # type: ignore[misc]
            state=np.zeros(n),
            z=np.zeros(parameters),
            covariance=np.eye(n + parameters),
            state_noise=np.full(n, 1e-4),
            parameter_noise=np.full(parameters, 1e-6),
            reading_noise=np.full(sensors, 0.01),
        )
        inputs, readings = rng.standard_normal((N_STEPS, n + 2)), rng.standard_normal((N_STEPS, sensors))
        taken = np.empty(N_STEPS)
        for k in range(N_STEPS):
            began = time.perf_counter()
            live.step(inputs[k], readings[k])
            taken[k] = time.perf_counter() - began
        p50, p99 = np.percentile(taken[100:], [50, 99]) * 1e6
        print(f"{n:6d} {parameters:10d} {sensors:7d} {p50:9.1f} {p99:8.1f}")


if __name__ == "__main__":
    main()
