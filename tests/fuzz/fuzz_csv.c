/*
 * Files of rows: whatever the bytes are, each row is told as it is or told what is wrong with it, the same
 * for every size of piece, and what csv_out writes csv_in reads. Input: one byte that says how (bits 0-1: encoding, 2:
 * a worksheet's parts, each after a line `%% `), then the file. With clang -fsanitize=fuzzer this is a libFuzzer
 * target; with REPLAY defined, a program that runs kept crashes and seeds.
 */
#include "base/ctx.h"
#include "base/text.h"
#include "report/csv.h"
#include "report/sheet_in.h"
#ifdef REPLAY
#include "replay.h"
#endif

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { INPUT_MAX = 256 << 10 };

struct given {
	const uint8_t *bytes;
	size_t len, at, piece;
};

static long give(void *arg, void *bytes, size_t n)
{
	struct given *g = arg;
	if (n > g->piece)
		n = g->piece;
	if (n > g->len - g->at)
		n = g->len - g->at;
	memcpy(bytes, g->bytes + g->at, n);
	g->at += n;
	return (long)n;
}

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "broken promise: %s\n", what);
	abort();
}

static void check_row(const struct csv_row *row, int64_t before)
{
	must(row->number > before, "rows are counted");
	must(row->n <= CSV_COLUMNS_MAX, "columns are limited");
	if (row->code != NULL)
		return;
	for (size_t i = 0; i < row->n; i++)
		must(row->fields[i] != NULL && text_valid(row->fields[i], strlen(row->fields[i])), "a cell is text");
}

static void same_row(const struct csv_row *a, const struct csv_row *b)
{
	must((a->code == NULL) == (b->code == NULL), "the same rows are wrong");
	if (a->code != NULL)
		return;
	must(a->n == b->n, "the same number of cells");
	for (size_t i = 0; i < a->n; i++)
		must(strcmp(a->fields[i], b->fields[i]) == 0, "the same cells");
}

/* One row out and in again: the same cells, but for the apostrophe before what would run. */
static void check_round(struct arena *a, const struct csv_row *row)
{
	struct buf out;
	struct csv_row again;
	buf_init(&out, a, 16 << 20);
	buf_str(&out, csv_bom); /* as every file begins: a first cell may hold one of its own */
	for (size_t i = 0; i < row->n; i++)
		csv_cell(&out, row->fields[i], strlen(row->fields[i]), i == 0);
	csv_line_end(&out);
	struct given g = {.bytes = (const uint8_t *)out.data, .len = out.len, .piece = 5};
	struct csv_reader *r = csv_open(give, &g, CSV_UTF8);
	enum err e = csv_next(r, a, &again);
	if (e == ERR_OK) {
		must(again.code == NULL && again.n == row->n, "what was written can be read");
		for (size_t i = 0; i < row->n; i++) {
			const char *cell = again.fields[i];
			must(strcmp(cell, row->fields[i]) == 0 ||
			             (*cell == '\'' && strcmp(cell + 1, row->fields[i]) == 0),
			     "a cell comes back");
			must(strchr("=@", *cell) == NULL || *cell == '\0', "no formula is written");
		}
	} else {
		must(row->n == 1 && *row->fields[0] == '\0', "only an empty row is passed over");
	}
	csv_close(r);
}

static void text_file(const uint8_t *bytes, size_t len, enum csv_encoding encoding)
{
	struct arena *a = arena_new((size_t)1 << 30);
	struct given one = {.bytes = bytes, .len = len, .piece = 1 << 20},
	             two = {.bytes = bytes, .len = len, .piece = 3};
	struct csv_reader *r = csv_open(give, &one, encoding), *s = csv_open(give, &two, encoding);
	struct csv_row row, other;
	int64_t before = 0;
	for (;;) {
		arena_clear(a);
		enum err e = csv_next(r, a, &row);
		must(csv_next(s, a, &other) == e, "the same end");
		if (e != ERR_OK) {
			must(e == ERR_NOT_FOUND, "a source that doesn't fail ends");
			break;
		}
		check_row(&row, before);
		same_row(&row, &other);
		if (row.code == NULL)
			check_round(a, &row);
		before = row.number;
	}
	csv_close(r);
	csv_close(s);
	arena_free(a);
}

/* ---- worksheets: parts stored in a zip ------------------------------------------------------------------ */

