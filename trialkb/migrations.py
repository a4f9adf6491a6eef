"""Migrations: the numbered SQL that makes and renews kb.sqlite; `PRAGMA user_version` is the number reached.

A released migration is never edited. Each runs in one transaction.
"""

from __future__ import annotations

ONE = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('generation', '0');

CREATE TABLE run (               -- one harvest, import, extraction or index build: the ledger
  id INTEGER PRIMARY KEY,
  command TEXT NOT NULL,         -- harvest | import | extract | index
  source TEXT,                   -- the harvest part
  query TEXT,                    -- exactly as sent, or the file's path
  platform TEXT,                 -- the source's own version and data date
  as_of TEXT,                    -- the date the data speaks for, where known
  complete INTEGER,              -- 1: a complete download of its query, so that absence means vanished
  started TEXT NOT NULL,
  finished TEXT,
  announced INTEGER, received INTEGER, new INTEGER, changed INTEGER, unchanged INTEGER, skipped INTEGER,
  state TEXT NOT NULL,           -- running | complete | incomplete | failed
  message TEXT
);
CREATE TABLE page (              -- one answer or block of a run, committed with its records
  run_id INTEGER NOT NULL REFERENCES run(id), number INTEGER NOT NULL, url TEXT, sha256 TEXT, records INTEGER,
  token TEXT, at TEXT NOT NULL, note TEXT, PRIMARY KEY (run_id, number)
) WITHOUT ROWID;

CREATE TABLE document (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, source TEXT NOT NULL, language TEXT, title TEXT, url TEXT,
  version_id INTEGER             -- the version shown
) WITHOUT ROWID;
CREATE TABLE version (           -- every version of every record is kept
  id INTEGER PRIMARY KEY, document_id TEXT NOT NULL REFERENCES document(id), source TEXT NOT NULL,
  sha256 TEXT NOT NULL,          -- of the raw record
  raw BLOB NOT NULL,             -- zlib; the source's words, personal contact fields removed
  record BLOB NOT NULL,          -- zlib; the parsed Document without its sections and raw, JSON
  version_date TEXT, as_of TEXT, modules INTEGER NOT NULL DEFAULT 0,
  retrieved TEXT NOT NULL, run_id INTEGER REFERENCES run(id),
  extracted TEXT,                -- digest of the rules that read it last
  UNIQUE (document_id, sha256)
);
CREATE TABLE sighting (          -- which run saw which version
  run_id INTEGER NOT NULL REFERENCES run(id), version_id INTEGER NOT NULL REFERENCES version(id),
  PRIMARY KEY (run_id, version_id)
) WITHOUT ROWID;
CREATE TABLE section (
  version_id INTEGER NOT NULL REFERENCES version(id), ordinal INTEGER NOT NULL, name TEXT NOT NULL, language TEXT,
  text TEXT NOT NULL, PRIMARY KEY (version_id, ordinal)
) WITHOUT ROWID;

CREATE TABLE trial (             -- of the version shown; lists are JSON
  document_id TEXT PRIMARY KEY REFERENCES document(id), status TEXT, study_type TEXT, phases TEXT NOT NULL,
  allocation TEXT, model TEXT, masking TEXT, purpose TEXT, enrollment INTEGER, enrollment_type TEXT,
  start_date TEXT, primary_completion_date TEXT, completion_date TEXT, first_post_date TEXT, results_post_date TEXT,
  update_date TEXT, has_results INTEGER, sponsor TEXT, sponsor_class TEXT, conditions TEXT NOT NULL,
  interventions TEXT NOT NULL, countries TEXT NOT NULL, secondary_ids TEXT NOT NULL, minimum_age TEXT, maximum_age TEXT,
  sex TEXT
) WITHOUT ROWID;
CREATE TABLE trial_country (document_id TEXT NOT NULL, country TEXT NOT NULL COLLATE NOCASE,
  PRIMARY KEY (country, document_id)) WITHOUT ROWID;
