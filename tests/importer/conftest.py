"""These tests run on the newest and on the oldest PostgreSQL that we promise to work with."""

import pytest


@pytest.fixture(params=["postgres_18", pytest.param("postgres_15", marks=pytest.mark.whole)])
def server(request):
    return request.getfixturevalue(request.param)
