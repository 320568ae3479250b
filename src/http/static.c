/* static.c: the web's files from the program itself. Answers are made once and sent many times. */
#include "http/server.h"
#include "http/web_table.h"

struct web_files {
	struct MHD_Response **answers; /* n_web_table * WEB_VARIANTS */
	struct MHD_Response *not_modified;
	struct MHD_Response *missing; /* of /assets/ */
	struct MHD_Response *unbuilt; /* the page shown when no web was built in */
};

static const char *const encodings[WEB_VARIANTS] = {NULL, "br", "gzip"};

static void put_safety(struct MHD_Response *r)
{
	MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(r, "Referrer-Policy", "same-origin");
	MHD_add_response_header(r, "Content-Security-Policy",
	                        "default-src 'self'; style-src 'self'; img-src 'self' blob: data:; object-src 'none'; "
	                        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'");
}

static struct MHD_Response *web_answer(const struct web_file *f, int variant)
{
	const struct web_bytes *b = &f->variants[variant];
	struct MHD_Response *r;

	if (b->bytes == NULL)
		return NULL;
	r = MHD_create_response_from_buffer(b->n, (void *)(uintptr_t)b->bytes, MHD_RESPMEM_PERSISTENT);
	if (r == NULL)
		abort();
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, f->mime);
	MHD_add_response_header(r, MHD_HTTP_HEADER_ETAG, f->tag);
	MHD_add_response_header(r, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT_ENCODING);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL,
	                        f->frozen ? "public, max-age=31536000, immutable" : "no-cache");
	if (encodings[variant] != NULL)
		MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_ENCODING, encodings[variant]);
	put_safety(r);
	return r;
}

static struct MHD_Response *page(const char *mime, const char *text)
{
	struct MHD_Response *r =
	        MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);

	if (r == NULL)
		abort();
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, mime);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
	put_safety(r);
	return r;
}

struct web_files *web_open(void)
{
	struct web_files *w = calloc(1, sizeof(*w));

	if (w == NULL)
		abort();
	w->answers = calloc(n_web_table * WEB_VARIANTS + 1, sizeof(*w->answers));
	if (w->answers == NULL)
		abort();
	for (size_t i = 0; i < n_web_table; i++)
		for (int v = 0; v < WEB_VARIANTS; v++)
			w->answers[i * WEB_VARIANTS + (size_t)v] = web_answer(&web_table[i], v);
	w->not_modified = page("text/plain", "");
	w->missing = page("text/plain; charset=utf-8", "没有这个文件 / no such file\n");
	w->unbuilt = page(
	        "text/html; charset=utf-8",
	        "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><title>首问 Shouwen</title>"
	        "<h1>首问 Shouwen</h1><p>服务已启动，但程序里没有网页。运行 <code>./do build</code> 后重新启动。</p>"
	        "<p lang=\"en\">The server runs, but no web was built in. Run <code>./do build</code> and start "
	        "again.</p>"
	        "<p>API: <a href=\"/api/v1/hello\">/api/v1/hello</a></p></html>");
	return w;
}

void web_close(struct web_files *w)
{
	if (w == NULL)
		return;
	for (size_t i = 0; i < n_web_table * WEB_VARIANTS; i++)
		if (w->answers[i] != NULL)
			MHD_destroy_response(w->answers[i]);
	MHD_destroy_response(w->not_modified);
	MHD_destroy_response(w->missing);
	MHD_destroy_response(w->unbuilt);
	free(w->answers);
	free(w);
}

static int by_path(const void *key, const void *file)
{
	return strcmp(key, ((const struct web_file *)file)->path);
}

static const struct web_file *web_lookup(const char *path)
{
	return bsearch(path, web_table, n_web_table, sizeof(web_table[0]), by_path);
}

/* "/records/ticket/12" is the console's business, "/portal/x" that of the app in /portal/. */
static const struct web_file *web_page_of(const char *path)
{
	char index[128];
	size_t app = strcspn(path + 1, "/");
	int n = snprintf(index, sizeof(index), "/%.*s/index.html", app < 64 ? (int)app : 0, path + 1);
	const struct web_file *f = n > 0 && app > 0 && app < 64 ? web_lookup(index) : NULL;

	return f ? f : web_lookup("/index.html");
}

/* Does the client take this encoding? "gzip;q=0" is rare enough to be read as a yes by nobody. */
static bool accepts(struct MHD_Connection *c, const char *encoding)
{
	const char *s = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT_ENCODING);
	size_t len = strlen(encoding);

	for (; s != NULL && *s != '\0'; s += strcspn(s, ","), s += *s == ',') {
		s += strspn(s, " ");
		if (strncasecmp(s, encoding, len) == 0 && (s[len] == '\0' || s[len] == ',' || s[len] == ' ' ||
		                                           (s[len] == ';' && strncmp(s + len, ";q=0", 4) != 0)))
			return true;
	}
	return false;
}

struct MHD_Response *web_find(const struct web_files *w, struct MHD_Connection *c, const char *path,
                              unsigned *ret_status)
{
	const struct web_file *f;
	const char *have;
	const char *last = strrchr(path, '/');
	size_t at;

	*ret_status = MHD_HTTP_OK;
	if (n_web_table == 0)
		return w->unbuilt;
	f = web_lookup(path);
	if (f == NULL && last != NULL && strchr(last, '.') != NULL) {
		*ret_status = MHD_HTTP_NOT_FOUND;
		return w->missing;
	}
	if (f == NULL)
		f = web_page_of(path);
	if (f == NULL)
		return w->unbuilt;
	have = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_IF_NONE_MATCH);
	if (have != NULL && strcmp(have, f->tag) == 0) {
		*ret_status = MHD_HTTP_NOT_MODIFIED;
		return w->not_modified;
	}
	at = (size_t)(f - web_table) * WEB_VARIANTS;
	if (w->answers[at + WEB_BR] != NULL && accepts(c, "br"))
		return w->answers[at + WEB_BR];
	if (w->answers[at + WEB_GZ] != NULL && accepts(c, "gzip"))
		return w->answers[at + WEB_GZ];
	return w->answers[at + WEB_PLAIN];
}
