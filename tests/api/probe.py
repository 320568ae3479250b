#!/usr/bin/env python3
"""Tries every route with every id as users who own none of it: another organisation's, another
team's, another role's, nobody. Nothing may come back that isn't his.

    python3 tests/api/probe.py --build build

The routes come from `shouwen routes --json`, so a new route is tried without being listed here.
Each record of the victim carries a marker text; an answer with the marker is a leak.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import traceback
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from run import PASSWORD, add_user, prepare  # noqa: E402
from server import Client, Live, Server  # noqa: E402

MARK = "绝密标记七七四九"
ESCAPED = json.dumps(MARK)[1:-1].lower()  # as JSON may write it


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True)
    args = parser.parse_args()
    server = Server(args.build, args=("--test-clock",))
    failures, tried = [], 0
    try:
        server.start()
        people = prepare(server, "victim")
        prepare(server, "intruder")
        add_user(server, "victim", "outsider", "worker", ["other"])
        add_user(server, "victim", "beside", "worker", ["desk"])
        owner = Client(server, "victim")
        owner.sign_in("agent", PASSWORD)
        ids = seed(owner)
        ids["user"] = people["user_agent"]
        ids["outsider"] = next(r["id"] for r in owner.call("GET", "/api/v1/records/user?limit=100&columns=login")[2]["rows"] if r["fields"]["login"] == "outsider")
        mine = [i for n, i in ids.items() if n not in ("user", "outsider")]  # colleagues' names are everybody's
        routes = json.loads(subprocess.run([server.binary, "routes", "--json"], check=True, capture_output=True, text=True).stdout)
        types = list(owner.call("GET", "/api/v1/model")[2]["types"])
        intruder = Client(server, "intruder")
        intruder.sign_in("admin", PASSWORD)
        crossed = Client(server, "victim")  # the other organisation's cookie, sent under this name
        crossed.cookies = {k.replace("intruder", "victim"): v for k, v in intruder.cookies.items()}
        outsider = Client(server, "victim")
        outsider.sign_in("outsider", PASSWORD)
        beside = Client(server, "victim")
        beside.sign_in("beside", PASSWORD)
        callers = {"nobody": Client(server, "victim"), "another organisation": intruder, "another organisation's cookie": crossed, "another team's worker": outsider, "another role of the same team": beside}
        before = snapshot(owner, ids)
        for who, client in callers.items():
            for route in routes:
                if route["path"] in ("/live",) or route["method"] == "DELETE" and route["path"] == "/api/v1/session":
                    continue
                for method, path, body in calls_of(route, ids, types):
                    headers = {"Content-Type": "text/plain", "X-Shouwen-Upload": "1"} if route["upload"] else {"If-Match": '"1"'}
                    status, _, data = client.call(method, path, body, headers, raw=True)
                    tried += 1
                    text = data.decode("utf-8", "replace")
                    if MARK in text or ESCAPED in text.lower():
                        failures.append(f"{who}: {method} {path} -> {status} shows what isn't his")
                    if any(f'"{i}"' in text for i in mine) and status < 400:
                        failures.append(f"{who}: {method} {path} -> {status} names what isn't his")
                    if status >= 500:
                        failures.append(f"{who}: {method} {path} -> {status} {text[:200]}")
                    if who in ("nobody", "another organisation's cookie") and status < 400 and not route.get("open"):
                        failures.append(f"{who}: {method} {path} -> {status} without a sign-in")
        after = snapshot(owner, ids)
        watched, faults = watch(owner, callers, ids)
        tried += watched
        failures += faults
        shown = sum(MARK in owner.call(*call, raw=True)[2].decode("utf-8", "replace") for route in routes if route["method"] == "GET"
                    for call in calls_of(route, ids, types))
        if shown < 20:  # else the probe would find nothing in whatever leaks
            failures.append(f"the owner himself sees the marker in {shown} answers only")
        if before != after:
            failures.append(f"something of the victim's changed: {before} -> {after}")
    except Exception:
        traceback.print_exc(file=sys.stdout)
        failures.append("the probe itself failed")
    finally:
        server.stop()
    for line in failures[:60]:
        print("FAIL", line)
    print(f"{tried} calls tried")
    print(f"{1 if not failures else 0} passed, {len(failures)} failed")
    sys.exit(1 if failures or not tried else 0)


def seed(owner):
    """One record of each kind with the marker; returns type -> id."""
    model = owner.call("GET", "/api/v1/model")[2]
    category = model["types"]["ticket"]["fields"]["category"]["options"][0]["name"]
    ids = {}

    def make(type_name, fields):
        status, _, body = owner.call("POST", f"/api/v1/records/{type_name}", {"fields": fields})
        if status != 201:
            raise AssertionError(f"{type_name}: {status} {body}")
        ids[type_name] = body["id"]
        return body["id"]

    customer = make("customer", {"name": MARK + "客户", "kind": "person"})
    make("ticket", {"title": MARK, "description": MARK, "category": category, "customer": customer})
    make("complaint", {"complainant": MARK, "object": MARK, "demand": MARK, "content": MARK, "class": "service", "customer": customer})
    make("promise", {"kind": "call_back", "text": MARK, "due": "2026-03-02T10:00:00Z", "customer": customer, "record": ids["ticket"]})
    make("follow_up", {"plan": "sample", "subject": MARK, "customer": customer})
    status, _, body = owner.call("POST", f"/api/v1/records/ticket/{ids['ticket']}/comments", {"text": MARK, "internal": True})
    if status != 201:
        raise AssertionError(f"comment: {status} {body}")
    status, _, data = owner.call("POST", "/api/v1/files?name=secret.txt&type=ticket&record=" + ids["ticket"], MARK.encode(),
                                 {"Content-Type": "text/plain", "X-Shouwen-Upload": "1"})
    if status != 201:
        raise AssertionError(f"file: {status} {data}")
    ids["file"] = data["id"]
    status, _, body = owner.call("PATCH", f"/api/v1/records/ticket/{ids['ticket']}", {"fields": {"photos": [data["id"]]}}, {"If-Match": '"1"'})
    if status != 200:
        raise AssertionError(f"photos: {status} {body}")
    status, _, said = owner.call("POST", "/api/v1/intake", {"customer": {"id": customer}, "contact": {"channel": "phone", "caller": MARK},
                                                           "matters": [{"type": "inquiry", "content": MARK, "then": "solved"}]})
    if status != 201:
        raise AssertionError(f"intake: {status} {said}")
    ids["contact"] = said["contact"]["id"]
    status, _, view = owner.call("POST", "/api/v1/views/ticket", {"name": MARK, "where": "stage = open", "columns": ["number"], "shared": False})
    if status == 201:
        ids["view"] = view["id"]
    return ids


def watch(owner, callers, ids):
    """Watches every record over /live, as each of them, while the owner looks at it and changes it: nobody is told of it or
    of him, and he isn't told of them. Returns (how much was tried, faults)."""
    records = {n: i for n, i in ids.items() if n in ("customer", "ticket", "complaint", "promise", "follow_up", "contact")}
    faults, lines = [], {}
    for who, client in callers.items():
        line = Live(client)
        if line.status == 101:
            lines[who] = line
        if (line.status == 101) == (who in ("nobody", "another organisation's cookie")):
            faults.append(f"{who}: /live answers {line.status}")
    his = Live(owner)
    for line in (his, *lines.values()):
        line.until(lambda m: "hello" in m)
    for n, (type_name, id_) in enumerate(records.items()):
        for line in (*lines.values(), his):
            line.say({"watch": {"type": type_name, "id": id_}})
        told = his.until(lambda m, i=id_: m.get("watching", {}).get("id") == i)[0]
        if len(told["watching"]["users"]) > 1:
            faults.append(f"the owner is told of others at {type_name}: {told}")
        if type_name == "ticket":
            owner.call("POST", f"/api/v1/records/ticket/{id_}/comments", {"text": MARK, "internal": True})
            his.until(lambda m, i=id_: m.get("id") == i)
    for who, line in lines.items():
        passed = []
        try:
            line.until(lambda m: passed.append(m), 1.5)
        except AssertionError:
            pass
        text = json.dumps(passed)
        faults += [f"{who}: /live tells of {n}: {text[:300]}" for n, i in records.items() if str(i) in text]
        line.close()
    his.close()
    return len(records) * len(callers), faults


