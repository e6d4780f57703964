//! Corrections and doubts in words.

use super::words::{Names, number, order_of, side, why};
use gauntlet_model::effect::{Booking, DoubtChanged};
use gauntlet_model::input::{Correction, CorrectionKind, UnusableReport};

impl Names {
    pub(super) fn correction(&self, correction: &Correction) -> String {
        let Correction { kind, qty, price, order, approver, .. } = correction;
        let bot = correction.bot.map_or_else(|| "?".to_owned(), |bot| self.bot(bot));
        let what = match kind {
            CorrectionKind::Book => format!("book {bot} {} {qty} @ {price}", side(correction.side)),
            CorrectionKind::TakeBack => {
                format!("take back {bot} {} {qty} @ {price}", side(correction.side))
            }
            CorrectionKind::Adjust => format!("adjust {bot} to {:+} @ {price}", correction.target),
            CorrectionKind::WriteOff => "write off".to_owned(),
            CorrectionKind::Settle => {
                let account = correction.account.map_or("?".to_owned(), |of| self.account(of));
                let symbol = correction.instrument.map_or("?".to_owned(), |of| self.symbol(of));
                format!("settle {account} {symbol}")
            }
            CorrectionKind::Enquire => "ask about every live order".to_owned(),
            CorrectionKind::Retract => {
                format!("retract {bot} {} {qty} @ {price}", side(correction.side))
            }
        };
        let allowed =
            if approver.is_empty() { String::new() } else { format!(", allowed by {approver}") };
        let (order, why) = (order_of(*order), why(&correction.reason));
        format!("{what}{order} by {}{allowed}{why}", correction.actor)
    }

    pub(super) fn unusable(&self, report: &UnusableReport) -> String {
        let UnusableReport { route, cl_ord_id, last_qty, last_px, cum_qty, .. } = report;
        let instrument = report.instrument.map(|of| self.symbol(of));
        let symbol = instrument.unwrap_or_else(|| report.symbol.to_string());
        let side = report.side.map_or("?", side);
        format!(
            "{} unusable report: {side} {last_qty} {symbol} @ {last_px}, {cum_qty} filled{}{}{}",
            route.name(),
            order_of(*cl_ord_id),
            number(report.msg_seq_num),
            why(&report.detail)
        )
    }

    pub(super) fn doubt(&self, doubt: &DoubtChanged) -> String {
        let DoubtChanged { account, instrument, cause, contracts, order, actor, .. } = doubt;
        let place = format!("{} {}", self.account(*account), self.symbol(*instrument));
        let about = order_of(*order);
        if doubt.active {
            return format!("{place} in doubt: {}, {contracts:+} contracts{about}", cause.text());
        }
        let by = if actor.is_empty() { String::new() } else { format!(" by {actor}") };
        format!("{place} settled{by}{about}{}", why(&doubt.reason))
    }

    pub(super) fn booking(&self, booking: &Booking) -> String {
        let Booking { kind, bot, qty, price, order, cause, .. } = booking;
        let (bot, side, order) = (self.bot(*bot), side(booking.side), order_of(*order));
        let what = kind.name().replace('_', " ");
        format!("{bot} to {what} {side} {qty} @ {price}{order}: {}", cause.text())
    }
}
