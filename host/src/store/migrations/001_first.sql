-- What happened, in order. `topics` are the paths it goes by, one a line, its own first.
CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  topics TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;

-- One row a life of the process; `ended_at` is set by an orderly stop.
CREATE TABLE boots (
  boot INTEGER PRIMARY KEY,
  started_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT;

-- Tells this database apart from any other that counts its events from 1: what goes out is known by it.
CREATE TABLE identity (id TEXT NOT NULL) STRICT;
INSERT INTO identity VALUES (lower(hex(randomblob(8))));

-- The data API.

-- `last_active` is 0 for a master that never said that it is active.
CREATE TABLE masters (
  masterid INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  active INTEGER NOT NULL,
  last_active INTEGER NOT NULL
) STRICT;

CREATE TABLE workers (
  workerid INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  workerinfo TEXT NOT NULL DEFAULT '{}',
  paused INTEGER NOT NULL DEFAULT 0,
  pause_reason TEXT,
  graceful INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE projects (
  projectid INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  slug TEXT NOT NULL UNIQUE,
  description TEXT,
  description_format TEXT,
  description_html TEXT
) STRICT;

CREATE TABLE builders (
  builderid INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  description TEXT,
  description_format TEXT,
  description_html TEXT,
  projectid INTEGER REFERENCES projects ON DELETE SET NULL,
  tags TEXT NOT NULL DEFAULT '[]'
) STRICT;

-- `configured`: its master said so, and not only that it builds it.
CREATE TABLE builder_masters (
  builderid INTEGER NOT NULL REFERENCES builders ON DELETE CASCADE,
  masterid INTEGER NOT NULL REFERENCES masters ON DELETE CASCADE,
  configured INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (builderid, masterid)
) STRICT, WITHOUT ROWID;

CREATE INDEX builders_of_project ON builders (projectid);
CREATE INDEX builders_of_master ON builder_masters (masterid);

-- `masterid`: who runs it; NULL while nobody does.
CREATE TABLE schedulers (
  schedulerid INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  enabled INTEGER NOT NULL DEFAULT 1,
  masterid INTEGER REFERENCES masters ON DELETE SET NULL
) STRICT;

CREATE INDEX schedulers_of_master ON schedulers (masterid);

CREATE TABLE changesources (
  changesourceid INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  masterid INTEGER REFERENCES masters ON DELETE SET NULL
) STRICT;

CREATE INDEX changesources_of_master ON changesources (masterid);

-- `builder_names` and `all_fields` are JSON lists. They go with the master that told of them.
CREATE TABLE forceschedulers (
  name TEXT PRIMARY KEY,
  masterid INTEGER NOT NULL REFERENCES masters ON DELETE CASCADE,
  button_name TEXT NOT NULL,
  label TEXT NOT NULL,
  builder_names TEXT NOT NULL,
  enabled INTEGER NOT NULL DEFAULT 1,
  all_fields TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
  uid INTEGER PRIMARY KEY,
  identifier TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE users_info (
  uid INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
  attr_type TEXT NOT NULL,
  attr_data TEXT NOT NULL,
  PRIMARY KEY (uid, attr_type),
  UNIQUE (attr_type, attr_data)
) STRICT, WITHOUT ROWID;

CREATE TABLE connected_workers (
  workerid INTEGER NOT NULL REFERENCES workers ON DELETE CASCADE,
  masterid INTEGER NOT NULL REFERENCES masters ON DELETE CASCADE,
  PRIMARY KEY (workerid, masterid)
) STRICT, WITHOUT ROWID;

CREATE TABLE configured_workers (
  workerid INTEGER NOT NULL REFERENCES workers ON DELETE CASCADE,
  builderid INTEGER NOT NULL REFERENCES builders ON DELETE CASCADE,
  masterid INTEGER NOT NULL REFERENCES masters ON DELETE CASCADE,
  PRIMARY KEY (workerid, builderid, masterid)
) STRICT, WITHOUT ROWID;

CREATE INDEX workers_of_builder ON configured_workers (builderid, masterid, workerid);
CREATE INDEX workers_of_master ON configured_workers (masterid, workerid);

-- `is_text`: the body is UTF-8.
CREATE TABLE patches (
  patchid INTEGER PRIMARY KEY,
  level INTEGER NOT NULL,
  subdir TEXT,
  author TEXT NOT NULL,
  comment TEXT NOT NULL,
  body BLOB NOT NULL,
  is_text INTEGER NOT NULL
) STRICT;

CREATE TABLE sourcestamps (
  ssid INTEGER PRIMARY KEY,
  branch TEXT,
  revision TEXT,
  repository TEXT NOT NULL,
  project TEXT NOT NULL,
  codebase TEXT NOT NULL,
  patchid INTEGER REFERENCES patches,
  created_at INTEGER NOT NULL
) STRICT;

-- Equal stamps are one stamp; NULLs are equal here, hence the expressions.
CREATE UNIQUE INDEX sourcestamps_same ON sourcestamps (
  repository, project, codebase, ifnull(branch, char(0)), ifnull(revision, char(0)), ifnull(patchid, 0)
);

CREATE TABLE changes (
  changeid INTEGER PRIMARY KEY,
  parent_changeid INTEGER,
  author TEXT NOT NULL,
  committer TEXT,
  comments TEXT NOT NULL,
  files TEXT NOT NULL,
  when_timestamp INTEGER NOT NULL,
  branch TEXT,
  revision TEXT,
  revlink TEXT,
  category TEXT,
  repository TEXT NOT NULL,
  project TEXT NOT NULL,
  codebase TEXT NOT NULL,
  properties TEXT NOT NULL,
  ssid INTEGER NOT NULL REFERENCES sourcestamps
) STRICT;

CREATE TABLE change_users (
  changeid INTEGER NOT NULL REFERENCES changes ON DELETE CASCADE,
  uid INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
  PRIMARY KEY (changeid, uid)
) STRICT, WITHOUT ROWID;

CREATE INDEX changes_of_stamp ON changes (ssid, changeid);
CREATE INDEX changes_of_branch ON changes (branch);
CREATE INDEX changes_of_revision ON changes (revision);
CREATE INDEX changes_of_line ON changes (repository, project, codebase, branch, changeid);

CREATE TABLE buildsets (
  bsid INTEGER PRIMARY KEY,
  external_idstring TEXT,
  reason TEXT NOT NULL,
  rebuilt_buildid INTEGER,
  submitted_at INTEGER NOT NULL,
  complete_at INTEGER,
  results INTEGER,
  parent_buildid INTEGER,
  parent_relationship TEXT
) STRICT;

CREATE INDEX buildsets_open ON buildsets (bsid) WHERE complete_at IS NULL;
CREATE INDEX buildsets_of_parent ON buildsets (parent_buildid);

CREATE TABLE buildset_properties (
  bsid INTEGER NOT NULL REFERENCES buildsets ON DELETE CASCADE,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (bsid, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE buildset_sourcestamps (
  bsid INTEGER NOT NULL REFERENCES buildsets ON DELETE CASCADE,
  ssid INTEGER NOT NULL REFERENCES sourcestamps,
  PRIMARY KEY (bsid, ssid)
) STRICT, WITHOUT ROWID;

CREATE INDEX buildsets_of_stamp ON buildset_sourcestamps (ssid, bsid);

CREATE TABLE buildrequests (
  buildrequestid INTEGER PRIMARY KEY,
  bsid INTEGER NOT NULL REFERENCES buildsets ON DELETE CASCADE,
  builderid INTEGER NOT NULL REFERENCES builders ON DELETE CASCADE,
  priority INTEGER NOT NULL,
  submitted_at INTEGER NOT NULL,
  waited_for INTEGER NOT NULL,
  claimed_at INTEGER,
  claimed_by_masterid INTEGER,
  complete_at INTEGER,
  results INTEGER,
  CHECK ((claimed_at IS NULL) = (claimed_by_masterid IS NULL)),
  CHECK ((complete_at IS NULL) = (results IS NULL))
) STRICT;

CREATE INDEX buildrequests_of_buildset ON buildrequests (bsid);
CREATE INDEX buildrequests_of_builder ON buildrequests (builderid);
CREATE INDEX buildrequests_open ON buildrequests (buildrequestid) WHERE complete_at IS NULL;
CREATE INDEX buildrequests_open_of_builder ON buildrequests (builderid) WHERE complete_at IS NULL;
CREATE INDEX buildrequests_claimable ON buildrequests (buildrequestid) WHERE claimed_at IS NULL AND complete_at IS NULL;

-- Sets of (repository, branch, codebase) that buildsets are of: builds are compared along one. `stamps` is JSON, sorted.
CREATE TABLE lines (
  lineid INTEGER PRIMARY KEY,
  stamps TEXT NOT NULL UNIQUE
) STRICT;

-- What a master that is gone leaves behind.
CREATE INDEX buildrequests_held ON buildrequests (claimed_by_masterid)
  WHERE claimed_by_masterid IS NOT NULL AND complete_at IS NULL;

CREATE TABLE builds (
  buildid INTEGER PRIMARY KEY,
  number INTEGER NOT NULL,
  builderid INTEGER NOT NULL REFERENCES builders ON DELETE CASCADE,
  buildrequestid INTEGER NOT NULL REFERENCES buildrequests ON DELETE CASCADE,
  workerid INTEGER REFERENCES workers ON DELETE SET NULL,
  masterid INTEGER NOT NULL REFERENCES masters ON DELETE CASCADE,
  started_at INTEGER NOT NULL,
  complete_at INTEGER,
  locks_duration_s INTEGER NOT NULL DEFAULT 0,
  state_string TEXT NOT NULL,
  results INTEGER,
  lineid INTEGER NOT NULL REFERENCES lines,
  UNIQUE (builderid, number)
) STRICT;

CREATE INDEX builds_of_request ON builds (buildrequestid);
CREATE INDEX builds_of_worker ON builds (workerid);
CREATE INDEX builds_by_results ON builds (results);
CREATE INDEX builds_of_builder_by_results ON builds (builderid, results, number);
CREATE INDEX builds_open ON builds (buildid) WHERE complete_at IS NULL;
CREATE INDEX builds_open_of_builder ON builds (builderid, number) WHERE complete_at IS NULL;
-- The last green build before one, along its line.
CREATE INDEX builds_green ON builds (builderid, lineid, number) WHERE results = 0;
CREATE INDEX builds_running ON builds (masterid) WHERE complete_at IS NULL;

CREATE TABLE build_properties (
  buildid INTEGER NOT NULL REFERENCES builds ON DELETE CASCADE,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (buildid, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE build_data (
  buildid INTEGER NOT NULL REFERENCES builds ON DELETE CASCADE,
  name TEXT NOT NULL,
  value BLOB NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (buildid, name)
) STRICT, WITHOUT ROWID;

-- What engines are asked for, kept so that one that was away finds it. `buildid` is NULL where a request is meant.
CREATE TABLE orders (
  orderid INTEGER PRIMARY KEY AUTOINCREMENT,
  buildrequestid INTEGER NOT NULL REFERENCES buildrequests ON DELETE CASCADE,
  buildid INTEGER REFERENCES builds ON DELETE CASCADE,
  verb TEXT NOT NULL,
  reason TEXT NOT NULL,
  ordered_at INTEGER NOT NULL
) STRICT;

-- The last of its kind: who asks a thousand times is heard once.
CREATE UNIQUE INDEX orders_of_request ON orders (buildrequestid, verb, ifnull(buildid, 0));
CREATE INDEX orders_of_build ON orders (buildid);

CREATE TABLE steps (
  stepid INTEGER PRIMARY KEY,
  number INTEGER NOT NULL,
  name TEXT NOT NULL,
  buildid INTEGER NOT NULL REFERENCES builds ON DELETE CASCADE,
  started_at INTEGER,
  locks_acquired_at INTEGER,
  complete_at INTEGER,
  state_string TEXT NOT NULL,
  results INTEGER,
  urls TEXT NOT NULL DEFAULT '[]',
  hidden INTEGER NOT NULL DEFAULT 0,
  UNIQUE (buildid, number),
  UNIQUE (buildid, name)
) STRICT;

-- `merged`: it is finished, and its chunks will not be put together any further.
CREATE TABLE logs (
  logid INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  slug TEXT NOT NULL,
  stepid INTEGER NOT NULL REFERENCES steps ON DELETE CASCADE,
  complete INTEGER NOT NULL DEFAULT 0,
  num_lines INTEGER NOT NULL DEFAULT 0,
  type TEXT NOT NULL CHECK (type IN ('s', 't', 'h', 'd')),
  merged INTEGER NOT NULL DEFAULT 0,
  UNIQUE (stepid, slug)
) STRICT;

CREATE INDEX logs_to_merge ON logs (logid) WHERE complete = 1 AND merged = 0;

-- Whole lines, the last line end left out. `bytes`: how many they are when not compressed. `compressed`: 0 not at all,
-- 4 zstd (Buildbot's numbers).
CREATE TABLE logchunks (
  logid INTEGER NOT NULL REFERENCES logs ON DELETE CASCADE,
  first_line INTEGER NOT NULL,
  last_line INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  compressed INTEGER NOT NULL CHECK (compressed IN (0, 4)),
  content BLOB NOT NULL,
  PRIMARY KEY (logid, first_line)
) STRICT, WITHOUT ROWID;

-- What a master told of under ids of its own (`theirs`): which of ours it is, and where its page is.
CREATE TABLE ingested (
  masterid INTEGER NOT NULL REFERENCES masters ON DELETE CASCADE,
  kind TEXT NOT NULL,
  theirs INTEGER NOT NULL,
  ours INTEGER NOT NULL,
  url TEXT,
  PRIMARY KEY (masterid, kind, theirs)
) STRICT, WITHOUT ROWID;

CREATE INDEX ingested_ours ON ingested (kind, ours);

-- Who may call. Only the SHA-256 of a token is kept; `scopes` are words with a blank between. A revoked token stays to
-- be seen, and because a host that once had tokens is never open again; its name is free for another.
CREATE TABLE tokens (
  tokenid INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;
CREATE UNIQUE INDEX tokens_name ON tokens (name) WHERE revoked_at IS NULL;

-- What a call with an Idempotency-Key was answered; `request` is the SHA-256 of what it asked for.
CREATE TABLE idempotency (
  key TEXT PRIMARY KEY,
  request BLOB NOT NULL,
  answer TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_by_age ON idempotency (created_at);

-- HTTP steps that the host performs now; those that are here when it starts are ended. `key` and `request` are of the call
-- with an Idempotency-Key that is answered when the step has ended.
CREATE TABLE http_steps (
  stepid INTEGER PRIMARY KEY REFERENCES steps ON DELETE CASCADE,
  key TEXT UNIQUE,
  request BLOB
) STRICT;

-- Reporters and what they owe.

CREATE TABLE reporters (
  name TEXT PRIMARY KEY,
  -- The last event that was rendered, or passed over.
  cursor INTEGER NOT NULL,
  -- While a call has to be made again: why, which it is, how often it was made, and when it is made next.
  trouble TEXT,
  held TEXT NOT NULL DEFAULT '',
  tries INTEGER NOT NULL DEFAULT 0,
  retry_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE reporter_state (
  reporter TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (reporter, key)
) STRICT, WITHOUT ROWID;

-- What a reporter is told besides the log: wake-ups, receipts, what is said to it in chats. What comes of an item is known
-- by the item's number, which is therefore never given again.
CREATE TABLE inbox (
  inboxid INTEGER PRIMARY KEY AUTOINCREMENT,
  reporter TEXT NOT NULL,
  -- One of these four: a wake-up's key, JSON of a receipt, of a build that a test report is about, of what was heard.
  wake TEXT,
  receipt TEXT,
  trial TEXT,
  heard TEXT,
  -- Of what was heard: the connection, and who said it.
  connection TEXT,
  speaker TEXT,
  due_at INTEGER NOT NULL,
  CHECK ((wake IS NULL) + (receipt IS NULL) + (trial IS NULL) + (heard IS NULL) = 3),
  CHECK ((heard IS NULL) = (connection IS NULL))
) STRICT;

CREATE UNIQUE INDEX inbox_wakes ON inbox (reporter, wake) WHERE wake IS NOT NULL;
CREATE INDEX inbox_due ON inbox (reporter, due_at);
CREATE INDEX inbox_heard ON inbox (reporter, connection, speaker) WHERE heard IS NOT NULL;

-- What a call of a plugin came to when it was not simply well.
CREATE TABLE incidents (
  incidentid INTEGER PRIMARY KEY,
  reporter TEXT NOT NULL,
  seq INTEGER NOT NULL,
  topic TEXT NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  reason TEXT NOT NULL,
  stderr TEXT NOT NULL
) STRICT;

CREATE INDEX incidents_of_reporter ON incidents (reporter, incidentid);

CREATE TABLE deliveries (
  deliveryid INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE,
  reporter TEXT NOT NULL,
  seq INTEGER NOT NULL,
  key TEXT NOT NULL,
  transport TEXT NOT NULL,
  destination TEXT NOT NULL,
  -- The destination and the secrets that go there: what a request to wait is about.
  bucket TEXT NOT NULL,
  lane TEXT,
  replace_group TEXT,
  resend TEXT NOT NULL,
  receipt INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('ready', 'waiting', 'leased', 'unknown', 'delivered', 'superseded',
    'suppressed', 'skipped', 'expired', 'dead', 'cancelled')),
  reason TEXT,
  tries INTEGER NOT NULL DEFAULT 0,
  epoch INTEGER NOT NULL DEFAULT 0,
  -- The boot that holds the lease.
  boot INTEGER,
  created_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  ttl INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  settled_at INTEGER,
  CHECK ((state = 'leased') = (boot IS NOT NULL)),
  CHECK ((state IN ('delivered', 'superseded', 'suppressed', 'skipped', 'expired', 'dead', 'cancelled'))
    = (settled_at IS NOT NULL))
) STRICT;

-- Only what can still go out stands in these; settled rows leave them.
CREATE INDEX deliveries_claimable ON deliveries (bucket, due_at, deliveryid) WHERE state IN ('ready', 'unknown');
CREATE INDEX deliveries_in_lane ON deliveries (lane, deliveryid)
  WHERE lane IS NOT NULL AND state IN ('ready', 'waiting', 'leased', 'unknown');
CREATE INDEX deliveries_open ON deliveries (state) WHERE state IN ('ready', 'waiting', 'leased', 'unknown');
CREATE INDEX deliveries_of_reporter ON deliveries (reporter, deliveryid);
CREATE UNIQUE INDEX deliveries_leased_lane ON deliveries (lane) WHERE state = 'leased' AND lane IS NOT NULL;

-- What is sent. Apart from the rest, which changes with each attempt: a row of a delivery is small and is written often.
CREATE TABLE messages (
  deliveryid INTEGER PRIMARY KEY REFERENCES deliveries ON DELETE CASCADE,
  message TEXT NOT NULL
) STRICT;

CREATE TABLE attempts (
  attemptid INTEGER PRIMARY KEY,
  deliveryid INTEGER NOT NULL REFERENCES deliveries ON DELETE CASCADE,
  number INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  outcome TEXT CHECK (outcome IN ('done', 'partly', 'failed', 'refused', 'unknown', 'probe_found', 'probe_absent')),
  status INTEGER,
  reason TEXT,
  answer TEXT,
  UNIQUE (deliveryid, number),
  CHECK ((ended_at IS NULL) = (outcome IS NULL))
) STRICT;

-- Each recipient of a mail whose relay did not treat them all alike, and the last that is known of it.
CREATE TABLE recipients (
  deliveryid INTEGER NOT NULL REFERENCES deliveries ON DELETE CASCADE,
  address TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('accepted', 'deferred', 'refused', 'unknown')),
  status INTEGER,
  answer TEXT NOT NULL,
  PRIMARY KEY (deliveryid, address)
) STRICT, WITHOUT ROWID;

-- Buckets that asked to be left alone for a while.
CREATE TABLE holds (
  bucket TEXT PRIMARY KEY,
  until INTEGER NOT NULL,
  -- How often in a row it did not say for how long.
  unsaid INTEGER NOT NULL DEFAULT 0,
  reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;
