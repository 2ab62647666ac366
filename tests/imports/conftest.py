"""These tests run on the newest and on the oldest PostgreSQL that we promise to work with."""

import pytest

from servers import BOTH


@pytest.fixture(params=BOTH)
def server(request):
    return request.getfixturevalue(request.param)
