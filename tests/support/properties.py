"""How many examples property tests try: few and always the same ones, or many new ones under `make fuzz`."""

import os

FUZZ_FACTOR = int(os.environ.get("FUZZ_FACTOR", "0"))
"""How many times its usual number of examples a property test tries; 0 where the tests do not fuzz."""


def examples(usual: int) -> int:
    """Return the number of examples for a property test that tries `usual` ones in `make test`."""
    return usual * max(1, FUZZ_FACTOR)
