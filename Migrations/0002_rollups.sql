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

-- How it stood when the last minute in which it changed was over; what has changed since stands in the newest minute.
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
    capacity INTEGER NOT NULL,             -- of kind 3: the ports that there were at the peak, which is that of the
                                           -- utilization; of kind 7: the level at the first sample; else 0
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

-- When a word was last needed, in eras of 64 samples (WordUse); below 2^20 it is a sample >> 10, of schema 1. `used` is for
-- intervals, `kept` for what stays as long as hours do. What nobody needs any more is removed by it.
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

-- The views. Those with a plural name are the interface for sqlite3, Datasette and Grafana (docs/data-model.md): columns
-- may be added, and those that are there keep their names and their meaning, whatever becomes of the tables. Those with
-- a singular name are what they are made of.

CREATE VIEW samples AS
SELECT s.number, strftime('%Y-%m-%dT%H:%M:%fZ', s.taken_at / 1000.0, 'unixepoch') AS taken_at,
    s.taken_at AS taken_at_ms, b.boot_id, b.host, s.interval_ms / 1000.0 AS interval_s,
    s.duration_us / 1000.0 AS duration_ms, s.cpu_us / 1000.0 AS cpu_ms, s.sockets, s.missed, s.permission_denied,
    s.malformed, s.listen_overflows, s.listen_drops, s.time_wait_overflow
FROM sample s JOIN boot b ON b.id = s.boot;

-- The levels of buckets, by their names.
CREATE VIEW resolution AS SELECT 0 AS level, 'minute' AS name UNION ALL SELECT 1, 'hour' UNION ALL SELECT 2, 'day';

-- The oldest moment of which anything is known.
CREATE VIEW beginning AS
SELECT min(at) AS at FROM (
    SELECT taken_at AS at FROM sample WHERE number = (SELECT min(number) FROM sample)
    UNION ALL
    SELECT b.since FROM resolution r CROSS JOIN bucket b
    ON b.level = r.level AND b.first = (SELECT min(first) FROM bucket WHERE level = r.level)
);

-- Every interval, closed and open, in words. `is_kept`: one of listener_interval, or open and without a peer.
--
-- The condition on local_port is always true. With it a WHERE on the port is one seek a cluster: the constant takes the
-- place of the column `port` in it.
--
-- When a sample was taken that is no longer kept is told by the finest bucket that has it, as if its samples followed
-- each other evenly; before all buckets it is the oldest moment known.
CREATE VIEW socket AS
WITH RECURSIVE
    socket_cluster (number) AS (
        SELECT min(cluster) FROM interval
        UNION ALL
        SELECT (SELECT min(cluster) FROM interval WHERE cluster > c.number)
        FROM socket_cluster c WHERE c.number IS NOT NULL
    ),
    listener_cluster (number) AS (
        SELECT min(cluster) FROM listener_interval
        UNION ALL
        SELECT (SELECT min(cluster) FROM listener_interval WHERE cluster > c.number)
        FROM listener_cluster c WHERE c.number IS NOT NULL
    ),
    found AS (
        SELECT 0 AS is_kept, 0 AS is_open, i.port AS local_port, i.flow, i.remote_port & 65535 AS remote_port,
            i.span & 127 AS kind, i.inode, i.holder, i.age, i.span >> 7 AS length,
            ((i.cluster & 67108863) << ((i.cluster >> 26) + 6)) + i.start AS first
        FROM socket_cluster c CROSS JOIN interval i
        ON i.cluster = c.number AND i.local_port = ((i.port + 32768) & 65535) - 32768
        UNION ALL
        SELECT 1, 0, i.port, i.flow, i.remote_port & 65535, i.span & 127, i.inode, i.holder, i.age, i.span >> 7,
            ((i.cluster & 67108863) << ((i.cluster >> 26) + 6)) + i.start
        FROM listener_cluster c CROSS JOIN listener_interval i
        ON i.cluster = c.number AND i.local_port = ((i.port + 32768) & 65535) - 32768
        UNION ALL
        SELECT 1, 1, local_port, flow, remote_port, kind, inode, holder, age,
            (SELECT max(number) FROM sample) - first, first
        FROM open_interval WHERE kind & 15 IN (7, 10)
        UNION ALL
        SELECT 0, 1, local_port, flow, remote_port, kind, inode, holder, age,
            (SELECT max(number) FROM sample) - first, first
        FROM open_interval WHERE kind & 15 NOT IN (7, 10)
    )
