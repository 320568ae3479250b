/* csv_in.c: the streaming reader. Bytes come in pieces, become UTF-8, and pass a state machine. */
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "base/limit.h"
#include "base/text.h"
#include "report/csv.h"

enum { PIECE_BYTES = 64 << 10 };

struct csv_reader {
	csv_source *source;
	void *arg;
	enum csv_encoding encoding;
	iconv_t conversion;
	bool converting;
	bool started, ended, failed;
	int64_t bytes, rows, line;
	/* raw bytes not converted yet, then UTF-8 not read yet */
	char raw[PIECE_BYTES];
	size_t raw_len;
	char text[PIECE_BYTES * 2];
	size_t at, len;
	/* the row being read: its bytes one after the other, and where fields begin */
	char *row;
	size_t row_len;
	size_t starts[CSV_COLUMNS_MAX + 1];
	size_t n_fields;
};

struct csv_reader *csv_open(csv_source *source, void *arg, enum csv_encoding encoding)
{
	struct csv_reader *r = calloc(1, sizeof(*r));
	char *row = malloc(CSV_ROW_BYTES_MAX + 1);
	if (r == NULL || row == NULL)
		abort(); /* both sizes are fixed and small: the machine itself is out of memory */
	r->row = row;
	r->source = source;
	r->arg = arg;
	r->encoding = encoding;
	r->line = 1;
	return r;
}

void csv_close(struct csv_reader *r)
{
	if (r == NULL)
		return;
	if (r->converting)
		iconv_close(r->conversion);
	free(r->row);
	free(r);
}

enum csv_encoding csv_found_encoding(const struct csv_reader *r)
{
	return r->encoding == CSV_GUESS ? CSV_UTF8 : r->encoding; /* plain ASCII is both */
}

int64_t csv_bytes(const struct csv_reader *r)
{
	return r->bytes;
}

static void pull(struct csv_reader *r)
{
	while (!r->ended && r->raw_len < sizeof(r->raw)) {
		long got = r->source(r->arg, r->raw + r->raw_len, sizeof(r->raw) - r->raw_len);
		if (got < 0)
			r->failed = true;
		if (got <= 0)
			r->ended = true;
		else {
			r->raw_len += (size_t)got;
			r->bytes += got;
		}
	}
}

/* Is the sample UTF-8, but for a character cut off at its end? */
static bool looks_utf8(const char *s, size_t len, bool whole)
{
	size_t cut = 0;
	while (!text_valid(s, len - cut)) {
		if (whole || ++cut > 3 || cut > len)
			return false;
	}
	return true;
}

static void encoding_set(struct csv_reader *r, enum csv_encoding encoding)
{
	r->encoding = encoding;
	if (encoding == CSV_GB18030) {
		r->conversion = iconv_open("UTF-8", "GB18030");
		r->converting = r->conversion != (iconv_t)-1;
	}
}

static size_t ascii_bytes(const char *s, size_t len)
{
	size_t n = 0;
	while (n < len && (unsigned char)s[n] < 0x80)
		n++;
	return n;
}

static void begin(struct csv_reader *r)
{
	r->started = true;
	if (r->raw_len >= 3 && memcmp(r->raw, csv_bom, 3) == 0) {
		r->raw_len -= 3;
		memmove(r->raw, r->raw + 3, r->raw_len);
		encoding_set(r, CSV_UTF8);
	} else if (r->encoding != CSV_GUESS) {
		encoding_set(r, r->encoding);
	}
}

/* GB18030 from raw[] to text[]. A byte that is none becomes 0xFF, which is no UTF-8 either: the row
 * that holds it is found by its own text. */
static void convert(struct csv_reader *r)
{
	char *in = r->raw, *out = r->text;
	size_t in_left = r->raw_len, out_left = sizeof(r->text);
	while (in_left > 0) {
		if (iconv(r->conversion, &in, &in_left, &out, &out_left) != (size_t)-1 || errno == E2BIG)
			break;
		if (errno == EINVAL && !r->ended)
			break; /* a character cut off at the piece's end */
		if (out_left == 0)
			break;
		*out++ = '\xFF';
		out_left--;
		in++;
		in_left--;
	}
	memmove(r->raw, in, in_left);
	r->raw_len = in_left;
	r->len = sizeof(r->text) - out_left;
}

