"""What the site adds to the pages of docs/: the scenarios beside it, and equations drawn without a script from outside.

mkdocs calls the functions by name (`hooks` in mkdocs.yml).
"""

import html
import io
import re
from pathlib import Path

from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import math_to_image
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"
CARRIED = {".md", ".png", ".yaml"}
MATH = re.compile(r"^```math\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OUT_OF_DOCS = re.compile(r"\]\(((?:\.\./)*)\.\./scenarios/")
INTO_DOCS = re.compile(r"\]\(((?:\.\./)+)docs/")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Every scenario has a page, and no page of docs/ is forgotten."""
    assert config.nav is not None
    scenarios = ["scenarios/README.md", *(f"scenarios/{file.parent.name}/README.md" for file in _readmes())]
    named = set(re.findall(r"[\w/]+\.md", str(config.nav)))
    others = sorted(file.name for file in Path(config.docs_dir).glob("*.md") if file.name not in named)
    for item in config.nav:
        if isinstance(item, dict) and "Scenarios" in item:
            item["Scenarios"] = scenarios
        elif isinstance(item, dict) and "Desk" in item:
            item["Desk"] = [*item["Desk"], *others]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the scenarios."""
    for file in sorted(SCENARIOS.rglob("*")):
        if file.suffix in CARRIED and not any(part.startswith(".") for part in file.parts):
            place = (Path("scenarios") / file.relative_to(SCENARIOS)).as_posix()
            files.append(File.generated(config, place, abs_src_path=str(file)))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Draw equations; turn links to the scenarios and back: they lie beside docs/ in the checkout, in it on a site."""
    turned = INTO_DOCS.sub(r"](\1", OUT_OF_DOCS.sub(r"](\1scenarios/", markdown))
    return MATH.sub(lambda found: _drawn(found[1]), turned)


def _readmes() -> list[Path]:
    return sorted(SCENARIOS.glob("*/README.md"))


def _drawn(equations: str) -> str:
    """One picture a line of TeX, in the colour of the text around it."""
    return "\n".join(f'<p class="equation">{_svg(line)}</p>' for line in equations.strip().splitlines() if line.strip())


def _svg(line: str) -> str:
    stream = io.StringIO()
    math_to_image(f"${line.strip()}$", stream, prop=FontProperties(size=13), format="svg", color="#010203")
    picture = stream.getvalue()
    picture = picture[picture.index("<svg") :].replace("#010203", "currentColor")
    picture = re.sub(r"<metadata>.*?</metadata>", "", picture, flags=re.DOTALL)
    said = html.escape(line.strip(), quote=True)
    return picture.replace("<svg", f'<svg role="img" aria-label="{said}"', 1).replace("\n", " ")
