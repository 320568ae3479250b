/* work_words.c: why a row is on the workbench, in words. */
#include <string.h>

#include "base/clock.h"
#include "flow/intake.h"
#include "flow/work.h"

/* As the page says the clock beside it: whole units that have gone by, minutes only while they matter. */
const char *span_words(struct ctx *ctx, int64_t ms, enum lang lang)
{
	int minutes = (int)((ms < 0 ? -ms : ms) / MINUTE_MS), hours = minutes / 60;
	bool en = lang == LANG_EN;
	if (minutes < 60)
		return arena_printf(ctx->arena, en ? "%d min" : "%d 分钟", minutes);
	if (hours < 6 && minutes % 60 != 0)
		return arena_printf(ctx->arena, en ? "%d h %d min" : "%d 小时 %d 分", hours, minutes % 60);
	if (hours < 24)
		return arena_printf(ctx->arena, en ? "%d h" : "%d 小时", hours);
	return arena_printf(ctx->arena, en ? "%d d" : "%d 天", hours / 24);
}

static const char *or_blank(const char *s)
{
	return s ? s : "";
}

/* "今天 17:00 到期，还有 45 分钟" */
static const char *due_words(struct ctx *ctx, int64_t due, int64_t now, const char *zh, const char *en, enum lang lang)
{
	const char *at = time_words(ctx, due, lang), *span = span_words(ctx, due - now, lang);
	if (lang == LANG_EN)
		return due < now ? arena_printf(ctx->arena, "%s %s, %s late", en, at, span)
		                 : arena_printf(ctx->arena, "%s %s, %s left", en, at, span);
	return due < now ? arena_printf(ctx->arena, "%s %s，已超时 %s", at, zh, span)
	                 : arena_printf(ctx->arena, "%s %s，还有 %s", at, zh, span);
}

static const char *chased_words(struct ctx *ctx, const struct record *r, enum lang lang)
{
	int64_t chased = record_int(r, "chased");
	if (chased == 0)
		return "";
	return arena_printf(ctx->arena, lang == LANG_EN ? "; chased %d×" : "；客户催办 %d 次", (int)chased);
}

static const char *offer_words(struct ctx *ctx, const struct work_row *row, const struct work_times *t, enum lang lang)
{
	bool mine = ctx->who != NULL && record_int(row->r, "pending_owner") == ctx->who->id;
	const char *waited = span_words(ctx, t->now - row->r->updated_at, lang);
	if (lang == LANG_EN)
		return mine ? arena_printf(ctx->arena, "%s hands it over to you, %s ago", or_blank(row->owner), waited)
		            : arena_printf(ctx->arena, "offered to %s by %s, %s ago", or_blank(row->team),
		                           or_blank(row->owner), waited);
	return mine ? arena_printf(ctx->arena, "%s移交给您，待接收，已等 %s", or_blank(row->owner), waited)
	            : arena_printf(ctx->arena, "%s派给%s，待接单，已等 %s", or_blank(row->owner), or_blank(row->team),
	                           waited);
}

static const char *promise_words(struct ctx *ctx, const struct work_row *row, const struct work_times *t,
                                 enum lang lang)
{
	const struct field *kind = type_field(row->r->type, "kind");
	const char *name = record_text(row->r, "kind");
	const struct option *option = kind && name ? field_option(kind, name, NULL) : NULL;
	const char *label = option ? label_in(&option->label, lang) : "";
	const char *at = time_words(ctx, row->due, lang), *span = span_words(ctx, row->due - t->now, lang);
	if (lang == LANG_EN)
		return arena_printf(ctx->arena, "promised: %s at %s, %s %s", label, at, span,
		                    row->due < t->now ? "late" : "left");
	return arena_printf(ctx->arena, "承诺%s %s，%s%s", at, label, row->due < t->now ? "已过 " : "还有 ", span);
}

static const char *waiting_words(struct ctx *ctx, const struct work_row *row, enum lang lang)
{
	const struct field *f = type_field(row->r->type, "pause_reason");
	const char *name = record_text(row->r, "pause_reason"), *wake = record_text(row->r, "wake");
	const struct option *option = f && name ? field_option(f, name, NULL) : NULL;
	const char *why = option ? label_in(&option->label, lang) : lang == LANG_EN ? "paused" : "挂起";
	if (wake == NULL)
		return why;
	return arena_printf(ctx->arena, lang == LANG_EN ? "%s, until %s" : "%s，%s恢复", why,
	                    date_words(ctx, wake, lang));
}

static const char *after_words(struct ctx *ctx, const struct work_row *row, enum lang lang)
{
	const char *name = record_text(row->r, "satisfaction"), *said = "";
	const struct field *f = type_field(row->r->type, "satisfaction");
	const struct option *option = f && name ? field_option(f, name, NULL) : NULL;
	if (option != NULL && access_field(ctx, f) == SIGHT_CLEAR)
		said = arena_printf(ctx->arena, lang == LANG_EN ? ", %s" : "，客户%s", label_in(&option->label, lang));
	return arena_printf(ctx->arena, lang == LANG_EN ? "closed by %s%s" : "%s已办结%s", or_blank(row->owner), said);
}

