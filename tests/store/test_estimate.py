"""The estimates against timings of imports that ran: how long it took from there on is known."""

import dataclasses

import pytest

from product_importer.model import Phase
from product_importer.store.estimate import Timing, rows_per_second, seconds_left

MILLIONS = 3_000_000
SIZE = 500_000_000


@dataclasses.dataclass(frozen=True)
class Course:
    """An import's whole way: seconds of reading, preparing and saving, at an even pace. ``before``: rows that
    former owners saved, which this one passes over while preparing; ``known``: their number is known while
    the file is being read; ``opening``: seconds of reading before the first batch;
    ``unchanged``: the share of the sampled rows that change nothing.
    """

    reading: float
    preparing: float
    saving: float
    rows: int = MILLIONS
    before: int = 0
    known: bool = False
    opening: float = 0.0
    unchanged: float = 0.0

    @property
    def whole(self):
        return self.reading + self.preparing + self.saving

    def at(self, second):
        ended = second - self.reading - self.preparing
        saved = int((self.rows - self.before) * max(0.0, ended) / self.saving)
        reads = second < self.reading
        return Timing(
            phase=Phase.READING if reads else Phase.SAVING,
            bytes_total=SIZE,
            bytes_done=int(
                SIZE * min(1.0, max(0.001, second - self.opening) / (self.reading - self.opening))
            ),
            bytes_per_second=SIZE / (self.reading - self.opening) if second > self.opening + 0.5 else None,
            rows_total=self.rows if self.known or not reads else None,
            rows_done=self.before + saved,
            rows_by_owner=saved,
            owner_seconds=second,
            saving_seconds=ended if ended > 0 else None,
            reading_seconds=None if reads else self.reading,
            sampled=1_000,
            sampled_unchanged=int(1_000 * self.unchanged),
        )


COURSES = {
    "three million": Course(37, 2.5, 36),
    "three million on a busy machine": Course(80, 5, 110),
    "half a million": Course(3.3, 0.2, 3.5, rows=500_000),
    "a slow database": Course(37, 2.5, 70),
    "resumed at an eighth": Course(35, 3, 31, before=MILLIONS // 8, known=True),
    "resumed near the end": Course(36, 4, 4, before=MILLIONS * 9 // 10, known=True),
    "all products are new": Course(2.91, 0.26, 2.5, rows=400_000),
    "all products change": Course(2.87, 0.79, 3.1, rows=400_000),
    "all are new, on a busy machine": Course(6.4, 1.2, 8.2, rows=500_000),
    "all are new, on a very busy machine": Course(10.3, 1.3, 6.4, rows=500_000),
    "all change, on a busy machine": Course(9.2, 1.1, 4.5, rows=500_000),
    "all change, on a very busy machine": Course(8.3, 1.6, 6.6, rows=500_000),
    "none changes": Course(23, 4, 4, unchanged=1.0),
    "none changes, on a busy machine": Course(5.4, 1.4, 1.0, rows=500_000, unchanged=1.0),
    "none changes, on a very busy machine": Course(11.3, 1.3, 2.0, rows=500_000, unchanged=1.0),
    "a file that takes long to open": Course(12, 1, 11, opening=2.4),
    "half of them change": Course(20, 3, 12, unchanged=0.5),
}


@pytest.mark.parametrize("course", COURSES.values(), ids=COURSES)
def test_within_a_factor_of_two_from_the_third_second_on(course):
    wrong = {}
    second = 3.0
    while second < course.whole - 1:
        left = seconds_left(course.at(second))
        if not (course.whole - second) / 2 <= left <= (course.whole - second) * 2:
            wrong[second] = (left, course.whole - second)
        second += 0.25
    assert wrong == {}


def test_where_nothing_was_sampled_it_is_known_soon_after_saving_began():
    course = Course(23, 4, 4)
    for second in (27.5, 28, 29, 30):
        timing = dataclasses.replace(course.at(second), sampled=0)
        assert seconds_left(timing) == pytest.approx(course.whole - second, rel=1)


def test_the_pace_is_that_of_saving_alone():
    course = COURSES["three million"]
    assert rows_per_second(course.at(20)) is None
    assert rows_per_second(course.at(38)) is None
    assert rows_per_second(course.at(41)) == pytest.approx(MILLIONS / 36, rel=0.01)
    assert rows_per_second(course.at(70)) == pytest.approx(MILLIONS / 36, rel=0.01)


def test_a_resumed_import_has_the_pace_of_its_present_owner():
    course = COURSES["resumed near the end"]
    assert rows_per_second(course.at(42)) == pytest.approx(MILLIONS / 10 / 4, rel=0.01)


def test_nothing_is_told_in_the_first_second():
    course = COURSES["three million"]
    assert seconds_left(course.at(0.9)) is None
    assert seconds_left(course.at(1.1)) is not None
    assert seconds_left(dataclasses.replace(course.at(5), bytes_done=0)) is None


@pytest.mark.parametrize("phase", [Phase.WAITING, Phase.DEACTIVATING, Phase.FINISHED])
def test_nothing_is_told_where_nothing_is_known(phase):
    timing = dataclasses.replace(COURSES["three million"].at(50), phase=phase)
    assert (seconds_left(timing), rows_per_second(timing)) == (None, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"bytes_total": 0, "bytes_done": 0},
        {"bytes_done": SIZE + 10},
        {"rows_total": 0},
        {"rows_total": 10, "rows_done": 20},
        {"phase": Phase.SAVING, "rows_total": None},
        {"phase": Phase.SAVING, "rows_total": 100, "rows_done": 120},
        {"phase": Phase.SAVING, "rows_total": 100, "rows_done": 100, "rows_by_owner": 100},
        {"phase": Phase.SAVING, "rows_total": 100, "rows_done": 50, "saving_seconds": 30.0},
        {"phase": Phase.SAVING, "rows_total": 9, "rows_done": 5, "rows_by_owner": 5, "saving_seconds": 0.0},
    ],
    ids=str,
)
def test_it_is_never_negative(changes):
    left = seconds_left(dataclasses.replace(COURSES["three million"].at(20), **changes))
    assert left is None or left >= 0
