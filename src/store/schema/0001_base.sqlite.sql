-- Full-text index on SQLite. Tokens are made in C; the built-in tokenizer only splits at spaces.
create table search_doc (id INTEGER PRIMARY KEY, tokens TEXT NOT NULL, keys TEXT NOT NULL);
create virtual table search_index using fts5(tokens, keys, content='search_doc', content_rowid='id',
  tokenize="unicode61 remove_diacritics 0 categories 'L* N* Co P* S* M*'", detail=none, columnsize=0);
