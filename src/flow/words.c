/* words.c: what messages say of a record: its name, and templates of packs as their reader may see them. */
#include "flow/words.h"

#include <string.h>

#include "base/buf.h"
#include "base/ids.h"
#include "base/text.h"

enum { WORDS_BYTES_MAX = 16 << 10, TABLE_WORDS_BYTES = 8 << 10 };

/* Who gets a notice may not be one who may read the record: its title is told only where no role
 * hides or masks it. */
static bool title_is_open(const struct type *t)
{
	if (t->title == NULL || t->confidential || (t->title->flags & FIELD_CONFIDENTIAL))
		return false;
	for (size_t i = 0; i < t->n_access; i++) {
		for (size_t k = 0; k < t->access[i].n_hide; k++)
			if (t->access[i].hide[k] == t->title)
				return false;
		for (size_t k = 0; k < t->access[i].n_masks; k++)
			if (t->access[i].masks[k].field == t->title)
				return false;
	}
	return true;
}

const char *record_words(struct ctx *ctx, const struct record *r)
{
	const char *number = record_text(r, "number");
	const char *title = title_is_open(r->type) ? record_title(r) : "";
	if (number != NULL && *title != '\0' && strcmp(number, title) != 0)
		return arena_printf(ctx->arena, "%s %s", number, title);
	return number ? number : title;
}

enum err record_ref_write(struct ctx *ctx, const char *type, int64_t record, struct json_out *out)
{
	const struct type *t = type ? model_type(ctx->model, type) : NULL;
	const char *label = NULL;
	json_key(out, "record");
	if (t == NULL || record == 0) {
		json_none(out);
		return ERR_OK;
	}
	TRY(record_label(ctx, t, record, &label));
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, record);
	json_key(out, "type");
	json_text(out, t->name);
	json_key(out, "label");
	json_text(out, label);
	json_close(out, '}');
	return ERR_OK;
}

enum err flow_setting(struct ctx *ctx, const char *key, const char **ret_text)
{
	struct sql q;
	const char *text = NULL;
	sql_init(&q, ctx->arena);
	SQL(&q, "select value from setting where key = :key");
	sql_text(&q, "key", key);
	enum err e = sql_one_text(ctx, &q, &text);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	*ret_text = e == ERR_OK && text != NULL ? text : "";
	return ERR_OK;
}

enum err record_link(struct ctx *ctx, const struct record *r, const char **ret_link)
{
	const char *site;
	TRY(flow_setting(ctx, "site.url", &site));
	size_t len = strlen(site);
	while (len > 0 && site[len - 1] == '/')
		len--;
	*ret_link = len == 0 ? ""
	                     : arena_printf(ctx->arena, "%.*s/o/%s/r/%s/%lld", (int)len, site, org_code(ctx->org),
	                                    r->type->name, (long long)r->id);
	return ERR_OK;
}

/* ---- one field, as the reader may see it --------------------------------------------------------------- */

static enum err links_words(struct ctx *ctx, const struct field *f, const struct value *v, const char **ret_words)
{
	const char *all = "";
	size_t n = v->kind == VALUE_LIST ? v->n : 1;
	for (size_t i = 0; i < n; i++) {
		const char *name = NULL;
		TRY(record_label(ctx, f->target, v->kind == VALUE_LIST ? v->list[i].i : v->i, &name));
		if (name != NULL && *name != '\0')
			all = *all ? arena_printf(ctx->arena, "%s、%s", all, name) : name;
	}
	*ret_words = all;
	return ERR_OK;
}

static enum err value_words(struct ctx *ctx, const struct field *f, const struct value *v, const char **ret_words)
{
	*ret_words = "";
	if (f->kind == FIELD_TABLE || f->kind == FIELD_COMPUTED || f->kind == FIELD_FILES || value_is_empty(v))
		return ERR_OK;
	if (f->kind == FIELD_LINK || f->kind == FIELD_LINKS)
		return links_words(ctx, f, v, ret_words);
	*ret_words = value_display(ctx, f, v);
	return ERR_OK;
}

/* A table: a numbered line each, what stands in its columns between commas. */
static enum err table_words(struct ctx *ctx, const struct record_lines *lines, const struct field *table,
                            const char **ret_words)
{
	struct buf b;
	buf_init(&b, ctx->arena, TABLE_WORDS_BYTES);
	for (size_t i = 0; i < lines->n; i++) {
		bool first = true;
		buf_printf(&b, "\n%zu. ", i + 1);
		for (size_t c = 0; c < table->n_columns; c++) {
			const char *words;
			TRY(value_words(ctx, &table->columns[c], &lines->list[i].values[c], &words));
			if (*words == '\0')
				continue;
			buf_str(&b, first ? "" : "，");
			buf_str(&b, words);
			first = false;
		}
	}
	*ret_words = b.data && !b.over ? b.data : "";
	return ERR_OK;
}

static enum err field_clear_words(struct ctx *ctx, const struct record *r, const struct field *f,
                                  const char **ret_words)
{
	if (f->kind == FIELD_TABLE)
		return table_words(ctx, &r->lines[f->at], f, ret_words);
	return value_words(ctx, f, &r->values[f->at], ret_words);
}

