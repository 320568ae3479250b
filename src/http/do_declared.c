/* do_declared.c: what packs and administrators declare about time, as it stands. */
#include <sodium.h>

#include "base/clock.h"
#include "flow/effect.h"
#include "http/declare.h"
#include "http/handlers.h"
#include "http/server.h"
#include "model/labels.h"
#include "model/yaml_write.h"
#include "store/store.h"

enum { FIRED_DAYS = 30, VERSION_HEX = 10 };

struct open_file {
	const struct pack_text *text;
	struct spliced s;
	struct yaml_doc doc;
	bool tried, fine;
};

struct listing {
	struct answer *an;
	const char *section;
	struct pack_text *texts;
	struct open_file *files; /* by text */
	size_t n;
	struct fired_rule *fired;
	size_t n_fired;
	struct clocks_open *clocks;
	size_t n_clocks;
};

struct entry {
	const char *name, *type;
	struct label label;
	struct declared where;
	bool off;
};

/* ---- its text ---------------------------------------------------------------------------------------- */

static const struct spliced *file_of(struct ctx *ctx, struct listing *l, const struct declared *where)
{
	struct yaml_fault fault;

	for (size_t i = 0; i < l->n; i++) {
		struct open_file *f = &l->files[i];

		if (strcmp(l->texts[i].pack, where->pack) != 0 || strcmp(l->texts[i].path, where->path) != 0)
			continue;
		if (!f->tried) {
			f->tried = true;
			f->doc = (struct yaml_doc){where->pack, where->path};
			f->fine = splice_open(ctx->arena, &f->doc, l->texts[i].body, l->texts[i].len, &f->s, &fault) ==
			          ERR_OK;
		}
		return f->fine ? &f->s : NULL;
	}
	return NULL;
}

static void write_text(struct ctx *ctx, struct listing *l, const struct entry *e, struct json_out *out)
{
	const struct spliced *s = file_of(ctx, l, &e->where);
	struct spot spot;
	bool found = s != NULL && splice_find(s, l->section, e->name, &spot);
	json_t *j = found ? yaml_to_json(spot.node) : NULL;

	json_key(out, "yaml");
	json_text(out, found ? splice_text(ctx->arena, &spot) : NULL);
	json_key(out, "json");
	if (j == NULL) {
		json_none(out);
		return;
	}
	json_tree(out, json_kept(ctx->arena, j));
}

/* ---- one line of the list -------------------------------------------------------------------------------- */

static void write_clock(const struct listing *l, const struct entry *e, const struct clock_def *c, struct json_out *out)
{
	int64_t running = 0, breached = 0;

	for (size_t i = 0; i < l->n_clocks; i++)
		if (strcmp(l->clocks[i].type, e->type) == 0 && strcmp(l->clocks[i].name, e->name) == 0) {
			running = l->clocks[i].running;
			breached = l->clocks[i].breached;
		}
	json_key(out, "running");
	json_int(out, running);
	json_key(out, "breached");
	json_int(out, breached);
	json_key(out, "targets");
	json_open(out, '[');
	for (size_t i = 0; i < c->n_targets; i++)
		json_text(out, c->targets[i].is);
	json_close(out, ']');
}

static void write_fired(const struct listing *l, const struct entry *e, struct json_out *out)
{
	int64_t n = 0;

	for (size_t i = 0; i < l->n_fired; i++)
		if (strcmp(l->fired[i].type, e->type) == 0 && strcmp(l->fired[i].rule, e->name) == 0)
			n = l->fired[i].n;
	json_key(out, "fired_30d");
	json_int(out, n);
}

static void write_entry(struct ctx *ctx, struct listing *l, const struct entry *e, const struct clock_def *clock)
{
	struct json_out *out = &l->an->json;

	json_open(out, '{');
	json_key(out, "name");
	json_text(out, e->name);
	json_key(out, "type");
	json_text(out, e->type);
	json_label(out, "label", &e->label);
	json_key(out, "pack");
	json_text(out, e->where.pack);
	json_key(out, "path");
	json_text(out, e->where.path);
	json_key(out, "line");
	json_int(out, e->where.line);
	json_key(out, "end_line");
	json_int(out, e->where.end_line);
	json_key(out, "version");
	json_text(out, e->where.version);
	json_key(out, "off");
	json_bool(out, e->off);
	if (clock != NULL)
		write_clock(l, e, clock, out);
	if (strcmp(l->section, "rules") == 0)
		write_fired(l, e, out);
	write_text(ctx, l, e, out);
	json_close(out, '}');
}

/* ---- the lists ----------------------------------------------------------------------------------------- */

