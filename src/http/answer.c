#include "http/answer.h"

#include <microhttpd.h>
#include <unistd.h>

enum { ETAG_BYTES_MAX = 32 };

void answer_init(struct answer *an, struct ctx *ctx)
{
	*an = (struct answer){.ctx = ctx, .file = -1};
	answer_reset(an);
}

void answer_reset(struct answer *an)
{
	if (an->file >= 0)
		close(an->file);
	an->file = -1;
	an->file_bytes = 0;
	an->status = MHD_HTTP_OK;
	an->mime = NULL;
	an->n_headers = 0;
	an->no_body = false;
	buf_init(&an->body, an->ctx->arena, ANSWER_BYTES_MAX);
	json_out_init(&an->json, &an->body);
}

void answer_header(struct answer *an, const char *name, const char *value)
{
	if (an->n_headers == ANSWER_HEADERS_MAX)
		return;
	an->headers[an->n_headers++] = (struct answer_header){name, arena_strdup(an->ctx->arena, value)};
}

void answer_etag(struct answer *an, int64_t version)
{
	struct buf b;
	buf_init(&b, an->ctx->arena, ETAG_BYTES_MAX);
	buf_char(&b, '"');
	buf_int(&b, version);
	buf_char(&b, '"');
	answer_header(an, MHD_HTTP_HEADER_ETAG, b.data);
}

void answer_nothing(struct answer *an)
{
	an->status = MHD_HTTP_NO_CONTENT;
	an->no_body = true;
}

void answer_error(struct answer *an, enum err e)
{
	struct ctx *ctx = an->ctx;
	struct json_out *out = &an->json;

	answer_reset(an);
	an->status = status_of(e);
	json_open(out, '{');
	json_key(out, "error");
	json_open(out, '{');
	json_key(out, "code");
	json_text(out, err_code(e));
	json_key(out, "message");
	json_text(out, message_of(e, ctx->lang));
	json_key(out, "problems");
	json_open(out, '[');
	for (size_t i = 0; i < ctx->problems.n; i++) {
		const struct problem *p = &ctx->problems.list[i];

		json_open(out, '{');
		json_key(out, "field");
		json_text(out, p->field ? p->field : "");
		json_key(out, "code");
		json_text(out, p->code);
		json_key(out, "detail");
		json_text(out, p->detail);
		json_close(out, '}');
	}
	json_close(out, ']');
	json_close(out, '}');
	json_close(out, '}');
	if (e == ERR_BUSY || e == ERR_RETRY)
		an->retry_after_s = 1;
	if (an->retry_after_s > 0)
		answer_header(an, MHD_HTTP_HEADER_RETRY_AFTER, arena_printf(ctx->arena, "%d", an->retry_after_s));
}

static void answer_put_headers(const struct answer *an, struct MHD_Response *r)
{
	bool cached = false;

	for (size_t i = 0; i < an->n_headers; i++) {
		if (strcmp(an->headers[i].name, MHD_HTTP_HEADER_CACHE_CONTROL) == 0)
			cached = true;
		MHD_add_response_header(r, an->headers[i].name, an->headers[i].value);
	}
	if (!cached)
		MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	if (!an->no_body)
		MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE,
		                        an->mime ? an->mime : "application/json; charset=utf-8");
}

struct MHD_Response *answer_response(struct answer *an, void (*done)(void *arg), void *arg)
{
	bool from_file = an->file >= 0;
	struct MHD_Response *r;

	if (an->file < 0 && an->body.over) {
		ctx_problem(an->ctx, ERR_TOO_LARGE, "", "answer_too_large", "the answer would pass %d bytes",
		            ANSWER_BYTES_MAX);
		answer_error(an, ERR_TOO_LARGE);
	}
	if (an->file >= 0) {
		r = MHD_create_response_from_fd_at_offset64(an->file_bytes, an->file, 0);
		if (r == NULL)
			close(an->file);
		an->file = -1;
	} else {
		r = MHD_create_response_from_buffer_with_free_callback_cls(an->no_body ? 0 : an->body.len,
		                                                           an->body.data, done, arg);
	}
	if (r != NULL)
		answer_put_headers(an, r);
	/* Only an answer from memory keeps the arena until it is sent. */
	if (r == NULL || from_file)
		done(arg);
	return r;
}

int status_of(enum err e)
{
	switch (e) {
	case ERR_OK: return MHD_HTTP_OK;
	case ERR_BAD_REQUEST: return MHD_HTTP_BAD_REQUEST;
	case ERR_SIGN_IN: return MHD_HTTP_UNAUTHORIZED;
	case ERR_FORBIDDEN: return MHD_HTTP_FORBIDDEN;
	case ERR_NOT_FOUND: return MHD_HTTP_NOT_FOUND;
	case ERR_CONFLICT: return MHD_HTTP_CONFLICT;
	case ERR_STALE: return MHD_HTTP_PRECONDITION_FAILED;
	case ERR_TOO_LARGE: return 413;
	case ERR_INVALID: return 422;
	case ERR_NEED_VERSION: return 428;
	case ERR_THROTTLED: return 429;
	case ERR_BUSY:
	case ERR_RETRY: return MHD_HTTP_SERVICE_UNAVAILABLE;
	case ERR_FULL: return 507;
	case ERR_INTERNAL:
	case ERR_COUNT: break;
	}
	return MHD_HTTP_INTERNAL_SERVER_ERROR;
}

static const struct {
	const char *zh, *en;
} messages[ERR_COUNT] = {
        [ERR_OK] = {"", ""},
        [ERR_BAD_REQUEST] = {"请求无法识别，请检查格式", "The request can't be understood; check its form"},
        [ERR_SIGN_IN] = {"请先登录", "Please sign in"},
        [ERR_FORBIDDEN] = {"您没有权限进行此操作", "You may not do this"},
        [ERR_NOT_FOUND] = {"没有找到，或您无权查看", "Not found, or not yours to see"},
        [ERR_CONFLICT] = {"当前状态不允许此操作", "The present state does not allow this"},
        [ERR_STALE] = {"记录已被他人修改，请刷新后再试", "Somebody changed this since you read it; read it again"},
        [ERR_TOO_LARGE] = {"内容超过大小限制", "Past the allowed size"},
        [ERR_INVALID] = {"有内容填写不正确，请按提示修改", "Some values are wrong; see the problems"},
        [ERR_NEED_VERSION] = {"缺少版本号（If-Match）", "The version is missing (If-Match)"},
        [ERR_THROTTLED] = {"尝试次数过多，请稍后再试", "Too many tries; please wait"},
        [ERR_INTERNAL] = {"服务器内部错误，操作未生效", "A fault of ours; nothing was changed"},
        [ERR_BUSY] = {"系统繁忙，请稍后再试", "Busy; please try again"},
        [ERR_FULL] = {"存储空间不足，操作未生效", "No space left; nothing was changed"},
        [ERR_RETRY] = {"系统繁忙，请稍后再试", "Busy; please try again"},
};

const char *message_of(enum err e, enum lang lang)
{
	if (e < 0 || e >= ERR_COUNT || messages[e].zh == NULL)
		e = ERR_INTERNAL;
	return lang == LANG_EN ? messages[e].en : messages[e].zh;
}
