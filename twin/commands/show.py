"""`twin show`: what a run would use, every key."""

from pathlib import Path

from twin.commands.parser import OVERRIDES, command_parser

SUMMARY = "what a run would use, every key"
EXAMPLE = "twin show scenario=freeform_pocket"


def main(words: list[str]) -> None:
    """Print the composed configuration and the options of every group."""
    parser = command_parser("show", "Print every value that a run with these overrides would use.", OVERRIDES)
    parser.add_argument("overrides", nargs="*", metavar="key=value")
    parser.add_argument("--conf", type=Path, help="folder of your own groups")
    options = parser.parse_intermixed_args(words)

    import yaml

    from twin.compose import compose, groups

    print(yaml.safe_dump(compose(options.overrides, conf=options.conf), sort_keys=False, allow_unicode=True))
    for group, names in groups(options.conf).items():
        print(f"# {group}: {', '.join(names)}")
