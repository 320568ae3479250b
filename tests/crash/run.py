#!/usr/bin/env python3
"""Faults, against the real server: kill -9, a full disk, a full queue, slow and dead clients,
broken requests. Each ends with a look at the data: `verify` and `rebuild` must find nothing.

    python3 tests/crash/run.py --build build [--rounds 20] [--store sqlite|postgres] [NAME…]
"""
import argparse
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "api"))
from run import PASSWORD, prepare  # noqa: E402
from server import Client, Fault, Live, Postgres, Server, must, told_of  # noqa: E402

ORG = "crash"
TEXT = "三号楼二单元空调外机漏水，夜间噪音很大，客户要求今天下班前上门查看并给出处理意见。"


def ticket(n, text=TEXT):
    return {"fields": {"title": f"第{n}件：空调漏水", "description": text, "category": CATEGORY}}


CATEGORY = None


def pick_category(client):
    """The first category the pack offers: no test knows the pack's options by heart."""
    global CATEGORY
    status, _, model = client.call("GET", "/api/v1/model")
    must(status == 200, f"model: {status}")
    CATEGORY = model["types"]["ticket"]["fields"]["category"]["options"][0]["name"]


def healthy(server):
    """Nothing to mend: the proof holds and the derived rows are what they must be."""
    for command in ("verify", "rebuild"):
        done = server.cli(command, "--org", ORG, check=False)
        must(done.returncode == 0, f"{command} after the fault: exit {done.returncode}\n{done.stdout}{done.stderr}")
        if command == "rebuild":
            must("0 changed" in done.stdout, f"rebuild changed something: {done.stdout}")


def fresh(build, store_url=None, data=None, args=()):
    server = Server(build, store_url, data=data, args=args)
    server.start()
    prepare(server, ORG)
    client = Client(server, ORG)
    client.sign_in("agent", PASSWORD)
    pick_category(client)
    return server, client


def titles(server):
    """Every ticket's title with how often it is there, read through the API."""
    client = Client(server, ORG)
    client.sign_in("lead", PASSWORD)
    seen, after = {}, ""
    while True:
        status, _, page = client.call("GET", "/api/v1/records/ticket?columns=title&limit=200" + (f"&after={after}" if after else ""))
        must(status == 200, f"list: {status} {page}")
        for row in page["rows"]:
            title = row["fields"]["title"]
            seen[title] = seen.get(title, 0) + 1
        after = page.get("next")
        if not after:
            return seen


def kill_9(build, store_url, rounds):
    """8 writing clients, kill -9 at random moments: acknowledged writes are there, none twice."""
    server, client = fresh(build, store_url)
    acked, lock = set(), threading.Lock()
    counter = [0]
    try:
        for round_no in range(rounds):
            stop = threading.Event()

            def write(cookies):
                mine = Client(server, ORG, cookies)
                while not stop.is_set():
                    with lock:
                        counter[0] += 1
                        n = counter[0]
                    body, key = ticket(n), str(uuid.uuid4())
                    while True:  # the same key until an answer comes: what a careful client does
                        try:
                            status, _, answer = mine.call("POST", "/api/v1/records/ticket", body, {"Idempotency-Key": key})
                        except OSError:
                            if stop.wait(0.05):
                                return  # unanswered: may be there once, or not at all
                            continue
                        if status == 201:
                            with lock:
                                acked.add(body["fields"]["title"])
                        elif status != 503:
                            raise Fault(f"create: {status} {answer}")
                        break

            threads = [threading.Thread(target=write, args=(dict(client.cookies),)) for _ in range(8)]
            for t in threads:
                t.start()
            time.sleep(random.uniform(0.15, 0.6))
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
            server.process = None
            time.sleep(random.uniform(0, 0.1))
            server.start()
            if round_no % 3 == 0:
                time.sleep(0.3)  # some of the unanswered are sent again with their keys
            stop.set()
            for t in threads:
                t.join(30)
                must(not t.is_alive(), "a writer hangs")
        seen = titles(server)
        lost = sorted(acked - set(seen))
        twice = sorted(t for t, n in seen.items() if n > 1)
        must(len(acked) > rounds * 3, f"only {len(acked)} writes were acknowledged in {rounds} rounds")
        must(not lost, f"{len(lost)} acknowledged writes are lost: {lost[:5]}")
        must(not twice, f"{len(twice)} writes are there twice: {twice[:5]}")
        healthy(server)
        print(f"     {len(acked)} acknowledged writes over {rounds} kills, none lost, none twice")
    finally:
        server.stop()


