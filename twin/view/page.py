"""Pieces of the self-contained HTML pages that reports are: style for screen and paper, tables, pictures."""

import base64
import html
import io
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

STYLE = """
body { font: 14px/1.5 system-ui, sans-serif; color: #1b1b1b; max-width: 1100px; margin: 2em auto; padding: 0 1em; }
h1 { margin-bottom: 0; } h2 { margin-top: 2em; border-bottom: 1px solid #ccc; } .sub { color: #555; margin-top: 0; }
table { border-collapse: collapse; } th, td { padding: .25em .5em; border-bottom: 1px solid #ddd; text-align: left; }
.wide { overflow-x: auto; } td.n { text-align: right; font-variant-numeric: tabular-nums; } img { max-width: 100%; }
.warn { background: #fff4d6; padding: .5em 1em; border-left: 4px solid #d99000; }
.tight td, .tight th { font-size: 12px; padding: .1em .4em; vertical-align: top; }
figure { margin: 1em 0; } figcaption { color: #555; font-size: 12px; }
@page { size: A4; margin: 16mm 14mm 18mm;
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt system-ui, sans-serif; color: #555; } }
@media print {
  body { font-size: 9.5pt; line-height: 1.35; max-width: none; margin: 0; padding: 0; }
  h1 { font-size: 17pt; } h2 { font-size: 12.5pt; margin-top: 1.2em; }
  h2, h3, h2 + p { break-after: avoid; }
  .tight td, .tight th { font-size: 7.5pt; } .wide { overflow: visible; } th, td { padding: .12em .4em; }
  tr, figure, .warn li { break-inside: avoid; } thead { display: table-header-group; } img { max-height: 235mm; }
  .part img { max-height: 78mm; } .part figure:nth-of-type(n+3) { display: inline-block; width: 48%; margin: .5em .8%; }
  .warn, th { print-color-adjust: exact; } a { color: inherit; text-decoration: none; }
}
"""
VALIDATION = ("<!-- validation -->", "<!-- end of validation -->")  # around what `twin validate` puts on top
CLOSING = "</body></html>"
NUMBER = re.compile(r"[+\-−±]?\d[\d,]*(\.\d+)?(e[+-]?\d+)?")


def moment(iso: str) -> str:
    """A time stamp for people: 2026-11-21T22:03:50+00:00 as 2026-11-21, 22:03 UTC."""
    return f"{datetime.fromisoformat(iso).astimezone(UTC):%Y-%m-%d, %H:%M} UTC"


def opening(title: str) -> str:
    """What a page begins with."""
    head = f"<meta charset=utf-8><title>{html.escape(title)}</title><style>{STYLE}</style>"
    return f"<!doctype html><html lang=en>{head}<body>"


def document(title: str, body: Iterable[str]) -> str:
    """The whole page."""
    return f"{opening(title)}{''.join(body)}{CLOSING}"


def findings(lines: Sequence[str]) -> str:
    """Warnings in a box of their own; nothing where there are none."""
    return (
        f"<div class=warn><b>{len(lines)} finding{'s' if len(lines) > 1 else ''}</b>{bullets(lines)}</div>"
        if lines
        else ""
    )


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], tight: bool = False) -> str:
    """Rows of plain text under ``headings``; numbers stand right. ``tight``: small print, for long tables."""

    def cell(text: str) -> str:
        return f"<td{' class=n' if NUMBER.fullmatch(text) else ''}>{html.escape(text)}</td>"

    wrap = (lambda text: re.sub(r"([_.])", "\\1\u200b", text)) if tight else str  # long names in several lines
    head = "".join(f"<th>{html.escape(wrap(h))}</th>" for h in headings)
    body = "".join("<tr>" + "".join(map(cell, row)) + "</tr>" for row in rows)
    classes = "wide tight" if tight else "wide"
    return f'<div class="{classes}"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def image(png: bytes, caption: str = "") -> str:
    """A picture with what it shows."""
    said = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
    data = base64.b64encode(png).decode()
    return f'<figure><img alt="{html.escape(caption)}" src="data:image/png;base64,{data}">{said}</figure>'


def png_of(figure: Figure, dpi: int = 110) -> bytes:
    """The figure as PNG; closes it."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=dpi, bbox_inches="tight")
    plt.close(figure)
    return stream.getvalue()


def bullets(lines: Sequence[str], most: int = 30, more: str = "run.json") -> str:
    """A list; what goes beyond ``most`` is counted."""
    shown = "".join(f"<li>{html.escape(line)}</li>" for line in lines[:most])
    return f"<ul>{shown}{f'<li>and {len(lines) - most} more in {more}</li>' if len(lines) > most else ''}</ul>"


def signed(value: float, digits: int = 1) -> str:
    """With its sign, but for a zero; empty where it is not known."""
    text = "" if value != value else f"{value:+.{digits}f}"
    return text[1:] if text and float(text) == 0 else text


def plain(value: float) -> str:
    """Two decimals below a hundred, none above."""
    return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"
