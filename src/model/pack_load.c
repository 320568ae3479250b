/* From pack texts to a model, in the order that pack_load.h tells. */
#include <sodium.h>

#include "model/directory.h"
#include "model/pack_load.h"
#include "model/prepare.h"
#include "model/rights.h"

enum { MODEL_BYTES = 256 << 20 };

static bool path_is_known(const char *path)
{
	static const char *const folders[] = {"types/", "print/",   "reports/", "calendars/", "holidays/",  "duties/",
	                                      "rules/", "notices/", "demo/",    "scenarios/", "approvals/", "queues/"};
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (strncmp(path, folders[i], strlen(folders[i])) == 0)
			return true;
	return strcmp(path, "pack.yaml") == 0;
}

/* Core first, then by name: the same packs give the same model wherever they were read from. */
static int by_pack(const void *a, const void *b)
{
	const struct pack_text *x = *(const struct pack_text *const *)a, *y = *(const struct pack_text *const *)b;
	int order = (strcmp(y->pack, "core") == 0) - (strcmp(x->pack, "core") == 0);
	order = order ? order : strcmp(x->pack, y->pack);
	return order ? order : strcmp(x->path, y->path);
}

static void sort_texts(struct loader *l, const struct pack_text *texts, size_t n)
{
	l->texts = ARENA_ARRAY(l->scratch, n + 1, const struct pack_text *);
	for (size_t i = 0; i < n; i++)
		l->texts[i] = &texts[i];
	l->n_texts = n;
	qsort(l->texts, n, sizeof *l->texts, by_pack);
}

/* Every file is read, so that all that is no YAML is told at once. */
static void load_docs(struct loader *l)
{
	l->docs = ARENA_ARRAY(l->scratch, l->n_texts + 1, struct yaml_node *);
	for (size_t i = 0; i < l->n_texts; i++) {
		const struct pack_text *text = l->texts[i];
		struct yaml_doc *doc = ARENA_NEW(l->scratch, struct yaml_doc);
		struct yaml_fault fault;
		*doc = (struct yaml_doc){.pack = arena_strdup(l->scratch, text->pack),
		                         .path = arena_strdup(l->scratch, text->path)};
		if (!path_is_known(doc->path))
			load_fault_at(l, doc, 1, 1, false,
			              "a pack holds pack.yaml, types/, print/, reports/, calendars/, holidays/, "
			              "duties/, rules/, approvals/, queues/, "
			              "notices/, demo/ and scenarios/ only");
		if (i > 0 && by_pack(&l->texts[i - 1], &l->texts[i]) == 0)
			load_fault_at(l, doc, 1, 1, false, "the file is there twice");
		if (yaml_parse(l->scratch, doc, text->body, text->len, &l->docs[i], &fault) != ERR_OK)
			load_fault_at(l, doc, fault.line, fault.column, false, fault.message);
	}
}

static char *texts_digest(struct loader *l)
{
	unsigned char digest[32];
	char *hex = ARENA_ARRAY(l->arena, sizeof digest * 2 + 1, char);
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, sizeof digest);
	for (size_t i = 0; i < l->n_texts; i++) { /* lengths keep "ab","c" apart from "a","bc" */
		const struct pack_text *text = l->texts[i];
		const char *parts[] = {text->pack, text->path, text->body};
		size_t lens[] = {strlen(text->pack), strlen(text->path), text->len};
		for (int k = 0; k < 3; k++) {
			uint64_t len = lens[k];
			crypto_generichash_update(&state, (const unsigned char *)&len, sizeof len);
			crypto_generichash_update(&state, (const unsigned char *)parts[k], lens[k]);
		}
	}
	crypto_generichash_final(&state, digest, sizeof digest);
	return sodium_bin2hex(hex, sizeof digest * 2 + 1, digest, sizeof digest);
}

