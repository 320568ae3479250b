/*
 * record.h: one record in memory, to and from its table and JSON. No access checks in the
 * functions that say so; no events here: only flow/ calls the writing ones.
 */
#ifndef SHOUWEN_MODEL_RECORD_H
#define SHOUWEN_MODEL_RECORD_H

#include "base/json.h"
#include "model/model.h"

struct record_line { /* a row of a table field */
	int64_t id;
	struct value *values; /* field->n_columns */
};

struct record_lines {
	struct record_line *list;
	size_t n;
	bool loaded;
};

struct record {
	const struct type *type;
	int64_t id, version, created_at, created_by, updated_at;
	struct value *values;       /* type->n_fields; LINKS as lists; TABLE and COMPUTED empty */
	struct record_lines *lines; /* type->n_fields; used for TABLE */
	uint64_t *changed;          /* bits by field->at: set by record_set and the JSON mapping */
};

struct record *record_new(struct arena *a, const struct type *t);
/* A fresh empty line at the end of a table field (id 0 until it is written); marks the field changed. */
struct record_line *record_line_add(struct arena *a, struct record *r, const struct field *f);
/* After lines were edited in place. */
void record_mark(struct record *r, const struct field *f);
bool value_is_empty(const struct value *v); /* also an empty list */
/* id, version, created_at, created_by, updated_at: kept in struct record itself, fields only to filters. */
bool field_is_base(const struct field *f);
struct value record_get(const struct record *r, const char *field); /* empty if there is none */
int64_t record_int(const struct record *r, const char *field);      /* 0 if empty */
const char *record_text(const struct record *r, const char *field); /* NULL if empty */
/* Of an integer or link; before NULL: the field was empty. */
bool record_int_differs(const struct record *r, const struct record *before, const char *field);
bool record_is_open(const struct record *r);                              /* its stage is open or paused; NULL is not */
void record_set(struct record *r, const struct field *f, struct value v); /* marks it changed when it differs */
bool record_is_changed(const struct record *r, const struct field *f);

/* Reads one record whole (side tables too). No access check. ERR_NOT_FOUND. */
enum err record_load(struct ctx *ctx, const struct type *t, int64_t id, struct record **ret_record);
/* The type of a work record by id (from the work index): ERR_NOT_FOUND. */
enum err record_type_of(struct ctx *ctx, int64_t id, const struct type **ret_type);

/* JSON to record: only declared, writable fields; every problem is noted ("unknown_field",
 * "wrong_type", "too_long", "bad_option", "read_only", "not_found" for a link's target …), nothing is guessed.
 * `inputs`, when not NULL, takes values of t->inputs (n_inputs values). Does not check `required`. */
enum err record_from_json(struct ctx *ctx, struct record *r, const json_t *fields, struct value *inputs);
/* One value, also used by import: JSON scalar to value of a field. Where ctx->origin is "import" numbers
 * and flags may come as text. Retired options pass here; record_from_json refuses them as new values. */
enum err value_from_json(struct ctx *ctx, const struct field *f, const char *path, const json_t *j,
                         struct value *ret_value);
enum err record_apply_presets(struct ctx *ctx, struct record *r);
/* Required fields, required_when, min/max, uniqueness: notes problems, ERR_INVALID. */
enum err record_check(struct ctx *ctx, struct record *r);
/* The computed fields that are others than before: nobody writes them, so whatever moves them keeps their min and max.
 */
enum err record_check_computed(struct ctx *ctx, const struct record *r, const struct record *before);

/* Insert or update the row, side tables and lookup rows; update is conditional on r->version and
 * raises it: ERR_STALE. Inside store_write. */
enum err record_insert(struct ctx *ctx, struct record *r);
enum err record_update(struct ctx *ctx, struct record *r);
enum err record_delete(struct ctx *ctx, struct record *r);
/* For rebuild: fields and tables marked as changed, without a version of its own. ERR_STALE. */
enum err record_write_derived(struct ctx *ctx, struct record *r);

/* Writes the record's search tokens and access keys, after insert or update. Keys: y_TYPE, and k_user_ID
 * or k_team_ID for each link to one: search is narrowed by them and rows are checked afterwards. */
enum err record_index(struct ctx *ctx, struct record *r);
/* The same for a record that was just made: nobody can have commented on it. */
enum err record_index_fresh(struct ctx *ctx, struct record *r);
/* Writes the lookup rows anew; record_insert and record_update do it themselves. For rebuild. */
enum err record_index_lookup(struct ctx *ctx, struct record *r);
/* What record_index gives to search_put, for rebuild's comparison; NULL tokens: this type is not searched. */
enum err record_search_tokens(struct ctx *ctx, struct record *r, const char **ret_tokens, const char **ret_keys);
/* What was said of a record, and what went along with it from another, newest first; erased comments hold nothing.
 * `internal`: those between colleagues too. */
struct comment {
	int64_t event, at;
	bool internal;
	const char *text;
};
enum err record_comments(struct ctx *ctx, int64_t record, bool internal, struct comment **ret_list, size_t *ret_n);
/* The events of other records whose words it took over and has not given back. In ctx->arena. */
enum err record_taken(struct ctx *ctx, int64_t record, int64_t **ret_ids, size_t *ret_n);
/* A customer sees what is not between colleagues. */
bool sees_internal(const struct ctx *ctx);
const char *field_key_token(struct arena *a, const struct field *f, int64_t id);

/* Its column; null where these packs have no such field. */
struct sql;
void sql_field(struct sql *q, const struct type *t, const char *name);

/* The text that names a record in a link (its title field; "" if empty). In ctx->arena. */
const char *record_title(const struct record *r);
/* The same for ids in bulk: titles[i] is NULL where there is none. One query. */
enum err record_titles(struct ctx *ctx, const struct type *t, const int64_t *ids, size_t n, const char **ret_titles);
/* The name of one linked record as ctx->who may know it: the number alone of a confidential one that is not his
 * to read, NULL where he may know nothing. t NULL: of any type that uses work. */
enum err record_label(struct ctx *ctx, const struct type *t, int64_t id, const char **ret_label);

/* A record as the API shows it to ctx->who: hidden fields left out, masked ones as
 * {"masked":"138****0021"}, links as {"id","label"}, computed ones as truth. Writes the fields'
 * object alone, {"title":…,…}; http/ writes id, version, rights and chain around it. */
enum err record_write_json(struct ctx *ctx, struct json_out *out, struct record *r);
/* The same object with the glance fields only, for who may glance but not read. */
enum err record_write_glance_json(struct ctx *ctx, struct json_out *out, struct record *r);
void value_write_json(struct json_out *out, const struct field *f, const struct value *v);
/* What a person reads: option label, "是", "2026-11-22 15:30", "1,234.50". In ctx->arena. */
const char *value_display(struct ctx *ctx, const struct field *f, const struct value *v);

#endif
