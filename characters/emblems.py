"""What stands in for a portrait: the initials of the visible name on the visible colour."""

import zlib

# Dark enough for white letters (WCAG AA).
COLOURS = {
    "red": "#a3222e",
    "crimson": "#8e1230",
    "blue": "#1f5fa8",
    "cyan": "#0f6f85",
    "green": "#2f6b3c",
    "silver": "#5f6b78",
    "grey": "#565b63",
    "gray": "#565b63",
    "black": "#26262b",
    "white": "#6d6a66",
    "orange": "#a4510f",
    "yellow": "#7d6208",
    "gold": "#7d6208",
    "violet": "#66408f",
    "purple": "#66408f",
    "pink": "#a03a6e",
    "brown": "#6e4a2c",
}
UNCOLOURED = ("#5b4b53", "#4a5560", "#5d5443", "#46584f", "#54496a", "#634a40")
SMALL_WORDS = {"the", "of", "in", "a", "an", "on", "at", "who", "dr.", "dr"}


def colour_for(name: str, colour_words: str) -> str:
    for word in colour_words.lower().replace("-", " ").split():
        if word in COLOURS:
            return COLOURS[word]
    return UNCOLOURED[zlib.crc32(name.encode()) % len(UNCOLOURED)]


def initials_for(name: str) -> str:
    words = [word for word in name.split() if word.lower() not in SMALL_WORDS] or name.split() or ["?"]
    letters = [next((c for c in word if c.isalnum()), "") for word in words]
    return "".join(letters[:2]).upper() or "?"
