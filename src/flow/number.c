/* number.c: the numbers people read out: TS20261122-0001. */
#include <string.h>

#include "base/clock.h"
#include "flow/step.h"

enum { NUMBER_BYTES_MAX = 120, NUMBER_TRIES = 1000 };

struct number_parts {
	struct buf head, tail; /* before and after the sequence */
	int digits;            /* 0: the pattern has no sequence */
};

static void date_part(struct buf *out, const struct local_time *day, const char *word, size_t len)
{
	if (len == 4 && memcmp(word, "yyyy", 4) == 0)
		buf_printf(out, "%04d", day->year);
	else if (len == 2 && memcmp(word, "yy", 2) == 0)
		buf_printf(out, "%02d", day->year % 100);
	else if (len == 2 && memcmp(word, "mm", 2) == 0)
		buf_printf(out, "%02d", day->month);
	else if (len == 2 && memcmp(word, "dd", 2) == 0)
		buf_printf(out, "%02d", day->day);
}

static void number_split(struct ctx *ctx, const char *pattern, int64_t at_ms, struct number_parts *p)
{
	struct local_time day;
	zone_local(ctx->zone, at_ms, &day);
	buf_init(&p->head, ctx->arena, NUMBER_BYTES_MAX);
	buf_init(&p->tail, ctx->arena, NUMBER_BYTES_MAX);
	p->digits = 0;
	struct buf *out = &p->head;
	for (const char *s = pattern; *s != '\0'; s++) {
		const char *end = *s == '{' ? strchr(s, '}') : NULL;
		if (end == NULL) {
			buf_char(out, *s);
			continue;
		}
		if (strncmp(s + 1, "seq", 3) == 0) {
			p->digits = s[4] == ':' ? (int)strtol(s + 5, NULL, 10) : 1;
			out = &p->tail;
		} else {
			date_part(out, &day, s + 1, (size_t)(end - s - 1));
		}
		s = end;
	}
}

static enum err number_taken(struct ctx *ctx, const struct type *t, const struct field *f, const char *number,
                             bool *ret_taken)
{
	struct sql q;
	int64_t id;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id from ");
	if (t->uses_work) {
		SQL(&q, "work where number");
	} else {
		sql_name(&q, t->table);
		SQL(&q, " where ");
		sql_name(&q, f->column);
	}
	SQL(&q, " = :number limit 1");
	sql_text(&q, "number", number);
	enum err e = sql_one_int(ctx, &q, &id);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	*ret_taken = e == ERR_OK;
	return ERR_OK;
}

enum err number_next(struct ctx *ctx, const struct type *t, const struct field *f, int64_t at_ms,
                     const char **ret_number)
{
	struct number_parts p;
	number_split(ctx, t->number, at_ms, &p);
	const char *head = p.head.data ? p.head.data : "", *tail = p.tail.data ? p.tail.data : "";
	/* The sequence starts anew with what stands around it. */
	const char *key = arena_printf(ctx->arena, "number %s %s{}%s", t->name, head, tail);
	/* An import may have brought numbers of its own: those are passed over. */
	for (int i = 0; i < NUMBER_TRIES; i++) {
		int64_t n;
		bool taken;
		TRY(store_number(ctx, key, &n));
		const char *number =
		        p.digits > 0 ? arena_printf(ctx->arena, "%s%0*lld%s", head, p.digits, (long long)n, tail)
		                     : arena_printf(ctx->arena, "%s%lld", head, (long long)n);
		TRY(number_taken(ctx, t, f, number, &taken));
		if (!taken) {
			*ret_number = number;
			return ERR_OK;
		}
	}
	return ctx_problem(ctx, ERR_CONFLICT, f->name, "number_taken", "the next %d numbers of %s are taken already",
	                   NUMBER_TRIES, t->number);
}
