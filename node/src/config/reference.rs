//! Every key of the configuration, as one table: what is read, in what range, and what
//! `docs/configuration.md` says of it.

use super::document::Scalar;
use gauntlet_engine::risk::{REFUSED_PER_MINUTE_MAX, VOLATILITY_MINUTES_MAX};
use gauntlet_feeds::HISTORY_HOURS_MAX;

/// Most contracts that a limit may name: positions are signed numbers of 32 bits.
const CONTRACTS_MAX: i64 = i32::MAX as i64;
/// Most dollars that a limit may name: a trillion.
const DOLLARS_MAX: i64 = 1_000_000_000_000;
/// Most messages a second, and most ticks, that a limit may name.
const COUNT_MAX: i64 = 1_000_000;
/// Longest that data may be old, in milliseconds: a day.
const STALE_MS_MAX: i64 = 86_400_000;
/// Most business days before the end of a contract.
const END_DAYS_MAX: i64 = 60;
/// Longest delay of a message, in microseconds: a minute.
const LATENCY_US_MAX: i64 = 60_000_000;
/// Longest between two commits, in milliseconds: what a machine's crash may lose.
const COMMIT_MS_MAX: i64 = 1_000;

/// What a key may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Values {
    /// Any text; what it may be, in words.
    Text(&'static str),
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// A whole number from the first to the second.
    Whole(i64, i64),
    /// A number from the first to the second.
    Number(f64, f64),
    /// `true` or `false`.
    Flag,
    /// Anything else; what, in words.
    Other(&'static str),
}

/// What counts where a key is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// It must not be left out.
    Required,
    /// This, as it is written in the file.
    Is(&'static str),
    /// What the words say.
    Words(&'static str),
}

/// A key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it may be.
    pub values: Values,
    /// The unit of its value; empty for none.
    pub unit: &'static str,
    /// What counts without it.
    pub default: Absent,
    /// A value as it is written in the file.
    pub example: &'static str,
    /// What it says.
    pub meaning: &'static str,
}

/// A table of the file.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// Its name, as in `[node]` or `[[bot]]`.
    pub name: &'static str,
    /// Whether there may be several, each with a name.
    pub many: bool,
    /// Whether one alone is written as a table without a name, and only several as a list.
    pub alone: bool,
    /// Whether there must be one.
    pub required: bool,
    /// What it is about.
    pub meaning: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
}

const fn key(
    name: &'static str,
    values: Values,
    unit: &'static str,
    default: Absent,
    example: &'static str,
    meaning: &'static str,
) -> Key {
    Key { name, values, unit, default, example, meaning }
}

use Absent::{Is, Required, Words};
use Values::{Choice, Flag, Number, Other, Text, Whole};

/// Every table of the file.
pub const SECTIONS: &[Section] = &[
    Section {
        name: "node",
        many: false,
        alone: false,
        required: false,
        meaning: "Threads and clock.",
        keys: NODE,
    },
    Section {
        name: "journal",
        many: false,
        alone: false,
        required: false,
        meaning: "The journal.",
        keys: JOURNAL,
    },
    Section {
        name: "http",
        many: false,
        alone: false,
        required: false,
        meaning: "The status page and API.",
        keys: HTTP,
    },
    Section {
        name: "feed",
        many: false,
        alone: false,
        required: true,
        meaning: "Where market data comes from: a Databento live gateway.",
        keys: FEED,
    },
    Section {
        name: "broker",
        many: true,
        alone: true,
        required: true,
        meaning: "Where orders go: a FIX 4.4 session. Several are each a `[[broker]]` with a name.",
        keys: BROKER,
    },
    Section {
        name: "broker.drop_copy",
        many: false,
        alone: false,
        required: false,
        meaning: "A second FIX 4.4 session, on which the broker copies every execution report of our accounts, \
                  whoever placed the order. Nothing is ever sent on it. What it tells is held against the \
                  order session's reports.",
        keys: DROP_COPY,
    },
    Section {
        name: "broker.fix",
        many: false,
        alone: false,
        required: false,
        meaning: "How the broker wants its FIX session and its order messages. Without it both are as the standard \
                  has them.",
        keys: BROKER_FIX,
    },
    Section {
        name: "risk",
        many: false,
        alone: false,
        required: false,
        meaning: "The limits of the platform. `limits` of an account and of a bot are layers below it: the \
                  tightest counts, and one that is looser than a layer above it is refused with both lines. \
                  Past a limit nothing opens; what only reduces goes on.",
        keys: LIMITS,
    },
    Section {
        name: "account",
        many: true,
        alone: false,
        required: true,
        meaning: "An account.",
        keys: ACCOUNT,
    },
    Section {
        name: "instrument",
        many: true,
        alone: false,
        required: true,
        meaning: "An instrument. Its tick and multiplier come from the table of products.",
        keys: INSTRUMENT,
    },
    Section {
        name: "bot",
        many: true,
        alone: false,
        required: false,
        meaning: "A bot.",
        keys: BOT,
    },
    Section {
        name: "calendar.exception",
        many: true,
        alone: false,
        required: false,
        meaning: "A day that ends otherwise than the calendars know, as a notice of the exchange says: \
                  [calendars.md](calendars.md#a-day-that-no-rule-foresees). `groups`, `products` and \
                  `us_stocks` say whose, one of them at least; `closed` or `close` says what.",
        keys: CALENDAR_EXCEPTION,
    },
    Section {
        name: "venue",
        many: false,
        alone: false,
        required: false,
        meaning: "The simulated venue that `gauntlet venue --config FILE` and `gauntlet demo` put behind the \
                  feed and the broker. `gauntlet run` does not read it.",
        keys: VENUE,
    },
    Section {
        name: "venue.latency",
        many: false,
        alone: false,
        required: false,
        meaning: "How long messages take between a client and the simulated venue's matching engine, each way, \
                  in the market's time. None overtakes another.",
        keys: VENUE_LATENCY,
    },
    Section {
        name: "venue.session",
        many: false,
        alone: false,
        required: false,
        meaning: "How the simulated venue's FIX session behaves where real brokers differ: numbers that begin anew, logons \
                  refused, tags wanted, and what lines and memories do.",
        keys: VENUE_SESSION,
    },
    Section {
        name: "venue.fee",
        many: true,
        alone: false,
        required: false,
        meaning: "What trading a product costs at the simulated venue, in dollars for each contract and side. Fills \
                  carry it (tags 12, 136 to 139).",
        keys: VENUE_FEE,
    },
    Section {
        name: "venue.script",
        many: true,
        alone: false,
        required: false,
        meaning: "What the simulated venue does wrong, and when. Lines such as `halt ESZ6 60` or `bust` that are \
                  typed to `gauntlet venue` do the same at once.",
        keys: VENUE_SCRIPT,
    },
    Section {
        name: "paper",
        many: false,
        alone: false,
        required: false,
        meaning: "How the simulator in the node fills the orders of LAB, TRIALS, PAPER and SHADOW bots, which meet the \
                  live book and do not move it. Its fills are journaled, so a replay asks for none of this.",
        keys: PAPER,
    },
    Section {
        name: "paper.latency",
        many: false,
        alone: false,
        required: false,
        meaning: "How long what is asked of the simulator takes, in the stream's time. An order meets the market as it \
                  is when it arrives.",
        keys: VENUE_LATENCY,
    },
    Section {
        name: "paper.fee",
        many: true,
        alone: false,
        required: false,
        meaning: "What a simulated fill of a product costs, in dollars for each contract and side: counted over the run \
                  and told when the node stops. Limits on losses take the `commission` of accounts and the `fee` of \
                  instruments.",
        keys: VENUE_FEE,
    },
];

