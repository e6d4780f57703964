//! The simulator in the node answers as the exchange does: the same reports for the same order.

use super::*;
use crate::paper::PaperGateway;
use gauntlet_gateways::gateway::{Gateway, GatewayEvent};
use gauntlet_manager::order_manager::Outbound;
use gauntlet_model::effect::{OrderType, OutboundKind, OutboundRecord, TimeInForce};
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    ExecType, Input, InstrumentDefinition, InstrumentLimits, OrdStatus, Route, TopOfBook,
    TradingState,
};
use gauntlet_model::market_view::MarketView;
use gauntlet_model::order::Terms as OrderTerms;
use gauntlet_model::units::{Money, NANOS_PER_MINUTE, Side, UnixNanos};

/// What a report says: its type and status as FIX codes, reason, contracts filled and left, words.
type Said = (u8, u8, u16, u32, u32, String);

/// An order as both get it.
#[derive(Clone, Copy, Debug)]
struct Asked {
    order_type: OrderType,
    life: TimeInForce,
    side: Side,
    qty: u32,
    price: Price,
    stop_px: Price,
}

/// The exchange, and the simulator with the exchange's best prices.
struct Both {
    bench: Bench,
    paper: PaperGateway,
    seq: u64,
}

fn code(exec_type: ExecType) -> u8 {
    match exec_type {
        ExecType::New => b'0',
        ExecType::Canceled => b'4',
        ExecType::Replaced => b'5',
        ExecType::Rejected => b'8',
        ExecType::Expired => b'C',
        ExecType::Trade => b'F',
        ExecType::Triggered => b'L',
        other => panic!("never said: {other:?}"),
    }
}

fn status_code(status: OrdStatus) -> u8 {
    match status {
        OrdStatus::New => b'0',
        OrdStatus::PartiallyFilled => b'1',
        OrdStatus::Filled => b'2',
        OrdStatus::Canceled => b'4',
        OrdStatus::Rejected => b'8',
        OrdStatus::Expired => b'C',
        other => panic!("never said: {other:?}"),
    }
}

/// As many as a report in the node has room for.
fn words(text: &str) -> String {
    text.chars().take(40).collect()
}

impl Both {
    fn new(seed: u64) -> Both {
        let bench = Bench::new(seed);
        let tick = bench.market.listings()[0].tick;
        let mut paper = PaperGateway::new();
        paper.start_run(1, 1);
        paper.define_instrument(&InstrumentDefinition {
            instrument: InstrumentId(0),
            symbol: Text::new("ESZ6"),
            product: Text::new("ES"),
            feed: 0,
            tick,
            multiplier: Money(50_000_000),
            limits: InstrumentLimits::default(),
        });
        let mut both = Both { bench, paper, seq: 0 };
        both.show();
        both
    }

    fn show(&mut self) {
        let (bid, ask) = self.bench.watch.best.expect("the market is open");
        let (bid, ask) = (Price(bid), Price(ask));
        let view = MarketView {
            instrument: InstrumentId(0),
            top: TopOfBook { bid, ask, bid_size: 500, ask_size: 500 },
            last: bid,
            gapped: false,
            live: true,
            state: TradingState::Open,
            book_full: false,
        };
        self.paper.on_view(&view, self.bench.market.now());
    }

    fn expires(&self) -> UnixNanos {
        self.bench.market.now().plus(30 * NANOS_PER_MINUTE)
    }

    fn terms(&self, asked: &Asked, name: &str) -> Terms {
        let side = if asked.side == Side::Buy { b'1' } else { b'2' };
        let dated = asked.life == TimeInForce::GoodTillDate;
        Terms {
            ord_type: asked.order_type.code(),
            time_in_force: asked.life.code(),
            stop_px: asked.stop_px,
            expiry: if dated { Expiry::Time(self.expires()) } else { Expiry::None },
            ..terms(name, side, asked.qty, asked.price)
        }
    }

