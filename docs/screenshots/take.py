"""`make screenshots`: the pictures of this folder, taken anew of a throw-away site with the data set.

Nothing in them is later than episode 5, so that whoever reads about the project can still watch the show.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
LARGEST = 2_500_000  # bytes, all of them together


@dataclass(frozen=True, slots=True)
class Shot:
    """Of this page, by somebody at this episode, after they did something."""

    name: str
    address: str
    episode: int = 5
    wide: bool = False
    dark: bool = False
    moderator: bool = False
    after: Callable[[Page], Any] = lambda page: None

    @property
    def size(self) -> ViewportSize:
        return {"width": 1440, "height": 900} if self.wide else {"width": 390, "height": 844}


def typing(page: Page) -> None:
    page.get_by_role("combobox", name="Search names").press_sequentially("ro")
    page.get_by_role("option").first.wait_for()


def below_the_head(page: Page) -> None:
    page.locator(".map figcaption").evaluate("it => scrollTo(0, scrollY + it.getBoundingClientRect().top - 90)")


def shots(rouge: str, letter: str) -> list[Shot]:
    """By the addresses of a character and of a correction that waits."""
    form = f"/corrections/new/characters/{rouge}/?add=revelation"
    return [
        Shot("home-newcomer", "/", episode=0),
        Shot("home", "/", wide=True, dark=True),
        Shot("character", f"/c/{rouge}/", wide=True),
        Shot("character-at-1", f"/c/{rouge}/?as_of=1", wide=True),
        Shot("character-phone", f"/c/{rouge}/", dark=True),
        Shot("characters", "/characters/?species=nean", wide=True, dark=True),
        Shot("episode", "/episodes/5/"),
        Shot("search", "/", after=typing, dark=True),
        Shot("map", "/graph/", wide=True, dark=True, after=below_the_head),
        Shot("map-phone", f"/graph/?of={rouge}", after=below_the_head),
        Shot("recap", "/recap/?since=3", dark=True),
        Shot("then-and-now", f"/characters/{rouge}/-/then/?episode=2", wide=True),
        Shot("correction", form),
        Shot("queue", "/admin/corrections/correction/", wide=True, moderator=True),
        Shot("decision", letter, wide=True, moderator=True, dark=True),
    ]


def main() -> None:
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as directory:
        set_up(Path(directory))
        taken = [*pictures()]
    for old in HERE.glob("*.webp"):
        old.unlink()
    for name, picture in taken:
        (HERE / f"{name}.webp").write_bytes(picture)
    weight = sum(len(picture) for _, picture in taken)
    sys.stdout.write(f"{len(taken)} pictures, {weight // 1000} kB\n")
    if weight > LARGEST:
        raise SystemExit("They are too heavy together.")


def set_up(directory: Path) -> None:
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "rougedb.settings",
        "DJANGO_ALLOW_ASYNC_UNSAFE": "true",  # Playwright keeps an event loop in this thread
        "DEBUG": "true",
        "LOG_LEVEL": "ERROR",
        "DATABASE_URL": f"sqlite:///{directory / 'site.sqlite3'}",
        "MEDIA_ROOT": str(directory / "media"),
        "ARCHIVE_ROOT": str(directory / "archive"),
        "REDIS_URL": "",
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("load_dataset", verbosity=0)


def pictures() -> Iterator[tuple[str, bytes]]:
    from characters.models import Character

    session, letter = the_desk()
    rouge = Character.objects.as_of(5).get(key="rouge_redstar").public_id
    with served() as site, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for shot in shots(rouge, letter):
            yield shot.name, picture(chromium, site, shot, session)
        chromium.close()


def the_desk() -> tuple[str, str]:
    """The session of a moderator whose queue has something in it, and the address of the first correction there."""
    from django.conf import settings
    from django.contrib.auth.models import Group, User
    from django.test import Client
    from django.urls import reverse

    from characters.models import Alias, Character, Trait
    from characters.roles import MODERATORS
    from corrections import rows
    from corrections.letter import Letter
    from corrections.sending import Sender, adding, send, setting

    def summary(key: str, *, at: int) -> Trait:
        return Trait.objects.filter(character__key=key, attribute="summary", revealed_in__lte=at).latest("revealed_in")

    moderator = User.objects.create_user("moderator", is_staff=True)
    moderator.groups.add(Group.objects.get(name=MODERATORS))
    ida, tomo = (Sender(User.objects.create_user(name)) for name in ("ida", "tomo"))
    rouge, later = summary("rouge_redstar", at=5), summary("rouge_redstar", at=9)
    reworded = rouge.value.replace("a gentle father", "a patient father").replace("may have been", "has been")
    first = send(
        [setting(rouge, "value", rouge.value, reworded)],
        sender=ida,
        letter=Letter("The Puppeteer all but says so.", evidence_episode=5, evidence_time="07:30"),
    )
    naomi = Character.objects.get(key="naomi_orthmann")
    name = Alias(character=naomi, name="Nao", kind="name", language="en", revealed_in_id=2)
    send([adding("characters.alias", rows.values_of(name))], sender=tomo, letter=Letter("Rouge calls her so."))
    send([setting(later, "value", later.value, f"{later.value} So far.")], sender=tomo, letter=Letter("It goes on."))
    client = Client()
    client.force_login(moderator)
    address = reverse("admin:corrections_correction_change", args=[first.pk])
    return client.cookies[settings.SESSION_COOKIE_NAME].value, address


@contextmanager
def served() -> Iterator[str]:
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

    from rougedb.wsgi import application

    class Silent(WSGIRequestHandler):
        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadedWSGIServer(("127.0.0.1", 0), Silent)
    server.set_app(application)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def picture(chromium: Browser, site: str, shot: Shot, session: str) -> bytes:
    context = chromium.new_context(
        base_url=site,
        viewport=shot.size,
        color_scheme="dark" if shot.dark else "light",
        device_scale_factor=1 if shot.wide else 2,
        reduced_motion="reduce",
    )
    cookies = {"progress": str(shot.episode)} | ({"sessionid": session} if shot.moderator else {})
    context.add_cookies([{"name": name, "value": value, "url": site} for name, value in cookies.items()])
    page = context.new_page()
    for _ in range(2):  # by then the typefaces are there, which a first visit may do without
        page.goto(shot.address, wait_until="networkidle")
    shot.after(page)
    page.wait_for_load_state("networkidle")
    taken = BytesIO()
    Image.open(BytesIO(page.screenshot())).save(taken, "WEBP", quality=82, method=6)
    context.close()
    return taken.getvalue()


if __name__ == "__main__":
    main()
