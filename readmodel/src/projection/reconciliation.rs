//! What brokers were asked for last, and what differs.

use super::{Noted, Projection};
use crate::api;
use gauntlet_model::effect::{Break, BreakClass, EnquiryEnded};
use gauntlet_model::units::{Money, Price, UnixNanos};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Reconciliation {
    /// The last comparison of each kind, in the order in which they first came.
    ended: Vec<Noted<EnquiryEnded>>,
    /// What differs; the core bounds how much is listed.
    breaks: Vec<Noted<Break>>,
}

impl Reconciliation {
    /// A run begins: what was compared before it says nothing of now. What differed still may.
    pub fn begin(&mut self) {
        self.ended.clear();
    }

    pub fn on_ended(&mut self, seq: u64, time: UnixNanos, ended: &EnquiryEnded) {
        let of = |ended: &EnquiryEnded| (ended.route, ended.what as u8, ended.account);
        let noted = Noted { seq, time, what: *ended };
        match self.ended.iter_mut().find(|known| of(&known.what) == of(ended)) {
            Some(known) => *known = noted,
            None => self.ended.push(noted),
        }
    }

    pub fn on_break(&mut self, seq: u64, time: UnixNanos, what: &Break) {
        let about = |of: &Break| {
            let whose = (of.route, of.class, of.account, of.instrument);
            (whose, of.symbol, of.order, of.order_id)
        };
        let known = self.breaks.iter().position(|known| about(&known.what) == about(what));
        match (known, what.active) {
            // Since when it differs stays; by how much may change.
            (Some(at), true) => self.breaks[at].what = *what,
            (None, true) => self.breaks.push(Noted { seq, time, what: *what }),
            (Some(at), false) => {
                self.breaks.remove(at);
            }
            (None, false) => {}
        }
    }
}

impl Projection {
    /// What differs from the brokers, in the order in which it came.
    pub(super) fn breaks(&self) -> Vec<api::Break> {
        self.reconciliation.breaks.iter().map(|noted| self.shown_break(noted)).collect()
    }

    fn shown_break(&self, noted: &Noted<Break>) -> api::Break {
        let Noted { seq, time, what } = noted;
        let number = |value: i64| match what.class {
            in_prices if in_prices.is_in_prices() => Price(value).to_string(),
            BreakClass::CashDiffers => Money(value).to_string(),
            BreakClass::FilledDiffers | BreakClass::QuantityDiffers => value.to_string(),
            _ => format!("{value:+}"),
        };
        api::Break {
            broker: self.route_name(what.route),
            account: what.account.map(|account| self.account_name(account)),
            symbol: match what.instrument {
                Some(instrument) => self.symbol(instrument),
                None => what.symbol.to_string(),
            },
            class: what.class.name().to_owned(),
            text: what.class.text().to_owned(),
            remedy: what.class.remedy().to_owned(),
            order: what.order.is_some().then(|| what.order.to_string()),
            broker_order: (!what.order_id.is_empty()).then(|| what.order_id.to_string()),
            ours: number(what.ours),
            theirs: number(what.theirs),
            since: super::snapshot::time(*time),
            seq: *seq,
        }
    }

    /// What was compared with the brokers last.
    pub(super) fn compared(&self) -> Vec<api::Compared> {
        let shown = |noted: &Noted<EnquiryEnded>| {
            let EnquiryEnded { route, what, account, outcome, lines, breaks, .. } = noted.what;
            api::Compared {
                broker: self.route_name(route),
                what: what.name().to_owned(),
                account: account.map(|account| self.account_name(account)),
                outcome: outcome.name().to_owned(),
                lines,
                breaks,
                at: super::snapshot::time(noted.time),
                seq: noted.seq,
            }
        };
        self.reconciliation.ended.iter().map(shown).collect()
    }
}
