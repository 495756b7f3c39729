"""Poses a second: exact rigid motions beside a small-angle model of the first order, 3 and 5 axes.

Run: python tests/benchmarks/bench_kinematics.py
"""

import time
from pathlib import Path

import jax
import numpy as np
import yaml

jax.config.update("jax_enable_x64", True)

from twin.config import build  # noqa: E402
from twin.machine import Machine, geometric_error, machine_kinematics  # noqa: E402
from twin.machine.axis_errors import errors_at  # noqa: E402

CONF = Path(__file__).resolve().parents[2] / "conf" / "machine"
N_POSES = 1 << 17
LENGTH = 0.15


@jax.jit
def first_order(model, position):
    """Error (pose, 3) [m] of a w X Y b Z t machine: displacements and angle times lever, products left out."""
    error = 0.0
    x, y, z = (position[:, k] for k in range(3))
    nothing = 0.0 * x
    levers = {  # from the carriage to the tool tip, nominal
        "X": jax.numpy.stack([x, y, z - LENGTH], axis=1),
        "Y": jax.numpy.stack([nothing, y, z - LENGTH], axis=1),
        "Z": jax.numpy.stack([nothing, nothing, nothing - LENGTH], axis=1),
    }
    for sign, letters, axes in ((-1.0, model.work_axes, model.work), (1.0, model.tool_axes, model.tool)):
        for letter, axis in zip(letters, axes, strict=True):
            column = "XYZ".index(letter)
            e = jax.vmap(errors_at, in_axes=(None, 0))(axis, position[:, column])
            lever = levers[letter]
            # the location's lever runs from before the axis has moved
            before = lever.at[:, column].add(sign * position[:, column])
            error = error + sign * (
                e[:, :3]
                + jax.numpy.cross(e[:, 3:], lever)
                + jax.numpy.cross(jax.numpy.broadcast_to(axis.location[3:], before.shape), before)
            )
    return error


def best(call):
    call()
    spans = []
    for _ in range(7):
        start = time.perf_counter()
        jax.block_until_ready(call())
        spans.append(time.perf_counter() - start)
    return min(spans)


def main():
    print(f"{'model':<34}{'ms for ' + str(N_POSES) + ' poses':>24}{'poses/s':>14}")
    draw = np.random.default_rng(0)
    for name in ("vmc_3axis", "five_axis_trunnion"):
        machine = build(Machine, yaml.safe_load((CONF / f"{name}.yaml").read_text()), name)
        model = machine_kinematics(machine)
        poses = draw.uniform(-0.2, 0.2, (N_POSES, len(model.letters))) + [0.3, 0.3, 0.3, 0, 0][: len(model.letters)]
        span = best(lambda: geometric_error(model, poses, LENGTH))  # noqa: B023
        print(f"{name + ', exact':<34}{1e3 * span:>24.1f}{N_POSES / span:>14.3g}")
        if name == "vmc_3axis":
            span = best(lambda: first_order(model, poses))  # noqa: B023
            print(f"{name + ', first order':<34}{1e3 * span:>24.1f}{N_POSES / span:>14.3g}")
            exact = np.asarray(geometric_error(model, poses, LENGTH))
            print(f"  largest difference {1e9 * np.abs(exact - np.asarray(first_order(model, poses))).max():.2f} nm")


if __name__ == "__main__":
    main()