static const char *pool_words(struct ctx *ctx, const struct work_row *row, const struct work_times *t, enum lang lang)
{
	int64_t since = record_int(row->r, "opened_at");
	const char *waited = span_words(ctx, t->now - (since ? since : row->r->created_at), lang);
	return arena_printf(ctx->arena, lang == LANG_EN ? "waits for somebody of %s, %s" : "%s待领取，已等 %s",
	                    or_blank(row->team), waited);
}

static const char *unaccepted_words(struct ctx *ctx, const struct work_row *row, const struct work_times *t,
                                    enum lang lang)
{
	const char *waited = span_words(ctx, t->now - row->r->updated_at, lang);
	return arena_printf(ctx->arena, lang == LANG_EN ? "%s has not accepted it for %s" : "%s未接单，已等 %s",
	                    or_blank(row->team), waited);
}

static const char *mine_words(struct ctx *ctx, const struct work_row *row, const struct work_times *t, enum lang lang)
{
	const char *stage = record_text(row->r, "stage"), *wake = record_text(row->r, "wake");
	if (stage != NULL && strcmp(stage, "done") == 0 && record_int(row->r, "owner") != ctx->who->id)
		return arena_printf(ctx->arena,
		                    lang == LANG_EN ? "done by %s: check it and answer the customer"
		                                    : "%s已完成，请核实并答复客户",
		                    or_blank(row->owner));
	if (stage != NULL && strcmp(stage, "done") == 0)
		return lang == LANG_EN ? "done, to be summed up or archived" : "已办结，待总结归档";
	if (stage != NULL && strcmp(stage, "paused") == 0 && wake != NULL)
		return arena_printf(ctx->arena, lang == LANG_EN ? "to be resumed since %s" : "恢复日期已到（%s）",
		                    date_words(ctx, wake, lang));
	if (row->due == 0)
		return lang == LANG_EN ? "without a limit" : "没有期限";
	return due_words(ctx, row->due, t->now, "到期", "due", lang);
}

static const char *reminder_words(struct ctx *ctx, const struct work_row *row, enum lang lang)
{
	const char *day = record_text(row->r, "event_date");
	return arena_printf(ctx->arena, lang == LANG_EN ? "to be reminded: falls due %s" : "该提醒了，%s到期",
	                    day ? date_words(ctx, day, lang) : "");
}

/* "张三退回，已等 2 小时" */
static const char *since_words(struct ctx *ctx, const struct work_row *row, const struct work_times *t, enum lang lang)
{
	const struct work_since *s = &row->since;
	const char *by = or_blank(s->by_name), *waited = span_words(ctx, t->now - s->at, lang);
	bool en = lang == LANG_EN;
	if (strcmp(row->group, "offer") == 0)
		return arena_printf(ctx->arena, en ? "offered to you, %s ago" : "派给您，已响 %s", waited);
	if (strcmp(row->group, "approval") == 0)
		return arena_printf(ctx->arena, en ? "%s asks for your approval, %s ago" : "%s送审，等您审批，已等 %s",
		                    by, waited);
	if (strcmp(row->group, "chased") == 0)
		return arena_printf(ctx->arena,
		                    en ? "chased %s ago, and nothing was done since" : "%s 前被催办，之后还没有处理",
		                    waited);
	return arena_printf(ctx->arena, en ? "returned by %s, %s ago" : "%s退回，已等 %s", by, waited);
}

static bool is_since(const char *g)
{
	return strcmp(g, "offer") == 0 || strcmp(g, "approval") == 0 || strcmp(g, "returned") == 0 ||
	       strcmp(g, "chased") == 0;
}

const char *why_words(struct ctx *ctx, const struct work_row *row, const struct work_times *t, enum lang lang)
{
	const char *g = row->group, *words;
	if (is_since(g))
		words = since_words(ctx, row, t, lang);
	else if (strcmp(g, "hand_over") == 0)
		words = offer_words(ctx, row, t, lang);
	else if (strcmp(g, "promised") == 0)
		words = promise_words(ctx, row, t, lang);
	else if (strcmp(g, "call") == 0)
		words = record_text(row->r, "event_date") ? reminder_words(ctx, row, lang)
		        : row->due ? due_words(ctx, row->due, t->now, "前联系", "call by", lang)
		                   : mine_words(ctx, row, t, lang);
	else if (strcmp(g, "unaccepted") == 0)
		words = unaccepted_words(ctx, row, t, lang);
	else if (strcmp(g, "pool") == 0)
		words = pool_words(ctx, row, t, lang);
	else if (strcmp(g, "waiting") == 0)
		words = waiting_words(ctx, row, lang);
	else if (strcmp(g, "after") == 0)
		return after_words(ctx, row, lang);
	else
		words = mine_words(ctx, row, t, lang);
	return arena_printf(ctx->arena, "%s%s", words, chased_words(ctx, row->r, lang));
}
