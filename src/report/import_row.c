/* import_row.c: one row of the source to a record, or to the JSON of a change. */
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/text.h"
#include "flow/flow.h"
#include "report/import.h"
#include "store/store.h"

/* No field holds more than FILLED_BYTES_MAX: LIMIT_LONG_TEXT_CHARS of four bytes. */
enum { YEAR_MIN = 1800, YEAR_MAX = 9999, FILLED_BYTES_MAX = 4 * LIMIT_LONG_TEXT_CHARS, SHOWN_BYTES_MAX = 60 };

const char *import_fill(struct ctx *ctx, const char *template, const struct import_line *line, const char **ret_missing)
{
	struct buf out;
	buf_init(&out, ctx->arena, FILLED_BYTES_MAX);
	buf_str(&out, "");
	for (const char *p = template; *p != '\0';) {
		const char *open = strchr(p, '{'), *close = open ? strchr(open, '}') : NULL;
		if (close == NULL) {
			buf_str(&out, p);
			break;
		}
		buf_add(&out, p, (size_t)(open - p));
		size_t len = (size_t)(close - open - 1), i = 0;
		while (i < line->n && (strlen(line->names[i]) != len || memcmp(line->names[i], open + 1, len) != 0))
			i++;
		if (i == line->n) {
			*ret_missing = arena_strndup(ctx->arena, open + 1, len);
			return NULL;
		}
		buf_str(&out, line->values[i]);
		p = close + 1;
	}
	*ret_missing = NULL;
	return out.over ? NULL : text_clean(ctx->arena, out.data, out.len);
}

/* A value in a message: its beginning, whole characters. */
static const char *shortened(struct ctx *ctx, const char *text)
{
	size_t len = strlen(text);
	if (len <= SHOWN_BYTES_MAX)
		return text;
	len = SHOWN_BYTES_MAX;
	while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
		len--;
	return arena_printf(ctx->arena, "%s…", arena_strndup(ctx->arena, text, len));
}

/* The words of a choice as people write them: name, or label in either language. */
static const char *option_named(const struct field *f, const char *text)
{
	for (size_t i = 0; i < f->n_options; i++) {
		const struct option *o = &f->options[i];
		if (strcmp(o->name, text) == 0 || strcmp(o->label.zh, text) == 0 ||
		    (o->label.en && strcmp(o->label.en, text) == 0))
			return o->name;
	}
	return NULL;
}

/* ---- times ---------------------------------------------------------------------------------------- */

/* The whole text in one form, and a day that there is. */
static bool time_read(const char *text, const char *form, struct local_time *ret_local, int64_t *ret_offset_ms)
{
	struct tm tm = {0};
	char date[DATE_BYTES];
	const char *end = strptime(text, form, &tm);
	int y, m, d;
	if (end == NULL || *end != '\0' || tm.tm_year + 1900 < YEAR_MIN || tm.tm_year + 1900 > YEAR_MAX)
		return false;
	date_format(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, date);
	if (!date_parse(date, &y, &m, &d))
		return false;
	*ret_local = (struct local_time){
	        .year = y, .month = m, .day = d, .hour = tm.tm_hour, .minute = tm.tm_min, .second = tm.tm_sec};
	*ret_offset_ms = (int64_t)tm.tm_gmtoff * SECOND_MS;
	return true;
}

/* How people and spreadsheets write times, where the map doesn't say. */
static bool time_usual(const char *text, bool date, struct local_time *ret_local)
{
	static const char *const forms[] = {"%Y-%m-%d",          "%Y/%m/%d",          "%Y年%m月%d日",
	                                    "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M",
	                                    "%Y/%m/%d %H:%M",    "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"};
	int64_t offset;
	for (size_t i = 0; i < (date ? 3 : sizeof(forms) / sizeof(forms[0])); i++)
		if (time_read(text, forms[i], ret_local, &offset))
			return true;
	return false;
}

