"""Each mistake that a person makes in a seed is one line that names file, line and column, and mends it."""

import shutil
from pathlib import Path

import pytest

from commands.check_seeds import Project, main

REPO = Path(__file__).parents[3]
RULES = "virtual_tags/virtual_tag_rules.csv"
READERS = "access/readers.csv"
MANUAL, SUBSCRIPTIONS = "saas/manual_charges.csv", "saas/subscriptions.csv"
RULE_COLUMNS = (REPO / "seeds" / RULES).read_text().splitlines()[0].split(",")


@pytest.fixture
def project(tmp_path):
    shutil.copytree(REPO / "seeds", tmp_path / "seeds")
    shutil.copy(REPO / "dbt_project.yml", tmp_path)
    drivers = "models/intermediate/allocation"
    shutil.copytree(REPO / drivers, tmp_path / drivers)
    return tmp_path


def add(project, seed, line):
    path = project / "seeds" / seed
    path.write_text(path.read_text() + line + "\n")
    return len(path.read_text().splitlines())


def rule(**cells):
    cells = {"rule_id": "new", "tag": "environment", "priority": "1", "value": "x"} | cells
    return ",".join('"' + cells.get(column, "").replace('"', '""') + '"' for column in RULE_COLUMNS)


def line(seed, cells, changed):
    """A row of a seed that is right but for what is changed."""
    columns = (REPO / "seeds" / seed).read_text().splitlines()[0].split(",")
    cells = cells | changed
    return ",".join('"' + cells.get(column, "").replace('"', '""') + '"' for column in columns)


def manual(**changed):
    cells = {
        "charge_id": "new",
        "provider": "Acme",
        "service": "Things",
        "period_start": "2026-10-01",
        "period_end": "2026-11-01",
        "charge_category": "Usage",
        "billed_cost": "1.5",
        "currency": "USD",
    }
    return line(MANUAL, cells, changed)


def subscription(**changed):
    cells = {
        "subscription_id": "new",
        "kind": "subscription",
        "provider": "Acme",
        "service": "Things",
        "invoice_date": "2026-10-01",
        "amount": "12",
        "currency": "USD",
        "service_start": "2026-10-01",
        "service_end": "2027-10-01",
    }
    return line(SUBSCRIPTIONS, cells, changed)


def faults(project):
    return [str(fault) for fault in Project(project).faults()]


def test_the_demo_seeds_are_right():
    assert faults(REPO) == []


def test_a_project_with_headers_only_is_right(project):
    for path in (project / "seeds").rglob("*.csv"):
        path.write_text(path.read_text().splitlines()[0] + "\n")
    assert faults(project) == []


