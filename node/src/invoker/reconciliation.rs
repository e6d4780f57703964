//! A node and the simulated venue over TCP, both called by hand on one thread: what differs between them
//! is found, blocks what opens, and is settled; and the journal replays equal.

mod adoption;

use super::*;
use crate::fixtures::OPEN;
use crate::market_feed::MemoryFeed;
use crate::node::journal_dir;
use gauntlet_feeds::Received;
use gauntlet_gateways::fix::drop_copy::DropCopy;
use gauntlet_gateways::fix::gateway::FixGatewayConfig;
use gauntlet_gateways::fix::session::SessionConfig;
use gauntlet_gateways::fix::transport::Backoff;
use gauntlet_journal::{EffectEntry, EffectReader, Position};
use gauntlet_model::effect::{
    Break, BreakClass, DoubtCause, Effect, Enquired, EnquiryOutcome, RejectCode,
};
use gauntlet_model::ids::{AccountId, BotId, InstrumentId};
use gauntlet_model::input::{
    BookAction, Correction, CorrectionKind, FeedChange, FeedEvent, Quote, TopOfBook, flags,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_SECOND, PRICE_SCALE, Price, Side};
use gauntlet_venue::market::{
    Change, Listing, Market, MarketSink, NewOrder, OrderEvent, OrderId, Refusal,
};
use gauntlet_venue::order_entry::{ByHand, OrderEntry};
use std::net::SocketAddr;
use tempfile::TempDir;

mod cash;
mod drop_copy;

const BOT: BotId = BotId(0);
const ACCOUNT: &str = "TEST";
const SYMBOL: &str = "ESZ6";
const BID: Price = Price(5_000 * PRICE_SCALE);
/// More seconds than any of these tests takes.
const SECONDS_MAX: u64 = 900;

/// A market in which everything rests until the test says that it trades.
struct Pit {
    listings: Vec<Listing>,
    resting: Vec<(OrderId, NewOrder)>,
    last_id: u64,
    now: UnixNanos,
}

impl Market for Pit {
    fn listings(&self) -> &[Listing] {
        &self.listings
    }

    fn next_event(&self) -> Option<UnixNanos> {
        None
    }

    fn step(&mut self, _: &mut dyn MarketSink) {}

    fn now(&self) -> UnixNanos {
        self.now
    }

    fn submit(&mut self, order: &NewOrder, sink: &mut dyn MarketSink) -> Result<OrderId, Refusal> {
        self.last_id += 1;
        let id = OrderId(self.last_id);
        if order.time_in_force.rests() {
            self.resting.push((id, *order));
        } else {
            let (qty, price) = (order.qty, order.price);
            sink.order(OrderEvent::Filled { order: id, qty, price, leaves_qty: 0 });
        }
        Ok(id)
    }

    fn cancel(&mut self, order: OrderId, _: &mut dyn MarketSink) -> Result<(), Refusal> {
        let at = self.resting.iter().position(|(id, _)| *id == order);
        self.resting.remove(at.ok_or(Refusal::UnknownOrder)?);
        Ok(())
    }

    fn replace(
        &mut self,
        order: OrderId,
        change: &Change,
        _: &mut dyn MarketSink,
    ) -> Result<(), Refusal> {
        let known = self.resting.iter_mut().find(|(id, _)| *id == order);
        let (_, terms) = known.ok_or(Refusal::UnknownOrder)?;
        (terms.qty, terms.price) = (change.qty, change.price);
        Ok(())
    }

    fn snapshot(&self, _: usize, _: bool, _: &mut dyn MarketSink) {}
}

/// A node, the venue, and the time of both.
struct World {
    data: TempDir,
    /// Boxed, since what it holds is more than a few frames of a test's stack should.
    node: Option<Box<Invoker<MemoryFeed>>>,
    /// Likewise.
    venue: Box<OrderEntry>,
    pit: Pit,
    second: u64,
    /// Lines of the configuration's `[broker.drop_copy]`; `None` without one.
    copy: Option<&'static str>,
}

