"""A local S3: OpenStack Swift with its S3 interface, in one process, for development and tests."""
