/* value_out.c: one value as JSON and as a person reads it. */
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "model/record.h"
#include "model/value_text.h"

/* 123456 with scale 2 -> "1234.56". */
void decimal_write(struct buf *out, int64_t v, int scale)
{
	char digits[24];
	uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	size_t n = 0;
	while (left > 0 || n <= (size_t)scale) {
		digits[n++] = (char)('0' + left % 10);
		left /= 10;
	}
	if (v < 0)
		buf_char(out, '-');
	while (n > 0) {
		buf_char(out, digits[--n]);
		if (n > 0 && n == (size_t)scale)
			buf_char(out, '.');
	}
}

/* The same for reading: "1,234.50"; a fraction of zeros alone is kept for money only. */
static void decimal_group(struct buf *out, struct arena *a, int64_t v, int scale, bool money)
{
	struct buf plain;
	buf_init(&plain, a, 64);
	decimal_write(&plain, v, scale);
	const char *s = plain.data;
	size_t whole = strcspn(s, ".");
	if (*s == '-') {
		buf_char(out, *s++);
		whole--;
	}
	for (size_t i = 0; i < whole; i++) {
		buf_char(out, s[i]);
		size_t left = whole - i - 1;
		if (left > 0 && left % 3 == 0)
			buf_char(out, ',');
	}
	const char *fraction = s + whole;
	size_t len = strlen(fraction);
	while (!money && len > 1 && fraction[len - 1] == '0')
		len--;
	if (len > 1)
		buf_add(out, fraction, len);
}

static void list_write(struct json_out *out, const struct field *f, const struct value *v)
{
	json_open(out, '[');
	for (size_t i = 0; v->kind == VALUE_LIST && i < v->n; i++) {
		if (f->kind == FIELD_CHOICES) {
			json_textn(out, v->list[i].s, v->list[i].len);
			continue;
		}
		json_open(out, '{');
		json_key(out, "id");
		json_id(out, v->list[i].i);
		json_close(out, '}');
	}
	json_close(out, ']');
}

static void link_write(struct json_out *out, const struct field *f, int64_t id)
{
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, id);
	if (f->target != NULL) {
		json_key(out, "type");
		json_text(out, f->target->name);
	}
	json_close(out, '}');
}

static void number_write(struct json_out *out, const struct field *f, int64_t v)
{
	if (f->kind == FIELD_NUMBER && f->scale == 0) {
		json_int(out, v);
		return;
	}
	char bytes[32];
	struct buf b = {.data = bytes, .cap = sizeof(bytes), .max = sizeof(bytes) - 1};
	decimal_write(&b, v, f->scale);
	if (f->kind == FIELD_MONEY)
		json_textn(out, b.data, b.len);
	else
		json_raw(out, b.data, b.len);
}

void value_write_json(struct json_out *out, const struct field *f, const struct value *v)
{
	if (v->kind == VALUE_EMPTY) {
		json_none(out);
		return;
	}
	switch (f->kind) {
	case FIELD_NUMBER:
	case FIELD_MONEY: number_write(out, f, v->i); break;
	case FIELD_FLAG:
	case FIELD_COMPUTED: json_bool(out, v->i != 0); break;
	case FIELD_DATETIME: json_instant(out, v->i); break;
	case FIELD_LINK: link_write(out, f, v->i); break;
	case FIELD_CHOICES:
	case FIELD_LINKS:
	case FIELD_FILES: list_write(out, f, v); break;
	default: json_textn(out, v->s, v->len);
	}
}

static const char *option_display(const struct ctx *ctx, const struct field *f, const char *name)
{
	const struct option *option = field_option(f, name, NULL);
	return option ? label_in(&option->label, ctx->lang) : name;
}

static const char *instant_display(struct ctx *ctx, int64_t at_ms)
{
	struct local_time t;
	zone_local(ctx->zone, at_ms, &t);
	return arena_printf(ctx->arena, "%04d-%02d-%02d %02d:%02d", t.year, t.month, t.day, t.hour, t.minute);
}

static const char *link_display(struct ctx *ctx, const struct field *f, int64_t id)
{
	const struct type *t = f->target;
	const char *title = NULL;
	if (t == NULL && record_type_of(ctx, id, &t) != ERR_OK)
		return "";
	if (record_titles(ctx, t, &id, 1, &title) != ERR_OK || title == NULL)
		return "";
	return title;
}

static const char *list_display(struct ctx *ctx, const struct field *f, const struct value *v)
{
	struct buf b;
	buf_init(&b, ctx->arena, 1 << 16);
	if (f->kind == FIELD_FILES) {
		buf_printf(&b, ctx->lang == LANG_EN ? "%zu file(s)" : "%zu 个文件", v->n);
		return b.data;
	}
	for (size_t i = 0; i < v->n; i++) {
		if (i > 0)
			buf_str(&b, ctx->lang == LANG_EN ? ", " : "、");
		buf_str(&b, f->kind == FIELD_LINKS ? link_display(ctx, f, v->list[i].i)
		                                   : option_display(ctx, f, v->list[i].s));
	}
	return b.len ? b.data : "";
}

const char *value_display(struct ctx *ctx, const struct field *f, const struct value *v)
{
	if (v->kind == VALUE_EMPTY)
		return "";
	if (v->kind == VALUE_LIST)
		return list_display(ctx, f, v);
	struct buf b;
	switch (f->kind) {
	case FIELD_NUMBER:
	case FIELD_MONEY:
		buf_init(&b, ctx->arena, 64);
		decimal_group(&b, ctx->arena, v->i, f->scale, f->kind == FIELD_MONEY);
		return b.data;
	case FIELD_FLAG:
	case FIELD_COMPUTED:
		if (ctx->lang == LANG_EN)
			return v->i ? "Yes" : "No";
		return v->i ? "是" : "否";
	case FIELD_DATETIME: return instant_display(ctx, v->i);
	case FIELD_LINK: return link_display(ctx, f, v->i);
	case FIELD_CHOICE: return option_display(ctx, f, v->s);
	default: return v->kind == VALUE_TEXT ? v->s : arena_printf(ctx->arena, "%" PRId64, v->i);
	}
}
