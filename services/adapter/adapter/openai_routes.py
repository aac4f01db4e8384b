"""OpenAI's calls."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from adapter.call import Endpoint
from adapter.dialect import OpenAI
from adapter.errors import UnknownModelError
from adapter.openai_requests import (
    ChatRequest,
    CompletionRequest,
    EmbeddingRequest,
    chat_call,
    completion_call,
    embedding_call,
    read,
)
from adapter.service import Service

_OWNER = "ai-platform"


def openai_router(service: Service) -> APIRouter:
    """``/v1``."""
    router = APIRouter(tags=["OpenAI"])

    @router.post(Endpoint.CHAT, summary="Answer in a chat", response_class=Response)
    async def chat(request: Request) -> Response:
        visit, limits = await service.enter(request, Endpoint.CHAT)
        body = await service.body(request, limits)
        asked = read(ChatRequest, body)
        chain = service.chain(visit, asked.model, embeds=False)
        dialect = OpenAI(usage_wanted=asked.usage_wanted)
        return service.reply(request, visit, chain, chat_call(body, asked, limits), dialect)

    @router.post(Endpoint.COMPLETIONS, summary="Go on with a text", response_class=Response)
    async def complete(request: Request) -> Response:
        visit, limits = await service.enter(request, Endpoint.COMPLETIONS)
        body = await service.body(request, limits)
        asked = read(CompletionRequest, body)
        chain = service.chain(visit, asked.model, embeds=False)
        dialect = OpenAI(usage_wanted=asked.usage_wanted)
        return service.reply(request, visit, chain, completion_call(body, asked, limits), dialect)

    @router.post(Endpoint.EMBEDDINGS, summary="Embed texts", response_class=Response)
    async def embed(request: Request) -> Response:
        visit, limits = await service.enter(request, Endpoint.EMBEDDINGS)
        body = await service.body(request, limits)
        asked = read(EmbeddingRequest, body)
        chain = service.chain(visit, asked.model, embeds=True)
        return service.reply(
            request, visit, chain, embedding_call(body, asked, limits), OpenAI(usage_wanted=True)
        )

    @router.get("/v1/models", summary="Models that the key may use", response_class=Response)
    async def models(request: Request) -> Response:
        visit, _ = await service.enter(request, "/v1/models")
        return JSONResponse(
            {"object": "list", "data": [_model(name) for name in service.models_of(visit.account.team)]}
        )

    # A path: names like meta-llama/Llama-3.1-8B-Instruct have slashes.
    @router.get("/v1/models/{name:path}", summary="One model", response_class=Response)
    async def model(request: Request, name: str) -> Response:
        visit, _ = await service.enter(request, "/v1/models")
        if name not in service.models_of(visit.account.team):
            raise UnknownModelError(f"There is no model {name[:128]!r}.", param="model")
        return JSONResponse(_model(name))

    return router


def _model(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": 0, "owned_by": _OWNER}
