-- Schema 3: network namespaces that come and go.
--
-- Why: a container's namespace lives as long as the container. What was in force in one that is gone (its range, its ports) is
-- no answer to what is now, and its name may come back with another one.

CREATE TABLE namespace_life (
    namespace INTEGER NOT NULL REFERENCES namespace (id),
    first INTEGER NOT NULL,                -- the first sample that found it
    last INTEGER NOT NULL,                 -- the last one; 0 while the newest sample has it
    PRIMARY KEY (namespace, first)
) STRICT, WITHOUT ROWID;

INSERT INTO namespace_life
SELECT n.id, s.number, 0 FROM namespace n, (SELECT min(number) AS number FROM sample) s WHERE s.number IS NOT NULL;

-- One whose sockets do not change is not read with every sample.
ALTER TABLE namespace ADD COLUMN pause INTEGER NOT NULL DEFAULT 1; -- it is read with one of so many samples

-- A series is looked for by what it counts whenever one begins.
CREATE INDEX series_subject ON series (
    kind, namespace, transport, state, local_port, remote_port, local_address, remote_address);

PRAGMA user_version = 3;
