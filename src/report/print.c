/* print.c: what stands on the paper: the grid of the pack with the values this user may see. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "flow/flow.h"
#include "model/who.h"
#include "model/yaml_tree.h"
#include "report/print.h"
#include "report/shown.h"
#include "store/store.h"

enum { CONTENT_BYTES_MAX = 8 << 20, DRAW_MS = 20000 };

const struct print_form *print_form_of(const struct type *t, const char *form)
{
	for (size_t i = 0; i < t->n_prints; i++)
		if (strcmp(t->prints[i].name, form) == 0)
			return &t->prints[i];
	return NULL;
}

/* ---- cells ------------------------------------------------------------------------------------------ */

struct paper {
	const struct type *type;
	const json_t *fields; /* as record_write_json wrote them */
	struct json_out *out;
};

static const char *cell_value(struct ctx *ctx, const struct paper *p, const char *path)
{
	const struct field *f = shown_field(ctx, p->type, path, NULL);
	if (f == NULL || (f->flags & FIELD_CONFIDENTIAL))
		return "";
	return shown_text(ctx, f, json_object_get(p->fields, path));
}

static void table_cell(struct ctx *ctx, const struct paper *p, const struct yaml_node *cell, const char *name)
{
	const struct field *f = type_field(p->type, name);
	const struct yaml_node *columns = yaml_get(cell, "columns");
	struct json_out *out = p->out;
	json_key(out, "table");
	json_open(out, '{');
	json_key(out, "label");
	json_text(out, f ? label_in(&f->label, ctx->lang) : name);
	json_key(out, "heads");
	json_open(out, '[');
	const struct field *shown[32];
	size_t n = 0;
	for (size_t i = 0; f != NULL && columns != NULL && i < columns->n && n < 32; i++) {
		const char *want = yaml_text(columns->items[i]);
		for (size_t k = 0; want != NULL && k < f->n_columns; k++) {
			if (strcmp(f->columns[k].name, want) != 0 || (f->columns[k].flags & FIELD_CONFIDENTIAL))
				continue;
			shown[n++] = &f->columns[k];
			json_text(out, label_in(&f->columns[k].label, ctx->lang));
		}
	}
	json_close(out, ']');
	json_key(out, "rows");
	json_open(out, '[');
	size_t i;
	json_t *line;
	json_array_foreach(json_object_get(p->fields, name), i, line)
	{
		json_open(out, '[');
		for (size_t k = 0; k < n; k++)
			json_text(out, shown_text(ctx, shown[k], json_object_get(line, shown[k]->name)));
		json_close(out, ']');
	}
	json_close(out, ']');
	json_close(out, '}');
}

static void key_text(struct json_out *out, const char *key, const char *text)
{
	json_key(out, key);
	json_text(out, text);
}

static const char *cell_label(struct ctx *ctx, const struct paper *p, const struct yaml_node *cell, const char *field)
{
	const char *label = yaml_text(yaml_get(cell, "label"));
	if (ctx->lang == LANG_ZH && label != NULL)
		return label;
	const char *own = label;
	if (field != NULL && shown_field(ctx, p->type, field, &own) != NULL)
		return own;
	return label ? label : "";
}

static void grid_cell(struct ctx *ctx, const struct paper *p, const struct yaml_node *cell)
{
	struct json_out *out = p->out;
	int64_t number;
	const char *field = yaml_text(yaml_get(cell, "field")), *sign = yaml_text(yaml_get(cell, "sign"));
	const char *table = yaml_text(yaml_get(cell, "table")), *text = yaml_text(yaml_get(cell, "text"));
	json_open(out, '{');
	json_key(out, "span");
	json_int(out, yaml_int(yaml_get(cell, "span"), &number) ? number : 12);
	json_key(out, "lines");
	json_int(out, yaml_int(yaml_get(cell, "lines"), &number) ? number : 1);
	if (table != NULL) {
		table_cell(ctx, p, cell, table);
	} else if (sign != NULL) {
		key_text(out, "sign", sign);
	} else {
		key_text(out, "label", cell_label(ctx, p, cell, field));
		key_text(out, "text", field ? cell_value(ctx, p, field) : text ? text : "");
	}
	json_close(out, '}');
}