const VENUE: &[Key] = &[
    key(
        "clock",
        Choice(&["first_client", "own", "wall"]),
        "",
        Words("`wall` where the node's clock is `realtime`, or else `first_client`"),
        "\"own\"",
        "What drives the market's time: a clock of its own that starts with the first client of market \
         data, or with the venue; or the wall clock, with today's date.",
    ),
    key(
        "hours",
        Choice(&["day", "product", "always"]),
        "",
        Words("`product` under `clock = \"wall\"`, or else `day`"),
        "\"always\"",
        "When it is open: New York's day session for all products, nights passed over; each product's own \
         sessions with their holidays; or without a pause. Contracts expire at their time in any case.",
    ),
    key(
        "speed",
        Number(0.001, 1_000_000.0),
        "",
        Words("60 in `gauntlet demo`, 1 in `gauntlet venue`"),
        "10.0",
        "Market seconds in a second. `--speed` goes before it; the wall clock has 1 alone.",
    ),
    key(
        "seed",
        Whole(0, u32::MAX as i64),
        "",
        Is("1"),
        "7",
        "Decides everything that chance decides. `--seed` goes before it.",
    ),
    key(
        "rate",
        Number(0.001, 1_000_000.0),
        "messages/s",
        Is("40.0"),
        "10.0",
        "Messages a market second for an instrument as active as ES, in the mean of a session.",
    ),
    key(
        "later_contracts",
        Whole(0, 12),
        "contracts",
        Is("1"),
        "2",
        "How many contracts of each product are listed beside the one that expires next, at least. When one \
         expires, the next active month is listed.",
    ),
    key(
        "cancel_on_disconnect",
        Flag,
        "",
        Words("as the `[broker]` says, which it plays"),
        "true",
        "Whether it cancels all orders of its client when the connection ends, in order or not, or none. Without \
         it, those that `cancel_on_disconnect` and `keeps_on_disconnect` of the `[broker]` say.",
    ),
    key(
        "self_match_by_account",
        Flag,
        "",
        Is("false"),
        "true",
        "Whether orders of one account never trade with each other: the resting one is cancelled. Without it \
         only orders that name a group (tag 7928) are kept apart, as on CME.",
    ),
    key(
        "protection_ticks",
        Whole(1, 10_000),
        "ticks",
        Is("20"),
        "12",
        "How far a market order reaches beyond the best price, and a stop order beyond its trigger; what is \
         left rests there.",
    ),
    key(
        "store",
        Text("a folder"),
        "",
        Words("it forgets everything at its end"),
        "\"var/venue\"",
        "Where `gauntlet venue` keeps its orders, fills, positions and its FIX session, each on disk before its \
         client is told. Killed at any moment, it comes back with all of it, and its market goes on from the time \
         and the prices at which it stood. At most some 200 MB; not with a drop copy or recorded files.",
    ),
];

const VENUE_SESSION: &[Key] = &[
    key(
        "adopts_numbers",
        Flag,
        "",
        Is("true"),
        "false",
        "Whether the first client after a start may come with any sequence numbers. Without it they begin at 1: a lower \
         number is refused, as by real brokers, and a higher one asked for.",
    ),
    key(
        "reset_on_logon",
        Flag,
        "",
        Is("false"),
        "true",
        "Whether the numbers begin anew with every logon.",
    ),
    key(
        "reset_on_logout",
        Flag,
        "",
        Is("false"),
        "true",
        "Whether they do after a logout of the client.",
    ),
    key(
        "reset_on_disconnect",
        Flag,
        "",
        Is("false"),
        "true",
        "Whether they do after every connection.",
    ),
    key(
        "tells_resets",
        Flag,
        "",
        Is("false"),
        "true",
        "Whether the logon that follows such a reset says so unasked (141=Y). Without it the client sees a number that is \
         too low, and needs `reset_on_logon` of `[broker.fix]`.",
    ),
    key(
        "time_zone",
        Text("a name of the IANA database"),
        "",
        Words("`America/Chicago`"),
        "\"America/New_York\"",
        "Of the times below, which are the wall clock's.",
    ),
    key(
        "reset_at",
        Text("a time, or a day and a time"),
        "",
        Words("never"),
        "\"17:00\"",
        "When the numbers begin anew.",
    ),
    key(
        "open",
        Text("a time, or a day and a time"),
        "",
        Words("always open"),
        "\"17:00\"",
        "From when the session is open.",
    ),
    key(
        "close",
        Text("a time, or a day and a time"),
        "",
        Words("always open"),
        "\"16:00\"",
        "Until when. Logons outside are refused.",
    ),
    key(
        "refused_logons",
        Whole(0, COUNT_MAX),
        "logons",
        Is("0"),
        "3",
        "So many logons are refused first, with a logout.",
    ),
    key(
        "required_tags",
        Other("an array of tags"),
        "",
        Is("[]"),
        "[50, 1028]",
        "What every order, cancel and replace must have, the header included; one without it is refused (`Reject`, 373=1).",
    ),
    key(
        "checks_tags",
        Flag,
        "",
        Is("false"),
        "true",
        "Whether messages are held against the built-in data dictionary; what it does not define is refused.",
    ),
    key(
        "forgets",
        Whole(0, COUNT_MAX),
        "messages",
        Is("0"),
        "5",
        "Numbers of the client's last messages that are forgotten when a connection ends, as after a loss of power.",
    ),
    key(
        "jump_every",
        Whole(0, COUNT_MAX),
        "messages",
        Is("0"),
        "9",
        "Its number jumps forward after every so many reports.",
    ),
    key(
        "repeat_every",
        Whole(0, COUNT_MAX),
        "messages",
        Is("0"),
        "7",
        "The last messages are sent again unasked (43=Y) after every so many reports.",
    ),
    key(
        "ask_every",
        Whole(0, COUNT_MAX),
        "messages",
        Is("0"),
        "11",
        "The client's last messages are asked for again, though they came, after every so many of its requests.",
    ),
    key(
        "break_bytes",
        Whole(0, 1_000_000_000),
        "bytes",
        Is("0"),
        "20000",
        "The connection breaks at some byte of so many, either way, within messages too. The seed decides at which.",
    ),
];

