/* What `uses: [work]` adds to a type: fields, inputs, parties, transitions; and `number`. */
#include "model/pack_load.h"

const char *const base_field_names[] = {"id", "version", "created_at", "created_by", "updated_at", NULL};

static const struct option stages[] = {
        {.name = "open", .label = {"办理中", "Open"}},
        {.name = "paused", .label = {"已挂起", "Paused"}},
        {.name = "done", .label = {"已办结", "Done"}},
        {.name = "final", .label = {"已归档", "Final"}},
};

static const struct option priorities[] = {
        /* order is real: low < normal < high < urgent */
        {.name = "low", .label = {"低", "Low"}},
        {.name = "normal", .label = {"普通", "Normal"}},
        {.name = "high", .label = {"高", "High"}},
        {.name = "urgent", .label = {"紧急", "Urgent"}},
};

#define SYSTEM FIELD_SYSTEM
#define SORT FIELD_SORT

static const struct field fields[] = {
        {.name = "number",
         .label = {"编号", "Number"},
         .kind = FIELD_TEXT,
         .flags = SYSTEM | SORT | FIELD_UNIQUE,
         .lookups = LOOKUP_CODE,
         .max_chars = LIMIT_TEXT_CHARS},
        {.name = "stage",
         .label = {"阶段", "Stage"},
         .kind = FIELD_CHOICE,
         .flags = SYSTEM,
         .options = (struct option *)stages,
         .n_options = 4},
        {.name = "customer", .label = {"客户", "Customer"}, .kind = FIELD_LINK, .to = "customer"},
        {.name = "first_owner",
         .label = {"首问责任人", "First owner"},
         .kind = FIELD_LINK,
         .to = "user",
         .flags = SYSTEM},
        {.name = "owner", .label = {"责任人", "Owner"}, .kind = FIELD_LINK, .to = "user", .flags = SYSTEM},
        {.name = "team", .label = {"部门", "Team"}, .kind = FIELD_LINK, .to = "team"},
        {.name = "pending_owner",
         .label = {"待接受人", "Offered to"},
         .kind = FIELD_LINK,
         .to = "user",
         .flags = SYSTEM},
        {.name = "pending_team",
         .label = {"待接受部门", "Offered to team"},
         .kind = FIELD_LINK,
         .to = "team",
         .flags = SYSTEM},
        {.name = "priority",
         .label = {"优先级", "Priority"},
         .kind = FIELD_CHOICE,
         .options = (struct option *)priorities,
         .n_options = 4,
         .preset = "normal"},
        {.name = "due", .label = {"期限", "Due"}, .kind = FIELD_DATETIME, .flags = SORT},
        {.name = "wake", .label = {"恢复日期", "Resume on"}, .kind = FIELD_DATE},
        {.name = "opened_at", .label = {"受理时间", "Opened"}, .kind = FIELD_DATETIME, .flags = SYSTEM | SORT},
        {.name = "closed_at", .label = {"办结时间", "Closed"}, .kind = FIELD_DATETIME, .flags = SYSTEM | SORT},
        {.name = "chased", .label = {"催办次数", "Chased"}, .kind = FIELD_NUMBER, .flags = SYSTEM, .preset = "0"},
        {.name = "parent", .label = {"上级事项", "Part of"}, .kind = FIELD_LINK, .to = "work"},
        {.name = "accountable",
         .label = {"当前责任人", "Accountable"},
         .help = {"有责任人时就是他；没有时是部门负责人（或其代理人）、首问责任人、兜底人",
                  "The owner; without one the lead of the team or who stands in, the first owner, the last to turn to"},
         .kind = FIELD_LINK,
         .to = "user",
         .flags = SYSTEM | FIELD_DERIVED},
        {.name = "blocked", .label = {"被阻塞", "Blocked"}, .kind = FIELD_FLAG, .flags = SYSTEM | FIELD_DERIVED},
        {.name = "waits_for",
         .label = {"在等谁", "Waits for"},
         .kind = FIELD_TEXT,
         .flags = SYSTEM | FIELD_DERIVED,
         .max_chars = LIMIT_TEXT_CHARS},
};

