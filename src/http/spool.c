/* spool.c: request bodies as they come in: in memory, or in a file beside the uploaded ones. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/server.h"

enum { SMALL_BODY_BYTES = 16 * 1024 };

void body_add(struct request *rq, const char *bytes, size_t n)
{
	size_t need = rq->body_len + n;
	size_t most = rq->route->flags & ROUTE_OPEN ? SMALL_BODY_BYTES : LIMIT_BODY_BYTES;

	if (need > most) {
		rq->body_fault = ERR_TOO_LARGE;
		return;
	}
	if (need + 1 > rq->body_cap) {
		size_t cap = rq->body_cap ? rq->body_cap * 2 : 4096;
		char *grown;

		while (cap < need + 1)
			cap *= 2;
		/* Strangers can send bodies too: what all hold together is limited. What is usual, a small one, has
		 * its place all the same. */
		if (cap > SMALL_BODY_BYTES && rq->http->body_bytes + cap - rq->body_cap > LIMIT_BODIES_BYTES) {
			rq->body_fault = ERR_BUSY;
			return;
		}
		grown = realloc(rq->body, cap);
		if (grown == NULL) {
			rq->body_fault = ERR_BUSY;
			return;
		}
		rq->http->body_bytes += cap - rq->body_cap;
		rq->body = grown;
		rq->body_cap = cap;
	}
	memcpy(rq->body + rq->body_len, bytes, n);
	rq->body_len = need;
	rq->body[need] = '\0';
}

static bool spool_dir(const struct http *h, char *out, size_t bytes)
{
	int n = snprintf(out, bytes, "%s/files", h->config.data_dir);

	if (n < 0 || (size_t)n + 32 >= bytes)
		return false;
	(void)mkdir(out, 0700);
	return true;
}

bool spool_open(struct request *rq)
{
	struct http *h = rq->http;
	char dir[sizeof(rq->spool_path)];
	unsigned number = atomic_fetch_add(&h->spool_number, 1);

	if (!spool_dir(h, dir, sizeof(dir)))
		return false;
	snprintf(rq->spool_path, sizeof(rq->spool_path), "%.200s/spool-%d-%u", dir, (int)getpid(), number);
	rq->spool_fd = open(rq->spool_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return rq->spool_fd >= 0;
}

void spool_add(struct request *rq, const char *bytes, size_t n)
{
	if (rq->spool_bytes + n > LIMIT_FILE_BYTES) {
		rq->body_fault = ERR_TOO_LARGE;
		return;
	}
	if (rq->spool_fd < 0 && !spool_open(rq)) {
		rq->body_fault = errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_INTERNAL;
		return;
	}
	while (n > 0) {
		ssize_t wrote = write(rq->spool_fd, bytes, n);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0) {
			rq->body_fault = errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_INTERNAL;
			spool_close(rq); /* gives the space back at once */
			return;
		}
		bytes += wrote;
		n -= (size_t)wrote;
		rq->spool_bytes += (uint64_t)wrote;
	}
}

void spool_close(struct request *rq)
{
	if (rq->spool_fd < 0)
		return;
	close(rq->spool_fd);
	rq->spool_fd = -1;
	if (rq->spool_path[0] != '\0')
		(void)unlink(rq->spool_path);
}

/* What a killed server left behind. */
void spool_sweep(struct http *h)
{
	char dir[256];
	DIR *d = spool_dir(h, dir, sizeof(dir)) ? opendir(dir) : NULL;
	struct dirent *entry;

	while (d != NULL && (entry = readdir(d)) != NULL)
		if (strncmp(entry->d_name, "spool-", 6) == 0)
			(void)unlinkat(dirfd(d), entry->d_name, 0);
	if (d != NULL)
		closedir(d);
}
