/* Filter text to tree: one function for each rule of the grammar. */
#include "base/limit.h"
#include "base/text.h"
#include "model/filter_lex.h"

static bool word_is(const struct parser *p, const char *s)
{
	return token_is(&p->tok, s);
}

static bool sign_is(const struct parser *p, const char *s)
{
	return p->tok.kind == TOKEN_SIGN && p->tok.len == strlen(s) && memcmp(p->tok.s, s, p->tok.len) == 0;
}

static enum err unexpected(struct parser *p, const char *wanted)
{
	if (p->tok.kind == TOKEN_END)
		return filter_fail(&p->rd, p->tok.at, "syntax", "it ends too early: %s is missing", wanted);
	return filter_fail(&p->rd, p->tok.at, "syntax", "%.*s can't stand here: %s is expected",
	                   filter_clip(p->text + p->tok.at, p->at - p->tok.at), p->text + p->tok.at, wanted);
}

static enum err expect_sign(struct parser *p, const char *s)
{
	if (!sign_is(p, s))
		return unexpected(p, s);
	return filter_next(p);
}

/* ---- values ---------------------------------------------------------------------------------- */

static enum err read_offset(struct parser *p, struct raw_value *raw)
{
	if (!sign_is(p, "+") && !sign_is(p, "-"))
		return ERR_OK;
	raw->negative = sign_is(p, "-");
	TRY(filter_next(p));
	if (p->tok.kind == TOKEN_VAR)
		raw->duration = arena_printf(p->rd.arena, "@%.*s", (int)p->tok.len, p->tok.s);
	else if (p->tok.kind == TOKEN_DURATION)
		raw->duration = arena_strndup(p->rd.arena, p->tok.s, p->tok.len);
	else
		return unexpected(p, "a duration such as 30m, 2h, 3d, 1w, 6mo or 5bd");
	return filter_next(p);
}

static enum err read_value(struct parser *p, struct raw_value *ret_raw)
{
	struct raw_value raw = {.at = p->tok.at, .s = p->tok.s, .len = p->tok.len};

	switch (p->tok.kind) {
	case TOKEN_NUMBER: raw.kind = RAW_NUMBER; break;
	case TOKEN_DURATION: raw.kind = RAW_DURATION; break;
	case TOKEN_DATE: raw.kind = RAW_DATE; break;
	case TOKEN_TEXT: raw.kind = RAW_TEXT; break;
	case TOKEN_VAR: raw.kind = RAW_VAR; break;
	case TOKEN_WORD:
		raw.kind = word_is(p, "true")    ? RAW_TRUE
		           : word_is(p, "false") ? RAW_FALSE
		           : word_is(p, "now")   ? RAW_NOW
		           : word_is(p, "today") ? RAW_TODAY
		                                 : RAW_WORD;
		if (raw.kind == RAW_WORD && word_is(p, "empty"))
			return filter_fail(&p->rd, raw.at, "reserved",
			                   "empty is no value: write is empty or is not empty");
		break;
	case TOKEN_SIGN:
		if (!sign_is(p, "-"))
			return unexpected(p, "a value");
		TRY(filter_next(p));
		if (p->tok.kind != TOKEN_NUMBER)
			return unexpected(p, "a number");
		raw.kind = RAW_NUMBER;
		raw.s = arena_printf(p->rd.arena, "-%.*s", (int)p->tok.len, p->tok.s);
		raw.len = p->tok.len + 1;
		break;
	case TOKEN_END: return unexpected(p, "a value");
	}
	TRY(filter_next(p));
	if (raw.kind == RAW_NOW || raw.kind == RAW_TODAY)
		TRY(read_offset(p, &raw));
	*ret_raw = raw;
	return ERR_OK;
}

/* ---- rules ----------------------------------------------------------------------------------- */

static enum err parse_or(struct parser *p, const struct filter_scope *scope, struct filter **ret_filter);

