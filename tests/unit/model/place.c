/* place.c: see place.h */
#include "place.h"

#include "base/text.h"
#include "model/pack_tables.h"

static void must(const struct ctx *ctx, enum err e)
{
	if (e != ERR_OK)
		fail_msg("%s: %s %s %s", err_code(e), ctx->problems.n ? ctx->problems.list[0].field : "",
		         ctx->problems.n ? ctx->problems.list[0].code : "",
		         ctx->problems.n && ctx->problems.list[0].detail ? ctx->problems.list[0].detail : "");
}

struct who_arg {
	int64_t user;
	struct who *who;
};

static enum err load_who(struct ctx *ctx, void *arg)
{
	struct who_arg *w = arg;
	return who_load(ctx, w->user, &w->who);
}

struct ctx *place_ctx(struct place *p, int64_t user)
{
	struct ctx *ctx = ARENA_NEW(p->arena, struct ctx);
	struct arena *own = arena_new((size_t)1 << 30);
	arena_on_clear(p->arena, (void (*)(void *))arena_free, own);
	*ctx = (struct ctx){.arena = own,
	                    .org = p->ground.org,
	                    .model = p->model,
	                    .who = &who_system,
	                    .now_ms = p->now_ms,
	                    .zone = p->ground.zone,
	                    .ids = p->ground.ids,
	                    .origin = "test"};
	if (user == 0)
		return ctx;
	struct who_arg w = {.user = user};
	place_read(ctx, load_who, &w);
	ctx->who = w.who;
	return ctx;
}

void place_read(struct ctx *ctx, store_fn *fn, void *arg)
{
	must(ctx, store_read(ctx, fn, arg));
}

void place_write(struct ctx *ctx, store_fn *fn, void *arg)
{
	must(ctx, store_write(ctx, fn, arg));
}

json_t *place_json(struct ctx *ctx, const char *text)
{
	json_t *j;
	must(ctx, json_parse(ctx, text, strlen(text), &j));
	return j;
}

struct json_out *place_out(struct ctx *ctx)
{
	struct buf *b = ARENA_NEW(ctx->arena, struct buf);
	struct json_out *out = ARENA_NEW(ctx->arena, struct json_out);
	buf_init(b, ctx->arena, 4 << 20);
	json_out_init(out, b);
	return out;
}

bool place_problem(const struct ctx *ctx, const char *field, const char *code)
{
	for (size_t i = 0; i < ctx->problems.n; i++)
		if (strcmp(ctx->problems.list[i].field, field) == 0 && strcmp(ctx->problems.list[i].code, code) == 0)
			return true;
	return false;
}

enum err place_set(struct ctx *ctx, struct record *r, const char *field, struct value v)
{
	const struct field *f = type_field(r->type, field);
	assert_non_null(f);
	record_set(r, f, v);
	return ERR_OK;
}

static enum err work_row(struct ctx *ctx, const struct record *r)
{
	struct sql q;
	sql_init(&q, ctx->arena);
	SQL(&q, "insert into work (id, type, number, title, customer, owner, team, stage, state, due, opened_at, "
	        "updated_at, "
	        "closed_at, chased, version) values (:id, :type, :number, :title, :customer, :owner, :team, :stage, "
	        ":state, "
	        ":due, :opened, :updated, :closed, 0, 1)");
	sql_int(&q, "id", r->id);
	sql_text(&q, "type", r->type->name);
	sql_text(&q, "number", record_text(r, "number"));
	sql_text(&q, "title", record_title(r));
	sql_int_or_null(&q, "customer", record_int(r, "customer"));
	sql_int_or_null(&q, "owner", record_int(r, "owner"));
	sql_int_or_null(&q, "team", record_int(r, "team"));
	sql_text(&q, "stage", record_text(r, "stage"));
	sql_text(&q, "state", record_text(r, "state"));
	sql_int_or_null(&q, "due", record_int(r, "due"));
	sql_int(&q, "opened", ctx->now_ms);
	sql_int(&q, "updated", ctx->now_ms);
	sql_int_or_null(&q, "closed", record_int(r, "closed_at"));
	return sql_run(ctx, &q, NULL);
}

