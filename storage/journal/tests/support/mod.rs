//! Values of every journaled type, made from a number, so that any test can have as many as it wants.
#![allow(dead_code, reason = "each test binary uses a part")]

#[macro_use]
mod every;

use gauntlet_journal::*;
use gauntlet_model::effect::*;
use gauntlet_model::ids::*;
use gauntlet_model::input::*;
use gauntlet_model::order::Capabilities;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, Price, Side, UnixNanos};
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// More than any enum has variants.
pub const VARIANTS_MAX: usize = 64;

/// A stream of numbers (splitmix64), and which of several is chosen.
pub struct Numbers {
    state: u64,
    always: Option<usize>,
}

impl Numbers {
    /// Numbers that choose among several as they come.
    pub fn new(seed: u64) -> Numbers {
        Numbers { state: seed, always: None }
    }

    /// Numbers that always choose the same place of a list, or what remains of it beyond the list's
    /// end: with one for each place up to [`VARIANTS_MAX`] every variant is made.
    pub fn choosing(seed: u64, place: usize) -> Numbers {
        Numbers { state: seed, always: Some(place) }
    }

    /// Which of so many.
    fn choose(&mut self, count: usize) -> usize {
        assert!((1..=VARIANTS_MAX).contains(&count), "{count}: VARIANTS_MAX is too small");
        let next = self.next() % count as u64;
        self.always.map_or(next as usize, |place| place % count)
    }

    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn flag(&mut self) -> bool {
        self.next() & 1 == 1
    }

    fn maybe<T>(&mut self, value: T) -> Option<T> {
        self.flag().then_some(value)
    }

    fn price(&mut self) -> Price {
        Price(self.next() as i64)
    }

    fn time(&mut self) -> UnixNanos {
        UnixNanos(self.next())
    }

    fn text<const N: usize>(&mut self) -> Text<N> {
        let len = (self.next() % (N as u64 + 1)) as usize;
        let letters: String = (0..len).map(|_| (b'a' + (self.next() % 26) as u8) as char).collect();
        Text::new(&letters)
    }

    fn instrument(&mut self) -> InstrumentId {
        InstrumentId(self.next() as u16)
    }

    fn bot(&mut self) -> BotId {
        BotId(self.next() as u16)
    }

    fn account(&mut self) -> AccountId {
        AccountId(self.next() as u16)
    }

    fn order(&mut self) -> ClOrdId {
        ClOrdId(self.next())
    }

    fn side(&mut self) -> Side {
        any_variant!(self, Side: Buy, Sell)
    }

    fn float(&mut self) -> f64 {
        f64::from_bits(self.next())
    }

    fn action(&mut self) -> BookAction {
        any_variant!(self, BookAction: Add, Modify, Cancel, Clear, Trade, Fill, None)
    }

    /// A route that every release knew.
    fn route(&mut self) -> Route {
        [Route::BROKER, Route::PAPER, Route::SHADOW][self.choose(3)]
    }

    fn any_route(&mut self) -> Route {
        Route::ALL[self.choose(Route::ALL.len())]
    }

    fn ord_status(&mut self) -> OrdStatus {
        any_variant!(
            self,
            OrdStatus: New, PartiallyFilled, Filled, DoneForDay, Canceled, PendingCancel, Stopped,
                Rejected, Suspended, PendingNew, Expired, PendingReplace,
        )
    }

    /// Any scope; as they come, one that every release knew.
    fn scope(&mut self) -> Scope {
        if self.always.is_none() {
            return match self.choose(4) {
                0 => Scope::Platform,
                1 => Scope::Account(self.account()),
                2 => Scope::Bot(self.bot()),
                _ => Scope::Instrument(self.instrument()),
            };
        }
        any_of!(self, |numbers| Scope {
            Scope::Platform => Scope::Platform,
            Scope::Account(_) => Scope::Account(numbers.account()),
            Scope::Bot(_) => Scope::Bot(numbers.bot()),
            Scope::Instrument(_) => Scope::Instrument(numbers.instrument()),
            Scope::Route(_) => Scope::Route(numbers.any_route()),
        })
    }

    fn top(&mut self) -> TopOfBook {
        TopOfBook {
            bid: self.price(),
            ask: self.price(),
            bid_size: self.next() as u32,
            ask_size: self.next() as u32,
        }
    }

    fn hash(&mut self) -> [u8; 32] {
        std::array::from_fn(|_| self.next() as u8)
    }

    fn mbo(&mut self) -> Mbo {
        Mbo {
            instrument: self.instrument(),
            action: self.action(),
            side: {
                let side = self.side();
                self.maybe(side)
            },
            flags: self.next() as u8,
            price: self.price(),
            size: self.next() as u32,
            order_id: self.next(),
            ts_event: self.time(),
            sequence: self.next() as u32,
        }
    }

    fn quote(&mut self) -> Quote {
        Quote {
            instrument: self.instrument(),
            action: self.action(),
            side: {
                let side = self.side();
                self.maybe(side)
            },
            flags: self.next() as u8,
            price: self.price(),
            size: self.next() as u32,
            top: self.top(),
            ts_event: self.time(),
            sequence: self.next() as u32,
        }
    }

    fn trade(&mut self) -> Trade {
        Trade {
            instrument: self.instrument(),
            side: {
                let side = self.side();
                self.maybe(side)
            },
            flags: self.next() as u8,
            price: self.price(),
            size: self.next() as u32,
            ts_event: self.time(),
            sequence: self.next() as u32,
        }
    }

    fn ohlcv(&mut self) -> Ohlcv {
        Ohlcv {
            instrument: self.instrument(),
            seconds: self.next() as u32,
            ts_open: self.time(),
            open: self.price(),
            high: self.price(),
            low: self.price(),
            close: self.price(),
            volume: self.next(),
        }
    }

    fn status(&mut self) -> TradingStatus {
        TradingStatus {
            instrument: self.instrument(),
            state: any_variant!(self, TradingState: Open, PreOpen, Halted, Closed),
            ts_event: self.time(),
        }
    }

    fn feed(&mut self) -> FeedEvent {
        FeedEvent {
            feed: self.next() as u8,
            change: any_variant!(self, FeedChange: Connected, Disconnected, Gap, Stale, Ended),
            detail: self.text(),
        }
    }

