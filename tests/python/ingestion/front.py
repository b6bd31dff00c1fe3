"""A server in front of another one, which changes what a test wants changed in its replies."""

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field

import requests
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response


@dataclass
class Front:
    """Forwards to `behind`; each of `changes` sees the request and the reply and returns a reply or None."""

    behind: str
    base_url: str = ""
    changes: list = field(default_factory=list)
    asked: list = field(default_factory=list)

    def change(self, made):
        self.changes.append(made)
        return made

    def always(self, status, body, headers=None):
        """Every request is answered so."""
        text = body if isinstance(body, str) else json.dumps(body)
        self.change(lambda *_: Response(text, status, headers, mimetype="application/json"))

    def edit(self, edit, path=""):
        """`edit` changes the parsed replies of a path."""

        def made(request, reply):
            if request.path.endswith(path) and reply.status_code == 200 and reply.is_json:
                page = json.loads(reply.get_data())
                edit(page)
                reply.set_data(json.dumps(page))
            return None

        self.change(made)

    def __call__(self, environ, start):
        request = Request(environ)
        self.asked.append((request.path, request.args.to_dict(flat=False)))
        headers = {name: value for name, value in request.headers if name != "Host"}
        answer = requests.request(
            request.method,
            self.behind + request.path,
            params=request.query_string.decode(),
            headers=headers,
            data=request.get_data(),
            timeout=60,
        )
        kept = {k: v for k, v in answer.headers.items() if k in ("Content-Type", "Retry-After")}
        reply = Response(answer.content, answer.status_code, kept)
        for made in self.changes:
            reply = made(request, reply) or reply
        return reply(environ, start)


@contextmanager
def front_of(behind):
    """A running Front on a free loopback port."""
    front = Front(behind.rstrip("/"))
    server = make_server("127.0.0.1", 0, front, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    front.base_url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield front
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
