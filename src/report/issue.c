/* issue.c: forms as they were issued. */
#include "report/issue.h"

#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/text.h"
#include "flow/flow.h"
#include "model/access.h"
#include "model/who.h"
#include "model/yaml_tree.h"
#include "store/store.h"

enum { ROWS_MAX = 200, REASON_CHARS_MAX = 500, PREFIX_LETTERS = 4, BODY_BYTES = 8 << 10 };

/* ---- its number ---------------------------------------------------------------------------------------- */

/* `prefix:` of its grid, or the first letters of the words of its name. */
static const char *form_prefix(struct ctx *ctx, const struct print_form *form)
{
	struct yaml_node *root;
	struct yaml_fault fault;
	if (yaml_parse(ctx->arena, NULL, form->body, strlen(form->body), &root, &fault) == ERR_OK &&
	    yaml_text(yaml_get(root, "prefix")) != NULL)
		return yaml_text(yaml_get(root, "prefix"));
	char *letters = ARENA_ARRAY(ctx->arena, PREFIX_LETTERS + 1, char);
	size_t n = 0;
	for (const char *c = form->name; *c != '\0' && n < PREFIX_LETTERS; c++)
		if (c == form->name || (c[-1] == '_' && *c >= 'a' && *c <= 'z'))
			letters[n++] = (char)(*c - 'a' + 'A');
	return letters;
}

static enum err new_number(struct ctx *ctx, const struct print_form *form, const char **ret_number)
{
	struct local_time day;
	int64_t n;
	zone_local(ctx->zone, ctx->now_ms, &day);
	const char *head =
	        arena_printf(ctx->arena, "%s%04d%02d%02d", form_prefix(ctx, form), day.year, day.month, day.day);
	TRY(store_number(ctx, arena_printf(ctx->arena, "issued %s", head), &n));
	*ret_number = arena_printf(ctx->arena, "%s-%04lld", head, (long long)n);
	return ERR_OK;
}

/* A corrected one keeps the number and counts its versions behind a slash. */
static enum err next_version(struct ctx *ctx, struct issue *i)
{
	struct sql q;
	struct rows *r;
	bool found = false;
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "select number, version from issued_form where id = :id and record = :record and type = :type and form = "
	    ":form");
	sql_int(&q, "id", i->replaces);
	sql_int(&q, "record", i->record);
	sql_text(&q, "type", i->type->name);
	sql_text(&q, "form", i->form);
	TRY(sql_rows(ctx, &q, &r));
	if (rows_next(r)) {
		const char *number = rows_text(r, 0, NULL);
		found = true;
		i->version = (int)rows_int(r, 1) + 1;
		i->number = arena_printf(ctx->arena, "%.*s/%d", (int)strcspn(number, "/"), number, i->version);
	}
	TRY(rows_done(r));
	if (!found)
		return ctx_problem(ctx, ERR_INVALID, "replaces", "not_found", "no such form was issued of this record");
	return ERR_OK;
}

