/*
 * Random models, records and filters: every database, memory and (by the lines written for run-ts.mjs)
 * TypeScript must agree, on each filter and on its negation; text and JSON must lead back to the same tree.
 *   property [--cases N] [--seed N] [--lines FILE]
 */
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limit.h"
#include "generate.h"
#include "model/filter_tree.h"
#include "places.h"
#include "world.h"

enum { CASES_A_WORLD = 50 };

struct run {
	struct places places;
	FILE *lines;
	int64_t made, refused, wrong;
	uint64_t seed; /* of the world at work */
};

static json_t *json_of(struct arena *a, const struct filter *f)
{
	struct buf b;
	struct json_out out;
	json_error_t error;

	buf_init(&b, a, LIMIT_FILTER_BYTES * 8);
	json_out_init(&out, &b);
	filter_write_json(&out, f);
	json_t *j = json_loads(b.data, 0, &error);
	if (j == NULL)
		world_die("not JSON: %s", b.data);
	return j;
}

static const char *text_of(struct arena *a, const struct filter *f)
{
	struct buf b;

	buf_init(&b, a, LIMIT_FILTER_BYTES * 2);
	filter_write_text(&b, f);
	return b.data;
}

static void wrong(struct run *run, const char *type, const char *text, const char *what, const json_t *a,
                  const json_t *b)
{
	char *x = a ? json_dumps(a, JSON_COMPACT) : NULL, *y = b ? json_dumps(b, JSON_COMPACT) : NULL;

	if (run->wrong++ < 10)
		fprintf(stderr, "world %llu, %s: %s\n  %s: %s %s\n", (unsigned long long)run->seed, type, text, what,
		        x ? x : "", y ? y : "");
	free(x);
	free(y);
}

static void check_round_trip(struct run *run, struct world *w, const struct type *t, const struct filter *f)
{
	struct filter_fault fault = {0};
	struct filter *again;
	const char *text = text_of(w->arena, f);
	json_t *j = json_of(w->arena, f), *k = NULL;

	if (filter_parse(w->arena, &w->model, t, text, strlen(text), &again, &fault) != ERR_OK)
		wrong(run, t->name, text, fault.message, NULL, NULL);
	else if (!json_equal(j, k = json_of(w->arena, again)))
		wrong(run, t->name, text, "text leads to another tree", j, k);
	json_decref(k);
	if (filter_parse_json(w->arena, &w->model, t, j, &again, &fault) != ERR_OK)
		wrong(run, t->name, text, fault.message, j, NULL);
	else if (strcmp(text_of(w->arena, again), text) != 0)
		wrong(run, t->name, text, "JSON leads to another tree", j, NULL);
	json_decref(j);
}

static json_t *ask_all(struct run *run, struct world *w, const struct type *t, const struct filter *f)
{
	json_t *first = NULL, *got;
	const char *text = text_of(w->arena, f);

	for (size_t i = 0; i < run->places.n; i++) {
		struct place *place = &run->places.list[i];
		if (world_ask_sql(w, place->org, t, f, NULL, &got) != ERR_OK)
			wrong(run, t->name, text, "the statement failed", NULL, NULL);
		if (first == NULL)
			first = json_incref(got);
		if (!json_equal(first, got))
			wrong(run, t->name, text, place->name, first, got);
		json_decref(got);
		if (world_ask_memory(w, place->org, t, f, &got) != ERR_OK)
			wrong(run, t->name, text, "memory failed", NULL, NULL);
		if (!json_equal(first, got))
			wrong(run, t->name, text, "memory", first, got);
		json_decref(got);
	}
	return first;
}

static void one_case(struct run *run, struct world *w, struct dice *d, json_t *lines)
{
	const struct type *t = model_type(&w->model, generate_type(d, w->root));
	json_t *j = generate_filter(d, w->root, t->name);
	struct filter_fault fault = {0};
	struct filter *f;

	enum err e = filter_parse_json(w->arena, &w->model, t, j, &f, &fault);
	if (e == ERR_OK) {
		json_t *not = json_pack("[s, O]", "not", j);
		struct filter *negated;
		check_round_trip(run, w, t, f);
		json_t *ids = ask_all(run, w, t, f), *canonical = json_of(w->arena, f);
		if (filter_parse_json(w->arena, &w->model, t, not, &negated, &fault) == ERR_OK) {
			json_t *rest = ask_all(run, w, t, negated);
			size_t n = json_array_size(json_object_get(json_object_get(w->root, "records"), t->name));
			if (json_array_size(ids) + json_array_size(rest) != n)
				wrong(run, t->name, text_of(w->arena, f), "it and its negation are not all", ids, rest);
			json_decref(rest);
		}
		json_decref(not );
		json_array_append_new(lines, json_pack("{s:s, s:s, s:o, s:o}", "type", t->name, "where",
		                                       text_of(w->arena, f), "json", canonical, "holds", ids));
		run->made++;
	} else {
		/* Two fields picked at random may be of kinds that don't compare; nothing else may be refused. */
		if (strcmp(fault.code, "wrong_type") != 0 && strcmp(fault.code, "ambiguous") != 0)
			wrong(run, t->name, fault.code, fault.message, j, NULL);
		run->refused++;
	}
	json_decref(j);
}

