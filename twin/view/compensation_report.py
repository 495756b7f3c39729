"""The report of a compensation: one self-contained HTML page."""

import base64
import html
from collections.abc import Iterable, Sequence

from twin.compensation.outcome import Outcome
from twin.compensation.settings import CompensationSettings
from twin.units import MINUTE
from twin.view.compensation import feature_rows, part_rows, residual_rows

STYLE = """
body { font: 14px/1.5 system-ui, sans-serif; color: #1b1b1b; max-width: 1100px; margin: 2em auto; padding: 0 1em; }
h2 { margin-top: 2em; border-bottom: 1px solid #ccc; } table { border-collapse: collapse; } img { max-width: 100%; }
th, td { padding: .25em .7em; border-bottom: 1px solid #ddd; text-align: right; }
th:first-child, td:first-child { text-align: left; }
"""
SAID = (
    "The errors of the machine that are compensated are the thermal and the geometric ones that the twin predicts; "
    "deflection, servo error, vibration and release of stress stay. The files were read back and applied as the "
    "control applies them: the columns of rounding and interpolation hold what that adds. The same prediction stands "
    "before and after: what it misses of a real machine stays on the part. First order: the cut was not computed again "
    "with the moved path."
)


def compensation_page(
    outcome: Outcome, title: str, settings: CompensationSettings, release: str, picture: bytes
) -> str:
    """The page as text; ``release``: what is done about residual stress; ``picture`` is a PNG."""
    shares = ("before", "after", "rounding")
    headings = [f"{name} {measure}" for name in shares for measure in ("rms", "largest")]
    machine = (
        (axis, *(f"{values[f'{s}_{m}']:.2f}" for s in shares for m in ("rms", "largest")))
        for axis, values in residual_rows(outcome.residual)
    )
    part = ((what, f"{before:.2f}", f"{after:.2f}") for what, before, after in part_rows(outcome))
    features = (
        (f"{name}: {what}", f"{nominal:.3f}", f"{before:+.2f}", f"{after:+.2f}")
        for name, what, nominal, before, after in feature_rows(outcome)
    )
    before, after = outcome.duration
    parts = [
        f"<h1>{html.escape(title)}</h1><p>{html.escape(settings.source)}</p>",
        f"<p>Sign: {html.escape(settings.sign)}</p>" if settings.sign else "",
        f'<p><img src="data:image/png;base64,{base64.b64encode(picture).decode()}"></p>',
        "<h2>Error of the machine along the cutting path [µm]</h2>",
        _table(("axis", *headings), machine),
        "<h2>The part [µm]</h2>",
        _table(("", "before", "after"), part),
        "<h2>Features: predicted minus nominal</h2>",
        _table(("feature", "nominal [mm]", "before [µm]", "after [µm]"), features),
        f"<p>Duration {before / MINUTE:.2f} min before, {after / MINUTE:.2f} min after.</p>",
        "<ul>" + "".join(f"<li>{html.escape(note)}</li>" for note in outcome.notes) + "</ul>" if outcome.notes else "",
        f"<p>{SAID} Release of residual stress: {html.escape(release)}.</p>",
    ]
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        f"<title>{html.escape(title)}</title><style>{STYLE}</style><body>{''.join(parts)}</body></html>"
    )


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{html.escape(h)}</th>" for h in headings)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"
