/*
 * intake_paste.c: a pasted message taken apart: phones, name, address, plate, order number. A guess
 * that a person checks: what is found is offered, and the rest stays as it was written.
 */
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "flow/flow.h"

enum { PASTE_FOUND_MAX = 30, PASTE_BYTES_MAX = 64 << 10, NAME_CHARS_MAX = 4 };

struct found {
	const char *field;
	const char *value;
	size_t at, len; /* of the part in the text */
};

struct paste {
	struct ctx *ctx;
	const char *s;
	size_t len;
	char *used; /* a byte for a byte: belongs to something found */
	struct found found[PASTE_FOUND_MAX];
	size_t n;
};

/* ---- small steps over UTF-8 ------------------------------------------------------------------------ */

static size_t char_bytes(const char *s, size_t left)
{
	unsigned char c = (unsigned char)*s;
	size_t n = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
	return n < left ? n : left;
}

static bool is_han(const char *s, size_t n)
{
	unsigned char a = (unsigned char)s[0];
	return n == 3 && a >= 0xE4 && a <= 0xE9; /* U+4000 .. U+9FFF: what names and addresses are made of */
}

static bool starts(const struct paste *p, size_t at, const char *word)
{
	size_t n = strlen(word);
	return at + n <= p->len && memcmp(p->s + at, word, n) == 0;
}

static bool contains(const char *s, size_t len, const char *word)
{
	return memmem(s, len, word, strlen(word)) != NULL;
}

/* Length of a separator that stands here: line end, comma, semicolon, full stop; 0: none. */
static size_t separator(const struct paste *p, size_t at)
{
	static const char *const list[] = {"\n", "\r", "\t", ",",  ";", "，", "；",
	                                   "。", "、", "|",  "！", "!", "？", "?"};
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (starts(p, at, list[i]))
			return strlen(list[i]);
	return 0;
}

static size_t blank(const struct paste *p, size_t at)
{
	return starts(p, at, " ") ? 1 : starts(p, at, "　") ? 3 : 0;
}

static void trim(const struct paste *p, size_t *at, size_t *end)
{
	size_t n;
	while (*at < *end && (n = blank(p, *at)) > 0)
		*at += n;
	while (*end > *at && p->s[*end - 1] == ' ')
		(*end)--;
}

static void take(struct paste *p, const char *field, const char *value, size_t at, size_t len)
{
	if (p->n >= PASTE_FOUND_MAX || len == 0 || value == NULL || *value == '\0')
		return;
	p->found[p->n++] = (struct found){.field = field, .value = value, .at = at, .len = len};
	memset(p->used + at, 1, len);
}

static bool is_found(const struct paste *p, const char *field)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->found[i].field, field) == 0)
			return true;
	return false;
}

/* ---- telephone numbers ------------------------------------------------------------------------------ */

enum { RUN_DIGITS = 48 };

/* Digits with single dashes and blanks between them; ends[n] is where the text stands after n digits. */
struct digit_run {
	char digits[RUN_DIGITS + 1];
	size_t ends[RUN_DIGITS + 1];
	size_t n;
};

static void digit_run(const struct paste *p, size_t at, struct digit_run *run)
{
	size_t i = at;
	run->n = 0;
	run->ends[0] = at;
	while (i < p->len && run->n < RUN_DIGITS) {
		if (isdigit((unsigned char)p->s[i])) {
			run->digits[run->n++] = p->s[i++];
			run->ends[run->n] = i;
		} else if (run->n > 0 && (p->s[i] == '-' || p->s[i] == ' ') && i + 1 < p->len &&
		           isdigit((unsigned char)p->s[i + 1])) {
			i++;
		} else {
			break;
		}
	}
	run->digits[run->n] = '\0';
}

static const char *phone_field(const char *digits)
{
	size_t n = strlen(digits);
	if (n == 11 && digits[0] == '1' && digits[1] >= '3')
		return "mobile";
	if ((n == 11 || n == 12) && digits[0] == '0' && digits[1] != '0')
		return "phone";
	if (n == 10 && (strncmp(digits, "400", 3) == 0 || strncmp(digits, "800", 3) == 0))
		return "phone";
	return NULL;
}

/* The number that the run begins with: all of it, or up to a blank, as two numbers may follow each other. */
static size_t phone_at(const struct paste *p, struct digit_run *run, const char **ret_field)
{
	for (size_t n = run->n < 12 ? run->n : 12; n >= 10; n--) {
		char kept = run->digits[n];
		bool whole = n == run->n || p->s[run->ends[n]] == ' ';
		run->digits[n] = '\0';
		*ret_field = whole ? phone_field(run->digits) : NULL;
		if (*ret_field != NULL)
			return run->ends[n];
		run->digits[n] = kept;
	}
	return 0;
}