@pytest.mark.parametrize(
    ("seed", "line", "column", "told"),
    [
        (RULES, rule(rule_id="env-label"), "rule_id", "stands on line"),
        (RULES, rule(value=""), "value", "must be filled"),
        (RULES, rule(priority="first"), "priority", "no whole number"),
        (
            RULES,
            rule(tag="feature", value="serach"),
            "value",
            "no feature; add it to seeds/organization/features.csv",
        ),
        (RULES, rule(tag="team", value="nobody"), "value", "no team; add it to seeds/organization/teams.csv"),
        (RULES, rule(tag="product", value="Nothing"), "value", "no product"),
        (RULES, rule(tag="cost_center", value="CC-0"), "value", "no cost center"),
        (RULES, rule(tag="shared_pool", value="poool"), "value", "no pool"),
        (RULES, rule(value="{label:colour}"), "value", "not in vars.tag_labels"),
        (RULES, rule(value="{shoe_size}"), "value", "is no attribute"),
        (RULES, rule(value="{lookup:crm:sub_account}"), "value", 'no lookup is called "crm"'),
        (RULES, rule(label="colour=red"), "label", "not in vars.tag_labels"),
        (RULES, rule(label="team"), "label", "has no pattern"),
        (RULES, rule(if_tag="planet=earth"), "if_tag", "no rule gives the tag"),
        (RULES, rule(if_tag="environment=prod"), "if_tag", "in a circle: environment > environment"),
        (RULES, rule(service="~(unclosed"), "service", "no RE2 regular expression"),
        (RULES, rule(service="~(?=ahead)"), "service", "no RE2 regular expression"),
        (RULES, rule(service="~(?<=behind)x"), "service", "no RE2 regular expression"),
        (RULES, rule(service=r"ok|~(a)\1"), "service", "no RE2 regular expression"),
        (RULES, rule(label="team=~(?!ahead)"), "label", "no RE2 regular expression"),
        (RULES, rule(label="team=~*x"), "label", "no RE2 regular expression"),
        (RULES, rule(tag="zone", if_tag="environment=~[a"), "if_tag", "no RE2 regular expression"),
        (RULES, rule(tag="zone", if_tag=r"environment=~(.)\1"), "if_tag", "no RE2 regular expression"),
        (RULES, rule(tag="Team", value="search"), "tag", "write team"),
        (RULES, rule(tag="cost center", value="CC-1"), "tag", "write cost_center"),
        (RULES, rule(tag="feature", value="feature?"), "value", "an owner that a person must name"),
        (RULES, rule(tag="customer", value="Customer?"), "value", "an owner that a person must name"),
        (RULES, rule(service="a||b"), "service", "empty alternative"),
        (RULES, rule(overrides="yes"), "overrides", "only product, team, cost_center"),
        (RULES, rule(overrides="maybe"), "overrides", "write one of: yes"),
        (RULES, rule(valid_from="01/02/2026"), "valid_from", "write year-month-day, like 2026-02-01"),
        (RULES, rule(valid_from="2026-02-01", valid_to="2026-01-01"), "valid_to", "not after valid_from"),
        ("organization/features.csv", "new-thing,Search,,,,", "team", "must be filled"),
        (
            "organization/features.csv",
            "new-thing,Search,ghosts,,,",
            "team",
            "no team of seeds/organization/teams.csv",
        ),
        ("organization/features.csv", "doc-chat,Search,documents,2026-01-01,,", "valid_from", "valid twice"),
        ("organization/features.csv", "new-thing,Search,documents", "", "it has 3 cells, and the header 6"),
        (
            "allocation/fixed_shares.csv",
            "network,product,Build,0.1,2026-01-01,2026-02-01,",
            "valid_from",
            "valid twice",
        ),
        (
            "allocation/fixed_shares.csv",
            "network,feature,doc-chat,0.1,2026-01-01,,",
            "share",
            "sum to 11/10, not to 1",
        ),
        (
            "allocation/fixed_shares.csv",
            "network,feature,doc-chat,a tenth,,,",
            "share",
            "write 0.25, 25% or 1/3",
        ),
        ("allocation/fixed_shares.csv", "network,feature,nobody,0,,,", "target", "is no feature"),
        ("allocation/fixed_shares.csv", "gold,feature,doc-chat,1,,,", "pool", "no pool of seeds/allocation"),
        ("allocation/shared_cost_pools.csv", "new,usage,,day,,,,,,,", "driver", "needs a driver"),
        (
            "allocation/shared_cost_pools.csv",
            "new,usage,moon_phase,day,,,,,,,",
            "driver",
            "nobody gives the driver",
        ),
        (
            "allocation/shared_cost_pools.csv",
            "new,fair,,day,,,,,,,",
            "method",
            "write one of: usage, cost, fixed, even",
        ),
        ("allocation/shared_cost_pools.csv", "new,fixed,,day,,,,,,,", "method", "has no shares"),
        ("allocation/shared_cost_pools.csv", "new,cost,,day,shoe=big,,,,,,", "scope", "no cell of a rule"),
        (
            "allocation/driver_quantities.csv",
            "gpu_hours,2026-01-01,2026-01-01,feature,doc-chat,,1,level,",
            "period_end",
            "not after period_start",
        ),
        ("allocation/fixed_shares.csv", "network,pool,gold,0,,,", "target", "is no pool of seeds/allocation"),
        ("allocation/shared_cost_pools.csv", "new,cost,,week,,,,,,,", "weight_window", "or trailing_N"),
        (
            "allocation/shared_cost_pools.csv",
            "new,cost,,trailing_367,,,,,,,",
            "weight_window",
            "1 to 366 days",
        ),
        (
            "allocation/shared_cost_pools.csv",
            "new,ignored_by_decision,,,,,,,2026-01-01,,",
            "note",
            "says why",
        ),
        (
            "allocation/shared_cost_pools.csv",
            "new,ignored_by_decision,,,,,,,,,Small",
            "valid_from",
            "says since when",
        ),
        (
            "allocation/driver_quantities.csv",
            "gpu_hours,2026-03-01,2026-04-01,feature,voice-agent,,-20,level,",
            "quantity",
            "has less than nothing of it from 2026-03-01 on",
        ),
        (
            "allocation/driver_quantities.csv",
            "gpu_hours,2026-01-01,2026-02-01,feature,ghost,,1,level,",
            "target",
            "is no feature",
        ),
        (
            "allocation/driver_quantities.csv",
            "gpu_hours,2026-01-01,2026-02-01,feature,doc-chat,,Infinity,level,",
            "quantity",
            "is no number",
        ),
        (
            "allocation/driver_quantities.csv",
            "gpu_hours,2026-01-01,2026-02-01,feature,doc-chat,,NaN,level,",
            "quantity",
            "is no number",
        ),
        (
            "allocation/driver_quantities.csv",
            "gpu_hours,2026-01-01,2026-02-01,feature,doc-chat,,1,total,",
            "kind",
            "a driver is one kind",
        ),
        ("pricing/models.csv", "OpenAI,gpt-9,gpt-9,OpenAI,gpt,huge,", "tier", "write one of: frontier"),
        (
            "pricing/models.csv",
            "OpenAI,o3-x,o3,Other,o-series,frontier,",
            "vendor",
            'has vendor "OpenAI" on line',
        ),
        ("finance/period_closes.csv", "2026-13,2026-11-05,ann,", "period", "no month; write it like 2026-01"),
        (MANUAL, manual(charge_id="labelers-2026-09"), "charge_id", "stands on line"),
        (MANUAL, manual(billed_cost=""), "billed_cost", "must be filled"),
        (MANUAL, manual(billed_cost="1.000,5"), "billed_cost", "no number"),
        (MANUAL, manual(period_end="2026-10-01"), "period_end", "is not after period_start"),
        (MANUAL, manual(charge_category="Refund"), "charge_category", "write one of: Usage"),
        (MANUAL, manual(service_category="Things"), "service_category", "write one of: AI and Machine"),
        (MANUAL, manual(currency="dollars"), "currency", "no currency"),
        (MANUAL, manual(tags="team=voice"), "tags", "no JSON object"),
        (SUBSCRIPTIONS, subscription(service_end="2026-09-30"), "service_end", "is not after service_start"),
        (SUBSCRIPTIONS, subscription(kind="lease"), "kind", "write one of: subscription"),
        (SUBSCRIPTIONS, subscription(tags="[1]"), "tags", "no JSON object"),
        ("finance/gl_accounts.csv", ",,,cost,,", "vendor", "would match every line"),
        ("finance/gl_accounts.csv", ",6420,,,,", "treatment", "decides nothing"),
        ("finance/gl_accounts.csv", ",6420,,spend,,", "treatment", "write one of: cost"),
        ("pricing/seat_prices.csv", "Cursor,,41,USD,2025-01-01,,", "provider", "stands on line"),
        ("pricing/seat_prices.csv", "Acme,,-1,USD,,,", "price_per_month", "below 0"),
        ("pricing/seat_prices.csv", "Acme,,4,$,,,", "currency", "no currency"),
        ("pricing/seat_prices.csv", "Acme,,4,USD,,netsuite,", "invoiced_by", "no source of vars.providers"),
        (
            "pricing/seat_prices.csv",
            "GitHub,free,4,USD,2026-01-01,focus,",
            "invoiced_by",
            "is invoiced otherwise on line",
        ),
        (
            "finance/period_closes.csv",
            "2026-10,2026-09-30,ann,",
            "closed_on",
            "before the month 2026-10 has begun",
        ),
        ("finance/period_closes.csv", "2026-10,2026-11-05,,", "closed_by", "must be filled"),
        (
            "pricing/model_prices.csv",
            'OpenAI,o3,standard,output,2026-01-01,"1,5",USD,,',
            "price_per_million",
            "no number",
        ),
        (
            "pricing/model_prices.csv",
            "OpenAI,o3,standard,output,2026-01-01,-1,USD,,",
            "price_per_million",
            "below 0",
        ),
        (
            "pricing/model_prices.csv",
            "OpenAI,o9,standard,output,2026-01-01,1,USD,,",
            "model",
            "no model of seeds/pricing",
        ),
        (
            "finance/budgets.csv",
            "doc-chat,2027-01-01,100,EUR,",
            "currency",
            "not the reporting currency, USD",
        ),
        (
            "finance/exchange_rates.csv",
            "EUR,2026-01-01,1.0000000000000000001,,,,",
            "rate",
            "more than 18 decimals",
        ),
        ("finance/exchange_rates.csv", "USD,2026-01-01,1,,,,", "currency", "needs no rate"),
        ("finance/exchange_rates.csv", "EUR,2026-01-01,1.1,weekly,,,", "rate_type", "not known"),
        (
            "finance/exchange_rates.csv",
            "EUR,2026-01-02,1.1,month_average,,,",
            "valid_from",
            "not the first of a month",
        ),
        (
            "finance/exchange_rates.csv",
            "EUR,2026-01-02,1.1,,AWS,,",
            "provider",
            "only a rate of type invoice",
        ),
        (
            "finance/exchange_rates.csv",
            "EUR,2026-01-02,1.1,,,,\nEUR,2026-01-02,1.2,daily,,,",
            "valid_from",
            "of the other type",
        ),
        (
            "finance/prepaid_topups.csv",
            "Nordhafen Hosting,NH-20418,2026-11-01,5,EUR,,",
            "billing_account",
            "is no prepaid account of seeds/finance/billing_accounts.csv on that day",
        ),
        ("finance/billing_accounts.csv", "AWS,1,postpaid,,,,", "payment", "not known"),
        (
            "finance/billing_accounts.csv",
            "AWS,1,prepaid,,,,\naws,1,invoiced,,,,",
            "provider",
            "stands on line",
        ),
        ("virtual_tags/label_keys.csv", ",Colour,team,", "raw_key", "not in vars.tag_labels"),
        ("virtual_tags/lookups.csv", "crm,1,a,,,\ncrm,1,b,,,", "valid_from", "valid twice"),
        (
            "virtual_tags/lookups.csv",
            "crm,a B,x,,2026-03-01,\nCRM, A b ,y,2026-02-28,,",
            "valid_from",
            "valid twice, here and on line 15",
        ),
        ("virtual_tags/lookups.csv", "crm,1,a,2026-02-01,2026-02-01,", "valid_to", "not after valid_from"),
        ("virtual_tags/lookups.csv", "crm,1,,,,", "value", "must be filled"),
        ("virtual_tags/lookups.csv", ",1,a,,,", "lookup_name", "must be filled"),
        (
            "organization/teams.csv",
            "Search-Platform,CC-1,,,2026-01-01,",
            "valid_from",
            "valid twice",
        ),
        ("allocation/shared_cost_pools.csv", "platform,even,,,,,,,2026-01-01,,", "valid_from", "valid twice"),
        (READERS, "eve@example.com,owner,voice,", "attribute", "write one of: everything, team"),
        (READERS, ",team,voice,", "reader", "must be filled"),
        (READERS, "eve@example.com,team,,", "value", "name the team whose rows the reader sees"),
        (READERS, "eve@example.com,team,ghosts,", "value", "no team; add it to seeds/organization/teams.csv"),
        (READERS, "eve@example.com,product,Nothing,", "value", "no product; add it to"),
        (READERS, "eve@example.com,feature,serach,", "value", "no feature; add it to"),
        (READERS, "eve@example.com,cost_center,CC-0,", "value", "no cost center; add it to"),
        (READERS, "eve@example.com,everything,voice,", "value", 'everything is not only "voice"'),
        (READERS, "eve@example.com ,team,voice,", "reader", "it has blanks around it"),
        (READERS, "ada@example.com,Team,Documents,", "reader", "stands on line"),
    ],
)
def test_a_mistake_names_its_place_and_its_mending(project, seed, line, column, told):
    number = add(project, seed, line)
    found = faults(project)
    place = f"seeds/{seed}, line {number}" + (f", column {column}" if column else "")
    if told == "has no shares":
        place = f"seeds/{seed}, line {number}, column method"
    assert any(fault.startswith(place + ":") and told in fault for fault in found), found


