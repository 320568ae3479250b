/* intake_words.c: what is read out to the customer, and the answer of the intake. */
#include <string.h>

#include "base/clock.h"
#include "flow/intake.h"

enum { READ_OUT_BYTES_MAX = 8192 };

/* The day as people say it: today, tomorrow, 11月3日. */
static const char *day_said(struct ctx *ctx, int year, int month, int day, enum lang lang)
{
	static const char *const near_zh[] = {"前天", "昨天", "今天", "明天", "后天"};
	static const char *const near_en[] = {NULL, "yesterday", "today", "tomorrow", "the day after tomorrow"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct local_time now;
	zone_local(ctx->zone, ctx->now_ms, &now);
	int64_t away = date_days(year, month, day) - date_days(now.year, now.month, now.day);
	const char *near = away >= -2 && away <= 2 ? (lang == LANG_EN ? near_en : near_zh)[away + 2] : NULL;
	if (near != NULL)
		return near;
	if (lang == LANG_EN)
		return year == now.year ? arena_printf(ctx->arena, "%s %d", months[month - 1], day)
		                        : arena_printf(ctx->arena, "%s %d, %d", months[month - 1], day, year);
	return year == now.year ? arena_printf(ctx->arena, "%d月%d日", month, day)
	                        : arena_printf(ctx->arena, "%d年%d月%d日", year, month, day);
}

const char *time_words(struct ctx *ctx, int64_t at_ms, enum lang lang)
{
	struct local_time t;
	zone_local(ctx->zone, at_ms, &t);
	return arena_printf(ctx->arena, "%s %02d:%02d", day_said(ctx, t.year, t.month, t.day, lang), t.hour, t.minute);
}

const char *date_words(struct ctx *ctx, const char *date, enum lang lang)
{
	int year, month, day;
	return date_parse(date, &year, &month, &day) ? day_said(ctx, year, month, day, lang) : date;
}

/* Calls and visits happen at a time, completion by a time. */
static const char *promise_words(struct ctx *ctx, const struct matter *m, enum lang lang)
{
	if (m->promise_due == 0)
		return NULL;
	const char *kind = m->promise_kind.zh ? label_in(&m->promise_kind, lang) : "";
	const char *at = time_words(ctx, m->promise_due, lang);
	if (lang == LANG_EN)
		return arena_printf(ctx->arena, "%s: by %s", kind, at);
	return arena_printf(ctx->arena, "%s前%s", at, kind);
}

const char *matter_say(struct ctx *ctx, const struct matter *m, enum lang lang)
{
	const char *name = m->made ? record_text(m->made, "state") : NULL;
	const struct state *state = name ? type_state(m->made->type, name) : NULL;
	const char *say = state && state->say.zh ? label_in(&state->say, lang) : NULL;
	const char *promise = promise_words(ctx, m, lang);
	if (say == NULL)
		return promise;
	if (promise == NULL)
		return say;
	return arena_printf(ctx->arena, lang == LANG_EN ? "%s Promised: %s." : "%s约定%s。", say, promise);
}

static void read_out_matter(struct ctx *ctx, struct buf *b, const struct matter *m, enum lang lang)
{
	const char *say = matter_say(ctx, m, lang);
	const char *number = m->made ? record_text(m->made, "number") : NULL;
	if (number != NULL && lang == LANG_EN)
		buf_printf(b, " %s %s.", label_in(&m->made->type->label, lang), number);
	else if (number != NULL)
		buf_printf(b, "%s编号 %s。", label_in(&m->made->type->label, lang), number);
	if (say != NULL)
		buf_printf(b, lang == LANG_EN ? " %s" : "%s", say);
}

static const char *read_out(struct ctx *ctx, const struct intake *in, enum lang lang)
{
	struct buf b;
	buf_init(&b, ctx->arena, READ_OUT_BYTES_MAX);
	const char *number = record_text(in->contact, "number");
	if (lang == LANG_EN)
		buf_printf(&b, "It is recorded%s%s.", number ? " under " : "", number ? number : "");
	else
		buf_printf(&b, "已为您登记%s%s。", number ? "，记录编号 " : "", number ? number : "");
	for (size_t i = 0; i < in->n; i++) {
		if (in->n > 1)
			buf_printf(&b, lang == LANG_EN ? " Matter %zu:" : "第 %zu 件事：", i + 1);
		if (in->n > 1 && in->matters[i].made == NULL && in->matters[i].promise_due == 0)
			buf_str(&b, lang == LANG_EN ? " answered." : "已当场答复。");
		else
			read_out_matter(ctx, &b, &in->matters[i], lang);
	}
	return b.data;
}

static void answer_matter(struct ctx *ctx, const struct matter *m, struct json_out *out)
{
	json_open(out, '{');
	json_key(out, "type");
	json_text(out, m->made ? m->made->type->name : NULL);
	json_key(out, "id");
	json_id(out, m->made ? m->made->id : 0);
	json_key(out, "number");
	json_text(out, m->made ? record_text(m->made, "number") : NULL);
	json_key(out, "say");
	json_text(out, matter_say(ctx, m, ctx->lang));
	json_key(out, "promise");
	json_text(out, promise_words(ctx, m, ctx->lang));
	json_close(out, '}');
}

enum err intake_answer(struct ctx *ctx, const struct intake *in, struct json_out *out)
{
	json_open(out, '{');
	json_key(out, "contact");
	json_open(out, '{');
	json_key(out, "id");
	json_id(out, in->contact->id);
	json_key(out, "number");
	json_text(out, record_text(in->contact, "number"));
	json_close(out, '}');
	json_key(out, "customer");
	if (in->customer == NULL) {
		json_none(out);
	} else {
		json_open(out, '{');
		json_key(out, "id");
		json_id(out, in->customer->id);
		json_key(out, "label");
		json_text(out, record_title(in->customer));
		json_close(out, '}');
	}
	json_key(out, "matters");
	json_open(out, '[');
	for (size_t i = 0; i < in->n; i++)
		answer_matter(ctx, &in->matters[i], out);
	json_close(out, ']');
	json_key(out, "read_out");
	json_text(out, read_out(ctx, in, ctx->lang));
	json_close(out, '}');
	return ERR_OK;
}
