#!/usr/bin/env python3
"""Records filled to their limits, by many at once and again and again: whatever is asked for then is
answered or refused in words, and the server lives.

    python3 tests/api/limits.py --build build
"""
import argparse
import json
import os
import re
import socket
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from run import PASSWORD, prepare  # noqa: E402
from server import Client, Live, Server  # noqa: E402

LONG = "投诉内容" * 5000  # LIMIT_LONG_TEXT_CHARS
TICKETS, COMPLAINTS, CHANGES, LOOKUPS, HELD, STRANGERS, READS = 200, 60, 40, 60, 150, 60, 40
SEARCHED = "%E5%86%85%E5%AE%B9"  # 内容
PAIRS_ONLY = "%E5%AE%B9%E6%8A%95%E5%86%85"  # its pairs stand there, it does not


class Limits:
    def __init__(self, server):
        self.server = server
        self.failures = []
        self.calls = 0

    def expect(self, who, method, path, allowed, body=None, headers=None):
        self.calls += 1
        try:
            status, got, data = who.call(method, path, body, headers, raw=True)
        except OSError as e:
            self.failures.append(f"{method} {path[:200]}: no answer ({e})")
            status, got, data = 0, {}, b"{}"
        if status and status not in allowed:
            self.failures.append(f"{method} {path[:200]} -> {status} {data[:200]!r}")
        if self.server.process.poll() is not None:
            self.failures.append(f"{method} {path}: the server ended\n{self.server.tail()}")
            self.server.start()
        return status, got, data

    def make(self, who, type_name, fields):
        status, _, data = self.expect(who, "POST", f"/api/v1/records/{type_name}", (201,), {"fields": fields})
        return json.loads(data).get("id") if status == 201 else None

    def pages(self, who, path, key, get_id):
        """Goes through all pages: nothing may be left out by a shorter one."""
        seen, after = [], None
        for _ in range(400):
            status, _, data = self.expect(who, "GET", path + (f"&after={after}" if after else ""), (200,))
            if status != 200:
                break
            page = json.loads(data)
            seen += [get_id(x) for x in page[key]]
            after = page["next"]
            if after is None:
                break
        if len(seen) != len(set(seen)):
            self.failures.append(f"{path}: something came twice")
        return seen

    def heads(self, agent):
        # a line or headers too large: our own words as long as one connection's memory holds them, else the library's
        for path, headers, status, ours in (
            ("?x=" + "a" * 50000, {}, 400, True),  # no such parameter
            ("", {"X-Y": "a" * 50000}, 200, True),
            ("?" + "a=b&" * 2000, {}, 414, True),
            ("?x=" + "a" * 60000, {}, 414, True),
            ("", {"X-Y": "a" * 60000}, 431, True),
            ("", {f"X-{i}": "a" for i in range(850)}, 431, True),
            ("?x=" + "a" * 100000, {}, 414, False),
            ("", {"X-Y": "a" * 100000}, 431, False),
        ):
            _, got, data = self.expect(agent, "GET", "/api/v1/hello" + path, (status,), headers=headers)
            json_said = got.get("Content-Type", "").startswith("application/json")
            if json_said != ours or (status > 400 and ours and json.loads(data)["error"]["code"] != "too_large"):
                self.failures.append(f"a head too large: {path[:20]} {list(headers)[:2]} -> {data[:200]!r}")
        # on a connection that was answered before, too, and the answer of that is whole
        good, long = b"GET /api/v1/hello HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /?" + b"&" * 2000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=20) as s:
            s.sendall(good + long)
            said = b""
            while piece := s.recv(65536):
                said += piece
        self.calls += 1
        if re.findall(rb"HTTP/1.1 (\d+)", said) != [b"200", b"414"]:
            self.failures.append(f"a long line after a good one: {said[:600]!r}")

    def crowds(self, agent, manager):
        # strangers with ever new names wait for their passwords to be looked at: not all of them, and nobody for them
        def stranger(i):
            return Client(self.server, "full").call("POST", "/api/v1/session", {"org": "full", "login": f"nobody{i}", "password": PASSWORD}, raw=True)

        def report(_):
            return manager.call("GET", "/api/v1/reports/daily", raw=True)

        with ThreadPoolExecutor(STRANGERS + 1) as pool:
            flood = [pool.submit(stranger, i) for i in range(STRANGERS)]
            told = pool.submit(report, 0).result()
            waiting = sum(not f.done() for f in flood)
            answers = [f.result() for f in flood]
        self.calls += STRANGERS + 1
        refused = [a for a in answers if a[0] == 429]
        if told[0] != 200 or not refused or any(a[0] not in (401, 429) for a in answers):
            self.failures.append(f"a flood of sign-ins: {sorted(a[0] for a in answers)}, the report {told[0]}, {waiting} waiting then")
        if any(not a[1].get("Retry-After") for a in refused):
            self.failures.append("429 without Retry-After")
        # many reads of one user at once: they wait for each other, and all are answered
        with ThreadPoolExecutor(READS) as pool:
            reads = list(pool.map(lambda i: agent.call("GET", f"/api/v1/records/ticket?limit=20&count=1&where=title contains '{i}'".replace(" ", "%20"))[0], range(READS)))
            slow = list(pool.map(lambda i: report(i)[0], range(READS // 4)))
        self.calls += len(reads) + len(slow)
        if set(reads) != {200} or set(slow) != {200}:
            self.failures.append(f"many reads of one user: {sorted(reads)} {sorted(slow)}")

    def first_day(self, ids):
        # who must change his password first is let in nowhere, the live line included
        admin, clerk = Client(self.server, "full"), Client(self.server, "full")
        admin.sign_in("admin", PASSWORD)
        self.expect(admin, "POST", f"/api/v1/users/{ids['user_clerk']}/password", (204,), {"password": "for-the-first-day"})
        clerk.sign_in("clerk", "for-the-first-day")
        must = Live(clerk).status
        self.expect(clerk, "POST", "/api/v1/session/password", (204,), {"old": "for-the-first-day", "new": "mine-from-now-on"})
        if must != 401 or Live(clerk).status != 101:
            self.failures.append(f"the live line with a password that must be changed: {must}")

    def run(self, ids):
        server = self.server
        agent, lead, manager = Client(server, "full"), Client(server, "full"), Client(server, "full")
        for client, login in ((agent, "agent"), (lead, "lead"), (manager, "manager")):
            client.sign_in(login, PASSWORD)
        types = agent.call("GET", "/api/v1/model")[2]["types"]
        category = types["ticket"]["fields"]["category"]["options"][0]["name"]
        customer = self.make(agent, "customer", {"name": "满客户", "kind": "person", "mobile": "13812340021"})
        tickets = [self.make(agent, "ticket", {"title": "满", "category": category, "customer": customer, "description": LONG, "solution": LONG})
                   for _ in range(TICKETS)]
        texts = [n for n, f in types["complaint"]["fields"].items() if f["kind"] == "long_text" and not f["system"]]
        full = {"complainant": "满", "object": "满", "class": "service", "customer": customer, **{n: LONG for n in texts}}
        complaints = [self.make(agent, "complaint", full) for _ in range(COMPLAINTS)]
        # lists and export
        self.expect(agent, "GET", "/api/v1/records/ticket?limit=200&columns=description,solution", (413,))
        self.expect(agent, "GET", "/api/v1/records/complaint?limit=200&columns=" + ",".join(texts), (413,))
        self.expect(agent, "GET", "/api/v1/records/ticket?limit=50&columns=description", (200,))
        self.expect(agent, "GET", "/api/v1/records/ticket?limit=200&sort=description&columns=number", (422,))
        for form in ("csv", "xlsx"):
            _, _, data = self.expect(manager, "GET", f"/api/v1/export/ticket?format={form}&columns=number,description,solution", (200,))
            if form == "csv" and data.count(LONG.encode()) != 2 * TICKETS:
                self.failures.append("the export left something out")
        self.expect(manager, "GET", "/api/v1/export/complaint?columns=number," + ",".join(texts), (200,))
        # timeline
        for i in range(CHANGES):
            version = json.loads(self.expect(agent, "GET", f"/api/v1/records/ticket/{tickets[0]}", (200,))[2])["version"]
            text = LONG[:-3] + str(100 + i)
            self.expect(agent, "PATCH", f"/api/v1/records/ticket/{tickets[0]}", (200,), {"fields": {"description": text, "solution": text}},
                        {"If-Match": f'"{version}"'})
        events = self.pages(agent, f"/api/v1/records/ticket/{tickets[0]}/timeline?limit=200", "events", lambda e: e["id"])
        if len(events) != CHANGES + 1:
            self.failures.append(f"the timeline gave {len(events)} events of {CHANGES + 1}")
        # search and finding
        found = self.pages(agent, f"/api/v1/search?q={SEARCHED}&limit=50", "hits", lambda h: h["id"])
        if len(found) != TICKETS + COMPLAINTS:
            self.failures.append(f"search found {len(found)} of {TICKETS + COMPLAINTS}")
        if self.pages(agent, f"/api/v1/search?q={PAIRS_ONLY}&limit=50", "hits", lambda h: h["id"]):
            self.failures.append("search found what isn't there")
        self.expect(agent, "GET", f"/api/v1/glance?customer={customer}", (200,))
        self.expect(agent, "GET", "/api/v1/lookup/complaint?q=TS", (200,))
        self.expect(agent, "GET", "/api/v1/work", (200,))
        # many at once
        some = [x for x in complaints if x]
        for do in ("assign", "urge"):
            fields = {"to_owner": ids["user_agent2"], "reason": "满"} if do == "assign" else {"note": LONG}
            _, _, data = self.expect(lead, "POST", "/api/v1/bulk/complaint", (200,), {"ids": some, "do": do, "fields": fields})
            answer = json.loads(data)
            if len(answer.get("done", [])) != len(some):
                self.failures.append(f"{do} in bulk: {str(answer)[:300]}")
        status, _, data = self.expect(lead, "POST", "/api/v1/cover", (200,), {"from": ids["user_agent"], "to": ids["user_agent2"], "reason": "满"})
        if status == 200 and json.loads(data)["moved"] < TICKETS:
            self.failures.append(f"cover: {data[:200]!r}")
        # numbers that are masked are found by their tail, but not as often as one likes
        last = [self.expect(manager, "GET", f"/api/v1/lookup/customer?q=1{i % 10}0021", (200, 429))[0] for i in range(LOOKUPS)]
        if last[0] != 200 or last[-1] != 429:
            self.failures.append(f"lookups by tail: {last}")
        self.expect(manager, "GET", "/api/v1/search?q=0021", (429,))
        self.expect(manager, "GET", "/api/v1/lookup/customer?q=%E6%BB%A1", (200,))
        # strangers' bodies, sent and never ended, take no place from a colleague's words
        held = []
        for _ in range(HELD):
            held.append(socket.create_connection(("127.0.0.1", server.port), timeout=20))
            held[-1].sendall(b"POST /api/v1/records/customer HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + b"[" * 900000)
        self.expect(agent, "POST", "/api/v1/records/customer", (503,), {"fields": {"name": "大" * 300000}})
        self.make(agent, "customer", {"name": "小客户", "kind": "person"})
        for s in held:
            s.close()
        self.expect(agent, "POST", "/api/v1/session", (413,), {"org": "full", "login": "x" * 20000, "password": "x"})
        self.heads(agent)
        self.crowds(agent, manager)
        self.first_day(ids)
        for command in ("verify", "rebuild"):
            done = server.cli(command, "--org", "full", check=False)
            if done.returncode != 0:
                self.failures.append(f"{command}: {done.stdout[-300:]}{done.stderr[-300:]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True)
    args = parser.parse_args()
    server = Server(args.build)
    limits = Limits(server)
    try:
        server.start()
        limits.run(prepare(server, "full"))
    except Exception:
        traceback.print_exc(file=sys.stdout)
        limits.failures.append("the test itself failed")
    finally:
        server.stop()
    for line in limits.failures[:40]:
        print("FAIL", line)
    print(f"{limits.calls} calls")
    print(f"{1 if not limits.failures else 0} passed, {len(limits.failures)} failed")
    sys.exit(1 if limits.failures else 0)


if __name__ == "__main__":
    main()
