#!/usr/bin/env python3
"""Plays the API transcripts tests/api/*.http against a real server, on SQLite or PostgreSQL.

    python3 tests/api/run.py --build build --store sqlite|postgres [--show] [NAME…]

A transcript is text:

    # a comment
    @now 2026-03-02T09:00:00+08:00          the server's clock from here on ("@now real" ends it)
    AS agent                                 signs in (password of all test users) or switches
    POST /api/v1/records/ticket              a request; headers follow its line, then its body
    If-Match: "1"
    {"fields": {"title": "空调漏水"}}
    => 201                                   the status that must come; header lines may follow
    {"id": "@t1", "version": 1}              a part of the answer that must be there

Other lines: "AS nobody" (a fresh browser), "AS agent@other" (in the organisation made by "@org
other"; one browser may hold both: "AS agent@other with agent"), "@user LOGIN ROLE TEAM…" (one more
user), "@cli WORDS => SAID" (a sub-command, and what it must say). The header X-Body-Bytes: N sends N bytes of nothing, X-Repeat-Line:
N sends the last line N times, {n} counting. An empty header is left out.

In what is expected: "@name" keeps a value (or must equal the kept one), "@=name" keeps it anew, "*"
is anything but null, "~regex" matches, "!~regex" does not, "!" means the key must not be there, "#3"
is a list of three. An object is a part; a list is whole unless its last element is "..."; ["has", x,
y] wants each of these somewhere in it, ["none", x] wants none. A line ~regex is about an answer that
is not JSON. ${name} in paths, headers and bodies puts a kept value in.

Each transcript has an organisation of its own on one server; at its end `verify` and `rebuild` must
find nothing.
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


def fits(want, got, kept):
    try:
        compare(want, got, kept)
        return True
    except Mismatch:
        return False


def compare_text(want, got, kept, where):
    """A wish that is written as text; False: it is the text itself."""
    if want.startswith("@") and len(want) > 1:
        name = want[1:].lstrip("=")
        if got is None:
            raise Mismatch(f"{where}: nothing to keep as {name}")
        if name in kept and not want.startswith("@=") and kept[name] != got:
            raise Mismatch(f"{where}: expected {name} = {kept[name]!r}, got {got!r}")
        kept[name] = got
    elif want == "*":
        if got is None:
            raise Mismatch(f"{where}: expected something, got null")
    elif want.startswith("~"):
        if not isinstance(got, str) or not re.search(want[1:], got, re.S):
            raise Mismatch(f"{where}: {got!r} does not match {want[1:]!r}")
    elif want.startswith("!~"):
        if not isinstance(got, str) or re.search(want[2:], got, re.S):
            raise Mismatch(f"{where}: {got!r} matches {want[2:]!r}")
    elif re.match(r"#\d+$", want) and isinstance(got, list):
        if len(got) != int(want[1:]):
            raise Mismatch(f"{where}: expected {want[1:]} elements, got {len(got)}: {json.dumps(got, ensure_ascii=False)[:600]}")
    else:
        return False
    return True


def compare_list(want, got, kept, where):
    if not isinstance(got, list):
        raise Mismatch(f"{where}: expected a list, got {got!r}")
    shown = json.dumps(got, ensure_ascii=False)[:1500]
    if want and want[0] in ("has", "none"):
        for one in want[1:]:
            trial = [g for g in got if fits(one, g, dict(kept))]
            if want[0] == "none" and trial:
                raise Mismatch(f"{where}: must not be there: {json.dumps(trial[0], ensure_ascii=False)[:600]}")
            if want[0] == "has":
                if not trial:
                    raise Mismatch(f"{where}: {json.dumps(one, ensure_ascii=False)} is not in {shown}")
                compare(one, trial[0], kept, where)
        return
    more = bool(want) and want[-1] == "..."
    part = want[:-1] if more else want
    if len(got) < len(part) or (not more and len(got) != len(part)):
        raise Mismatch(f"{where}: expected {len(part)} elements, got {len(got)}: {shown}")
    for i, value in enumerate(part):
        compare(value, got[i], kept, f"{where}[{i}]")


def compare(want, got, kept, where="$"):
    if isinstance(want, str) and compare_text(want, got, kept, where):
        return
    if isinstance(want, dict):
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
        compare_list(want, got, kept, where)
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
                    elif not text or (text.split(" ")[0] in METHODS + ("AS",) or re.match(r"@(now|org|cli|user) ", text)):
                        if status is not None or text:
                            break
                    elif text.startswith("#"):
                        pass
                    elif re.match(r"^[A-Za-z][A-Za-z0-9-]*:( |$)", text) and not (body if status is None else want):
                        key, value = text.split(":", 1)
                        (headers if status is None else want_headers)[key] = value.strip()
                    else:
                        (body if status is None else want).append(text)
                    i += 1
                if status is None:
                    raise Mismatch(f"line {start}: a request without '=> STATUS'")
                yield start, "call", (request, headers, "\n".join(body), status, want_headers, "\n".join(want))
            else:
                raise Mismatch(f"line {i + 1}: not understood: {line}")


class Player:
    """Plays one transcript in one organisation (and those it makes beside it)."""

    def __init__(self, server, path, org, ids, show=False):
        self.server, self.path, self.org, self.show = server, path, org, show
        self.kept, self.clients, self.client, self.now, self.calls = {"org": org, **ids}, {}, Client(server, org), None, 0
        self.orgs = {"": org}
        self.kept["origin"] = f"http://127.0.0.1:{server.port}"

    def become(self, who):
        name, _, browser = who.partition(" with ")
        login, _, place = name.partition("@")
        if login == "nobody":
            self.client = Client(self.server, self.orgs[place])
            return
        if who not in self.clients:
            shared = self.clients[browser].cookies if browser else None
            self.clients[who] = Client(self.server, self.orgs[place], shared)
            self.clients[who].sign_in(login, PASSWORD)
        self.client = self.clients[who]

    def do(self, line):
        word, _, rest = line.partition(" ")
        rest = fill(rest.strip(), self.kept)
        if word == "AS":
            self.become(rest)
        elif word == "@now":
            self.now = None if rest == "real" else rest
        elif word == "@cli":
            words, _, said = rest.partition(" => ")
            out = self.server.cli(*words.split(" ")).stdout
            if said not in out:
                raise Mismatch(f"{words} said {out!r}, not {said!r}")
        elif word == "@user":
            login, role, *teams = rest.split(" ")
            add_user(self.server, self.org, login, role, teams)
        elif word == "@org":
            self.orgs[rest] = self.kept[rest] = f"{self.org}_{rest}"
            prepare(self.server, self.orgs[rest])
        else:
            raise Mismatch(f"unknown directive {word}")

    def call(self, request, headers, body, status, want_headers, want):
        method, _, target = fill(request, self.kept).partition(" ")
        headers = {k: fill(v, self.kept) for k, v in headers.items()}
        if self.now:
            headers["X-Test-Now"] = self.now
        raw = fill(body, self.kept).encode() if body else None
        if "X-Repeat-Line" in headers:
            head, _, line = body.rpartition("\n")
            raw = "\n".join([head] + [line.replace("{n}", str(n)) for n in range(int(headers.pop("X-Repeat-Line")))]).encode()
        if "X-Body-Bytes" in headers:
            raw = bytes(int(headers.pop("X-Body-Bytes")))
        got_status, got_headers, data = self.client.call(method, quote(target), raw, headers, raw=True)
        self.calls += 1
        text = data.decode("utf-8", "replace")
        try:
            got = json.loads(data) if data else None
        except ValueError:
            got = None
        if self.show:
            print(f"     {method} {target} -> {got_status} {json.dumps(got, ensure_ascii=False) if got is not None else text[:300]!r}")
        if got_status != status:
            raise Mismatch(f"{method} {target}: expected {status}, got {got_status}: {text[:1500]}")
        for key, value in want_headers.items():
            compare(value, got_headers.get(key), self.kept, key)
        if not want:
            return
        if want.startswith("~") or want.startswith("!~"):
            for line in want.split("\n"):
                compare(line, text, self.kept, "text")
            return
        try:
            expected = json.loads(fill(want, self.kept))
        except ValueError as e:
            raise Mismatch(f"the expectation is not JSON: {e}") from e
        compare(expected, got, self.kept)

    def play(self):
        for line, kind, what in Transcript(self.path).blocks():
            try:
                if kind == "do":
                    self.do(what)
                else:
                    self.call(*what)
            except (Mismatch, AssertionError, OSError) as e:
                raise Mismatch(f"{os.path.relpath(self.path, ROOT)}:{line}: {e}") from e
        for org in self.orgs.values():
            proof(self.server, org)
        return self.calls


def proof(server, org):
    """Nothing altered, and the derived rows are what the records say."""
    server.cli("verify", "--org", org)
    said = server.cli("rebuild", "--org", org).stdout
    if "0 changed" not in said:
        raise Mismatch(f"rebuild of {org}: {said}")


def quote(target):
    path, mark, query = target.partition("?")
    out = "".join(c if ord(c) > 32 and ord(c) < 127 else "".join(f"%{b:02X}" for b in c.encode()) for c in query)
    return path + mark + out


def add_user(server, org, login, role, teams):
    args = ["user", "add", org, login, NAMES.get(login, login), "--roles", role]
    if teams:
        args += ["--teams", ",".join(teams)]
    server.cli(*args, stdin=PASSWORD + "\n")


NAMES = {"agent": "李婷", "agent2": "孙悦", "lead": "王敏", "worker": "赵强", "head": "何军", "manager": "陈静", "general": "冯国强",
         "quality": "郑琪", "clerk": "周文", "admin": "系统管理员"}
TEAMS = (("desk", "客服部", "desk"), ("works", "工程部", "doing"), ("other", "物流部", "doing"))
USERS = (("agent", "agent", "desk"), ("agent2", "agent", "other"), ("lead", "lead", "desk"), ("worker", "worker", "works"), ("head", "head", "works"),
         ("manager", "manager", "desk"), ("general", "general_manager", "desk"), ("quality", "quality", "other"), ("clerk", "clerk", "desk"))


def prepare(server, org):
    """An organisation with three teams and a user of each role, all with the same test password; agent2 is in
    another team than agent. Returns the ids: team_desk …, user_agent …"""
    server.cli("org", "add", org, "测试公司", "--packs", "core,service_desk", "--admin", "root")
    add_user(server, org, "admin", "admin", [])
    admin = Client(server, org)
    admin.sign_in("admin", PASSWORD)
    ids = {}
    for code, name, kind in TEAMS:
        status, _, body = admin.call("POST", "/api/v1/records/team", {"fields": {"code": code, "name": name, "kind": kind}})
        if status != 201:
            raise AssertionError(f"team {code}: {status} {body}")
        ids["team_" + code] = body["id"]
    for login, role, team in USERS:
        add_user(server, org, login, role, [team])
    status, _, page = admin.call("GET", "/api/v1/records/user?columns=login&limit=100")
    if status != 200:
        raise AssertionError(f"users: {status} {page}")
    for row in page["rows"]:
        ids["user_" + row["fields"]["login"]] = row["id"]
    for team, lead in (("desk", "lead"), ("works", "head")):
        status, _, body = admin.call("PATCH", f"/api/v1/records/team/{ids['team_' + team]}", {"fields": {"lead": ids["user_" + lead]}}, {"If-Match": '"1"'})
        if status != 200:
            raise AssertionError(f"lead of {team}: {status} {body}")
    return ids


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--show", action="store_true", help="print every request and answer")
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
                ids = prepare(server, org)
                calls = Player(server, path, org, ids, args.show).play()
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
