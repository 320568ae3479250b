/*
 * check-pack DIR…: reads packs with those they need from the folders beside them, and lists what
 * is wrong as PATH:LINE:COLUMN: words. Exit 1 when a pack is refused.
 */
#include <libgen.h>
#include <limits.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/limit.h"
#include "model/pack.h"
#include "model/yaml_tree.h"

struct names {
	char list[64][LIMIT_NAME_BYTES + 1];
	size_t n;
};

static void add_name(struct names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->list[i], name) == 0)
			return;
	if (names->n < 64)
		snprintf(names->list[names->n++], sizeof names->list[0], "%s", name);
}

/* `needs:` of a pack, and of those in turn; one that can't be read is told by model_load. */
static void add_needs(struct arena *a, const char *dir, struct names *names)
{
	for (size_t i = 0; i < names->n; i++) {
		struct yaml_doc doc = {names->list[i], "pack.yaml"};
		struct yaml_fault fault;
		struct yaml_node *node;
		char *path = arena_printf(a, "%s/%s/pack.yaml", dir, names->list[i]);
		FILE *f = fopen(path, "re");
		if (!f)
			continue;
		char *body = arena_alloc(a, LIMIT_YAML_BYTES);
		size_t len = fread(body, 1, LIMIT_YAML_BYTES, f);
		fclose(f);
		if (yaml_parse(a, &doc, body, len, &node, &fault) != ERR_OK)
			continue;
		const struct yaml_node *needs = yaml_get(node, "needs");
		for (size_t k = 0; needs && needs->kind == YAML_LIST && k < needs->n; k++)
			if (yaml_text(needs->items[k]))
				add_name(names, needs->items[k]->text);
	}
}

static int check(const char *dir, struct names *names)
{
	struct arena *a = arena_new((size_t)512 << 20);
	struct pack_text *texts;
	struct pack_report report = {0};
	struct model *model = NULL;
	char why[300];
	size_t n;
	add_needs(a, dir, names);
	char *all = arena_strdup(a, "");
	for (size_t i = 0; i < names->n; i++)
		all = arena_printf(a, "%s%s ", all, names->list[i]);
	if (pack_read_dir(a, dir, all, &texts, &n, why, sizeof why) != ERR_OK) {
		fprintf(stderr, "%s\n", why);
		arena_free(a);
		return 1;
	}
	enum err err = model_load(a, texts, n, &model, &report);
	for (size_t i = 0; i < report.n; i++) {
		const struct pack_problem *p = &report.list[i];
		printf("%s/%s/%s:%d:%d: %s%s\n", dir, p->pack, p->path, p->line, p->column,
		       p->warning ? "warning: " : "", p->message);
	}
	if (err == ERR_OK)
		printf("%s: %zu packs, %zu types, no error\n", all, model->n_packs, model->n_types);
	else
		printf("%s: %zu errors\n", all, report.n_errors);
	model_unref(model);
	arena_free(a);
	return err == ERR_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct names names = {.n = 0};
	char parent[PATH_MAX] = "";
	if (argc < 2 || strcmp(argv[1], "--help") == 0) {
		printf("check-pack DIR…: lists what is wrong in packs; exit 1 when one is refused\n");
		return argc < 2 ? 2 : 0;
	}
	for (int i = 1; i < argc; i++) {
		char full[PATH_MAX], copy[PATH_MAX];
		if (!realpath(argv[i], full)) {
			fprintf(stderr, "%s: there is no such folder\n", argv[i]);
			return 2;
		}
		memcpy(copy, full, sizeof copy);
		const char *dir = dirname(copy);
		if (i > 1 && strcmp(dir, parent) != 0) {
			fprintf(stderr, "%s lies in another folder than the first pack\n", argv[i]);
			return 2;
		}
		snprintf(parent, sizeof parent, "%s", dir);
		memcpy(copy, full, sizeof copy);
		add_name(&names, basename(copy));
	}
	return check(parent, &names);
}