static uint32_t checksum(const uint8_t *bytes, size_t len)
{
	uint32_t crc = ~UINT32_C(0);
	for (size_t i = 0; i < len; i++) {
		crc ^= bytes[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (UINT32_C(0xEDB88320) & (0 - (crc & 1)));
	}
	return ~crc;
}

static void put(struct buf *out, uint32_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		buf_char(out, (char)(v >> (8 * i)));
}

static void entry_head(struct buf *out, uint32_t crc, size_t len, const char *name)
{
	put(out, 20, 2);
	put(out, 0, 2);
	put(out, 0, 2); /* stored */
	put(out, 0, 4);
	put(out, crc, 4);
	put(out, (uint32_t)len, 4);
	put(out, (uint32_t)len, 4);
	put(out, (uint32_t)strlen(name), 2);
	put(out, 0, 2);
}

static void entry_put(struct buf *zip, struct buf *directory, const char *name, const uint8_t *bytes, size_t len)
{
	uint32_t at = (uint32_t)zip->len, crc = checksum(bytes, len);
	put(zip, 0x04034b50, 4);
	entry_head(zip, crc, len, name);
	buf_str(zip, name);
	buf_add(zip, bytes, len);
	put(directory, 0x02014b50, 4);
	put(directory, 20, 2);
	entry_head(directory, crc, len, name);
	put(directory, 0, 2);
	put(directory, 0, 2);
	put(directory, 0, 2);
	put(directory, 0, 4);
	put(directory, at, 4);
	buf_str(directory, name);
}

static void book_make(const uint8_t *bytes, size_t len, struct buf *zip, struct buf *directory)
{
	static const char book[] = "<workbook xmlns:r=\"r\"><sheets><sheet r:id=\"i\"/></sheets></workbook>";
	static const char relations[] = "<Relationships><Relationship Id=\"i\" Target=\"sheet.xml\"/></Relationships>";
	static const char *const names[] = {"xl/sheet.xml", "xl/sharedStrings.xml", "xl/styles.xml"};
	uint32_t n = 2;
	entry_put(zip, directory, "xl/workbook.xml", (const uint8_t *)book, sizeof(book) - 1);
	entry_put(zip, directory, "xl/_rels/workbook.xml.rels", (const uint8_t *)relations, sizeof(relations) - 1);
	for (size_t i = 0, from = 0; i < 3; i++, n++) {
		size_t end = from;
		while (end < len && !(len - end > 3 && memcmp(bytes + end, "%% ", 3) == 0))
			end++;
		entry_put(zip, directory, names[i], bytes + from, end - from);
		from = end + 3 < len ? end + 3 : len;
	}
	uint32_t at = (uint32_t)zip->len, size = (uint32_t)directory->len;
	buf_add(zip, directory->data, directory->len);
	put(zip, 0x06054b50, 4);
	put(zip, 0, 4);
	put(zip, n, 2);
	put(zip, n, 2);
	put(zip, size, 4);
	put(zip, at, 4);
	put(zip, 0, 2);
}

static void sheet_file(const uint8_t *bytes, size_t len, bool raw)
{
	struct arena *a = arena_new((size_t)1 << 30), *rows = arena_new((size_t)1 << 30);
	struct ctx ctx = {.arena = a};
	struct buf zip, directory;
	struct sheet_reader *r;
	struct csv_row row;
	int64_t left = 100000;
	buf_init(&zip, a, 8 << 20);
	buf_init(&directory, a, 1 << 20);
	if (!raw)
		book_make(bytes, len, &zip, &directory);
	struct given g = {.bytes = raw ? bytes : (const uint8_t *)zip.data, .len = raw ? len : zip.len, .piece = 4099};
	enum err e = sheet_open(&ctx, give, &g, &r);
	if (e == ERR_OK) {
		while ((e = sheet_next(r, rows, &row)) == ERR_OK && --left > 0) {
			must(row.n <= CSV_COLUMNS_MAX, "columns are limited");
			for (size_t i = 0; i < row.n && row.code == NULL; i++)
				must(text_valid(row.fields[i], strlen(row.fields[i])), "a cell is text");
			arena_clear(rows);
		}
		must(e == ERR_NOT_FOUND, "a sheet ends");
		sheet_reader_close(r);
	} else {
		must(e == ERR_INVALID && ctx.problems.n == 1, "a file that is no sheet is told");
	}
	arena_free(rows);
	arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	if (len < 1 || len > INPUT_MAX)
		return 0;
	if (bytes[0] & 4)
		sheet_file(bytes + 1, len - 1, bytes[0] & 1);
	else
		text_file(bytes + 1, len - 1, (enum csv_encoding)(bytes[0] % 3));
	return 0;
}
