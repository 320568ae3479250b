/* Passwords and digests; failed tries that fade. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "http/answer.h"
#include "http/auth.h"

static void passwords(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct ctx ctx = {.arena = a};
	char hash[HASH_BYTES], other[HASH_BYTES];

	assert_int_equal(password_hash(&ctx, "password", "七个字不够长吧", hash), ERR_INVALID);
	assert_string_equal(ctx.problems.list[0].code, "too_short");
	assert_int_equal(password_hash(&ctx, "password", "八个字就够长了吧", hash), ERR_OK);
	assert_int_equal(password_hash(&ctx, "password", "八个字就够长了吧", other), ERR_OK);
	assert_string_not_equal(hash, other); /* salted */
	assert_int_equal(strncmp(hash, "$argon2id$", 10), 0);
	assert_true(password_matches(hash, "八个字就够长了吧"));
	assert_false(password_matches(hash, "八个字就够长了把"));
	assert_false(password_matches(hash, ""));
	assert_false(password_matches(NULL, "八个字就够长了吧"));
	arena_free(a);
}

static void secrets_differ(void **state)
{
	char a[SECRET_BYTES], b[SECRET_BYTES], da[DIGEST_BYTES], db[DIGEST_BYTES];

	secret_new(a);
	secret_new(b);
	assert_string_not_equal(a, b);
	assert_int_equal(strlen(a), SECRET_BYTES - 1);
	assert_int_equal(strspn(a, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"),
	                 SECRET_BYTES - 1);
	digest_text(a, da);
	digest_text(a, db);
	assert_string_equal(da, db);
	digest_text(b, db);
	assert_string_not_equal(da, db);
}

/* Each kind of error has its own status, code and words in both languages. */
static void errors(void **state)
{
	struct arena *a = arena_new(1 << 20);

	for (int e = ERR_BAD_REQUEST; e < ERR_COUNT; e++) {
		struct ctx ctx = {.arena = a, .lang = LANG_EN};
		struct answer an;
		json_error_t fault;
		json_t *root, *j;

		answer_init(&an, &ctx);
		ctx_problem(&ctx, (enum err)e, "field", "some_code", "a <b> \"word\"");
		answer_error(&an, (enum err)e);
		assert_true(an.status >= 400 && an.status < 600);
		root = json_loads(an.body.data, 0, &fault);
		j = json_object_get(root, "error");
		assert_string_equal(json_string_value(json_object_get(j, "code")), err_code((enum err)e));
		assert_string_equal(json_string_value(json_object_get(j, "message")), message_of((enum err)e, LANG_EN));
		assert_string_not_equal(message_of((enum err)e, LANG_EN), message_of((enum err)e, LANG_ZH));
		j = json_array_get(json_object_get(j, "problems"), 0);
		assert_string_equal(json_string_value(json_object_get(j, "detail")), "a <b> \"word\"");
		json_decref(root);
	}
	assert_int_equal(status_of(ERR_STALE), 412);
	assert_int_equal(status_of(ERR_FULL), 507);
	assert_int_equal(status_of(ERR_NEED_VERSION), 428);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(passwords),
	        cmocka_unit_test(secrets_differ),
	        cmocka_unit_test(errors),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
