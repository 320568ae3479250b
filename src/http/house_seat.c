#include "http/house_seat.h"

static struct seat **seats_bucket(struct seats *t, const char *digest)
{
	unsigned h = 5381;

	/* A digest is evenly spread already: its first letters will do. */
	for (int i = 0; i < 8 && digest[i] != '\0'; i++)
		h = h * 33 + (unsigned char)digest[i];
	return &t->buckets[h % SEAT_BUCKETS];
}

struct seat *seats_find(const struct seats *t, const char *digest)
{
	struct seat *s = *seats_bucket((struct seats *)(uintptr_t)t, digest);

	while (s != NULL && strcmp(s->digest, digest) != 0)
		s = s->next;
	return s;
}

void seats_drop(struct seats *t, const char *digest)
{
	struct seat **at = seats_bucket(t, digest);

	while (*at != NULL && strcmp((*at)->digest, digest) != 0)
		at = &(*at)->next;
	if (*at != NULL) {
		struct seat *s = *at;

		*at = s->next;
		t->n--;
		seat_put(s);
	}
}

static void seats_drop_last(struct seats *t)
{
	for (size_t i = 0; i < SEAT_BUCKETS; i++) {
		struct seat **at = &t->buckets[i];

		if (*at == NULL)
			continue;
		while ((*at)->next != NULL)
			at = &(*at)->next;
		seat_put(*at);
		*at = NULL;
		t->n--;
	}
}

void seats_put(struct seats *t, struct seat *s)
{
	struct seat **at;

	seats_drop(t, s->digest);
	if (t->n >= SEATS_MAX)
		seats_drop_last(t);
	at = seats_bucket(t, s->digest);
	__atomic_add_fetch(&s->refs, 1, __ATOMIC_RELAXED);
	s->next = *at;
	*at = s;
	t->n++;
}

void seats_clear(struct seats *t)
{
	for (size_t i = 0; i < SEAT_BUCKETS; i++) {
		while (t->buckets[i] != NULL) {
			struct seat *s = t->buckets[i];

			t->buckets[i] = s->next;
			seat_put(s);
		}
	}
	t->n = 0;
}

static char *copy_text(char **at, const char *s)
{
	size_t n = s ? strlen(s) + 1 : 0;
	char *to = *at;

	if (s == NULL)
		return NULL;
	memcpy(to, s, n);
	*at += n;
	return to;
}

static struct who *who_copy(const struct who *w)
{
	size_t bytes = sizeof(*w) + (w->n_teams + w->n_units) * sizeof(int64_t) +
	               w->n_shared * sizeof(struct team_share) + w->n_roles * sizeof(char *);
	struct who *c;
	char *at;

	bytes += (w->login ? strlen(w->login) + 1 : 0) + (w->name ? strlen(w->name) + 1 : 0);
	for (size_t i = 0; i < w->n_roles; i++)
		bytes += strlen(w->roles[i]) + 1;
	for (size_t i = 0; i < w->n_shared; i++)
		bytes += strlen(w->shared[i].type) + 1;
	c = calloc(1, bytes);
	if (c == NULL)
		abort();
	*c = *w;
	c->teams = (int64_t *)(c + 1);
	if (w->n_teams > 0)
		memcpy(c->teams, w->teams, w->n_teams * sizeof(int64_t));
	c->units = c->teams + w->n_teams;
	if (w->n_units > 0)
		memcpy(c->units, w->units, w->n_units * sizeof(int64_t));
	c->shared = (struct team_share *)(c->units + w->n_units);
	c->roles = (const char **)(c->shared + w->n_shared);
	at = (char *)(c->roles + w->n_roles);
	c->login = copy_text(&at, w->login);
	c->name = copy_text(&at, w->name);
	for (size_t i = 0; i < w->n_roles; i++)
		c->roles[i] = copy_text(&at, w->roles[i]);
	for (size_t i = 0; i < w->n_shared; i++)
		c->shared[i] = (struct team_share){w->shared[i].team, copy_text(&at, w->shared[i].type)};
	return c;
}

struct seat *seat_new(const struct seat *like, const struct who *who)
{
	struct seat *s = malloc(sizeof(*s));

	if (s == NULL)
		abort();
	*s = *like;
	s->refs = 1;
	s->next = NULL;
	s->who = who_copy(who);
	return s;
}

int64_t seats_fresh_us(bool shared)
{
	return shared ? INT64_C(3000000) : INT64_C(60000000);
}
