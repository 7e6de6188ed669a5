"""The metrics of several accounts in one answer, each with the name of its account."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

LABEL = "account"


@dataclass(frozen=True, slots=True, eq=False)
class AccountsCollector(Collector):
    """Collects from one collector for each account, and labels every sample with its name.

    A family of metrics may occur once in an answer, so the samples of all accounts are put into it.
    """

    collectors: Mapping[str, Collector]

    def collect(self) -> Iterator[Metric]:
        """Yield each family once, with the samples of all accounts."""
        families: dict[str, Metric] = {}
        for account, collector in self.collectors.items():
            for metric in collector.collect():
                family = families.setdefault(
                    metric.name, Metric(metric.name, metric.documentation, metric.type)
                )
                family.samples += [
                    # The name of the account, also where a ledger labels by the account's host.
                    sample._replace(labels={**sample.labels, LABEL: account})
                    for sample in metric.samples
                ]
        yield from families.values()
