"""Secrets that are kept elsewhere: HashiCorp Vault, and files that AWS KMS decrypts."""

from pipeline.adapters.secret_places.kms import kms_secret as kms_secret
from pipeline.adapters.secret_places.vault import vault_secret as vault_secret
