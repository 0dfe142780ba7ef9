"""A server on this machine that speaks the chat completions protocol, with faults on demand."""

import json
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FakeChatServer:
    """Answers over real HTTP by a function of the request's JSON.

    `answer` is that function; it returns the content. `fail` queues faults, one per request to come, None for
    a proper answer; `fault_for`, a function of the request's JSON, decides where the queue is empty. All that
    came in is in `paths`, `headers` and `bodies`; `n_answered` counts the requests that were answered properly.
    """

    def __init__(self):
        self.answer = lambda body: "Blue."
        self.fault_for = lambda body: None
        self.paths, self.headers, self.bodies = [], [], []
        self.n_answered = 0
        self.n_at_once = self.most_at_once = 0
        self._faults = deque()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def host(self):
        return f"http://127.0.0.1:{self._http.server_port}"

    @property
    def base_url(self):
        return f"{self.host}/v1"

    @property
    def n_requests(self):
        return len(self.bodies)

    def fail(self, *faults):
        self._faults.extend(faults)

    @staticmethod
    def error(status, message, code=None, headers=None, body=None):
        """An error in OpenAI's shape, or with the body given."""
        shape = {"error": {"message": message, "type": code or "some_error", "param": None, "code": code}}
        return lambda handler: handler.send_json(status, shape if body is None else body, headers or {})

    @staticmethod
    def too_many_requests(retry_after=0.1):
        return FakeChatServer.error(
            429, "Rate limit reached.", "rate_limit_exceeded", {"Retry-After": str(retry_after)}
        )

    @staticmethod
    def choice(content, finish_reason="stop", **message):
        """A completion with this content, which may be None."""
        return lambda handler: handler.send_completion(content, finish_reason, **message)

    @staticmethod
    def raw(text, status=200, content_type="application/json"):
        """A body as it stands."""
        return lambda handler: handler.send_bytes(status, text.encode(), {"Content-Type": content_type})

    @staticmethod
    def packed(data, encoding="gzip"):
        """A body that is compressed already."""

        def send(handler):
            handler.send_bytes(200, data, {"Content-Encoding": encoding})
            handler.close_connection = True  # the client may leave it unread

        return send

    @staticmethod
    def events(*events, end="data: [DONE]\n\n"):
        """A stream of events, though none was asked for."""
        text = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + end
        return FakeChatServer.raw(text, content_type="text/event-stream")

    @staticmethod
    def trickle(seconds, every=0.05):
        """An answer that comes in single spaces for so long, as from servers that keep connections alive."""

        def send(handler):
            handler.send_bytes(200, b" ", {"Content-Length": "1000"})
            for _ in range(int(seconds / every)):
                handler.wait(every)
                handler.wfile.write(b" ")
                handler.wfile.flush()

        return send

    def limit(self, n_requests, seconds, refusal):
        """Refuse all but so many requests in every window of so many seconds."""
        taken = []

        def fault_for(body):
            now = time.monotonic()
            with self._lock:
                taken[:] = [begun for begun in taken if now - begun < seconds]
                if len(taken) >= n_requests:
                    return refusal
                taken.append(now)
            return None

        self.fault_for = fault_for

    @staticmethod
    def silence(seconds):
        """No answer for so long, then a broken connection."""
        return lambda handler: handler.wait(seconds)

    @staticmethod
    def dropped_in_the_body():
        """A connection that breaks after half of the body."""
        return lambda handler: handler.send_bytes(200, b'{"choices": [', {"Content-Length": "500"})

    def _next_fault(self, body):
        try:
            return self._faults.popleft()
        except IndexError:
            return self.fault_for(body)

    def _handler(server):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with server._lock:
                    server.paths.append(self.path)
                    server.headers.append({name.lower(): value for name, value in self.headers.items()})
                    server.bodies.append(body)
                    server.n_at_once += 1
                    server.most_at_once = max(server.most_at_once, server.n_at_once)
                try:
                    self.respond(body)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True
                finally:
                    with server._lock:
                        server.n_at_once -= 1

            def respond(self, body):
                fault = server._next_fault(body)
                if fault is not None:
                    fault(self)
                    return
                content = server.answer(body)
                with server._lock:
                    server.n_answered += 1
                self.send_completion(content, n_input_tokens=len(json.dumps(body["messages"])))

            def send_completion(self, content, finish_reason="stop", n_input_tokens=20, **message):
                n_output_tokens = len(content or "")
                usage = {"prompt_tokens": n_input_tokens, "completion_tokens": n_output_tokens}
                message = {"role": "assistant", "content": content, "refusal": None, **message}
                choice = {"index": 0, "finish_reason": finish_reason, "message": message}
                completion = {
                    "id": "chatcmpl-1",
                    "object": "chat.completion",
                    "created": 1,
                    "model": "fake-1",
                }
                self.send_json(200, {**completion, "choices": [choice], "usage": usage}, {})

            def send_json(self, status, value, headers):
                self.send_bytes(
                    status, json.dumps(value).encode(), {"Content-Type": "application/json", **headers}
                )

            def send_bytes(self, status, data, headers):
                self.send_response(status)
                headers = {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)
                self.close_connection = int(headers["Content-Length"]) != len(data)

            def wait(self, seconds):
                server._closing.wait(seconds)
                self.close_connection = True

            def log_message(self, *arguments):
                pass

        return Handler