const PAPER: &[Key] = &[
    key(
        "queue",
        Choice(&["pessimistic", "proportional", "power_2", "power_3", "logarithmic"]),
        "",
        Is("\"proportional\""),
        "\"pessimistic\"",
        "Who of a queue cancelled when its level shrank by more than was traded: those behind the order; all \
         alike; those at the back the more so with the second or third power of the contracts, or with their \
         logarithm.",
    ),
    key(
        "protection_ticks",
        Whole(1, 10_000),
        "ticks",
        Is("20"),
        "12",
        "How far a market order reaches beyond the best price, and a stop order beyond its trigger; what is \
         left rests there.",
    ),
    key(
        "memory_levels",
        Whole(1, 65_536),
        "",
        Is("256"),
        "64",
        "Levels of an instrument that orders took from and that are remembered, so that nothing is taken twice. \
         When all of them are shown still, no further one can be taken from: the order's report says so.",
    ),
    key(
        "memory_seconds",
        Whole(0, 86_400),
        "s",
        Is("10"),
        "30",
        "How long a level that is not shown any more is remembered.",
    ),
    key(
        "seed",
        Whole(0, 1_000_000_000),
        "",
        Is("1"),
        "7",
        "Draws the delays of `[paper.latency]`.",
    ),
];

const VENUE_LATENCY: &[Key] = &[
    key(
        "model",
        Choice(&["none", "constant", "uniform", "exponential", "log_normal", "recorded"]),
        "",
        Is("\"none\""),
        "\"exponential\"",
        "What delays come from: always `least_us`; any from `least_us` to `most_us`; `least_us` and an \
         exponential; a log-normal; or a file. The seed of the table draws them.",
    ),
    key(
        "least_us",
        Whole(0, LATENCY_US_MAX),
        "µs",
        Is("0"),
        "100",
        "The constant delay, and the shortest that is drawn.",
    ),
    key("most_us", Whole(0, LATENCY_US_MAX), "µs", Is("0"), "900", "The longest of `uniform`."),
    key(
        "mean_us",
        Whole(0, LATENCY_US_MAX),
        "µs",
        Is("0"),
        "50",
        "What `exponential` adds in the mean.",
    ),
    key("median_us", Whole(0, LATENCY_US_MAX), "µs", Is("0"), "250", "The median of `log_normal`."),
    key(
        "sigma",
        Number(0.0, 3.0),
        "",
        Is("0.0"),
        "0.4",
        "The standard deviation of the logarithm in `log_normal`.",
    ),
    key(
        "file",
        Text("a path"),
        "",
        Words("required by `recorded`"),
        "\"delays.txt\"",
        "Recorded delays in nanoseconds, one a line, used one after another and from the beginning again.",
    ),
];

const VENUE_FEE: &[Key] = &[
    key(
        "product",
        Text("a product's code, or *"),
        "",
        Required,
        "\"ES\"",
        "Whose fees they are; `*`: of every product that is not named.",
    ),
    key("exchange", Number(-1_000.0, 1_000.0), "$", Is("0.0"), "1.38", "To the exchange."),
    key(
        "clearing",
        Number(-1_000.0, 1_000.0),
        "$",
        Is("0.0"),
        "0.02",
        "To the clearing house and its member.",
    ),
    key("broker", Number(-1_000.0, 1_000.0), "$", Is("0.0"), "0.85", "The broker's commission."),
];

const VENUE_SCRIPT: &[Key] = &[
    key(
        "at",
        Text("a time"),
        "",
        Words("by `after_orders`"),
        "\"2026-11-16T15:00:00Z\"",
        "When, in the market's time.",
    ),
    key(
        "after_orders",
        Whole(0, COUNT_MAX),
        "orders",
        Words("at once, unless `at` says when"),
        "5",
        "After so many new orders.",
    ),
    key(
        "do",
        Text("what it does wrong"),
        "",
        Required,
        "\"bust\"",
        "`lose_report`, `double_fill`, `reorder`, `bust`, `correct`, `wrong_side`: done to the next reports that \
         fit. `reject`: refuses the next orders, or all for some seconds. `silent`: carries out and tells \
         nothing for some seconds. `halt`: halts a contract for some seconds. `disconnect`: breaks the line. \
         `lose_copy`: does not copy the next reports to the drop copy. `disconnect_copy`: breaks its line.",
    ),
    key(
        "symbol",
        Text("a contract"),
        "",
        Words("any; required by `halt`"),
        "\"ESZ6\"",
        "Which contract it is about.",
    ),
    key(
        "count",
        Whole(1, COUNT_MAX),
        "",
        Is("1"),
        "2",
        "To how many reports or orders it is done.",
    ),
    key(
        "seconds",
        Whole(0, 86_400),
        "s",
        Is("0"),
        "30",
        "How long it lasts, of `silent`, `halt` and `reject`.",
    ),
    key(
        "ticks",
        Whole(-1_000, 1_000),
        "ticks",
        Is("1"),
        "2",
        "How far `correct` moves a price, against the client.",
    ),
];

const NODE: &[Key] = &[
    key(
        "layout",
        Choice(&["auto", "shared", "dedicated"]),
        "",
        Is("\"auto\""),
        "\"shared\"",
        "Which stage runs on which thread; `auto` goes by the number of cores. `--layout` goes before it.",
    ),
    key(
        "wait",
        Choice(&["spin", "yield", "park"]),
        "",
        Is("\"park\""),
        "\"yield\"",
        "What an idle hot thread does. `--wait` goes before it.",
    ),
    key(
        "pin",
        Other("a list of cores"),
        "",
        Is("[]"),
        "[0, 1]",
        "Cores for the hot threads, in the order ingest, fusion, risk, orders; none pins nothing.",
    ),
    key(
        "clock",
        Choice(&["realtime", "data"]),
        "",
        Is("\"realtime\""),
        "\"data\"",
        "What drives the stream's time: the wall clock, or the times of the market data, for replays \
         and markets faster than life.",
    ),
];

const JOURNAL: &[Key] = &[
    key(
        "segment_mib",
        Whole(1, 4096),
        "MiB",
        Is("64"),
        "16",
        "Size of a segment of a new journal.",
    ),
    key(
        "commit_ms",
        Whole(0, COMMIT_MS_MAX),
        "ms",
        Is("5"),
        "10",
        "Longest time between two commits to the disk: what a crash of the machine, not of the \
         process, may lose.",
    ),
];

const HTTP: &[Key] = &[
    key(
        "listen",
        Text("an address `HOST:PORT`; port 0 for any free one"),
        "",
        Is("\"127.0.0.1:8080\""),
        "\"127.0.0.1:9090\"",
        "Where page and API listen. `--http-port` goes before its port.",
    ),
    key(
        "allow_remote",
        Flag,
        "",
        Is("false"),
        "true",
        "Whether that may be an address that other machines reach. There are no accounts yet: whoever \
         reaches the page sees everything.",
    ),
];

