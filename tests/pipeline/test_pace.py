"""The pace of reading."""

from product_importer.pipeline.pace import Pace


def test_the_time_before_the_first_batch_does_not_count():
    moments = iter([5.0, 7.0, 9.0])
    pace = Pace(clock=lambda: next(moments))
    assert pace.at(100) is None
    assert pace.at(300) == 100
    assert pace.at(900) == 200


def test_nothing_is_said_where_there_is_nothing_to_say():
    moments = iter([5.0, 5.0, 6.0])
    pace = Pace(clock=lambda: next(moments))
    assert [pace.at(done) for done in (100, 200, 100)] == [None, None, None]
