"""A page of each public kind in any show, each time the largest there is, as far as that can be told beforehand."""

from typing import Any

from django.db.models import Count, QuerySet
from django.urls import reverse

from characters.lore import Lore
from characters.lore.cast import Cast
from characters.lore.telling import voice_id
from characters.models import Character, Faction, Tag, Trait
from characters.vocabulary import Attribute
from episodes.known import is_known


def addresses(progress: int) -> dict[str, str]:
    """Return the addresses of those of whom most is known at an episode, and of what leads to them."""
    lore = Lore(progress)
    characters = _by_rows(Character.objects.as_of(progress), "revelations", progress)
    main, second, *_, minor = characters.values_list("public_id", flat=True)
    faction = _by_rows(Faction.objects.as_of(progress), "memberships", progress)[0].public_id
    tag = Tag.objects.alias(rows=_count("character_rows", progress)).order_by("-rows", "name")[0]
    spoken = Trait.objects.as_of(progress).filter(attribute=Attribute.VOICE_ACTOR).order_by().values("value")
    voice = spoken.annotate(rows=Count("id")).order_by("-rows", "value")[0]["value"]
    cast = Cast(lore)
    cast.note(characters[:1].values_list("id", flat=True))
    cast.look_up()
    face = cast.root_face(characters[0].id)
    character, name = face.url, face.name
    return {
        "home": reverse("home"),
        "list": reverse("characters"),
        "list, filtered": f"{reverse('characters')}?faction={faction}",
        "list of factions": reverse("factions"),
        "main character": character,
        "minor character": f"{lore.address_of('characters', minor)}",
        "then and now": f"{character}then/?episode={progress // 2}",
        "faction": f"{lore.address_of('factions', faction)}",
        "episode": reverse("episode", args=[progress]),
        "episodes": reverse("episodes"),
        "tags": reverse("tags"),
        "tag": reverse("tag", args=[tag.slug]),
        "voices": reverse("voices"),
        "voice": f"{lore.address_of_voice(voice_id(voice))}",
        "staff": reverse("staff"),
        "map": reverse("graph"),
        "map, since": f"{reverse('graph')}?since={progress // 2}",
        "map of one": f"{reverse('graph')}?of={main}",
        "map of a faction": f"{reverse('graph')}?faction={faction}",
        "linked": f"{reverse('linked')}?a={main}&b={second}",
        "recap": reverse("recap"),
        "recap, of all": f"{reverse('recap')}?since=0",
        "search": f"{reverse('search')}?q={name}",
        "suggestions": f"{reverse('suggest')}?q={name[:2]}",
        "history": reverse("history", args=["characters", main]),
        "changes": reverse("changes"),
        "correction": reverse("correct-characters", args=[main]),
        "went back": f"{reverse('went-back')}?to={reverse('character-short', args=[main])}",
        "about": reverse("about"),
        "404": "/nothing/",
    }


def _by_rows(subjects: QuerySet[Any], rows: str, progress: int) -> QuerySet[Any]:
    return subjects.alias(rows=_count(rows, progress)).order_by("-rows", "key")


def _count(rows: str, progress: int) -> Count:
    return Count(rows, filter=is_known(progress, f"{rows}__"))