const FEED: &[Key] = &[
    key(
        "address",
        Text("`host:port`"),
        "",
        Required,
        "\"glbx-mdp3.lsg.databento.com:13000\"",
        "The gateway.",
    ),
    key("dataset", Text("a dataset"), "", Required, "\"GLBX.MDP3\"", "The dataset."),
    key(
        "key",
        Text("8 printable characters or more"),
        "",
        Words("`DATABENTO_API_KEY`"),
        "\"db-xxxxxxxx\"",
        "The key. In `gauntlet run`, `DATABENTO_API_KEY` goes before it. Never hashed or shown.",
    ),
    key(
        "schema",
        Choice(&["mbo", "mbp-1", "mbp-10", "tbbo", "trades"]),
        "",
        Required,
        "\"mbp-1\"",
        "The schema.",
    ),
    key(
        "heartbeat_seconds",
        Whole(5, 1800),
        "s",
        Is("5"),
        "10",
        "How often the gateway is to say that it is alive when it has nothing else to say. A line that \
         is silent for twice as long is given up.",
    ),
    key(
        "history_hours",
        Whole(0, HISTORY_HOURS_MAX as i64),
        "h",
        Is("24"),
        "12",
        "How many hours of one-minute bars from before the start warm the bots up. With any at all, \
         the minutes of an outage are asked for too.",
    ),
];

const BROKER: &[Key] = &[
    key(
        "name",
        Text("1 to 24 printable characters without spaces"),
        "",
        Words("none; required where there are several"),
        "\"first\"",
        "Its name, which accounts say. The journal keeps it for ever, with the broker's route.",
    ),
    key("address", Text("`host:port`"), "", Required, "\"fix.example:9876\"", "The acceptor."),
    key("sender_comp_id", Text("a CompID"), "", Required, "\"FIRM\"", "Our CompID (tag 49)."),
    key("target_comp_id", Text("a CompID"), "", Required, "\"BROKER\"", "Theirs (tag 56)."),
    key("heartbeat_seconds", Whole(1, 3600), "s", Is("30"), "10", "Heartbeat interval (tag 108)."),
    key(
        "lacks",
        Other(
            "an array of `market`, `stop`, `stop-limit`, `market-to-limit`, `gtc`, `fok` and `gtd`",
        ),
        "",
        Is("[]"),
        "[\"market-to-limit\", \"gtd\"]",
        "Order types and lives that its venue does not take. They are emulated where something stands for \
         them, and refused by name where nothing does.",
    ),
    key(
        "next_expected_msg_seq_num",
        Flag,
        "",
        Is("false"),
        "true",
        "Whether each side tells at logon what it expects next (tag 789), so that what was missed \
         comes without being asked for. The broker must know it.",
    ),
    key(
        "reconcile",
        Choice(&["off", "when_answered", "required"]),
        "",
        Is("\"when_answered\""),
        "\"required\"",
        "Whether the broker is asked for all its orders (AF) and positions (AN) after each logon, and what \
         hangs on it: with `when_answered` nothing opens until it has answered, has refused to, or a \
         minute has passed; with `required` nothing opens until it has answered. What differs blocks what \
         opens in its account and instrument either way.",
    ),
    key(
        "reconcile_minutes",
        Whole(0, 1_440),
        "min",
        Is("30"),
        "5",
        "Minutes from one comparison to the next while nothing differs; 0 for none but after a logon and \
         by `ctl reconcile --ask`.",
    ),
    key(
        "cancel_on_disconnect",
        Flag,
        "",
        Is("false"),
        "true",
        "Whether it cancels orders by itself when a session to it ends (R20). It has to be told so by the \
         broker: orders that it does not cancel are shown and told of while the session is down.",
    ),
    key(
        "keeps_on_disconnect",
        Other(
            "an array of `market`, `limit`, `stop`, `stop-limit`, `market-to-limit`, `day`, `gtc` and `gtd`",
        ),
        "",
        Words("`[\"gtc\", \"gtd\"]`"),
        "[\"gtc\", \"gtd\", \"stop\"]",
        "Order types and lives that it does not cancel then.",
    ),
    key(
        "identity_tag",
        Whole(58, 39_999),
        "",
        Words("orders name their account alone"),
        "9001",
        "The tag of a field in which a bot's orders, replaces and cancels name what decided them, as \
         `algorithm/version/bot/owner` (R27): 58 (`Text`), 583 (`ClOrdLinkID`), or 5000 to 39999 but 7928 and \
         8000. The journal, `ctl orders --json` and the API name it in any case.",
    ),
    key(
        "username",
        Text("any text"),
        "",
        Is("\"\""),
        "\"trader\"",
        "User name (tag 553). With one, a password is needed; without one, none may be given, since \
         neither is sent.",
    ),
    key(
        "password",
        Text("any text"),
        "",
        Words("`FIX_PASSWORD`"),
        "\"secret\"",
        "Password (tag 554). In `gauntlet run`, `FIX_PASSWORD` goes before it, and with several brokers \
         `FIX_PASSWORD_NAME` with the broker's name in capitals. Never hashed or shown.",
    ),
];

const DROP_COPY: &[Key] = &[
    key("address", Text("`host:port`"), "", Required, "\"fix.example:9877\"", "The acceptor."),
    key(
        "backup_addresses",
        Other("an array of up to 8 texts `host:port`"),
        "",
        Is("[]"),
        "[\"backup.fix.example:9877\"]",
        "Acceptors that are tried in turn after `address`, as those of `[broker.fix]` are.",
    ),
    key("sender_comp_id", Text("a CompID"), "", Required, "\"FIRM\"", "Our CompID (tag 49)."),
    key("target_comp_id", Text("a CompID"), "", Required, "\"COPY\"", "Theirs (tag 56)."),
    key("heartbeat_seconds", Whole(1, 3600), "s", Is("30"), "10", "Heartbeat interval (tag 108)."),
    key(
        "within_seconds",
        Whole(1, 3600),
        "s",
        Is("30"),
        "10",
        "How long one of the two sessions may be behind the other. A fill that one alone has told for longer \
         is a difference: shown, told, and nothing opens in its account and instrument until it is settled.",
    ),
    key(
        "required",
        Flag,
        "",
        Is("false"),
        "true",
        "Whether nothing opens by the broker while the session is down. That it is down is told either way.",
    ),
    key(
        "next_expected_msg_seq_num",
        Flag,
        "",
        Is("false"),
        "true",
        "Whether each side tells at logon what it expects next (tag 789). The broker must know it.",
    ),
    key(
        "reset_on_logon",
        Flag,
        "",
        Is("false"),
        "true",
        "Whether every logon asks to begin both sides' numbers at 1 (141=Y). The broker's schedule (`[broker.fix]`) \
         is the copy's too.",
    ),
    key(
        "username",
        Text("any text"),
        "",
        Is("\"\""),
        "\"trader\"",
        "User name (tag 553). Its password is the broker's unless one is given here.",
    ),
    key(
        "password",
        Text("any text"),
        "",
        Words("the broker's"),
        "\"secret\"",
        "Password (tag 554). Never hashed or shown.",
    ),
];

