/*
 * The pack loader: whatever the files of a pack hold, it answers with findings or with a model
 * that keeps its promises. Input: files, each after a line `%% PATH`; before the first such line
 * it is types/x.yaml. With clang -fsanitize=fuzzer this is a libFuzzer target; with REPLAY defined,
 * a program that runs kept crashes and seeds: fuzz_pack FOLDER…
 */
#include <dirent.h>

#include "base/text.h"
#include "model/pack.h"
#include "model/pack_tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const char core_pack[] =
        "pack: core\nlabel: 核心\nversion: \"1\"\nroles: {agent: {label: 客服}, lead: {label: 班长}}\n"
        "parameters: {limit: {label: 期限, kind: duration, default: 3d}, most: {label: 上限, kind: money, default: "
        "\"5.00\"}}\n";
static const char core_user[] =
        "type: user\ntitle: name\nfields: {login: {kind: text, unique: true}, name: {kind: text, sort: true}, "
        "active: {kind: flag}, roles: {kind: links, to: role}, teams: {kind: links, to: team}}\naccess: {agent: {read: "
        "all}}\n";
static const char core_role[] =
        "type: role\ntitle: name\nfields: {name: {kind: text}, grants: {kind: choices, options: roles}}\n";
static const char core_team[] = "type: team\ntitle: name\nfields: {name: {kind: text}}\n";
static const char core_customer[] = "type: customer\ntitle: name\nfields: {name: {kind: text}, vip: {kind: flag}}\n";
static const char fuzz_pack[] = "pack: fuzz\nneeds: [core]\n";

static const char core_office[] =
        "calendar: office\nhours: [{days: [mon, tue, wed, thu, fri], from: \"09:00\", to: \"18:00\"}]\n";

enum { FILES_MAX = 24 };

static size_t add(struct pack_text *texts, size_t n, const char *pack, const char *path, const char *body, size_t len)
{
	texts[n] = (struct pack_text){.pack = pack, .path = path, .body = body, .len = len};
	return n + 1;
}

#define ADD(path, text) n = add(texts, n, "core", path, text, sizeof(text) - 1)

static size_t core(struct pack_text *texts)
{
	size_t n = 0;
	ADD("pack.yaml", core_pack);
	ADD("types/user.yaml", core_user);
	ADD("types/role.yaml", core_role);
	ADD("types/team.yaml", core_team);
	ADD("types/customer.yaml", core_customer);
	ADD("calendars/office.yaml", core_office);
	return n;
}

/* Cuts the input at its `%% PATH` lines. */
static size_t cut(struct arena *a, const char *s, size_t len, struct pack_text *texts, size_t n)
{
	const char *path = "types/x.yaml", *end = s + len, *from = s;
	bool head = false;
	while (n < FILES_MAX) {
		const char *mark = from;
		while (mark < end &&
		       !(end - mark > 3 && memcmp(mark, "%% ", 3) == 0 && (mark == s || mark[-1] == '\n')))
			mark++;
		if (mark > from) {
			head = head || strcmp(path, "pack.yaml") == 0;
			n = add(texts, n, "fuzz", path, arena_strndup(a, from, (size_t)(mark - from)),
			        (size_t)(mark - from));
		}
		if (mark == end)
			break;
		const char *line = memchr(mark, '\n', (size_t)(end - mark));
		line = line ? line : end;
		path = arena_strndup(a, mark + 3, (size_t)(line - mark - 3));
		from = line < end ? line + 1 : end;
	}
	return head ? n : add(texts, n, "fuzz", "pack.yaml", fuzz_pack, sizeof fuzz_pack - 1);
}

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "broken promise: %s\n", what);
	abort();
}

static void check_report(const struct pack_report *report, enum err err)
{
	must((err == ERR_OK) == (report->n_errors == 0), "errors are told");
	for (size_t i = 0; i < report->n; i++)
		must(report->list[i].message && *report->list[i].message &&
		             text_valid(report->list[i].message, strlen(report->list[i].message)),
		     "a finding says what");
}

static void check_model(struct arena *a, const struct model *m)
{
	struct table_plan *plans;
	size_t n;
	must(m->user && m->team && m->role && m->customer && m->calendar, "the core types are there");
	for (size_t i = 0; i < m->n_calendars; i++) {
		const struct worktime *w = &m->calendars[i].time;
		for (size_t k = 1; k < w->n_exceptions; k++)
			must(w->exceptions[k - 1].day < w->exceptions[k].day, "days of a calendar are in order");
		for (size_t k = 0; k < 7; k++)
			for (size_t h = 0; h < w->week[k].n; h++)
				must(w->week[k].hours[h].from < w->week[k].hours[h].to &&
				             w->week[k].hours[h].from < 1440 &&
				             w->week[k].hours[h].to <= WORK_MINUTES_MAX,
				     "hours are hours");
	}
	for (size_t i = 0; i < m->n_duties; i++)
		must(model_type(m, m->duties[i].make) != NULL, "a duty makes something");
	for (size_t i = 0; i < m->n_types; i++) {
		const struct type *t = &m->types[i];
		must(t->at == (int)i && t->title && t->n_fields >= BASE_FIELDS, "a type is whole");
		for (size_t k = 0; k < t->n_fields; k++)
			must(t->fields[k].at == (int)k && t->fields[k].of == t && t->fields[k].label.zh,
			     "a field is whole");
		for (size_t k = 0; k < t->n_clocks; k++)
			must(t->clocks[k].due_field && t->clocks[k].state_field && t->clocks[k].n_start &&
			             t->clocks[k].n_targets && *t->clocks[k].where.version,
			     "a clock is whole");
		must(!t->uses_work || (t->start && type_state(t, t->start)), "work starts somewhere");
	}
	tables_of(a, m, &plans, &n);
	for (size_t i = 0; i < n; i++) {
		must(strlen(plans[i].name) <= 63 && tables_find(plans, n, plans[i].name) == &plans[i],
		     "tables have names of their own");
		for (size_t k = 0; k < plans[i].n_indexes; k++)
			must(strlen(plans[i].indexes[k].name) <= 63, "index names are short");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	if (len > 64 << 10)
		return 0;
	struct arena *a = arena_new((size_t)1 << 30);
	struct pack_text texts[FILES_MAX + 2];
	struct pack_report report = {0};
	struct model *m = NULL;
	size_t n = cut(a, (const char *)bytes, len, texts, core(texts));
	enum err err = model_load(a, texts, n, &m, &report);
	check_report(&report, err);
	if (err == ERR_OK)
		check_model(a, m);
	model_unref(m);
	arena_free(a);
	return 0;
}

#ifdef REPLAY
static int replay_folder(const char *folder)
{
	static uint8_t bytes[1 << 20];
	struct dirent **entries;
	char path[1024];
	int n = scandir(folder, &entries, NULL, alphasort);
	if (n < 0) {
		fprintf(stderr, "%s can't be read\n", folder);
		return 1;
	}
	for (int i = 0; i < n; i++) {
		FILE *f = NULL;
		if (entries[i]->d_name[0] != '.') {
			snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
			f = fopen(path, "rbe");
		}
		if (f) {
			size_t len = fread(bytes, 1, sizeof bytes, f);
			fclose(f);
			printf("%s\n", path);
			fflush(stdout);
			LLVMFuzzerTestOneInput(bytes, len);
		}
		free(entries[i]);
	}
	free(entries);
	return 0;
}

int main(int argc, char **argv)
{
	int bad = 0;
	for (int i = 1; i < argc; i++)
		bad |= replay_folder(argv[i]);
	return bad;
}
#endif
