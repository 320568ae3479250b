/* work_where.c: which rows stand in which group of the workbench, as SQL over the work index. */
#include "base/clock.h"
#include "flow/work.h"

enum { AFTER_DAYS = 7 };

static void my_teams(const struct bench *b, struct sql *q)
{
	SQL(q, "(");
	for (size_t i = 0; i < b->n_teams; i++) {
		if (i > 0)
			SQL(q, ", ");
		sql_value_int(q, b->teams[i]);
	}
	if (b->n_teams == 0)
		SQL(q, "0");
	SQL(q, ")");
}

/* ---- which rows ------------------------------------------------------------------------------------- */

void where_hand_over(const struct bench *b, struct sql *q)
{
	SQL(q, "stage in ('open', 'paused') and (pending_owner = ");
	sql_value_int(q, b->me);
	SQL(q, " or (pending_owner is null and pending_team in ");
	my_teams(b, q);
	SQL(q, "))");
}

/* Mine and not asked of somebody else; calls have their own group. */
static void mine_open(const struct bench *b, struct sql *q)
{
	SQL(q, "owner = ");
	sql_value_int(q, b->me);
	SQL(q, " and stage = 'open' and type <> 'follow_up' and pending_owner is null and pending_team is null");
}

/* A clock of his that runs falls due before. */
static void clock_before(const struct bench *b, struct sql *q, int64_t before)
{
	SQL(q, "(select c.record from clock c where c.owner = ");
	sql_value_int(q, b->me);
	SQL(q, " and c.outcome = 'running' and c.due_at < ");
	sql_value_int(q, before);
	SQL(q, ")");
}

void where_due_before(const struct bench *b, struct sql *q, int64_t before)
{
	SQL(q, "(due < ");
	sql_value_int(q, before);
	SQL(q, " or id in ");
	clock_before(b, q, before);
	SQL(q, ")");
}

/* Neither the record's own time nor a clock: also where there is none at all. */
static void where_due_not_before(const struct bench *b, struct sql *q, int64_t before)
{
	SQL(q, "(due is null or due >= ");
	sql_value_int(q, before);
	SQL(q, ") and id not in ");
	clock_before(b, q, before);
}

static void where_overdue(const struct bench *b, struct sql *q)
{
	mine_open(b, q);
	SQL(q, " and ");
	where_due_before(b, q, b->t.now);
}

static void where_today(const struct bench *b, struct sql *q)
{
	SQL(q, "((");
	mine_open(b, q);
	SQL(q, " and ");
	where_due_before(b, q, b->t.day_end);
	SQL(q, " and ");
	where_due_not_before(b, q, b->t.now);
	SQL(q, ") or (owner = ");
	sql_value_int(q, b->me);
	SQL(q, " and stage = 'paused' and wake <= ");
	sql_value_int(q, b->t.now);
	/* A department has done what I asked for: the customer waits for my answer. */
	SQL(q, ") or (type = 'task' and stage = 'done' and first_owner = ");
	sql_value_int(q, b->me);
	SQL(q, "))");
}

static void where_call(const struct bench *b, struct sql *q)
{
	SQL(q, "owner = ");
	sql_value_int(q, b->me);
	SQL(q, " and stage = 'open' and type = 'follow_up' and (due is null or due < ");
	sql_value_int(q, b->t.day_end);
	SQL(q, ")");
}

static void where_unaccepted(const struct bench *b, struct sql *q)
{
	SQL(q, "owner = ");
	sql_value_int(q, b->me);
	SQL(q, " and stage in ('open', 'paused') and (pending_owner is not null or pending_team is not null)");
}

static void where_mine(const struct bench *b, struct sql *q)
{
	SQL(q, "owner = ");
	sql_value_int(q, b->me);
	SQL(q, " and pending_owner is null and pending_team is null and ((stage = 'done' and type <> 'task') or (stage "
	       "= 'open' and ");
	where_due_not_before(b, q, b->t.day_end);
	SQL(q, "))");
}