const BROKER_FIX: &[Key] = &[
    key(
        "profile",
        Choice(&["standard", "cme"]),
        "",
        Is("\"standard\""),
        "\"standard\"",
        "Whose habits order messages follow: `standard` is FIX 4.4 and nothing else, `cme` sends \
         `ManualOrderIndicator` (1028) with orders, replaces and cancels, which CME requires.",
    ),
    key(
        "sender_sub_id",
        Text("up to 64 printable characters without spaces"),
        "",
        Is("\"\""),
        "\"OPERATOR\"",
        "Who of us sends (tag 50), on every message. CME wants the operator here.",
    ),
    key(
        "target_sub_id",
        Text("up to 64 printable characters without spaces"),
        "",
        Is("\"\""),
        "\"G\"",
        "To whom of theirs (tag 57), on every message.",
    ),
    key(
        "reset_on_logon",
        Flag,
        "",
        Is("false"),
        "true",
        "Whether every logon asks to begin both sides' numbers at 1 (141=Y). For a broker that forgets its numbers \
         at a logout or a disconnection. What was missed while away is then not sent again: the broker's lists \
         tell it. A broker that resets unasked at a logon is followed either way.",
    ),
    key(
        "time_zone",
        Text("a name of the time zone database"),
        "",
        Words("`America/Chicago`"),
        "\"America/New_York\"",
        "The time zone of the three times below.",
    ),
    key(
        "reset_at",
        Text("a time, `17:00`, or with a day, `sunday 17:00`"),
        "",
        Words("numbers never begin anew by the clock"),
        "\"sunday 16:45\"",
        "When both sides' numbers begin anew, every day or every week. A session that is on then logs out and on.",
    ),
    key(
        "open",
        Text("a time, `17:00`, or with a day, `sunday 17:00`"),
        "",
        Words("always open"),
        "\"sunday 17:00\"",
        "From when the session is open; goes with `close`.",
    ),
    key(
        "close",
        Text("a time, `16:45`, or with a day, `friday 16:45`"),
        "",
        Words("always open"),
        "\"friday 16:45\"",
        "Until when. The session logs out then and does not connect before it opens.",
    ),
    key(
        "resend_chunk",
        Whole(0, 100_000),
        "messages",
        Is("0"),
        "2500",
        "Messages asked for in one `ResendRequest`; 0 for all that are missing. Some brokers bound it.",
    ),
    key(
        "last_msg_seq_num_processed",
        Flag,
        "",
        Is("false"),
        "true",
        "Whether every message tells the last number received (tag 369).",
    ),
    key(
        "dictionary",
        Text("a file, or `builtin`"),
        "",
        Words("`builtin`"),
        "\"builtin\"",
        "The data dictionary that messages are held against, where one of the two keys below says so: a file in \
         QuickFIX's XML form, as the broker gives it out, or ours of the messages that we send and read. One \
         that does not know these is refused at the start.",
    ),
    key(
        "validate_received",
        Flag,
        "",
        Is("false"),
        "true",
        "Whether the broker's messages are held against the dictionary. What it refuses is answered with a `Reject` \
         and acted on all the same as far as it can be read: no fill is lost for a field.",
    ),
    key(
        "backup_addresses",
        Other("an array of up to 8 texts `host:port`"),
        "",
        Is("[]"),
        "[\"backup.fix.example:9876\"]",
        "Acceptors that are tried in turn after the broker's `address`, one at each attempt, until a session is on; \
         after its end the first is tried first again. A name is looked up at each attempt.",
    ),
    key(
        "source_address",
        Text("an address of this machine, IPv4 or IPv6, without a port"),
        "",
        Words("the system chooses"),
        "\"127.0.0.1\"",
        "The address of ours that connections to the broker come from, those of the drop copy too. A broker's \
         address of the other kind (IPv4, IPv6) is not tried then.",
    ),
    key(
        "socks_address",
        Text("`host:port`"),
        "",
        Words("no proxy is gone through"),
        "\"proxy.example:1080\"",
        "The SOCKS5 proxy that the session and that of the drop copy go through. The proxy looks the broker's name up; \
         `source_address` is then where connections to the proxy come from.",
    ),
    key(
        "socks_username",
        Text("1 to 255 bytes"),
        "",
        Words("the proxy does not ask"),
        "\"firm\"",
        "Who we are to the proxy; goes with `socks_password`.",
    ),
    key(
        "socks_password",
        Text("1 to 255 bytes"),
        "",
        Words("the proxy does not ask"),
        "\"secret\"",
        "The password that goes with it, sent to the proxy as it is. Never hashed or shown.",
    ),
    key(
        "tls_roots",
        Text("a file in PEM form"),
        "",
        Words("sessions are plain"),
        "\"roots.pem\"",
        "Makes the session and that of the drop copy secure (TLS 1.2 or 1.3): the broker's certificate must come from \
         a root in this file. No other root is believed, those of the system neither.",
    ),
    key(
        "tls_certificate",
        Text("a file in PEM form"),
        "",
        Words("none is shown"),
        "\"us.pem\"",
        "Our certificate and those between it and its root, for a broker that asks for it; goes with `tls_key`.",
    ),
    key("tls_key", Text("a file in PEM form"), "", Words("none"), "\"us.key\"", "Its private key."),
    key(
        "tls_server_name",
        Text("a host's name or an address"),
        "",
        Words("the host of the address in use"),
        "\"fix.example\"",
        "The name that the broker's certificate must have.",
    ),
    key(
        "message_log_mib",
        Whole(1, 1_024),
        "MiB",
        Is("16"),
        "32",
        "Every message of the session, and of the drop copy's, is logged to the folder `fix` of the data folder, without \
         secrets, for `ctl fix log`. A file has so much at most, then another begins.",
    ),
    key(
        "message_log_files",
        Whole(0, 100),
        "files",
        Is("8"),
        "20",
        "Files kept of each session; the oldest goes. 0 logs nothing.",
    ),
    key(
        "validate_sent",
        Flag,
        "",
        Is("false"),
        "true",
        "Whether our order messages and enquiries are. One that the dictionary refuses is not sent, and its order is \
         rejected here, with the tag and the reason. Fields that it does not define (`profile = \"cme\"`, \
         `order_tags`, `identity_tag`) are refused at the start, and so is a dictionary that refuses any order, replace, \
         cancel or status request that we may have to send: of every type and life but those in `lacks`.",
    ),
    key(
        "order_tags",
        Other("a table of values by tag, at most 16"),
        "",
        Is("{}"),
        "{ 528 = \"A\", 9702 = \"1\" }",
        "Fields of every new order and replace beyond ours.",
    ),
    key(
        "cancel_tags",
        Other("a table of values by tag, at most 16"),
        "",
        Is("{}"),
        "{ 9702 = \"1\" }",
        "The same of every cancel.",
    ),
    key(
        "accounts",
        Other("a table of names by account"),
        "",
        Is("{}"),
        "{ ACCOUNT1 = \"F-12345\" }",
        "How accounts are called in messages (tag 1), where not by their names here.",
    ),
];

