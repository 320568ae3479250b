/* demo.c: what the demo organisation starts with: the demo stories of its packs, told in order. */
#include "main/demo.h"

#include <string.h>

#include "base/clock.h"
#include "http/auth.h"
#include "main/story.h"
#include "store/store.h"

enum { STORY_ARENA_BYTES = 64 << 20, NAMES_MAX = 64 };

/* The packs of the organisation as one text. */
static const char *pack_names(struct arena *a, const struct model *m)
{
	const char *names = "";
	for (size_t i = 0; i < m->n_packs && i < NAMES_MAX; i++)
		names = arena_printf(a, "%s%s%s", names, *names ? " " : "", m->packs[i].name);
	return names;
}

bool demo_load(struct job *job, struct house *h)
{
	struct arena *a = arena_new(LIMIT_REQUEST_ARENA_BYTES), *words = arena_new(STORY_ARENA_BYTES);
	struct ctx ctx;
	struct edition *edition = job_enter(job, h, a, &ctx);
	struct story s;
	struct story_step *steps;
	size_t n;
	char hash[HASH_BYTES];
	ctx.origin = "demo";
	story_init(&s, words, ctx.now_ms);
	s.hash = hash;
	enum err e = password_hash(&ctx, "password", DEMO_PASSWORD, hash);
	if (e == ERR_OK)
		e = story_read_demo(&s, &ctx, job->packs_dir, pack_names(words, ctx.model), false, &steps, &n);
	if (e == ERR_OK)
		e = story_tell(&ctx, &s, steps, n);
	if (e != ERR_OK && s.why[0] != '\0')
		job_complain(job, "%s\n", s.why);
	else if (e != ERR_OK)
		(void)job_failed(job, &ctx, e, "the demo organisation");
	house_leave(edition);
	arena_free(words);
	arena_free(a);
	return e == ERR_OK;
}
