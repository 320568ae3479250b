#!/usr/bin/env python3
"""A pack more, put in force while the server runs: what it brings to begin with is made, once. On SQLite and PostgreSQL.

    python3 tests/api/packs_more.py --build build
"""
import argparse
import glob
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from run import PASSWORD, prepare, proof  # noqa: E402
from server import Client, Postgres, Server, Tally, must  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ORG = "more"
PACK = "it_service"


def files_of(pack):
    """What is put in force of a pack; its starter files stay with the program, as do demo data and scenarios."""
    folder = os.path.join(ROOT, "packs", pack)
    for path in sorted(glob.glob(folder + "/**/*.yaml", recursive=True)):
        inside = os.path.relpath(path, folder)
        if inside.split(os.sep)[0] in ("starter", "demo", "scenarios"):
            continue
        with open(path, encoding="utf-8") as f:
            yield {"pack": pack, "path": inside, "body": f.read()}


def skills(admin):
    return sorted(r["fields"]["code"] for r in admin.call("GET", "/api/v1/records/skill?columns=code&limit=100")[2]["rows"])


def apply(admin, files):
    return admin.call("POST", "/api/v1/packs/apply", {"files": files})


def comes_along(admin):
    before = skills(admin)
    must("network" not in before, f"skills before: {before}")
    status, _, body = apply(admin, list(files_of(PACK)))
    must(status == 200, f"apply: {status} {body}")
    must(body["starter"] > 0 and "starter_stopped" not in body, f"made: {body}")
    must({"software", "network", "hardware"} <= set(skills(admin)), f"skills: {skills(admin)}")


def comes_once(admin):
    row = next(r for r in admin.call("GET", "/api/v1/records/skill?columns=code&limit=100")[2]["rows"] if r["fields"]["code"] == "network")
    status, _, body = admin.call("GET", f"/api/v1/records/skill/{row['id']}")
    status, _, body = admin.call("PATCH", f"/api/v1/records/skill/{row['id']}", {"fields": {"name": "网络与电话"}}, {"If-Match": f'"{body["version"]}"'})
    must(status == 200, f"change: {status} {body}")
    n = len(skills(admin))
    status, _, body = apply(admin, list(files_of(PACK)))
    must(status == 204, f"again: {status} {body}")
    must(len(skills(admin)) == n, "made twice")
    must(admin.call("GET", f"/api/v1/records/skill/{row['id']}")[2]["fields"]["name"] == "网络与电话", "what was changed did not stay")


def stops(admin):
    """A house that asks more of a skill than the shipped entries say: told, and the pack is in force."""
    status, _, body = apply(admin, [
        {"pack": "maker", "path": "pack.yaml", "body": "pack: maker\nversion: \"9.0\"\nlabel: {zh: 自有, en: Own}\nneeds: [core]\n"},
        {"pack": "maker", "path": "types/skill.yaml", "body": "extend: skill\nfields:\n  card: {kind: text, label: {zh: 证号, en: Card}, required: true}\n"},
    ])
    must(status == 200 and body["starter"] == 0, f"apply: {status} {body}")
    must("card required" in body["starter_stopped"], f"why: {body}")
    must("maker" in [p["name"] for p in admin.call("GET", "/api/v1/packs")[2]["packs"]], "it is not in force")
    must("machinery" not in skills(admin), "made all the same")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True)
    args = parser.parse_args()
    tally = Tally()
    for store in ("sqlite", "postgres"):
        postgres = Postgres() if store == "postgres" else None
        server = Server(args.build, postgres.url if postgres else None)
        try:
            server.start()
            prepare(server, ORG)
            admin = Client(server, ORG)
            admin.sign_in("admin", PASSWORD)
            for test in (comes_along, comes_once, stops):
                tally.run(f"{store}: {test.__name__}", test, admin)
            tally.run(f"{store}: proof", proof, server, ORG)
        finally:
            server.stop()
            if postgres:
                postgres.stop()
    tally.end()


if __name__ == "__main__":
    main()
