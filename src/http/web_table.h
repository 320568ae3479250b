/* web_table.h: the built web, as embed_web.py puts it into the program; sorted by path. */
#ifndef SHOUWEN_HTTP_WEB_TABLE_H
#define SHOUWEN_HTTP_WEB_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct web_bytes {
	const unsigned char *bytes; /* NULL: no such variant */
	size_t n;
};

enum { WEB_PLAIN, WEB_BR, WEB_GZ, WEB_VARIANTS };

struct web_file {
	const char *path, *mime, *tag;
	bool frozen; /* its name changes with its content */
	struct web_bytes variants[WEB_VARIANTS];
};

extern const struct web_file web_table[];
extern const size_t n_web_table;

#endif
