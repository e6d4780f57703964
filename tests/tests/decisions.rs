//! A journal that another build decided otherwise: refused, or accepted by a person who is named, and then
//! gone on from by what its effects say.

use gauntlet_model::effect::{
    Effect, Emulation, KillChanged, LimitChanged, LimitState, LossChanged, LossState, OrderChanged,
    OrderState, OrderTerms, OrderType, OutboundKind, OutboundRecord, ParentChanged, ParentState,
    PositionChanged, RiskUsage, TimeInForce,
};
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    DecisionsAccepted, Input, LimitKind, RiskLimits, Route, Scope, Sequenced, StatedLoss,
    StatedOrder, StatedRole,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, PRICE_SCALE, Price, Side, UnixNanos};
use gauntlet_readmodel::replay::{self, ReplayError};
use gauntlet_testkit::morning::{self, Morning, Step};
use gauntlet_tests::ledger::Live;
use gauntlet_tests::setup::Setup;
use gauntlet_tests::venue::{self, Generated};
use gauntlet_tests::{program, wait_until};

const MARKET: Generated = Generated { speed: 60.0, rate: 4.0, seed: 11 };
const HELD: BotId = BotId(0);
const KILLED: BotId = BotId(1);
const PX: Price = Price(5_000 * PRICE_SCALE);
const STOP: Price = Price(4_990 * PRICE_SCALE);

/// A stop that rests good till cancelled for what is held, and a loss of the day past its limit.
fn sheltered(stop: ClOrdId) -> Vec<Effect> {
    let (instrument, bot, route) = (InstrumentId(0), HELD, Route::BROKER);
    vec![
        Effect::Terms(OrderTerms {
            order: stop,
            cl_ord_id: stop,
            order_type: OrderType::Stop,
            time_in_force: TimeInForce::GoodTillCancel,
            stop_px: STOP,
            expires: UnixNanos(0),
            emulation: Emulation::NONE,
            parent: ClOrdId::NONE,
        }),
        Effect::Order(OrderChanged {
            order: stop,
            cl_ord_id: stop,
            bot,
            instrument,
            side: Side::Sell,
            state: OrderState::New,
            route,
            qty: 3,
            price: Price::NONE,
            cum_qty: 0,
            leaves_qty: 3,
            last_qty: 0,
            last_px: Price::NONE,
        }),
        Effect::Usage(RiskUsage {
            scope: Scope::Bot(HELD),
            route,
            position: 3,
            result: Money(-40_000_000),
            margin: Money(0),
            equity: Money(0),
        }),
        Effect::Loss(LossChanged {
            scope: Scope::Bot(HELD),
            route,
            state: LossState::ReduceOnly,
            result: Money(-40_000_000),
            limit: Money(30_000_000),
        }),
    ]
}

/// A morning whose last effects this build would never have: another position, a kill, and an order that
/// works.
fn altered() -> (Vec<Step>, ClOrdId) {
    let mut steps = Morning::whole().steps;
    // A run that has limits, so that some can be lowered.
    let Sequenced { seq, time, .. } = steps.last().expect("it is long").sequenced;
    let input = Input::RiskLimits(RiskLimits::none(Scope::Platform));
    let sequenced = Sequenced { seq: seq + 1, time, input };
    steps.push(Step { sequenced, effects: Vec::new(), sent: Vec::new() });
    let last = steps.last_mut().expect("it was just put there");
    let order = ClOrdId::new(last.sequenced.seq, HELD, 0).expect("fits");
    let stop = ClOrdId::new(last.sequenced.seq, HELD, 1).expect("fits");
    let (account, instrument) = (AccountId(0), InstrumentId(0));
    let (bot, route, side) = (HELD, Route::BROKER, Side::Buy);
    last.effects.extend([
        Effect::Position(PositionChanged {
            bot,
            account,
            instrument,
            qty: 3,
            cost: 3 * PX.0,
            realized: Money(7_000_000),
            volume: 99,
        }),
        Effect::Outbound(OutboundRecord {
            route,
            kind: OutboundKind::New,
            cl_ord_id: order,
            orig_cl_ord_id: ClOrdId::NONE,
            ord_status_req_id: 0,
            bot,
            account,
            instrument,
            side,
            qty: 2,
            price: PX,
            time_in_force: TimeInForce::Day,
        }),
        Effect::Order(OrderChanged {
            order,
            cl_ord_id: order,
            bot,
            instrument,
            side,
            state: OrderState::PartiallyFilled,
            route,
            qty: 2,
            price: PX,
            cum_qty: 1,
            leaves_qty: 1,
            last_qty: 0,
            last_px: Price::NONE,
        }),
        Effect::Kill(KillChanged {
            scope: Scope::Bot(KILLED),
            active: true,
            flatten: false,
            actor: Text::new("bob"),
            reason: Text::new("by the other build"),
            orders: 0,
        }),
    ]);
    last.effects.extend(sheltered(stop));
    last.effects.extend(LOWERED.map(lowered));
    last.effects.push(Effect::Parent(PARENT));
    (steps, order)
}

