"""NC text to canonical moves and to a path of straight pieces."""

from twin.program.interpreter import interpret
from twin.program.linearise import linearise
from twin.program.program import Op, PathMode, Program, ProgramWarning, Toolpath

__all__ = ["Op", "PathMode", "Program", "ProgramWarning", "Toolpath", "interpret", "linearise"]
