-- Schema 1: the lossless interval history.
--
-- Why intervals: a socket that stands for an hour is one row, not 360. Each row says "this socket, in this state, with this
-- owner, from sample A to sample B"; the snapshot of any sample is the set of rows that cover it.
--
-- Why `interval` is clustered so: measured with 5 million intervals over 259 200 samples (30 days at 10 s), a table without
-- rowid whose key begins with (class, chunk, local_port) answers "everything at one moment" in 2 ms and "who held port p in 30
-- days" in 5 ms at 25 bytes a row. Clustered by time with an index on the port the same data took 42 bytes a row, and a plain
-- table with an index on time took up to 350 ms for one moment. docs/data-model.md has the reasoning, docs/decisions/ the
-- choices.

CREATE TABLE boot (
    id INTEGER PRIMARY KEY,
    boot_id TEXT NOT NULL UNIQUE,          -- /proc/sys/kernel/random/boot_id
    host TEXT NOT NULL                     -- the host's name when the recorder first ran in this boot
) STRICT;

CREATE TABLE sample (
    number INTEGER PRIMARY KEY,            -- from 1, without gaps
    taken_at INTEGER NOT NULL,             -- wall clock, ms since the epoch
    boot_clock INTEGER NOT NULL,           -- CLOCK_BOOTTIME, ms
    boot INTEGER NOT NULL REFERENCES boot (id),
    duration_us INTEGER NOT NULL,          -- reading, comparing, attributing, writing; without the final commit
    cpu_us INTEGER NOT NULL,               -- CPU time of the recorder since the sample before
    interval_ms INTEGER NOT NULL,          -- what the recorder was set to
    sockets INTEGER NOT NULL,
    permission_denied INTEGER NOT NULL,    -- processes that could not be looked into
    malformed INTEGER NOT NULL,            -- rows of /proc that could not be read
    missed INTEGER NOT NULL,               -- ticks before this one that left no sample
    listen_overflows INTEGER NOT NULL,     -- /proc/net/netstat, totals since boot
    listen_drops INTEGER NOT NULL,
    time_wait_overflow INTEGER NOT NULL
) STRICT;
CREATE INDEX sample_taken_at ON sample (taken_at);