static const char *setting_text(struct ctx *ctx, const char *key)
{
	const char *v = NULL;
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select value from setting where key = :key");
	sql_text(&q, "key", key);
	return sql_one_text(ctx, &q, &v) == ERR_OK ? v : "";
}

/* What record_page_write_json may show is what may be printed. */
static enum err fields_seen(struct ctx *ctx, const struct type *t, int64_t id, json_t **ret_fields)
{
	struct buf b;
	struct json_out out;
	struct record *r;
	json_t *j;
	TRY(record_load(ctx, t, id, &r));
	TRY(access_check(ctx, r, ACCESS_READ));
	buf_init(&b, ctx->arena, CONTENT_BYTES_MAX);
	json_out_init(&out, &b);
	TRY(record_write_json(ctx, &out, r));
	TRY(json_parse(ctx, b.data, b.len, &j));
	*ret_fields = j;
	return ERR_OK;
}

static const char *link_name(struct ctx *ctx, const char *path)
{
	return arena_strndup(ctx->arena, path, (size_t)(strchr(path, '.') - path));
}

/* What stands behind links: read as a list would show it, so access and masks are those of a list. */
static enum err linked_seen(struct ctx *ctx, const struct type *t, int64_t id, const struct yaml_node *grid,
                            json_t *fields)
{
	struct list_query q = {.type = t, .limit = 1};
	struct filter_fault fault;
	struct json_out out;
	struct buf b;
	json_t *page, *cell;
	const char *path;
	for (size_t i = 0; grid != NULL && grid->kind == YAML_LIST && i < grid->n; i++) {
		const struct yaml_node *row = grid->items[i];
		for (size_t k = 0; row->kind == YAML_LIST && k < row->n; k++) {
			path = yaml_text(yaml_get(row->items[k], "field"));
			const struct field *f = path && strchr(path, '.') ? shown_field(ctx, t, path, NULL) : NULL;
			if (f != NULL && !(f->flags & FIELD_CONFIDENTIAL) && access_field(ctx, f) != SIGHT_HIDDEN &&
			    access_field(ctx, type_field(t, link_name(ctx, path))) != SIGHT_HIDDEN &&
			    q.n_columns < sizeof(q.columns) / sizeof(q.columns[0]))
				q.columns[q.n_columns++] = path;
		}
	}
	if (q.n_columns == 0)
		return ERR_OK;
	const char *where = arena_printf(ctx->arena, "id = %lld", (long long)id);
	if (filter_parse(ctx->arena, ctx->model, t, where, strlen(where), &q.where, &fault) != ERR_OK)
		return ERR_INTERNAL;
	buf_init(&b, ctx->arena, CONTENT_BYTES_MAX);
	json_out_init(&out, &b);
	TRY(list_write_json(ctx, &q, &out));
	TRY(json_parse(ctx, b.data, b.len, &page));
	json_object_foreach(json_object_get(json_array_get(json_object_get(page, "rows"), 0), "fields"), path, cell)
	{
		json_object_set(fields, path, cell);
	}
	return ERR_OK;
}

/* Who sends it: the organisation's name, its address and number, its sign. `letterhead: false` leaves it off. */
void print_letterhead(struct ctx *ctx, const struct yaml_node *root, const struct print_how *how, struct json_out *out)
{
	bool wanted = true;
	const char *name = setting_text(ctx, "company.name");
	if (yaml_flag(yaml_get(root, "letterhead"), &wanted) && !wanted) {
		key_text(out, "organisation", "");
		return;
	}
	key_text(out, "organisation", *name ? name : setting_text(ctx, "name"));
	key_text(out, "address", setting_text(ctx, "company.address"));
	key_text(out, "hotline", setting_text(ctx, "company.hotline"));
	key_text(out, "logo", how->logo);
}

