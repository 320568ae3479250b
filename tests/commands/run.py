#!/usr/bin/env python3
"""Every sub-command of the program, while `serve` runs on its data and while it doesn't: what it takes and
returns is what its --help says.

    python3 tests/commands/run.py --build build [--store sqlite|postgres]
"""
import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/api"))
from server import Client, Fault, Postgres, Server, Tally, must  # noqa: E402

SECRET = "a-test-password"
REGISTER = "客户编号,姓名/名称,类型,备注\nA-1,陈一,个人,\"第一行\n第二行\"\nA-2,,个人,\nA-3,陈三,单位,\n"
TICKETS = [{"no": f"s{n}", "what": f"第{n}件", "how": "desc"} for n in range(3)]
MAP = "import: small\ntype: ticket\nformat: jsonl\nid: no\nfields:\n  title: \"{what}\"\n  description: \"{how}\"\n  category: {value: repair}\n  state: {value: archived}\n"


class Place:
    """One data folder, with or without a server on it, and a folder of files beside it."""

    def __init__(self, build, url, serving):
        self.server = Server(build, url)
        self.serving = serving
        self.url = url
        self.files = tempfile.mkdtemp(prefix="sw-files-")
        # one PostgreSQL serves both walks: organisations have names of their own
        self.org = "acme_served" if serving else "acme_alone"
        if serving:
            self.server.start()

    def file(self, name, content=None):
        path = os.path.join(self.files, name)
        if content is not None:
            with open(path, "wb") as f:
                f.write(content)
        return path

    def says(self, code, wanted, *words, stdin=None):
        """What a sub-command says; it must end with this code and have said this."""
        done = self.server.cli(*words, check=False, stdin=stdin)
        said = done.stdout + done.stderr
        must(done.returncode == code, f"{' '.join(words)}: exit {done.returncode}, not {code}\n{said}")
        for text in [wanted] if isinstance(wanted, str) else wanted:
            must(re.search(text, said), f"{' '.join(words)}: {text!r} is not in\n{said}")
        must(code == 0 or done.stderr, f"{' '.join(words)}: fails without a word on standard error")
        return done.stdout

    def sign_in(self, login, password, want=200):
        if not self.serving:
            return None
        client = Client(self.server, self.org)
        status, _, body = client.call("POST", "/api/v1/session", {"org": self.org, "login": login, "password": password})
        must(status == want, f"sign-in of {login}: {status} {body}")
        return client

    def close(self):
        self.server.stop()
        shutil.rmtree(self.files, ignore_errors=True)


