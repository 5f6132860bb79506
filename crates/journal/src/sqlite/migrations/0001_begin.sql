-- Format 1: entries in arrival order, sealed day blocks, versioned rows.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;

-- Whose an entry is and from which source: named once here, so that each entry names both by one small number.
CREATE TABLE origin (
    number INTEGER PRIMARY KEY,
    person INTEGER NOT NULL,
    source INTEGER NOT NULL -- -1: of no source
);

CREATE UNIQUE INDEX origin_of ON origin (person, source);

-- One fact each, in the order in which they became durable. Times are kept as milliseconds before recorded_at, because a
-- small number takes fewer bytes; the view entry_readable gives them back as times. No index: a live reading pays for none.
CREATE TABLE entry (
    seq             INTEGER PRIMARY KEY,
    recorded_at     INTEGER NOT NULL, -- ms since 1970 UTC, never less than that of the entry before
    kind            INTEGER NOT NULL, -- 0 taken, 1 corrected, 2 withdrawn, 3 meter check, 4 refused, 5 row changed, 6 row removed, 7 person forgotten
    origin          INTEGER,          -- whose it is; of rows: to whom the row belongs
    measured_before INTEGER,          -- recorded_at - measured_at
    received_before INTEGER,          -- recorded_at - received_at
    place_before    INTEGER,          -- measured_at - place: 0 unless the sender's clock is suspect
    value           INTEGER,          -- tenths of mg/dL; -1 below range, -2 above range
    trend           INTEGER,          -- 1 to 8 as sent
    body            TEXT,             -- of readings: the dialect's own fields; of others: the fact as JSON
    late_day        INTEGER           -- NULL: the place lies in the day of recorded_at; else that UTC day until it is folded, then 0
);

CREATE INDEX entry_late ON entry (origin, late_day) WHERE late_day <> 0;

-- One person's finished UTC day. It is the truth for its readings up to and including horizon.
CREATE TABLE day (
    day      INTEGER NOT NULL, -- days since 1970-01-01
    person   INTEGER NOT NULL,
    horizon  INTEGER NOT NULL,
    readings BLOB NOT NULL,
    asides   BLOB,
    PRIMARY KEY (day, person)
) WITHOUT ROWID;

-- Derived: the newest day block that holds a reading of each source.
CREATE TABLE newest (
    person INTEGER NOT NULL,
    source INTEGER NOT NULL,
    day    INTEGER NOT NULL,
    PRIMARY KEY (person, source)
) WITHOUT ROWID;

CREATE TABLE row (
    kind    TEXT NOT NULL,
    number  INTEGER NOT NULL,
    version INTEGER NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (kind, number)
) WITHOUT ROWID;

CREATE VIEW entry_readable AS
SELECT seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', recorded_at / 1000.0, 'unixepoch') AS recorded,
       CASE kind WHEN 0 THEN 'taken' WHEN 1 THEN 'corrected' WHEN 2 THEN 'withdrawn' WHEN 3 THEN 'meter check'
                 WHEN 4 THEN 'refused' WHEN 5 THEN 'row changed' WHEN 6 THEN 'row removed' ELSE 'person forgotten' END AS what,
       person,
       nullif(source, -1) AS source,
       strftime('%Y-%m-%dT%H:%M:%fZ', (recorded_at - measured_before) / 1000.0, 'unixepoch') AS measured,
       strftime('%Y-%m-%dT%H:%M:%fZ', (recorded_at - received_before) / 1000.0, 'unixepoch') AS received,
       strftime('%Y-%m-%dT%H:%M:%fZ', (recorded_at - measured_before - place_before) / 1000.0, 'unixepoch') AS place,
       CASE value WHEN -1 THEN 'below range' WHEN -2 THEN 'above range' ELSE value / 10.0 END AS mg_dl,
       trend,
       body
FROM entry LEFT JOIN origin ON origin.number = entry.origin;

INSERT INTO meta VALUES ('fold_horizon', 0);
