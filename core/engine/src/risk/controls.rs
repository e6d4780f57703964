//! The controls that a core which trades real money must have, by the number that checks, reject codes
//! and issues call them.

/// How far a control is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Built {
    /// Whole.
    Yes,
    /// In part: what is there.
    Partly(&'static str),
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
    yes("R2", "largest order value", "RTS 6 15(1)b"),
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
    yes("R5", "the venue's own price band, mirrored", "CME"),
    yes(
        "R6",
        "no opening order twice: same side, price and quantity within a window; no ClOrdID used again",
        "SEC",
    ),
    yes(
        "R7",
        "too many executions in a window stop a strategy until a person lets it on",
        "RTS 6 15(3)",
    ),
    yes(
        "R8",
        "message rate under the venue's limit, questions about orders included, with headroom for exits and \
         cancels",
        "CME",
    ),
    yes("R9", "nothing outside the session, on a holiday, before the open or in a halt", "CME"),
    yes(
        "R10",
        "two bots of an account do not trade with each other: what opens is refused, the way of what reduces \
         is cleared first",
        "CME",
    ),
    yes("R11", "stale, gapped or crossed market data blocks its instrument", "FIA"),
    yes("R12", "lists of what may be opened, by platform, account and bot", "SEC, RTS 6 15(5)"),
    partly(
        "R13",
        "buying power or margin, checked inline",
        "SEC, Knight Capital",
        "initial margins without offsets between products, for accounts whose equity is configured",
    ),
    yes(
        "R14",
        "fail closed: a missing limit, a changed configuration or a failed self-test means that nothing opens",
        "own",
    ),
    yes("R15", "a cap of contracts by the bot's stage", "own"),
    yes("R16", "intraday loss limit: past it only reducing, then flat", "own, FIA"),
    yes("R17", "child fills never exceed their parent's quantity", "Knight Capital"),
    yes(
        "R18",
        "kill by order, bot, user, instrument, account, venue or all: first block, then cancel",
        "CME, RTS 6 12",
    ),
    yes("R19", "a kill works without database, page or API, and outlives a restart", "RTS 6 12"),
    yes(
        "R20",
        "orders are cancelled on disconnect, and those that it does not cover are known and shown",
        "CME",
    ),
    yes("R21", "an alert within five seconds", "RTS 6 16"),
    yes(
        "R22",
        "a run of rejects trips a breaker; an order without an answer is asked about, never sent again",
        "own",
    ),
    yes("R23", "the ratio of orders to trades is watched and alarms", "CME"),
    yes("R24", "drawdown and volatility move limits down, only a person moves them up", "own"),
    yes("R25", "the broker's drop copy is held against the journal; a break halts", "FIA"),
    yes("R26", "positions and cash against the broker, at the start and daily", "FIA"),
    yes("R27", "every order names its algorithm, version, bot and owner", "RTS 6 12(3)"),
    yes(
        "R28",
        "a raised limit is temporary, has a reason, and a second person allows it",
        "RTS 6 15(6)",
    ),
    yes("R29", "stress at twice the highest load of six months", "RTS 6 10"),
    yes(
        "R30",
        "the hashes of program and configuration are recorded with every run",
        "Knight Capital",
    ),
    yes(
        "R31",
        "nothing opens within so many days of a contract's end; out or rolled before it",
        "CME, own",
    ),
];