def test_help(build, _place):
    """Each of them has a --help with its usage and what it prints; who says it wrong is told so."""
    binary = os.path.join(build, "src/main/shouwen")
    run = lambda *words: subprocess.run([binary, *words], capture_output=True, text=True, timeout=30)  # noqa: E731
    listed = re.findall(r"^  (\S+) +\S", run("--help").stdout, re.M)
    for name in "serve org user import export check-pack verify rebuild backup restore migrate routes version".split():
        must(name in listed, f"{name} is not listed by --help: {listed}")
    for name in listed:
        done = run(name, "--help")
        must(done.returncode == 0 and not done.stderr, f"{name} --help: {done}")
        must(re.search(rf"^shouwen {name}\b", done.stdout, re.M), f"{name} --help doesn't say how it is called:\n{done.stdout}")
        must(re.search(r"^  \S", done.stdout, re.M), f"{name} --help doesn't say what it does and returns:\n{done.stdout}")
        # In the terminal's language, in both where it has neither; each language names the same options.
        said = {}
        for lang in ("zh_CN.UTF-8", "en_US.UTF-8"):
            said[lang[:2]] = subprocess.run([binary, name, "--help"], capture_output=True, text=True, env={**os.environ, "LC_ALL": lang}).stdout
        must(re.search("[\u4e00-\u9fff]{2}", said["zh"]) and said["zh"] != said["en"], f"{name} --help in Chinese:\n{said['zh']}")
        options = {lang: set(re.findall(r"--[a-z-]+", text)) for lang, text in said.items()}
        must(options["zh"] == options["en"], f"{name} --help: {options['zh'] ^ options['en']} stands in one language only")
        both = subprocess.run([binary, name, "--help"], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout
        must(both.startswith(said["zh"]) and both.endswith(said["en"]), f"{name} --help in both languages:\n{both}")
    done = run("frobnicate")
    must(done.returncode == 2 and "frobnicate" in done.stderr, f"an unknown sub-command: {done}")
    for words in (["org"], ["org", "rename"], ["user", "frob"], ["import"], ["backup"], ["routes", "--yaml"], ["version", "now"], ["serve", "--port", "1"]):
        data = [] if words[0] in ("routes", "version") else ["--data", tempfile.gettempdir() + "/sw-no-such-place"]
        done = run(*words, *data)
        must(done.returncode == 2 and done.stderr, f"{' '.join(words)}: {done}")
    shutil.rmtree(tempfile.gettempdir() + "/sw-no-such-place", ignore_errors=True)


def test_alone(build, place):
    """version, routes, check-pack: they need no data."""
    binary = place.server.binary
    run = lambda *words: subprocess.run([binary, *words], capture_output=True, text=True, timeout=120)  # noqa: E731
    must(re.search(r"^shouwen \d+\.\d+\.\d+\n$", run("version").stdout), run("version"))
    must(re.search(r"GET\s+/api/v1/hello", run("routes").stdout), "no hello among the routes")
    routes = json.loads(run("routes", "--json").stdout)
    must(any(r["path"] == "/api/v1/intake" and r["method"] == "POST" for r in routes), "no intake among the routes")
    with open(os.path.join(ROOT, "docs/ROUTES.md"), encoding="utf-8") as f:
        must(run("routes", "--markdown").stdout == f.read(), "docs/ROUTES.md is not what `routes --markdown` prints")
    store = ["--store", place.url] if place.url else []
    packs = os.path.join(place.files, "packs")
    for name, at in (("core", "small/core"), ("plain", "must-load/plain"), ("bad_option", "must-fail/bad_option")):
        shutil.copytree(os.path.join(ROOT, "tests/packs", at), os.path.join(packs, name))
    done = run("check-pack", *store, os.path.join(packs, "plain"))
    must(done.returncode == 0, f"a good pack: {done}")
    done = run("check-pack", *store, os.path.join(packs, "bad_option"))
    must(done.returncode == 1 and re.search(r"\.yaml:\d+:\d+: ", done.stdout + done.stderr), f"a bad pack: {done}")


def test_org_and_user(_build, place):
    """org add, list; user add, password, list: who is made can sign in at once."""
    said = place.says(0, "organisation", "org", "add", place.org, "某某公司", "--packs", "core,service_desk", "--admin", "root")
    secret = re.search(r"login root password (\S+)", said).group(1)
    admin = place.sign_in("root", secret)
    if admin:
        status, _, body = admin.call("GET", "/api/v1/session")
        must(status == 200 and body["user"]["must_change"], f"the first password must be changed: {body}")
    place.says(1, place.org, "org", "add", place.org, "又一个")
    place.says(1, ".", "org", "add", "Bad Code", "不行")
    place.says(1, "no_such_pack", "org", "add", place.org + "2", "不行", "--packs", "core,no_such_pack")
    must(f"{place.org}\t某某公司\n" in place.says(0, "", "org", "list"), "the organisation is not listed")
    place.says(0, "added liting", "user", "add", place.org, "liting", "李婷", "--roles", "agent", stdin=SECRET + "\n")
    place.says(1, "liting", "user", "add", place.org, "liting", "又一个李婷", stdin=SECRET + "\n")
    place.says(1, "juggler", "user", "add", place.org, "other", "别人", "--roles", "juggler", stdin=SECRET + "\n")
    agent = place.sign_in("liting", SECRET)
    must("liting\t李婷\n" in place.says(0, "", "user", "list", place.org), "the user is not listed")
    secret = re.search(r"password (\S+) \(must be changed", place.says(0, "", "user", "password", place.org, "liting", stdin="")).group(1)
    place.sign_in("liting", SECRET, 401)
    place.sign_in("liting", secret)
    if agent:
        must(agent.call("GET", "/api/v1/session")[0] == 401, "who was signed in with the old password still is")
    place.says(1, "nobody", "user", "password", place.org, "nobody", stdin=SECRET + "\n")
    place.says(1, "nowhere", "user", "list", "nowhere")


def test_import_and_export(_build, place):
    """import tries, lists wrong rows by number and is safe to run again; export writes what a filter finds."""
    register = place.file("register.csv", REGISTER.encode("gb18030"))
    to = ["import", "--org", place.org, "--type", "customer", register]
    place.says(1, [r"dry run, 3 rows: 2 new, 0 updated, 0 already there, 1 failed", r"(?m)^row 3: name: required"], *to, "--dry-run")
    place.says(1, r"\b3 rows: 2 new, 0 updated, 0 already there, 1 failed", *to)
    place.says(1, r"\b3 rows: 0 new, 0 updated, 2 already there, 1 failed", *to)
    map_path = place.file("map.yaml", MAP.encode())
    lines = place.file("tickets.jsonl", "\n".join(json.dumps(t, ensure_ascii=False) for t in TICKETS).encode())
    place.says(0, r"\b3 rows: 3 new", "import", "--org", place.org, "--map", map_path, lines)
    place.says(0, r"\b3 rows: 0 new, 0 updated, 3 already there, 0 failed", "import", "--org", place.org, "--map", map_path, lines)
    place.says(1, "absent.csv", "import", "--org", place.org, "--type", "customer", place.file("absent.csv"))
    place.says(1, "spaceship", "import", "--org", place.org, "--type", "spaceship", register)

    out = place.file("customers.csv")
    place.says(0, "2 rows", "export", "--org", place.org, "--type", "customer", "--columns", "code,name,kind,remark", "--sort", "code", out)
    with open(out, encoding="utf-8-sig", newline="") as f:
        text = f.read()
    must(text.splitlines()[0] == "客户编号,姓名/名称,类型,备注" and "陈一" in text and "陈三" in text and "第一行\n第二行" in text, text)
    sheet = place.file("tickets.xlsx")
    place.says(0, "3 rows", "export", "--org", place.org, "--type", "ticket", "--where", "state = archived", sheet)
    with open(sheet, "rb") as f:
        must(f.read(2) == b"PK", "an .xlsx is a sheet")
    place.says(0, "0 rows", "export", "--org", place.org, "--type", "ticket", "--where", "state = working", place.file("none.csv"))
    place.says(1, "where", "export", "--org", place.org, "--type", "ticket", "--where", "stat = working", place.file("bad.csv"))
    must(not os.path.exists(place.file("bad.csv")), "a refused export left a file")


def test_keep(_build, place):
    """verify and rebuild find nothing; what was backed up is restored under another code, whole."""
    place.says(0, rf"^{place.org}: \d+ records, \d+ events, \d+ seals: 0 faults", "verify", "--org", place.org)
    place.says(0, rf"^{place.org}: 0 changed", "rebuild", "--org", place.org)
    place.says(0, rf"^{place.org}: \d+ records[^\n]*: 0 faults"[1:], "verify")  # without --org: all of them
    place.says(0, f"{place.org}: schema is up to date", "migrate")
    said = place.says(0, "would be put in force", "migrate", "--org", place.org, "--packs", "--dry-run")
    must("DROPS" not in said, f"the same packs again drop something:\n{said}")
    copy, code = place.file("copy.shouwen"), place.org + "_copy"
    place.says(0, "copied to", "backup", "--org", place.org, copy)
    place.says(1, ".", "backup", "--org", place.org, copy)
    place.says(0, "restored from", "restore", "--org", code, copy)
    place.says(1, ".", "restore", "--org", code, copy)
    place.says(1, ".", "restore", "--org", code + "2", place.file("junk", b"this is no copy"))
    place.says(0, "0 faults", "verify", "--org", code)
    place.says(0, ": 0 changed", "rebuild", "--org", code)
    rows = []
    for org in (place.org, code):
        out = place.file(f"{org}.csv")
        place.says(0, "3 rows", "export", "--org", org, "--type", "ticket", "--columns", "number,title,state,created_at,source_no", "--sort", "number", out)
        with open(out, encoding="utf-8-sig") as f:
            rows.append(f.read())
    must(rows[0] == rows[1], f"the copy differs:\n{rows[0]}\n{rows[1]}")
    place.says(0, "are in force", "migrate", "--org", code, "--add", "maker")
    place.says(0, ": 0 changed", "rebuild", "--org", code)
    place.says(2, "--yes", "org", "drop", code)
    place.says(0, f"dropped {code}", "org", "drop", code, "--yes")
    must(code not in place.says(0, "", "org", "list"), "a dropped organisation is listed")
    place.says(1, code, "verify", "--org", code)


def test_one_server(_build, place):
    """A second server on the same data is told so, and the first goes on."""
    if not place.serving:
        return
    place.says(1, "in use", "serve", "--listen", "127.0.0.1:0")
    status, _, _ = Client(place.server, place.org).call("GET", "/api/v1/hello")
    must(status == 200, "the first server is gone")


def run_once(data):
    """Starts `./do run` and returns how long its first answer took, and what it printed before."""
    began = time.monotonic()
    p = subprocess.Popen([os.path.join(ROOT, "do"), "run", "--data", data, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    said, answered = "", None
    try:
        for line in p.stdout:
            said += line
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            if found:
                with urllib.request.urlopen(found.group(0) + "/api/v1/hello", timeout=30) as r:
                    must(r.status == 200, f"./do run answers {r.status}")
                answered = time.monotonic() - began
                break
    finally:
        os.killpg(p.pid, signal.SIGTERM)
        p.stdout.close()
        p.wait(timeout=30)
    must(answered is not None, f"./do run ended without an answer:\n{said}")
    return answered, said


def test_second_run():
    """A second `./do run` installs and builds nothing and answers within three seconds."""
    with tempfile.TemporaryDirectory(prefix="sw-run-") as data:
        run_once(data)
        took = []
        for _ in range(3):
            seconds, said = run_once(data)
            must(not re.search("安装|构建|取 Node|installing|building|fetching", said), f"a second run builds again:\n{said}")
            with open(os.path.join(ROOT, "build/ninja.log")) as f:
                # the table of the pages is looked at every time, and written only when they changed
                again = re.findall(r"^\[\d+/\d+\] (?!Generating src/http/web_files ).*", f.read(), re.M)
            must(not again, f"a second run compiles again: {again[:3]}")
            took.append(seconds)
    must(min(took) < 3, f"a second run took {', '.join(f'{s:.1f}' for s in took)} s")


TESTS = [test_help, test_alone, test_org_and_user, test_import_and_export, test_keep, test_one_server]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--store", choices=("sqlite", "postgres"), help="one of them; both if left out")
    args = parser.parse_args()
    tally = Tally()
    if args.store != "postgres":
        tally.run(test_second_run.__doc__, test_second_run)
    for store in [args.store] if args.store else ["sqlite", "postgres"]:
        postgres = Postgres() if store == "postgres" else None
        try:
            for serving in (True, False):
                place = Place(args.build, postgres.url if postgres else None, serving)
                try:
                    for test in TESTS:
                        tally.run(f"{store}, {'while it serves' if serving else 'alone'}: {test.__doc__}", test, args.build, place)
                finally:
                    place.close()
        finally:
            if postgres:
                postgres.stop()
    tally.end()


if __name__ == "__main__":
    main()
