/* log.h: one line per message on stderr: time, level, words. Only http/, channel/ and main/ log.
 * Never a password, a token, or what a customer said. */
#ifndef SHOUWEN_BASE_LOG_H
#define SHOUWEN_BASE_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO };
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
