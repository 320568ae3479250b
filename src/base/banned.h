/*
 * banned.h: calls that are compile errors everywhere (included before every file). Each has a safe
 * form in base/ or in the C library.
 */
#ifndef SHOUWEN_BASE_BANNED_H
#define SHOUWEN_BASE_BANNED_H

#ifndef SHOUWEN_ALLOW_BANNED
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* With clang and fortified headers these are macros, which can't be poisoned. */
#undef sprintf
#undef vsprintf
#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets atoi atol atoll
#pragma GCC poison gmtime localtime ctime asctime setenv putenv mktemp tmpnam strtok popen
/* Members may be called system: only the calls are stopped. */
#undef alloca
#define alloca(size) banned_call_alloca(size)
#define system(command) banned_call_system(command)
#endif

#endif