enum err place_insert(struct ctx *ctx, const char *type, const char *fields, struct record **ret_record)
{
	const struct type *t = model_type(ctx->model, type);
	assert_non_null(t);
	struct record *r = record_new(ctx->arena, t);
	json_t *j = place_json(ctx, fields);
	/* Who holds it and in which state it is are flow's to write: here the test says so. */
	static const char *const system[] = {"owner", "team", "state", "stage", "due", "closed_at", "number"};
	for (size_t i = 0; t->uses_work && i < sizeof(system) / sizeof(system[0]); i++) {
		const struct field *f = type_field(t, system[i]);
		struct value v;
		TRY(value_from_json(ctx, f, system[i], json_object_get(j, system[i]), &v));
		record_set(r, f, v);
		json_object_del(j, system[i]);
	}
	TRY(record_from_json(ctx, r, j, NULL));
	TRY(record_apply_presets(ctx, r));
	TRY(record_check(ctx, r));
	TRY(record_insert(ctx, r));
	TRY(record_index(ctx, r));
	if (t->uses_work)
		TRY(work_row(ctx, r));
	*ret_record = r;
	return ERR_OK;
}

static enum err make_tables(struct ctx *ctx, void *arg)
{
	struct table_plan *plans;
	size_t n;
	tables_of(ctx->arena, ctx->model, &plans, &n);
	for (size_t i = 0; i < n; i++) {
		const struct table_plan *p = &plans[i];
		struct column *columns = ARENA_ARRAY(ctx->arena, p->n_columns, struct column);
		for (size_t k = 0; k < p->n_columns; k++)
			columns[k] = p->columns[k].column;
		TRY(ddl_create_table(ctx, p->name, columns, p->n_columns));
		for (size_t k = 0; k < p->n_indexes; k++) {
			const struct table_index *x = &p->indexes[k];
			TRY(ddl_create_index(ctx, x->name, x->table, (const char *const *)x->columns, x->n, x->unique));
		}
	}
	return ERR_OK;
}

static enum err one(struct ctx *ctx, const char *type, const char *fields, int64_t *ret_id)
{
	struct record *r;
	TRY(place_insert(ctx, type, fields, &r));
	*ret_id = r->id;
	return ERR_OK;
}

static enum err make_people(struct ctx *ctx, struct place *p)
{
	static const char *const names[TEAMS] = {"工程部", "前台", "财务部", "保安部", "一组", "二组",
	                                         "三组",   "四组", "五组",   "六组",   "七组", "八组"};
	int64_t agent, lead, worker;
	for (size_t i = 0; i < TEAMS; i++)
		TRY(one(ctx, "team", arena_printf(ctx->arena, "{\"name\":\"%s\"}", names[i]), &p->teams[i]));
	TRY(one(ctx, "role", "{\"name\":\"客服\",\"grants\":[\"agent\"]}", &agent));
	TRY(one(ctx, "role", "{\"name\":\"班长\",\"grants\":[\"lead\"]}", &lead));
	TRY(one(ctx, "role", "{\"name\":\"承办\",\"grants\":[\"worker\"]}", &worker));
	TRY(one(ctx, "user",
	        arena_printf(ctx->arena,
	                     "{\"login\":\"li\",\"name\":\"李明\",\"roles\":[\"%lld\"],\"teams\":[\"%lld\",\"%lld\"]}",
	                     (long long)agent, (long long)p->teams[0], (long long)p->teams[1]),
	        &p->li));
	TRY(one(ctx, "user",
	        arena_printf(ctx->arena, "{\"login\":\"wang\",\"name\":\"王芳\",\"roles\":[\"%lld\"]}",
	                     (long long)lead),
	        &p->wang));
	TRY(one(ctx, "user",
	        arena_printf(ctx->arena,
	                     "{\"login\":\"zhao\",\"name\":\"赵强\",\"roles\":[\"%lld\"],\"teams\":[\"%lld\"]}",
	                     (long long)worker, (long long)p->teams[2]),
	        &p->zhao));
	const char *in = "";
	for (size_t i = 2; i < TEAMS; i++)
		in = arena_printf(ctx->arena, "%s%s\"%lld\"", in, i > 2 ? "," : "", (long long)p->teams[i]);
	TRY(one(ctx, "user",
	        arena_printf(ctx->arena, "{\"login\":\"many\",\"name\":\"钱多\",\"roles\":[\"%lld\"],\"teams\":[%s]}",
	                     (long long)agent, in),
	        &p->many));
	return one(ctx, "user",
	           arena_printf(ctx->arena, "{\"login\":\"guest\",\"name\":\"何静\",\"roles\":[\"%lld\"]}",
	                        (long long)agent),
	           &p->guest);
}