CREATE TABLE article (
  document_id TEXT PRIMARY KEY REFERENCES document(id), pmid TEXT, pmcid TEXT, doi TEXT, authors TEXT NOT NULL,
  journal TEXT, date TEXT, year INTEGER, volume TEXT, issue TEXT, pages TEXT, publication_types TEXT NOT NULL,
  registry_ids TEXT NOT NULL, retracted INTEGER NOT NULL, notices TEXT NOT NULL, preprint INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE finding (           -- of the version shown
  id INTEGER PRIMARY KEY, document_id TEXT NOT NULL REFERENCES document(id),
  version_id INTEGER NOT NULL REFERENCES version(id), field TEXT NOT NULL, value TEXT NOT NULL, section TEXT NOT NULL,
  start INTEGER NOT NULL, end INTEGER NOT NULL, rule TEXT NOT NULL, origin TEXT NOT NULL, confidence REAL, detail TEXT
);
CREATE INDEX finding_document ON finding(document_id, field);
CREATE INDEX finding_value ON finding(field, value);
CREATE TABLE outcome (
  id TEXT PRIMARY KEY, document_id TEXT NOT NULL REFERENCES document(id),
  version_id INTEGER NOT NULL REFERENCES version(id), study TEXT, endpoint TEXT NOT NULL, statistic TEXT NOT NULL,
  value REAL, unit TEXT, value_status TEXT NOT NULL, numerator INTEGER, denominator INTEGER, ci_low REAL, ci_high REAL,
  arm TEXT, grade_min INTEGER, grade_max INTEGER, background TEXT, origin TEXT NOT NULL, rule TEXT NOT NULL,
  confidence REAL, flags TEXT NOT NULL, section TEXT NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,
  record TEXT NOT NULL           -- the Outcome, JSON
) WITHOUT ROWID;
CREATE INDEX outcome_document ON outcome(document_id);
CREATE INDEX outcome_endpoint ON outcome(endpoint, statistic);
CREATE INDEX outcome_study ON outcome(study);
CREATE TABLE correction (        -- a person's word; survives re-harvest and re-extraction
  id INTEGER PRIMARY KEY, document_id TEXT NOT NULL, target TEXT NOT NULL, -- finding:<field> | outcome:<id>
  old TEXT, new TEXT, reason TEXT, at TEXT NOT NULL, undone TEXT
);
CREATE TABLE link (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, target TEXT NOT NULL, relation TEXT NOT NULL,
  version_id INTEGER, section TEXT, start INTEGER, end INTEGER, rule TEXT, undone TEXT,
  UNIQUE (source, target, relation)
);
CREATE INDEX link_target ON link(target);

CREATE TABLE passage (           -- what is searched: a piece of a section of the version shown
  id INTEGER PRIMARY KEY, document_id TEXT NOT NULL REFERENCES document(id), version_id INTEGER NOT NULL,
  section TEXT NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, language TEXT, title TEXT NOT NULL,
  text TEXT NOT NULL,
  embedded TEXT,                 -- what the encoder is given: title and text, field terms translated; NULL: keyword only
  sha1 TEXT                      -- of `embedded`
);
CREATE INDEX passage_document ON passage(document_id);
CREATE INDEX passage_sha1 ON passage(sha1);
CREATE TABLE vector (            -- fp16, normalised; the FAISS file is a cache of these rows
  model TEXT NOT NULL, sha1 TEXT NOT NULL, encoder TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (model, sha1)
) WITHOUT ROWID;
CREATE VIRTUAL TABLE passage_fts USING fts5(title, body, content='', tokenize='porter unicode61 remove_diacritics 2');
CREATE TABLE concept (           -- which lexicon terms a document is about, for search and filters
  kind TEXT NOT NULL, term TEXT NOT NULL, document_id TEXT NOT NULL, weight REAL NOT NULL,
  PRIMARY KEY (kind, term, document_id)
) WITHOUT ROWID;
CREATE INDEX concept_document ON concept(document_id);
"""

TWO = """
ALTER TABLE run ADD COLUMN asked TEXT;     -- a harvest's own words: {"query", "since", "limit"}, JSON; its name when resumed
ALTER TABLE run ADD COLUMN held INTEGER;   -- distinct records of it that the kb holds
ALTER TABLE run ADD COLUMN profile TEXT;   -- the named query set it was part of
CREATE INDEX run_asked ON run(source, asked);
"""

THREE = """
CREATE INDEX article_doi ON article(lower(doi));  -- one work in two sources; a preprint has a DOI of its own
"""

FOUR = """
ALTER TABLE run ADD COLUMN writer TEXT;    -- the process that runs it, as the lock file names it: pid and start
UPDATE article SET doi = substr(doi, instr(lower(doi), 'doi.org/') + 8) WHERE lower(doi) LIKE 'http%doi.org/10.%';
UPDATE article SET doi = trim(substr(doi, 5)) WHERE lower(doi) LIKE 'doi:%10.%';
CREATE INDEX trial_country_document ON trial_country(document_id);
CREATE INDEX link_same_work ON link(source) WHERE relation = 'same_work';
CREATE VIEW work AS              -- every document but those that another one stands for (see works.py)
  SELECT d.* FROM document d WHERE d.source NOT IN ('europepmc', 'references') OR NOT EXISTS
    (SELECT 1 FROM link k WHERE k.source = d.id AND k.relation = 'same_work' AND k.undone IS NULL);
"""

MIGRATIONS: tuple[str, ...] = (ONE, TWO, THREE, FOUR)