    fn cancel_reject(&mut self) -> CancelReject {
        CancelReject {
            route: self.route(),
            msg_seq_num: self.next(),
            poss_dup: self.flag(),
            cl_ord_id: self.order(),
            orig_cl_ord_id: self.order(),
            ord_status: self.ord_status(),
            to_replace: self.flag(),
            reason: self.next() as u16,
            text: self.text(),
        }
    }

    fn session(&mut self) -> SessionEvent {
        SessionEvent {
            route: self.route(),
            change: any_variant!(
                self,
                SessionChange: LoggedOn, LoggedOut, Disconnected, MessageRejected,
            ),
            msg_seq_num: self.next(),
            reset: self.flag(),
            cl_ord_id: self.order(),
            detail: self.text(),
        }
    }

    fn timer(&mut self) -> Timer {
        Timer { second: self.next() }
    }

    fn command(&mut self) -> Command {
        Command {
            kind: self.command_kind(),
            scope: self.scope(),
            actor: self.text(),
            reason: self.text(),
        }
    }

    /// Any kind; as they come, one that every release knew, so that what they made stays what it was.
    fn command_kind(&mut self) -> CommandKind {
        if self.always.is_none() {
            return match self.choose(4) {
                0 => CommandKind::Kill { flatten: self.flag() },
                1 => CommandKind::Unkill,
                2 => CommandKind::Stop,
                _ => CommandKind::AcceptConfiguration,
            };
        }
        any_of!(self, |numbers| CommandKind {
            CommandKind::Kill { .. } => CommandKind::Kill { flatten: numbers.flag() },
            CommandKind::Unkill => CommandKind::Unkill,
            CommandKind::Stop => CommandKind::Stop,
            CommandKind::AcceptConfiguration => CommandKind::AcceptConfiguration,
            CommandKind::Freeze => CommandKind::Freeze,
            CommandKind::ResetBreaker => CommandKind::ResetBreaker,
        })
    }

    fn instrument_definition(&mut self) -> InstrumentDefinition {
        InstrumentDefinition {
            instrument: self.instrument(),
            symbol: self.text(),
            product: self.text(),
            feed: self.next() as u8,
            tick: self.price(),
            multiplier: Money(self.next() as i64),
            limits: InstrumentLimits {
                max_order_qty: self.next() as u32,
                max_position: self.next() as u32,
                collar_ticks: self.next() as u32,
                stale_after_ms: self.next() as u32,
            },
        }
    }

    fn account_definition(&mut self) -> AccountDefinition {
        AccountDefinition {
            account: self.account(),
            name: self.text(),
            max_position: self.next() as u32,
            messages_per_second: self.next() as u32,
            cancel_headroom: self.next() as u32,
        }
    }

    fn bot_definition(&mut self) -> BotDefinition {
        BotDefinition {
            bot: self.bot(),
            name: self.text(),
            enabled: self.flag(),
            account: self.account(),
            instrument: self.instrument(),
            archetype: any_variant!(
                self,
                Archetype: OrbBreakout, MeanReversion, Breakout, TrendFollowing, Scalping, GapFade,
                    VolatilityBreakout, VwapBounce, Momentum, Range, SessionTransition,
                    BreakoutRetest, Microstructure, ExhaustionFade, MomentumSurge, RangeScalper,
            ),
            stage: any_variant!(self, Stage: Lab, Trials, Paper, Shadow, Canary, Live),
            session: any_variant!(
                self,
                SessionMode: Full24x5, RthUs, ExtUs, RthProduct, Asia, Europe,
            ),
            order_qty: self.next() as u32,
            bars: {
                let kind = self.bar_kind();
                self.maybe(kind)
            },
            rule_parts: self.next() as u16,
            sizing: self.sizing(),
            exits: self.exits_terms(),
            weights: std::array::from_fn(|_| self.factor()),
            max_order_qty: self.next() as u32,
            max_position: self.next() as u32,
            stage_cap: self.next() as u32,
            parameters: std::array::from_fn(|_| self.float()),
            broker: self.any_route(),
            fallback: self.flag(),
            protection: self.protection(),
        }
    }

    fn broker_definition(&mut self) -> BrokerDefinition {
        BrokerDefinition {
            route: self.any_route(),
            name: self.text(),
            capabilities: self.capabilities(),
        }
    }

    fn contract_rule(&mut self) -> ContractRule {
        ContractRule {
            instrument: self.instrument(),
            year: self.next() as u16,
            no_opening_days: self.next() as u8,
            out_days: self.next() as u8,
            warn_days: self.next() as u8,
        }
    }

    fn bot_roll(&mut self) -> BotRoll {
        BotRoll { bot: self.bot(), to: self.instrument(), from: self.time() }
    }

    fn calendar_day(&mut self) -> CalendarDay {
        CalendarDay {
            date: self.next() as u32,
            scope: self.next() as u8,
            product: self.text(),
            close_minute: self.next() as u16,
            reason: self.text(),
        }
    }

    fn limit_kind(&mut self) -> LimitKind {
        any_variant!(
            self,
            LimitKind: OrderQty, Position, OrderValue, Executions, DailyLoss, FlatLoss,
                PositionPercent,
        )
    }

    fn limit_change(&mut self) -> LimitChange {
        LimitChange {
            step: any_variant!(self, LimitStep: Lower, Ask, Allow, End),
            scope: self.scope(),
            limit: self.limit_kind(),
            value: self.next() as i64,
            seconds: self.next() as u32,
            actor: self.text(),
            reason: self.text(),
        }
    }

    fn limit(&mut self) -> LimitChanged {
        LimitChanged {
            scope: self.scope(),
            limit: self.limit_kind(),
            state: any_variant!(self, LimitState: Asked, Raised, Lowered, Ended),
            value: self.next() as i64,
            until: self.time(),
            actor: self.text(),
            approver: self.text(),
            reason: self.text(),
        }
    }

    fn alert_delay(&mut self) -> AlertDelay {
        AlertDelay {
            way: any_variant!(self, AlertWay: Log, Page),
            stalled: self.flag(),
            waiting: self.next() as u32,
            waited_ms: self.next() as u32,
        }
    }

    fn user_kill(&mut self) -> UserKill {
        UserKill {
            user: self.text(),
            kind: self.command_kind(),
            actor: self.text(),
            reason: self.text(),
        }
    }

    fn numbers_set(&mut self) -> NumbersSet {
        NumbersSet {
            route: self.route(),
            of_copy: self.flag(),
            next_out: self.next(),
            next_in: self.next(),
            actor: self.text(),
            reason: self.text(),
        }
    }

