/*
 * Pinyin of names and titles. A reading is the most common one of a character, but for surnames
 * that are read otherwise; these are taken in texts as short as a name.
 */
#include "base/pinyin_table.h"
#include "base/text.h"
#include "base/utf8.h"

enum { SORT_KEY_BYTES = 64, NAME_CHARS_MAX = 4 };

struct surname {
	const char *han;
	const char *pinyin[2]; /* one or two characters */
	const char *like;      /* characters with this reading, for sorting */
};

static const struct surname surnames[] = {
        {"尉迟", {"yu", "chi"}, "玉迟"},
        {"万俟", {"mo", "qi"}, "莫其"},
        {"长孙", {"zhang", "sun"}, "掌孙"},
        {"令狐", {"ling", "hu"}, "灵狐"},
        {"鲜于", {"xian", "yu"}, "鲜于"},
        {"单于", {"chan", "yu"}, "禅于"},
        {"澹台", {"tan", "tai"}, "谈台"},
        {"宰父", {"zai", "fu"}, "宰斧"},
        {"亓官", {"qi", "guan"}, "其官"},
        {"夏侯", {"xia", "hou"}, "夏侯"},
        {"曾", {"zeng"}, "增"},
        {"单", {"shan"}, "善"},
        {"解", {"xie"}, "谢"},
        {"仇", {"qiu"}, "求"},
        {"区", {"ou"}, "欧"},
        {"查", {"zha"}, "渣"},
        {"朴", {"piao"}, "瓢"},
        {"盖", {"ge"}, "葛"},
        {"缪", {"miao"}, "妙"},
        {"繆", {"miao"}, "妙"},
        {"种", {"chong"}, "虫"},
        {"覃", {"qin"}, "秦"},
        {"燕", {"yan"}, "烟"},
        {"任", {"ren"}, "人"},
        {"纪", {"ji"}, "己"},
        {"員", {"yun"}, "运"},
        {"员", {"yun"}, "运"},
        {"冼", {"xian"}, "显"},
        {"洗", {"xian"}, "显"},
        {"召", {"shao"}, "邵"},
        {"折", {"she"}, "舌"},
        {"黑", {"he"}, "贺"},
        {"秘", {"bi"}, "毕"},
        {"祭", {"zhai"}, "债"},
        {"逄", {"pang"}, "旁"},
        {"乜", {"nie"}, "聂"},
        {"句", {"gou"}, "勾"},
        {"隗", {"wei"}, "伟"},
        {"晁", {"chao"}, "朝"},
        {"郇", {"xun"}, "寻"},
        {"幺", {"yao"}, "妖"},
        {"尹", {"yin"}, "引"},
        {"乐", {"yue"}, "月"},
        {"樂", {"yue"}, "月"},
        {"翟", {"zhai"}, "宅"},
        {"牟", {"mu"}, "木"},
        {"訾", {"zi"}, "紫"},
        {"阚", {"kan"}, "看"},
        {"闞", {"kan"}, "看"},
        {"卜", {"bu"}, "补"},
        {"殷", {"yin"}, "阴"},
        {"宓", {"mi"}, "密"},
        {"谌", {"chen"}, "臣"},
        {"諶", {"chen"}, "臣"},
        {"佴", {"nai"}, "耐"},
        {"妫", {"gui"}, "归"},
};

static int table_at(int32_t c)
{
	if (c >= PINYIN_HAN_FROM && c <= PINYIN_HAN_TO)
		return PINYIN_EXT + c - PINYIN_HAN_FROM;
	if (c >= PINYIN_EXT_FROM && c <= PINYIN_EXT_TO)
		return c - PINYIN_EXT_FROM;
	return -1;
}

static const char *reading(int32_t c)
{
	int at = table_at(c);
	return at < 0 ? "" : pinyin_syllables[pinyin_of[at]];
}

/* The surname that begins the text, if the text may be a name: up to four Han characters. */
static const struct surname *surname_of(const char *s, size_t len)
{
	size_t chars = 0;
	for (size_t i = 0, n; i < len; i += n, chars++)
		if (!is_han(utf8_at(s + i, len - i, &n)) || chars >= NAME_CHARS_MAX)
			return NULL;
	if (chars < 2)
		return NULL;
	for (size_t i = 0; i < sizeof(surnames) / sizeof(surnames[0]); i++) {
		size_t n = strlen(surnames[i].han);
		if (n <= len && memcmp(s, surnames[i].han, n) == 0)
			return &surnames[i];
	}
	return NULL;
}

static char *spell(struct arena *a, const char *text, size_t text_len, bool initials)
{
	char *s = text_fold(a, text, text_len);
	size_t len = strlen(s);
	struct buf out;
	buf_init(&out, a, len * 3 + 16);
	const struct surname *surname = surname_of(s, len);
	size_t at = 0;
	for (size_t i = 0, n; i < len; i += n, at++) {
		int32_t c = utf8_at(s + i, len - i, &n);
		const char *syllable = surname && at < 2 && surname->pinyin[at] ? surname->pinyin[at] : reading(c);
		if (syllable[0] != '\0')
			buf_add(&out, syllable, initials ? 1 : strlen(syllable));
		else if (c != ' ' && c != 0xb7 && c != '\n' && c != '\t')
			buf_add(&out, s + i, n); /* a name is found however it was spaced */
	}
	return out.len ? out.data : arena_strndup(a, "", 0);
}

char *text_pinyin(struct arena *a, const char *s, size_t len)
{
	return spell(a, s, len, false);
}

char *text_initials(struct arena *a, const char *s, size_t len)
{
	return spell(a, s, len, true);
}

/* Each Han character becomes the code point U+4E00 + rank, so that the key is still text, and
 * comparing its bytes is comparing ranks; other characters sort before as they are. */
char *text_sort_key(struct arena *a, const char *text, size_t text_len)
{
	char *s = text_fold(a, text, text_len);
	size_t len = strlen(s);
	const struct surname *surname = surname_of(s, len);
	size_t like_bytes = surname ? strlen(surname->like) : 0;
	char *key = arena_alloc(a, SORT_KEY_BYTES + 1);
	size_t used = 0;
	for (size_t i = 0, n; i < len; i += n) {
		size_t same;
		int32_t c = i < like_bytes ? utf8_at(surname->like + i, like_bytes - i, &same)
		                           : utf8_at(s + i, len - i, &same);
		utf8_at(s + i, len - i, &n);
		char bytes[4];
		int at = table_at(c);
		size_t m = utf8_put(at < 0 ? c : PINYIN_HAN_FROM + pinyin_rank[at], bytes);
		if (used + m > SORT_KEY_BYTES)
			break;
		memcpy(key + used, bytes, m);
		used += m;
	}
	return key;
}
