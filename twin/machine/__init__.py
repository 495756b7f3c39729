"""The machine: axes, kinematic chain, geometric errors, spindle and tools."""
