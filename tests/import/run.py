#!/usr/bin/env python3
"""Real data through `shouwen import`: 4,969 city-hotline requests and 20,000 consumer complaints, on SQLite and on
PostgreSQL. What is there afterwards is compared, row by row, with what Python makes of the same files.

    python3 tests/import/run.py --build build [--data ../shared/data] [--store sqlite|postgres]
"""
import argparse
import csv
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.parse
from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/api"))
from run import PASSWORD, add_user  # noqa: E402
from server import Client, Postgres, Server  # noqa: E402

SOURCE, HERE = ZoneInfo("America/New_York"), ZoneInfo("Asia/Shanghai")
COLUMNS = "source_no,title,state,category,customer.name,owner,created_at,opened_at,updated_at,closed_at,region,number"
NYC_STATES = {"Closed": "已归档", "In Progress": "处理中", "Assigned": "处理中", "Open": "待受理", "Pending": "挂起"}
CFPB_CATEGORIES = {
    "Mortgage": "账单发票",
    "Debt collection": "账单发票",
    "Credit card": "账单发票",
    "Credit reporting": "问题反馈",
    "Bank account or service": "会员账户",
}


def must(condition, what):
    if not condition:
        raise AssertionError(what)


def shown(text, form):
    """A wall-clock time of New York as the export shows it, by the organisation's clock."""
    if not text:
        return ""
    local = datetime.strptime(text, form)
    moment = local.replace(tzinfo=SOURCE)
    if moment.astimezone(ZoneInfo("UTC")).astimezone(SOURCE).replace(tzinfo=None) != local:
        # skipped when the clocks went forward: the first instant after the gap
        moment = local.replace(minute=0, tzinfo=SOURCE, fold=0) + timedelta(hours=1)
    return moment.astimezone(HERE).strftime("%Y-%m-%d %H:%M")


def rows_of(path):
    with open(path, encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(f))


def clean(text):
    return "\n".join(text.replace("\r\n", "\n").split("\n")).strip()


def nyc_expected(rows):
    form, out = "%m/%d/%Y %H:%M", {}
    for r in rows:
        created = shown(r["Created Date"], form)
        touched = shown(r["Resolution Action Updated Date"], form)
        closed = shown(r["Closed Date"], form)
        out[r["Unique Key"]] = [
            clean(f"{r['Complaint Type']}：{r['Descriptor']}"),
            NYC_STATES[r["Status"]],
            "求助" if r["Complaint Type"] == "Dead Animal" else "其他",
            r["Agency Name"],
            "王敏",
            created,
            created,
            max(created, touched),
            closed,
            r["Borough"],
        ]
    return out


def cfpb_expected(rows):
    out = Counter()
    for r in rows:
        created = shown(r["Date received"], "%Y-%m-%d")
        done = r["Company response to consumer"] != "In progress"
        out[
            (
                clean(f"{r['Product']}：{r['Sub-product']}"),
                "已归档" if done else "处理中",
                CFPB_CATEGORIES.get(r["Product"], "其他"),
                r["Company"],
                "",
                created,
                created,
                created,
                created if done else "",
                r["State"],
            )
        ] += 1
    return out


def differences(want, have):
    wrong = [f"  {k}: want {want.get(k)}\n  {' ' * len(str(k))}  have {have.get(k)}" for k in want if want[k] != have.get(k)]
    extra = [f"  {k}: not in the source" for k in have if k not in want]
    return f"{len(wrong)} rows differ, {len(extra)} too many\n" + "\n".join((wrong + extra)[:5])


