"""Who takes part in a demo contact: the two tenants, their agents, their customers?

What they talk about is left to `talk`, when they meet to `traffic`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from contacts.demo import words

# In calls of these types the customer's number is the calling one.
FROM_CUSTOMER = {"incoming", "offline_queue", "collaborative"}


class Agent(NamedTuple):
    """Somebody who handles contacts, mostly those of the first queue."""

    name: str
    employee_id: str
    queues: tuple[str, ...]
    is_active: bool = True


@dataclass(frozen=True)
class Profile:
    """What sets one demo tenant's contacts apart from another's."""

    slug: str
    zone: str
    hotlines: tuple[str, ...]
    currency: str
    media: Mapping[str, float]
    channels: Mapping[str, float]
    # The one that answers between ten in the evening and seven.
    night_queue: str
    chinese_share: float
    american_share: float
    # Of the contacts that an account has handled, those with a call reason once the dust has settled.
    reason_share: float
    # Two when the recorder keeps agent and customer apart.
    recorded_channels: int = 2
    # The account whose last day is a backlog for visitors to work on.
    busy_agent: str = ""
    # The organization unit, from the root, in which an agent's older contacts took place.
    moved: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # Data items of the tenant's own: id, name.
    extended: Mapping[str, str] = field(default_factory=dict)


ACME = Profile(
    slug="acme",
    zone="Asia/Hong_Kong",
    hotlines=("4008200110", "85255501200", "85255501288"),
    currency="HKD",
    media={"voice": 71, "video": 5, "multimedia": 24},
    channels={
        "whatsapp": 27, "web": 19, "wechat": 17, "line": 10, "email": 10, "facebook": 5, "instagram": 4, "x": 3,
        "telegram": 2.5, "sms": 2, "other": 1.5,
    },
    night_queue="Card services – lost & stolen (24 h)",
    chinese_share=0.55,
    american_share=0.06,
    reason_share=0.985,
    busy_agent="acme-agent",
    moved={"h.vandermeer": ("Acme Retail Group", "Hong Kong", "Retail care", "Deliveries desk")},
    extended={"loyalty_tier": "Loyalty tier", "order_number": "Order number"},
)  # fmt: skip
GLOBEX = Profile(
    slug="globex",
    zone="America/New_York",
    hotlines=("18005550142", "12125550100"),
    currency="USD",
    media={"voice": 82, "video": 4, "multimedia": 14},
    channels={"web": 40, "email": 34, "sms": 14, "facebook": 6, "whatsapp": 4, "x": 2},
    night_queue="Field service",
    chinese_share=0.02,
    american_share=1,
    recorded_channels=1,
    # Globex does not ask for call reasons; some agents note one all the same.
    reason_share=0.2,
)


class Customer(NamedTuple):
    number: str
    name: str
    language: str
    handle: str
    tag: str

    @property
    def tier(self) -> str:
        """Half of the customers are in no loyalty programme."""
        return ("", "", "", "Standard", "Silver", "Gold")[int(self.tag, 16) % 6]

    def address(self, channel: str) -> str:
        """How this customer is reached on a channel ("" is a call): the same address every time."""
        match channel:
            case "" | "sms":
                return self.number
            case "email":
                return f"{self.handle}@example.com"
            case "line":
                return f"line_U{self.tag}"
            case "whatsapp":
                return f"wa_7d{self.tag}"
            case "web":
                return f"guest-{self.tag}"
            case "wechat" | "other":
                return self.handle
            case _:
                return f"@{self.handle}"


class Customers:
    """Everybody who ever calls a tenant."""

    # Without it, Zipf's law would make every tenth contact one person's.
    FLAT = 60

    def __init__(self, rng: Random, profile: Profile, count: int) -> None:
        self._rng, self._profile = rng, profile
        self._all = [self._make(n) for n in range(count)]

    def any(self) -> Customer:
        """Most call once or twice, some every other day: Zipf's law, flattened for the first few."""
        count = len(self._all)
        rank = self.FLAT * ((self.FLAT + count) / self.FLAT) ** self._rng.random() - self.FLAT
        return self._all[min(int(rank), count - 1)]

    def _make(self, n: int) -> Customer:
        rng = self._rng
        # Numbers that belong to nobody: 555-01xx in North America, and +86 120 555.
        if rng.random() < self._profile.american_share:
            area = rng.choice((212, 305, 312, 415, 503, 617, 646, 718, 808, 917))
            number = f"+1{area}55501{rng.randrange(100):02d}"
        else:
            # A step that shares no factor with 100,000 meets every number once before one comes again.
            number = f"+86120555{(16226 + n * 31607) % 100_000:05d}"
        chinese = rng.random() < self._profile.chinese_share
        if rng.random() < 0.28:
            name = ""
        elif rng.random() < 0.015:
            name = rng.choice(words.RARE_NAMES)
        elif chinese:
            name = rng.choice(words.CJK_FAMILY_NAMES) + rng.choice(words.CJK_GIVEN_NAMES)
        else:
            name = f"{rng.choice(words.GIVEN_NAMES)} {rng.choice(words.FAMILY_NAMES)}"
        handle = f"{rng.choice(words.HANDLE_WORDS)}_{n}"
        return Customer(number, name, "zh" if chinese else "en", handle, f"{n * 2654435761 % 2**24:06x}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One agent's part of a call, which becomes one contact record. Times are seconds since 1970."""

    media_type: str
    channel: str
    call_type: str
    customer: Customer
    topic: str
    queue: str
    # Nobody for a robot, and for a caller who gave up in the queue.
    agent: Agent | None
    at: float
    answered: float | None
    # Still to come when the contact is in progress.
    ended: float
    # Queue and agent of the next leg, when the contact is handed on.
    onward: tuple[str, Agent] | None
    is_first: bool
