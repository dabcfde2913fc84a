"""The closed lists: kinds of names, attributes, relationships and degrees of certainty."""

from django.db.models import TextChoices


class AliasKind(TextChoices):
    NAME = "name", "Name"
    CODENAME = "codename", "Codename"
    TITLE = "title", "Title"
    PLACEHOLDER = "placeholder", "Known as"
    VARIANT = "variant", "Spelling variant"

    @property
    def noun(self) -> str:
        """What a name of this kind is called beside it; what somebody was only known as is no name."""
        return "description" if self == self.PLACEHOLDER else self.label.lower()


class Certainty(TextChoices):
    HINTED = "hinted", "Hinted"
    CLAIMED = "claimed", "Claimed"
    CONFIRMED = "confirmed", "Confirmed"
    DISPROVED = "disproved", "Disproved"


class Attribute(TextChoices):
    """In the order in which a page shows them."""

    DEFINITION = "definition", "One-line definition"
    SUMMARY = "summary", "Summary"
    CATEGORY = "category", "What it is"
    SPECIES = "species", "Species"
    STATUS = "status", "Status"
    OCCUPATION = "occupation", "Occupation"
    AGE = "age", "Age"
    PARENTAGE = "parentage", "Parentage"
    COLOUR = "colour", "Colour"
    APPEARANCE = "appearance", "Appearance"
    ABILITY = "ability", "Abilities"
    WEAPON = "weapon", "Weapons"
    WEAKNESS = "weakness", "Weaknesses"
    HABIT = "habit", "Habits"
    PURPOSE = "purpose", "Purpose"
    BASE = "base", "Base"
    VOICE_ACTOR = "voice_actor", "Voice (Japanese)"
    VOICE_ACTOR_EN = "voice_actor_en", "Voice (English)"

    @classmethod
    def single_valued(cls) -> tuple["Attribute", ...]:
        """Return the attributes of which only the newest value holds."""
        return (
            cls.DEFINITION, cls.SUMMARY, cls.CATEGORY, cls.SPECIES, cls.STATUS, cls.OCCUPATION, cls.AGE, cls.PARENTAGE,
            cls.COLOUR,
        )  # fmt: skip

    @classmethod
    def of_a_stage(cls) -> tuple["Attribute", ...]:
        """Return those that tell of the whole subject at a stage; earlier ones are read on its page as it was."""
        return (cls.DEFINITION, cls.SUMMARY)


# The languages in which a show is heard, each by the attribute that says whose voice it is.
SPOKEN_IN = {Attribute.VOICE_ACTOR: "Japanese", Attribute.VOICE_ACTOR_EN: "English"}


class Bond(TextChoices):
    """What sort of thing a relation is. Someone who has several stands on a map under the first."""

    KIN = "kin", "Kinship"
    TRUST = "trust", "Friendship"
    POWER = "power", "Power"
    PURSUIT = "pursuit", "Pursuit"
    CONFLICT = "conflict", "Conflict"


class RelationshipKind(TextChoices):
    """Labelled as on the page of the source; `seen_from_target` has the other side."""

    ALLY = "ally", "ally of"
    COMRADE = "comrade", "comrade of"
    ENEMY = "enemy", "enemy of"
    FAMILY = "family", "family of"
    FRIEND = "friend", "friend of"
    LOVER = "lover", "lover of"
    PARTNER = "partner", "partner of"
    RIVAL = "rival", "rival of"
    SHARES_BODY = "shares_body", "shares a body with"
    SIBLING = "sibling", "sibling of"
    TWIN = "twin", "twin of"
    ABDUCTED = "abducted", "abducted"
    ADOPTED = "adopted", "adoptive parent of"
    ARRESTED = "arrested", "arrested"
    ATTACKED = "attacked", "attacked"
    BETRAYED = "betrayed", "betrayed"
    COMMANDS = "commands", "commands"
    CONTROLS = "controls", "controls"
    CREATED = "created", "created"
    DECEIVED = "deceived", "deceived"
    EMPLOYS = "employs", "employs"
    GUIDES = "guides", "guides"
    HELPS = "helps", "helped"
    HUNTS = "hunts", "hunts"
    IMPERSONATED = "impersonated", "impersonated"
    INVESTIGATES = "investigates", "investigates"
    KILLED = "killed", "killed"
    LOVES = "loves", "loves"
    OVERCAME = "overcame", "defeated"
    OWNS = "owns", "owner of"
    PARENT = "parent", "parent of"
    PRESSURES = "pressures", "puts pressure on"
    PROTECTS = "protects", "protects"
    RECRUITS = "recruits", "tries to win over"
    RESCUED = "rescued", "rescued"
    SERVES = "serves", "serves"
    SPARED = "spared", "spared"
    SUSPECTED_TO_BE = "suspected_to_be", "suspected to be"
    SUSPECTS = "suspects", "suspects"
    WOUNDED = "wounded", "wounded"

    @property
    def seen_from_target(self) -> str:
        return INVERSE_LABELS.get(self, self.label)

    @property
    def is_mutual(self) -> bool:
        """Whether it reads alike from both sides, as being allies does."""
        return self.seen_from_target == self.label

    @property
    def bond(self) -> Bond:
        return BOND_OF[self]

    @property
    def is_state(self) -> bool:
        """Whether it goes on from its episode, as being allies does; what happened or always was does not."""
        return self in STATES

    @property
    def lasts(self) -> bool:
        """Whether it is so from then on, as kinship and states are; what happens can happen again."""
        return self.is_state or self.bond == Bond.KIN

    @property
    def place(self) -> int:
        """Its place among the relations of a page: the nearest first."""
        return PLACES[self]

    @property
    def sentence(self) -> str:
        """The label with its verb: “Ann *is a friend of* Bea”, “Ann *killed* Bea”."""
        if self == self.FAMILY:
            return "is family to"
        if self == self.SUSPECTED_TO_BE:
            return f"is {self.label}"
        article = "an" if self.label[0] in "aeiou" else "a"
        return f"is {article} {self.label}" if self.label.endswith(" of") else str(self.label)


