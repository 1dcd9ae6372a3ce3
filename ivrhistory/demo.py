"""What do bots and flows say in three months of a contact centre? Made-up calls in the loader's form.

Which contacts they join, and getting them into the database, is left to `manage.py demo_ivr`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

Record = dict[str, Any]

SOURCE = "demo"
# Seconds a letter, as machines talk on the telephone; Chinese says as much with a third of the letters.
SPEAKING = {"en": 0.06, "zh": 0.17}
# How calls that never reach an agent end.
ALONE = {"completed": 11, "user_hung_up": 8, "failed": 1}


class DemoBot(NamedTuple):
    """A bot, its language, and the scripts it knows; calls come to it as often as `share` says."""

    name: str
    type: str
    access_code: str
    language: str
    scripts: str
    share: int
    records_details: bool = True


BOTS = (
    DemoBot("Billing main IVR", "common_ivr", "4008200110", "en", "menu", 30),
    DemoBot("After-hours IVR", "common_ivr", "4008200119", "en", "night", 8),
    DemoBot("Card services lost and stolen 24 h", "intelligent_robot", "55501200", "en", "card", 18),
    DemoBot("卡片挂失机器人", "intelligent_robot", "55501288", "zh", "card_zh", 22),
    DemoBot("Delivery assistant", "intelligent_robot", "55501201", "en", "delivery", 16, records_details=False),
    DemoBot("Returns helper 退货助手", "intelligent_robot", "55501202", "zh", "returns_zh", 6),
)

# A step a line: node | its name | what the system says | what the user says | intent | confidence. Keys are in [ ];
# an ! after the system's words says that the user spoke before they had ended.
SCRIPTS = {
    "menu": """
welcome|Welcome|Welcome to Acme Retail Group. Calls may be recorded.|||
menu_main|Main menu|For your bill, press 1. For a delivery, press 2. To speak to somebody, press 0.!|[1]|menu.billing|
menu_bill|Billing menu|To hear your balance, press 1. To dispute an amount, press 2.|[2]|billing.dispute|
api_account|Look up account|Interface call, 318 ms, account found|||
confirm|Confirm|You want to dispute an amount on your last bill. Press 1 to confirm.|[1]|yes|
""",
    "night": """
welcome|Welcome|Acme Retail Group is closed now. We open at 8 in the morning.|||
menu_night|Night menu|To report a lost card, press 1. To leave a message, press 2.|[1]|menu.card|
ask_card|Card number|Key in the last four digits of the card.|[4471]|card.digits|
""",
    "card": """
welcome_01|Welcome|Welcome to Acme Retail Group. Please say in a few words how we can help.!||
ask_intent|Collect request||I lost my wallet and my store card was inside|card.lost|0.94
confirm_intent|Confirm intent|You want to report a lost card. Is that right?|Yes, that is right|yes|0.99
menu_card|Choose action|For a new card, press 1. To block the card only, press 2.|[1]|card.replace|
api_card_lookup|Check card|Interface call, 412 ms, card found|||
ask_lang|Ask language|Would you like to continue in English or 中文？|中文|lang.zh|0.97
""",
    "card_zh": """
welcome_01|欢迎|您好，这里是 Acme 零售集团。请简单说一下您的需求。!||
ask_intent|收集需求||我的会员卡丢了，想挂失|card.lost|0.96
confirm_intent|确认意图|您想挂失会员卡，对吗？|对的|yes|0.99
ask_last4|核对卡号|请说出或输入卡号后四位。|[8213]|card.digits|
api_card_block|挂失|接口调用，286 毫秒，已挂失|||
ask_more|其他需求|卡片已挂失。还有什么可以帮您？|我要找人工|agent|0.88
""",
    "delivery": """
welcome|Welcome|Hello, this is the delivery assistant. What is your order number?|5 3 0 7 dash 4 4 1|order.number|0.81
api_order|Find order|Interface call, 530 ms, order found|||
tell_eta|Say when|Your parcel arrives tomorrow before noon. Anything else?|Change the address please|delivery.change|0.9
""",
    "returns_zh": """
