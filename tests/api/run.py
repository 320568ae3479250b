#!/usr/bin/env python3
"""Plays the API transcripts tests/api/*.http against a real server, on SQLite or PostgreSQL.

    python3 tests/api/run.py --build build --store sqlite|postgres [NAME…]

A transcript is text:

    # a comment
    @now 2026-03-02T09:00:00+08:00          the server's clock from here on
    AS agent                                 signs in (password of all test users) or switches
    POST /api/v1/records/ticket              a request; {"…"} lines below are its body
    If-Match: "1"                            headers follow the request line
    {"fields": {"title": "空调漏水"}}
    => 201                                   the status that must come; header lines may follow
    {"id": "@t1", "version": 1}              a part of the answer that must be there

In what is expected: "@name" keeps a value (or must equal the kept one), "*" is anything but null,
"~regex" matches, "!" means the key must not be there, {"…": n} after a list's elements allows more.
An object is a part; a list is whole unless its last element is "...". ${name} in paths, headers
and bodies puts a kept value in. Each transcript has an organisation of its own on a shared server.
"""
import argparse
import glob
import json
import os
import re
import sys
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import ROOT, Client, Postgres, Server  # noqa: E402

PASSWORD = "a-test-password"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Mismatch(Exception):
    pass


def fill(text, kept):
    def value(m):
        if m.group(1) not in kept:
            raise Mismatch(f"${{{m.group(1)}}} was never kept")
        return str(kept[m.group(1)])

    return re.sub(r"\$\{(\w+)\}", value, text)


def compare(want, got, kept, where="$"):
    if isinstance(want, str) and want.startswith("@") and len(want) > 1:
        name = want[1:]
        if name in kept:
            if kept[name] != got:
                raise Mismatch(f"{where}: expected {name} = {kept[name]!r}, got {got!r}")
        elif got is None:
            raise Mismatch(f"{where}: nothing to keep as {name}")
        else:
            kept[name] = got
    elif want == "*":
        if got is None:
            raise Mismatch(f"{where}: expected something, got null")
    elif isinstance(want, str) and want.startswith("~"):
        if not isinstance(got, str) or not re.search(want[1:], got):
            raise Mismatch(f"{where}: {got!r} does not match {want[1:]!r}")
    elif isinstance(want, dict):
        if not isinstance(got, dict):
            raise Mismatch(f"{where}: expected an object, got {got!r}")
        for key, value in want.items():
            if value == "!":
                if key in got:
                    raise Mismatch(f"{where}.{key}: must not be there, is {got[key]!r}")
            elif key not in got:
                raise Mismatch(f"{where}.{key}: is missing; there is {sorted(got)}")
            else:
                compare(value, got[key], kept, f"{where}.{key}")
    elif isinstance(want, list):
        if not isinstance(got, list):
            raise Mismatch(f"{where}: expected a list, got {got!r}")
        more = bool(want) and want[-1] == "..."
        part = want[:-1] if more else want
        if len(got) < len(part) or (not more and len(got) != len(part)):
            raise Mismatch(f"{where}: expected {len(part)} elements, got {len(got)}: {json.dumps(got, ensure_ascii=False)[:400]}")
        for i, value in enumerate(part):
            compare(value, got[i], kept, f"{where}[{i}]")
    elif want != got or isinstance(want, bool) != isinstance(got, bool):
        raise Mismatch(f"{where}: expected {want!r}, got {got!r}")


class Transcript:
    def __init__(self, path):
        self.path = path
        self.lines = open(path, encoding="utf-8").read().split("\n")

    def blocks(self):
        """Yields (line number, kind, payload)."""
        i, n = 0, len(self.lines)
        while i < n:
            line = self.lines[i].rstrip()
            if not line or line.startswith("#"):
                i += 1
            elif line.startswith("@") or line.startswith("AS "):
                yield i + 1, "do", line
                i += 1
            elif line.split(" ")[0] in METHODS:
                start, request, i = i + 1, line, i + 1
                headers, body, want_headers, want = {}, [], {}, []
                status = None
                while i < n:
                    text = self.lines[i].rstrip()
                    if status is None and text.startswith("=> "):
                        status = int(text[3:].split()[0])
                    elif not text or (text.split(" ")[0] in METHODS + ("AS",) or text.startswith(("@now", "@wait"))):
                        if status is not None or text:
                            break
                    elif text.startswith("#"):
                        pass
                    elif re.match(r"^[A-Za-z-]+: ", text) and not (body if status is None else want):
                        key, value = text.split(": ", 1)
                        (headers if status is None else want_headers)[key] = value
                    else:
                        (body if status is None else want).append(text)
                    i += 1
                if status is None:
                    raise Mismatch(f"line {start}: a request without '=> STATUS'")
                yield start, "call", (request, headers, "\n".join(body), status, want_headers, "\n".join(want))
            else:
                raise Mismatch(f"line {i + 1}: not understood: {line}")


