#!/usr/bin/env python3
"""Offers as people's pages see them: what rings is told at once, one of many wins, who goes away is passed over. With one
server on SQLite, and with two on one PostgreSQL.

    python3 tests/api/queues_live.py --build build
"""
import argparse
import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from run import PASSWORD, add_user, prepare, proof  # noqa: E402
from server import Client, Live, Postgres, Server, Tally, must  # noqa: E402

ORG = "ring"


class House:
    """Two people of one team, each at a server of his own where there are two."""

    def __init__(self, servers):
        self.servers = servers
        self.ids = prepare(servers[0], ORG)
        add_user(servers[0], ORG, "agent3", "agent", ["desk"])
        self.made = 0
        self.lead = self.sign_in(0, "lead")

    def sign_in(self, at, login):
        client = Client(self.servers[at % len(self.servers)], ORG)
        client.sign_in(login, PASSWORD)
        return client

    def release(self, title=None):
        """One more matter that nobody has."""
        self.made += 1
        status, _, made = self.lead.call("POST", "/api/v1/records/ticket", {"fields": {"title": title or f"第{self.made}件", "description": "排队", "category": "usage", "team": self.ids["team_desk"]}})
        must(status == 201, f"create: {status} {made}")
        status, _, body = self.lead.call("POST", f"/api/v1/records/ticket/{made['id']}/do/release", {"fields": {"reason": "请空闲的人接"}}, {"If-Match": f'"{made["version"]}"'})
        must(status == 200, f"release: {status} {body}")
        return made["id"]

    def presence(self, client, presence):
        must(client.call("PUT", "/api/v1/session/presence", {"presence": presence})[0] == 204, "presence")

    def owner(self, ticket):
        return (self.lead.call("GET", f"/api/v1/records/ticket/{ticket}")[2]["fields"]["owner"] or {}).get("label")

    def board(self):
        return next(q for q in self.lead.call("GET", "/api/v1/queues")[2]["queues"] if q["name"] == "hotline")


def line_of(client):
    line = Live(client)
    must(line.status == 101, f"upgrade: {line.status}")
    line.until(lambda m: "hello" in m)
    return line


