"""The relay: takes committed events to the sinks, each in isolation from the others."""

from product_importer.outbox.relay import Pace, Relay

__all__ = ["Pace", "Relay"]
