"""Faults of a machine from what it records anyway: parameters of the twin that drift from run to run."""
