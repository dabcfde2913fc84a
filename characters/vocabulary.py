"""The closed lists: kinds of names, attributes, relationships and degrees of certainty."""

from django.db.models import TextChoices


class AliasKind(TextChoices):
    NAME = "name", "Name"
    CODENAME = "codename", "Codename"
    TITLE = "title", "Title"
    PLACEHOLDER = "placeholder", "Known as"
    VARIANT = "variant", "Spelling variant"


class Certainty(TextChoices):
    HINTED = "hinted", "Hinted"
    CLAIMED = "claimed", "Claimed"
    CONFIRMED = "confirmed", "Confirmed"
    DISPROVED = "disproved", "Disproved"


class Attribute(TextChoices):
    """In the order in which a page shows them."""

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
        return (cls.SUMMARY, cls.CATEGORY, cls.SPECIES, cls.STATUS, cls.OCCUPATION, cls.AGE, cls.PARENTAGE, cls.COLOUR)


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
    HELPS = "helps", "helps"
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
    def bond(self) -> Bond:
        return BOND_OF[self]

    @property
    def sentence(self) -> str:
        """The label with its verb: “Ann *is a friend of* Bea”, “Ann *killed* Bea”."""
        if self in (self.FAMILY, self.SUSPECTED_TO_BE):
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
    RelationshipKind.RECRUITS: "courted by",
    RelationshipKind.RESCUED: "rescued by",
    RelationshipKind.SERVES: "served by",
    RelationshipKind.SPARED: "spared by",
    RelationshipKind.SUSPECTS: "suspected by",
    RelationshipKind.WOUNDED: "wounded by",
}

BONDS = {
    Bond.KIN: {
        RelationshipKind.ADOPTED,
        RelationshipKind.FAMILY,
        RelationshipKind.PARENT,
        RelationshipKind.SHARES_BODY,
        RelationshipKind.SIBLING,
        RelationshipKind.TWIN,
    },
    Bond.TRUST: {
        RelationshipKind.ALLY,
        RelationshipKind.COMRADE,
        RelationshipKind.FRIEND,
        RelationshipKind.GUIDES,
        RelationshipKind.HELPS,
        RelationshipKind.LOVER,
        RelationshipKind.LOVES,
        RelationshipKind.PARTNER,
        RelationshipKind.PROTECTS,
        RelationshipKind.RESCUED,
        RelationshipKind.SPARED,
    },
    Bond.POWER: {
        RelationshipKind.COMMANDS,
        RelationshipKind.CONTROLS,
        RelationshipKind.CREATED,
        RelationshipKind.EMPLOYS,
        RelationshipKind.OWNS,
        RelationshipKind.PRESSURES,
        RelationshipKind.RECRUITS,
        RelationshipKind.SERVES,
    },
    Bond.PURSUIT: {
        RelationshipKind.HUNTS,
        RelationshipKind.INVESTIGATES,
        RelationshipKind.SUSPECTED_TO_BE,
        RelationshipKind.SUSPECTS,
    },
    Bond.CONFLICT: {
        RelationshipKind.ABDUCTED,
        RelationshipKind.ARRESTED,
        RelationshipKind.ATTACKED,
        RelationshipKind.BETRAYED,
        RelationshipKind.DECEIVED,
        RelationshipKind.ENEMY,
        RelationshipKind.IMPERSONATED,
        RelationshipKind.KILLED,
        RelationshipKind.OVERCAME,
        RelationshipKind.RIVAL,
        RelationshipKind.WOUNDED,
    },
}

BOND_OF = {kind: bond for bond, kinds in BONDS.items() for kind in kinds}
