/* share.c: 复制到群: a record as plain text that may leave the house: masked whoever asks. */
#include <string.h>

#include "base/text.h"
#include "flow/intake.h"

enum { SHARE_BYTES_MAX = 8 << 10, SHARE_VALUE_CHARS = 120 };

/* Some role hides or masks it, or it is an inner judgement: then it is for no group either. */
static bool is_open_to_all(const struct type *t, const struct field *f)
{
	if (f->flags & FIELD_CONFIDENTIAL)
		return false;
	for (size_t i = 0; i < t->n_access; i++) {
		for (size_t k = 0; k < t->access[i].n_hide; k++)
			if (t->access[i].hide[k] == f)
				return false;
		for (size_t k = 0; k < t->access[i].n_masks; k++)
			if (t->access[i].masks[k].field == f)
				return false;
	}
	return f->kind != FIELD_PHONE && f->kind != FIELD_EMAIL;
}

/* Long rows of digits are telephone or card numbers, wherever they stand. */
static char *digits_masked(struct ctx *ctx, const char *s)
{
	char *out = arena_strdup(ctx->arena, s);
	for (size_t i = 0; out[i] != '\0';) {
		size_t n = strspn(out + i, "0123456789");
		bool word = i > 0 && ((out[i - 1] >= 'A' && out[i - 1] <= 'Z') || out[i - 1] == '-');
		if (n >= 7 && !word)
			memset(out + i + 3, '*', n - 3 - (n >= 10 ? 4 : 2));
		i += n > 0 ? n : 1;
	}
	return out;
}

/* 张三 -> 张*: enough for a colleague who knows the case. */
static const char *name_masked(struct ctx *ctx, const char *name)
{
	size_t first = 1;
	while (((unsigned char)name[first] & 0xC0) == 0x80)
		first++;
	return *name == '\0' ? name : arena_printf(ctx->arena, "%.*s**", (int)first, name);
}

static const char *shortened(struct ctx *ctx, const char *s)
{
	size_t chars = 0, i = 0;
	while (s[i] != '\0' && chars < SHARE_VALUE_CHARS) {
		i++;
		while (((unsigned char)s[i] & 0xC0) == 0x80)
			i++;
		chars++;
	}
	return s[i] == '\0' ? s : arena_printf(ctx->arena, "%.*s…", (int)i, s);
}

static void field_line(struct ctx *ctx, struct buf *b, const struct record *r, const char *name)
{
	const struct field *f = type_field(r->type, name);
	if (f == NULL || value_is_empty(&r->values[f->at]) || !is_open_to_all(r->type, f))
		return;
	const char *text = value_display(ctx, f, &r->values[f->at]);
	buf_printf(b, "%s%s%s\n", label_in(&f->label, ctx->lang), ctx->lang == LANG_EN ? ": " : "：",
	           shortened(ctx, digits_masked(ctx, text)));
}

static enum err link_line(struct ctx *ctx, struct buf *b, const struct record *r, const char *name, bool masked)
{
	const struct field *f = type_field(r->type, name);
	const char *title = NULL;
	int64_t id = f && f->target ? record_int(r, name) : 0;
	if (id == 0 || !is_open_to_all(r->type, f))
		return ERR_OK;
	TRY(record_titles(ctx, f->target, &id, 1, &title));
	if (title != NULL)
		buf_printf(b, "%s%s%s\n", label_in(&f->label, ctx->lang), ctx->lang == LANG_EN ? ": " : "：",
		           masked ? name_masked(ctx, title) : title);
	return ERR_OK;
}

enum err share_text(struct ctx *ctx, struct record *r, const char **ret_text)
{
	struct buf b;
	const char *number = record_text(r, "number"), *state = record_text(r, "state");
	const struct state *s = state ? type_state(r->type, state) : NULL;
	const struct field *title = r->type->title;
	TRY(access_check(ctx, r, ACCESS_READ));
	buf_init(&b, ctx->arena, SHARE_BYTES_MAX);
	buf_printf(&b, ctx->lang == LANG_EN ? "[%s] %s\n" : "【%s】%s\n", label_in(&r->type->label, ctx->lang),
	           number ? number : "");
	if (title != NULL && is_open_to_all(r->type, title) && !r->type->confidential)
		field_line(ctx, &b, r, title->name);
	if (s != NULL)
		buf_printf(&b, "%s%s\n", ctx->lang == LANG_EN ? "State: " : "状态：", label_in(&s->label, ctx->lang));
	TRY(link_line(ctx, &b, r, "customer", true));
	TRY(link_line(ctx, &b, r, "owner", false));
	TRY(link_line(ctx, &b, r, "team", false));
	int64_t due = record_int(r, "due");
	if (due != 0)
		buf_printf(&b, "%s%s\n", ctx->lang == LANG_EN ? "Due: " : "期限：", time_words(ctx, due, ctx->lang));
	if (record_int(r, "chased") > 0)
		field_line(ctx, &b, r, "chased");
	if (!r->type->confidential)
		field_line(ctx, &b, r, "answer");
	/* The way to it: whoever opens it must sign in and may see no more than his roles allow. */
	buf_printf(&b, "/o/%s/r/%s/%lld", org_code(ctx->org), r->type->name, (long long)r->id);
	*ret_text = b.data;
	return ERR_OK;
}
