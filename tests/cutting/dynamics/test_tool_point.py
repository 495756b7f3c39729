"""Beam receptances against beam theory, coupling against the undivided beam, tools against static deflection."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import yaml
from gradients import check_gradients
from scipy.optimize import brentq

from twin.config import build
from twin.cutting.dynamics.beam import Section, couple, free_section, stack
from twin.cutting.dynamics.modes import join, receptance
from twin.cutting.dynamics.tool_point import tool_point_modes, tool_point_receptance, tool_sections
from twin.errors import InputError
from twin.machine.machine import Machine
from twin.machine.spindle import SpindleMode
from twin.machine.tool import HolderSection, Tool

CONF = Path(__file__).resolve().parents[3] / "conf"
STEEL = dict(youngs_modulus=210e9, density=7850.0)
SPINDLE = tuple(
    SpindleMode(direction=axis, frequency=f, damping=0.03, stiffness=k, pivot=p, source="assumed")
    for axis in ("x", "y")
    for f, k, p in ((600.0, 5e7, 0.2), (1100.0, 9e7, 0.14))
)


def wall(omega) -> jax.Array:
    return jnp.zeros((len(omega), 2, 2), dtype=complex)


def make_tool(**changes) -> Tool:
    values = dict(
        number=1, name="test", kind="flat", diameter=12e-3, n_teeth=3, flute_length=26e-3, stick_out=45e-3,
        shank_diameter=12e-3,
        holder=(HolderSection(50e-3, 24e-3, 32e-3), HolderSection(26e-3, 53e-3, 53e-3)),
    )  # fmt: skip
    return Tool(**(values | changes))


@pytest.mark.parametrize(("ends", "roots"), [
    ("clamped-free", (1.87510407, 4.69409113, 7.85475744)), ("free-free", (4.73004074, 7.85320462, 10.99560784)),
])  # fmt: skip
def test_frequencies_of_a_slender_beam(ends, roots):
    """Euler's values; shear and rotation of the sections lower them by less than 1e-4 at a slenderness of 500."""
    length, diameter = 0.5, 1e-3
    section = Section(length, diameter, **STEEL)

    def stiffness(omega: float) -> float:
        """Zero at resonance."""
        at = jnp.asarray([omega])
        r = couple(free_section(section, at), wall(at)) if ends == "clamped-free" else free_section(section, at).r11
        tip = float(r[0, 0, 0].real)
        return 1 / tip if np.isfinite(tip) else 0.0

    for root in roots:
        euler = root**2 / length**2 * np.sqrt(STEEL["youngs_modulus"] / STEEL["density"]) * diameter / 4
        assert brentq(stiffness, 0.99 * euler, 1.003 * euler) == pytest.approx(euler, rel=1e-4)


def test_static_tip_of_a_stubby_beam_bends_and_shears():
    """Low frequency: L^3 / 3 E I + L / (0.9 G A), with Poisson's ratio 0.3."""
    length, diameter, omega = 40e-3, 20e-3, jnp.asarray([20.0])
    section = Section(length, diameter, **STEEL)
    bending = length**3 / (3 * STEEL["youngs_modulus"] * np.pi * diameter**4 / 64)
    shear = length / (0.9 * STEEL["youngs_modulus"] / 2.6 * np.pi * diameter**2 / 4)
    tip = couple(free_section(section, omega), wall(omega))[0, 0, 0]
    assert tip.real == pytest.approx(bending + shear, rel=1e-6)


def test_free_body_moves_by_its_mass():
    """Far below the first resonance: -1 / mass omega^2 - (L/2)^2 / inertia omega^2 at an end."""
    length, diameter, omega = 60e-3, 12e-3, 500.0
    mass = STEEL["density"] * np.pi * diameter**2 / 4 * length
    inertia = mass * (length**2 / 12 + diameter**2 / 16)
    rigid = -(1 / mass + (length / 2) ** 2 / inertia) / omega**2
    end = free_section(Section(length, diameter, **STEEL), jnp.asarray([omega])).r11[0, 0, 0]
    assert end.real == pytest.approx(rigid, rel=1e-4)


