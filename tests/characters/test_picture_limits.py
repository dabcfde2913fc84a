"""A picture cannot cost more than there is for one: time, memory, or the site's own process."""

import fcntl
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zlib import compress

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import storages
from PIL import Image, PngImagePlugin

from characters.pictures import decoder, encoding, files, looking
from tests.characters import hostile

SERVING = """
import sys, threading
from io import BytesIO
import django
django.setup()
from django.core.exceptions import ValidationError
from characters.pictures import decoder, files
decoder.PATIENCE = decoder.MOST_TIME = 100  # seconds: however busy the machine is, all have their turn
def send(content):
    try:
        files.normalised(BytesIO(content))
    except ValidationError as refused:
        print(refused.messages[0])
    else:
        print("taken")
import rougedb.urls, rougedb.wsgi  # all that a worker has in memory
pictures = [open(path, "rb").read() for path in sys.argv[1:]]
threads = [threading.Thread(target=send, args=[content]) for content in pictures]
for thread in threads: thread.start()
for thread in threads: thread.join()
import resource
[own] = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(int(own) // 1024, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""  # the peaks of the process and of its dearest child, in MB
MOST_OF_A_WORKER = 400  # MB

MANY = 10**6

LARGE_WEBP = b"RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + b"\xfe\x3f\0" * 2  # 16383 pixels square


def refused(content: bytes) -> str:
    """Return what is said of a picture that is not taken."""
    with pytest.raises(ValidationError) as error:
        files.normalised(BytesIO(content))
    return str(error.value.messages[0])


@pytest.fixture
def undecoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder, "_run", lambda *_: pytest.fail("It was decoded."))


# Looking


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1", "CMYK"])
@pytest.mark.parametrize(
    ("form", "options"),
    [("PNG", {}), ("JPEG", {}), ("JPEG", {"progressive": True}), ("WEBP", {}), ("WEBP", {"lossless": True})],
)
def test_looking_finds_the_size_that_pillow_finds(form: str, options: dict[str, Any], mode: str) -> None:
    if (form, mode) in {("JPEG", "RGBA"), ("JPEG", "P"), ("PNG", "CMYK")}:
        mode = "RGB"  # the format has no such mode
    exif = Image.Exif()
    exif[0x010E] = "A text"
    content = hostile.encoded(Image.new(mode, (333, 57)), form, exif=exif, **options)
    seen = looking.look(content)
    assert (seen.form, seen.width, seen.height) == (form, *Image.open(BytesIO(content)).size)


def test_the_scans_of_a_jpeg_are_counted() -> None:
    noise = Image.effect_noise((200, 100), 60).convert("RGB")
    assert looking.look(hostile.encoded(noise, "JPEG", restart_marker_rows=1)).scans == 1
    progressive = hostile.encoded(noise, "JPEG", progressive=True)
    assert looking.look(progressive).scans == 10
    assert looking.look(hostile.jpeg_of_many_scans(30)).scans == 40


@pytest.mark.parametrize("between", [b"\xff" * 9, b"rubbish", b"\xff\xd3\xff\xd4", b"\xff\xfe\x00\x02"], ids=repr)
def test_no_scan_is_overlooked_whatever_stands_before_it(between: bytes) -> None:
    plain = hostile.jpeg_of_many_scans(0)
    assert looking.look(plain.replace(b"\xff\xda", between + b"\xff\xda")).scans == 10


@pytest.mark.parametrize("scans", [60, 3000])
def test_a_jpeg_of_many_scans_is_refused_undecoded(undecoded: None, scans: int) -> None:
    assert "more than 64 scans" in refused(hostile.jpeg_of_many_scans(scans))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(hostile.flat_png(8000, 5000, "1"), "more than 25 million pixels", id="40 megapixels"),
        pytest.param(hostile.flat_png(30_001, 1, "1"), "longer than 30,000 pixels", id="long"),
        pytest.param(hostile.png_of_many_chunks(5000), "more than 5,000 parts", id="chunks"),
        pytest.param(
            hostile.jpeg_of_many_scans(0)[:-2] + b"\xff\xfe\x00\x02" * 5000, "more than 5,000 parts", id="segments"
        ),
        pytest.param(
            hostile.encoded(Image.new("RGB", (20, 10)), "WEBP") + b"ANMF\x00\x00\x00\x00" * 5000,
            "more than 5,000 parts", id="frames",
        ),
        pytest.param(LARGE_WEBP, "more than 12 million pixels", id="webp"),
        pytest.param(b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x00\x00\x10", "not a readable", id="no height"),
    ],
)  # fmt: skip
def test_what_would_cost_much_is_refused_undecoded(undecoded: None, content: bytes, message: str) -> None:
    assert len(content) < 200_000
    assert message in refused(content)


@pytest.mark.parametrize("row", [b"\xff\x00", b"\xff\xd3", b"\xff\x01", b"\xff", b"\x00"], ids=repr)
def test_looking_takes_one_step_for_whatever_stands_between_markers(row: bytes) -> None:
    plain = hostile.jpeg_of_many_scans(0)
    counting = Counting(looking.MARKER)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(looking, "MARKER", counting)
        assert looking.look(plain[:-2] + row * 1_000_000 + b"\xff\xd9").scans == 10
    assert counting.searches < 50


class Counting:
    """A pattern that counts how often it is searched for."""

    def __init__(self, pattern: re.Pattern[bytes]) -> None:
        self.pattern, self.searches = pattern, 0

    def search(self, *args: Any) -> Any:
        self.searches += 1
        return self.pattern.search(*args)


def test_texts_that_inflate_are_not_read() -> None:
    bomb = hostile.png_chunk(b"zTXt", b"a\0\0" + compress(bytes(900_000)))
    picture = hostile.flat_png(20, 10)
    assert len(picture) + 40 * len(bomb) < 100_000
    with patch.object(PngImagePlugin, "_safe_zlib_decompress", side_effect=AssertionError):
        assert encoding.normalised(picture[:33] + bomb * 40 + picture[33:]) == encoding.normalised(picture)
    long = hostile.png_chunk(b"iCCP", b"a\0\0" + compress(bytes(encoding.MOST_OF_A_PROFILE + 1)))
    assert encoding.normalised(picture[:33] + long + picture[33:]) == encoding.normalised(picture)


def test_the_cost_of_a_picture_is_what_is_to_be_decoded() -> None:
    assert files.cost_of(BytesIO(hostile.flat_png(20, 10))) == looking.LEAST_COST
    assert files.cost_of(BytesIO(hostile.flat_png(4000, 3001, "1"))) == 13
    few, many = (files.cost_of(BytesIO(hostile.jpeg_of_many_scans(scans))) for scans in (0, 50))
    assert (few, many) == (25, 98)
    assert files.cost_of(BytesIO(b"no picture")) == looking.LEAST_COST


# Decoding


def test_the_decoder_has_neither_django_nor_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    run, environments = subprocess.run, []

    def noting(*args: Any, **options: Any) -> Any:
        environments.append(options["env"])
        return run(*args, **options)

    monkeypatch.setattr(subprocess, "run", noting)
    monkeypatch.setenv("SECRET_KEY", "secret")
    files.normalised(BytesIO(hostile.flat_png(20, 10)))
    [environment] = environments
    assert not environment.keys() - {"PATH", "LD_LIBRARY_PATH", "MALLOC_ARENA_MAX", "PYTHONDONTWRITEBYTECODE"}
    code = "import sys; from characters.pictures import encoding, worker; print('django' in sys.modules)"
    shown = run([sys.executable, "-c", code], cwd=settings.BASE_DIR, capture_output=True, check=True, env={})
    assert shown.stdout == b"False\n"


def test_a_picture_over_the_limit_of_cpu_is_given_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(looking, "MOST_SCANS", MANY)
    monkeypatch.setattr(looking, "MOST_PARTS", MANY)
    monkeypatch.setattr(decoder, "MOST_CPU", 1)
    assert "too much time or memory" in refused(hostile.jpeg_of_many_scans(30_000))
    assert "ended with -9" in caplog.text  # the kernel killed it, long before the clock would have


@pytest.mark.parametrize(("limit", "value"), [("MOST_MEMORY", 90 * 2**20), ("MOST_TIME", 0.01)])
def test_a_picture_over_another_limit_is_given_up(limit: str, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder, limit, value)
    assert "too much time or memory" in refused(hostile.flat_png(5000, 5000))


@contextmanager
def another_is_decoded() -> Iterator[None]:
    """Hold the lock as another process of the site would."""
    directory = Path(storages["archive"].path(""))
    directory.mkdir(parents=True, exist_ok=True)
    lock = os.open(directory, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    yield
    os.close(lock)


def test_a_picture_waits_for_its_turn_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder, "PATIENCE", 0.1)
    with another_is_decoded():
        assert "busy with other pictures" in refused(hostile.flat_png(20, 10))
    assert files.normalised(BytesIO(hostile.flat_png(20, 10)))


def test_one_picture_is_decoded_at_a_time_and_few_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes, running = [], []

    def slow(task: str, content: bytes) -> list[bytes]:
        running.append(task)
        time.sleep(0.05)
        outcomes.append(f"{len(running)} at once")
        running.pop()
        return [content]

    def send() -> None:
        try:
            files.normalised(BytesIO(hostile.flat_png(20, 10)))
        except ValidationError as error:
            outcomes.append(error.messages[0][:11])

    monkeypatch.setattr(decoder, "_run", slow)
    with another_is_decoded():
        threads = [threading.Thread(target=send) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads[decoder.MOST_WAITING :]:
            thread.join(1)
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["1 at once"] * decoder.MOST_WAITING + ["We are busy"] * 2


def test_serving_hostile_pictures_takes_no_more_than_400_mb(tmp_path: Path) -> None:
    """Six at once: two that are refused by their headers, and four of the dearest that are taken, of each format."""
    grey = Image.new("L", (4990, 5000))
    pictures = {
        "over": hostile.flat_png(8000, 5000),
        "scans": hostile.jpeg_of_many_scans(3000),
        "png": hostile.flat_png(5000, 5000, "RGBA"),
        "palette": hostile.encoded(Image.new("P", (5000, 5000)), "PNG", transparency=0),
        "jpeg": hostile.encoded(grey.convert("RGB"), "JPEG", progressive=True, subsampling=0),
        "webp": hostile.encoded(Image.new("RGBA", (4000, 3000)), "WEBP", lossless=True),
    }
    for name, content in pictures.items():
        (tmp_path / name).write_bytes(content)
    served = subprocess.run(  # noqa: S603 - its own script
        [sys.executable, "-c", SERVING, *(str(tmp_path / name) for name in pictures)],
        cwd=settings.BASE_DIR, capture_output=True, text=True, check=True, timeout=300,
        env=os.environ | {
            "DJANGO_SETTINGS_MODULE": "rougedb.settings", "DEBUG": "true", "ARCHIVE_ROOT": str(tmp_path / "archive"),
            "DATABASE_URL": f"sqlite:///{tmp_path}/empty.sqlite3", "LOG_LEVEL": "ERROR",
        },
    )  # fmt: skip
    *outcomes, peaks = served.stdout.splitlines()
    assert sorted(outcomes)[2:] == ["taken"] * 4, outcomes
    assert sum(map(int, peaks.split())) <= MOST_OF_A_WORKER, peaks
