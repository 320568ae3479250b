-- The tables every organisation has. This step is frozen: changes are new steps.
-- {key} INTEGER PRIMARY KEY | BIGINT PRIMARY KEY; {int} BIGINT; {text} TEXT (COLLATE "C" on
-- PostgreSQL); {blob} BLOB | BYTEA. Instants are ms UTC; flags 0/1.

-- what this organisation is: name, zone, packs (space-separated), demo, created_at …
create table setting (key {text} primary key, value {text});

create table counter (key {text} primary key, next {int} not null);

-- The tenant's copy of its packs, as text; the model is built from these rows.
create table pack_file (pack {text} not null, path {text} not null, body {text} not null, shipped_digest {text},
  primary key (pack, path));
-- Each time packs were put in force: who, when, and what it did to the tables.
create table pack_change (id {key}, at {int} not null, actor {int}, digest {text} not null, report {text} not null);

-- What happened. Never updated, but for seq (once) and an erased body.
create table event (
  id {key}, seq {int}, type {text} not null, record {int} not null, at {int} not null, actor {int},
  kind {text} not null, origin {text} not null, internal {int} not null,
  body {text}, salt {blob}, body_digest {blob} not null, prev {blob}, digest {blob} not null);
create unique index event_seq on event (seq);
create index event_record on event (record, id);
create index event_actor on event (actor, id);

create table seal (from_seq {int} not null primary key, to_seq {int} not null, digest {blob} not null, at {int} not null);

-- One row for every record of a type that uses work: derived, rebuilt by `rebuild`.
create table work (
  id {key}, type {text} not null, number {text}, title {text}, customer {int},
  first_owner {int}, owner {int}, team {int}, pending_owner {int}, pending_team {int},
  priority {int}, stage {text} not null, state {text} not null, due {int}, wake {int},
  opened_at {int} not null, updated_at {int} not null, closed_at {int}, chased {int} not null,
  parent {int}, version {int} not null);
create index work_owner on work (owner, stage, due);
create index work_team on work (team, stage, due);
create index work_pending_owner on work (pending_owner);
create index work_pending_team on work (pending_team);
create index work_customer on work (customer, id);
create index work_first_owner on work (first_owner, id);
create index work_parent on work (parent);
create index work_stage_due on work (stage, due);
create unique index work_number on work (number);

-- What people know of a record (phone tail, pinyin, plate, room, code), brought to one form.
create table lookup (type {text} not null, kind {text} not null, key {text} not null, record {int} not null,
  primary key (type, kind, key, record));
create index lookup_record on lookup (record);

-- Uploaded files: bytes lie in files/ab/cdef… by digest (BLAKE2b).
create table file (id {key}, digest {text} not null, size {int} not null, mime {text} not null, name {text} not null,
  created_at {int} not null, created_by {int}, record {int}, record_type {text}, internal {int} not null);
create index file_record on file (record);
create index file_digest on file (digest);

create table credential (user_id {key}, hash {text} not null, must_change {int} not null, changed_at {int} not null);
create table session (digest {text} primary key, user_id {int} not null, created_at {int} not null, seen_at {int} not null,
  expires_at {int} not null, address {text}, agent {text});
create index session_by_user on session (user_id);
create table token (id {key}, digest {text} not null, user_id {int} not null, name {text} not null, scope {text} not null,
  created_at {int} not null, created_by {int}, expires_at {int}, seen_at {int});
create unique index token_digest on token (digest);
-- Failed sign-ins by key (login + address, and login alone for device cookies): counts that fade.
create table throttle (key {text} primary key, failures {int} not null, last_at {int} not null, until {int} not null);

-- A repeated POST with the same Idempotency-Key gets the stored answer.
create table idempotency (user_id {int} not null, key {text} not null, request_digest {text} not null,
  status {int} not null, body {text} not null, at {int} not null, primary key (user_id, key));
create index idempotency_at on idempotency (at);

create table saved_view (id {key}, type {text} not null, owner {int} not null, shared {int} not null, position {int} not null,
  name {text} not null, spec {text} not null, updated_at {int} not null);
create index saved_view_type on saved_view (type, owner);

create table notice (id {key}, user_id {int} not null, at {int} not null, kind {text} not null, type {text}, record {int},
  body {text} not null, read_at {int});
create index notice_user on notice (user_id, read_at, id);

-- A bulk action, so that it can be undone and a slice taken up again.
create table bulk_run (id {key}, at {int} not null, actor {int} not null, body {text} not null, undone_at {int});

create table import_run (id {key}, type {text} not null, source {text} not null, actor {int}, started_at {int} not null,
  finished_at {int}, state {text} not null, rows_done {int} not null, rows_new {int} not null, rows_failed {int} not null,
  digest {text}, report {text});
-- Which source row became which record: makes a second run safe.
create table import_key (source {text} not null, source_id {text} not null, record {int} not null, primary key (source, source_id));
