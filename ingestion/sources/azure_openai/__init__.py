"""Azure OpenAI and models in Foundry: cost details exports, and Azure Monitor's token metrics.

Lands     raw_azure_openai.cost_details: one row per row of an actual-cost export about these meters.
          raw_azure_openai.token_metrics: one row per day, resource, deployment, model and metric.
          raw_azure_openai.deployments: one row per deployment; what was deleted stays.
Amounts   in the billing currency, and apart from it in USD, both the text of the file.
Restated  exports until the invoice closes: each read takes the newest run of a period. Metrics not.
Needs     exports only; metrics are read where `resources` names resources and their tokens can be had.
Left out  amortized exports and other meters of an Azure bill (source `azure`), FOCUS exports (source
          `focus`); the cache match rate, an average of which no tokens can be made.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import dlt
from dlt.sources.helpers.rest_client.auth import BearerTokenAuth, OAuth2ClientCredentials
from dlt.sources.helpers.rest_client.paginators import JSONLinkPaginator

from ingestion.common import azure_costs, gate, rest
from ingestion.common.azure_costs import COST_DETAILS
from ingestion.common.errors import IngestionError
from ingestion.common.file_tables import LOCATION, locate
from ingestion.common.source import DAY, Source, Table, named_by_key

if TYPE_CHECKING:
    from requests import Response

    from ingestion.common.pipeline import Run

METRICS = ("ProcessedPromptTokens", "GeneratedTokens", "AzureOpenAIRequests")
DIMENSIONS = ("ModelDeploymentName", "ModelName", "ModelVersion", "Region")
# Days in one question, and the most series that a reply may hold: Azure cuts the rest off silently.
DAYS_AT_ONCE = 7
TOP = 500

TOKEN_METRICS = Table(
    name="token_metrics",
    grain="day, resource, deployment, model and metric",
    key=("line_id",),
    replaced_by=(DAY,),
    restated_days=2,
    columns={
        "line_id": "text",
        "resource_id": "text",
        "deployment": "text",
        "model_name": "text",
        "model_version": "text",
        "region": "text",
        "metric": "text",
        "total": "bigint",
    },
)
DEPLOYMENTS = Table(
    name="deployments",
    grain="deployment of a model",
    key=("id",),
    columns={
        "id": "text",
        "resource_id": "text",
        "name": "text",
        "sku_name": "text",
        "sku_capacity": "bigint",
        "model_name": "text",
        "model_version": "text",
    },
)


def read(run: Run) -> Iterator[Any]:
    """The dlt resources of one run."""
    yield azure_costs.Reader(run, azure_costs.ai_meters).resource()
    resources = named_resources(run.setting("resources"))
    if not resources:
        print(f"  {run.source.name}: no metrics, no resources are named", flush=True)
        return
    client = {"base_url": run.setting("base_url", "https://management.azure.com"), "auth": token(run)}
    configs: list[Any] = []
    for number, resource in enumerate(resources):
        spans = dlt.resource([list(timespans(run))], name=f"timespans_{number}", selected=False)
        configs += [spans, metrics(run, resource, number), deployments(resource, number)]
    yield from rest.resources(run, client, configs)


def named_resources(setting: str | list[str] | None) -> list[str]:
    """Resource ids as a list, a JSON list, or with commas; lower case, for bills and metrics differ."""
    if isinstance(setting, str):
        setting = json.loads(setting) if setting.startswith("[") else setting.split(",")
    names = [name.strip().strip("/").lower() for name in setting or []]
    for name in names:
        if "/providers/microsoft.cognitiveservices/accounts/" not in f"/{name}":
            raise IngestionError(
                f'"{name}" is no Azure OpenAI resource',
                where="azure_openai, resources",
                mend="write /subscriptions/…/providers/Microsoft.CognitiveServices/accounts/<name>",
                exit_code=2,
            )
    return names


def token(run: Run) -> Any:
    """A bearer token from Entra: as it is given, or by the application's secret."""
    given = run.setting("access_token")
    if given:
        return BearerTokenAuth(token=given)
    wanted = {key: run.setting(key) for key in ("tenant_id", "client_id", "client_secret")}
    for key, value in wanted.items():
        if not value:
            raise IngestionError(
                f"metrics need a token, and {key} is not set",
                where="azure_openai",
                mend="set tenant_id, client_id and client_secret of an application with Monitoring Reader",
                exit_code=2,
            )
    login = run.setting("login_url", "https://login.microsoftonline.com")
    return OAuth2ClientCredentials(
        access_token_url=f"{login}/{wanted['tenant_id']}/oauth2/v2.0/token",
        client_id=wanted["client_id"],
        client_secret=wanted["client_secret"],
        access_token_request_data={"scope": "https://management.azure.com/.default"},
        session=rest.session(),
    )


# Azure Monitor ------------------------------------------------------------------------------------


def timespans(run: Run) -> Iterator[dict[str, str]]:
    """The window in questions of a few days."""
    window = run.window(TOKEN_METRICS)
    start = window.since
    while start <= window.until:
        end = min(start + timedelta(days=DAYS_AT_ONCE), window.until + timedelta(days=1))
        yield {"span": f"{start}T00:00:00Z/{end}T00:00:00Z"}
        start = end