static enum err time_value(struct ctx *ctx, const struct import_map *map, const struct import_field *f,
                           const char *text, struct value *ret_value)
{
	bool date = f->field->kind == FIELD_DATE;
	struct local_time local;
	int64_t at, offset = 0;
	if (f->time == NULL && !date && instant_parse(text, &at)) {
		*ret_value = value_int(at);
		return ERR_OK;
	}
	if (f->time ? !time_read(text, f->time, &local, &offset) : !time_usual(text, date, &local)) {
		const char *want = f->time ? f->time : date ? "2026-11-22" : "2026-11-22 15:30";
		return ctx_problem(ctx, ERR_INVALID, f->field->name, date ? "bad_date" : "bad_time",
		                   "'%s' is not of the form %s", shortened(ctx, text), want);
	}
	if (date) {
		char day[DATE_BYTES];
		date_format(local.year, local.month, local.day, day);
		*ret_value = value_text(arena_strdup(ctx->arena, day));
	} else if (f->time != NULL && strstr(f->time, "%z") != NULL) {
		*ret_value = value_int(date_days(local.year, local.month, local.day) * DAY_MS + local.hour * HOUR_MS +
		                       local.minute * MINUTE_MS + local.second * SECOND_MS - offset);
	} else {
		*ret_value = value_int(zone_instant(map->zone, &local));
	}
	return ERR_OK;
}

/* ---- links: found by a field, remembered by the value, made when the map says so ------------------ */

/* The record may have been removed since. */
static enum err link_remembered(struct ctx *ctx, const struct type *target, const char *space, const char *value,
                                int64_t *ret_id)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "select k.record from import_key k join ");
	sql_name(&q, target->table);
	SQL(&q, " t on t.id = k.record where k.source = :space and k.source_id = :value");
	sql_text(&q, "space", space);
	sql_text(&q, "value", value);
	return sql_one_int(ctx, &q, ret_id);
}

static enum err link_remember(struct ctx *ctx, const char *space, const char *value, int64_t id)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into import_key (source, source_id, record) values (:space, :value, :id)"
	        " on conflict (source, source_id) do update set record = excluded.record");
	sql_text(&q, "space", space);
	sql_text(&q, "value", value);
	sql_int(&q, "id", id);
	return sql_run(ctx, &q, NULL);
}

static enum err link_search(struct ctx *ctx, const struct import_field *f, const char *value, int64_t *ret_id)
{
	struct sql q;
	struct value v;
	json_t *j = json_kept(ctx->arena, json_string(value));
	TRY(value_from_json(ctx, f->find, f->field->name, j, &v));
	sql_init(&q, ctx->arena);
	SQL(&q, "select id from ");
	sql_name(&q, f->field->target->table);
	SQL(&q, " where ");
	sql_name(&q, f->find->column);
	SQL(&q, " = ");
	sql_value(&q, &v);
	SQL(&q, " order by id limit 1");
	return sql_one_int(ctx, &q, ret_id);
}

/* The record that a link leads to, where the map says that it be made. */
static enum err link_draft(struct ctx *ctx, const struct import_field *f, const char *value, struct record **ret_made)
{
	struct record *made = record_new(ctx->arena, f->field->target);
	struct value v;
	for (size_t i = 0; i <= f->n_with; i++) {
		const char *name = i < f->n_with ? f->with[i].name : f->find->name;
		const struct field *field = type_field(f->field->target, name);
		json_t *j = json_kept(ctx->arena, json_string(i < f->n_with ? f->with[i].value : value));
		TRY(value_from_json(ctx, field, f->field->name, j, &v));
		record_set(made, field, v);
	}
	TRY(record_apply_presets(ctx, made));
	*ret_made = made;
	return ERR_OK;
}

