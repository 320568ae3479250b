/* cmd_check.c: check-pack: what is wrong with packs, by file and line; then their scenario tests. */
#include <ftw.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "main/command.h"
#include "main/starter.h"
#include "main/story.h"
#include "main/story_read.h"
#include "model/who.h"
#include "report/figures.h"
#include "store/store.h"

enum { CHECK_ARENA_BYTES = 256 << 20, PACKS_MAX = 64, PARTS_MAX = 64, REPORT_BYTES = 4 << 20, STARTER_DAYS = 91 };

/* What all packs named on one command line are checked with. */
struct how {
	const char *store; /* NULL: SQLite in a temporary folder */
	int part, parts;   /* of the stories only every so manieth */
	int stories;       /* so far */
};

struct check {
	struct job *job;
	struct arena *arena;
	const char *packs_dir, *pack;
	const char *names; /* the pack and all it needs */
	struct houses *houses;
	struct how *how;
	int passed, failed;
};

/* ---- declarations --------------------------------------------------------------------------------------- */

static bool named(const char *names, const char *name)
{
	size_t len = strlen(name);
	for (const char *p = strstr(names, name); p != NULL; p = strstr(p + 1, name))
		if ((p == names || p[-1] == ' ') && (p[len] == ' ' || p[len] == '\0'))
			return true;
	return false;
}

/* `needs:` first, so that the pack comes after what it builds on. */
static void add_needs(struct check *c, struct story *s, const char *pack, int depth)
{
	struct yaml_node *file;
	if (depth > PACKS_MAX || named(c->names, pack))
		return;
	if (story_yaml(s, c->packs_dir, pack, "pack.yaml", &file) == ERR_OK) {
		const struct yaml_node *needs = yaml_get(file, "needs");
		for (size_t i = 0; needs != NULL && i < needs->n; i++)
			add_needs(c, s, yaml_text(needs->items[i]), depth + 1);
	}
	if (!named(c->names, pack))
		c->names = arena_printf(c->arena, "%s%s%s", c->names, *c->names ? " " : "", pack);
}

static bool declarations_good(struct check *c)
{
	struct pack_text *texts;
	struct pack_report report = {0};
	struct model *model = NULL;
	size_t n;
	char why[1024] = "";
	if (pack_read_dir(c->arena, c->packs_dir, c->names, &texts, &n, why, sizeof(why)) != ERR_OK) {
		job_complain(c->job, "%s\n", why);
		return false;
	}
	enum err e = model_load(c->arena, texts, n, &model, &report);
	for (size_t i = 0; i < report.n; i++) {
		const struct pack_problem *p = &report.list[i];
		job_complain(c->job, "%s/%s:%d:%d: %s%s\n", p->pack, p->path, p->line, p->column,
		             p->warning ? "warning: " : "", p->message);
	}
	if (e != ERR_OK)
		return false;
	job_say(c->job, "%s: %zu types\n", c->pack ? c->pack : "together", model->n_types);
	model_unref(model);
	return true;
}

/* ---- scenarios ------------------------------------------------------------------------------------------- */

/* Monday 2 March 2026, 9:00 in Shanghai: an ordinary working day, so that limits fall where the writer sees them. */
static int64_t first_morning(const struct ctx *ctx)
{
	return zone_instant(ctx->zone, &(struct local_time){.year = 2026, .month = 3, .day = 2, .hour = 9});
}

/* ---- reports --------------------------------------------------------------------------------------------- */

static enum err report_read(struct ctx *ctx, void *arg)
{
	const char *name = arg;
	struct buf b;
	struct json_out out;
	buf_init(&b, ctx->arena, REPORT_BYTES);
	json_out_init(&out, &b);
	return report_write_json(ctx, name, NULL, &out);
}

