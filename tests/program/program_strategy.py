"""Hypothesis strategies of whole NC programs, many of them legal.

They keep out of the stated differences to LinuxCNC (test_program_differences).
"""

import warnings

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

LENGTHS = st.integers(-40_000, 40_000).map(lambda n: f"{n / 1000:.3f}".rstrip("0") if n % 3 else f"{n / 1000:g}")
POSITIVE = st.integers(1, 9_000).map(lambda n: f"{n / 100:g}")
FEEDS = st.integers(50, 3_000).map(lambda n: f" F{n}")
MAYBE_FEED = st.one_of(st.just(""), st.just(""), FEEDS)


@st.composite
def axes(draw, letters: str = "XYZ", least: int = 1) -> str:
    chosen = draw(st.lists(st.sampled_from(letters), unique=True, min_size=least, max_size=len(letters)))
    return " ".join(f"{letter}{draw(LENGTHS)}" for letter in chosen)


@st.composite
def straight(draw) -> str:
    return f"{draw(st.sampled_from(['G0 ', 'G1 ', 'G01', 'G1']))}{draw(axes('XYZA'))}{draw(MAYBE_FEED)}"


@st.composite
def arc(draw) -> str:
    """Radius format, full circles and half circles by their centre, helices, P turns, in the three planes."""
    plane, (u, v, w), (i, j) = draw(st.sampled_from([("G17", "XYZ", "IJ"), ("G18", "ZXY", "KI"), ("G19", "YZX", "JK")]))
    if plane != "G17":
        plane = f"G92.1\nG10 L2 P0 R0\n{plane}"
    g = draw(st.sampled_from(["G2", "G3"]))
    turns = draw(st.sampled_from(["", "", "", " P1", " P2", " P3"]))
    rise = draw(st.sampled_from(["", "", f" {w}{draw(LENGTHS)}"]))
    kind = draw(st.integers(0, 2))
    if kind == 0:
        radius = draw(st.sampled_from(["", "-"])) + draw(st.integers(20, 90).map(str))
        body = f"{u}{draw(LENGTHS)} {v}{draw(LENGTHS)} R{radius}"
    elif kind == 1:
        body = f"{i}{draw(LENGTHS)} {j}{draw(POSITIVE)}"
    else:  # in incremental words the end of a half circle is twice its centre
        a, b = draw(st.integers(-20, 20)), draw(st.integers(1, 20))
        return f"{plane} G91 {g} {u}{2 * a} {v}{2 * b}{rise} {i}{a} {j}{b}{turns}{draw(MAYBE_FEED)}\nG90 G17"
    return f"{plane} {g} {body}{rise}{turns}{draw(MAYBE_FEED)}\nG17"


@st.composite
def cycle(draw) -> str:
    g = draw(st.sampled_from([73, 74, 81, 82, 83, 84, 85, 86, 89]))
    r = draw(st.integers(-5, 10))
    depth = r - draw(st.integers(0, 30))
    start = "M4" if g == 74 else "M3"
    words = f"G{g} {draw(axes('XY'))} Z{depth} R{r}"
    words += {73: " Q2.5", 83: " Q3", 82: " P0.5", 86: " P1", 89: " P0.25", 84: " P0.5", 74: " P1"}.get(g, "")
    retract = draw(st.sampled_from(["G98 ", "G99 "]))
    more = draw(st.lists(axes("XY"), max_size=2))
    repeats = draw(st.sampled_from(["", "", " L2"])) if g != 74 else ""
    return "\n".join([f"{start}\nG90\n{retract}{words}{repeats}", *more, "G80"])


@st.composite
def compensation(draw) -> str:
    """A contour with tool 2 (4 mm) on either side: lines and arcs, concave corners that fit or do not."""
    lines = [draw(st.sampled_from(["G41", "G42"])) + draw(st.sampled_from([" D1", " D2", " D0"]))]
    lines += ["G90 G1 X200 Y200"]
    for _ in range(draw(st.integers(1, 6))):
        x, y = draw(st.integers(-6, 6)) * 20, draw(st.integers(-6, 6)) * 20
        kind = draw(st.sampled_from(["line", "line", "line", "arc", "down"]))
        if kind == "line":
            lines.append(f"G1 X{x} Y{y}")
        elif kind == "arc":
            g, radius = draw(st.sampled_from(["G2", "G3"])), draw(st.integers(130, 300))
            lines.append(f"{g} X{x} Y{y} R{radius}")
        else:
            lines.append(f"G1 Z{draw(st.integers(-9, 9))}")
    return "\n".join([*lines, "G40 G1 X150 Y-150"])


