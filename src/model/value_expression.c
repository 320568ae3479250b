/* Values in actions and presets: "now + 3d", "@me", "'text'", an option, a field, "empty". */
#include "base/clock.h"
#include "model/filter_lex.h"
#include "model/record.h"
#include "model/value_text.h"
#include "store/store.h"

/* What a value of the field `from` is as a value of `to`; false when it can't be one. */
static bool convert(struct ctx *ctx, const struct field *from, const struct field *to, struct value *v)
{
	enum filter_class a = filter_class(from), b = filter_class(to);

	if (v->kind == VALUE_EMPTY)
		return true;
	if (a == CLASS_LINK && from->target && to->target && from->target != to->target && b != CLASS_TEXT)
		return false;
	if (a == b) {
		for (int i = filter_scale(from); a == CLASS_NUMBER && i < filter_scale(to); i++)
			if (__builtin_mul_overflow(v->i, 10, &v->i))
				return false;
		for (int i = filter_scale(to); a == CLASS_NUMBER && i < filter_scale(from); i++)
			v->i /= 10;
		return a != CLASS_CHOICE || field_option(to, v->s, NULL) != NULL;
	}
	if (b == CLASS_TEXT) {
		*v = value_text(value_display(ctx, from, v));
		return true;
	}
	if (a == CLASS_TEXT && b == CLASS_CHOICE)
		return field_option(to, v->s, NULL) != NULL;
	if (a == CLASS_DATE && b == CLASS_INSTANT) {
		struct local_time local = {0};
		if (!date_parse(v->s, &local.year, &local.month, &local.day))
			return false;
		*v = value_int(zone_instant(ctx->zone, &local));
		return true;
	}
	if (a == CLASS_INSTANT && b == CLASS_DATE) {
		struct local_time local;
		char *date = arena_alloc(ctx->arena, DATE_BYTES);
		zone_local(ctx->zone, v->i, &local);
		date_format(local.year, local.month, local.day, date);
		*v = value_text(date);
		return true;
	}
	/* One into several. */
	if ((a == CLASS_CHOICE && b == CLASS_CHOICES) || (a == CLASS_LINK && b == CLASS_LINKS)) {
		struct value *one = ARENA_NEW(ctx->arena, struct value);
		*one = *v;
		*v = (struct value){.kind = VALUE_LIST, .list = one, .n = 1};
		return true;
	}
	return false;
}

/* The value at the end of a path: links are followed record by record. */
static enum err path_value(struct ctx *ctx, const struct record *r, const struct filter_path *p,
                           struct value *ret_value)
{
	struct filter_frame fr = {.record = r};
	struct record *next;

	for (size_t i = 0; i < p->n_links; i++) {
		struct value id = filter_frame_value(&fr, p->links[i]);
		const struct type *t = p->links[i]->target;
		*ret_value = value_empty();
		if (id.kind != VALUE_INT)
			return ERR_OK;
		enum err e = t ? ERR_OK : record_type_of(ctx, id.i, &t);
		if (e == ERR_OK)
			e = record_load(ctx, t, id.i, &next);
		if (e != ERR_OK)
			return e == ERR_NOT_FOUND ? ERR_OK : e;
		fr.record = next;
		if (p->links[i]->target)
			continue;
		/* Behind a link to any work type: the field of that name in the type it turned out to be. */
		const struct field *f = type_field(t, i + 1 < p->n_links ? p->links[i + 1]->name : p->field->name);
		if (f == NULL)
			return ERR_OK;
		if (i + 1 < p->n_links)
			p->links[i + 1] = f;
		else
			return *ret_value = filter_frame_value(&fr, f), ERR_OK;
	}
	*ret_value = filter_frame_value(&fr, p->field);
	return ERR_OK;
}

static enum err refuse(struct ctx *ctx, const struct field *f, const char *code, const char *text, const char *why)
{
	return ctx_problem(ctx, ERR_INVALID, f ? f->name : "", code, "%.80s: %s", text, why);
}

struct expression {
	struct ctx *ctx;
	const struct record *record;
	const struct field *field;
	const char *text;
	struct parser p;
	struct filter_scope scope;
};

/* The instant or date of `raw`, with the duration that may follow it. */
static enum err time_moved(struct expression *x, struct raw_value raw, const struct field *as, struct value *ret_value)
{
	struct filter_value value;
	struct filter_plain plain;

