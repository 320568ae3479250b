/* story_queue.c: queues in stories: who is free, what rings at whom, what they answer. */
#include <string.h>

#include "flow/queue.h"
#include "main/story.h"
#include "model/who.h"

static enum err handle_of(struct story *s, const struct yaml_node *step, const char *key,
                          const struct handle **ret_handle)
{
	const char *name = yaml_text(yaml_get(step, key));
	*ret_handle = name ? story_handle(s, name) : NULL;
	return *ret_handle != NULL ? ERR_OK : story_fault(s, step, "%s: there is no %s", key, name ? name : "handle");
}

enum err story_presence(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const char *presence = yaml_text(yaml_get(step, "presence"));
	const struct field *f = type_field(ctx->model->user, "presence");
	if (presence == NULL || f == NULL || field_option(f, presence, NULL) == NULL)
		return story_fault(s, step, "presence: a word such as idle");
	if (ctx->who == NULL || ctx->who->id == 0)
		return story_fault(s, step, "presence: as whom?");
	return presence_put(ctx, ctx->who->id, presence, NULL);
}

/* His last one for the record, be it over. */
static enum err offer_of(struct ctx *ctx, struct story *s, const struct yaml_node *step, const char *key,
                         int64_t *ret_offer)
{
	const struct handle *h;
	struct sql q;
	TRY(handle_of(s, step, key, &h));
	sql_init(&q, ctx->arena);
	SQL(&q,
	    "select coalesce((select id from offer where record = :record and user_id = :user order by id desc limit "
	    "1), 0)");
	sql_int(&q, "record", h->id);
	sql_int(&q, "user", ctx->who != NULL ? ctx->who->id : 0);
	TRY(sql_one_int(ctx, &q, ret_offer));
	return *ret_offer != 0 ? ERR_OK : story_fault(s, step, "it was never offered to him");
}

enum err story_accept(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	struct record *r;
	int64_t offer;
	TRY(offer_of(ctx, s, step, "accept_offer", &offer));
	return offer_accept(ctx, offer, &r);
}

enum err story_refuse(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	int64_t offer;
	TRY(offer_of(ctx, s, step, "refuse_offer", &offer));
	return offer_refuse(ctx, offer, yaml_text(yaml_get(step, "reason")));
}

/* {offer: $t, to: li}; `to: nobody`: it rings nowhere. */
enum err story_offer(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const char *to = yaml_text(yaml_get(step, "to")), *login = NULL;
	const struct handle *h;
	struct sql q;
	TRY(handle_of(s, step, "offer", &h));
	sql_init(&q, ctx->arena);
	SQL(&q, "select u.login from offer o join ");
	sql_name(&q, ctx->model->user->table);
	SQL(&q, " u on u.id = o.user_id where o.record = :record and o.state = 'ringing'");
	sql_int(&q, "record", h->id);
	enum err e = sql_one_text(ctx, &q, &login);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	if (to == NULL)
		return story_fault(s, step, "offer: $MATTER, to: LOGIN or nobody");
	if (strcmp(login != NULL ? login : "nobody", to) == 0)
		return ERR_OK;
	return story_fault(s, step, "it is offered to %s", login != NULL ? login : "nobody");
}

/* {waits: $t, in: hotline}; `in: nowhere`: it does not. */
enum err story_waits(struct ctx *ctx, struct story *s, const struct yaml_node *step)
{
	const char *in = yaml_text(yaml_get(step, "in")), *queue = NULL;
	const struct handle *h;
	struct sql q;
	TRY(handle_of(s, step, "waits", &h));
	sql_init(&q, ctx->arena);
	SQL(&q, "select queue from waiting where record = :record");
	sql_int(&q, "record", h->id);
	enum err e = sql_one_text(ctx, &q, &queue);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	if (strcmp(queue != NULL ? queue : "nowhere", in != NULL ? in : "") == 0)
		return ERR_OK;
	return story_fault(s, step, "it waits in %s", queue != NULL ? queue : "no queue");
}
