"""A Postfix of its own for one test: in a folder of its own, on one port of this machine, everything that comes is
delivered into one Maildir, which is read back with Python's email package. Needs root, as Postfix does."""
import email
import email.policy
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time

PROGRAMS = "/usr/lib/postfix/sbin"
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
MAIN = """
compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
command_directory = /usr/sbin
daemon_directory = {programs}
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.test.example
mydestination =
mynetworks = 127.0.0.0/8
relay_domains =
virtual_mailbox_domains = static:all
virtual_mailbox_base = {dir}/mail
virtual_mailbox_maps = static:all/
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
smtpd_recipient_restrictions = check_recipient_access inline:{{nobody@example.com=reject}}, permit_mynetworks, reject
smtpd_client_connection_rate_limit = 0
smtpd_client_message_rate_limit = 0
smtpd_tls_security_level = none
maillog_file = {dir}/log/maillog
maillog_file_prefixes = {dir}
import_environment = MAIL_CONFIG
notify_classes =
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Postfix:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="shouwen-mail-")
        self.port = free_port()
        self.running = False
        owner = pwd.getpwnam("postfix")
        os.chmod(self.dir, 0o755)
        for name in ("conf", "queue", "data", "mail", "log"):
            os.mkdir(os.path.join(self.dir, name))
        for name in ("data", "mail"):
            os.chown(os.path.join(self.dir, name), owner.pw_uid, owner.pw_gid)
        values = {"dir": self.dir, "port": self.port, "programs": PROGRAMS, "uid": owner.pw_uid, "gid": owner.pw_gid}
        for name, text in (("main.cf", MAIN), ("master.cf", MASTER)):
            with open(os.path.join(self.dir, "conf", name), "w") as f:
                f.write(text.format(**values))

    def postfix(self, word):
        done = subprocess.run(["/usr/sbin/postfix", "-c", os.path.join(self.dir, "conf"), word], capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise AssertionError(f"postfix {word}: {done.stdout}{done.stderr}{self.log()}")

    def log(self):
        try:
            with open(os.path.join(self.dir, "log/maillog")) as f:
                return f.read()[-3000:]
        except OSError:
            return ""

    def start(self):
        self.postfix("start")
        self.running = True
        end = time.monotonic() + 20
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as s:
                    assert s.recv(100).startswith(b"220"), "no greeting"
                return
            except OSError:
                if time.monotonic() > end:
                    raise AssertionError("Postfix does not answer: " + self.log())
                time.sleep(0.1)

    def stop(self):
        if self.running:
            self.postfix("stop")
            self.running = False

    def messages(self):
        """All that was delivered, parsed, oldest first."""
        found = []
        folder = os.path.join(self.dir, "mail/all/new")
        for name in os.listdir(folder) if os.path.isdir(folder) else []:
            path = os.path.join(folder, name)
            with open(path, "rb") as f:
                found.append((os.stat(path).st_mtime, name, email.message_from_bytes(f.read(), policy=email.policy.default)))
        return [m for _, _, m in sorted(found, key=lambda x: x[:2])]

    def wait_for(self, wanted, seconds=30):
        """Until wanted(messages) holds; gives the messages."""
        end = time.monotonic() + seconds
        while True:
            messages = self.messages()
            if wanted(messages):
                return messages
            if time.monotonic() > end:
                raise AssertionError(f"not there after {seconds} s; {len(messages)} came: {[str(m['Subject']) for m in messages][:20]}\n{self.log()}")
            time.sleep(0.1)

    def close(self):
        try:
            self.stop()
        finally:
            shutil.rmtree(self.dir, ignore_errors=True)
