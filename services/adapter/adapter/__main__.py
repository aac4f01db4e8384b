"""The process, ``python -m adapter``: one port for clients, another for the kubelet and Prometheus."""

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Iterator

import uvicorn
import uvloop
from fastapi import FastAPI

from adapter import __version__
from adapter.admin import admin_app
from adapter.app import public_app
from adapter.load import FaultsError, or_exit, refuse
from adapter.logs import configure_logging
from adapter.service import Service
from adapter.settings import Config

_log = logging.getLogger(__name__)


class _Server(uvicorn.Server):
    """One of two servers in a process, which handles the signals itself."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none."""
        yield


def _server(app: FastAPI, host: str, port: int) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            # Longer than Traefik keeps idle connections (90 s): it never sends a request down one that is
            # being closed.
            timeout_keep_alive=95,
            # What is still under way then had its grace period.
            timeout_graceful_shutdown=2,
        )
    )


async def _serve(config: Config) -> None:
    service = Service(config)
    public = _server(public_app(service), config.listen.host, config.listen.port)
    admin = _server(admin_app(service.metrics, service.drain), config.listen.host, config.listen.admin_port)
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    _log.info("serving", extra={"fields": {"version": __version__, "models": list(config.models)}})
    keys = asyncio.create_task(service.run())
    servers = [asyncio.create_task(server.serve()) for server in (public, admin)]
    waiting = asyncio.create_task(told.wait())
    # A server that cannot listen ends by itself.
    await asyncio.wait((waiting, *servers), return_when=asyncio.FIRST_COMPLETED)
    if waiting.done():
        await service.drain.run()
    public.should_exit = admin.should_exit = True
    await asyncio.wait(servers)
    for task in (keys, waiting):
        task.cancel()
    await service.close()
    for server in servers:
        server.result()
    _log.info("ended")


def main() -> None:
    """Run until told to end. 2: the settings cannot work; 1: a port is taken; 0: ended as asked."""
    config = or_exit()
    configure_logging(config.log_level)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(config))
    except FaultsError as error:
        refuse(error)
    except OSError as error:
        sys.stderr.write(f"adapter: {error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
