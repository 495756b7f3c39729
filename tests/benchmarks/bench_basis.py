"""Another material's loads: computed anew, or by a dot product with the unit forces.

python tests/benchmarks/bench_basis.py [segments]
"""

import sys
import time

import jax
import jax.numpy as jnp
from bench_cutting import COEFFICIENTS, SPINDLE, best_time, mill, random_path

from twin.cutting import contact, cutters, loads
from twin.cutting.basis import force_basis, rescaled


def main(n: int) -> None:
    engagement, path = random_path(n)
    mills = cutters([mill(0.0)])
    touch, feed, spindle = contact(engagement, path, mills), jnp.full(n, 0.05), jnp.full(n, SPINDLE)
    anew = best_time(lambda: loads(touch, feed, spindle, mills, COEFFICIENTS))[0]
    start = time.perf_counter()
    basis = jax.block_until_ready(force_basis(lambda k: loads(touch, feed, spindle, mills, k), COEFFICIENTS))
    once = time.perf_counter() - start
    again = best_time(lambda: rescaled(basis, COEFFICIENTS))[0]
    print(f"{n:,} segments: loads {anew:.3f} s, basis {once:.2f} s (with compilation), rescaled {again * 1e3:.2f} ms")
    print(f"another material costs 1/{anew / again:.0f} of computing it anew")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
