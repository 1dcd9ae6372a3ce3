"""Make the demo's two tenants: organization, accounts, roles, skill queues, parameters.

Their contacts are left to `demo_contacts`, their IVR calls to `demo_ivr`. Run again, it changes nothing.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand
from django.db import transaction

from aicc.tenants import parameters
from aicc.tenants.choices import VideoMode
from aicc.tenants.models import Account, AccountSkillQueue, OrganizationUnit, Role, SkillQueue, Tenant
from aicc.tenants.parameters import Parameter
from ivrhistory import recording
from ivrhistory.choices import Flag

PASSWORD = "demo-Passw0rd!"  # noqa: S105 (printed by `make demo`, which listens on loopback only)
OPERATOR = "operator"


class Person(NamedTuple):
    """An account; only those of the cast can sign in."""

    name: str
    employee_id: str = ""
    unit: str = ""
    # Letters of the tenant's queues, the first one first.
    queues: str = ""
    role: str = "Agent"
    granted: tuple[str, ...] = ()
    video_mode: str = ""
    is_administrator: bool = False
    is_active: bool = True


@dataclass(frozen=True)
class DemoTenant:
    slug: str
    name: str
    settings: dict[Parameter, Any]
    # An indented outline; every name occurs once.
    units: str
    queues: dict[str, str]
    cast: tuple[Person, ...]
    others: tuple[Person, ...]


ACME = DemoTenant(
    slug="acme",
    name="Acme Retail Group",
    settings={
        parameters.ISOLATION: True,
        parameters.SCREEN_RECORDING: True,
        parameters.SET_CALL_REASON: True,
        parameters.TIME_ZONE: "Asia/Hong_Kong",
        recording.CALLS.parameter: Flag.ON,
        # One of the robots keeps no details.
        recording.ROBOT_DETAILS.parameter: Flag.BOT_LEVEL,
        recording.IVR_DETAILS.parameter: Flag.ON,
    },
    units="""
Acme Retail Group
    Hong Kong
        Retail care
            Billing desk 账单组
            Deliveries desk
            VIP desk
        Card services 24 h
            Lost & stolen
            Disputes
        售后服务中心
            Returns desk 退货组
    Singapore
        Online shop desk
        Technical support
    Nordics
        Stockholm
        København
    Partners
""",
    queues={
        "B": "Billing HK 账单",
        "T": "Technical support L2",
        "V": "VIP Premium Care",
        "R": "Returns & refunds",
        "D": "Deliveries APAC",
        "C": "Card services – lost & stolen (24 h)",
        "O": "Online shop 网店",
    },
    cast=(
        Person("acme-admin", "80012", is_administrator=True),
        Person("acme-supervisor", "80158", "Hong Kong", "VB", "Supervisor"),
        Person("acme-lead", "80184", "Retail care", "BD", "Team leader"),
        Person("acme-agent", "80112", "Billing desk 账单组", "BR"),
    ),
    others=(
        Person("mei.tanaka", "80101", "Billing desk 账单组", "B"),
        Person("陈思远", "80140", "VIP desk", "VB"),
        Person("林嘉怡", "80203", "Billing desk 账单组", "BR"),
        Person("lin.yating", "80115", "Billing desk 账单组", "BV"),
        Person("h.vandermeer", "80190", "Billing desk 账单组", "BR"),
        Person("j.alvarado", "80163", "Deliveries desk", "DO", video_mode=VideoMode.MCU),
        Person("m.okafor", "80127", "Deliveries desk", "D"),
        Person("sofia.lindqvist", "80131", "Deliveries desk", "DR"),
        Person("黄志强", "80206", "Deliveries desk", "D"),
        Person("佐藤美咲", "80171", "VIP desk", "V", video_mode=VideoMode.MCU_CLOUDVC),
        Person("wilhelmina.featherstone-ng", "80159", "Retail care", "VBD", "Team leader", granted=("Lost & stolen",)),
        Person("t.berglund", "80185", "Card services 24 h", "CT", "Team leader"),
        Person("c.wong", "80210", "Lost & stolen", "C"),
        Person("张淑芬", "80211", "Lost & stolen", "C"),
        Person("priya.raman", "80212", "Lost & stolen", "C"),
        Person("d.oconnor", "80213", "Lost & stolen", "CV"),
        Person("吴咏琳", "80214", "Disputes", "CB"),
        Person("k.mensah", "80215", "Disputes", "C"),
        Person("李婉婷", "80220", "售后服务中心", "RT", "Team leader"),
        Person("何家豪", "80221", "Returns desk 退货组", "R"),
        Person("nguyen.minhanh", "80222", "Returns desk 退货组", "RD"),
        Person("郑明哲", "80223", "Returns desk 退货组", "R"),
        Person("a.kovacs", "80224", "Returns desk 退货组", "RB"),
        Person("siti.rahman", "80230", "Online shop desk", "O"),
        Person("joel.tan", "80231", "Online shop desk", "OV"),
        Person("许佳琪", "80232", "Online shop desk", "O"),
        Person("arjun.pillai", "80233", "Technical support", "T"),
        Person("grace.lim", "80234", "Technical support", "TO"),
        Person("b.hakansson", "80240", "Stockholm", "TD"),
        Person("elin.åström", "80241", "Stockholm", "OT"),
        Person("søren.østergård", "80242", "København", "DT"),
        Person("freja.holm", "80243", "København", "O"),
        Person("relief.one", "80250", "", "BDRO"),
        Person("relief.two", "80251", "", "DOR"),
        Person("partner.kiosk", "80252", "Partners", "O"),
        Person("gao.wei", "80109", "Billing desk 账单组", "BD", is_active=False),
        Person("l.fontaine", "80118", "Returns desk 退货组", "R", is_active=False),
    ),
)

GLOBEX = DemoTenant(
    slug="globex",
    name="Globex Field Services",
    settings={
        parameters.ISOLATION: False,
        parameters.SET_CALL_REASON: False,
        parameters.TIME_ZONE: "America/New_York",
    },
    units="""
