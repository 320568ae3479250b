-- Time: running clocks, due work, outgoing messages, notices' choices, versions of pack text, archived prints.

-- One row for each run of a clock on a record. Facts: started, ended, breached, spans; derived (rebuild): due_at, warn_at.
-- outcome: running | paused | met | late | withdrawn. target: the words in force ("5bd", "by due", …). breached_at is never erased.
create table clock (
  id {key}, type {text} not null, record {int} not null, name {text} not null, run {int} not null,
  calendar {text} not null, target {text} not null, started_at {int} not null, ended_at {int}, outcome {text} not null,
  due_at {int}, warn_at {int}, warned_at {int}, breached_at {int}, reached {int} not null,
  owner {int}, team {int}, customer {int});
create unique index clock_record on clock (record, name, run);
create index clock_outcome_due on clock (outcome, due_at);
create index clock_owner on clock (owner, outcome, due_at);
create index clock_team on clock (team, outcome, due_at);
create index clock_name on clock (type, name, started_at);
create index clock_ended on clock (type, name, ended_at);
-- Intervals in which it ran or stood still, and why: facts, written once, closed once.
create table clock_span (id {key}, clock {int} not null, from_at {int} not null, to_at {int}, running {int} not null, why {text} not null);
create index clock_span_clock on clock_span (clock, id);

-- The one table of work that falls due. key makes a piece of work single: "clock:ID", "rule:NAME:ID", "sweep:TYPE:NAME", "duty:NAME",
-- "deliver:ID", "digest:USER" … rank: 0 most urgent. state: ready | dead. A taker holds it by a lease.
create table due_work (
  id {key}, key {text} not null, kind {text} not null, due_at {int} not null, rank {int} not null, state {text} not null,
  type {text}, record {int}, body {text}, tries {int} not null, holder {text}, until {int} not null, last_error {text}, made_at {int} not null);
create unique index due_work_key on due_work (key);
create index due_work_due on due_work (state, rank, due_at);
create index due_work_record on due_work (record);

-- Messages on their way out: e-mail, SMS, webhook calls. message_id is stable over retries. state: waiting | sent | dead | withdrawn.
create table outgoing (
  id {key}, kind {text} not null, address {text} not null, subject {text}, body {text} not null, message_id {text} not null,
  type {text}, record {int}, user_id {int}, made_at {int} not null, state {text} not null, tries {int} not null,
  sent_at {int}, last_error {text}, answer {text});
create unique index outgoing_message on outgoing (message_id);
create index outgoing_state on outgoing (state, id);
create index outgoing_record on outgoing (record);

-- What a person wants to be told how: key "mail:KIND", "quiet" ("22:00-07:00"), "digest" ("18:00") …
create table notice_choice (user_id {int} not null, key {text} not null, value {text} not null, primary key (user_id, key));

-- One row for each duty and period: it is made once, whatever the machine's clock does. state: made | skipped.
create table duty_run (duty {text} not null, period {text} not null, at {int} not null, record {int}, state {text} not null, note {text},
  primary key (duty, period));

-- Every text a pack file has had. The one in force is pack_file's.
create table pack_version (id {key}, change_id {int}, pack {text} not null, path {text} not null, at {int} not null, actor {int},
  body {text}, note {text});
create index pack_version_file on pack_version (pack, path, id);

-- Forms as issued: the PDF's bytes lie in files/ by digest and are not made anew.
create table issued_form (id {key}, type {text} not null, record {int} not null, form {text} not null, number {text} not null,
  version {int} not null, at {int} not null, actor {int}, file {int} not null, replaces {int});
create index issued_form_record on issued_form (record, id);
create unique index issued_form_number on issued_form (number);