/* ctx->who is the reader; the system stands for a customer, who is told nothing confidential. */
static enum err field_words(struct ctx *ctx, const struct record *r, const char *name, const char **ret_words)
{
	const struct field *f = type_field(r->type, name);
	enum field_sight sight = SIGHT_CLEAR;
	*ret_words = "";
	if (f == NULL || field_is_base(f))
		return ERR_OK;
	if (ctx->who->system && (f->flags & FIELD_CONFIDENTIAL))
		return ERR_OK;
	if (!ctx->who->system) {
		enum err e = access_check(ctx, r, ACCESS_READ);
		if (e == ERR_NOT_FOUND && access_may_glance(ctx, r->type) && access_glances_at(ctx, f))
			e = ERR_OK;
		if (e != ERR_OK)
			return e == ERR_NOT_FOUND || e == ERR_FORBIDDEN ? ERR_OK : e;
		TRY(access_field_shown(ctx, r, f, &sight));
	}
	/* Half of a table's words would be whole lines. */
	if (sight == SIGHT_HIDDEN || (sight == SIGHT_MASKED && f->kind == FIELD_TABLE))
		return ERR_OK;
	TRY(field_clear_words(ctx, r, f, ret_words));
	if (sight == SIGHT_MASKED)
		*ret_words = text_mask(ctx->arena, *ret_words, strlen(*ret_words));
	return ERR_OK;
}

/* ---- templates ----------------------------------------------------------------------------------------- */

static const char *company_words(struct ctx *ctx)
{
	const struct parameter *p = model_parameter(ctx->model, "company");
	return p != NULL && p->value.kind == VALUE_TEXT ? p->value.s : org_code(ctx->org);
}

static enum err name_words(struct ctx *ctx, const struct filling *with, const char *name, const char **ret_words)
{
	const struct record *r = with->about;
	*ret_words = "";
	if (strcmp(name, "text") == 0)
		*ret_words = with->text ? with->text : "";
	else if (strcmp(name, "company") == 0)
		*ret_words = company_words(ctx);
	else if (strcmp(name, "me") == 0)
		*ret_words = with->reader && with->reader->name ? with->reader->name : "";
	else if (strcmp(name, "reply") == 0)
		*ret_words = with->text ? with->text : "";
	else if (r == NULL)
		return ERR_OK;
	else if (strcmp(name, "link") == 0)
		return record_link(ctx, r, ret_words);
	else if (strcmp(name, "type") == 0)
		*ret_words = label_in(&r->type->label, ctx->lang);
	else if (strcmp(name, "number") == 0)
		*ret_words = record_text(r, "number") ? record_text(r, "number") : "";
	else if (strcmp(name, "title") == 0 && r->type->title != NULL)
		return title_is_open(r->type) ? (*ret_words = record_title(r), ERR_OK)
		                              : field_words(ctx, r, r->type->title->name, ret_words);
	else if (strcmp(name, "state") == 0) {
		const struct state *st = record_text(r, "state") ? type_state(r->type, record_text(r, "state")) : NULL;
		*ret_words = st ? label_in(&st->label, ctx->lang) : "";
	} else
		return field_words(ctx, r, strncmp(name, "field:", 6) == 0 ? name + 6 : name, ret_words);
	return ERR_OK;
}

static enum err template_put(struct ctx *ctx, const struct filling *with, const char *text, struct buf *out)
{
	while (*text != '\0') {
		const char *open = strchr(text, '{'), *close = open ? strchr(open, '}') : NULL;
		const char *words;
		if (close == NULL) {
			buf_str(out, text);
			break;
		}
		buf_add(out, text, (size_t)(open - text));
		TRY(name_words(ctx, with, arena_strndup(ctx->arena, open + 1, (size_t)(close - open - 1)), &words));
		buf_str(out, words);
		text = close + 1;
	}
	return ERR_OK;
}

enum err template_fill(struct ctx *ctx, const struct filling *with, const struct label *text, enum lang lang,
                       const char **ret_words)
{
	const struct who *who = ctx->who;
	struct seen_list *seen = ctx->seen;
	enum lang was = ctx->lang;
	struct buf out;
	buf_init(&out, ctx->arena, WORDS_BYTES_MAX);
	ctx->who = with->reader ? with->reader : &who_system;
	/* What is written for somebody else, he who asks has not seen. */
	if (who == NULL || ctx->who->id != who->id)
		ctx->seen = NULL;
	ctx->lang = lang;
	enum err e = template_put(ctx, with, label_in(text, lang) ? label_in(text, lang) : "", &out);
	ctx->who = who;
	ctx->seen = seen;
	ctx->lang = was;
	TRY(e);
	if (out.over)
		return ctx_problem(ctx, ERR_INVALID, "", "too_long", "a message of more than %d bytes",
		                   WORDS_BYTES_MAX);
	*ret_words = out.data ? text_mend(out.data) : "";
	return ERR_OK;
}