static enum err content_as(struct ctx *ctx, const struct type *t, int64_t id, const char *form,
                           const struct print_how *how, struct json_out *out)
{
	const struct print_form *pf = print_form_of(t, form);
	struct yaml_node *root;
	struct yaml_fault fault;
	struct paper p = {.type = t, .out = out};
	json_t *fields;
	if (pf == NULL)
		return ERR_NOT_FOUND;
	TRY(fields_seen(ctx, t, id, &fields));
	p.fields = fields;
	if (yaml_parse(ctx->arena, NULL, pf->body, strlen(pf->body), &root, &fault) != ERR_OK)
		return ctx_problem(ctx, ERR_CONFLICT, "", "bad_form", "%s line %d: %s", pf->path, fault.line,
		                   fault.message);
	TRY(linked_seen(ctx, t, id, yaml_get(root, "grid"), fields));
	json_open(out, '{');
	const char *title = yaml_text(yaml_get(root, "title"));
	key_text(out, "title", ctx->lang == LANG_ZH && title ? title : label_in(&pf->label, ctx->lang));
	print_letterhead(ctx, root, how, out);
	key_text(out, "number", how->number ? how->number : cell_value(ctx, &p, "number"));
	json_key(out, "version");
	json_int(out, how->number ? how->version : 0);
	key_text(out, "at", shown_time(ctx, ctx->now_ms));
	key_text(out, "by", ctx->who && ctx->who->name ? ctx->who->name : "");
	key_text(out, "lang", ctx->lang == LANG_EN ? "en" : "zh");
	json_key(out, "rows");
	json_open(out, '[');
	const struct yaml_node *grid = yaml_get(root, "grid");
	for (size_t i = 0; grid != NULL && i < grid->n; i++) {
		json_open(out, '[');
		for (size_t k = 0; grid->items[i]->kind == YAML_LIST && k < grid->items[i]->n; k++)
			grid_cell(ctx, &p, grid->items[i]->items[k]);
		json_close(out, ']');
	}
	json_close(out, ']');
	json_close(out, '}');
	return ERR_OK;
}

enum err print_content(struct ctx *ctx, const struct type *t, int64_t id, const char *form, struct json_out *out)
{
	return content_as(ctx, t, id, form, &(struct print_how){0}, out);
}

/* ---- who may see it whole ---------------------------------------------------------------------------- */

/* Who may reveal what is masked may read it on paper. */
static bool is_clear(const struct ctx *ctx, const json_t *value)
{
	return value != NULL && (json_object_get(value, "masked") == NULL || who_can(ctx, "reveal"));
}

/* Of a table: every line's columns. */
static bool cell_clear(struct ctx *ctx, const struct type *t, const struct yaml_node *cell, const json_t *fields)
{
	const char *path = yaml_text(yaml_get(cell, "field")), *table = yaml_text(yaml_get(cell, "table"));
	const struct field *f = path ? shown_field(ctx, t, path, NULL) : table ? type_field(t, table) : NULL;
	const struct yaml_node *columns = yaml_get(cell, "columns");
	size_t i;
	json_t *line;
	if (f == NULL || (f->flags & FIELD_CONFIDENTIAL))
		return true; /* never printed */
	if (!is_clear(ctx, json_object_get(fields, path ? path : table)))
		return false;
	json_array_foreach(table ? json_object_get(fields, table) : NULL, i, line)
	{
		for (size_t k = 0; columns != NULL && k < columns->n; k++) {
			const json_t *value = json_object_get(line, yaml_text(columns->items[k]));
			if (value != NULL && !is_clear(ctx, value))
				return false;
		}
	}
	return true;
}

enum err print_seen(struct ctx *ctx, const struct record *r, const struct print_form *form, bool *ret_seen)
{
	struct yaml_node *root;
	struct yaml_fault fault;
	json_t *fields;
	*ret_seen = false;
	if (yaml_parse(ctx->arena, NULL, form->body, strlen(form->body), &root, &fault) != ERR_OK)
		return ERR_OK;
	const struct yaml_node *grid = yaml_get(root, "grid");
	TRY(fields_seen(ctx, r->type, r->id, &fields));
	TRY(linked_seen(ctx, r->type, r->id, grid, fields));
	*ret_seen = true;
	for (size_t i = 0; grid != NULL && grid->kind == YAML_LIST && i < grid->n; i++)
		for (size_t k = 0; grid->items[i]->kind == YAML_LIST && k < grid->items[i]->n; k++)
			*ret_seen = *ret_seen && cell_clear(ctx, r->type, grid->items[i]->items[k], fields);
	return ERR_OK;
}

