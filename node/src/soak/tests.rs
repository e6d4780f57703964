use super::*;
use gauntlet_model::effect::{Intent, IntentReason, PositionChanged, TimeInForce, Urgency};
use gauntlet_model::ids::{AccountId, ClOrdId, InstrumentId};
use gauntlet_model::input::{InstrumentDefinition, InstrumentLimits, Route, Timer};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, Price, Side};

const BOT: BotId = BotId(3);

fn at(text: &str) -> UnixNanos {
    UnixNanos::parse_rfc3339(text).expect("a time")
}

fn order(ledger: &mut SoakLedger, price: i64) {
    ledger.on_effect(&Effect::Outbound(OutboundRecord {
        route: Route::PAPER,
        kind: OutboundKind::New,
        cl_ord_id: ClOrdId::new(1, BOT, 0).expect("fits"),
        orig_cl_ord_id: ClOrdId::NONE,
        ord_status_req_id: 0,
        bot: BOT,
        account: AccountId(0),
        instrument: InstrumentId(0),
        side: Side::Buy,
        qty: 1,
        price: Price(price),
        time_in_force: TimeInForce::ImmediateOrCancel,
    }));
}

#[test]
fn an_order_that_is_sent_again_and_again_breaks_a_bound_and_others_do_not() {
    let mut ledger = SoakLedger::default();
    for price in 0..1_000 {
        order(&mut ledger, price);
    }
    let told = |ledger: &SoakLedger| ledger.broken().join("; ");
    assert!(!told(&ledger).contains("same order"), "{}", told(&ledger));
    for _ in 0..=REPEATS_MAX {
        order(&mut ledger, 7);
    }
    assert!(!told(&ledger).contains("same order"), "as many as there may be");
    order(&mut ledger, 7);
    assert!(told(&ledger).contains("same order 61 times"), "{}", told(&ledger));
}

/// Minutes of open market, told by a timer a second.
fn wait(ledger: &mut SoakLedger, from: UnixNanos, minutes: u64) -> UnixNanos {
    let until = from.plus(minutes * NANOS_PER_MINUTE);
    let mut now = from;
    while now < until {
        now = now.plus(NANOS_PER_SECOND);
        ledger.on_input(&Input::Timer(Timer { second: now.0 / NANOS_PER_SECOND }), now);
    }
    now
}

#[test]
fn who_wants_out_and_stays_in_for_an_hour_of_open_market_is_stuck() {
    let mut ledger = SoakLedger::default();
    ledger.on_effect(&Effect::Position(PositionChanged {
        bot: BOT,
        account: AccountId(0),
        instrument: InstrumentId(0),
        qty: 2,
        cost: 0,
        realized: Money(0),
        volume: 2,
    }));
    let wants = |ledger: &mut SoakLedger, target: i32| {
        ledger.on_effect(&Effect::Intent(Intent {
            bot: BOT,
            target,
            urgency: Urgency::Aggressive,
            reason: IntentReason::StopLoss,
            score: 0.0,
        }));
    };
    wants(&mut ledger, 2);
    let now = wait(&mut ledger, at("2026-11-16T15:00:00Z"), 120);
    assert!(!ledger.broken().join(" ").contains("wanted to be out"));
    wants(&mut ledger, 0);
    let now = wait(&mut ledger, now, 59);
    let night = now.plus(10 * 60 * NANOS_PER_MINUTE);
    ledger.on_input(&Input::Timer(Timer { second: night.0 / NANOS_PER_SECOND }), night);
    assert!(!ledger.broken().join(" ").contains("wanted to be out"), "a night is no time to trade");
    wait(&mut ledger, night, 2);
    assert!(ledger.broken().join(" ").contains("wanted to be out for 61 minutes"));
}

#[test]
fn what_comes_of_a_contract_after_its_end_breaks_a_bound() {
    let mut ledger = SoakLedger::default();
    let begin = at("2026-12-18T14:00:00Z");
    let definition = InstrumentDefinition {
        instrument: InstrumentId(0),
        symbol: Text::new("ESZ6"),
        product: Text::new("ES"),
        feed: 0,
        tick: Price(250_000_000),
        multiplier: Money(50_000_000),
        limits: InstrumentLimits::default(),
    };
    // A run is opened before its market has told a time.
    ledger.on_input(&Input::Instrument(definition), UnixNanos(0));
    ledger.market_data(0, begin);
    let ends = at("2026-12-18T14:30:00Z");
    ledger.market_data(0, UnixNanos(ends.0 - 1));
    assert_eq!(ledger.after_end, [0, 0]);
    ledger.market_data(0, ends);
    assert!(ledger.broken().join(" ").contains("1 quotes and trades"), "{:?}", ledger.broken());
}
