//! The controls that a core which trades real money must have, by the number that checks, reject codes
//! and issues call them.

/// How far a control is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Built {
    /// Whole.
    Yes,
    /// In part: what is there.
    Partly(&'static str),
    /// Not yet.
    No,
}

/// A control.
pub(super) struct Control {
    /// Its number.
    pub id: &'static str,
    /// What it demands.
    pub demand: &'static str,
    /// Who demands it.
    pub source: &'static str,
    /// How far it is built.
    pub built: Built,
}

const fn yes(id: &'static str, demand: &'static str, source: &'static str) -> Control {
    Control { id, demand, source, built: Built::Yes }
}

const fn no(id: &'static str, demand: &'static str, source: &'static str) -> Control {
    Control { id, demand, source, built: Built::No }
}

const fn partly(
    id: &'static str,
    demand: &'static str,
    source: &'static str,
    built: &'static str,
) -> Control {
    Control { id, demand, source, built: Built::Partly(built) }
}

/// Every control in order.
pub(super) const CONTROLS: [Control; 31] = [
    yes("R1", "largest order, replaces included", "SEC, RTS 6 15(1)c, FIA, CME"),
    no("R2", "largest order value", "RTS 6 15(1)b"),
    yes(
        "R3",
        "largest position by bot, instrument and account, working orders counted as filled",
        "RTS 6 15(5), FIA",
    ),
    yes(
        "R4",
        "the price stays within a collar around a live reference; without one nothing opens",
        "SEC, RTS 6 15(1)a, FIA",
    ),
    no("R5", "the venue's own price band", "CME"),
    partly(
        "R6",
        "no order twice: same side, price and quantity within a window; no ClOrdID used again",
        "SEC",
        "identities follow from the sequence number and are never used again",
    ),
    no(
        "R7",
        "too many executions in a window stop a strategy until a person lets it on",
        "RTS 6 15(3)",
    ),
    yes("R8", "message rate under the venue's limit, with headroom for exits and cancels", "CME"),
    yes("R9", "nothing outside the session, on a holiday, before the open or in a halt", "CME"),
    no("R10", "no trade with oneself", "CME"),
    yes("R11", "stale, gapped or crossed market data blocks its instrument", "FIA"),
    partly(
        "R12",
        "allowed instruments and permissions by account and bot",
        "SEC, RTS 6 15(5)",
        "a bot trades the one instrument and account of its definition",
    ),
    no("R13", "buying power or margin, checked inline", "SEC, Knight Capital"),
    yes(
        "R14",
        "fail closed: a missing limit, a changed configuration or a failed self-test means that nothing opens",
        "own",
    ),
    yes("R15", "a cap of contracts by the bot's stage", "own"),
    no("R16", "intraday loss limit: past it only reducing, then flat", "own, FIA"),
    partly(
        "R17",
        "child fills never exceed their parent's quantity",
        "Knight Capital",
        "an overfill is booked and told; there are no parent orders yet",
    ),
    partly(
        "R18",
        "kill by order, bot, user, instrument, account, venue or all: first block, then cancel",
        "CME, RTS 6 12",
        "all, account, bot and instrument",
    ),
    yes("R19", "a kill works without database, page or API, and outlives a restart", "RTS 6 12"),
    partly(
        "R20",
        "orders are cancelled on disconnect, and those that it does not cover are known and shown",
        "CME",
        "orders of a broken session are in doubt and asked about",
    ),
    partly(
        "R21",
        "an alert within five seconds",
        "RTS 6 16",
        "in the journal, on page and API at once",
    ),
    partly(
        "R22",
        "a run of rejects trips a breaker; an order without an answer is asked about, never sent again",
        "own",
        "orders without an answer are asked about; five refusals in a row kill the bot's openings; a way \
         out that comes to nothing reaches farther, after pauses, and a person is told; cancels and replaces \
         that are refused do not count yet",
    ),
    no("R23", "the ratio of orders to trades is watched", "CME"),
    no("R24", "drawdown and volatility move limits down, only a person moves them up", "own"),
    no("R25", "the broker's drop copy is held against the journal; a break halts", "FIA"),
    partly(
        "R26",
        "positions and cash against the broker, at the start and daily",
        "FIA",
        "fills of live orders, by their status at each logon, every half hour and on demand; no cash",
    ),
    partly(
        "R27",
        "every order names its algorithm, version, bot and owner",
        "RTS 6 12(3)",
        "its bot and, by the run's record, the program and configuration",
    ),
    no(
        "R28",
        "a raised limit is temporary, has a reason, and a second person allows it",
        "RTS 6 15(6)",
    ),
    no("R29", "stress at twice the highest load of six months", "RTS 6 10"),
    yes(
        "R30",
        "the hashes of program and configuration are recorded with every run",
        "Knight Capital",
    ),
    partly(
        "R31",
        "nothing opens within so many days of a contract's end; out or rolled before it",
        "CME, own",
        "no opening, out before last trading day and first notice, warnings; no rolls",
    ),
];