INVERSE_LABELS = {
    RelationshipKind.ABDUCTED: "abducted by",
    RelationshipKind.ADOPTED: "adopted child of",
    RelationshipKind.ARRESTED: "arrested by",
    RelationshipKind.ATTACKED: "attacked by",
    RelationshipKind.BETRAYED: "betrayed by",
    RelationshipKind.COMMANDS: "answers to",
    RelationshipKind.CONTROLS: "controlled by",
    RelationshipKind.CREATED: "created by",
    RelationshipKind.DECEIVED: "deceived by",
    RelationshipKind.EMPLOYS: "employed by",
    RelationshipKind.GUIDES: "guided by",
    RelationshipKind.HELPS: "helped by",
    RelationshipKind.HUNTS: "hunted by",
    RelationshipKind.IMPERSONATED: "impersonated by",
    RelationshipKind.INVESTIGATES: "investigated by",
    RelationshipKind.KILLED: "killed by",
    RelationshipKind.LOVES: "loved by",
    RelationshipKind.OVERCAME: "defeated by",
    RelationshipKind.OWNS: "owned by",
    RelationshipKind.PARENT: "child of",
    RelationshipKind.PRESSURES: "under pressure from",
    RelationshipKind.PROTECTS: "protected by",
    RelationshipKind.RECRUITS: "sought as an ally by",
    RelationshipKind.RESCUED: "rescued by",
    RelationshipKind.SERVES: "served by",
    RelationshipKind.SPARED: "spared by",
    RelationshipKind.SUSPECTS: "suspected by",
    RelationshipKind.WOUNDED: "wounded by",
}

# In the order in which a page lists them.
BONDS = {
    Bond.KIN: (
        RelationshipKind.PARENT,
        RelationshipKind.ADOPTED,
        RelationshipKind.SIBLING,
        RelationshipKind.TWIN,
        RelationshipKind.FAMILY,
        RelationshipKind.SHARES_BODY,
    ),
    Bond.TRUST: (
        RelationshipKind.LOVER,
        RelationshipKind.LOVES,
        RelationshipKind.PARTNER,
        RelationshipKind.FRIEND,
        RelationshipKind.ALLY,
        RelationshipKind.COMRADE,
        RelationshipKind.PROTECTS,
        RelationshipKind.GUIDES,
        RelationshipKind.RESCUED,
        RelationshipKind.HELPS,
        RelationshipKind.SPARED,
    ),
    Bond.POWER: (
        RelationshipKind.CREATED,
        RelationshipKind.OWNS,
        RelationshipKind.COMMANDS,
        RelationshipKind.SERVES,
        RelationshipKind.EMPLOYS,
        RelationshipKind.CONTROLS,
        RelationshipKind.PRESSURES,
        RelationshipKind.RECRUITS,
    ),
    Bond.PURSUIT: (
        RelationshipKind.HUNTS,
        RelationshipKind.INVESTIGATES,
        RelationshipKind.SUSPECTS,
        RelationshipKind.SUSPECTED_TO_BE,
    ),
    Bond.CONFLICT: (
        RelationshipKind.KILLED,
        RelationshipKind.ENEMY,
        RelationshipKind.RIVAL,
        RelationshipKind.BETRAYED,
        RelationshipKind.DECEIVED,
        RelationshipKind.OVERCAME,
        RelationshipKind.WOUNDED,
        RelationshipKind.ATTACKED,
        RelationshipKind.ABDUCTED,
        RelationshipKind.ARRESTED,
        RelationshipKind.IMPERSONATED,
    ),
}

STATES = {
    RelationshipKind.ALLY,
    RelationshipKind.COMMANDS,
    RelationshipKind.COMRADE,
    RelationshipKind.CONTROLS,
    RelationshipKind.EMPLOYS,
    RelationshipKind.ENEMY,
    RelationshipKind.FRIEND,
    RelationshipKind.GUIDES,
    RelationshipKind.HUNTS,
    RelationshipKind.INVESTIGATES,
    RelationshipKind.LOVER,
    RelationshipKind.LOVES,
    RelationshipKind.OWNS,
    RelationshipKind.PARTNER,
    RelationshipKind.PRESSURES,
    RelationshipKind.PROTECTS,
    RelationshipKind.RIVAL,
    RelationshipKind.SERVES,
    RelationshipKind.SUSPECTED_TO_BE,
    RelationshipKind.SUSPECTS,
}

BOND_OF = {kind: bond for bond, kinds in BONDS.items() for kind in kinds}
PLACES = {kind: place for place, kind in enumerate(BOND_OF)}
