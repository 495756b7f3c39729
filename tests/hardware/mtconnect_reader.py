"""A client that knows nothing of the twin: `python mtconnect_reader.py URL SCHEMAS` follows an agent to the end.

Plain HTTP; every document is checked against the official schemas in the folder SCHEMAS. Says "listening" once it has
read the first samples; when the program has ended, one line of JSON: what it found and every series, in order.
"""

import json
import sys
import time
import urllib.request
from pathlib import Path

from lxml import etree


def main(url, folder):
    schemas = {
        kind: etree.XMLSchema(file=str(Path(folder) / f"MTConnect{kind}_2.7_1.0.xsd"))
        for kind in ("Devices", "Streams", "Assets")
    }
    checked = dict.fromkeys(schemas, 0)

    def read(request):
        with urllib.request.urlopen(f"{url}/{request}", timeout=10) as answer:
            root = etree.fromstring(answer.read())
        kind = etree.QName(root).localname.removeprefix("MTConnect")
        schemas[kind].assertValid(root)
        checked[kind] += 1
        return root

    items = {row.get("id"): dict(row.attrib) for row in read("probe").iter("{*}DataItem")}
    (device,) = read("probe").findall(".//{*}Device")
    tools = [row.get("toolId") for row in read("assets").iter("{*}CuttingTool")]
    following, numbers, series, execution, said = 1, [], {}, "", False
    while execution != "PROGRAM_COMPLETED":
        root = read(f"sample?from={following}&count=2000")
        following = int(root.find("{*}Header").get("nextSequence"))
        rows = sorted((row for row in root.iter() if row.get("sequence")), key=lambda row: int(row.get("sequence")))
        for row in rows:
            numbers.append(int(row.get("sequence")))
            if etree.QName(row).localname.endswith("TimeSeries"):
                series.setdefault(row.get("dataItemId"), []).extend(map(float, (row.text or "").split()))
            elif etree.QName(row).localname == "Execution":
                execution = row.text
        if rows and not said:
            print("listening", flush=True)
            said = True
        time.sleep(0.05)
    found = {
        "device": device.get("name"),
        "items": items,
        "tools": tools,
        "gapless": numbers == list(range(1, following)),
        "checked": checked,
        "series": series,
    }
    print(json.dumps(found), flush=True)


main(*sys.argv[1:])
