/*
 * flow.h: everything that changes records. Each function runs inside store_write (the caller wraps
 * it), checks rights, writes record, event, work index, search and lookup rows together, and
 * leaves nothing behind on an error. The only way to write a record.
 */
#ifndef SHOUWEN_FLOW_FLOW_H
#define SHOUWEN_FLOW_FLOW_H

#include "base/json.h"
#include "model/access.h"
#include "model/list.h"
#include "model/model.h"
#include "model/record.h"

/* ---- records ---------------------------------------------------------------------------------- */

/* Makes a record from {"field": value, …}: presets, required, number, state start, owner chain
 * (first_owner and owner are ctx->who unless the type has no work), event `created`, rules, plans. */
enum err flow_create(struct ctx *ctx, const struct type *t, const json_t *fields, struct record **ret_record);
/* For packs' actions and import: values already set in r; `set_system` lets state, owner and times
 * stand as they are (import only). `kind` is the event's ("created" or "imported"). */
enum err flow_insert(struct ctx *ctx, struct record *r, const char *kind, bool set_system, const json_t *note);
/* Changes fields in place; version is from If-Match (ERR_STALE when it isn't the present one). */
enum err flow_change(struct ctx *ctx, const struct type *t, int64_t id, int64_t version, const json_t *fields,
                     struct record **ret_record);
/* A named transition. `input` holds fields and inputs. version 0 means "whatever it is" and is
 * allowed only for transitions marked glance. */
enum err flow_do(struct ctx *ctx, const struct type *t, int64_t id, int64_t version, const char *transition,
                 const json_t *input, struct record **ret_record);
enum err flow_remove(struct ctx *ctx, const struct type *t, int64_t id, int64_t version, const json_t *input);

struct transition_offer {
	const struct transition *transition;
	bool allowed;
	const char *why; /* not allowed: in words, in the user's language */
	bool waits;      /* he is the right one, its condition does not hold yet */
};
/* Every transition from the record's state that is not quiet, allowed or not. Inside store_read. */
enum err flow_offers(struct ctx *ctx, const struct record *r, struct transition_offer **ret_offers, size_t *ret_n);

/* A comment; internal ones are colleagues' only. Does not raise the version. `files`: ids. */
enum err flow_comment(struct ctx *ctx, const struct type *t, int64_t id, const char *text, bool internal,
                      const int64_t *files, size_t n_files);
/* Does he read a record that took over words of this one which bring the file? */
enum err comments_file_seen(struct ctx *ctx, int64_t record, int64_t file, bool *ret_seen);

/* The clear value of a masked field after a reason is given: logged as an event `revealed`. */
enum err flow_reveal(struct ctx *ctx, const struct type *t, int64_t id, const char *field, const char *reason,
                     struct value *ret_value);

/* ---- timeline and proof ----------------------------------------------------------------------- */

/* Writes one event row and links it into the record's chain. body: JSON text or NULL. */
enum err event_append(struct ctx *ctx, const char *type, int64_t record, const char *kind, bool internal,
                      const char *body, int64_t *ret_event);
/* May he issue forms of it (issued_form)? ERR_NOT_FOUND where he may not read it. */
enum err flow_may_issue(struct ctx *ctx, const struct record *r, bool *ret_may);
/* {"events":[…],"next":…} as ctx->who may see it: hidden fields left out of before/after, masked
 * ones masked. Inside store_read. */
enum err timeline_write_json(struct ctx *ctx, const struct record *r, const char *after, size_t limit,
                             struct json_out *out);
/* The owner chain as docs/API.md has it, oldest first: [{"at","from","to","team","kind","reason"}], read
 * from the record's events. Inside store_read. */
enum err chain_write_json(struct ctx *ctx, const struct record *r, struct json_out *out);
/* The whole answer of GET /records/{type}/{id} (docs/API.md): fields, can, chain, say, lists; only the
 * glance fields, with "glance":true, for who may not read but may glance; ERR_NOT_FOUND else.
 * `watching` is left to live/. Inside store_read. */
enum err record_page_write_json(struct ctx *ctx, const struct type *t, int64_t id, struct json_out *out,
                                int64_t *ret_version); /* 0 for a glance */
