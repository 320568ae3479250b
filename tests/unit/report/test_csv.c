/* The reader and the writer of CSV: what people's files hold. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/limit.h"
#include "report/csv.h"

/* A text given in pieces of `piece` bytes. */
struct given {
	const char *text;
	size_t len, at, piece;
	bool fails; /* at its end */
};

static long give(void *arg, void *bytes, size_t n)
{
	struct given *g = arg;
	if (g->at == g->len)
		return g->fails ? -1 : 0;
	if (n > g->piece)
		n = g->piece;
	if (n > g->len - g->at)
		n = g->len - g->at;
	memcpy(bytes, g->text + g->at, n);
	g->at += n;
	return (long)n;
}

struct file {
	struct given given;
	struct csv_reader *reader;
	struct arena *arena;
	struct csv_row row;
};

static void file_open_as(struct file *f, const char *text, size_t len, size_t piece, enum csv_encoding encoding)
{
	*f = (struct file){.given = {.text = text, .len = len, .piece = piece}};
	f->arena = arena_new(256 << 20);
	f->reader = csv_open(give, &f->given, encoding);
}

static void file_open(struct file *f, const char *text)
{
	file_open_as(f, text, strlen(text), 7, CSV_GUESS);
}

static void file_close(struct file *f)
{
	assert_int_equal(csv_next(f->reader, f->arena, &f->row), ERR_NOT_FOUND);
	csv_close(f->reader);
	arena_free(f->arena);
}

