-- The tables of a ledger. Names are ordered by their bytes, whatever the database's locale is, so that every program locks
-- rows in one order. docs/FORMAT.md describes the bodies.

-- One row.
CREATE TABLE ledger (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    id bytea NOT NULL CHECK (length(id) = 16),
    -- The version of these tables.
    tables int NOT NULL,
    -- The format of facts that programs write. One that writes an older or a newer format writes nothing.
    format int NOT NULL,
    -- The last number of the facts that were moved from a file; 0 if none were, and none while they are moved.
    moved bigint DEFAULT 0,
    -- The catalogue by which wallets have covers; none while they change to another one's.
    covers int
);

-- A lane is written by one thread of one program at a time, so that its frames have an order without gaps. Lane 256 has the
-- facts that were moved from a file, and no program writes it.
CREATE TABLE lanes (
    lane int PRIMARY KEY CHECK (lane BETWEEN 1 AND 256),
    -- Raised by each program that takes the lane: an earlier holder then changes nothing.
    epoch bigint NOT NULL,
    holder bytea NOT NULL,
    -- The newest format of facts that its holder reads.
    format int NOT NULL,
    -- Microseconds since 1970. From then on another program may take the lane.
    held_until bigint NOT NULL,
    batches bigint NOT NULL,
    facts bigint NOT NULL,
    -- The last number of a fact, and the instant of the last frame.
    last bigint NOT NULL,
    at bigint NOT NULL,
    -- SHA-256 over the lane's frames.
    head bytea NOT NULL
) WITH (fillfactor = 10);

CREATE TABLE wallets (
    owner text COLLATE "C" NOT NULL,
    asset text COLLATE "C" NOT NULL,
    facts bigint NOT NULL,
    last bigint NOT NULL,
    balance bigint NOT NULL,
    held bigint NOT NULL CHECK (held >= 0),
    debt bigint NOT NULL CHECK (debt >= 0),
    -- The lowest balance that commands which may owe have allowed.
    floor bigint NOT NULL CHECK (floor <= 0),
    at bigint NOT NULL,
    due bigint,
    head bytea NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (owner, asset),
    CHECK (balance - held >= floor),
    CHECK (-debt >= floor)
) WITH (fillfactor = 70);
CREATE INDEX wallets_due ON wallets (due) WHERE due IS NOT NULL;

-- Billing (record `b` of an owner). Without an owner: objects at a payment processor (`o` and their id), the events that wait
-- for their owners (`r`), and the list of catalogues (`c`).
CREATE TABLE records (
    owner text COLLATE "C" NOT NULL,
    record text COLLATE "C" NOT NULL,
    facts bigint NOT NULL,
    last bigint,
    at bigint NOT NULL,
    due bigint,
    attention boolean NOT NULL,
    head bytea NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (owner, record)
);
CREATE INDEX records_due ON records (due) WHERE due IS NOT NULL;
CREATE INDEX records_attention ON records (owner) WHERE attention;

-- A row has the facts of a frame about one record: those of a wallet have the record `w` and its asset. The body is the whole
-- frame, whose facts are numbered from `first` on.
CREATE TABLE journal (
    owner text COLLATE "C" NOT NULL,
    record text COLLATE "C" NOT NULL,
    -- The place of the first of these facts among those of the record, counted from 1.
    ordinal bigint NOT NULL CHECK (ordinal > 0),
    facts int NOT NULL CHECK (facts > 0),
    lane int NOT NULL,
    number bigint NOT NULL,
    first bigint NOT NULL CHECK (first <= number),
    at bigint NOT NULL,
    -- The balance after these facts, for a wallet.
    balance bigint,
    -- A key of the wallet that this frame is the first to use.
    key bytea CHECK (length(key) = 16),
    body bytea NOT NULL,
    PRIMARY KEY (owner, record, ordinal),
    UNIQUE (lane, number)
);
CREATE UNIQUE INDEX journal_keys ON journal (owner, key) WHERE key IS NOT NULL;

-- The last use of a key that was used again, such as by the settlement of its hold, or that found no room in its frame's row.
CREATE TABLE keys (
    owner text COLLATE "C" NOT NULL,
    key bytea NOT NULL CHECK (length(key) = 16),
    lane int NOT NULL,
    -- The first fact of the frame.
    number bigint NOT NULL,
    PRIMARY KEY (owner, key)
);

CREATE TABLE totals (
    lane int NOT NULL,
    -- Days since 1970.
    day int NOT NULL,
    asset text COLLATE "C" NOT NULL,
    account bytea NOT NULL,
    gained numeric NOT NULL,
    lost numeric NOT NULL,
    entries bigint NOT NULL,
    PRIMARY KEY (lane, day, asset, account)
);

-- Events of a payment processor that wait for their owners.
CREATE TABLE waiting (number bigint PRIMARY KEY, body bytea NOT NULL);
CREATE TABLE waiting_under (
    object text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (object, number)
);
CREATE INDEX waiting_under_number ON waiting_under (number);

-- The last fact of each lane that a subscriber was told of.
CREATE TABLE subscribers (
    name text COLLATE "C" NOT NULL,
    lane int NOT NULL,
    last bigint NOT NULL,
    PRIMARY KEY (name, lane)
);

-- The program that tells a subscriber. From `held_until` on, in microseconds since 1970, another one may.
CREATE TABLE following (
    name text COLLATE "C" PRIMARY KEY,
    holder bytea NOT NULL,
    held_until bigint NOT NULL
);
