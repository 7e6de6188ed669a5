"""Draw the samples into a folder: `python -m infra.samples DIR [--seed N] [--settings URL]`."""

import argparse
from pathlib import Path

from infra.samples import draw_samples, settings_toml


def main() -> None:
    """Read the arguments, draw, and print the folder."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.samples", description="Draw the sample documents."
    )
    parser.add_argument("target", type=Path, help="the folder to write")
    parser.add_argument(
        "--seed", type=int, default=7, help="another number gives other dust and creases"
    )
    parser.add_argument(
        "--settings", metavar="URL", help="also write settings for the Caspio at URL"
    )
    arguments = parser.parse_args()
    target: Path = draw_samples(arguments.target, seed=arguments.seed)
    if arguments.settings:
        (target / "caspio-ingest.toml").write_text(
            settings_toml(arguments.settings), encoding="utf-8"
        )
    print(target)  # noqa: T201  the command's output


if __name__ == "__main__":
    main()
