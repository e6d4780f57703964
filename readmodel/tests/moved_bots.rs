//! A bot that is defined for another route, account or instrument while it holds something: one ruling,
//! obeyed by every stage and every view, over a restart and in a replay.

use gauntlet_manager::chain::{Chain, NoProbe};
use gauntlet_manager::order_manager::FromOrders;
use gauntlet_model::effect::{AlertKind, BotRuling, Effect, OutboundKind, Ruling};
use gauntlet_model::ids::{BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    BotDefinition, BotRoll, ContractRule, ExternalSignal, FeedChange, FeedEvent, Input,
    InstrumentDefinition, Route, SessionChange, SessionEvent, SignalSource, Stage, Timer,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};
use gauntlet_readmodel::api;
use gauntlet_readmodel::projection::{Depth, Projection};
use gauntlet_readmodel::replay;
use gauntlet_testkit::morning::{self, Morning, OPEN, Step};

const BOT: BotId = BotId(0);

/// A morning that goes on second by second.
struct World {
    morning: Morning,
    second: u64,
    /// In ticks from 5,000.
    price: i64,
}

impl World {
    /// The bot has gone long at the broker.
    fn long() -> World {
        let mut world = World { morning: Morning::begin(), second: 0, price: 0 };
        while world.held() == 0 {
            let minute = world.second as i64 / 60;
            assert!(minute < 60, "the price breaks out");
            world.price = if minute < 30 { minute % 4 } else { 3 + (minute - 29) * 4 };
            world.tick();
        }
        world
    }

    fn tick(&mut self) {
        let now = OPEN + self.second;
        self.morning.input(now, morning::quote(self.price, now));
        self.morning.input(now, Input::Timer(Timer { second: now }));
        self.second += 4;
    }

    /// Lets the price fall until something is so.
    fn fall_until(&mut self, what: &str, holds: impl Fn(&World) -> bool) {
        for _ in 0..1_500 {
            if holds(self) {
                return;
            }
            self.price -= i64::from(self.second.is_multiple_of(12));
            self.tick();
        }
        panic!("not in this fall: {what}");
    }

    /// A model wants it to go short, and it does.
    fn enter(&mut self) {
        // Not in the bar that it went out in.
        (0..40).for_each(|_| self.tick());
        let orders = self.routes().len();
        let published = UnixNanos((OPEN + self.second) * NANOS_PER_SECOND);
        self.input(Input::External(ExternalSignal {
            source: SignalSource::Model,
            instrument: None,
            direction: -1,
            strength: 1.0,
            confidence: 1.0,
            published,
            ttl_seconds: 60,
            id: Text::EMPTY,
            text: Text::EMPTY,
        }));
        assert_eq!(self.routes().len(), orders + 1, "it trades");
    }

    fn input(&mut self, input: Input) {
        self.morning.input(OPEN + self.second, input);
    }

    /// A new run, with these bots.
    fn restart(&mut self, run: u32, bots: &[BotDefinition]) {
        self.input(Input::RunStart(morning::run_start(run)));
        bots.iter().for_each(|bot| self.input(Input::Bot(*bot)));
        let change = FeedChange::Connected;
        self.input(Input::Feed(FeedEvent { feed: 0, change, detail: Text::EMPTY }));
        self.input(Input::Session(SessionEvent {
            route: Route::BROKER,
            change: SessionChange::LoggedOn,
            msg_seq_num: 1,
            reset: true,
            cl_ord_id: ClOrdId::NONE,
            detail: Text::EMPTY,
        }));
    }

    fn effects(&self) -> impl Iterator<Item = &Effect> {
        self.morning.steps.iter().flat_map(|step| &step.effects)
    }

    fn held(&self) -> i32 {
        let positions = self.effects().filter_map(|effect| match effect {
            Effect::Position(position) if position.bot == BOT => Some(position.qty),
            _ => None,
        });
        positions.last().unwrap_or(0)
    }

    fn rulings(&self) -> Vec<Ruling> {
        let ruling = |effect: &Effect| match effect {
            Effect::Ruling(BotRuling { bot: BOT, ruling, .. }) => Some(*ruling),
            _ => None,
        };
        self.effects().filter_map(ruling).collect()
    }

    /// The routes of the bot's new orders.
    fn routes(&self) -> Vec<Route> {
        let route = |effect: &Effect| match effect {
            Effect::Outbound(sent) if sent.bot == BOT && sent.kind == OutboundKind::New => {
                Some(sent.route)
            }
            _ => None,
        };
        self.effects().filter_map(route).collect()
    }

