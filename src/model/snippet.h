/* snippet.h: inside model/: where a search's words stand in a text. */
#ifndef SHOUWEN_MODEL_SNIPPET_H
#define SHOUWEN_MODEL_SNIPPET_H

#include "base/json.h"
#include "base/text.h"
#include "model/record.h"

/* Do all runs of the query stand in this text (folded)? */
bool text_has_runs(struct arena *a, const char *s, size_t len, const struct text_query *query, bool *seen);
/* {"field","parts":[{"t","hit"}]} around the first hit; false (nothing written) when there is none. */
bool snippet_write_json(struct arena *a, struct json_out *out, const char *field, const char *s, size_t len,
                        const struct text_query *query);
/* The same of a comment: {"field":"@comment","comment":{"id","at","internal"},"parts"}. */
bool snippet_write_said(struct arena *a, struct json_out *out, const struct comment *said,
                        const struct text_query *query);

#endif
