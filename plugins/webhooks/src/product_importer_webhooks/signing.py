"""Signs requests by the Standard Webhooks specification."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable
from hashlib import sha256
from secrets import token_bytes
from typing import Final

PREFIX: Final = "whsec_"
_BYTES: Final = 32


def new_secret() -> bytes:
    return token_bytes(_BYTES)


def secret_text(secret: bytes) -> str:
    """Returns the secret in the form in which receivers get it."""
    return PREFIX + base64.b64encode(secret).decode()


def signed_headers(secrets: Iterable[bytes], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Returns the three headers, with one signature for each secret. ``timestamp``: seconds since 1970."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = (base64.b64encode(hmac.digest(secret, signed, sha256)).decode() for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
