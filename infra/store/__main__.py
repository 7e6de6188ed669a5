"""Run the local S3 until it is stopped: `python -m infra.store --port N --data DIR`."""

import argparse
import json
import sys
from pathlib import Path

from infra.store.config import ACCESS_KEY, REGION, SECRET
from infra.store.server import serve


def create_bucket(url: str, bucket: str) -> None:
    """Create a bucket."""
    # boto3 takes half a second to import, and --help needs none of it.
    import boto3

    session = boto3.Session(
        aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET, region_name=REGION
    )
    session.client("s3", endpoint_url=url).create_bucket(Bucket=bucket)


def main() -> int:
    """Read the arguments, serve, and print the endpoint and its keys."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.store", description="A local S3, for development and tests."
    )
    parser.add_argument(
        "--port", type=int, default=9000, help="port of the S3 endpoint; 0 takes a free one"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address of the S3 endpoint")
    parser.add_argument(
        "--data", type=Path, required=True, help="folder for data and configuration"
    )
    parser.add_argument(
        "--bucket", action="append", default=[], help="bucket to create; may be repeated"
    )
    parser.add_argument("--log-level", default="WARNING", help="level of Swift's log on stderr")
    args = parser.parse_args()

    def ready(url: str) -> None:
        for bucket in args.bucket:
            create_bucket(url, bucket)
        keys = {
            "endpoint_url": url,
            "region": REGION,
            "access_key_id": ACCESS_KEY,
            "secret_access_key": SECRET,
        }
        sys.stdout.write(json.dumps(keys) + "\n")
        sys.stdout.flush()

    try:
        serve(
            args.data.absolute(),
            host=args.host,
            port=args.port,
            log_level=args.log_level,
            ready=ready,
        )
    except ModuleNotFoundError as exc:
        sys.stderr.write(
            f"{exc}. The local S3 needs the dependency group `s3`: uv sync --group s3\n"
        )
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
