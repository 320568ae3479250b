/* do_open.c: what is told to everybody: version, demo accounts; and fixed bytes to measure by. */
#include "http/handlers.h"
#include "http/server.h"
#include "model/access.h"
#include "store/store.h"

enum { FIXED_MAX = 1 << 20 };

/* ---- hello ---------------------------------------------------------------------------------------- */

/* The accounts that serve --demo prints; they are made with the demo organisation. */
const struct demo_account demo_accounts[][DEMO_ACCOUNTS] = {
        [LANG_ZH] = {{"agent", "李婷", "客服专员", "接电话与来访，登记、跟进、答复客户"},
                     {"lead", "王敏", "客服班长", "改派、催办、判定投诉、代班"},
                     {"worker", "赵强", "工程部承办人", "用手机答复派给本部门的任务"},
                     {"manager", "陈静", "客服经理", "批示投诉，看日报"},
                     {"admin", "系统管理员", "系统管理员", "管用户、部门、角色、行业包"}},
        [LANG_EN] = {{"agent", "李婷", "Agent", "Takes calls and visits, follows up, answers the customer"},
                     {"lead", "王敏", "Team lead", "Assigns, chases, judges complaints, covers for colleagues"},
                     {"worker", "赵强", "Engineering, doing department",
                      "Answers the tasks of his department on a phone"},
                     {"manager", "陈静", "Service manager", "Approves complaints, reads the daily report"},
                     {"admin", "系统管理员", "Administrator", "Keeps users, teams, roles and packs"}},
};

static void write_account(struct json_out *out, const struct demo_account *a)
{
	json_open(out, '{');
	json_key(out, "login");
	json_text(out, a->login);
	json_key(out, "name");
	json_text(out, a->name);
	json_key(out, "role");
	json_text(out, a->role);
	json_key(out, "about");
	json_text(out, a->about);
	json_close(out, '}');
}

static enum err write_orgs(struct ctx *ctx, struct request *rq, struct json_out *out)
{
	const char **codes;
	size_t n;

	TRY(org_list(rq->http->config.store, ctx->arena, &codes, &n));
	json_key(out, "orgs");
	json_open(out, '[');
	for (size_t i = 0; i < n; i++) {
		struct house *h;
		char why[128];

		if (house_open(rq->http->config.houses, codes[i], &h, why, sizeof(why)) != ERR_OK)
			continue;
		json_open(out, '{');
		json_key(out, "code");
		json_text(out, codes[i]);
		json_key(out, "name");
		json_text(out, house_name(ctx->arena, h));
		json_close(out, '}');
		house_close(h);
	}
	json_close(out, ']');
	return ERR_OK;
}

enum err do_hello(struct ctx *ctx, struct request *rq, struct answer *an)
{
	struct json_out *out = &an->json;
	bool demo = rq->http->config.demo;
	const struct demo_account *list = demo_accounts[ctx->lang];

	json_open(out, '{');
	json_key(out, "version");
	json_text(out, rq->http->config.version);
	json_key(out, "demo");
	json_bool(out, demo);
	if (demo) {
		TRY(write_orgs(ctx, rq, out));
		json_key(out, "accounts");
		json_open(out, '[');
		for (size_t i = 0; i < DEMO_ACCOUNTS; i++)
			write_account(out, &list[i]);
		json_close(out, ']');
	}
	json_close(out, '}');
	return ERR_OK;
}

/* ---- measuring ------------------------------------------------------------------------------------- */

enum err do_bench_fixed(struct ctx *ctx, struct request *rq, struct answer *an)
{
	const char *s = request_query(rq, "bytes");
	int64_t n = 1000;
	char *bytes;

	if (!rq->http->config.bench)
		return ERR_NOT_FOUND;
	if (s != NULL && (!id_parse(s, &n) || n > FIXED_MAX))
		return ctx_problem(ctx, ERR_BAD_REQUEST, "bytes", "out_of_range", "1 to %d", FIXED_MAX);
	bytes = arena_alloc(ctx->arena, (size_t)n);
	memset(bytes, 'x', (size_t)n);
	buf_add(&an->body, bytes, (size_t)n);
	an->mime = "text/plain";
	return ERR_OK;
}