static void list_of_types(struct ctx *ctx, struct listing *l)
{
	bool rules = strcmp(l->section, "rules") == 0;

	for (size_t i = 0; i < ctx->model->n_types; i++) {
		const struct type *t = &ctx->model->types[i];

		for (size_t k = 0; rules && k < t->n_rules; k++)
			write_entry(ctx, l,
			            &(struct entry){t->rules[k].name, t->name, t->rules[k].label, t->rules[k].where,
			                            t->rules[k].off},
			            NULL);
		for (size_t k = 0; !rules && k < t->n_clocks; k++)
			write_entry(ctx, l,
			            &(struct entry){t->clocks[k].name, t->name, t->clocks[k].label, t->clocks[k].where,
			                            false},
			            &t->clocks[k]);
	}
}

static const char *text_version(struct ctx *ctx, const struct pack_text *t)
{
	unsigned char digest[16];
	char hex[sizeof(digest) * 2 + 1];

	crypto_generichash(digest, sizeof(digest), (const unsigned char *)t->body, t->len, NULL, 0);
	sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest));
	return arena_strndup(ctx->arena, hex, VERSION_HEX);
}

/* The model keeps no holidays, only the days of calendars. */
static void list_holidays(struct ctx *ctx, struct listing *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct declared where = {.pack = l->texts[i].pack, .path = l->texts[i].path, .line = 1};
		const struct spliced *s = strncmp(where.path, "holidays/", 9) == 0 ? file_of(ctx, l, &where) : NULL;
		const char *name = s != NULL ? yaml_text(yaml_get(s->root, "holidays")) : NULL;
		const struct yaml_node *label;

		if (name == NULL)
			continue;
		label = yaml_get(s->root, "label");
		where.line = s->root->line;
		where.end_line = s->root->end_line;
		where.version = text_version(ctx, &l->texts[i]);
		struct label said = {yaml_text(label) ? yaml_text(label) : yaml_text(yaml_get(label, "zh")),
		                     yaml_text(yaml_get(label, "en"))};
		if (said.zh == NULL)
			said.zh = name;
		write_entry(ctx, l, &(struct entry){name, NULL, said, where, false}, NULL);
	}
}

static void list_of_model(struct ctx *ctx, struct listing *l)
{
	const struct model *m = ctx->model;

	for (size_t i = 0; strcmp(l->section, "duties") == 0 && i < m->n_duties; i++)
		write_entry(ctx, l,
		            &(struct entry){m->duties[i].name, NULL, m->duties[i].label, m->duties[i].where,
		                            m->duties[i].off},
		            NULL);
	for (size_t i = 0; strcmp(l->section, "calendars") == 0 && i < m->n_calendars; i++)
		write_entry(ctx, l,
		            &(struct entry){m->calendars[i].name, NULL, m->calendars[i].label, m->calendars[i].where,
		                            false},
		            NULL);
	for (size_t i = 0; strcmp(l->section, "approvals") == 0 && i < m->n_approvals; i++)
		write_entry(ctx, l,
		            &(struct entry){m->approvals[i].name, m->approvals[i].type->name, m->approvals[i].label,
		                            m->approvals[i].where, m->approvals[i].off},
		            NULL);
	for (size_t i = 0; strcmp(l->section, "queues") == 0 && i < m->n_queues; i++)
		write_entry(ctx, l,
		            &(struct entry){m->queues[i].name, m->queues[i].type->name, m->queues[i].label,
		                            m->queues[i].where_is, m->queues[i].off},
		            NULL);
	for (size_t i = 0; strcmp(l->section, "notices") == 0 && i < m->n_templates; i++)
		write_entry(ctx, l,
		            &(struct entry){m->templates[i].name, NULL, m->templates[i].label, m->templates[i].where,
		                            false},
		            NULL);
}

static enum err declared_read(struct ctx *ctx, void *arg)
{
	struct listing *l = arg;
	struct json_out *out = &l->an->json;

	answer_reset(l->an);
	TRY(pack_texts(ctx, &l->texts, &l->n));
	l->files = ARENA_ARRAY(ctx->arena, l->n + 1, struct open_file);
	if (strcmp(l->section, "rules") == 0)
		TRY(rules_fired(ctx, FIRED_DAYS, &l->fired, &l->n_fired));
	if (strcmp(l->section, "clocks") == 0)
		TRY(clocks_counted(ctx, &l->clocks, &l->n_clocks));
	json_open(out, '{');
	json_key(out, "generation");
	json_text(out, arena_printf(ctx->arena, "%lld", (long long)ctx->model->generation));
	json_key(out, "list");
	json_open(out, '[');
	if (section_of_type(l->section))
		list_of_types(ctx, l);
	else if (strcmp(l->section, "holidays") == 0)
		list_holidays(ctx, l);
	else
		list_of_model(ctx, l);
	json_close(out, ']');
	json_close(out, '}');
	return ERR_OK;
}

enum err do_declared(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct listing l = {.an = an, .section = request_param(rq, "section")};

	if (!section_known(l.section))
		return ERR_NOT_FOUND;
	return store_read_slow(ctx, declared_read, &l);
}