def kill_9_clocks(build, store_url, rounds):
    """Clocks fall due all the while, kill -9 at random moments between breach and notice: each is fired, each once."""
    rounds = max(rounds, 50)
    server, client = fresh(build, store_url)
    made = []
    try:
        first = time.time() + 12
        for n in range(600):  # ten a second
            due = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(first + n / 10)) + f".{n % 10}00Z"
            status, _, body = client.call("POST", "/api/v1/records/follow_up", {"fields": {"plan": "sample", "subject": f"回访{n}", "due": due}})
            must(status == 201, f"follow-up: {status} {body}")
            made.append(body["id"])
        time.sleep(max(0, first - time.time()))
        for _ in range(rounds):
            time.sleep(random.uniform(0.02, 0.7))
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
            server.process = None
            server.start()
        end = time.monotonic() + 150  # what a dead server held on PostgreSQL is free after a minute
        while len(told_of(client, "回访已超时")) < len(made):
            must(time.monotonic() < end, f"only {len(told_of(client, '回访已超时'))} of {len(made)} were told")
            time.sleep(1)
        time.sleep(2)
        told = told_of(client, "回访已超时")
        twice = sum(1 for n in told.values() if n > 1)
        must(set(told) == set(made), f"{len(set(made) - set(told))} were never told")
        must(twice == 0, f"{twice} were told more than once")
        for id in made:
            _, _, page = client.call("GET", f"/api/v1/records/follow_up/{id}/timeline")
            must([e["kind"] for e in page["events"]].count("clock_breached") == 1, f"breached more than once: {page['events']}")
        healthy(server)
        print(f"     {len(made)} clocks over {rounds} kills, each fired and told once")
    finally:
        server.stop()


class Unanswered(Exception):
    pass


def asked(client, method, path, body=None, version=None, want=(200, 201)):
    """An answer of the server; Unanswered when it was killed meanwhile: done or not, the data must say which."""
    headers = {"If-Match": f'"{version}"'} if version is not None else None
    try:
        status, _, answer = client.call(method, path, body, headers)
    except (OSError, http.client.HTTPException) as e:
        raise Unanswered from e
    if status == 503:
        raise Unanswered
    must(status in want, f"{method} {path}: {status} {answer}")
    return answer


def record(client, type_, id_):
    return asked(client, "GET", f"/api/v1/records/{type_}/{id_}")