enum err print_logo(struct ctx *ctx, const char **ret_digest)
{
	struct sql q;
	const char *text;
	int64_t file;
	*ret_digest = NULL;
	sql_init(&q, ctx->arena);
	SQL(&q, "select value from setting where key = 'company.logo'");
	enum err e = sql_one_text(ctx, &q, &text);
	if (e != ERR_OK || !id_parse(text, &file))
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	sql_init(&q, ctx->arena);
	SQL(&q, "select digest from file where id = :id and mime = 'image/png'");
	sql_int(&q, "id", file);
	e = sql_one_text(ctx, &q, ret_digest);
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err issue_begin(struct ctx *ctx, struct issue *i)
{
	const struct print_form *form = print_form_of(i->type, i->form);
	struct record *r;
	bool may;
	if (form == NULL)
		return ERR_NOT_FOUND;
	TRY(record_load(ctx, i->type, i->record, &r));
	TRY(flow_may_issue(ctx, r, &may));
	if (!may)
		return ERR_FORBIDDEN;
	if (i->reason != NULL && text_chars(i->reason, strlen(i->reason)) > REASON_CHARS_MAX)
		return ctx_problem(ctx, ERR_INVALID, "reason", "too_long", "at most %d characters", REASON_CHARS_MAX);
	if (i->replaces != 0 && (i->reason == NULL || i->reason[0] == '\0'))
		return ctx_problem(ctx, ERR_INVALID, "reason", "required", "why is it issued again?");
	TRY(print_logo(ctx, &i->logo));
	i->version = 1;
	return i->replaces != 0 ? next_version(ctx, i) : new_number(ctx, form, &i->number);
}

/* ---- kept -------------------------------------------------------------------------------------------------- */

static enum err file_row(struct ctx *ctx, const struct issue *i)
{
	const struct print_form *form = print_form_of(i->type, i->form);
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "insert into file (id, digest, size, mime, name, created_at, created_by, record, record_type, internal) "
	    "values (:id, :digest, :size, 'application/pdf', :name, :now, :who, :record, :type, 1)");
	sql_int(&q, "id", i->file);
	sql_text(&q, "digest", i->digest);
	sql_int(&q, "size", i->size);
	const char *slash = strchr(i->number, '/');
	sql_text(&q, "name",
	         arena_printf(ctx->arena, "%s-%.*s%s%s.pdf", label_in(&form->label, LANG_ZH),
	                      (int)strcspn(i->number, "/"), i->number, slash ? "-" : "", slash ? slash + 1 : ""));
	sql_int(&q, "now", ctx->now_ms);
	sql_int(&q, "who", ctx->who->id);
	sql_int(&q, "record", i->record);
	sql_text(&q, "type", i->type->name);
	return sql_run(ctx, &q, NULL);
}

static enum err issued_event(struct ctx *ctx, const struct issue *i)
{
	const struct print_form *form = print_form_of(i->type, i->form);
	struct json_out out;
	struct buf b;
	buf_init(&b, ctx->arena, BODY_BYTES);
	json_out_init(&out, &b);
	json_open(&out, '{');
	json_key(&out, "form");
	json_text(&out, form->name);
	json_key(&out, "number");
	json_text(&out, i->number);
	json_key(&out, "text");
	json_text(&out, arena_printf(ctx->arena, "%s %s", label_in(&form->label, ctx->lang), i->number));
	if (i->reason != NULL) {
		json_key(&out, "reason");
		json_text(&out, i->reason);
	}
	json_close(&out, '}');
	return event_append(ctx, i->type->name, i->record, "issued", true, b.data, NULL);
}

enum err issue_end(struct ctx *ctx, struct issue *i)
{
	struct sql q;
	i->id = ids_next(ctx->ids, ctx->now_ms);
	i->file = ids_next(ctx->ids, ctx->now_ms);
	TRY(file_row(ctx, i));
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into issued_form (id, type, record, form, number, version, at, actor, file, replaces) "
	        "values (:id, :type, :record, :form, :number, :version, :at, :actor, :file, :replaces)");
	sql_int(&q, "id", i->id);
	sql_text(&q, "type", i->type->name);
	sql_int(&q, "record", i->record);
	sql_text(&q, "form", i->form);
	sql_text(&q, "number", i->number);
	sql_int(&q, "version", i->version);
	sql_int(&q, "at", ctx->now_ms);
	sql_int(&q, "actor", ctx->who->id);
	sql_int(&q, "file", i->file);
	sql_int_or_null(&q, "replaces", i->replaces);
	enum err e = sql_run(ctx, &q, NULL);
	if (e == ERR_CONFLICT) /* its next version is there */
		return ctx_problem(ctx, e, "replaces", "replaced", "it was replaced already");
	TRY(e);
	return issued_event(ctx, i);
}

/* ---- who sees them ----------------------------------------------------------------------------------------- */

static enum err form_seen(struct ctx *ctx, const struct record *r, const char *form, int64_t actor, bool *ret_seen)
{
	const struct print_form *f = print_form_of(r->type, form);
	*ret_seen = ctx->who != NULL && actor == ctx->who->id;
	if (*ret_seen || f == NULL) /* a form no pack has any more: nobody can say what it shows */
		return ERR_OK;
	return print_seen(ctx, r, f, ret_seen);
}

