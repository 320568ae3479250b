/*
 * filter_lex.h: the words of filter text, for filter_parse.c, value_expression.c and what checks values of packs.
 */
#ifndef SHOUWEN_MODEL_FILTER_LEX_H
#define SHOUWEN_MODEL_FILTER_LEX_H

#include "model/filter_tree.h"

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_NUMBER, TOKEN_DURATION, TOKEN_DATE, TOKEN_TEXT, TOKEN_VAR, TOKEN_SIGN };

struct token {
	enum token_kind kind;
	size_t at;
	const char *s; /* TEXT: unescaped; VAR: without @ */
	size_t len;
};

struct parser {
	struct filter_reader rd;
	const char *text;
	size_t len, at;
	struct token tok;
	int level; /* open parentheses */
};

/* Reads the next token into p->tok; ERR_INVALID and the reader's fault. */
enum err filter_next(struct parser *p);
bool token_is(const struct token *t, const char *word);
/* The token at hand, or a sign and the one behind it, as a value: RAW_WORD is any word but true and false. Its text
 * lies in `a` or is the token's; the token stays. */
enum err filter_raw_value(struct parser *p, struct arena *a, struct raw_value *ret_raw);

#endif
