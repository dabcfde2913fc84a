"""Cut what is too much for one page into parts."""

from collections.abc import Callable, Iterable, Sequence

from django.core.paginator import Paginator


def in_parts[Item](items: Iterable[Item], most: int, weight_of: Callable[[Item], int]) -> list[list[Item]]:
    """Return items in parts, in order, none of them heavier than `most` unless by a single item."""
    parts: list[list[Item]] = [[]]
    sum_of_part = 0
    for item in items:
        sum_of_part += weight_of(item)
        if parts[-1] and sum_of_part > most:
            parts.append([])
            sum_of_part = weight_of(item)
        parts[-1].append(item)
    return parts


def part_of[Item](parts: Sequence[Sequence[Item]], number: int) -> tuple[Item, ...]:
    """Return what a page shows of the parts of one section, which may have fewer than others."""
    return tuple(parts[number - 1]) if number <= len(parts) else ()


def number_and_last(asked: int, *sections: Sequence[object]) -> tuple[int, int]:
    """Return which page is shown and how many there are, of sections that are cut into parts."""
    page = Paginator(range(max(map(len, sections))), 1).get_page(max(asked, 1))
    return page.number, page.paginator.num_pages
