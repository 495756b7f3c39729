"""Segments per second of surface error, heat shares and wear; forward and with the gradient of a sum.

Run: ``python tests/benchmarks/bench_form_wear_heat.py [segments]``.
"""

import sys
import time
from pathlib import Path

import jax
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cutting"))

from cutting_cases import ALUMINIUM, feed_for, make_contact, make_tool

from twin.cutting.dynamics.modes import Modes
from twin.cutting.form import surface_error
from twin.cutting.heat import HeatProperties, workpiece_share
from twin.cutting.wear import TaylorLaw, program_wear


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 4096
    tool = make_tool()
    touch, mills = make_contact(tool, 3e-3, [(np.pi - 1.0, np.pi)], np.tile([1.0, 0, 0], (n, 1)))
    spindle = np.linspace(400.0, 900.0, n)
    feed = feed_for(tool, 0.1e-3, 1.0) * spindle
    modes = Modes(
        omega=np.array([5000.0, 5200.0, 9000.0, 9500.0]),
        damping=np.full(4, 0.03),
        stiffness=np.array([1e7, 1e7, 2e7, 2e7]),
        direction=np.array([[1.0, 0, 0], [0, 1, 0], [1, 0, 0], [0, 1, 0]]),
    )
    heat = HeatProperties(2810.0, 870.0, 130.0, 88.0, 20.0)
    law = TaylorLaw(900.0, 5.0, 1e-4, 2e-3, 3.0, 0.5, 0.2, 0.5, 0.2e-3, 0.8)
    seconds = np.full(n, 0.1)
    cases = {
        "surface error, 4 modes": lambda v: surface_error(touch, v, spindle, mills, ALUMINIUM, modes).deviation,
        "heat shares": lambda v: workpiece_share(touch, v, spindle, mills, ALUMINIUM, heat, [0.1], 0.5).workpiece,
        "wear": lambda v: program_wear(touch, v, spindle, seconds, mills, law).wear,
    }
    print(f"{n} segments of 16 slices, helix 30 degrees; best of three, after compilation")
    for name, function in cases.items():
        gradient = jax.jit(jax.grad(lambda v, f=function: f(v).sum()))
        forward, backward = _best(function, feed), _best(gradient, feed)
        print(f"{name:24s} {n / forward:12,.0f} segments/s   gradient {backward / forward:5.1f} x forward")


def _best(function, argument) -> float:  # type: ignore[no-untyped-def]
    jax.block_until_ready(function(argument))
    times = []
    for _ in range(3):
        start = time.perf_counter()
        jax.block_until_ready(function(argument))
        times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    main()
