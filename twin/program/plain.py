"""The fast way through plain blocks: G0 to G3 with X Y Z, I J and F, which make up most of a program.

What it does is what the interpreter's order of execution does with such a block, without asking for all that the
block cannot contain. Whatever is not plain, or is wrong, ends the run and takes the long way.
"""

import re
from math import hypot

from twin.program.arcs import TOLERANCE, radii_agree
from twin.program.control import Control
from twin.program.program import Op

_NUMBER = r"([+-]?(?:\d+\.?\d*|\.\d+))"
_PLAIN = re.compile(
    rf"\s*(?:N\d+\s*)?(?:G0?([0-3])\s*)?(?:X{_NUMBER}\s*)?(?:Y{_NUMBER}\s*)?(?:Z{_NUMBER}\s*)?"
    rf"(?:I{_NUMBER}\s*)?(?:J{_NUMBER}\s*)?(?:F(\d+\.?\d*)\s*)?",
    re.IGNORECASE,
)


def is_plain(control: Control) -> bool:
    """Whether the modal state lets a plain block mean no more than its move."""
    return (
        control.absolute
        and control.feed_mode == 940
        and control.compensation is None
        and not control.surface_speed
        and not control.arc_after_compensation
    )


def run_plain(control: Control, lines: list[str], at: int) -> int:
    """Runs blocks as long as they are plain; returns the place of the first other one."""
    recorder, scale = control.recorder, control.scale
    per_minute = scale / 60.0
    x, y, z = control.position[:3]
    abc = control.position[3:]
    recorder.set("abc", abc)
    motion, feed = control.motion, control.feed
    if feed:
        recorder.set("feed", feed)
    arcs, tolerance = control.plane == 2 and not control.arc_absolute, TOLERANCE[scale]
    match, n = _PLAIN.fullmatch, len(lines)
    add_op, add_line = recorder.op.append, recorder.line.append
    add_x, add_y, add_z = recorder.x.append, recorder.y.append, recorder.z.append
    op_of = {0: int(Op.RAPID), 10: int(Op.FEED)}
    while at < n:
        found = match(lines[at])
        if found is None:
            break
        g, x_word, y_word, z_word, i_word, j_word, f_word = found.groups()
        new_motion = motion if g is None else int(g) * 10
        new_feed = feed
        if f_word is not None:
            new_feed = float(f_word) * per_minute
            if not new_feed:
                break
        centred = i_word is not None or j_word is not None
        if x_word is None and y_word is None and z_word is None and not centred:
            if g is not None:
                break  # G0 alone may end a canned cycle
            if new_feed is not None and new_feed != feed:
                feed = new_feed
                recorder.set("feed", feed)
            at += 1
            continue
        if new_motion is None or (new_motion and not new_feed) or centred != (new_motion in (20, 30)):
            break
        to_x = x if x_word is None else float(x_word) * scale
        to_y = y if y_word is None else float(y_word) * scale
        to_z = z if z_word is None else float(z_word) * scale
        if centred:
            i = float(i_word) * scale if i_word else 0.0
            j = float(j_word) * scale if j_word else 0.0
            u, v = x + i, y + j
            if not arcs or not radii_agree(hypot(x - u, y - v), hypot(to_x - u, to_y - v), tolerance):
                break
        elif new_motion > 10:
            break
        if new_feed and new_feed != feed:
            feed = new_feed
            recorder.set("feed", feed)
        at += 1
        motion = new_motion
        if centred:
            recorder.arc(at, (to_x, to_y, to_z, *abc), (u, v, z), 2, -1 if motion == 20 else 1)
        else:
            add_op(op_of[motion])
            add_line(at)
            add_x(to_x)
            add_y(to_y)
            add_z(to_z)
        x, y, z = to_x, to_y, to_z
    if motion != control.motion:
        control.end_cycle()
    control.motion, control.feed = motion, feed
    control.position = (x, y, z, *abc)
    return at
