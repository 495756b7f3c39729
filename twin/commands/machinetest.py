"""`twin machinetest`: a test of the machine tool by its standard, with its sheet."""

from pathlib import Path

from twin.commands.parser import command_parser

SUMMARY = "ISO 230 sheets, R-test, error field of a machine"
EXAMPLE = "twin machinetest machine=five_axis_trunnion test=rtest"
EPILOG = """\
tests:
  circular      ISO 230-4   plane=XY radius_mm=100 feed_mm_min=1000 controller=hurco
  positioning   ISO 230-2   axis=X scatter_um=0.5 n_cycles=5, or --measured FILE.csv
  thermal       ISO 230-3   duration_h=8 ambient_swing_k=1 spindle_speed_rpm=6000; or axis=Z axis_speed_m_min=5
  warmup        spindle_speed_rpm=8000 duration_h=4 structure=vmc_c_frame; film of temperature and displacement
  rtest         ISO 10791-6 ball_mm=[100,30,60] poses=[BK1,BK2,BK4] noise_um=0.5 prior_um=20
  volume        error vectors in the work volume"""


def main(words: list[str]) -> None:
    """Run one test, write its sheet (HTML, PNG), print its results."""
    parser = command_parser("machinetest", "Test the machine of the twin as its standard says.", EPILOG)
    parser.add_argument("settings", nargs="*", metavar="key=value", help="machine=NAME test=NAME and settings")
    parser.add_argument("--measured", type=Path, help="CSV of a real positioning test, evaluated instead")
    parser.add_argument("--outputs", type=Path, help="folder for run folders (default: outputs)")
    parser.add_argument("--conf", type=Path, help="folder of your own groups")
    options = parser.parse_intermixed_args(words)

    import yaml

    from twin.config import build
    from twin.errors import InputError
    from twin.machine_tests.settings import MachineTest
    from twin.resources import outputs_folder
    from twin.runs import new_run
    from twin.view.machine_test import run_and_draw

    plain = {}
    for word in options.settings:
        key, equals, value = word.partition("=")
        if not equals:
            raise InputError(f"'{word}' is not key=value", remedy="e.g. test=circular radius_mm=150")
        plain[key] = yaml.safe_load(value)
    settings = build(MachineTest, plain, "machinetest")
    sheet = run_and_draw(settings, options.conf, options.measured)
    outputs = options.outputs or outputs_folder()
    with new_run(outputs, f"{settings.machine}_{settings.test}") as (folder, final):
        sheet.picture.save(folder / "sheet.png")
        (folder / "sheet.html").write_text(sheet.page)
        for name, text in sheet.files.items():
            (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        (folder / "settings.yaml").write_text(yaml.safe_dump(plain, allow_unicode=True))
    print(sheet.title)
    for name, value in sheet.rows:
        print(f"  {name:<52} {value}")
    for note in sheet.notes:
        print(f"note: {note}")
    for name in ("sheet.html", *sheet.files):
        print(f"written  {final / name}")
