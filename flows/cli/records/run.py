"""`run`: work on everything new or changed."""

from flows.cli.choice import Account, of_account
from flows.cli.common import DEFAULT_CONFIG, AsJson, Config, Verbose, set_up_logs
from flows.cli.records.common import (
    Limit,
    RecordsOfSource,
    Sources,
    Yes,
    require_one_source,
    work_on,
)


def run(
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    source: Sources = [],
    record: RecordsOfSource = [],
    limit: Limit = None,
    yes: Yes = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Work on everything new or changed.

    The first run of a new or changed source only plans, and says so.
    """
    from flows.app.run_request import RunRequest

    set_up_logs(verbose=verbose)
    require_one_source(record, source)
    config = of_account(config, account)
    work_on(
        config, source, RunRequest(records=tuple(record), limit=limit, yes=yes), as_json=as_json
    )