-- Words are written once and are numbers everywhere else.
CREATE TABLE namespace (
    id INTEGER PRIMARY KEY,                -- 0: the recorder's own
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE address (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE              -- as inet_ntop writes it in its table: 10.0.0.1, ::1, ::ffff:10.0.0.1
) STRICT;

-- The part that many sockets share. An outgoing connection's flow holds the peer's port; an accepted one's holds 0, because its
-- peer's port is a number in the row: a client's ephemeral port is never part of a flow.
CREATE TABLE flow (
    id INTEGER PRIMARY KEY,
    namespace INTEGER NOT NULL REFERENCES namespace (id),
    socket_table INTEGER NOT NULL,         -- 0 tcp, 1 tcp6, 2 udp, 3 udp6
    local_address INTEGER NOT NULL REFERENCES address (id),
    remote_address INTEGER NOT NULL REFERENCES address (id),
    remote_port INTEGER NOT NULL,
    UNIQUE (namespace, socket_table, local_address, remote_address, remote_port)
) STRICT;

CREATE TABLE program (
    id INTEGER PRIMARY KEY,
    command TEXT NOT NULL,                 -- chosen by the process
    executable TEXT NOT NULL,              -- '' when not known
    UNIQUE (command, executable)
) STRICT;

CREATE TABLE process (
    id INTEGER PRIMARY KEY,
    boot INTEGER NOT NULL REFERENCES boot (id),
    pid INTEGER NOT NULL,
    start_ticks INTEGER NOT NULL,          -- /proc/<pid>/stat field 22: with boot and pid a process for good
    started_at INTEGER NOT NULL,           -- wall clock, ms
    program INTEGER NOT NULL REFERENCES program (id),
    uid INTEGER NOT NULL,
    unit TEXT NOT NULL,                    -- '' when there is none
    container TEXT NOT NULL,               -- '' when there is none
    UNIQUE (boot, pid, start_ticks, program, uid, unit, container)
) STRICT;

-- Who holds a socket: its user, the processes, how they are known.
CREATE TABLE holder (
    id INTEGER PRIMARY KEY,
    uid INTEGER NOT NULL,                  -- -1: the kernel printed no inode, and so no user
    attribution INTEGER NOT NULL,          -- 0 unknown, 1 observed, 2 inherited, 3 inferred
    processes TEXT NOT NULL,               -- a JSON list of process.id
    UNIQUE (uid, attribution, processes)
) STRICT;

-- The sysctls in force, written when they change.
CREATE TABLE limits (
    id INTEGER PRIMARY KEY,
    range_first INTEGER NOT NULL,
    range_last INTEGER NOT NULL,
    reserved TEXT NOT NULL,                -- ip_local_reserved_ports in its own notation
    unprivileged_start INTEGER NOT NULL,
    tw_reuse INTEGER NOT NULL,
    tw_reuse_delay_ms INTEGER NOT NULL,
    max_tw_buckets INTEGER NOT NULL,
    timestamps INTEGER NOT NULL,
    fin_timeout_s INTEGER NOT NULL,
    autobind_reuse INTEGER NOT NULL,
    nonlocal_bind INTEGER NOT NULL,
    bindv6only INTEGER NOT NULL,
    kernel_release TEXT NOT NULL,
    assumed INTEGER NOT NULL,              -- 1: not readable, the kernel's defaults
    UNIQUE (range_first, range_last, reserved, unprivileged_start, tw_reuse, tw_reuse_delay_ms, max_tw_buckets, timestamps,
            fin_timeout_s, autobind_reuse, nonlocal_bind, bindv6only, kernel_release, assumed)
) STRICT;

CREATE TABLE limits_change (
    namespace INTEGER NOT NULL REFERENCES namespace (id),
    sample INTEGER NOT NULL,               -- in force from this sample on
    limits INTEGER NOT NULL REFERENCES limits (id),
    PRIMARY KEY (namespace, sample)
) STRICT, WITHOUT ROWID;

-- Closed intervals. With L = last sample - first sample:
--   class  = the bit length of L, at least 8, less 8 (0: L < 256, 1: L < 512, …)
--   chunk  = first sample >> (class + 8);  start = first sample - (chunk << (class + 8))
-- so that what was alive at sample s lies in the chunks (s >> (class + 8)) and the one before it of each class.
--   kind   = state (the kernel's number) + 16 × role (0 none, 1 outgoing, 2 accepted) + 64 when the socket went on in another interval
CREATE TABLE interval (
    class INTEGER NOT NULL,
    chunk INTEGER NOT NULL,
    local_port INTEGER NOT NULL,
    start INTEGER NOT NULL,
    flow INTEGER NOT NULL REFERENCES flow (id),
    remote_port INTEGER NOT NULL,          -- 0 where the flow holds it, and without a peer
    kind INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    length INTEGER NOT NULL,               -- L
    holder INTEGER NOT NULL REFERENCES holder (id),
    age INTEGER NOT NULL,                  -- first sample - the socket's first sample in any state
    time_wait_age INTEGER NOT NULL,        -- hundredths of a second that a TIME_WAIT had lasted at its first sample
    PRIMARY KEY (class, chunk, local_port, start, flow, remote_port, kind, inode)
) STRICT, WITHOUT ROWID;

-- Intervals that the newest sample still covers. A crash loses nothing: they end at the newest sample.
CREATE TABLE open_interval (
    id INTEGER PRIMARY KEY,                -- ascending in the order of opening: short-lived sockets share pages
    local_port INTEGER NOT NULL,
    flow INTEGER NOT NULL REFERENCES flow (id),
    remote_port INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    holder INTEGER NOT NULL REFERENCES holder (id),
    first INTEGER NOT NULL,
    age INTEGER NOT NULL,
    time_wait_age INTEGER NOT NULL
) STRICT;

-- Ports on which a listener stood once and stands no more: tells an accepted connection from an outgoing one.
CREATE TABLE listened_port (
    namespace INTEGER NOT NULL REFERENCES namespace (id),
    transport INTEGER NOT NULL,            -- 0 tcp, 1 udp
    port INTEGER NOT NULL,
    last INTEGER NOT NULL,                 -- the last sample that saw a listener
    holder INTEGER NOT NULL REFERENCES holder (id),
    PRIMARY KEY (namespace, transport, port)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 1;
