#!/usr/bin/env python3
"""Messages that leave, with a real mail server (Postfix on a port of its own) and a real receiver of webhooks:
what arrives, what waits while nobody is there, what a kill -9 leaves.

    python3 tests/mail/run.py --build build [--rounds 20] [--outage SECONDS] [--store sqlite|postgres] [NAME…]
"""
import argparse
import datetime
import hashlib
import hmac
import http.server
import json
import os
import random
import signal
import sys
import threading
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "api"))
from postfix import Postfix, free_port  # noqa: E402
from run import PASSWORD, prepare  # noqa: E402
from server import Client, Postgres, Server  # noqa: E402

ORG = "mail"
SECRET = "一个只有两边知道的词-7f3a"
RULES = {
    "by_mail": "on: [created]\nwhen: priority = normal\ndo: [{mail: lead, text: \"新工单 {number}：{title}\"}, {notify: lead, text: 有新工单}]",
    "quietly": "on: [created]\nwhen: priority = low\ndo: [{notify: lead, text: 不急的工单}]",
    "urgently": "on: [created]\nwhen: priority = urgent\ndo: [{notify: lead, text: 紧急工单, urgent: true}]",
    "fell_due": "at: due\nwhen: order_no = 'K'\ndo: [{notify: lead, text: 到点了}, {mail: lead, text: \"{number} 到点了\"}, {count: supplements}]",
    "texted": "on: [created]\nwhen: priority = low and customer is not empty\ndo: [{sms: customer, text: \"{company}：{number} 已登记\"}]",
    "called": "on: [created]\nwhen: priority = high\ndo: [{webhook: erp, fields: [number, title, priority]}]",
}


class Fault(AssertionError):
    pass


def must(condition, what):
    if not condition:
        raise Fault(what)


class Desk:
    """A server with an organisation whose mail goes to `postfix`."""

    def __init__(self, build, store_url, postfix):
        self.postfix = postfix
        self.server = Server(build, store_url)
        self.server.start()
        self.ids = prepare(self.server, ORG)
        self.clients = {}
        self.call("admin", "PUT", "/api/v1/settings", {"settings": {
            "mail.url": f"smtp://127.0.0.1:{postfix.port}", "mail.from": "kefu@shouwen.example", "mail.name": "演示公司客服部",
            "site.url": "https://desk.example/", "webhook.reach": "local", "webhook.erp.secret": SECRET}}, 204)
        for login in ("lead", "agent"):
            status, _, user = self.client("admin").call("GET", f"/api/v1/records/user/{self.ids['user_' + login]}")
            must(status == 200, f"user: {status}")
            self.call("admin", "PATCH", f"/api/v1/records/user/{user['id']}", {"fields": {"email": f"{login}@example.com"}}, 200, {"If-Match": f'"{user["version"]}"'})
        files = [{"pack": "core", "path": f"rules/test_{name}.yaml", "body": f"rule: test_{name}\ntype: ticket\n{text}\n"}
                 for name, text in RULES.items()]
        self.call("admin", "POST", "/api/v1/packs/apply", {"files": files}, 204)

    def client(self, login):
        if login not in self.clients:
            self.clients[login] = Client(self.server, ORG)
            self.clients[login].sign_in(login, PASSWORD)
        return self.clients[login]

    def call(self, login, method, path, body=None, status=200, headers=None):
        got, _, answer = self.client(login).call(method, path, body, headers)
        must(got == status, f"{method} {path}: {got} {answer}")
        return answer

    def ticket(self, title, priority="normal", **fields):
        return self.call("agent", "POST", "/api/v1/records/ticket", {"fields": {"title": title, "description": "见标题", "priority": priority, **fields}}, 201)

    def outgoing(self, query=""):
        rows, after = [], ""
        while True:
            page = self.call("admin", "GET", f"/api/v1/outgoing?limit=200{query}{after}")
            rows += page["rows"]
            if not page["next"]:
                return rows
            after = f"&after={page['next']}"

    def wait_outgoing(self, wanted, seconds=40, query=""):
        end = time.monotonic() + seconds
        while True:
            rows = self.outgoing(query)
            if wanted(rows):
                return rows
            must(time.monotonic() < end, f"not so after {seconds} s: {json.dumps(rows, ensure_ascii=False)[:1500]}")
            time.sleep(0.2)

    def stop(self, remove=True):
        self.server.stop(remove=remove)