    fn picture(&self) -> api::Snapshot {
        let mut projection = Projection::new();
        for step in &self.morning.steps {
            projection.on_input(&step.sequenced);
            for effect in &step.effects {
                projection.on_effect(step.sequenced.seq, step.sequenced.time, effect);
            }
        }
        projection.snapshot("test", Depth::ALL)
    }
}

fn defined(stage: Stage) -> BotDefinition {
    morning::bot(0, "es-orb", stage)
}

fn realized(picture: &api::Snapshot, route: &str) -> f64 {
    picture.status.pnl.iter().find(|pnl| pnl.route == route).expect("a route").realized
}

/// Feeds inputs to a chain and holds its effects against those of the steps.
fn assert_same(chain: &mut Chain, steps: &[Step]) {
    for step in steps {
        let mut effects = Vec::new();
        chain.on_input(&step.sequenced, 0, &mut NoProbe, &mut |message| {
            if let FromOrders::Effect(effect) = message {
                effects.push(effect);
            }
        });
        assert_eq!(format!("{effects:?}"), format!("{:?}", step.effects));
    }
}

#[test]
fn a_live_bot_that_holds_stays_live_everywhere_until_it_is_flat_and_moves_then_by_itself() {
    let mut world = World::long();
    let long = world.held();
    world.restart(2, &[defined(Stage::Paper)]);
    assert_eq!(world.rulings(), [Ruling::Waits]);
    let alerted = world.effects().any(|effect| {
        matches!(effect, Effect::Alert(alert) if alert.kind == AlertKind::CommandRefused
            && alert.text.as_str().contains("waits until it is flat"))
    });
    assert!(alerted, "a person is told");

    let shown = world.picture();
    assert_eq!((shown.bots[0].stage, shown.bots[0].real), (Stage::Live, true));
    let waiting = shown.bots[0].waiting.as_ref().expect("what comes is shown too");
    assert_eq!((waiting.stage, waiting.route.as_str()), (Stage::Paper, "paper"));
    assert_eq!(shown.positions.broker[0].qty, i64::from(long), "as the broker sees it");
    let orders_before = world.routes().len();

    world.fall_until("its stop", |world| world.held() == 0);
    assert_eq!(world.rulings(), [Ruling::Waits, Ruling::InForce]);
    assert_eq!(world.routes()[orders_before..], [Route::BROKER], "out by where it came in");
    let shown = world.picture();
    assert_eq!((shown.bots[0].stage, shown.bots[0].real), (Stage::Paper, false));
    assert!(shown.bots[0].waiting.is_none());
    let lost = realized(&shown, "broker");
    assert!(lost < 0.0, "what was lost at the broker was lost at the broker");
    assert_eq!(realized(&shown, "paper"), shown.bots[1].realized, "that of the other bot");

    world.enter();
    assert_eq!(world.routes().last(), Some(&Route::PAPER), "an order by its new route");
    assert_eq!(realized(&world.picture(), "broker"), lost);
}

#[test]
fn the_ruling_outlives_a_restart_and_a_replay_says_the_same() {
    let mut world = World::long();
    world.restart(2, &[defined(Stage::Paper)]);
    world.restart(3, &[defined(Stage::Paper)]);
    assert_eq!(world.rulings(), [Ruling::Waits, Ruling::Waits]);
    let waiting = world.morning.steps.len();
    world.fall_until("its stop", |world| world.held() == 0);
    world.enter();
    assert_eq!(world.routes().last(), Some(&Route::PAPER), "an order by its new route");

    let dir = tempfile::tempdir().expect("a directory");
    world.morning.write(dir.path());
    let report = replay::replay(dir.path(), |_| {}).unwrap_or_else(|error| panic!("{error}"));
    assert!(report.equal);
    // And a chain that is rebuilt while the definition waits goes on as the first one did.
    let dir = tempfile::tempdir().expect("a directory");
    morning::write(dir.path(), &world.morning.steps[..waiting]);
    let mut rebuilt = replay::rebuild(dir.path(), |_| {}, |_| {}).expect("a journal");
    let risk = rebuilt.chain.risk();
    assert_eq!(risk.bot(BOT).map(|bot| bot.stage), Some(Stage::Live));
    assert_same(&mut rebuilt.chain, &world.morning.steps[waiting..]);
    assert_eq!(rebuilt.chain.risk().bot(BOT).map(|bot| bot.stage), Some(Stage::Paper));
}

