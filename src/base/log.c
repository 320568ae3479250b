#include "base/log.h"

#include <stdarg.h>
#include <unistd.h>

#include "base/clock.h"

void log_line(enum log_level level, const char *format, ...)
{
	static const char *const names[] = {
	        [LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARN] = "warn", [LOG_LEVEL_INFO] = "info"};
	char line[2048], at[INSTANT_BYTES];
	instant_format(clock_now_ms(), at);
	int head = snprintf(line, sizeof(line), "%s %s ", at, names[level]);
	if (head < 0)
		return;
	va_list args;
	va_start(args, format);
	int n = vsnprintf(line + head, sizeof(line) - (size_t)head - 1, format, args);
	va_end(args);
	if (n < 0)
		return;
	size_t len = strlen(line);
	/* One message, one line: a line break in it could forge another message. */
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = ' ';
	line[len++] = '\n';
	/* One write, so that lines of several threads do not mix. */
	ssize_t done = write(STDERR_FILENO, line, len);
	(void)done;
}