    fn order_kill(&mut self) -> OrderKill {
        OrderKill { order: self.order(), actor: self.text(), reason: self.text() }
    }

    fn risk_limits(&mut self) -> RiskLimits {
        RiskLimits {
            scope: self.scope(),
            max_order_qty: self.next() as u32,
            max_position: self.next() as u32,
            max_order_value: self.money(),
            duplicate_window_ms: self.next() as u32,
            max_executions: self.next() as u32,
            executions_window_ms: self.next() as u32,
            instruments: self.next(),
            max_daily_loss: self.money(),
            flat_daily_loss: self.money(),
            flat_after_seconds: self.next() as u32,
            equity: self.money(),
            margin_percent: self.next() as u32,
            commission: self.money(),
            max_drawdown: self.money(),
        }
    }

    fn contract_terms(&mut self) -> ContractTerms {
        ContractTerms {
            instrument: self.instrument(),
            initial_margin: self.money(),
            fee: self.money(),
            protection_ticks: self.next() as u32,
            volatility_reference: self.next() as u32,
            volatility_percent: self.next() as u32,
            volatility_minutes: self.next() as u32,
        }
    }

    /// A bot as it was written before its settings had numbers.
    pub fn bot_before(&mut self) -> BotDefinition1 {
        let bot = self.bot_definition();
        let exits = bot.exits;
        BotDefinition1 {
            bot: bot.bot,
            name: bot.name,
            enabled: bot.enabled,
            account: bot.account,
            instrument: bot.instrument,
            archetype: bot.archetype,
            stage: bot.stage,
            bars: bot.bars,
            session: bot.session,
            rule_parts: bot.rule_parts,
            order_qty: bot.order_qty,
            sizing: bot.sizing,
            exits: Exits1 {
                stop_loss: exits.stop_loss,
                take_profit: exits.take_profit,
                trailing: exits.trailing,
                break_even_after: exits.break_even_after,
                break_even_plus: exits.break_even_plus,
                time_stop_bars: exits.time_stop_bars,
                hold_over_session: exits.hold_over_session,
            },
            weights: bot.weights,
            max_order_qty: bot.max_order_qty,
            max_position: bot.max_position,
            stage_cap: bot.stage_cap,
            parameters: bot.parameters,
        }
    }

    fn level(&mut self) -> Level {
        Level {
            instrument: self.instrument(),
            side: self.side(),
            flags: self.next() as u8,
            price: self.price(),
            size: self.next() as u32,
            count: self.next() as u32,
            ts_event: self.time(),
            sequence: self.next() as u32,
        }
    }

    fn listing(&mut self) -> Listing {
        Listing {
            instrument: self.instrument(),
            tick: self.price(),
            unit_qty: self.price(),
            tick_amount: self.price(),
            display_factor: self.price(),
            currency: self.text(),
            expiration: self.time(),
            high_limit: self.price(),
            low_limit: self.price(),
            ts_event: self.time(),
        }
    }

    fn rule_text(&mut self) -> RuleText {
        RuleText {
            bot: self.bot(),
            part: self.next() as u16,
            parts: self.next() as u16,
            text: self.text(),
        }
    }

    fn external(&mut self) -> ExternalSignal {
        let instrument = self.instrument();
        ExternalSignal {
            source: any_variant!(self, SignalSource: Technical, Model, OptionsFlow, Macro, News),
            instrument: self.maybe(instrument),
            direction: [-1, 0, 1][self.choose(3)],
            strength: self.float(),
            confidence: self.float(),
            published: self.time(),
            ttl_seconds: self.next() as u32,
            id: self.text(),
            text: self.text(),
        }
    }

    fn history(&mut self) -> Ohlcv {
        Ohlcv {
            instrument: self.instrument(),
            seconds: self.next() as u32,
            ts_open: self.time(),
            open: self.price(),
            high: self.price(),
            low: self.price(),
            close: self.price(),
            volume: self.next(),
        }
    }

    fn run_start(&mut self) -> RunStart {
        RunStart {
            epoch: self.next(),
            run: self.next() as u32,
            config_hash: self.hash(),
            binary_hash: self.hash(),
            version: self.text(),
            self_test_passed: self.flag(),
        }
    }

    fn factor(&mut self) -> Factor {
        Factor(self.next() as u32)
    }

    fn bar_kind(&mut self) -> BarKind {
        any_of!(self, |numbers| BarKind {
            BarKind::Time(_) => BarKind::Time(numbers.timeframe()),
            BarKind::Volume(_) => BarKind::Volume(numbers.next() as u32),
            BarKind::Ticks(_) => BarKind::Ticks(numbers.next() as u32),
        })
    }

    fn timeframe(&mut self) -> Timeframe {
        any_variant!(self, Timeframe: M1, M5, M15, M30, H1, H4, D1)
    }

    fn sizing(&mut self) -> Sizing {
        any_of!(self, |numbers| Sizing {
            Sizing::Fixed => Sizing::Fixed,
            Sizing::VolatilityTarget { .. } => Sizing::VolatilityTarget {
                daily: numbers.money(),
                period: numbers.next() as u16,
            },
            Sizing::EquityFraction { .. } => Sizing::EquityFraction {
                fraction: numbers.factor(),
                equity: numbers.money(),
            },
        })
    }

    fn money(&mut self) -> Money {
        Money(self.next() as i64)
    }

    fn distance(&mut self) -> Distance {
        any_of!(self, |numbers| Distance {
            Distance::None => Distance::None,
            Distance::Ticks(_) => Distance::Ticks(numbers.next() as u32),
            Distance::Percent(_) => Distance::Percent(numbers.factor()),
            Distance::Atr { .. } => Distance::Atr {
                period: numbers.next() as u16,
                multiple: numbers.factor(),
            },
        })
    }

    fn trailing(&mut self) -> Trailing {
        any_of!(self, |numbers| Trailing {
            Trailing::None => Trailing::None,
            Trailing::By(_) => Trailing::By(numbers.distance()),
            Trailing::Chandelier { .. } => Trailing::Chandelier {
                period: numbers.next() as u16,
                multiple: numbers.factor(),
            },
        })
    }

    fn exits_terms(&mut self) -> Exits {
        Exits {
            stop_loss: self.distance(),
            take_profit: self.distance(),
            trailing: self.trailing(),
            break_even_after: self.distance(),
            break_even_plus: self.distance(),
            time_stop_bars: self.next() as u32,
            hold_over_session: self.flag(),
        }
    }

