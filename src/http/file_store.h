/* file_store.h: inside of http/: bytes by their digest, in DIR/files/ab/cdef…; they are never changed. */
#ifndef SHOUWEN_HTTP_FILE_STORE_H
#define SHOUWEN_HTTP_FILE_STORE_H

#include "http/request.h"
#include "http/server.h"

enum { FILE_PATH_BYTES = 512, FILE_DIGEST_BYTES = 65 };

void file_path(const struct http *h, const char *digest, char out[FILE_PATH_BYTES]);
enum err file_digest(struct ctx *ctx, int fd, char out[FILE_DIGEST_BYTES]);
/* A new name beside the uploads that a restart sweeps away. */
void spool_name(struct request *rq, char out[FILE_PATH_BYTES]);
/* Moves the file at `from`, open as fd, to where its digest says. Durable when it returns: a row without bytes must not
 * be; bytes without a row may. */
enum err file_keep(const struct http *h, int fd, const char *from, const char *digest);

#endif
