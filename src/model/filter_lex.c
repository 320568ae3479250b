/* Filter text to words, numbers, dates, texts and signs. */
#include "model/filter_lex.h"

#include "base/limit.h"

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char peek(const struct parser *p, size_t ahead)
{
	return p->at + ahead < p->len ? p->text[p->at + ahead] : '\0';
}

static void take(struct parser *p, enum token_kind kind, size_t start, size_t skip)
{
	p->tok = (struct token){.kind = kind, .at = start, .s = p->text + start + skip, .len = p->at - start - skip};
}

static void lex_word(struct parser *p, enum token_kind kind, size_t start, size_t skip)
{
	while (is_letter(peek(p, 0)) || is_digit(peek(p, 0)) || (kind == TOKEN_WORD && peek(p, 0) == '.'))
		p->at++;
	take(p, kind, start, skip);
}

static bool date_ahead(const struct parser *p)
{
	static const char shape[] = "0000-00-00";

	for (size_t i = 0; i < sizeof(shape) - 1; i++)
		if (shape[i] == '0' ? !is_digit(peek(p, i)) : peek(p, i) != shape[i])
			return false;
	return !is_digit(peek(p, sizeof(shape) - 1));
}

static enum err lex_number(struct parser *p)
{
	size_t start = p->at;

	if (date_ahead(p)) {
		p->at += 10;
		take(p, TOKEN_DATE, start, 0);
		return ERR_OK;
	}
	while (is_digit(peek(p, 0)))
		p->at++;
	if (is_letter(peek(p, 0))) {
		lex_word(p, TOKEN_DURATION, start, 0);
		return ERR_OK;
	}
	if (peek(p, 0) == '.') {
		p->at++;
		if (!is_digit(peek(p, 0)))
			return filter_fail(&p->rd, start, "syntax", "%.*s: digits must follow the point",
			                   filter_clip(p->text + start, p->at - start), p->text + start);
		while (is_digit(peek(p, 0)))
			p->at++;
	}
	take(p, TOKEN_NUMBER, start, 0);
	return ERR_OK;
}

/* 'it''s' is it's. */
static enum err lex_text(struct parser *p)
{
	size_t start = p->at++;
	struct buf out;

	buf_init(&out, p->rd.arena, LIMIT_FILTER_BYTES);
	for (;;) {
		if (p->at >= p->len)
			return filter_fail(&p->rd, start, "syntax", "the text that begins here has no closing '");
		char c = p->text[p->at++];
		if (c == '\'') {
			if (peek(p, 0) != '\'')
				break;
			p->at++;
		}
		buf_char(&out, c);
	}
	p->tok = (struct token){.kind = TOKEN_TEXT, .at = start, .s = out.data ? out.data : "", .len = out.len};
	return ERR_OK;
}

static size_t char_bytes(const struct parser *p)
{
	size_t n = 1;

	while (p->at + n < p->len && ((unsigned char)p->text[p->at + n] & 0xC0) == 0x80)
		n++;
	return n;
}

static enum err lex_sign(struct parser *p)
{
	static const char *const signs[] = {"<=", ">=", "!=", "=", "<", ">", "(", ")", ",", "+", "-"};
	size_t start = p->at;

	if ((peek(p, 0) == '=' && peek(p, 1) == '=') || (peek(p, 0) == '<' && peek(p, 1) == '>'))
		return filter_fail(&p->rd, start, "syntax", "%.2s is not an operator: write %s", p->text + start,
		                   peek(p, 0) == '=' ? "=" : "!=");
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t n = strlen(signs[i]);
		if (peek(p, 0) == signs[i][0] && (n == 1 || peek(p, 1) == signs[i][1])) {
			p->at += n;
			take(p, TOKEN_SIGN, start, 0);
			return ERR_OK;
		}
	}
	if (peek(p, 0) == '"')
		return filter_fail(&p->rd, start, "syntax", "texts stand in single quotes: 'text'");
	return filter_fail(&p->rd, start, "syntax",
	                   "%.*s can't stand here: names are ASCII, texts stand in single quotes", (int)char_bytes(p),
	                   p->text + start);
}

enum err filter_next(struct parser *p)
{
	while (peek(p, 0) == ' ' || peek(p, 0) == '\t' || peek(p, 0) == '\n' || peek(p, 0) == '\r')
		p->at++;
	size_t start = p->at;
	char c = peek(p, 0);
	if (p->at >= p->len) {
		p->tok = (struct token){.kind = TOKEN_END, .at = p->len, .s = "", .len = 0};
		return ERR_OK;
	}
	if (is_letter(c)) {
		lex_word(p, TOKEN_WORD, start, 0);
		return ERR_OK;
	}
	if (is_digit(c))
		return lex_number(p);
	if (c == '\'')
		return lex_text(p);
	if (c == '@') {
		p->at++;
		lex_word(p, TOKEN_VAR, start, 1);
		if (p->tok.len == 0)
			return filter_fail(&p->rd, start, "syntax",
			                   "a name must follow @: @me, @my_teams or a parameter");
		return ERR_OK;
	}
	return lex_sign(p);
}

bool token_is(const struct token *t, const char *word)
{
	return t->kind == TOKEN_WORD && t->len == strlen(word) && memcmp(t->s, word, t->len) == 0;
}

enum err filter_raw_value(struct parser *p, struct arena *a, struct raw_value *ret_raw)
{
	struct raw_value raw = {.at = p->tok.at, .s = p->tok.s, .len = p->tok.len};
	if (p->tok.kind == TOKEN_SIGN && p->tok.s[0] == '-') {
		TRY(filter_next(p));
		raw.s = arena_printf(a, "-%.*s", (int)p->tok.len, p->tok.s);
		raw.len = p->tok.len + 1;
	}
	switch (p->tok.kind) {
	case TOKEN_NUMBER: raw.kind = RAW_NUMBER; break;
	case TOKEN_TEXT: raw.kind = RAW_TEXT; break;
	case TOKEN_DATE: raw.kind = RAW_DATE; break;
	case TOKEN_DURATION: raw.kind = RAW_DURATION; break;
	case TOKEN_VAR: raw.kind = RAW_VAR; break;
	case TOKEN_WORD:
		raw.kind = token_is(&p->tok, "true") ? RAW_TRUE : token_is(&p->tok, "false") ? RAW_FALSE : RAW_WORD;
		break;
	default: return filter_fail(&p->rd, raw.at, "syntax", "a value is missing");
	}
	*ret_raw = raw;
	return ERR_OK;
}
