/*
 * The packs beside this file: must-load/ ones load on top of small/core, must-fail/ ones are
 * refused with exactly the findings of their expect.txt, one a line: `path:line part of the
 * message`; a line that begins with `warning ` must be there but refuses nothing.
 */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "model/pack.h"

struct loaded {
	struct arena *arena;
	struct model *model;
	struct pack_report report;
	enum err err;
};

static char *read_file(struct arena *a, const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "re");
	if (!f)
		return NULL;
	char *body = arena_alloc(a, 1 << 20);
	*ret_len = fread(body, 1, (1 << 20) - 1, f);
	fclose(f);
	return body;
}

static size_t add_folder(struct arena *a, const char *dir, const char *pack, const char *folder,
                         struct pack_text *texts, size_t n)
{
	struct pack_text *more;
	size_t n_more;
	char why[200];
	assert_int_equal(pack_read_folder(a, dir, pack, folder, &more, &n_more, why, sizeof why), ERR_OK);
	memcpy(texts + n, more, n_more * sizeof *more);
	return n + n_more;
}

static struct loaded load(const char *kind, const char *name)
{
	struct loaded l = {.arena = arena_new((size_t)256 << 20)};
	struct pack_text *core, texts[100];
	size_t n;
	char why[200];
	char *dir = arena_printf(l.arena, "%s/%s", PACK_TESTS, kind);
	assert_int_equal(pack_read_dir(l.arena, PACK_TESTS "/small", "", &core, &n, why, sizeof why), ERR_OK);
	memcpy(texts, core, n * sizeof *core);
	texts[n] = (struct pack_text){.pack = name, .path = "pack.yaml"};
	texts[n].body = read_file(l.arena, arena_printf(l.arena, "%s/%s/pack.yaml", dir, name), &texts[n].len);
	assert_non_null(texts[n].body);
	n++;
	static const char *const folders[] = {"types", "print",   "calendars", "holidays",  "duties",
	                                      "rules", "notices", "reports",   "approvals", "queues"};
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		n = add_folder(l.arena, dir, name, folders[i], texts, n);
	l.err = model_load(l.arena, texts, n, &l.model, &l.report);
	return l;
}

static void unload(struct loaded *l)
{
	model_unref(l->model);
	arena_free(l->arena);
}

static int tell(const struct loaded *l, const char *name, const char *what)
{
	print_message("%s: %s; the findings are:\n", name, what);
	for (size_t i = 0; i < l->report.n; i++) {
		const struct pack_problem *p = &l->report.list[i];
		print_message("  %s%s:%d %s (column %d)\n", p->warning ? "warning " : "", p->path, p->line, p->message,
		              p->column);
	}
	return 1;
}

static bool is_found(const struct loaded *l, const char *pack, const char *line, bool warning)
{
	const char *space = strchr(line, ' ');
	for (size_t i = 0; space && i < l->report.n; i++) {
		const struct pack_problem *p = &l->report.list[i];
		char place[200];
		snprintf(place, sizeof place, "%s:%d", p->path, p->line);
		if (strcmp(p->pack, pack) == 0 && p->warning == warning && strlen(place) == (size_t)(space - line) &&
		    strncmp(place, line, strlen(place)) == 0 && strstr(p->message, space + 1))
			return true;
	}
	return false;
}

