/*
 * JSON to records: whatever a client sends, it becomes a record of the core pack with every value in order, or the
 * problems are told, with fields; and what is written out is JSON again. Input: one byte that picks the type, one
 * that picks how, then the JSON of the fields. With clang -fsanitize=fuzzer this is a libFuzzer target; with REPLAY
 * defined, a program that runs kept crashes and seeds.
 */
#include <unistd.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/text.h"
#include "model/pack.h"
#include "model/record.h"
#include "model/who.h"
#include "store/store.h"
#ifdef REPLAY
#include "replay.h"
#endif

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

struct place { /* made once, kept for the life of the process */
	struct arena *arena;
	struct store *store;
	struct org *org;
	struct zone *zone;
	struct model *model;
	struct pack_text *texts;
	size_t n_texts;
	struct ctx ctx;
	char dir[64];
};

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "broken promise: %s\n", what);
	abort();
}

static enum err apply_fn(struct ctx *ctx, void *arg)
{
	struct place *p = arg;
	return pack_apply(ctx, p->model, p->texts, p->n_texts, false);
}

/* The organisation lies in memory where the system has such a folder; nothing of it stays. */
static struct place *place_make(void)
{
	struct place *p = calloc(1, sizeof(*p));
	struct pack_report report = {0};
	char why[512];
	must(p != NULL, "memory");
	snprintf(p->dir, sizeof(p->dir), "%s/shouwen-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	must(mkdtemp(p->dir) != NULL, "a folder");
	struct store_config config = {.dir = p->dir};
	must(store_open(&config, &p->store, why, sizeof(why)) == ERR_OK, "a store");
	must(org_create(p->store, "fuzz", &p->org, why, sizeof(why)) == ERR_OK, "an organisation");
	must(zone_load("Asia/Shanghai", &p->zone) == ERR_OK, "a zone");
	p->arena = arena_new((size_t)256 << 20);
	must(pack_read_dir(p->arena, REAL_PACKS, "core", &p->texts, &p->n_texts, why, sizeof(why)) == ERR_OK,
	     "the pack");
	must(model_load(p->arena, p->texts, p->n_texts, &p->model, &report) == ERR_OK, "the model");
	p->ctx = (struct ctx){.arena = arena_new((size_t)1 << 30),
	                      .org = p->org,
	                      .model = p->model,
	                      .who = &who_system,
	                      .now_ms = INT64_C(1795399200000),
	                      .zone = p->zone,
	                      .ids = ids_new(1)};
	must(store_write(&p->ctx, apply_fn, p) == ERR_OK, "the tables");
	return p;
}

static void place_end(struct place *p)
{
	char path[128];
	org_drop(p->store, "fuzz");
	store_close(p->store);
	snprintf(path, sizeof(path), "%s/orgs", p->dir);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/backups", p->dir);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/lock", p->dir);
	unlink(path);
	rmdir(p->dir);
}

static struct place *place;

static void place_atexit(void)
{
	place_end(place);
	arena_free(place->ctx.arena);
	model_unref(place->model);
	ids_free(place->ctx.ids);
	zone_free(place->zone);
	arena_free(place->arena);
	free(place);
}

/* ---- one input ---------------------------------------------------------------------------------------- */

struct given {
	const struct type *type;
	const char *text;
	size_t len;
	bool twice; /* the record as if it were there already */
};

static void check_value(const struct field *f, const struct value *v)
{
	if (v->kind == VALUE_TEXT)
		must(text_valid(v->s, strlen(v->s)), "a text is text");
	if (v->kind == VALUE_LIST)
		for (size_t i = 0; i < v->n; i++)
			check_value(f, &v->list[i]);
	if (v->kind != VALUE_EMPTY && (f->kind == FIELD_LINK || f->kind == FIELD_DATETIME || f->kind == FIELD_FLAG))
		must(v->kind == VALUE_INT, "a value is of its field's kind");
	if (v->kind != VALUE_EMPTY && f->kind == FIELD_CHOICE)
		must(v->kind == VALUE_TEXT && field_option(f, v->s, NULL) != NULL, "a choice is an option");
}

static void check_record(struct ctx *ctx, struct record *r)
{
	struct json_out out;
	struct buf b;
	json_t *again;
	for (size_t i = 0; i < r->type->n_fields; i++) {
		const struct field *f = &r->type->fields[i];
		check_value(f, &r->values[i]);
		for (size_t n = 0; f->kind == FIELD_TABLE && n < r->lines[i].n; n++)
			for (size_t k = 0; k < f->n_columns; k++)
				check_value(&f->columns[k], &r->lines[i].list[n].values[k]);
	}
	buf_init(&b, ctx->arena, 64 << 20);
	json_out_init(&out, &b);
	must(record_write_json(ctx, &out, r) == ERR_OK, "a record can be written");
	must(json_parse(ctx, b.data, b.len, &again) == ERR_OK && json_is_object(again), "what is written is JSON");
}

static enum err one_fn(struct ctx *ctx, void *arg)
{
	const struct given *g = arg;
	json_t *j;
	enum err e = json_parse(ctx, g->text, g->len, &j);
	must(e == ERR_OK || (e == ERR_BAD_REQUEST && ctx->problems.n > 0), "JSON is read or its fault is told");
	if (e != ERR_OK)
		return ERR_OK;
	struct record *r = record_new(ctx->arena, g->type);
	struct value *inputs = ARENA_ARRAY(ctx->arena, g->type->n_inputs + 1, struct value);
	r->version = g->twice ? 1 : 0;
	must(record_apply_presets(ctx, r) == ERR_OK, "presets hold");
	e = record_from_json(ctx, r, j, g->twice ? inputs : NULL);
	must(e == ERR_OK || ((e == ERR_INVALID || e == ERR_BAD_REQUEST) && ctx->problems.n > 0), "problems are told");
	for (size_t i = 0; i < ctx->problems.n; i++)
		must(ctx->problems.list[i].code != NULL && ctx->problems.list[i].field != NULL &&
		             (ctx->problems.list[i].detail == NULL ||
		              text_valid(ctx->problems.list[i].detail, strlen(ctx->problems.list[i].detail))) &&
		             text_valid(ctx->problems.list[i].field, strlen(ctx->problems.list[i].field)),
		     "a problem is text with a field and a code");
	if (e == ERR_OK) {
		e = record_check(ctx, r);
		must(e == ERR_OK || (e == ERR_INVALID && ctx->problems.n > 0), "what is missing is told");
	}
	check_record(ctx, r);
	return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	if (place == NULL) {
		place = place_make();
		atexit(place_atexit);
	}
	if (len < 2 || len > 256 << 10)
		return 0;
	struct ctx *ctx = &place->ctx;
	struct given g = {.type = &place->model->types[bytes[0] % place->model->n_types],
	                  .text = (const char *)bytes + 2,
	                  .len = len - 2,
	                  .twice = bytes[1] & 1};
	ctx->origin = bytes[1] & 2 ? "import" : "fuzz";
	ctx_forget(ctx);
	arena_clear(ctx->arena);
	must(store_read(ctx, one_fn, &g) == ERR_OK, "a reader doesn't fail");
	return 0;
}
