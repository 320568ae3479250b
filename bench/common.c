/* common.c: see common.h. */
#include "common.h"

enum { ARENA_BYTES = 256 << 20 };

void must(enum err e, const char *what)
{
	if (e == ERR_OK)
		return;
	fprintf(stderr, "%s: %s\n", what, err_code(e));
	exit(1);
}

void place_open(struct place *p, const char *dir)
{
	char why[512] = "";
	*p = (struct place){0};
	must(zone_load("Asia/Shanghai", &p->zone), "zone");
	must(store_open(&(struct store_config){.dir = dir}, &p->store, why, sizeof(why)), "opening");
	must(org_create(p->store, "b", &p->org, why, sizeof(why)), why);
	p->ctx = (struct ctx){.arena = arena_new(ARENA_BYTES),
	                      .org = p->org,
	                      .ids = ids_new(0),
	                      .zone = p->zone,
	                      .now_ms = clock_now_ms(),
	                      .who = &who_system,
	                      .origin = ""};
}

void place_close(struct place *p)
{
	ids_free(p->ctx.ids);
	arena_free(p->ctx.arena);
	store_close(p->store);
	zone_free(p->zone);
}

void core_read(struct ctx *ctx, const char *packs, size_t more, struct pack_text **ret_texts, size_t *ret_n)
{
	char why[512] = "";
	struct pack_text *core;
	must(pack_read_dir(ctx->arena, packs, "core", &core, ret_n, why, sizeof(why)), why);
	*ret_texts = ARENA_ARRAY(ctx->arena, *ret_n + more, struct pack_text);
	memcpy(*ret_texts, core, *ret_n * sizeof(core[0]));
}

struct model *core_load(struct ctx *ctx, const struct pack_text *texts, size_t n)
{
	struct pack_report report = {0};
	struct model *m = NULL;
	enum err e = model_load(ctx->arena, texts, n, &m, &report);
	if (e != ERR_OK && report.n > 0)
		fprintf(stderr, "%s:%d: %s\n", report.list[0].path, report.list[0].line, report.list[0].message);
	must(e, "loading");
	return m;
}

int64_t made(struct ctx *ctx, const char *type, const char *json)
{
	json_error_t fault;
	struct record *r;
	json_t *fields = json_loads(json, 0, &fault);
	must(flow_create(ctx, model_type(ctx->model, type), fields, &r), type);
	json_decref(fields);
	return r->id;
}

static int by_size(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;
	return (a > b) - (a < b);
}

void figures_sort(double *list, size_t n)
{
	qsort(list, n, sizeof(*list), by_size);
}
