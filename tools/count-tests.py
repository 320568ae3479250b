#!/usr/bin/env python3
"""Counts the single tests in meson's testlog.json (one JSON object a line): TAP lines of cmocka,
"N passed, N failed" of our own runners, or one for a program that prints neither.
Ends with a line "N passed, N failed"; exit code 1 when anything failed or nothing ran."""
import json
import re
import sys

passed = failed = 0
for line in open(sys.argv[1], encoding="utf-8"):
    run = json.loads(line)
    out = run.get("stdout", "") + "\n" + run.get("stderr", "")
    ok = len(re.findall(r"^ok\b(?!.*# SKIP)", out, re.M))
    bad = len(re.findall(r"^not ok\b(?!.*# SKIP)", out, re.M))  # cmocka writes a skipped test so
    for m in re.finditer(r"^(\d+) passed, (\d+) failed", out, re.M):
        ok += int(m.group(1))
        bad += int(m.group(2))
    if ok + bad == 0:
        ok, bad = (1, 0) if run["result"] == "OK" else (0, 1)
    elif run["result"] not in ("OK", "EXPECTEDFAIL", "SKIP") and bad == 0:
        bad = 1
    if bad:
        print(f"FAILED {run['name']}: {run['result']}")
    passed += ok
    failed += bad
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed or not passed else 0)
