"""Spans for OpenTelemetry, sent by OTLP over HTTP. What is set by OTEL_… variables is read by the library itself."""

from collections.abc import Mapping
from contextlib import AbstractContextManager

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

SERVICE = "caspio-ingest"
_MOST_WAIT_MS = 5_000


class OtelTracer:
    """A Tracer whose spans go to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names, in the background."""

    def __init__(self) -> None:
        self._provider = TracerProvider(resource=Resource.create({"service.name": SERVICE}))
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer(SERVICE)

    def span(self, name: str, about: Mapping[str, str]) -> AbstractContextManager[object]:
        """Open a span; an error that leaves it is recorded in it."""
        return self._tracer.start_as_current_span(name, attributes=dict(about))

    def close(self) -> None:
        """Send what is left, for some seconds at the most."""
        self._provider.force_flush(_MOST_WAIT_MS)
        self._provider.shutdown()
