"""shouwen.py: a server to measure: started on a free port, signed in to, watched (CPU and memory), stopped."""
import http.client
import json
import os
import re
import shutil
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TICK = os.sysconf("SC_CLK_TCK")
PASSWORD = "bench-Pass-2468"


class Failed(Exception):
    pass


def run(args, **kw):
    p = subprocess.run(args, capture_output=True, text=True, timeout=kw.pop("timeout", 3600), **kw)
    if p.returncode != 0:
        raise Failed(f"{' '.join(args)}: {p.stdout[-500:]} {p.stderr[-500:]}")
    return p.stdout


def cpu_seconds(pid):
    """User and system time of all threads."""
    with open(f"/proc/{pid}/stat") as f:
        words = f.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / TICK


def rss_mb(pid, key="VmRSS"):
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(rf"{key}:\s+(\d+) kB", f.read()).group(1)) / 1024


class Data:
    """A data folder that goes when it is no longer needed. One with a name may be found again as it was left."""

    def __init__(self, binary, under=None, name=None):
        self.binary = binary
        if name is None:
            self.dir = tempfile.mkdtemp(prefix="shouwen-bench-", dir=under)
            return
        self.dir = os.path.join(under or tempfile.gettempdir(), f"shouwen-bench-{name}")
        if not self.is_whole():
            shutil.rmtree(self.dir, ignore_errors=True)
            os.mkdir(self.dir)

    def is_whole(self):
        return os.path.exists(f"{self.dir}/whole")

    def whole(self):
        open(f"{self.dir}/whole", "w").close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.dir, ignore_errors=True)

    def cli(self, *words, text=None, timeout=7200):
        return run([self.binary, words[0], "--data", self.dir, *words[1:]], input=text, timeout=timeout)

    def org(self, code="b"):
        self.cli("org", "add", code, code, "--admin", "root")

    def user(self, login, roles, teams=(), org="b"):
        extra = ["--teams", ",".join(teams)] if teams else []
        self.cli("user", "add", org, login, login, "--roles", roles, *extra, text=PASSWORD + "\n")

    def db(self, org="b"):
        return f"{self.dir}/orgs/{org}.db"


class Server:
    def __init__(self, data, *options):
        self.data = data
        self.options = options

    def __enter__(self):
        self.began = time.monotonic()
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen([self.data.binary, "serve", "--data", self.data.dir, "--listen", "127.0.0.1:0", *self.options],
                                        stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        m = re.search(r":(\d+)\s*$", line)
        if not m:
            self.log.seek(0)
            raise Failed(f"serve says {line!r} {self.log.read()[-500:]!r}")
        self.port = int(m.group(1))
        self.pid = self.process.pid
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.log.close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def cpu(self):
        return cpu_seconds(self.pid)

    def rest(self, most=60):
        """Until what falls due after a start is done: a second without work."""
        end = time.monotonic() + most
        while time.monotonic() < end:
            before = self.cpu()
            time.sleep(1)
            if self.cpu() - before <= 1 / TICK:
                return

    def rss(self):
        return rss_mb(self.pid)

    def rss_peak(self):
        return rss_mb(self.pid, "VmHWM")

    def request(self, method, path, body=None, headers=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        h = {"Content-Type": "application/json", "Origin": self.url, **(headers or {})}
        c.request(method, path, json.dumps(body, ensure_ascii=False).encode() if body is not None else None, h)
        r = c.getresponse()
        text = r.read()
        c.close()
        return r.status, r.getheaders(), text

    def sign_in(self, login, org="b"):
        status, headers, text = self.request("POST", "/api/v1/session", {"org": org, "login": login, "password": PASSWORD})
        if status != 200:
            raise Failed(f"sign-in of {login}: {status} {text[:300]!r}")
        return next(v for k, v in headers if k.lower() == "set-cookie").split(";")[0]

    def get(self, cookie, path):
        status, _, text = self.request("GET", path, headers={"Cookie": cookie})
        if status != 200:
            raise Failed(f"GET {path}: {status} {text[:300]!r}")
        return text


def wrk(server, cookie, connections, seconds, script=None, path="/", args=(), threads=1):
    """One run of wrk: requests, refused ones, seconds and percentiles, and the CPU seconds the server used."""
    script = script or "get.lua"
    before = server.cpu()
    out = run(["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "-s", f"{HERE}/{script}",
               server.url + path, "--", cookie, server.url, *args], timeout=seconds + 120)
    used = server.cpu() - before
    r = json.loads(out[out.index("RESULT") + 6:].splitlines()[0])
    r["cpu"] = used
    r["rate"] = r["requests"] / r["seconds"]
    r["per_core_second"] = r["requests"] / used if used > 0 else 0
    return r