class House:
    """People who hand matters over, merge them and vote, each as himself."""

    def __init__(self, server):
        self.people = {}
        for login in ("agent", "agent2", "lead", "manager"):
            self.people[login] = Client(server, ORG)
            self.people[login].sign_in(login, PASSWORD)
        self.ids = {login: asked(c, "GET", "/api/v1/session")["user"]["id"] for login, c in self.people.items()}
        self.works = asked(self.people["lead"], "GET", "/api/v1/records/team?where=code%20%3D%20%27works%27")["rows"][0]["id"]

    def ticket(self, n):
        return asked(self.people["agent"], "POST", "/api/v1/records/ticket", ticket(n))["id"]

    def hand_over(self, id_):
        """To the other, who accepts; where it stands is read first, so that it goes on after a kill."""
        lead = self.people["lead"]
        r = record(lead, "ticket", id_)
        owner = next(x for x in ("agent", "agent2") if self.ids[x] == r["fields"]["owner"]["id"])
        other = "agent2" if owner == "agent" else "agent"
        if r["fields"]["pending_owner"] is None:
            asked(self.people[owner], "POST", f"/api/v1/records/ticket/{id_}/do/hand_over", {"fields": {"to_owner": self.ids[other], "reason": "换班"}}, r["version"])
            r = record(lead, "ticket", id_)
        asked(self.people[other], "POST", f"/api/v1/records/ticket/{id_}/do/accept_hand_over", {"fields": {}}, r["version"])

    def pair(self, n):
        """Two tickets of one customer, the second with a task at a department."""
        agent = self.people["agent"]
        customer = asked(agent, "POST", "/api/v1/records/customer", {"fields": {"name": f"客户{n}", "mobile": f"138{n:08d}"}})["id"]
        made = []
        for k in (0, 1):
            body = ticket(n * 10 + k)
            body["fields"]["customer"] = customer
            made.append(asked(agent, "POST", "/api/v1/records/ticket", body)["id"])
        asked(agent, "POST", f"/api/v1/records/ticket/{made[1]}/do/dispatch", {"fields": {"task_team": self.works, "task_content": "上门"}}, 1)
        return made

    def merge(self, pair):
        lead = self.people["lead"]
        if record(lead, "ticket", pair[1])["fields"]["state"] != "merged":
            into = record(lead, "ticket", pair[0])
            asked(lead, "POST", f"/api/v1/records/ticket/{pair[0]}/merge", {"from": pair[1], "reason": "重复"}, into["version"])

    def complaint(self):
        """One that waits for the manager."""
        agent, lead = self.people["agent"], self.people["lead"]
        c = asked(agent, "POST", "/api/v1/records/complaint", {"fields": {"object": "送货司机", "class": "delay", "demand": "道歉", "content": "晚到", "complainant": "彭涛"}})
        for who, do, fields in ((lead, "judge", {"valid_reason": "属实"}), (lead, "fix_liability", {"liable_team": self.works, "task_content": "核实"}),
                                (lead, "investigate", {"investigation": "未上报", "cause_side": "service_quality"}), (agent, "propose", {"remedy": ["apologise"], "proposal": "道歉", "amount": "100.00"})):
            asked(who, "POST", f"/api/v1/records/complaint/{c['id']}/do/{do}", {"fields": fields}, record(lead, "complaint", c["id"])["version"])
        return c["id"]

    def vote(self, id_):
        manager = self.people["manager"]
        approval = record(manager, "complaint", id_)["approval"]
        if approval["state"] == "running":
            asked(manager, "POST", f"/api/v1/approvals/{approval['id']}/vote", {"vote": "approve", "reason": "同意"})


def whole_hand_over(house, id_):
    r = record(house.people["lead"], "ticket", id_)["fields"]
    pending = r["pending_owner"] and r["pending_owner"]["id"]
    must(r["owner"]["id"] in house.ids.values() and r["accountable"]["id"] == r["owner"]["id"], f"owner: {r['owner']}, {r['accountable']}")
    must(r["first_owner"]["id"] == house.ids["agent"], f"first owner: {r['first_owner']}")
    must(pending != r["owner"]["id"], "it is offered to the one who has it")


def whole_merge(house, pair):
    into, gone = (record(house.people["lead"], "ticket", id_) for id_ in pair)
    merged = gone["fields"]["state"] == "merged"
    says = (merged, gone["fields"]["merged_into"] is not None, len(gone["links"]) == 1, len(gone["children"]) == 0, len(into["children"]) == 1, len(into["links"]) == 1)
    must(len(set(says)) == 1, f"half merged: {says}")
    return merged


def whole_vote(house, id_):
    r = record(house.people["manager"], "complaint", id_)
    voted = [seat["vote"] for step in r["approval"]["steps"] for seat in step["seats"] if seat["vote"] == "approve"]
    says = (r["approval"]["state"] == "approved", len(voted) == 1, r["fields"]["state"] != "to_approve")
    must(len(set(says)) == 1, f"half approved: {says} {r['fields']['state']}")
    return says[0]


def kill_9_owners(build, store_url, rounds):
    """kill -9 in the middle of hand-overs, approvals and merges: each is there whole or not at all, and goes on."""
    server, _ = fresh(build, store_url)
    try:
        house = House(server)
        rounds = min(rounds, 12)
        for round_no in range(rounds):
            n = 10 + round_no * 10
            tickets = [house.ticket(n * 100 + k) for k in range(3)]
            pairs = [house.pair(n + k) for k in range(4)]
            complaints = [house.complaint() for _ in range(2)]
            acts = [(house.hand_over, x) for x in tickets for _ in range(4)] + [(house.merge, x) for x in pairs] + [(house.vote, x) for x in complaints]
            faults = []

            def work(mine):
                try:
                    for act, what in mine:
                        act(what)
                except Unanswered:
                    pass
                except Exception as e:  # told in the thread that waits
                    faults.append(e)

            threads = [threading.Thread(target=work, args=([a for a in acts if a[1] in group],)) for group in (tickets[:1], tickets[1:2], tickets[2:], pairs, complaints)]
            for t in threads:
                t.start()
            time.sleep(random.uniform(0.005, 0.12))
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
            server.process = None
            for t in threads:
                t.join(30)
                must(not t.is_alive(), "somebody hangs")
            must(not faults, f"{faults[:1]}")
            server.start()
            for id_ in tickets:
                whole_hand_over(house, id_)
                house.hand_over(id_)
            for pair in pairs:
                whole_merge(house, pair)
                house.merge(pair)
                must(whole_merge(house, pair), "it was not merged after all")
            for id_ in complaints:
                whole_vote(house, id_)
                house.vote(id_)
                must(whole_vote(house, id_), "it was not approved after all")
        healthy(server)
        print(f"     {rounds} kills, nothing half done")
    finally:
        server.stop()


