//! The first stage takes no memory once its strategies are warm.

use gauntlet_engine::fusion::Fusion;
use gauntlet_engine::message::ToRisk;
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    Archetype, BookAction, BotDefinition, Distance, EQUAL_WEIGHTS, ExecType, ExecutionReport,
    Exits, FeedChange, FeedEvent, Input, InstrumentDefinition, InstrumentLimits, OrdStatus,
    Protection, Quote, Route, RuleText, Sequenced, SessionMode, Sizing, Stage, Timer, TopOfBook,
    flags,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, NANOS_PER_SECOND, Price, Side, UnixNanos};
use gauntlet_testkit::allocation::{Counting, mine};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Tuesday 2 January 2024, 09:30 New York.
const OPEN: u64 = 1_704_205_800;
const TICK: i64 = 250_000_000;

fn instrument() -> InstrumentDefinition {
    InstrumentDefinition {
        instrument: InstrumentId(0),
        symbol: Text::new("ESH4"),
        product: Text::new("ES"),
        feed: 0,
        tick: Price(TICK),
        multiplier: Money(50_000_000),
        limits: InstrumentLimits::default(),
    }
}

/// Rules that trade often: breaks of the last minutes, and stretches from a short mean.
fn rules(id: u16, archetype: Archetype) -> Vec<RuleText> {
    let text = match archetype {
        Archetype::OrbBreakout => {
            "long when close > highest(high, 5)[1]\nshort when close < lowest(low, 5)[1]\n\
             trail chandelier(10, 2)\n"
        }
        _ => {
            "let band = bb(10, 1)\nlong when close < band.lower\nshort when close > band.upper\n\
             exit long when close >= band.middle\nexit short when close <= band.middle\n\
             trail 2 atr(5)\nbreak even after 4 ticks plus 1 ticks\n"
        }
    };
    RuleText::split(BotId(id), text)
}

fn bot(id: u16, archetype: Archetype) -> BotDefinition {
    BotDefinition {
        bot: BotId(id),
        name: Text::new("bot"),
        enabled: true,
        account: AccountId(0),
        instrument: InstrumentId(0),
        archetype,
        stage: Stage::Paper,
        session: SessionMode::RthUs,
        order_qty: 1,
        bars: None,
        rule_parts: rules(id, archetype).len() as u16,
        sizing: Sizing::Fixed,
        weights: EQUAL_WEIGHTS,
        exits: Exits {
            stop_loss: Distance::Ticks(8),
            take_profit: Distance::Ticks(8),
            time_stop_bars: 10,
            ..Exits::NONE
        },
        max_order_qty: 1,
        max_position: 1,
        stage_cap: 1,
        parameters: [f64::NAN; 8],
        broker: Route::BROKER,
        fallback: false,
        protection: Protection::NONE,
    }
}

fn quote(price: Price, at: UnixNanos) -> Input {
    let (bid, ask) = (price.offset_ticks(-1, Price(TICK)), price.offset_ticks(1, Price(TICK)));
    Input::Quote(Quote {
        instrument: InstrumentId(0),
        action: BookAction::Trade,
        side: None,
        flags: flags::LAST,
        price,
        size: 1,
        top: TopOfBook { bid, ask, bid_size: 1, ask_size: 1 },
        ts_event: at,
        sequence: 0,
    })
}

fn fill(bot: BotId, qty: i64, price: Price, id: u64, at: UnixNanos) -> Input {
    Input::Execution(ExecutionReport {
        route: Route::PAPER,
        msg_seq_num: id,
        poss_dup: false,
        cl_ord_id: ClOrdId::new(id, bot, 0).expect("fits"),
        orig_cl_ord_id: ClOrdId::NONE,
        ord_status_req_id: 0,
        order_id: Text::EMPTY,
        exec_id: Text::from_wire(&id.to_be_bytes().map(|byte| b'A' + byte % 26)),
        exec_type: ExecType::Trade,
        ord_status: OrdStatus::Filled,
        instrument: Some(InstrumentId(0)),
        side: Side::of(qty).expect("not zero"),
        last_qty: qty.unsigned_abs() as u32,
        last_px: price,
        leaves_qty: 0,
        cum_qty: 1,
        order_qty: 1,
        price,
        transact_time: at,
        reject_reason: 0,
        text: Text::EMPTY,
    })
}

#[test]
fn a_trading_day_of_two_kinds_of_bots_allocates_nothing_once_warm() {
    let mut fusion = Fusion::new();
    let (mut seq, mut held, mut intents) = (0, [0i64; 2], 0u64);
    // The last intent of each bot; filled by the next input.
    let mut wanted = [0i64; 2];
    let mut send = |input: Input, time: UnixNanos, wanted: &mut [i64; 2]| {
        seq += 1;
        fusion.on(&Sequenced { seq, time, input }, 0, &mut |out| {
            if let ToRisk::Intent(intent) = out {
                wanted[usize::from(intent.bot.0)] = i64::from(intent.target);
                intents += 1;
            }
        });
    };
    let start = UnixNanos((OPEN - 2 * 3_600) * NANOS_PER_SECOND);
    send(Input::Instrument(instrument()), start, &mut wanted);
    for (id, archetype) in [(0, Archetype::OrbBreakout), (1, Archetype::MeanReversion)] {
        for part in rules(id, archetype) {
            send(Input::RuleText(part), start, &mut wanted);
        }
        send(Input::Bot(bot(id, archetype)), start, &mut wanted);
    }
    let connected = FeedEvent { feed: 0, change: FeedChange::Connected, detail: Text::EMPTY };
    send(Input::Feed(connected), start, &mut wanted);

    let (mut random, mut price, mut id) = (1u64, 20_000i64, 0);
    let mut warm = None;
    for second in OPEN - 2 * 3_600..OPEN + 6 * 3_600 {
        let now = UnixNanos(second * NANOS_PER_SECOND);
        if second == OPEN {
            warm = Some(mine());
        }
        for step in 0..4u64 {
            // Xorshift (Marsaglia, 2003): any numbers do, as long as they are the same each time.
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            price += (random % 5) as i64 - 2;
            let at = now.plus(step * NANOS_PER_SECOND / 4);
            send(quote(Price(price * TICK), at), at, &mut wanted);
            for bot in 0..2 {
                let missing = wanted[bot] - held[bot];
                if missing != 0 {
                    id += 1;
                    held[bot] = wanted[bot];
                    let report = fill(BotId(bot as u16), missing, Price(price * TICK), id, at);
                    send(report, at, &mut wanted);
                }
            }
        }
        send(Input::Timer(Timer { second }), now.plus(NANOS_PER_SECOND - 1), &mut wanted);
    }
    let warm = warm.expect("the day began");
    let allocated = mine() - warm;
    assert!(warm > 0, "the allocator counts");
    assert!(intents > 10, "the day must be worth the proof: {intents} intents");
    assert_eq!(allocated, 0);
}