static void where_pool(const struct bench *b, struct sql *q)
{
	SQL(q, "owner is null and stage in ('open', 'paused') and team in ");
	my_teams(b, q);
}

static void where_waiting(const struct bench *b, struct sql *q)
{
	SQL(q, "owner = ");
	sql_value_int(q, b->me);
	SQL(q, " and stage = 'paused' and (wake is null or wake > ");
	sql_value_int(q, b->t.now);
	SQL(q, ")");
}

static void where_after(const struct bench *b, struct sql *q)
{
	SQL(q, "first_owner = ");
	sql_value_int(q, b->me);
	SQL(q, " and owner <> ");
	sql_value_int(q, b->me);
	SQL(q, " and (stage = 'final' or (stage = 'done' and type <> 'task')) and closed_at >= ");
	sql_value_int(q, b->t.now - AFTER_DAYS * DAY_MS);
}

static void where_offer(const struct bench *b, struct sql *q)
{
	SQL(q, "id in (select record from offer where state = 'ringing' and user_id = ");
	sql_value_int(q, b->me);
	SQL(q, ")");
}

/* He answers for it, and somebody else did this to it since he last acted. */
static void marked(const struct bench *b, struct sql *q, const char *kind)
{
	SQL(q, "accountable = ");
	sql_value_int(q, b->me);
	SQL(q, " and stage in ('open', 'paused') and id in (select record from attention where kind = ");
	sql_value_text(q, kind);
	SQL(q, ")");
}

static void where_returned(const struct bench *b, struct sql *q)
{
	marked(b, q, "returned");
}

static void where_chased(const struct bench *b, struct sql *q)
{
	marked(b, q, "chased");
}

void where_marked_else(const struct bench *b, struct sql *q)
{
	SQL(q, "accountable = ");
	sql_value_int(q, b->me);
	SQL(q, " and stage in ('open', 'paused') and id in (select record from attention) and ");
	where_due_not_before(b, q, b->t.day_end);
}

const struct group work_groups[WORK_GROUPS] = {
        {"offer", {"派给我，待接", "Offered to me"}, where_offer, "due", true},
        {"hand_over", {"待我接收", "To accept"}, where_hand_over, "due", true},
        {"approval", {"待我审批", "To approve"}, NULL, "asked", false},
        {"returned", {"退回给我的", "Came back to me"}, where_returned, "due", false},
        {"chased", {"被催办", "Chased"}, where_chased, "due", false},
        {"overdue", {"已逾期", "Overdue"}, where_overdue, "due", true},
        {"today", {"今天到期", "Due today"}, where_today, "due", true},
        {"call", {"待回访与提醒", "To call"}, where_call, "due", true},
        {"promised", {"我承诺的", "Promised by me"}, NULL, "due", true},
        {"unaccepted", {"等对方接单", "Not accepted yet"}, where_unaccepted, "due", false},
        {"mine", {"我的在办", "Mine"}, where_mine, "mine", false},
        {"pool", {"本组待领取", "In my team's pool"}, where_pool, "due", false},
        {"waiting", {"挂起等待", "Waiting"}, where_waiting, "wake", false},
        {"after", {"我经手的后来", "What became of mine"}, where_after, "after", false},
};
/* Promises until the end of tomorrow: what was said must not be forgotten overnight. */
void where_promised(const struct bench *b, struct sql *q)
{
	SQL(q, "owner = ");
	sql_value_int(q, b->me);
	SQL(q, " and state = 'open' and due < ");
	sql_value_int(q, b->t.day_end + DAY_MS);
}

void where_reminder(const struct bench *b, struct sql *q)
{
	SQL(q, "owner = ");
	sql_value_int(q, b->me);
	SQL(q, " and state = 'waiting' and remind_on <= ");
	sql_value_text(q, b->t.today);
}
