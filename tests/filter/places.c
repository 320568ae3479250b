#include "places.h"

#include <ftw.h>
#include <unistd.h>

#include "world.h"

static void open_one(struct places *p, const char *name, const char *url)
{
	struct store_config config = {.dir = p->dir, .url = url, .readers_max = 2};
	struct place *place = &p->list[p->n++];
	char why[400] = "", code[40];

	place->name = name;
	if (store_open(&config, &place->store, why, sizeof(why)) != ERR_OK)
		world_die("%s: %s", name, why);
	snprintf(code, sizeof(code), "filter_%d", (int)getpid());
	if (org_create(place->store, code, &place->org, why, sizeof(why)) != ERR_OK)
		world_die("%s: %s", name, why);
}

void places_open(struct places *p)
{
	const char *url = getenv("SHOUWEN_TEST_PG");

	*p = (struct places){0};
	snprintf(p->dir, sizeof(p->dir), "/tmp/shouwen-filter-XXXXXX");
	if (mkdtemp(p->dir) == NULL)
		world_die("no temporary folder");
	open_one(p, "sqlite", NULL);
	if (url && *url)
		open_one(p, "postgres", url);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

void places_close(struct places *p)
{
	char code[40];

	for (size_t i = 0; i < p->n; i++) {
		snprintf(code, sizeof(code), "%s", org_code(p->list[i].org));
		org_drop(p->list[i].store, code);
		store_close(p->list[i].store);
	}
	nftw(p->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
