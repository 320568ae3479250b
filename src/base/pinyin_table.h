/* pinyin_table.h: the table made by tools/gen-pinyin.c; for pinyin.c only. */
#ifndef SHOUWEN_BASE_PINYIN_TABLE_H
#define SHOUWEN_BASE_PINYIN_TABLE_H

#include <stdint.h>

/* Characters U+3400–4DBF, then U+4E00–9FFF. */
enum { PINYIN_EXT_FROM = 0x3400, PINYIN_EXT_TO = 0x4dbf, PINYIN_HAN_FROM = 0x4e00, PINYIN_HAN_TO = 0x9fff };
enum {
	PINYIN_EXT = PINYIN_EXT_TO - PINYIN_EXT_FROM + 1,
	PINYIN_COUNT = PINYIN_EXT + PINYIN_HAN_TO - PINYIN_HAN_FROM + 1
};

extern const char pinyin_syllables[][8];         /* [0] is "": no reading */
extern const uint16_t pinyin_of[PINYIN_COUNT];   /* index of its syllable */
extern const uint16_t pinyin_rank[PINYIN_COUNT]; /* dictionary order */

#endif
