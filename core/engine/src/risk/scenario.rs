//! A small market with one account and its bots, to try the risk stage on: for the self-test at
//! every start, and for the tests.

use crate::message::{Arrival, ToOrders, ToRisk};
use gauntlet_model::effect::{
    Effect, Intent, IntentReason, OutboundKind, Reject, TimeInForce, Urgency,
};
use gauntlet_model::ids::{AccountId, BotId, ClOrdId, InstrumentId};
use gauntlet_model::input::*;
use gauntlet_model::market_view::MarketView;
use gauntlet_model::order::{Terms, is_of};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, NANOS_PER_SECOND, Price, Side, UnixNanos};

use super::Risk;
use gauntlet_model::order::OrderRequest;

/// Wednesday 6 March 2024, 10:00 New York.
pub(super) const IN_SESSION: UnixNanos = UnixNanos(1_709_737_200 * NANOS_PER_SECOND);
pub(super) const BOT: BotId = BotId(0);
const TICK: Price = Price(250_000_000);

/// What a scenario starts from. As it comes, every order of up to three contracts passes.
#[derive(Clone)]
pub(super) struct Setup {
    pub instrument: InstrumentDefinition,
    pub account: AccountDefinition,
    pub bot: BotDefinition,
    pub run: RunStart,
    pub view: MarketView,
    pub at: UnixNanos,
    pub logged_on: bool,
    /// How old the market data is when the order is asked for, in nanoseconds.
    pub data_age: u64,
    /// What the run is told of limits; `None` for a run from before there were any.
    pub limits: Option<Layers>,
    /// The band in which the venue takes orders.
    pub band: Option<(Price, Price)>,
}

/// Limits of the platform, the account and the bot.
#[derive(Clone, Copy)]
pub(super) struct Layers {
    pub platform: RiskLimits,
    pub account: RiskLimits,
    pub bot: RiskLimits,
    /// What a contract costs.
    pub terms: ContractTerms,
}

impl Layers {
    /// Layers by which every order of up to three contracts passes.
    pub fn new() -> Layers {
        let platform = RiskLimits {
            max_order_value: Money(10_000_000_000_000),
            duplicate_window_ms: 1_000,
            max_executions: 10,
            executions_window_ms: 60_000,
            max_daily_loss: Money(10_000_000_000),
            margin_percent: 100,
            ..RiskLimits::none(Scope::Platform)
        };
        Layers {
            platform,
            account: RiskLimits::none(Scope::Account(AccountId(0))),
            bot: RiskLimits::none(Scope::Bot(BOT)),
            terms: ContractTerms::none(InstrumentId(0)),
        }
    }
}

impl Setup {
    pub fn new() -> Setup {
        Setup {
            instrument: InstrumentDefinition {
                instrument: InstrumentId(0),
                symbol: Text::new("ESH4"),
                product: Text::new("ES"),
                feed: 0,
                tick: TICK,
                multiplier: Money(50_000_000),
                limits: InstrumentLimits {
                    max_order_qty: 10,
                    max_position: 20,
                    collar_ticks: 20,
                    stale_after_ms: 30_000,
                },
            },
            account: AccountDefinition {
                account: AccountId(0),
                name: Text::new("SIM"),
                max_position: 20,
                messages_per_second: 100,
                cancel_headroom: 10,
            },
            bot: BotDefinition {
                bot: BOT,
                name: Text::new("bot"),
                enabled: true,
                account: AccountId(0),
                instrument: InstrumentId(0),
                archetype: Archetype::OrbBreakout,
                stage: Stage::Live,
                session: SessionMode::RthUs,
                order_qty: 1,
                bars: None,
                rule_parts: 0,
                sizing: Sizing::Fixed,
                weights: EQUAL_WEIGHTS,
                exits: Exits::NONE,
                max_order_qty: 10,
                max_position: 10,
                stage_cap: 10,
                parameters: [0.0; 8],
                broker: Route::BROKER,
                fallback: false,
                protection: Protection::NONE,
            },
            run: RunStart {
                epoch: 1,
                run: 1,
                config_hash: [1; 32],
                binary_hash: [2; 32],
                version: Text::new("0.1.0"),
                self_test_passed: true,
            },
            view: MarketView {
                instrument: InstrumentId(0),
                top: top(20_000, 20_001),
                last: ticks(20_000),
                gapped: false,
                live: true,
                state: TradingState::Open,
                book_full: false,
            },
            at: IN_SESSION,
            logged_on: true,
            data_age: 0,
            limits: None,
            band: None,
        }
    }

