/* Value texts of actions and presets, checked with the parser that will evaluate them. */
#include "model/filter_lex.h"
#include "model/pack_load.h"

struct checker {
	struct loader *l;
	const struct value_wish *w;
	struct parser p;
	struct filter_scope scope;
	struct filter_fault fault;
};

static bool is_text(const struct field *f)
{
	return filter_class(f) == CLASS_TEXT;
}

/* May a value of `from` be put into `to`? As value_expression() converts. */
static bool fits(const struct field *from, const struct field *to)
{
	enum filter_class a = filter_class(from), b = filter_class(to);
	if (b == CLASS_TEXT)
		return a != CLASS_TABLE && a != CLASS_FILES;
	if (a == CLASS_LINK || a == CLASS_LINKS) {
		if (b != CLASS_LINKS && !(b == CLASS_LINK && a == CLASS_LINK))
			return false;
		bool any = !from->target || !to->target; /* to or from `work` */
		return any || from->target == to->target;
	}
	if (a == CLASS_NUMBER && strcmp(from->name, "id") == 0 && (b == CLASS_LINK || b == CLASS_LINKS))
		return true;
	return a == b || (a == CLASS_TEXT && b == CLASS_CHOICE) || (a == CLASS_DATE && b == CLASS_INSTANT) ||
	       (a == CLASS_INSTANT && b == CLASS_DATE) || (a == CLASS_CHOICE && b == CLASS_CHOICES);
}

static void refuse_kind(struct checker *c, const struct field *from)
{
	load_fault(c->l, c->w->node, "`%s` is a %s and can't become `%s`, a %s", c->w->text,
	           field_kind_name(from->kind), c->w->field->name, field_kind_name(c->w->field->kind));
}

/* `now`, or what is as good as now, and the duration that may follow. */
static enum err check_moved(struct checker *c, struct raw_value raw)
{
	static const struct field instant = {.name = "value", .kind = FIELD_DATETIME};
	struct filter_value value;
	if (c->p.tok.kind == TOKEN_SIGN && (c->p.tok.s[0] == '+' || c->p.tok.s[0] == '-')) {
		raw.negative = c->p.tok.s[0] == '-';
		TRY(filter_next(&c->p));
		if (c->p.tok.kind != TOKEN_DURATION && c->p.tok.kind != TOKEN_VAR)
			return filter_fail(&c->p.rd, c->p.tok.at, "syntax",
			                   "a duration such as 2h, 3d or 5bd must follow");
		raw.duration = arena_printf(c->l->arena, "%s%.*s", c->p.tok.kind == TOKEN_VAR ? "@" : "",
		                            (int)c->p.tok.len, c->p.tok.s);
		TRY(filter_next(&c->p));
	}
	const struct field *as = !c->w->field || is_text(c->w->field) ? &instant : c->w->field;
	return filter_value_check(&c->p.rd, &c->scope, as, FILTER_LE, &raw, &value);
}

static enum err check_time(struct checker *c)
{
	struct raw_value raw = {.kind = token_is(&c->p.tok, "now") ? RAW_NOW : RAW_TODAY,
	                        .at = c->p.tok.at,
	                        .s = c->p.tok.s,
	                        .len = c->p.tok.len};
	TRY(filter_next(&c->p));
	return check_moved(c, raw);
}

static bool is_time(const struct field *f)
{
	return f && (filter_class(f) == CLASS_DATE || filter_class(f) == CLASS_INSTANT);
}

/* `start - 2h`: a date or date-time field and a duration. */
static enum err check_field_moved(struct checker *c, const struct field *from, const struct token *tok)
{
	if (!is_time(from) || !is_time(c->w->field))
		return filter_fail(&c->p.rd, tok->at, "wrong_type",
		                   "only date and date-time fields of a record move by a duration");
	return check_moved(c, (struct raw_value){.kind = RAW_NOW, .at = tok->at, .s = tok->s, .len = tok->len});
}

