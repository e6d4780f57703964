//! What a person asks of orders and positions, as a request's fields.
//!
//! ```text
//! gauntlet/1 <id> ticket <scope> <kind> <symbol> <side> <qty> <type> <price> <stop> <life> <until> <order> <stop loss> <take profit> <rests> <parent> <actor> <reason>
//! ```
//!
//! `<kind>` is `new`, `cancel`, `replace`, `close` or `parent`, `<side>` `buy` or `sell`, `<type>` and `<life>` the names
//! of an order type and a time in force, `<price>`, `<stop>`,
//! `<stop loss>` and `<take profit>` in billionths or nothing, `<until>` nanoseconds
//! since the Unix epoch or 0, `<order>` 16 hexadecimal digits or nothing. A new order is for the account of the
//! scope, a close for its bot or account, the others have the scope `platform`. What a kind does not need is
//! empty, or 0; `<rests>` is `rests` or empty; a side, a type and a life are always there.

use super::correction::order_of;
use super::plain;
use gauntlet_model::effect::{OrderType, TimeInForce};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::TicketKind;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, Side, UnixNanos};

/// What a person asks. The request's scope says for whom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AskedTicket {
    /// What.
    pub kind: TicketKind,
    /// In what.
    pub symbol: Text<24>,
    /// Buy or sell.
    pub side: Side,
    /// Contracts; of a replace 0 for as many as before.
    pub qty: u32,
    /// How it is priced.
    pub order_type: OrderType,
    /// Limit price.
    pub price: Price,
    /// Stop price.
    pub stop_px: Price,
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// Until when, of one with a date; 0 for any other.
    pub expires: UnixNanos,
    /// The order that is cancelled or replaced.
    pub order: ClOrdId,
    /// Where a stop is to rest for what is held once a new order fills.
    pub stop_loss: Price,
    /// Where what is held once a new order fills is given back with a profit.
    pub take_profit: Price,
    /// Whether a limit order there rests at the broker.
    pub target_rests: bool,
    /// The parent order whose child a new order is.
    pub parent: ClOrdId,
}

impl AskedTicket {
    /// One of a kind, with nothing in it.
    pub fn of(kind: TicketKind) -> AskedTicket {
        AskedTicket {
            kind,
            symbol: Text::EMPTY,
            side: Side::Buy,
            qty: 0,
            order_type: OrderType::Limit,
            price: Price::NONE,
            stop_px: Price::NONE,
            time_in_force: TimeInForce::Day,
            expires: UnixNanos(0),
            order: ClOrdId::NONE,
            stop_loss: Price::NONE,
            take_profit: Price::NONE,
            target_rests: false,
            parent: ClOrdId::NONE,
        }
    }

    /// Reads the fields after the scope.
    pub(super) fn parse<'a>(fields: &mut impl Iterator<Item = &'a str>) -> Option<AskedTicket> {
        let name = fields.next()?;
        Some(AskedTicket {
            kind: TicketKind::ALL.into_iter().find(|kind| kind.name() == name)?,
            symbol: Text::new(fields.next()?),
            side: match fields.next()? {
                "buy" => Side::Buy,
                "sell" => Side::Sell,
                _ => return None,
            },
            qty: fields.next()?.parse().ok()?,
            order_type: OrderType::named(fields.next()?)?,
            price: price_of(fields.next()?)?,
            stop_px: price_of(fields.next()?)?,
            time_in_force: TimeInForce::named(fields.next()?)?,
            expires: UnixNanos(fields.next()?.parse().ok()?),
            order: order_of(fields.next()?)?,
            stop_loss: price_of(fields.next()?)?,
            take_profit: price_of(fields.next()?)?,
            target_rests: match fields.next()? {
                "" => false,
                "rests" => true,
                _ => return None,
            },
            parent: order_of(fields.next()?)?,
        })
    }

    pub(super) fn encode(&self) -> String {
        let AskedTicket { kind, symbol, side, qty, order_type, time_in_force, expires, .. } = self;
        let side = match side {
            Side::Buy => "buy",
            Side::Sell => "sell",
        };
        let in_units =
            |price: Price| if price.is_some() { price.0.to_string() } else { String::new() };
        let (price, stop_px) = (in_units(self.price), in_units(self.stop_px));
        let (stop_loss, take_profit) = (in_units(self.stop_loss), in_units(self.take_profit));
        let rests = if self.target_rests { "rests" } else { "" };
        let named = |id: ClOrdId| if id.is_some() { id.to_string() } else { String::new() };
        let (order, parent) = (named(self.order), named(self.parent));
        format!(
            "{}\t{}\t{side}\t{qty}\t{}\t{price}\t{stop_px}\t{}\t{}\t{order}\t{stop_loss}\t{take_profit}\t{rests}\t{parent}",
            kind.name(),
            plain(symbol.as_str()),
            order_type.name(),
            time_in_force.name(),
            expires.0,
        )
    }
}

fn price_of(text: &str) -> Option<Price> {
    match text {
        "" => Some(Price::NONE),
        price => price.parse().map(Price).ok().filter(|price| price.is_some()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command_wire::{Request, RequestError, Target, Verb};

    fn asked() -> AskedTicket {
        AskedTicket {
            symbol: Text::new("ESZ6"),
            side: Side::Sell,
            qty: 3,
            order_type: OrderType::StopLimit,
            price: Price(-37_630_000_000),
            stop_px: Price(1_000_000_000),
            time_in_force: TimeInForce::GoodTillDate,
            expires: UnixNanos(77),
            order: ClOrdId(0xabc),
            stop_loss: Price(2),
            take_profit: Price(9),
            target_rests: true,
            parent: ClOrdId(0xdef),
            ..AskedTicket::of(TicketKind::New)
        }
    }

    #[test]
    fn tickets_read_back_as_written_and_their_fields_must_be_right() {
        let target = Target::Account("DEMO");
        let of_each_kind = TicketKind::ALL.map(|kind| AskedTicket { kind, ..asked() });
        let bare = TicketKind::ALL.map(AskedTicket::of);
        for asked in of_each_kind.into_iter().chain(bare) {
            let verb = Verb::Ticket(asked);
            let request = Request { id: 7, verb, target, actor: "ann", reason: "hedge" };
            assert_eq!(Request::parse(request.encode().as_bytes()), Ok(request));
        }
        let verb = Verb::Ticket(asked());
        let text = Request { id: 7, verb, target, actor: "ann", reason: "hedge" }.encode();
        for (right, wrong) in [
            ("\tnew\t", "\told\t"),
            ("\tsell\t", "\tshort\t"),
            ("\t3\t", "\t-3\t"),
            ("\tstop-limit\t", "\ticeberg\t"),
            ("-37630000000", "cheap"),
            ("\tgtd\t", "\tforever\t"),
            ("\t77\t", "\ttomorrow\t"),
            ("0000000000000abc", "abc"),
        ] {
            let wrong = text.replacen(right, wrong, 1);
            assert_eq!(
                Request::parse(wrong.as_bytes()),
                Err((7, RequestError::BadField)),
                "{wrong}"
            );
        }
        let more = format!("{text}\tmore");
        assert_eq!(Request::parse(more.as_bytes()), Err((7, RequestError::BadField)));
    }
}