	if (x->p.tok.kind == TOKEN_SIGN && (x->p.tok.s[0] == '+' || x->p.tok.s[0] == '-')) {
		raw.negative = x->p.tok.s[0] == '-';
		TRY(filter_next(&x->p));
		if (x->p.tok.kind != TOKEN_DURATION && x->p.tok.kind != TOKEN_VAR)
			return filter_fail(&x->p.rd, x->p.tok.at, "syntax",
			                   "a duration such as 2h, 3d or 5bd must follow");
		raw.duration = arena_printf(x->ctx->arena, "%s%.*s", x->p.tok.kind == TOKEN_VAR ? "@" : "",
		                            (int)x->p.tok.len, x->p.tok.s);
		TRY(filter_next(&x->p));
	}
	TRY(filter_value_check(&x->p.rd, &x->scope, as, FILTER_LE, &raw, &value));
	/* FILTER_LE keeps the step below: a date gets the day that holds the instant. */
	TRY(filter_resolve(x->ctx, as, FILTER_LE, &value, &plain));
	*ret_value = plain.v;
	return ERR_OK;
}

static const struct field an_instant = {.name = "value", .kind = FIELD_DATETIME, .at = -1},
                          a_date = {.name = "value", .kind = FIELD_DATE, .at = -1};

/* now, today, with a duration that may be a parameter. */
static enum err time_expression(struct expression *x, struct value *ret_value)
{
	bool now = x->p.tok.s[0] == 'n';
	struct raw_value raw = {
	        .kind = now ? RAW_NOW : RAW_TODAY, .at = x->p.tok.at, .s = x->p.tok.s, .len = x->p.tok.len};
	bool text = x->field && filter_class(x->field) == CLASS_TEXT;
	const struct field *as = x->field && !text ? x->field : now ? &an_instant : &a_date;

	TRY(filter_next(&x->p));
	TRY(time_moved(x, raw, as, ret_value));
	if (text)
		*ret_value = value_text(value_display(x->ctx, as, ret_value));
	return ERR_OK;
}

/* `start - 2h`: what stands in a date or date-time field, moved by a duration: as if it were now. */
static enum err field_moved(struct expression *x, const struct raw_value *raw, const struct field *from,
                            struct value *ret_value)
{
	enum filter_class to = x->field ? filter_class(x->field) : CLASS_TEXT;
	struct raw_value at = {.kind = RAW_NOW, .at = raw->at, .s = raw->s, .len = raw->len};
	int64_t now = x->ctx->now_ms;
	struct value v = *ret_value;

	if ((to != CLASS_DATE && to != CLASS_INSTANT) || !convert(x->ctx, from, &an_instant, &v))
		return filter_fail(&x->p.rd, raw->at, "wrong_type", "only dates and date-times move by a duration");
	if (v.kind == VALUE_INT)
		x->ctx->now_ms = v.i;
	enum err e = time_moved(x, at, x->field, ret_value);
	x->ctx->now_ms = now;
	if (v.kind != VALUE_INT)
		*ret_value = value_empty();
	return e;
}

static enum err literal(struct expression *x, const struct raw_value *raw, struct value *ret_value)
{
	struct filter_value value;
	struct filter_plain plain;
	enum filter_op op = FILTER_EQ;

	if (x->field == NULL) {
		int64_t n;
		if (raw->kind == RAW_NUMBER &&
		    decimal_parse(arena_strndup(x->ctx->arena, raw->s, raw->len), 0, &n) == DECIMAL_OK)
			*ret_value = value_int(n);
		else if (raw->kind == RAW_TRUE || raw->kind == RAW_FALSE)
			*ret_value = value_int(raw->kind == RAW_TRUE);
		else
			*ret_value = value_textn(arena_strndup(x->ctx->arena, raw->s, raw->len), raw->len);
		return ERR_OK;
	}
	enum filter_class c = filter_class(x->field);
	if (raw->kind == RAW_TEXT && raw->len == 0) {
		*ret_value = value_empty();
		return ERR_OK;
	}
	/* A duration or a number is fine as the text it is written as. */
	if (c == CLASS_TEXT && (raw->kind == RAW_NUMBER || raw->kind == RAW_DURATION || raw->kind == RAW_DATE)) {
		*ret_value = value_textn(arena_strndup(x->ctx->arena, raw->s, raw->len), raw->len);
		return ERR_OK;
	}
	if (c == CLASS_CHOICES || c == CLASS_LINKS || c == CLASS_FILES)
		op = FILTER_CONTAINS;
	TRY(filter_value_check(&x->p.rd, &x->scope, x->field, op, raw, &value));
	TRY(filter_resolve(x->ctx, c == CLASS_INSTANT || c == CLASS_DATE || c == CLASS_NUMBER ? x->field : NULL,
	                   FILTER_EQ, &value, &plain));
	*ret_value = plain.v;
	if (op == FILTER_CONTAINS && plain.v.kind != VALUE_EMPTY) {
		struct value *one = ARENA_NEW(x->ctx->arena, struct value);
		*one = plain.v;
		*ret_value = (struct value){.kind = VALUE_LIST, .list = one, .n = 1};
	}
	return ERR_OK;
}

