"""What ends a run of an agent early: a request to stop, or the token's share of the calls."""

from collections.abc import Callable
from dataclasses import dataclass, field

from flows.app.drain import Drain
from pipeline.errors import BudgetExhausted

SHARE_USED = (
    "The token has used its share of the month's Caspio calls. It goes on next month, or with a "
    "new token that has a larger share."
)


@dataclass(slots=True)
class LimitedDrain(Drain):
    """Asks a run to stop also when the calls that its token has left are used.

    `left` None means no limit; `spent` counts the calls of the run's own client. `run_id` is the
    run that changes something, "" before there is one.
    """

    left: int | None = None
    spent: Callable[[], int] = field(default=lambda: 0)
    run_id: str = ""

    def require(self) -> None:
        """Return if the run may continue.

        Raises:
            StopRequested: nothing new may be started.
            BudgetExhausted: the token's share is used.
        """
        # Not super(): with slots=True, a dataclass is another class than the one of this function.
        Drain.require(self)
        if self.left is not None and self.spent() >= self.left:
            raise BudgetExhausted(SHARE_USED)