const char *const work_field_names[] = {"number",      "stage",         "customer",     "first_owner", "owner",
                                        "team",        "pending_owner", "pending_team", "priority",    "due",
                                        "wake",        "opened_at",     "closed_at",    "chased",      "parent",
                                        "accountable", "blocked",       "waits_for",    NULL};

bool work_field(const struct type *t, const char *name, struct field *ret_field)
{
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		if (strcmp(fields[i].name, name) != 0)
			continue;
		/* Any type with a pattern has a number (or fills its `code`), the rest comes with work. */
		bool numbered = i == 0 && t->number && !type_field(t, "code");
		if (!t->uses_work && !numbered)
			return false;
		*ret_field = fields[i];
		ret_field->column = fields[i].name;
		return true;
	}
	return false;
}

/* For transitions of the pack too: each is added unless the type declares its own. */
void work_inputs(struct loader *l, struct type *t, size_t cap)
{
	static const struct field inputs[WORK_INPUTS_MAX] = {
	        {.name = "to_owner", .label = {"交给谁", "To whom"}, .kind = FIELD_LINK, .to = "user"},
	        {.name = "to_team", .label = {"交给部门", "To which team"}, .kind = FIELD_LINK, .to = "team"},
	        {.name = "reason",
	         .label = {"原因", "Reason"},
	         .kind = FIELD_LONG_TEXT,
	         .flags = FIELD_MULTILINE,
	         .max_chars = LIMIT_LONG_TEXT_CHARS},
	};
	for (size_t i = 0; t->uses_work && i < WORK_INPUTS_MAX && t->n_inputs < cap; i++) {
		if (type_input(t, inputs[i].name) || type_field(t, inputs[i].name))
			continue;
		struct field *f = &t->inputs[t->n_inputs];
		*f = inputs[i];
		f->of = t;
		f->at = (int)t->n_inputs++;
		f->target = f->to ? model_type(l->m, f->to) : NULL;
	}
}

struct yaml_node *load_made_text(struct loader *l, const struct yaml_node *like, const char *text)
{
	struct yaml_node *node = ARENA_NEW(l->scratch, struct yaml_node);
	*node = (struct yaml_node){.kind = YAML_TEXT, .plain = true, .text = text, .len = strlen(text)};
	if (like) {
		node->doc = like->doc;
		node->line = like->line;
		node->column = like->column;
	}
	return node;
}

void work_parties(struct loader *l, struct type *t)
{
	static const struct {
		const char *name, *zh, *en, *is;
		bool work;
	} known[WORK_PARTIES_MAX] = {
	        {"owner", "责任人", "Owner", "owner = @me", true},
	        {"first_owner", "首问责任人", "First owner", "first_owner = @me", true},
	        {"pending", "待接受方", "Who was asked", "pending_owner = @me or pending_team in @my_teams", true},
	        {"team_member", "本部门", "Member of the team", "team in @my_teams or team in @shared_teams", true},
	        {"creator", "建立人", "Creator", "created_by = @me", false},
	};
	for (size_t i = 0; i < WORK_PARTIES_MAX; i++) {
		if (known[i].work && !t->uses_work)
			continue;
		struct party *p = &t->parties[t->n_parties++];
		*p = (struct party){.name = known[i].name, .label = {known[i].zh, known[i].en}};
		load_filter(l, load_made_text(l, l->sources[t->at].parts[0], known[i].is), t, &p->is);
	}
}

struct work_step {
	const char *name;
	struct label label;
	enum action_kind action;
	const char *by[3]; /* unless `work:` says otherwise */
	struct {
		const char *name;
		bool required;
	} asks[3];
	const char *when;
	struct label otherwise;
	bool bulk;
};