#[test]
fn a_file_put_back_in_time_leaves_everything_as_it_was() {
    let mut world = World::long();
    world.restart(2, &[defined(Stage::Paper)]);
    world.restart(3, &[defined(Stage::Live)]);
    world.fall_until("its stop", |world| world.held() == 0);
    world.enter();
    assert_eq!(world.rulings(), [Ruling::Waits]);
    assert!(world.routes().iter().all(|route| *route == Route::BROKER));
    assert!(world.picture().bots[0].waiting.is_none());
}

#[test]
fn a_stage_of_the_same_route_needs_no_waiting() {
    let mut world = World::long();
    world.restart(2, &[defined(Stage::Canary)]);
    assert_eq!(world.rulings(), []);
    assert_eq!(world.picture().bots[0].stage, Stage::Canary);
}

#[test]
fn a_move_to_where_it_cannot_trade_is_refused_everywhere() {
    let mut world = World::long();
    world.fall_until("its stop", |world| world.held() == 0);
    let nowhere =
        BotDefinition { instrument: gauntlet_model::ids::InstrumentId(9), ..defined(Stage::Live) };
    world.restart(2, &[nowhere]);
    assert_eq!(world.rulings(), [Ruling::Refused]);
    assert_eq!(world.picture().bots[0].instrument, "ESH4");
    world.restart(3, &[defined(Stage::Live)]);
    world.enter();
}

/// The instrument of the morning, as another contract of its product.
fn next_contract() -> InstrumentDefinition {
    let instrument = morning::opening().into_iter().find_map(|input| match input {
        Input::Instrument(definition) => Some(definition),
        _ => None,
    });
    let instrument = instrument.expect("the morning has one");
    InstrumentDefinition { instrument: NEXT, symbol: Text::new("ESM4"), ..instrument }
}

const NEXT: InstrumentId = InstrumentId(1);

#[test]
fn a_bot_that_rolls_is_shown_where_it_stands_and_where_it_goes_and_replays_so() {
    let mut world = World::long();
    world.input(Input::Instrument(next_contract()));
    world.input(Input::ContractRule(ContractRule::of_product(InstrumentId(0))));
    world.input(Input::ContractRule(ContractRule::of_product(NEXT)));
    let calm = world.picture();
    assert_eq!((calm.bots[0].instrument.as_str(), &calm.bots[0].next_instrument), ("ESH4", &None));
    let of_contract = calm.bots[0].until.clone().expect("its contract ends");
    assert!(of_contract.starts_with("2024-03-10T21:00"), "{of_contract}");

    let from = UnixNanos((OPEN + world.second + 60) * NANOS_PER_SECOND);
    world.input(Input::Roll(BotRoll { bot: BOT, to: NEXT, from }));
    let told = world.picture();
    assert_eq!(told.bots[0].next_instrument.as_deref(), Some("ESM4"));
    assert_eq!(told.bots[0].until, Some(from.to_string()));
    let (orders, steps) = (world.routes().len(), world.morning.steps.len());
    for _ in 0..30 {
        world.tick();
    }
    assert_eq!(world.rulings(), [Ruling::Waits, Ruling::InForce]);
    assert_eq!((world.held(), world.routes().len() - orders), (0, 1), "out by one order");
    let after = world.picture();
    assert_eq!(after.bots[0].instrument, "ESM4");
    assert_eq!(after.bots[0].next_instrument, None);
    let ends = after.bots[0].until.clone().expect("that one ends too");
    assert!(ends.starts_with("2024-06-1"), "{ends}");
    assert_eq!(realized(&after, "broker"), after.bots[0].realized, "what it won goes with it");
    assert!(after.positions.broker.iter().all(|net| net.qty == 0), "{:?}", after.positions);

    let dir = tempfile::tempdir().expect("a directory");
    world.morning.write(dir.path());
    let report = replay::replay(dir.path(), |_| {}).unwrap_or_else(|error| panic!("{error}"));
    assert!(report.equal);
    // A chain that is rebuilt between the telling and the roll goes on as the first one did.
    let dir = tempfile::tempdir().expect("a directory");
    morning::write(dir.path(), &world.morning.steps[..steps]);
    let mut rebuilt = replay::rebuild(dir.path(), |_| {}, |_| {}).expect("a journal");
    assert_same(&mut rebuilt.chain, &world.morning.steps[steps..]);
    assert_eq!(rebuilt.chain.risk().bot(BOT).map(|bot| bot.instrument), Some(NEXT));
}
