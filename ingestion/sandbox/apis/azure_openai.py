"""Azure's management API: tokens of Entra, deployments, and Azure Monitor's metrics of Azure OpenAI.

Answers     what is asked of metrics and dimensions below; anything else is a 400, never ignored.
Series      one per deployment and metric, cut off without a word after `top` (10 unless asked).
Totals      whole tokens. Provisioned throughput's are among them; no bill has those.
Errors      {"error": {"code", "message"}}; a resource that the application may not see is a 403.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, request

from ingestion.sandbox import facts, wire
from ingestion.sandbox.exports.azure_openai import resource_id
from ingestion.sandbox.world import World

PREFIX = "/azure"
SUMMARY = "Azure Monitor metrics and deployments of Azure OpenAI"
INTERVALS = {"PT1M": 60, "PT5M": 300, "PT15M": 900, "PT30M": 1800, "PT1H": 3600, "PT6H": 21600, "P1D": 86400}
DEFAULT_TOP = 10
METRICS = {
    "ProcessedPromptTokens": "sum(uncached_input + cache_read)",
    "GeneratedTokens": "sum(output)",
    "TokenTransaction": "sum(uncached_input + cache_read + output)",
    "AzureOpenAIRequests": "count(*)",
}
DIMENSIONS = ("modeldeploymentname", "modelname", "modelversion", "region")
METRICS_VERSIONS = ("2023-10-01", "2024-02-01")
ACCOUNTS_VERSIONS = ("2024-10-01",)
LONGEST_SPAN = timedelta(days=30)
METRICS_PARAMETERS = {
    "api-version", "metricnamespace", "metricnames", "aggregation", "interval", "timespan", "$filter", "top",
}  # fmt: skip


class ApiError(Exception):
    """A request that Azure refuses."""

    def __init__(self, status: int, code: str, message: str):
        super().__init__(message)
        self.status, self.code = status, code


def problem(status: int, message: str) -> dict[str, Any]:
    """Return the body of an error."""
    codes = {401: "InvalidAuthenticationToken", 429: "TooManyRequests"}
    return {"error": {"code": codes.get(status, "InternalServerError"), "message": message}}


def environment(base_url: str) -> dict[str, Any]:
    """Return what a client needs to know."""
    company = _company()
    return {
        "SOURCES__AZURE_OPENAI__BASE_URL": base_url,
        "SOURCES__AZURE_OPENAI__LOGIN_URL": base_url,
        "SOURCES__AZURE_OPENAI__TENANT_ID": company["tenant"],
        "SOURCES__AZURE_OPENAI__CLIENT_ID": company["client_id"],
        "SOURCES__AZURE_OPENAI__CLIENT_SECRET": company["client_secret"],
        "SOURCES__AZURE_OPENAI__RESOURCES": [resource_id(name) for name in company["resources"]],
    }


def blueprint(world: World) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("azure_openai", __name__)

    @routes.errorhandler(ApiError)
    def refuse(error: ApiError) -> Response:
        return wire.answer({"error": {"code": error.code, "message": str(error)}}, error.status)

    @routes.post("/<tenant>/oauth2/v2.0/token")
    def token(tenant: str) -> Response:
        company, form = _company(), request.form
        said = (tenant, form.get("client_id"), form.get("client_secret"), form.get("grant_type"))
        known = (company["tenant"], company["client_id"], company["client_secret"], "client_credentials")
        if said != known or form.get("scope") != "https://management.azure.com/.default":
            return wire.answer({"error": "invalid_client", "error_description": "AADSTS7000215"}, 401)
        return wire.answer({"token_type": "Bearer", "expires_in": 3599, "access_token": _token()})

    account = (
        "/subscriptions/<subscription>/resource<any(Groups, groups):_>/<group>/providers"
        "/<any('Microsoft.CognitiveServices', 'microsoft.cognitiveservices'):__>/accounts/<name>"
    )

    @routes.get(account + "/deployments")
    def deployments(name: str, **_: str) -> Response:
        resource = _resource(name)
        _parameters({"api-version"}, ACCOUNTS_VERSIONS)
        found = [
            {
                "id": f"{resource_id(resource)}/deployments/{key.split('/')[1]}",
                "name": key.split("/")[1],
                "sku": {"name": described["sku"], "capacity": described.get("capacity", 250)},
                "properties": {
                    "model": {
                        "format": "OpenAI",
                        "name": described["model"],
                        "version": described["version"],
                    },
                    "provisioningState": "Succeeded",
                },
            }
            for key, described in _company()["keys"].items()
            if key.split("/")[0] == resource
        ]
        return wire.answer({"value": found})

    @routes.get(account + "/providers/<any('microsoft.insights', 'Microsoft.Insights'):___>/metrics")
    def metrics(name: str, **_: str) -> Response:
        resource = _resource(name)
        _parameters(METRICS_PARAMETERS, METRICS_VERSIONS)
        return wire.answer(_metrics(world, resource))

    return routes


def _metrics(world: World, resource: str) -> dict[str, Any]:
    asked = request.args
    start, end = _span(asked.get("timespan", ""))
    step = INTERVALS.get(asked.get("interval", "PT1M"))
    names = asked.get("metricnames", "").split(",")
    if step is None or asked.get("aggregation") != "Total":
        raise ApiError(400, "BadRequest", "interval or aggregation is not supported")
    if unknown := [name for name in names if name not in METRICS]:
        raise ApiError(400, "BadRequest", f"Failed to find metric configuration for {', '.join(unknown)}")
    dimensions = _dimensions(asked.get("$filter"))
    top = int(asked.get("top", DEFAULT_TOP))
    sums = ", ".join(f"{METRICS[name]} as m{number}" for number, name in enumerate(names))
    rows = world.query(
        f"""
        select api_key_id, epoch_us(called_at) // 1000000 // {step} * {step} as bucket, {sums}
        from usage where provider = 'azure_openai' and split_part(api_key_id, '/', 1) = ?
            and called_at >= ? and called_at < ? group by all order by all
        """,
        [resource, start, end],
    )
    keys = sorted({row[0] for row in rows}) if dimensions else [None]
    first, last = (int(moment.replace(tzinfo=UTC).timestamp()) for moment in (start, end))
    value = []
    for number, name in enumerate(names):
        series = []
        for key in keys[:top]:
            totals: dict[int, int] = {}
            for row in rows:
                if key in (None, row[0]):
                    totals[row[1]] = totals.get(row[1], 0) + int(row[2 + number])
            data = [
                {"timeStamp": _moment(bucket), "total": totals.get(bucket, 0)}
                for bucket in range(first, last, step)
            ]
            series.append({"metadatavalues": _metadata(dimensions, resource, key), "data": data})
        value.append(
            {
                "id": f"{resource_id(resource)}/providers/Microsoft.Insights/metrics/{name}",
                "type": "Microsoft.Insights/metrics",
                "name": {"value": name, "localizedValue": name},
                "unit": "Count",
                "timeseries": series,
                "errorCode": "Success",
            }
        )
    return {
        "cost": 0,
        "timespan": asked["timespan"],
        "interval": asked.get("interval", "PT1M"),
        "namespace": "Microsoft.CognitiveServices/accounts",
        "resourceregion": _company()["resources"][resource]["region"],
        "value": value,
    }


def _metadata(dimensions: list[str], resource: str, key: str | None) -> list[dict[str, Any]]:
    if key is None:
        return []
    described = _company()["keys"][key]
    values = {
        "modeldeploymentname": key.split("/")[1],
        "modelname": described["model"],
        "modelversion": described["version"],
        "region": _company()["resources"][resource]["region"],
    }
    return [{"name": {"value": name, "localizedValue": name}, "value": values[name]} for name in dimensions]


def _dimensions(text: str | None) -> list[str]:
    found = []
    for clause in (text or "").split(" and ") if text else []:
        name, _, rest = clause.strip().partition(" eq ")
        if name.lower() not in DIMENSIONS or rest != "'*'":
            raise ApiError(400, "BadRequest", f"the filter {clause} is not supported")
        found.append(name.lower())
    return found


def _span(text: str) -> tuple[datetime, datetime]:
    try:
        start, end = (datetime.strptime(part, "%Y-%m-%dT%H:%M:%SZ") for part in text.split("/"))
    except ValueError:
        raise ApiError(400, "BadRequest", f"timespan {text} is invalid") from None
    if not start < end <= start + LONGEST_SPAN:
        raise ApiError(400, "BadRequest", f"timespan {text} is empty or too long")
    return start, end


def _parameters(known: set[str], versions: tuple[str, ...]) -> None:
    unknown = set(request.args) - known
    if unknown:
        raise ApiError(400, "BadRequest", f"unknown parameters: {', '.join(sorted(unknown))}")
    if request.args.get("api-version") not in versions:
        raise ApiError(400, "InvalidApiVersionParameter", f"api-version must be one of {', '.join(versions)}")


def _resource(name: str) -> str:
    """Return the resource that is asked for, of a caller who may."""
    if request.headers.get("Authorization") != f"Bearer {_token()}":
        raise ApiError(401, "InvalidAuthenticationToken", "The access token is invalid.")
    view = request.view_args or {}
    resources = _company()["resources"]
    if view["subscription"].lower() not in {one["subscription"] for one in resources.values()}:
        raise ApiError(403, "AuthorizationFailed", "The client does not have authorization over the scope.")
    if resources.get(name.lower(), {}).get("group") != view["group"].lower():
        raise ApiError(404, "ResourceNotFound", f"The Resource {name} was not found.")
    return name.lower()


def _token() -> str:
    """Return the token that this sandbox gives and knows."""
    digest = hashlib.sha256(_company()["client_secret"].encode()).digest()
    return "sandbox-" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _moment(bucket: int) -> str:
    return datetime.fromtimestamp(bucket, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _company() -> Mapping[str, Any]:
    return facts.read("company.yml")["azure_openai"]