def test_shares_that_leave_a_rest_are_told(project):
    add(project, "allocation/shared_cost_pools.csv", "south,fixed,,day,,,,,,,")
    number = add(project, "allocation/fixed_shares.csv", "south,feature,doc-chat,0.9,,,")
    told = 'the shares of "south" sum to 9/10, not to 1'
    assert any(f"fixed_shares.csv, line {number}, column share: {told}" in fault for fault in faults(project))


def test_pools_that_only_pay_each_other_are_told_with_their_circle(project):
    for pool, since in (("east", "2026-01-01"), ("west", "")):
        add(project, "allocation/shared_cost_pools.csv", f"{pool},fixed,,day,,,,,{since},,")
    add(project, "allocation/fixed_shares.csv", "west,pool,east,0.5,,2026-02-01,")
    add(project, "allocation/fixed_shares.csv", "west,feature,doc-chat,0.5,,2026-02-01,")
    add(project, "allocation/fixed_shares.csv", "west,pool,east,1,2026-02-01,,")
    number = add(project, "allocation/fixed_shares.csv", "east,pool,west,1,,,")
    assert faults(project) == [
        f"seeds/allocation/fixed_shares.csv, line {number}, column target: pools pay only each other from "
        "2026-02-01 on, with no way out: east > west > east; give one of them a target that is no pool"
    ]


