/* offers.c: what rings at whom. Offers have no events: the few that ring are compared with what was told. */
#include "base/clock.h"
#include "flow/queue.h"
#include "live/inside.h"
#include "store/store.h"

enum { OFFER_BYTES = 4096 };

static int64_t rings_at(const struct ringing *list, size_t n, int64_t user)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].user == user)
			return list[i].offer;
	return 0;
}

static void tell_gone(struct client *c)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "{\"offer_gone\":\"%lld\"}", (long long)c->offer);

	client_send(c, text, (size_t)n);
	c->offer = 0;
}

/* With his own eyes: he learns of the matter what he may know. */
static enum err tell_offer(struct ctx *ctx, struct client *c, int64_t offer)
{
	struct hub *h = c->hub;
	struct json_out out;
	struct buf text;
	struct ctx his;
	void *hold;
	enum err e;

	arena_clear(h->scratch);
	if (!h->people.enter(h->people.arg, c->viewer, h->scratch, &his, &hold)) {
		client_close(c, CLOSE_SIGNED_OUT);
		return ERR_OK;
	}
	const struct who *reader = ctx->who;
	enum lang lang = ctx->lang;

	ctx->who = his.who;
	ctx->lang = his.lang;
	ctx->arena = h->scratch;
	buf_init(&text, h->scratch, OFFER_BYTES);
	json_out_init(&out, &text);
	json_open(&out, '{');
	json_key(&out, "offer");
	e = offer_write_json(ctx, offer, &out);
	json_close(&out, '}');
	if (e == ERR_OK && !text.over) {
		client_send(c, text.data, text.len);
		c->offer = offer;
		c->rung_ms = clock_monotonic_us() / 1000;
	}
	ctx_forget(ctx);
	ctx->arena = h->arena;
	ctx->who = reader;
	ctx->lang = lang;
	h->people.leave(h->people.arg, hold);
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static bool board_open(const struct follow *f)
{
	for (const struct client *c = f->clients; c != NULL; c = c->follow_next)
		if (c->queues && !c->dead && c->closing_ms == 0)
			return true;
	return false;
}

/* Boards fetch anew when something begins to ring, rings at another or rings no more, and when somebody comes, goes or
 * is busy; they are told no more than that. Presence has no events, either: it is read while a board is open. */
static enum err tell_boards(struct ctx *ctx, struct follow *f, const struct ringing *list, size_t n)
{
	static const char said[] = "{\"queues\":true}";
	uint64_t rings = n, here;

	if (!board_open(f))
		return ERR_OK;
	for (size_t i = 0; i < n; i++)
		rings = rings * UINT64_C(1099511628211) ^ (uint64_t)list[i].offer ^ (uint64_t)list[i].user << 1;
	TRY(presence_sum(ctx, &here));
	if (rings == f->rings && here == f->here)
		return ERR_OK;
	f->rings = rings;
	f->here = here;
	for (struct client *c = f->clients; c != NULL; c = c->follow_next)
		if (c->queues)
			client_send(c, said, sizeof(said) - 1);
	return ERR_OK;
}

static enum err offers_read(struct ctx *ctx, void *arg)
{
	struct follow *f = arg;
	struct ringing *list;
	size_t n;

	TRY(offers_ringing(ctx, &list, &n));
	TRY(tell_boards(ctx, f, list, n));
	for (struct client *c = f->clients; c != NULL; c = c->follow_next) {
		int64_t now = rings_at(list, n, c->user);

		if (c->dead || c->closing_ms != 0 || now == c->offer)
			continue;
		if (c->offer != 0)
			tell_gone(c);
		if (now != 0)
			TRY(tell_offer(ctx, c, now));
	}
	return ERR_OK;
}

void follow_tell_offers(struct hub *h, struct follow *f)
{
	struct client *c = f->clients;
	struct ctx ctx;
	void *hold;

	while (c != NULL && (c->dead || c->closing_ms != 0))
		c = c->follow_next;
	/* Who is not signed in any more is found out elsewhere. */
	if (c == NULL || !h->people.enter(h->people.arg, c->viewer, h->arena, &ctx, &hold))
		return;
	if (ctx.model->n_queues > 0)
		(void)store_read(&ctx, offers_read, f); /* tried again with the next tick */
	h->people.leave(h->people.arg, hold);
	arena_clear(h->arena);
}

/* ---- who went -------------------------------------------------------------------------------------------- */

int64_t hub_gone_at(struct hub *h, const struct org *org, int64_t user)
{
	int64_t at = 0;
	bool here = false;

	pthread_mutex_lock(&h->lock);
	for (size_t i = 0; i < GONE_KEPT; i++)
		if (h->gone[i].org == org && h->gone[i].user == user && h->gone[i].at_ms > at)
			at = h->gone[i].at_ms;
	for (struct client *c = h->clients.next; c != &h->clients && !here; c = c->next)
		here = c->follow->org == org && c->user == user;
	pthread_mutex_unlock(&h->lock);
	return here ? 0 : at;
}
