#!/usr/bin/env python3
"""embed_web.py DIST OUT.c: the built web as bytes in the program, and the table of them.

Each file FILE may lie beside FILE.br and FILE.gz. Writes OUT.c only when it would change, so that
nothing is compiled for nothing. Without DIST/index.html the table is empty.
"""
import hashlib
import os
import sys

MIMES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon", ".webp": "image/webp", ".jpg": "image/jpeg",
    ".json": "application/json; charset=utf-8", ".txt": "text/plain; charset=utf-8", ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}


def files_of(dist):
    for folder, _, names in os.walk(dist):
        for name in names:
            path = os.path.join(folder, name)
            ext = os.path.splitext(name)[1]
            if ext in MIMES and not name.startswith(".") and name != "manifest.json":
                yield "/" + os.path.relpath(path, dist), path, MIMES[ext]


def blob(lines, number, path):
    with open(path, "rb") as f:
        digest = hashlib.blake2b(f.read(), digest_size=12).hexdigest()
    size = os.path.getsize(path)
    quoted = os.path.abspath(path).replace("\\", "\\\\").replace('"', '\\"')
    lines.append(f"/* {digest} */")
    lines.append(f'__asm__(".section .rodata\\n.balign 16\\nweb_blob_{number}:\\n.incbin \\"{quoted}\\"\\n.previous\\n");')
    lines.append(f"extern const unsigned char web_blob_{number}[];")
    return size, digest


def main(dist, out):
    lines = ["/* Made by embed_web.py. */", '#include "http/web_table.h"', ""]
    rows = []
    number = 0
    found = sorted(files_of(dist), key=lambda f: f[0].encode()) if os.path.exists(os.path.join(dist, "index.html")) else []
    for url, path, mime in found:
        cells = []
        tag = ""
        for suffix in ("", ".br", ".gz"):
            if os.path.exists(path + suffix):
                size, digest = blob(lines, number, path + suffix)
                tag = tag or digest
                cells.append(f"{{web_blob_{number}, {size}}}")
                number += 1
            else:
                cells.append("{0, 0}")
        frozen = "true" if url.startswith("/assets/") else "false"
        rows.append(f'\t{{"{url}", "{mime}", "\\"{tag}\\"", {frozen}, {{{", ".join(cells)}}}}},')
    lines += ["", "const struct web_file web_table[] = {"] + rows + ["\t{0, 0, 0, false, {{0, 0}, {0, 0}, {0, 0}}},", "};"]
    lines += [f"const size_t n_web_table = {len(rows)};", ""]
    text = "\n".join(lines)
    if os.path.exists(out):
        with open(out, encoding="utf-8") as f:
            if f.read() == text:
                return
    with open(out, "w", encoding="utf-8") as f:
        f.write(text)


main(sys.argv[1], sys.argv[2])
