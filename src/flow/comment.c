/* comment.c: words on a record; they do not change it. */
#include <string.h>

#include "base/text.h"
#include "flow/step.h"

static const struct label told_comment = {"有新的备注", "has a new comment"};

static enum err text_check(struct ctx *ctx, const char *text, size_t n_files, const char **ret_text)
{
	const char *clean = text ? text : "";
	size_t len = strlen(clean);
	if (!text_valid(clean, len))
		return ctx_problem(ctx, ERR_INVALID, "text", "wrong_type", "the text is not UTF-8");
	clean = text_clean(ctx->arena, clean, len);
	if (text_chars(clean, strlen(clean)) > LIMIT_LONG_TEXT_CHARS)
		return ctx_problem(ctx, ERR_INVALID, "text", "too_long", "at most %d characters",
		                   LIMIT_LONG_TEXT_CHARS);
	if (*clean == '\0' && n_files == 0)
		return ctx_problem(ctx, ERR_INVALID, "text", "required",
		                   ctx->lang == LANG_EN ? "write something or attach a file" : "请填写内容或添加附件");
	if (n_files > LIMIT_FILES_PER_FIELD)
		return ctx_problem(ctx, ERR_INVALID, "files", "too_many", "at most %d files", LIMIT_FILES_PER_FIELD);
	*ret_text = clean;
	return ERR_OK;
}

/* Rules on comments may change the record: that is a change of its own, after the words. */
static enum err rules_on_comment(struct ctx *ctx, struct record *r)
{
	struct step s = {0};
	struct fired fired = {0};
	struct record *before = record_copy(ctx, r);
	TRY(rules_settle(ctx, &s, r, NULL, RULE_COMMENTED, NULL, &fired));
	if (fired.n == 0)
		return ERR_OK;
	struct note note = {.kind = "changed", .rule = fired.names, .fired = &fired, .settled = true};
	if (fired.names != NULL)
		TRY(step_update(ctx, &s, r, before, &note));
	else
		TRY(step_note(ctx, r, &(struct note){.kind = "rule_fired", .internal = true, .fired = &fired}));
	return rules_reach(ctx, &s, r, &fired);
}

enum err flow_comment(struct ctx *ctx, const struct type *t, int64_t id, const char *text, bool internal,
                      const int64_t *files, size_t n_files)
{
	struct record *r;
	TRY(record_load(ctx, t, id, &r));
	TRY(access_check(ctx, r, ACCESS_READ));
	const char *clean = "";
	TRY(text_check(ctx, text, n_files, &clean));
	TRY(files_claim(ctx, r, "files", files, n_files, internal));
	struct value list = {.kind = VALUE_LIST, .n = n_files};
	list.list = ARENA_ARRAY(ctx->arena, n_files + 1, struct value);
	for (size_t i = 0; i < n_files; i++)
		list.list[i] = value_int(files[i]);
	struct note note = {.kind = "commented", .internal = internal, .text = clean, .files = &list};
	TRY(step_note(ctx, r, &note));
	TRY(record_index(ctx, r));
	struct people p = {0};
	people_add(ctx, &p, record_int(r, "owner"));
	TRY(people_tell(ctx, &p, "commented", r, &told_comment));
	return rules_on_comment(ctx, r);
}
