/* warnings.c: the fields of a record that warn whoever is about to talk to the customer. */
#include "model/warnings.h"

#include "model/access.h"
#include "model/filter.h"
#include "model/labels.h"

enum err warnings_write_json(struct ctx *ctx, struct json_out *out, const struct record *r)
{
	json_open(out, '[');
	for (size_t i = 0; i < r->type->n_fields; i++) {
		const struct field *f = &r->type->fields[i];
		bool on = r->values[i].kind == VALUE_INT && r->values[i].i != 0;
		if (!(f->flags & FIELD_WARNING) || access_field(ctx, f) != SIGHT_CLEAR)
			continue;
		if (f->kind == FIELD_COMPUTED)
			TRY(filter_holds(ctx, f->is, r, &on));
		if (!on)
			continue;
		json_open(out, '{');
		json_key(out, "code");
		json_text(out, f->name);
		json_label_said(out, "label", &f->label);
		json_close(out, '}');
	}
	json_close(out, ']');
	return ERR_OK;
}
