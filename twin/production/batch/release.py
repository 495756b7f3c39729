"""The release of a plan: it proposes, a person releases; the record is appended to the history and laid beside it."""

import hashlib
import json
from pathlib import Path
from typing import Any

from twin import __version__
from twin.errors import InputError
from twin.production.history_event import Event, now_us, utc_text
from twin.production.history_writer import append

PLAN, RELEASE = "plan.json", "release.json"


def release(folder: Path, by: str, why: str, decision: str, store: Path) -> dict[str, Any]:
    """Record what a person decided about a plan; return the record.

    Args:
        folder: of the plan.
        by: who decides.
        decision: ``released`` or ``rejected``.
        store: the history.

    Raises:
        InputError: no plan there, no name, no reason, decided already, or changed since it was decided about.
    """
    file = folder / PLAN
    if not file.is_file():
        raise InputError("there is no plan here", file=folder, remedy="`twin batch` makes one")
    for what, text in (("who decides", by), ("why", why)):
        if not text.strip():
            raise InputError(f"nothing says {what}", remedy="--by NAME --why TEXT")
    if (folder / RELEASE).is_file():
        before = json.loads((folder / RELEASE).read_text())
        raise InputError(
            f"{before['by']} has already {before['decision']} this plan", file=folder, remedy="make a new plan"
        )
    moment = now_us()
    body = {
        "subject": folder.name,
        "decision": decision,
        "why": why.strip(),
        "plan_sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "twin_version": __version__,
    }
    row = append(store, by.strip(), Event(moment, "plan", body))
    record = {"by": by.strip(), "at": utc_text(moment), **body, "history": str(store), "history_row": row}
    (folder / RELEASE).write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    return record


def released(folder: Path) -> bool:
    """Whether the plan is released, and still the one that was.

    Raises:
        InputError: the plan was changed after it was decided about.
    """
    if not (folder / RELEASE).is_file():
        return False
    record = json.loads((folder / RELEASE).read_text())
    if hashlib.sha256((folder / PLAN).read_bytes()).hexdigest() != record["plan_sha256"]:
        raise InputError("the plan is not the one that was decided about", file=folder / PLAN, remedy="make a new plan")
    return record["decision"] == "released"
