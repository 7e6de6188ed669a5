"""Decrypt a secret in a file with a key of AWS KMS."""

import base64
import binascii
from pathlib import Path

from pipeline.errors import BadSettings

_MOST_BYTES = 16_384


def kms_secret(name: str, *, folder: Path) -> str:
    """Return the secret in a file, which has what `aws kms encrypt` answers, as base64.

    Credentials and region are those of the AWS SDK. Relative paths start at `folder`.

    Raises:
        BadSettings: it cannot be read or decrypted. The message has the reference alone.
    """
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    path = folder / name
    try:
        sealed = base64.b64decode(path.read_bytes()[:_MOST_BYTES], validate=False)
        answer = boto3.client("kms").decrypt(CiphertextBlob=sealed)
        secret = str(answer["Plaintext"].decode()).strip()
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "refused")
        raise BadSettings([f"kms:{name}: KMS does not decrypt it ({code})."]) from None
    except (OSError, binascii.Error, UnicodeDecodeError, BotoCoreError) as error:
        raise BadSettings([f"kms:{name} cannot be read ({type(error).__name__})."]) from None
    if not secret:
        raise BadSettings([f"kms:{name} is empty."])
    return secret
