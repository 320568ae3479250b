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
import sys
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from run import PASSWORD, add_user, prepare  # noqa: E402
from server import Client, Server  # noqa: E402

MARK = "绝密标记七七四九"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True)
    args = parser.parse_args()
    server = Server(args.build, args=("--test-clock",))
    failures, tried = [], 0
    try:
        server.start()
        for org in ("victim", "intruder"):
            prepare(server, org)
        add_user(server, "victim", "outsider", "worker", ["other"])
        owner = Client(server, "victim")
        owner.sign_in("agent", PASSWORD)
        ids = seed(owner)
        routes = json.loads(server.cli("routes", "--json").stdout)
        types = list(owner.call("GET", "/api/v1/model")[2]["types"])
        intruder = Client(server, "intruder")
        intruder.sign_in("admin", PASSWORD)
        crossed = Client(server, "victim")  # the other organisation's cookie, sent under this name
        crossed.cookie = intruder.cookie.replace("sw_intruder", "sw_victim")
        outsider = Client(server, "victim")
        outsider.sign_in("outsider", PASSWORD)
        callers = {"nobody": Client(server, "victim"), "another organisation": intruder, "another organisation's cookie": crossed, "another team's worker": outsider}
        before = snapshot(owner, ids)
        for who, client in callers.items():
            for route in routes:
                if route["path"] in ("/live",) or route["method"] == "DELETE" and route["path"] == "/api/v1/session":
                    continue
                for method, path, body in calls_of(route, ids, types):
                    status, _, data = client.call(method, path, body, raw=True)
                    tried += 1
                    text = data.decode("utf-8", "replace")
                    if MARK in text or MARK in text.encode().decode("unicode_escape", "ignore"):
                        failures.append(f"{who}: {method} {path} -> {status} shows what isn't his")
                    if status >= 500:
                        failures.append(f"{who}: {method} {path} -> {status} {text[:200]}")
                    if who in ("nobody", "another organisation's cookie") and status < 400 and not route.get("open"):
                        failures.append(f"{who}: {method} {path} -> {status} without a sign-in")
        after = snapshot(owner, ids)
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
    make("complaint", {"complainant": MARK, "object": MARK, "demand": MARK, "class": "service", "customer": customer})
    status, _, body = owner.call("POST", f"/api/v1/records/ticket/{ids['ticket']}/comments", {"text": MARK, "internal": True})
    if status != 201:
        raise AssertionError(f"comment: {status} {body}")
    status, _, data = owner.call("POST", "/api/v1/files?name=secret.txt&type=ticket&record=" + ids["ticket"], MARK.encode(),
                                 {"Content-Type": "text/plain", "X-Shouwen-Upload": "1"})
    if status != 201:
        raise AssertionError(f"file: {status} {data}")
    ids["file"] = data["id"]
    status, _, view = owner.call("POST", "/api/v1/views/ticket", {"name": MARK, "where": "stage = open", "columns": ["number"], "shared": False})
    if status == 201:
        ids["view"] = view["id"]
    return ids


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
            values = every_id
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
    if body is not None and "/do/" in path:
        body = {"fields": {"reason": "x"}}
    if body is not None and path.endswith("/comments"):
        body = {"text": "x", "internal": True}
    query = ""
    if "q" in route.get("query", []):
        query = "?q=" + "".join(f"%{b:02X}" for b in MARK[:2].encode())
    if "customer" in route.get("query", []):
        query = "?customer=" + ids["customer"]
    return [(route["method"], p + query, body) for p in out]


def snapshot(owner, ids):
    out = {}
    for name in ("customer", "ticket", "complaint"):
        status, _, body = owner.call("GET", f"/api/v1/records/{name}/{ids[name]}")
        status2, _, timeline = owner.call("GET", f"/api/v1/records/{name}/{ids[name]}/timeline")
        out[name] = (status, body["version"], body["fields"].get("state"), status2, len(timeline["events"]))
    return out


if __name__ == "__main__":
    main()