def test_a_correction_may_take_back_what_is_there(project):
    add(
        project,
        "allocation/driver_quantities.csv",
        "gpu_hours,2026-03-01,2026-04-01,feature,voice-agent,,-18.25,level,",
    )
    assert faults(project) == []


@pytest.mark.parametrize(
    ("seed", "line"),
    [
        (RULES, rule(service="~(unclosed|~(?=ahead)")),
        (RULES, rule(service=r"~(a)\1")),
        (RULES, rule(if_tag="environment=prod")),
        (RULES, rule(tag="zone", if_tag="stage=x") + "\n" + rule(rule_id="b", tag="stage", if_tag="zone=x")),
        ("virtual_tags/lookups.csv", "crm,1,a,,,\ncrm,1,b,,,"),
    ],
)
def test_one_mistake_is_one_error(project, seed, line):
    add(project, seed, line)
    assert len(faults(project)) == 1, faults(project)


def test_a_circle_of_tags_is_told_by_their_names(project):
    add(project, RULES, rule(tag="zone", if_tag="app tier=web"))
    add(project, RULES, rule(rule_id="b", tag="app tier", if_tag="owner=x"))
    number = add(project, RULES, rule(rule_id="c", tag="owner", if_tag="environment=prod; zone=eu"))
    assert faults(project) == [
        f"seeds/{RULES}, line {number}, column if_tag: tags ask for each other in a circle: "
        "zone > app tier > owner > zone"
    ]


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        ("[zone]", 'no rule gives the tag "zone"; add one to seeds/virtual_tags/virtual_tag_rules.csv'),
        ("[team]", '"team" is a column of fct_allocated_costs already'),
        ("[app tier, app-tier]", '"app tier" and "app-tier" would both be the column tag_app_tier'),
    ],
)
def test_listed_tags_are_those_that_rules_give(project, listed, told):
    for tag in ("app tier", "app-tier"):
        add(project, RULES, rule(rule_id=tag, tag=tag))
    path = project / "dbt_project.yml"
    text = path.read_text()
    path.write_text(text.replace("virtual_tags: []", f"virtual_tags: {listed}"))
    line = text[: text.index("virtual_tags: []")].count("\n") + 1
    [fault] = faults(project)
    assert fault.startswith(f"dbt_project.yml, line {line}, column vars.virtual_tags: {told}")


