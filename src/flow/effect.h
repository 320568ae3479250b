/*
 * effect.h: what a declaration would do before it is in force, and what those in force have done. ctx->model is the
 * model looked at. Nothing is written. Inside store_read.
 */
#ifndef SHOUWEN_FLOW_EFFECT_H
#define SHOUWEN_FLOW_EFFECT_H

#include "base/json.h"
#include "model/model.h"

enum { EFFECT_CLOCKS = 5000, EFFECT_ROWS = 50, EFFECT_DATES = 12 };

/* starts: on how many open records that it does not run on yet it would start (starts_breached: due already).
 * {running,moved,breached_now,starts,starts_breached,more,rows:[{id,type,number,old_due,new_due}]}: of a type's clock,
 * of those that go by a calendar (type and name NULL), or of all (calendar NULL too); at most EFFECT_CLOCKS are looked
 * at, then `more`. */
enum err effect_of_clocks(struct ctx *ctx, const char *type, const char *name, const char *calendar,
                          struct json_out *out);
/* {next:[{at,due}]}: the next EFFECT_DATES. */
enum err effect_of_duty(struct ctx *ctx, const struct duty *d, struct json_out *out);
/* {example:{subject:{zh,en},text:{zh,en},record:{id,type}}}: for the newest matter, as this user may see it. */
enum err effect_of_notice(struct ctx *ctx, const struct notice_template *t, struct json_out *out);

/* {running,steps:[{name,label,people}]}: how many rounds go on by the route as it was; who sits in its steps: how many,
 * null where that depends on the record. */
enum err effect_of_approval(struct ctx *ctx, const struct approval_route *route, struct json_out *out);

/* {waits,more,people}: how many of the open matters nobody has would wait in it (at most some thousands are looked at,
 * then `more`), how many people could be asked. */
enum err effect_of_queue(struct ctx *ctx, const struct queue_def *d, struct json_out *out);

struct fired_rule {
	const char *type, *rule;
	int64_t n;
};
/* fired.c: how often rules fired in so many days, today among them, by type and rule. */
enum err rules_fired(struct ctx *ctx, int n_days, struct fired_rule **ret_list, size_t *ret_n);
struct clocks_open {
	const char *type, *name;
	int64_t running, breached;
};
/* The open ones by type and clock. */
enum err clocks_counted(struct ctx *ctx, struct clocks_open **ret_list, size_t *ret_n);

#endif
