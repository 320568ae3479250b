-- What packs bring to begin with, by its name there: made once, or found there already; never again, also when it was removed since.
create table starter (
  pack {text} not null, name {text} not null, type {text} not null, record {int} not null, at {int} not null,
  primary key (pack, name));
