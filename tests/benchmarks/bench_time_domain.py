"""Milling in time: steps per second of the compiled kernel, beside the same loop in plain Python, and their agreement.

    python tests/benchmarks/bench_time_domain.py [cases]

A step is one time step of one case: all teeth and slices, chip from the surface, force, and all modes advanced.
The target is 10 million steps a second on two cores with 2 modes and 4 straight teeth (a slot, 652 steps a
revolution). Cases run in parallel; the processor time beside the wall time says what one core does.
"""

import sys
import time
from collections.abc import Callable

import numba
import numpy as np

from twin.cutting.coefficients import CuttingCoefficients
from twin.cutting.dynamics.modes import Modes
from twin.cutting.time_domain import Milling, Signals, simulate
from twin.machine.tool import Tool

COEFFICIENTS = CuttingCoefficients(ktc=695.388e6, krc=280.955e6, kac=0, kte=0, kre=0, kae=0)
OMEGA, DAMPING, STIFFNESS = 2 * np.pi * 500, 0.02, 8e6
STEPS = 652


def mill(**changes: float) -> Tool:
    values = dict(number=1, name="bench", kind="flat", diameter=19e-3, n_teeth=4, flute_length=40e-3, stick_out=60e-3)
    return Tool(**(values | changes))


def equal_modes(n_pairs: int) -> Modes:
    """Pairs of a mode ahead and one to the left."""
    return Modes(
        omega=np.repeat(OMEGA * (1 + np.arange(n_pairs)), 2),
        damping=np.full(2 * n_pairs, DAMPING),
        stiffness=np.full(2 * n_pairs, STIFFNESS),
        direction=np.tile(np.eye(3)[:2], (n_pairs, 1)),
    )


def slots(n: int, damping: float = 0.0) -> Milling:
    """A scan of depths and speeds, stable and unstable."""
    random = np.random.default_rng(0)
    speed = random.uniform(4000, 9000, n) * 2 * np.pi / 60
    return Milling(
        spindle=speed,
        feed_per_tooth=0.15e-3,
        depth=random.uniform(0.1e-3, 4e-3, n),
        start=0.0,
        stop=np.pi,
        process_damping=damping,
    )


def plain_python(spindle: float, depth: float, feed: float, n_steps: int) -> np.ndarray:
    """The same case step by step in Python and NumPy: displacement (step, 2) [m], ahead and left."""
    angle = 2 * np.pi * np.arange(STEPS) / STEPS
    sine, cosine = np.sin(angle), np.cos(angle)
    weight = ((angle > 0) & (angle < np.pi)).astype(float)
    # the steps at both ends of the slot are half in it, and count at the middle of that half
    quarter = np.pi / 2 / STEPS
    for end, at in ((0, quarter), (STEPS // 2, np.pi - quarter)):
        weight[end], sine[end], cosine[end] = 0.5, np.sin(at), np.cos(at)
    dt = 2 * np.pi / spindle / STEPS
    damped = OMEGA * np.sqrt(1 - DAMPING**2)
    decay, c, s = np.exp(-DAMPING * OMEGA * dt), np.cos(damped * dt), np.sin(damped * dt) / damped
    drift = decay * np.array([[c + DAMPING * OMEGA * s, s], [-(OMEGA**2) * s, c - DAMPING * OMEGA * s]])
    state, surface, found = np.zeros((2, 2)), np.zeros(STEPS), np.empty((n_steps, 2))
    for step in range(n_steps):
        found[step] = state[0]
        at = (step - np.arange(4) * STEPS // 4) % STEPS
        at = at[weight[at] > 0]
        reach = sine[at] * state[0, 0] + cosine[at] * state[0, 1]
        left = surface[at] - feed * sine[at]
        chip = reach - left
        surface[at] = np.where(chip < 0, left, reach)
        tangential, inward = (k * depth * np.maximum(chip, 0) * weight[at] for k in (695.388e6, 280.955e6))
        force = np.array([
            -np.sum(tangential * cosine[at] + inward * sine[at]), np.sum(tangential * sine[at] - inward * cosine[at])
        ])  # fmt: skip
        state[1] += OMEGA**2 / STIFFNESS * dt * force
        state = drift @ state
    return found


def timed(action: Callable[[], Signals]) -> tuple[float, float]:
    """Wall and processor time [s] of the fastest of three runs, after one to compile."""
    action()
    best = (np.inf, np.inf)
    for _ in range(3):
        wall, work = time.perf_counter(), time.process_time()
        action()
        best = min(best, (time.perf_counter() - wall, time.process_time() - work))
    return best


def main(n_cases: int) -> None:
    n_rev = 20
    print(f"{n_cases} cases x {n_rev} revolutions x {STEPS} steps, {numba.get_num_threads()} threads")
    print(f"{'':52}{'M steps/s':>11}{'ns a step and core':>20}")

    def line(name: str, n_steps: float, wall: float, work: float) -> None:
        print(f"{name:52}{n_steps / wall / 1e6:11.2f}{work / n_steps * 1e9:20.1f}", flush=True)

    one = slots(1)
    spindle, depth = np.asarray(one.spindle)[0], np.asarray(one.depth)[0]
    wall, work = time.perf_counter(), time.process_time()
    plain = plain_python(spindle, depth, 0.15e-3, 5 * STEPS)
    line("plain Python and NumPy, 1 case", 5 * STEPS, time.perf_counter() - wall, time.process_time() - work)
    kernel = simulate(mill(), one, COEFFICIENTS, equal_modes(1), n_revolutions=5, steps_per_revolution=STEPS)
    apart = np.abs(kernel.displacement[0, :, :2] - plain).max() / np.abs(plain).max()
    print(f"  the kernel differs from it by {apart:.1e} of the largest displacement")
    for name, changes, n_pairs, n_slices, damping, kept in (
        ("2 modes, 4 straight teeth, everything recorded", {}, 1, 1, 0.0, n_rev),
        ("2 modes, 4 straight teeth, last revolution recorded", {}, 1, 1, 0.0, 1),
        ("6 modes, 4 straight teeth", {}, 3, 1, 0.0, 1),
        ("2 modes, 4 straight teeth, process damping", {}, 1, 1, 1e5, 1),
        ("2 modes, 4 helical teeth, 8 slices, runout", {"helix": 0.6, "runout": 5e-6}, 1, 8, 0.0, 1),
    ):

        def run(changes=changes, n_pairs=n_pairs, n_slices=n_slices, damping=damping, kept=kept) -> Signals:
            return simulate(
                mill(**changes),
                slots(n_cases, damping),
                COEFFICIENTS,
                equal_modes(n_pairs),
                n_revolutions=n_rev,
                steps_per_revolution=STEPS,
                n_slices=n_slices,
                n_kept=kept,
            )

        line(name, n_cases * n_rev * STEPS, *timed(run))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
