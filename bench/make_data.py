#!/usr/bin/env python3
"""make_data.py: JSON Lines and maps of a service department's past: customers and tickets with Chinese texts.

The texts are sentences of service talk put together at random, about 200 characters a ticket; with a file of
real sentences (one a line, or a JSON file of dialogues inside a zip) these are used instead. The same seed gives
the same files. RARE is a word of two characters that stands in one ticket of a thousand, COMMON one that stands
in nearly all.
"""
import argparse
import datetime
import io
import json
import random
import zipfile

RARE = "鳄梨"
COMMON = "客户"
SINCE = datetime.datetime(2022, 1, 1)
SPAN = datetime.timedelta(days=730)
TIME_FORM = "%Y-%m-%dT%H:%M:%S"

SUBJECTS = "空调 冰箱 洗衣机 热水器 电梯 水管 燃气灶 宽带 路由器 电视 油烟机 暖气 门锁 路灯 快递 发票 会员卡 优惠券 订单 配件 显示屏 充电桩".split()
FAULTS = "不制冷 漏水 有异响 无法启动 屏幕闪烁 频繁断网 显示故障代码 插座发热 按键失灵 排水不畅 一直没有送达 金额不对 重复扣款 安装不牢 噪音很大 信号很弱".split()
TIMES = "昨天晚上 今天早上 上周三 三天前 刚刚 前天下午 国庆期间 上个月底 凌晨两点 中午十二点半 春节前 周末".split()
WISHES = "尽快派师傅上门检查 今天之内给一个答复 更换同型号的新机 退还多收的费用 由班长直接回电说明 先寄配件再收旧件 给出书面的处理意见 安排周六上午上门 把维修记录发到微信 核实后统一回复业主群".split()
TALK = ["师傅说需要等总部寄来配件大约三到五个工作日", "客户表示家里有老人和孩子天气又热实在等不了", "已经核对过购买凭证和保修卡仍在保修期内",
        "前台登记时留的电话少写了一位后来重新确认过", "物业那边建议先关闭总阀避免影响楼下住户", "照片和视频已经由客户通过微信发过来存档",
        "第一次上门时无人在家约好第二次提前半小时联系", "此前同一地址去年冬天也报过一次类似的问题", "客户提到邻居家同一批次的产品也出现过这种情况",
        "值班工程师远程指导重启后暂时恢复但夜里又出现", "如果再次超过承诺时间将按规定升级给部门负责人", "费用部分需要财务核对银行流水之后才能答复"]
STREETS = "长江路 人民路 解放大道 中山北路 建设一路 和平街 黄河东路 学院南路 滨河大道 光明巷".split()
CATEGORIES = "repair install delivery billing refund quality account usage special_service suggestion feedback help other".split()
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国志强晓东海燕文博思远雨欣子涵"


def sentence(r):
    return r.choice([
        f"{r.choice(TIMES)}{COMMON}反映{r.choice(SUBJECTS)}{r.choice(FAULTS)}，要求{r.choice(WISHES)}。",
        f"{r.choice(TALK)}，{r.choice(TALK)}。",
        f"{r.choice(STREETS)}{r.randint(1, 999)}号{r.randint(1, 30)}栋{r.randint(101, 3304)}的{r.choice(SUBJECTS)}{r.choice(FAULTS)}。",
    ])


def read_texts(path):
    raw = open(path, "rb").read()
    if path.endswith(".zip"):
        z = zipfile.ZipFile(io.BytesIO(raw))
        raw = z.read(z.namelist()[0])
    if raw.lstrip()[:1] != b"{":
        return [s for s in raw.decode().splitlines() if s]
    out = []
    for talk in json.loads(raw).values():
        out.extend(m["content"].replace(" ", "") for m in talk["messages"])
    return out


