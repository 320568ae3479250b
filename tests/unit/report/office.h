/* office.h: the house of the flow tests with the core pack, people, and files in and out. */
#ifndef SHOUWEN_TESTS_REPORT_OFFICE_H
#define SHOUWEN_TESTS_REPORT_OFFICE_H

#include "house.h"
#include "report/export.h"
#include "report/import.h"

struct office {
	struct house house;
	int64_t admin, agent, lead, worker, manager; /* users */
	int64_t desk, works;                         /* teams */
	struct import_report report;                 /* of the last import */
	char path[128];                              /* a file for exports, in the house's folder */
	size_t stop_after;                           /* rows after which an import is stopped; 0: never */
};

int office_setup(void **state);
/* The chains hold, and rebuild has nothing to mend, whatever a test did. */
int office_teardown(void **state);

int64_t office_made(struct office *o, const char *type, const char *json);
/* Who acts in what follows (0: the system). */
void office_as(struct office *o, int64_t user);
/* map NULL: by headings. The report is in o->report. */
enum err office_import(struct office *o, int64_t user, const char *type, const char *map, const char *text, size_t len,
                       bool dry_run);
enum err office_import_file(struct office *o, int64_t user, const char *type, const char *path);
/* "row field code" of each error told, separated by "; ". */
const char *office_errors(struct office *o);
/* To o->path; *ret_rows may be NULL. */
enum err office_export(struct office *o, int64_t user, const char *type, const char *where, const char *columns,
                       enum export_format format, int64_t *ret_rows);
/* A whole file, NUL-terminated, in the house's arena. */
char *office_read(struct office *o, const char *path, size_t *ret_len);
/* What a command says on stdout. */
const char *office_command(struct office *o, const char *const argv[], int want_exit);
/* One JSON answer of a reading function. */
typedef enum err office_fn(struct ctx *ctx, void *arg, struct json_out *out);
enum err office_json(struct office *o, int64_t user, office_fn *fn, void *arg, json_t **ret_json);

#define OFFICE                       \
	struct office *o = *state;   \
	struct house *h = &o->house; \
	(void)h

#endif