/// A bot that always wants to be long, and waits at the bid for it.
fn config(how: &str, copy: Option<&str>) -> Config {
    let copy = copy.map_or(String::new(), |lines| {
        format!(
            "[broker.drop_copy]\naddress = \"127.0.0.1:1\"\nsender_comp_id = \"US\"\n\
             target_comp_id = \"COPY\"\n{lines}\n"
        )
    });
    let text = format!(
        "[node]\nlayout = \"shared\"\nwait = \"park\"\nclock = \"realtime\"\n\
         [journal]\nsegment_mib = 1\n\
         [feed]\naddress = \"127.0.0.1:1\"\ndataset = \"GLBX.MDP3\"\nkey = \"db-any-key\"\n\
         schema = \"mbp-1\"\nhistory_hours = 0\n\
         [broker]\naddress = \"127.0.0.1:1\"\nsender_comp_id = \"US\"\ntarget_comp_id = \"THEM\"\n\
         next_expected_msg_seq_num = true\nreconcile = \"{how}\"\n{copy}\
         [[account]]\nname = \"{ACCOUNT}\"\nmax_position = 20\nmessages_per_second = 100\n\
         cancel_headroom = 20\n\
         [[instrument]]\nsymbol = \"{SYMBOL}\"\nmax_order_qty = 10\nmax_position = 20\n\
         collar_ticks = 400\nstale_after_ms = 60000\n\
         [[bot]]\nname = \"long\"\naccount = \"{ACCOUNT}\"\ninstrument = \"{SYMBOL}\"\n\
         archetype = \"mean_reversion\"\nstage = \"LIVE\"\nsession = \"RTH_US\"\norder_qty = 2\n\
         stop_loss = \"400 ticks\"\nmax_order_qty = 2\nmax_position = 2\n\
         rule_text = \"\"\"\nlong when close > 0\nshort when close < 0\nentry passive\n\"\"\"\n"
    );
    Config::parse(&text, "test").expect("a valid configuration")
}

impl World {
    fn new(how: &str) -> World {
        World::with_copy(how, None)
    }

    fn with_copy(how: &str, copy: Option<&'static str>) -> World {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let listing =
            Listing { symbol: SYMBOL.into(), instrument_id: 1, tick: Price(PRICE_SCALE / 4) };
        let mut world = World {
            data: tempfile::tempdir().expect("a directory"),
            node: None,
            venue: OrderEntry::bind(any, "THEM", "US")
                .and_then(|venue| venue.with_drop_copy(any, "COPY", "US"))
                .map(Box::new)
                .expect("free ports"),
            pit: Pit {
                listings: vec![listing],
                resting: Vec::new(),
                last_id: 0,
                now: UnixNanos(OPEN * NANOS_PER_SECOND),
            },
            second: 0,
            copy,
        };
        world.start(how);
        world
    }

    fn start(&mut self, how: &str) {
        let dir = journal_dir(self.data.path());
        let is_first = !dir.exists();
        let (numbers, copy_numbers) = match is_first {
            true => Default::default(),
            false => {
                let rebuilt = gauntlet_readmodel::replay::rebuild(&dir, |_| {}, |_| {});
                let rebuilt = rebuilt.expect("a journal");
                (rebuilt.sessions.of(Route::BROKER), rebuilt.copies.of(Route::BROKER))
            }
        };
        let session = |address, target, numbers| FixGatewayConfig {
            route: Route::BROKER,
            address,
            epoch: 1,
            session: SessionConfig {
                next_expected: true,
                ..SessionConfig::initiator("US", target)
            },
            numbers,
            backoff: Backoff { min_ns: 1_000, max_ns: 1_000 },
        };
        let address = self.venue.local_addr().expect("bound");
        let broker = FixGateway::new(session(address, "THEM", numbers)).expect("a valid session");
        let address = self.venue.drop_copy_addr().expect("bound").expect("there is one");
        let drop_copy = self.copy.map(|_| {
            DropCopy::new(session(address, "COPY", copy_numbers)).expect("a valid session")
        });
        let plan = InvokerPlan {
            config: config(how, self.copy),
            caps: StageCaps::read(|_| None).expect("the defaults are valid"),
            data: self.data.path().to_owned(),
            accept_config: None,
            accept_decisions: None,
            epoch: is_first.then_some(1),
            feed: MemoryFeed::new(16),
            broker: Some(broker),
            drop_copy,
            now: self.now(),
        };
        let mut node = Box::new(Invoker::start(plan).expect("it starts"));
        let connected = FeedEvent { feed: 0, change: FeedChange::Connected, detail: Text::EMPTY };
        let input = Input::Feed(connected);
        node.feed_mut().push(Received { input, ts: UnixNanos(0), arrived: 0 });
        self.node = Some(node);
    }

