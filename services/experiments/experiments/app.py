"""The application: ``uvicorn --factory experiments.app:create_app``."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from experiments import __version__, docs, health, problems, routes
from experiments.observability import Metrics, Observe, configure_logging
from experiments.pool import TrackingPool
from experiments.settings import Settings
from experiments.tracking import Tracking

_log = logging.getLogger(__name__)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Put the service together. Without ``settings``, they come from the environment."""
    settings = settings or Settings.from_environment()
    configure_logging(settings.log_level)
    tracking = Tracking(settings)
    metrics = Metrics()
    pool = TrackingPool(tracking, settings, metrics)
    readiness = health.Readiness(tracking.ping, settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        fields = {"version": __version__, "tracking_uri": str(settings.tracking_uri)}
        _log.info("serving what MLflow tracked", extra={"fields": fields})
        yield
        readiness.close()
        pool.close()

    app = FastAPI(
        title="Experiments",
        summary="What MLflow tracked, as typed JSON.",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{settings.prefix}/openapi.json",
        lifespan=lifespan,
    )
    app.state.metrics = metrics
    app.state.pool = pool
    app.state.readiness = readiness
    docs.install(app, f"{settings.prefix}/docs")
    app.include_router(routes.router, prefix=settings.prefix)
    app.include_router(health.router)
    app.add_middleware(Observe, metrics=metrics)
    problems.install(app)
    return app