@st.composite
def offsets(draw) -> str:
    g = draw(st.sampled_from(["G54", "G55", "G56", "G59", "G59.1", "G59.3"]))
    p = draw(st.integers(0, 9))
    return draw(
        st.sampled_from(
            [
                g,
                f"{g} G0 {draw(axes())}",
                f"G10 L2 P{p} {draw(axes('XYZA'))}",
                f"G92.1\nG10 L2 P{p} R{draw(st.integers(-180, 180))}",
                f"G10 L20 P{p} {draw(axes())}",
                f"G92 {draw(axes())}",
                f"G52 {draw(axes())}",
                "G92.1",
                "G92.2",
                "G92.3",
                f"T{draw(st.integers(1, 9))} M6\nG90 G0 X0 Y{draw(LENGTHS)} Z0 A0",
                f"G43 H{draw(st.integers(0, 9))}",
                f"G43.1 Z{draw(LENGTHS)}",
                "G49",
                "G28",
                f"G92.1\nG10 L2 P0 R0\nG28 {draw(axes())}",
                f"G92.1\nG10 L2 P0 R0\nG30 {draw(axes())}",
                "G28.1",
                "G30.1",
                f"G92.1\nG10 L2 P0 R0\nG90 G53 G0 {draw(axes())}",
            ]
        )
    )


@st.composite
def modes(draw) -> str:
    return draw(
        st.sampled_from(
            [
                "G91",
                "G90",
                "G49\nG20",
                "G49\nG21",
                "G61",
                "G61.1",
                "G64",
                "G64 P0.05 Q0.02",
                "M3",
                "M4",
                "M5",
                "M8",
                "M9",
                "M1",
                f"G4 P{draw(POSITIVE)}",
                f"G93 G1 X{draw(st.integers(41, 90))} Y0 F{draw(st.integers(1, 90))}\nG94 F200",
                "(a comment) ; and another",
                "/G0 X3",
                "N123",
            ]
        )
    )


EXPRESSIONS = st.recursive(
    st.one_of(POSITIVE, st.sampled_from(["#1", "#2", "#<a>", "-#1", "[-3]", "0.5"])),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", " MOD ", " GT ", " AND ", " XOR ", " EQ "]), inner).map(
            lambda t: f"[{t[0]}{t[1]}{t[2]}]"
        ),
        st.tuples(
            st.sampled_from(["SIN", "COS", "ABS", "FIX", "FUP", "ROUND", "SQRT", "LN", "ATAN", "ASIN"]), inner
        ).map(lambda t: f"{t[0]}[{t[1]}]" + ("/[2]" if t[0] == "ATAN" else "")),
    ),
    max_leaves=6,
)


@st.composite
def parameters(draw) -> str:
    expression = draw(EXPRESSIONS)
    return draw(
        st.sampled_from(
            [
                f"#{draw(st.integers(1, 3))} = {expression}",
                f"#<a> = {expression}",
                f"G0 X{expression}",
                f"G0 X[#5420 + 1] Y[#<_y> - {draw(POSITIVE)}]",
                f"G1 Y[{expression} / 10]",
            ]
        )
    )


@st.composite
def loops(draw) -> str:
    n, label = draw(st.integers(0, 4)), "LABEL"
    body = draw(st.one_of(straight(), parameters()))
    return draw(
        st.sampled_from(
            [
                f"o{label} repeat [{n}]\n{body}\no{label} endrepeat",
                f"#9 = 0\no{label} while [#9 LT {n}]\n{body}\n#9 = [#9+1]\no{label} endwhile",
                f"#9 = 0\no{label} do\n{body}\n#9 = [#9+1]\no{label} while [#9 LT {n}]",
                f"o{label} if [#1 GT #2]\n{body}\no{label} elseif [#1 EQ {n}]\nG0 X1\n"
                f"o{label} else\nG0 Z4\no{label} endif",
                f"o{label} sub\nG0 X#1 Y[#2*2]\no{label} endsub [#1]\no{label} call [{n}] [#1]\nG1 Z#<_value>",
            ]
        )
    )


@st.composite
def nonsense(draw) -> str:
    return draw(
        st.sampled_from(
            [
                "G2 X1 Y1",
                "G1 X1 X2",
                "G0 G1 X1",
                "G12",
                "G3 X9 Y9 I1",
                "G81 X1",
                "G1 X[1/0]",
                "G0 X#<nothing>",
                "T99 M6",
                "F-1",
                "S-1",
                "G10 L2 P12 X0",
                "G91 G53 G0 X0",
                "H1",
                "G4",
                "G0 X",
                "o5 endif",
                "(open",
                "G19 G41 D1",
                "G18 G2 X1 J1",
            ]
        )
    )


LEGAL = st.one_of(
    straight(), straight(), arc(), cycle(), compensation(), offsets(), modes(), parameters(), loops(), straight()
)


@st.composite
def programs(draw) -> str:
    lines = draw(st.lists(LEGAL, min_size=1, max_size=10))
    if draw(st.integers(0, 9)) == 7:
        lines.insert(draw(st.integers(0, len(lines))), draw(nonsense()))
    lines = [line.replace("LABEL", str(100 + i)) for i, line in enumerate(lines)]  # each label once
    return "\n".join(["G21 G90 G17 G94 F100 S1000 M3", "#1 = 1", "#2 = 2", "#<a> = 3", "G0 X0 Y0 Z0", *lines, "M2", ""])


def sample_programs(n: int) -> list[str]:
    """``n`` programs, always the same."""
    found: list[str] = []

    @seed(20)
    @settings(
        max_examples=n, phases=[Phase.generate], database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(programs())
    def collect(text: str) -> None:
        found.append(text)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        collect()
    return found