static int check_refused(const char *name)
{
	struct loaded l = load("must-fail", name);
	size_t len = 0, expected = 0;
	int bad = 0;
	char *lines = read_file(l.arena, arena_printf(l.arena, "%s/must-fail/%s/expect.txt", PACK_TESTS, name), &len),
	     *save = NULL;
	assert_non_null(lines);
	for (char *line = strtok_r(lines, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		bool warning = strncmp(line, "warning ", 8) == 0;
		expected += !warning;
		if (!is_found(&l, name, line + (warning ? 8 : 0), warning))
			bad |= tell(&l, name, line);
	}
	if (l.err != ERR_INVALID || l.report.n_errors != expected)
		bad |= tell(&l, name, "other errors than expected");
	unload(&l);
	return bad;
}

static int check_loads(const char *name)
{
	struct loaded l = load("must-load", name);
	int bad = l.err == ERR_OK && l.report.n == 0 ? 0 : tell(&l, name, "it must load without a finding");
	unload(&l);
	return bad;
}

static int each(const char *kind, int (*check)(const char *name))
{
	struct dirent **entries;
	char dir[500];
	snprintf(dir, sizeof dir, "%s/%s", PACK_TESTS, kind);
	int bad = 0, seen = 0, n = scandir(dir, &entries, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		if (entries[i]->d_name[0] != '.') {
			bad += check(entries[i]->d_name);
			seen++;
		}
		free(entries[i]);
	}
	assert_true(n > 0);
	free(entries);
	assert_true(seen > 2);
	return bad;
}

static void test_must_load(void **state)
{
	assert_int_equal(each("must-load", check_loads), 0);
}

static void test_must_fail(void **state)
{
	assert_int_equal(each("must-fail", check_refused), 0);
}

/* What `uses: [work]`, extensions and roles come to. */
static void test_model(void **state)
{
	struct loaded l = load("must-load", "work");
	assert_int_equal(l.err, ERR_OK);
	const struct type *job = model_type(l.model, "job"), *part = model_type(l.model, "part");
	assert_true(job->uses_work && !part->uses_work);
	assert_string_equal(job->fields[job->n_fields - BASE_FIELDS].name, "id");
	assert_int_equal(type_field(job, "state")->n_options, 2);
	assert_ptr_equal(type_field(job, "owner")->target, l.model->user);
	assert_null(type_field(part, "record")->target);
	assert_ptr_equal(type_list(job, "parts")->by, type_field(part, "record"));
	assert_non_null(type_transition(job, "hand_over"));
	assert_true(type_transition(job, "take")->system);
	assert_int_equal(type_transition(job, "shut")->n_actions, 2);
	assert_string_equal(type_transition(job, "shut")->actions[1].text.zh, "办结");
	assert_int_equal(type_field(job, "cost")->scale, 2);
	assert_int_equal(type_field(l.model->role, "grants")->n_options, 2);
	assert_int_equal(model_parameter(l.model, "most")->value.i, 50000);
	for (size_t i = 0; i < job->n_fields; i++)
		assert_int_equal(job->fields[i].at, (int)i);
	unload(&l);
	l = load("must-load", "extend");
	assert_non_null(type_field(l.model->customer, "vip"));
	const struct type *customer = l.model->customer;
	assert_int_equal(customer->n_access, 2);
	assert_true(customer->access[0].create);
	assert_int_equal(customer->access[0].n_masks, 1);
	unload(&l);
	l = load("must-load", "over_work");
	const struct field *f = type_field(model_type(l.model, "job"), "customer");
	assert_string_equal(f->label.zh, "报修人");
	assert_true(f->flags & FIELD_REQUIRED);
	unload(&l);
}

static void test_time(void **state)
{
	struct loaded l = load("must-load", "time");
	assert_int_equal(l.err, ERR_OK);
	const struct type *job = model_type(l.model, "job");
	const struct clock_def *reply = type_clock(job, "reply"), *solve = type_clock(job, "solve");
	assert_string_equal(l.model->calendar->name, "office");
	assert_true(reply->due_field == type_field(job, "clock_reply_due") && reply->due_field->kind == FIELD_DATETIME);
	assert_int_equal(reply->state_field->flags, FIELD_SYSTEM | FIELD_SORT | FIELD_DERIVED);
	assert_int_equal(field_option(reply->state_field, "withdrawn", NULL) != NULL, 1);
	assert_string_equal(reply->due_field->label.zh, "答复到期");
	assert_int_equal(reply->n_steps, 3); /* in the order of time, whatever the file's */
	assert_int_equal(reply->steps[0].percent, 50);
	assert_true(reply->steps[1].actions[0].urgent);
	assert_string_equal(reply->steps[2].after, "1d");
	assert_string_equal(reply->steps[2].actions[0].words[1], "role:agent");
	assert_string_equal(reply->start[0], "created");
	assert_string_equal(reply->pause[0], "paused");
	assert_int_equal(reply->warn_percent, 80);
	assert_int_equal(solve->warn_percent, 0);
	assert_true(solve->again && solve->n_targets == 8);
	assert_int_equal(reply->where.line, 25);
	assert_int_equal(reply->where.end_line, 25);
	assert_int_equal(strlen(reply->where.version), 10);
	assert_string_not_equal(reply->where.version, solve->where.version);
	const struct rule *soon = NULL, *lines = NULL, *fill = NULL, *tally = NULL;
	for (size_t i = 0; i < job->n_rules; i++) {
		const struct rule *r = &job->rules[i];
		soon = strcmp(r->name, "soon") == 0 ? r : soon;
		lines = strcmp(r->name, "lines") == 0 ? r : lines;
		fill = strcmp(r->name, "fill") == 0 ? r : fill;
		tally = strcmp(r->name, "tally") == 0 ? r : tally;
	}
	assert_int_equal(job->n_rules, 7); /* one has a file of its own */
	assert_true(soon->moment.before && soon->moment.minute == 540 &&
	            soon->moment.field == type_field(job, "visit_at"));
	assert_string_equal(soon->moment.wait, "1d");
	assert_int_equal(lines->recur.weekday, 5);
	assert_true(lines->actions[0].each == type_field(job, "rounds") && lines->actions[0].when != NULL);
	assert_true(fill->off && fill->actions[0].fills[0].where != NULL);
	const struct fill *by = tally->actions[0].fills;
	assert_true(by->by != NULL && by->into != NULL && by->n_counts == 2 && by->counts[0].where != NULL);
	const struct calendar *nights = model_calendar(l.model, "nights");
	assert_int_equal(nights->time.n_exceptions, 5);
	assert_int_equal(nights->time.week[4].hours[1].to, 32 * 60);
	assert_int_equal(nights->time.exceptions[0].what.n, 1);                /* like a Monday */
	assert_int_equal(nights->time.exceptions[3].what.hours[0].from, 1200); /* made up with a Monday's hours */
	assert_int_equal(nights->time.exceptions[4].what.n, 0);                /* its own day wins over the holidays */
	assert_int_equal(l.model->n_duties, 2);
	assert_int_equal(l.model->duties[0].n_checklist, 2);
	assert_string_equal(l.model->duties[0].make, "duty_task");
	assert_true(l.model->duties[1].recur.months == (1u << 11 | 1u << 12 | 1u << 1 | 1u << 2));
	assert_string_equal(l.model->templates[0].subject.zh, "{number} 即将到期");
	unload(&l);
}

/* The same texts in another order are the same packs. */
static void test_digest(void **state)
{
	struct arena *a = arena_new((size_t)256 << 20);
	struct pack_text *texts, turned[20];
	struct pack_report report;
	struct model *one, *two;
	char why[200];
	size_t n;
	assert_int_equal(pack_read_dir(a, PACK_TESTS "/small", "core", &texts, &n, why, sizeof why), ERR_OK);
	for (size_t i = 0; i < n; i++)
		turned[i] = texts[n - 1 - i];
	assert_int_equal(model_load(a, texts, n, &one, &report), ERR_OK);
	assert_int_equal(model_load(a, turned, n, &two, &report), ERR_OK);
	assert_string_equal(one->digest, two->digest);
	assert_string_equal(one->types[0].name, two->types[0].name);
	model_unref(one);
	model_unref(two);
	assert_int_equal(pack_read_dir(a, PACK_TESTS "/small", "../small", &texts, &n, why, sizeof why), ERR_INVALID);
	assert_int_equal(pack_read_dir(a, PACK_TESTS "/small", "none_such", &texts, &n, why, sizeof why), ERR_INVALID);
	assert_non_null(strstr(why, "there is no pack `none_such`"));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_must_load), cmocka_unit_test(test_must_fail), cmocka_unit_test(test_model),
	        cmocka_unit_test(test_time),      cmocka_unit_test(test_digest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
