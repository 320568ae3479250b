#include "base/ctx.h"

#include <stdarg.h>

#include "base/text.h"

enum err ctx_problem(struct ctx *ctx, enum err e, const char *field, const char *code, const char *format, ...)
{
	struct problems *all = &ctx->problems;
	if (all->n >= PROBLEMS_MAX)
		return e;
	struct problem *p = &all->list[all->n++];
	p->field = arena_strdup(ctx->arena, field ? field : "");
	p->code = arena_strdup(ctx->arena, code ? code : err_code(e));
	p->detail = NULL;
	if (format != NULL) {
		va_list args;
		va_start(args, format);
		p->detail = text_mend(arena_vprintf(ctx->arena, format, args));
		va_end(args);
	}
	return e;
}

void ctx_forget(struct ctx *ctx)
{
	ctx->problems.n = 0;
}
