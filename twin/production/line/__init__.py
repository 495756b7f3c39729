"""A line of machines, simulated event by event."""