def text_of(message, kind):
    return message.get_body(preferencelist=(kind,)).get_content()


def subjects(messages):
    return [str(m["Subject"]) for m in messages]


# ---- what arrives ------------------------------------------------------------------------------------------


def delivery(desk, rounds):
    """One ticket, one mail: sender, subject, words, link and Message-ID as they were written down."""
    made = desk.ticket("三号楼空调漏水 <b>&急</b>")
    number = made["fields"]["number"]
    messages = desk.postfix.wait_for(lambda all_: any(number in s for s in subjects(all_)))
    mail = [m for m in messages if number in str(m["Subject"])][0]
    row = [r for r in desk.wait_outgoing(lambda rows: any(r["record"] and r["record"]["id"] == made["id"] and r["state"] == "sent" for r in rows))
           if r["record"] and r["record"]["id"] == made["id"]][0]
    must(mail["From"].addresses[0].addr_spec == "kefu@shouwen.example" and mail["From"].addresses[0].display_name == "演示公司客服部", f"from: {mail['From']}")
    must(mail["To"].addresses[0].addr_spec == "lead@example.com", f"to: {mail['To']}")
    must(str(mail["Subject"]).startswith("工单 ") and "三号楼空调漏水" in str(mail["Subject"]), f"subject: {mail['Subject']}")
    must(mail["Message-ID"] == row["message_id"] and row["message_id"].endswith("@shouwen.example>"), f"message id: {mail['Message-ID']} {row}")
    plain, html = text_of(mail, "plain"), text_of(mail, "html")
    must(f"新工单 {number}：三号楼空调漏水 <b>&急</b>" in plain, plain)
    must(f"https://desk.example/o/{ORG}/r/ticket/{made['id']}" in plain, plain)
    must("&lt;b&gt;&amp;急&lt;/b&gt;" in html and f'<a href="https://desk.example/o/{ORG}/r/ticket/{made["id"]}">' in html, html)
    must(mail["Auto-Submitted"] == "auto-generated" and mail["Date"].datetime.tzinfo is not None, "headers")
    must(row["address"] == "l***@example.com" and row["tries"] == 1 and row["sent_at"], f"row: {row}")


def secrets(desk, rounds):
    """Secrets are never read back; nothing a setting or a title holds becomes a header."""
    desk.call("admin", "PUT", "/api/v1/settings", {"settings": {"mail.password": "geheim-8811"}}, 204)
    shown = desk.call("admin", "GET", "/api/v1/settings")["settings"]
    must(shown["mail.password"] is True and shown["webhook.erp.secret"] is True and shown["sms.secret"] is False, f"{shown}")
    must("geheim-8811" not in json.dumps(shown) and SECRET not in json.dumps(shown, ensure_ascii=False), "a secret is told")
    desk.call("admin", "PUT", "/api/v1/settings", {"settings": {"mail.password": None}}, 204)
    for bad in ({"mail.name": "x\r\nBcc: spy@example.com"}, {"mail.from": "a@b.example>\r\nBcc: <spy@example.com"}, {"mail.url": "file:///etc/passwd"}, {"unknown.name": "x"}):
        desk.call("admin", "PUT", "/api/v1/settings", {"settings": bad}, 422)
    desk.call("agent", "PUT", "/api/v1/settings", {"settings": {"mail.name": "x"}}, 403)
    desk.call("agent", "GET", "/api/v1/outgoing", None, 403)
    made = desk.ticket("标题里没有\r\nBcc: spy@example.com\r\n\r\n第二段")
    number = made["fields"]["number"]
    mail = [m for m in desk.postfix.wait_for(lambda all_: any(number in s for s in subjects(all_))) if number in str(m["Subject"])][0]
    must(mail["Bcc"] is None and len(mail.get_all("To")) == 1, f"{mail.items()}")
    said = desk.call("admin", "POST", "/api/v1/settings/mail/test", {"to": "boss@example.com"})
    must(said["ok"] and said["said"].startswith("250"), f"{said}")
    desk.postfix.wait_for(lambda all_: any(m["To"].addresses[0].addr_spec == "boss@example.com" and "邮件测试" in str(m["Subject"]) for m in all_))
    refused = desk.call("admin", "POST", "/api/v1/settings/mail/test", {"to": "nobody@example.com"})
    must(not refused["ok"] and "reject" in refused["said"].lower(), f"{refused}")
    desk.call("admin", "POST", "/api/v1/settings/mail/test", {"to": "two@example.com,three@example.com"}, 422)