def tables_at(postgres, place):
    """PostgreSQL's tables in this folder from now on, its log elsewhere: the URL for it."""
    folder = os.path.join(place, "tables")
    os.mkdir(folder)
    os.chmod(place, 0o755)
    shutil.chown(folder, "postgres")
    made = subprocess.run(["psql", "-q", postgres.url, "-c", f"create tablespace small location '{folder}'"], capture_output=True, text=True)
    must(made.returncode == 0, made.stderr)
    return postgres.url + "&options=-c%20default_tablespace%3Dsmall"


def full_disk(build, store_url, _rounds):
    """A small tmpfs runs full (the data folder, or PostgreSQL's tables): 507, nothing half done, and writing goes on when space is back."""
    place = tempfile.mkdtemp(prefix="sw-full-")
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={'160' if store_url else '24'}m,mode=0700", "tmpfs", place], capture_output=True, text=True)
    must(mount.returncode == 0, "this test mounts a tmpfs and needs root: " + mount.stderr)
    server = None
    postgres = Postgres() if store_url else None
    try:
        server, client = fresh(build, tables_at(postgres, place)) if postgres else fresh(build, data=place)
        ballast = os.path.join(place, "ballast")
        size = os.statvfs(place)
        with open(ballast, "wb") as f:  # leave about 2 MB
            f.write(b"\0" * max(0, size.f_bavail * size.f_frsize - (2 << 20)))
        acked, full = set(), None
        for n in range(1, 20000):
            body = ticket(n, TEXT * 20)
            status, headers, answer = client.call("POST", "/api/v1/records/ticket", body)
            if status == 201:
                acked.add(body["fields"]["title"])
            else:
                full = (status, answer)
                break
        must(full is not None, "the disk never ran full")
        must(full[0] == 507, f"a full disk must give 507, gave {full}")
        must(full[1]["error"]["code"] == "full", f"code: {full[1]}")
        for _ in range(5):
            status, _, _ = client.call("POST", "/api/v1/records/ticket", ticket(0, TEXT * 200))
            must(status == 507, f"still full, but {status}")
        status, _, _ = client.call("GET", "/api/v1/records/ticket?limit=5")
        must(status == 200, f"reading on a full disk: {status}")
        os.unlink(ballast)
        status, _, answer = client.call("POST", "/api/v1/records/ticket", ticket(99999))
        must(status == 201, f"space is back, but {status} {answer}")
        acked.add("第99999件：空调漏水")
        seen = titles(server)
        must(set(seen) == acked, f"{len(acked - set(seen))} lost, {len(set(seen) - acked)} refused ones are there")
        healthy(server)
        print(f"     507 after {len(acked) - 1} writes; went on when space was back")
    finally:
        if server:
            server.stop()
        if postgres:
            postgres.stop()
        subprocess.run(["umount", "-l", place], check=False)
        shutil.rmtree(place, ignore_errors=True)


TYPE = "type: extra\nlabel: 额外\ntitle: name\nfields:\n  name: {{kind: text, label: 名称}}\n{}access:\n  agent: {{read: all, write: all, create: true}}\n  admin: {{read: all}}\n"


