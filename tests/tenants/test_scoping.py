"""Is a query on tenant data refused until it names its tenant, whatever is done with it, on whatever model?"""

import pytest
from django.apps import apps
from django.db.models import Exists, F, Max, OuterRef, Q, Subquery

from aicc.tenants.models import Account, SkillQueue, Tenant
from aicc.tenants.scoping import TenantNotNamed, TenantQuerySet
from contacts.models import ContactRecord

TENANT_MODELS = [model for model in apps.get_models() if "tenant" in {field.name for field in model._meta.fields}]

# What has no tenant, and why that is right. Anything else has to name one.
WITHOUT_TENANT = {
    "tenants.Tenant": "is one",
    "tenants.AccountSkillQueue": "joins an account and a queue, both of a tenant",
    "auth.Permission": "Django's own, unused: roles hold permissions",
    "auth.Group": "Django's own, unused",
    "contenttypes.ContentType": "names models",
    "sessions.Session": "signed bytes under a random key",
    "axes.AccessAttempt": "a sign-in that failed may be of any tenant, or none",
    "axes.AccessLog": "sign-ins are known before the tenant is",
    "axes.AccessFailureLog": "not written",
    "axes.AccessAttemptExpiration": "belongs to an attempt",
}

USES = {
    "iterate": list,
    "iterator": lambda rows: list(rows.iterator()),
    "values": lambda rows: list(rows.values_list("tenant")),
    "first": lambda rows: rows.first(),
    "count": lambda rows: rows.count(),
    "count of a slice": lambda rows: rows[:5].count(),
    "count of distinct": lambda rows: rows.distinct().count(),
    "exists": lambda rows: rows.exists(),
    "aggregate": lambda rows: rows.aggregate(Max("tenant")),
    "annotate": lambda rows: list(rows.annotate(other=F("tenant"))),
    "explain": lambda rows: rows.explain(),
    "lock": lambda rows: list(rows.select_for_update()),
    "update": lambda rows: rows.update(tenant=F("tenant")),
    "delete": lambda rows: rows.delete(),
    "in a subquery": lambda rows: list(Tenant.objects.filter(id__in=rows.values("tenant"))),
    "as a subquery": lambda rows: list(Tenant.objects.annotate(its=Subquery(rows.values("tenant")[:1]))),
    "as a condition": lambda rows: list(Tenant.objects.filter(Exists(rows.filter(tenant_id__gt=OuterRef("id"))))),
    "union": lambda rows: list(rows.union(rows)),
    "intersection": lambda rows: list(rows.intersection(rows)),
}


def refused(use, rows):
    try:
        use(rows.all())
    except TenantNotNamed:
        return True
    return False


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model.__name__)
def test_rows_of_no_tenant_in_particular_are_refused(model, db):
    rows = model.objects.all()

    served = [name for name, use in USES.items() if not refused(use, rows)]

    assert served == []


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model.__name__)
def test_rows_of_one_tenant_or_openly_of_all_are_served(model, db):
    nobodys, all_rows = model.objects.for_tenant(Tenant(pk=0)), model.objects.across_tenants()

    not_served = [name for name, use in USES.items() if refused(use, nobodys) or refused(use, all_rows)]

    assert not_served == []


@pytest.mark.parametrize("model", apps.get_models(), ids=lambda model: model._meta.label)
def test_every_model_names_its_tenant_or_says_why_not(model):
    managers = model._meta.managers

    if model in TENANT_MODELS:
        assert all(isinstance(manager.get_queryset(), TenantQuerySet) for manager in managers)
    else:
        assert model._meta.label in WITHOUT_TENANT


CONDITIONS = {
    "either tenant or something else": lambda a, b: SkillQueue.objects.filter(Q(tenant=a) | Q(name="Billing")),
    "something else or the tenant": lambda a, b: SkillQueue.objects.filter(Q(name="Billing") | Q(tenant=a)),
    "joined by or afterwards": lambda a, b: SkillQueue.objects.for_tenant(a) | SkillQueue.objects.all(),
    "joined by or before": lambda a, b: SkillQueue.objects.all() | SkillQueue.objects.for_tenant(a),
    "exclusive or": lambda a, b: SkillQueue.objects.filter(Q(tenant=a) ^ Q(name="Billing")),
    "not the other tenant": lambda a, b: SkillQueue.objects.exclude(tenant=b),
    "anything but": lambda a, b: SkillQueue.objects.filter(~Q(tenant=b, name="Billing")),
    "a list of tenants": lambda a, b: SkillQueue.objects.filter(tenant__in=[a, b]),
    "a list of one": lambda a, b: SkillQueue.objects.filter(tenant__in=[a]),
    "a range": lambda a, b: SkillQueue.objects.filter(tenant_id__gte=a.id),
    "any tenant": lambda a, b: SkillQueue.objects.filter(tenant__isnull=False),
    "no tenant": lambda a, b: Account.objects.filter(tenant=None),
    "the tenant's name": lambda a, b: SkillQueue.objects.filter(tenant__name="Acme"),
    "the tenant in an order": lambda a, b: SkillQueue.objects.order_by("tenant"),
    "its own tenant": lambda a, b: SkillQueue.objects.filter(tenant=F("tenant")),
    "a tenant of something else": lambda a, b: Account.objects.filter(unit__tenant=a),
    "the tenant of its unit": lambda a, b: Account.objects.filter(tenant=F("unit__tenant")),
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_conditions_that_do_not_pin_the_tenant_do_not_count(condition, acme, globex):
    rows = CONDITIONS[condition](acme, globex)

    with pytest.raises(TenantNotNamed):
        list(rows)


def test_a_scoped_query_beside_an_open_one_does_not_cover_it(acme):
    scoped, unscoped = SkillQueue.objects.for_tenant(acme), SkillQueue.objects.all()

    with pytest.raises(TenantNotNamed):
        list(scoped.union(unscoped))
    with pytest.raises(TenantNotNamed):
        list(scoped.filter(id__in=unscoped.values("id")))


def test_relations_lead_to_no_other_tenant_unseen(acme, agent):
    with pytest.raises(TenantNotNamed):
        list(agent.roles.all())

    assert [role.name for role in agent.roles.for_tenant(acme)] == ["Agent"]


def test_only_the_rows_of_the_tenant_come_back(acme, globex):
    for tenant in (acme, globex):
        SkillQueue.objects.create(tenant=tenant, name="Billing")

    mine = SkillQueue.objects.for_tenant(acme).get()

    assert mine.tenant == acme
    assert SkillQueue.objects.across_tenants().count() == 2


def test_further_conditions_keep_the_tenant(acme, globex):
    SkillQueue.objects.create(tenant=globex, name="Billing")

    found = SkillQueue.objects.for_tenant(acme).filter(Q(name="Billing") | Q(name="Returns")).exclude(name="Sales")

    assert not found.exists()


def test_a_subquery_may_take_its_tenant_from_the_row_it_is_about(acme, globex):
    SkillQueue.objects.create(tenant=acme, name="Billing")

    with_queues = Tenant.objects.filter(Exists(SkillQueue.objects.filter(tenant=OuterRef("id"))))

    assert list(with_queues) == [acme]


def test_the_composite_key_names_the_tenant(acme):
    assert not ContactRecord.objects.filter(pk=(acme.pk, 1)).exists()


def test_nothing_at_all_needs_no_tenant(acme, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert list(SkillQueue.objects.none()) == []


def test_the_operators_missing_tenant_is_refused_and_does_not_mean_all(operator):
    with pytest.raises(TenantNotNamed):
        SkillQueue.objects.for_tenant(operator.tenant)