SELECT n.name AS namespace,
    CASE WHEN f.socket_table < 2 THEN 'tcp' ELSE 'udp' END AS protocol,
    CASE f.socket_table & 1 WHEN 0 THEN 'ipv4' ELSE 'ipv6' END AS family,
    CASE i.kind & 15
        WHEN 1 THEN 'established' WHEN 2 THEN 'syn_sent' WHEN 3 THEN 'syn_received' WHEN 4 THEN 'fin_wait_1'
        WHEN 5 THEN 'fin_wait_2' WHEN 6 THEN 'time_wait' WHEN 8 THEN 'close_wait' WHEN 9 THEN 'last_ack'
        WHEN 10 THEN 'listen' WHEN 11 THEN 'closing'
        ELSE CASE WHEN f.socket_table < 2 THEN 'close' ELSE 'unconnected' END
    END AS state,
    CASE i.kind >> 4 & 3 WHEN 1 THEN 'outgoing' WHEN 2 THEN 'accepted' END AS role,
    l.text AS local_address, i.local_port,
    CASE WHEN f.remote_port + i.remote_port > 0 OR p.text NOT IN ('0.0.0.0', '::', '::ffff:0.0.0.0')
        THEN p.text END AS remote_address,
    CAST(CASE WHEN f.remote_port + i.remote_port > 0 OR p.text NOT IN ('0.0.0.0', '::', '::ffff:0.0.0.0')
        THEN f.remote_port + i.remote_port END AS INTEGER) AS remote_port,
    CAST(nullif(h.uid, -1) AS INTEGER) AS uid, CAST(nullif(i.inode, 0) AS INTEGER) AS inode,
    ifnull((
        SELECT group_concat(owner, ', ') FROM (
            SELECT g.command || '/' || o.pid AS owner
            FROM json_each(h.processes) j JOIN process o ON o.id = j.value JOIN program g ON g.id = o.program
            ORDER BY j.key
        )
    ), '') AS owners,
    CASE h.attribution WHEN 1 THEN 'observed' WHEN 2 THEN 'inherited' WHEN 3 THEN 'inferred' ELSE 'unknown' END
        AS attribution,
    i.holder, i.is_open, CAST(i.first AS INTEGER) AS first_sample, CAST(i.first + i.length AS INTEGER) AS last_sample,
    strftime('%Y-%m-%dT%H:%M:%fZ', coalesce(
        (SELECT taken_at FROM sample WHERE number = i.first),
        (SELECT b.since + (b.until - b.since) * (min(i.first, b.last) - b.first) / max(1, b.last - b.first)
         FROM resolution r CROSS JOIN bucket b
         ON b.level = r.level
            AND b.first = (SELECT max(first) FROM bucket WHERE level = r.level AND first <= i.first)
         ORDER BY r.level LIMIT 1),
        (SELECT at FROM beginning)) / 1000.0, 'unixepoch') AS from_at,
    CASE i.is_open WHEN 0 THEN strftime('%Y-%m-%dT%H:%M:%fZ', coalesce(
        (SELECT taken_at FROM sample WHERE number = i.first + i.length),
        (SELECT b.since + (b.until - b.since) * (min(i.first + i.length, b.last) - b.first) / max(1, b.last - b.first)
         FROM resolution r CROSS JOIN bucket b
         ON b.level = r.level
            AND b.first = (SELECT max(first) FROM bucket WHERE level = r.level AND first <= i.first + i.length)
         ORDER BY r.level LIMIT 1),
        (SELECT at FROM beginning)) / 1000.0, 'unixepoch') END AS to_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', coalesce(
        (SELECT taken_at FROM sample WHERE number = i.first - i.age),
        (SELECT b.since + (b.until - b.since) * (min(i.first - i.age, b.last) - b.first) / max(1, b.last - b.first)
         FROM resolution r CROSS JOIN bucket b
         ON b.level = r.level
            AND b.first = (SELECT max(first) FROM bucket WHERE level = r.level AND first <= i.first - i.age)
         ORDER BY r.level LIMIT 1),
        (SELECT at FROM beginning)) / 1000.0, 'unixepoch') AS first_seen_at,
    h.processes, i.is_kept