welcome|欢迎|您好，这里是退货助手。请问您想退哪一件商品？|上周买的耳机|return.item|0.86
api_order|查询订单|接口调用，344 毫秒，找到订单|||
ask_reason|退货原因|请问退货原因是什么？|左边没有声音|return.defect|0.91
""",
}
ONWARD = {
    "en": ("xfer_agent", "Transfer to agent", "I am putting you through to a colleague. One moment, please."),
    "zh": ("xfer_agent", "转人工", "正在为您转接专席，请稍候。"),
}
GOODBYE = {"en": ("bye", "Goodbye", "Thank you for calling. Goodbye."), "zh": ("bye", "结束", "感谢您的来电，再见。")}
HOLD = {"en": ("queue_hold", "Queue music", "Music"), "zh": ("queue_hold", "等待音乐", "音乐")}


@dataclass(frozen=True)
class Contact:
    """What a call has to know of the contact that it became: when it was handed on, and when that ended."""

    call_id: str
    started_at: datetime
    ended_at: datetime | None
    calling_number: str
    called_number: str


def calls(contacts: Sequence[Contact]) -> Iterator[Record]:
    """A call that led to each contact, and after every third one a call that a bot finished by itself."""
    for number, contact in enumerate(contacts):
        # Data that looks random and is the same every time; nothing here is a secret.
        rng = Random(contact.call_id)  # noqa: S311 - the same calls on every machine
        yield _handed_on(rng, contact)
        if number % 3 == 2:
            yield _alone(rng, contact, contacts[rng.randrange(len(contacts))].calling_number)


def _handed_on(rng: Random, contact: Contact) -> Record:
    bot = _bot(rng)
    turns, seconds = _turns(rng, bot, [*_steps(bot), ONWARD[bot.language], HOLD[bot.language]])
    start, end = contact.started_at - timedelta(seconds=seconds), contact.started_at
    if contact.ended_at and rng.random() < 0.2:
        # The flow notices that the user is gone when the agent's call has ended.
        end = contact.ended_at
        turns.append(_sys_err((end - start).total_seconds() + 0.4))
    record = {"call_id": contact.call_id, "result": "transferred"}
    return record | _call(bot, start, end, contact.calling_number, contact.called_number, turns)


def _alone(rng: Random, contact: Contact, number: str) -> Record:
    bot, result = _bot(rng), rng.choices(list(ALONE), list(ALONE.values()))[0]
    steps = _steps(bot)
    steps = [*steps, GOODBYE[bot.language]] if result == "completed" else steps[: rng.randint(1, len(steps))]
    turns, seconds = _turns(rng, bot, steps)
    # Never in the future: before the contact it stands beside.
    start = contact.started_at - timedelta(seconds=seconds + rng.uniform(5, 1500))
    end = start + timedelta(seconds=seconds)
    if result == "user_hung_up" and rng.random() < 0.7:
        turns.append(_sys_err(seconds + 0.7))
    record = {"call_id": f"{int(start.timestamp())}-{rng.randrange(10_000, 100_000)}", "result": result}
    return record | _call(bot, start, end, number, contact.called_number, turns)


def _bot(rng: Random) -> DemoBot:
    return rng.choices(BOTS, [bot.share for bot in BOTS])[0]


def _steps(bot: DemoBot) -> list[tuple[str, ...]]:
    return [tuple(line.split("|")) for line in SCRIPTS[bot.scripts].strip().splitlines()]


def _turns(rng: Random, bot: DemoBot, steps: Sequence[tuple[str, ...]]) -> tuple[list[Record], float]:
    """The turns of these steps, each with the seconds from the start in `at`, and how long they took."""
    turns, at = [], rng.uniform(0.05, 0.4)
    for node, name, system, *rest in steps:
        user, intent, confidence = (*rest, "", "", "")[:3]
        interrupted = system.endswith("!")
        system, keys = system.removesuffix("!"), user.startswith("[")
        turn: Record = {"at": at, "node": node, "node_name": name, "system_said": system, "user_said": user.strip("[]")}
        turn |= {"intent": intent, "interrupted": interrupted, "input": "keys" if keys else "speech"}
        if confidence:
            turn["confidence"] = round(min(float(confidence) + rng.uniform(-0.06, 0.03), 1), 2)
        turns.append(turn)
        spoken = len(system) * (0.6 if interrupted else 1) + (0 if keys else len(user))
        at += 0.3 + spoken * SPEAKING[bot.language] + rng.uniform(0.2, 1.8)
    return turns, round(at, 3)


def _sys_err(at: float) -> Record:
    return {"at": at, "node": "sys_err", "node_name": "Flow end"}


def _call(bot: DemoBot, start: datetime, end: datetime, calling: str, called: str, turns: list[Record]) -> Record:
    for turn in turns:
        turn["at"] = _moment(start + timedelta(seconds=turn["at"]))
    return {
        "started_at": _moment(start),
        "ended_at": _moment(end),
        "calling_number": calling,
        "called_number": called,
        "access_code": bot.access_code,
        "turns": turns,
    }


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")
