/* cmd_keep.c: copies and new versions: backup, restore, migrate; and the drawer of printed forms. */
#include <unistd.h>

#include "http/house.h"
#include "main/command.h"
#include "main/starter.h"
#include "model/pack.h"
#include "report/print.h"
#include "store/store.h"

int command_backup(struct job *job, struct words *w)
{
	const char *org = words_option(w, "--org");
	char why[1024] = "";
	struct house *h;

	if (!words_end(job, w, 1, 1))
		return 2;
	if (org == NULL) {
		job_complain(job, "say which organisation: --org CODE\n");
		return 2;
	}
	if (!job_house(job, org, &h))
		return 1;
	enum err e = org_backup(house_org(h), job_path(job, w->argv[1]), why, sizeof(why));
	house_close(h);
	if (e != ERR_OK) {
		job_complain(job, "%s: %s\n", org, why[0] ? why : err_code(e));
		return 1;
	}
	job_say(job, "%s: copied to %s (uploaded files lie in DIR/files and are copied as files)\n", org, w->argv[1]);
	return 0;
}

int command_restore(struct job *job, struct words *w)
{
	const char *org = words_option(w, "--org");
	char why[1024] = "";
	struct house *h;

	if (!words_end(job, w, 1, 1))
		return 2;
	if (org == NULL) {
		job_complain(job, "say under which code: --org CODE\n");
		return 2;
	}
	enum err e = org_restore(job->store, org, job_path(job, w->argv[1]), why, sizeof(why));
	if (e != ERR_OK) {
		job_complain(job, "%s: %s\n", org, why[0] ? why : err_code(e));
		return 1;
	}
	if (!job_house(job, org, &h))
		return 1;
	house_close(h);
	job_say(job, "%s: restored from %s\n", org, w->argv[1]);
	return 0;
}

/* ---- migrate ------------------------------------------------------------------------------------------ */

struct migration {
	struct pack_text *texts;
	size_t n;
	struct model *model;
	struct pack_step *steps;
	size_t n_steps;
	const char *add; /* packs that come to those in force, "a,b"; NULL: none */
	struct pack_put put;
	bool dry_run;
};

static enum err migration_diff(struct ctx *ctx, void *arg)
{
	struct migration *m = arg;

	return pack_diff(ctx, m->model, &m->steps, &m->n_steps);
}

static enum err migration_apply(struct ctx *ctx, void *arg)
{
	struct migration *m = arg;

	return pack_put(ctx, m->model, m->texts, m->n, &m->put);
}

static void say_findings(struct job *job, const struct pack_report *report)
{
	for (size_t i = 0; i < report->n; i++) {
		const struct pack_problem *p = &report->list[i];

		if (!p->warning)
			job_complain(job, "  %s/%s:%d:%d: %s\n", p->pack, p->path, p->line, p->column, p->message);
	}
}

static enum err migration_own(struct ctx *ctx, void *arg)
{
	struct migration *m = arg;

	return pack_add_own(ctx, &m->texts, &m->n);
}

static enum err packs_setting(struct ctx *ctx, void *arg)
{
	*(const char **)arg = setting_text(ctx, "packs", "core");
	return ERR_OK;
}

/* Those in force and those that come to them, each once. */
static const char *names_with(struct arena *a, const char *names, const char *add)
{
	for (const char *at = add ? add : ""; *at != '\0';) {
		size_t len = strcspn(at, ",");
		const char *name = arena_strndup(a, at, len);

		if (len > 0 && strstr(arena_printf(a, " %s ", names), arena_printf(a, " %s ", name)) == NULL)
			names = arena_printf(a, "%s %s", names, name);
		at += len + (at[len] == ',');
	}
	return names;
}

/* The shipped packs of this organisation, in place of its own copies; what it declared itself stays. */
static int migrate_packs(struct job *job, struct house *h, const struct migration *how)
{
	struct arena *a = arena_new(LIMIT_REQUEST_ARENA_BYTES);
	struct ctx ctx;
	struct edition *edition = job_enter(job, h, a, &ctx);
	struct migration m = *how;
	struct pack_report report = {0};
	const char *names = "core";
	char why[2048] = "";
	int code = 1;
	enum err e = store_read(&ctx, packs_setting, &names);

	if (e == ERR_OK)
		names = names_with(a, names, m.add);
	if (e == ERR_OK)
		e = pack_read_dir(a, job->packs_dir, names, &m.texts, &m.n, why, sizeof(why));
	if (e == ERR_OK)
		e = store_read(&ctx, migration_own, &m);
	if (e == ERR_OK)
		e = model_load(a, m.texts, m.n, &m.model, &report);
	if (e == ERR_OK)
		e = store_read(&ctx, migration_diff, &m);
	for (size_t i = 0; e == ERR_OK && i < m.n_steps; i++)
		job_say(job, "  %s%s\n", m.steps[i].destructive ? "DROPS: " : "", m.steps[i].message);
	ctx.large = true;
	if (e == ERR_OK && !m.dry_run)
		e = store_write(&ctx, migration_apply, &m);
	if (e == ERR_OK && !m.dry_run)
		e = house_reload(h, why, sizeof(why));
	if (e != ERR_OK) {
		say_findings(job, &report);
		job_failed(job, &ctx, e, why[0] ? why : house_code(h));
	} else {
		if (m.put.copy != NULL)
			job_say(job, "%s: a copy from before lies in %s/%s (restore --org CODE FILE brings it back)\n",
			        house_code(h), job->dir, m.put.copy);
		job_say(job, "%s: packs %s %s\n", house_code(h), names,
		        m.dry_run ? "would be put in force" : "are in force");
		code = 0;
	}
	model_unref(m.model);
	house_leave(edition);
	arena_free(a);
	return code;
}

int command_migrate(struct job *job, struct words *w)
{
	const char *org = words_option(w, "--org");
	const struct migration how = {.add = words_option(w, "--add"),
	                              .put.allow_drop = words_flag(w, "--allow-drop"),
	                              .dry_run = words_flag(w, "--dry-run")};
	bool packs = words_flag(w, "--packs") || how.add != NULL;
	const char **codes;
	size_t n;
	int code = 0;

	if (!words_end(job, w, 0, 0))
		return 2;
	if (!job_orgs(job, &org, &codes, &n))
		return 1;
	for (size_t i = 0; i < n && !job->gone; i++) {
		struct house *h;

		if (!job_house(job, codes[i], &h)) { /* opening runs the schema steps that are missing */
			code = 1;
			continue;
		}
		job_say(job, "%s: schema is up to date\n", codes[i]);
		if (packs && (migrate_packs(job, h, &how) != 0 || (!how.dry_run && !starter_open(job, h))))
			code = 1;
		house_close(h);
	}
	return code;
}

/* ---- the drawer ----------------------------------------------------------------------------------------- */

/* Asked by the server itself: JSON on standard input, a PDF at the path. */
int command_draw_form(struct job *job, struct words *w)
{
	struct buf b;
	char piece[16384];
	size_t n;

	if (!words_end(job, w, 1, 1))
		return 2;
	buf_init(&b, job->arena, 16 << 20);
	while ((n = fread(piece, 1, sizeof(piece), stdin)) > 0)
		buf_add(&b, piece, n);
	/* The font library keeps its caches for as long as the process lives: it ends here. */
	_exit(b.data != NULL && !b.over ? draw_form(b.data, b.len, w->argv[1]) : 1);
}