static void find_phones(struct paste *p)
{
	struct digit_run run;
	for (size_t i = 0; i < p->len;) {
		const char *field;
		bool inside = i > 0 && !p->used[i - 1] && (isalnum((unsigned char)p->s[i - 1]) || p->s[i - 1] == '-');
		size_t plus = starts(p, i, "+86") ? 3 : starts(p, i, "0086") ? 4 : 0;
		if (plus > 0)
			plus += blank(p, i + plus) + (starts(p, i + plus, "-") ? 1 : 0);
		digit_run(p, i + plus, &run);
		if (inside || run.n == 0) {
			i++;
			continue;
		}
		size_t end = phone_at(p, &run, &field);
		if (end > 0)
			take(p, field, arena_strdup(p->ctx->arena, run.digits), i, end - i);
		i = end > 0 ? end : run.ends[run.n];
	}
}

/* ---- plates, order numbers ---------------------------------------------------------------------------- */

static void find_plates(struct paste *p)
{
	static const char provinces[] = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
	for (size_t i = 0; i + 8 < p->len; i += char_bytes(p->s + i, p->len - i)) {
		if (!is_han(p->s + i, 3) || memmem(provinces, sizeof(provinces) - 1, p->s + i, 3) == NULL ||
		    !isalpha((unsigned char)p->s[i + 3]))
			continue;
		size_t k = i + 4, chars = 0;
		k += starts(p, k, "·") ? 2 : starts(p, k, "-") || starts(p, k, " ") || starts(p, k, ".") ? 1 : 0;
		while (k < p->len && isalnum((unsigned char)p->s[k]))
			k++, chars++;
		if (chars == 5 || chars == 6)
			take(p, "plate", arena_strndup(p->ctx->arena, p->s + i, k - i), i, k - i);
	}
}

/* Letters then many digits, or a long row of digits that is no telephone number. */
static void find_orders(struct paste *p)
{
	for (size_t i = 0; i < p->len;) {
		if (p->used[i] || !isalnum((unsigned char)p->s[i])) {
			i++;
			continue;
		}
		size_t k = i, letters = 0, digits = 0;
		while (k < p->len && !p->used[k] && (isalnum((unsigned char)p->s[k]) || p->s[k] == '-')) {
			letters += isalpha((unsigned char)p->s[k]) != 0;
			digits += isdigit((unsigned char)p->s[k]) != 0;
			k++;
		}
		bool order = (letters >= 1 && letters <= 4 && digits >= 8 && isalpha((unsigned char)p->s[i])) ||
		             (letters == 0 && digits >= 12 && digits <= 24);
		if (order)
			take(p, "order_no", arena_strndup(p->ctx->arena, p->s + i, k - i), i, k - i);
		i = k;
	}
}

/* ---- what stands after a label -------------------------------------------------------------------------- */

static const struct {
	const char *word, *field;
} labels[] = {
        {"收货地址", "address"},
        {"收件地址", "address"},
        {"详细地址", "address"},
        {"联系地址", "address"},
        {"家庭住址", "address"},
        {"地址", "address"},
        {"住址", "address"},
        {"房号", "address"},
        {"收货人", "name"},
        {"收件人", "name"},
        {"联系人", "name"},
        {"客户姓名", "name"},
        {"姓名", "name"},
        {"业主", "name"},
        {"所在地区", "region"},
        {"地区", "region"},
        {"订单编号", "order_no"},
        {"订单号", "order_no"},
        {"单号", "order_no"},
        {"车牌号", "plate"},
        {"车牌", "plate"},
        {"手机号码", ""},
        {"手机号", ""},
        {"联系电话", ""},
        {"手机", ""},
        {"电话", ""},
        {"微信号", "wechat"},
        {"微信", "wechat"},
        {"邮箱", "email"},
        {"型号", "product"},
};

static size_t colon(const struct paste *p, size_t at)
{
	at += blank(p, at);
	return starts(p, at, "：") ? 3 : starts(p, at, ":") ? 1 : 0;
}

/* Where a value that begins here ends: a separator, a label with its colon, or something found. */
static size_t value_end(const struct paste *p, size_t at)
{
	while (at < p->len && separator(p, at) == 0 && !p->used[at]) {
		for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
			if (starts(p, at, labels[i].word) && colon(p, at + strlen(labels[i].word)) > 0)
				return at;
		at += char_bytes(p->s + at, p->len - at);
	}
	return at;
}

static void find_labelled(struct paste *p)
{
	for (size_t at = 0; at < p->len; at += char_bytes(p->s + at, p->len - at)) {
		for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]) && !p->used[at]; i++) {
			size_t word = strlen(labels[i].word);
			if (!starts(p, at, labels[i].word) || colon(p, at + word) == 0)
				continue;
			size_t from = at + word + blank(p, at + word) + colon(p, at + word), end = value_end(p, from);
			size_t b = from, e = end;
			trim(p, &b, &e);
			/* A telephone's label goes with its number, which is found already. */
			if (*labels[i].field == '\0')
				memset(p->used + at, 1, from - at);
			else if (e > b)
				take(p, labels[i].field, arena_strndup(p->ctx->arena, p->s + b, e - b), at, e - at);
			break;
		}
	}
}

/* ---- names and addresses without a label ------------------------------------------------------------------ */

