-- What somebody asked for, what is voted on in his place, and what he saw in the clear: found without walking through everybody's.
create index approval_started_by on approval (started_by, id);
create index approval_seat_stands_for on approval_seat (stands_for, vote);
create index seen_log_user on seen_log (user_id, id);
