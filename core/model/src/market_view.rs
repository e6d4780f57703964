//! What the stages behind the first know of a market.

use crate::ids::InstrumentId;
use crate::input::{TopOfBook, TradingState};
use crate::units::Price;

/// What the chain's head knows of an instrument's market, passed on so that the later stages keep no
/// books of their own. Sent right after a market input that changed it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MarketView {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// The best bid and ask.
    pub top: TopOfBook,
    /// The last trade's price; [`Price::NONE`] if there was none.
    pub last: Price,
    /// Whether the data has a gap that is not mended yet, or the feed is down.
    pub gapped: bool,
    /// Whether the line that the data comes by lives: it is connected, was heard of lately, and told
    /// something of this instrument since it connected. A quiet market on a live line is still what it
    /// was; what is known of a market without a line may be long over.
    pub live: bool,
    /// Whether the instrument is open for trading.
    pub state: TradingState,
    /// Whether the book's table overflowed.
    pub book_full: bool,
}
