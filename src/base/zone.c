/*
 * Zones from TZif files (RFC 8536): the transitions of the 64-bit part, then the rule of the
 * footer for all later times.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/zone_rule.h"

#define ZONE_DIR "/usr/share/zoneinfo/"
enum { ZONE_FILE_BYTES_MAX = 256 << 10, ZONE_NAME_BYTES = 64 };

struct zone {
	char name[ZONE_NAME_BYTES];
	size_t n;        /* transitions */
	int64_t *at;     /* seconds UTC, rising */
	int32_t *offset; /* seconds east of UTC from at[i] on */
	int32_t first;   /* before at[0] */
	bool has_rule;
	struct zone_rule rule;
};

static bool name_ok(const char *name)
{
	size_t len = strlen(name);
	if (len == 0 || len >= ZONE_NAME_BYTES || name[0] == '/' || strstr(name, "..") != NULL)
		return false;
	for (const char *p = name; *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
		      strchr("_+-/", *p)))
			return false;
	return true;
}

static bool read_file(const char *name, unsigned char **ret_bytes, size_t *ret_len)
{
	char path[sizeof(ZONE_DIR) + ZONE_NAME_BYTES];
	snprintf(path, sizeof(path), "%s%s", ZONE_DIR, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	struct stat st;
	unsigned char *bytes = NULL;
	bool ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= 44 && st.st_size <= ZONE_FILE_BYTES_MAX;
	if (ok) {
		bytes = malloc((size_t)st.st_size + 1);
		ok = bytes != NULL && read(fd, bytes, (size_t)st.st_size) == st.st_size;
	}
	close(fd);
	if (!ok) {
		free(bytes);
		return false;
	}
	bytes[st.st_size] = '\0';
	*ret_bytes = bytes;
	*ret_len = (size_t)st.st_size;
	return true;
}

static uint32_t be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t be64(const unsigned char *p)
{
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

struct tzif_head {
	size_t isut, isstd, leap, times, types, chars;
};

static bool head_read(const unsigned char *p, struct tzif_head *h)
{
	if (memcmp(p, "TZif", 4) != 0)
		return false;
	*h = (struct tzif_head){be32(p + 20), be32(p + 24), be32(p + 28), be32(p + 32), be32(p + 36), be32(p + 40)};
	return h->isut < 1000 && h->isstd < 1000 && h->leap < 1000 && h->times < 10000 && h->types > 0 &&
	       h->types < 256 && h->chars < 1000;
}

static size_t body_bytes(const struct tzif_head *h, size_t time_bytes)
{
	return h->times * time_bytes + h->times + h->types * 6 + h->chars + h->leap * (time_bytes + 4) + h->isstd +
	       h->isut;
}

static bool parse(struct zone *z, const unsigned char *bytes, size_t len)
{
	struct tzif_head h;
	if (!head_read(bytes, &h) || bytes[4] < '2')
		return false;
	size_t at = 44 + body_bytes(&h, 4);
	if (at + 44 > len || !head_read(bytes + at, &h))
		return false;
	at += 44;
	if (at + body_bytes(&h, 8) > len)
		return false;
	const unsigned char *times = bytes + at, *indexes = times + h.times * 8, *types = indexes + h.times;
	z->at = calloc(h.times + 1, sizeof(*z->at));
	z->offset = calloc(h.times + 1, sizeof(*z->offset));
	if (z->at == NULL || z->offset == NULL)
		return false;
	z->n = h.times;
	z->first = (int32_t)be32(types);
	for (size_t i = 0; i < h.times; i++) {
		if (indexes[i] >= h.types)
			return false;
		z->at[i] = be64(times + i * 8);
		z->offset[i] = (int32_t)be32(types + indexes[i] * 6u);
		if (i > 0 && z->at[i] <= z->at[i - 1])
			return false;
	}
	at += body_bytes(&h, 8);
	if (at < len && bytes[at] == '\n') {
		char *footer = (char *)bytes + at + 1;
		char *end = strchr(footer, '\n');
		if (end != NULL && end > footer) {
			*end = '\0';
			z->has_rule = zone_rule_parse(footer, &z->rule);
			return z->has_rule;
		}
	}
	return true;
}

enum err zone_load(const char *name, struct zone **ret_zone)
{
	unsigned char *bytes;
	size_t len;
	if (name == NULL || !name_ok(name) || !read_file(name, &bytes, &len))
		return ERR_INVALID;
	struct zone *z = calloc(1, sizeof(*z));
	if (z == NULL)
		abort();
	snprintf(z->name, sizeof(z->name), "%s", name);
	bool ok = parse(z, bytes, len);
	free(bytes);
	if (!ok) {
		zone_free(z);
		return ERR_INVALID;
	}
	*ret_zone = z;
	return ERR_OK;
}

void zone_free(struct zone *z)
{
	if (z == NULL)
		return;
	free(z->at);
	free(z->offset);
	free(z);
}

const char *zone_name(const struct zone *z)
{
	return z->name;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t offset_at(const struct zone *z, int64_t seconds)
{
	if (z->n == 0 || seconds < z->at[0])
		return z->n == 0 && z->has_rule ? zone_rule_offset(&z->rule, seconds) : z->first;
	if (seconds >= z->at[z->n - 1] && z->has_rule)
		return zone_rule_offset(&z->rule, seconds);
	size_t low = 0, high = z->n; /* at[low] <= seconds < at[high] */
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (z->at[middle] <= seconds)
			low = middle;
		else
			high = middle;
	}
	return z->offset[low];
}

int64_t zone_offset_ms(const struct zone *z, int64_t at_ms)
{
	return offset_at(z, floor_div(at_ms, 1000)) * 1000;
}

int64_t zone_next_change(const struct zone *z, int64_t at_ms)
{
	int64_t seconds = floor_div(at_ms, 1000);
	if (z->n == 0 || seconds >= z->at[z->n - 1])
		return z->has_rule ? zone_rule_next(&z->rule, seconds) : INT64_MAX;
	size_t low = 0, high = z->n - 1; /* the first that lies after it is in low..high */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (z->at[middle] > seconds)
			high = middle;
		else
			low = middle + 1;
	}
	return z->at[low] * 1000;
}

void zone_local(const struct zone *z, int64_t at_ms, struct local_time *ret_local)
{
	int64_t local_ms = at_ms + offset_at(z, floor_div(at_ms, 1000)) * 1000;
	int64_t days = floor_div(local_ms, DAY_MS);
	int rest = (int)(local_ms - days * DAY_MS);
	struct local_time t;
	date_from_days(days, &t.year, &t.month, &t.day);
	t.hour = rest / (int)HOUR_MS;
	t.minute = rest / (int)MINUTE_MS % 60;
	t.second = rest / 1000 % 60;
	t.ms = rest % 1000;
	int64_t weekday = (days + 3) % 7; /* 1970-01-01 was a Thursday */
	t.weekday = (int)(weekday < 0 ? weekday + 7 : weekday) + 1;
	*ret_local = t;
}

int64_t zone_instant(const struct zone *z, const struct local_time *local)
{
	int64_t wall = date_days(local->year, local->month, 1) * 86400 + ((int64_t)local->day - 1) * 86400 +
	               (int64_t)local->hour * 3600 + (int64_t)local->minute * 60 + local->second;
	/* The offsets of the day before and the day after: in all but a few instants they agree. */
	int64_t before = offset_at(z, wall - 86400 - 43200), after = offset_at(z, wall + 86400 + 43200);
	int64_t a = wall - before, b = wall - after;
	bool a_fits = offset_at(z, a) == before, b_fits = offset_at(z, b) == after;
	if (a_fits && b_fits)
		return (a < b ? a : b) * 1000 + local->ms;
	if (a_fits || b_fits)
		return (a_fits ? a : b) * 1000 + local->ms;
	/* Skipped: the change lies in (b, a]; the first instant with the new offset. */
	int64_t low = b < a ? b : a, high = b < a ? a : b;
	int64_t old = offset_at(z, low);
	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;
		if (offset_at(z, middle) == old)
			low = middle;
		else
			high = middle;
	}
	return high * 1000;
}

int64_t zone_day_start(const struct zone *z, int64_t at_ms, int days)
{
	struct local_time t;
	zone_local(z, at_ms, &t);
	struct local_time start = {.year = t.year, .month = t.month, .day = t.day + days};
	return zone_instant(z, &start);
}
