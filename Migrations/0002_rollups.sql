-- Schema 2: a history that stays small and fast for a year.
--
-- Why intervals are stored anew: with class and chunk in one column, ports and lengths so that most of them take two bytes, and
-- chunks of 64 samples instead of 256, the generated 30 days (9.4 million intervals) take less a row, a moment inside a burst
-- reads a quarter of what it read, and what retention deletes lies together more closely.
--
-- Why listeners have a table of their own: they are few and are asked for over long periods. Among all others they were found
-- only by a pass over everything.
--
-- Why rollups: a month has 5 million intervals and more, and a question about it has to feel instant. A series is one number that
-- changes with the samples (the sockets of a state, the ports used towards a destination). Each minute, hour and day in which it
-- changed has one row; one in which it did not has none.

-- Closed intervals. With L = last sample - first sample:
--   class   = the bit length of L, at least 6, less 6 (0: L < 64, 1: L < 128, …)
--   chunk   = first sample >> (class + 6)
--   cluster = (class << 26) + chunk
--   start   = first sample - (chunk << (class + 6))
--   span    = (L << 7) + kind, where kind = state + 16 × role + 64 when the socket went on in another interval
-- so that what was alive at sample s lies in the chunks (s >> (class + 6)) and the one before it of each class.
ALTER TABLE interval RENAME TO interval_1;

CREATE TABLE interval (
    cluster INTEGER NOT NULL,
    local_port INTEGER NOT NULL,           -- as a signed 16-bit number, so that every port takes two bytes: local_port & 65535
    start INTEGER NOT NULL,
    flow INTEGER NOT NULL REFERENCES flow (id),
    remote_port INTEGER NOT NULL,          -- likewise; 0 where the flow holds it, and without a peer
    span INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    holder INTEGER NOT NULL REFERENCES holder (id),
    age INTEGER NOT NULL,                  -- first sample - the socket's first sample in any state
    time_wait_age INTEGER NOT NULL,        -- hundredths of a second that a TIME_WAIT had lasted at its first sample
    port INTEGER AS (local_port & 65535),  -- the port itself: computed, takes no room
    PRIMARY KEY (cluster, local_port, start, flow, remote_port, span, inode)
) STRICT, WITHOUT ROWID;

-- Closed intervals of TCP listeners, and of UDP sockets that are no client's: kept as long as hours are.
CREATE TABLE listener_interval (
    cluster INTEGER NOT NULL,
    local_port INTEGER NOT NULL,
    start INTEGER NOT NULL,
    flow INTEGER NOT NULL REFERENCES flow (id),
    remote_port INTEGER NOT NULL,
    span INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    holder INTEGER NOT NULL REFERENCES holder (id),
    age INTEGER NOT NULL,
    time_wait_age INTEGER NOT NULL,
    port INTEGER AS (local_port & 65535),
    PRIMARY KEY (cluster, local_port, start, flow, remote_port, span, inode)
) STRICT, WITHOUT ROWID;

-- A TCP listener's last state before it closes, or a UDP socket below 32768, is a service; of the others of schema 1 nothing
-- tells which were.
CREATE TEMP TABLE moved AS
SELECT local_port, flow, remote_port, kind, inode, holder, age, time_wait_age, length, (chunk << (class + 8)) + start AS first,
    CASE WHEN class > 0 THEN class + 2 WHEN length < 64 THEN 0 WHEN length < 128 THEN 1 ELSE 2 END AS class
FROM interval_1 WHERE kind & 15 = 10 OR (kind & 15 = 7 AND local_port < 32768);

INSERT INTO listener_interval
SELECT (class << 26) + (first >> (class + 6)), ((local_port + 32768) & 65535) - 32768,
    first - (first >> (class + 6) << (class + 6)), flow, ((remote_port + 32768) & 65535) - 32768, (length << 7) + kind, inode,
    holder, age, time_wait_age
FROM moved;

INSERT INTO interval
SELECT (class << 26) + (first >> (class + 6)), ((local_port + 32768) & 65535) - 32768,
    first - (first >> (class + 6) << (class + 6)), flow, ((remote_port + 32768) & 65535) - 32768, (length << 7) + kind, inode,
    holder, age, time_wait_age
FROM (
    SELECT local_port, flow, remote_port, kind, inode, holder, age, time_wait_age, length,
        (chunk << (class + 8)) + start AS first,
        CASE WHEN class > 0 THEN class + 2 WHEN length < 64 THEN 0 WHEN length < 128 THEN 1 ELSE 2 END AS class
    FROM interval_1 WHERE NOT (kind & 15 = 10 OR (kind & 15 = 7 AND local_port < 32768))
);
DROP TABLE moved;
DROP TABLE interval_1;

-- Listeners among the open intervals.
CREATE INDEX open_listener ON open_interval (local_port) WHERE kind & 15 IN (7, 10);

