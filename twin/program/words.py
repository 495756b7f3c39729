"""The words of the language: modal groups of G and M, which letters a block may carry."""

# G codes are kept as tenths: G1 is 10, G38.2 is 382.
G_GROUP: dict[int, str] = {
    **dict.fromkeys((0, 10, 20, 30, 310, 382, 383, 384, 385), "motion"),
    **dict.fromkeys((730, 740, 810, 820, 830, 840, 850, 860, 870, 880, 890), "motion"),
    800: "cycle off",
    **dict.fromkeys((40, 100, 280, 281, 300, 301, 520, 530, 650, 920, 921, 922, 923), "non-modal"),
    **dict.fromkeys((170, 180, 190), "plane"),
    **dict.fromkeys((900, 910), "distance"),
    **dict.fromkeys((901, 911), "arc distance"),
    **dict.fromkeys((930, 940, 950), "feed mode"),
    **dict.fromkeys((200, 210), "units"),
    **dict.fromkeys((400, 410, 411, 420, 421), "cutter compensation"),
    **dict.fromkeys((430, 431, 432, 490), "tool length"),
    **dict.fromkeys((980, 990), "retract"),
    **dict.fromkeys((540, 541, 550, 560, 570, 580, 590, 591, 592, 593), "work offset"),
    **dict.fromkeys((610, 611, 640), "path mode"),
    90: "exact stop",
    **dict.fromkeys((960, 970), "spindle mode"),
    **dict.fromkeys((680, 690), "rotation"),
}
M_GROUP: dict[int, str] = {
    **dict.fromkeys((0, 1, 2, 30, 60), "stop"),
    **dict.fromkeys((98, 99), "subprogram"),
    **dict.fromkeys((6, 61), "tool change"),
    **dict.fromkeys((3, 4, 5), "spindle"),
    **dict.fromkeys((7, 8, 9), "coolant"),
    **dict.fromkeys((10, 11), "clamp"),
    19: "orient",
    29: "rigid tap",
    **dict.fromkeys((48, 49), "override"),
    50: "feed override",
    51: "spindle override",
    52: "adaptive feed",
    53: "feed stop",
}
CYCLES = frozenset((730, 740, 810, 820, 830, 840, 850, 860, 870, 880, 890))
AXES = "xyzabc"
# Letters that stand for a value; o, n and the slash are read before.
LETTERS = frozenset("abcdefghijklmpqrstuvwxyz")

# Words that tune a control and move nothing, with the letters they take along, the first of which G05 must have.
TUNING: dict[int, str] = {
    50: "pqr",  # G05 P10000: high-speed machining
    51: "qpr",  # G05.1 Q1: AI contour control
    64: "p",  # G06.4
    80: "pq",  # G08 P1: look-ahead
    620: "",  # G62: automatic corner override
    630: "",  # G63: tapping mode
}
M_IGNORED: dict[int, str] = {
    10: "clamps an axis",
    11: "releases an axis",
    19: "turns the spindle to an angle",
    29: "rigid tapping on; the cycle moves the same",
    48: "override knobs on",
    49: "override knobs off",
    50: "feed override",
    51: "spindle override",
    52: "adaptive feed",
    53: "feed stop",
}


class WordError(ValueError):
    """A word that cannot be used; the interpreter adds file and line."""

    def __init__(self, message: str, remedy: str):
        super().__init__(message)
        self.message, self.remedy = message, remedy


def g_name(code: int) -> str:
    """How the code is written: 382 is G38.2."""
    return f"G{code // 10}" + (f".{code % 10}" if code % 10 else "")
