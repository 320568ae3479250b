/* Packs from a folder. Names are checked, so no path leads out of it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limit.h"
#include "model/pack.h"

struct pile {
	struct arena *arena;
	struct pack_text *list;
	size_t n;
	char *why;
	size_t why_bytes;
};

__attribute__((format(printf, 2, 3))) static enum err refuse(struct pile *p, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	vsnprintf(p->why, p->why_bytes, format, ap);
	va_end(ap);
	return ERR_INVALID;
}

static bool name_ok(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!(s[i] >= 'a' && s[i] <= 'z') && !(s[i] >= '0' && s[i] <= '9') && s[i] != '_')
			return false;
	return len > 0 && len <= LIMIT_NAME_BYTES;
}

static enum err read_whole(struct pile *p, int fd, const char *path, char **ret_body, size_t *ret_len)
{
	struct stat st;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return refuse(p, "%s is no file", path);
	if (st.st_size > LIMIT_YAML_BYTES)
		return refuse(p, "%s is larger than %d KB", path, LIMIT_YAML_BYTES >> 10);
	size_t len = 0, size = (size_t)st.st_size;
	char *body = ARENA_ARRAY(p->arena, size + 1, char);
	while (len < size) {
		ssize_t got = read(fd, body + len, size - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		len += (size_t)got;
	}
	*ret_body = body;
	*ret_len = len;
	return ERR_OK;
}

static enum err add_file(struct pile *p, const char *dir, const char *pack, const char *path)
{
	char *full = arena_printf(p->arena, "%s/%s/%s", dir, pack, path), *body = NULL;
	size_t len = 0;
	if (p->n >= LIMIT_PACK_FILES)
		return refuse(p, "more than %d pack files", LIMIT_PACK_FILES);
	int fd = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return refuse(p, "%s can't be read: %s", full, strerror(errno));
	enum err err = read_whole(p, fd, full, &body, &len);
	close(fd);
	TRY(err);
	p->list[p->n++] = (struct pack_text){
	        .pack = arena_strdup(p->arena, pack), .path = arena_strdup(p->arena, path), .body = body, .len = len};
	return ERR_OK;
}

static int yaml_only(const struct dirent *e)
{
	size_t len = strlen(e->d_name);
	return e->d_name[0] != '.' && len > 5 && strcmp(e->d_name + len - 5, ".yaml") == 0;
}

/* The .yaml files of a folder in byte order, so that models do not depend on the file system. */
static enum err add_folder(struct pile *p, const char *dir, const char *pack, const char *folder)
{
	char *path = arena_printf(p->arena, "%s/%s/%s", dir, pack, folder);
	struct dirent **entries;
	int n = scandir(path, &entries, yaml_only, alphasort);
	if (n < 0)
		return errno == ENOENT ? ERR_OK : refuse(p, "%s can't be read: %s", path, strerror(errno));
	enum err err = ERR_OK;
	for (int i = 0; i < n; i++) {
		if (err == ERR_OK)
			err = add_file(p, dir, pack, arena_printf(p->arena, "%s/%s", folder, entries[i]->d_name));
		free(entries[i]);
	}
	free(entries);
	return err;
}

static enum err add_pack(struct pile *p, const char *dir, const char *pack)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->list[i].pack, pack) == 0)
			return ERR_OK; /* named twice */
	char *full = arena_printf(p->arena, "%s/%s/pack.yaml", dir, pack);
	if (access(full, R_OK) != 0)
		return refuse(p, "there is no pack `%s`: %s can't be read", pack, full);
	TRY(add_file(p, dir, pack, "pack.yaml"));
	TRY(add_folder(p, dir, pack, "types"));
	static const char *const folders[] = {"print", "reports", "calendars", "holidays", "duties",
	                                      "rules", "notices", "approvals", "queues"};
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		TRY(add_folder(p, dir, pack, folders[i]));
	return ERR_OK;
}

enum err pack_read_dir(struct arena *a, const char *dir, const char *names, struct pack_text **ret_texts, size_t *ret_n,
                       char *why, size_t why_bytes)
{
	struct pile p = {.arena = a, .why = why, .why_bytes = why_bytes};
	p.list = ARENA_ARRAY(a, LIMIT_PACK_FILES + 1, struct pack_text);
	TRY(add_pack(&p, dir, "core"));
	for (const char *s = names; *s;) {
		size_t len = strcspn(s, " ");
		if (len && !name_ok(s, len))
			return refuse(&p, "`%.*s` is no name of a pack", (int)(len > 60 ? 60 : len), s);
		if (len)
			TRY(add_pack(&p, dir, arena_strndup(a, s, len)));
		s += len + (s[len] == ' ');
	}
	*ret_texts = p.list;
	*ret_n = p.n;
	return ERR_OK;
}

enum err pack_read_folder(struct arena *a, const char *dir, const char *pack, const char *folder,
                          struct pack_text **ret_texts, size_t *ret_n, char *why, size_t why_bytes)
{
	struct pile p = {.arena = a, .why = why, .why_bytes = why_bytes};
	p.list = ARENA_ARRAY(a, LIMIT_PACK_FILES + 1, struct pack_text);
	if (!name_ok(pack, strlen(pack)) || !name_ok(folder, strlen(folder)))
		return refuse(&p, "`%.60s` is no name of a pack", pack);
	TRY(add_folder(&p, dir, pack, folder));
	*ret_texts = p.list;
	*ret_n = p.n;
	return ERR_OK;
}
