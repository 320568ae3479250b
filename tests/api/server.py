"""Starts a real shouwen server on a fresh data folder for tests, and speaks HTTP to it.

Everything of a test server lives in one temporary folder and on one loopback port; stop() kills
it and, with keep=False, removes the folder. PostgreSQL comes from tests/pg.sh.
"""
import base64
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Fault(AssertionError):
    pass


def must(condition, what):
    if not condition:
        raise Fault(what)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Postgres:
    """A throwaway PostgreSQL 15 cluster (tests/pg.sh start prints its URL)."""

    def __init__(self):
        # pg_ctl leaves a server behind that holds what it was given: its words go to a file.
        with tempfile.TemporaryFile("w+") as out:
            subprocess.run([os.path.join(ROOT, "tests/pg.sh"), "start"], check=True, stdout=out, timeout=180)
            out.seek(0)
            self.url = out.read().strip().splitlines()[-1]

    def stop(self):
        subprocess.run([os.path.join(ROOT, "tests/pg.sh"), "stop", self.url], check=False, stdout=subprocess.DEVNULL, timeout=60)


class Server:
    def __init__(self, build, store_url=None, data=None, args=()):
        self.binary = os.path.join(build, "src/main/shouwen")
        self.own_dir = data is None
        self.data = data or tempfile.mkdtemp(prefix="sw-test-")
        self.store_url = store_url
        self.args = list(args)
        self.port = free_port()
        self.process = None
        self.log_path = os.path.join(self.data, "server.log")

    def cli(self, *args, check=True, stdin=None):
        """Runs a sub-command on this server's data folder; works while it serves, too."""
        command = [self.binary, *args, "--data", self.data]
        if self.store_url:
            command += ["--store", self.store_url]
        done = subprocess.run(command, capture_output=True, text=True, input=stdin, timeout=600)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(command)} -> {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def start(self, wait=30):
        command = [self.binary, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}", *self.args]
        if self.store_url:
            command += ["--store", self.store_url]
        self.log = open(self.log_path, "ab")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        end = time.monotonic() + wait
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.tail()}")
            try:
                status, _, _ = self.call("GET", "/api/v1/hello")
                if status == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.02)
        raise AssertionError("the server did not answer:\n" + self.tail())

    def tail(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()[-4000:]

    def call(self, method, path, body=None, headers=None, timeout=60):
        """One request on its own connection: (status, headers, bytes)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def stop(self, sig=None, remove=True):
        code = None
        if self.process:
            if self.process.poll() is None:
                self.process.send_signal(sig or 15)
            try:
                code = self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError("the server did not stop within 20 s:\n" + self.tail())
            finally:
                self.process = None
                self.log.close()
        if remove and self.own_dir:
            shutil.rmtree(self.data, ignore_errors=True)
        return code


class Client:
    """A browser: keeps its cookies, sends the organisation and the origin."""

    def __init__(self, server, org, cookies=None):
        self.server = server
        self.org = org
        self.cookies = {} if cookies is None else cookies  # may be another client's: one browser, two organisations

    def headers(self, extra=None):
        out = {"X-Org": self.org, "Origin": f"http://127.0.0.1:{self.server.port}"}
        if self.cookies:
            out["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        out.update(extra or {})
        return {k: v for k, v in out.items() if v}  # an empty one leaves it out

    def call(self, method, path, body=None, headers=None, raw=False):
        extra = dict(headers or {})
        if body is not None and not isinstance(body, (bytes, bytearray)):
            body = json.dumps(body, ensure_ascii=False).encode()
        if body is not None and "Content-Type" not in extra:
            extra["Content-Type"] = "application/json"
        status, got, data = self.server.call(method, path, body, self.headers(extra))
        for cookie in got.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
            if not value:
                del self.cookies[name]
        if raw:
            return status, got, data
        try:
            return status, got, json.loads(data) if data else None
        except ValueError:
            return status, got, data

    def sign_in(self, login, password):
        status, _, body = self.call("POST", "/api/v1/session", {"org": self.org, "login": login, "password": password})
        if status not in (200, 201):
            raise AssertionError(f"sign-in of {login} in {self.org}: {status} {body}")
        return body


class Live:
    """The WebSocket of a signed-in client: what the server tells, one JSON text at a time."""

    def __init__(self, client, since=None, origin=None, buffer=None):
        server = client.server
        self.socket = socket.socket()
        if buffer:  # what the kernel keeps for who doesn't read: told before connecting
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(20)
        self.socket.connect(("127.0.0.1", server.port))
        headers = client.headers({"Host": f"127.0.0.1:{server.port}", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
                                  "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode()})
        if origin:
            headers["Origin"] = origin
        path = f"/live?org={client.org}" + (f"&since={since}" if since is not None else "")
        self.socket.sendall((f"GET {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n").encode())
        self.bytes = b""
        while b"\r\n\r\n" not in self.bytes:
            self.more()
        head, _, self.bytes = self.bytes.partition(b"\r\n\r\n")
        self.status = int(head.split()[1])

    def more(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise OSError("the server closed the connection")
        self.bytes += piece

    def frame(self):
        """(opcode, payload) of the next frame; the server's are never masked."""
        while True:
            if len(self.bytes) >= 2:
                n, at = self.bytes[1] & 127, 2
                if n >= 126 and len(self.bytes) >= 10:
                    size = 2 if n == 126 else 8
                    n, at = int.from_bytes(self.bytes[2:2 + size], "big"), 2 + size
                if n < 126 or at > 2:
                    if len(self.bytes) >= at + n:
                        opcode, payload = self.bytes[0] & 15, self.bytes[at:at + n]
                        self.bytes = self.bytes[at + n:]
                        return opcode, payload
            self.more()

    def say(self, message):
        self.send(1, json.dumps(message).encode())

    def send(self, opcode, body):
        mask = os.urandom(4)
        assert len(body) < 126
        self.socket.sendall(bytes([0x80 | opcode, 0x80 | len(body)]) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(body)))

    def until(self, wanted, seconds=10):
        """The first message for which wanted(message) holds; the others on the way are returned, too."""
        end, passed = time.monotonic() + seconds, []
        while time.monotonic() < end:
            self.socket.settimeout(max(0.05, end - time.monotonic()))
            try:
                opcode, payload = self.frame()
            except socket.timeout:
                break
            if opcode == 9:
                self.send(10, payload)  # as browsers do
            if opcode == 1:
                passed.append(json.loads(payload))
                if wanted(passed[-1]):
                    return passed[-1], passed
        raise AssertionError(f"never told; but {passed[-10:]}")

    def close(self):
        self.socket.close()


def told_of(client, words):
    """How often the user was told these words, by record."""
    seen, after = {}, ""
    while True:
        status, _, page = client.call("GET", "/api/v1/notices?limit=200" + after)
        must(status == 200, f"notices: {status} {page}")
        for n in page["notices"]:
            if words in n["text"]["zh"]:
                seen[n["record"]] = seen.get(n["record"], 0) + 1
        if len(page["notices"]) < 200:
            return seen
        after = f"&after={page['notices'][-1]['id']}"


class Tally:
    """Runs tests on servers, says how each went, and ends the program with the count."""

    def __init__(self):
        self.passed = self.failed = 0

    def run(self, name, test, *args):
        try:
            test(*args)
            print("ok  ", name)
            self.passed += 1
        except Exception:
            print("FAIL", name)
            self.fault()

    def fault(self):
        """What is being handled is a failure too."""
        traceback.print_exc(file=sys.stdout)
        self.failed += 1

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed or not self.passed else 0)
