"""The relay: it takes committed events to the sinks, each isolated from the others."""

from product_importer.outbox.relay import Pace, Relay

__all__ = ["Pace", "Relay"]
