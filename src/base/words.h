/* words.h: a few words of a text, as declarations of time are written: "month 25 09:00". */
#ifndef SHOUWEN_BASE_WORDS_H
#define SHOUWEN_BASE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum { WORDS_MAX = 4, WORD_BYTES = 64 };

struct words {
	char word[WORDS_MAX][WORD_BYTES];
	size_t n;
};

/* At blanks. False: none, too many words, or one too long. */
bool words_split(const char *s, struct words *ret_words);

#endif