FROM found i
CROSS JOIN flow f ON f.id = i.flow
CROSS JOIN namespace n ON n.id = f.namespace
CROSS JOIN address l ON l.id = f.local_address
CROSS JOIN address p ON p.id = f.remote_address
CROSS JOIN holder h ON h.id = i.holder;

CREATE VIEW sockets AS
SELECT namespace, protocol, family, state, role, local_address, local_port, remote_address, remote_port, uid, inode,
    owners, attribution, holder, is_open, first_sample, last_sample, from_at, to_at, first_seen_at
FROM socket;

CREATE VIEW listeners AS
SELECT namespace, protocol, family, state, role, local_address, local_port, remote_address, remote_port, uid, inode,
    owners, attribution, holder, is_open, first_sample, last_sample, from_at, to_at, first_seen_at,
    ifnull((
        SELECT group_concat(unit, ', ') FROM (
            SELECT DISTINCT o.unit FROM json_each(s.processes) j JOIN process o ON o.id = j.value
            WHERE o.unit <> '' ORDER BY o.unit
        )
    ), '') AS units,
    ifnull((
        SELECT group_concat(container, ', ') FROM (
            SELECT DISTINCT o.container FROM json_each(s.processes) j JOIN process o ON o.id = j.value
            WHERE o.container <> '' ORDER BY o.container
        )
    ), '') AS containers
FROM socket s
WHERE is_kept = 1 AND state IN ('listen', 'unconnected');

CREATE VIEW owners AS
SELECT h.id AS holder,
    CASE h.attribution WHEN 1 THEN 'observed' WHEN 2 THEN 'inherited' WHEN 3 THEN 'inferred' ELSE 'unknown' END
        AS attribution,
    o.pid, strftime('%Y-%m-%dT%H:%M:%fZ', o.started_at / 1000.0, 'unixepoch') AS started_at, g.command,
    nullif(g.executable, '') AS executable, o.uid, nullif(o.unit, '') AS unit, nullif(o.container, '') AS container
FROM holder h CROSS JOIN json_each(h.processes) j JOIN process o ON o.id = j.value JOIN program g ON g.id = o.program;

CREATE VIEW sysctls AS
SELECT n.name AS namespace, i.first AS first_sample, i.last AS last_sample,
    strftime('%Y-%m-%dT%H:%M:%fZ', coalesce(
        (SELECT taken_at FROM sample WHERE number = i.first),
        (SELECT b.since + (b.until - b.since) * (min(i.first, b.last) - b.first) / max(1, b.last - b.first)
         FROM resolution r CROSS JOIN bucket b
         ON b.level = r.level
            AND b.first = (SELECT max(first) FROM bucket WHERE level = r.level AND first <= i.first)
         ORDER BY r.level LIMIT 1),
        (SELECT at FROM beginning)) / 1000.0, 'unixepoch') AS from_at,
    CASE i.is_open WHEN 0 THEN strftime('%Y-%m-%dT%H:%M:%fZ', coalesce(
        (SELECT taken_at FROM sample WHERE number = i.last),
        (SELECT b.since + (b.until - b.since) * (min(i.last, b.last) - b.first) / max(1, b.last - b.first)
         FROM resolution r CROSS JOIN bucket b
         ON b.level = r.level
            AND b.first = (SELECT max(first) FROM bucket WHERE level = r.level AND first <= i.last)
         ORDER BY r.level LIMIT 1),
        (SELECT at FROM beginning)) / 1000.0, 'unixepoch') END AS to_at,
    l.range_first, l.range_last, l.reserved AS reserved_ports, l.unprivileged_start, l.tw_reuse, l.tw_reuse_delay_ms,
    l.max_tw_buckets, l.timestamps, l.fin_timeout_s, l.autobind_reuse, l.nonlocal_bind, l.bindv6only, l.kernel_release,
    l.assumed
