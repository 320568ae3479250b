/* reports/NAME.yaml: read when somebody asks for it (report/figures.c); here it is only checked. */
#include "base/buf.h"
#include "base/limit.h"
#include "model/pack_load.h"

enum { REPORT_ROWS_MAX = 60, REPORT_COLUMNS_MAX = 31 };

/* A filter with some period's bounds in it, to be read when all fields are there. */
static void check_where(struct loader *l, const struct yaml_node *node, const struct type *t)
{
	static const char *const marks[][2] = {{"{from}", "'2026-01-01T00:00:00Z'"},
	                                       {"{to}", "'2026-02-01T00:00:00Z'"},
	                                       {"{from_day}", "2026-01-01"},
	                                       {"{to_day}", "2026-02-01"}};
	struct buf b;
	if (node == NULL || t == NULL || (node->kind == YAML_TEXT && node->len == 0))
		return;
	buf_init(&b, l->arena, LIMIT_FILTER_BYTES);
	for (const char *s = node->kind == YAML_TEXT ? node->text : ""; *s != '\0';) {
		size_t i = 0, n = sizeof marks / sizeof *marks;
		while (i < n && strncmp(s, marks[i][0], strlen(marks[i][0])) != 0)
			i++;
		if (i < n) {
			buf_str(&b, marks[i][1]);
			s += strlen(marks[i][0]);
		} else {
			buf_char(&b, *s++);
		}
	}
	load_wish(l, (struct wish){.node = node,
	                           .text = b.data ? b.data : NULL,
	                           .type = t,
	                           .dest = ARENA_NEW(l->scratch, struct filter *)});
}

static const struct type *type_of(struct loader *l, const struct yaml_node *node, const char *what)
{
	const char *name = load_text(l, node, "type");
	const struct type *t = name ? model_type(l->m, name) : NULL;
	if (t == NULL)
		load_fault(l, yaml_get(node, "type") ? yaml_get(node, "type") : node,
		           name ? "there is no type `%s`" : "%s needs `type:`", name ? name : what);
	return t;
}

static void check_counted(struct loader *l, const struct yaml_node *node)
{
	const struct type *t = type_of(l, node, "a figure");
	const struct yaml_node *sum = yaml_get(node, "sum");
	const struct field *f = t && yaml_text(sum) ? type_field(t, yaml_text(sum)) : NULL;
	check_where(l, yaml_get(node, "where"), t);
	if (sum != NULL && t != NULL && (f == NULL || (f->kind != FIELD_NUMBER && f->kind != FIELD_MONEY)))
		load_fault(l, sum, "`sum` is a number or money field of `%s`", t->name);
}

static void check_figure(struct loader *l, const struct yaml_node *node)
{
	const struct yaml_node *percent = yaml_get(node, "percent");
	const struct yaml_node *band = yaml_get(node, "band");
	if (!load_keys(l, node, "a figure", "key label type where sum percent unit target band"))
		return;
	for (size_t i = 0; band && band->kind == YAML_LIST && band->n == 2 && i < 2; i++)
		if (!yaml_text(band->items[i]) || !model_parameter(l->m, yaml_text(band->items[i])))
			load_fault(l, band->items[i], "there is no parameter of that name");
	if (band && (band->kind != YAML_LIST || band->n != 2))
		load_fault(l, band, "`band` is [low, high]: names of two parameters");
	if (percent == NULL)
		check_counted(l, node);
	else if (percent->kind != YAML_LIST || percent->n != 2)
		load_fault(l, percent, "`percent` is [part, whole]: keys of two figures before it");
}

static const struct field *rows_of(const struct type *t, const char *path, const struct field **ret_table)
{
	size_t len = strcspn(path, ".");
	*ret_table = NULL;
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		if (strlen(f->name) != len || strncmp(f->name, path, len) != 0)
			continue;
		if (path[len] == '\0')
			return f;
		*ret_table = f;
		for (size_t k = 0; k < f->n_columns; k++)
			if (strcmp(f->columns[k].name, path + len + 1) == 0)
				return &f->columns[k];
	}
	return NULL;
}