static enum err check_word(struct checker *c)
{
	const struct value_wish *w = c->w;
	struct token tok = c->p.tok;
	struct filter_scope scope = c->scope;
	struct filter_path path;
	char *name = arena_strndup(c->l->scratch, tok.s, tok.len);
	TRY(filter_next(&c->p));
	if (strcmp(name, "empty") == 0)
		return ERR_OK;
	if (w->field && (w->field->kind == FIELD_CHOICE || w->field->kind == FIELD_CHOICES) &&
	    field_option(w->field, name, NULL))
		return ERR_OK;
	const struct field *input = w->inputs && w->type ? type_input(w->type, name) : NULL, *from = input;
	for (size_t i = 0; w->line && strncmp(name, "line.", 5) == 0 && i < w->line->n_columns; i++)
		if (strcmp(w->line->columns[i].name, name + 5) == 0)
			from = &w->line->columns[i];
	if (w->line && w->line->kind == FIELD_LINKS && strcmp(name, "each") == 0) { /* one of them */
		struct field *one = ARENA_NEW(c->l->scratch, struct field);
		*one = *w->line;
		one->kind = FIELD_LINK;
		from = one;
	}
	if (!from && w->outer && strncmp(name, "outer.", 6) == 0) {
		scope.type = w->outer;
		tok.s += 6;
		tok.len -= 6;
	}
	if (!from && !scope.type) {
		const char *near = "";
		if (w->field && w->field->n_options) {
			const char **all = ARENA_ARRAY(c->l->scratch, w->field->n_options, const char *);
			for (size_t i = 0; i < w->field->n_options; i++)
				all[i] = w->field->options[i].name;
			near = load_nearest(c->l, name, all, w->field->n_options);
			load_fault(c->l, w->node, "`%s` is no option of `%s`%s", name, w->field->name, near);
		} else {
			load_fault(c->l, w->node,
			           "`%s` can't be a default: write a number, true, false, 'text', now, today or @me",
			           name);
		}
		return ERR_OK;
	}
	if (!from) {
		TRY(filter_path_resolve(&c->p.rd, &scope, tok.s, tok.len, tok.at, &path));
		from = path.field;
	}
	if (c->p.tok.kind == TOKEN_SIGN && from)
		return check_field_moved(c, input ? NULL : from, &tok);
	if (from && w->field && !fits(from, w->field))
		refuse_kind(c, from);
	if (from && !w->field && from->kind != FIELD_LINK)
		load_fault(c->l, w->node, "`%s` is no link to a user or a team", name);
	return ERR_OK;
}

static enum err check_literal(struct checker *c, struct raw_value *raw)
{
	const struct field *f = c->w->field;
	struct filter_value value;
	if (!f && raw->kind != RAW_VAR)
		return filter_fail(&c->p.rd, raw->at, "wrong_type",
		                   "a user or a team is wanted: an input, a link or @me");
	if (!f || (raw->kind == RAW_TEXT && raw->len == 0))
		return ERR_OK;
	if (is_text(f) && (raw->kind == RAW_NUMBER || raw->kind == RAW_DURATION || raw->kind == RAW_DATE))
		return ERR_OK;
	enum filter_class k = filter_class(f);
	enum filter_op op = k == CLASS_CHOICES || k == CLASS_LINKS || k == CLASS_FILES ? FILTER_CONTAINS : FILTER_EQ;
	return filter_value_check(&c->p.rd, &c->scope, f, op, raw, &value);
}

static enum err check_text(struct checker *c)
{
	struct parser *p = &c->p;
	TRY(filter_next(p));
	if (token_is(&p->tok, "now") || token_is(&p->tok, "today"))
		return check_time(c);
	struct raw_value raw;
	TRY(filter_raw_value(p, c->l->scratch, &raw));
	if (raw.kind == RAW_WORD)
		return check_word(c);
	TRY(filter_next(p));
	return check_literal(c, &raw);
}

void load_check_values(struct loader *l)
{
	for (size_t i = 0; i < l->n_values; i++) {
		const struct value_wish *w = &l->values[i];
		struct checker c = {.l = l, .w = w, .scope = {.type = w->type}};
		if (!w->text)
			continue;
		c.p = (struct parser){.rd = {.arena = l->arena, .model = l->m, .fault = &c.fault},
		                      .text = w->text,
		                      .len = strlen(w->text)};
		enum err e = check_text(&c);
		if (e == ERR_OK && c.p.tok.kind != TOKEN_END)
			load_fault(l, w->node, "`%s` can't be read: a value is one word, number or 'text', or now + 3d",
			           w->text);
		else if (e != ERR_OK)
			load_fault(l, w->node, "`%s`: %s", w->text,
			           c.fault.message ? c.fault.message : "can't be read");
	}
}
