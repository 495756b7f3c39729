"""`twin board`: several machines at once into one history, and a live board in the browser."""

from pathlib import Path

from twin.commands.parser import command_parser

SUMMARY = "machines on the net, recorded and on a live board"
EXAMPLE = "twin board shop.yaml"
EPILOG = """\
SHOP.yaml names the machines and their sources (MTConnect, OPC UA, MQTT, SHDR); docs/shopfloor.md shows one.
Everything that they say goes into the history, with gaps marked and clocks aligned.
The board is for this computer only (127.0.0.1); Ctrl-C ends it."""


def main(words: list[str]) -> None:
    """Read the machines, record them and serve the board until interrupted."""
    parser = command_parser("board", "Record several machines at once and show them in a browser.", EPILOG)
    parser.add_argument("shop", type=Path, metavar="SHOP.yaml", help="machines and their sources")
    parser.add_argument("--store", type=Path, metavar="FILE", help="the history (default: outputs/history.sqlite)")
    parser.add_argument("--port", type=int, default=8600, metavar="N", help="of the board (8600); 0: any")
    parser.add_argument("--no-board", action="store_true", help="record only, until every source has ended")
    chosen = parser.parse_args(words)

    import threading

    from hardware.serve.mtconnect_options import MtconnectServerOptions
    from hardware.shop.board import serve_board
    from hardware.shop.collect import Shop
    from hardware.shop.options import read_shop
    from twin.errors import InputError
    from twin.resources import outputs_folder

    if not 0 <= chosen.port <= 65535:
        raise InputError(f"--port is {chosen.port}", remedy="from 0, any that is free, to 65535")
    options = read_shop(chosen.shop)
    store = chosen.store or outputs_folder() / "history.sqlite"
    stop = threading.Event()
    with Shop(options, store) as shop:
        try:
            if chosen.no_board:
                while not shop.ended:
                    stop.wait(0.2)
            else:
                n = len(shop.feeds)
                served = MtconnectServerOptions(port=chosen.port)
                serve_board(shop, served, stop, lambda url: print(f"board of {n} machines at {url}", flush=True))
        except KeyboardInterrupt:
            stop.set()
            print("ended")
        for feed in shop.feeds:
            print(f"{feed.machine}  {feed.status}  {feed.seen.n_events:,} events  {feed.why}".rstrip())
    print(f"history  {store}")