static void row_is(struct file *f, const char *code, size_t n, ...)
{
	va_list args;
	assert_int_equal(csv_next(f->reader, f->arena, &f->row), ERR_OK);
	if (code == NULL && f->row.code != NULL)
		fail_msg("row %lld: %s", (long long)f->row.number, f->row.code);
	if (code != NULL) {
		assert_non_null(f->row.code);
		assert_string_equal(f->row.code, code);
		return;
	}
	assert_int_equal(f->row.n, n);
	va_start(args, n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(f->row.fields[i], va_arg(args, const char *));
	va_end(args);
}

static void test_plain(void **state)
{
	struct file f;
	file_open(&f, "编号,姓名\r\n1,张三\r\n\r\n\n2,李四\n3,");
	row_is(&f, NULL, 2, "编号", "姓名");
	row_is(&f, NULL, 2, "1", "张三");
	assert_int_equal(f.row.number, 2);
	row_is(&f, NULL, 2, "2", "李四"); /* blank lines are passed over */
	assert_int_equal(f.row.number, 3);
	assert_int_equal(f.row.line, 5);
	row_is(&f, NULL, 2, "3", "");
	assert_int_equal(csv_found_encoding(f.reader), CSV_UTF8);
	assert_int_equal(csv_bytes(f.reader), f.given.len);
	file_close(&f);
}

static void test_bom(void **state)
{
	struct file f;
	file_open(&f, "\xEF\xBB\xBF名称\n值\n");
	row_is(&f, NULL, 1, "名称");
	row_is(&f, NULL, 1, "值");
	file_close(&f);
	file_open(&f, "\xEF\xBB\xBF");
	file_close(&f);
	file_open(&f, "");
	file_close(&f);
}

static void test_quotes(void **state)
{
	struct file f;
	file_open(&f, "\"a\",\"b \"\"c\"\"\",\"\",\"x\r\ny\n\nz\"\r\nb\"are, \"kept\"\n\"\"\"\",\",\"\n");
	row_is(&f, NULL, 4, "a", "b \"c\"", "", "x\r\ny\n\nz");
	row_is(&f, NULL, 2, "b\"are", " \"kept\"");
	assert_int_equal(f.row.line, 5);
	row_is(&f, NULL, 2, "\"", ",");
	file_close(&f);
}

static void test_old_mac(void **state)
{
	struct file f;
	file_open(&f, "a,b\r1,2\r3,4");
	row_is(&f, NULL, 2, "a", "b");
	row_is(&f, NULL, 2, "1", "2");
	row_is(&f, NULL, 2, "3", "4");
	file_close(&f);
}

/* What is wrong is told for its row, and the next row is read. */
static void test_bad_rows(void **state)
{
	struct file f;
	file_open(&f, "a,b\n\"x\"y,1\nok,ok\n\"never closed,1\nmore\n");
	row_is(&f, NULL, 2, "a", "b");
	row_is(&f, "bad_quote", 0);
	row_is(&f, NULL, 2, "ok", "ok");
	row_is(&f, "open_quote", 0);
	file_close(&f);
	file_open_as(&f, "a\n\xE5\xBC\nb\n\xC0\xAF\n\"open\nc\n", 18, 3, CSV_UTF8);
	row_is(&f, NULL, 1, "a");
	row_is(&f, "bad_encoding", 0);
	row_is(&f, NULL, 1, "b");
	row_is(&f, "bad_encoding", 0);
	row_is(&f, "open_quote", 0);
	assert_int_equal(f.row.line, 5);
	file_close(&f);
}

static void test_nul(void **state)
{
	struct file f;
	file_open_as(&f, "a,b\n1\0x,2\n3,4\n", 14, 5, CSV_UTF8);
	row_is(&f, NULL, 2, "a", "b");
	row_is(&f, "bad_encoding", 0);
	row_is(&f, NULL, 2, "3", "4");
	file_close(&f);
}

/* 张三,投诉 in GB18030, with 𠮷, which has four bytes, and a byte that is none. */
static void test_gb18030(void **state)
{
	static const char text[] =
	        "\xD0\xD5\xC3\xFB,b\n\xD5\xC5\xC8\xFD,\xCD\xB6\xCB\xDF\n\x95\x34\xB2\x35,1\nx\xFF,2\n"
	        "\xC0\xEE,3\n\xC0";
	for (size_t piece = 1; piece < 9; piece++) {
		struct file f;
		file_open_as(&f, text, sizeof(text) - 1, piece, CSV_GUESS);
		row_is(&f, NULL, 2, "姓名", "b");
		row_is(&f, NULL, 2, "张三", "投诉");
		assert_int_equal(csv_found_encoding(f.reader), CSV_GB18030);
		row_is(&f, NULL, 2, "𠮷", "1");
		row_is(&f, "bad_encoding", 0);
		row_is(&f, NULL, 2, "李", "3"); /* only the row that holds it */
		row_is(&f, "bad_encoding", 0);  /* cut off at the end of the file */
		file_close(&f);
	}
}

/* The first Chinese comes after megabytes of ASCII, and a character lies across two pieces of the reader. */
static void test_late_encoding(void **state)
{
	size_t len = 0, cap = 1 << 20;
	char *text = malloc(cap);
	while (len < 200000) {
		memcpy(text + len, "plain,row\n", 10);
		len += 10;
	}
	size_t rows = len / 10;
	while (len % (64 << 10) != (64 << 10) - 1) /* the next byte is the last of a piece */
		text[len++] = 'x';
	memcpy(text + len, "\xD5\xC5,\xC8\xFD\n", 6);
	len += 6;
	struct file f;
	file_open_as(&f, text, len, 1 << 20, CSV_GUESS);
	for (size_t i = 0; i < rows; i++)
		row_is(&f, NULL, 2, "plain", "row");
	assert_int_equal(csv_next(f.reader, f.arena, &f.row), ERR_OK);
	assert_null(f.row.code);
	size_t at = strlen(f.row.fields[0]);
	assert_string_equal(f.row.fields[0] + at - 3, "张");
	assert_string_equal(f.row.fields[1], "三");
	file_close(&f);
	free(text);
}

/* UTF-8 characters cut at every place, and at the border of the reader's own piece. */
static void test_cut_characters(void **state)
{
	for (size_t pad = (64 << 10) - 8; pad < (64 << 10) + 2; pad++) {
		char *text = malloc(pad + 64);
		memset(text, 'x', pad);
		int n = snprintf(text + pad, 64, "汉字𠮷,b\n尾,巴\n");
		struct file f;
		file_open_as(&f, text, pad + (size_t)n, 4096 + pad % 7, CSV_GUESS);
		assert_int_equal(csv_next(f.reader, f.arena, &f.row), ERR_OK);
		assert_null(f.row.code);
		assert_string_equal(f.row.fields[0] + pad, "汉字𠮷");
		row_is(&f, NULL, 2, "尾", "巴");
		file_close(&f);
		free(text);
	}
}

static void test_huge(void **state)
{
	size_t big = LIMIT_CSV_FIELD_BYTES, cap = big * 6 + 100, len = 0;
	char *text = malloc(cap);
	memset(text, 'x', cap);
	memcpy(text + big, ",b\n", 3); /* just fits */
	memcpy(text + big + 3 + big + 1, ",b\nc,d\n", 7);
	len = big + 3 + big + 8;
	struct file f;
	file_open_as(&f, text, len, 1 << 16, CSV_UTF8);
	assert_int_equal(csv_next(f.reader, f.arena, &f.row), ERR_OK);
	assert_null(f.row.code);
	assert_int_equal(strlen(f.row.fields[0]), big);
	row_is(&f, "too_long", 0);
	row_is(&f, NULL, 2, "c", "d");
	file_close(&f);
	/* Five fields that fit, in a row that doesn't. */
	memset(text, 'x', cap);
	for (size_t i = 1; i < 6; i++)
		text[i * (big - 1)] = ',';
	memcpy(text + 6 * (big - 1), "\nok\n", 4);
	file_open_as(&f, text, 6 * (big - 1) + 4, 1 << 16, CSV_UTF8);
	row_is(&f, "too_long", 0);
	row_is(&f, NULL, 1, "ok");
	file_close(&f);
	free(text);
}

static void test_columns(void **state)
{
	char text[2 * CSV_COLUMNS_MAX + 10];
	for (int extra = 0; extra < 2; extra++) {
		size_t len = 0;
		for (size_t i = 0; i < CSV_COLUMNS_MAX + (size_t)extra; i++) {
			if (i > 0)
				text[len++] = ',';
			text[len++] = (char)('a' + i % 26);
		}
		memcpy(text + len, "\nx\n", 3);
		struct file f;
		file_open_as(&f, text, len + 3, 100, CSV_UTF8);
		assert_int_equal(csv_next(f.reader, f.arena, &f.row), ERR_OK);
		if (extra) {
			assert_string_equal(f.row.code, "too_many_columns");
		} else {
			assert_null(f.row.code);
			assert_int_equal(f.row.n, CSV_COLUMNS_MAX);
			assert_string_equal(f.row.fields[CSV_COLUMNS_MAX - 1], "l");
		}
		row_is(&f, NULL, 1, "x");
		file_close(&f);
	}
}

static void test_source_fails(void **state)
{
	struct file f;
	file_open(&f, "a,b\n1,");
	f.given.fails = true;
	assert_int_equal(csv_next(f.reader, f.arena, &f.row), ERR_INTERNAL);
	csv_close(f.reader);
	arena_free(f.arena);
}

/* ---- out ------------------------------------------------------------------------------------------- */

static void cell_is(const char *given, const char *want)
{
	struct arena *a = arena_new(1 << 20);
	struct buf out;
	buf_init(&out, a, 1 << 16);
	csv_cell(&out, given, strlen(given), true);
	assert_string_equal(out.data ? out.data : "", want);
	arena_free(a);
}

static void test_cells(void **state)
{
	cell_is("", "");
	cell_is("张三", "张三");
	cell_is("a,b", "\"a,b\"");
	cell_is("他说\"好\"", "\"他说\"\"好\"\"\"");
	cell_is("一\n二", "\"一\n二\"");
	cell_is(" x", "\" x\"");
	cell_is("0012", "0012");
}

/* What a spreadsheet would run is text; a number with its sign stays a number. */
static void test_formulas(void **state)
{
	cell_is("=1+1", "\"'=1+1\"");
	cell_is("@SUM(A1)", "\"'@SUM(A1)\"");
	cell_is("+cmd|' /C calc'!A0", "\"'+cmd|' /C calc'!A0\"");
	cell_is("-2+3+cmd", "\"'-2+3+cmd\"");
	cell_is("\t=1", "\"'\t=1\"");
	cell_is("\r=1", "\"'\r=1\"");
	cell_is("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\"");
	cell_is("＝1+1", "\"'＝1+1\"");
	cell_is("-12.50", "-12.50");
	cell_is("+86 13812340021", "+86 13812340021");
	cell_is("-", "-");
	cell_is("a=1", "a=1");
}

/* What goes out comes in again. */
static void test_round(void **state)
{
	static const char *const cells[] = {"a", "", "x,\"y\"\r\nz", "张三", " 空 ", "'", "最后"};
	struct arena *a = arena_new(1 << 20);
	struct buf out;
	struct file f;
	buf_init(&out, a, 1 << 16);
	buf_str(&out, csv_bom);
	for (int row = 0; row < 2; row++) {
		for (size_t i = 0; i < 7; i++)
			csv_cell(&out, cells[i], strlen(cells[i]), i == 0);
		csv_line_end(&out);
	}
	file_open_as(&f, out.data, out.len, 3, CSV_GUESS);
	for (int row = 0; row < 2; row++)
		row_is(&f, NULL, 7, cells[0], cells[1], cells[2], cells[3], cells[4], cells[5], cells[6]);
	file_close(&f);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_plain),          cmocka_unit_test(test_bom),
	        cmocka_unit_test(test_quotes),         cmocka_unit_test(test_old_mac),
	        cmocka_unit_test(test_bad_rows),       cmocka_unit_test(test_nul),
	        cmocka_unit_test(test_gb18030),        cmocka_unit_test(test_late_encoding),
	        cmocka_unit_test(test_cut_characters), cmocka_unit_test(test_huge),
	        cmocka_unit_test(test_columns),        cmocka_unit_test(test_source_fails),
	        cmocka_unit_test(test_cells),          cmocka_unit_test(test_formulas),
	        cmocka_unit_test(test_round),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