/* The pack's reports can be counted: their filters are read when they are asked for, not before. */
static bool reports_good(struct check *c, struct ctx *ctx, struct story *s)
{
	const char **paths;
	size_t n = c->pack ? story_files(c->arena, c->packs_dir, c->pack, "reports", &paths) : 0;
	ctx->who = &who_system;
	for (size_t i = 0; i < n; i++) {
		struct yaml_node *file;
		if (story_yaml(s, c->packs_dir, c->pack, paths[i], &file) != ERR_OK)
			return false;
		const char *name = yaml_text(yaml_get(file, "report"));
		enum err e = name ? store_read(ctx, report_read, (void *)name) : ERR_INVALID;
		if (e != ERR_OK) {
			story_fault(s, file, "%s",
			            ctx->problems.n > 0 ? ctx->problems.list[0].detail : "it can't be counted");
			return false;
		}
	}
	return true;
}

/* A scenario, or without a file the whole demo: it must be tellable on any day. */
static bool tell(struct check *c, struct house *h, const struct yaml_node *file, const char *path)
{
	struct arena *a = arena_new(LIMIT_REQUEST_ARENA_BYTES);
	struct ctx ctx;
	struct edition *edition = job_enter(c->job, h, a, &ctx);
	struct story s;
	struct story_step *steps;
	size_t n, again = 0;
	ctx.origin = "scenario";
	ctx.now_ms = first_morning(&ctx);
	story_init(&s, c->arena, ctx.now_ms);
	bool good = starter_load(&ctx, &s, c->packs_dir, c->names, ctx.now_ms - STARTER_DAYS * DAY_MS, &n) == ERR_OK &&
	            story_read_demo(&s, &ctx, c->packs_dir, c->names, file != NULL, &steps, &n) == ERR_OK &&
	            story_tell(&ctx, &s, steps, n) == ERR_OK &&
	            (file ? scenario_run(&ctx, &s, file) : reports_good(c, &ctx, &s));
	if (good && file == NULL && starter_load(&ctx, &s, c->packs_dir, c->names, ctx.now_ms, &again) == ERR_OK &&
	    again > 0)
		story_fault(&s, NULL, "%zu starter records were made twice", again);
	good = good && again == 0;
	const char *words = file ? yaml_text(yaml_get(file, "scenario"))
	                         : arena_printf(c->arena, "%zu steps told with %s", n, c->names);
	if (good)
		job_say(c->job, "ok    %s: %s\n", path, words);
	else
		job_complain(c->job, "FAIL  %s\n", s.why);
	house_leave(edition);
	arena_free(a);
	return good;
}

static bool run_in_house(struct check *c, const struct yaml_node *file, const char *path, int number)
{
	struct house *h;
	char why[2048] = "";
	struct house_start start = {
	        .name = "演示公司", .zone = "Asia/Shanghai", .packs = c->names, .packs_dir = c->packs_dir};
	start.code = arena_printf(c->arena, "check_pack_%d", number);
	enum err e = house_create(c->houses, &start, &h, why, sizeof(why));
	if (e != ERR_OK) {
		job_complain(c->job, "FAIL  %s: an organisation can't be made: %s\n", path, why[0] ? why : err_code(e));
		return false;
	}
	bool good = tell(c, h, file, path);
	house_close(h);
	house_drop(c->houses, start.code, why, sizeof(why));
	return good;
}

static bool run_scenario(struct check *c, const char *path, int number)
{
	struct story s;
	struct yaml_node *file;
	story_init(&s, c->arena, 0);
	if (story_yaml(&s, c->packs_dir, c->pack, path, &file) == ERR_OK)
		return run_in_house(c, file, path, number);
	job_complain(c->job, "FAIL  %s\n", s.why);
	return false;
}

static void tally(struct check *c, bool good)
{
	if (good)
		c->passed++;
	else
		c->failed++;
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	return remove(path);
}

static bool is_in_part(struct how *how)
{
	return how->stories++ % how->parts == how->part;
}

