/* seen.c: see seen.h. */
#include "model/seen.h"

#include <string.h>

#include "base/buf.h"
#include "base/ctx.h"
#include "base/limit.h"

enum { FIELDS_BYTES = 4096 };

void seen_end(void *list)
{
	struct seen_list *l = list;
	arena_free(l->arena);
	*l = (struct seen_list){.why = l->why};
}

static void add(struct seen_list *l, const struct type *t, int64_t record, const char *fields)
{
	for (const struct seen_row *row = l->first; row != NULL; row = row->next)
		if (row->record == record && row->type == t && strcmp(row->fields, fields) == 0)
			return;
	if (l->arena == NULL)
		l->arena = arena_new(LIMIT_REQUEST_ARENA_BYTES);
	struct seen_row *row = ARENA_NEW(l->arena, struct seen_row);
	*row = (struct seen_row){
	        .next = l->first, .type = t, .record = record, .fields = arena_strdup(l->arena, fields)};
	l->first = row;
	l->n++;
}

void seen_note(struct ctx *ctx, const struct type *t, int64_t record, const bool *shown)
{
	struct buf names;
	if (ctx->seen == NULL)
		return;
	buf_init(&names, ctx->arena, FIELDS_BYTES);
	for (size_t i = 0; i < t->n_fields; i++) {
		if (!shown[i])
			continue;
		if (names.len > 0)
			buf_char(&names, ' ');
		buf_str(&names, t->fields[i].name);
	}
	if (names.len > 0)
		add(ctx->seen, t, record, names.data);
}

void seen_note_field(struct ctx *ctx, const struct field *f, int64_t record)
{
	if (ctx->seen != NULL && f->of != NULL)
		add(ctx->seen, f->of, record, f->name);
}
