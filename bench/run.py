#!/usr/bin/env python3
"""run.py: measures shouwen against its limits and prints the table of docs/PERFORMANCE.md.

Called by `./do bench`. NAME: some of read, list, create, import, memory, orgs, start, scale, search, clocks, rules, rights (default: all).
The limits for a million tickets are measured with --full alone (scale, search, and memory and start with a million);
without it the same benches run on 100,000. --texts FILE takes real sentences for the tickets (one a line, or a zip of a
JSON file of dialogues). Ends with 1 if a limit was missed.
"""
import argparse
import json
import os
import random
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
import urllib.parse

import clocks
from make_data import COMMON, RARE, Maker, write_all
from shouwen import Data, Failed, Server, run, wrk

TEAMS, USERS = 100, 200
COLUMNS = "number,title,customer,state,priority,owner,team,due"
LIST = "/api/v1/records/ticket?limit=25&sort=-id&columns=" + COLUMNS + "&where="
OPEN = LIST + urllib.parse.quote("stage = open")
LIVE = LIST + urllib.parse.quote("stage in (open, paused)")


def tickets_of(path, n=2000, seed=3):
    c = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    ids = [r[0] for r in c.execute("select id from ticket")]
    c.close()
    return random.Random(seed).sample(ids, min(n, len(ids)))


def last_id(path):
    c = sqlite3.connect(path)
    c.execute("pragma wal_checkpoint(truncate)")
    n = c.execute("select coalesce(max(id), 0) from ticket").fetchone()[0]
    c.close()
    return n


def settle(path):
    """What was just imported is where it stays: in the database's own file, and on the disk."""
    last_id(path)
    os.sync()


