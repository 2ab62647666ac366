"""An S3-compatible server for tests: moto's, over real HTTP."""

import secrets
from contextlib import contextmanager
from dataclasses import dataclass

import obstore
import requests
from obstore.store import S3Store


@dataclass(frozen=True)
class ObjectStore:
    """``environment``: what leads a program there."""

    endpoint: str

    @property
    def environment(self):
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "someone",
            "AWS_SECRET_ACCESS_KEY": "something",
            "AWS_REGION": "us-east-1",
        }

    def bucket(self):
        name = f"bucket-{secrets.token_hex(4)}"
        requests.put(f"{self.endpoint}/{name}", timeout=10).raise_for_status()
        return Bucket(self, name)


@dataclass(frozen=True)
class Bucket:
    server: ObjectStore
    name: str

    def names(self):
        """The objects' names and sizes."""
        store = S3Store(
            self.name,
            config={"endpoint": self.server.endpoint, "skip_signature": True},
            client_options={"allow_http": True},
        )
        return {entry["path"]: entry["size"] for batch in obstore.list(store) for entry in batch}


@contextmanager
def object_store():
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - takes a third of a second, which most runs save

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield ObjectStore(f"http://{host}:{port}")
    finally:
        server.stop()