enum err issued_seen(struct ctx *ctx, const struct record *r, int64_t file, bool *ret_issued, bool *ret_seen)
{
	struct sql q;
	struct rows *rows;
	const char *form = NULL;
	int64_t actor = 0;
	*ret_seen = false;
	sql_init(&q, ctx->arena);
	SQL(&q, "select form, actor from issued_form where record = :record and file = :file");
	sql_int(&q, "record", r->id);
	sql_int(&q, "file", file);
	TRY(sql_rows(ctx, &q, &rows));
	if (rows_next(rows)) {
		form = arena_strdup(ctx->arena, rows_text(rows, 0, NULL));
		actor = rows_int(rows, 1);
	}
	TRY(rows_done(rows));
	*ret_issued = form != NULL;
	return form != NULL ? form_seen(ctx, r, form, actor, ret_seen) : ERR_OK;
}

struct issued_row {
	int64_t id, at, actor, file, replaces, replaced;
	const char *form, *number;
	int version;
	bool seen;
};

static enum err rows_of(struct ctx *ctx, const struct record *r, struct issued_row **ret_list, size_t *ret_n)
{
	struct issued_row *list = ARENA_ARRAY(ctx->arena, ROWS_MAX, struct issued_row);
	struct sql q;
	struct rows *rows;
	size_t n = 0;
	sql_init(&q, ctx->arena);
	SQL(&q, "select id, at, actor, file, replaces, form, number, version from issued_form where record = :record "
	        "order by id desc limit :n");
	sql_int(&q, "record", r->id);
	sql_int(&q, "n", ROWS_MAX);
	TRY(sql_rows(ctx, &q, &rows));
	while (n < ROWS_MAX && rows_next(rows)) {
		list[n] = (struct issued_row){.id = rows_int(rows, 0),
		                              .at = rows_int(rows, 1),
		                              .actor = rows_int(rows, 2),
		                              .file = rows_int(rows, 3),
		                              .replaces = rows_int(rows, 4),
		                              .form = arena_strdup(ctx->arena, rows_text(rows, 5, NULL)),
		                              .number = arena_strdup(ctx->arena, rows_text(rows, 6, NULL)),
		                              .version = (int)rows_int(rows, 7)};
		for (size_t k = 0; k < n; k++) /* what replaces it came later */
			if (list[k].replaces == list[n].id)
				list[n].replaced = list[k].id;
		n++;
	}
	*ret_list = list;
	*ret_n = n;
	return rows_done(rows);
}

static void write_link(struct json_out *out, const char *key, int64_t id, const char *name, const char *text)
{
	json_key(out, key);
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, id);
	json_key(out, name);
	json_text(out, text);
	json_close(out, '}');
}

static enum err row_write(struct ctx *ctx, const struct record *r, const struct issued_row *i, struct json_out *out)
{
	const struct print_form *form = print_form_of(r->type, i->form);
	const char *who = NULL;
	TRY(record_titles(ctx, ctx->model->user, &i->actor, 1, &who));
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, i->id);
	json_key(out, "form");
	json_text(out, i->form);
	json_key(out, "label");
	json_words(out, form ? form->label.zh : i->form, form ? form->label.en : i->form);
	json_key(out, "number");
	json_text(out, i->number);
	json_key(out, "version");
	json_int(out, i->version);
	json_key(out, "at");
	json_instant(out, i->at);
	write_link(out, "actor", i->actor, "label", who);
	write_link(out, "file", i->file, "mime", "application/pdf");
	json_key(out, "replaces");
	json_id(out, i->replaces);
	json_key(out, "replaced");
	json_id(out, i->replaced);
	json_close(out, '}');
	return ERR_OK;
}

enum err issued_write_json(struct ctx *ctx, const struct type *t, int64_t id, struct json_out *out)
{
	struct issued_row *list;
	struct record *r;
	size_t n;
	TRY(record_load(ctx, t, id, &r));
	TRY(access_check(ctx, r, ACCESS_READ));
	TRY(rows_of(ctx, r, &list, &n));
	json_open(out, '{');
	json_key(out, "rows");
	json_open(out, '[');
	for (size_t i = 0; i < n; i++) {
		bool seen = false;
		size_t k = 0;
		while (k < i && (strcmp(list[k].form, list[i].form) != 0 || list[k].actor != list[i].actor))
			k++;
		if (k < i)
			seen = list[k].seen;
		else
			TRY(form_seen(ctx, r, list[i].form, list[i].actor, &seen));
		list[i].seen = seen;
		if (seen)
			TRY(row_write(ctx, r, &list[i], out));
	}
	json_close(out, ']');
	json_close(out, '}');
	return ERR_OK;
}
