//! What must hold for any inputs at all.

use super::Fusion;
use super::fixtures::{ES, OPEN, bot, instrument, reverter, rules, trade};
use crate::message::ToRisk;
use gauntlet_model::effect::Effect;
use gauntlet_model::ids::{BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    BookAction, BotDefinition, Distance, ExecType, ExecutionReport, Exits, FeedChange, FeedEvent,
    Input, InstrumentDefinition, Ohlcv, Quote, Sequenced, SessionMode, Timer, TopOfBook,
    TradingState, TradingStatus, flags,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{NANOS_PER_SECOND, Price, Side};
use proptest::prelude::*;

/// Prices near 5000, and the odd one from anywhere.
fn price() -> impl Strategy<Value = Price> {
    prop_oneof![
        30 => (19_900i64..20_100).prop_map(|ticks| Price(ticks * 250_000_000)),
        1 => any::<i64>().prop_map(Price),
        1 => Just(Price::NONE),
    ]
}

fn quote() -> impl Strategy<Value = Input> {
    (price(), price(), price(), any::<bool>(), 0u64..3).prop_map(
        |(price, bid, ask, traded, late)| {
            Input::Quote(Quote {
                instrument: ES,
                action: if traded { BookAction::Trade } else { BookAction::Add },
                side: None,
                flags: flags::LAST,
                price,
                size: 1,
                top: TopOfBook { bid, ask, bid_size: 1, ask_size: 1 },
                // Filled in by the stream.
                ts_event: gauntlet_model::units::UnixNanos(late),
                sequence: 0,
            })
        },
    )
}

fn execution() -> impl Strategy<Value = Input> {
    let exec_type = prop_oneof![
        6 => Just(ExecType::Trade),
        1 => Just(ExecType::New),
        1 => Just(ExecType::TradeCancel),
        1 => Just(ExecType::OrderStatus),
    ];
    let parts = (0u16..4, any::<bool>(), 0u32..4, price(), 0u32..200, exec_type);
    parts.prop_map(|(bot, buys, qty, price, id, exec_type)| {
        let order = ClOrdId::new(1, BotId(bot), 0).expect("fits");
        let side = if buys { Side::Buy } else { Side::Sell };
        Input::Execution(ExecutionReport {
            exec_type,
            exec_id: Text::new(&id.to_string()),
            ..trade(order, side, qty, price)
        })
    })
}

fn distance(ticks: u32) -> Distance {
    if ticks > 0 { Distance::Ticks(ticks) } else { Distance::None }
}

fn definition() -> impl Strategy<Value = Input> {
    let hours = prop_oneof![Just(SessionMode::RthUs), Just(SessionMode::Full24x5)];
    let parts = (0u16..3, any::<bool>(), any::<bool>(), hours, 0u32..3, 0u32..30, 0u32..5);
    parts.prop_map(|(id, reverts, enabled, session, order_qty, stop_loss_ticks, bars)| {
        // A definition of the other archetype finds another number of parts, and is refused.
        let base = if reverts { reverter() } else { bot() };
        Input::Bot(BotDefinition {
            bot: BotId(id),
            enabled,
            session,
            order_qty,
            exits: Exits {
                stop_loss: distance(stop_loss_ticks),
                take_profit: distance(stop_loss_ticks),
                time_stop_bars: bars,
                ..Exits::NONE
            },
            ..base
        })
    })
}

fn rest() -> impl Strategy<Value = Input> {
    let change = prop_oneof![Just(FeedChange::Connected), Just(FeedChange::Gap)];
    let state = prop_oneof![Just(TradingState::Open), Just(TradingState::Halted)];
    let tick = prop_oneof![Just(instrument().tick), any::<i64>().prop_map(Price)];
    prop_oneof![
        change.prop_map(|change| Input::Feed(FeedEvent { feed: 0, change, detail: Text::EMPTY })),
        state.prop_map(|state| Input::Status(TradingStatus {
            instrument: ES,
            state,
            ts_event: OPEN
        })),
        tick.prop_map(|tick| Input::Instrument(InstrumentDefinition { tick, ..instrument() })),
        (price(), price(), price(), price(), any::<u64>()).prop_map(
            |(open, high, low, close, volume)| Input::Ohlcv(Ohlcv {
                instrument: InstrumentId(0),
                seconds: 60,
                ts_open: OPEN,
                open,
                high,
                low,
                close,
                volume,
            })
        ),
    ]
}

/// Inputs with the seconds that pass before each.
fn inputs() -> impl Strategy<Value = Vec<(u64, Input)>> {
    let timer = Just(Input::Timer(Timer { second: 0 }));
    let input =
        prop_oneof![40 => quote(), 10 => timer, 6 => execution(), 2 => definition(), 1 => rest()];
    prop::collection::vec((0u64..40, input), 1..400)
}

fn run(inputs: &[(u64, Input)]) -> Vec<ToRisk<'static>> {
    let (mut fusion, mut outs) = (Fusion::new(), Vec::new());
    let mut now = OPEN;
    let bots = [bot(), BotDefinition { bot: BotId(1), ..reverter() }];
    let mut head = vec![(0, Input::Instrument(instrument()))];
    for of in [
        bot(),
        BotDefinition { bot: BotId(1), ..reverter() },
        BotDefinition { bot: BotId(2), ..bot() },
    ] {
        head.extend(rules(&of).into_iter().map(|part| (0, Input::RuleText(part))));
    }
    head.extend(bots.map(|bot| (0, Input::Bot(bot))));
    for (seq, (seconds, input)) in (1..).zip(head.iter().chain(inputs)) {
        now = now.plus(seconds * NANOS_PER_SECOND);
        let mut input = *input;
        match &mut input {
            Input::Timer(timer) => timer.second = now.0 / NANOS_PER_SECOND,
            Input::Quote(quote) => {
                quote.ts_event.0 = now.0 - quote.ts_event.0 * 30 * NANOS_PER_SECOND;
            }
            Input::Execution(report) => report.transact_time = now,
            Input::Ohlcv(bar) => bar.ts_open.0 = now.0 / 60_000_000_000 * 60_000_000_000,
            _ => {}
        }
        fusion.on(&Sequenced { seq, time: now, input }, seq, &mut |out| outs.push(out.kept()));
    }
    outs
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_same_inputs_give_the_same_outputs(inputs in inputs()) {
        let text = |outs: Vec<ToRisk>| format!("{outs:?}");
        prop_assert_eq!(text(run(&inputs)), text(run(&inputs)));
    }

    #[test]
    fn what_is_said_about_a_prefix_does_not_change_with_what_follows(
        inputs in inputs(), cut in any::<prop::sample::Index>()
    ) {
        let cut = cut.index(inputs.len());
        let (whole, prefix) = (run(&inputs), run(&inputs[..cut]));
        prop_assert_eq!(format!("{:?}", &whole[..prefix.len()]), format!("{prefix:?}"));
    }

    #[test]
    fn every_intent_is_bounded_and_journaled_right_before_it_leaves(inputs in inputs()) {
        let outs = run(&inputs);
        prop_assert!(matches!(outs[0], ToRisk::Input(_)));
        for (place, out) in outs.iter().enumerate() {
            match out {
                ToRisk::Intent(intent) => {
                    prop_assert!((-1.0..=1.0).contains(&intent.score));
                    let journaled = ToRisk::Effect(Effect::Intent(*intent));
                    prop_assert_eq!(outs[place - 1], journaled);
                }
                ToRisk::Effect(Effect::Signal(signal)) => {
                    prop_assert!((-1..=1).contains(&signal.direction));
                    prop_assert!((0.0..=1.0).contains(&signal.strength));
                    prop_assert!((0.0..=1.0).contains(&signal.confidence));
                }
                _ => {}
            }
        }
    }
}