def play(server, path, org):
    kept, clients, client, now = {"org": org}, {}, None, None
    calls = 0
    for line, kind, what in Transcript(path).blocks():
        try:
            if kind == "do":
                word, _, rest = what.partition(" ")
                rest = fill(rest.strip(), kept)
                if word == "AS":
                    if rest == "nobody":
                        client = Client(server, org)
                    else:
                        if rest not in clients:
                            clients[rest] = Client(server, org)
                            clients[rest].sign_in(rest, PASSWORD)
                        client = clients[rest]
                elif word == "@now":
                    now = rest
                elif word == "@cli":
                    server.cli(*rest.split(" "))
                elif word == "@user":
                    login, role, *teams = rest.split(" ")
                    add_user(server, org, login, role, teams)
                else:
                    raise Mismatch(f"unknown directive {word}")
                continue
            request, headers, body, status, want_headers, want = what
            method, _, target = fill(request, kept).partition(" ")
            headers = {k: fill(v, kept) for k, v in headers.items()}
            if now:
                headers["X-Test-Now"] = now
            if client is None:
                client = Client(server, org)
            raw = fill(body, kept).encode() if body else None
            got_status, got_headers, got = client.call(method, quote(target), raw, headers)
            calls += 1
            if got_status != status:
                raise Mismatch(f"{method} {target}: expected {status}, got {got_status}: {json.dumps(got, ensure_ascii=False, default=str)[:1500]}")
            for key, value in want_headers.items():
                compare(value, got_headers.get(key), kept, key)
            if want:
                try:
                    expected = json.loads(fill(want, kept))
                except ValueError as e:
                    raise Mismatch(f"the expectation is not JSON: {e}") from e
                compare(expected, got, kept)
        except (Mismatch, AssertionError, OSError) as e:
            raise Mismatch(f"{os.path.relpath(path, ROOT)}:{line}: {e}") from e
    return calls


def quote(target):
    path, mark, query = target.partition("?")
    out = "".join(c if ord(c) > 32 and ord(c) < 127 else "".join(f"%{b:02X}" for b in c.encode()) for c in query)
    return path + mark + out


def add_user(server, org, login, role, teams):
    args = ["user", "add", org, login, NAMES.get(login, login), "--roles", role]
    if teams:
        args += ["--teams", ",".join(teams)]
    server.cli(*args, stdin=PASSWORD + "\n")


NAMES = {"agent": "李婷", "agent2": "孙悦", "lead": "王敏", "worker": "赵强", "manager": "陈静", "admin": "系统管理员", "clerk": "周文"}


def prepare(server, org):
    """An organisation with two teams and a user of each role; everybody has the same test password."""
    server.cli("org", "add", org, "测试公司", "--packs", "core,service_desk", "--admin", "root")
    add_user(server, org, "admin", "admin", [])
    admin = Client(server, org)
    admin.sign_in("admin", PASSWORD)
    for code, name in (("desk", "客服部"), ("works", "工程部"), ("other", "另一组")):
        status, _, body = admin.call("POST", "/api/v1/records/team", {"fields": {"code": code, "name": name}})
        if status != 201:
            raise AssertionError(f"team {code}: {status} {body}")
    for login, role, team in (("agent", "agent", "desk"), ("agent2", "agent", "desk"), ("lead", "lead", "desk"), ("worker", "worker", "works"),
                              ("manager", "manager", "desk"), ("clerk", "clerk", "desk")):
        add_user(server, org, login, role, [team])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    paths = sorted(glob.glob(os.path.join(ROOT, "tests/api/*.http")))
    if args.names:
        paths = [p for p in paths if os.path.basename(p)[:-5] in args.names]
    postgres = Postgres() if args.store == "postgres" else None
    passed = failed = 0
    server = Server(args.build, postgres.url if postgres else None, args=("--test-clock",))
    try:
        server.start()
        for path in paths:
            name = os.path.basename(path)[:-5]
            org = "t_" + re.sub(r"[^a-z0-9]", "_", name)[:28]
            try:
                prepare(server, org)
                calls = play(server, path, org)
                print(f"ok   {name} ({calls} calls)")
                passed += 1
            except Mismatch as e:
                print(f"FAIL {name}\n     {e}")
                failed += 1
            except Exception:  # a fault of the runner must show whole
                print(f"FAIL {name}")
                traceback.print_exc()
                failed += 1
        code = server.stop(remove=False)
        if code != 0:
            print(f"FAIL the server ended with {code}\n{server.tail()}")
            failed += 1
    finally:
        server.stop()
        if postgres:
            postgres.stop()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
