import re
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from characters.datasets.heroes import KINDS
from characters.datasets.starting import Start, write_start
from episodes.texts import LANGUAGE

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class Command(BaseCommand):
    help = (
        "Write a data set to start a show of one's own from (docs/your-own-show.md). Title and number are asked for "
        "where they are not given; the rest can be changed in the files."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path, help="a new directory")
        parser.add_argument("--title", help="what the show is called")
        parser.add_argument("--number", type=int, help="how many episodes there are")
        parser.add_argument("--unit", help="what one is called, if not an episode: chapter")
        parser.add_argument("--units", help="what several are called: chapters")
        parser.add_argument("--watched", help="what one has done with them: read")
        parser.add_argument("--chapters", type=int, help="how many there are, if the story is told in chapters as well")
        parser.add_argument("--language", help="of its native names, as a code: ja, zh-Hant")
        parser.add_argument("--accent", help="the colour of links on light paper: #2a6f97")
        parser.add_argument("--accent-in-the-dark", help="and on dark paper: #7cc0e8")
        parser.add_argument("--hero", help=f"the picture of the start page: {', '.join(KINDS)}")

    def handle(self, *args: Any, **options: Any) -> None:
        directory: Path = options["directory"]
        if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
            raise CommandError(f"{directory} is there already, and not empty.")
        given = {field.name: options[field.name] for field in fields(Start) if options[field.name] is not None}
        given["title"] = given.get("title") or self._ask("What is the show called?", "--title")
        if "number" not in given:
            given["number"] = self._number("How many episodes are there?", "--number")
        if "unit" in given:
            given.setdefault("units", f"{given['unit']}s")
        self._check(given)
        write_start(directory, Start(**given))
        self.stdout.write(f"Written to {directory}. Look at it: make run SHOW={directory}")

    def _ask(self, question: str, option: str) -> str:
        answer = input(f"{question} ").strip() if sys.stdin.isatty() else ""
        if not answer:
            raise CommandError(f"{question} Say so with {option}.")
        return answer

    def _number(self, question: str, option: str) -> int:
        answer = self._ask(question, option)
        if not answer.isdigit():
            raise CommandError(f"“{answer}” is no number.")
        return int(answer)

    def _check(self, given: dict[str, Any]) -> None:
        if not 1 <= given["number"] <= 9999:
            raise CommandError("A show has from 1 to 9999 episodes.")
        if not 0 <= given.get("chapters", 0) <= 9999:
            raise CommandError("A show has from 0 to 9999 chapters.")
        if given.get("chapters") and given.get("unit", "").lower() == "chapter":
            raise CommandError(
                "Both axes would be told in chapters: leave out --chapters, or say with --unit what the first has."
            )
        if "language" in given and not re.fullmatch(LANGUAGE, given["language"]):
            raise CommandError("A language is a code such as ja or zh-Hant.")
        for name in ("accent", "accent_in_the_dark"):
            if name in given and not COLOUR.fullmatch(given[name]):
                raise CommandError(f"“{given[name]}” is no colour: write one such as #2a6f97.")
        if given.get("hero", "waves") not in KINDS:
            raise CommandError(f"There is no picture “{given['hero']}”: choose one of {', '.join(KINDS)}.")
