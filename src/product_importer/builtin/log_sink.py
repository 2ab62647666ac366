"""An event sink that writes one log line for each batch of events."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from product_importer.ports import EventBatch

_log = logging.getLogger("product_importer.events")


class LogSink:
    """Logs batches at INFO to the logger ``product_importer.events``."""

    name = "log"

    async def deliver(self, batch: EventBatch) -> None:
        _log.info("%s: %d by %s (batch %s)", batch.type, batch.data.num_rows, batch.actor, batch.id)
