-- Schema 4: alerts.
--
-- Why: what was wrong has to be told after it is over, also when the samples that showed it are no longer kept. So an alert holds its
-- words itself, and refers to nothing.

CREATE TABLE alert (
    id INTEGER PRIMARY KEY,
    rule TEXT NOT NULL,
    severity INTEGER NOT NULL,             -- the worst so far: 0 info, 1 warning, 2 critical
    subject INTEGER NOT NULL,              -- 0 destination, 1 listener, 2 pool, 3 namespace, 4 process, 5 recorder
    namespace TEXT NOT NULL,
    transport INTEGER NOT NULL,            -- 0 tcp, 1 udp
    local_address TEXT NOT NULL,           -- empty where there is none
    local_port INTEGER NOT NULL,
    remote_address TEXT NOT NULL,
    remote_port INTEGER NOT NULL,
    detail TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    worsened_at INTEGER,
    resolved_at INTEGER,                   -- NULL while it lasts
    times INTEGER NOT NULL,                -- how often it began
    value REAL NOT NULL,
    peak REAL NOT NULL,
    peak_at INTEGER NOT NULL,
    exhausted_at INTEGER,
    silenced INTEGER NOT NULL,
    owners TEXT NOT NULL,                  -- a JSON list
    message TEXT NOT NULL,
    advice TEXT NOT NULL                   -- a JSON list
) STRICT;

-- Those that last are few among many: the recorder asks for them when it starts.
CREATE INDEX alert_open ON alert (opened_at) WHERE resolved_at IS NULL;

CREATE VIEW alerts AS
SELECT id, rule, CASE severity WHEN 0 THEN 'info' WHEN 1 THEN 'warning' ELSE 'critical' END AS severity, namespace,
    CASE WHEN subject > 2 THEN NULL WHEN transport = 0 THEN 'tcp' ELSE 'udp' END AS protocol,
    nullif(local_address, '') AS local_address, nullif(local_port, 0) AS local_port,
    nullif(remote_address, '') AS remote_address, nullif(remote_port, 0) AS remote_port, nullif(detail, '') AS detail,
    strftime('%Y-%m-%dT%H:%M:%fZ', opened_at / 1000.0, 'unixepoch') AS opened_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', worsened_at / 1000.0, 'unixepoch') AS worsened_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', resolved_at / 1000.0, 'unixepoch') AS resolved_at, times,
    value, peak, strftime('%Y-%m-%dT%H:%M:%fZ', peak_at / 1000.0, 'unixepoch') AS peak_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', exhausted_at / 1000.0, 'unixepoch') AS exhausted_at, silenced, owners, message,
    advice
FROM alert;

PRAGMA user_version = 4;