static const struct work_step steps[WORK_TRANSITIONS_MAX] = {
        {.name = "hand_over",
         .label = {"移交", "Hand over"},
         .action = ACTION_HAND_OVER,
         .by = {"owner", "lead"},
         .asks = {{"to_owner", false}, {"to_team", false}, {"reason", true}},
         .bulk = true},
        {.name = "accept_hand_over",
         .label = {"接受移交", "Accept"},
         .action = ACTION_ACCEPT,
         .by = {"pending"},
         .when = "pending_owner is not empty or pending_team is not empty",
         .otherwise = {"没有待接受的移交", "Nothing was handed over"},
         .bulk = true},
        {.name = "refuse_hand_over",
         .label = {"退回移交", "Refuse"},
         .action = ACTION_REFUSE,
         .by = {"pending"},
         .asks = {{"reason", true}},
         .when = "pending_owner is not empty or pending_team is not empty",
         .otherwise = {"没有待接受的移交", "Nothing was handed over"}},
        {.name = "take",
         .label = {"领取", "Take"},
         .action = ACTION_TAKE,
         .by = {"team_member"},
         .when = "owner is empty",
         .otherwise = {"已有责任人", "It has an owner already"},
         .bulk = true},
        {.name = "assign",
         .label = {"改派", "Assign"},
         .action = ACTION_ASSIGN,
         .by = {"lead"},
         .asks = {{"to_owner", true}, {"reason", true}},
         .bulk = true},
};

static void step_by(struct loader *l, struct type *t, const struct work_step *s, struct transition *tr)
{
	const struct yaml_node *said = yaml_get(yaml_get(l->sources[t->at].parts[0], "work"), s->name);
	if (said) {
		tr->by = load_words(l, said, "who may do it", &tr->n_by);
		return;
	}
	tr->by = ARENA_ARRAY(l->arena, 3, const char *);
	for (size_t i = 0; i < 3 && s->by[i]; i++) {
		bool lead = strcmp(s->by[i], "lead") == 0;
		if (!lead || load_role(l, "lead")) /* a default role that these packs don't have */
			tr->by[tr->n_by++] = s->by[i];
	}
}

static void step_make(struct loader *l, struct type *t, const struct work_step *s, struct transition *tr)
{
	*tr = (struct transition){
	        .name = s->name, .label = s->label, .otherwise = s->otherwise, .bulk = s->bulk, .system = true};
	step_by(l, t, s, tr);
	tr->from = ARENA_ARRAY(l->arena, t->n_states + 1, const char *);
	for (size_t i = 0; i < t->n_states; i++) /* a final record has nobody who must act */
		if (t->states[i].stage != STAGE_FINAL)
			tr->from[tr->n_from++] = t->states[i].name;
	tr->asks = ARENA_ARRAY(l->arena, 3, struct ask);
	for (size_t i = 0; i < 3 && s->asks[i].name; i++) {
		const struct field *f = type_input(t, s->asks[i].name);
		bool is_input = f != NULL;
		f = f ? f : type_field(t, s->asks[i].name);
		if (f)
			tr->asks[tr->n_asks++] =
			        (struct ask){.field = f, .is_input = is_input, .required = s->asks[i].required};
	}
	tr->actions = ARENA_NEW(l->arena, struct action);
	tr->actions[0] = (struct action){.kind = s->action, .target = s->action == ACTION_ASSIGN ? "to_owner" : NULL};
	tr->n_actions = 1;
	if (s->when)
		load_filter(l, load_made_text(l, l->sources[t->at].parts[0], s->when), t, &tr->when);
}

size_t work_transitions(struct loader *l, struct type *t)
{
	const struct yaml_node *work = yaml_get(l->sources[t->at].parts[0], "work");
	if (!t->uses_work) {
		if (work)
			load_fault(l, work, "`work:` is for types with `uses: [work]`");
		return 0;
	}
	if (work)
		load_keys(l, work, "`work`", "hand_over accept_hand_over refuse_hand_over take assign");
	for (size_t i = 0; i < WORK_TRANSITIONS_MAX; i++)
		step_make(l, t, &steps[i], &t->transitions[t->n_transitions++]);
	return WORK_TRANSITIONS_MAX;
}
