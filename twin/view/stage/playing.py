"""How fast a machining is played."""

SPEEDS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0)  # times as fast as the machine
SHOWING = 40.0  # [s] about as long the whole program takes at first


def default_speed(duration: float) -> float:
    """The speed at which a program of ``duration`` [s] is played at first."""
    return min(SPEEDS, key=lambda speed: abs(duration / speed - SHOWING))


def next_speed(speed: float, by: int) -> float:
    """The speed that lies ``by`` places after ``speed``."""
    return SPEEDS[max(0, min(SPEEDS.index(speed) + by, len(SPEEDS) - 1))]
