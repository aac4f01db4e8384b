"""Swagger UI from the image itself: the docs work where no CDN can be reached."""

from pathlib import Path

import fastapi_offline
from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles


def install(app: FastAPI, path: str) -> None:
    """Serve the docs of ``app`` at ``path``."""
    assets = f"{path}/assets"
    app.mount(assets, StaticFiles(directory=Path(fastapi_offline.__file__).parent / "static"), name="docs")

    @app.get(path, include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        # What the gateway stripped, the browser must ask for.
        outside = request.scope.get("root_path", "")
        return get_swagger_ui_html(
            title=app.title,
            openapi_url=f"{outside}{app.openapi_url}",
            swagger_js_url=f"{outside}{assets}/swagger-ui-bundle.js",
            swagger_css_url=f"{outside}{assets}/swagger-ui.css",
            swagger_favicon_url=f"{outside}{assets}/favicon.png",
        )
