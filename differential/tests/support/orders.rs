//! Order messages, and what a broker makes of them.

use super::Rng;
use gauntlet_manager::order_manager::Outbound;
use gauntlet_model::effect::{OutboundKind, OutboundRecord, TimeInForce};
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    AccountDefinition, Input, InstrumentDefinition, InstrumentLimits, Route,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, Price, Side};
use std::collections::HashMap;

/// The journal's epoch in every identity.
pub const EPOCH: u64 = 0x6588_c6ac;

/// What a gateway must know before it trades.
pub fn definitions() -> [Input; 2] {
    let instrument = Input::Instrument(InstrumentDefinition {
        instrument: InstrumentId(0),
        symbol: Text::new("ESZ6"),
        product: Text::new("ES"),
        feed: 0,
        tick: Price(250_000_000),
        multiplier: Money(50_000_000_000),
        limits: InstrumentLimits::default(),
    });
    let account = Input::Account(AccountDefinition {
        account: AccountId(0),
        name: Text::new("ACC"),
        max_position: 1,
        messages_per_second: 1,
        cancel_headroom: 0,
    });
    [instrument, account]
}

/// A message about an order; `orig` is the order that a cancel or replace is about.
pub fn outbound(kind: OutboundKind, id: u64, orig: u64) -> Outbound {
    Outbound::unchecked(OutboundRecord {
        route: Route::BROKER,
        kind,
        cl_ord_id: ClOrdId(id),
        orig_cl_ord_id: ClOrdId(orig),
        ord_status_req_id: if kind == OutboundKind::StatusRequest { id } else { 0 },
        bot: BotId(0),
        account: AccountId(0),
        instrument: InstrumentId(0),
        side: if id.is_multiple_of(2) { Side::Buy } else { Side::Sell },
        qty: 1 + (id % 5) as u32,
        price: Price(6_640_250_000_000 + (id % 40) as i64 * 250_000_000),
        time_in_force: TimeInForce::Day,
    })
}

/// The number in an identity of ours.
pub fn number_of(identity: &str) -> u64 {
    let digits = identity.rsplit('-').next().unwrap_or_default();
    u64::from_str_radix(digits, 16).unwrap_or_else(|_| panic!("{identity:?} is none of ours"))
}

/// How an order stands at the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Working,
    Done,
}

/// A broker's book of orders: every request is answered by one message, an order whose number divides by three is
/// filled at once by a second.
#[derive(Default)]
pub struct Book {
    orders: HashMap<u64, Standing>,
    answers: u64,
}

/// One answer: its type and its fields behind the header.
pub type Answer = (&'static [u8], String);

impl Book {
    /// Answers a request, by its fields.
    pub fn answer(&mut self, msg_type: &str, field: &dyn Fn(u32) -> Option<String>) -> Vec<Answer> {
        let id = field(11).expect("a request has a ClOrdID");
        let number = number_of(&id);
        let orig = field(41).unwrap_or_default();
        match msg_type {
            "D" => {
                self.orders.insert(number, Standing::Working);
                let mut answers = vec![self.report(field, &id, "", "0", "0", false)];
                if number.is_multiple_of(3) {
                    self.orders.insert(number, Standing::Done);
                    answers.push(self.report(field, &id, "", "F", "2", true));
                }
                answers
            }
            "F" | "G" => {
                let works = self.orders.get(&number_of(&orig)) == Some(&Standing::Working);
                if !works {
                    return vec![self.refusal(&id, &orig, msg_type)];
                }
                self.orders.insert(number_of(&orig), Standing::Done);
                if msg_type == "F" {
                    return vec![self.report(field, &id, &orig, "4", "4", false)];
                }
                self.orders.insert(number, Standing::Working);
                vec![self.report(field, &id, &orig, "5", "0", false)]
            }
            "H" => {
                let status = match self.orders.get(&number) {
                    Some(Standing::Working) => "0",
                    Some(Standing::Done) => "4",
                    None => "8",
                };
                vec![self.report(field, &id, "", "I", status, false)]
            }
            other => panic!("no order message: {other}"),
        }
    }

    fn next(&mut self) -> u64 {
        self.answers += 1;
        self.answers
    }

    fn report(
        &mut self,
        field: &dyn Fn(u32) -> Option<String>,
        id: &str,
        orig: &str,
        exec_type: &str,
        status: &str,
        is_fill: bool,
    ) -> Answer {
        let answer = self.next();
        let qty = field(38).unwrap_or_else(|| "0".to_owned());
        let get = |tag| field(tag).unwrap_or_default();
        let works = matches!(status, "0");
        let (leaves, cum) = match (is_fill, works) {
            (true, _) => ("0", qty.as_str()),
            (false, true) => (qty.as_str(), "0"),
            (false, false) => ("0", "0"),
        };
        let mut text = format!("37=O{answer}|11={id}|");
        if !orig.is_empty() {
            text += &format!("41={orig}|");
        }
        text += &format!("17=E{answer}|150={exec_type}|39={status}|1={}|55={}|", get(1), get(55));
        text += &format!("54={}|151={leaves}|14={cum}|6=0|58=E{answer}|", get(54));
        if is_fill {
            text += &format!("32={qty}|31={}|", get(44));
        }
        if let Some(asked) = field(790) {
            text += &format!("790={asked}|");
        }
        (b"8", text.replace('|', "\x01"))
    }

    fn refusal(&mut self, id: &str, orig: &str, msg_type: &str) -> Answer {
        let answer = self.next();
        let to = if msg_type == "F" { 1 } else { 2 };
        let text = format!("37=NONE|11={id}|41={orig}|39=8|434={to}|102=1|58=E{answer}|");
        (b"9", text.replace('|', "\x01"))
    }
}

/// Requests one after another: numbers, and which orders there are to change.
#[derive(Default)]
pub struct Requests {
    last: u64,
    open: Vec<u64>,
}

impl Requests {
    /// A new order.
    pub fn new_order(&mut self) -> Outbound {
        self.last += 1;
        self.open.push(self.last);
        outbound(OutboundKind::New, self.last, 0)
    }

    /// Any request.
    pub fn next(&mut self, rng: &mut Rng) -> Outbound {
        let (kind, some) = (rng.below(10), self.open.len() as u64);
        if kind < 5 || some == 0 {
            return self.new_order();
        }
        self.last += 1;
        let (id, at) = (self.last, rng.below(some) as usize);
        match kind {
            5 | 6 => outbound(OutboundKind::Cancel, id, self.open.swap_remove(at)),
            7 | 8 => {
                let orig = std::mem::replace(&mut self.open[at], id);
                outbound(OutboundKind::Replace, id, orig)
            }
            _ => outbound(OutboundKind::StatusRequest, id, 0),
        }
    }

    /// The number of the last one.
    pub fn last(&self) -> u64 {
        self.last
    }
}