/* The scenarios of the pack, if one is named, and the demo. */
static void run_stories(struct check *c)
{
	char dir[] = "/tmp/shouwen-check-XXXXXX", why[1024] = "";
	const char **paths, **demo;
	struct store *store;
	size_t n = c->pack ? story_files(c->arena, c->packs_dir, c->pack, "scenarios", &paths) : 0;
	bool tells = c->pack == NULL || story_files(c->arena, c->packs_dir, c->pack, "demo", &demo) > 0 ||
	             story_files(c->arena, c->packs_dir, c->pack, "starter", &demo) > 0;
	if (n == 0 && !tells)
		return;
	if (mkdtemp(dir) == NULL) {
		job_complain(c->job, "no temporary folder can be made\n");
		c->failed++;
		return;
	}
	if (store_open(&(struct store_config){.dir = dir, .url = c->how->store}, &store, why, sizeof(why)) == ERR_OK) {
		c->houses = houses_new(store, 0);
		for (size_t i = 0; i < n; i++)
			if (is_in_part(c->how))
				tally(c, run_scenario(c, paths[i], (int)i));
		if (tells && is_in_part(c->how))
			tally(c, run_in_house(c, NULL, "demo", (int)n));
		store_close(store);
		houses_free(c->houses);
	} else {
		job_complain(c->job, "%s\n", why);
		c->failed++;
	}
	nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static bool check_one(struct job *job, const char *path, struct how *how)
{
	struct check c = {.job = job, .arena = arena_new(CHECK_ARENA_BYTES), .names = "", .how = how};
	struct story s;
	char whole[PATH_MAX];
	bool good = false;
	if (realpath(job_path(job, path), whole) == NULL) {
		job_complain(job, "%s: there is no such folder\n", path);
	} else {
		c.packs_dir = arena_strdup(c.arena, dirname(arena_strdup(c.arena, whole)));
		c.pack = arena_strdup(c.arena, basename(arena_strdup(c.arena, whole)));
		story_init(&s, c.arena, 0);
		add_needs(&c, &s, c.pack, 0);
		good = declarations_good(&c);
		if (good)
			run_stories(&c);
		if (c.passed + c.failed > 0)
			job_say(job, "%s: %d scenarios passed, %d failed\n", c.pack, c.passed, c.failed);
		good = good && c.failed == 0;
	}
	arena_free(c.arena);
	return good;
}

/* Packs of one folder also work together in one organisation: no name is there twice, the demos can be told. */
static bool check_together(struct job *job, struct words *w, struct how *how)
{
	struct check c = {.job = job, .arena = arena_new(CHECK_ARENA_BYTES), .names = "", .how = how};
	struct story s;
	char whole[PATH_MAX];
	bool one_folder = true, good = true;
	for (int i = 1; i < w->argc && one_folder; i++) {
		if (realpath(job_path(job, w->argv[i]), whole) == NULL)
			break;
		const char *dir = arena_strdup(c.arena, dirname(arena_strdup(c.arena, whole)));
		one_folder = c.packs_dir == NULL || strcmp(c.packs_dir, dir) == 0;
		c.packs_dir = dir;
		story_init(&s, c.arena, 0);
		add_needs(&c, &s, basename(arena_strdup(c.arena, whole)), 0);
	}
	if (one_folder) {
		good = declarations_good(&c);
		if (good)
			run_stories(&c);
	}
	arena_free(c.arena);
	return good && c.failed == 0;
}

/* "2/4": of the stories the second of each four. */
static bool part_read(const char *text, struct how *how)
{
	char *end;
	long k = strtol(text, &end, 10);
	if (*end != '/' || k < 1)
		return false;
	long n = strtol(end + 1, &end, 10);
	if (*end != '\0' || n < k || n > PARTS_MAX)
		return false;
	how->part = (int)k - 1;
	how->parts = (int)n;
	return true;
}

int command_check_pack(struct job *job, struct words *w)
{
	struct how how = {.store = words_option(w, "--store"), .parts = 1};
	const char *part = words_option(w, "--part");
	int code = 0;
	if (!words_end(job, w, 1, PACKS_MAX))
		return 2;
	if (part != NULL && !part_read(part, &how)) {
		job_complain(job, "--part takes K/N, K from 1 to N, N up to %d\n", PARTS_MAX);
		return 2;
	}
	for (int i = 1; i < w->argc; i++)
		if (!check_one(job, w->argv[i], &how))
			code = 1;
	if (code == 0 && w->argc > 2 && !check_together(job, w, &how))
		code = 1;
	return code;
}
