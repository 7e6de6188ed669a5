"""`python -m tests.crash.faulty_cli`: the command line, killed at the point that CASPIO_FAULTPOINT names."""

import os

from tests.crash.faultpoints import POINT_VARIABLE, install, kill_at


def main() -> None:
    """Install the point, then run the real command."""
    install(kill_at(os.environ[POINT_VARIABLE]))

    from flows.cli import main as run_command

    run_command()


if __name__ == "__main__":
    main()