def test_two_halves_are_the_whole_beam():
    omega = 2 * np.pi * jnp.linspace(50.0, 20e3, 400)
    whole = Section(90e-3, 12e-3, 600e9, 14400.0, loss_factor=0.01)
    parts = [Section(share * 90e-3, 12e-3, 600e9, 14400.0, loss_factor=0.01) for share in (0.4, 0.6)]
    for base in (wall(omega), free_section(Section(70e-3, 30e-3, **STEEL, loss_factor=0.02), omega).r11):
        one, two = couple(free_section(whole, omega), base), stack(parts, omega, base)
        size = jnp.max(jnp.abs(one), axis=0)[None]
        assert float(jnp.max(jnp.abs(one - two) / size)) < 1e-9


def test_reciprocity():
    omega = 2 * np.pi * jnp.linspace(100.0, 20e3, 100)
    ends = free_section(Section(50e-3, 10e-3, 600e9, 14400.0, loss_factor=0.01), omega)
    apart = ends.r12 - jnp.swapaxes(ends.r21, 1, 2)
    assert float(jnp.max(jnp.abs(apart) / jnp.max(jnp.abs(ends.r12)))) < 1e-10


@pytest.mark.long
def test_cone_converges(monkeypatch):
    """Cylinders in place of the cone: the response moves four times less with each doubling."""
    from twin.cutting.dynamics import tool_point

    omega = 2 * np.pi * jnp.linspace(100.0, 5000.0, 50)
    response = []
    for pieces in (8, 16, 32, 64):
        monkeypatch.setattr(tool_point, "PIECES", pieces)
        response.append(tool_point_receptance(make_tool(), SPINDLE[:2], omega))
    steps = [float(jnp.max(jnp.abs(b - a))) for a, b in zip(response, response[1:], strict=False)]
    assert steps[0] / steps[1] == pytest.approx(4, abs=0.4)
    assert steps[1] / steps[2] == pytest.approx(4, abs=0.2)
    # 32 are used; what is left is four thirds of the last step, at the sharpest peak
    assert 4 / 3 * steps[2] < 1e-2 * float(jnp.max(jnp.abs(response[-1])))


def test_modes_reproduce_the_coupled_response():
    tool = make_tool()
    modes = tool_point_modes(tool, SPINDLE)
    frequency = np.asarray(modes.omega) / 2 / np.pi
    n_along_x = int(np.sum(np.asarray(modes.direction)[:, 0] == 1))
    assert np.asarray(modes.direction) == pytest.approx(
        np.repeat([[1.0, 0, 0], [0, 1.0, 0]], [n_along_x, len(frequency) - n_along_x], axis=0)
    )
    omega = 2 * np.pi * jnp.linspace(50.0, 12e3, 2000)
    coupled = np.asarray(tool_point_receptance(tool, SPINDLE[:2], omega))
    fitted = np.asarray(receptance(modes, omega))
    assert np.abs(fitted[:, 0, 0] - coupled).max() < 0.02 * np.abs(coupled).max()
    assert fitted[:, 0, 0] == pytest.approx(fitted[:, 1, 1])  # the spindle is alike in x and y
    static = (1 / np.asarray(modes.stiffness)[:n_along_x]).sum()
    assert static == pytest.approx(coupled[0].real, rel=0.02)


MACHINES = sorted(file.stem for file in (CONF / "machine").glob("*.yaml"))
ON_FILE = sorted((CONF / "tool").glob("*.yaml"))
SOME = 8  # one tool in so many, in the normal run


