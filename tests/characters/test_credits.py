"""The credits of the show: on its page, in its files, and in its form."""

from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from characters.datasets.dumping import dump
from characters.datasets.loading import load
from characters.datasets.reading import DatasetError
from episodes.models import Series
from tests.conftest import Visitor
from tests.nets import net_lifted
from tests.shows import character, load_show

pytestmark = pytest.mark.django_db


def test_songs_and_where_it_runs_are_credits(real_show: None, visitor: Visitor) -> None:
    for progress in (0, 13):
        page = visitor(progress).get("/").content.decode()
        for label, name in (("Opening", "“Rouge” by YU-KA"), ("Ending", "“Scarlet” by DAZBEE")):
            assert f"<dt>{label}</dt><dd>{name}</dd>" in page
        assert "<dt>Network</dt>" in page
        assert "<dt>Streaming</dt><dd>Crunchyroll</dd>" in page


def test_a_show_credits_whomever_it_likes_and_calls_it_as_it_likes(visitor: Visitor, tmp_path: Path) -> None:
    author = {"section": "credit", "key": "writers", "label": "Story"}
    series = {"title": "Ours", "writers": ["Ann"], "credits": [{"Author": "Bo Birch, Cy Cole"}, "Letters: Di Dunn"]}
    load_show(tmp_path / "show", series=series, vocabulary=[author], characters=[character("ann")])
    page = visitor(0).get("/staff/").content.decode()
    for label, names in (("Story", "Ann"), ("Author", "Bo Birch, Cy Cole"), ("Letters", "Di Dunn")):
        assert f"<dt>{label}</dt><dd>{names}</dd>" in page
    assert "Series composition" not in page
    with net_lifted():
        dump(tmp_path / "dumped")
        assert load(tmp_path / "dumped").rows == 0


def test_a_credit_says_what_and_who(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="“Ann Ash” is no credit: write what it is and who"):
        load_show(tmp_path, series={"title": "Ours", "credits": ["Ann Ash"]}, characters=[character("ann")])


def test_a_show_without_them_has_no_empty_credits_and_dumps_none(client: Client, tmp_path: Path) -> None:
    Series.objects.create(pk=1, title="Another Show", studio="Somebody")
    page = client.get("/").content.decode()
    assert "<dt>Studio</dt>" in page
    assert not any(f"<dt>{label}</dt>" in page for label in ("Opening", "Ending", "Network", "Streaming"))
    call_command("dump_dataset", tmp_path / "dumped", verbosity=0)
    assert yaml.safe_load((tmp_path / "dumped/series.yaml").read_text()) == {
        "title": "Another Show",
        "studio": "Somebody",
    }