def full_disk_of_copies(build, store_url, _rounds):
    """No room for the copy made before a pack takes data away: 507, nothing goes; with room it is made and can be restored."""
    server, agent = fresh(build, store_url)
    place = os.path.join(server.data, "backups")
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", place], capture_output=True, text=True)
    try:
        must(mount.returncode == 0, "this test mounts a tmpfs and needs root: " + mount.stderr)
        admin = Client(server, ORG)
        admin.sign_in("admin", PASSWORD)

        def put(fields, want, **more):
            status, _, answer = admin.call("POST", "/api/v1/packs/apply", {"files": [{"pack": "service_desk", "path": "types/extra.yaml", "body": TYPE.format(fields)}], **more})
            must(status == want, f"packs/apply: {status}, not {want}: {answer}")
            return answer

        put("  note: {kind: text, label: 注}\n", 204)
        made = asked(agent, "POST", "/api/v1/records/extra", {"fields": {"name": "甲", "note": "留着"}})
        full = put("", 507, allow_drop=True)
        must("backups/" in str(full) and "腾出空间" in str(full), f"it doesn't say where and how to mend it: {full}")
        must(record(agent, "extra", made["id"])["fields"]["note"] == "留着", "the field went without a copy")
        must(os.listdir(place) == [], f"a broken copy is left: {os.listdir(place)}")
        subprocess.run(["umount", "-l", place], check=True)
        copy = put("", 200, allow_drop=True)["copy"]
        must("note" not in record(agent, "extra", made["id"])["fields"], "the field is still there")
        server.cli("restore", "--org", "before", os.path.join(server.data, copy))
        out = os.path.join(server.data, "before.csv")
        server.cli("export", "--org", "before", "--type", "extra", "--columns", "name,note", out)
        with open(out, encoding="utf-8-sig") as f:
            must("甲,留着" in f.read(), "the copy has not what went")
        said = server.cli("migrate", "--org", ORG, "--packs", "--allow-drop").stdout
        must("DROPS: " in said and "a copy from before lies in " + os.path.join(server.data, "backups") in said, f"migrate doesn't say where the copy is: {said}")
        healthy(server)
        print("     507 and nothing gone; with room the copy was made and restored")
    finally:
        subprocess.run(["umount", "-l", place], check=False, capture_output=True)
        server.stop()


def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def slow_clients(build, _store_url, _rounds):
    """Half-sent request lines, headers and bodies, and readers who never read: nobody else waits,
    no core is held, and the sockets are closed in the end."""
    server, client = fresh(build, args=("--idle-timeout", "3"))
    open_sockets = []
    try:
        address = ("127.0.0.1", server.port)
        parts = [b"G", b"GET /api/v1/hel", b"GET /live HTTP/1.1\r\nHost: x\r\nUpgr", b"POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le",
                 b"POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{\"org\":", b""]
        for i in range(300):
            s = socket.create_connection(address)
            s.send(parts[i % len(parts)]) if parts[i % len(parts)] else None
            open_sockets.append(s)
        for _ in range(20):  # asks for much, reads nothing
            s = socket.create_connection(address)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            head = f"GET /api/v1/model HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nX-Org: {ORG}\r\nCookie: {client.headers()['Cookie']}\r\n\r\n"
            s.send(head.encode() * 20)
            open_sockets.append(s)
        before, t0 = cpu_ticks(server.process.pid), time.monotonic()
        worst = 0.0
        for _ in range(40):
            t = time.monotonic()
            status, _, _ = client.call("GET", "/api/v1/records/ticket?limit=5")
            worst = max(worst, time.monotonic() - t)
            must(status == 200, f"beside slow clients: {status}")
            time.sleep(0.05)
        share = (cpu_ticks(server.process.pid) - before) / os.sysconf("SC_CLK_TCK") / (time.monotonic() - t0)
        must(share < 0.5, f"slow clients keep a core {share:.0%} busy")
        must(worst < 2, f"a request beside slow clients took {worst:.1f} s")
        end = time.monotonic() + 25
        left = open_sockets[:300]
        while left and time.monotonic() < end:
            still = []
            for s in left:
                s.settimeout(0.01)
                try:
                    if s.recv(4096) != b"":
                        still.append(s)
                except socket.timeout:
                    still.append(s)
                except OSError:
                    pass
            left = still
        must(not left, f"{len(left)} half-sent connections are still open")
        print(f"     320 bad clients: slowest other request {worst * 1000:.0f} ms, {share:.0%} of a core")
    finally:
        for s in open_sockets:
            s.close()
        server.stop()


