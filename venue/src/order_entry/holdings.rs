//! The answers to a question about positions, and how they are written.

use super::positions::Position;
use super::report::Style;
use super::request::ClientId;
use crate::fees::ContractFees;
use gauntlet_gateways::fix::codec::FieldWriter;
use gauntlet_gateways::fix::tags;
use gauntlet_model::calendar::trading_date;
use gauntlet_model::text::Text;
use gauntlet_model::units::UnixNanos;

/// Tags of FIX 4.4, volume 6.
const ACCOUNT_TYPE: u32 = 581;
const NO_POSITIONS: u32 = 702;
const POS_TYPE: u32 = 703;
const LONG_QTY: u32 = 704;
const SHORT_QTY: u32 = 705;
const POS_REQ_ID: u32 = 710;
const CLEARING_BUSINESS_DATE: u32 = 715;
const POS_MAINT_RPT_ID: u32 = 721;
const POS_REQ_TYPE: u32 = 724;
const TOTAL_NUM_POS_REPORTS: u32 = 727;
const POS_REQ_RESULT: u32 = 728;
const POS_REQ_STATUS: u32 = 729;
const SETTL_PRICE: u32 = 730;
const SETTL_PRICE_TYPE: u32 = 731;
const PRIOR_SETTL_PRICE: u32 = 734;

/// `RequestForPositionsAck`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PositionsAck {
    pub request_id: ClientId,
    /// The answer's own number.
    pub number: u64,
    pub account: Text<24>,
    /// Reports that follow.
    pub total: u32,
}

/// `PositionReport`: one account's position in one contract.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PositionReport {
    pub request_id: ClientId,
    /// The report's own number.
    pub number: u64,
    pub position: Position,
    pub total: u32,
    pub at: UnixNanos,
}

impl PositionsAck {
    pub const MSG_TYPE: &'static [u8] = b"AO";

    pub fn write(&self, w: &mut FieldWriter<'_>, style: &Style) {
        w.text(POS_MAINT_RPT_ID, &format!("P{}-{}", style.prefix, self.number));
        w.raw(POS_REQ_ID, self.request_id.as_bytes());
        w.uint(TOTAL_NUM_POS_REPORTS, u64::from(self.total));
        // 0: a valid request; 2: no positions found that match it.
        w.uint(POS_REQ_RESULT, if self.total > 0 { 0 } else { 2 });
        // Completed.
        w.uint(POS_REQ_STATUS, 0);
        w.raw(tags::ACCOUNT, self.account.as_bytes());
        // Carried on the customer side of the books.
        w.uint(ACCOUNT_TYPE, 1);
    }
}

impl PositionReport {
    pub const MSG_TYPE: &'static [u8] = b"AP";

    pub fn write(&self, w: &mut FieldWriter<'_>, style: &Style) {
        let Position { account, symbol, qty, last_px, fees } = self.position;
        w.text(POS_MAINT_RPT_ID, &format!("P{}-{}", style.prefix, self.number));
        w.raw(POS_REQ_ID, self.request_id.as_bytes());
        w.uint(POS_REQ_TYPE, 0);
        w.uint(TOTAL_NUM_POS_REPORTS, u64::from(self.total));
        w.uint(POS_REQ_RESULT, 0);
        w.text(CLEARING_BUSINESS_DATE, &trading_date(self.at).format("%Y%m%d").to_string());
        w.raw(tags::ACCOUNT, account.as_bytes());
        w.uint(ACCOUNT_TYPE, 1);
        w.raw(tags::SYMBOL, symbol.as_bytes());
        // Of no settlement: the price of the last fill, said to be theoretical.
        w.price(SETTL_PRICE, last_px);
        w.uint(SETTL_PRICE_TYPE, 2);
        w.price(PRIOR_SETTL_PRICE, last_px);
        w.uint(NO_POSITIONS, 1);
        w.text(POS_TYPE, "TQ");
        w.uint(LONG_QTY, u64::try_from(qty).unwrap_or(0));
        w.uint(SHORT_QTY, u64::try_from(-qty).unwrap_or(0));
        if fees != ContractFees::default() {
            // FIX 4.4 has no field for it in this message.
            let [exchange, clearing, broker] =
                [fees.exchange, fees.clearing, fees.broker].map(|part| part.0 as f64 / 1e6);
            let text =
                format!("fees {exchange:.2} exchange {clearing:.2} clearing {broker:.2} broker");
            w.text(tags::TEXT, &text);
        }
    }
}