FROM (
    SELECT namespace, limits, sample AS first, ifnull(next - 1, (SELECT max(number) FROM sample)) AS last,
        next IS NULL AS is_open
    FROM (
        SELECT c.*,
            (SELECT min(sample) FROM limits_change WHERE namespace = c.namespace AND sample > c.sample) AS next
        FROM limits_change c
    )
) i JOIN limits l ON l.id = i.limits JOIN namespace n ON n.id = i.namespace;

-- The series by what they count. Up to three of them, the parts a, b and c, make one row of a view:
--   states        a the sockets in a state
--   services      a the sockets that were accepted, b those in TIME_WAIT, c those that listen
--   destinations  a the ports used, b the sockets in TIME_WAIT
--   ports         a those with any socket, b those that connect() could choose
-- Services and destinations without series of their own have the address 'other'.
CREATE VIEW subject AS
SELECT id,
    CASE WHEN kind = 0 THEN 'state' WHEN kind IN (1, 2, 5) THEN 'service' WHEN kind IN (3, 4) THEN 'destination'
        WHEN kind IN (6, 7) THEN 'ports' END AS name,
    CASE WHEN kind IN (0, 1, 3, 6) THEN 'a' WHEN kind IN (2, 4, 7) THEN 'b' WHEN kind = 5 THEN 'c' END AS part,
    namespace, transport, state,
    CASE WHEN local_address = '' AND kind IN (1, 2, 3, 4) THEN 'other' ELSE local_address END AS local_address,
    CAST(nullif(local_port, 0) AS INTEGER) AS local_port,
    CASE WHEN local_address = '' AND kind IN (3, 4) THEN 'other' ELSE remote_address END AS remote_address,
    CAST(nullif(remote_port, 0) AS INTEGER) AS remote_port
FROM series;

-- One row for a subject and a bucket in which it changed; a part of it that did not is NULL. A destination that was
-- given up and came back has several series, which are added up. `a_peak` is the highest level and, of equal ones, the
-- earliest, as (level << 32) - the milliseconds after `since`.
--
-- Each resolution is grouped by itself, and by what a WHERE may name: only so does a WHERE reach the tables.
CREATE VIEW rollup AS
SELECT 'minute' AS resolution, b.since, b.until, b.last - b.first + 1 AS samples, s.name AS subject, s.namespace,
    s.transport, s.state, s.local_address, s.local_port, s.remote_address, s.remote_port,
    sum(r.level) FILTER (WHERE s.part = 'a') AS a,
    sum(r.level + CAST(r.total AS REAL) / (b.last - b.first + 1)) FILTER (WHERE s.part = 'a') AS a_mean,
    max(((r.level + r.peak) << 32) - r.peak_at) FILTER (WHERE s.part = 'a') AS a_peak,
    max(r.capacity) FILTER (WHERE s.part = 'a') AS capacity,
    sum(r.opened) FILTER (WHERE s.part = 'a') AS a_opened,
    sum(r.closed) FILTER (WHERE s.part = 'a') AS a_closed,
    sum(r.level) FILTER (WHERE s.part = 'b') AS b,
    sum(r.level + CAST(r.total AS REAL) / (b.last - b.first + 1)) FILTER (WHERE s.part = 'b') AS b_mean,
    max(((r.level + r.peak) << 32) - r.peak_at) FILTER (WHERE s.part = 'b') AS b_peak,
    sum(r.opened) FILTER (WHERE s.part = 'b') AS b_opened,
    sum(r.level) FILTER (WHERE s.part = 'c') AS c,
    max(r.level + r.peak) FILTER (WHERE s.part = 'c') AS c_max
FROM bucket b CROSS JOIN minute r ON r.first = b.first CROSS JOIN subject s ON s.id = r.series
WHERE b.level = 0
GROUP BY b.first, b.since, s.name, s.namespace, s.transport, s.state, s.local_address, s.local_port, s.remote_address,
    s.remote_port