# ---- nobody is there ------------------------------------------------------------------------------------------


def away(desk, rounds):
    """The mail server is gone, as long as --outage says: nothing is lost, nothing comes twice, and the desk goes on as before."""
    desk.postfix.stop()
    numbers, slowest, over = [], 0, time.monotonic() + desk.outage
    while len(numbers) < 20 or time.monotonic() < over:
        began = time.monotonic()
        numbers.append(desk.ticket(f"停机时的第 {len(numbers)} 件")["fields"]["number"])
        slowest = max(slowest, time.monotonic() - began)
        time.sleep(desk.outage / 240)
    must(slowest < 2, f"a ticket took {slowest:.1f} s while the mail server was away")
    waiting = desk.wait_outgoing(lambda rows: sum(r["tries"] > 0 for r in rows) >= 5, query="&state=waiting")
    must(all(r["last_error"] for r in waiting if r["tries"]), f"{waiting[:3]}")
    gone = desk.outgoing("&state=waiting")[0]
    desk.call("admin", "POST", f"/api/v1/outgoing/{gone['id']}/withdraw", None, 204)
    desk.call("admin", "POST", f"/api/v1/outgoing/{gone['id']}/withdraw", None, 409)
    withdrawn = [n for n in numbers if n in gone["subject"]][0]
    desk.postfix.start()
    # Between two tries of the same mail lie ten minutes at most.
    desk.wait_outgoing(lambda rows: not rows, 90 + min(desk.outage, 660), "&state=waiting")
    wanted = [n for n in numbers if n != withdrawn]
    messages = desk.postfix.wait_for(lambda all_: all(any(n in s for s in subjects(all_)) for n in wanted))
    for n in wanted:
        must(sum(n in s for s in subjects(messages)) == 1, f"{n} came more than once")
    must(not any(withdrawn in s for s in subjects(messages)), "what was withdrawn came all the same")
    desk.call("admin", "POST", f"/api/v1/outgoing/{gone['id']}/again", None, 204)
    desk.postfix.wait_for(lambda all_: any(withdrawn in s for s in subjects(all_)))


def refused(desk, rounds):
    """An address that the server refuses is dead at once, with what it said, and can be sent again when it is right."""
    user = desk.call("admin", "GET", f"/api/v1/records/user/{desk.ids['user_lead']}")
    desk.call("admin", "PATCH", f"/api/v1/records/user/{user['id']}", {"fields": {"email": "nobody@example.com"}}, 200, {"If-Match": f'"{user["version"]}"'})
    made = desk.ticket("地址不对")
    row = desk.wait_outgoing(lambda rows: any(r["record"]["id"] == made["id"] for r in rows), query="&state=dead")[0]
    must("reject" in row["last_error"].lower() and row["tries"] == 1, f"{row}")
    user = desk.call("admin", "GET", f"/api/v1/records/user/{desk.ids['user_lead']}")
    desk.call("admin", "PATCH", f"/api/v1/records/user/{user['id']}", {"fields": {"email": "lead@example.com"}}, 200, {"If-Match": f'"{user["version"]}"'})


