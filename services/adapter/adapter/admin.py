"""Liveness, readiness and metrics, on a port of their own."""

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from adapter import __version__
from adapter.drain import Drain
from adapter.metrics import Metrics


def admin_app(metrics: Metrics, drain: Drain) -> FastAPI:
    """For the kubelet and Prometheus."""
    app = FastAPI(title="Adapter: health and metrics", version=__version__, docs_url=None, redoc_url=None)

    @app.get("/healthz", summary="Is the process alive?")
    async def healthz() -> dict[str, str]:
        """Says nothing about engines: a restart of this process would not bring one back."""
        return {"status": "ok", "version": __version__}

    @app.get("/readyz", summary="May requests be routed here?")
    async def readyz(response: Response) -> dict[str, str]:
        """Not once the process ends.

        An engine that is away is no reason: every replica would be out of service then, and the answer, with
        its Retry-After, is better given here than by a proxy that knows of no model.
        """
        if drain.draining:
            response.status_code = 503
            return {"status": "draining"}
        return {"status": "ready"}

    @app.get("/metrics", summary="Figures for Prometheus", response_class=Response)
    async def figures() -> Response:
        """In Prometheus's text format."""
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return app