/* Lawful erasure of one event's body; the proof still holds. */
enum err event_erase(struct ctx *ctx, int64_t event, const char *reason);
/* Hashes events up to the last closed one into a seal, at most `limit` at a time. */
enum err event_seal(struct ctx *ctx, size_t limit, size_t *ret_sealed);

struct verify_report {
	int64_t records, events, seals;
	size_t n_faults;
	const char **faults; /* first 100, in words */
};
/* Chains, seals, that every record has its events. Reads in slices; takes as long as it takes. */
enum err flow_verify(struct ctx *ctx, struct verify_report *ret_report);
/* Recomputes work, search, lookup rows in resumable slices: `from_id` 0 starts, *ret_next 0 ends.
 * ret_changed counts rows that differed. */
enum err flow_rebuild(struct ctx *ctx, const struct type *t, int64_t from_id, size_t limit, int64_t *ret_next,
                      size_t *ret_changed);

/* ---- the desk ---------------------------------------------------------------------------------- */

/* One contact with its matters in one go: see docs/API.md "intake". Writes the answer. */
enum err flow_intake(struct ctx *ctx, const json_t *input, struct json_out *out);
/* A pasted message, taken apart: phones, name, address, plate, order numbers. No database. */
enum err intake_paste(struct ctx *ctx, const char *text, size_t len, struct json_out *out);
/* Times to promise: today 17:00, tomorrow 10:00, 14:00, skipping holidays. */
enum err intake_times(struct ctx *ctx, struct json_out *out);

/* The workbench: groups of rows with a reason in words. Inside store_read. */
enum err work_write_json(struct ctx *ctx, struct json_out *out);
/* The counters of the rail: {"workbench":3,"ticket":1,…}: what waits for him. */
enum err work_counts_write_json(struct ctx *ctx, struct json_out *out);

/*
 * Runs of many records, each kept in bulk_run so that it can be taken up again and undone. The begin
 * functions write the run and nothing else; flow_run_go then does at most `limit` records in a transaction of its
 * own, also of an undo, and is called again until *ret_left is 0. Only the one who began a run goes on with it.
 */
/* One transition on at most LIMIT_BULK_ROWS records; what can't be done is told record by record. */
enum err flow_bulk_begin(struct ctx *ctx, const struct type *t, const int64_t *ids, size_t n, const char *transition,
                         const json_t *input, int64_t *ret_run);
/* The same with a macro (flow/macro.h) instead of a transition. */
enum err flow_macro_begin(struct ctx *ctx, const struct type *t, const int64_t *ids, size_t n, int64_t macro,
                          int64_t *ret_run);
/* Everything open of an absent colleague to another: work, promises, follow-ups. */
enum err flow_cover_begin(struct ctx *ctx, int64_t from_user, int64_t to_user, const char *reason, int64_t *ret_run);
/* Takes a run back: what nobody touched since gets the values it had, what the run made is removed. A run that is
 * not over is stopped. ERR_CONFLICT if it was taken back already. */
enum err flow_undo_begin(struct ctx *ctx, int64_t run);
/* Merges record `from` into `into`, both of t: what is empty there is filled, tables, links and files are joined, every
 * link to `from` leads to `into`; `from` is kept, and stands in no list. */
enum err flow_merge_begin(struct ctx *ctx, const struct type *t, int64_t into, int64_t version, int64_t from,
                          const char *reason, int64_t *ret_run); /* reason: of matters; NULL: none */
/* What that would do, as docs/API.md has it. Inside store_read. */
enum err flow_merge_preview_json(struct ctx *ctx, const struct type *t, int64_t into, int64_t from,
                                 struct json_out *out);
enum err flow_run_go(struct ctx *ctx, int64_t run, size_t limit, size_t *ret_left);
/* What a run (or its undo) did so far, as docs/API.md has it; and his last runs. Inside store_read or store_write. */
enum err flow_run_write_json(struct ctx *ctx, int64_t run, struct json_out *out);
enum err flow_run_list_json(struct ctx *ctx, struct json_out *out);

/* 复制到群: the record as text for a group chat, as masked as the strictest role sees it: number, title, state,
 * who has it, until when, the last answer, never a full telephone number. Inside store_read. */
enum err share_text(struct ctx *ctx, struct record *r, const char **ret_text);

enum err notice_add(struct ctx *ctx, int64_t user, const char *kind, const struct record *about, const char *body_json);

#endif
