#!/usr/bin/env python3
"""Writes the schema steps as C: embed-schema.py OUT STEP.sql ...

NNNN_name.sql holds what both databases share, NNNN_name.sqlite.sql and NNNN_name.postgres.sql
what only one has; a step is the shared part and then its own.
"""
import pathlib
import sys


def c_text(text):
    lines = text.replace("\\", "\\\\").replace('"', '\\"').split("\n")
    return "\n".join('\t"%s\\n"' % line for line in lines)


def main():
    out, files = sys.argv[1], [pathlib.Path(p) for p in sys.argv[2:]]
    texts = {f.name: f.read_text(encoding="utf-8") for f in files}
    steps = sorted({name.split(".")[0] for name in texts})
    c = ['/* Made by tools/embed-schema.py. */\n#include "store/internal.h"\n', "const struct schema_step schema_steps[] = {"]
    for step in steps:
        shared = texts.get(step + ".sql", "")
        sqlite = shared + texts.get(step + ".sqlite.sql", "")
        postgres = shared + texts.get(step + ".postgres.sql", "")
        c.append('{.number = %d,\n.name = "%s",\n.sqlite =\n%s,\n.postgres =\n%s},' % (int(step[:4]), step, c_text(sqlite), c_text(postgres)))
    c.append("};\nconst size_t schema_steps_n = sizeof(schema_steps) / sizeof(schema_steps[0]);\n")
    pathlib.Path(out).write_text("\n".join(c), encoding="utf-8")


main()