static enum err open_paren(struct parser *p)
{
	size_t at = p->tok.at;

	if (++p->level > LIMIT_FILTER_DEPTH)
		return filter_fail(&p->rd, at, "too_deep", "nested more than %d deep", LIMIT_FILTER_DEPTH);
	return expect_sign(p, "(");
}

static enum err close_paren(struct parser *p)
{
	p->level--;
	return expect_sign(p, ")");
}

static enum err read_sign(struct parser *p, enum filter_op *ret_op, bool *ret_negated)
{
	if (p->tok.kind != TOKEN_SIGN || !filter_op_of_sign(p->tok.s, p->tok.len, ret_op, ret_negated))
		return unexpected(p, "one of = != < <= > >=");
	return filter_next(p);
}

static enum err parse_list(struct parser *p, const struct filter_scope *scope, struct filter **ret_filter)
{
	enum filter_op op = word_is(p, "any") ? FILTER_ANY : word_is(p, "none") ? FILTER_NONE : FILTER_COUNT;
	struct filter_path path;
	struct filter_scope inner;
	struct filter *sub = NULL;
	size_t at = p->tok.at;

	TRY(filter_next(p));
	TRY(open_paren(p));
	if (p->tok.kind != TOKEN_WORD)
		return unexpected(p, "a list");
	TRY(filter_list_resolve(&p->rd, scope, p->tok.s, p->tok.len, p->tok.at, &path, &inner));
	TRY(filter_next(p));
	if (sign_is(p, ",")) {
		TRY(filter_next(p));
		TRY(parse_or(p, &inner, &sub));
	}
	TRY(close_paren(p));
	struct filter *f = filter_leaf(&p->rd, op, &path);
	bool negated = false;
	if (op == FILTER_COUNT) {
		struct raw_value raw;
		TRY(read_sign(p, &f->compare, &negated));
		TRY(read_value(p, &raw));
		f->values = ARENA_NEW(p->rd.arena, struct filter_value);
		f->n_values = 1;
		TRY(filter_count_check(&p->rd, &raw, f->values));
	}
	TRY(filter_set_sub(&p->rd, f, sub, at));
	if (negated)
		return filter_negate(&p->rd, f, at, ret_filter);
	*ret_filter = f;
	return ERR_OK;
}

static enum err parse_in(struct parser *p, const struct filter_scope *scope, struct filter *f)
{
	size_t cap = 8;
	struct raw_value raw;

	f->values = ARENA_ARRAY(p->rd.arena, cap, struct filter_value);
	if (p->tok.kind == TOKEN_VAR) {
		TRY(read_value(p, &raw));
		TRY(filter_value_check(&p->rd, scope, f->path.field, FILTER_IN, &raw, f->values));
		if (filter_teams_name(f->values[0].kind) == NULL)
			return filter_fail(&p->rd, raw.at, "wrong_type", "@%.*s is one value: write = or in (@%.*s)",
			                   (int)raw.len, raw.s, (int)raw.len, raw.s);
		f->n_values = 1;
		return ERR_OK;
	}
	TRY(expect_sign(p, "("));
	for (;;) {
		if (f->n_values == cap) {
			struct filter_value *more = ARENA_ARRAY(p->rd.arena, cap * 2, struct filter_value);
			memcpy(more, f->values, cap * sizeof(*more));
			f->values = more;
			cap *= 2;
		}
		TRY(read_value(p, &raw));
		TRY(filter_value_check(&p->rd, scope, f->path.field, FILTER_IN, &raw, &f->values[f->n_values]));
		const char *teams = filter_teams_name(f->values[f->n_values].kind);
		if (teams != NULL)
			return filter_fail(&p->rd, raw.at, "wrong_type", "@%s are several: write in @%s", teams, teams);
		f->n_values++;
		if (!sign_is(p, ","))
			return expect_sign(p, ")");
		TRY(filter_next(p));
	}
}

