"""Many runs: designs, tables of results, what they say."""

from twin.sweep.evaluator import Evaluator, evaluator_of
from twin.sweep.folder import find_sweep, read_table
from twin.sweep.job import run_sweep
from twin.sweep.parameters import Parameter
from twin.sweep.settings import Sweep, load_sweep

__all__ = [
    "Evaluator",
    "Parameter",
    "Sweep",
    "evaluator_of",
    "find_sweep",
    "load_sweep",
    "read_table",
    "run_sweep",
]
