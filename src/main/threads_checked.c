/*
 * threads_checked.c: only in builds with ThreadSanitizer. The libraries are not instrumented: what they do among
 * their own threads (pango reads fonts in one of its own) would be reported as ours.
 */
const char *__tsan_default_options(void);

const char *__tsan_default_options(void)
{
	return "ignore_noninstrumented_modules=1";
}
