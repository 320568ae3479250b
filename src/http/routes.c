/* routes.c: the route table. One line says all about a route; docs and tests are made from it. */
#include "http/handlers.h"

#define J ROUTE_BODY_JSON
#define N ROUTE_BODY_NONE
#define LIST "where,sort,columns,limit,after,view,count"

/* clang-format off */
const struct route routes[] = {
	{"GET", "/api/v1/hello", ROUTE_OPEN | N, LANE_FAST, NULL, do_hello, "session", "Version; in demo mode the organisations and accounts", NULL, NULL},
	{"GET", "/api/v1/openapi.json", ROUTE_OPEN | N, LANE_FAST, NULL, do_openapi, "session", "This description", NULL, NULL},

	{"POST", "/api/v1/session", ROUTE_OPEN | J, LANE_SIGN, NULL, do_session_create, "session", "Sign in: sets the cookie", NULL, "SignIn"},
	{"GET", "/api/v1/session", N, LANE_FAST, NULL, do_session_get, "session", "Who is signed in", NULL, NULL},
	{"DELETE", "/api/v1/session", N, LANE_FAST, NULL, do_session_delete, "session", "Sign out", NULL, NULL},
	{"POST", "/api/v1/session/password", J, LANE_SIGN, NULL, do_session_password, "session", "Change one's password", NULL, "PasswordChange"},
	{"PUT", "/api/v1/session/presence", J, LANE_FAST, NULL, do_session_presence, "session", "Say what one is doing", NULL, "Presence"},
	{"PUT", "/api/v1/session/absence", J, LANE_FAST, NULL, do_absence, "session", "Say when one is away and who stands in", NULL, "Absence"},
	{"GET", "/api/v1/model", N, LANE_FAST, NULL, do_model, "session", "Types, labels and rights of this user", NULL, NULL},
	{"GET", "/api/v1/model/whole", N, LANE_FAST, "packs", do_model_whole, "session", "Every type as declared, for who edits declarations", NULL, NULL},

	{"GET", "/api/v1/records/{type}", N, LANE_FAST, NULL, do_record_list, "records", "A page of a list", LIST, NULL},
	{"POST", "/api/v1/records/{type}", J, LANE_FAST, NULL, do_record_create, "records", "Make a record", NULL, "Fields"},
	{"GET", "/api/v1/records/{type}/{id}", N, LANE_FAST, NULL, do_record_get, "records", "One record with what may be done to it", NULL, NULL},
	{"PATCH", "/api/v1/records/{type}/{id}", J, LANE_FAST, NULL, do_record_patch, "records", "Change fields; needs If-Match", NULL, "Fields"},
	{"DELETE", "/api/v1/records/{type}/{id}", N, LANE_FAST, NULL, do_record_remove, "records", "Remove; needs If-Match", "reason", NULL},
	{"POST", "/api/v1/records/{type}/{id}/do/{transition}", J, LANE_FAST, NULL, do_record_do, "records", "Do a transition; needs If-Match", NULL, "Fields"},
	{"GET", "/api/v1/records/{type}/{id}/timeline", N, LANE_FAST, NULL, do_timeline, "records", "What happened, newest first", "after,limit", NULL},
	{"GET", "/api/v1/records/{type}/{id}/share", N, LANE_FAST, NULL, do_share, "records", "Masked text for a group chat", NULL, NULL},
	{"POST", "/api/v1/records/{type}/{id}/comments", J, LANE_FAST, NULL, do_comment, "records", "Comment", NULL, "Comment"},
	{"POST", "/api/v1/records/{type}/{id}/reveal", J, LANE_FAST, "reveal", do_reveal, "records", "The clear value of a masked field; logged", NULL, "Reveal"},

	{"GET", "/api/v1/lookup/{type}", N, LANE_FAST, NULL, do_lookup, "finding", "By phone tail, name, pinyin or code", "q,limit", NULL},
	{"GET", "/api/v1/search", N, LANE_FAST, "search", do_search, "finding", "Full text over all types", "q,type,after,limit", NULL},
	{"GET", "/api/v1/glance", N, LANE_FAST, "intake", do_glance, "finding", "A customer's matters", "customer", NULL},

	{"GET", "/api/v1/work", N, LANE_FAST, NULL, do_work, "desk", "The workbench", NULL, NULL},
	{"GET", "/api/v1/work/counts", N, LANE_FAST, NULL, do_work_counts, "desk", "The counters of the rail", NULL, NULL},
	{"POST", "/api/v1/intake", J, LANE_FAST, "intake", do_intake, "desk", "One contact with its matters", NULL, "Intake"},
	{"POST", "/api/v1/intake/paste", J, LANE_FAST, "intake", do_intake_paste, "desk", "A pasted message, taken apart", NULL, "Paste"},
	{"GET", "/api/v1/intake/times", N, LANE_FAST, "intake", do_intake_times, "desk", "Times to promise", NULL, NULL},
	{"GET", "/api/v1/intake/incidents", N, LANE_FAST, "intake", do_intake_incidents, "desk", "Pinned incidents open now", NULL, NULL},
	{"GET", "/api/v1/notices", N, LANE_FAST, NULL, do_notices, "desk", "What one was told", "after,limit", NULL},
	{"POST", "/api/v1/notices/read", J, LANE_FAST, NULL, do_notices_read, "desk", "Mark notices as read", NULL, "NoticesRead"},
	{"GET", "/api/v1/notices/choices", N, LANE_FAST, NULL, do_choices_get, "desk", "How one wants to be told", NULL, NULL},
	{"PUT", "/api/v1/notices/choices", J, LANE_FAST, NULL, do_choices_put, "desk", "Say how one wants to be told", NULL, "Choices"},
	{"POST", "/api/v1/bulk/{type}", J, LANE_SLOW, "bulk", do_bulk, "desk", "One transition on many records", NULL, "Bulk"},
	{"POST", "/api/v1/bulk/{type}/undo", N, LANE_SLOW, "bulk", do_bulk_undo, "desk", "Undo a bulk action; {type} is its run", NULL, NULL},
	{"POST", "/api/v1/bulk/{type}/resume", N, LANE_SLOW, NULL, do_bulk_resume, "desk", "Go on with a run that was cut off; {type} is the run", NULL, NULL},
	{"GET", "/api/v1/macros", N, LANE_FAST, NULL, do_macro_list, "records", "Replies that are ready for a type, with what is done with them", "type,record", NULL},
	{"POST", "/api/v1/records/{type}/{id}/macro/{macro}", J, LANE_FAST, NULL, do_macro_use, "records", "Do what a macro says, whole or not at all", NULL, "MacroUse"},
	{"GET", "/api/v1/bulk", N, LANE_FAST, NULL, do_bulk_list, "desk", "One's last runs of many records", NULL, NULL},
	{"GET", "/api/v1/records/{type}/{id}/duplicates", N, LANE_FAST, NULL, do_duplicates, "desk", "Records that are likely the same", "limit", NULL},
	{"GET", "/api/v1/records/{type}/{id}/alike", N, LANE_FAST, NULL, do_alike, "desk", "Records that are alike, cases with the same words", NULL, NULL},
	{"POST", "/api/v1/alike/{type}", J, LANE_FAST, NULL, do_alike_draft, "desk", "What is like a record that is being written down", NULL, "Fields"},
	{"GET", "/api/v1/records/{type}/{id}/merge", N, LANE_FAST, "merge", do_merge_preview, "desk", "What merging another record into this one would do", "from", NULL},
	{"POST", "/api/v1/records/{type}/{id}/merge", J, LANE_SLOW, "merge", do_merge, "desk", "Merge another record into this one", NULL, "Merge"},
	{"GET", "/api/v1/users/{id}/leaving", N, LANE_FAST, "users", do_leaving, "desk", "What deactivating a user would move, and to whom", NULL, NULL},
	{"POST", "/api/v1/cover", J, LANE_SLOW, "cover", do_cover, "desk", "An absent colleague's open work to another", NULL, "Cover"},

	{"GET", "/api/v1/approvals", N, LANE_FAST, NULL, do_approvals, "desk", "What waits for one's vote, what one asked for, what is decided", "state,after,limit", NULL},
	{"POST", "/api/v1/approvals/{id}/vote", J, LANE_FAST, NULL, do_vote, "desk", "Vote in an approval", NULL, "Vote"},
	{"GET", "/api/v1/records/{type}/{id}/approvals", N, LANE_FAST, NULL, do_record_approvals, "desk", "All rounds of approval of a record", NULL, NULL},

	{"GET", "/api/v1/board", N, LANE_SLOW, NULL, do_board, "time", "Clocks that run, by team and person, most pressing first", "team,owner,type,within,limit,after", NULL},
	{"GET", "/api/v1/due", N, LANE_FAST, "settings", do_due, "time", "Work that falls due by itself, and what of it failed for good", "state,limit,after", NULL},
	{"POST", "/api/v1/due/{id}/rerun", N, LANE_FAST, "settings", do_due_rerun, "time", "Try a failed piece of due work again", NULL, NULL},
	{"POST", "/api/v1/due/run", N, LANE_SLOW, "settings", do_due_run, "time", "Work what is due, only with --test-clock", NULL, NULL},

	{"POST", "/api/v1/files", ROUTE_BODY_FILE, LANE_SLOW, NULL, do_file_put, "files", "Upload", "name,type,record", NULL},
	{"GET", "/api/v1/files/{id}", N, LANE_FAST, NULL, do_file_get, "files", "Download", NULL, NULL},

	{"GET", "/api/v1/views/{type}", N, LANE_FAST, NULL, do_view_list, "views", "Saved views", NULL, NULL},
	{"POST", "/api/v1/views/{type}", J, LANE_FAST, NULL, do_view_create, "views", "Save a view", NULL, "View"},
	{"PUT", "/api/v1/views/{type}/{id}", J, LANE_FAST, NULL, do_view_change, "views", "Change one's view", NULL, "View"},
	{"DELETE", "/api/v1/views/{type}/{id}", N, LANE_FAST, NULL, do_view_remove, "views", "Remove a view", NULL, NULL},

	{"GET", "/api/v1/reports", N, LANE_FAST, "report", do_report_list, "reports", "The reports there are", NULL, NULL},
	{"GET", "/api/v1/reports/{name}", N, LANE_SLOW, "report", do_report, "reports", "Figures of a day or a month, each with its filter", "date,month", NULL},
	{"GET", "/api/v1/reports/{name}/share", N, LANE_SLOW, "report", do_report_share, "reports", "The same as text for a group chat", "date,month", NULL},
	{"GET", "/api/v1/reports/{name}/print", N, LANE_SLOW, "report", do_report_print, "reports", "The same as PDF", "date,month", NULL},
	{"GET", "/api/v1/records/{type}/{id}/print/{form}", N, LANE_SLOW, NULL, do_print, "reports", "A printed form as PDF", NULL, NULL},
	{"POST", "/api/v1/records/{type}/{id}/issue/{form}", J, LANE_SLOW, NULL, do_issue, "reports", "Issue a form: drawn once, numbered, kept", NULL, "Issue"},
	{"GET", "/api/v1/records/{type}/{id}/issued", N, LANE_FAST, NULL, do_issued, "reports", "The forms that were issued", NULL, NULL},
	{"GET", "/api/v1/export/{type}", N, LANE_SLOW, NULL, do_export, "reports", "A list as CSV or XLSX; needs the type's export right", LIST ",format", NULL},
	{"GET", "/api/v1/import/{type}/template", N, LANE_FAST, "import", do_import_template, "reports", "The template to fill in", "format", NULL},
	{"POST", "/api/v1/import/{type}", ROUTE_BODY_FILE, LANE_SLOW, "import", do_import, "reports", "Rows of a CSV or .xlsx file with the template's headings", "dry_run,source,name", NULL},

	{"GET", "/api/v1/packs", N, LANE_FAST, "packs", do_pack_list, "administration", "Packs and their files", NULL, NULL},
	{"GET", "/api/v1/packs/file", N, LANE_FAST, "packs", do_pack_file, "administration", "One file of a pack", "pack,path", NULL},
	{"POST", "/api/v1/packs/check", J, LANE_SLOW, "packs", do_pack_check, "administration", "What changed files would do", NULL, "PackFiles"},
	{"POST", "/api/v1/packs/apply", J, LANE_SLOW, "packs", do_pack_apply, "administration", "Put changed files in force", NULL, "PackFiles"},
	{"GET", "/api/v1/packs/history", N, LANE_FAST, "packs", do_pack_history, "administration", "Who changed packs when", NULL, NULL},
	{"GET", "/api/v1/packs/versions", N, LANE_FAST, "packs", do_version_list, "administration", "The texts a pack file has had, newest first", "pack,path,after,limit", NULL},
	{"GET", "/api/v1/packs/versions/{id}", N, LANE_FAST, "packs", do_version, "administration", "One of them, and what it changed", NULL, NULL},
	{"POST", "/api/v1/packs/versions/{id}/restore", N, LANE_SLOW, "packs", do_version_restore, "administration", "Put it in force again", NULL, NULL},
	{"POST", "/api/v1/calendars/import", ROUTE_BODY_FILE, LANE_SLOW, "packs", do_calendar_import, "administration", "Days off and make-up days from JSON or iCalendar; looked at, or saved", "holidays,save,name", NULL},
	{"GET", "/api/v1/settings", N, LANE_FAST, "settings", do_setting_get, "administration", "Name, zone and parameters", NULL, NULL},
	{"PUT", "/api/v1/settings", J, LANE_FAST, "settings", do_setting_put, "administration", "Change them", NULL, "Settings"},
	{"POST", "/api/v1/settings/mail/test", J, LANE_SLOW, "settings", do_mail_test, "administration", "Send an e-mail now and say what the server answered", NULL, "MailTest"},
	{"GET", "/api/v1/duties", N, LANE_SLOW, NULL, do_duties, "time", "The duty calendar: what came round and what will", "from,to,person,team", NULL},
	{"POST", "/api/v1/duties/{duty}/skip", J, LANE_FAST, "settings", do_duty_skip, "time", "A period's duty is not to be done", NULL, "DutySkip"},
	{"GET", "/api/v1/outgoing", N, LANE_FAST, "settings", do_outgoing, "administration", "Messages on their way out", "state,kind,after,limit", NULL},
	{"POST", "/api/v1/outgoing/{id}/again", N, LANE_FAST, "settings", do_outgoing_again, "administration", "Send a message once more", NULL, NULL},
	{"POST", "/api/v1/outgoing/{id}/withdraw", N, LANE_FAST, "settings", do_outgoing_withdraw, "administration", "Take a message back that has not gone yet", NULL, NULL},
	{"GET", "/api/v1/declared/{section}", N, LANE_SLOW, "packs", do_declared, "administration", "Clocks, rules, duties, calendars, holidays or notices, with their text", NULL, NULL},
	{"POST", "/api/v1/declared/{section}/check", J, LANE_SLOW, "packs", do_declare_check, "administration", "What a declaration would do; nothing is saved", NULL, "Declaration"},
	{"PUT", "/api/v1/declared/{section}", J, LANE_SLOW, "packs", do_declare_put, "administration", "Put a declaration in force", NULL, "Declaration"},
	{"DELETE", "/api/v1/declared/{section}", N, LANE_SLOW, "packs", do_declare_remove, "administration", "Take a declaration away", "name,type", NULL},
	{"POST", "/api/v1/declared/{section}/dry-run", J, LANE_SLOW, "packs", do_rule_dry_run, "administration", "How often a rule would have fired", NULL, "DryRun"},
	{"POST", "/api/v1/users/{id}/password", J, LANE_SIGN, "users", do_user_password, "administration", "Set a user's password", NULL, "PasswordSet"},
	{"GET", "/api/v1/tokens", N, LANE_FAST, "tokens", do_token_list, "administration", "Tokens of machines", NULL, NULL},
	{"POST", "/api/v1/tokens", J, LANE_FAST, "tokens", do_token_create, "administration", "Make a token; told once", NULL, "Token"},
	{"DELETE", "/api/v1/tokens/{id}", N, LANE_FAST, "tokens", do_token_remove, "administration", "Remove a token", NULL, NULL},
	{"GET", "/api/v1/access/matrix", N, LANE_FAST, NULL, do_access_matrix, "administration", "Which role may do what with which type", NULL, NULL},
	{"GET", "/api/v1/access/why", N, LANE_SLOW, NULL, do_access_why, "administration", "Who can see a record, and why", "type,id,user,after,limit", NULL},
	{"GET", "/api/v1/audit", N, LANE_FAST, "audit", do_audit, "administration", "Who did what and who saw masked data in the clear, newest first", "after,limit,person,record,kind", NULL},

	{"GET", "/api/v1/bench/fixed", ROUTE_OPEN | N, LANE_FAST, NULL, do_bench_fixed, "measuring", "Fixed bytes, only with --bench", "bytes", NULL},
};
/* clang-format on */

const size_t n_routes = sizeof(routes) / sizeof(routes[0]);
