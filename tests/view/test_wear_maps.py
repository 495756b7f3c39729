"""Plots of wear, temperature and surface error carry what they are given, in the units on their axes."""

import numpy as np
import pytest

from twin.view.maps import draw_surface_error_map, draw_temperature_map
from twin.view.wear import WearCurve, draw_tool_life, draw_wear_curves


def test_wear_curves(tmp_path):
    time, ones = np.array([60.0, 600.0]), np.ones(2)
    curves = [WearCurve(f"tool {k}", time, 1e-4 * ones, time, 5e-5 * ones, 1e-4 * ones, 2e-4 * ones) for k in range(5)]
    figure = draw_wear_curves(curves, "90 %")
    visible = [axes for axes in figure.axes if axes.get_visible()]
    assert len(visible) == 5 and visible[4].get_title() == "tool 4"
    measured = visible[0].get_lines()[1]
    assert measured.get_xdata() == pytest.approx([1, 10]) and measured.get_ydata() == pytest.approx([0.1, 0.1])
    figure.savefig(tmp_path / "wear.png")


def test_tool_life(tmp_path):
    parts = np.arange(1, 6)
    figure = draw_tool_life(parts, parts[:, None] * np.array([[1e-5, 3e-5]]), 1e-4, ["a", "b"])
    lines = figure.axes[0].get_lines()
    assert lines[1].get_ydata() == pytest.approx(0.03 * parts) and lines[2].get_ydata() == pytest.approx([0.1, 0.1])
    figure.savefig(tmp_path / "life.png")


def test_maps(tmp_path):
    speed, feed = np.linspace(1, 2, 5), np.linspace(1e-4, 2e-4, 4)
    values = 500 + 100 * speed[None] + 1e5 * feed[:, None]
    draw_temperature_map(speed, feed, values, values / 1e4).savefig(tmp_path / "temperature.png")
    stable = np.ones((4, 5), dtype=bool)
    stable[3] = False
    figure = draw_surface_error_map(speed * 1000, feed * 10, (values - 700) * 1e-6, stable)
    assert figure.axes[0].get_xlim()[1] > 2000 * 60 / (2 * np.pi) * 0.99
    said = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert any("chatters" in text for text in said) and any("changes sign" in text for text in said)
    figure.savefig(tmp_path / "error.png")
