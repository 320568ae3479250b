/*
 * head.c: requests whose line or headers are too large are told so as any other fault is. The library keeps both, and
 * the head of the answer, in the memory of one connection: what leaves no room for the answer would be done and never
 * answered, and a line with more parameters than that holds would get no answer at all. What does not fit into that
 * memory to begin with never comes here: the library answers it in its own words.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "http/server.h"

/* What the library notes of each header, parameter and cookie, beside its bytes. */
enum { NOTE_BYTES = 64, ANSWER_BYTES = 1024 };

static size_t parts(const char *uri)
{
	size_t n = 1;

	for (const char *at = strchr(uri, '?'); at != NULL; at = strchr(at + 1, '&'))
		n++;
	return n;
}

/* Nothing can be queued this early: the answer is written to the socket itself. Whatever was asked before it on this
 * connection has been answered. */
static void line_answer(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *socket = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	char text[ANSWER_BYTES];
	char body[ANSWER_BYTES / 2];
	int len;

	if (socket == NULL)
		return;
	snprintf(body, sizeof(body), "{\"error\":{\"code\":\"%s\",\"message\":\"%s\",\"problems\":[]}}",
	         err_code(ERR_TOO_LARGE), message_of(ERR_TOO_LARGE, LANG_ZH));
	len = snprintf(text, sizeof(text),
	               "HTTP/1.1 414 URI Too Long\r\nContent-Type: application/json; charset=utf-8\r\n"
	               "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n"
	               "Content-Length: %zu\r\n\r\n%s",
	               strlen(body), body);
	(void)!send(socket->connect_fd, text, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL);
	/* What the client still sends is read, so that it gets to read this. */
	(void)shutdown(socket->connect_fd, SHUT_WR);
}

void *head_line(void *arg, const char *uri, struct MHD_Connection *c)
{
	struct http *h = arg;

	if (strlen(uri) + NOTE_BYTES * parts(uri) <= LIMIT_HEAD_BYTES)
		return NULL;
	line_answer(c);
	return &h->line_refused;
}

bool head_fits(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *head = MHD_get_connection_info(c, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	const char *cookies = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_COOKIE);
	int n = MHD_get_connection_values(c, MHD_HEADER_KIND | MHD_COOKIE_KIND | MHD_GET_ARGUMENT_KIND, NULL, NULL);
	size_t bytes = head != NULL ? head->header_size : 0;

	/* Cookies are kept once more, taken apart. */
	if (cookies != NULL)
		bytes += strlen(cookies);
	return bytes + NOTE_BYTES * (size_t)(n > 0 ? n : 0) <= LIMIT_HEAD_BYTES;
}
