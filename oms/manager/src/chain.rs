//! The chain on one thread: fusion, risk and the order manager composed inline.
//!
//! Each stage is a transducer that forwards every input before what it makes of it, so calling them
//! depth first gives the same stream as joining them with rings: [`Chain::into_stages`] takes them
//! apart for a layout with a thread for each.

use crate::order_manager::{FromOrders, OrderManager};
use gauntlet_engine::fusion::Fusion;
use gauntlet_engine::risk::Risk;
use gauntlet_model::input::Sequenced;

/// Who runs from here on: what a [`Probe`] is told each time control passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary {
    /// Fusion, at the start of an input or when risk has taken a message.
    Fusion,
    /// Risk, on a message of fusion's or when the order manager has taken one.
    Risk,
    /// The order manager, on a message of risk's or when the chain's owner has sent one.
    Orders,
    /// The chain's owner, on a message to be sent or at the end of the input. What it does with all
    /// others (it journals effects) counts as the order manager's: a mark costs as much as that.
    Owner,
}

/// Watches where the time goes. The stages call each other back and forth, so a stage's time is the
/// sum of the stretches from a mark of its name to the next mark. No stage can see the probe.
pub trait Probe {
    /// Control passes now.
    fn mark(&mut self, boundary: Boundary);
}

/// Watches nothing and costs nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProbe;

impl Probe for NoProbe {
    #[inline]
    fn mark(&mut self, _boundary: Boundary) {}
}

/// See the module.
pub struct Chain {
    fusion: Fusion,
    risk: Risk,
    orders: OrderManager,
}

impl Default for Chain {
    fn default() -> Self {
        Chain::new()
    }
}

impl Chain {
    /// A chain that has seen nothing. All memory but the instruments' books is taken here.
    pub fn new() -> Chain {
        Chain::from_stages(Fusion::new(), Risk::new(), OrderManager::new())
    }

    /// Puts stages together. They must have seen the same stream.
    pub fn from_stages(fusion: Fusion, risk: Risk, orders: OrderManager) -> Chain {
        Chain { fusion, risk, orders }
    }

    /// Takes the stages apart.
    pub fn into_stages(self) -> (Fusion, Risk, OrderManager) {
        (self.fusion, self.risk, self.orders)
    }

    /// Takes one input through all stages. `arrived` is the raw time-stamp-counter reading at its
    /// arrival; 0 in a replay.
    #[inline]
    pub fn on_input(
        &mut self,
        sequenced: &Sequenced,
        arrived: u64,
        probe: &mut impl Probe,
        out: &mut impl FnMut(FromOrders),
    ) {
        let Chain { fusion, risk, orders } = self;
        probe.mark(Boundary::Fusion);
        fusion.on(sequenced, arrived, &mut |to_risk| {
            probe.mark(Boundary::Risk);
            risk.on(&to_risk, &mut |to_orders| {
                probe.mark(Boundary::Orders);
                orders.on(&to_orders, &mut |from_orders| {
                    let sends = matches!(from_orders, FromOrders::Send(_));
                    if sends {
                        probe.mark(Boundary::Owner);
                    }
                    out(from_orders);
                    if sends {
                        probe.mark(Boundary::Orders);
                    }
                });
                probe.mark(Boundary::Risk);
            });
            probe.mark(Boundary::Fusion);
        });
        probe.mark(Boundary::Owner);
    }

    /// What fusion knows: books, bars, decisions.
    pub fn fusion(&self) -> &Fusion {
        &self.fusion
    }

    /// What risk knows: limits, positions, kills.
    pub fn risk(&self) -> &Risk {
        &self.risk
    }

    /// What the order manager knows: orders.
    pub fn orders(&self) -> &OrderManager {
        &self.orders
    }
}