    fn now(&self) -> UnixNanos {
        UnixNanos((OPEN + self.second) * NANOS_PER_SECOND)
    }

    fn node(&mut self) -> &mut Invoker<MemoryFeed> {
        self.node.as_mut().expect("it runs")
    }

    /// Both sides do what they can without time passing. Loopback sockets need a few rounds.
    fn settle(&mut self) {
        let now = self.now();
        self.pit.now = now;
        let mut idle = 0;
        while idle < 50 {
            let mut work = match &mut self.node {
                Some(node) => node.step(now).expect("fine"),
                None => 0,
            };
            work += self.venue.poll(now);
            work += self.venue.serve(&mut self.pit, &mut |_| {});
            work += self.venue.deliver(now);
            idle = if work == 0 { idle + 1 } else { 0 };
        }
    }

    /// A second passes, with a quote.
    fn second(&mut self) {
        self.second += 1;
        let ts_event = self.now();
        let (bid, ask) = (BID, BID.offset_ticks(1, Price(PRICE_SCALE / 4)));
        let quote = Quote {
            instrument: InstrumentId(0),
            action: BookAction::Trade,
            side: None,
            flags: flags::LAST,
            price: ask,
            size: 1,
            top: TopOfBook { bid, ask, bid_size: 10, ask_size: 10 },
            ts_event,
            sequence: self.second as u32,
        };
        if let Some(node) = &mut self.node {
            let received = Received { input: Input::Quote(quote), ts: ts_event, arrived: 0 };
            node.feed_mut().push(received);
            node.commit().expect("the disk takes it");
        }
        self.settle();
    }

    fn until(&mut self, what: &str, holds: impl Fn(&World) -> bool) {
        for _ in 0..SECONDS_MAX {
            if holds(self) {
                return;
            }
            self.second();
        }
        panic!("waited in vain until {what}: {:#?}", self.breaks());
    }

    /// Runs until the bot's order rests at the venue.
    fn with_a_resting_order(how: &str) -> World {
        let mut world = World::new(how);
        world.until("an order rests", |world| !world.pit.resting.is_empty());
        world
    }

    /// What rests trades, `qty` of it.
    fn trade(&mut self, qty: u32, is_heard: bool) {
        let (order, terms) = self.pit.resting[0];
        let leaves_qty = terms.qty - qty;
        let event = OrderEvent::Filled { order, qty, price: terms.price, leaves_qty };
        match is_heard {
            true => self.venue.on_order(event, self.pit.now),
            false => self.venue.on_order_unheard(event, self.pit.now),
        }
        match leaves_qty {
            0 => drop(self.pit.resting.remove(0)),
            left => self.pit.resting[0].1.qty = left,
        }
        self.settle();
    }

    fn held(&self) -> i32 {
        let chain = self.node.as_ref().expect("it runs").chain();
        chain.risk().position(BOT).map_or(0, |position| position.qty())
    }

    fn in_doubt(&self) -> Option<DoubtCause> {
        let risk = self.node.as_ref().expect("it runs").chain().risk();
        risk.doubt_in(Route::BROKER, AccountId(0), InstrumentId(0)).map(|doubt| doubt.cause)
    }

    /// The node dies as if its process had.
    fn kill(&mut self) {
        self.node.take().expect("it runs").finish().expect("durable");
        self.settle();
    }

    fn effects(&self) -> Vec<Effect> {
        let dir = journal_dir(self.data.path());
        let mut reader = EffectReader::open(&dir, Position(0)).expect("a journal");
        let mut effects = Vec::new();
        while let Some(record) = reader.next().expect("whole records") {
            if let EffectEntry::Effect(effect) = record.entry {
                effects.push(effect);
            }
        }
        effects
    }

    /// The differences that were told, in order.
    fn breaks(&self) -> Vec<(BreakClass, bool, i64, i64)> {
        let told = |effect: Effect| match effect {
            Effect::Break(Break { class, active, ours, theirs, .. }) => {
                Some((class, active, ours, theirs))
            }
            _ => None,
        };
        self.effects().into_iter().filter_map(told).collect()
    }

    fn ended(&self, what: Enquired) -> Vec<EnquiryOutcome> {
        let of = |effect: Effect| match effect {
            Effect::EnquiryEnded(ended) if ended.what == what => Some(ended.outcome),
            _ => None,
        };
        self.effects().into_iter().filter_map(of).collect()
    }

