/*
 * alike.c: words in common. A text is its pairs of characters (whole words where they are written apart), without
 * those that stand in any text; two texts speak of the same when they share a quarter of the shorter one's.
 */
#include "model/alike.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/access.h"
#include "model/same.h"

/* What a text is about, its beginning says. */
enum { TEXT_BYTES_MAX = 8 << 10, TOKENS_MAX = 2000, SHARE_MIN = 25, COMMON_MIN = 2, WHY_MAX = 5, HAN_BYTES = 3 };

struct bag { /* tokens in the order of the text, and sorted without repeats */
	const char **list, **sorted;
	size_t n, n_sorted;
};

bool alike_is_his(const struct ctx *ctx, const struct alike *a)
{
	for (size_t i = 0; i < a->n_same; i++)
		if (access_field(ctx, a->mine[i]) != SIGHT_CLEAR || access_field(ctx, a->theirs[i]) != SIGHT_CLEAR)
			return false;
	for (size_t i = 0; i < a->n_words; i++)
		if (access_field(ctx, a->words[i]) != SIGHT_CLEAR)
			return false;
	for (size_t i = 0; i < a->n_with; i++)
		if (access_field(ctx, a->with[i]) != SIGHT_CLEAR)
			return false;
	return true;
}

/* Words of grammar say nothing of what a text is about. */
static bool says_nothing(const char *token)
{
	static const char *const plain[] = {"的", "了", "是", "我", "你", "他", "她", "们", "不", "没", "在", "有",
	                                    "和", "就", "也", "都", "又", "还", "这", "那", "要", "很", "吗", "呢",
	                                    "吧", "啊", "之", "与", "及", "被", "把", "给", "到", "说", "个", "请",
	                                    "让", "为", "从", "对", "并", "或", "已", "会", "能", "可", "着", "过"};
	if ((unsigned char)token[0] < 0x80)
		return strlen(token) < 3 || strspn(token, "x0123456789") == strlen(token);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (strstr(token, plain[i]) != NULL)
			return true;
	return false;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void bag_fill(struct arena *a, const struct record *r, const struct field **fields, size_t n, struct bag *bag)
{
	struct buf text;
	size_t most = 1;
	buf_init(&text, a, TEXT_BYTES_MAX * 8);
	for (size_t i = 0; i < n; i++) {
		const struct value *v = &r->values[fields[i]->at];
		if (v->kind == VALUE_TEXT)
			text_tokens(&text, v->s, text_prefix(v->s, v->len, TEXT_BYTES_MAX), false);
		buf_str(&text, " ");
	}
	for (size_t i = 0; i < text.len && most < TOKENS_MAX; i++)
		most += text.data[i] == ' ';
	bag->list = ARENA_ARRAY(a, most + 1, const char *);
	bag->sorted = ARENA_ARRAY(a, most + 1, const char *);
	char *rest = text.len ? text.data : NULL;
	for (char *token; bag->n < most && (token = strtok_r(rest, " ", &rest)) != NULL;)
		if (!says_nothing(token))
			bag->list[bag->n++] = token;
	if (bag->n == 0)
		return;
	memcpy(bag->sorted, bag->list, bag->n * sizeof(bag->list[0]));
	qsort(bag->sorted, bag->n, sizeof(bag->sorted[0]), by_bytes);
	for (size_t i = 0; i < bag->n; i++)
		if (i == 0 || strcmp(bag->sorted[i], bag->sorted[i - 1]) != 0)
			bag->sorted[bag->n_sorted++] = bag->sorted[i];
}

static bool bag_has(const struct bag *bag, const char *token)
{
	return bag->n_sorted && bsearch(&token, bag->sorted, bag->n_sorted, sizeof(token), by_bytes) != NULL;
}

/* Does `next` go on one character after `last` began? Then they stood together in the text. */
static bool goes_on(const char *last, const char *next)
{
	size_t len = strlen(last);
	return len >= 2 * HAN_BYTES && strlen(next) == 2 * HAN_BYTES &&
	       memcmp(last + len - HAN_BYTES, next, HAN_BYTES) == 0;
}

static void why_add(struct alike_why *why, const char *run)
{
	for (size_t i = 0; i < why->n_words; i++)
		if (strstr(why->words[i], run) != NULL)
			return;
	if (why->n_words < WHY_MAX)
		why->words[why->n_words++] = run;
}

/* What both say, joined to runs as they stand in mine. */
static void why_words(struct arena *a, const struct bag *mine, const struct bag *theirs, struct alike_why *why)
{
	const char *run = NULL;
	why->words = ARENA_ARRAY(a, WHY_MAX, const char *);
	for (size_t i = 0; i < mine->n; i++) {
		bool both = bag_has(theirs, mine->list[i]);
		if (both && run != NULL && goes_on(run, mine->list[i])) {
			run = arena_printf(a, "%s%s", run, mine->list[i] + HAN_BYTES);
			continue;
		}
		if (run != NULL)
			why_add(why, run);
		run = both ? mine->list[i] : NULL;
	}
	if (run != NULL)
		why_add(why, run);
}

static bool words_hold(struct ctx *ctx, const struct alike *a, const struct record *mine, const struct record *theirs,
                       struct alike_why *why)
{
	struct bag x = {0}, y = {0};
	size_t common = 0, less;
	bag_fill(ctx->arena, mine, a->words, a->n_words, &x);
	bag_fill(ctx->arena, theirs, a->with, a->n_with, &y);
	for (size_t i = 0; i < x.n_sorted; i++)
		common += bag_has(&y, x.sorted[i]);
	less = x.n_sorted < y.n_sorted ? x.n_sorted : y.n_sorted;
	if (common < COMMON_MIN || common * 100 < less * SHARE_MIN)
		return false;
	why->share = (int)(common * 100 / less);
	why_words(ctx->arena, &x, &y, why);
	return true;
}

static bool value_holds(struct ctx *ctx, const struct value *x, const struct value *y)
{
	if (x->kind == VALUE_TEXT && y->kind == VALUE_TEXT) {
		const char *form = same_form(ctx->arena, x);
		return *form != '\0' && strcmp(form, same_form(ctx->arena, y)) == 0;
	}
	return x->kind == VALUE_INT && y->kind == VALUE_INT && x->i == y->i;
}

bool alike_holds(struct ctx *ctx, const struct alike *a, const struct record *mine, const struct record *theirs,
                 struct alike_why *ret_why)
{
	*ret_why = (struct alike_why){0};
	for (size_t i = 0; i < a->n_same; i++)
		if (!value_holds(ctx, &mine->values[a->mine[i]->at], &theirs->values[a->theirs[i]->at]))
			return false;
	return a->n_words == 0 || words_hold(ctx, a, mine, theirs, ret_why);
}

size_t alike_tokens(struct ctx *ctx, const struct alike *a, const struct record *mine, const char **ret, size_t max)
{
	struct bag bag = {0};
	size_t n = 0;
	bag_fill(ctx->arena, mine, a->words, a->n_words, &bag);
	size_t step = max > 0 && bag.n_sorted > max ? bag.n_sorted / max : 1;
	for (size_t i = 0; i < bag.n_sorted && n < max; i += step)
		ret[n++] = bag.sorted[i];
	return n;
}
