#include "http/gate.h"

#include <stdio.h>
#include <string.h>

void gate_init(struct gate *g, size_t running_max)
{
	memset(g, 0, sizeof(*g));
	pthread_mutex_init(&g->lock, NULL);
	g->running_max = running_max > 0 ? running_max : 1;
}

void gate_clear(struct gate *g)
{
	pthread_mutex_destroy(&g->lock);
}

/* His place, or a free one; only who runs something has one, and threads are few. */
static struct gate_user *user_of(struct gate *g, int64_t user)
{
	struct gate_user *unused = NULL;

	for (size_t i = 0; i < GATE_USERS_MAX; i++) {
		if (g->users[i].user == user)
			return &g->users[i];
		if (unused == NULL && g->users[i].user == 0)
			unused = &g->users[i];
	}
	if (unused != NULL)
		unused->user = user;
	return unused;
}

static bool let_in(struct gate *g, struct gate_user *u, struct gate_job *job)
{
	if (u != NULL && u->running >= g->running_max)
		return false;
	/* Without a place he is not counted: there are more places than threads. */
	job->inside = u != NULL;
	if (u != NULL)
		u->running++;
	return true;
}

enum gate_answer gate_enter(struct gate *g, int64_t user, struct gate_job *job)
{
	enum gate_answer answer = GATE_IN;
	struct gate_user *u;

	if (job->inside)
		return GATE_IN;
	pthread_mutex_lock(&g->lock);
	u = user_of(g, user);
	if (!let_in(g, u, job))
		answer = u->waiting < GATE_WAITING_MAX ? GATE_WAIT : GATE_REFUSED;
	pthread_mutex_unlock(&g->lock);
	return answer;
}

bool gate_rest(struct gate *g, int64_t user, struct gate_job *job)
{
	struct gate_user *u;
	bool rests;

	pthread_mutex_lock(&g->lock);
	u = user_of(g, user);
	rests = !let_in(g, u, job);
	if (rests) {
		job->next = NULL;
		if (u->last != NULL)
			u->last->next = job;
		else
			u->first = job;
		u->last = job;
		u->waiting++;
	}
	pthread_mutex_unlock(&g->lock);
	return rests;
}

struct gate_job *gate_leave(struct gate *g, int64_t user, struct gate_job *job)
{
	struct gate_job *next = NULL;
	struct gate_user *u;

	if (!job->inside)
		return NULL;
	job->inside = false;
	pthread_mutex_lock(&g->lock);
	u = user_of(g, user);
	if (u->first != NULL) {
		next = u->first;
		u->first = next->next;
		if (u->first == NULL)
			u->last = NULL;
		u->waiting--;
		next->next = NULL;
		next->inside = true;
	} else if (--u->running == 0) {
		u->user = 0;
	}
	pthread_mutex_unlock(&g->lock);
	return next;
}

/* ---- strangers ------------------------------------------------------------------------------------- */

bool crowd_enter(struct crowd *c, const char *address, size_t most)
{
	size_t unused = CROWD_MAX;

	for (size_t i = 0; i < CROWD_MAX; i++) {
		if (c->list[i].n == 0) {
			if (unused == CROWD_MAX)
				unused = i;
		} else if (strcmp(c->list[i].address, address) == 0) {
			if (c->list[i].n >= most)
				return false;
			c->list[i].n++;
			return true;
		}
	}
	if (unused == CROWD_MAX)
		return false;
	snprintf(c->list[unused].address, CROWD_ADDRESS_BYTES, "%s", address);
	c->list[unused].n = 1;
	return true;
}

void crowd_leave(struct crowd *c, const char *address)
{
	for (size_t i = 0; i < CROWD_MAX; i++)
		if (c->list[i].n > 0 && strcmp(c->list[i].address, address) == 0) {
			c->list[i].n--;
			return;
		}
}
