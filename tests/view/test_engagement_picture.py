"""The engagement map shows the depth that is touched at each angle, when it is touched."""

import numpy as np

from twin.program.program import Toolpath
from twin.stock.cut import N_SLICES, Engagement
from twin.view.engagement import draw_engagement

MM = 1e-3


def test_depth_at_each_angle_and_time():
    arc = np.full((2, N_SLICES, 2, 2), np.nan)
    arc[0, : N_SLICES // 2, 0] = 0.0, np.pi / 2  # the lower half of 4 mm, up milling, in the first 6 s
    arc[1, :, 0] = np.pi / 2, np.pi  # all of 1 mm, down milling, in the next 4 s
    engagement = Engagement(np.array([4 * MM, 1 * MM]), arc, np.zeros(2, dtype=bool), np.zeros(2))
    axis = np.tile([0.0, 0.0, 1.0], (2, 1))
    row = np.arange(2)
    path = Toolpath(
        start=np.zeros((2, 3)),
        end=np.tile([MM, 0.0, 0.0], (2, 1)),
        axis_start=axis,
        axis_end=axis,
        rapid=np.zeros(2, dtype=bool),
        feed=np.full(2, 0.01),
        tool=np.ones(2, dtype=int),
        spindle=np.full(2, 500.0),
        coolant=np.zeros(2, dtype=np.int8),
        line=row,
        move=row,
        fraction=np.tile([0.0, 1.0], (2, 1)),
    )
    figure = draw_engagement(engagement, path, np.array([[0.0, 6.0], [6.0, 10.0]]), "two cuts")
    (cells,) = [c for c in figure.axes[0].collections if c.get_array() is not None]
    shown = np.ma.filled(cells.get_array(), 0.0).reshape(180, 1000)  # angle, time
    assert np.allclose(shown[:45, :599], 2.0) and np.allclose(shown[45:, :599], 0.0)
    assert np.allclose(shown[45:90, 602:], 1.0) and np.allclose(shown[90:, 602:], 0.0)
    assert np.allclose(shown[:45, 602:], 0.0)
