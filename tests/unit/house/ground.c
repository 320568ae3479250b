/* ground.c: see ground.h. */
#include "ground.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *ground_url(void)
{
	const char *url = getenv("SHOUWEN_TEST_PG");
	return url && *url ? url : NULL;
}

void ground_open(struct ground *g, const char *code, const char *url)
{
	char why[512] = "";
	*g = (struct ground){.dir = "/tmp/shouwen-test-XXXXXX", .code = code, .ids = ids_new(1)};
	if (mkdtemp(g->dir) == NULL)
		fail_msg("no temporary folder");
	struct store_config config = {.dir = g->dir, .url = url};
	if (store_open(&config, &g->store, why, sizeof(why)) != ERR_OK)
		fail_msg("%s", why);
	/* A server may still have it from a run that was cut off. */
	(void)org_drop(g->store, code);
	if (org_create(g->store, code, &g->org, why, sizeof(why)) != ERR_OK)
		fail_msg("%s", why);
	assert_int_equal(zone_load("Asia/Shanghai", &g->zone), ERR_OK);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	return remove(path);
}

void ground_close(struct ground *g)
{
	assert_int_equal(org_drop(g->store, g->code), ERR_OK);
	store_close(g->store);
	zone_free(g->zone);
	ids_free(g->ids);
	assert_int_equal(nftw(g->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}
