//! Messages of a drop copy's session into inputs.

use super::report::{Translator, Unusable, short_identity};
use super::unusable_detail;
use crate::fix::codec::Message;
use crate::fix::tags;
use gauntlet_model::input::{CopiedReport, ExecType, ExecutionReport, Input};
use gauntlet_model::text::Text;

/// A message of the session; `None` when its type is none that a drop copy carries.
pub(super) fn read(
    translator: &Translator,
    message: &Message<'_>,
    msg_seq_num: u64,
    poss_dup: bool,
) -> Option<Result<Option<Input>, Unusable>> {
    match message.msg_type() {
        tags::EXECUTION_REPORT => {
            let report = translator.execution_report(message, msg_seq_num, poss_dup);
            let copied = report.map(|report| translator.copied(message, &report));
            Some(Ok(Some(Input::Copied(copied.unwrap_or_else(|Unusable { tag, reason }| {
                // The copy is not refused: what cannot be read of it a person must look at.
                let detail = unusable_detail(message.msg_type(), tag, reason);
                let known = translator.unusable(message, msg_seq_num, poss_dup, detail);
                CopiedReport { unusable_tag: tag, ..crate::fix::drop_copy::unusable(&known) }
            })))))
        }
        // Some brokers copy these as well: they move nothing.
        tags::ORDER_CANCEL_REJECT | tags::BUSINESS_MESSAGE_REJECT => Some(Ok(None)),
        _ => None,
    }
}

impl Translator {
    /// A report as a copy, with what an order's own session has no need of.
    fn copied(&self, message: &Message<'_>, report: &ExecutionReport) -> CopiedReport {
        let symbol = message.get(tags::SYMBOL).unwrap_or_default();
        let is_of_fill = matches!(report.exec_type, ExecType::TradeCancel | ExecType::TradeCorrect);
        let named = message.get(tags::EXEC_REF_ID).filter(|_| is_of_fill);
        CopiedReport {
            route: report.route,
            msg_seq_num: report.msg_seq_num,
            poss_dup: report.poss_dup,
            unusable_tag: 0,
            cl_ord_id: report.cl_ord_id,
            orig_cl_ord_id: report.orig_cl_ord_id,
            order_id: report.order_id,
            exec_id: report.exec_id,
            exec_ref_id: named.map_or(Text::EMPTY, short_identity),
            exec_type: report.exec_type,
            ord_status: report.ord_status,
            account: message.get(tags::ACCOUNT).and_then(|name| self.names.account_of(name)),
            instrument: report.instrument,
            symbol: Text::from_wire(symbol),
            side: report.side,
            last_qty: report.last_qty,
            last_px: report.last_px,
            leaves_qty: report.leaves_qty,
            cum_qty: report.cum_qty,
            order_qty: report.order_qty,
            price: report.price,
            transact_time: report.transact_time,
        }
    }
}