def rings_and_is_taken(house):
    """Told at once, with what he may know of it; taken on two pages at the same time it is taken once."""
    mine, page = house.sign_in(0, "agent"), house.sign_in(1, "agent")
    line = line_of(mine)
    ticket = house.release()
    offer = line.until(lambda m: "offer" in m, 20)[0]["offer"]  # an organisation just made is found within seconds
    must(offer["record"]["id"] == ticket and offer["queue"]["name"] == "hotline" and offer["until"], f"{offer}")
    answers = []
    threads = [threading.Thread(target=lambda c=c: answers.append(c.call("POST", f"/api/v1/offers/{offer['id']}/accept"))) for c in (mine, page)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    must(sorted(a[0] for a in answers) == [200, 409], f"{[a[0] for a in answers]}")
    line.until(lambda m: m.get("offer_gone") == offer["id"], 8)
    must(house.owner(ticket) == "李婷", f"owner: {house.owner(ticket)}")
    line.close()
    house.presence(mine, "meal")


def goes_on_when_he_goes(house):
    """His connection is gone while it rings: within ten seconds it rings at the next, and he is offline."""
    first, second = house.sign_in(0, "agent"), house.sign_in(1, "agent3")
    house.presence(second, "meal")
    line = line_of(first)
    house.presence(first, "idle")
    ticket = house.release()
    offer = line.until(lambda m: "offer" in m, 8)[0]["offer"]
    other = line_of(second)
    house.presence(second, "idle")
    line.close()
    began = time.monotonic()
    told = other.until(lambda m: "offer" in m, 10)[0]["offer"]
    must(told["record"]["id"] == ticket and told["id"] != offer["id"], f"{told}")
    must(time.monotonic() - began < 10, f"it took {time.monotonic() - began:.1f} s")
    seat = next(p for p in house.board()["people"] if p["label"] == "李婷")
    must(seat["presence"] == "offline" and not seat["ringing"], f"{seat}")
    status, _, body = first.call("POST", f"/api/v1/offers/{offer['id']}/accept")
    must(status == 409, f"{status} {body}")
    status, _, body = second.call("POST", f"/api/v1/offers/{told['id']}/accept")
    must(status == 200, f"{status} {body}")
    status, _, body = first.call("POST", f"/api/v1/offers/{offer['id']}/accept")
    must(status == 409 and "agent3" in body["error"]["problems"][0]["detail"], f"{status} {body}")
    other.close()
    house.presence(second, "meal")


def one_at_a_time(house):
    """Many matters, two people who take what rings: each gets one after the other, each matter has one owner, in order."""
    people = [house.sign_in(i, login) for i, login in enumerate(("agent", "agent3"))]
    tickets = [house.release() for _ in range(24)]
    taken, lock, over = [], threading.Lock(), threading.Event()

    def work(client):
        house.presence(client, "idle")
        while not over.is_set():
            offers = client.call("GET", "/api/v1/offers")[2]["offers"]
            assert len(offers) <= 1, offers
            for offer in offers:
                status, _, body = client.call("POST", f"/api/v1/offers/{offer['id']}/accept")
                with lock:
                    taken.append((offer["record"]["id"], status))
            time.sleep(0.05)

    threads = [threading.Thread(target=work, args=(p,)) for p in people]
    for t in threads:
        t.start()
    end = time.monotonic() + 60
    while house.board()["waiting"] and time.monotonic() < end:
        time.sleep(0.2)
    over.set()
    for t in threads:
        t.join()
    must([s for _, s in taken] == [200] * len(tickets), f"{taken}")
    must([t for t, _ in taken] == tickets or sorted(t for t, _ in taken) == sorted(tickets), "each once")
    # two people answer at their own pace: no one of the first half comes after the last of the second
    order = [tickets.index(t) for t, _ in taken]
    must(all(abs(at - n) <= 3 for n, at in enumerate(order)), f"out of order: {order}")
    for client in people:
        house.presence(client, "meal")


def passed_on(house, second, leave):
    """It rings at the first; he goes by `leave`; within ten seconds it rings at the second, who takes it."""
    first = house.sign_in(0, "agent")
    line, other = line_of(first), line_of(second)
    house.presence(second, "meal")
    house.presence(first, "idle")
    ticket = house.release()
    offer = line.until(lambda m: "offer" in m, 8)[0]["offer"]
    must(offer["record"]["id"] == ticket, f"{offer}")
    house.presence(second, "idle")
    began = time.monotonic()
    leave(first)
    told = other.until(lambda m: "offer" in m, 10)[0]["offer"]
    must(told["record"]["id"] == ticket and time.monotonic() - began < 10, f"{told} after {time.monotonic() - began:.1f} s")
    must(first.call("POST", f"/api/v1/offers/{offer['id']}/accept")[0] in (401, 409), "the one who left took it all the same")
    status, _, body = second.call("POST", f"/api/v1/offers/{told['id']}/accept")
    must(status == 200 and house.owner(ticket) == "agent3", f"{status} {body}")
    house.presence(second, "meal")
    line.close()
    other.close()
    return ticket


def goes_on_when_he_is_absent(house):
    """He says that he is away while it rings; back again, it rings at him as before."""
    second = house.sign_in(1, "agent3")
    passed_on(house, second, lambda c: must(c.call("PUT", "/api/v1/session/absence", {"from": "2020-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z"})[0] == 200, "absence"))
    first = house.sign_in(0, "agent")
    must(first.call("PUT", "/api/v1/session/absence", {"from": None, "until": None})[0] == 200, "absence")
    house.presence(first, "meal")


def goes_on_when_he_leaves(house):
    """He is made inactive while it rings: the matter goes to the next, not with his others to his deputy."""
    admin, second = house.sign_in(0, "admin"), house.sign_in(1, "agent3")

    def leave(_):
        user = admin.call("GET", f"/api/v1/records/user/{house.ids['user_agent']}")[2]
        status, _, body = admin.call("PATCH", f"/api/v1/records/user/{user['id']}", {"fields": {"active": False}}, {"If-Match": f'"{user["version"]}"'})
        must(status == 200, f"{status} {body}")

    passed_on(house, second, leave)
    must(all(p["label"] != "李婷" for p in house.board()["people"]), "who left is on the board")


def boards_hear_of_presence(house):
    """An open board is told at once when a colleague is busy, gone, or back."""
    lead, mine = house.sign_in(0, "lead"), house.sign_in(1, "agent3")
    seen = lambda: next(p["presence"] for p in house.board()["people"] if p["label"] == "agent3")  # noqa: E731
    house.presence(mine, "meal")
    line = line_of(lead)
    line.say({"queues": True})
    for said in ("meeting", "offline", "meal", "meeting"):
        began = time.monotonic()
        house.presence(mine, said)
        line.until(lambda m: m.get("queues"), 8)
        must(seen() == said, f"the board has {seen()}, not {said}")
        must(time.monotonic() - began < 8, f"it took {time.monotonic() - began:.1f} s")
    line.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True)
    args = parser.parse_args()
    postgres, tally = Postgres(), Tally()
    for url, n in ((None, 1), (postgres.url, 2)):
        servers = [Server(args.build, url) for _ in range(n)]
        try:
            for server in servers:
                server.start()
            house = House(servers)
            for test in (rings_and_is_taken, goes_on_when_he_goes, one_at_a_time, goes_on_when_he_is_absent, goes_on_when_he_leaves, boards_hear_of_presence):
                tally.run(f"{test.__name__} ({'postgres, two servers' if url else 'sqlite'})", test, house)
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