UNION ALL
SELECT 'hour', b.since, b.until, b.last - b.first + 1, s.name, s.namespace,
    s.transport, s.state, s.local_address, s.local_port, s.remote_address, s.remote_port,
    sum(r.level) FILTER (WHERE s.part = 'a'),
    sum(r.level + CAST(r.total AS REAL) / (b.last - b.first + 1)) FILTER (WHERE s.part = 'a'),
    max(((r.level + r.peak) << 32) - r.peak_at) FILTER (WHERE s.part = 'a'),
    max(r.capacity) FILTER (WHERE s.part = 'a'),
    sum(r.opened) FILTER (WHERE s.part = 'a'),
    sum(r.closed) FILTER (WHERE s.part = 'a'),
    sum(r.level) FILTER (WHERE s.part = 'b'),
    sum(r.level + CAST(r.total AS REAL) / (b.last - b.first + 1)) FILTER (WHERE s.part = 'b'),
    max(((r.level + r.peak) << 32) - r.peak_at) FILTER (WHERE s.part = 'b'),
    sum(r.opened) FILTER (WHERE s.part = 'b'),
    sum(r.level) FILTER (WHERE s.part = 'c'),
    max(r.level + r.peak) FILTER (WHERE s.part = 'c')
FROM bucket b CROSS JOIN hour r ON r.first = b.first CROSS JOIN subject s ON s.id = r.series
WHERE b.level = 1
GROUP BY b.first, b.since, s.name, s.namespace, s.transport, s.state, s.local_address, s.local_port, s.remote_address,
    s.remote_port
UNION ALL
SELECT 'day', b.since, b.until, b.last - b.first + 1, s.name, s.namespace,
    s.transport, s.state, s.local_address, s.local_port, s.remote_address, s.remote_port,
    sum(r.level) FILTER (WHERE s.part = 'a'),
    sum(r.level + CAST(r.total AS REAL) / (b.last - b.first + 1)) FILTER (WHERE s.part = 'a'),
    max(((r.level + r.peak) << 32) - r.peak_at) FILTER (WHERE s.part = 'a'),
    max(r.capacity) FILTER (WHERE s.part = 'a'),
    sum(r.opened) FILTER (WHERE s.part = 'a'),
    sum(r.closed) FILTER (WHERE s.part = 'a'),
    sum(r.level) FILTER (WHERE s.part = 'b'),
    sum(r.level + CAST(r.total AS REAL) / (b.last - b.first + 1)) FILTER (WHERE s.part = 'b'),
    max(((r.level + r.peak) << 32) - r.peak_at) FILTER (WHERE s.part = 'b'),
    sum(r.opened) FILTER (WHERE s.part = 'b'),
    sum(r.level) FILTER (WHERE s.part = 'c'),
    max(r.level + r.peak) FILTER (WHERE s.part = 'c')
FROM bucket b CROSS JOIN day r ON r.first = b.first CROSS JOIN subject s ON s.id = r.series
WHERE b.level = 2
GROUP BY b.first, b.since, s.name, s.namespace, s.transport, s.state, s.local_address, s.local_port, s.remote_address,
    s.remote_port;

CREATE VIEW states AS
SELECT resolution, strftime('%Y-%m-%dT%H:%M:%fZ', since / 1000.0, 'unixepoch') AS at, since AS at_ms,
    strftime('%Y-%m-%dT%H:%M:%fZ', until / 1000.0, 'unixepoch') AS until, samples,
    ifnull((SELECT name FROM namespace WHERE id = r.namespace), 'all') AS namespace,
    CASE transport WHEN 0 THEN 'tcp' ELSE 'udp' END AS protocol,
    CASE state
        WHEN 1 THEN 'established' WHEN 2 THEN 'syn_sent' WHEN 3 THEN 'syn_received' WHEN 4 THEN 'fin_wait_1'
        WHEN 5 THEN 'fin_wait_2' WHEN 6 THEN 'time_wait' WHEN 8 THEN 'close_wait' WHEN 9 THEN 'last_ack'
        WHEN 10 THEN 'listen' WHEN 11 THEN 'closing'
        ELSE CASE transport WHEN 0 THEN 'close' ELSE 'unconnected' END
    END AS state,
    a AS sockets, a_mean AS sockets_mean, (a_peak + 2147483648) >> 32 AS sockets_max,
    strftime('%Y-%m-%dT%H:%M:%fZ', (since + (((a_peak + 2147483648) >> 32) << 32) - a_peak) / 1000.0, 'unixepoch')
        AS sockets_max_at,
    a_opened AS opened, a_closed AS closed