    fn voice(&mut self) -> Voice {
        Voice {
            live: self.flag(),
            direction: [-1, 0, 1][self.choose(3)],
            strength: self.float() as f32,
            confidence: self.float() as f32,
            weight: self.float() as f32,
            share: self.float() as f32,
        }
    }

    fn execution(&mut self) -> ExecutionReport {
        let instrument = self.instrument();
        ExecutionReport {
            route: self.route(),
            msg_seq_num: self.next(),
            poss_dup: self.flag(),
            cl_ord_id: self.order(),
            orig_cl_ord_id: self.order(),
            ord_status_req_id: self.next(),
            order_id: self.text(),
            exec_id: self.text(),
            exec_type: self.exec_type(),
            ord_status: self.ord_status(),
            instrument: self.maybe(instrument),
            side: self.side(),
            last_qty: self.next() as u32,
            last_px: self.price(),
            leaves_qty: self.next() as u32,
            cum_qty: self.next() as u32,
            order_qty: self.next() as u32,
            price: self.price(),
            transact_time: self.time(),
            reject_reason: self.next() as u16,
            text: self.text(),
        }
    }

    fn bar(&mut self) -> Bar {
        Bar {
            instrument: self.instrument(),
            kind: self.bar_kind(),
            session: any_variant!(
                self,
                SessionMode: Full24x5, RthUs, ExtUs, RthProduct, Asia, Europe,
            ),
            gap: self.flag(),
            ts_open: self.time(),
            ts_close: self.time(),
            open: self.price(),
            high: self.price(),
            low: self.price(),
            close: self.price(),
            volume: self.next(),
        }
    }

    fn signal(&mut self) -> Signal {
        Signal {
            bot: self.bot(),
            source: any_variant!(self, SignalSource: Technical, Model, OptionsFlow, Macro, News),
            direction: [-1, 0, 1][self.choose(3)],
            strength: self.float(),
            confidence: self.float(),
            expires: self.time(),
        }
    }

    fn intent(&mut self) -> Intent {
        Intent {
            bot: self.bot(),
            target: self.next() as i32,
            urgency: any_variant!(self, Urgency: Passive, Aggressive),
            reason: self.intent_reason(),
            score: self.float(),
        }
    }

    /// Any reason; as they come, one that every release knew.
    fn intent_reason(&mut self) -> IntentReason {
        use IntentReason::*;
        if self.always.is_none() {
            let known_first = [
                Signal,
                StopLoss,
                TakeProfit,
                TimeStop,
                SessionEnd,
                Flatten,
                TrailingStop,
                BreakEven,
            ];
            return known_first[self.choose(known_first.len())];
        }
        any_variant!(
            self,
            IntentReason: Signal, StopLoss, TakeProfit, TimeStop, SessionEnd, Flatten,
                TrailingStop, BreakEven, ContractEnd,
        )
    }

    fn reject(&mut self) -> Reject {
        Reject {
            bot: self.bot(),
            code: self.reject_code(),
            side: self.side(),
            qty: self.next() as u32,
            price: self.price(),
            limit: self.next() as i64,
            value: self.next() as i64,
        }
    }

    fn order_changed(&mut self) -> OrderChanged {
        OrderChanged {
            order: self.order(),
            cl_ord_id: self.order(),
            bot: self.bot(),
            instrument: self.instrument(),
            side: self.side(),
            state: self.order_state(),
            route: self.route(),
            qty: self.next() as u32,
            price: self.price(),
            cum_qty: self.next() as u32,
            leaves_qty: self.next() as u32,
            last_qty: self.next() as u32,
            last_px: self.price(),
        }
    }

    fn position(&mut self) -> PositionChanged {
        PositionChanged {
            bot: self.bot(),
            account: self.account(),
            instrument: self.instrument(),
            qty: self.next() as i32,
            cost: self.next() as i64,
            realized: Money(self.next() as i64),
            volume: self.next(),
        }
    }

    fn outbound(&mut self) -> OutboundRecord {
        OutboundRecord {
            route: self.route(),
            kind: any_variant!(self, OutboundKind: New, Cancel, Replace, StatusRequest),
            cl_ord_id: self.order(),
            orig_cl_ord_id: self.order(),
            ord_status_req_id: self.next(),
            bot: self.bot(),
            account: self.account(),
            instrument: self.instrument(),
            side: self.side(),
            qty: self.next() as u32,
            price: self.price(),
            time_in_force: match self.always {
                // As they come, one that every release knew.
                None => self.choose_of(&[TimeInForce::Day, TimeInForce::ImmediateOrCancel]),
                Some(_) => self.time_in_force(),
            },
        }
    }

    fn kill(&mut self) -> KillChanged {
        KillChanged {
            scope: self.scope(),
            active: self.flag(),
            flatten: self.flag(),
            actor: self.text(),
            reason: self.text(),
            orders: self.next() as u32,
        }
    }

    fn freeze(&mut self) -> FreezeChanged {
        FreezeChanged { scope: self.scope(), active: self.flag() }
    }

    /// Any code; as they come, one that every release knew, so that what they made stays what it was.
    fn reject_code(&mut self) -> RejectCode {
        const KNOWN_FIRST: usize = 21;
        if self.always.is_none() {
            return RejectCode::ALL[self.choose(KNOWN_FIRST)];
        }
        any_variant!(
            self,
            RejectCode: OrderQuantity, BotPosition, InstrumentPosition, AccountPosition,
                PriceCollar, NoReferencePrice, MessageRate, SessionClosed, TradingHalted,
                StaleMarketData, GappedMarketData, CrossedBook, MissingLimit,
                ConfigurationChanged, SelfTestFailed, StageCap, Killed, RouteDown,
                UnknownOrderState, TableFull, NotDefined, InDoubt, OrderValue, PriceBand,
                DuplicateOrder, RepeatedExecutions, NotAllowed, PlatformPosition, SelfTrade,
                BuyingPower, DailyLoss, ContractEnd, Breaker, DropCopy, CashDiffers, ParentQuantity,
        )
    }

    fn correction_kind(&mut self) -> CorrectionKind {
        any_variant!(
            self,
            CorrectionKind: Book, TakeBack, Adjust, WriteOff, Settle, Enquire, Retract,
        )
    }

    fn doubt_cause(&mut self) -> DoubtCause {
        any_variant!(
            self,
            DoubtCause: UnusableReport, Disagreement, ForeignFill, Uncountable, Busted,
                MissingFills, AfterEnd, TooManyOrders, Overcounted, MaybeCounted, PositionDiffers,
                ForeignOrder, DropCopy,
        )
    }

