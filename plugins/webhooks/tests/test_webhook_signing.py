import base64
import errno
import os
import secrets
import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from product_importer.errors import SettingsError, StorageError
from product_importer_webhooks.settings import SHORTEST_KEY, load_webhook_settings
from product_importer_webhooks.signing import new_secret, secret_text, signed_headers
from product_importer_webhooks.vault import Vault

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def raw(text):
    return base64.b64decode(text.removeprefix("whsec_"))


def test_the_published_vector():
    headers = signed_headers(
        [raw(SECRET)], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )

    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_secrets_are_long_and_written_as_receivers_expect():
    secret = new_secret()

    assert len(secret) >= 24
    assert raw(secret_text(secret)) == secret
    assert new_secret() != secret


def test_with_two_secrets_either_verifies():
    old, new = new_secret(), new_secret()
    headers = signed_headers([new, old], "msg_1", int(time.time()), b"{}")

    for secret in old, new:
        Webhook(secret_text(secret)).verify(b"{}", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret_text(new_secret())).verify(b"{}", headers)


def test_what_is_encrypted_is_read_under_the_same_key_only(monkeypatch):
    secret = secrets.token_bytes(32)
    token = Vault.open().close_in(secret)

    assert secret not in token
    assert Vault.open().take_out(token) == secret
    monkeypatch.setenv("SECRET_KEY", "another" * 5)
    with pytest.raises(SettingsError, match="another SECRET_KEY"):
        Vault.open().take_out(token)


def test_without_a_secret_key_one_is_made_and_kept(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY")
    monkeypatch.setenv("PRODUCT_IMPORTER_DATA_DIR", str(tmp_path / "data"))

    token = Vault.open().close_in(b"secret")

    assert Vault.open().take_out(token) == b"secret"
    (file,) = (tmp_path / "data").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(file.read_text()) >= SHORTEST_KEY


def test_a_short_secret_key_is_refused_and_not_repeated(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "hunter2" * 4)

    with pytest.raises(SettingsError, match="SECRET_KEY has 28 characters; it needs 32") as caught:
        load_webhook_settings()

    assert "openssl rand -base64 32" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    monkeypatch.setenv("SECRET_KEY", "hunter2" * 5)
    assert "hunter2" not in repr(load_webhook_settings())


def test_where_no_key_can_be_kept_nothing_is_left_and_a_full_disk_is_named(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY")
    monkeypatch.setenv("PRODUCT_IMPORTER_DATA_DIR", str(tmp_path / "data"))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "link", full)
    with pytest.raises(StorageError, match="No space left on device") as caught:
        Vault.open()

    assert caught.value.code == "disk_full"
    assert list((tmp_path / "data").iterdir()) == []
