"""The attribution alone: its models over a bill and telemetry that a test writes down."""

import csv
import io
from datetime import date, datetime, timedelta
from decimal import Decimal

import duckdb
import yaml
from project_copy import Project

# What weighs for the nodes of Kubernetes.
NODE_MODELS = (
    "stg_opencost__allocations stg_opencost__assets stg_opencost__cluster_hours stg_opencost__days_read "
    "int_opencost__allocations stg_openshift__pod_usage stg_openshift__gpu_usage stg_openshift__node_gpus "
    "stg_openshift__storage_usage stg_openshift__namespace_labels stg_openshift__cluster_hours "
    "stg_openshift__days_read int_openshift__allocations int_attribution__cluster_hours "
    "int_attribution__node_weights int_attribution__nodes int_attribution__cluster_gaps "
    "int_attribution__changed_days int_attribution__node_parts"
)
MODELS = (
    f"{NODE_MODELS} int_models__named int_attribution__telemetry_keys int_attribution__telemetry "
    "int_attribution__lines int_attribution__bills_with_keys int_attribution__claims fct_attributed_charges "
    "fct_attribution_coverage"
)
SEEDS = ("telemetry_routes", "model_prices", "models")
MONEY = "decimal(38, 18)"
# Inputs of the attribution: model -> its schema in the warehouse.
INPUTS = {"fct_charges": "main", "int_usage__daily": "main_intermediate"}
READ_AT = datetime(2026, 3, 1)


class Attribution:
    """Bill lines, usage rows and seeds by their column names; run() splits, parts() tells who pays."""

    def __init__(self, folder):
        self.project = Project(folder)
        self.charges, self.usage, self.unread = [], [], set()
        self.seeds = {name: [] for name in SEEDS}

    def bill(self, account, amount, quantity=None, *, day="2026-02-01", **columns):
        """One usage line of `amount` dollars."""
        amount = Decimal(amount)
        line = {
            "x_charge_id": f"line {len(self.charges)}",
            "x_source": "acme",
            "service_provider_name": "Acme",
            "billing_account_id": account,
            "billing_currency": "USD",
            "charge_category": "Usage",
            "service_category": "AI and Machine Learning",
            "x_model": "big",
            "x_service_tier": "standard",
            "x_token_class": "output",
            "charge_date": day,
            "charge_period_end": date.fromisoformat(day) + timedelta(days=1),
            "consumed_quantity": quantity,
            **dict.fromkeys(("billed_cost", "effective_cost", "contracted_cost", "list_cost"), amount),
        }
        self.charges.append(line | columns)

    def own(self, account, quantity, key=None, **columns):
        """What the provider's own usage report says."""
        self._usage("acme", quantity, columns | {"billing_account_id": account, "x_api_key_id": key})

    def saw(self, source, quantity, caller, **columns):
        """What a gateway saw: `caller` is the feature that the call is labelled with."""
        labels = f'{{"feature": "{caller}"}}'
        known = {"x_gateway": source, "x_call_labels": labels, "x_attribution_level": "call"}
        self._usage(source, quantity, known | columns)

    def _usage(self, source, quantity, columns):
        row = {
            "x_source": source,
            "service_provider_name": "Acme",
            "charge_date": "2026-02-01",
            "x_model": "big",
            "x_service_tier": "standard",
            "x_token_class": "output",
            "x_attribution_level": "key" if columns.get("x_api_key_id") else "account",
            "quantity": Decimal(quantity),
        } | columns
        shown = sorted((k, str(v)) for k, v in row.items() if k not in ("quantity", "charge_date"))
        row["usage_key"] = str(shown)
        left_out = ("x_call_labels", "x_principal", "x_gateway", "x_workload")
        row["telemetry_key"] = str([pair for pair in shown if pair[0] not in left_out])
        self.usage.append(row)

    def route(self, source, account, rank, gateway_key="", provider_key="", valid_from=""):
        """Whose bill the calls of a source are on."""
        self.seeds["telemetry_routes"].append(
            {
                "source": source,
                "gateway_key": gateway_key,
                "provider": "Acme",
                "billing_account": account,
                "provider_key": provider_key,
                "rank": rank,
                "valid_from": valid_from,
            }
        )

    def price(self, token_class, dollars, model="big"):
        """Our price of a million."""
        self.seeds["model_prices"].append(
            {
                "vendor": "Acme",
                "model": model,
                "service_tier": "standard",
                "token_class": token_class,
                "valid_from": "2026-01-01",
                "price_per_million": dollars,
                "currency": "USD",
            }
        )

    def run(self):
        """Write the inputs and build."""
        for name, rows in self.seeds.items():
            (path,) = self.project.folder.glob(f"seeds/*/{name}.csv")
            header = next(csv.reader(io.StringIO(path.read_text())))
            with path.open("w", newline="") as file:
                writer = csv.DictWriter(file, header)
                writer.writeheader()
                writer.writerows(rows)
        with duckdb.connect(str(self.project.database)) as connection:
            connection.execute("create schema if not exists main_intermediate")
            for model, schema in INPUTS.items():
                rows = self.charges if model == "fct_charges" else self.usage
                fill(connection, self.project.folder, f"{schema}.{model}", rows)
            read = {(row["x_source"], row["charge_date"]) for row in self.usage + self.charges}
            days = [(source, day, READ_AT, READ_AT) for source, day in sorted(read - self.unread)]
            connection.execute(
                "create or replace table main_intermediate.int_usage__days_read"
                " (provider varchar, charge_date date, usage_read_at timestamp, changed_at timestamp)"
            )
            connection.executemany(
                "insert into main_intermediate.int_usage__days_read values (?, ?, ?, ?)", days
            )
            connection.execute(
                "create or replace table main_intermediate.int_charges__changed_days as"
                " select provider, charge_date, changed_at from main_intermediate.int_usage__days_read"
            )
        self.project.dbt("seed", "--select", *SEEDS, "--full-refresh")
        self.project.dbt(
            *("build", "--exclude-resource-type", "unit_test", "--indirect-selection", "cautious"),
            *("--select", *MODELS.split(), *TESTS),
        )

    def parts(self, account, amount="billed_cost"):
        """Who pays what of an account's bill: caller, else key, else nobody that the line knows.

        Lines that were not split are read through. To 12 decimals, since shares have 18; that the parts add
        up to the last digit is a test of its own.
        """
        rows = self.project.rows(
            f"""
            select coalesce(parts.x_call_labels ->> 'feature', parts.x_api_key_id, 'its own key') as who,
                sum(coalesce(parts.{amount}, charges.{amount}))
            from fct_charges as charges
            left join fct_attributed_charges as parts using (x_charge_id)
            where charges.billing_account_id = '{account}' group by 1
            """
        )
        return {who: round(paid, 12).normalize() for who, paid in rows}


# What holds for every split, whatever the case.
TESTS = (
    "assert_parts_of_a_split_line_add_up_to_it",
    "assert_telemetry_is_claimed_once",
    "assert_attribution_coverage_equals_the_ai_bills",
)


def fill(connection, folder, table, rows):
    """A table with the columns of the model's contract."""
    model = table.split(".")[1]
    (path,) = folder.glob(f"models/**/{model}.yml")
    columns = yaml.safe_load(path.read_text())["models"][0]["columns"]
    types = {c["name"]: MONEY if "decimal" in c["data_type"] else c["data_type"] for c in columns}
    described = ", ".join(f"{name} {kind}" for name, kind in types.items())
    connection.execute(f"create or replace table {table} ({described})")
    for row in rows:
        marks = ", ".join(["?"] * len(row))
        connection.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values()))