def resident(pid):
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def held(server, lines):
    """How many of these connections the server still has: an end that it closed belongs to no process."""
    theirs = {line.socket.getsockname()[1] for line in lines}
    n = 0
    with open("/proc/net/tcp") as f:
        for words in (line.split() for line in list(f)[1:]):
            here, there = (int(words[i].rsplit(":", 1)[1], 16) for i in (1, 2))
            n += here == server.port and there in theirs and words[9] != "0"
    return n


def live_never_read(build, store_url, _rounds):
    """Pages that ask to be told and never read: no worker waits for them, memory stays bounded, others are told at once, and they are cut off."""
    server, client = fresh(build, store_url, args=("--workers", "2"))
    silent, going, faults, made = [], threading.Event(), [], [0] * 6
    try:
        # Many records: what happens to one within a moment is told once.
        ids = [asked(client, "POST", "/api/v1/records/ticket", ticket(n))["id"] for n in range(300)]
        reader = Live(client)
        reader.until(lambda m: "hello" in m)
        for _ in range(20):
            line = Live(client, buffer=2048)
            must(line.status == 101, f"upgrade: {line.status}")
            silent.append(line)
        must(held(server, silent) == 20, "the test counts its connections wrong")
        size = resident(server.process.pid)
        going.set()

        def write(k):
            mine = Client(server, ORG, dict(client.cookies))
            while going.is_set():
                status, _, body = mine.call("POST", f"/api/v1/records/ticket/{ids[(k * 50 + made[k]) % 300]}/comments", {"text": "又来电催", "internal": True})
                if status != 201:
                    faults.append(f"comment: {status} {body}")
                    return
                made[k] += 1

        threads = [threading.Thread(target=write, args=(k,)) for k in range(6)]
        for t in threads:
            t.start()
        end, worst, told = time.monotonic() + 55, 0.0, 0
        grown, left = 0, len(silent)
        while left and time.monotonic() < end:
            t = time.monotonic()
            n = asked(client, "POST", "/api/v1/records/ticket", ticket(1000 + told))["id"]
            reader.until(lambda m: m.get("id") == n)
            worst, told = max(worst, time.monotonic() - t), told + 1
            grown = max(grown, resident(server.process.pid) - size)
            left = held(server, silent)
            time.sleep(0.1)
        going.clear()
        for t in threads:
            t.join()
        must(not faults, f"{faults[:1]}")
        must(left == 0, f"{left} of 20 that never read are still connected after {sum(made)} events")
        for line in silent:  # what it was sent ends with the reason, or in the middle
            try:
                while True:
                    line.more()
            except OSError:
                pass
        must(worst < 3, f"somebody who reads was told after {worst:.1f} s only")
        must(grown < 64 << 20, f"memory grew by {grown >> 20} MB")
        status, _, _ = client.call("GET", "/api/v1/records/ticket?limit=5")
        must(status == 200, f"after them: {status}")
        healthy(server)
        print(f"     20 cut off within {sum(made)} events; others told in {worst * 1000:.0f} ms at most, {grown >> 20} MB more")
    finally:
        going.clear()
        for line in silent:
            line.close()
        server.stop()


def stopped_at_work(build, store_url, rounds):
    """Told to end while eight clients read and write on open connections: it ends by itself, each time with 0."""
    server, client = fresh(build, store_url)
    try:
        ids = [asked(client, "POST", "/api/v1/records/ticket", ticket(n))["id"] for n in range(4)]
        told = 0
        for _ in range(rounds):
            going = threading.Event()
            going.set()
            counts = [0] * 8

            def work(k, cookies=dict(client.cookies), port=server.port):
                c = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
                headers = {"Cookie": "; ".join(f"{n}={v}" for n, v in cookies.items())}
                try:
                    while going.is_set():
                        c.request("GET", f"/api/v1/records/ticket/{ids[k % 4]}", headers=headers)
                        r = c.getresponse()
                        r.read()
                        counts[k] += r.status == 200
                except (OSError, http.client.HTTPException):
                    pass
                finally:
                    c.close()

            threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
            for t in threads:
                t.start()
            time.sleep(0.1 + random.random() / 5)
            code = server.stop(remove=False)
            going.clear()
            for t in threads:
                t.join()
            must(code == 0, f"it ended with {code}")
            must(sum(counts) > 0, "nothing was read meanwhile")
            told += sum(counts)
            server.start()
        healthy(server)
        print(f"     {told} reads answered in {rounds} rounds")
    finally:
        server.stop()


