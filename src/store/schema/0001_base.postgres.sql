-- Full-text index on PostgreSQL. Tokens are made in C and stored as a tsvector without positions.
create table search_doc (id BIGINT PRIMARY KEY, tokens TSVECTOR NOT NULL);
-- The planner must tell common tokens from rare ones.
alter table search_doc alter column tokens set statistics 1000;
create index search_doc_tokens on search_doc using gin (tokens) with (fastupdate = off);
-- Shared work between servers: node numbers of ids, and the sequencer of events.
create table lease (name TEXT COLLATE "C" PRIMARY KEY, holder TEXT NOT NULL, until BIGINT NOT NULL);
