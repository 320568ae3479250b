/*
 * control.h: sub-commands while the server runs. One line of JSON asks, lines answer:
 *   -> {"argv":["org","list"],"cwd":"/home/x","input":""}
 *   <- {"out":"…"} and {"err":"…"} as it goes on, then {"exit":0}
 * The socket belongs to the data folder's owner alone.
 */
#ifndef SHOUWEN_MAIN_CONTROL_H
#define SHOUWEN_MAIN_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

struct control;
struct job;

/* DIR/lock, held as long as the descriptor is open; -1 when another process holds it. */
int dir_lock(const char *dir, char *why, size_t why_bytes);

/* Serves DIR/control.sock on a thread; each asker gets a thread with a copy of `like` to run on. */
bool control_open(const struct job *like, struct control **ret_control, char *why, size_t why_bytes);
void control_close(struct control *c); /* waits for those who run; NULL allowed */

/* Asks the server of DIR; false: nobody answers there. *ret_exit is the command's exit code. */
bool control_ask(const char *dir, int argc, char **argv, const char *input, int *ret_exit);

#endif