/* ---- the child that draws --------------------------------------------------------------------------- */

struct print_job {
	const struct type *type;
	int64_t id;
	const char *form;
	const struct print_how *how;
	struct buf content;
};

static enum err content_fn(struct ctx *ctx, void *arg)
{
	struct print_job *job = arg;
	struct json_out out;
	buf_init(&job->content, ctx->arena, CONTENT_BYTES_MAX);
	json_out_init(&out, &job->content);
	return content_as(ctx, job->type, job->id, job->form, job->how, &out);
}

static enum err log_fn(struct ctx *ctx, void *arg)
{
	struct print_job *job = arg;
	const char *body = arena_printf(ctx->arena, "{\"form\":\"%s\"}", job->form);
	return event_append(ctx, job->type->name, job->id, "printed", true, body, NULL);
}

/* Feeds the child and waits for it, not longer than DRAW_MS. */
static bool child_done(pid_t child, int in, const char *text, size_t len)
{
	int64_t end = clock_monotonic_us() + DRAW_MS * 1000;
	bool in_time = true;
	int status = -1;
	size_t at = 0;
	while (at < len && in_time) {
		struct pollfd p = {.fd = in, .events = POLLOUT};
		poll(&p, 1, 100);
		ssize_t n = write(in, text + at, len - at);
		if (n > 0)
			at += (size_t)n;
		else if (n < 0 && errno != EAGAIN && errno != EINTR)
			break;
		in_time = clock_monotonic_us() < end;
	}
	close(in);
	while (waitpid(child, &status, WNOHANG) == 0) {
		if (clock_monotonic_us() > end) {
			kill(child, SIGKILL);
			waitpid(child, &status, 0);
			return false;
		}
		poll(NULL, 0, 5);
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

enum err print_draw(struct ctx *ctx, const struct buf *content, const char *program, const char *path)
{
	int ends[2];
	pid_t child;
	posix_spawn_file_actions_t actions;
	char *argv[] = {arena_strdup(ctx->arena, "shouwen"), arena_strdup(ctx->arena, "draw-form"),
	                arena_strdup(ctx->arena, path), NULL};
	char *envp[] = {arena_strdup(ctx->arena, "LANG=C.UTF-8"), arena_strdup(ctx->arena, "HOME=/nonexistent"), NULL};
	if (pipe2(ends, O_CLOEXEC) != 0)
		return ERR_INTERNAL;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
	int failed = posix_spawn(&child, program, &actions, NULL, argv, envp);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[0]);
	if (failed) {
		close(ends[1]);
		return ERR_INTERNAL;
	}
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	return child_done(child, ends[1], content->data, content->len) ? ERR_OK : ERR_BUSY;
}

enum err print_pdf_as(struct ctx *ctx, const struct type *t, int64_t id, const char *form, const struct print_how *how,
                      const char *program, const char *path)
{
	struct print_job job = {.type = t, .id = id, .form = form, .how = how};
	TRY(store_read(ctx, content_fn, &job));
	if (job.content.over)
		return ctx_problem(ctx, ERR_TOO_LARGE, "", "too_large", "the form is larger than 8 MiB");
	job.form = print_form_of(t, form)->name; /* a name of the model: safe in JSON */
	enum err e = print_draw(ctx, &job.content, program, path);
	if (e == ERR_OK && how->number == NULL)
		e = store_write(ctx, log_fn, &job);
	if (e != ERR_OK)
		unlink(path);
	return e;
}

enum err print_pdf(struct ctx *ctx, const struct type *t, int64_t id, const char *form, const char *program,
                   const char *path)
{
	return print_pdf_as(ctx, t, id, form, &(struct print_how){0}, program, path);
}
