"""Speed of the time law and of the servo samples: ``python tests/benchmarks/bench_motion.py``."""

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import yaml

from twin.config import build
from twin.machine.tool import Tool
from twin.motion import Controller, servo_samples, time_law
from twin.motion.blocks import blocks_of, planned_rows, select
from twin.motion.plan import plan
from twin.program import interpret

ROOT = Path(__file__).resolve().parents[2]
TOOL = Tool(number=1, name="T1", kind="flat", diameter=1e-2, n_teeth=2, flute_length=2e-2, stick_out=5e-2)
N_BLOCKS, N_SCENARIOS, REPEATS = 4000, 16, 15


def pockets(n_blocks: int) -> str:
    """Rounded pocket passes of six blocks each, in 0.2 mm steps of depth."""
    lines = ["G21 G17 G90 G94 G64 P0.01", "T1 M6", "S8000 M3", "G0 X0 Y0 Z5", "F2500"]
    k = 0
    while len(lines) < n_blocks:
        x, z = 0.3 * (k % 50), -0.2 * (k // 50)
        lines += [
            f"G1 X{5 + x:.3f} Y0 Z{z:.3f}",
            "G1 X45",
            "G3 X50 Y5 I0 J5",
            "G1 Y25",
            "G1 X40 Y30.5",
            f"G1 X{5 + x:.3f} Y{12 + 0.01 * (k % 7):.3f}",
        ]
        k += 1
    return "\n".join([*lines, "G0 Z5", "M2"])


def best(run: Callable[[], object]) -> float:
    """Least wall time of several runs [s]."""
    spent = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        run()
        spent.append(time.perf_counter() - begin)
    return min(spent)


def main() -> None:
    program = interpret(pockets(N_BLOCKS), file="pockets.ngc", tools={1: TOOL})
    print(f"{program.n_moves} blocks, best of {REPEATS} runs")
    print(f"{'controller':22s} {'first_s':>8s} {'time_law_ms':>12s} {'scenario_ms':>12s} {'servo_s_per_h':>14s}")
    for name in ("linuxcnc", "hurco", "generic_jerk_limited"):
        controller = build(Controller, yaml.safe_load((ROOT / f"conf/controller/{name}.yaml").read_text()))
        begin = time.perf_counter()
        motion = time_law(program, controller)
        first = time.perf_counter() - begin
        single = best(lambda controller=controller: time_law(program, controller))

        blocks = blocks_of(program, controller.arc_fit)
        blocks = select(blocks, planned_rows(program, blocks))
        faster = [
            dataclasses.replace(
                controller, centripetal_acceleration=controller.centripetal_acceleration * (1 + 0.01 * k)
            )
            for k in range(N_SCENARIOS)
        ]
        leaves = [jnp.asarray(column, float) for column in zip(*map(jax.tree.leaves, faster), strict=True)]
        batch = jax.tree.unflatten(jax.tree.structure(controller), leaves)
        many = jax.jit(jax.vmap(lambda c, blocks=blocks: plan(blocks, c, jnp.ones(()), jnp.ones(())).time))
        jax.block_until_ready(many(batch))
        scenario = best(lambda many=many, batch=batch: jax.block_until_ready(many(batch))) / N_SCENARIOS

        list(servo_samples(program, motion, controller))
        begin = time.perf_counter()
        samples = sum(len(block.time) for block in servo_samples(program, motion, controller))
        servo = (time.perf_counter() - begin) / (samples * 1e-3) * 3600
        print(f"{name:22s} {first:8.2f} {1e3 * single:12.1f} {1e3 * scenario:12.2f} {servo:14.2f}")
    print(f"({np.round(motion.duration / 60, 1)} min of machine time; targets: 20 ms, 4 ms, 5 s)")


if __name__ == "__main__":
    main()
