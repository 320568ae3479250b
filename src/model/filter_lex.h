/*
 * filter_lex.h: the words of filter text, for filter_parse.c and value_expression.c.
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

#endif