-- A minute, hour or day of the wall clock (UTC) that has samples. Where the clock was set it can be there twice: buckets are in
-- the order of their samples. Hours and days stand here when they are over.
CREATE TABLE bucket (
    level INTEGER NOT NULL,                -- 0 minute, 1 hour, 2 day
    first INTEGER NOT NULL,                -- its first sample
    last INTEGER NOT NULL,                 -- its last sample
    since INTEGER NOT NULL,                -- when the first was taken, ms
    until INTEGER NOT NULL,                -- when the last was taken, ms
    clock INTEGER NOT NULL,                -- ms that the recorder had seen pass until the last, however the clock was set
    opened INTEGER NOT NULL,               -- intervals begun: what a question about it costs in full resolution
    PRIMARY KEY (level, first)
) STRICT, WITHOUT ROWID;

-- What is counted over time.
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,                 -- 0 sockets in a state, 1 a service's sockets, 2 its TIME_WAITs, 3 a destination's ports
                                           -- used, 4 its TIME_WAITs, 5 listening sockets, 6 ports with any socket, 7 ports that
                                           -- connect() could choose, 8 other sockets on a service's port, 9 destinations without
                                           -- a series of their own
    namespace INTEGER NOT NULL,            -- -1: all
    transport INTEGER NOT NULL,            -- 0 tcp, 1 udp
    state INTEGER NOT NULL,                -- of kind 0; else 0
    local_address TEXT NOT NULL,           -- '' where it has none; of kinds 1 to 4: '' is what has no series of its own
    local_port INTEGER NOT NULL,
    remote_address TEXT NOT NULL,
    remote_port INTEGER NOT NULL,
    since INTEGER NOT NULL,                -- the first sample that counted it
    until INTEGER NOT NULL                 -- the last one, of a series that is no longer recorded; else 0
) STRICT;

-- How it stands at the newest sample.
CREATE TABLE series_now (
    series INTEGER PRIMARY KEY REFERENCES series (id),
    level INTEGER NOT NULL,
    last INTEGER NOT NULL,                 -- the last sample that changed it
    holder INTEGER NOT NULL                -- whose socket came last, as far as it is known; 0: nobody's
) STRICT;

-- One row for a series and a bucket in which it changed. With v the level at each of the bucket's samples:
--   level = v at the last one; change = level - v before the first one
--   total = the sum of (v - level), so that the mean is level + total / samples
--   peak = the highest v - level; peak_at = when that was first, ms after bucket.since
CREATE TABLE minute (
    first INTEGER NOT NULL,                -- bucket.first
    series INTEGER NOT NULL REFERENCES series (id),
    level INTEGER NOT NULL,
    change INTEGER NOT NULL,
    total INTEGER NOT NULL,
    peak INTEGER NOT NULL,
    peak_at INTEGER NOT NULL,
    capacity INTEGER NOT NULL,             -- of kind 3: how many ports there were at the peak, which is that of the utilization
    opened INTEGER NOT NULL,               -- sockets that came
    closed INTEGER NOT NULL,               -- and that went
    PRIMARY KEY (first, series)
) STRICT, WITHOUT ROWID;

CREATE TABLE hour (
    first INTEGER NOT NULL,
    series INTEGER NOT NULL REFERENCES series (id),
    level INTEGER NOT NULL,
    change INTEGER NOT NULL,
    total INTEGER NOT NULL,
    peak INTEGER NOT NULL,
    peak_at INTEGER NOT NULL,
    capacity INTEGER NOT NULL,
    opened INTEGER NOT NULL,
    closed INTEGER NOT NULL,
    PRIMARY KEY (first, series)
) STRICT, WITHOUT ROWID;

CREATE TABLE day (
    first INTEGER NOT NULL,
    series INTEGER NOT NULL REFERENCES series (id),
    level INTEGER NOT NULL,
    change INTEGER NOT NULL,
    total INTEGER NOT NULL,
    peak INTEGER NOT NULL,
    peak_at INTEGER NOT NULL,
    capacity INTEGER NOT NULL,
    opened INTEGER NOT NULL,
    closed INTEGER NOT NULL,
    PRIMARY KEY (first, series)
) STRICT, WITHOUT ROWID;

-- What the recorder was told: budget_bytes, keep_samples_ms, keep_minutes_ms, keep_hours_ms.
CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The first sample of each boot.
ALTER TABLE boot ADD COLUMN first INTEGER NOT NULL DEFAULT 0;
UPDATE boot SET first = ifnull((SELECT min(number) FROM sample WHERE sample.boot = boot.id), 0);

-- When a word was last needed: the sample >> 10, noted at most once in that many samples. `used` is for intervals, `kept` for what
-- stays as long as hours do. What nobody needs any more is removed.
ALTER TABLE address ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
ALTER TABLE address ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
ALTER TABLE flow ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
ALTER TABLE flow ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
ALTER TABLE holder ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
ALTER TABLE holder ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
ALTER TABLE process ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
ALTER TABLE process ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
UPDATE address SET used = ifnull((SELECT max(number) >> 10 FROM sample), 0);
UPDATE flow SET used = (SELECT used FROM address LIMIT 1);
UPDATE holder SET used = (SELECT used FROM address LIMIT 1);
UPDATE process SET used = (SELECT used FROM address LIMIT 1);

PRAGMA user_version = 2;