    fn refusals_in_doubt(&self) -> usize {
        let is = |effect: &Effect| matches!(effect, Effect::Reject(reject) if reject.code == RejectCode::InDoubt);
        self.effects().iter().filter(|effect| is(effect)).count()
    }

    fn correct(&mut self, correction: Correction) {
        self.node().hot.own(Input::Correction(correction));
        self.settle();
    }

    /// Ends, and decides everything again.
    fn replays_equal(mut self) {
        self.kill();
        let dir = journal_dir(self.data.path());
        gauntlet_readmodel::replay::replay(&dir, |_| {}).unwrap_or_else(|error| panic!("{error}"));
    }
}

fn by_person(kind: CorrectionKind) -> Correction {
    Correction {
        account: Some(AccountId(0)),
        instrument: Some(InstrumentId(0)),
        ..Correction::by_person(kind, Text::new("tester"), Text::new("compared with the broker"))
    }
}

#[test]
fn a_broker_is_compared_with_after_its_logon_before_anything_opens() {
    let mut world = World::new("when_answered");
    world.second();
    assert_eq!(world.ended(Enquired::Orders), [EnquiryOutcome::Agrees]);
    assert_eq!(world.ended(Enquired::Positions), [EnquiryOutcome::Agrees]);
    world.until("an order rests", |world| !world.pit.resting.is_empty());
    assert_eq!((world.in_doubt(), world.breaks().as_slice()), (None, &[][..]));
    world.replays_equal();
}

#[test]
fn one_that_is_not_to_be_asked_is_not() {
    let mut world = World::with_a_resting_order("off");
    world.correct(by_person(CorrectionKind::Enquire));
    assert_eq!(world.ended(Enquired::Orders), []);
    world.replays_equal();
}

#[test]
fn fills_made_while_the_node_was_away_are_found_whether_or_not_a_report_of_them_comes() {
    for is_heard in [true, false] {
        let mut world = World::with_a_resting_order("required");
        world.kill();
        world.trade(2, is_heard);
        world.start("required");
        world.until("the fill is booked", |world| world.held() == 2);
        world.until("nothing differs", |world| world.in_doubt().is_none());
        assert!(world.refusals_in_doubt() == 0 || !is_heard);
        world.replays_equal();
    }
}

#[test]
fn a_fill_whose_report_was_lost_is_adopted_from_the_list_while_both_are_up() {
    let mut world = World::with_a_resting_order("when_answered");
    world.trade(1, false);
    assert_eq!(world.held(), 0);
    world.correct(by_person(CorrectionKind::Enquire));
    world.until("the fill is booked", |world| world.held() == 1);
    world.until("nothing differs", |world| {
        world.in_doubt().is_none() && world.breaks().last().is_some_and(|last| !last.1)
    });
    assert_eq!(world.breaks()[0], (BreakClass::FilledDiffers, true, 0, 1));
    world.replays_equal();
}

#[test]
fn an_order_cancelled_by_hand_at_the_venue_ends_here_too() {
    let mut world = World::with_a_resting_order("when_answered");
    let World { venue, pit, .. } = &mut world;
    let id = venue.orders()[0].cl_ord_id.clone();
    assert!(venue.cancel_by_hand(&id, pit, &mut |_| {}));
    assert!(world.pit.resting.is_empty());
    world.correct(by_person(CorrectionKind::Enquire));
    // The question about the order itself is answered first, so the list is not missing it any more.
    assert_eq!((world.breaks(), world.in_doubt()), (vec![], None));
    let ours = |world: &World| {
        let orders = world.node.as_ref().expect("it runs").chain().orders();
        orders.live().map(|order| order.first_id()).collect::<Vec<_>>()
    };
    assert!(!ours(&world).iter().any(|order| id.ends_with(&order.to_string())), "{id} is over");
    world.replays_equal();
}

