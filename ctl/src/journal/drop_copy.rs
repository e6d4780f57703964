//! What brokers' drop copies tell, in words.

use super::words::{Names, number, order_of, side, why, words};
use gauntlet_model::input::{CopiedReport, CopySession, CopyTerms};

pub(super) fn copy_terms(terms: &CopyTerms) -> String {
    let CopyTerms { route, within_seconds, required } = terms;
    let required = if *required { ", nothing opens without it" } else { "" };
    format!("{} copies its reports, {within_seconds} s apart at most{required}", route.name())
}

pub(super) fn copy_session(event: &CopySession) -> String {
    let CopySession { route, change, msg_seq_num, reset, detail } = event;
    let reset = if *reset { ", numbers reset" } else { "" };
    let (number, why) = (number(*msg_seq_num), why(detail));
    format!("drop copy of {} {}{reset}{number}{why}", route.name(), words(change))
}

impl Names {
    pub(super) fn copied(&self, report: &CopiedReport) -> String {
        let symbol =
            report.instrument.map_or_else(|| report.symbol.to_string(), |of| self.symbol(of));
        let account = report.account.map_or("?".to_owned(), |of| self.account(of));
        let whose = match report.cl_ord_id.is_some() {
            true => order_of(report.cl_ord_id),
            false => format!(", none of ours, its order {}", report.order_id),
        };
        let what = match (report.unusable_tag, report.last_qty) {
            (0, 0) => words(&report.exec_type),
            (0, qty) => format!("{} {qty} @ {}", words(&report.exec_type), report.last_px),
            (tag, _) => format!("unusable for tag {tag}"),
        };
        format!(
            "copy by {}: {account} {} {symbol} {what}, {} filled, {} working, {}{whose}{}",
            report.route.name(),
            side(report.side),
            report.cum_qty,
            report.leaves_qty,
            report.exec_id,
            number(report.msg_seq_num)
        )
    }
}
