/* words.c: a text taken apart at its blanks. */
#include "base/words.h"

#include <string.h>

bool words_split(const char *s, struct words *ret_words)
{
	ret_words->n = 0;
	while (*(s += strspn(s, " ")) != '\0') {
		size_t len = strcspn(s, " ");
		if (ret_words->n == WORDS_MAX || len >= WORD_BYTES)
			return false;
		memcpy(ret_words->word[ret_words->n], s, len);
		ret_words->word[ret_words->n++][len] = '\0';
		s += len;
	}
	return ret_words->n > 0;
}
