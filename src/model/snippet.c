/*
 * snippet.c: hits in a text as it was written. Words are compared folded (full width, case), so each
 * folded byte remembers the character it came from.
 */
#include "model/snippet.h"

#include <string.h>

enum { AROUND_CHARS = 24, MARKS_MAX = 24, FOLD_GROW = 4 };

struct folded {
	char *text;
	size_t len;
	uint32_t *from; /* byte of text -> byte of the original where its character begins */
};

static size_t char_bytes(const char *s, size_t left)
{
	size_t n = 1;
	while (n < left && ((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* Characters that folding leaves as they are: most of a Chinese text. */
static bool is_plain(const char *s, size_t n)
{
	unsigned char c = (unsigned char)s[0];
	return (n == 1 && c < 0x80 && !(c >= 'A' && c <= 'Z')) || (n == 3 && c >= 0xe4 && c <= 0xe9);
}

static struct folded fold(struct arena *a, const char *s, size_t len)
{
	struct folded f = {.text = arena_alloc(a, len * FOLD_GROW + 1),
	                   .from = ARENA_ARRAY(a, len * FOLD_GROW + 2, uint32_t)};
	for (size_t i = 0, n; i < len; i += n) {
		n = char_bytes(s + i, len - i);
		const char *bytes = s + i;
		size_t size = n;
		if (!is_plain(bytes, n)) {
			bytes = text_fold(a, s + i, n);
			size = strlen(bytes);
		}
		/* A few signs fold to long words; beyond our room they stay as they are. */
		if (f.len + size > len * FOLD_GROW - (len - i - n)) {
			bytes = s + i;
			size = n;
		}
		memcpy(f.text + f.len, bytes, size);
		for (size_t k = 0; k < size; k++)
			f.from[f.len + k] = (uint32_t)i;
		f.len += size;
	}
	f.from[f.len] = (uint32_t)len;
	return f;
}

bool text_has_runs(struct arena *a, const char *s, size_t len, const struct text_query *query, bool *seen)
{
	struct arena_mark mark = arena_mark(a);
	const char *folded = text_fold(a, s, len);
	bool all = true;
	for (size_t i = 0; i < query->n_runs; i++) {
		seen[i] = seen[i] || strstr(folded, query->runs[i]) != NULL;
		all = all && seen[i];
	}
	arena_rewind(a, mark);
	return all;
}

struct span {
	size_t from, to; /* bytes of the original */
};

static size_t after_char(const char *s, size_t len, size_t at)
{
	return at < len ? at + char_bytes(s + at, len - at) : len;
}

static int compare_spans(const void *x, const void *y)
{
	const struct span *a = x, *b = y;
	return (a->from > b->from) - (a->from < b->from);
}

static size_t marks(const struct folded *f, const char *s, size_t len, const struct text_query *query,
                    struct span *list)
{
	size_t n = 0;
	for (size_t i = 0; i < query->n_runs; i++) {
		size_t run = strlen(query->runs[i]);
		const char *at = f->text;
		while (run > 0 && n < MARKS_MAX && (at = strstr(at, query->runs[i])) != NULL) {
			size_t from = (size_t)(at - f->text);
			list[n++] = (struct span){f->from[from], after_char(s, len, f->from[from + run - 1])};
			at += run;
		}
	}
	if (n > 1)
		qsort(list, n, sizeof(list[0]), compare_spans);
	return n;
}

static size_t back(const char *s, size_t at, size_t chars)
{
	while (at > 0 && chars > 0)
		if (((unsigned char)s[--at] & 0xc0) != 0x80)
			chars--;
	return at;
}

static size_t forth(const char *s, size_t len, size_t at, size_t chars)
{
	while (at < len && chars-- > 0)
		at = after_char(s, len, at);
	return at;
}

static void part_write(struct arena *a, struct json_out *out, const char *s, size_t from, size_t to, bool hit,
                       const char *before, const char *behind)
{
	if (from >= to)
		return;
	const char *text = arena_printf(a, "%s%.*s%s", before, (int)(to - from), s + from, behind);
	json_open(out, '{');
	json_key(out, "t");
	json_text(out, text);
	json_key(out, "hit");
	json_bool(out, hit);
	json_close(out, '}');
}

static void parts_write(struct arena *a, struct json_out *out, const char *s, size_t len, const struct span *list,
                        size_t n)
{
	size_t start = back(s, list[0].from, AROUND_CHARS), at = start;
	size_t end = forth(s, len, list[0].to, AROUND_CHARS * 2);
	json_key(out, "parts");
	json_open(out, '[');
	for (size_t i = 0; i < n && list[i].from < end; i++) {
		if (list[i].to <= at)
			continue;
		size_t from = list[i].from > at ? list[i].from : at;
		part_write(a, out, s, at, from, false, at == start && start > 0 ? "…" : "", "");
		part_write(a, out, s, from, list[i].to, true, "", "");
		at = list[i].to;
	}
	part_write(a, out, s, at, end, false, "", end < len ? "…" : "");
	json_close(out, ']');
}

/* Twenty times the text, for each text of each hit: only the places are kept. */
static size_t places(struct arena *a, const char *s, size_t len, const struct text_query *query, struct span *list)
{
	struct arena_mark mark = arena_mark(a);
	struct folded f = fold(a, s, len);
	size_t n = marks(&f, s, len, query, list);
	arena_rewind(a, mark);
	return n;
}

bool snippet_write_json(struct arena *a, struct json_out *out, const char *field, const char *s, size_t len,
                        const struct text_query *query)
{
	struct span list[MARKS_MAX];
	size_t n = places(a, s, len, query, list);
	if (n == 0)
		return false;
	json_open(out, '{');
	json_key(out, "field");
	json_text(out, field);
	parts_write(a, out, s, len, list, n);
	json_close(out, '}');
	return true;
}

bool snippet_write_said(struct arena *a, struct json_out *out, const struct comment *said,
                        const struct text_query *query)
{
	struct span list[MARKS_MAX];
	size_t len = strlen(said->text), n = places(a, said->text, len, query, list);
	if (n == 0)
		return false;
	json_open(out, '{');
	json_key(out, "field");
	json_text(out, "@comment");
	json_key(out, "comment");
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, said->event);
	json_key(out, "at");
	json_instant(out, said->at);
	json_key(out, "internal");
	json_bool(out, said->internal);
	json_close(out, '}');
	parts_write(a, out, said->text, len, list, n);
	json_close(out, '}');
	return true;
}
