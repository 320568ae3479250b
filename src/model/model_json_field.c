/* One field as the browser draws it. */
#include "model/model_json.h"

#include <inttypes.h>

#include "model/access.h"
#include "model/compute.h"

void model_put_label(struct json_out *out, const char *key, const struct label *l)
{
	if (!l->zh)
		return;
	json_key(out, key);
	json_open(out, '{');
	json_key(out, "zh");
	json_text(out, l->zh);
	if (l->en) {
		json_key(out, "en");
		json_text(out, l->en);
	}
	json_close(out, '}');
}

void model_put_text(struct json_out *out, const char *key, const char *s)
{
	json_key(out, key);
	json_text(out, s);
}

void model_put_bool(struct json_out *out, const char *key, bool v)
{
	json_key(out, key);
	json_bool(out, v);
}

bool model_field_seen(const struct ctx *ctx, const struct field *f)
{
	return access_field(ctx, f) != SIGHT_HIDDEN;
}

bool model_names_seen(void *arg, const struct field *f)
{
	return model_field_seen(arg, f);
}

void model_put_filter(struct ctx *ctx, struct json_out *out, const char *key, const struct filter *f)
{
	if (!f || !filter_each_field(f, model_names_seen, ctx))
		return;
	json_key(out, key);
	filter_write_json(out, f);
}

void model_put_scaled(struct json_out *out, int64_t v, int scale)
{
	char text[48];
	int64_t unit = 1;
	for (int i = 0; i < scale; i++)
		unit *= 10;
	uint64_t size = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	int len = scale ? snprintf(text, sizeof text, "%s%" PRIu64 ".%0*" PRIu64, v < 0 ? "-" : "",
	                           size / (uint64_t)unit, scale, size % (uint64_t)unit)
	                : snprintf(text, sizeof text, "%" PRId64, v);
	json_raw(out, text, (size_t)len);
}

static void put_options(struct json_out *out, const struct field *f)
{
	json_key(out, "options");
	json_open(out, '[');
	for (size_t i = 0; i < f->n_options; i++) {
		json_open(out, '{');
		model_put_text(out, "name", f->options[i].name);
		model_put_label(out, "label", &f->options[i].label);
		if (f->options[i].retired)
			model_put_bool(out, "retired", true);
		json_close(out, '}');
	}
	json_close(out, ']');
}

static void put_lookups(struct json_out *out, unsigned lookups)
{
	static const char *const names[] = {"pinyin", "tail", "plate", "room", "code"};
	json_key(out, "lookup");
	json_open(out, '[');
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (lookups & (1u << i))
			json_text(out, names[i]);
	json_close(out, ']');
}

static void put_bounds(struct json_out *out, const struct field *f)
{
	if (f->max_chars) {
		json_key(out, "max");
		json_int(out, (int64_t)f->max_chars);
	}
	if (f->has_max) {
		json_key(out, "max");
		model_put_scaled(out, f->max, f->scale);
	}
	if (f->has_min) {
		json_key(out, "min");
		model_put_scaled(out, f->min, f->scale);
	}
	if (f->kind == FIELD_NUMBER || f->kind == FIELD_MONEY) {
		json_key(out, "scale");
		json_int(out, f->scale);
	}
}

static void put_columns(struct ctx *ctx, struct json_out *out, const struct field *f)
{
	json_key(out, "columns");
	json_open(out, '{');
	for (size_t i = 0; i < f->n_columns; i++)
		model_put_field(ctx, out, &f->columns[i], f);
	json_close(out, '}');
}

static bool source_seen(void *arg, const struct field *f, const struct field *table)
{
	return model_field_seen(arg, table ? table : f);
}

/* For the form to work it out as he types; where what it rests on is hidden from him, he sees what is stored. */
static void put_compute(struct ctx *ctx, struct json_out *out, const struct field *f, const struct field *owner)
{
	if (f->compute == NULL)
		return;
	json_key(out, "compute");
	/* A column rests on columns of its table, which is seen whole or not at all. */
	if (f != owner || compute_each(f->compute, source_seen, ctx))
		compute_write_json(out, f->compute);
	else
		json_none(out);
}

void model_put_field(struct ctx *ctx, struct json_out *out, const struct field *f, const struct field *owner)
{
	enum field_sight sight = owner ? access_field(ctx, owner) : SIGHT_CLEAR;
	json_key(out, f->name);
	json_open(out, '{');
	model_put_text(out, "name", f->name);
	model_put_label(out, "label", &f->label);
	model_put_label(out, "help", &f->help);
	model_put_text(out, "kind", field_kind_name(f->kind));
	model_put_bool(out, "required", f->flags & FIELD_REQUIRED);
	model_put_bool(out, "search", f->flags & FIELD_SEARCH);
	model_put_bool(out, "sort", (f->flags & FIELD_SORT) && sight == SIGHT_CLEAR);
	model_put_bool(out, "unique", f->flags & FIELD_UNIQUE);
	model_put_bool(out, "system", f->flags & FIELD_SYSTEM);
	if (f->flags & FIELD_WARNING)
		model_put_bool(out, "warning", true);
	put_lookups(out, f->lookups);
	put_bounds(out, f);
	if (f->unit)
		model_put_text(out, "unit", f->unit);
	if (f->n_options)
		put_options(out, f);
	if (f->to)
		model_put_text(out, "to", f->to);
	if (f->n_columns)
		put_columns(ctx, out, f);
	model_put_filter(ctx, out, "show", f->show);
	model_put_filter(ctx, out, "needed_when", f->needed_when);
	model_put_text(out, "sight", sight == SIGHT_MASKED ? "masked" : "clear");
	if (f->preset)
		model_put_text(out, "default", f->preset);
	put_compute(ctx, out, f, owner);
	json_close(out, '}');
}
