/*
 * The first byte picks the type, the second how the rest is read: as filter text, as filter JSON, or as a value. What
 * is accepted must print, parse back to the same text, and become SQL.
 *
 * With clang -fsanitize=fuzzer this is a libFuzzer target; with REPLAY defined, a program that runs kept
 * crashes and seeds: fuzz_filter FILE…
 */
#include <dirent.h>
#include <sys/stat.h>

#include "base/limit.h"
#include "world.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static struct world *world;

static void open_world(void)
{
	const char *folder = getenv("SHOUWEN_FILTER_DIR");
	json_error_t error;
	char path[512];

	/* ./do fuzz runs at the top of the tree. */
	snprintf(path, sizeof(path), "%s/world.json", folder ? folder : "tests/filter");
	json_t *root = json_load_file(path, 0, &error);
	if (root == NULL)
		world_die("%s: %s", path, error.text);
	world = world_new(root);
}

static char *text_of(struct arena *a, const struct filter *f)
{
	struct buf b;

	buf_init(&b, a, LIMIT_FILTER_BYTES * 4);
	filter_write_text(&b, f);
	return b.data;
}

static void check(struct arena *a, const struct type *t, const struct filter *f)
{
	struct filter_fault fault = {0};
	struct filter *again;
	struct ctx ctx = world->ctx;
	struct sql q;
	const char *text = text_of(a, f);

	/* Canonical text may be longer than what was typed (500 is printed 500.00). */
	if (strlen(text) > LIMIT_FILTER_BYTES)
		return;
	if (filter_parse(a, &world->model, t, text, strlen(text), &again, &fault) != ERR_OK)
		world_die("printed, but refused: %s\n%s", text, fault.message);
	if (strcmp(text_of(a, again), text) != 0)
		world_die("printed otherwise: %s\n%s", text, text_of(a, again));
	ctx.arena = a;
	sql_init(&q, a);
	SQL(&q, "select 1 where ");
	enum err e = filter_sql(&ctx, &q, f, "r", NULL);
	if (e != ERR_OK && e != ERR_INVALID)
		world_die("no SQL: %s", text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct filter_fault fault = {0};
	struct filter *f = NULL;
	struct value v;
	enum err e = ERR_INVALID;

	if (world == NULL)
		open_world();
	if (n < 2)
		return 0;
	struct arena *a = arena_new(256 << 20);
	struct ctx ctx = world->ctx;
	const struct type *t = &world->model.types[bytes[0] % world->model.n_types];
	ctx.arena = a;
	const char *text = arena_strndup(a, (const char *)bytes + 2, n - 2);
	if (bytes[1] % 3 == 0) {
		e = filter_parse(a, &world->model, t, (const char *)bytes + 2, n - 2, &f, &fault);
		if (e != ERR_OK && (fault.code == NULL || fault.message == NULL || fault.at > n - 2))
			world_die("a fault without words or beyond the text");
	} else if (bytes[1] % 3 == 1) {
		json_t *j;
		if (json_parse(&ctx, text, strlen(text), &j) == ERR_OK)
			e = filter_parse_json(a, &world->model, t, j, &f, &fault);
	} else if (n < 2000) {
		const struct field *field = &t->fields[bytes[1] / 3 % t->n_fields];
		value_expression(&ctx, NULL, field, text, &v);
	}
	if (e == ERR_OK)
		check(a, t, f);
	arena_free(a);
	return 0;
}

#ifdef REPLAY
static void replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	static uint8_t bytes[1 << 20];

	if (file == NULL)
		world_die("can't read %s", path);
	size_t n = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	LLVMFuzzerTestOneInput(bytes, n);
}

static int replay_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	char path[1024];
	int n = 0;

	if (dir == NULL)
		world_die("can't open %s", folder);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		replay(path);
		n++;
	}
	closedir(dir);
	return n;
}

int main(int argc, char **argv)
{
	int n = 0;

	for (int i = 1; i < argc; i++)
		n += replay_folder(argv[i]);
	printf("%d inputs\n", n);
	return n == 0;
}
#endif
