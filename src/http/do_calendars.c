/* do_calendars.c: days off and make-up days from a file: looked at first, then kept as holidays/NAME.yaml. */
#include <unistd.h>

#include "base/clock.h"
#include "http/declare.h"
#include "http/handlers.h"
#include "http/server.h"
#include "model/yaml_write.h"
#include "report/holidays_in.h"
#include "store/store.h"

struct calendar_in {
	struct declare d;
	struct holiday *came; /* from the file */
	size_t n_came;
	size_t added, changed;
	struct buf days, effect; /* as JSON */
};

/* ---- the file ------------------------------------------------------------------------------------------ */

static enum err spool_read(struct ctx *ctx, struct request *rq, char **ret_bytes, size_t *ret_len)
{
	size_t len = 0;
	char *bytes;

	if (rq->spool_fd < 0)
		return ctx_problem(ctx, ERR_INVALID, "", "empty", "the file is empty");
	if (rq->spool_bytes > HOLIDAYS_BYTES_MAX)
		return ctx_problem(ctx, ERR_TOO_LARGE, "", "too_large", "at most %d KB", HOLIDAYS_BYTES_MAX >> 10);
	if (lseek(rq->spool_fd, 0, SEEK_SET) != 0)
		return ERR_INTERNAL;
	bytes = arena_alloc(ctx->arena, (size_t)rq->spool_bytes + 1);
	while (len < rq->spool_bytes) {
		ssize_t n = read(rq->spool_fd, bytes + len, (size_t)rq->spool_bytes - len);

		if (n <= 0)
			return ERR_INTERNAL;
		len += (size_t)n;
	}
	*ret_bytes = bytes;
	*ret_len = len;
	return ERR_OK;
}

/* ---- joined with what is there ---------------------------------------------------------------------------- */

static void date_text(int64_t day, char out[DATE_BYTES])
{
	int year, month, date;

	date_from_days(day, &year, &month, &date);
	date_format(year, month, date, out);
}

static const struct holiday *day_of(const struct holiday *days, size_t n, int64_t day)
{
	for (size_t i = 0; i < n; i++)
		if (days[i].day == day)
			return &days[i];
	return NULL;
}

/* was: what the day is now, "off" or "work"; null: nothing is said of it. */
static void write_days(struct ctx *ctx, struct calendar_in *c, const struct holiday *there, size_t n)
{
	struct json_out out;

	buf_init(&c->days, ctx->arena, 4 * HOLIDAYS_BYTES_MAX);
	json_out_init(&out, &c->days);
	json_open(&out, '[');
	for (size_t i = 0; i < c->n_came; i++) {
		const struct holiday *was = day_of(there, n, c->came[i].day);
		char date[DATE_BYTES];

		date_text(c->came[i].day, date);
		json_open(&out, '{');
		json_key(&out, "date");
		json_text(&out, date);
		json_key(&out, "off");
		json_bool(&out, c->came[i].off);
		json_key(&out, "name");
		json_text(&out, c->came[i].name);
		json_key(&out, "was");
		json_text(&out, was == NULL ? NULL : was->off ? "off" : "work");
		json_close(&out, '}');
	}
	json_close(&out, ']');
}

static json_t *days_json(const struct holiday *days, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *day = json_object();
		char date[DATE_BYTES];

		date_text(days[i].day, date);
		json_object_set_new(day, "date", json_string(date));
		json_object_set_new(day, "off", json_boolean(days[i].off));
		if (days[i].name[0] != '\0')
			json_object_set_new(day, "name", json_string(days[i].name));
		json_array_append_new(list, day);
	}
	return list;
}

/* The declaration as it would be; what stood there stays, but for the days. */
static enum err joined(struct ctx *ctx, struct calendar_in *c)
{
	struct pack_text *texts;
	struct holiday *there = NULL, *all;
	size_t n, at, n_there = 0, n_all;
	struct spot spot;
	json_t *j = json_object_kept(ctx->arena);

	TRY(pack_texts(ctx, &texts, &n));
	json_object_set_new(j, "holidays", json_string(c->d.name));
	if (declare_find(ctx, texts, n, &c->d, &at, &spot)) {
		const struct yaml_node *label = yaml_get(spot.node, "label");

		TRY(holidays_read(ctx, texts[at].body, texts[at].len, &there, &n_there));
		if (label != NULL)
			json_object_set_new(j, "label", yaml_to_json(label));
	}
	holidays_merge(ctx->arena, there, n_there, c->came, c->n_came, &all, &n_all, &c->added, &c->changed);
	json_object_set_new(j, "days", days_json(all, n_all));
	c->d.json = j;
	write_days(ctx, c, there, n_there);
	return ERR_OK;
}

static enum err look(struct ctx *ctx, void *arg)
{
	struct calendar_in *c = arg;
	struct json_out out;
	enum err e;

	TRY(joined(ctx, c));
	e = declare_model(ctx, &c->d);
	if (e == ERR_INVALID)
		report_problems(ctx, &c->d.report);
	TRY(e);
	buf_init(&c->effect, ctx->arena, LIMIT_YAML_BYTES);
	json_out_init(&out, &c->effect);
	return declare_effect(ctx, &c->d, &out);
}

enum err do_calendar_import(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct calendar_in c = {.d = {.rq = rq, .an = an, .section = "holidays"}};
	struct json_out *out = &an->json;
	char *bytes = NULL;
	size_t len = 0;

	c.d.name = request_query(rq, "holidays");
	c.d.note = request_query(rq, "name");
	if (c.d.name == NULL)
		return ctx_problem(ctx, ERR_BAD_REQUEST, "holidays", "required", "which holidays? ?holidays=NAME");
	TRY(declare_name(ctx, &c.d));
	TRY(spool_read(ctx, rq, &bytes, &len));
	TRY(holidays_read(ctx, bytes, len, &c.came, &c.n_came));
	TRY(store_read_slow(ctx, look, &c));
	if (request_flag(rq, "save"))
		TRY(declare_save(ctx, &c.d));
	json_open(out, '{');
	json_key(out, "days");
	json_raw(out, c.days.data, c.days.len);
	json_key(out, "added");
	json_int(out, (int64_t)c.added);
	json_key(out, "changed");
	json_int(out, (int64_t)c.changed);
	json_key(out, "effect");
	json_raw(out, c.effect.data, c.effect.len);
	json_close(out, '}');
	return ERR_OK;
}
