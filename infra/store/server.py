"""Run Swift's four servers as green threads of one process."""

import logging
import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from infra.store.config import PARTS, write_config


def serve(
    folder: Path, *, host: str, port: int, log_level: str, ready: Callable[[str], None]
) -> None:
    """Serve until the process ends; `ready` is called with the endpoint once requests are answered.

    Args:
        folder: an absolute path for configuration and data; data from an earlier run is kept.
        host: address of the S3 endpoint; the storage servers behind it listen on loopback only.
        port: port of the S3 endpoint, 0 for any that is free.
        log_level: Swift's, from DEBUG to CRITICAL.
        ready: gets the endpoint's URL.
    """
    # eventlet warns that it is deprecated; Swift needs it.
    warnings.filterwarnings("ignore", module="eventlet")
    eventlet = import_module("eventlet")
    import_module("eventlet.wsgi")
    utils = import_module("swift.common.utils")
    utils.eventlet_monkey_patch()
    folder.mkdir(parents=True, exist_ok=True)
    backends = {part: eventlet.listen(("127.0.0.1", 0)) for part in PARTS}
    endpoint = eventlet.listen((host, port), backlog=128)
    ports = {part: listener.getsockname()[1] for part, listener in backends.items()}
    write_config(folder, ports=ports, log_level=log_level)
    utils.set_swift_dir(str(folder))
    listeners = {**backends, "proxy": endpoint}
    servers = [start(folder, part, listener) for part, listener in listeners.items()]
    url = f"http://{host}:{endpoint.getsockname()[1]}"
    eventlet.spawn(ready, url)
    for server in servers:
        server.wait()


def start(folder: Path, part: str, listener: Any) -> Any:
    """Load one server and let it accept connections; an error in its configuration is raised."""
    eventlet = import_module("eventlet")
    wsgi = import_module("swift.common.wsgi")
    utils = import_module("swift.common.utils")
    app = wsgi.loadapp(str(folder / f"{part}-server.conf"), global_conf={"log_name": part})
    quiet = utils.NullLogger()
    # boto3 reads the header "ETag"; eventlet would write "Etag".
    options = {
        "protocol": wsgi.SwiftHttpProtocol,
        "capitalize_response_headers": False,
        "socket_timeout": 60,
    }
    return eventlet.spawn(eventlet.wsgi.server, listener, app, quiet, **options)


def log_to_stderr(
    _conf: object,
    _name: object,
    _console: object,
    _route: object,
    _fmt: object,
    logger: logging.Logger,
    _adapted: object,
) -> None:
    """Make a Swift logger write to stderr; Swift calls this for each logger that it creates."""
    if not any(isinstance(handler, logging.StreamHandler) for handler in logger.handlers):
        logger.addHandler(logging.StreamHandler(sys.stderr))
