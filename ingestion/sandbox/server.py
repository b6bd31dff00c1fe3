"""The sandbox as a whole: a world, the providers that tell of it, and the files they deliver."""

from __future__ import annotations

import json
import logging
import shlex
import threading
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
from flask import Flask, Response
from werkzeug.serving import BaseWSGIServer, make_server

from ingestion.sandbox import apis, control, exports, wire
from ingestion.sandbox.faults import Faults, Paging
from ingestion.sandbox.world import World

HOST = "127.0.0.1"
DEFAULT_EXPORTS = Path(".work/sandbox")


class Sandbox:
    """A provider sandbox on a loopback port; use it as a context manager, or start() and stop().

    days, until   the window: so many days up to and including `until` (yesterday, UTC)
    scale, seed   how many calls, and which
    port          0 takes a free one
    exports       the folder of the files
    env_file      where the environment is written once everything is ready
    rate_limit    refuse every 97th request (since faults were last asked for) once
    settling      let the two newest days grow while they are read
    """

    def __init__(
        self,
        *,
        days: int = 90,
        until: date | None = None,
        scale: float = 1.0,
        seed: int = 7,
        port: int = 0,
        exports: Path | str = DEFAULT_EXPORTS,
        env_file: Path | str | None = None,
        rate_limit: bool = True,
        settling: bool = False,
    ):
        if days < 1 or scale <= 0 or seed < 0:
            raise ValueError("days must be 1 or more, scale above 0, seed 0 or more")
        self.last = until or datetime.now(UTC).date() - timedelta(days=1)
        self.first = self.last - timedelta(days=days - 1)
        self.folder = Path(exports).resolve()
        self.env_file = Path(env_file).resolve() if env_file else self.folder / "sandbox.env"
        self.env: dict[str, str] = {}
        self.offers: list[str] = []
        self.faults = Faults(rate_limit=rate_limit)
        self._options = {"seed": seed, "scale": scale, "settling": settling}
        self._port = port
        self._world: World | None = None
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        self._running = ExitStack()

    @property
    def world(self) -> World:
        """The simulated company; only while the sandbox runs."""
        if self._world is None:
            raise RuntimeError("the sandbox is not running")
        return self._world

    @property
    def base_url(self) -> str:
        """Where the server listens, without a path."""
        return f"http://{HOST}:{self._server.server_port}"

    def truth(self) -> pa.Table:
        """Return what every billed unit was for; see World.truth."""
        return self.world.truth()

    def start(self) -> Sandbox:
        """Simulate, write the files, listen, and only then write the environment file."""
        # Who waits for the file must not find the one of an earlier run.
        self.env_file.unlink(missing_ok=True)
        self._world = World(first=self.first, last=self.last, **self._options)
        self._server = _bind(self._app(), self._port)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        found: dict[str, Any] = {}
        for module in exports.modules():
            written = module.write(self.world, self.folder)
            if written.close:
                self._running.callback(written.close)
            self.offers.append(f"{written.path}: {module.SUMMARY}, {written.rows} rows")
            exports.merge(found, written.environment)
        for module in apis.modules():
            url = self.base_url + module.PREFIX
            self.offers.append(f"{url}: {module.SUMMARY}")
            found |= module.environment(url)
        self.offers.append(f"{self.base_url}/sandbox: faults, restatements and quirks for tests")
        self.env = {name: _text(value) for name, value in sorted(found.items())}
        self._write_environment()
        return self

    def stop(self) -> None:
        """Stop listening and the databases, and free the memory; the files stay."""
        self._running.close()
        if self._server and self._thread:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
        if self._world:
            self._world.close()
        self._server = self._thread = self._world = None

    def __enter__(self) -> Sandbox:
        """Start; what was half started is stopped again."""
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def _app(self) -> Flask:
        # Werkzeug would log every request; who tests a client wants to read the client's log.
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        app = Flask(__name__, static_folder=None)
        for module in apis.modules():
            app.register_blueprint(self._guarded(module), url_prefix=module.PREFIX)
        app.register_blueprint(control.blueprint(self.world, self.faults))

        @app.errorhandler(404)
        def unknown(error: object) -> tuple[Response, int]:
            return wire.answer({"error": {"message": "no such path"}}), 404

        return app

    def _guarded(self, module: ModuleType) -> Any:
        """Return a provider's routes behind the faults."""
        routes = module.blueprint(self.world)
        paging = getattr(module, "PAGING", Paging())

        def refuse() -> Response | None:
            return self.faults.refusal(routes.name, module.problem, paging)

        def spoil(response: Response) -> Response:
            # pages of one read tell the same story, the next read another
            if not paging.is_going_on():
                self.world.let_settle()
            return self.faults.spoil(routes.name, response, paging)

        # before the provider's own check of the key, which it registered itself
        routes.before_request_funcs.setdefault(None, []).insert(0, refuse)
        routes.after_request(spoil)
        return routes

    def _write_environment(self) -> None:
        # Quoted, so that a shell may source it as it is.
        lines = "".join(f"{name}={shlex.quote(value)}\n" for name, value in self.env.items())
        self.env_file.parent.mkdir(parents=True, exist_ok=True)
        draft = self.env_file.with_name(self.env_file.name + ".new")
        draft.write_text(lines, encoding="utf-8")
        draft.replace(self.env_file)


def _bind(app: Flask, port: int) -> BaseWSGIServer:
    # make_server prints and exits when the port is taken; an error can be caught
    try:
        return make_server(HOST, port, app, threaded=True)
    except SystemExit as error:
        raise OSError(f"port {port} is taken") from error


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":")) if isinstance(value, list) else str(value)