static bool is_surname(const char *s, size_t left)
{
	static const char one[] =
	        "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任"
	        "沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫"
	        "孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童"
	        "凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连";
	static const char *const two[] = {"欧阳", "司马", "诸葛", "上官", "司徒",
	                                  "东方", "夏侯", "皇甫", "尉迟", "慕容"};
	for (size_t i = 0; i < sizeof(two) / sizeof(two[0]); i++)
		if (left >= 6 && memcmp(s, two[i], 6) == 0)
			return true;
	for (size_t i = 0; left >= 3 && i + 3 < sizeof(one); i += 3)
		if (memcmp(s, one + i, 3) == 0)
			return true;
	return false;
}

static bool is_name(const char *s, size_t len)
{
	size_t chars = 0;
	for (size_t i = 0; i < len; i += 3, chars++)
		if (!is_han(s + i, len - i < 3 ? len - i : 3))
			return false;
	return chars >= 2 && chars <= NAME_CHARS_MAX && is_surname(s, len);
}

static bool is_address(const char *s, size_t len)
{
	static const char *const marks[] = {"省", "市", "区",   "县", "镇",   "乡",   "路",   "街", "道", "巷", "号",
	                                    "栋", "幢", "单元", "室", "小区", "花园", "大厦", "村", "座", "楼"};
	size_t n = 0;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		n += contains(s, len, marks[i]);
	bool numbered = false;
	for (size_t i = 0; i < len; i++)
		numbered |= isdigit((unsigned char)s[i]) != 0;
	return (n >= 3 || (n >= 2 && numbered)) && len >= 12;
}

/* One stretch between separators and found things. */
static void judge_segment(struct paste *p, size_t at, size_t end)
{
	static const char *const intro[] = {"我叫", "我是", "本人"};
	trim(p, &at, &end);
	const char *s = p->s + at;
	size_t len = end - at, skip = 0;
	for (size_t i = 0; i < 3; i++)
		if (starts(p, at, intro[i]))
			skip = 6;
	if (!is_found(p, "name") && len > skip && is_name(s + skip, len - skip))
		take(p, "name", arena_strndup(p->ctx->arena, s + skip, len - skip), at, len);
	else if (!is_found(p, "address") && is_address(s, len))
		take(p, "address", arena_strndup(p->ctx->arena, s, len), at, len);
}

/* Names are short: a blank ends them too, an address may hold blanks. */
static void find_unlabelled(struct paste *p, bool blanks_part)
{
	for (size_t at = 0; at < p->len;) {
		size_t end = at, n;
		while (end < p->len && !p->used[end] && separator(p, end) == 0 && !(blanks_part && blank(p, end) > 0))
			end += char_bytes(p->s + end, p->len - end);
		if (end > at)
			judge_segment(p, at, end);
		n = end < p->len ? separator(p, end) : 0;
		if (n == 0 && end < p->len)
			n = blank(p, end) > 0 ? blank(p, end) : 1;
		at = end + (n > 0 ? n : 1);
	}
}

/* ---- the answer ---------------------------------------------------------------------------------------------- */

static const char *rest_of(struct paste *p)
{
	struct buf b;
	buf_init(&b, p->ctx->arena, PASTE_BYTES_MAX + 1);
	for (size_t i = 0; i < p->len; i++)
		if (!p->used[i])
			buf_char(&b, p->s[i]);
	/* Separators that stood between what was found lead and trail now. */
	struct paste q = {.ctx = p->ctx, .s = b.data, .len = b.len};
	size_t at = 0, n;
	while (at < q.len && (n = separator(&q, at) + blank(&q, at)) > 0)
		at += n;
	return text_clean(p->ctx->arena, b.data + at, b.len - at);
}

enum err intake_paste(struct ctx *ctx, const char *text, size_t len, struct json_out *out)
{
	if (len > PASTE_BYTES_MAX)
		return ctx_problem(ctx, ERR_TOO_LARGE, "text", "too_long", "at most %d bytes", PASTE_BYTES_MAX);
	struct paste *p = ARENA_NEW(ctx->arena, struct paste);
	const char *clean = text_clean(ctx->arena, text, len);
	*p = (struct paste){.ctx = ctx, .s = clean, .len = strlen(clean)};
	p->used = arena_alloc(ctx->arena, p->len + 1);
	find_phones(p);
	find_plates(p);
	find_labelled(p);
	find_orders(p);
	find_unlabelled(p, false);
	find_unlabelled(p, true);
	json_open(out, '{');
	json_key(out, "found");
	json_open(out, '[');
	for (size_t i = 0; i < p->n; i++) {
		json_open(out, '{');
		json_key(out, "field");
		json_text(out, p->found[i].field);
		json_key(out, "value");
		json_text(out, p->found[i].value);
		json_key(out, "part");
		json_textn(out, p->s + p->found[i].at, p->found[i].len);
		json_close(out, '}');
	}
	json_close(out, ']');
	json_key(out, "rest");
	json_text(out, rest_of(p));
	json_close(out, '}');
	return ERR_OK;
}