static enum err parse_compare(struct parser *p, const struct filter_scope *scope, struct filter *f, bool *negated)
{
	size_t at = p->tok.at;
	struct raw_value raw;

	if (word_is(p, "contains")) {
		f->op = FILTER_CONTAINS;
		TRY(filter_next(p));
	} else {
		TRY(read_sign(p, &f->op, negated));
	}
	TRY(filter_check_op(&p->rd, f->path.field, f->op, at));
	TRY(read_value(p, &raw));
	f->values = ARENA_NEW(p->rd.arena, struct filter_value);
	f->n_values = 1;
	return filter_value_check(&p->rd, scope, f->path.field, f->op, &raw, f->values);
}

static enum err parse_field(struct parser *p, const struct filter_scope *scope, struct filter **ret_filter)
{
	struct filter_path path;
	size_t at = p->tok.at;
	bool negated = false;

	TRY(filter_path_resolve(&p->rd, scope, p->tok.s, p->tok.len, p->tok.at, &path));
	TRY(filter_next(p));
	struct filter *f = filter_leaf(&p->rd, FILTER_EQ, &path);
	size_t op_at = p->tok.at;
	if (word_is(p, "is")) {
		TRY(filter_next(p));
		if (word_is(p, "not")) {
			negated = true;
			TRY(filter_next(p));
		}
		if (!word_is(p, "empty"))
			return unexpected(p, negated ? "empty" : "empty or not empty");
		TRY(filter_next(p));
		f->op = FILTER_EMPTY;
		TRY(filter_check_op(&p->rd, path.field, f->op, op_at));
	} else if (word_is(p, "in") || word_is(p, "not")) {
		if (word_is(p, "not")) {
			negated = true;
			TRY(filter_next(p));
		}
		if (!word_is(p, "in"))
			return unexpected(p, "in");
		TRY(filter_next(p));
		f->op = FILTER_IN;
		TRY(filter_check_op(&p->rd, path.field, f->op, op_at));
		TRY(parse_in(p, scope, f));
	} else if (p->tok.kind == TOKEN_SIGN || word_is(p, "contains")) {
		TRY(parse_compare(p, scope, f, &negated));
	} else if (filter_class(path.field) == CLASS_TRUTH) {
		return unexpected(
		        p, arena_printf(p->rd.arena, "%s = true or %s = false", path.field->name, path.field->name));
	} else {
		return unexpected(p, "an operator (= != < <= > >= in, contains, is empty)");
	}
	if (negated)
		return filter_negate(&p->rd, f, at, ret_filter);
	*ret_filter = f;
	return ERR_OK;
}

static enum err parse_leaf(struct parser *p, const struct filter_scope *scope, struct filter **ret_filter)
{
	if (p->tok.kind != TOKEN_WORD)
		return unexpected(p, "a field, any(), none(), count() or all");
	if (word_is(p, "all")) {
		*ret_filter = filter_leaf(&p->rd, FILTER_ALL, NULL);
		return filter_next(p);
	}
	if (word_is(p, "any") || word_is(p, "none") || word_is(p, "count"))
		return parse_list(p, scope, ret_filter);
	if (word_is(p, "true") || word_is(p, "false") || word_is(p, "now") || word_is(p, "today"))
		return filter_fail(&p->rd, p->tok.at, "syntax",
		                   "%.*s stands on the right of an operator; a field stands on the left",
		                   (int)p->tok.len, p->tok.s);
	return parse_field(p, scope, ret_filter);
}

static enum err parse_not(struct parser *p, const struct filter_scope *scope, struct filter **ret_filter)
{
	size_t at = p->tok.at;
	bool negated = word_is(p, "not");
	struct filter *f;

	if (negated)
		TRY(filter_next(p));
	if (sign_is(p, "(")) {
		TRY(open_paren(p));
		TRY(parse_or(p, scope, &f));
		TRY(close_paren(p));
	} else {
		TRY(parse_leaf(p, scope, &f));
	}
	if (negated)
		return filter_negate(&p->rd, f, at, ret_filter);
	*ret_filter = f;
	return ERR_OK;
}