/* In a dry run an id that no record has stands for the one that would be made. */
static enum err link_make(struct ctx *ctx, const struct import_field *f, const char *value, bool dry_run,
                          int64_t *ret_id)
{
	struct record *made;
	TRY(link_draft(ctx, f, value, &made));
	if (dry_run)
		TRY(record_check(ctx, made));
	else
		TRY(flow_insert(ctx, made, "imported", true, NULL));
	*ret_id = dry_run ? -1 : made->id;
	return ERR_OK;
}

static enum err link_value(struct ctx *ctx, const struct import_map *map, const struct import_field *f,
                           const char *text, bool dry_run, struct value *ret_value)
{
	const char *space = arena_printf(ctx->arena, "%s/%s", map->source, f->field->name);
	int64_t id = 0;
	enum err e = link_remembered(ctx, f->field->target, space, text, &id);
	if (e == ERR_NOT_FOUND) {
		e = link_search(ctx, f, text, &id);
		if (e == ERR_NOT_FOUND && f->create)
			e = link_make(ctx, f, text, dry_run, &id);
		if (e == ERR_OK && !dry_run)
			e = link_remember(ctx, space, text, id);
	}
	if (e == ERR_NOT_FOUND)
		return ctx_problem(ctx, ERR_INVALID, f->field->name, "not_found", "no %s with %s '%s'",
		                   label_in(&f->field->target->label, ctx->lang), label_in(&f->find->label, ctx->lang),
		                   shortened(ctx, text));
	if (e == ERR_OK)
		*ret_value = value_int(id);
	return e;
}

/* ---- values --------------------------------------------------------------------------------------- */

static const char *mapped(const struct import_field *f, const char *text)
{
	if (f->n_options == 0)
		return text;
	for (size_t i = 0; i < f->n_options; i++)
		if (strcmp(f->options[i].name, text) == 0)
			return f->options[i].value;
	return f->otherwise;
}

/* The text a row has for a field, NULL with a problem noted. */
static const char *row_text(struct ctx *ctx, const struct import_field *f, const struct import_line *line)
{
	const char *missing = NULL;
	const char *text = import_fill(ctx, f->template, line, &missing);
	if (text == NULL && missing == NULL)
		ctx_problem(ctx, ERR_INVALID, f->field->name, "too_long", "at most %d bytes", FILLED_BYTES_MAX);
	else if (text == NULL)
		ctx_problem(ctx, ERR_INVALID, f->field->name, "no_column", "the file has no column '%s'",
		            shortened(ctx, missing));
	if (text == NULL)
		return NULL;
	const char *value = mapped(f, text);
	if (value == NULL && *text == '\0')
		return "";
	if (value == NULL)
		ctx_problem(ctx, ERR_INVALID, f->field->name, "bad_option", "the map has no option for '%s'",
		            shortened(ctx, text));
	return value;
}

/* "大客户、会员", as exports write it. */
static enum err choices_value(struct ctx *ctx, const struct field *f, const char *text, struct value *ret_value)
{
	static const char *const marks[] = {"、", "，", "；", ",", ";", "\n"};
	json_t *list = json_kept(ctx->arena, json_array());
	while (*text != '\0') {
		const char *end = text + strlen(text);
		size_t mark = 0;
		for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
			const char *at = strstr(text, marks[i]);
			if (at != NULL && at < end) {
				end = at;
				mark = strlen(marks[i]);
			}
		}
		const char *one = text_clean(ctx->arena, text, (size_t)(end - text));
		const char *name = option_named(f, one);
		if (*one != '\0')
			json_array_append_new(list, json_string(name ? name : one));
		text = end + mark;
	}
	return value_from_json(ctx, f, f->name, list, ret_value);
}

static enum err row_value(struct ctx *ctx, const struct import_map *map, const struct import_field *f, const char *text,
                          bool dry_run, struct value *ret_value)
{
	if (*text == '\0') {
		*ret_value = value_empty();
		return ERR_OK;
	}
	if (f->field->kind == FIELD_LINK)
		return link_value(ctx, map, f, text, dry_run, ret_value);
	if (f->field->kind == FIELD_DATETIME || f->field->kind == FIELD_DATE)
		return time_value(ctx, map, f, text, ret_value);
	if (f->field->kind == FIELD_CHOICES)
		return choices_value(ctx, f->field, text, ret_value);
	if (f->field->kind == FIELD_CHOICE && option_named(f->field, text) != NULL)
		text = option_named(f->field, text);
	json_t *j = json_kept(ctx->arena, json_string(text));
	return value_from_json(ctx, f->field, f->field->name, j, ret_value);
}