const ACCOUNT: &[Key] = &[
    key(
        "name",
        Text("1 to 24 printable characters without spaces"),
        "",
        Required,
        "\"ACCOUNT1\"",
        "The broker's name of it (tag 1).",
    ),
    key(
        "max_position",
        Whole(1, CONTRACTS_MAX),
        "contracts",
        Required,
        "60",
        "Most contracts held and working in it, over all instruments.",
    ),
    key(
        "messages_per_second",
        Whole(1, COUNT_MAX),
        "messages/s",
        Required,
        "100",
        "Most order messages a second.",
    ),
    key(
        "cancel_headroom",
        Whole(1, COUNT_MAX),
        "messages/s",
        Required,
        "20",
        "How many of them are kept for exits and cancels: less than all.",
    ),
    key(
        "broker",
        Text("the name of a broker"),
        "",
        Words("the first broker"),
        "\"first\"",
        "Its broker.",
    ),
    OWN_LIMITS,
    key(
        "equity",
        Whole(1, DOLLARS_MAX),
        "dollars",
        Words("not known: buying power is left to its broker, with a warning"),
        "100000",
        "What it holds now (R13). What its bots make from then on is added; another figure begins anew.",
    ),
    key(
        "commission",
        Number(0.0, 10_000.0),
        "dollars",
        Words("0"),
        "0.85",
        "What its broker charges for a contract bought or sold.",
    ),
    key(
        "max_refused_orders",
        Whole(1, COUNT_MAX),
        "orders",
        Words("5"),
        "5",
        "At so many opening orders of a bot that its broker refuses in a row the bot's breaker trips \
         (R22): nothing of it opens until `ctl risk reset`.",
    ),
    key(
        "max_refused_changes",
        Whole(1, COUNT_MAX),
        "messages",
        Words("10"),
        "10",
        "At so many cancels and replaces of a bot that are refused in a row its breaker trips.",
    ),
    key(
        "max_refused_per_minute",
        Whole(1, REFUSED_PER_MINUTE_MAX as i64),
        "messages",
        Words("60"),
        "60",
        "At so many messages to its broker that are refused within a minute the account's breaker \
         trips.",
    ),
    key(
        "max_messages_per_fill",
        Whole(1, COUNT_MAX),
        "messages",
        Words("100"),
        "100",
        "Messages a fill above which a person is told (R23), once a trading day for each bot and for \
         the account.",
    ),
    key(
        "messages_from",
        Whole(1, COUNT_MAX),
        "messages",
        Words("200"),
        "200",
        "Messages in a trading day below which their ratio to fills says nothing.",
    ),
    key(
        "cash",
        Choice(&["off", "warn", "block"]),
        "",
        Is("\"warn\""),
        "\"block\"",
        "Whether its broker is asked for its cash (`CollateralInquiry`, BB) after each logon, at the end of each \
         trading day and by `ctl reconcile --ask`, and what a difference from ours brings about: it is shown \
         and told, and with `block` nothing opens in the account until it is settled. Ours is the beginning \
         plus what was taken since, less commissions and fees; what is open is in neither.",
    ),
    key(
        "cash_start",
        Number(-1e12, 1e12),
        "$",
        Words("what the broker says first"),
        "250000.0",
        "Its balance at the broker when the journal began.",
    ),
    key(
        "cash_tolerance",
        Number(0.0, 1e12),
        "$",
        Is("1.0"),
        "25.0",
        "By how much the two may differ.",
    ),
];

const OWN_LIMITS: Key = key(
    "limits",
    Other("a table with keys of [`[risk]`](#risk)"),
    "",
    Words("nothing beside the layers above it"),
    "{ max_order_value = 2000000 }",
    "Its own layer of limits.",
);

/// The keys of a layer of limits.
pub const LIMITS: &[Key] = &[
    key(
        "max_order_qty",
        Whole(1, CONTRACTS_MAX),
        "contracts",
        Words("that of bot and instrument alone"),
        "20",
        "Largest order (R1). A bot has a key of its own for it.",
    ),
    key(
        "max_position",
        Whole(1, CONTRACTS_MAX),
        "contracts",
        Words("that of bot, instrument and account alone"),
        "200",
        "Most contracts held and working (R3). Accounts and bots have keys of their own for it.",
    ),
    key(
        "max_order_value",
        Whole(1, DOLLARS_MAX),
        "dollars",
        Words("25000000 in `[risk]`"),
        "25000000",
        "Highest value of one order: price times multiplier times contracts (R2).",
    ),
    key(
        "duplicate_window_ms",
        Whole(1, STALE_MS_MAX),
        "ms",
        Words("1000 in `[risk]`"),
        "1000",
        "How long a bot sends no second opening order of the same side, price and quantity (R6). A lower \
         layer may only be longer.",
    ),
    key(
        "max_executions",
        Whole(1, gauntlet_engine::risk::EXECUTIONS_MAX as i64),
        "orders",
        Words("64 in `[risk]`"),
        "64",
        "Opening orders that a bot may send within `executions_window_seconds`; one more kills what it opens \
         until a person lets it on (R7).",
    ),
    key(
        "executions_window_seconds",
        Whole(1, 86_400),
        "s",
        Words("60 in `[risk]`"),
        "60",
        "The window of `max_executions`. A lower layer may only be longer.",
    ),
    key(
        "instruments",
        Other("a list of contracts and products"),
        "",
        Words("every instrument of the file"),
        "[\"ES\"]",
        "What may be opened (R12); an empty list allows nothing.",
    ),
    key(
        "max_daily_loss",
        Whole(1, DOLLARS_MAX),
        "dollars",
        Words("100000 in `[risk]`"),
        "100000",
        "Loss of a trading day past which nothing opens until the next (R16): realised and marked, \
         commissions and fees included. Results at brokers are one sum, those of each simulator another.",
    ),
    key(
        "flat_daily_loss",
        Whole(1, DOLLARS_MAX),
        "dollars",
        Words("200000 in `[risk]`"),
        "200000",
        "Loss of a trading day past which positions are closed.",
    ),
    key(
        "flat_after_seconds",
        Whole(1, 86_400),
        "s",
        Words("never"),
        "900",
        "How long after `max_daily_loss` positions are closed in any case.",
    ),
    key(
        "margin_percent",
        Whole(1, 100),
        "%",
        Words("100 in `[risk]`"),
        "80",
        "The part of an account's equity that initial margins may take (R13).",
    ),
    key(
        "max_drawdown",
        Whole(1, DOLLARS_MAX),
        "dollars",
        Words("never"),
        "20000",
        "Each time the result falls by so much more below its highest, `max_position` is halved until a \
         person ends that (R24). Results at brokers count, for a bot its own.",
    ),
];