    /// What the run is told of limits, to change.
    pub fn layers(&mut self) -> &mut Layers {
        self.limits.get_or_insert_with(Layers::new)
    }

    /// What the exchange says of the instrument.
    fn listing(&self, (low_limit, high_limit): (Price, Price)) -> Listing {
        Listing {
            instrument: self.instrument.instrument,
            tick: TICK,
            unit_qty: Price::NONE,
            tick_amount: Price::NONE,
            display_factor: Price::NONE,
            currency: Text::EMPTY,
            expiration: UnixNanos(0),
            high_limit,
            low_limit,
            ts_event: self.at,
        }
    }

    /// The risk stage with all of it told.
    pub fn start(&self) -> Scenario {
        let mut scenario = Scenario { risk: Risk::new(), now: self.at, seq: 0, out: Vec::new() };
        scenario.input(Input::Instrument(self.instrument));
        scenario.input(Input::Account(self.account));
        scenario.input(Input::Bot(self.bot));
        scenario.input(Input::RunStart(self.run));
        if let Some(Layers { platform, account, bot, terms }) = self.limits {
            scenario.input(Input::ContractTerms(terms));
            for layer in [platform, account, bot] {
                scenario.input(Input::RiskLimits(layer));
            }
        }
        if let Some(band) = self.band {
            scenario.input(Input::Listing(self.listing(band)));
        }
        if self.logged_on {
            scenario.session(SessionChange::LoggedOn);
        }
        scenario.market(self.view);
        scenario.now = scenario.now.plus(self.data_age);
        scenario
    }
}

/// A price in ticks.
pub(super) fn ticks(ticks: i64) -> Price {
    Price(ticks * TICK.0)
}

/// A book's top from prices in ticks; 0 for no price.
pub(super) fn top(bid: i64, ask: i64) -> TopOfBook {
    let price = |at: i64| if at == 0 { Price::NONE } else { ticks(at) };
    TopOfBook { bid: price(bid), ask: price(ask), bid_size: 10, ask_size: 10 }
}

/// A risk stage under trial and what it made of the last input.
#[derive(Clone)]
pub(super) struct Scenario {
    pub risk: Risk,
    pub now: UnixNanos,
    seq: u64,
    /// Without the input itself.
    pub out: Vec<ToOrders<'static>>,
}

impl Scenario {
    /// Sends an input at the present time.
    pub fn input(&mut self, input: Input) -> &[ToOrders<'_>] {
        self.arrival(input, true)
    }

    /// The same, and says whether a report was not seen before.
    pub fn arrival(&mut self, input: Input, fresh: bool) -> &[ToOrders<'_>] {
        self.seq += 1;
        let sequenced = Sequenced { seq: self.seq, time: self.now, input };
        self.out.clear();
        let owned = match &input {
            Input::Execution(report) => {
                let bot = self.risk.bot(report.cl_ord_id.bot());
                bot.is_some_and(|definition| is_of(definition, report))
            }
            // Fusion says so of what it can book.
            Input::Correction(correction) => correction.kind.moves_position(),
            Input::Adoption(adoption) => {
                adoption.bot.is_none_or(|bot| self.risk.bot(bot).is_some())
            }
            _ => false,
        };
        let arrival = ToRisk::Input(Arrival { sequenced: &sequenced, fresh, owned, arrived: 0 });
        self.risk.on(&arrival, &mut |message| self.out.extend(message.detached()));
        &self.out
    }

    pub fn session(&mut self, change: SessionChange) -> &[ToOrders<'_>] {
        self.session_of(Route::BROKER, change)
    }

    pub fn session_of(&mut self, route: Route, change: SessionChange) -> &[ToOrders<'_>] {
        self.input(Input::Session(SessionEvent {
            route,
            change,
            msg_seq_num: 1,
            reset: false,
            cl_ord_id: ClOrdId::NONE,
            detail: Text::EMPTY,
        }))
    }

