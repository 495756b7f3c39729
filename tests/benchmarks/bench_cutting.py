"""Cutting loads of 100,000 path segments: time, gradient, memory; beside a plain sampling of the same force.

    python tests/benchmarks/bench_cutting.py [segments]

Every segment has its own arc of 16 slices, on a helical end mill of 4 teeth; 72 rotations of a revolution, evenly,
are searched for the peaks. Loads are computed as a run does, in blocks on both cores. The target is 2 s for 100,000
segments on two cores, and a gradient within 3 times that.
"""

import resource
import sys
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import in_blocks
from twin.cutting import Contact, Cutters, CuttingCoefficients, contact, cutters, loads
from twin.machine.tool import Tool
from twin.program.program import Toolpath
from twin.stock.cut import Engagement

COEFFICIENTS = CuttingCoefficients(ktc=767e6, krc=169e6, kac=222e6, kte=27.7e3, kre=26.6e3, kae=0.7e3)
SPINDLE = 1000.0
BLOCK = 1 << 13
Rows = tuple[Contact, jax.Array, jax.Array]


def mill(runout: float, wave: float = 0.0) -> Tool:
    return Tool(
        number=1,
        name="D16",
        kind="flat",
        diameter=16e-3,
        n_teeth=4,
        flute_length=32e-3,
        stick_out=50e-3,
        helix=np.radians(35),
        runout=runout,
        serration_wavelength=8 * wave,
        serration_amplitude=wave,
    )


def random_path(n: int) -> tuple[Engagement, Toolpath]:
    """Level cuts in every direction, with arcs anywhere ahead."""
    random = np.random.default_rng(0)
    angle = random.uniform(0, 2 * np.pi, n)
    end = 1e-3 * np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)
    arc = np.full((n, 16, 2, 2), np.nan, np.float32)
    arc[:, :, 0] = np.sort(random.uniform(0, np.pi, (n, 1, 2)), axis=-1)
    row, axis = np.arange(n), np.tile([0.0, 0.0, 1.0], (n, 1))
    one = np.ones(n, dtype=np.int32)
    path = Toolpath(
        start=0 * end,
        end=end,
        axis_start=axis,
        axis_end=axis,
        rapid=one < 0,
        feed=0.05 * one,
        tool=one,
        spindle=SPINDLE * one,
        coolant=one,
        line=row,
        move=row,
        fraction=np.tile([0.0, 1.0], (n, 1)),
    )
    return Engagement(random.uniform(1e-3, 12e-3, n), arc, one < 0, 0.0 * one), path


@jax.jit
def plain_sampling(start: jax.Array, stop: jax.Array, depth: jax.Array, feed: jax.Array) -> jax.Array:
    """Largest resultant by sampling alone, float32: 72 rotations, 16 slices, 4 teeth, no runout."""
    rotation = jnp.arange(72, dtype=jnp.float32)[:, None, None] * (2 * np.pi / 72)
    tooth = jnp.arange(4, dtype=jnp.float32)[None, :, None] * (np.pi / 2)
    slices = (jnp.arange(16, dtype=jnp.float32)[None, None] + 0.5) / 16

    def one(row: tuple[jax.Array, ...]) -> jax.Array:
        start, stop, depth, feed = row
        phi = (rotation - tooth - slices * depth * (np.tan(np.radians(35)) / 8e-3)) % (2 * np.pi)
        chip = feed * jnp.sin(phi)
        inside = jnp.where((phi >= start) & (phi <= stop), depth / 16, 0.0)
        tangential, radial, axial = (
            (kc * chip + ke) * inside for kc, ke in ((767e6, 27.7e3), (169e6, 26.6e3), (222e6, 0.7e3))
        )
        ahead = jnp.sum(-tangential * jnp.cos(phi) - radial * jnp.sin(phi), axis=(1, 2))
        left = jnp.sum(tangential * jnp.sin(phi) - radial * jnp.cos(phi), axis=(1, 2))
        return jnp.max(ahead**2 + left**2 + jnp.sum(axial, axis=(1, 2)) ** 2)

    return jnp.sqrt(jax.lax.map(one, (start, stop, depth, feed), batch_size=256))


def best_time(function, repeats: int = 3) -> tuple[float, float]:
    """Wall and processor time [s] of the fastest of some runs, after one to compile."""
    jax.block_until_ready(function())
    times = []
    for _ in range(repeats):
        wall, work = time.perf_counter(), time.process_time()
        jax.block_until_ready(function())
        times.append((time.perf_counter() - wall, time.process_time() - work))
    return min(times)


def main(n: int) -> None:
    engagement, path = random_path(n)
    feed, spindle = jnp.full(n, 0.05), jnp.full(n, SPINDLE)
    print(f"{n:,} segments x 72 rotations x 16 slices x 4 teeth")
    print(f"{'':42}{'wall s':>8}{'cpu s':>8}{'x forward':>11}")

    def line(name: str, times: tuple[float, float], forward: float = 0.0) -> None:
        ratio = f"{times[0] / forward:11.2f}" if forward else ""
        print(f"{name:42}{times[0]:8.2f}{times[1]:8.2f}{ratio}", flush=True)

    arc = engagement.arc[:, 0, 0]
    single = [
        jnp.asarray(a, jnp.float32) for a in (arc[:, 0], arc[:, 1], engagement.depth, feed * (np.pi / 2 / SPINDLE))
    ]
    sampled = plain_sampling(*single)
    line("plain sampling, float32, resultant only", best_time(lambda: plain_sampling(*single)))
    for name, runout, wave in (
        ("no runout", 0.0, 0.0),
        ("runout 8 um", 8e-6, 0.0),
        ("runout, serrated", 8e-6, 0.25e-3),
    ):
        mills = cutters([mill(runout, wave)])
        touch = contact(engagement, path, mills)

        def total(coefficients: CuttingCoefficients, rows: Rows, mills: Cutters = mills) -> jax.Array:
            return sum(jnp.sum(leaf) for leaf in jax.tree.leaves(loads(*rows, mills, coefficients)))

        gradient = jax.jit(jax.grad(total))
        rows = (touch, feed, spindle)

        def gradient_of_all(gradient: Callable = gradient, rows: Rows = rows) -> CuttingCoefficients:
            """Block by block on both cores, as the loads."""

            def of_block(some: Rows) -> CuttingCoefficients:
                return jax.tree.map(lambda slope: np.full(BLOCK, slope / BLOCK), gradient(COEFFICIENTS, some))

            return jax.tree.map(np.sum, in_blocks(of_block, rows, BLOCK))

        times = best_time(lambda r=rows, m=mills: in_blocks(lambda some: loads(*some, m, COEFFICIENTS), r))
        line(f"loads, float64, {name}", times)
        line(f"their gradient, {name}", best_time(gradient_of_all), times[0])
        if runout == 0:
            peak = loads(touch, feed, spindle, mills, COEFFICIENTS).resultant_peak
            lower = np.asarray(1 - sampled / peak)
            print(f"  plain sampling falls short of the peak: median {np.median(lower):.2%}, worst {lower.max():.0%}")
    print(f"peak memory of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