static void check_rows(struct loader *l, const struct yaml_node *node, const struct type *t)
{
	const struct yaml_node *rows = yaml_get(node, "rows"), *most = yaml_get(node, "most");
	const char *path = load_text(l, node, "rows");
	const struct field *table, *f = path ? rows_of(t, path, &table) : NULL;
	int64_t n;
	bool fine = f != NULL && ((f->kind == FIELD_CHOICE && f->n_options <= REPORT_ROWS_MAX) ||
	                          (f->kind == FIELD_CHOICES && table == NULL && f->n_options <= REPORT_ROWS_MAX) ||
	                          (f->kind == FIELD_LINK && table == NULL && f->column != NULL));
	if (!fine)
		load_fault(l, rows ? rows : node,
		           "`rows` is a choice or choices of at most %d options, a choice column of a table, or a link "
		           "of `%s`",
		           REPORT_ROWS_MAX, t->name);
	if (most && (!yaml_int(most, &n) || n < 1 || n > REPORT_ROWS_MAX || (fine && f->kind != FIELD_LINK)))
		load_fault(l, most, "`most` is how many a link's table names, 1 to %d", REPORT_ROWS_MAX);
}

static void check_columns(struct loader *l, const struct yaml_node *columns, const struct type *t)
{
	if (columns == NULL)
		return;
	const char *word = yaml_text(columns);
	if (word != NULL && (strcmp(word, "hours") == 0 || strcmp(word, "days") == 0))
		return;
	if (columns->kind != YAML_LIST || columns->n == 0 || columns->n > REPORT_COLUMNS_MAX) {
		load_fault(l, columns, "`columns` is hours, days, or a list of {key, label, where | percent}");
		return;
	}
	for (size_t i = 0; i < columns->n; i++) {
		const struct yaml_node *one = columns->items[i], *percent = yaml_get(one, "percent");
		if (!load_keys(l, one, "a column", "key label where percent"))
			continue;
		check_where(l, yaml_get(one, "where"), t);
		for (size_t k = 0; percent && percent->kind == YAML_LIST && k < percent->n; k++) {
			const char *key = yaml_text(percent->items[k]);
			bool known = key != NULL && strcmp(key, "total") == 0;
			for (size_t c = 0; key && c < columns->n; c++) {
				const char *other = yaml_text(yaml_get(columns->items[c], "key"));
				known = known ||
				        (other && strcmp(other, key) == 0 && yaml_get(columns->items[c], "where"));
			}
			if (!known)
				load_fault(l, percent->items[k], "there is no column of the key `%s` that counts",
				           key ? key : "");
		}
		if (percent ? percent->kind != YAML_LIST || percent->n != 2 : yaml_get(one, "where") == NULL)
			load_fault(l, one, "a column has `where`, or `percent: [part, whole]` of other columns");
	}
}

static void check_table(struct loader *l, const struct yaml_node *node)
{
	if (!load_keys(l, node, "a table", "label type where rows most at columns"))
		return;
	const struct type *t = type_of(l, node, "a table");
	const char *at = load_text(l, node, "at");
	const struct field *f = t && at ? type_field(t, at) : NULL;
	if (t == NULL)
		return;
	if (at != NULL && (f == NULL || f->kind != FIELD_DATETIME))
		load_fault(l, yaml_get(node, "at"), "`at` is a date-time field of `%s`", t->name);
	if (at == NULL && yaml_text(yaml_get(node, "columns")))
		load_fault(l, yaml_get(node, "columns"), "columns of hours or days need `at:`");
	check_where(l, yaml_get(node, "where"), t);
	check_rows(l, node, t);
	check_columns(l, yaml_get(node, "columns"), t);
}

static void check_report(struct loader *l, const struct yaml_node *doc)
{
	const struct yaml_node *sections = yaml_get(doc, "sections");
	const char *period = load_text(l, doc, "period");
	if (!load_keys(l, doc, "a report", "report label period sections"))
		return;
	if (load_text(l, doc, "report") == NULL)
		load_fault(l, doc, "the file must say `report: NAME`");
	if (period != NULL && strcmp(period, "day") != 0 && strcmp(period, "month") != 0)
		load_fault(l, yaml_get(doc, "period"), "`period` is day or month");
	for (size_t i = 0; sections && sections->kind == YAML_LIST && i < sections->n; i++) {
		const struct yaml_node *one = sections->items[i], *figures = yaml_get(one, "figures");
		if (!load_keys(l, one, "a section", "label figures table"))
			continue;
		for (size_t k = 0; figures && figures->kind == YAML_LIST && k < figures->n; k++)
			check_figure(l, figures->items[k]);
		if (yaml_get(one, "table"))
			check_table(l, yaml_get(one, "table"));
	}
	if (!sections || sections->kind != YAML_LIST)
		load_fault(l, sections ? sections : doc, "a report needs `sections:`, a list");
}

void load_reports(struct loader *l)
{
	for (size_t i = 0; i < l->n_texts; i++)
		if (strncmp(l->texts[i]->path, "reports/", 8) == 0)
			check_report(l, l->docs[i]);
}
