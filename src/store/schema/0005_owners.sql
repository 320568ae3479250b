-- Owners: queues and offers, links between matters, approvals, what was seen in the clear.

-- Records that wait in a queue: derived, rebuilt by `rebuild`. class: 0 most urgent; inside a class by since, then record. home: the
-- queue its conditions led to; queue: the one it has come to by waiting, entered then. step: widened so often. needs: "repair:2 vip:1".
create table waiting (
  record {key}, type {text} not null, queue {text} not null, home {text} not null, class {int} not null, since {int} not null,
  entered {int} not null, step {int} not null, team {int}, needs {text}, last_agent {int});
create index waiting_queue on waiting (queue, class, since, record);
-- One offer of a matter to one person. state: ringing | accepted | refused | timed_out | withdrawn. Ended ones stay.
create table offer (
  id {key}, queue {text} not null, type {text} not null, record {int} not null, user_id {int} not null, made_at {int} not null,
  until {int} not null, state {text} not null, ended_at {int}, why {text}, since {int} not null default 0);
create unique index offer_ringing on offer (record) where state = 'ringing';
create index offer_user on offer (user_id, state);
create index offer_queue on offer (queue, made_at);
create index offer_record on offer (record, id);
-- What waited, and who got it (NULL: it was closed, or is another queue's now).
create table waited (
  id {key}, queue {text} not null, type {text} not null, record {int} not null, since {int} not null, left_at {int} not null,
  user_id {int});
create index waited_queue on waited (queue, left_at);
-- When a person last got something of a queue (round robin), and how many offers in a row he let pass.
create table agent_turn (queue {text} not null, user_id {int} not null, last_at {int} not null, missed {int} not null,
  primary key (queue, user_id));
-- Which server routes, where several share the store.
create table route_lease (id {key}, holder {text} not null, until {int} not null);

-- Matters that have to do with each other. kind: blocks (record blocks other) | related | split_from | duplicate.
create table work_link (
  id {key}, kind {text} not null, record {int} not null, type {text} not null, other {int} not null, other_type {text} not null,
  at {int} not null, actor {int});
create unique index work_link_once on work_link (record, other, kind);
create index work_link_other on work_link (other, kind);

-- A round of an approval route on a record. state: running | approved | refused | returned | withdrawn. body: the route as it was
-- when the round began. freed_at: since then an approved one locks nothing any more.
create table approval (
  id {key}, type {text} not null, record {int} not null, route {text} not null, round {int} not null, state {text} not null,
  step {int} not null, started_at {int} not null, started_by {int}, ended_at {int}, ended_by {int}, freed_at {int}, body {text});
create unique index approval_round on approval (record, route, round);
create index approval_state on approval (state, id);
-- One seat of one step. vote: NULL waiting for him | approve | refuse | return | abstain | dropped (the step was decided without him).
-- told: 0 nothing, 1 reminded, 2 escalated. scan: the file of the paper that was signed instead, voted_by: who put it there.
create table approval_seat (
  id {key}, approval {int} not null, step {int} not null, place {int} not null, user_id {int} not null, stands_for {int},
  asked_at {int}, due_at {int}, told {int} not null default 0, vote {text}, reason {text}, voted_at {int}, voted_by {int}, scan {int});
create index approval_seat_approval on approval_seat (approval, step, place);
create index approval_seat_user on approval_seat (user_id, vote);

-- Masked data seen in the clear: once for each person, record, fields and day; and exports.
create table seen_log (
  id {key}, day {text} not null, user_id {int} not null, type {text} not null, record {int} not null, fields {text} not null,
  why {text} not null, at {int} not null);
create unique index seen_log_once on seen_log (user_id, record, day, fields, why);
create index seen_log_record on seen_log (record, id);

-- Who answers for it: the owner, or who must see to it that there is one. Derived.
alter table work add column accountable {int};
create index work_accountable on work (accountable, stage, due);

-- What somebody else did to an open matter since its owner last acted on it. kind: returned | chased.
create table attention (
  record {int} not null, kind {text} not null, at {int} not null, actor {int}, primary key (record, kind));

-- What was chosen in a field of choices that has become a table (`was`), until its lines are made. labels: "name label", a line each.
create table kept_choice (
  record {int} not null, field {text} not null, type {text} not null, chosen {text} not null, labels {text} not null,
  primary key (record, field));