def test_listed_tags_wait_for_the_first_rule(project):
    path = project / "seeds" / RULES
    path.write_text(path.read_text().splitlines()[0] + "\n")
    path = project / "dbt_project.yml"
    path.write_text(path.read_text().replace("virtual_tags: []", "virtual_tags: [zone]"))
    assert faults(project) == []


def test_an_unknown_column_is_told_with_the_known_ones(project):
    path = project / "seeds" / RULES
    path.write_text(path.read_text().replace(",service,", ",servise,", 1))
    assert (
        f"seeds/{RULES}, line 1, column servise: no such column; the columns are rule_id"
        in faults(project)[0]
    )


def test_lines_are_counted_through_cells_with_line_ends(project):
    add(project, RULES, rule(note="two\nlines"))
    number = add(project, RULES, rule(rule_id="other", priority="x"))
    assert any(f"line {number}, column priority" in fault for fault in faults(project))


def test_what_excel_saves_is_read(project):
    path = project / "seeds" / "finance/budgets.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_text().replace("\n", "\r\n").encode())
    assert faults(project) == []


def test_latin_1_is_told(project):
    path = project / "seeds" / "organization/teams.csv"
    path.write_bytes(path.read_bytes() + "caf\u00e9,CC-1,,,,\n".encode("latin-1"))
    assert any("it is not UTF-8" in fault for fault in faults(project))


def test_the_exit_code_says_it_too(project, capsys):
    assert main(project) == 0
    add(project, "finance/budgets.csv", "doc-chat,2026-01-01,1,USD,")
    assert main(project) == 1
    assert "error: seeds/finance/budgets.csv, line" in capsys.readouterr().err
