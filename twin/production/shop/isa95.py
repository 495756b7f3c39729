"""Job orders in and job responses out, as JSON with the names of ISA-95 part 4 as B2MML writes them.

A file holds ``{"JobList": {"JobOrder": [...]}}`` or ``{"JobResponseList": {"JobResponse": [...]}}``. Moments are
ISO 8601 with an offset from UTC; quantities and values are strings beside their unit (``QuantityString``,
``ValueString``, ``UnitOfMeasure``). ``WorkMasterID`` names the job of the shop that an order is made by. The JSON
Schema of both is ``isa95.schema.json``; a file of orders is checked against it before anything else.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from twin.errors import InputError
from twin.production.extra import production_library
from twin.production.shop.schedule import Schedule
from twin.production.shop.settings import Shop

SCHEMA = Path(__file__).with_name("isa95.schema.json")
IMPORTANT = 10  # how much the most urgent order (Priority 1) counts against the least (10)


@dataclass(frozen=True, kw_only=True)
class JobOrder:
    """What is to be made, by when."""

    id: str
    work_master: str
    quantity: int
    start: datetime | None = None
    """Not before."""
    end: datetime | None = None
    """Wanted by then."""
    priority: int = IMPORTANT
    """1 is the most urgent."""
    description: str = ""
    parameters: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Name -> value and unit."""
    equipment: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class JobResponse:
    """What was made, or will be by the plan."""

    id: str
    order: str
    state: str
    substate: str = ""
    """Of OPC 10031-4; B2MML has none, so that JSON leaves it out."""
    start: datetime | None = None
    end: datetime | None = None
    quantity: int | None = None
    data: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Name -> value and unit."""
    equipment: tuple[str, ...] = ()


def read_orders(file: Path) -> tuple[JobOrder, ...]:
    """The job orders of a file.

    Raises:
        InputError: no such file, no JSON, what contradicts the schema or itself; jsonschema is not installed.
    """
    try:
        plain = json.loads(file.read_text())
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=file) from None
    except ValueError as error:
        raise InputError(f"no JSON: {error}", file=file) from None
    _check_schema(plain, file)
    rows = plain.get("JobList", {}).get("JobOrder")
    if rows is None:
        raise InputError("holds no job orders", file=file, remedy='{"JobList": {"JobOrder": [...]}}')
    orders = tuple(order_of(row, f"JobOrder[{k}]", file) for k, row in enumerate(rows))
    twice = {order.id for order in orders if sum(other.id == order.id for other in orders) > 1}
    if twice:
        raise InputError(f"several job orders are called {min(twice)}", file=file)
    return orders


def _check_schema(plain: Any, file: Path) -> None:
    """Raise InputError with the place of the first contradiction of the schema."""
    validator = production_library("jsonschema").Draft202012Validator(json.loads(SCHEMA.read_text()))
    wrong = sorted(validator.iter_errors(plain), key=lambda error: error.json_path)
    if wrong:
        place = wrong[0].json_path.removeprefix("$").removeprefix(".") or "the file"
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise InputError(
            f"{place}: {wrong[0].message}{more}",
            file=file,
            remedy="the JSON Schema is twin/production/shop/isa95.schema.json",
        )


def order_of(row: Any, where: str, file: object = None) -> JobOrder:
    """One job order from plain data.

    Raises:
        InputError: as :func:`read_orders`.
    """
    if not isinstance(row, Mapping):
        raise InputError(f"{where} is {row!r}, not a mapping", file=file)
    for name in ("ID", "WorkMasterID"):
        if not isinstance(row.get(name), str) or not row[name]:
            raise InputError(f"{where} has no {name}", file=file, remedy="it is a text that is not empty")
    made = [m for m in row.get("MaterialRequirement", ()) if m.get("MaterialUse", "Produced") == "Produced"]
    quantities = [_quantity(m.get("Quantity"), f"{where} ({row['ID']})", file) for m in made]
    if len(quantities) != 1:
        raise InputError(
            f"{where} ({row['ID']}) has {len(quantities)} materials to produce",
            file=file,
            remedy="one MaterialRequirement with MaterialUse Produced and its Quantity",
        )
    start, end = (_moment(row.get(name), f"{where}.{name}", file) for name in ("StartTime", "EndTime"))
    if start and end and end < start:
        raise InputError(f"{where} ({row['ID']}) ends before it starts", file=file)
    priority = row.get("Priority", str(IMPORTANT))
    if not str(priority).isdigit() or int(priority) < 1:
        raise InputError(
            f"{where}.Priority is {priority!r}", file=file, remedy="a whole number from 1, the most urgent"
        )
    return JobOrder(
        id=row["ID"],
        work_master=row["WorkMasterID"],
        quantity=quantities[0],
        start=start,
        end=end,
        priority=int(priority),
        description=str(row.get("Description", "")),
        parameters=_values(row.get("JobOrderParameter", ())),
        equipment=tuple(str(e["EquipmentID"]) for e in row.get("EquipmentRequirement", ()) if "EquipmentID" in e),
    )


def order_json(order: JobOrder) -> dict[str, Any]:
    """One job order as plain data."""
    return {
        "ID": order.id,
        **({"Description": order.description} if order.description else {}),
        "WorkMasterID": order.work_master,
        **({"StartTime": order.start.isoformat()} if order.start else {}),
        **({"EndTime": order.end.isoformat()} if order.end else {}),
        "Priority": str(order.priority),
        "JobOrderParameter": _value_rows(order.parameters),
        "EquipmentRequirement": [{"EquipmentID": name} for name in order.equipment],
        "MaterialRequirement": [{"MaterialUse": "Produced", "Quantity": _count(order.quantity)}],
    }


def response_json(response: JobResponse) -> dict[str, Any]:
    """One job response as plain data."""
    made = [] if response.quantity is None else [{"MaterialUse": "Produced", "Quantity": _count(response.quantity)}]
    return {
        "ID": response.id,
        "JobOrderID": response.order,
        **({"StartTime": response.start.isoformat()} if response.start else {}),
        **({"EndTime": response.end.isoformat()} if response.end else {}),
        "JobState": response.state,
        "JobResponseData": _value_rows(response.data),
        "EquipmentActual": [{"EquipmentID": name} for name in response.equipment],
        "MaterialActual": made,
    }


def responses_text(responses: Sequence[JobResponse]) -> str:
    """Job responses as the text of a file."""
    rows = {"JobResponseList": {"JobResponse": [response_json(response) for response in responses]}}
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


def with_orders(shop: Shop, orders: Sequence[JobOrder]) -> tuple[Shop, datetime]:
    """The shop with one job an order, like the job that the order's work master names; and the moment of its time 0.

    Time 0 is the earliest start that an order states, else now (to the minute).

    Raises:
        InputError: an order of a job that the shop does not know.
    """
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    epoch = min((order.start for order in orders if order.start), default=now)
    jobs = {}
    for order in orders:
        if order.work_master not in shop.jobs:
            raise InputError(
                f"job order {order.id}: there is no work master '{order.work_master}'",
                remedy="one of " + ", ".join(shop.jobs),
            )
        like = shop.jobs[order.work_master]
        jobs[order.id] = replace(
            like,
            operations={k: replace(o, n_parts=order.quantity) for k, o in like.operations.items()},
            release=(order.start - epoch).total_seconds() if order.start else 0.0,
            due=(order.end - epoch).total_seconds() if order.end else None,
            importance=1 + (IMPORTANT - min(order.priority, IMPORTANT)),
        )
    return replace(shop, jobs=jobs), epoch


def responses_of(planned: Schedule, epoch: datetime) -> tuple[JobResponse, ...]:
    """What the schedule promises for each order."""
    found = []
    for name, job in planned.shop.jobs.items():
        tasks = [task for task in planned.tasks if task.job == name]
        late = planned.lateness(name)
        found.append(
            JobResponse(
                id=f"{name}-plan",
                order=name,
                state="Ready",
                start=epoch + timedelta(seconds=min(task.start for task in tasks)),
                end=epoch + timedelta(seconds=planned.end(name)),
                quantity=max(operation.n_parts for operation in job.operations.values()),
                data={} if late != late else {"lateness": (f"{late / 60:.1f}", "min")},
                equipment=tuple(dict.fromkeys(task.machine for task in tasks)),
            )
        )
    return tuple(found)


def _quantity(value: Any, where: str, file: object) -> int:
    text = value.get("QuantityString") if isinstance(value, Mapping) else None
    if text is None or not str(text).isdigit() or int(text) < 1:
        raise InputError(
            f"{where} has the quantity {text!r}", file=file, remedy="QuantityString: a whole number from 1"
        )
    return int(text)


def _count(number: int) -> dict[str, str]:
    return {"QuantityString": str(number), "DataType": "integer", "UnitOfMeasure": "part"}


def _moment(value: Any, where: str, file: object) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise InputError(f"{where} is {value!r}", file=file, remedy="ISO 8601, as 2026-03-02T06:00:00+01:00") from None
    if moment.tzinfo is None:
        raise InputError(f"{where} has no offset from UTC", file=file, remedy="as 2026-03-02T06:00:00+01:00")
    return moment


def _values(rows: Any) -> dict[str, tuple[str, str]]:
    values = {str(row["ID"]): row["Value"] for row in rows}
    return {name: (str(v["ValueString"]), str(v.get("UnitOfMeasure", ""))) for name, v in values.items()}


def _value_rows(values: Mapping[str, tuple[str, str]]) -> list[dict[str, Any]]:
    return [{"ID": name, "Value": {"ValueString": v, "UnitOfMeasure": unit}} for name, (v, unit) in values.items()]
