"""clocks.py: tickets whose clocks run: opened now and fired at a time that is told (--test-clock), or a crowd of clocks
put into the database that fall due within a minute of the clock on the wall."""
import datetime
import http.client
import json
import random
import sqlite3
import time

from make_data import TICKET_MAP, TIME_FORM, write_lines
from shouwen import PASSWORD, Failed

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def open_tickets(maker, n, customers, teams, users, at):
    r = random.Random(maker.seed + 2)
    for i in range(n):
        team = r.randrange(teams)
        t = maker.fields(r, i)
        t.update(id=f"c{i}", customer=f"K{r.randrange(customers):06d}", team=f"T{team:03d}", owner=f"u{team + teams * r.randrange(users // teams):03d}",
                 state="working", at=at.strftime(TIME_FORM), due="", closed="", solution="", priority="urgent" if i % 50 == 0 else "normal")
        yield t


def load(d, maker, lines, n, customers, teams, users):
    """So many tickets opened just now, each with a running clock."""
    at = datetime.datetime.utcnow().replace(microsecond=0)
    write_lines(f"{lines}/open.jsonl", open_tickets(maker, n, customers, teams, users, at))
    with open(f"{lines}/open.yaml", "w") as f:
        f.write(TICKET_MAP.replace("bench_tickets", "bench_open"))
    d.cli("import", "--org", "b", "--map", f"{lines}/open.yaml", f"{lines}/open.jsonl")


def crowd(path, n, due_from, spread_ms):
    """A clock on each of n tickets, all due within a short time: as if as many had been opened at once."""
    c = sqlite3.connect(path)
    r = random.Random(11)
    with c:
        c.execute("delete from due_work where kind <> 'seal'")
        ids = [row[0] for row in c.execute("select id from ticket where not exists (select 1 from clock where record = ticket.id and run = 9) limit ?", (n,))]
        last = c.execute("select max(coalesce((select max(id) from clock), 0), coalesce((select max(id) from clock_span), 0), coalesce((select max(id) from due_work), 0))").fetchone()[0] + 1
        for i, ticket in enumerate(ids):
            clock, due, urgent = last + i, due_from + r.randrange(max(1, spread_ms)), i % 10 == 0
            c.execute("insert into clock (id, type, record, name, run, calendar, target, started_at, outcome, due_at, reached, owner, team) "
                      "select ?, 'ticket', id, 'solve', 9, 'office', '3d', ?, 'running', ?, 0, owner, team from ticket where id = ?", (clock, due - 3 * DAY_MS, due, ticket))
            c.execute("insert into clock_span (id, clock, from_at, running, why) values (?, ?, ?, 1, 'start')", (clock, clock, due - 3 * DAY_MS))
            c.execute("insert into due_work (id, key, kind, due_at, rank, state, type, record, tries, until, made_at) values (?, ?, 'clock', ?, ?, 'ready', 'ticket', ?, 0, 0, ?)",
                      (clock, f"clock:{clock}", due, 0 if urgent else 1, ticket, due - 3 * DAY_MS))
    c.close()
    return len(ids)


def in_order(path):
    """How many breaches of something urgent were told after one that was not, though both were due."""
    c = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    urgent = [row[0] for row in c.execute("select e.seq from event e join clock c on c.record = e.record and c.run = 9 where e.kind = 'clock_breached' and c.id % 10 = "
                                          "(select min(id) % 10 from clock where run = 9) order by e.seq")]
    first = c.execute("select min(e.seq) from event e join clock c on c.record = e.record and c.run = 9 where e.kind = 'clock_breached' and c.id % 10 <> "
                      "(select min(id) % 10 from clock where run = 9)").fetchone()[0]
    c.close()
    return sum(1 for seq in urgent if first is not None and seq > first), len(urgent)


def counts(path):
    c = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    out = {"notices": c.execute("select count(*) from notice").fetchone()[0],
           "fired": c.execute("select count(*) from clock where run = 9 and breached_at is not null").fetchone()[0]}
    c.close()
    return out


def moments(path):
    """When the first of the running clocks warns, and when the last of them has warned and is due: as the calendar has it, which
    counts other hours at night and before a holiday."""
    c = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    first, warned, due = c.execute("select min(warn_at), max(warn_at), max(due_at) from clock where outcome = 'running'").fetchone()
    early = c.execute("select count(*) from clock where outcome = 'running' and due_at <= ?", (warned,)).fetchone()[0]
    c.close()
    if early:
        raise Failed(f"{early} clocks are due before the last has warned")
    return first, warned, due


def at_words(at_ms):
    return datetime.datetime.fromtimestamp(at_ms / 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def sign_in_at(s, login, at_ms):
    status, headers, text = s.request("POST", "/api/v1/session", {"org": "b", "login": login, "password": PASSWORD}, {"X-Test-Now": at_words(at_ms)})
    if status != 200:
        raise Failed(f"sign-in of {login}: {status} {text[:300]!r}")
    return next(v.split(";")[0] for k, v in headers if k.lower() == "set-cookie")


def run_due(s, cookie, at_ms):
    """Works all that is due then; how much it was."""
    c = http.client.HTTPConnection("127.0.0.1", s.port, timeout=1800)
    c.request("POST", "/api/v1/due/run", None, {"Origin": s.url, "Cookie": cookie, "Content-Type": "application/json", "X-Test-Now": at_words(at_ms)})
    r = c.getresponse()
    text = r.read()
    c.close()
    if r.status != 200:
        raise Failed(f"{r.status} {text[:300]!r}")
    return json.loads(text)["worked"]
