#include "base/value.h"

bool value_equal(const struct value *a, const struct value *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case VALUE_EMPTY: return true;
	case VALUE_INT: return a->i == b->i;
	case VALUE_TEXT: return a->len == b->len && memcmp(a->s, b->s, a->len) == 0;
	case VALUE_LIST: break;
	}
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!value_equal(&a->list[i], &b->list[i]))
			return false;
	return true;
}

bool value_has(const struct value *list, const struct value *v)
{
	for (size_t i = 0; list->kind == VALUE_LIST && i < list->n; i++)
		if (value_equal(&list->list[i], v))
			return true;
	return false;
}