    fn correction(&mut self) -> Correction {
        let (route, bot, account) = (self.route(), self.bot(), self.account());
        let instrument = self.instrument();
        Correction {
            kind: self.correction_kind(),
            by_broker: self.flag(),
            route: self.maybe(route),
            bot: self.maybe(bot),
            account: self.maybe(account),
            instrument: self.maybe(instrument),
            order: self.order(),
            newest: self.order(),
            exec_id: self.text(),
            side: self.side(),
            qty: self.next() as u32,
            price: self.price(),
            target: self.next() as i32,
            cum_qty: self.next() as u32,
            volume: self.next(),
            actor: self.text(),
            approver: self.text(),
            reason: self.text(),
        }
    }

    fn unusable(&mut self) -> UnusableReport {
        let (account, instrument, side) = (self.account(), self.instrument(), self.side());
        UnusableReport {
            route: self.route(),
            msg_seq_num: self.next(),
            poss_dup: self.flag(),
            cl_ord_id: self.order(),
            orig_cl_ord_id: self.order(),
            exec_id: self.text(),
            account: self.maybe(account),
            instrument: self.maybe(instrument),
            symbol: self.text(),
            side: self.maybe(side),
            last_qty: self.next() as u32,
            last_px: self.price(),
            cum_qty: self.next() as u32,
            detail: self.text(),
        }
    }

    fn broker_terms(&mut self) -> BrokerTerms {
        BrokerTerms {
            route: self.any_route(),
            reconcile: any_variant!(self, Reconcile: Off, WhenAnswered, Required),
            every_seconds: self.next() as u32,
            on_disconnect: self.always.map(|_| self.capabilities()),
        }
    }

    fn broker_order(&mut self) -> BrokerOrder {
        let (account, instrument) = (self.account(), self.instrument());
        BrokerOrder {
            route: self.route(),
            enquiry: self.next(),
            msg_seq_num: self.next(),
            total: self.next() as u32,
            is_last: self.flag(),
            cl_ord_id: self.order(),
            orig_cl_ord_id: self.order(),
            order_id: self.text(),
            account: self.maybe(account),
            instrument: self.maybe(instrument),
            symbol: self.text(),
            ord_status: self.ord_status(),
            side: self.side(),
            leaves_qty: self.next() as u32,
            cum_qty: self.next() as u32,
            order_qty: self.next() as u32,
            price: self.price(),
            avg_px: self.price(),
            transact_time: UnixNanos(self.next()),
        }
    }

    fn broker_position(&mut self) -> BrokerPosition {
        let (account, instrument) = (self.account(), self.instrument());
        BrokerPosition {
            route: self.route(),
            enquiry: self.next(),
            msg_seq_num: self.next(),
            total: self.next() as u32,
            account: self.maybe(account),
            instrument: self.maybe(instrument),
            symbol: self.text(),
            qty: self.next() as i64,
        }
    }

    fn enquired(&mut self) -> Enquired {
        any_variant!(self, Enquired: Orders, Positions, Cash)
    }

    fn enquiry_answer(&mut self) -> EnquiryAnswer {
        EnquiryAnswer {
            route: self.route(),
            enquiry: self.next(),
            msg_seq_num: self.next(),
            what: self.enquired(),
            refused: self.flag(),
            total: self.next() as u32,
            detail: self.text(),
        }
    }

    fn decisions_accepted(&mut self) -> DecisionsAccepted {
        DecisionsAccepted {
            first: self.next(),
            last: self.next(),
            stated: self.next() as u32,
            actor: self.text(),
            reason: self.text(),
        }
    }

    fn stated(&mut self) -> Stated {
        Stated {
            kind: any_variant!(self, StatedKind: Position, Order, NoOrder, Doubt),
            route: self.route(),
            bot: self.bot(),
            account: self.account(),
            instrument: self.instrument(),
            order: self.order(),
            cl_ord_id: self.order(),
            side: self.side(),
            qty: self.next() as u32,
            cum_qty: self.next() as u32,
            price: self.price(),
            time_in_force: any_variant!(
                self,
                TimeInForce: Day,
                GoodTillCancel,
                ImmediateOrCancel,
                FillOrKill,
                GoodTillDate
            ),
            held: self.next() as i64,
            cost: self.next() as i64,
            realized: self.money(),
            volume: self.next(),
        }
    }

    fn foreign_order(&mut self) -> ForeignOrder {
        let (order_type, time_in_force) = (self.order_type(), self.time_in_force());
        ForeignOrder {
            route: self.route(),
            order_id: self.text(),
            client_id: self.text(),
            order_type: self.maybe(order_type),
            time_in_force: self.maybe(time_in_force),
            stop_px: self.price(),
            expires: self.time(),
        }
    }

    fn adoption(&mut self) -> Adoption {
        let bot = self.bot();
        Adoption {
            route: self.route(),
            order_id: self.text(),
            account: self.account(),
            instrument: self.instrument(),
            bot: self.maybe(bot),
            actor: self.text(),
            approver: self.text(),
            reason: self.text(),
        }
    }

    fn order_adopted(&mut self) -> OrderAdopted {
        OrderAdopted {
            order: self.order(),
            bot: self.bot(),
            route: self.route(),
            order_id: self.text(),
            client_id: self.text(),
        }
    }

    fn stated_order(&mut self) -> StatedOrder {
        let OrderTerms { order_type, time_in_force, stop_px, expires, emulation, parent, .. } =
            self.order_terms();
        StatedOrder {
            route: self.route(),
            bot: self.bot(),
            account: self.account(),
            instrument: self.instrument(),
            order: self.order(),
            cl_ord_id: self.order(),
            side: self.side(),
            qty: self.next() as u32,
            cum_qty: self.next() as u32,
            paid_px: self.price(),
            price: self.price(),
            order_type,
            stop_px,
            time_in_force,
            expires,
            emulation,
            parent,
            sent_at: self.time(),
            role: any_variant!(self, StatedRole: Asked, Protects, Held, Takes),
        }
    }

    fn stated_loss(&mut self) -> StatedLoss {
        let LossChanged { scope, route, state, result, limit } = self.loss();
        StatedLoss { scope, route, at: self.time(), state, result, limit }
    }

    fn stated_parent(&mut self) -> StatedParent {
        StatedParent::of(&self.parent_changed())
    }

