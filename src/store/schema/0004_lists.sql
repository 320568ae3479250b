-- Lists of time that would otherwise read a growing table whole: the board's most pressing clocks of a type, messages of a rare
-- kind, due work of one kind, a person's latest notices.
create index clock_type_due on clock (type, outcome, due_at);
create index outgoing_kind on outgoing (kind, id);
create index due_work_kind on due_work (kind, state, rank, due_at);
create index notice_latest on notice (user_id, id);