FROM rollup r WHERE subject = 'state';

CREATE VIEW services AS
SELECT resolution, strftime('%Y-%m-%dT%H:%M:%fZ', since / 1000.0, 'unixepoch') AS at, since AS at_ms,
    strftime('%Y-%m-%dT%H:%M:%fZ', until / 1000.0, 'unixepoch') AS until, samples,
    (SELECT name FROM namespace WHERE id = r.namespace) AS namespace,
    CASE transport WHEN 0 THEN 'tcp' ELSE 'udp' END AS protocol, local_address, local_port,
    a AS sockets, a_mean AS sockets_mean, (a_peak + 2147483648) >> 32 AS sockets_max,
    strftime('%Y-%m-%dT%H:%M:%fZ', (since + (((a_peak + 2147483648) >> 32) << 32) - a_peak) / 1000.0, 'unixepoch')
        AS sockets_max_at,
    a_opened AS opened, a_closed AS closed,
    b AS time_wait, b_mean AS time_wait_mean, (b_peak + 2147483648) >> 32 AS time_wait_max,
    strftime('%Y-%m-%dT%H:%M:%fZ', (since + (((b_peak + 2147483648) >> 32) << 32) - b_peak) / 1000.0, 'unixepoch')
        AS time_wait_max_at,
    b_opened AS time_wait_entered, c AS listening, c_max AS listening_max
FROM rollup r WHERE subject = 'service';

CREATE VIEW destinations AS
SELECT resolution, strftime('%Y-%m-%dT%H:%M:%fZ', since / 1000.0, 'unixepoch') AS at, since AS at_ms,
    strftime('%Y-%m-%dT%H:%M:%fZ', until / 1000.0, 'unixepoch') AS until, samples,
    (SELECT name FROM namespace WHERE id = r.namespace) AS namespace,
    CASE transport WHEN 0 THEN 'tcp' ELSE 'udp' END AS protocol, local_address, remote_address, remote_port,
    a AS used, a_mean AS used_mean, (a_peak + 2147483648) >> 32 AS used_max,
    strftime('%Y-%m-%dT%H:%M:%fZ', (since + (((a_peak + 2147483648) >> 32) << 32) - a_peak) / 1000.0, 'unixepoch')
        AS used_max_at,
    CASE WHEN local_address <> 'other' THEN capacity END AS capacity,
    CASE WHEN local_address <> 'other'
        THEN CASE capacity WHEN 0 THEN 1.0 ELSE ((a_peak + 2147483648) >> 32) * 1.0 / capacity END
    END AS utilization_max,
    a_opened AS opened, a_closed AS closed,
    b AS time_wait, b_mean AS time_wait_mean, (b_peak + 2147483648) >> 32 AS time_wait_max,
    strftime('%Y-%m-%dT%H:%M:%fZ', (since + (((b_peak + 2147483648) >> 32) << 32) - b_peak) / 1000.0, 'unixepoch')
        AS time_wait_max_at,
    b_opened AS time_wait_entered
FROM rollup r WHERE subject = 'destination';

CREATE VIEW ports AS
SELECT resolution, strftime('%Y-%m-%dT%H:%M:%fZ', since / 1000.0, 'unixepoch') AS at, since AS at_ms,
    strftime('%Y-%m-%dT%H:%M:%fZ', until / 1000.0, 'unixepoch') AS until, samples,
    (SELECT name FROM namespace WHERE id = r.namespace) AS namespace,
    CASE transport WHEN 0 THEN 'tcp' ELSE 'udp' END AS protocol,
    a AS used, a_mean AS used_mean, (a_peak + 2147483648) >> 32 AS used_max,
    strftime('%Y-%m-%dT%H:%M:%fZ', (since + (((a_peak + 2147483648) >> 32) << 32) - a_peak) / 1000.0, 'unixepoch')
        AS used_max_at,
    b AS open, b_mean AS open_mean
FROM rollup r WHERE subject = 'ports';

PRAGMA user_version = 2;
