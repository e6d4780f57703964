//! Which schema of an instrument's data is listened to.

use gauntlet_model::ids::InstrumentId;
use gauntlet_model::input::Input;

/// The schemas that tell of a market, poorest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Schema {
    None,
    Bars,
    Trades,
    Quotes,
    Orders,
}

impl Schema {
    /// The instrument and the schema of an input that is market data.
    pub(super) fn of(input: &Input) -> Option<(InstrumentId, Schema)> {
        match input {
            Input::Mbo(event) => Some((event.instrument, Schema::Orders)),
            Input::Quote(quote) => Some((quote.instrument, Schema::Quotes)),
            Input::Level(level) => Some((level.instrument, Schema::Quotes)),
            Input::Trade(trade) => Some((trade.instrument, Schema::Trades)),
            Input::Ohlcv(bar) => Some((bar.instrument, Schema::Bars)),
            _ => None,
        }
    }
}

/// An instrument listens to the richest schema that it has heard since its feed connected, so that
/// a trade told twice counts once, and data that stopped is not taken for fresh because poorer data
/// goes on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hearing {
    richest: Schema,
}

impl Hearing {
    pub(super) const NOTHING: Hearing = Hearing { richest: Schema::None };

    /// The schema that is listened to.
    pub(super) fn schema(&self) -> Schema {
        self.richest
    }

    /// Whether to listen to a record of a schema.
    pub(super) fn hear(&mut self, schema: Schema) -> bool {
        let listens = schema >= self.richest;
        self.richest = self.richest.max(schema);
        listens
    }
}