typedef enum err rule_fn(struct parser *p, const struct filter_scope *scope, struct filter **ret_filter);

/* x { word x }, for and and or alike. */
static enum err parse_group(struct parser *p, const struct filter_scope *scope, const char *word, enum filter_op op,
                            rule_fn *member, struct filter **ret_filter)
{
	struct filter **kids = NULL;
	size_t n = 0, cap = 0, at = p->tok.at, nodes = 1;

	for (;;) {
		if (n == cap) {
			struct filter **more = ARENA_ARRAY(p->rd.arena, cap ? cap * 2 : 4, struct filter *);
			if (kids != NULL)
				memcpy(more, kids, n * sizeof(*kids));
			kids = more;
			cap = cap ? cap * 2 : 4;
		}
		size_t kid_at = p->tok.at;
		TRY(member(p, scope, &kids[n]));
		nodes += kids[n++]->size;
		if (n > 1 && nodes > LIMIT_FILTER_NODES)
			return filter_fail(&p->rd, kid_at, "too_long", "more than %d conditions and groups",
			                   LIMIT_FILTER_NODES);
		if (!word_is(p, word))
			return filter_group(&p->rd, op, kids, n, at, ret_filter);
		TRY(filter_next(p));
	}
}

static enum err parse_and(struct parser *p, const struct filter_scope *scope, struct filter **ret_filter)
{
	return parse_group(p, scope, "and", FILTER_AND, parse_not, ret_filter);
}

static enum err parse_or(struct parser *p, const struct filter_scope *scope, struct filter **ret_filter)
{
	return parse_group(p, scope, "or", FILTER_OR, parse_and, ret_filter);
}

static enum err parse_whole(struct arena *a, const struct model *m, const struct filter_scope *scope, const char *text,
                            size_t len, struct filter **ret_filter, struct filter_fault *ret_fault)
{
	struct filter_fault fault = {.code = "", .message = ""};
	struct parser p = {.rd = {.arena = a, .model = m, .fault = &fault}, .text = text, .len = len};
	struct filter *f = NULL;
	enum err e;

	if (len > LIMIT_FILTER_BYTES)
		e = filter_fail(&p.rd, LIMIT_FILTER_BYTES, "too_long", "a filter has at most %d bytes",
		                LIMIT_FILTER_BYTES);
	else if (!text_valid(text, len))
		e = filter_fail(&p.rd, 0, "syntax", "this is not valid UTF-8");
	else
		e = filter_next(&p);
	if (e == ERR_OK)
		e = parse_or(&p, scope, &f);
	if (e == ERR_OK && p.tok.kind != TOKEN_END)
		e = word_is(&p, "AND") || word_is(&p, "OR") || word_is(&p, "NOT")
		            ? filter_fail(&p.rd, p.tok.at, "syntax", "%.*s: and, or and not are written small",
		                          (int)p.tok.len, p.tok.s)
		            : unexpected(&p, "and, or, or the end");
	if (e == ERR_OK)
		*ret_filter = f;
	else if (ret_fault)
		*ret_fault = fault;
	return e;
}

enum err filter_parse(struct arena *a, const struct model *m, const struct type *t, const char *text, size_t len,
                      struct filter **ret_filter, struct filter_fault *ret_fault)
{
	return parse_whole(a, m, &(struct filter_scope){.type = t}, text, len, ret_filter, ret_fault);
}

enum err filter_parse_within(struct arena *a, const struct model *m, const struct type *t, const struct type *outer,
                             const char *text, size_t len, struct filter **ret_filter, struct filter_fault *ret_fault)
{
	const struct filter_scope up = {.type = outer};
	return parse_whole(a, m, &(struct filter_scope){.type = t, .up = &up}, text, len, ret_filter, ret_fault);
}