/* The C code finds these by name: docs/PACKS.md lists their fields. */
static void check_core(struct loader *l)
{
	static const struct {
		const char *type, *field;
		enum field_kind kind;
		const char *to;
	} wanted[] = {
	        {"user", "login", FIELD_TEXT, NULL},    {"user", "name", FIELD_TEXT, NULL},
	        {"user", "active", FIELD_FLAG, NULL},   {"user", "roles", FIELD_LINKS, "role"},
	        {"user", "teams", FIELD_LINKS, "team"}, {"role", "grants", FIELD_CHOICES, NULL},
	};
	struct model *m = l->m;
	static const char *const types[] = {"user", "team", "role", "customer"};
	const struct type **found[] = {&m->user, &m->team, &m->role, &m->customer};
	struct yaml_doc where = {.pack = "core", .path = "pack.yaml"};
	for (int i = 0; i < 4; i++) {
		*found[i] = model_type(m, types[i]);
		if (!*found[i])
			load_fault_at(l, &where, 1, 1, false,
			              arena_printf(l->scratch,
			                           "there is no type `%s`: the core pack must declare user, team, role "
			                           "and customer",
			                           types[i]));
	}
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		const struct type *t = model_type(m, wanted[i].type);
		const struct field *f = t ? type_field(t, wanted[i].field) : NULL;
		if (t &&
		    (!f || f->kind != wanted[i].kind || (wanted[i].to && (!f->to || strcmp(f->to, wanted[i].to) != 0))))
			load_fault(l, l->sources[t->at].parts[0], "type `%s` must have the field `%s`, a %s%s%s",
			           t->name, wanted[i].field, field_kind_name(wanted[i].kind),
			           wanted[i].to ? " to " : "", wanted[i].to ? wanted[i].to : "");
	}
}

static void load_types(struct loader *l)
{
	struct model *m = l->m;
	load_calendars(l);
	load_notices(l);
	load_type_names(l);
	for (size_t i = 0; i < m->n_types; i++)
		load_type_head(l, &m->types[i]);
	for (size_t i = 0; i < m->n_types; i++)
		load_fields(l, &m->types[i]);
	for (size_t i = 0; i < m->n_types; i++)
		load_type_tail(l, &m->types[i]);
	for (size_t i = 0; i < m->n_types; i++) {
		struct type *t = &m->types[i];
		load_transitions(l, t);
		load_plans(l, t);
		load_clocks(l, t);
		load_rules(l, t);
		load_alike(l, t);
		load_access(l, t);
		load_clock_hides(l, t);
		load_views(l, t);
		load_form(l, t);
		load_prints(l, t);
		load_field_filters(l, t);
		load_computes(l, t);
	}
	load_rule_files(l);
	load_duties(l);
	load_approvals(l);
	load_queues(l);
	load_reports(l);
	load_rail(l);
	check_core(l);
}

static void load_all(struct loader *l)
{
	load_docs(l);
	if (l->report.n_errors) /* what hangs on an unreadable file would only be noise */
		return;
	load_packs(l);
	load_types(l);
	if (!l->m->user || !l->m->team || !l->m->role || !l->m->customer)
		return;
	load_grant_filters(l);
	load_check_values(l);
	for (size_t i = 0; i < l->m->n_types; i++)
		load_merge_access(l, &l->m->types[i]);
	pack_check(l);
}

static int by_place(const void *a, const void *b)
{
	const struct pack_problem *x = a, *y = b;
	int order = strcmp(x->pack, y->pack);
	order = order ? order : strcmp(x->path, y->path);
	order = order ? order : (x->line > y->line) - (x->line < y->line);
	return order ? order : (x->column > y->column) - (x->column < y->column);
}

enum err model_load(struct arena *scratch, const struct pack_text *texts, size_t n, struct model **ret_model,
                    struct pack_report *ret_report)
{
	struct arena *arena = arena_new(MODEL_BYTES);
	struct loader l = {.arena = arena, .scratch = scratch, .m = ARENA_NEW(arena, struct model)};
	l.m->arena = arena;
	l.m->refs = 1;
	sort_texts(&l, texts, n);
	l.m->digest = texts_digest(&l);
	l.m->generation = (int64_t)strtoull(arena_strndup(scratch, l.m->digest, 15), NULL, 16);
	if (n == 0 || n > LIMIT_PACK_FILES)
		load_fault_at(&l, NULL, 0, 0, false,
		              n ? "too many pack files: at most 500 in all"
		                : "there are no pack files: the core pack is always needed");
	else
		load_all(&l);
	if (l.report.n)
		qsort(l.report.list, l.report.n, sizeof *l.report.list, by_place);
	*ret_report = l.report;
	if (l.report.n_errors) {
		model_unref(l.m);
		return ERR_INVALID;
	}
	for (size_t i = 0; i < l.m->n_types; i++) {
		type_index_fields(arena, &l.m->types[i]);
		type_render_transitions(arena, &l.m->types[i]);
		type_prepare(arena, &l.m->types[i]);
	}
	l.m->rights = rights_cache_new();
	l.m->directory = directory_new();
	*ret_model = l.m;
	return ERR_OK;
}