/// Limits that risk moved down: by a drawdown, and by volatility.
const LOWERED: [(Scope, LimitKind, i64); 2] = [
    (Scope::Bot(HELD), LimitKind::Position, 1),
    (Scope::Instrument(InstrumentId(0)), LimitKind::PositionPercent, 50),
];

/// A parent order that the other build had opened.
const PARENT: ParentChanged = ParentChanged {
    parent: ClOrdId(77),
    bot: HELD,
    side: Side::Buy,
    qty: 9,
    filled: 4,
    working: 0,
    state: ParentState::Open,
    ends_at: UnixNanos(u64::MAX),
    actor: Text::EMPTY,
};

fn lowered((scope, limit, value): (Scope, LimitKind, i64)) -> Effect {
    Effect::Limit(LimitChanged {
        scope,
        limit,
        state: LimitState::Lowered,
        value,
        until: UnixNanos(0),
        actor: Text::new("risk"),
        approver: Text::EMPTY,
        reason: Text::new("as it was"),
    })
}

#[test]
fn decisions_of_another_build_are_refused_until_a_named_person_accepts_what_they_led_to() {
    let venue = venue::start(MARKET, &["ESZ6"]);
    let setup = Setup::new(venue.data_address, venue.fix_address, &["ESZ6"]);
    let (steps, order) = altered();
    let last = steps.last().map_or(0, |step| step.sequenced.seq);
    morning::write(&setup.journal(), &steps);

    let refused = setup.run(program!()).wait();
    refused.expect_code(9).expect_told(&["--accept-decisions", "--actor"]);
    let nobody = ["--accept-config", "moved", "--accept-decisions", "upgraded"];
    setup.run_with(program!(), &setup.text(), &nobody).wait().expect_code(2);
    let blank = [&nobody[..3], &[" ", "--actor", "ada"]].concat();
    setup.run_with(program!(), &setup.text(), &blank).wait().expect_code(2);

    let signed = [&nobody[..], &["--actor", "ada"]].concat();
    let mut process = setup.run_with(program!(), &setup.text(), &signed);
    let mut live = Live::new(&setup.journal());
    let logons = steps.iter().filter(|step| is_logon(&step.sequenced.input)).count();
    wait_until("the next run is up", || {
        process.assert_running();
        live.look().logons() > logons
    });
    // An order that nobody knows of is left: it would not stop in order.
    process.kill();
    check(&setup, last, order);

    // What was accepted once is accepted, and nothing else is.
    let process = setup.run_with(program!(), &setup.text(), &[]);
    wait_until("the run after it is up", || live.look().logons() > logons + 1);
    // An order that nobody knows of is left: it would not stop in order.
    process.kill();
    check(&setup, last, order);
    venue.stop().expect("the venue is fine");
}

fn is_logon(input: &Input) -> bool {
    use gauntlet_model::input::SessionChange::LoggedOn;
    matches!(input, Input::Session(event) if event.change == LoggedOn)
}