static void put(struct record *r, const struct field *f, struct value v)
{
	if (strcmp(f->name, "created_at") == 0)
		r->created_at = v.kind == VALUE_INT ? v.i : 0;
	else if (strcmp(f->name, "updated_at") == 0)
		r->updated_at = v.kind == VALUE_INT ? v.i : 0;
	else if (strcmp(f->name, "created_by") == 0)
		r->created_by = v.kind == VALUE_INT ? v.i : 0;
	else if (!field_is_base(f))
		record_set(r, f, v);
}

enum err import_key_value(struct ctx *ctx, const struct import_map *map, const struct import_line *line,
                          struct value *ret_value)
{
	*ret_value = value_empty();
	for (size_t i = 0; i < map->n_fields; i++) {
		if (map->fields[i].field != map->key)
			continue;
		const char *text = row_text(ctx, &map->fields[i], line);
		return text ? row_value(ctx, map, &map->fields[i], text, true, ret_value) : ERR_INVALID;
	}
	return ERR_OK;
}

enum err import_record(struct ctx *ctx, const struct import_map *map, const struct import_line *line, bool dry_run,
                       struct record **ret_record)
{
	struct record *r = record_new(ctx->arena, map->type);
	enum err worst = ERR_OK;
	for (size_t i = 0; i < map->n_fields; i++) {
		const struct import_field *f = &map->fields[i];
		struct value v = value_empty();
		const char *text = row_text(ctx, f, line);
		enum err e = text ? row_value(ctx, map, f, text, dry_run, &v) : ERR_INVALID;
		if (e != ERR_OK && e != ERR_INVALID)
			return e;
		if (e == ERR_INVALID)
			worst = e;
		else
			put(r, f->field, v);
	}
	/* Times that the source lacks follow from those it has. */
	if (r->updated_at < r->created_at)
		r->updated_at = r->created_at;
	TRY(record_apply_presets(ctx, r));
	enum err e = record_check(ctx, r);
	if (e != ERR_OK)
		return e;
	if (worst == ERR_OK)
		*ret_record = r;
	return worst;
}

enum err import_fields(struct ctx *ctx, const struct import_map *map, const struct import_line *line, bool dry_run,
                       json_t **ret_fields)
{
	json_t *fields = json_object_kept(ctx->arena);
	enum err worst = ERR_OK;
	for (size_t i = 0; i < map->n_fields; i++) {
		const struct import_field *f = &map->fields[i];
		const char *text = row_text(ctx, f, line);
		if (text == NULL) {
			worst = ERR_INVALID;
			continue;
		}
		if ((f->field->flags & (FIELD_SYSTEM | FIELD_BASE)) || *text == '\0')
			continue; /* an empty cell leaves what is there */
		struct value v;
		enum err e = row_value(ctx, map, f, text, dry_run, &v);
		if (e != ERR_OK && e != ERR_INVALID)
			return e;
		if (e == ERR_INVALID) {
			worst = e;
			continue;
		}
		struct buf b;
		struct json_out out;
		buf_init(&b, ctx->arena, LIMIT_BODY_BYTES);
		json_out_init(&out, &b);
		if (f->field->kind == FIELD_LINK)
			json_id(&out, v.i);
		else
			value_write_json(&out, f->field, &v);
		json_object_set_new(fields, f->field->name, json_loadb(b.data, b.len, JSON_DECODE_ANY, NULL));
	}
	if (worst == ERR_OK)
		*ret_fields = fields;
	return worst;
}
