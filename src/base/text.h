/*
 * text.h: UTF-8 text: checking, folding, pinyin, and the one tokenizer of search.
 */
#ifndef SHOUWEN_BASE_TEXT_H
#define SHOUWEN_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

bool text_valid(const char *s, size_t len);   /* well-formed UTF-8 without NUL */
size_t text_chars(const char *s, size_t len); /* code points */
/* Drops, in place, the bytes that make no character: what a %.60s cut in two. Gives s. */
char *text_mend(char *s);
/* How many of the first `most` bytes can be kept without cutting a character. */
size_t text_prefix(const char *s, size_t len, size_t most);
/* NFKC, lower case, full-width to half-width: for comparing what people type. */
char *text_fold(struct arena *a, const char *s, size_t len);
/* Line ends to \n, control characters but \n and \t dropped, ends trimmed. */
char *text_clean(struct arena *a, const char *s, size_t len);

/* 张三 -> "zhangsan" / "zs". Characters that are not Han are kept folded. */
char *text_pinyin(struct arena *a, const char *s, size_t len);
char *text_initials(struct arena *a, const char *s, size_t len);
/* A key whose byte order is Chinese dictionary order by pinyin; at most 64 bytes. */
char *text_sort_key(struct arena *a, const char *s, size_t len);

/* Lookup keys: what people know of a thing, brought to one form ("" if nothing is left).
 * plate: 川A·12345 = 川a12345.  room: 3 栋 2 单元 1501 = 3-2-1501.  code: letters and digits, folded. */
char *text_plate(struct arena *a, const char *s, size_t len);
char *text_room(struct arena *a, const char *s, size_t len);
char *text_code(struct arena *a, const char *s, size_t len);
/* A telephone number's digits: +86 and 0086 dropped, separators dropped, '*' refused (""). */
char *text_phone(struct arena *a, const char *s, size_t len);
/* 13812340021 -> 138****0021; other lengths keep about a quarter at each end. */
char *text_mask(struct arena *a, const char *s, size_t len);

/*
 * The tokens of a text, space-separated, as they go into the index: runs of Han (and kana,
 * hangul) as overlapping two-character tokens, with each single character too when `singles`;
 * other scripts as folded words; digits whole, and every tail of 4 to 11 digits of a run of 7
 * or more digits as x<tail>.
 */
void text_tokens(struct buf *out, const char *s, size_t len, bool singles);

/* A parsed query: every token must match. `need_check` says that hits must be compared with the
 * text itself, as a run of three or more characters became several pairs. */
struct text_query {
	const char **tokens;
	size_t n_tokens;
	const char **runs; /* folded runs as typed, for checking and highlighting */
	size_t n_runs;
	bool need_check;
};
void text_query(struct arena *a, const char *s, size_t len, struct text_query *ret_query);

#endif
