"""Compilation of the removal kernels."""

from pathlib import Path

from twin.native import kernel_of

# No NaN may reach a kernel's arithmetic; infinities may.
kernel = kernel_of(Path(__file__).parent, {"nnan", "reassoc", "contract", "nsz", "arcp"})
