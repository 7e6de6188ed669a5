"""Write Swift's configuration: one device, one replica, no memcached."""

import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

ACCOUNT, USER, SECRET = "ingest", "tester", "testing-secret"
ACCESS_KEY = f"{ACCOUNT}:{USER}"
REGION = "us-east-1"
PARTS = ("account", "container", "object")

_SWIFT = """\
[swift-hash]
swift_hash_path_prefix = local
swift_hash_path_suffix = store

[storage-policy:0]
name = one
default = yes
"""

_BACKEND = """\
[DEFAULT]
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
disable_fallocate = true
fallocate_reserve = 0
log_level = {log_level}
log_custom_handlers = infra.store.server.log_to_stderr

[pipeline:main]
pipeline = {part}-server

[app:{part}-server]
use = egg:swift#{app}
"""

# The order is that of Swift's own proxy-server.conf-sample, without what the tests do not need.
_FILTERS = (
    "catch_errors gatekeeper listing_formats bulk s3api tempauth copy slo dlo versioned_writes "
    "symlink"
)
# Filters without settings of their own.
_PLAIN_FILTERS = (
    "catch_errors",
    "gatekeeper",
    "listing_formats",
    "bulk",
    "copy",
    "slo",
    "dlo",
    "symlink",
)

_PROXY = """\
[DEFAULT]
swift_dir = {folder}
log_level = {log_level}
log_custom_handlers = infra.store.server.log_to_stderr

[pipeline:main]
pipeline = {filters} proxy-server

[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true

[filter:s3api]
use = egg:swift#s3api
location = {region}
s3_acl = false

[filter:tempauth]
use = egg:swift#tempauth
user_{account}_{user} = {secret} .admin .reseller_admin

[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = true
allow_object_versioning = true
"""


def write_config(folder: Path, *, ports: Mapping[str, int], log_level: str = "WARNING") -> None:
    """Write the configuration and the rings of the three storage servers at these loopback ports.

    Swift needs extended attributes for objects on disk. On a file system without them, objects are
    kept in memory.
    """
    (folder / "devices" / "disk").mkdir(parents=True, exist_ok=True)
    (folder / "swift.conf").write_text(_SWIFT)
    object_app = "object" if has_xattrs(folder) else "mem_object"
    for part in PARTS:
        app = object_app if part == "object" else part
        text = _BACKEND.format(folder=folder, part=part, app=app, log_level=log_level)
        (folder / f"{part}-server.conf").write_text(text)
        write_ring(folder / f"{part}.ring.gz", ports[part])
    values = {
        "account": ACCOUNT,
        "user": USER,
        "secret": SECRET,
        "region": REGION,
        "filters": _FILTERS,
    }
    proxy = _PROXY.format(folder=folder, log_level=log_level, **values)
    proxy += "".join(f"\n[filter:{name}]\nuse = egg:swift#{name}\n" for name in _PLAIN_FILTERS)
    (folder / "proxy-server.conf").write_text(proxy)


def has_xattrs(folder: Path) -> bool:
    """Report whether files in a folder can have extended attributes of the size Swift writes."""
    # Swift keeps an object's metadata in attributes of a few kilobytes.
    probe = folder / "xattr-probe"
    probe.touch()
    try:
        os.setxattr(probe, "user.swift.probe", b"x" * 2048)
    except OSError:
        return False
    finally:
        probe.unlink()
    return True


def write_ring(path: Path, port: int) -> None:
    """Write the ring of one storage server: it says that all data is on its only device."""
    # Swift is installed with the dependency group `s3` only.
    ring = import_module("swift.common.ring")
    # 2**4 partitions are enough for one device.
    builder = ring.RingBuilder(part_power=4, replicas=1, min_part_hours=0)
    device = {
        "region": 1,
        "zone": 1,
        "ip": "127.0.0.1",
        "port": port,
        "device": "disk",
        "weight": 1.0,
    }
    builder.add_dev({**device, "replication_ip": "127.0.0.1", "replication_port": port, "meta": ""})
    builder.rebalance()
    builder.get_ring().save(str(path))
