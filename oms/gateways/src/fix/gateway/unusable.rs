//! What can be read of a report that cannot be used.

use super::report::{Translator, parse_side, short_identity};
use crate::fix::codec::Message;
use crate::fix::tags;
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::UnusableReport;
use gauntlet_model::text::Text;
use gauntlet_model::units::Price;

impl Translator {
    /// The symbol of a report, if it names one that is none of ours: what it tells is about something
    /// else than any of our orders.
    pub fn foreign_symbol(&self, message: &Message<'_>) -> Option<Text<24>> {
        let symbol = message.get(tags::SYMBOL).filter(|symbol| !symbol.is_empty())?;
        self.names.instrument(symbol).is_none().then(|| Text::from_wire(symbol))
    }

    /// What can be read of a message: each field by itself, as not given where it makes no sense.
    pub fn unusable(
        &self,
        message: &Message<'_>,
        msg_seq_num: u64,
        poss_dup: bool,
        detail: Text<64>,
    ) -> UnusableReport {
        let order = |tag| message.get(tag).map_or(ClOrdId::NONE, |id| self.ids.parse(id));
        let symbol = message.get(tags::SYMBOL).unwrap_or_default();
        UnusableReport {
            route: self.route,
            msg_seq_num,
            poss_dup,
            cl_ord_id: order(tags::CL_ORD_ID),
            orig_cl_ord_id: order(tags::ORIG_CL_ORD_ID),
            exec_id: message.get(tags::EXEC_ID).map_or(Text::EMPTY, short_identity),
            account: message.get(tags::ACCOUNT).and_then(|name| self.names.account_of(name)),
            instrument: self.names.instrument(symbol),
            symbol: Text::from_wire(symbol),
            side: message.get(tags::SIDE).and_then(parse_side),
            last_qty: message.qty(tags::LAST_QTY).unwrap_or(0),
            last_px: message.price(tags::LAST_PX).unwrap_or(Price::NONE),
            cum_qty: message.qty(tags::CUM_QTY).unwrap_or(0),
            detail,
        }
    }
}
