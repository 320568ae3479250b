/* cmd_serve.c: the server: opens what it needs, waits for a signal, closes in turn. */
#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include "base/log.h"
#include "http/http.h"
#include "main/command.h"
#include "main/control.h"
#include "main/demo.h"
#include "main/starter.h"
#include "main/version.h"
#include "store/store.h"

enum { STOP_SECONDS = 5, WORKERS_MAX = 256, IDLE_SECONDS_MAX = 3600 };

static bool demo_open(struct job *job)
{
	struct house_start start = {.code = DEMO_ORG,
	                            .name = "演示公司",
	                            .zone = "Asia/Shanghai",
	                            .packs = "core service_desk",
	                            .packs_dir = job->packs_dir,
	                            .demo = true};
	struct house *h;
	char why[4096] = "";
	enum err e = house_open(job->houses, DEMO_ORG, &h, why, sizeof(why));
	bool ok = true;

	if (e == ERR_NOT_FOUND) {
		e = house_create(job->houses, &start, &h, why, sizeof(why));
		ok = e == ERR_OK && demo_load(job, h);
	}
	if (e != ERR_OK) {
		job_complain(job, "the demo organisation: %s\n", why[0] ? why : err_code(e));
		return false;
	}
	house_close(h);
	/* Half a demo is worse than none: the next start begins again. */
	if (!ok)
		(void)house_drop(job->houses, DEMO_ORG, why, sizeof(why));
	return ok;
}

/* 0 when it isn't given. */
static bool serve_number(struct job *job, struct words *w, const char *name, unsigned long max, unsigned long *ret_n)
{
	const char *text = words_option(w, name);
	char *end = NULL;

	*ret_n = text ? strtoul(text, &end, 10) : 0;
	if (text == NULL || (*end == '\0' && *ret_n >= 1 && *ret_n <= max))
		return true;
	job_complain(job, "%s: must be 1 to %lu\n", name, max);
	return false;
}

static bool serve_numbers(struct job *job, struct words *w, struct http_config *config)
{
	unsigned long workers, queue, idle;

	if (!serve_number(job, w, "--workers", WORKERS_MAX, &workers) ||
	    !serve_number(job, w, "--queue", LIMIT_QUEUE, &queue) ||
	    !serve_number(job, w, "--idle-timeout", IDLE_SECONDS_MAX, &idle))
		return false;
	config->workers = workers;
	config->queue = queue;
	config->idle_timeout = (unsigned)idle;
	return true;
}

static bool serve_config(struct job *job, struct words *w, struct http_config *config)
{
	const char *listen_at = words_option(w, "--listen");
	const char *colon;

	*config = (struct http_config){.listen = listen_at ? listen_at : "127.0.0.1:8080",
	                               .store = job->store,
	                               .houses = job->houses,
	                               .data_dir = job->dir,
	                               .packs_dir = job->packs_dir,
	                               .starter = starter_add,
	                               .version = SHOUWEN_VERSION};
	config->proxy_header = words_option(w, "--proxy-header");
	config->tls = words_flag(w, "--tls");
	config->demo = words_flag(w, "--demo");
	config->bench = words_flag(w, "--bench");
	config->test_clock = words_flag(w, "--test-clock");
	if (!serve_numbers(job, w, config) || !words_end(job, w, 0, 0))
		return false;
	colon = strrchr(config->listen, ':');
	if (config->demo && colon != NULL) {
		const char *from = config->listen[0] == '[' ? config->listen + 1 : config->listen;
		size_t len = (size_t)(colon - from) - (from != config->listen);
		char *host = arena_strndup(job->arena, from, len);

		if (!http_is_loopback(host) && strcmp(host, "localhost") != 0) {
			job_complain(
			        job,
			        "--demo: its passwords are known to all, so it listens on 127.0.0.1 or [::1] only\n");
			return false;
		}
	}
	return true;
}

/* A handler that hangs must not keep the process: the store is safe against an end at any point. */
static void stop_late(int number)
{
	_exit(1);
}

static void wait_for_stop(void)
{
	sigset_t set;
	int got = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	while (sigwait(&set, &got) != 0)
		;
}

static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGPIPE);
	sigaddset(&set, SIGHUP);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/* Where it is and who can be tried, in both languages. */
static void demo_tell(struct job *job, const struct http_config *config, int port)
{
	const char *host = config->listen[0] == '[' ? "[::1]" : "127.0.0.1";

	job_say(job, "\n  打开 / open   http://%s:%d/\n  演示账号 / demo accounts   密码 / password: %s\n", host, port,
	        DEMO_PASSWORD);
	for (size_t i = 0; i < DEMO_ACCOUNTS; i++)
		job_say(job, "    %-8s %s，%s · %s\n", demo_accounts[LANG_ZH][i].login, demo_accounts[LANG_ZH][i].name,
		        demo_accounts[LANG_ZH][i].role, demo_accounts[LANG_EN][i].role);
	job_say(job, "  Ctrl-C 停止 / stops\n");
}

int command_serve(struct job *job, struct words *w)
{
	struct http_config config;
	struct http *http;
	struct control *control;
	char why[4096] = "";

	if (!serve_config(job, w, &config))
		return 2;
	/* Many threads, little memory: a few arenas of the allocator are enough, and it gives back what it frees. */
	(void)mallopt(M_ARENA_MAX, 4);
	(void)mallopt(M_TRIM_THRESHOLD, 4 << 20);
	/* Said, as it no longer moves by itself: the blocks of a request aren't worth a mapping each. */
	(void)mallopt(M_MMAP_THRESHOLD, 2 << 20);
	block_signals();
	if (config.demo && !demo_open(job))
		return 1;
	if (!http_start(&config, &http, why, sizeof(why))) {
		job_complain(job, "%s\n", why);
		return 1;
	}
	if (!control_open(job, &control, why, sizeof(why))) {
		job_complain(job, "%s\n", why);
		http_stop(http);
		return 1;
	}
	job_say(job, "listening on %.*s:%d\n", (int)(strrchr(config.listen, ':') - config.listen), config.listen,
	        http_port(http));
	if (config.demo)
		demo_tell(job, &config, http_port(http));
	wait_for_stop();
	(void)signal(SIGALRM, stop_late);
	(void)alarm(STOP_SECONDS);
	http_stop(http);
	control_close(control);
	return 0;
}