static enum err word(struct expression *x, const struct raw_value *raw, struct value *ret_value)
{
	const struct field *f = x->field;
	struct filter_path path;
	char *name = arena_strndup(x->ctx->arena, raw->s, raw->len);

	if (f && (f->kind == FIELD_CHOICE || f->kind == FIELD_CHOICES) && field_option(f, name, NULL))
		return literal(x, raw, ret_value);
	if (x->record == NULL)
		return filter_fail(&x->p.rd, raw->at, "unknown_name", "%s: there is no record to take it from", name);
	TRY(filter_path_resolve(&x->p.rd, &x->scope, raw->s, raw->len, raw->at, &path));
	if (path.field->kind == FIELD_COMPUTED) {
		bool truth;
		if (path.n_links || path.field->is == NULL)
			return filter_fail(&x->p.rd, raw->at, "wrong_type",
			                   "%s is computed and can't be copied through a link", name);
		TRY(filter_holds(x->ctx, path.field->is, x->record, &truth));
		*ret_value = value_int(truth);
	} else {
		TRY(path_value(x->ctx, x->record, &path, ret_value));
		if (x->p.tok.kind == TOKEN_SIGN)
			return field_moved(x, raw, path.field, ret_value);
	}
	if (f && !convert(x->ctx, path.field, f, ret_value))
		return filter_fail(&x->p.rd, raw->at, "wrong_type", "%s is a %s and can't become %s, a %s", name,
		                   field_kind_name(path.field->kind), f->name, field_kind_name(f->kind));
	return ERR_OK;
}

static enum err evaluate(struct expression *x, struct value *ret_value)
{
	struct parser *p = &x->p;

	TRY(filter_next(p));
	if (token_is(&p->tok, "now") || token_is(&p->tok, "today"))
		return time_expression(x, ret_value);
	struct raw_value raw;
	TRY(filter_raw_value(p, x->ctx->arena, &raw));
	bool is_empty = token_is(&p->tok, "empty");
	if (raw.s[0] == '-' && raw.kind != RAW_NUMBER && raw.kind != RAW_TEXT)
		return filter_fail(&p->rd, raw.at, "syntax", "a number must follow -");
	TRY(filter_next(p));
	if (is_empty)
		return *ret_value = value_empty(), ERR_OK;
	return raw.kind == RAW_WORD ? word(x, &raw, ret_value) : literal(x, &raw, ret_value);
}

enum err value_expression(struct ctx *ctx, const struct record *r, const struct field *for_field, const char *text,
                          struct value *ret_value)
{
	struct filter_fault fault = {.code = "", .message = ""};
	struct expression x = {.ctx = ctx, .record = r, .field = for_field, .text = text};
	struct value v = value_empty();
	size_t n_problems = ctx->problems.n;

	x.p = (struct parser){
	        .rd = {.arena = ctx->arena, .model = ctx->model, .fault = &fault}, .text = text, .len = strlen(text)};
	x.scope = (struct filter_scope){.type = r ? r->type : NULL};
	enum err e = evaluate(&x, &v);
	if (e == ERR_OK && x.p.tok.kind != TOKEN_END)
		return refuse(ctx, for_field, "syntax", text,
		              "a value is one word, number or text, or now + a duration");
	if (e == ERR_INVALID && ctx->problems.n == n_problems)
		return refuse(ctx, for_field, fault.code, text, fault.message);
	TRY(e);
	*ret_value = v;
	return ERR_OK;
}