def full_queue(build, _store_url, _rounds):
    """More than the queue holds: 503 with Retry-After at once, and what was answered is true."""
    server, client = fresh(build, args=("--workers", "2", "--queue", "4"))
    try:
        results, lock = [], threading.Lock()

        def burst(k):
            mine = Client(server, ORG, dict(client.cookies))
            for n in range(25):
                status, headers, _ = mine.call("POST", "/api/v1/records/ticket", ticket(k * 1000 + n, TEXT * 30))
                with lock:
                    results.append((status, headers.get("Retry-After"), f"第{k * 1000 + n}件：空调漏水"))

        threads = [threading.Thread(target=burst, args=(k,)) for k in range(1, 41)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        statuses = {s for s, _, _ in results}
        must(statuses <= {201, 503}, f"statuses: {statuses}")
        must(503 in statuses, "the queue never was full")
        must(all(after for s, after, _ in results if s == 503), "503 without Retry-After")
        seen = titles(server)
        must(set(seen) == {t for s, _, t in results if s == 201}, "answers and data differ")
        healthy(server)
        print(f"     {sum(1 for s, _, _ in results if s == 503)} of {len(results)} were told to come back")
    finally:
        server.stop()


BROKEN = [
    (b"GET /\r\n\r\n", None), (b"\x00\x01\x02\x03\r\n\r\n", None), (b"GET /api/v1/hello HTTP/9.9\r\n\r\n", None),
    (b"GET /api/v1/records/ticket?where=%FF%FE HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", None),
    (b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", None),
    (b"POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n", 413),
    (b"POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n", None),
    (b"POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n", None),
    (b"GET /api/v1/hello HTTP/1.1\r\n" + b"X-A: " + b"b" * 3000 + b"\r\n" + b"X-B: c\r\n" * 5000 + b"\r\n", None),
]


def broken_requests(build, _store_url, _rounds):
    """Half-sent and malformed bytes get an error or a closed socket; the server lives on."""
    server, client = fresh(build, args=("--idle-timeout", "3"))
    try:
        for raw, want in BROKEN:
            s = socket.create_connection(("127.0.0.1", server.port))
            s.settimeout(15)
            got = b""
            try:
                s.sendall(raw)
                while len(got) < 65536:
                    piece = s.recv(65536)
                    if not piece:
                        break
                    got += piece
                    if b"\r\n\r\n" in got:
                        break
            except socket.timeout as e:
                raise Fault(f"no answer and no close for {raw[:60]!r}") from e
            except OSError:
                pass
            finally:
                s.close()
            status = int(got.split(b" ")[1]) if got.startswith(b"HTTP/") else None
            must(status is None or 400 <= status < 600, f"{raw[:60]!r} was answered {status}")
            must(want is None or status == want, f"{raw[:60]!r}: expected {want}, got {status}")
            must(server.process.poll() is None, f"the server died of {raw[:60]!r}")
        rng = random.Random(7)
        for n in range(400):
            s = socket.create_connection(("127.0.0.1", server.port))
            s.send(bytes(rng.randrange(256) for _ in range(rng.randrange(1, 200))))
            s.close()
        status, _, _ = client.call("GET", "/api/v1/hello")
        must(status == 200, "the server does not answer any more")
        print(f"     {len(BROKEN)} malformed and 400 random messages")
    finally:
        server.stop()


TESTS = {"kill_9": kill_9, "kill_9_clocks": kill_9_clocks, "kill_9_owners": kill_9_owners, "full_disk": full_disk, "full_disk_of_copies": full_disk_of_copies, "stopped_at_work": stopped_at_work, "full_queue": full_queue, "slow_clients": slow_clients, "live_never_read": live_never_read, "broken_requests": broken_requests}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    passed = failed = 0
    for name in args.names or TESTS:
        t0 = time.monotonic()
        # A database of its own for each: they make the same organisation.
        postgres = Postgres() if args.store == "postgres" else None
        try:
            TESTS[name](args.build, postgres.url if postgres else None, args.rounds)
            print(f"ok   {name} ({time.monotonic() - t0:.0f} s)")
            passed += 1
        except Exception:
            print(f"FAIL {name}")
            traceback.print_exc(file=sys.stdout)
            failed += 1
        finally:
            if postgres:
                postgres.stop()
        sys.stdout.flush()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