/// What the journal's effects said is what this build goes on from.
fn check(setup: &Setup, last: u64, order: ClOrdId) {
    let dir = setup.journal();
    let report = replay::replay(&dir, |_| {}).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.accepted_through, last);
    let rebuilt = replay::rebuild(&dir, |_| {}, |_| {}).unwrap_or_else(|error| panic!("{error}"));
    let risk = rebuilt.chain.risk();
    let held = risk.position(HELD).expect("it is defined");
    assert_eq!((held.qty(), held.cost(), held.volume()), (3, 3 * PX.0, 99));
    assert_eq!(held.realized(), Money(7_000_000));
    assert!(risk.is_killed(Scope::Bot(KILLED)));
    for (scope, limit, value) in LOWERED {
        assert_eq!(risk.limit(scope, limit), value, "{scope:?}: only a person moves it up");
    }
    assert_eq!(risk.parents().collect::<Vec<_>>(), [&PARENT], "it goes on where it was");
    let known = rebuilt.chain.orders().find(order).expect("its identity is kept");
    assert_eq!((known.bot(), known.qty(), known.cum_qty()), (HELD, 2, 1));

    let stop = rebuilt.chain.orders().live().find(|order| order.terms().stop_px == STOP);
    let stop = stop.expect("the stop works, or may");
    assert_eq!((stop.terms().order_type, stop.qty()), (OrderType::Stop, 3));
    assert_eq!(stop.time_in_force(), TimeInForce::GoodTillCancel);

    let mut live = Live::new(&dir);
    let inputs: Vec<Input> = live.look().inputs.iter().map(|s| s.input).collect();
    let said = |input: &&Input| {
        let stated = matches!(
            input,
            Input::Stated(_)
                | Input::StatedOrder(_)
                | Input::StatedLoss(_)
                | Input::StatedParent(_)
        );
        stated || matches!(input, Input::DecisionsAccepted(_))
    };
    let said: Vec<&Input> = inputs.iter().filter(said).collect();
    let Input::DecisionsAccepted(DecisionsAccepted { first, actor, reason, stated, .. }) = said[0]
    else {
        panic!("{said:?}")
    };
    assert_eq!((*first, actor.as_str(), reason.as_str()), (last, "ada", "upgraded"));
    assert_eq!(said.len(), 1 + *stated as usize);
    let protects = |input: &&&Input| {
        matches!(input, Input::StatedOrder(StatedOrder { role: StatedRole::Protects, .. }))
    };
    assert_eq!(said.iter().filter(protects).count(), 1);
    let lost = said.iter().find_map(|input| match input {
        Input::StatedLoss(loss) if loss.scope == Scope::Bot(HELD) => Some(*loss),
        _ => None,
    });
    let StatedLoss { state, result, limit, .. } = lost.expect("its loss is stated");
    assert_eq!(state, LossState::ReduceOnly);
    assert_eq!((result, limit), (Money(-40_000_000), Money(30_000_000)));
}

#[test]
fn a_difference_in_the_middle_is_covered_and_one_behind_the_acceptance_is_not() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut steps = Morning::whole().steps;
    let at = steps.iter().position(|step| step.effects.len() > 2).expect("effects");
    steps[at].effects.pop();
    morning::write(dir.path(), &steps);
    let Err(ReplayError::Different(difference)) = replay::replay(dir.path(), |_| {}) else {
        panic!("an effect is missing")
    };
    assert_eq!(difference.at.0, steps[at].sequenced.seq);
    let past = replay::rebuild_past(dir.path(), |_| {}, |_| {}).expect("it can be read");
    assert_eq!(past.difference.map(|found| found.at), Some(difference.at));
    let whole = Morning::whole();
    assert_eq!(past.report.inputs, whole.steps.len() as u64);

    let equal = tempfile::tempdir().expect("a directory");
    whole.write(equal.path());
    let past = replay::rebuild_past(equal.path(), |_| {}, |_| {}).expect("it can be read");
    assert!(past.difference.is_none() && past.report.accepted_through == 0);
}