    /// A quote with the view that it leads to.
    pub fn market(&mut self, view: MarketView) {
        self.input(Input::Quote(Quote {
            instrument: view.instrument,
            action: BookAction::Add,
            side: None,
            flags: flags::LAST,
            price: view.top.bid,
            size: 1,
            top: view.top,
            ts_event: self.now,
            sequence: 1,
        }));
        self.risk.on(&ToRisk::Market(view), &mut |message| self.out.extend(message.detached()));
    }

    /// A bot wants a position, for a cause that is sequenced right before.
    pub fn want(
        &mut self,
        bot: BotId,
        target: i32,
        urgency: Urgency,
        reason: IntentReason,
    ) -> &[ToOrders<'_>] {
        self.input(Input::Feed(FeedEvent {
            feed: 0,
            change: FeedChange::Connected,
            detail: Text::EMPTY,
        }));
        self.out.clear();
        let intent = Intent { bot, target, urgency, reason, score: 0.0 };
        self.risk.on(&ToRisk::Intent(intent), &mut |message| self.out.extend(message.detached()));
        &self.out
    }

    /// An entry that crosses the spread.
    pub fn enter(&mut self, target: i32) -> &[ToOrders<'_>] {
        self.want(BOT, target, Urgency::Aggressive, IntentReason::Signal)
    }

    pub fn command(&mut self, kind: CommandKind, scope: Scope) -> &[ToOrders<'_>] {
        let (actor, reason) = (Text::new("operator"), Text::new("a good reason"));
        self.input(Input::Command(Command { kind, scope, actor, reason }))
    }

    /// The broker's report on an order, of which nothing works and nothing was filled.
    pub fn report_on(
        &self,
        order: &OrderRequest,
        exec_type: ExecType,
        ord_status: OrdStatus,
    ) -> ExecutionReport {
        ExecutionReport {
            route: order.route,
            msg_seq_num: 0,
            poss_dup: false,
            cl_ord_id: order.cl_ord_id,
            orig_cl_ord_id: order.orig_cl_ord_id,
            ord_status_req_id: 0,
            order_id: Text::EMPTY,
            exec_id: Text::EMPTY,
            exec_type,
            ord_status,
            instrument: Some(order.instrument),
            side: order.side,
            last_qty: 0,
            last_px: Price::NONE,
            leaves_qty: 0,
            cum_qty: 0,
            order_qty: order.qty,
            price: order.price,
            transact_time: self.now,
            reject_reason: 0,
            text: Text::EMPTY,
        }
    }

    /// The bot holds contracts: a fill of an order of which nothing else is known.
    pub fn hold(&mut self, setup: &Setup, qty: u32) {
        let order = OrderRequest {
            kind: OutboundKind::New,
            cl_ord_id: ClOrdId(1 << 20 | u64::from(BOT.0) << 8 | 0xff),
            orig_cl_ord_id: ClOrdId::NONE,
            bot: BOT,
            account: setup.account.account,
            instrument: setup.instrument.instrument,
            route: setup.bot.route(),
            side: Side::Buy,
            qty,
            price: ticks(20_000),
            time_in_force: TimeInForce::Day,
            terms: Terms::LIMIT,
        };
        let filled = ExecutionReport {
            last_qty: qty,
            last_px: order.price,
            cum_qty: qty,
            ..self.report_on(&order, ExecType::Trade, OrdStatus::Filled)
        };
        self.input(Input::Execution(filled));
    }

    /// The requests that the last input led to.
    pub fn approved(&self) -> Vec<OrderRequest> {
        let approved = |message: &ToOrders| match message {
            ToOrders::Approved(approved) => Some(*approved.get()),
            _ => None,
        };
        self.out.iter().filter_map(approved).collect()
    }

    /// The first refusal that the last input led to.
    pub fn rejected(&self) -> Option<Reject> {
        self.out.iter().find_map(|message| match message {
            ToOrders::Effect(Effect::Reject(reject)) => Some(*reject),
            _ => None,
        })
    }
}
