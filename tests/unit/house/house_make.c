/* house_make.c: the house itself: packs put in force, teams and people; see house.h. */
#include "house.h"

/* ---- packs ---------------------------------------------------------------------------------------------- */

void house_texts(struct house *h, const char *packs, const char *names, size_t more, struct pack_text **ret_texts,
                 size_t *ret_n)
{
	char why[512] = "";
	struct pack_text *texts;
	if (pack_read_dir(h->arena, packs, names, &texts, ret_n, why, sizeof(why)) != ERR_OK)
		fail_msg("%s", why);
	*ret_texts = ARENA_ARRAY(h->arena, *ret_n + more, struct pack_text);
	memcpy(*ret_texts, texts, *ret_n * sizeof(texts[0]));
}

struct model *house_load(struct house *h, const struct pack_text *texts, size_t n)
{
	struct pack_report report = {0};
	struct model *m;
	if (model_load(h->arena, texts, n, &m, &report) != ERR_OK) {
		for (size_t i = 0; i < report.n; i++)
			print_error("%s:%d %s\n", report.list[i].path, report.list[i].line, report.list[i].message);
		fail_msg("the pack does not load");
	}
	return m;
}

struct applying {
	const struct model *model;
	const struct pack_text *texts;
	size_t n;
	bool allow_drop;
};

static enum err apply_fn(struct ctx *ctx, void *arg)
{
	const struct applying *a = arg;
	return pack_apply(ctx, a->model, a->texts, a->n, a->allow_drop);
}

struct model *house_apply(struct house *h, struct model *m, const struct pack_text *texts, size_t n, bool allow_drop)
{
	struct applying a = {.model = m, .texts = texts, .n = n, .allow_drop = allow_drop};
	struct model *before = h->model;
	h->ctx.model = h->model = m;
	OK(h, house_write(h, 0, apply_fn, &a));
	return before;
}

/* ---- teams and people ----------------------------------------------------------------------------------- */

int64_t house_made(struct house *h, int64_t user, const char *type, const char *json)
{
	int64_t id;
	OK(h, house_create(h, user, type, json, &id));
	return id;
}

/* The small packs of the tests know no codes. */
static const char *coded(struct house *h, const char *type, const char *code)
{
	bool has = type_field(model_type(h->model, type), "code") != NULL;
	return has ? arena_printf(h->arena, "\"code\":\"%s\",", code) : "";
}

int64_t house_team(struct house *h, const char *code, const char *name)
{
	return house_made(h, 0, "team", arena_printf(h->arena, "{%s\"name\":\"%s\"}", coded(h, "team", code), name));
}

int64_t house_role(struct house *h, const char *grants)
{
	return house_made(h, 0, "role",
	                  arena_printf(h->arena, "{%s\"name\":\"%s\",\"grants\":[\"%s\"]}", coded(h, "role", grants),
	                               grants, grants));
}

int64_t house_person_with(struct house *h, const char *login, int64_t role, int64_t team, const char *json)
{
	json_t *fields = json_loads(arena_printf(h->arena,
	                                         "{\"login\":\"%s\",\"name\":\"%s\",\"roles\":[\"%lld\"],"
	                                         "\"teams\":[\"%lld\"]}",
	                                         login, login, (long long)role, (long long)team),
	                            0, NULL);
	json_t *others = json_loads(json, 0, NULL);
	assert_non_null(fields);
	assert_non_null(others);
	json_object_update(fields, others);
	char *text = json_dumps(fields, 0);
	int64_t id = house_made(h, 0, "user", text);
	free(text);
	json_decref(fields);
	json_decref(others);
	return id;
}

int64_t house_person(struct house *h, const char *login, int64_t role, int64_t team)
{
	return house_person_with(h, login, role, team, "{}");
}

static void people_make(struct house *h)
{
	h->desk = house_team(h, "KF", "客服部");
	h->works = house_team(h, "GC", "工程部");
	h->other = house_team(h, "EB", "二部");
	int64_t agent = house_role(h, "agent"), lead = house_role(h, "lead");
	h->li = house_person(h, "li", agent, h->desk);
	h->wang = house_person(h, "wang", lead, h->desk);
	h->zhao = house_person(h, "zhao", house_role(h, "worker"), h->works);
	h->head = house_person(h, "head", house_role(h, "head"), h->works);
	h->chen = house_person(h, "chen", agent, h->other);
	h->admin = house_person(h, "admin", house_role(h, "admin"), h->desk);
}

/* ---- the house ------------------------------------------------------------------------------------------ */

void house_open(struct house *h, const char *packs, const char *names, bool people)
{
	struct pack_text *texts;
	size_t n;
	*h = (struct house){.arena = arena_new(LIMIT_REQUEST_ARENA_BYTES)};
	ground_open(&h->ground, "flowtest", ground_url());
	/* 2026-11-23 10:00 in Shanghai, a Monday. */
	h->ctx = (struct ctx){.arena = arena_new(LIMIT_REQUEST_ARENA_BYTES),
	                      .org = h->ground.org,
	                      .now_ms = INT64_C(1795399200000),
	                      .zone = h->ground.zone,
	                      .ids = h->ground.ids,
	                      .origin = "test"};
	house_texts(h, packs, names, 0, &texts, &n);
	(void)house_apply(h, house_load(h, texts, n), texts, n, false);
	if (people)
		people_make(h);
}

void house_close(struct house *h)
{
	arena_free(h->ctx.arena);
	ground_close(&h->ground);
	model_unref(h->model);
	arena_free(h->arena);
}

struct house *house_new(const char *packs, const char *names, bool people)
{
	struct house *h = calloc(1, sizeof(*h));
	assert_non_null(h);
	house_open(h, packs, names, people);
	return h;
}

int house_teardown(void **state)
{
	house_close(*state);
	free(*state);
	return 0;
}

int house_teardown_whole(void **state)
{
	HOUSE;
	struct verify_report report = house_verify(h);
	if (report.n_faults > 0)
		fail_msg("%s", report.faults[0]);
	assert_int_equal(house_rebuilt(h, 500), 0);
	return house_teardown(state);
}