class Bench:
    def __init__(self, args):
        self.args = args
        self.binary = os.path.abspath(f"{args.build}/src/main/shouwen")
        self.due = os.path.abspath(f"{args.build}/bench/due")
        self.rule = os.path.abspath(f"{args.build}/bench/rules")
        self.routing = os.path.abspath(f"{args.build}/bench/route")
        self.plain = os.path.abspath(f"{args.build}/bench/plain")
        self.rows = []
        self.missed = 0
        self.scratch = tempfile.mkdtemp(prefix="shouwen-bench-", dir=args.dir)
        self.made = {}
        self.maker = Maker(args.texts)

    def close(self):
        for d in self.made.values():
            if not (self.args.keep and d.is_whole()):
                d.__exit__()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def say(self, what, value, limit=None, ok=None):
        mark = "" if ok is None else "yes" if ok else "**no**"
        self.rows.append((what, value, limit or "", mark))
        self.missed += ok is False
        print(f"| {what} | {value} | {limit or ''} | {mark} |", flush=True)

    # ---- data ------------------------------------------------------------------------------------------

    def lines(self, tickets, customers):
        out = f"{self.scratch}/lines-{tickets}"
        if not os.path.isdir(out):
            os.mkdir(out)
            write_all(out, self.maker, tickets, customers, TEAMS, USERS)
        return out

    def people(self, d):
        teams = [f"T{i:03d}" for i in range(0, TEAMS, TEAMS // 20)]
        d.user("lead", "lead")
        d.user("twenty", "agent", teams)
        d.user("nobody", "agent")

    def data(self, tickets, customers=20_000):
        """A data folder with so many tickets, made once; who only reads takes it as it is."""
        if tickets not in self.made:
            d = Data(self.binary, self.args.dir, f"made-{tickets}" if self.args.keep else None)
            self.made[tickets] = d
            if d.is_whole():
                return d
            d.org()
            lines = self.lines(tickets, customers)
            began = time.monotonic()
            for name in ("teams", "users", "customers", "tickets"):
                d.cli("import", "--org", "b", "--map", f"{lines}/{name}.yaml", f"{lines}/{name}.jsonl")
            shutil.rmtree(lines)
            self.people(d)
            d.whole()
            print(f"(made {tickets} tickets in {time.monotonic() - began:.0f} s)", file=sys.stderr, flush=True)
        return self.made[tickets]

    def bodies(self, n, seed):
        path = f"{self.scratch}/bodies-{seed}"
        r = random.Random(seed)
        with open(path, "w") as f:
            for i in range(n):
                f.write(json.dumps({"fields": self.maker.fields(r, i + 1)}, ensure_ascii=False) + "\n")
        return path

    def paths(self, name, paths):
        path = f"{self.scratch}/{name}"
        with open(path, "w") as f:
            f.write("\n".join(paths) + "\n")
        return path

    # ---- the benches -----------------------------------------------------------------------------------

    def read(self):
        d = self.data(self.args.tickets)
        ids = tickets_of(d.db())
        settle(d.db())
        with Server(d, "--bench") as s:
            cookie = s.sign_in("lead")
            s.rest()
            records = self.paths("records", [f"/api/v1/records/ticket/{i}" for i in ids])
            # Open matters offer more than closed ones: the answers differ, so their mean is what is compared.
            size = round(statistics.mean(len(s.get(cookie, f"/api/v1/records/ticket/{i}")) for i in ids[:200]))
            fixed = f"/api/v1/bench/fixed?bytes={size}"
            wrk(s, cookie, 8, 6, args=(records,))
            wall, cpu, last = [], [], None
            for _ in range(self.args.rounds):
                a = wrk(s, cookie, 8, 2, args=(records,))
                b = wrk(s, cookie, 8, 2, path=fixed)
                if a["refused"] + a["faults"] + b["refused"] + b["faults"]:
                    raise Failed("requests were refused")
                wall.append(a["rate"] / b["rate"])
                cpu.append(a["per_core_second"] / b["per_core_second"])
                last = a, b
            ratio = statistics.median(wall)
            self.say(f"Reading one record ({size} bytes on average) at concurrency 8, against fixed bytes of that size: requests/s",
                     f"{ratio:.0%}", "≥ 40 %", ratio >= 0.4)
            self.say("… the same by the server's CPU time", f"{statistics.median(cpu):.0%} "
                     f"({1e6 / last[0]['per_core_second']:.0f} µs against {1e6 / last[1]['per_core_second']:.0f} µs)")

    def list(self):
        d = self.data(self.args.tickets)
        with Server(d, "--bench") as s:
            for login, words, least in (("lead", "who may see all", 8000), ("twenty", "in 20 teams", 6000)):
                cookie = s.sign_in(login)
                for path, where in ((OPEN, "stage = open"), (LIVE, "stage in (open, paused)")):
                    rows = json.loads(s.get(cookie, path))["rows"]
                    if len(rows) != 25:
                        raise Failed(f"a list of {len(rows)} rows")
                    wrk(s, cookie, 8, 1, path=path)
                    got = [wrk(s, cookie, 8, 2, path=path)["per_core_second"] for _ in range(self.args.rounds)]
                    n = statistics.median(got)
                    self.say(f"First page of a list ({where}; 25 rows, 8 columns) for a user {words}: per core-second of the server",
                             f"{n:,.0f}", f"≥ {least:,}", n >= least)

    def create(self):
        base = self.data(self.args.tickets)
        last_id(base.db())
        with Data(self.binary, self.args.dir) as d:
            shutil.copytree(base.dir, d.dir, dirs_exist_ok=True)
            twin = f"{d.dir}/plain.db"
            shutil.copy(base.db(), twin)
            ratios, plain_rates, rates, refused, batch = [], [], [], 0, []
            for i in range(self.args.rounds):
                bodies = self.bodies(4000, 100 + i)
                from_id = last_id(d.db())
                with Server(d) as s:
                    cookie = s.sign_in("lead")
                    a = wrk(s, cookie, 64, 3, script="create.lua", path="/api/v1/records/ticket", args=(bodies,))
                refused += a["refused"] + a["faults"]
                last_id(d.db())
                b = json.loads(run([self.plain, d.db(), twin, str(from_id)]))
                rates.append(a["rate"])
                plain_rates.append(b["rows"] / b["seconds"])
                ratios.append(rates[-1] / plain_rates[-1])
                batch.append((1e6 * a["cpu"] / a["requests"], 1e6 * b["cpu"] / b["rows"]))
            ratio = statistics.median(ratios)
            self.say("Creating one ticket over HTTP, durable, at concurrency 64, against the plain program: rows/s",
                     f"{ratio:.0%} ({statistics.median(rates):.0f}/s against {statistics.median(plain_rates):.0f}/s; CPU "
                     f"{statistics.median(x for x, _ in batch):.0f} µs against {statistics.median(y for _, y in batch):.0f} µs)",
                     "≥ 50 %", ratio >= 0.5)
            self.say("… refused or failed", str(refused), "0", refused == 0)

    def imports(self):
        n = 20_000
        lines = self.lines(n, 2000)
        with Data(self.binary, self.args.dir) as d:
            d.org()
            for name in ("teams", "users", "customers"):
                d.cli("import", "--org", "b", "--map", f"{lines}/{name}.yaml", f"{lines}/{name}.jsonl")
            ratios = []
            parts = self.split(f"{lines}/tickets.jsonl", self.args.rounds)
            twin = f"{d.dir}/plain.db"
            last_id(d.db())
            shutil.copy(d.db(), twin)
            for part, rows in parts:
                from_id = last_id(d.db())
                began = time.monotonic()
                d.cli("import", "--org", "b", "--map", f"{lines}/tickets.yaml", part)
                rate = rows / (time.monotonic() - began)
                last_id(d.db())
                b = json.loads(run([self.plain, d.db(), twin, str(from_id)]))
                ratios.append((rate * b["seconds"] / b["rows"], rate, b["rows"] / b["seconds"]))
            ratio, rate, plain = sorted(ratios)[len(ratios) // 2]
            self.say("Import with search on, against the plain program: rows/s", f"{ratio:.0%} ({rate:.0f}/s against {plain:.0f}/s)", "≥ 50 %", ratio >= 0.5)

    def split(self, path, n):
        with open(path) as f:
            lines = f.readlines()
        out = []
        for i in range(n):
            part = lines[i * len(lines) // n:(i + 1) * len(lines) // n]
            with open(f"{path}.{i}", "w") as f:
                f.writelines(part)
            out.append((f"{path}.{i}", len(part)))
        return out

    def big(self):
        return 1_000_000 if self.args.full else self.args.tickets

    def memory(self):
        d = self.data(self.big())
        with Server(d) as s:
            cookie = s.sign_in("lead")
            s.get(cookie, OPEN)
            s.get(cookie, "/api/v1/model")
            s.rest()
            idle = s.rss()
            self.say(f"Resident memory, idle, {self.big():,} tickets (VmRSS)", f"{idle:.0f} MB", "< 40 MB", idle < 40)
        last_id(d.db())
        with Data(self.binary, self.args.dir) as w:
            shutil.copytree(d.dir, w.dir, dirs_exist_ok=True)
            ids = tickets_of(w.db(), 500)
            paths = [f"/api/v1/records/ticket/{i}" for i in ids] + [OPEN, LIVE] * 100 + \
                ["/api/v1/search?q=" + urllib.parse.quote(x) for x in (RARE, COMMON, "空调", "漏水")] * 20
            random.Random(5).shuffle(paths)
            with Server(w) as s:
                cookie = s.sign_in("lead")
                wrk(s, cookie, 64, 10, script="mixed.lua", args=(self.bodies(4000, 7), self.paths("mixed", paths)))
                busy = s.rss_peak()
                self.say("Resident memory while 64 clients write and read (VmHWM)", f"{busy:.0f} MB", "< 150 MB", busy < 150)

    def orgs(self):
        n = 100
        with Data(self.binary, self.args.dir) as d:
            with Server(d) as s:
                for i in range(n):
                    d.cli("org", "add", f"o{i}", f"o{i}", "--packs", "core,service_desk", "--admin", "root")
                    d.user("lead", "lead", org=f"o{i}")
            with Server(d) as s:
                for i in range(n):
                    cookie = s.sign_in("lead", f"o{i}")
                    s.get(cookie, OPEN)
                    body = {"fields": self.maker.fields(random.Random(i), 1)}
                    status, _, text = s.request("POST", "/api/v1/records/ticket", body, {"Cookie": cookie})
                    if status != 201:
                        raise Failed(f"{status} {text[:300]!r}")
                time.sleep(1)
                got = s.rss()
                self.say("Resident memory with 100 organisations in use (core, service_desk; VmRSS)", f"{got:.0f} MB", "< 250 MB", got < 250)

    def start(self):
        d = self.data(self.big())
        took = []
        for _ in range(self.args.rounds):
            with Server(d) as s:
                cookie = "sw_b=" + "0" * 64
                # The first answer that needs the organisation: its database and packs are open.
                s.request("GET", "/api/v1/records/ticket", headers={"Cookie": cookie})
                took.append((time.monotonic() - s.began) * 1000)
        ms = statistics.median(took)
        self.say(f"Cold start to the first answer, {self.big():,} tickets", f"{ms:.0f} ms", "< 300 ms", ms < 300)

    def scale(self):
        small, large = self.data(10_000, 2000), self.data(self.big())
        costs = {}
        for d in (small, large):
            ids = tickets_of(d.db())
            hits = self.equal_words(small.db())
            settle(d.db())
            with Server(d) as s:
                s.rest()
                for login in ("lead", "twenty"):
                    cookie = s.sign_in(login)
                    if login == "lead":
                        jobs = {"reading": self.paths("r", [f"/api/v1/records/ticket/{i}" for i in ids]),
                                "listing": self.paths("l", [OPEN]),
                                "searching (common word, first page)": self.paths("s", ["/api/v1/search?q=" + urllib.parse.quote(x) for x in hits])}
                    else:
                        jobs = {"listing in 20 teams": self.paths("l", [OPEN])}
                    for what, path in jobs.items():
                        wrk(s, cookie, 8, 1, args=(path,))
                        got = statistics.median(1e6 / wrk(s, cookie, 8, 2, args=(path,))["per_core_second"] for _ in range(3))
                        costs.setdefault(what, []).append(got)
        for what, (a, b) in costs.items():
            self.say(f"Cost of {what} at {self.big():,} tickets, against 10,000: CPU time", f"{b / a:.2f} ({b:.0f} µs against {a:.0f} µs)", "≤ 1.5", b / a <= 1.5)

    def equal_words(self, path):
        """Words with a full first page of hits in both."""
        return [COMMON, "空调", "漏水", "师傅", "发票", "长江"]

    def search(self):
        d = self.data(self.big())
        with Server(d, "--bench") as s:
            lead, nobody = s.sign_in("lead"), s.sign_in("nobody")
            found, path = 0, f"/api/v1/search?type=ticket&limit=50&q={urllib.parse.quote(RARE)}"
            after = ""
            while True:
                page = json.loads(s.get(lead, path + after))
                found += len(page["hits"])
                if not page.get("next"):
                    break
                after = "&after=" + urllib.parse.quote(page["next"])
            want = self.big() // 1000
            self.say(f"A 2-character word in 0.1 % of {self.big():,} tickets: found by paging on", f"{found} of {want}", "all", found == want)
            for who, cookie in (("who may see all", lead), ("who may see none", nobody)):
                for words, word in (("in 0.1 %", RARE), ("nearly everywhere", COMMON)):
                    p = "/api/v1/search?q=" + urllib.parse.quote(word)
                    s.get(cookie, p)
                    r = wrk(s, cookie, 1, 3, path=p)
                    # What the machine itself makes an answer wait that costs nothing: other programs' turns.
                    idle = wrk(s, "", 1, 3, path="/api/v1/bench/fixed?bytes=4000")
                    self.say(f"First page of a search for a word {words}, for a user {who}: p95",
                             f"{r['p95_ms']:.1f} ms (median {r['p50_ms']:.1f} ms; fixed bytes {idle['p95_ms']:.1f} ms)", "< 30 ms", r["p95_ms"] < 30)


    # ---- clocks ----------------------------------------------------------------------------------------

    def clocks(self):
        self.clocks_found()
        self.clocks_fired()
        self.clocks_crowd()

    def clocks_found(self):
        got = []
        for n in (10_000, 1_000_000):
            with Data(self.binary, self.args.dir) as d:
                got.append(json.loads(run([self.due, d.dir, str(n)])))
        for what, key in (("that nothing is due", "look_us"), ("and taking what is", "row_us")):
            a, b = got[0][key], got[1][key]
            self.say(f"Cost of finding {what} with 1,000,000 open clocks, against 10,000: CPU time", f"{b / a:.2f} ({b:.1f} µs against {a:.1f} µs)", "≤ 1.5", b / a <= 1.5)

    def clocks_fired(self):
        n = 10_000
        with Data(self.binary, self.args.dir) as d:
            d.org()
            lines = self.lines(10, 2000)
            for name in ("teams", "users", "customers"):
                d.cli("import", "--org", "b", "--map", f"{lines}/{name}.yaml", f"{lines}/{name}.jsonl")
            d.user("lead", "lead")
            d.user("boss", "admin")
            clocks.load(d, self.maker, lines, n, 2000, TEAMS, USERS)
            first, warned, due = clocks.moments(d.db())
            with Server(d, "--test-clock") as s:
                # What rules on time do meanwhile comes before, and is not measured.
                clocks.run_due(s, clocks.sign_in_at(s, "boss", first - 1000), first - 1000)
                for at, what, told in ((warned, "warning its owner", 1), (due, "breached, owner and lead told", 2)):
                    cookie = clocks.sign_in_at(s, "boss", at + 1000)
                    before, had = s.cpu(), clocks.counts(d.db())["notices"]
                    worked = clocks.run_due(s, cookie, at + 1000)
                    spent, notices = s.cpu() - before, clocks.counts(d.db())["notices"] - had
                    if worked < n or notices < told * n:
                        raise Failed(f"{worked} worked, {notices} notices")
                    self.say(f"Clocks fired ({what}), notices and events written: per core-second", f"{worked / spent:,.0f}", "≥ 5,000", worked / spent >= 5000)

    def clocks_crowd(self):
        base, n = self.data(max(self.args.tickets, 100_000)), 100_000
        with Data(self.binary, self.args.dir) as d:
            last_id(base.db())
            shutil.copytree(base.dir, d.dir, dirs_exist_ok=True)
            ids = tickets_of(d.db())
            records = self.paths("crowd", [f"/api/v1/records/ticket/{i}" for i in ids])
            crowd = clocks.crowd(d.db(), n, int(time.time() * 1000) + 15_000, 60_000)
            with Server(d) as s:
                cookie = s.sign_in("lead")
                wrk(s, cookie, 2, 2, args=(records,))
                calm = wrk(s, cookie, 2, 6, args=(records,))
                while clocks.counts(d.db())["fired"] == 0:
                    time.sleep(0.2)
                busy = wrk(s, cookie, 2, 45, args=(records,))
                end = time.monotonic() + 300
                while clocks.counts(d.db())["fired"] < crowd and time.monotonic() < end:
                    time.sleep(1)
                fired = clocks.counts(d.db())["fired"]
            ratio = busy["p95_ms"] / calm["p95_ms"]
            self.say(f"{crowd:,} clocks due in one minute: fired", f"{fired:,}", "all", fired == crowd)
            self.say("… p95 of reading a record meanwhile, against before", f"{ratio:.2f} ({busy['p95_ms']:.1f} ms against {calm['p95_ms']:.1f} ms)", "≤ 2", ratio <= 2)
            wrong, urgent = self.crowd_order(base, n)
            self.say(f"… {n // 5:,} due at once: urgent ones told after others", f"{wrong} of {urgent:,}", "0", wrong == 0)

    def crowd_order(self, base, n):
        with Data(self.binary, self.args.dir) as d:
            shutil.copytree(base.dir, d.dir, dirs_exist_ok=True)
            crowd = clocks.crowd(d.db(), n // 5, int(time.time() * 1000) - 60_000, 50_000)
            end = time.monotonic() + 300
            with Server(d):
                while clocks.counts(d.db())["fired"] < crowd and time.monotonic() < end:
                    time.sleep(0.5)
            return clocks.in_order(d.db())


    # ---- rights ----------------------------------------------------------------------------------------

    def rights(self):
        """What the permission filter adds to a list: of a user in 20 teams, and of one in a team with whom 19 share
        their acceptance, against one who may see all; the runs of the three take turns."""
        n = max(self.args.tickets, 1_000_000) if self.args.full else self.args.tickets
        base = self.data(n)
        with Data(self.binary, self.args.dir) as d:
            last_id(base.db())
            shutil.copytree(base.dir, d.dir, dirs_exist_ok=True)
            teams = [f"T{i:03d}" for i in range(0, TEAMS, TEAMS // 20)]
            d.user("shared", "agent", teams[:1])
            d.user("boss", "manager")
            with Server(d) as s:
                self.share(s, teams)
                s.rest()
                cookies = {login: s.sign_in(login) for login in ("lead", "twenty", "shared")}
                for path, where in ((OPEN, "stage = open"), (LIVE, "stage in (open, paused)")):
                    got = {login: [] for login in cookies}
                    for i in range(self.args.rounds + 1):
                        for login, cookie in cookies.items():
                            if len(json.loads(s.get(cookie, path))["rows"]) != 25:
                                raise Failed("a list that is not full")
                            rate = wrk(s, cookie, 8, 1, path=path)["per_core_second"]
                            if i > 0:
                                got[login].append(1e6 / rate)
                    cost = {login: statistics.median(us) for login, us in got.items()}
                    for login, who in (("twenty", "in 20 teams"), ("shared", "in one team, 19 shared with it")):
                        ratio = cost[login] / cost["lead"]
                        self.say(f"First page of a list at {n:,} tickets ({where}) for a user {who}, against who may see all: CPU time",
                                 f"{ratio:.2f} ({cost[login]:.0f} µs against {cost['lead']:.0f} µs)", "≤ 1.30", ratio <= 1.3)

    def share(self, s, teams):
        boss = s.sign_in("boss")
        rows = json.loads(s.get(boss, "/api/v1/records/team?columns=code&limit=200"))["rows"]
        ids = {row["fields"]["code"]: row["id"] for row in rows}
        for code in teams[1:]:
            fields = {"from_team": ids[code], "to_team": ids[teams[0]], "reason": "bench"}
            status, _, text = s.request("POST", "/api/v1/records/acceptance_share", {"fields": fields}, {"Cookie": boss})
            if status != 201:
                raise Failed(f"{status} {text[:300]!r}")

    # ---- rules -----------------------------------------------------------------------------------------

    def rules(self):
        packs = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "packs")
        with Data(self.binary, self.args.dir) as d:
            got = json.loads(run([self.rule, d.dir, packs]))
        seconds, ratio = got["conditions_us"] / 1e6, got["with_us"] / got["without_us"]
        self.say(f"{got['conditions']:,} rule conditions on a ticket, one in ten of which asks the database: CPU time", f"{seconds:.3f} s", "< 1 s", seconds < 1)
        self.say(f"A transition with {got['rules']} matching rules, each of which tells somebody, against one without: CPU time",
                 f"{ratio:.2f} ({got['with_us']:.0f} µs against {got['without_us']:.0f} µs)", "≤ 3", ratio <= 3)

    def route(self):
        packs = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "packs")
        with Data(self.binary, self.args.dir) as d:
            got = json.loads(run([self.routing, d.dir, packs]))
        self.say(f"A routing decision with {got['agents']:,} agents, {got['skills']} skills, {got['waiting']:,} waiting: CPU time",
                 f"{got['decision_us']:.0f} µs (p99 {got['p99_us']:.0f} µs)", "< 200 µs", got["decision_us"] < 200)
        self.say("Matters given to their owners, durably, on SQLite", f"{got['per_s']:,}/s (CPU {got['assign_cpu_us']} µs each)", "≥ 1,500/s", got["per_s"] >= 1500)


BENCHES = ["read", "list", "create", "import", "memory", "orgs", "start", "scale", "search", "clocks", "rules", "rights", "route"]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", required=True)
    p.add_argument("name", nargs="*", choices=[[], *BENCHES], metavar="NAME", help="several take turns on the same data; one may be named more than once")
    p.add_argument("--full", action="store_true")
    p.add_argument("--texts")
    p.add_argument("--dir", help="where the data lie meanwhile (about 12 GB with --full)")
    p.add_argument("--keep", action="store_true", help="leave the made tickets in --dir, and take those an earlier run left there")
    p.add_argument("--tickets", type=int, default=100_000)
    p.add_argument("--rounds", type=int, default=5)
    bench = Bench(p.parse_args())
    try:
        print("| What | Measured | Limit | Holds |\n|---|---|---|---|")
        for name in bench.args.name or BENCHES:
            if name in ("scale", "search") and not bench.args.full and not bench.args.name:
                continue
            getattr(bench, "imports" if name == "import" else name)()
    finally:
        bench.close()
    return 1 if bench.missed else 0


if __name__ == "__main__":
    sys.exit(main())
