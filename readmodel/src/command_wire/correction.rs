//! What a person puts right, as a request's fields.
//!
//! ```text
//! gauntlet/1 <id> correct <scope> <kind> <symbol> <order> <side> <qty> <price> <target> <exec id> <approver> <actor> <reason>
//! ```
//!
//! `<kind>` is a correction's name (`book`, `take_back`, `adjust`, `write_off`, `settle`, `enquire`),
//! `<order>` 16 hexadecimal digits or nothing, `<side>` `buy` or `sell`, `<price>` in billionths or nothing.
//! What a kind does not need is empty, or 0.

use super::plain;
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::CorrectionKind;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, Side};

/// What a person puts right. The request's scope says where: a bot, an account, or the platform.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AskedCorrection {
    /// What is done.
    pub kind: CorrectionKind,
    /// In what, where it is about an account.
    pub symbol: Text<24>,
    /// On which order; [`ClOrdId::NONE`] for none.
    pub order: ClOrdId,
    /// The side of the fill.
    pub side: Side,
    /// Its contracts.
    pub qty: u32,
    /// Its price, or that of an adjustment.
    pub price: Price,
    /// What a bot holds after an adjustment, signed contracts.
    pub target: i32,
    /// The broker's identity of the fill.
    pub exec_id: Text<32>,
    /// The second person who allowed it.
    pub approver: Text<32>,
}

impl AskedCorrection {
    /// One of a kind, with nothing in it.
    pub fn of(kind: CorrectionKind) -> AskedCorrection {
        AskedCorrection {
            kind,
            symbol: Text::EMPTY,
            order: ClOrdId::NONE,
            side: Side::Buy,
            qty: 0,
            price: Price::NONE,
            target: 0,
            exec_id: Text::EMPTY,
            approver: Text::EMPTY,
        }
    }

    /// Reads the fields after the scope.
    pub(super) fn parse<'a>(fields: &mut impl Iterator<Item = &'a str>) -> Option<AskedCorrection> {
        let name = fields.next()?;
        let kind = CorrectionKind::ALL.into_iter().find(|kind| kind.name() == name)?;
        // What only the platform does is not asked for.
        let kind = Some(kind).filter(|kind| *kind != CorrectionKind::Retract)?;
        Some(AskedCorrection {
            kind,
            symbol: Text::new(fields.next()?),
            order: order_of(fields.next()?)?,
            side: match fields.next()? {
                "buy" => Side::Buy,
                "sell" => Side::Sell,
                _ => return None,
            },
            qty: fields.next()?.parse().ok()?,
            price: match fields.next()? {
                "" => Price::NONE,
                price => price.parse().map(Price).ok().filter(|price| price.is_some())?,
            },
            target: fields.next()?.parse().ok()?,
            exec_id: Text::new(fields.next()?),
            approver: Text::new(fields.next()?),
        })
    }

    pub(super) fn encode(&self) -> String {
        let AskedCorrection { kind, symbol, order, side, qty, price, target, .. } = self;
        let order = if order.is_some() { order.to_string() } else { String::new() };
        let side = match side {
            Side::Buy => "buy",
            Side::Sell => "sell",
        };
        let price = if price.is_some() { price.0.to_string() } else { String::new() };
        format!(
            "{}\t{}\t{order}\t{side}\t{qty}\t{price}\t{target}\t{}\t{}",
            kind.name(),
            plain(symbol.as_str()),
            plain(self.exec_id.as_str()),
            plain(self.approver.as_str())
        )
    }
}

/// An order's identity as views show it.
pub(super) fn order_of(text: &str) -> Option<ClOrdId> {
    match text {
        "" => Some(ClOrdId::NONE),
        digits if digits.len() == 16 => u64::from_str_radix(digits, 16).ok().map(ClOrdId),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command_wire::{Request, RequestError, Target, Verb};

    fn booked() -> AskedCorrection {
        AskedCorrection {
            order: ClOrdId(0xabc),
            side: Side::Sell,
            qty: 2,
            price: Price(-37_630_000_000),
            target: -3,
            exec_id: Text::new("E 7"),
            approver: Text::new("bob"),
            ..AskedCorrection::of(CorrectionKind::Book)
        }
    }

    #[test]
    fn corrections_read_back_as_written_and_their_fields_must_be_right() {
        let target = Target::Bot("es-orb");
        let settle = AskedCorrection {
            symbol: Text::new("ESZ6"),
            ..AskedCorrection::of(CorrectionKind::Settle)
        };
        for asked in [booked(), settle] {
            let verb = Verb::Correct(asked);
            let request = Request { id: 7, verb, target, actor: "ann", reason: "statement" };
            assert_eq!(Request::parse(request.encode().as_bytes()), Ok(request));
        }
        let verb = Verb::Correct(booked());
        let text = Request { id: 7, verb, target, actor: "ann", reason: "statement" }.encode();
        let bad = [
            ("\tbook\t", "\tretract\t"),
            ("\tbook\t", "\tpaint\t"),
            ("0000000000000abc", "abc"),
            ("\tsell\t", "\tshort\t"),
            ("\t2\t", "\t-2\t"),
            ("-37630000000", "cheap"),
        ];
        for (right, wrong) in bad {
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
