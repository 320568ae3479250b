#include "main/control.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "main/command.h"

enum { ASK_BYTES_MAX = 4 << 20, ARGS_MAX = 64, JOBS_MAX = 8, JOB_ARENA_BYTES = 64 << 20 };

struct control {
	struct job like;
	int fd;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	pthread_t thread;
	atomic_int running;
};

/* ---- the data folder --------------------------------------------------------------------------------- */

int dir_lock(const char *dir, char *why, size_t why_bytes)
{
	char path[512];
	int fd;

	if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
		snprintf(why, why_bytes, "can't make %s: %s", dir, strerror(errno));
		return -1;
	}
	snprintf(path, sizeof(path), "%.480s/lock", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		snprintf(why, why_bytes, "can't open %s: %s", path, strerror(errno));
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		snprintf(why, why_bytes, "%s is in use by another process", dir);
		close(fd);
		return -1;
	}
	return fd;
}

static bool socket_address(const char *dir, struct sockaddr_un *ret_address)
{
	int n;

	memset(ret_address, 0, sizeof(*ret_address));
	ret_address->sun_family = AF_UNIX;
	n = snprintf(ret_address->sun_path, sizeof(ret_address->sun_path), "%s/control.sock", dir);
	return n > 0 && (size_t)n < sizeof(ret_address->sun_path);
}

static bool send_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return false;
		bytes += sent;
		n -= (size_t)sent;
	}
	return true;
}

static bool send_line(int fd, json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT);
	bool ok = text != NULL && send_all(fd, text, strlen(text)) && send_all(fd, "\n", 1);

	free(text);
	json_decref(line);
	return ok;
}

/* A line of at most ASK_BYTES_MAX without its end; caller frees; NULL: none came. `rest` keeps what
 * came after it. */
struct lines {
	int fd;
	char *bytes;
	size_t n, cap;
};

static char *lines_next(struct lines *l)
{
	for (;;) {
		char *end = l->n > 0 ? memchr(l->bytes, '\n', l->n) : NULL;
		ssize_t got;

		if (end != NULL) {
			size_t len = (size_t)(end - l->bytes);
			char *line = strndup(l->bytes, len);

			memmove(l->bytes, end + 1, l->n - len - 1);
			l->n -= len + 1;
			return line;
		}
		if (l->n == l->cap) {
			size_t cap = l->cap ? l->cap * 2 : 4096;
			char *grown = cap <= ASK_BYTES_MAX ? realloc(l->bytes, cap) : NULL;

			if (grown == NULL)
				return NULL;
			l->bytes = grown;
			l->cap = cap;
		}
		got = recv(l->fd, l->bytes + l->n, l->cap - l->n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return NULL;
		l->n += (size_t)got;
	}
}

/* ---- the server's side --------------------------------------------------------------------------------- */

struct asker {
	struct control *control;
	int fd;
};

static bool asker_put(void *arg, bool error, const char *text, size_t len)
{
	struct asker *a = arg;
	json_t *words = json_stringn(text, len);

	/* Text of a broken file may not be UTF-8: it is told as well as JSON allows. */
	if (words == NULL)
		words = json_string("(text that is not UTF-8)\n");
	return send_line(a->fd, json_pack("{s:o}", error ? "err" : "out", words));
}

static int asker_run(struct asker *a, json_t *ask)
{
	const json_t *list = json_object_get(ask, "argv");
	const char *cwd = json_string_value(json_object_get(ask, "cwd"));
	const char *input = json_string_value(json_object_get(ask, "input"));
	struct job job = a->control->like;
	char *argv[ARGS_MAX + 1] = {NULL};
	struct words w = {.argv = argv};
	const struct command *c;
	int code = 2;

	job.arena = arena_new(JOB_ARENA_BYTES);
	job.put = asker_put;
	job.put_arg = a;
	job.cwd = cwd ? cwd : "/";
	job.input = input ? input : "";
	for (size_t i = 0; i < json_array_size(list) && i < ARGS_MAX; i++) {
		const char *word = json_string_value(json_array_get(list, i));

		argv[w.argc++] = arena_strdup(job.arena, word ? word : "");
	}
	c = w.argc > 0 ? command_find(argv[0]) : NULL;
	if (c != NULL && !(c->flags & (COMMAND_SERVE | COMMAND_ALONE)))
		code = c->run(&job, &w);
	else
		job_complain(&job, "the server doesn't know this sub-command\n");
	arena_free(job.arena);
	return code;
}

static void *asker_main(void *arg)
{
	struct asker *a = arg;
	struct lines l = {.fd = a->fd};
	char *line = lines_next(&l);
	json_error_t fault;
	json_t *ask = line ? json_loads(line, 0, &fault) : NULL;

	pthread_setname_np(pthread_self(), "command");
	if (ask != NULL)
		(void)send_line(a->fd, json_pack("{s:i}", "exit", asker_run(a, ask)));
	json_decref(ask);
	free(line);
	free(l.bytes);
	close(a->fd);
	atomic_fetch_sub(&a->control->running, 1);
	free(a);
	return NULL;
}

static void control_take(struct control *c, int fd)
{
	struct timeval patience = {.tv_sec = 30};
	struct asker *a = malloc(sizeof(*a));
	pthread_attr_t attr;
	pthread_t id;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (a == NULL || atomic_load(&c->running) >= JOBS_MAX) {
		(void)send_line(fd, json_pack("{s:s}", "err", "too many sub-commands at once; try again\n"));
		close(fd);
		free(a);
		return;
	}
	*a = (struct asker){.control = c, .fd = fd};
	atomic_fetch_add(&c->running, 1);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&id, &attr, asker_main, a) != 0) {
		atomic_fetch_sub(&c->running, 1);
		close(fd);
		free(a);
	}
	pthread_attr_destroy(&attr);
}

