"""Spans for OpenTelemetry, sent by OTLP over HTTP. The library reads the OTEL_… variables."""

from collections.abc import Mapping
from contextlib import AbstractContextManager

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

SERVICE = "caspio-ingest"
_MOST_WAIT_MS = 5_000  # at the end, for spans that are not sent yet


class OtelTracer:
    """Sends spans in the background to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names."""

    def __init__(self) -> None:
        self._provider = TracerProvider(resource=Resource.create({"service.name": SERVICE}))
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer(SERVICE)

    def span(self, name: str, about: Mapping[str, str]) -> AbstractContextManager[object]:
        """Open a span; an error that leaves it is recorded in it."""
        return self._tracer.start_as_current_span(name, attributes=dict(about))

    def close(self) -> None:
        """Send the remaining spans, for at most five seconds."""
        # A collector that does not answer must not keep a finished run from ending.
        self._provider.force_flush(_MOST_WAIT_MS)
        self._provider.shutdown()
