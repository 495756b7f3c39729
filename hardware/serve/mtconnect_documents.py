"""The agent's answers in XML, version 2.7 (MTConnect standard parts 1 to 4)."""

import time
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from hardware.serve.mtconnect_buffer import Extract, ObservationBuffer, stamp
from hardware.serve.mtconnect_device import Device
from twin.machine.tool import Tool

VERSION = "2.7"
SENDER = "machining-twin"
MOST_ASSETS = 1024
XSI = "http://www.w3.org/2001/XMLSchema-instance"


class Documents:
    """Writes what the agent of ``device`` says.

    Args:
        tools: of the machine, as assets.
    """

    def __init__(self, device: Device, buffer: ObservationBuffer, tools: Sequence[Tool]):
        self._device, self._buffer, self._tools = device, buffer, tuple(tools)
        self._made = stamp(time.time())
        self.asset_ids = tuple(f"{device.uuid}.T{tool.number}" for tool in tools)

    def probe(self) -> str:
        """The device model."""
        return self._document("Devices", f"<Devices>{self._device.xml()}</Devices>", self._assets_header())

    def streams(self, extract: Extract) -> str:
        """Observations, by component and category."""
        groups: dict[str, dict[str, list[str]]] = {}
        items = self._buffer.items
        for kept in extract.observations:
            item = items[kept.item]
            groups.setdefault(item.component, {}).setdefault(item.category, []).append(kept.xml)
        parts = []
        for key, rows in groups.items():
            component = self._device.components[key]
            body = "".join(
                f"<{name}>{''.join(rows[category])}</{name}>"
                for category, name in (("SAMPLE", "Samples"), ("EVENT", "Events"))
                if category in rows
            )
            head = f'component="{component.kind}" name={quoteattr(component.name)} componentId="{component.id}"'
            parts.append(f"<ComponentStream {head}>{body}</ComponentStream>")
        device = f"<DeviceStream name={quoteattr(self._device.name)} uuid={quoteattr(self._device.uuid)}>"
        extra = f' nextSequence="{extract.next}" firstSequence="{extract.first}" lastSequence="{extract.last}"'
        return self._document("Streams", f"<Streams>{device}{''.join(parts)}</DeviceStream></Streams>", extra)

    def assets(self, ids: Sequence[str]) -> str:
        """Cutting tools with these asset ids."""
        rows = "".join(
            self._tool(name, tool) for name, tool in zip(self.asset_ids, self._tools, strict=True) if name in ids
        )
        return self._document("Assets", f"<Assets>{rows}</Assets>", self._assets_header())

    def error(self, code: str, message: str, uri: str, extra: str = "") -> str:
        """What is wrong with a request.

        Args:
            code: name of the error: ``OutOfRange``, ``InvalidURI`` ...
            extra: elements that this error needs.
        """
        place = f"<URI>{escape(uri)}</URI><ErrorMessage>{escape(message)}</ErrorMessage>"
        return self._document("Error", f"<Errors><{code}>{extra}{place}</{code}></Errors>")

    def _tool(self, name: str, tool: Tool) -> str:
        """A cutting tool, lengths in mm (part 4.1; symbols of ISO 13399)."""
        corner = tool.radius if tool.kind == "ball" else tool.corner_radius
        edge = f"<Measurements>{_size('CornerRadius', 'RE', corner)}</Measurements>" if corner else ""
        sizes = [
            _size("BodyDiameterMax", "BDX", tool.shank_diameter or tool.diameter),
            _size("ProtrudingLength", "LPR", tool.stick_out),
            _size("UsableLengthMax", "LUX", tool.flute_length),
            _size("CuttingDiameterMax", "DC", tool.diameter),
        ]
        if tool.z_offset > 0:
            sizes.append(_size("FunctionalLength", "LF", tool.z_offset))
        return (
            f"<CuttingTool assetId={quoteattr(name)} deviceUuid={quoteattr(self._device.uuid)}"
            f' timestamp="{self._made}" serialNumber={quoteattr(name)} toolId="{tool.number}">'
            "<CuttingToolLifeCycle><CutterStatus><Status>AVAILABLE</Status></CutterStatus>"
            f"<ProgramToolNumber>{tool.number}</ProgramToolNumber><Measurements>{''.join(sizes)}</Measurements>"
            f'<CuttingItems count="{tool.n_teeth}"><CuttingItem indices="1-{tool.n_teeth}">{edge}</CuttingItem>'
            f"</CuttingItems></CuttingToolLifeCycle><Description>{escape(tool.name)}</Description></CuttingTool>"
        )

    def _assets_header(self) -> str:
        return f' assetBufferSize="{MOST_ASSETS}" assetCount="{len(self._tools)}"'

    def _document(self, kind: str, body: str, header: str = "") -> str:
        space = f"urn:mtconnect.org:MTConnect{kind}:{VERSION}"
        size = "" if kind == "Assets" else f' bufferSize="{self._buffer.size}"'
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<MTConnect{kind} xmlns="{space}" xmlns:xsi="{XSI}"'
            f' xsi:schemaLocation="{space} http://schemas.mtconnect.org/schemas/MTConnect{kind}_{VERSION}.xsd">'
            f'<Header creationTime="{stamp(time.time())}" sender="{SENDER}" instanceId="{self._buffer.instance}"'
            f' version="{VERSION}.0.0" deviceModelChangeTime="{self._made}"{size}{header}/>{body}</MTConnect{kind}>\n'
        )


def _size(element: str, code: str, metres: float) -> str:
    return f'<{element} code="{code}" units="MILLIMETER" nominal="{metres * 1e3:.9g}"/>'
