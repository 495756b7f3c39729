"""Heat and machine error, side by side with the plain ways of doing it.

python tests/benchmarks/bench_thermal.py
"""

import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import yaml
from scipy.linalg import expm

from twin.config import build
from twin.machine.kinematics import geometric_error
from twin.machine.machine import Machine, machine_kinematics
from twin.thermal.expansion import tool_point_drift
from twin.thermal.model import Workpiece, state_space, thermal_model
from twin.thermal.state_space import StateSpace, simulate, simulate_blocks
from twin.thermal.transient import simulate_thermal

MACHINE = Path(__file__).resolve().parents[2] / "conf" / "machine" / "vmc_3axis.yaml"
N_STEPS = 28800  # 8 h at 1 s


def timed(function, *arguments, repeat=7):
    """First call [s] and the best of ``repeat`` later ones [ms]."""
    start = time.perf_counter()
    jax.block_until_ready(function(*arguments))
    first = time.perf_counter() - start
    best = np.inf
    for _ in range(repeat):
        start = time.perf_counter()
        jax.block_until_ready(function(*arguments))
        best = min(best, time.perf_counter() - start)
    return first, best * 1e3


def numpy_steps(system, inputs, start):
    """Exact zero-order hold, one matrix product a step."""
    capacity = np.asarray(system.capacity)[:, None]
    n, m = system.gain.shape
    block = np.zeros((n + m, n + m))
    block[:n] = np.hstack([-np.asarray(system.conductance), np.asarray(system.gain)]) / capacity
    step = expm(block)
    push = inputs @ step[:n, n:].T
    states = np.empty((len(inputs), n))
    state = start
    for k in range(len(inputs)):
        states[k] = state = step[:n, :n] @ state + push[k]
    return states


def main() -> None:
    machine = build(Machine, yaml.safe_load(MACHINE.read_text()), "machine", file=MACHINE)
    model = thermal_model(machine.thermal, Workpiece(3000.0, 0.2, 23.4e-6))
    n = len(model.nodes)
    draw = np.random.default_rng(0)
    inputs = jnp.asarray(draw.uniform(0, 200, (N_STEPS, n + 2)))
    start, flood = jnp.full(n, 20.0), jnp.arange(N_STEPS) > 3600
    plain = state_space(model, False)

    links = np.triu(draw.uniform(0, 5, (30, 30)), 1)
    links = links + links.T
    thirty = StateSpace(
        jnp.asarray(draw.uniform(1e3, 5e4, 30)),
        jnp.asarray(np.diag(links.sum(1) + 0.3) - links),
        jnp.asarray(draw.uniform(0, 1, (30, 6))),
    )
    six, cold = inputs[:, :6], jnp.full(30, 20.0)
    shifts = jnp.asarray(draw.uniform(0, 200, (64, N_STEPS, 6)))
    sweep = jax.jit(lambda u: simulate_blocks(thirty, u, 1.0, cold, 60))
    lti = jax.jit(jax.grad(lambda s: jnp.mean(simulate(s, six, 1.0, cold) ** 2)))
    by_all = jax.jit(
        jax.grad(lambda m: jnp.mean(tool_point_drift(m, simulate_thermal(m, inputs, 1.0, start, flood), start) ** 2))
    )

    kinematics = machine_kinematics(machine)
    poses = jnp.asarray(draw.uniform(0.15, 0.5, (500_000, 3)))
    few = poses[:20_000]
    jacobian = jax.jit(jax.vmap(jax.jacrev(geometric_error), in_axes=(None, 0, None)))

    began = time.perf_counter()
    reference = numpy_steps(plain, np.asarray(inputs), np.full(n, 20.0))
    by_numpy = (time.perf_counter() - began) * 1e3
    worst = float(np.abs(reference - simulate(plain, inputs, 1.0, start)).max())

    print(f"{'8 h at 1 s (28,800 steps)':58s} {'first s':>8s} {'then ms':>9s}")
    print(f"{f'NumPy, one product a step, {n} nodes':58s} {'':8s} {by_numpy:9.1f}   differs by {worst:.1e} K")
    for name, function, arguments in (
        (f"diagonal scan, {n} nodes", simulate, (plain, inputs, 1.0, start)),
        ("diagonal scan, 30 states", simulate, (thirty, six, 1.0, cold)),
        ("diagonal scan, 30 states, 3 outputs", simulate, (thirty, six, 1.0, cold, jnp.eye(3, 30))),
        (f"coolant on and off, {n} nodes", simulate_thermal, (model, inputs, 1.0, start, flood)),
        ("64 shifts, 30 states, output each minute", sweep, (shifts,)),
        ("slope by every conductance, 30 states", lti, (thirty,)),
        ("slope by every parameter of the machine, coolant on/off", by_all, (model,)),
    ):
        first, best = timed(function, *arguments)
        print(f"{name:58s} {first:8.2f} {best:9.1f}")
    for name, function, where in (
        ("geometric error, 500,000 poses", geometric_error, poses),
        ("its Jacobian by every parameter, 20,000 poses", jacobian, few),
    ):
        first, best = timed(function, kinematics, where, 0.12)
        print(f"{name:58s} {first:8.2f} {best:9.1f}   {len(where) / best * 1e3:.2e} poses/s")


if __name__ == "__main__":
    main()