def metrics(run: Run, resource: str, number: int) -> dict[str, Any]:
    """Tokens and requests by deployment and hour, summed to days. Azure knows no caller."""
    where = f"{resource}/providers/microsoft.insights/metrics"

    def rows(metric: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
        name = metric["name"]["value"]
        sums: dict[tuple[Any, ...], Decimal] = {}
        for series in metric["timeseries"]:
            said = {pair["name"]["value"].lower(): pair["value"] for pair in series["metadatavalues"]}
            kept = tuple(said.get(dimension.lower()) for dimension in DIMENSIONS)
            for point in series["data"]:
                day = date.fromisoformat(point["timeStamp"][:10])
                rest.in_window(run, TOKEN_METRICS, day, where)
                sums[day, *kept] = sums.get((day, *kept), Decimal(0)) + counted(point, where)
        found = [
            {
                DAY: day,
                "resource_id": f"/{resource}",
                "deployment": deployment,
                "model_name": model,
                "model_version": version,
                "region": region,
                "metric": name,
                "total": int(total),
            }
            for (day, deployment, model, version, region), total in sums.items()
            if total
        ]
        by = ("resource_id", "deployment", "model_name", "model_version", "region", "metric")
        yield rest.numbered(found, of=by, order=("total",))

    config = rest.report(TOKEN_METRICS, where, asked(number), rows, whole, name=f"token_metrics_{number}")
    config["endpoint"] |= {
        "data_selector": "value",
        "paginator": "single_page",
        "response_actions": rest.checked(whole, has_value),
    }
    return config


def asked(number: int) -> dict[str, Any]:
    """The parameters of a question to Azure Monitor."""
    return {
        "api-version": "2024-02-01",
        "metricnamespace": "Microsoft.CognitiveServices/accounts",
        "metricnames": ",".join(METRICS),
        "aggregation": "Total",
        "interval": "PT1H",
        "timespan": f"{{resources.timespans_{number}.span}}",
        "$filter": " and ".join(f"{name} eq '*'" for name in DIMENSIONS),
        "top": TOP,
    }


def counted(point: dict[str, Any], where: str) -> Decimal:
    """A point's total: whole tokens that Azure writes as a double; none where nothing happened."""
    try:
        total = Decimal(str(point.get("total") or 0))
    except InvalidOperation:
        total = Decimal("NaN")
    if not total.is_finite() or total != int(total) or total < 0:
        raise IngestionError(
            f'the total of {point["timeStamp"]} is "{point["total"]}", no count', where=where, mend=rest.AGAIN
        )
    return total


def has_value(reply: Any) -> bool:
    """Whether a reply is a list as Azure writes it."""
    return isinstance(reply, dict) and isinstance(reply.get("value"), list)


def whole(reply: dict[str, Any]) -> str | None:
    """What is missing in a reply about metrics."""
    missing = set(METRICS)
    for metric in reply["value"]:
        name = metric.get("name", {}).get("value")
        missing.discard(name)
        if metric.get("errorCode", "Success") != "Success":
            return f"{name}: {metric['errorCode']} {metric.get('errorMessage', '')}".strip()
        if not isinstance(metric.get("timeseries"), list):
            return f"{name} has no series"
        if len(metric["timeseries"]) >= TOP:
            return f"{name} has {TOP} series or more, and Azure cuts off the rest"
        for series in metric["timeseries"]:
            if not isinstance(series.get("data"), list) or "metadatavalues" not in series:
                return f"a series of {name} has no data"
    return f"the reply has no {', '.join(sorted(missing))}" if missing else None


# Deployments --------------------------------------------------------------------------------------


class Link(JSONLinkPaginator):
    """A link to the next page that must lead on."""

    def __init__(self) -> None:
        super().__init__(next_url_path="nextLink")
        self.seen: set[str] = set()

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Read the next link; raises IngestionError where it was there before."""
        super().update_state(response, data)
        if self.has_next_page:
            if self._next_reference in self.seen:
                where = response.url.split("?")[0]
                raise IngestionError("the API repeats a page link", where=where, mend=rest.AGAIN)
            self.seen.add(self._next_reference)


def deployments(resource: str, number: int) -> dict[str, Any]:
    """What each deployment is: its model, its kind (global, data zone, provisioned), its throughput."""

    def columns(found: dict[str, Any]) -> dict[str, Any]:
        sku, model = found.get("sku") or {}, (found.get("properties") or {}).get("model") or {}
        return {
            "id": f"/{resource}/deployments/{found['name']}".lower(),
            "resource_id": f"/{resource}",
            "name": found["name"],
            "sku_name": sku.get("name"),
            "sku_capacity": sku.get("capacity"),
            "model_name": model.get("name"),
            "model_version": model.get("version"),
        }

    config = rest.listing(
        DEPLOYMENTS, f"{resource}/deployments", {"api-version": "2024-10-01"}, "", columns
    ) | {"name": f"deployments_{number}", "table_name": DEPLOYMENTS.name}
    config["endpoint"] |= {
        "data_selector": "value",
        "paginator": Link(),
        "response_actions": rest.checked(lambda _: None, has_value),
    }
    return config


def suites() -> dict[str, list[Any]]:
    """What every row must satisfy before it may be loaded."""
    return azure_costs.suites() | {
        TOKEN_METRICS.name: [gate.present("deployment"), gate.one_of("metric", list(METRICS))],
        DEPLOYMENTS.name: [gate.present("id")],
    }


SOURCE = Source(
    name="azure_openai",
    summary="Azure OpenAI and Foundry lines of cost exports (actual cost), token metrics and deployments",
    tables=(COST_DETAILS, TOKEN_METRICS, DEPLOYMENTS),
    needs=(LOCATION,),
    read=read,
    gate=suites,
    windowed=False,
    locate=lambda table, row, column: (
        locate(table, row, column) if "source_file" in row else named_by_key(table, row, column)
    ),
)