class House:
    """One store with organisations in it."""

    def __init__(self, build, url):
        self.server = Server(build, url)

    def organisation(self, org):
        self.server.cli("org", "add", org, "导入测试", "--packs", "core", "--zone", "Asia/Shanghai", "--admin", "root")
        add_user(self.server, org, "lead", "lead", [])

    def command(self, org, map_path, path):
        words = [self.server.binary, "import", "--data", self.server.data, "--org", org, "--type", "ticket", "--map", map_path, path]
        return words + (["--store", self.server.store_url] if self.server.store_url else [])

    def run(self, org, map_path, path, *more):
        done = subprocess.run(self.command(org, map_path, path) + list(more), capture_output=True, text=True, timeout=600)
        must(done.returncode == 0, f"import: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return figures(done.stdout)

    def export(self, org, where="all"):
        path = os.path.join(self.server.data, f"{org}.csv")
        self.server.cli("export", "--org", org, "--type", "ticket", "--columns", COLUMNS, *([] if where == "all" else ["--where", where]), path)
        with open(path, encoding="utf-8-sig", newline="") as f:
            return list(csv.reader(f))[1:]

    def healthy(self, org):
        proof = self.server.cli("verify", "--org", org).stdout
        must(" 0 faults" in proof, proof)
        derived = self.server.cli("rebuild", "--org", org).stdout
        must(" 0 changed" in derived, derived)


def figures(text):
    """{rows, new, updated, there, failed} of the last line."""
    line = text.strip().splitlines()[-1]
    n = [int(word) for word in line.replace(",", "").replace(":", "").split() if word.isdigit()]
    must(len(n) == 5, line)
    return dict(zip(("rows", "new", "updated", "there", "failed"), n))


def is_full(got, total, new):
    return got == {"rows": total, "new": new, "updated": 0, "there": total - new, "failed": 0}


def timed(what, rows, work):
    start = time.monotonic()
    got = work()
    took = time.monotonic() - start
    print(f"      {what}: {rows} rows in {took:.2f} s, {took / rows * 1e6:.0f} µs a row", flush=True)
    return got


def test_hotline(house, data, work):
    """Requests of a city hotline: ids, states, owner, customer, times of New York."""
    path = os.path.join(data, "nyc311_requests.csv")
    source, map_path = rows_of(path), work["nyc"]
    total = len(source)
    house.organisation("nyc")
    dry = timed("dry run", total, lambda: house.run("nyc", map_path, path, "--dry-run"))
    must(is_full(dry, total, total), dry)
    must(house.export("nyc") == [], "a dry run wrote something")
    got = timed("hotline", total, lambda: house.run("nyc", map_path, path))
    must(is_full(got, total, total), got)
    want, have = nyc_expected(source), {r[0]: r[1:11] for r in house.export("nyc")}
    must(want == have, differences(want, have))
    again = timed("once more", total, lambda: house.run("nyc", map_path, path))
    must(is_full(again, total, 0), again)
    rows = house.export("nyc")
    must(len(rows) == total and len({r[11] for r in rows}) == total, "numbers are not unique")
    house.healthy("nyc")
    work["nyc rows"] = sorted(r[:11] for r in rows)


def test_complaints(house, data, work):
    """Complaints without ids: the row's number is one; firms are made as they come."""
    path = os.path.join(data, "cfpb_complaints.csv")
    source, map_path = rows_of(path), os.path.join(ROOT, "maps/cfpb.yaml")
    total = len(source)
    house.organisation("cfpb")
    got = timed("complaints", total, lambda: house.run("cfpb", map_path, path))
    must(is_full(got, total, total), got)
    want, have = cfpb_expected(source), Counter(tuple(r[1:11]) for r in house.export("cfpb"))
    must(want == have, differences(want, have))
    again = timed("once more", total, lambda: house.run("cfpb", map_path, path))
    must(is_full(again, total, 0), again)
    house.healthy("cfpb")
    count = house.server.cli("export", "--org", "cfpb", "--type", "customer", "--columns", "name,kind", os.path.join(house.server.data, "firms.csv")).stdout
    must(count.startswith(f"{len({r['Company'] for r in source})} rows"), count)


def killed(house, org, map_path, path, after):
    run = subprocess.Popen(house.command(org, map_path, path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(after)
    run.send_signal(signal.SIGKILL)
    run.wait(30)


def test_killed(house, data, work):
    """Kill -9 in the middle, then the same command: the result is that of one run."""
    path, map_path = os.path.join(data, "nyc311_requests.csv"), work["nyc"]
    total, after, rests = len(rows_of(path)), 0.6, []
    for n in range(12):
        org = f"killed{n}"
        house.organisation(org)
        killed(house, org, map_path, path, after)
        got = house.run(org, map_path, path)
        must(got["rows"] == total and got["failed"] == 0 and got["new"] + got["there"] == total, got)
        rows = house.export(org)
        must(sorted(r[:11] for r in rows) == work["nyc rows"], f"killed after {after:.2f} s: another result than one run's")
        must(len({r[11] for r in rows}) == total, "numbers are not unique")
        house.healthy(org)
        if 0 < got["there"] < total:
            rests.append(got["there"])
        if len(rests) == 2:
            print(f"      killed with {rests} rows in", flush=True)
            return
        after = after * 1.5 if got["there"] == 0 else after * 0.6 if got["there"] == total else after * 1.2
    raise AssertionError("no run was killed in the middle")


def test_search(house, data, work):
    """Words of imported rows are found through the API, newest first, each hit a row that has them."""
    house.server.start()
    try:
        for org, words, where in (("nyc", "Neglected COZINE", "state = working"), ("cfpb", "Fay Servicing", "customer.name = 'Fay Servicing, LLC'")):
            client = Client(house.server, org)
            client.sign_in("lead", PASSWORD)
            status, _, body = client.call("GET", "/api/v1/search?" + urllib.parse.urlencode({"q": words, "type": "ticket"}))
            must(status == 200 and body["hits"], f"search for {words} in {org}: {status} {str(body)[:300]}")
            for hit in body["hits"]:
                status, _, record = client.call("GET", f"/api/v1/records/ticket/{hit['id']}")
                text = str(record["fields"]).lower()
                must(status == 200 and all(word.lower() in text for word in words.split()), f"{words} is not in {hit}")
            status, _, page = client.call("GET", "/api/v1/records/ticket?" + urllib.parse.urlencode({"where": where, "count": "1", "limit": "5"}))
            must(status == 200 and page["count"]["n"] > 0, f"{where}: {status} {page}")
    finally:
        house.server.stop(remove=False)


TESTS = [test_hotline, test_complaints, test_killed, test_search]


def run_store(name, build, data):
    """(passed, failed) on one store."""
    postgres = Postgres() if name == "postgres" else None
    house = House(build, postgres.url if postgres else None)
    work_dir = tempfile.mkdtemp(prefix="sw-maps-")
    work = {"nyc": os.path.join(work_dir, "nyc311.yaml")}
    with open(os.path.join(ROOT, "maps/nyc311.yaml"), encoding="utf-8") as f, open(work["nyc"], "w", encoding="utf-8") as out:
        out.write(f.read() + "  owner: {value: lead, find: login}\n")
    passed = failed = 0
    try:
        for test in TESTS:
            try:
                test(house, data, work)
                passed += 1
                print(f"ok    {name}: {test.__doc__}", flush=True)
            except Exception:
                failed += 1
                print(f"FAIL  {name}: {test.__doc__}\n{traceback.format_exc()}", flush=True)
    finally:
        house.server.stop()
        if postgres:
            postgres.stop()
        shutil.rmtree(work_dir, ignore_errors=True)
    return passed, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--data", default=os.path.join(ROOT, "../shared/data"))
    parser.add_argument("--store", choices=("sqlite", "postgres"), help="one of them; both if left out")
    args = parser.parse_args()
    for name in ("nyc311_requests.csv", "cfpb_complaints.csv"):
        if not os.path.exists(os.path.join(args.data, name)):
            print(f"real data: {name} is not in {os.path.abspath(args.data)}: the data folder lies beside the checkout, or say --data FOLDER")
            print("0 passed, 1 failed")
            return 1
    passed = failed = 0
    for store in [args.store] if args.store else ["sqlite", "postgres"]:
        ok, bad = run_store(store, args.build, args.data)
        passed, failed = passed + ok, failed + bad
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