#[test]
fn an_order_of_nobody_here_puts_its_place_in_doubt_until_it_is_gone() {
    let mut world = World::new("when_answered");
    world.second();
    let foreign = ByHand {
        account: ACCOUNT,
        symbol: SYMBOL,
        side: Side::Sell,
        qty: 3,
        price: BID,
        id: "DESK-1",
    };
    let World { venue, pit, .. } = &mut world;
    assert!(venue.enter_by_hand(&foreign, pit, &mut |_| {}));
    world.correct(by_person(CorrectionKind::Enquire));
    assert_eq!(world.in_doubt(), Some(DoubtCause::ForeignOrder));
    assert_eq!(world.breaks(), [(BreakClass::ForeignOrder, true, 0, -3)]);
    world.until("an entry was refused", |world| world.refusals_in_doubt() > 0);
    assert_eq!(world.pit.resting.len(), 1, "nothing opened");

    let World { venue, pit, .. } = &mut world;
    assert!(venue.cancel_by_hand("DESK-1", pit, &mut |_| {}));
    world.until("it is settled by rule", |world| world.in_doubt().is_none());
    world.until("the bot trades again", |world| !world.pit.resting.is_empty());
    assert_eq!(world.breaks().last(), Some(&(BreakClass::ForeignOrder, false, 0, -3)));
    world.replays_equal();
}

#[test]
fn a_position_that_differs_blocks_what_opens_until_ours_is_put_right() {
    let mut world = World::new("when_answered");
    world.second();
    assert!(world.venue.book_by_hand((ACCOUNT, SYMBOL), -2, BID));
    world.correct(by_person(CorrectionKind::Enquire));
    assert_eq!(world.in_doubt(), Some(DoubtCause::PositionDiffers));
    assert_eq!(world.breaks(), [(BreakClass::PositionDiffers, true, 0, -2)]);
    world.until("an entry was refused", |world| world.refusals_in_doubt() > 0);

    let book = Correction {
        bot: Some(BOT),
        side: Side::Sell,
        qty: 2,
        price: BID,
        exec_id: Text::new("BY-HAND"),
        ..by_person(CorrectionKind::Book)
    };
    world.correct(book);
    assert_eq!(world.held(), -2);
    world.until("it is settled by rule", |world| world.in_doubt().is_none());
    world.replays_equal();
}

#[test]
fn a_position_that_a_person_lets_stand_blocks_no_more_until_it_differs_otherwise() {
    let mut world = World::new("when_answered");
    world.second();
    assert!(world.venue.book_by_hand((ACCOUNT, SYMBOL), 5, BID));
    world.correct(by_person(CorrectionKind::Enquire));
    assert_eq!(world.in_doubt(), Some(DoubtCause::PositionDiffers));
    world.correct(by_person(CorrectionKind::Settle));
    assert_eq!(world.in_doubt(), None);
    world.until("an order rests", |world| !world.pit.resting.is_empty());
    world.trade(2, true);
    assert_eq!(world.held(), 2);
    world.correct(by_person(CorrectionKind::Enquire));
    assert_eq!(world.in_doubt(), None, "both moved alike");
    assert!(world.venue.book_by_hand((ACCOUNT, SYMBOL), 1, BID));
    world.correct(by_person(CorrectionKind::Enquire));
    assert_eq!(world.in_doubt(), Some(DoubtCause::PositionDiffers));
    world.replays_equal();
}

#[test]
fn it_is_compared_again_by_itself_after_a_reconnect_and_on_schedule() {
    let mut world = World::new("when_answered");
    world.second();
    let now = world.now();
    world.venue.drop_connection(now);
    world.until("it was compared after the reconnect", |world| {
        world.ended(Enquired::Positions).len() == 2
    });
    // OPEN is a whole half hour.
    while world.second < 1_800 {
        world.second();
    }
    world.second();
    assert_eq!(world.ended(Enquired::Positions), [EnquiryOutcome::Agrees; 3]);
    world.replays_equal();
}

#[test]
fn a_broker_that_is_silent_keeps_openings_waiting_for_a_minute_or_as_long_as_it_is_required() {
    for (how, opens) in [("when_answered", true), ("required", false)] {
        let mut world = World::new(how);
        let mut asked = false;
        // The venue takes the logon and the questions, and says nothing to them.
        world.venue.set_silent(true);
        for _ in 0..200 {
            world.second();
            asked |= world.ended(Enquired::Orders).contains(&EnquiryOutcome::Silent);
        }
        assert!(asked, "nobody answered");
        world.venue.set_silent(false);
        let sent = world.effects().iter().any(|effect| matches!(effect, Effect::Outbound(_)));
        assert_eq!(sent, opens, "{how}");
        world.replays_equal();
    }
}
