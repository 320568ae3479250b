#!/usr/bin/env python3
"""Two servers on one PostgreSQL: what one writes the other reads, refuses when stale, and tells live.

    python3 tests/api/two_servers.py --build build
"""
import argparse
import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from run import PASSWORD, prepare, proof  # noqa: E402
from server import Client, Live, Postgres, Server, Tally, must, told_of  # noqa: E402

ORG = "both"


def soon(wanted, what, seconds=10):
    """Holds within some seconds: the word from one server to the other takes a moment."""
    end = time.monotonic() + seconds
    while not wanted():
        must(time.monotonic() < end, what)
        time.sleep(0.05)


def ticket(n, team):
    return {"fields": {"title": f"第{n}件", "description": "两台服务器", "category": "repair", "team": team}}


def one_cookie(a, b, ids):
    mine = Client(a, ORG)
    mine.sign_in("agent", PASSWORD)
    there = Client(b, ORG, mine.cookies)
    status, _, body = there.call("GET", "/api/v1/session")
    must(status == 200 and body["user"]["id"] == ids["user_agent"], f"a session of the one on the other: {status} {body}")
    status, _, _ = there.call("DELETE", "/api/v1/session")
    must(status == 204, f"sign-out: {status}")
    soon(lambda: Client(a, ORG, dict(mine.cookies)).call("GET", "/api/v1/session")[0] == 401, "signed out of one, but not of the other")


def one_record(a, b, ids):
    here, there = Client(a, ORG), Client(b, ORG)
    here.sign_in("agent", PASSWORD)
    there.sign_in("lead", PASSWORD)
    key = {"Idempotency-Key": "one-of-two"}
    status, _, made = here.call("POST", "/api/v1/records/ticket", ticket(1, ids["team_desk"]), key)
    must(status == 201, f"create: {status} {made}")
    path = f"/api/v1/records/ticket/{made['id']}"
    status, _, read = there.call("GET", path)
    must(status == 200 and read["fields"]["title"] == "第1件", f"read at once on the other: {status} {read}")
    status, _, hits = there.call("GET", "/api/v1/search?q=%E7%AC%AC1%E4%BB%B6")
    must([h["id"] for h in hits["hits"]] == [made["id"]], f"search on the other: {hits}")
    status, _, body = there.call("POST", path + "/do/chase", {"fields": {}}, {"If-Match": '"1"'})
    must(status == 200, f"chase on the other: {status} {body}")
    status, _, body = here.call("PATCH", path, {"fields": {"title": "迟了"}}, {"If-Match": '"1"'})
    must(status == 412, f"a change of what the other has changed: {status} {body}")
    again = Client(b, ORG)
    again.sign_in("agent", PASSWORD)
    status, _, body = again.call("POST", "/api/v1/records/ticket", ticket(1, ids["team_desk"]), key)
    must(status == 201 and body["id"] == made["id"], f"the same key on the other server made {body}")


