//! Bots that begin with a told history say what bots say that lived through it.

use gauntlet_engine::fusion::Fusion;
use gauntlet_engine::message::ToRisk;
use gauntlet_model::effect::{Bar, Effect};
use gauntlet_model::ids::{AccountId, BotId, InstrumentId};
use gauntlet_model::input::{
    Archetype, BotDefinition, Distance, EQUAL_WEIGHTS, Exits, FeedChange, FeedEvent, Input,
    InstrumentDefinition, InstrumentLimits, Ohlcv, Protection, Route, Sequenced, SessionMode,
    Sizing, Stage, Trade,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, NANOS_PER_MINUTE, NANOS_PER_SECOND, Price, Side, UnixNanos};

const ES: InstrumentId = InstrumentId(0);
const TICK: i64 = 250_000_000;
/// Tuesday 2 January 2024, midnight in New York.
const OPEN: UnixNanos = UnixNanos(1_704_171_600 * NANOS_PER_SECOND);
/// When the second bot joins: in the middle of a minute.
const JOINED: u64 = 600 * 60 + 25;

struct Run {
    fusion: Fusion,
    seq: u64,
    said: Vec<(UnixNanos, Effect)>,
}

impl Run {
    fn new(begin: UnixNanos) -> Run {
        let mut run = Run { fusion: Fusion::new(), seq: 0, said: vec![] };
        run.send(begin, Input::Instrument(instrument()));
        run.send(begin, Input::Bot(bot()));
        let connected =
            FeedEvent { feed: 0, change: FeedChange::Connected, detail: Text::new("test") };
        run.send(begin, Input::Feed(connected));
        run
    }

    fn send(&mut self, time: UnixNanos, input: Input) {
        self.seq += 1;
        let Run { fusion, seq, said } = self;
        fusion.on(&Sequenced { seq: *seq, time, input }, 0, &mut |out| {
            if let ToRisk::Effect(
                effect @ (Effect::Bar(_) | Effect::Signal(_) | Effect::Intent(_)),
            ) = out
            {
                said.push((time, effect));
            }
        });
    }

    fn bars(&self) -> impl Iterator<Item = &Bar> {
        self.said.iter().filter_map(|(_, effect)| match effect {
            Effect::Bar(bar) => Some(bar),
            _ => None,
        })
    }

    fn opinions(&self, from: UnixNanos) -> Vec<String> {
        let later = self.said.iter().filter(|(at, effect)| {
            *at >= from && matches!(effect, Effect::Signal(_) | Effect::Intent(_))
        });
        later.map(|(at, effect)| format!("{at:?} {effect:?}")).collect()
    }
}

fn instrument() -> InstrumentDefinition {
    InstrumentDefinition {
        instrument: ES,
        symbol: Text::new("ESH4"),
        product: Text::new("ES"),
        feed: 0,
        tick: Price(TICK),
        multiplier: Money(50_000_000),
        limits: InstrumentLimits {
            max_order_qty: 10,
            max_position: 10,
            collar_ticks: 100,
            stale_after_ms: 60_000,
        },
    }
}

fn bot() -> BotDefinition {
    BotDefinition {
        bot: BotId(0),
        name: Text::new("bot"),
        enabled: true,
        account: AccountId(0),
        instrument: ES,
        archetype: Archetype::MeanReversion,
        stage: Stage::Paper,
        session: SessionMode::Full24x5,
        order_qty: 1,
        bars: None,
        rule_parts: 0,
        sizing: Sizing::Fixed,
        weights: EQUAL_WEIGHTS,
        exits: Exits { stop_loss: Distance::Ticks(8), ..Exits::NONE },
        max_order_qty: 1,
        max_position: 1,
        stage_cap: 1,
        // Eager, so that it has much to say: narrow bands, and an RSI that is soon extreme.
        parameters: {
            let mut given = [f64::NAN; 8];
            given[..4].copy_from_slice(&[20.0, 0.5, 14.0, 45.0]);
            given
        },
        broker: Route::BROKER,
        fallback: false,
        protection: Protection::NONE,
    }
}

/// A trade every five seconds, of a price that swings and now and then runs away.
fn trade(second: u64) -> Input {
    let swing = libm::sin(second as f64 / 400.0) * 20.0;
    let run = if (second / 1_500).is_multiple_of(3) { (second % 1_500) as f64 / 40.0 } else { 0.0 };
    Input::Trade(Trade {
        instrument: ES,
        side: Some(Side::Buy),
        flags: 0,
        price: Price(5_000_000_000_000 + (swing - run) as i64 * TICK),
        size: 1 + (second % 7) as u32,
        ts_event: at(second),
        sequence: 0,
    })
}

fn at(second: u64) -> UnixNanos {
    OPEN.plus(second * NANOS_PER_SECOND)
}

fn told(bar: &Bar) -> Input {
    let &Bar { instrument, ts_open, open, high, low, close, volume, .. } = bar;
    Input::History(Ohlcv { instrument, seconds: 60, ts_open, open, high, low, close, volume })
}

#[test]
fn a_bot_with_history_says_what_a_bot_says_that_lived_through_it() {
    let seconds = (0..750 * 60).step_by(5);
    let mut lived = Run::new(OPEN);
    for second in seconds.clone() {
        lived.send(at(second), trade(second));
    }
    let is_minute = |bar: &&Bar| bar.session == SessionMode::Full24x5;
    let minutes: Vec<Bar> = lived.bars().filter(is_minute).copied().collect();

    let mut joined = Run::new(at(JOINED));
    let joining_minute = (JOINED / 60) as usize;
    for bar in &minutes[..joining_minute] {
        joined.send(at(JOINED), told(bar));
    }
    assert!(joined.opinions(OPEN).is_empty(), "the past is no reason to trade");
    for second in seconds.filter(|second| *second >= JOINED) {
        if second == JOINED / 60 * 60 + 60 {
            joined.send(at(second), told(&minutes[joining_minute]));
        }
        joined.send(at(second), trade(second));
    }
    assert_eq!(joined.bars().count(), lived.bars().count());
    for (joined, lived) in joined.bars().zip(lived.bars()) {
        assert_eq!(Bar { gap: false, ..*joined }, Bar { gap: false, ..*lived });
    }
    // The minute in which it joined is told after the fact, and so no reason to trade either.
    let from = OPEN.plus((joining_minute as u64 + 2) * NANOS_PER_MINUTE);
    let signals = |run: &Run| {
        let opinions = run.opinions(from).into_iter();
        opinions.filter(|opinion| opinion.contains("Signal(Signal")).collect::<Vec<_>>()
    };
    assert!(signals(&lived).len() > 10, "{:?}", signals(&lived));
    assert_eq!(signals(&joined), signals(&lived));
}