class Maker:
    def __init__(self, texts=None, seed=7):
        self.texts = read_texts(texts) if texts else None
        self.seed = seed

    def text(self, r, chars):
        out = f"{COMMON}来电："
        while len(out) < chars:
            out += r.choice(self.texts) if self.texts else sentence(r)
        return out[:chars + 20]

    def name(self, r):
        return r.choice(SURNAMES) + "".join(r.choice(GIVEN) for _ in range(r.randint(1, 2)))

    def customers(self, n):
        r = random.Random(self.seed)
        for i in range(n):
            yield {"code": f"K{i:06d}", "name": self.name(r), "mobile": f"1{r.choice('3578')}{r.randint(0, 999_999_999):09d}",
                   "address": f"{r.choice(STREETS)}{r.randint(1, 999)}号{r.randint(1, 30)}栋{r.randint(101, 3304)}"}

    def fields(self, r, i):
        """What a person types for one ticket."""
        text = self.text(r, r.randint(160, 220))
        if i % 1000 == 500:
            text = text[:100] + RARE + text[100:]
        return {"title": f"{r.choice(SUBJECTS)}{r.choice(FAULTS)}", "category": r.choice(CATEGORIES), "description": text,
                "address": f"{r.choice(STREETS)}{r.randint(1, 999)}号{r.randint(1, 30)}栋{r.randint(101, 3304)}",
                "contact_person": self.name(r), "contact_phone": f"1{r.choice('3578')}{r.randint(0, 999_999_999):09d}"}

    def tickets(self, n, customers, teams, users):
        r = random.Random(self.seed + 1)
        for i in range(n):
            at = SINCE + SPAN * i / n
            state = r.choices(["archived", "done", "working", "to_accept", "paused"], [70, 8, 13, 6, 3])[0]
            # A team's tickets lie with its own people.
            team = r.randrange(teams)
            user = team + teams * r.randrange(max(1, users // teams)) if users >= teams else r.randrange(users)
            t = self.fields(r, i)
            t.update(id=str(i), customer=f"K{r.randrange(customers):06d}", team=f"T{team:03d}", owner=f"u{user:03d}",
                     state=state, at=at.strftime(TIME_FORM),
                     due=(at + datetime.timedelta(days=r.randint(1, 9))).strftime(TIME_FORM), closed="", solution="",
                     priority=r.choices(["urgent", "high", "normal", "low"], [2, 8, 80, 10])[0])
            if state in ("archived", "done"):
                t["closed"] = (at + datetime.timedelta(hours=r.randint(1, 90))).strftime(TIME_FORM)
                t["solution"] = "已处理，客户确认恢复正常。"
            yield t


CUSTOMER_MAP = """import: bench_customers
type: customer
format: jsonl
id: code
fields:
  code: {from: code}
  name: {from: name}
  mobile: {from: mobile}
  address: {from: address}
"""
TEAM_MAP = """import: bench_teams
type: team
format: jsonl
id: code
fields:
  code: {from: code}
  name: {from: name}
"""
USER_MAP = """import: bench_users
type: user
format: jsonl
id: login
fields:
  login: {from: login}
  name: {from: name}
"""
TICKET_MAP = """import: bench_tickets
type: ticket
zone: UTC
format: jsonl
id: id
fields:
  title: {from: title}
  category: {from: category}
  description: {from: description}
  address: {from: address}
  contact_person: {from: contact_person}
  contact_phone: {from: contact_phone}
  customer: {from: customer, find: code}
  team: {from: team, find: code}
  owner: {from: owner, find: login}
  first_owner: {from: owner, find: login}
  state: {from: state}
  priority: {from: priority}
  solution: {from: solution}
  created_at: {from: at, time: "%Y-%m-%dT%H:%M:%S"}
  opened_at: {from: at, time: "%Y-%m-%dT%H:%M:%S"}
  updated_at: {from: at, time: "%Y-%m-%dT%H:%M:%S"}
  due: {from: due, time: "%Y-%m-%dT%H:%M:%S"}
  closed_at: {from: closed, time: "%Y-%m-%dT%H:%M:%S"}
"""


def write_lines(path, rows):
    with open(path, "w") as f:
        for row in rows:
            f.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")))
            f.write("\n")


def write_all(out, m, tickets, customers, teams, users):
    """Files and maps in the order they are to be imported; returns their names."""
    write_lines(f"{out}/teams.jsonl", ({"code": f"T{i:03d}", "name": f"客服{i:03d}组"} for i in range(teams)))
    write_lines(f"{out}/users.jsonl", ({"login": f"u{i:03d}", "name": f"坐席{i:03d}"} for i in range(users)))
    write_lines(f"{out}/customers.jsonl", m.customers(customers))
    write_lines(f"{out}/tickets.jsonl", m.tickets(tickets, customers, teams, users))
    for name, text in (("teams", TEAM_MAP), ("users", USER_MAP), ("customers", CUSTOMER_MAP), ("tickets", TICKET_MAP)):
        with open(f"{out}/{name}.yaml", "w") as f:
            f.write(text)
    return ["teams", "users", "customers", "tickets"]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--out", required=True)
    p.add_argument("--tickets", type=int, default=100_000)
    p.add_argument("--customers", type=int, default=20_000)
    p.add_argument("--teams", type=int, default=100)
    p.add_argument("--users", type=int, default=200)
    p.add_argument("--texts")
    a = p.parse_args()
    write_all(a.out, Maker(a.texts), a.tickets, a.customers, a.teams, a.users)


if __name__ == "__main__":
    main()
