/*
 * gen-pinyin: writes the C table behind text_pinyin and text_sort_key: for every common Han
 * character its syllable and its rank in Chinese dictionary order. Uses ICU, at build time only.
 */
#define SHOUWEN_ALLOW_BANNED
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/ucol.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

enum { EXT_FROM = 0x3400, EXT_TO = 0x4dbf, HAN_FROM = 0x4e00, HAN_TO = 0x9fff, SYLLABLES_MAX = 600 };
#define COUNT ((EXT_TO - EXT_FROM + 1) + (HAN_TO - HAN_FROM + 1))

struct han {
	UChar c;
	uint8_t key[64];
	int32_t key_len;
};

static UChar han_at(int i)
{
	int ext = EXT_TO - EXT_FROM + 1;
	return (UChar)(i < ext ? EXT_FROM + i : HAN_FROM + i - ext);
}

static void check(UErrorCode status, const char *what)
{
	if (U_FAILURE(status)) {
		fprintf(stderr, "gen-pinyin: %s: %s\n", what, u_errorName(status));
		exit(1);
	}
}

/* ü is typed as v in Chinese; Latin-ASCII would make it u. */
static void syllable_of(UTransliterator *to_latin, UTransliterator *to_ascii, UChar c, char out[16])
{
	UErrorCode status = U_ZERO_ERROR;
	UChar text[32] = {c, 0};
	int32_t len = 1, limit = 1;
	utrans_transUChars(to_latin, text, &len, 32, 0, &limit, &status);
	check(status, "Han-Latin");
	for (int32_t i = 0; i < len; i++)
		if (text[i] == 0xfc || (text[i] >= 0x1d6 && text[i] <= 0x1dc))
			text[i] = 'v';
	limit = len;
	utrans_transUChars(to_ascii, text, &len, 32, 0, &limit, &status);
	check(status, "Latin-ASCII");
	out[0] = '\0';
	if (len > 6)
		return;
	for (int32_t i = 0; i < len; i++) {
		if (text[i] < 'a' || text[i] > 'z') {
			out[0] = '\0';
			return;
		}
		out[i] = (char)text[i];
		out[i + 1] = '\0';
	}
}

static int by_key(const void *a, const void *b)
{
	const struct han *x = a, *y = b;
	int32_t n = x->key_len < y->key_len ? x->key_len : y->key_len;
	int order = memcmp(x->key, y->key, (size_t)n);
	if (order != 0)
		return order;
	if (x->key_len != y->key_len)
		return x->key_len - y->key_len;
	return (int)x->c - (int)y->c;
}

static void rank_all(uint16_t *rank)
{
	UErrorCode status = U_ZERO_ERROR;
	UCollator *collator = ucol_open("zh@collation=pinyin", &status);
	check(status, "collator");
	struct han *all = calloc(COUNT, sizeof(*all));
	if (all == NULL)
		exit(1);
	for (int i = 0; i < COUNT; i++) {
		all[i].c = han_at(i);
		all[i].key_len = ucol_getSortKey(collator, &all[i].c, 1, all[i].key, sizeof(all[i].key));
	}
	qsort(all, COUNT, sizeof(*all), by_key);
	for (int i = 0; i < COUNT; i++) {
		int at = all[i].c >= HAN_FROM ? all[i].c - HAN_FROM + (EXT_TO - EXT_FROM + 1) : all[i].c - EXT_FROM;
		rank[at] = (uint16_t)i;
	}
	free(all);
	ucol_close(collator);
}

static void write_table(FILE *f, const char *name, const uint16_t *table)
{
	fprintf(f, "const uint16_t %s[%d] = {", name, COUNT);
	for (int i = 0; i < COUNT; i++)
		fprintf(f, "%s%u,", i % 20 ? "" : "\n", table[i]);
	fprintf(f, "\n};\n");
}

int main(int argc, char **argv)
{
	static char syllables[SYLLABLES_MAX][8];
	static uint16_t index[COUNT], rank[COUNT];
	int n = 1; /* 0: no reading */
	UErrorCode status = U_ZERO_ERROR;
	UChar id[64];
	if (argc != 2)
		return 1;
	u_uastrcpy(id, "Han-Latin");
	UTransliterator *to_latin = utrans_openU(id, -1, UTRANS_FORWARD, NULL, 0, NULL, &status);
	check(status, "Han-Latin");
	u_uastrcpy(id, "Latin-ASCII");
	UTransliterator *to_ascii = utrans_openU(id, -1, UTRANS_FORWARD, NULL, 0, NULL, &status);
	check(status, "Latin-ASCII");
	for (int i = 0; i < COUNT; i++) {
		char s[16];
		syllable_of(to_latin, to_ascii, han_at(i), s);
		if (s[0] == '\0')
			continue;
		int at = 1;
		while (at < n && strcmp(syllables[at], s) != 0)
			at++;
		if (at == n) {
			if (n == SYLLABLES_MAX)
				return 1;
			snprintf(syllables[n++], sizeof(syllables[0]), "%.6s", s);
		}
		index[i] = (uint16_t)at;
	}
	rank_all(rank);
	FILE *f = fopen(argv[1], "w");
	if (f == NULL)
		return 1;
	fprintf(f, "/* Made by tools/gen-pinyin.c. */\n#include \"base/pinyin_table.h\"\n\nconst char "
	           "pinyin_syllables[][8] = {");
	for (int i = 0; i < n; i++)
		fprintf(f, "%s\"%s\",", i % 12 ? "" : "\n", syllables[i]);
	fprintf(f, "\n};\n");
	write_table(f, "pinyin_of", index);
	write_table(f, "pinyin_rank", rank);
	utrans_close(to_latin);
	utrans_close(to_ascii);
	return fclose(f) == 0 ? 0 : 1;
}
