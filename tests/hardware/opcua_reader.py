"""A client that knows nothing of the twin: `python opcua_reader.py URL` finds the machine tool, follows its traces.

Only the library and the browse names of OPC 40501-1 and of docs/serve.md. Says "listening" once it is subscribed; when
the program has ended, one line of JSON: what it found and every array that it was sent, in the order of coming.
"""

import asyncio
import json
import sys

from asyncua import Client, ua


async def below(node):
    """Browse name -> child, whatever their namespaces."""
    return {(await child.read_browse_name()).Name: child for child in await node.get_children()}


async def named(node, *path):
    """The node at a path of browse names."""
    for name in path:
        node = (await below(node))[name]
    return node


class Follower:
    """Keeps what is sent."""

    def __init__(self, names):
        self.names, self.sent = names, []

    def datachange_notification(self, node, value, data):
        stamp = data.monitored_item.Value.SourceTimestamp
        self.sent.append((self.names[node.nodeid], stamp.timestamp(), value))


async def main(url):
    async with Client(url) as client:
        spaces = await client.get_namespace_array()
        machines = await named(client.nodes.objects, "Machines")
        ((machine, root),) = (await below(machines)).items()
        kind = client.get_node(await root.read_type_definition())
        channels = await below(await named(root, "Traces"))
        period = await channels.pop("Period").read_value()
        follower = Follower({node.nodeid: name for name, node in channels.items()})
        subscription = await client.create_subscription(50, follower)
        await subscription.subscribe_data_change(list(channels.values()), queuesize=200)
        force = await named(root, "Monitoring", "Predicted", "force_x_n")
        unit = await (await named(force, "EngineeringUnits")).read_value()
        refused = []
        for node in (force, channels["force_x_n"], channels["First"]):
            try:
                await node.write_value(await node.read_value())
            except ua.UaStatusCodeError as error:
                refused.append(type(error).__name__)
        state = await named(root, "Production", "ActiveProgram", "State", "CurrentState")
        states = [(await state.read_value()).Text]
        print("listening", flush=True)
        while states[-1] != "Ended":
            await asyncio.sleep(0.05)
            states.append((await state.read_value()).Text)
        await asyncio.sleep(0.2)
        found = {
            "machine": machine,
            "type": (spaces[kind.nodeid.NamespaceIndex], (await kind.read_browse_name()).Name),
            "in": spaces[machines.nodeid.NamespaceIndex],
            "program": await (await named(root, "Production", "ActiveProgram", "Name")).read_value(),
            "period_ms": period,
            "unit": unit.DisplayName.Text,
            "refused": refused,
            "states": list(dict.fromkeys(states)),
            "sent": follower.sent,
        }
        print(json.dumps(found), flush=True)


asyncio.run(main(sys.argv[1]))