def many_writers(a, b, ids):
    made, faults, lock = [], [], threading.Lock()

    def write(server, k):
        client = Client(server, ORG)
        client.sign_in("agent", PASSWORD)
        for n in range(15):
            status, _, body = client.call("POST", "/api/v1/records/ticket", ticket(1000 + k * 100 + n, ids["team_desk"]))
            with lock:
                (made if status == 201 else faults).append((body.get("id"), body["fields"]["number"]) if status == 201 else (status, body))

    threads = [threading.Thread(target=write, args=(server, k)) for k, server in enumerate((a, b) * 4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    must(not faults, f"refused: {faults[:3]}")
    must(len(made) == 120 and len({i for i, _ in made}) == 120, f"{len(made)} answers, {len({i for i, _ in made})} ids")
    must(len({n for _, n in made}) == 120, "a number was given twice")
    for server in (a, b):
        client = Client(server, ORG)
        client.sign_in("lead", PASSWORD)
        status, _, page = client.call("GET", "/api/v1/records/ticket?count=1&limit=1")
        must(page["count"]["n"] == 121, f"{page['count']} of 121 are read")


def one_row_by_two(a, b, ids):
    """Both change the same record at once: each version is given once, none is lost."""
    here, there = Client(a, ORG), Client(b, ORG)
    for client in (here, there):
        client.sign_in("agent", PASSWORD)
    _, _, made = here.call("POST", "/api/v1/records/ticket", ticket(2, ids["team_desk"]))
    path, done = f"/api/v1/records/ticket/{made['id']}", []

    def count(client):
        while len(done) < 40:
            version = client.call("GET", path)[2]["version"]
            status, _, _ = client.call("POST", path + "/do/chase", {"fields": {}}, {"If-Match": f'"{version}"'})
            must(status in (200, 412), f"chase: {status}")
            if status == 200:
                done.append(version)

    threads = [threading.Thread(target=count, args=(c,)) for c in (here, there)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    chased = here.call("GET", path)[2]["fields"]["chased"]
    must(len(set(done)) == len(done) == chased, f"{len(done)} were told done, {len(set(done))} versions, but {chased} chases are there")


def live(a, b, ids):
    here, there, stranger = Client(a, ORG), Client(b, ORG), Client(b, ORG)
    here.sign_in("agent", PASSWORD)
    there.sign_in("lead", PASSWORD)
    stranger.sign_in("worker", PASSWORD)
    refused = Live(there, origin="http://evil.example")
    must(refused.status == 403, f"another origin: {refused.status}")
    must(Live(Client(b, ORG)).status == 401, "without a cookie")
    line, hidden = Live(there), Live(stranger)
    must(line.status == 101 and hidden.status == 101, f"upgrade: {line.status} {hidden.status}")
    hello, _ = line.until(lambda m: "hello" in m)
    hidden.until(lambda m: "hello" in m)
    _, _, made = here.call("POST", "/api/v1/records/ticket", ticket(3, ids["team_desk"]))
    told, _ = line.until(lambda m: m.get("id") == made["id"])
    must(told["type"] == "ticket" and told["version"] == 1, f"told: {told}")
    line.close()
    # missed while away, told on return; who may not read it hears nothing of it
    _, _, second = here.call("POST", "/api/v1/records/ticket", ticket(4, ids["team_desk"]))
    back = Live(there, since=hello["hello"]["seq"])
    back.until(lambda m: m.get("id") == second["id"])
    back.close()
    status, _, task = here.call("POST", "/api/v1/records/task", {"fields": {"content": "去看看", "team": ids["team_works"]}})
    must(status == 201, f"task: {status} {task}")
    _, heard = hidden.until(lambda m: m.get("id") == task["id"])
    must(all(m.get("type") != "ticket" for m in heard), f"heard of what isn't his: {heard}")
    hidden.close()


def shared_clocks(a, b, ids):
    """1,000 clocks fall due on both at once: each is fired once, by one of them."""
    here = Client(a, ORG)
    here.sign_in("agent2", PASSWORD)
    due = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 30))
    made, lock = [], threading.Lock()

    def make(server, n):
        mine = Client(server, ORG, dict(here.cookies))
        for i in range(n):
            status, _, body = mine.call("POST", "/api/v1/records/follow_up", {"fields": {"plan": "sample", "subject": f"回访{i}", "due": due}})
            must(status == 201, f"follow-up: {status} {body}")
            with lock:
                made.append(body["id"])

    threads = [threading.Thread(target=make, args=(server, 125)) for server in (a, b) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    must(len(made) == 1000, f"{len(made)} were made")
    soon(lambda: len(told_of(here, "回访已超时")) >= 1000, "not all clocks were fired", 150)
    time.sleep(3)
    told = told_of(here, "回访已超时")
    must(set(told) == set(made), f"{len(set(made) - set(told))} were never told")
    must(set(told.values()) == {1}, f"told more than once: {sum(1 for n in told.values() if n > 1)}")
    for id in made[::100]:
        _, _, page = here.call("GET", f"/api/v1/records/follow_up/{id}/timeline")
        must([e["kind"] for e in page["events"]].count("clock_breached") == 1, f"breached more than once: {page['events']}")


def settings(a, b, ids):
    here, there = Client(a, ORG), Client(b, ORG)
    here.sign_in("admin", PASSWORD)
    there.sign_in("agent", PASSWORD)
    worker = Client(b, ORG)
    worker.sign_in("worker", PASSWORD)
    status, _, _ = here.call("PUT", "/api/v1/settings", {"parameters": {"reopen_within": "9d"}})
    must(status == 204, f"settings: {status}")
    soon(lambda: there.call("GET", "/api/v1/model")[2]["parameters"]["reopen_within"]["value"] == "9d", "the other keeps the old parameter")
    _, _, user = here.call("GET", f"/api/v1/records/user/{ids['user_worker']}")
    status, _, _ = here.call("PATCH", f"/api/v1/records/user/{user['id']}", {"fields": {"active": False}}, {"If-Match": f'"{user["version"]}"'})
    must(status == 200, f"user: {status}")
    soon(lambda: worker.call("GET", "/api/v1/session")[0] == 401, "one who left still works on the other")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True)
    args = parser.parse_args()
    postgres, tally, servers = Postgres(), Tally(), []
    try:
        servers = [Server(args.build, postgres.url), Server(args.build, postgres.url)]
        for server in servers:
            server.start()
        ids = prepare(servers[0], ORG)
        for test in (one_cookie, one_record, many_writers, one_row_by_two, live, shared_clocks, settings):
            tally.run(test.__name__, test, *servers, ids)
        for server in servers:
            proof(server, ORG)
    except Exception:
        tally.fault()
    finally:
        for server in servers:
            server.stop()
        postgres.stop()
    tally.end()


if __name__ == "__main__":
    main()