@pytest.mark.parametrize(
    ("name", "files"),
    [("hurco", ON_FILE[::SOME]), *(pytest.param(name, ON_FILE, marks=pytest.mark.long) for name in MACHINES)],
)
def test_tools_on_file_have_modes(name, files):
    """The modes give back the coupled response to 3 % of its largest value and to 5 % when static."""
    spindle = build(Machine, yaml.safe_load((CONF / "machine" / f"{name}.yaml").read_text())).spindle_modes
    along_x = [mode for mode in spindle if mode.direction == "x"]
    omega = 2 * np.pi * jnp.geomspace(50.0, 12e3, 700)
    for file in files:
        tool = build(Tool, yaml.safe_load(file.read_text()) | {"number": 1})
        coupled = np.asarray(tool_point_receptance(tool, along_x, omega))
        fitted = np.asarray(receptance(tool_point_modes(tool, spindle), omega))[:, 0, 0]
        assert np.abs(fitted - coupled).max() < 0.03 * np.abs(coupled).max(), file.stem
        assert fitted[0].real == pytest.approx(coupled[0].real, rel=0.05), file.stem


def test_longer_tools_are_softer_and_slower():
    stick_outs = (40e-3, 60e-3, 80e-3)
    modes = [tool_point_modes(make_tool(stick_out=length), SPINDLE) for length in stick_outs]
    softest = [float(jnp.sum(1 / m.stiffness)) for m in modes]
    assert softest == sorted(softest)


@pytest.mark.long
def test_gradient_of_the_tool_point_response():
    """Towards identification of the nose: stiffness and length of a section."""
    omega = 2 * np.pi * jnp.linspace(200.0, 3000.0, 5)
    base = tool_point_receptance(make_tool(), SPINDLE[:2], omega)
    assert base.shape == (5,)

    def tip(values: dict) -> jax.Array:
        section = Section(values["length"], values["diameter"], values["modulus"], 14400.0, loss_factor=0.02)
        spring = jnp.zeros((5, 2, 2)).at[:, 0, 0].set(1 / values["stiffness"]).at[:, 1, 1].set(1e-6)
        return jnp.abs(couple(free_section(section, omega), spring.astype(complex))[:, 0, 0])

    check_gradients(tip, {"length": 60e-3, "diameter": 10e-3, "modulus": 600e9, "stiffness": 3e7}, rtol=1e-5)


def test_sections_run_from_tip_to_nose():
    sections = tool_sections(make_tool())
    assert sum(s.length for s in sections) == pytest.approx(45e-3 + 76e-3)
    assert sections[0].diameter == pytest.approx(0.8 * 12e-3)
    cone = [s.diameter for s in sections if 24e-3 < s.diameter < 32e-3]
    assert len(cone) == 32 and cone == sorted(cone)


def test_rigid_tool_turns_with_the_nose_about_its_pivot():
    """A nearly weightless, rigid bar of 0.121 m on a mode that tilts 0.2 m above the nose: (1 + 0.121 / 0.2)^2 / k."""
    bar = make_tool(
        youngs_modulus=1e16, density=0.1, loss_factor=0.0, holder_youngs_modulus=1e16, holder_density=0.1,
    )  # fmt: skip
    omega = 2 * np.pi * jnp.asarray([100.0, 600.0, 900.0])
    ratio = np.asarray(omega) / (2 * np.pi * 600)
    nose = 1 / (5e7 * (1 - ratio**2 + 2j * 0.03 * ratio))
    expected = (1 + 0.121 / 0.2) ** 2 * nose
    assert np.asarray(tool_point_receptance(bar, SPINDLE[:1], omega)) == pytest.approx(expected, rel=2e-4)


def test_bad_input():
    with pytest.raises(InputError, match="no spindle mode along y"):
        tool_point_modes(make_tool(), SPINDLE[:2])
    with pytest.raises(InputError, match="stiffness -1 is impossible"):
        SpindleMode(direction="x", frequency=500.0, damping=0.03, stiffness=-1.0, pivot=0.2, source="assumed")


def test_joined_modes_add_their_receptances():
    one = tool_point_modes(make_tool(), SPINDLE)
    omega = jnp.asarray([1000.0, 5000.0])
    assert np.asarray(receptance(join(one, one), omega)) == pytest.approx(2 * np.asarray(receptance(one, omega)))