    fn copied(&mut self) -> CopiedReport {
        let (account, instrument) = (self.account(), self.instrument());
        let report = self.execution();
        CopiedReport {
            route: report.route,
            msg_seq_num: report.msg_seq_num,
            poss_dup: report.poss_dup,
            unusable_tag: self.next() as u32,
            cl_ord_id: report.cl_ord_id,
            orig_cl_ord_id: report.orig_cl_ord_id,
            order_id: report.order_id,
            exec_id: report.exec_id,
            exec_ref_id: self.text(),
            exec_type: report.exec_type,
            ord_status: report.ord_status,
            account: self.maybe(account),
            instrument: self.maybe(instrument),
            symbol: self.text(),
            side: report.side,
            last_qty: report.last_qty,
            last_px: report.last_px,
            leaves_qty: report.leaves_qty,
            cum_qty: report.cum_qty,
            order_qty: report.order_qty,
            price: report.price,
            transact_time: report.transact_time,
        }
    }

    fn copy_session(&mut self) -> CopySession {
        let event = self.session();
        CopySession {
            route: event.route,
            change: event.change,
            msg_seq_num: event.msg_seq_num,
            reset: event.reset,
            detail: event.detail,
        }
    }

    fn copy_terms(&mut self) -> CopyTerms {
        CopyTerms {
            route: self.any_route(),
            within_seconds: self.next() as u32,
            required: self.flag(),
        }
    }

    fn cash_terms(&mut self) -> CashTerms {
        let start = self.money();
        CashTerms {
            account: self.account(),
            rule: any_variant!(self, CashRule: Off, Warn, Block),
            start: self.maybe(start),
            tolerance: self.money(),
        }
    }

    fn balance(&mut self) -> BrokerBalance {
        let account = self.account();
        BrokerBalance {
            route: self.route(),
            enquiry: self.next(),
            msg_seq_num: self.next(),
            account: self.maybe(account),
            cash: self.money(),
            currency: self.text(),
        }
    }

    fn enquiry(&mut self) -> Enquiry {
        let account = self.account();
        Enquiry {
            route: self.route(),
            id: self.next(),
            what: self.enquired(),
            account: self.maybe(account),
        }
    }

    fn enquiry_ended(&mut self) -> EnquiryEnded {
        let account = self.account();
        EnquiryEnded {
            route: self.route(),
            id: self.next(),
            what: self.enquired(),
            account: self.maybe(account),
            outcome: any_variant!(self, EnquiryOutcome: Agrees, Differs, Refused, Silent),
            lines: self.next() as u32,
            breaks: self.next() as u32,
        }
    }

    fn difference(&mut self) -> Break {
        let (account, instrument) = (self.account(), self.instrument());
        Break {
            route: self.route(),
            account: self.maybe(account),
            instrument: self.maybe(instrument),
            symbol: self.text(),
            active: self.flag(),
            class: any_variant!(
                self,
                BreakClass: ForeignOrder, OrderMissing, FilledDiffers, QuantityDiffers,
                    PriceDiffers, PositionDiffers, PositionElsewhere, CopyUnbooked, CopyMissing,
                    CopyTermsDiffer, CopyPriceDiffers, CopyForeign, CopyOrderDiffers,
                    CopyOrderPrice, CopyUnreadable, CashDiffers,
            ),
            order: self.order(),
            order_id: self.text(),
            ours: self.next() as i64,
            theirs: self.next() as i64,
        }
    }

    fn doubt(&mut self) -> DoubtChanged {
        DoubtChanged {
            route: self.route(),
            account: self.account(),
            instrument: self.instrument(),
            active: self.flag(),
            cause: self.doubt_cause(),
            order: self.order(),
            contracts: self.next() as i64,
            actor: self.text(),
            reason: self.text(),
        }
    }

    fn booking(&mut self) -> Booking {
        Booking {
            kind: self.correction_kind(),
            cause: self.doubt_cause(),
            route: self.route(),
            bot: self.bot(),
            account: self.account(),
            instrument: self.instrument(),
            order: self.order(),
            newest: self.order(),
            exec_id: self.text(),
            side: self.side(),
            qty: self.next() as u32,
            price: self.price(),
            cum_qty: self.next() as u32,
            volume: self.next(),
        }
    }

    fn market_block(&mut self) -> MarketBlock {
        MarketBlock {
            instrument: self.instrument(),
            fault: any_variant!(
                self,
                MarketFault: NoFeed, Gap, Stale, Crossed, Halted, BookFull, OffBand, BadPrice,
                    TimeBackwards, Definition,
            ),
            blocked: self.flag(),
        }
    }

    fn mark(&mut self) -> Mark {
        Mark {
            instrument: self.instrument(),
            top: self.top(),
            last: self.price(),
            sequence: self.next() as u32,
            messages: self.next(),
        }
    }

    fn quality(&mut self) -> MarketQuality {
        MarketQuality {
            instrument: self.instrument(),
            ignored: self.next(),
            out_of_sequence: self.next(),
            off_band: self.next(),
            bad_prices: self.next(),
            backward_times: self.next(),
            implausible_times: self.next(),
            malformed: self.next(),
            late_trades: self.next(),
            unknown_orders: self.next(),
        }
    }

    fn decision(&mut self) -> Decision {
        Decision {
            bot: self.bot(),
            bar_end: self.time(),
            said: any_variant!(self, Said: Nothing, LongEntry, ShortEntry, LongExit, ShortExit),
            said_place: self.next() as u8,
            outcome: any_variant!(
                self,
                Outcome: Acts, Stays, WarmingUp, Quiet, Weak, Conflict, Disabled, OutOfSession,
                    GoingOut, NoValue, TooSmall, Unled,
            ),
            score: self.float(),
            target: self.next() as i32,
            urgency: any_variant!(self, Urgency: Passive, Aggressive),
            sized: self.next() as u32,
            cap: any_variant!(
                self,
                SizeCap: None, OrderQty, BotOrder, BotPosition, InstrumentOrder, InstrumentPosition,
                    Stage,
            ),
            risk: Money(self.next() as i64),
            voices: std::array::from_fn(|_| self.voice()),
        }
    }

    fn exits(&mut self) -> ExitLevels {
        ExitLevels {
            bot: self.bot(),
            stop: self.price(),
            target: self.price(),
            trailing: self.price(),
            break_even: self.price(),
            break_even_armed: self.flag(),
            bars_left: self.next() as u32,
        }
    }

