-- Who signed in and out, whose sign-in was refused, whose password or token changed: once for each of these, person, address and hour,
-- with how often. user_id 0: nobody of that name; address '': past the number of addresses that an hour keeps.
create table sign_log (
  id {key}, hour {int} not null, kind {text} not null, user_id {int} not null, address {text} not null, at {int} not null,
  last_at {int} not null, times {int} not null, actor {int} not null);
create unique index sign_log_once on sign_log (hour, kind, user_id, actor, address);
create index sign_log_user on sign_log (user_id, id);

-- The first edition of the names that servers keep in memory.
insert into counter (key, next) values ('directory', 1) on conflict (key) do nothing;
