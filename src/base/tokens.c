/*
 * The one tokenizer of search. A folded text falls into runs: unspaced scripts become pairs,
 * digits stay whole (with tails, as people know the end of a number), other letters are words.
 * A token holds letters and digits only, so that it can't be taken for a key with '_'.
 */
#include "base/text.h"
#include "base/utf8.h"

enum { WORD_BYTES_MAX = 64, TAIL_MIN = 4, TAIL_MAX = 11, TAILS_FROM = 7, QUERY_TOKENS_MAX = 64 };

enum run_kind { RUN_NONE, RUN_PAIRS, RUN_DIGITS, RUN_WORD };

struct run {
	enum run_kind kind;
	const char *s;
	size_t len;
	size_t chars;
};

static enum run_kind kind_of(int32_t c)
{
	if (is_digit(c))
		return RUN_DIGITS;
	if (c > 0 && is_unspaced(c))
		return RUN_PAIRS;
	return c > 0 && is_word(c) ? RUN_WORD : RUN_NONE;
}

static bool run_next(const char **s, size_t *len, struct run *ret_run)
{
	size_t n;
	while (*len > 0 && kind_of(utf8_at(*s, *len, &n)) == RUN_NONE) {
		*s += n;
		*len -= n;
	}
	if (*len == 0)
		return false;
	*ret_run = (struct run){.kind = kind_of(utf8_at(*s, *len, &n)), .s = *s};
	while (*len > 0 && kind_of(utf8_at(*s, *len, &n)) == ret_run->kind) {
		*s += n;
		*len -= n;
		ret_run->len += n;
		ret_run->chars++;
	}
	return true;
}

/* SQLite's tokenizer knows an older Unicode: what lies past the first plane goes in as hex. */
static void put_char(struct buf *out, const char *s, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	size_t same;
	if (n < 4) {
		buf_add(out, s, n);
		return;
	}
	int32_t c = utf8_at(s, n, &same);
	buf_char(out, 'u');
	for (int shift = 20; shift >= 0; shift -= 4)
		buf_char(out, hex[c >> shift & 15]);
}

static void put_chars(struct buf *out, const char *s, size_t len)
{
	for (size_t i = 0, n; i < len; i += n) {
		utf8_at(s + i, len - i, &n);
		put_char(out, s + i, n);
	}
}

static void begin(struct buf *out)
{
	if (out->len > 0)
		buf_char(out, ' ');
}

static void pairs(struct buf *out, const struct run *r, bool singles)
{
	size_t n, m;
	for (size_t i = 0; i < r->len; i += n) {
		utf8_at(r->s + i, r->len - i, &n);
		if (singles || r->chars == 1) {
			begin(out);
			put_char(out, r->s + i, n);
		}
		if (i + n < r->len) {
			utf8_at(r->s + i + n, r->len - i - n, &m);
			begin(out);
			put_char(out, r->s + i, n);
			put_char(out, r->s + i + n, m);
		}
	}
}

static size_t word_bytes(const struct run *r)
{
	size_t len = r->len;
	if (len <= WORD_BYTES_MAX)
		return len;
	len = WORD_BYTES_MAX;
	while (len > 0 && ((unsigned char)r->s[len] & 0xc0) == 0x80)
		len--;
	return len;
}

static void digits(struct buf *out, const struct run *r)
{
	begin(out);
	buf_add(out, r->s, word_bytes(r));
	size_t longest = r->len < TAIL_MAX ? r->len : TAIL_MAX;
	/* A short number is its own tail, so that one token answers "0021" for both. */
	size_t shortest = r->len < TAILS_FROM ? r->len : TAIL_MIN;
	for (size_t n = longest; n >= shortest && n >= TAIL_MIN; n--) {
		begin(out);
		buf_char(out, 'x');
		buf_add(out, r->s + r->len - n, n);
	}
}

void text_tokens(struct buf *out, const char *text, size_t text_len, bool singles)
{
	const char *s = text_fold(out->arena, text, text_len);
	size_t len = strlen(s);
	struct run r;
	while (run_next(&s, &len, &r)) {
		if (r.kind == RUN_PAIRS) {
			pairs(out, &r, singles);
		} else if (r.kind == RUN_DIGITS) {
			digits(out, &r);
		} else {
			begin(out);
			put_chars(out, r.s, word_bytes(&r));
		}
	}
}

static void query_token(struct text_query *q, const struct buf *token)
{
	for (size_t i = 0; i < q->n_tokens; i++)
		if (strcmp(q->tokens[i], token->data) == 0)
			return;
	if (q->n_tokens < QUERY_TOKENS_MAX)
		q->tokens[q->n_tokens++] = token->data;
}

static void query_run(struct arena *a, struct text_query *q, const struct run *r)
{
	struct buf token;
	if (r->kind == RUN_PAIRS && r->chars > 1) {
		size_t n, m;
		for (size_t i = 0; i < r->len; i += n) {
			utf8_at(r->s + i, r->len - i, &n);
			if (i + n >= r->len)
				break;
			utf8_at(r->s + i + n, r->len - i - n, &m);
			buf_init(&token, a, 32);
			put_char(&token, r->s + i, n);
			put_char(&token, r->s + i + n, m);
			query_token(q, &token);
		}
		return;
	}
	buf_init(&token, a, WORD_BYTES_MAX * 4);
	if (r->kind == RUN_DIGITS && r->len >= TAIL_MIN && r->len <= TAIL_MAX)
		buf_char(&token, 'x');
	put_chars(&token, r->s, word_bytes(r));
	query_token(q, &token);
}

void text_query(struct arena *a, const char *text, size_t text_len, struct text_query *ret_query)
{
	const char *s = text_fold(a, text, text_len);
	size_t len = strlen(s);
	struct text_query q = {.tokens = ARENA_ARRAY(a, QUERY_TOKENS_MAX, const char *),
	                       .runs = ARENA_ARRAY(a, QUERY_TOKENS_MAX, const char *)};
	struct run r;
	while (q.n_runs < QUERY_TOKENS_MAX && run_next(&s, &len, &r)) {
		q.runs[q.n_runs++] = arena_strndup(a, r.s, r.len);
		if ((r.kind == RUN_PAIRS && r.chars > 2) || r.len > WORD_BYTES_MAX)
			q.need_check = true;
		query_run(a, &q, &r);
	}
	*ret_query = q;
}