static enum err make_customers(struct ctx *ctx, struct place *p)
{
	static const char *const names[CUSTOMERS] = {"张三", "张珊",  "李四", "王五", "成都某某物业公司",
	                                             "赵六", "Smith", "孙七", "周八", "吴九",
	                                             "郑十", "陈十一"};
	for (size_t i = 0; i < CUSTOMERS; i++)
		TRY(one(ctx, "customer",
		        arena_printf(ctx->arena,
		                     "{\"code\":\"KH%04zu\",\"name\":\"%s\",\"mobile\":\"1381234%04zu\",\"vip\":%s,"
		                     "\"income\":%zu.5,"
		                     "\"address\":\"3栋2单元%zu\",\"plate\":\"川A·12%03zu\",\"phones\":[{\"number\":"
		                     "\"0832-234%04zu\",\"kind\":\"home\"}]}",
		                     i, names[i], i + 20, i == 0 ? "true" : "false", i, i + 1500, i, i),
		        &p->customers[i]));
	return ERR_OK;
}

static char *ticket_text(struct ctx *ctx, const struct place *p, uint32_t i, uint32_t random)
{
	static const char *const categories[] = {"\"repair\"", "\"bill\"", "null", "\"manner\""};
	static const char *const regions[] = {"\"成都\"", "\"北京\"", "null", "\"上海\"", "\"Amsterdam\""};
	static const char *const stages[][2] = {{"fresh", "open"}, {"going", "open"}, {"over", "final"}};
	static const char *const topics[] = {"电梯停运报修", "物业费重复收费", "前台服务态度", "地下车库漏水"};
	const char *const *stage = stages[random % 3];
	char due[INSTANT_BYTES];
	instant_format(ctx->now_ms + ((int64_t)(random % 40) - 20) * HOUR_MS, due);
	const int64_t owners[] = {p->li, p->wang, p->zhao, p->guest};
	return arena_printf(ctx->arena,
	                    "{\"title\":\"%s\",\"content\":\"第%u次来电：业主反映三号楼电梯停运，请尽快处理。\","
	                    "\"category\":%s,\"amount\":\"%u.%02u\",\"region\":%s,"
	                    "\"steps\":%u,\"customer\":\"%lld\",\"number\":\"GD%06u\",\"state\":\"%s\",\"stage\":\"%"
	                    "s\",\"due\":%s%s%s,"
	                    "\"owner\":\"%lld\",\"team\":\"%lld\",\"remedy\":[\"repair\",\"sorry\"],\"answer\":"
	                    "\"已转工程部\",\"secret\":\"难缠\"%s}",
	                    topics[random % 4], i, categories[random / 3 % 4], random % 7, random % 100,
	                    regions[random / 5 % 5], random % 9, (long long)p->customers[random / 7 % CUSTOMERS], i,
	                    stage[0], stage[1], random % 11 ? "\"" : "", random % 11 ? due : "null",
	                    random % 11 ? "\"" : "", (long long)owners[random / 11 % 4],
	                    (long long)p->teams[random / 13 % TEAMS],
	                    random % 3 == 2 ? ",\"closed_at\":\"2026-11-20T00:00:00Z\"" : "");
}

static enum err make_all(struct ctx *ctx, void *arg)
{
	struct place *p = arg;
	uint32_t random = 12345;
	TRY(make_people(ctx, p));
	TRY(make_customers(ctx, p));
	for (uint32_t i = 0; i < TICKETS; i++) {
		random = random * 1664525 + 1013904223;
		TRY(one(ctx, "ticket", ticket_text(ctx, p, i + 1, random >> 8), &p->tickets[i]));
	}
	return ERR_OK;
}

static struct model *load_model(struct place *p)
{
	char why[512] = "";
	struct pack_text *texts;
	size_t n;
	struct model *model;
	struct pack_report report = {0};
	if (pack_read_dir(p->arena, TEST_PACKS, "core", &texts, &n, why, sizeof(why)) != ERR_OK)
		fail_msg("%s", why);
	enum err e = model_load(p->arena, texts, n, &model, &report);
	if (e != ERR_OK)
		fail_msg("%s:%d %s", report.n ? report.list[0].path : "", report.n ? report.list[0].line : 0,
		         report.n ? report.list[0].message : err_code(e));
	return model;
}

int place_setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	p->arena = arena_new((size_t)1 << 30);
	p->now_ms = INT64_C(1795000000000);
	ground_open(&p->ground, "reading", ground_url());
	p->model = load_model(p);
	struct ctx *ctx = place_ctx(p, 0);
	place_write(ctx, make_tables, NULL);
	struct ctx *filling = ARENA_NEW(p->arena, struct ctx);
	*filling = *ctx;
	place_write(filling, make_all, p);
	*state = p;
	return 0;
}

int place_teardown(void **state)
{
	struct place *p = *state;
	ground_close(&p->ground);
	model_unref(p->model);
	arena_free(p->arena);
	free(p);
	return 0;
}