static void *control_main(void *arg)
{
	struct control *c = arg;

	pthread_setname_np(pthread_self(), "control");
	for (;;) {
		/* Ends when control_close shuts the listening socket down. */
		int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0)
			control_take(c, fd);
		else if (errno != EINTR && errno != ECONNABORTED && errno != EMFILE && errno != ENFILE)
			return NULL;
	}
}

bool control_open(const struct job *like, struct control **ret_control, char *why, size_t why_bytes)
{
	struct control *c = calloc(1, sizeof(*c));
	struct sockaddr_un address;
	mode_t mask;
	bool ok;

	if (c == NULL)
		abort();
	c->like = *like;
	snprintf(why, why_bytes, "the path of the data folder is too long for a socket: %s", like->dir);
	c->fd = -1;
	if (!socket_address(like->dir, &address)) {
		free(c);
		return false;
	}
	memcpy(c->path, address.sun_path, sizeof(c->path));
	(void)unlink(c->path);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	mask = umask(0177);
	ok = c->fd >= 0 && bind(c->fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(c->fd, 16) == 0;
	umask(mask);
	ok = ok && pthread_create(&c->thread, NULL, control_main, c) == 0;
	if (!ok) {
		snprintf(why, why_bytes, "can't open %s: %s", c->path, strerror(errno));
		if (c->fd >= 0)
			close(c->fd);
		free(c);
		return false;
	}
	*ret_control = c;
	return true;
}

void control_close(struct control *c)
{
	if (c == NULL)
		return;
	(void)shutdown(c->fd, SHUT_RDWR);
	pthread_join(c->thread, NULL);
	close(c->fd);
	(void)unlink(c->path);
	while (atomic_load(&c->running) > 0)
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	free(c);
}

/* ---- the asker's side ----------------------------------------------------------------------------------- */

static int ask_follow(int fd)
{
	struct lines l = {.fd = fd};
	char *line;
	int code = -1;

	while (code < 0 && (line = lines_next(&l)) != NULL) {
		json_error_t fault;
		json_t *j = json_loads(line, 0, &fault);
		const char *out = json_string_value(json_object_get(j, "out"));
		const char *err = json_string_value(json_object_get(j, "err"));

		if (out != NULL)
			fputs(out, stdout);
		if (err != NULL)
			fputs(err, stderr);
		fflush(stdout);
		if (json_is_integer(json_object_get(j, "exit")))
			code = (int)json_integer_value(json_object_get(j, "exit"));
		json_decref(j);
		free(line);
	}
	free(l.bytes);
	if (code < 0) {
		fputs("shouwen: the server ended before the command did\n", stderr);
		code = 1;
	}
	return code;
}

bool control_ask(const char *dir, int argc, char **argv, const char *input, int *ret_exit)
{
	struct sockaddr_un address;
	char cwd[4096];
	json_t *list;
	int fd;

	if (!socket_address(dir, &address))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	list = json_array();
	for (int i = 0; i < argc; i++)
		(void)json_array_append_new(list, json_string(argv[i]));
	if (getcwd(cwd, sizeof(cwd)) == NULL)
		snprintf(cwd, sizeof(cwd), "/");
	*ret_exit = 1;
	if (send_line(fd, json_pack("{s:o,s:s,s:s}", "argv", list, "cwd", cwd, "input", input)))
		*ret_exit = ask_follow(fd);
	else
		fputs("shouwen: the server can't be asked: it went away, or a word isn't UTF-8\n", stderr);
	close(fd);
	return true;
}