const INSTRUMENT: &[Key] = &[
    key(
        "symbol",
        Text(
            "a contract in any form, such as `ESZ6`, `ESZ26` or `/ESZ2026`; or a product, such as `ES`",
        ),
        "",
        Required,
        "\"ESZ6\"",
        "The contract, which must be listed and must not have expired; or the product, whose front contract \
         is traded, one after the other, each within these limits.",
    ),
    key("max_order_qty", Whole(1, CONTRACTS_MAX), "contracts", Required, "10", "Largest order."),
    key(
        "max_position",
        Whole(1, CONTRACTS_MAX),
        "contracts",
        Required,
        "20",
        "Most contracts held and working in it, over all bots.",
    ),
    key(
        "collar_ticks",
        Whole(1, COUNT_MAX),
        "ticks",
        Required,
        "40",
        "How far an order's price may be from the market.",
    ),
    key(
        "stale_after_ms",
        Whole(1, STALE_MS_MAX),
        "ms",
        Required,
        "30000",
        "After how long without market data orders are blocked.",
    ),
    key(
        "no_opening_days",
        Whole(0, END_DAYS_MAX),
        "business days",
        Words("as its product rolls"),
        "6",
        "From how many days before its end nothing opens in it. The end is the last trading day or, of \
         what is delivered in kind, the first day of notice.",
    ),
    key(
        "out_days",
        Whole(1, END_DAYS_MAX),
        "business days",
        Words("1"),
        "2",
        "From how many days before its end whoever holds it goes out.",
    ),
    key(
        "warn_days",
        Whole(0, END_DAYS_MAX),
        "business days",
        Words("5"),
        "10",
        "How many days before nothing opens in it any more people are warned of that.",
    ),
    key(
        "initial_margin",
        Whole(1, DOLLARS_MAX),
        "dollars",
        Words("not known, and required where an account that trades it has an `equity`"),
        "20000",
        "Initial margin of a contract (R13).",
    ),
    key(
        "fee",
        Number(0.0, 10_000.0),
        "dollars",
        Words("0"),
        "1.38",
        "What the exchange charges for a contract bought or sold.",
    ),
    key(
        "protection_ticks",
        Whole(1, 10_000),
        "ticks",
        Words("4"),
        "8",
        "How far an order that is to trade at once reaches beyond the opposite best, within its collar. A way out \
         that came to nothing reaches twice as far each time.",
    ),
    key(
        "volatility_reference",
        Number(0.001, 1_000_000.0),
        "ticks",
        Words("volatility is not watched"),
        "4.0",
        "How far the price usually moves from one minute's close to the next (a root of mean squares); past a \
         multiple of it less is held in the product's contracts, until a person ends that (R24).",
    ),
    key(
        "volatility_percent",
        Whole(1, 10_000),
        "%",
        Words("200"),
        "250",
        "At more than so many percent of the reference half of every `max_position` may be held, past twice as \
         many a quarter, and so on, one contract at least.",
    ),
    key(
        "volatility_minutes",
        Whole(2, VOLATILITY_MINUTES_MAX as i64),
        "minutes",
        Words("30"),
        "20",
        "Over how many minutes in which something traded volatility is measured.",
    ),
];

const BOT: &[Key] = &[
    key(
        "name",
        Text("1 to 32 printable characters without spaces"),
        "",
        Required,
        "\"es-orb\"",
        "Its name. The journal keeps it for ever: a bot of another name is another bot.",
    ),
    key("account", Text("the name of an account"), "", Required, "\"ACCOUNT1\"", "Its account."),
    key(
        "instrument",
        Text("an instrument's symbol; of a product also `ES.c.0` or `ES.v.0`"),
        "",
        Required,
        "\"ESZ6\"",
        "What it trades. On a product (`ES`, the same as `ES.c.0`) it trades the contract that the product's \
         rule says, as `ES.v.0` the one that traded most on the day before.",
    ),
    key(
        "at_contract_end",
        Choice(&["roll", "flatten"]),
        "",
        Words("`roll` on a product, `flatten` on a contract"),
        "\"flatten\"",
        "What becomes of it when nothing opens any more in its contract: it gives back what it holds and goes \
         on in the next one, or it goes out at the end by its own exits, at the latest with `out_days`, and \
         trades no more until its instrument is another one.",
    ),
    key(
        "archetype",
        Text("a name or an alias of `ctl strategies list`"),
        "",
        Words("required, unless it has rules of its own"),
        "\"orb_breakout\"",
        "Its family. Without rules of its own it trades by the archetype's. Rules of its own are traded \
         as they are written: one that cannot be read is an error.",
    ),
    key(
        "fallback",
        Flag,
        "",
        Is("false"),
        "false",
        "Whether the archetype's rules stand in for a direction of its own that cannot be read, with a \
         confidence of 40 %. For generated candidates: SHADOW, CANARY and LIVE refuse it.",
    ),
    key(
        "broker_stop",
        Flag,
        "",
        Is("false"),
        "true",
        "Whether a stop order rests at the broker while the bot holds something, so that a node that is \
         down leaves no position naked. It follows the bot's own stop, trailing and break-even levels \
         and its size; the bot's own way out withdraws it first.",
    ),
    key(
        "broker_stop_step_ticks",
        Whole(1, 10_000),
        "ticks",
        Is("4"),
        "4",
        "How far the bot's own stop has to move before the order at the broker is moved, once a second \
         at most.",
    ),
    key(
        "broker_target",
        Flag,
        "",
        Is("false"),
        "true",
        "Whether a limit order for the day rests at the bot's target beside its `broker_stop`. No broker of \
         ours knows that one of them ends the other, so we keep that: what one fills is taken off the other \
         at once, and what both fill beyond the position is given back. While the node is down nobody does: an \
         orderly stop withdraws the target, after a crash both rest until the session ends.",
    ),
    key(
        "stage",
        Choice(&["LAB", "TRIALS", "PAPER", "SHADOW", "CANARY", "LIVE"]),
        "",
        Required,
        "\"PAPER\"",
        "Its stage: CANARY and LIVE trade at the broker, SHADOW does everything but the wire, the \
         others are simulated.",
    ),
    key(
        "session",
        Text("a session by any of its names"),
        "",
        Words("that of its rules, or else `RTH_US` with a warning"),
        "\"RTH_US\"",
        "Its hours.",
    ),
    key(
        "bars",
        Text("`\"5m\"`, `\"1000 contracts\"` or `\"500 trades\"`"),
        "",
        Words("those of its rules, or else `1m`"),
        "\"5m\"",
        "Its bars.",
    ),
    key(
        "rules",
        Text("a file, relative to the configuration's folder"),
        "",
        Words("those of its archetype"),
        "\"mine.rules\"",
        "A file with its own rules.",
    ),
    key(
        "rule_text",
        Text("rules"),
        "",
        Words("those of its archetype"),
        "\"long when rsi(14) < 30\\nstop 8 ticks\"",
        "Its own rules themselves, in place of a file.",
    ),
    key(
        "order_qty",
        Whole(1, CONTRACTS_MAX),
        "contracts",
        Required,
        "1",
        "What it wants to hold at full score, before its sizing.",
    ),
    key(
        "sizing",
        Other("see [Sizing](#sizing)"),
        "",
        Is("{ kind = \"fixed\" }"),
        "{ kind = \"volatility_target\", daily = 500 }",
        "How many contracts it wants.",
    ),
    key(
        "stop_loss",
        Text("`\"16 ticks\"`, `\"0.5 %\"` or `\"2 atr(14)\"`"),
        "",
        Words("that of its rules; one of the two must have one"),
        "\"16 ticks\"",
        "Where it gives up, measured from its entry.",
    ),
    key(
        "take_profit",
        Text("as `stop_loss`"),
        "",
        Words("that of its rules, or none"),
        "\"32 ticks\"",
        "Where it takes its profit.",
    ),
    key(
        "trailing",
        Text("as `stop_loss`, or `\"chandelier(22, 3)\"`"),
        "",
        Words("that of its rules, or none"),
        "\"2 atr(14)\"",
        "A stop that follows the market.",
    ),
    key(
        "break_even",
        Text("`\"after 10 ticks plus 1 tick\"`"),
        "",
        Words("that of its rules, or none"),
        "\"after 10 ticks plus 1 tick\"",
        "When its stop moves to its entry.",
    ),
    key(
        "time_stop_bars",
        Whole(0, u32::MAX as i64),
        "bars",
        Is("0"),
        "20",
        "After how many bars it goes out; 0 for that of its rules, or never.",
    ),
    key(
        "hold_over_session",
        Flag,
        "",
        Is("false"),
        "true",
        "Whether it may hold a position past its session.",
    ),
    key("max_order_qty", Whole(1, CONTRACTS_MAX), "contracts", Required, "2", "Its largest order."),
    key(
        "max_position",
        Whole(1, CONTRACTS_MAX),
        "contracts",
        Required,
        "2",
        "Most contracts that it may hold. `MAX_CONTRACTS_*` caps it by stage besides.",
    ),
    key(
        "owner",
        Text("a name"),
        "",
        Words("nobody in particular"),
        "\"ann\"",
        "Whose it is: `ctl kill --user` kills all bots of one owner.",
    ),
    OWN_LIMITS,
    key(
        "weights",
        Other(
            "numbers from 0 to 100 by source: `technical`, `model`, `options_flow`, `macro`, `news`",
        ),
        "",
        Words("1 each"),
        "{ news = 0.5 }",
        "What each source's word counts.",
    ),
    key(
        "parameters",
        Other("numbers by name, as `ctl strategies show NAME` lists them"),
        "",
        Words("each parameter's own"),
        "{ minutes = 5 }",
        "Parameters of its rules.",
    ),
];