def calls_of(route, ids, types):
    """Every path of a route with every id put in."""
    path = route["path"]
    names = re.findall(r"\{(\w+)\}", path)
    every_id = list(dict.fromkeys(ids.values()))
    out = [path]
    for name in names:
        if name == "type":
            values = types
        elif name == "id" or name == "run":
            values = [i for n, i in ids.items() if n not in ("user", "outsider")] + [ids["user"]]
        elif name == "transition":
            values = ["accept", "assign", "take", "hand_over", "chase", "withdraw", "void", "judge"]
        elif name == "form":
            values = ["complaint_form", "service_call"]
        else:
            values = ["x"]
        out = [p.replace("{" + name + "}", str(v), 1) for p in out for v in values]
        if name == "type" and "{id}" in path:  # only fitting types and one misfit
            out = [p for p in out if re.search(r"/(ticket|complaint|customer|user|contact|task)(/|$)", p)]
    body = {} if route["method"] in ("POST", "PUT", "PATCH") else None
    if route["upload"]:
        body = MARK[:2].encode()
    elif "/do/" in path:
        body = {"fields": {"reason": "x"}}
    elif path.endswith("/comments"):
        body = {"text": "x", "internal": True}
    elif path.endswith("/reveal"):
        body = {"field": "mobile", "reason": "x"}
    elif route["method"] == "PATCH":
        body = {"fields": {"customer": None}}
    elif path == "/api/v1/bulk/{type}":
        body = {"ids": every_id, "do": "assign", "fields": {"to_owner": ids["user"], "reason": "x"}}
    elif path == "/api/v1/cover":
        body = {"from": ids["user"], "to": ids["outsider"], "reason": "x"}
    elif path == "/api/v1/intake":
        body = {"customer": {"id": ids["customer"]}, "contact": {"channel": "phone"},
                "matters": [{"type": "inquiry", "content": "x", "then": "existing", "existing": {"type": "ticket", "id": ids["ticket"], "do": "chase"}}]}
    elif path == "/api/v1/notices/read":
        body = {"all": True}
    elif path.startswith("/api/v1/users/"):
        body = {"password": "taken-over-by-me"}
    elif path == "/api/v1/session":
        return []  # signing in and out is the transcripts'
    elif path == "/api/v1/session/password":
        body = {"old": "a-guess-of-mine", "new": "taken-over-by-me"}
    values = {"q": MARK[:2], "customer": ids["customer"], "type": "ticket", "record": ids["ticket"], "name": "x.txt", "date": "2026-03-02", "month": "2026-03",
              "pack": "core", "path": "pack.yaml"}
    named = [n for n in route["query"] if n in values and not (n == "name" and not route["upload"]) and not (n == "month" and "date" in route["query"])]
    query = "?" + urllib.parse.urlencode({n: values[n] for n in named}) if named else ""
    out = [(route["method"], p, body) for p in out]
    return out + [(method, p + query, body) for method, p, body in out] if query else out


def snapshot(owner, ids):
    out = {}
    for name in ("customer", "ticket", "complaint"):
        status, _, body = owner.call("GET", f"/api/v1/records/{name}/{ids[name]}")
        status2, _, timeline = owner.call("GET", f"/api/v1/records/{name}/{ids[name]}/timeline")
        out[name] = (status, body["version"], body["fields"].get("state"), status2, len(timeline["events"]))
    return out


if __name__ == "__main__":
    main()