#[cfg(test)]
mod agreement;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order_manager::Outbound;
    use gauntlet_engine::message::{ToOrders, ToRisk};
    use gauntlet_model::desk::desk_of;
    use gauntlet_model::effect::{OrderType, OutboundKind, TimeInForce};
    use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
    use gauntlet_model::input::{
        AccountDefinition, Archetype, BookAction, BotDefinition, Correction, CorrectionKind,
        Distance, EQUAL_WEIGHTS, ExecType, ExecutionReport, Exits, FeedChange, FeedEvent, Input,
        InstrumentDefinition, InstrumentLimits, OrdStatus, Protection, Quote, Route, RunStart,
        SessionChange, SessionEvent, SessionMode, Sizing, Stage, Ticket, TicketKind, Timer,
        TopOfBook, flags,
    };
    use gauntlet_model::text::Text;
    use gauntlet_model::units::{Money, NANOS_PER_SECOND, PRICE_SCALE, Price, UnixNanos};
    use std::collections::VecDeque;

    const TICK: Price = Price(250_000_000);
    /// Tuesday 2 January 2024, 09:30 New York, in seconds.
    const OPEN: u64 = 1_704_205_800;

    fn definitions() -> Vec<Input> {
        let limits = InstrumentLimits {
            max_order_qty: 10,
            max_position: 10,
            collar_ticks: 100,
            stale_after_ms: 5_000,
        };
        let instrument = InstrumentDefinition {
            instrument: InstrumentId(0),
            symbol: Text::new("ESH4"),
            product: Text::new("ES"),
            feed: 0,
            tick: TICK,
            multiplier: Money(50_000_000),
            limits,
        };
        let account = AccountDefinition {
            account: AccountId(0),
            name: Text::new("test"),
            max_position: 10,
            messages_per_second: 100,
            cancel_headroom: 10,
        };
        let bot = BotDefinition {
            bot: BotId(0),
            name: Text::new("orb"),
            enabled: true,
            account: AccountId(0),
            instrument: InstrumentId(0),
            archetype: Archetype::OrbBreakout,
            stage: Stage::Paper,
            session: SessionMode::RthUs,
            order_qty: 2,
            bars: None,
            rule_parts: 0,
            sizing: Sizing::Fixed,
            weights: EQUAL_WEIGHTS,
            exits: Exits {
                stop_loss: Distance::Ticks(20),
                take_profit: Distance::Ticks(20),
                ..Exits::NONE
            },
            max_order_qty: 2,
            max_position: 2,
            stage_cap: 2,
            parameters: [f64::NAN; 8],
            broker: Route::BROKER,
            fallback: false,
            protection: Protection::NONE,
        };
        let start = RunStart {
            epoch: 1,
            run: 1,
            config_hash: [0; 32],
            binary_hash: [0; 32],
            version: Text::EMPTY,
            self_test_passed: true,
        };
        let connected = FeedEvent { feed: 0, change: FeedChange::Connected, detail: Text::EMPTY };
        vec![
            Input::Instrument(instrument),
            Input::Account(account),
            Input::Bot(bot),
            Input::RunStart(start),
            Input::Feed(connected),
        ]
    }

    /// A trade and the quote after it, at so many ticks from 5,000.
    fn quote(ticks: i64, second: u64) -> Input {
        let last = Price(5_000 * PRICE_SCALE).offset_ticks(ticks, TICK);
        Input::Quote(Quote {
            instrument: InstrumentId(0),
            action: BookAction::Trade,
            side: None,
            flags: flags::LAST,
            price: last,
            size: 1,
            top: TopOfBook {
                bid: last.offset_ticks(-1, TICK),
                ask: last,
                bid_size: 10,
                ask_size: 10,
            },
            ts_event: UnixNanos(second * NANOS_PER_SECOND),
            sequence: second as u32,
        })
    }

    /// A broker that acknowledges, fills and cancels everything at once.
    fn answers(sent: &Outbound, reports: &mut VecDeque<Input>) {
        let record = sent.record();
        let kinds: &[(ExecType, OrdStatus)] = match record.kind {
            OutboundKind::New => {
                &[(ExecType::New, OrdStatus::New), (ExecType::Trade, OrdStatus::Filled)]
            }
            _ => &[(ExecType::Canceled, OrdStatus::Canceled)],
        };
        for (exec_type, ord_status) in kinds {
            let filled = if *exec_type == ExecType::Trade { record.qty } else { 0 };
            let exec_id = format!("{}{:?}", record.cl_ord_id, exec_type);
            reports.push_back(Input::Execution(ExecutionReport {
                route: record.route,
                msg_seq_num: 0,
                poss_dup: false,
                cl_ord_id: record.cl_ord_id,
                orig_cl_ord_id: ClOrdId::NONE,
                ord_status_req_id: 0,
                order_id: Text::EMPTY,
                exec_id: Text::new(&exec_id),
                exec_type: *exec_type,
                ord_status: *ord_status,
                instrument: Some(record.instrument),
                side: record.side,
                last_qty: filled,
                last_px: record.price,
                leaves_qty: record.qty - filled,
                cum_qty: filled,
                order_qty: record.qty,
                price: record.price,
                transact_time: UnixNanos(0),
                reject_reason: 0,
                text: Text::EMPTY,
            }));
        }
    }

    struct World {
        chain: Chain,
        stream: Vec<Sequenced>,
        out: Vec<FromOrders<'static>>,
        reports: VecDeque<Input>,
    }

    impl World {
        fn input(&mut self, input: Input, second: u64) {
            self.one(input, second);
            while let Some(report) = self.reports.pop_front() {
                self.one(report, second);
            }
        }

        fn one(&mut self, input: Input, second: u64) {
            let time = UnixNanos(second * NANOS_PER_SECOND);
            let sequenced = Sequenced { seq: self.stream.len() as u64 + 1, time, input };
            self.stream.push(sequenced);
            let World { chain, out, reports, .. } = self;
            chain.on_input(&sequenced, 0, &mut NoProbe, &mut |from_orders| {
                if let FromOrders::Send(sent) = &from_orders {
                    answers(sent, reports);
                }
                out.push(from_orders.kept());
            });
        }
    }

    /// A morning in which the price breaks out of its opening range.
    fn morning() -> World {
        let mut world =
            World { chain: Chain::new(), stream: vec![], out: vec![], reports: VecDeque::new() };
        for definition in definitions() {
            world.input(definition, OPEN - 1);
        }
        for second in 0..3_600 {
            let minute = second as i64 / 60;
            let swing = if minute < 30 { minute % 4 } else { 3 + (minute - 29) * 4 };
            world.input(quote(swing, OPEN + second), OPEN + second);
            world.input(Input::Timer(Timer { second: OPEN + second }), OPEN + second);
        }
        world
    }

    /// What a stream leads to when the stages are run one after the other, by the forms that rings carry.
    fn staged(stream: &[Sequenced]) -> Vec<FromOrders<'static>> {
        let (mut fusion, mut risk, mut orders) = Chain::new().into_stages();
        let (mut to_risk, mut to_orders, mut out) = (vec![], vec![], vec![]);
        for sequenced in stream {
            fusion.on(sequenced, 0, &mut |msg| to_risk.push(msg.pack()));
        }
        for packed in &to_risk {
            let mut send = |msg: ToOrders| to_orders.push(msg.pack());
            ToRisk::unpack(packed.as_ref(), |msg| risk.on(msg, &mut send));
        }
        for packed in &to_orders {
            let mut take = |msg: FromOrders| out.push(msg.kept());
            ToOrders::unpack(packed.as_ref(), |msg| orders.on(msg, &mut take));
        }
        out
    }

    #[test]
    fn what_a_person_asks_is_counted_by_every_stage_and_replays() {
        let mut world =
            World { chain: Chain::new(), stream: vec![], out: vec![], reports: VecDeque::new() };
        for definition in definitions() {
            world.input(definition, OPEN - 1);
        }
        let session = SessionEvent {
            route: Route::BROKER,
            change: SessionChange::LoggedOn,
            msg_seq_num: 1,
            reset: false,
            cl_ord_id: ClOrdId::NONE,
            detail: Text::EMPTY,
        };
        world.input(Input::Session(session), OPEN);
        world.input(quote(0, OPEN), OPEN);
        let ticket = |kind| Ticket {
            account: Some(AccountId(0)),
            instrument: Some(InstrumentId(0)),
            ..Ticket::of(kind, Text::new("ann"), Text::new("hedge"))
        };
        let new = Ticket {
            qty: 2,
            price: Price(5_000 * PRICE_SCALE),
            order_type: OrderType::Limit,
            time_in_force: TimeInForce::GoodTillCancel,
            ..ticket(TicketKind::New)
        };
        world.input(Input::Ticket(new), OPEN + 1);
        let desk = desk_of(0).expect("there is one");
        let held = |world: &World| world.chain.risk().position(desk).map(|held| held.qty());
        assert_eq!(held(&world), Some(2), "the chain's head owned its fill");
        // The broker's word on a fill that no report told, by a person.
        let (actor, reason) = (Text::new("ann"), Text::new("statement"));
        let adjust = Correction {
            bot: Some(desk),
            target: 3,
            price: Price(5_000 * PRICE_SCALE),
            ..Correction::by_person(CorrectionKind::Adjust, actor, reason)
        };
        world.input(Input::Correction(adjust), OPEN + 2);
        assert_eq!(held(&world), Some(3));
        world.input(Input::Ticket(ticket(TicketKind::Close)), OPEN + 3);
        assert_eq!(held(&world), Some(0));
        let out = staged(&world.stream);
        assert_eq!(format!("{out:?}"), format!("{:?}", world.out));
    }

    #[test]
    fn composed_inline_and_stage_by_stage_the_stages_say_the_same() {
        let world = morning();
        let sent = world.out.iter().filter(|o| matches!(o, FromOrders::Send(_))).count();
        assert!(sent >= 2, "the morning must trade to prove anything, sent {sent}");

        let out = staged(&world.stream);
        assert_eq!(out.len(), world.out.len());
        for (staged, inline) in out.iter().zip(&world.out) {
            // As text, since a parameter left at its default is not a number, equal to nothing.
            assert_eq!(format!("{staged:?}"), format!("{inline:?}"));
        }
    }

    #[test]
    fn every_input_leaves_the_chain_before_what_it_causes() {
        let mut seqs = 0;
        for from_orders in morning().out {
            match from_orders {
                FromOrders::Input(arrival) => {
                    seqs += 1;
                    assert_eq!(arrival.sequenced.seq, seqs);
                }
                FromOrders::Send(sent) => assert_eq!(sent.record().cl_ord_id.seq(), seqs),
                FromOrders::Market(_) | FromOrders::Effect(_) => {}
            }
        }
    }

    #[test]
    fn a_probe_is_told_who_runs_and_changes_nothing() {
        struct Trace(Vec<Boundary>);
        impl Probe for Trace {
            fn mark(&mut self, boundary: Boundary) {
                self.0.push(boundary);
            }
        }
        use Boundary::{Fusion, Orders, Owner, Risk};
        let mut trace = Trace(vec![]);
        let input = Input::Timer(Timer { second: OPEN });
        let sequenced = Sequenced { seq: 1, time: UnixNanos(OPEN * NANOS_PER_SECOND), input };
        let (mut watched, mut plain) = (vec![], vec![]);
        Chain::new().on_input(&sequenced, 0, &mut trace, &mut |out| watched.push(out.kept()));
        Chain::new().on_input(&sequenced, 0, &mut NoProbe, &mut |out| plain.push(out.kept()));
        assert_eq!(watched, plain);
        assert_eq!(trace.0, [Fusion, Risk, Orders, Risk, Fusion, Owner]);
    }
}
