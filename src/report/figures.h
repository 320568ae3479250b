/*
 * figures.h: reports of figures from the packs' reports/NAME.yaml (docs/PACKS.md): 日报, 月报. Each number is
 * counted through row access and carries the filter that lists its records.
 */
#ifndef SHOUWEN_REPORT_FIGURES_H
#define SHOUWEN_REPORT_FIGURES_H

#include "base/json.h"
#include "model/model.h"

/* The reports there are: [{"name","label","period"}]. Inside store_read. */
enum err report_list_json(struct ctx *ctx, struct json_out *out);
/* `at`: "2026-11-22" for a daily report, "2026-11" for a monthly one; NULL: today, this month. Writes the answer of
 * GET /api/v1/reports/{name}. Inside store_read. ERR_NOT_FOUND: no such report. */
enum err report_write_json(struct ctx *ctx, const char *name, const char *at, struct json_out *out);
/* The same as lines of text for a group chat: {"text"}. Figures only, no names. Inside store_read. */
enum err report_share_json(struct ctx *ctx, const char *name, const char *at, struct json_out *out);

#endif