    fn send(&mut self, kind: OutboundKind, asked: &Asked, orig: u64) -> Vec<Said> {
        self.seq += 1;
        let id = |seq| ClOrdId::new(seq, BotId(1), 0).expect("fits");
        let record = OutboundRecord {
            route: Route::PAPER,
            kind,
            cl_ord_id: id(self.seq),
            orig_cl_ord_id: if orig == 0 { ClOrdId::NONE } else { id(orig) },
            ord_status_req_id: 0,
            bot: BotId(1),
            account: AccountId(0),
            instrument: InstrumentId(0),
            side: asked.side,
            qty: asked.qty,
            price: asked.price,
            time_in_force: asked.life,
        };
        let dated = asked.life == TimeInForce::GoodTillDate;
        let terms = OrderTerms {
            order_type: asked.order_type,
            stop_px: asked.stop_px,
            expires: if dated { self.expires() } else { UnixNanos(0) },
            ..OrderTerms::LIMIT
        };
        let now = self.bench.market.now();
        self.paper.send(&Outbound::unchecked(record).with(terms), now, &mut |_| {});
        let mut said = Vec::new();
        self.paper.poll(now, &mut |event| {
            said.push(match event {
                GatewayEvent::Input(Input::Execution(r)) => (
                    code(r.exec_type),
                    status_code(r.ord_status),
                    r.reject_reason,
                    r.cum_qty,
                    r.leaves_qty,
                    r.text.as_str().to_owned(),
                ),
                GatewayEvent::Input(Input::CancelReject(r)) => {
                    (b'9', status_code(r.ord_status), r.reason, 0, 0, r.text.as_str().to_owned())
                }
                other => panic!("never said: {other:?}"),
            });
        });
        said
    }

    fn ask(&mut self, request: &Request) -> Vec<Said> {
        let said = |report: &Report| match report {
            Report::Execution(r) => (
                r.exec_type,
                r.ord_status,
                r.reject_reason.unwrap_or(0),
                r.cum_qty,
                r.leaves_qty,
                words(r.text.as_str()),
            ),
            Report::CancelReject(r) => (b'9', r.ord_status, r.reason, 0, 0, words(r.text.as_str())),
            other => panic!("never said: {other:?}"),
        };
        self.bench.ask(request).iter().map(said).collect()
    }

    /// Enters an order in both, and says what the exchange said, which is what the simulator said.
    fn enter(&mut self, asked: &Asked) -> Vec<Said> {
        let here = self.send(OutboundKind::New, asked, 0);
        let name = format!("o{}", self.seq);
        let terms = self.terms(asked, &name);
        let there = self.ask(&Request::New { terms, poss_dup: false });
        assert_eq!(here, there, "{asked:?}");
        there
    }

    fn change(&mut self, orig: u64, asked: &Asked, cancels: bool) -> Vec<Said> {
        let kind = if cancels { OutboundKind::Cancel } else { OutboundKind::Replace };
        let here = self.send(kind, asked, orig);
        let (name, orig) = (format!("o{}", self.seq), format!("o{orig}"));
        let target = target(&name, &orig, if asked.side == Side::Buy { b'1' } else { b'2' });
        let there = match cancels {
            true => self.ask(&Request::Cancel { target }),
            false => {
                let terms = self.terms(asked, &name);
                self.ask(&Request::Replace { target, terms })
            }
        };
        assert_eq!(here, there, "{asked:?}");
        there
    }
}

/// Every type in every life, priced to trade, to rest, and wrongly; then replaced and cancelled.
#[test]
fn every_type_and_life_gets_the_exchanges_answers() {
    let mut seen = HashSet::new();
    for side in [Side::Buy, Side::Sell] {
        for order_type in OrderType::ALL {
            for life in TimeInForce::ALL {
                for (qty, near, trigger) in [(1, 6, -60), (1, -60, 60), (0, 6, 60), (1, 60, 60)] {
                    let mut both = Both::new(5);
                    let price = |ticks| both.bench.price(side.sign() * ticks);
                    let limited = order_type.is_limited();
                    let asked = Asked {
                        order_type,
                        life,
                        side,
                        qty,
                        price: if limited { price(near) } else { Price::NONE },
                        stop_px: if order_type.is_stop() { price(trigger) } else { Price::NONE },
                    };
                    let said = both.enter(&asked);
                    seen.extend(said.iter().map(|said| said.0));
                    let more = Asked { qty: qty + 2, ..asked };
                    seen.extend(both.change(1, &more, false).iter().map(|said| said.0));
                    let last = both.seq;
                    for orig in [1, last, 77] {
                        seen.extend(both.change(orig, &asked, true).iter().map(|said| said.0));
                    }
                }
            }
        }
    }
    let all: HashSet<u8> = b"0458 9CFL".iter().copied().filter(|code| *code != b' ').collect();
    assert_eq!(seen, all, "every answer was given by both");
}
