"""The times of schedules, in their time zones."""

from datetime import UTC, datetime

import pytest

from product_importer.imports.times import next_time, zone_of


def times(cron, zone, after, count):
    found = []
    at = datetime.fromisoformat(after).replace(tzinfo=UTC)
    for _ in range(count):
        at = next_time(cron, zone_of(zone), at)
        found.append(f"{at:%d %H:%M}")
    return found


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        ("0 6 * * *", "UTC", "2026-03-02T05:59", ["02 06:00", "03 06:00"]),
        ("0 6 * * *", "UTC", "2026-03-02T06:00", ["03 06:00"]),
        ("0 6 * * 1-5", "Europe/Berlin", "2026-03-06T04:00", ["06 05:00", "09 05:00"]),
        ("0 6 * * *", "Europe/Berlin", "2026-03-28T04:00", ["28 05:00", "29 04:00"]),
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00", ["28 01:30", "29 01:00", "30 00:30"]),
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T00:00", ["24 00:30", "25 00:30", "26 01:30"]),
        ("*/20 * * * *", "America/New_York", "2026-03-02T05:10", ["02 05:20", "02 05:40", "02 06:00"]),
    ],
)
def test_the_next_times(cron, zone, after, expected):
    assert times(cron, zone, after, len(expected)) == expected


def test_without_a_beginning_it_is_the_next_from_now():
    assert next_time("* * * * *", zone_of("UTC")) > datetime.now(UTC)
