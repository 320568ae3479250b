/* demo.c: what the demo organisation starts with: the demo stories of its packs, told in order. */
#include "main/demo.h"

#include "base/clock.h"
#include "http/auth.h"
#include "main/starter.h"
#include "main/story.h"
#include "store/store.h"

enum { STORY_ARENA_BYTES = 64 << 20, STARTER_DAYS = 91 };

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
	const char *packs = starter_packs(words, ctx.model);
	enum err e = password_hash(&ctx, "password", DEMO_PASSWORD, hash);
	if (e == ERR_OK)
		e = starter_load(&ctx, &s, job->packs_dir, packs, ctx.now_ms - STARTER_DAYS * DAY_MS, &n);
	if (e == ERR_OK)
		e = story_read_demo(&s, &ctx, job->packs_dir, packs, false, &steps, &n);
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
