"""The picture of temperature days: one column a day, its error in the corner."""

import numpy as np

from twin.view.first_order import TemperatureCurves, draw_temperature_days


def test_errors_stand_beside_the_curves():
    time = np.arange(61) * 60.0
    reading = np.full(61, 45.0)
    day = TemperatureCurves("a day", time, reading, {"model": reading + 0.5, "naive": reading - 2}, np.zeros(61))
    figure = draw_temperature_days([day, day])
    above = figure.axes[0]
    assert [text.get_text() for text in above.texts] == ["0.50 K rms", "2.00 K rms"]
    np.testing.assert_allclose(above.lines[0].get_xdata(), time / 3600)
