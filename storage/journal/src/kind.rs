//! The numbers of the record kinds. They are frozen: a number, once released, keeps its meaning and
//! its bytes for ever, and a changed type gets a new number.
//!
//! | number | stream | payload |
//! |---:|---|---|
//! | `0x01` | inputs | [`Mbo`](gauntlet_model::input::Mbo) |
//! | `0x02` | inputs | [`Quote`](gauntlet_model::input::Quote) |
//! | `0x03` | inputs | [`Trade`](gauntlet_model::input::Trade) |
//! | `0x04` | inputs | [`Ohlcv`](gauntlet_model::input::Ohlcv) |
//! | `0x05` | inputs | [`TradingStatus`](gauntlet_model::input::TradingStatus) |
//! | `0x06` | inputs | [`FeedEvent`](gauntlet_model::input::FeedEvent) |
//! | `0x07` | inputs | [`ExecutionReport`](gauntlet_model::input::ExecutionReport) |
//! | `0x08` | inputs | [`CancelReject`](gauntlet_model::input::CancelReject) |
//! | `0x09` | inputs | [`SessionEvent`](gauntlet_model::input::SessionEvent) |
//! | `0x0a` | inputs | [`Timer`](gauntlet_model::input::Timer) |
//! | `0x0b` | inputs | [`Command`](gauntlet_model::input::Command) |
//! | `0x0c` | inputs | [`InstrumentDefinition`](gauntlet_model::input::InstrumentDefinition) |
//! | `0x0d` | inputs | [`AccountDefinition`](gauntlet_model::input::AccountDefinition) |
//! | `0x0e` | inputs | [`BotDefinition`](gauntlet_model::input::BotDefinition) |
//! | `0x0f` | inputs | [`RunStart`](gauntlet_model::input::RunStart) |
//! | `0x10` | inputs | [`Level`](gauntlet_model::input::Level) |
//! | `0x11` | inputs | [`Listing`](gauntlet_model::input::Listing) |
//! | `0x12` | inputs | [`RuleText`](gauntlet_model::input::RuleText) |
//! | `0x13` | inputs | [`ExternalSignal`](gauntlet_model::input::ExternalSignal) |
//! | `0x14` | inputs | [`Ohlcv`](gauntlet_model::input::Ohlcv) told after the fact |
//! | `0x21` | effects | [`Bar`](gauntlet_model::effect::Bar) |
//! | `0x22` | effects | [`Signal`](gauntlet_model::effect::Signal) |
//! | `0x23` | effects | [`Intent`](gauntlet_model::effect::Intent) |
//! | `0x24` | effects | [`Reject`](gauntlet_model::effect::Reject) |
//! | `0x25` | effects | [`OrderChanged`](gauntlet_model::effect::OrderChanged) |
//! | `0x26` | effects | [`PositionChanged`](gauntlet_model::effect::PositionChanged) |
//! | `0x27` | effects | [`OutboundRecord`](gauntlet_model::effect::OutboundRecord) |
//! | `0x28` | effects | [`KillChanged`](gauntlet_model::effect::KillChanged) |
//! | `0x29` | effects | [`MarketBlock`](gauntlet_model::effect::MarketBlock) |
//! | `0x2a` | effects | [`Mark`](gauntlet_model::effect::Mark) |
//! | `0x2b` | effects | [`Alert`](gauntlet_model::effect::Alert) |
//! | `0x2c` | effects | [`MarketQuality`](gauntlet_model::effect::MarketQuality) |
//! | `0x2d` | effects | [`Decision`](gauntlet_model::effect::Decision) |
//! | `0x2e` | effects | [`ExitLevels`](gauntlet_model::effect::ExitLevels) |
//! | `0x40` | effects | [`MessageSent`](gauntlet_model::effect::MessageSent) |
//! | `0xf0` | inputs | inputs lost with the machine: the first lost sequence number, 8 bytes; the record's own is the last |
//! | `0xff` | both | none: the segment is full, the stream goes on in the next |

/// The highest number that an input may have.
pub const INPUT_LAST: u8 = 0x1f;

/// The highest number that an effect may have.
pub const EFFECT_LAST: u8 = 0x3f;

macro_rules! kinds {
    ($($name:ident = $number:literal, $text:literal;)*) => {
        $(#[doc = concat!("`", $text, "`")] pub const $name: u8 = $number;)*

        /// The kind's name, as programs and people see it.
        pub fn name(kind: u8) -> &'static str {
            match kind {
                $($name => $text,)*
                _ => "unknown",
            }
        }
    };
}

kinds! {
    MBO = 0x01, "mbo";
    QUOTE = 0x02, "quote";
    TRADE = 0x03, "trade";
    OHLCV = 0x04, "ohlcv";
    STATUS = 0x05, "status";
    FEED = 0x06, "feed";
    EXECUTION = 0x07, "execution";
    CANCEL_REJECT = 0x08, "cancel_reject";
    SESSION = 0x09, "session";
    TIMER = 0x0a, "timer";
    COMMAND = 0x0b, "command";
    INSTRUMENT = 0x0c, "instrument";
    ACCOUNT = 0x0d, "account";
    BOT = 0x0e, "bot";
    RUN_START = 0x0f, "run_start";
    LEVEL = 0x10, "level";
    LISTING = 0x11, "listing";
    RULE_TEXT = 0x12, "rule_text";
    EXTERNAL = 0x13, "external";
    HISTORY = 0x14, "history";
    BAR = 0x21, "bar";
    SIGNAL = 0x22, "signal";
    INTENT = 0x23, "intent";
    REJECT = 0x24, "reject";
    ORDER = 0x25, "order";
    POSITION = 0x26, "position";
    OUTBOUND = 0x27, "outbound";
    KILL = 0x28, "kill";
    MARKET_BLOCK = 0x29, "market_block";
    MARK = 0x2a, "mark";
    ALERT = 0x2b, "alert";
    QUALITY = 0x2c, "quality";
    DECISION = 0x2d, "decision";
    EXITS = 0x2e, "exits";
    MESSAGE_SENT = 0x40, "message_sent";
    INPUTS_LOST = 0xf0, "inputs_lost";
    SEGMENT_END = 0xff, "segment_end";
}
