"""The finite-volume machine: the basis, a shift, many shifts, a gradient, the full field; wall and processor time.

python tests/benchmarks/bench_finite_volume.py [CELL_MM]
"""

import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the twin sets it where it comes before NumPy

import jax
import jax.numpy as jnp
import numpy as np
import yaml

from twin.config import build
from twin.thermal.finite_volume.build import reduced_structure
from twin.thermal.finite_volume.conduction import FreeSurface, Solid, assemble
from twin.thermal.finite_volume.drift import Scales, structure_state_space
from twin.thermal.finite_volume.structure import Structure
from twin.thermal.finite_volume.transient import explicit
from twin.thermal.finite_volume.voxels import Voxels
from twin.thermal.state_space import simulate, simulate_blocks

FILE = Path(__file__).resolve().parents[2] / "conf" / "structure" / "vmc_c_frame.yaml"


def timed(name, function, repeat=5):
    """Print the best wall and processor time of ``repeat`` calls after the first; return what it gives."""
    result = jax.block_until_ready(function()) if repeat > 1 else None
    best = [np.inf, np.inf]
    for _ in range(repeat):
        wall, cpu = time.perf_counter(), time.process_time()
        result = jax.block_until_ready(function())
        best = [min(best[0], time.perf_counter() - wall), min(best[1], time.process_time() - cpu)]
    print(f"{name:45s} {best[0] * 1e3:12.1f} ms {best[1] * 1e3:12.1f} ms processor", flush=True)
    return result


def main() -> None:
    values = yaml.safe_load(FILE.read_text())
    values["cell_mm"] = float(sys.argv[1]) if len(sys.argv) > 1 else values["cell_mm"]
    structure = build(Structure, values, "structure", file=FILE)
    reduced = timed("basis", lambda: reduced_structure(structure), repeat=1)
    print(reduced.error)
    print(f"{reduced.basis.shape[0]} cells, {reduced.basis.shape[1]} states, {len(reduced.terms)} terms")
    n_input, n_state = len(reduced.sources) + len(reduced.fluids), reduced.basis.shape[1]
    draw = np.random.default_rng(0)
    inputs = jnp.asarray(draw.uniform(0, 100, (28800, n_input)))
    scales = Scales(jnp.ones(len(reduced.terms)), jnp.ones(len(reduced.sources)))
    system = structure_state_space(reduced, scales)
    rows = jnp.asarray(reduced.output[1, 1, 1, 0:3] - reduced.output[1, 1, 1, 6:9])
    start = jnp.zeros(n_state)
    timed("8 h at 1 s, displacement", lambda: simulate(system, inputs, 1.0, start, rows))
    shifts = jnp.asarray(draw.uniform(0, 100, (64, 28800, n_input)), jnp.float32)
    many = jax.jit(lambda u: simulate_blocks(system, u, 1.0, start, 60, rows))
    timed("64 shifts, every minute", lambda: many(shifts), repeat=3)

    def misfit(parameters):
        scales, start, rows = parameters
        return jnp.sum(simulate(structure_state_space(reduced, scales), inputs, 1.0, start, rows) ** 2)

    gradient, parameters = jax.jit(jax.value_and_grad(misfit)), (scales, start, rows)
    n_parameters = sum(leaf.size for leaf in jax.tree.leaves(parameters))
    timed(f"8 h at 1 s, gradient by {n_parameters} parameters", lambda: gradient(parameters))
    voxels = Voxels(np.zeros(3), np.full(3, 0.025), np.zeros((64, 64, 50), int))
    heat = (voxels.cells[:, 0] == 0) / 3200
    block = assemble(voxels, [Solid("iron", 48.0, 3.6e6)], [FreeSurface(0, 8.0)], {"heat": heat})
    pushes = np.tile([500.0, 0.0], (48, 1))
    timed("full field, 204,800 cells, 8 h", lambda: explicit(block, pushes, 600.0, np.zeros(204800)), repeat=1)


if __name__ == "__main__":
    main()
