//! A small market for tests: one instrument, its bots, and a stream with a clock that is moved by
//! hand.

use super::Fusion;
use crate::message::ToRisk;
use gauntlet_model::effect::{Decision, Effect, Intent, IntentReason};
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::{
    Archetype, BookAction, BotDefinition, Distance, EQUAL_WEIGHTS, ExecType, ExecutionReport,
    Exits, FeedChange, FeedEvent, Input, InstrumentDefinition, InstrumentLimits, OrdStatus,
    Protection, Quote, Route, RuleText, Sequenced, SessionMode, Sizing, Stage, Timer, TopOfBook,
    TradingState, flags,
};
use gauntlet_model::market_view::MarketView;
use gauntlet_model::text::Text;
use gauntlet_model::units::{
    Money, NANOS_PER_MINUTE, NANOS_PER_SECOND, PRICE_SCALE, Price, Side, UnixNanos,
};

pub const ES: InstrumentId = InstrumentId(0);
pub const TICK: Price = Price(250_000_000);

/// Tuesday 2 January 2024, 09:30 New York: the open of the regular session.
pub const OPEN: UnixNanos = UnixNanos(1_704_205_800_000_000_000);

/// Buys a break above the first five minutes of the session, sells one below.
pub const BREAKOUT: &str = "
long when close > opening_range(5).high first in session
short when close < opening_range(5).low first in session
entry aggressive
";

/// Fades a stretch away from the mean, and waits for it.
pub const REVERTER: &str = "
let band = bb(20, 2)
long when close < band.lower
short when close > band.upper
exit long when close >= band.middle
exit short when close <= band.middle
entry passive
";

/// The parts of the rules that the test bots have, by their archetype.
pub fn rules(bot: &BotDefinition) -> Vec<RuleText> {
    let text = match bot.archetype {
        Archetype::OrbBreakout => BREAKOUT,
        _ => REVERTER,
    };
    RuleText::split(bot.bot, text)
}

pub fn points(value: f64) -> Price {
    Price((value * PRICE_SCALE as f64) as i64)
}

pub fn instrument() -> InstrumentDefinition {
    InstrumentDefinition {
        instrument: ES,
        symbol: Text::new("ESH4"),
        product: Text::new("ES"),
        feed: 0,
        tick: TICK,
        multiplier: Money(50_000_000),
        limits: InstrumentLimits::default(),
    }
}

/// A breakout bot of two contracts in regular hours, with a stop of 20 ticks and no target.
pub fn bot() -> BotDefinition {
    BotDefinition {
        bot: BotId(0),
        name: Text::new("orb"),
        enabled: true,
        account: AccountId(0),
        instrument: ES,
        archetype: Archetype::OrbBreakout,
        stage: Stage::Paper,
        session: SessionMode::RthUs,
        order_qty: 2,
        bars: None,
        rule_parts: RuleText::split(BotId(0), BREAKOUT).len() as u16,
        sizing: Sizing::Fixed,
        weights: EQUAL_WEIGHTS,
        exits: Exits { stop_loss: Distance::Ticks(20), ..Exits::NONE },
        max_order_qty: 2,
        max_position: 2,
        stage_cap: 2,
        parameters: [f64::NAN; 8],
        broker: Route::BROKER,
        fallback: false,
        protection: Protection::NONE,
    }
}

/// A mean-reversion bot.
pub fn reverter() -> BotDefinition {
    let bot = BotDefinition { archetype: Archetype::MeanReversion, ..bot() };
    BotDefinition { rule_parts: rules(&bot).len() as u16, ..bot }
}

pub fn view(bid: Price, ask: Price) -> MarketView {
    MarketView {
        instrument: ES,
        top: TopOfBook { bid, ask, bid_size: 1, ask_size: 1 },
        last: Price::NONE,
        gapped: false,
        live: true,
        state: TradingState::Open,
        book_full: false,
    }
}

pub fn trade(order: ClOrdId, side: Side, qty: u32, price: Price) -> ExecutionReport {
    ExecutionReport {
        route: Route::PAPER,
        msg_seq_num: 0,
        poss_dup: false,
        cl_ord_id: order,
        orig_cl_ord_id: ClOrdId::NONE,
        ord_status_req_id: 0,
        order_id: Text::EMPTY,
        exec_id: Text::EMPTY,
        exec_type: ExecType::Trade,
        ord_status: OrdStatus::Filled,
        instrument: Some(ES),
        side,
        last_qty: qty,
        last_px: price,
        leaves_qty: 0,
        cum_qty: qty,
        order_qty: qty,
        price,
        transact_time: OPEN,
        reject_reason: 0,
        text: Text::EMPTY,
    }
}

/// A stage with a stream that the test writes.
pub struct Stream {
    pub fusion: Fusion,
    pub now: UnixNanos,
    seq: u64,
    fills: u32,
}

