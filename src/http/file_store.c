/* file_store.c: bytes by their digest. */
#include "http/file_store.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK_BYTES = 64 * 1024 };

void file_path(const struct http *h, const char *digest, char out[FILE_PATH_BYTES])
{
	snprintf(out, FILE_PATH_BYTES, "%.400s/files/%.2s/%.62s", h->config.data_dir, digest, digest + 2);
}

void spool_name(struct request *rq, char out[FILE_PATH_BYTES])
{
	unsigned number = atomic_fetch_add(&rq->http->spool_number, 1);

	snprintf(out, FILE_PATH_BYTES, "%.400s/files", rq->http->config.data_dir);
	(void)mkdir(out, 0700);
	snprintf(out, FILE_PATH_BYTES, "%.400s/files/spool-%d-%u", rq->http->config.data_dir, (int)getpid(), number);
}

enum err file_digest(struct ctx *ctx, int fd, char out[FILE_DIGEST_BYTES])
{
	unsigned char bytes[32];
	unsigned char *chunk = arena_alloc(ctx->arena, CHUNK_BYTES);
	crypto_generichash_state st;
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET) != 0)
		return ERR_INTERNAL;
	crypto_generichash_init(&st, NULL, 0, sizeof(bytes));
	while ((n = read(fd, chunk, CHUNK_BYTES)) > 0)
		crypto_generichash_update(&st, chunk, (unsigned long long)n);
	if (n < 0)
		return ERR_INTERNAL;
	crypto_generichash_final(&st, bytes, sizeof(bytes));
	sodium_bin2hex(out, FILE_DIGEST_BYTES, bytes, sizeof(bytes));
	return ERR_OK;
}

static enum err disk_fault(void)
{
	return errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_INTERNAL;
}

/* A new name in a folder is durable when the folder is. */
static void dir_sync(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

enum err file_keep(const struct http *h, int fd, const char *from, const char *digest)
{
	char dir[FILE_PATH_BYTES], path[FILE_PATH_BYTES], above[FILE_PATH_BYTES];

	snprintf(dir, sizeof(dir), "%.400s/files/%.2s", h->config.data_dir, digest);
	file_path(h, digest, path);
	if (mkdir(dir, 0700) == 0) {
		/* Both the new folder in files/, and files/ itself, which the first upload made. */
		snprintf(above, sizeof(above), "%.400s/files", h->config.data_dir);
		dir_sync(above);
		dir_sync(h->config.data_dir);
	} else if (errno != EEXIST) {
		return disk_fault();
	}
	if (fsync(fd) != 0 || rename(from, path) != 0)
		return disk_fault();
	dir_sync(dir);
	return ERR_OK;
}
