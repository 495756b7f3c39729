"""A run as one differentiable function: the report again, and a gradient by all parameters.

python tests/benchmarks/bench_chain.py [SCENARIO]
"""

import sys
import time

import jax
import numpy as np

from twin.chain import chain_of
from twin.scenario import load_scenario
from twin.simulate import machine, predict


def main() -> None:
    scenario = load_scenario(f"scenario={sys.argv[1] if len(sys.argv) > 1 else 'rib_panel_7075'}")
    prediction = predict(scenario, machine(scenario, lambda stage: None), lambda stage: None)
    chain = chain_of(scenario, prediction)
    weight = np.zeros(len(chain.plan.name))
    weight[0] = 1.0
    n = sum(np.size(leaf) for leaf in jax.tree.leaves(chain.parameters))
    leaves = len(jax.tree.leaves(chain.parameters))
    print(f"{scenario.part.name}: {len(weight)} characteristics, {n} numbers in {leaves} parameters")
    for name, call in (
        ("report", lambda: chain.features(chain.parameters)),
        ("gradient of one characteristic", lambda: chain.slopes(chain.parameters, weight)),
    ):
        jax.block_until_ready(call())
        begin = time.perf_counter()
        jax.block_until_ready(call())
        print(f"{name:32} {time.perf_counter() - begin:6.2f} s")


if __name__ == "__main__":
    main()