    fn choose_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.choose(all.len())]
    }

    /// Any type; as they come, one that every release knew.
    fn exec_type(&mut self) -> ExecType {
        use ExecType::*;
        if self.always.is_none() {
            return self.choose_of(&[
                New,
                DoneForDay,
                Canceled,
                Replaced,
                PendingCancel,
                Rejected,
                PendingNew,
                Expired,
                PendingReplace,
                Trade,
                TradeCorrect,
                TradeCancel,
                OrderStatus,
                Restated,
                Suspended,
                Stopped,
            ]);
        }
        any_variant!(
            self,
            ExecType: New, DoneForDay, Canceled, Replaced, PendingCancel, Rejected, PendingNew,
                Expired, PendingReplace, Trade, TradeCorrect, TradeCancel, OrderStatus, Restated,
                Suspended, Stopped, Triggered,
        )
    }

    /// Any state; as they come, one that every release knew.
    fn order_state(&mut self) -> OrderState {
        use OrderState::*;
        if self.always.is_none() {
            return self.choose_of(&[
                PendingNew,
                New,
                PartiallyFilled,
                PendingCancel,
                PendingReplace,
                Filled,
                Canceled,
                Rejected,
                Expired,
                Unknown,
            ]);
        }
        any_variant!(
            self,
            OrderState: PendingNew, New, PartiallyFilled, PendingCancel, PendingReplace, Filled,
                Canceled, Rejected, Expired, Unknown, Held,
        )
    }

    /// Any kind; as they come, one that every release knew.
    fn alert_kind(&mut self) -> AlertKind {
        use AlertKind::*;
        if self.always.is_none() {
            let known_first = [
                UnknownOrder,
                Overfill,
                UnexpectedReport,
                TradeBust,
                NoAcknowledgement,
                BrokerReject,
                CommandRefused,
                TableFull,
                SessionReject,
                ConfigurationChanged,
                Definition,
            ];
            return known_first[self.choose(known_first.len())];
        }
        any_variant!(
            self,
            AlertKind: UnknownOrder, Overfill, UnexpectedReport, TradeBust, NoAcknowledgement,
                BrokerReject, CommandRefused, TableFull, SessionReject, ConfigurationChanged,
                Definition, ExitStuck, LossLimit, Break, DecisionsAccepted, ContractEnd,
                Breaker, OrderToTrade, LeftAlone, DropCopy, Volatility,
                AlertsLate,
        )
    }

    fn protection(&mut self) -> Protection {
        Protection { step_ticks: self.next() as u16 }
    }

    fn capabilities(&mut self) -> Capabilities {
        if self.flag() { Capabilities::ALL } else { Capabilities::LIMITS }
    }

    fn order_type(&mut self) -> OrderType {
        any_variant!(self, OrderType: Market, Limit, Stop, StopLimit, MarketToLimit)
    }

    fn time_in_force(&mut self) -> TimeInForce {
        any_variant!(
            self,
            TimeInForce: Day, ImmediateOrCancel, GoodTillCancel, FillOrKill, GoodTillDate
        )
    }

    fn ticket(&mut self) -> Ticket {
        let (account, instrument, bot) = (self.account(), self.instrument(), self.bot());
        Ticket {
            kind: any_variant!(self, TicketKind: New, Cancel, Replace, Close, Parent),
            account: self.maybe(account),
            instrument: self.maybe(instrument),
            route: self.route(),
            side: self.side(),
            qty: self.next() as u32,
            order_type: self.order_type(),
            price: self.price(),
            stop_px: self.price(),
            time_in_force: self.time_in_force(),
            expires: UnixNanos(self.next()),
            order: self.order(),
            bot: self.maybe(bot),
            actor: self.text(),
            reason: self.text(),
            stop_loss: self.price(),
            take_profit: self.price(),
            target_rests: self.next() & 1 == 1,
            parent: self.order(),
        }
    }

    fn order_terms(&mut self) -> OrderTerms {
        OrderTerms {
            order: self.order(),
            cl_ord_id: self.order(),
            order_type: self.order_type(),
            time_in_force: self.time_in_force(),
            stop_px: self.price(),
            expires: UnixNanos(self.next()),
            emulation: Emulation(self.next() as u8),
            parent: self.order(),
        }
    }

    fn parent_changed(&mut self) -> ParentChanged {
        ParentChanged {
            parent: self.order(),
            bot: self.bot(),
            side: self.side(),
            qty: self.next() as u32,
            filled: self.next() as u32,
            working: self.next() as u32,
            state: any_variant!(self, ParentState: Open, Filled, Canceled, Expired),
            ends_at: UnixNanos(self.next()),
            actor: self.text(),
        }
    }

    fn desk_opened(&mut self) -> DeskOpened {
        DeskOpened {
            desk: self.bot(),
            account: self.account(),
            instrument: self.instrument(),
            route: self.any_route(),
        }
    }

    fn loss(&mut self) -> LossChanged {
        LossChanged {
            scope: self.scope(),
            route: self.any_route(),
            state: any_variant!(self, LossState: Trading, ReduceOnly, Flat),
            result: self.money(),
            limit: self.money(),
        }
    }

    fn usage(&mut self) -> RiskUsage {
        RiskUsage {
            scope: self.scope(),
            route: self.any_route(),
            position: self.next() as i64,
            result: self.money(),
            margin: self.money(),
            equity: self.money(),
        }
    }

    fn account_watch(&mut self) -> AccountWatch {
        AccountWatch {
            account: self.account(),
            refused_orders: self.next() as u32,
            refused_changes: self.next() as u32,
            refused_per_minute: self.next() as u32,
            messages_per_fill: self.next() as u32,
            messages_from: self.next() as u32,
        }
    }

    fn bot_identity(&mut self) -> BotIdentity {
        BotIdentity {
            bot: self.bot(),
            algorithm: self.text(),
            version: self.text(),
            owner: self.text(),
        }
    }

    fn order_identity(&mut self) -> OrderIdentity {
        OrderIdentity {
            order: self.order(),
            bot: self.bot(),
            algorithm: self.text(),
            version: self.text(),
            owner: self.text(),
        }
    }

    fn breaker(&mut self) -> BreakerChanged {
        BreakerChanged {
            scope: self.scope(),
            active: self.flag(),
            cause: any_variant!(
                self,
                BreakerCause: OrdersInARow, ChangesInARow, WithinAMinute,
            ),
            count: self.next() as u32,
            limit: self.next() as u32,
            actor: self.text(),
            reason: self.text(),
        }
    }

    fn messages(&mut self) -> MessageUsage {
        MessageUsage {
            scope: self.scope(),
            route: self.any_route(),
            messages: self.next(),
            fills: self.next(),
        }
    }

    fn ruling(&mut self) -> BotRuling {
        BotRuling {
            bot: self.bot(),
            definition: self.next(),
            ruling: any_variant!(self, Ruling: Waits, InForce, Refused),
        }
    }

    fn alert(&mut self) -> Alert {
        Alert {
            kind: self.alert_kind(),
            scope: self.scope(),
            cl_ord_id: self.order(),
            ord_status: {
                let status = self.ord_status();
                self.maybe(status)
            },
            text: self.text(),
        }
    }

    pub fn sent(&mut self) -> MessageSent {
        MessageSent {
            route: self.route(),
            msg_seq_num: self.next(),
            msg_type: self.text(),
            cl_ord_id: self.order(),
        }
    }
}