/// The keys of `sizing`, by its kind.
pub const SIZING: &[Key] = &[
    key(
        "kind",
        Choice(&["fixed", "volatility_target", "equity_fraction"]),
        "",
        Required,
        "\"fixed\"",
        "`fixed`: `order_qty`. `volatility_target`: so many that a day's usual move is `daily`. \
         `equity_fraction`: so many that the stop loses `fraction` of `equity`.",
    ),
    key(
        "daily",
        Number(1e-6, 1e12),
        "dollars",
        Words("required by `volatility_target`"),
        "500",
        "The move of a day that is aimed at.",
    ),
    key(
        "period",
        Whole(1, gauntlet_model::input::TERM_PERIOD_MAX as i64),
        "bars",
        Words("20"),
        "20",
        "Bars that the usual move is taken over (`volatility_target`).",
    ),
    key(
        "fraction",
        Number(0.0001, 1.0),
        "",
        Words("required by `equity_fraction`"),
        "0.01",
        "The part of the equity that one trade may lose, with at most four decimals.",
    ),
    key(
        "equity",
        Number(1e-6, 1e12),
        "dollars",
        Words("required by `equity_fraction`"),
        "50000",
        "The bot's equity at its start.",
    ),
];

const CALENDAR_EXCEPTION: &[Key] = &[
    key(
        "date",
        Text("a date"),
        "",
        Required,
        "\"2027-03-10\"",
        "The date on which the trading day ends.",
    ),
    key(
        "groups",
        Other("list of groups of products"),
        "",
        Words("none"),
        "[\"equity index\", \"rates\"]",
        "Whose day it is: every product of these groups that has no exception of its own.",
    ),
    key(
        "products",
        Other("list of products' codes"),
        "",
        Words("none"),
        "[\"CL\"]",
        "The same for single products; goes before their groups.",
    ),
    key(
        "us_stocks",
        Flag,
        "",
        Words("`false`"),
        "true",
        "The US stock exchanges are closed: no regular US hours for any product.",
    ),
    key("closed", Flag, "", Words("`false`"), "true", "No trading day ends on the date."),
    key(
        "close",
        Text("a time of the day"),
        "New York",
        Words("required unless `closed`"),
        "\"13:15\"",
        "When trading ends.",
    ),
    key(
        "reason",
        Text("1 to 64 bytes"),
        "",
        Required,
        "\"day of mourning, CME notice of 5 March\"",
        "Why; for people.",
    ),
];

/// The table of a name.
pub fn section(name: &str) -> Option<&'static Section> {
    SECTIONS.iter().find(|section| section.name == name)
}

impl Section {
    /// The key of a name.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

impl Key {
    /// What is wrong with a value, in words; `None` for a value of another type, which the reader of
    /// the file refuses.
    pub fn fault(&self, value: &Scalar<'_>) -> Option<String> {
        let unit = if self.unit.is_empty() { String::new() } else { format!(" {}", self.unit) };
        match (self.values, value) {
            (Whole(min, max), Scalar::Whole(value)) if !(min..=max).contains(value) => {
                Some(format!(
                    "{} is {value}: must be a whole number from {min} to {max}{unit}",
                    self.name
                ))
            }
            (Number(min, max), Scalar::Number(value)) if !(min..=max).contains(value) => {
                Some(format!("{} is {value}: must be from {min} to {max}{unit}", self.name))
            }
            (Number(..), Scalar::Whole(value)) => self.fault(&Scalar::Number(*value as f64)),
            (Choice(all), Scalar::Text(text)) if !all.contains(text) => {
                Some(format!("{} {text:?} must be one of {}", self.name, all.join(", ")))
            }
            _ => None,
        }
    }
}

impl Values {
    /// What it may be, for people.
    pub fn words(&self) -> String {
        match self {
            Text(words) | Other(words) => (*words).to_owned(),
            Choice(all) => format!("`{}`", all.join("`, `")),
            Whole(min, max) => format!("whole, {min} to {max}"),
            Number(min, max) => format!("{min} to {max}"),
            Flag => "`true`, `false`".to_owned(),
        }
    }
}

/// Whether every number of a configuration that was not read but made is in its range.
///
/// # Errors
/// The first that is not, in words.
pub fn check_ranges(config: &serde_json::Value) -> Result<(), String> {
    for section in SECTIONS {
        let value = &config[section.name];
        let tables = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for table in tables {
            let name = table["name"].as_str().or(table["symbol"].as_str());
            for key in section.keys {
                let value = table[key.name].as_i64().map(Scalar::Whole);
                if let Some(why) = value.and_then(|value| key.fault(&value)) {
                    let name = name.map_or_else(String::new, |name| format!(" {name:?}"));
                    return Err(format!("{}{name}: {why}", section.name));
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
