//! Questions to brokers about everything, their answers, and what differs, in words.

use super::words::{Names, number, order_of, side, why};
use gauntlet_model::effect::{Break, BreakClass, Enquiry, EnquiryEnded};
use gauntlet_model::input::{
    BrokerBalance, BrokerOrder, BrokerPosition, BrokerTerms, CashTerms, EnquiryAnswer, Reconcile,
};
use gauntlet_model::order::Capabilities;
use gauntlet_model::units::{Money, Price};

pub(super) fn broker_terms(terms: &BrokerTerms) -> String {
    let BrokerTerms { route, reconcile, every_seconds, on_disconnect } = terms;
    let every = match (reconcile, every_seconds) {
        (Reconcile::Off, _) => "is not asked for its orders and positions".to_owned(),
        (how, 0) => format!("is compared with after each logon ({})", how.name()),
        (how, seconds) => {
            format!("is compared with after each logon ({}) and each {seconds} s", how.name())
        }
    };
    let cancels = match *on_disconnect {
        None => "",
        Some(Capabilities::NONE) => ", cancels nothing on disconnect",
        Some(Capabilities::ALL) => ", cancels all orders on disconnect",
        Some(_) => ", cancels some orders on disconnect",
    };
    format!("{} {every}{cancels}", route.name())
}

pub(super) fn enquiry_answer(answer: &EnquiryAnswer) -> String {
    let EnquiryAnswer { route, msg_seq_num, what, refused, total, detail, .. } = answer;
    let (what, number) = (what.name(), number(*msg_seq_num));
    match refused {
        true => format!("{} does not list its {what}{number}{}", route.name(), why(detail)),
        false => format!("{} lists {total} {what}{number}", route.name()),
    }
}

impl Names {
    pub(super) fn broker_order(&self, line: &BrokerOrder) -> String {
        let BrokerOrder { route, order_id, leaves_qty, cum_qty, price, total, .. } = line;
        let symbol = line.instrument.map_or_else(|| line.symbol.to_string(), |of| self.symbol(of));
        let account = line.account.map_or("?".to_owned(), |of| self.account(of));
        let whose = match line.cl_ord_id.is_some() {
            true => order_of(line.cl_ord_id),
            false => ", none of ours".to_owned(),
        };
        format!(
            "{} lists of {total}: {account} {} {leaves_qty} {symbol} @ {price}, {cum_qty} filled, its order \
             {order_id}{whose}{}",
            route.name(),
            side(line.side),
            number(line.msg_seq_num)
        )
    }

    pub(super) fn broker_position(&self, line: &BrokerPosition) -> String {
        let symbol = line.instrument.map_or_else(|| line.symbol.to_string(), |of| self.symbol(of));
        let account = line.account.map_or("?".to_owned(), |of| self.account(of));
        let BrokerPosition { route, total, qty, .. } = line;
        format!("{} lists of {total}: {account} holds {qty:+} {symbol}", route.name())
    }

    pub(super) fn balance(&self, line: &BrokerBalance) -> String {
        let account = line.account.map_or("?".to_owned(), |of| self.account(of));
        let BrokerBalance { route, cash, currency, .. } = line;
        format!("{} says that {account} has {cash} {currency}", route.name())
    }

    pub(super) fn cash_terms(&self, terms: &CashTerms) -> String {
        let CashTerms { account, rule, start, tolerance } = terms;
        let start = start.map_or("what its broker says first".to_owned(), |of| of.to_string());
        let (account, rule) = (self.account(*account), rule.name());
        format!("cash of {account} is compared ({rule}), from {start}, to {tolerance}")
    }

    pub(super) fn enquiry(&self, enquiry: &Enquiry) -> String {
        let of = enquiry.account.map_or(String::new(), |of| format!(" of {}", self.account(of)));
        format!("ask {} for all {}{of}", enquiry.route.name(), enquiry.what.name())
    }

    pub(super) fn enquiry_ended(&self, ended: &EnquiryEnded) -> String {
        let EnquiryEnded { route, what, outcome, lines, breaks, .. } = ended;
        let of = ended.account.map_or(String::new(), |of| format!(" of {}", self.account(of)));
        format!(
            "{} {}{of}: {}, {lines} lines, {breaks} differences",
            route.name(),
            what.name(),
            outcome.name()
        )
    }

    pub(super) fn difference(&self, what: &Break) -> String {
        let account = what.account.map_or("?".to_owned(), |of| self.account(of));
        let symbol = what.instrument.map_or_else(|| what.symbol.to_string(), |of| self.symbol(of));
        let number = |value: i64| match what.class {
            in_prices if in_prices.is_in_prices() => Price(value).to_string(),
            BreakClass::CashDiffers => Money(value).to_string(),
            _ => value.to_string(),
        };
        let differs = if what.active { "differs" } else { "differs no longer" };
        format!(
            "{} {account} {symbol} {differs}: {}, ours {}, theirs {}{}",
            what.route.name(),
            what.class.text(),
            number(what.ours),
            number(what.theirs),
            order_of(what.order)
        )
    }
}
