"""The 400 x 200 stability map of Insperger and Stepan: time and error, beside a plain semi-discretisation.

    python tests/benchmarks/bench_stability.py [plain points]

Slot, 5,000 to 25,000 rpm, 0 to 4 mm. Targets on two cores: one mode in 10 s and two modes in 60 s, with a 95th
percentile of the error of |mu| (relative where |mu| > 1) below 1e-3. Beside it, in the same run: the zeroth-order
semi-discretisation as open codes have it (40 dense matrices multiplied, eigenvalues), on some of the points, scaled up.
Process time counts both cores and leaves out what other programs do; wall time does not.
"""

import sys
import time
from pathlib import Path

import numpy as np
from scipy.linalg import expm

sys.path.insert(0, str(Path(__file__).parents[1] / "cutting" / "stability"))
from milling_cases import insperger, rpm

from twin.cutting.stability import floquet_multipliers
from twin.units import MM

SPEED, DEPTH = np.linspace(*rpm(5000, 25000), 400), np.linspace(0, 4, 200) * MM


def plain(speed: float, depth: float, k: int = 40) -> float:
    """|mu| of the mode along x by the textbook's zeroth-order method."""
    mass, omega, zeta, dt = 0.03993, 2 * np.pi * 922, 0.011, np.pi / speed / k
    monodromy = np.eye(k + 2)
    for i in range(k):
        phi = np.pi / k * i
        w = depth / mass * (6e8 * np.cos(phi) + 2e8 * np.sin(phi)) * np.sin(phi)
        a = np.array([[0, 1], [-(omega**2) - w, -2 * zeta * omega]])
        p = expm(a * dt)
        r = (p - np.eye(2)) @ np.linalg.solve(a, np.array([0.0, w]))
        step = np.zeros((k + 2, k + 2))
        step[:2, :2] = p
        step[:2, k] = step[:2, k + 1] = r / 2
        step[2, 0] = 1
        step[np.arange(3, k + 2), np.arange(2, k + 1)] = 1
        monodromy = step @ monodromy
    return float(np.abs(np.linalg.eigvals(monodromy)).max())


def timed(milling, **settings):
    wall, process = time.perf_counter(), time.process_time()
    found = floquet_multipliers(milling, SPEED[:, None], DEPTH[None], **settings)
    return found, time.perf_counter() - wall, time.process_time() - process


def error_of(modulus: np.ndarray, exact: np.ndarray) -> str:
    error = np.abs(modulus - exact) / np.maximum(exact, 1)
    return "  ".join(f"{np.quantile(error, q):9.1e}" for q in (0.5, 0.95, 1.0))


def main(n_plain: int) -> None:
    print(f"{'80,000 points':<44}{'wall s':>8}{'process s':>11}   error: median       p95       max")
    for axes in ("x", "xy"):
        milling = insperger(1.0, False, axes)
        floquet_multipliers(milling, SPEED[:2], DEPTH[:2] + 1e-4)  # compiled
        exact = floquet_multipliers(milling, SPEED[:, None], DEPTH[None], resolution=16).modulus
        found, wall, process = timed(milling)
        name = f"collocation with its error, {len(axes)} mode(s)"
        print(f"{name:<44}{wall:8.2f}{process:11.2f}        {error_of(found.modulus, exact)}")
        if axes == "x":
            random = np.random.default_rng(0)
            i, j = random.integers(400, size=n_plain), random.integers(1, 200, size=n_plain)
            start, cpu = time.perf_counter(), time.process_time()
            modulus = np.array([plain(SPEED[a], DEPTH[b]) for a, b in zip(i, j, strict=True)])
            wall, process = (time.perf_counter() - start), (time.process_time() - cpu)
            scale = 80_000 / n_plain
            name = f"plain zeroth order, k = 40, {n_plain} points scaled"
            print(f"{name:<44}{wall * scale:8.0f}{process * scale:11.0f}        {error_of(modulus, exact[i, j])}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