/* A computed field or a list whose condition is refused makes no world: another roll. */
static bool world_is_sound(const json_t *root)
{
	const char *name, *field;
	json_t *type, *f;
	bool sound = true;
	json_t *bare = json_deep_copy(root);

	json_object_foreach(json_object_get(bare, "types"), name, type)
	{
		size_t i;
		json_object_foreach(json_object_get(type, "fields"), field, f) json_object_del(f, "is");
		json_array_foreach(json_object_get(type, "lists"), i, f) json_object_del(f, "where");
	}
	struct world *w = world_new(bare);
	json_object_foreach(json_object_get(root, "types"), name, type)
	{
		const struct type *t = model_type(&w->model, name);
		struct filter_fault fault;
		struct filter *x;
		size_t i;
		const json_t *is = json_object_get(json_object_get(json_object_get(type, "fields"), "truth"), "is");
		sound = sound && filter_parse_json(w->arena, &w->model, t, is, &x, &fault) == ERR_OK;
		/* A computed field may rest on computed fields of linked records in a circle; the pack loader refuses
		 * such packs, and so do we. */
		char *text = json_dumps(is, 0);
		sound = sound && strstr(text, "truth") == NULL;
		free(text);
		json_array_foreach(json_object_get(type, "lists"), i, f)
		{
			const struct type *of = model_type(&w->model, json_string_value(json_object_get(f, "of")));
			const json_t *where = json_object_get(f, "where");
			sound = sound && (where == NULL ||
			                  filter_parse_json(w->arena, &w->model, of, where, &x, &fault) == ERR_OK);
		}
	}
	world_free(w);
	json_decref(bare);
	return sound;
}

static void one_world(struct run *run, uint64_t seed, int64_t cases)
{
	struct dice d = {.state = seed * UINT64_C(0x9E3779B97F4A7C15) | 1};
	json_t *root = generate_world(&d), *lines = json_array();

	run->seed = seed;
	for (; !world_is_sound(root); root = generate_world(&d))
		json_decref(root);
	struct world *w = world_new(root);
	for (size_t i = 0; i < run->places.n; i++)
		if (world_store(w, run->places.list[i].org) != ERR_OK)
			world_die("world %llu can't be stored", (unsigned long long)seed);
	for (int64_t i = 0; i < cases; i++)
		one_case(run, w, &d, lines);
	if (run->lines) {
		json_t *line = json_pack("{s:O, s:O}", "world", root, "cases", lines);
		json_dumpf(line, run->lines, JSON_COMPACT);
		fputc('\n', run->lines);
		json_decref(line);
	}
	json_decref(lines);
	world_free(w);
	json_decref(root);
}

/* The same filters by TypeScript. */
static bool typescript_agrees(const char *lines)
{
	char node[] = "node", script[] = RUN_TS, mode[] = "worlds";
	char *const args[] = {node, script, mode, (char *)lines, NULL};
	pid_t pid;
	int status = 1;

	if (access(WEB_TYPESCRIPT, R_OK) != 0) {
		printf("TypeScript is left out: web/node_modules is not there\n");
		return true;
	}
	fflush(NULL);
	if (posix_spawnp(&pid, "node", NULL, NULL, args, environ) != 0 || waitpid(pid, &status, 0) != pid)
		return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static const char *argument(int argc, char **argv, const char *name, const char *otherwise)
{
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return argv[i + 1];
	return otherwise;
}

int main(int argc, char **argv)
{
	struct run run = {0};
	int64_t cases = strtoll(argument(argc, argv, "--cases", "2000"), NULL, 10);
	uint64_t seed = strtoull(argument(argc, argv, "--seed", "1"), NULL, 10);
	char own[] = "/tmp/shouwen-filter-lines-XXXXXX";
	const char *lines = argument(argc, argv, "--lines", NULL);

	run.lines = lines ? fopen(lines, "w") : fdopen(mkstemp(own), "w");
	if (run.lines == NULL)
		world_die("can't write the lines");
	places_open(&run.places);
	while (run.made < cases && run.wrong < 10)
		one_world(&run, seed++, cases - run.made < CASES_A_WORLD ? cases - run.made : CASES_A_WORLD);
	fclose(run.lines);
	printf("%lld filters (%lld refused) on", (long long)run.made, (long long)run.refused);
	for (size_t i = 0; i < run.places.n; i++)
		printf(" %s", run.places.list[i].name);
	printf(" and in memory: %lld wrong\n", (long long)run.wrong);
	places_close(&run.places);
	bool agrees = typescript_agrees(lines ? lines : own);
	if (lines == NULL)
		remove(own);
	return run.wrong > 0 || run.refused > run.made || !agrees ? 1 : 0;
}
