"""Job orders and responses as structures of OPC 10031-4, and back; the library must have loaded its data types."""

from datetime import UTC, datetime
from typing import Any

from hardware.serve.job_control import NUMBER, SUBSTATES
from twin.errors import InputError
from twin.production.shop.isa95 import JobOrder, JobResponse

JOB_CONTROL = "http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/"
RECEIVER_TYPE, PROVIDER_TYPE = 1008, 1003  # ISA95JobOrderReceiverSubStatesType, ISA95JobResponseProviderObjectType
STATUS_EVENT = 1006  # ISA95JobOrderStatusEventType
PRODUCED = "Material produced"


def order_structure(order: JobOrder) -> Any:
    """An ``ISA95JobOrderDataType``."""
    from asyncua import ua

    t: Any = ua
    return t.ISA95JobOrderDataType(
        JobOrderID=order.id,
        Description=[ua.LocalizedText(order.description, "en")] if order.description else None,
        WorkMasterID=[t.ISA95WorkMasterDataType(ID=order.work_master)],
        StartTime=_utc(order.start),
        EndTime=_utc(order.end),
        Priority=order.priority,
        JobOrderParameters=_parameters(order.parameters),
        EquipmentRequirements=[t.ISA95EquipmentDataType(ID=name) for name in order.equipment] or None,
        MaterialRequirements=[t.ISA95MaterialDataType(MaterialUse=PRODUCED, Quantity=str(order.quantity))],
    )


def order_of_structure(value: Any) -> JobOrder:
    """A job order from an ``ISA95JobOrderDataType``.

    Raises:
        InputError: it names no work master, or no quantity of a material to produce.
    """
    masters = [master.ID for master in value.WorkMasterID or ()]
    made = [m.Quantity for m in value.MaterialRequirements or () if m.MaterialUse in (PRODUCED, None)]
    if len(masters) != 1 or len(made) != 1 or not str(made[0]).isdigit():
        raise InputError(f"job order {value.JobOrderID}: one work master and one quantity to produce are needed")
    return JobOrder(
        id=value.JobOrderID,
        work_master=masters[0],
        quantity=int(made[0]),
        start=_aware(value.StartTime),
        end=_aware(value.EndTime),
        priority=10 if value.Priority is None else int(value.Priority),
        description=(value.Description[0].Text or "") if value.Description else "",
        parameters=_values(value.JobOrderParameters),
        equipment=tuple(one.ID for one in value.EquipmentRequirements or ()),
    )


def state_structures(state: str, substate: str, types: int) -> list[Any]:
    """``ISA95StateDataType`` of a state and, where it has one, of its substate.

    Args:
        types: index of the namespace JOB_CONTROL, for the path to the substate.
    """
    from asyncua import ua

    t: Any = ua

    def structure(text: str, number: int, path: list[Any]) -> Any:
        return t.ISA95StateDataType(
            BrowsePath=ua.RelativePath(Elements=path),
            StateText=ua.LocalizedText(text, "en"),
            StateNumber=ua.UInt32(number),
        )

    found = [structure(state, NUMBER[state], [])]
    if substate:
        machine, numbers = SUBSTATES[state]
        element = ua.RelativePathElement(
            ReferenceTypeId=ua.NodeId(ua.Int32(ua.ObjectIds.HasComponent)),
            TargetName=ua.QualifiedName(machine, ua.UInt16(types)),
        )
        found.append(structure(substate, numbers[substate], [element]))
    return found


def response_structure(response: JobResponse, types: int) -> Any:
    """An ``ISA95JobResponseDataType``; ``types`` as for :func:`state_structures`."""
    from asyncua import ua

    t: Any = ua
    return t.ISA95JobResponseDataType(
        JobResponseID=response.id,
        JobOrderID=response.order,
        StartTime=_utc(response.start),
        EndTime=_utc(response.end),
        JobState=state_structures(response.state, response.substate, types),
        JobResponseData=_parameters(response.data),
        EquipmentActuals=[t.ISA95EquipmentDataType(ID=name) for name in response.equipment] or None,
        MaterialActuals=[t.ISA95MaterialDataType(MaterialUse=PRODUCED, Quantity=str(response.quantity or 0))],
    )


def response_of_structure(value: Any) -> JobResponse:
    """A job response from an ``ISA95JobResponseDataType``."""
    made = [m.Quantity for m in value.MaterialActuals or () if m.MaterialUse in (PRODUCED, None)]
    return JobResponse(
        id=value.JobResponseID,
        order=value.JobOrderID,
        state=value.JobState[0].StateText.Text if value.JobState else "",
        substate=value.JobState[1].StateText.Text if len(value.JobState or ()) > 1 else "",
        start=_aware(value.StartTime),
        end=_aware(value.EndTime),
        quantity=int(made[0]) if made else None,
        data=_values(value.JobResponseData),
        equipment=tuple(one.ID for one in value.EquipmentActuals or ()),
    )


def _parameters(values: dict[str, tuple[str, str]]) -> list[Any] | None:
    from asyncua import ua

    t: Any = ua
    return [
        t.ISA95ParameterDataType(
            ID=name,
            Value=ua.Variant(text, ua.VariantType.String),
            EngineeringUnits=ua.EUInformation(DisplayName=ua.LocalizedText(unit)) if unit else None,
        )
        for name, (text, unit) in values.items()
    ] or None


def _values(rows: Any) -> dict[str, tuple[str, str]]:
    return {
        row.ID: (str(row.Value.Value), (row.EngineeringUnits.DisplayName.Text or "") if row.EngineeringUnits else "")
        for row in rows or ()
    }


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
