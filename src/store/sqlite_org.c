/* SQLite: one file an organisation: making, listing, dropping, copying. */
#include "store/sqlite.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

bool sqlite_org_there(struct store *s, const char *code)
{
	char path[PATH_BYTES];
	struct stat st;
	sqlite_path(s, code, path, sizeof(path));
	return lstat(path, &st) == 0;
}

static void sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

static void sync_orgs(const struct store *s)
{
	char dir[PATH_BYTES];
	snprintf(dir, sizeof(dir), "%s/orgs", s->dir);
	sync_dir(dir);
}

/* A new file that only we may read; SQLite gives its WAL the same rights. */
static enum err make_file(const char *path, char *why, size_t why_bytes)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		snprintf(why, why_bytes, "can't make %s: %s", path, strerror(errno));
		return errno == ENOSPC ? ERR_FULL : ERR_CONFLICT;
	}
	close(fd);
	return ERR_OK;
}

static enum err run_on(const char *path, int flags, const char *sql, const char *bind, char *why, size_t why_bytes)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;
	int rc = sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK)
		sqlite3_busy_timeout(db, 5000);
	const char *tail = sql;
	while (rc == SQLITE_OK && *tail != '\0') {
		rc = sqlite3_prepare_v2(db, tail, -1, &stmt, &tail);
		if (rc != SQLITE_OK || stmt == NULL)
			break;
		if (bind != NULL && sqlite3_bind_parameter_count(stmt) > 0)
			sqlite3_bind_text(stmt, 1, bind, -1, SQLITE_STATIC);
		while (sqlite3_step(stmt) == SQLITE_ROW)
			;
		rc = sqlite3_finalize(stmt);
	}
	if (rc != SQLITE_OK)
		snprintf(why, why_bytes, "%s: %s", path, db ? sqlite3_errmsg(db) : "out of memory");
	sqlite3_close_v2(db);
	return sqlite_kind(rc);
}

enum err sqlite_org_make(struct org *o, char *why, size_t why_bytes)
{
	char path[PATH_BYTES], sql[160];
	sqlite_path(o->store, o->code, path, sizeof(path));
	TRY(make_file(path, why, why_bytes));
	snprintf(sql, sizeof(sql), "pragma journal_mode = wal; pragma synchronous = full; pragma application_id = %d",
	         SQLITE_APPLICATION_ID);
	TRY(run_on(path, SQLITE_OPEN_READWRITE, sql, NULL, why, why_bytes));
	sync_orgs(o->store);
	return ERR_OK;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

enum err sqlite_org_list(struct store *s, struct arena *a, const char ***ret_codes, size_t *ret_n)
{
	char dir[PATH_BYTES];
	snprintf(dir, sizeof(dir), "%s/orgs", s->dir);
	DIR *d = opendir(dir);
	if (d == NULL)
		return ERR_INTERNAL;
	const char **codes = NULL;
	size_t n = 0, cap = 0;
	struct dirent *entry;
	while ((entry = readdir(d)) != NULL) {
		size_t len = strlen(entry->d_name);
		if (len < 4 || strcmp(entry->d_name + len - 3, ".db") != 0)
			continue;
		char *code = arena_strndup(a, entry->d_name, len - 3);
		if (!org_code_ok(code))
			continue;
		if (n == cap) {
			size_t more = cap ? cap * 2 : 16;
			codes = arena_grow(a, codes, cap * sizeof(*codes), more * sizeof(*codes));
			cap = more;
		}
		codes[n++] = code;
	}
	closedir(d);
	if (n > 0)
		qsort(codes, n, sizeof(*codes), by_name);
	*ret_codes = codes;
	*ret_n = n;
	return ERR_OK;
}

enum err sqlite_org_drop(struct store *s, const char *code)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
	char path[PATH_BYTES], file[PATH_BYTES + 16];
	sqlite_path(s, code, path, sizeof(path));
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(file, sizeof(file), "%s%s", path, ends[i]);
		if (unlink(file) != 0 && errno != ENOENT)
			return ERR_INTERNAL;
	}
	sync_orgs(s);
	return ERR_OK;
}

static bool sync_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool ok = fsync(fd) == 0;
	close(fd);
	return ok;
}

/* A copy that is whole or not there. */
static enum err copy_db(const char *from, const char *to, char *why, size_t why_bytes)
{
	char part[PATH_BYTES + 8], journal[PATH_BYTES + 16];
	snprintf(part, sizeof(part), "%s.part", to);
	snprintf(journal, sizeof(journal), "%s-journal", part);
	unlink(part);
	TRY(make_file(part, why, why_bytes));
	enum err e = run_on(from, SQLITE_OPEN_READWRITE, "vacuum into ?1", part, why, why_bytes);
	if (e == ERR_OK && (!sync_file(part) || rename(part, to) != 0)) {
		snprintf(why, why_bytes, "can't write %s: %s", to, strerror(errno));
		e = ERR_FULL;
	}
	if (e != ERR_OK) {
		unlink(part);
		unlink(journal); /* stays where the disk was full */
	}
	return e;
}

enum err sqlite_backup(struct org *o, const char *path, char *why, size_t why_bytes)
{
	char from[PATH_BYTES];
	struct stat st;
	if (o->dropped)
		return ERR_NOT_FOUND;
	if (lstat(path, &st) == 0) {
		snprintf(why, why_bytes, "%s is already there", path);
		return ERR_CONFLICT;
	}
	sqlite_path(o->store, o->code, from, sizeof(from));
	return copy_db(from, path, why, why_bytes);
}

/* Is this a whole database of ours? */
static enum err backup_check(const char *path, char *why, size_t why_bytes)
{
	sqlite3 *db;
	sqlite3_stmt *stmt = NULL;
	int64_t id = 0;
	bool whole = false;
	int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK && sqlite3_prepare_v2(db, "pragma application_id", -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		id = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	stmt = NULL;
	if (id == SQLITE_APPLICATION_ID &&
	    sqlite3_prepare_v2(db, "pragma quick_check(1)", -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		whole = strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") == 0;
	sqlite3_finalize(stmt);
	sqlite3_close_v2(db);
	if (whole)
		return ERR_OK;
	snprintf(why, why_bytes, "%s is %s", path,
	         id == SQLITE_APPLICATION_ID ? "damaged" : "not a backup of this program");
	return ERR_INVALID;
}

enum err sqlite_restore(struct store *s, const char *code, const char *path, char *why, size_t why_bytes)
{
	char to[PATH_BYTES];
	TRY(backup_check(path, why, why_bytes));
	sqlite_path(s, code, to, sizeof(to));
	TRY(copy_db(path, to, why, why_bytes));
	TRY(run_on(to, SQLITE_OPEN_READWRITE, "pragma journal_mode = wal", NULL, why, why_bytes));
	sync_orgs(s);
	return ERR_OK;
}
