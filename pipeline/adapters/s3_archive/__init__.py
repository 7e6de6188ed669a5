"""The archive in a bucket of Amazon S3 or of a store that speaks its protocol."""

from pipeline.adapters.s3_archive.archive import S3Archive

__all__ = ["S3Archive"]