/* The first piece that isn't plain ASCII decides. Gives how much of raw[] may be read now: one character cut
 * off at the end of a piece is too little to go by. */
static size_t guess(struct csv_reader *r)
{
	size_t plain = ascii_bytes(r->raw, r->raw_len);
	if (plain == r->raw_len || (plain > 0 && !r->ended && r->raw_len - plain < 4))
		return plain;
	encoding_set(r, looks_utf8(r->raw, r->raw_len, r->ended) ? CSV_UTF8 : CSV_GB18030);
	return r->raw_len;
}

/* Fills text[] from raw[]; false at the end. */
static bool refill(struct csv_reader *r)
{
	pull(r);
	if (!r->started)
		begin(r);
	if (r->raw_len == 0)
		return false;
	size_t n = r->encoding == CSV_GUESS ? guess(r) : r->raw_len;
	r->at = 0;
	if (r->converting) {
		convert(r);
	} else {
		memcpy(r->text, r->raw, n);
		r->len = n;
		r->raw_len -= n;
		memmove(r->raw, r->raw + n, r->raw_len);
	}
	return r->len > 0;
}

static int next_char(struct csv_reader *r)
{
	if (r->at == r->len && !refill(r))
		return -1;
	int c = (unsigned char)r->text[r->at++];
	if (c == '\n')
		r->line++;
	return c;
}

static int peek_char(struct csv_reader *r)
{
	if (r->at == r->len && !refill(r))
		return -1;
	return (unsigned char)r->text[r->at];
}

static void keep(struct csv_reader *r, int c, const char **code)
{
	if (r->row_len >= CSV_ROW_BYTES_MAX || r->row_len - r->starts[r->n_fields] >= LIMIT_CSV_FIELD_BYTES) {
		*code = "too_long";
		return;
	}
	r->row[r->row_len++] = (char)c;
}

static void end_field(struct csv_reader *r, const char **code)
{
	if (r->n_fields >= CSV_COLUMNS_MAX) {
		*code = "too_many_columns";
		r->row_len = r->starts[r->n_fields];
		return;
	}
	if (r->row_len < CSV_ROW_BYTES_MAX)
		r->row[r->row_len++] = '\0';
	else
		*code = "too_long";
	r->starts[++r->n_fields] = r->row_len;
}

/* Reads up to the end of a row into r->row. */
static void scan_row(struct csv_reader *r, int c, const char **code)
{
	enum { BARE, QUOTED, AFTER } state = c == '"' ? QUOTED : BARE;
	if (state == QUOTED)
		c = next_char(r);
	for (;; c = next_char(r)) {
		if (c < 0) {
			if (state == QUOTED)
				*code = "open_quote";
			break;
		}
		if (state == QUOTED) {
			if (c != '"')
				keep(r, c, code);
			else if (peek_char(r) == '"')
				keep(r, next_char(r), code);
			else
				state = AFTER;
			continue;
		}
		if (c == '\r' && peek_char(r) == '\n')
			continue;
		if (c == '\n' || c == '\r')
			break;
		if (c == ',') {
			end_field(r, code);
			state = BARE;
			if (peek_char(r) == '"') {
				next_char(r);
				state = QUOTED;
			}
		} else if (state == AFTER) {
			*code = "bad_quote";
		} else {
			keep(r, c, code);
		}
	}
	end_field(r, code);
}

enum err csv_next(struct csv_reader *r, struct arena *a, struct csv_row *ret_row)
{
	int c = next_char(r);
	while (c == '\n' || c == '\r')
		c = next_char(r);
	if (c < 0)
		return r->failed ? ERR_INTERNAL : ERR_NOT_FOUND;
	struct csv_row row = {.number = ++r->rows, .line = r->line};
	r->row_len = 0;
	r->n_fields = 0;
	r->starts[0] = 0;
	scan_row(r, c, &row.code);
	if (r->failed)
		return ERR_INTERNAL;
	row.n = r->n_fields;
	char *copy = arena_strndup(a, r->row, r->row_len);
	row.fields = ARENA_ARRAY(a, row.n + 1, const char *);
	for (size_t i = 0; i < row.n; i++) {
		row.fields[i] = copy + r->starts[i];
		size_t len = r->starts[i + 1] - r->starts[i];
		if (row.code == NULL && len > 0 && !text_valid(row.fields[i], len - 1))
			row.code = "bad_encoding";
	}
	*ret_row = row;
	return ERR_OK;
}