impl Stream {
    /// One instrument with a connected feed, and the bots given; half an hour before the open.
    pub fn new(bots: &[BotDefinition]) -> Stream {
        let now = UnixNanos(OPEN.0 - 30 * NANOS_PER_MINUTE);
        let mut stream = Stream { fusion: Fusion::new(), now, seq: 0, fills: 0 };
        stream.send(Input::Instrument(instrument()));
        for bot in bots {
            assert_eq!(stream.define(bot), Vec::<String>::new(), "the bot is accepted");
        }
        let change = FeedChange::Connected;
        stream.send(Input::Feed(FeedEvent { feed: 0, change, detail: Text::EMPTY }));
        stream
    }

    /// Sends a bot's rules, unless it has those of its archetype, and its definition. Returns the
    /// alerts.
    pub fn define(&mut self, bot: &BotDefinition) -> Vec<String> {
        let parts = rules(bot).into_iter().take(bot.rule_parts.into());
        let inputs: Vec<Input> = parts.map(Input::RuleText).chain([Input::Bot(*bot)]).collect();
        inputs.into_iter().flat_map(|input| alerts(&self.send(input))).collect()
    }

    /// Sends an input at the clock's time.
    pub fn send(&mut self, input: Input) -> Vec<ToRisk<'static>> {
        self.seq += 1;
        let sequenced = Sequenced { seq: self.seq, time: self.now, input };
        let mut outs = Vec::new();
        self.fusion.on(&sequenced, 0, &mut |out| outs.push(out.kept()));
        outs
    }

    /// The intents that an input causes; checks that each is journaled before it goes to risk.
    pub fn intents(&mut self, input: Input) -> Vec<Intent> {
        let outs = self.send(input);
        let mut intents = Vec::new();
        for (place, out) in outs.iter().enumerate() {
            if let ToRisk::Intent(intent) = out {
                assert_eq!(outs[place - 1], ToRisk::Effect(Effect::Intent(*intent)));
                intents.push(*intent);
            }
        }
        intents
    }

    /// A trade at a price, with the book a tick around it.
    pub fn print(&mut self, price: f64) -> Vec<Intent> {
        let quote = self.quote(price);
        self.intents(quote)
    }

    /// As [`Stream::print`], with everything that follows.
    pub fn send_print(&mut self, price: f64) -> Vec<ToRisk<'static>> {
        let quote = self.quote(price);
        self.send(quote)
    }

    fn quote(&self, price: f64) -> Input {
        let price = points(price);
        let (bid, ask) = (price.offset_ticks(-1, TICK), price.offset_ticks(1, TICK));
        Input::Quote(Quote {
            instrument: ES,
            action: BookAction::Trade,
            side: None,
            flags: flags::LAST,
            price,
            size: 10,
            top: TopOfBook { bid, ask, bid_size: 5, ask_size: 5 },
            ts_event: self.now,
            sequence: 0,
        })
    }

    /// Moves the clock to a minute after the open.
    pub fn at(&mut self, minute: u64) -> &mut Stream {
        self.now = OPEN.plus(minute * NANOS_PER_MINUTE);
        self
    }

    /// Moves the clock on and sends the timer of that second.
    pub fn tick(&mut self, seconds: u64) -> Vec<Intent> {
        self.now = self.now.plus(seconds * NANOS_PER_SECOND);
        self.intents(Input::Timer(Timer { second: self.now.0 / NANOS_PER_SECOND }))
    }

    /// Fills contracts of a bot, signed, at a price.
    pub fn fill(&mut self, bot: BotId, qty: i32, price: f64) -> Vec<Intent> {
        self.fills += 1;
        let report = self.report(bot, qty, price, &format!("F{}", self.fills));
        self.intents(Input::Execution(report))
    }

    pub fn report(&self, bot: BotId, qty: i32, price: f64, exec_id: &str) -> ExecutionReport {
        let order = ClOrdId::new(self.seq, bot, 0).expect("fits");
        let side = Side::of(qty.into()).expect("a fill has contracts");
        ExecutionReport {
            exec_id: Text::new(exec_id),
            transact_time: self.now,
            ..trade(order, side, qty.unsigned_abs(), points(price))
        }
    }

    /// Five minutes between 4990 and 5010 from the open, then one that closes at 5015, so that a
    /// breakout bot goes long at the next print. Returns the intents of the seventh minute's first
    /// print.
    pub fn break_upward(&mut self) -> Vec<Intent> {
        for minute in 0..5 {
            for price in [5_000.0, 5_010.0, 4_990.0, 5_000.0] {
                assert_eq!(self.at(minute).print(price), []);
            }
        }
        assert_eq!(self.at(5).print(5_015.0), []);
        self.at(6).print(5_015.0)
    }

    pub fn decision(&self, bot: BotId) -> &Decision {
        self.fusion.decision(bot).expect("a bot")
    }
}

/// The words of the alerts among outputs.
pub fn alerts(outs: &[ToRisk]) -> Vec<String> {
    let text = |out: &ToRisk| match out {
        ToRisk::Effect(Effect::Alert(alert)) => Some(alert.text.to_string()),
        _ => None,
    };
    outs.iter().filter_map(text).collect()
}

/// Targets and reasons, which is what most tests are about.
pub fn brief(intents: &[Intent]) -> Vec<(i32, IntentReason)> {
    intents.iter().map(|intent| (intent.target, intent.reason)).collect()
}