kinds!(Input, INPUTS, input, place_of_input:
    Mbo by mbo,
    Quote by quote,
    Trade by trade,
    Ohlcv by ohlcv,
    Status by status,
    Feed by feed,
    Execution by execution,
    CancelReject by cancel_reject,
    Session by session,
    Timer by timer,
    Command by command,
    Instrument by instrument_definition,
    Account by account_definition,
    Bot by bot_definition,
    Level by level,
    Listing by listing,
    RuleText by rule_text,
    External by external,
    History by history,
    RunStart by run_start,
    Broker by broker_definition,
    CalendarDay by calendar_day,
    RiskLimits by risk_limits,
    ContractTerms by contract_terms,
    Correction by correction,
    Unusable by unusable,
    Ticket by ticket,
    ContractRule by contract_rule,
    Roll by bot_roll,
    OrderKill by order_kill,
    UserKill by user_kill,
    NumbersSet by numbers_set,
    AlertDelay by alert_delay,
    LimitChange by limit_change,
    BrokerTerms by broker_terms,
    BrokerOrder by broker_order,
    BrokerPosition by broker_position,
    EnquiryAnswer by enquiry_answer,
    Copied by copied,
    CopySession by copy_session,
    CopyTerms by copy_terms,
    Balance by balance,
    CashTerms by cash_terms,
    DecisionsAccepted by decisions_accepted,
    Stated by stated,
    AccountWatch by account_watch,
    Identity by bot_identity,
    StatedOrder by stated_order,
    StatedLoss by stated_loss,
    StatedParent by stated_parent,
    ForeignOrder by foreign_order,
    Adoption by adoption,
);

kinds!(Effect, EFFECTS, effect, place_of_effect:
    Bar by bar,
    Signal by signal,
    Intent by intent,
    Reject by reject,
    Order by order_changed,
    Position by position,
    Outbound by outbound,
    Kill by kill,
    MarketBlock by market_block,
    Mark by mark,
    Quality by quality,
    Decision by decision,
    Exits by exits,
    Alert by alert,
    Freeze by freeze,
    Doubt by doubt,
    Booking by booking,
    Ruling by ruling,
    Terms by order_terms,
    Desk by desk_opened,
    Enquiry by enquiry,
    EnquiryEnded by enquiry_ended,
    Break by difference,
    Loss by loss,
    Usage by usage,
    Limit by limit,
    Breaker by breaker,
    Messages by messages,
    Identity by order_identity,
    Adopted by order_adopted,
    Parent by parent_changed,
);

/// The input number `seq` of a stream in which every kind occurs.
pub fn sequenced(seq: u64) -> Sequenced {
    let input = Numbers::new(seq).input(seq);
    Sequenced { seq, time: UnixNanos(seq * 1_000), input }
}

/// A market-by-order input, the most frequent kind.
pub fn mbo(seq: u64) -> Sequenced {
    Sequenced { seq, time: UnixNanos(seq * 1_000), input: Numbers::new(seq).input(0) }
}

pub const SEGMENT: usize = 64 << 10;

pub fn config() -> JournalConfig {
    JournalConfig { segment_bytes: SEGMENT, max_bytes: None, epoch: Some(77) }
}

pub fn open(dir: &Path) -> OpenedJournal {
    Journal::create_or_open(dir, &config()).expect("opens")
}

pub fn segment(dir: &Path, stream: Stream, index: u64) -> PathBuf {
    dir.join(stream.name()).join(format!("{index:08}.seg"))
}

pub fn write_at(path: &Path, offset: u64, bytes: &[u8]) {
    let file = OpenOptions::new().write(true).open(path).expect("opens");
    file.write_all_at(bytes, offset).expect("writes");
}

pub fn flip(path: &Path, offset: u64, mask: u8) {
    let file = OpenOptions::new().read(true).write(true).open(path).expect("opens");
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset).expect("reads");
    file.write_all_at(&[byte[0] ^ mask], offset).expect("writes");
}

/// Inputs 1 to `count`, each with two effects and a sent message; every tenth without effects.
pub fn append_some(journal: &mut OpenedJournal, count: u64) {
    let first = journal.inputs.last_seq() + 1;
    for seq in first..first + count {
        let input = sequenced(seq);
        journal.inputs.append_input(&input).expect("appends");
        if seq % 10 != 0 {
            let mut numbers = Numbers::new(seq);
            for index in 0..2 {
                let effect = numbers.effect(seq + u64::from(index));
                journal.effects.append_effect(seq, index, input.time, &effect).expect("appends");
            }
            journal.effects.append_sent(seq, input.time, &numbers.sent()).expect("appends");
        }
    }
}

pub fn read_inputs(dir: &Path) -> Vec<u64> {
    let mut reader = InputReader::open(dir, Position::START).expect("opens");
    let mut seqs = Vec::new();
    while let Some(record) = reader.next().expect("reads") {
        let expected = sequenced(record.sequenced.seq);
        assert_eq!(format!("{:?}", record.sequenced), format!("{expected:?}"));
        seqs.push(record.sequenced.seq);
    }
    seqs
}

pub fn read_effects(dir: &Path) -> Vec<(u64, u32)> {
    let mut reader = EffectReader::open(dir, Position::START).expect("opens");
    let mut effects = Vec::new();
    while let Some(record) = reader.next().expect("reads") {
        if matches!(record.entry, EffectEntry::Effect(_)) {
            effects.push((record.cause, record.index));
        }
    }
    effects
}