Globex Field Services
    East
        Orders desk
        Dispatch
    West
""",
    queues={"O": "Orders", "F": "Field service", "A": "Accounts receivable"},
    cast=(
        Person("globex-admin", is_administrator=True),
        Person("globex-agent", "3101", "Orders desk", "OA"),
    ),
    others=(
        Person("r.delgado", "3102", "Orders desk", "O"),
        Person("hannah.brooks", "3103", "Orders desk", "OF"),
        Person("tyrone.washington", "3104", "Orders desk", "O"),
        Person("m.kowalczyk", "3105", "Orders desk", "OA"),
        Person("jenna.whitefeather", "3110", "Dispatch", "F"),
        Person("o.reyes", "3111", "Dispatch", "F"),
        Person("caleb.stone", "3112", "Dispatch", "FO"),
        Person("anh.pham", "3120", "West", "F"),
        Person("l.jimenez", "3121", "West", "OF"),
        Person("zoë.martin", "3122", "West", "A"),
        Person("d.feldman", "3123", "", "AO", "Supervisor"),
        Person("temp.weekend", "3124", "", "FO"),
    ),
)


class Command(BaseCommand):
    help = "Make the demo's tenants and accounts. Run again, it changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        for demo in (ACME, GLOBEX):
            if Tenant.objects.filter(slug=demo.slug).exists():
                continue
            tenant = open_tenant(demo)
            self.stdout.write(f"{tenant.name}: {len(demo.cast) + len(demo.others)} accounts.")
        if not Account.objects.across_tenants().filter(username=OPERATOR).exists():
            Account.objects.create_superuser(username=OPERATOR, password=PASSWORD)


# One transaction, so that a tenant that exists is complete.
@transaction.atomic
def open_tenant(demo: DemoTenant) -> Tenant:
    tenant = Tenant.objects.open(slug=demo.slug, name=demo.name)
    for parameter, value in demo.settings.items():
        parameter.set(tenant, value)
    units = _make_units(tenant, demo.units)
    queues = {letter: SkillQueue.objects.create(tenant=tenant, name=name) for letter, name in demo.queues.items()}
    roles = {role.name: role for role in Role.objects.for_tenant(tenant)}
    for person in demo.cast:
        _make_account(tenant, person, units, queues, roles, password=make_password(PASSWORD))
    for person in demo.others:
        # Nobody can sign in as them, and nothing is hashed: it would cost a second.
        _make_account(tenant, person, units, queues, roles, password=make_password(None))
    return tenant


def _make_units(tenant: Tenant, outline: str) -> dict[str, OrganizationUnit]:
    """The units of an outline by name; siblings keep its order."""
    units: dict[str, OrganizationUnit] = {}
    above: list[OrganizationUnit] = []
    for position, line in enumerate(outline.strip("\n").splitlines()):
        name = line.strip()
        depth = (len(line) - len(name)) // 4
        parent = above[depth - 1] if depth else None
        units[name] = OrganizationUnit.objects.create(tenant=tenant, parent=parent, name=name, position=position)
        above[depth:] = [units[name]]
    return units


def _make_account(
    tenant: Tenant,
    person: Person,
    units: dict[str, OrganizationUnit],
    queues: dict[str, SkillQueue],
    roles: dict[str, Role],
    *,
    password: str,
) -> None:
    account = Account.objects.create(
        tenant=tenant,
        username=person.name,
        password=password,
        name=person.name,
        employee_id=person.employee_id,
        unit=units[person.unit] if person.unit else None,
        video_mode=person.video_mode,
        is_administrator=person.is_administrator,
        is_active=person.is_active,
    )
    if not person.is_administrator:
        account.roles.add(roles[person.role])
    account.granted_units.add(*(units[name] for name in person.granted))
    AccountSkillQueue.objects.bulk_create(
        AccountSkillQueue(account=account, skill_queue=queues[letter], position=position)
        for position, letter in enumerate(person.queues)
    )