# ---- how one wants to be told -----------------------------------------------------------------------------------


def clock(minutes):
    at = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))) + datetime.timedelta(minutes=minutes)
    return at.strftime("%H:%M")


def notices(desk, login):
    return desk.call(login, "GET", "/api/v1/notices?limit=200")


def quiet_hours(desk, rounds):
    """Quiet hours hold a mail back, not the notice; what is urgent comes at once."""
    desk.call("lead", "PUT", "/api/v1/notices/choices", {"choices": {"mail": {"notified": True}, "quiet": {"from": clock(-60), "to": clock(120)}, "digest": None}}, 200)
    unread = notices(desk, "lead")["unread"]
    held, urgent = desk.ticket("夜里不急的事", "low"), desk.ticket("夜里急的事", "urgent")
    seen = notices(desk, "lead")
    must(seen["unread"] == unread + 2, f"unread: {unread} -> {seen['unread']}")
    desk.postfix.wait_for(lambda all_: any(urgent["fields"]["number"] in s for s in subjects(all_)))
    row = [r for r in desk.outgoing("&state=waiting") if r["record"]["id"] == held["id"]]
    must(len(row) == 1 and row[0]["tries"] == 0, f"{row}")
    must(not any(held["fields"]["number"] in s for s in subjects(desk.postfix.messages())), "a mail came in quiet hours")
    desk.call("admin", "POST", f"/api/v1/outgoing/{row[0]['id']}/again", None, 204)
    desk.postfix.wait_for(lambda all_: any(held["fields"]["number"] in s for s in subjects(all_)))
    desk.call("lead", "PUT", "/api/v1/notices/choices", {"choices": {"mail": {}, "quiet": None, "digest": None}}, 200)


def digest(desk, rounds):
    """One mail a day with all that was told since; what is urgent does not wait for it."""
    desk.call("lead", "PUT", "/api/v1/notices/choices", {"choices": {"mail": {"notified": True}, "quiet": None, "digest": clock(1)}}, 200)
    desk.call("lead", "PUT", "/api/v1/notices/choices", {"choices": {"digest": "25:00"}}, 422)
    made = [desk.ticket(f"汇总里的第 {n} 件", "low")["fields"]["number"] for n in range(5)]
    urgent = desk.ticket("不等汇总", "urgent")["fields"]["number"]
    desk.postfix.wait_for(lambda all_: any(urgent in s for s in subjects(all_)))
    must(not any(n in s for n in made for s in subjects(desk.postfix.messages())), "a mail came besides the digest")
    messages = desk.postfix.wait_for(lambda all_: any("今日提醒" in s for s in subjects(all_)), 75)
    mails = [m for m in messages if "今日提醒" in str(m["Subject"])]
    must(len(mails) == 1, f"{len(mails)} digests")
    must(all(n in text_of(mails[0], "plain") for n in made), text_of(mails[0], "plain"))
    desk.call("lead", "PUT", "/api/v1/notices/choices", {"choices": {"mail": {}, "quiet": None, "digest": None}}, 200)


# ---- kill -9 ---------------------------------------------------------------------------------------------------


def soon(seconds):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def told(desk, words):
    """How often the lead was told these words, by record."""
    count, after = {}, ""
    while True:
        page = desk.call("lead", "GET", f"/api/v1/notices?limit=200{after}")
        for notice in page["notices"]:
            count[notice["record"]] = count.get(notice["record"], 0) + (words in notice["text"]["zh"])
        if len(page["notices"]) < 200:
            return count
        after = f"&after={page['notices'][-1]['id']}"


