"""The other listener, for kubelet, Prometheus and people: plain HTTP, GET alone."""

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from webhook import VERSION
from webhook.observe.metrics import Metrics
from webhook.server.readiness import Readiness, as_json, as_text

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def health_app(readiness: Readiness, metrics: Metrics) -> Starlette:
    """/healthz: the process answers. /readyz: it may be asked, and how its parts do. /metrics and /version."""

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(request: Request) -> Response:
        parts = readiness.look()
        status = 200 if all(part.ready for part in parts.values()) else 503
        if "json" in request.headers.get("accept", ""):
            return Response(msgspec.json.encode(as_json(parts)), status, media_type="application/json")
        return PlainTextResponse(as_text(parts), status)

    async def show_metrics(_: Request) -> Response:
        return Response(metrics.text(), media_type=METRICS_TYPE)

    async def version(_: Request) -> Response:
        return Response(msgspec.json.encode({"version": VERSION}), media_type="application/json")

    paths = {"/healthz": healthz, "/readyz": readyz, "/metrics": show_metrics, "/version": version}
    return Starlette(routes=[Route(path, endpoint) for path, endpoint in paths.items()])
