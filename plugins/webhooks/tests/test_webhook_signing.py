import base64
import errno
import os
import secrets
import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

import product_importer_webhooks
from product_importer.errors import SettingsError, StorageError
from product_importer_webhooks.settings import load_webhook_settings
from product_importer_webhooks.signing import new_secret, secret_text, signed_headers
from product_importer_webhooks.vault import SHORTEST_KEY, Vault

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


def test_a_short_secret_key_goes_on_with_a_warning_and_is_not_repeated(monkeypatch, caplog):
    monkeypatch.setenv("SECRET_KEY", "hunter2" * 4)
    assert "hunter2" not in repr(load_webhook_settings())

    vault = Vault.open()

    assert vault.take_out(Vault.open().close_in(b"secret")) == b"secret"
    (warning,) = [each.getMessage() for each in caplog.records if "SECRET_KEY" in each.getMessage()]
    assert "has 28 characters; 32 random ones are needed" in warning
    assert "hunter2" not in warning
    with pytest.raises(SettingsError, match="SECRET_KEY has 28 characters; it needs 32") as caught:
        vault.demand_length()
    assert "openssl rand -base64 32" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_key_that_is_there_is_read_and_nothing_is_written(monkeypatch, tmp_path):
    """A full disk, or one that can't be written, doesn't concern it."""
    monkeypatch.delenv("SECRET_KEY")
    monkeypatch.setenv("PRODUCT_IMPORTER_DATA_DIR", str(tmp_path / "data"))
    token = Vault.open().close_in(b"secret")
    really = os.open

    def read_only(path, flags, *args, **options):
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return really(path, flags, *args, **options)

    monkeypatch.setattr(os, "open", read_only)
    assert Vault.open().take_out(token) == b"secret"


def test_a_new_key_is_on_the_disk_before_it_is_used(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY")
    monkeypatch.setenv("PRODUCT_IMPORTER_DATA_DIR", str(tmp_path / "data"))
    synced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor)))

    Vault.open()

    (file,) = (tmp_path / "data").iterdir()
    assert [each.st_ino for each in synced] == [file.stat().st_ino, file.parent.stat().st_ino]
    assert synced[0].st_size == file.stat().st_size


@pytest.mark.parametrize("left", [b"", b"\n", bytes(43)])
def test_an_empty_key_is_refused(monkeypatch, tmp_path, left):
    """A crash may leave such a file. Else all secrets would be encrypted under a key that everybody knows."""
    monkeypatch.delenv("SECRET_KEY")
    monkeypatch.setenv("PRODUCT_IMPORTER_DATA_DIR", str(tmp_path))
    (tmp_path / "webhooks.key").write_bytes(left)

    with pytest.raises(SettingsError, match=r"webhooks\.key is empty"):
        Vault.open()


@pytest.mark.parametrize("key", ["hunter2", None])
def test_the_relay_keeps_the_sink_whatever_its_key_is(monkeypatch, tmp_path, key):
    """A sink that isn't there is forgotten after a while, with what it was still to get."""
    monkeypatch.delenv("SECRET_KEY")
    if key is not None:
        monkeypatch.setenv("SECRET_KEY", key)
    monkeypatch.setenv("PRODUCT_IMPORTER_DATA_DIR", str(tmp_path))
    (tmp_path / "webhooks.key").write_text("")

    (sink,) = product_importer_webhooks.product_importer_event_sinks()

    assert sink.name == "webhooks"


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
