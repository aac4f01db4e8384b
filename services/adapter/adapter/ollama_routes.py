"""Ollama's calls that generate and list. Those that pull, push, make and delete models are not served."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from adapter import __version__, ollama_requests, openai_requests
from adapter.call import Call
from adapter.ollama_answers import Kind, Ollama, OllamaEmbeddings, loaded
from adapter.openai_requests import chat_call, completion_call, embedding_call, read
from adapter.service import Service
from adapter.settings import Limits


def ollama_router(service: Service) -> APIRouter:
    """``/api``."""
    router = APIRouter(tags=["Ollama"])

    @router.post("/api/chat", summary="Answer in a chat", response_class=Response)
    async def chat(request: Request) -> Response:
        visit, limits = await service.enter(request, "/api/chat")
        asked = read(ollama_requests.ChatRequest, await service.body(request, limits))
        chain = service.chain(visit, asked.model, embeds=False)
        if not asked.messages:
            return JSONResponse(loaded("chat", asked.model))
        call = _chat_call(ollama_requests.chat_body(asked), limits)
        return service.reply(request, visit, chain, call, Ollama("chat", asked.model))

    @router.post("/api/generate", summary="Answer a prompt", response_class=Response)
    async def generate(request: Request) -> Response:
        visit, limits = await service.enter(request, "/api/generate")
        asked = read(ollama_requests.GenerateRequest, await service.body(request, limits))
        chain = service.chain(visit, asked.model, embeds=False)
        kind: Kind = "generate"
        if not asked.prompt:
            return JSONResponse(loaded(kind, asked.model))
        if asked.raw or asked.suffix:
            body = ollama_requests.raw_body(asked)
            call = completion_call(body, read(openai_requests.CompletionRequest, body), limits)
        else:
            call = _chat_call(ollama_requests.generate_body(asked), limits)
        return service.reply(request, visit, chain, call, Ollama(kind, asked.model))

    @router.post("/api/embed", summary="Embed texts", response_class=Response)
    async def embed(request: Request) -> Response:
        visit, limits = await service.enter(request, "/api/embed")
        asked = read(ollama_requests.EmbedRequest, await service.body(request, limits))
        chain = service.chain(visit, asked.model, embeds=True)
        call = _embedding_call(ollama_requests.embed_body(asked), limits)
        return service.reply(request, visit, chain, call, OllamaEmbeddings(asked.model, old=False))

    @router.post("/api/embeddings", summary="Embed one text", response_class=Response, deprecated=True)
    async def embeddings(request: Request) -> Response:
        visit, limits = await service.enter(request, "/api/embeddings")
        old = read(ollama_requests.OldEmbedRequest, await service.body(request, limits))
        asked = ollama_requests.EmbedRequest(model=old.model, input=old.prompt)
        chain = service.chain(visit, asked.model, embeds=True)
        call = _embedding_call(ollama_requests.embed_body(asked), limits)
        return service.reply(request, visit, chain, call, OllamaEmbeddings(asked.model, old=True))

    @router.get("/api/tags", summary="Models that the key may use", response_class=Response)
    async def tags(request: Request) -> Response:
        visit, _ = await service.enter(request, "/api/tags")
        names = service.models_of(visit.account.team)
        return JSONResponse({"models": [{"name": name, "model": name} for name in names]})

    @router.get("/api/version", summary="This service's version", response_class=Response)
    async def version(request: Request) -> Response:
        await service.enter(request, "/api/version")
        return JSONResponse({"version": __version__})

    return router


def _chat_call(body: dict[str, object], limits: Limits) -> Call:
    return chat_call(body, read(openai_requests.ChatRequest, body), limits)


def _embedding_call(body: dict[str, object], limits: Limits) -> Call:
    return embedding_call(body, read(openai_requests.EmbeddingRequest, body), limits)
