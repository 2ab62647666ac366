"""These tests run on the newest and on the oldest PostgreSQL that we promise to work with."""

import pytest


@pytest.fixture(params=["postgres_18", "postgres_15"])
def server(request):
    return request.getfixturevalue(request.param)
