"""The bare loop that single deliveries are compared with.

``python -m benchmarks.posting URL SECRET N AT_ONCE`` makes an event's body, signs it and posts it with the
client that the plugin uses, so many at once, and keeps no book of it. Prints the seconds and the CPU seconds
that the posts took.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from uuid import uuid4

import aiohttp

from product_importer_webhooks.signing import PREFIX, signed_headers


async def post(url: str, secret: str, number: int, at_once: int) -> tuple[float, float]:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    numbers = iter(range(number))
    async with aiohttp.ClientSession() as session:

        async def work() -> None:
            for one in numbers:
                event = {
                    "id": f"{uuid4()}-{one}",
                    "type": "product.created",
                    "timestamp": "2026-03-02T09:30:12.104233+00:00",
                    "actor": "import:1",
                    "data": {"product_id": one, "sku": f"SKU-{one}"},
                }
                body = json.dumps(event).encode()
                headers = signed_headers([key], f"msg_{uuid4().hex}", int(time.time()), body)
                async with session.post(url, data=body, headers=headers) as answer:
                    await answer.read()
                    answer.raise_for_status()

        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(work() for _ in range(at_once)))
        return time.perf_counter() - began, time.process_time() - cpu


if __name__ == "__main__":
    seconds, cpu_seconds = asyncio.run(post(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
    sys.stdout.write(f"{seconds} {cpu_seconds}\n")