def kill_9(desk, rounds):
    """Killed at random moments around a rule's moment and around sending: what fell due had its effect and its notice
    exactly once, each mail came at least once, always under the Message-ID that was written down first."""
    made, due = {}, {}
    for n in range(rounds):
        for k in range(3):
            ticket = desk.ticket(f"第 {n}-{k} 件")
            made[ticket["id"]] = ticket["fields"]["number"]
            ticket = desk.ticket(f"到点 {n}-{k}", "low", order_no="K", due=soon(0.2 + random.random() * 0.4))
            due[ticket["id"]] = ticket["fields"]["number"]
        time.sleep(random.random() * 0.7)
        desk.server.stop(sig=signal.SIGKILL, remove=False)
        desk.server.start()
    desk.wait_outgoing(lambda rows: not rows, 120, "&state=waiting")
    end = time.monotonic() + 60
    while set(due) - {record for record, n in told(desk, "到点了").items() if n}:
        must(time.monotonic() < end, "something that fell due was lost")
        time.sleep(0.5)
    desk.wait_outgoing(lambda rows: not rows, 120, "&state=waiting")
    rows = {}
    for r in desk.outgoing("&kind=mail"):
        if r["record"]:
            rows.setdefault(r["record"]["id"], []).append(r["message_id"])
    everything = {**made, **due}
    messages = desk.postfix.wait_for(lambda all_: all(any(x in s for s in subjects(all_)) for x in everything.values()))
    doubled = 0
    for words, group in (("有新工单", made), ("到点了", due)):
        count = told(desk, words)
        for record, number in group.items():
            mails = [str(m["Message-ID"]) for m in messages if number in str(m["Subject"])]
            must(len(rows[record]) == 1 and set(mails) == set(rows[record]), f"{number}: {mails} {rows[record]}")
            must(count.get(record) == 1, f"{number}: told {count.get(record)} times: {words}")
            doubled += len(mails) - 1
    for record in due:
        got = desk.call("agent", "GET", f"/api/v1/records/ticket/{record}")
        must(got["fields"]["supplements"] == 1, f"{record} was counted {got['fields']['supplements']} times")
    print(f"     {rounds} kills, {len(everything)} mails, {doubled} came twice under their one Message-ID")
    for command in ("verify", "rebuild"):
        done = desk.server.cli(command, "--org", ORG, check=False)
        must(done.returncode == 0 and (command == "verify" or "0 changed" in done.stdout), f"{command}: {done.stdout}{done.stderr}")


# ---- webhooks ----------------------------------------------------------------------------------------------------


