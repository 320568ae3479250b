/* story_read.c: demo files in the order of what happened, and their telling in slices. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "main/story.h"
#include "main/story_read.h"
#include "store/store.h"

enum { STEPS_MAX = 5000, SLICE_STEPS = 20, FILES_MAX = 100, LATEST_MS = 1000 };

/* ---- files --------------------------------------------------------------------------------------------- */

static char *file_read(struct arena *a, const char *path, size_t *ret_len)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	char *text = NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= LIMIT_YAML_BYTES) {
		size_t n = 0, size = (size_t)st.st_size;
		ssize_t got = 1;
		text = arena_alloc(a, size + 1);
		while (n < size && got > 0) {
			got = read(fd, text + n, size - n);
			n += got > 0 ? (size_t)got : 0;
		}
		*ret_len = n;
	}
	close(fd);
	return text;
}

enum err story_yaml(struct story *s, const char *packs_dir, const char *pack, const char *path,
                    struct yaml_node **ret_node)
{
	struct yaml_doc *doc = ARENA_NEW(s->arena, struct yaml_doc);
	struct yaml_fault fault;
	size_t len;
	*doc = (struct yaml_doc){.pack = arena_strdup(s->arena, pack), .path = arena_strdup(s->arena, path)};
	char *text = file_read(s->arena, arena_printf(s->arena, "%s/%s/%s", packs_dir, pack, path), &len);
	if (text == NULL)
		return story_fault(s, NULL, "%s/%s can't be read, or is too large", pack, path);
	if (yaml_parse(s->arena, doc, text, len, ret_node, &fault) != ERR_OK) {
		snprintf(s->why, sizeof(s->why), "%s/%s:%d:%d: %s", pack, path, fault.line, fault.column,
		         fault.message);
		return ERR_INVALID;
	}
	return ERR_OK;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t story_files(struct arena *a, const char *packs_dir, const char *pack, const char *folder,
                   const char ***ret_paths)
{
	const char **paths = ARENA_ARRAY(a, FILES_MAX, const char *);
	size_t n = 0;
	DIR *d = opendir(arena_printf(a, "%s/%s/%s", packs_dir, pack, folder));
	for (struct dirent *e = d ? readdir(d) : NULL; e != NULL && n < FILES_MAX; e = readdir(d)) {
		size_t len = strlen(e->d_name);
		if (len > 5 && e->d_name[0] != '.' && strcmp(e->d_name + len - 5, ".yaml") == 0)
			paths[n++] = arena_printf(a, "%s/%s", folder, e->d_name);
	}
	if (d != NULL)
		closedir(d);
	qsort(paths, n, sizeof(paths[0]), by_name);
	*ret_paths = paths;
	return n;
}

/* ---- demo ------------------------------------------------------------------------------------------------ */

struct pile {
	struct story_step *list;
	size_t n;
};

static enum err steps_add(struct story *s, const struct ctx *ctx, const struct yaml_node *file, struct pile *p)
{
	if (file->kind != YAML_LIST)
		return story_fault(s, file, "a demo file is a list of steps");
	for (size_t i = 0; i < file->n; i++) {
		const char *at = yaml_text(yaml_get(file->items[i], "at"));
		int64_t ms;
		bool date;
		if (p->n == STEPS_MAX)
			return story_fault(s, file->items[i], "more than %d steps", STEPS_MAX);
		if (at == NULL || !story_time(ctx, s->base_ms, s->base_ms, at, &ms, &date))
			return story_fault(s, file->items[i], "at: \"-2d 09:12\" or \"-40m\"");
		/* What would lie in the future happens now. */
		if (ms > s->base_ms - LATEST_MS)
			ms = s->base_ms - LATEST_MS;
		p->list[p->n++] = (struct story_step){.node = file->items[i], .at = ms};
	}
	return ERR_OK;
}

static enum err pack_steps(struct story *s, const struct ctx *ctx, const char *packs_dir, const char *pack,
                           bool only_people, struct pile *p)
{
	const char **paths;
	struct yaml_node *file;
	size_t n = story_files(s->arena, packs_dir, pack, "demo", &paths);
	/* Users come first: all others are told by them. */
	for (int first = 1; first >= 0; first--) {
		for (size_t i = 0; i < n; i++) {
			bool users = strcmp(paths[i], "demo/users.yaml") == 0;
			bool people = users || strcmp(paths[i], "demo/customers.yaml") == 0;
			if (users != (first == 1) || (only_people && !people))
				continue;
			TRY(story_yaml(s, packs_dir, pack, paths[i], &file));
			TRY(steps_add(s, ctx, file, p));
		}
	}
	return ERR_OK;
}

/* Stable, so that steps of the same minute stay as written. */
static void sort_by_time(struct arena *a, struct story_step *list, size_t n)
{
	struct story_step *half = ARENA_ARRAY(a, n + 1, struct story_step);
	for (size_t width = 1; width < n; width *= 2) {
		for (size_t from = 0; from < n; from += 2 * width) {
			size_t mid = from + width < n ? from + width : n, end = mid + width < n ? mid + width : n;
			for (size_t i = from, j = mid, k = from; k < end; k++)
				half[k] = i < mid && (j >= end || list[i].at <= list[j].at) ? list[i++] : list[j++];
		}
		memcpy(list, half, n * sizeof(list[0]));
	}
}

enum err story_read_demo(struct story *s, const struct ctx *ctx, const char *packs_dir, const char *names,
                         bool only_people, struct story_step **ret_steps, size_t *ret_n)
{
	struct pile p = {.list = ARENA_ARRAY(s->arena, STEPS_MAX, struct story_step)};
	TRY(pack_steps(s, ctx, packs_dir, "core", only_people, &p));
	for (const char *at = names; *at != '\0';) {
		size_t len = strcspn(at, " ");
		const char *pack = arena_strndup(s->arena, at, len);
		if (len > 0 && strcmp(pack, "core") != 0)
			TRY(pack_steps(s, ctx, packs_dir, pack, only_people, &p));
		at += len + (at[len] == ' ');
	}
	sort_by_time(s->arena, p.list, p.n);
	*ret_steps = p.list;
	*ret_n = p.n;
	return ERR_OK;
}

/* ---- telling ----------------------------------------------------------------------------------------------- */

struct slice {
	struct story *s;
	const struct story_step *steps;
	size_t n, n_handles;
};

static enum err slice_tell(struct ctx *ctx, void *arg)
{
	struct slice *slice = arg;
	/* Run again from the start of the slice: what it named then is not there. */
	slice->s->n_handles = slice->n_handles;
	for (size_t i = 0; i < slice->n; i++) {
		slice->s->why[0] = '\0';
		ctx->now_ms = slice->steps[i].at;
		enum err e = story_step(ctx, slice->s, slice->steps[i].node);
		if (e == ERR_OK)
			continue;
		if (slice->s->why[0] == '\0' && ctx->problems.n > 0)
			story_fault(slice->s, slice->steps[i].node, "%s: %s %s: %s", err_code(e),
			            ctx->problems.list[0].field, ctx->problems.list[0].code,
			            ctx->problems.list[0].detail ? ctx->problems.list[0].detail : "");
		else if (slice->s->why[0] == '\0')
			story_fault(slice->s, slice->steps[i].node, "%s", err_code(e));
		return e;
	}
	return ERR_OK;
}

/* What comes by itself must have come before it is looked for: such a step begins a slice. */
static size_t slice_len(const struct story_step *steps, size_t n)
{
	size_t len = 1;
	while (len < n && len < SLICE_STEPS && yaml_get(steps[len].node, "tick") == NULL &&
	       yaml_get(steps[len].node, "find") == NULL)
		len++;
	return len;
}

enum err story_tell(struct ctx *ctx, struct story *s, const struct story_step *steps, size_t n)
{
	int64_t now = ctx->now_ms;
	const struct who *who = ctx->who;
	enum err e = ERR_OK;
	if (n > 0)
		ctx->now_ms = steps[0].at;
	for (size_t i = 0, len; i < n && e == ERR_OK; i += len) {
		len = slice_len(steps + i, n - i);
		struct slice slice = {.s = s, .steps = steps + i, .n = len, .n_handles = s->n_handles};
		struct arena_mark mark = arena_mark(ctx->arena);
		e = story_catch_up(ctx, s, slice.steps[0].node, slice.steps[0].at);
		if (e == ERR_OK)
			e = store_write(ctx, slice_tell, &slice);
		ctx->who = who;
		if (e == ERR_OK)
			arena_rewind(ctx->arena, mark);
	}
	if (e == ERR_OK && n > 0)
		e = story_catch_up(ctx, s, steps[n - 1].node, now);
	ctx->now_ms = now;
	return e;
}
