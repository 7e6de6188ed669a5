"""Draws the samples into a folder: `python -m infra.samples DIR [SEED]`."""

import argparse
from pathlib import Path

from infra.samples import draw_samples


def main() -> None:
    """Read the arguments and draw."""
    parser = argparse.ArgumentParser(prog="python -m infra.samples", description="Draw the sample documents.")
    parser.add_argument("target", type=Path, help="the folder to write")
    parser.add_argument("seed", type=int, nargs="?", default=7, help="another number, other dust and creases")
    arguments = parser.parse_args()
    print(draw_samples(arguments.target, seed=arguments.seed))  # noqa: T201 - the command's one answer


if __name__ == "__main__":
    main()