class Receiver(http.server.ThreadingHTTPServer):
    """Takes calls; answers with the next of `answers`, then 200."""

    def __init__(self):
        self.calls, self.answers = [], []
        super().__init__(("127.0.0.1", free_port()), Take)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Take(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.answers.pop(0) if self.server.answers else 200
        self.server.calls.append((self.path, dict(self.headers), body, status))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        self.end_headers()
        self.wfile.write(b"thanks" if status == 200 else b"not now")

    def log_message(self, *args):
        pass


def webhook(desk, rounds):
    """Signed, tried again after 500s under the same delivery, never redirected, never where it may not go."""
    receiver = Receiver()
    url = f"http://127.0.0.1:{receiver.server_port}/in"
    desk.call("admin", "PUT", "/api/v1/settings", {"settings": {"webhook.erp.url": url}}, 204)
    receiver.answers = [500, 503]
    made = desk.ticket("推送给 ERP", "high")
    row = desk.wait_outgoing(lambda rows: any(r["state"] == "sent" for r in rows), 60, "&kind=webhook")[0]
    must(row["tries"] == 3 and row["address"] == "erp", f"{row}")
    must([c[3] for c in receiver.calls] == [500, 503, 200], f"{[c[3] for c in receiver.calls]}")
    must(len({c[1]["X-Shouwen-Delivery"] for c in receiver.calls}) == 1, "deliveries differ")
    for _, headers, body, _ in receiver.calls:
        signed = hmac.new(SECRET.encode(), headers["X-Shouwen-Timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
        must(headers["X-Shouwen-Signature"] == "sha256=" + signed, "the signature is wrong")
        must(abs(int(headers["X-Shouwen-Timestamp"]) - time.time()) < 120, "the timestamp is old")
    said = json.loads(receiver.calls[-1][2])
    must(said["id"] == made["id"] and said["fields"] == {"number": made["fields"]["number"], "title": "推送给 ERP", "priority": "high"}, f"{said}")
    receiver.answers = [302]
    desk.ticket("不跟转向", "high")
    dead = desk.wait_outgoing(lambda rows: len(rows) == 1, query="&kind=webhook&state=dead")
    must("302" in dead[0]["last_error"] and not any(c[0] == "/elsewhere" for c in receiver.calls), f"{dead}")
    desk.call("admin", "PUT", "/api/v1/settings", {"settings": {"webhook.reach": None}}, 204)
    desk.ticket("不许连本机", "high")
    dead = desk.wait_outgoing(lambda rows: len(rows) == 2, query="&kind=webhook&state=dead")
    must("webhook.reach" in dead[0]["last_error"], f"{dead[0]}")
    desk.call("admin", "PUT", "/api/v1/settings", {"settings": {"webhook.reach": "local", "webhook.erp.url": "http://169.254.169.254/latest"}}, 204)
    desk.ticket("不许连云主机的钥匙", "high")
    dead = desk.wait_outgoing(lambda rows: len(rows) == 3, query="&kind=webhook&state=dead")
    must("webhook.reach" in dead[0]["last_error"], f"{dead[0]}")
    sms(desk, receiver)
    receiver.shutdown()


def sms(desk, receiver):
    """Short messages: dead with a reason while there is no gateway, then signed as calls are."""
    customer = desk.call("agent", "POST", "/api/v1/records/customer", {"fields": {"name": "周涛", "mobile": "13712345678"}}, 201)
    made = desk.call("agent", "POST", "/api/v1/records/ticket", {"fields": {"title": "发短信", "description": "见标题", "priority": "low", "customer": customer["id"]}}, 201)
    row = desk.wait_outgoing(lambda rows: len(rows) == 1, query="&kind=sms&state=dead")[0]
    must("sms.url" in row["last_error"] and row["address"] == "137****5678", f"{row}")
    desk.call("admin", "PUT", "/api/v1/settings", {"settings": {"sms.url": f"http://127.0.0.1:{receiver.server_port}/sms", "sms.secret": SECRET}}, 204)
    desk.call("admin", "POST", f"/api/v1/outgoing/{row['id']}/again", None, 204)
    desk.wait_outgoing(lambda rows: len(rows) == 1, query="&kind=sms&state=sent")
    _, headers, body, _ = [c for c in receiver.calls if c[0] == "/sms"][0]
    said = json.loads(body)
    must(said["to"] == "13712345678" and f"{made['fields']['number']} 已登记" in said["text"] and said["id"] == row["message_id"], f"{said}")
    signed = hmac.new(SECRET.encode(), headers["X-Shouwen-Timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
    must(headers["X-Shouwen-Signature"] == "sha256=" + signed, "the signature is wrong")


CASES = (delivery, secrets, quiet_hours, refused, away, webhook, digest, kill_9)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--outage", type=int, default=0, help="how long the mail server is away, in seconds")
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    if os.getuid() != 0:  # as Postfix wants it
        os.execvp("sudo", ["sudo", "-n", sys.executable, *sys.argv])
    postgres = Postgres() if args.store == "postgres" else None
    postfix = Postfix()
    passed = failed = 0
    desk = None
    try:
        postfix.start()
        desk = Desk(args.build, postgres.url if postgres else None, postfix)
        desk.outage = args.outage
        for case in CASES:
            if args.names and case.__name__ not in args.names:
                continue
            began = time.monotonic()
            try:
                case(desk, args.rounds)
                passed += 1
                print(f"ok   {case.__name__} ({time.monotonic() - began:.1f} s)", flush=True)
            except Exception as e:  # noqa: BLE001 the next case goes on
                failed += 1
                print(f"FAIL {case.__name__}: {e}", flush=True)
                if not isinstance(e, Fault):
                    traceback.print_exc()
    finally:
        if desk:
            if failed:
                print(desk.server.tail())
            desk.stop()
        postfix.close()
        if postgres:
            postgres.stop()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
