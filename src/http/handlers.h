/* handlers.h: inside of http/: the functions the route table names, by group. */
#ifndef SHOUWEN_HTTP_HANDLERS_H
#define SHOUWEN_HTTP_HANDLERS_H

#include "base/ids.h"
#include "http/request.h"
#include "model/list.h"

#define HANDLER(name) enum err name(struct ctx *ctx, struct request *rq, struct answer *an)

HANDLER(do_hello);
HANDLER(do_openapi);
HANDLER(do_bench_fixed);

HANDLER(do_session_create);
HANDLER(do_session_get);
HANDLER(do_session_delete);
HANDLER(do_session_password);
HANDLER(do_session_presence);
HANDLER(do_model);
HANDLER(do_model_whole);

HANDLER(do_record_list);
HANDLER(do_tally);
HANDLER(do_record_create);
HANDLER(do_record_get);
HANDLER(do_record_patch);
HANDLER(do_record_remove);
/* The record after a change, or {id,type,gone:true} where he can't see it any more. */
enum err record_changed_answer(struct ctx *ctx, struct request *rq, struct answer *an, const struct type *t,
                               int64_t id);
HANDLER(do_record_do);
HANDLER(do_share);
HANDLER(do_timeline);
HANDLER(do_comment);
HANDLER(do_reveal);

HANDLER(do_lookup);
HANDLER(do_search);
HANDLER(do_glance);

HANDLER(do_work);
HANDLER(do_work_counts);
HANDLER(do_intake);
HANDLER(do_intake_paste);
HANDLER(do_intake_times);
HANDLER(do_intake_incidents);
HANDLER(do_notices);
HANDLER(do_notices_read);
HANDLER(do_choices_get);
HANDLER(do_choices_put);
HANDLER(do_bulk);
HANDLER(do_bulk_undo);
HANDLER(do_bulk_resume);
HANDLER(do_bulk_list);
HANDLER(do_duplicates);
HANDLER(do_alike);
HANDLER(do_alike_draft);
HANDLER(do_queues);
HANDLER(do_offers);
HANDLER(do_offer_accept);
HANDLER(do_offer_refuse);
HANDLER(do_approvals);
HANDLER(do_record_approvals);
HANDLER(do_vote);
HANDLER(do_merge_preview);
HANDLER(do_merge);
HANDLER(do_cover);
HANDLER(do_leaving);
HANDLER(do_link_add);
HANDLER(do_split);
HANDLER(do_link_remove);
HANDLER(do_absence);
HANDLER(do_board);
HANDLER(do_due);
HANDLER(do_due_rerun);
HANDLER(do_due_run);

HANDLER(do_file_put);
HANDLER(do_file_get);

HANDLER(do_view_list);
HANDLER(do_view_create);
HANDLER(do_view_change);
HANDLER(do_view_remove);

HANDLER(do_report_list);
HANDLER(do_report);
HANDLER(do_report_share);
HANDLER(do_report_print);
HANDLER(do_print);
HANDLER(do_issue);
HANDLER(do_issued);
HANDLER(do_export);
HANDLER(do_import_template);
HANDLER(do_import);

HANDLER(do_pack_list);
HANDLER(do_pack_file);
HANDLER(do_pack_check);
HANDLER(do_pack_apply);
HANDLER(do_pack_history);

HANDLER(do_setting_get);
HANDLER(do_setting_put);
HANDLER(do_mail_test);
HANDLER(do_duties);
HANDLER(do_duty_skip);
HANDLER(do_outgoing);
HANDLER(do_outgoing_again);
HANDLER(do_outgoing_withdraw);
HANDLER(do_rule_dry_run);
HANDLER(do_declared);
HANDLER(do_declare_check);
HANDLER(do_declare_put);
HANDLER(do_declare_remove);
HANDLER(do_version_list);
HANDLER(do_version);
HANDLER(do_version_restore);
HANDLER(do_calendar_import);
HANDLER(do_user_password);
HANDLER(do_token_list);
HANDLER(do_token_create);
HANDLER(do_token_remove);
HANDLER(do_macro_list);
HANDLER(do_macro_use);
HANDLER(do_access_matrix);
HANDLER(do_access_why);
HANDLER(do_audit);

/* Content-Disposition: shown in the page, or to be kept under this name. */
void answer_disposition(struct answer *an, const char *name, bool shown);
/* where, sort, columns, limit, after and view of the address, checked. */
enum err request_list_query(struct ctx *ctx, struct request *rq, const struct type *t, struct list_query *ret_query);
/* [{id,label}]: who has the record open now. */
void live_write_watchers(struct ctx *ctx, struct request *rq, const char *type, int64_t id, struct json_out *out);
#endif
