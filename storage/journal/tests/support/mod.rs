//! Values of every journaled type, made from a number, so that any test can have as many as it wants.
#![allow(dead_code, reason = "each test binary uses a part")]

use gauntlet_journal::*;
use gauntlet_model::effect::*;
use gauntlet_model::ids::*;
use gauntlet_model::input::*;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, Price, Side, UnixNanos};
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Kinds of inputs that [`Numbers::input`] makes.
pub const INPUTS: u64 = 22;
/// Which of them is a bot.
pub const BOT: u64 = 13;
/// Kinds of effects that [`Numbers::effect`] makes.
pub const EFFECTS: u64 = 14;

/// A stream of numbers (splitmix64).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[(self.next() % of.len() as u64) as usize]
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
        self.pick(&[Side::Buy, Side::Sell])
    }

    fn float(&mut self) -> f64 {
        f64::from_bits(self.next())
    }

    fn action(&mut self) -> BookAction {
        use BookAction::*;
        self.pick(&[Add, Modify, Cancel, Clear, Trade, Fill, BookAction::None])
    }

    fn route(&mut self) -> Route {
        self.pick(&[Route::BROKER, Route::PAPER, Route::SHADOW])
    }

    fn ord_status(&mut self) -> OrdStatus {
        use OrdStatus::*;
        self.pick(&[
            New,
            PartiallyFilled,
            Filled,
            DoneForDay,
            Canceled,
            PendingCancel,
            Stopped,
            Rejected,
            Suspended,
            PendingNew,
            Expired,
            PendingReplace,
        ])
    }

    fn scope(&mut self) -> Scope {
        match self.next() % 4 {
            0 => Scope::Platform,
            1 => Scope::Account(self.account()),
            2 => Scope::Bot(self.bot()),
            _ => Scope::Instrument(self.instrument()),
        }
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

    /// An input of the `which`-th of the [`INPUTS`] kinds.
    pub fn input(&mut self, which: u64) -> Input {
        let side = self.side();
        match which % INPUTS {
            0 => Input::Mbo(Mbo {
                instrument: self.instrument(),
                action: self.action(),
                side: self.maybe(side),
                flags: self.next() as u8,
                price: self.price(),
                size: self.next() as u32,
                order_id: self.next(),
                ts_event: self.time(),
                sequence: self.next() as u32,
            }),
            1 => Input::Quote(Quote {
                instrument: self.instrument(),
                action: self.action(),
                side: self.maybe(side),
                flags: self.next() as u8,
                price: self.price(),
                size: self.next() as u32,
                top: self.top(),
                ts_event: self.time(),
                sequence: self.next() as u32,
            }),
            2 => Input::Trade(Trade {
                instrument: self.instrument(),
                side: self.maybe(side),
                flags: self.next() as u8,
                price: self.price(),
                size: self.next() as u32,
                ts_event: self.time(),
                sequence: self.next() as u32,
            }),
            3 => Input::Ohlcv(Ohlcv {
                instrument: self.instrument(),
                seconds: self.next() as u32,
                ts_open: self.time(),
                open: self.price(),
                high: self.price(),
                low: self.price(),
                close: self.price(),
                volume: self.next(),
            }),
            4 => Input::Status(TradingStatus {
                instrument: self.instrument(),
                state: self.pick(&[
                    TradingState::Open,
                    TradingState::PreOpen,
                    TradingState::Halted,
                    TradingState::Closed,
                ]),
                ts_event: self.time(),
            }),
            5 => Input::Feed(FeedEvent {
                feed: self.next() as u8,
                change: self.pick(&[FeedChange::Connected, FeedChange::Gap, FeedChange::Ended]),
                detail: self.text(),
            }),
            6 => Input::Execution(self.execution()),
            7 => Input::CancelReject(CancelReject {
                route: self.route(),
                msg_seq_num: self.next(),
                poss_dup: self.flag(),
                cl_ord_id: self.order(),
                orig_cl_ord_id: self.order(),
                ord_status: self.ord_status(),
                to_replace: self.flag(),
                reason: self.next() as u16,
                text: self.text(),
            }),
            8 => Input::Session(SessionEvent {
                route: self.route(),
                change: self.pick(&[SessionChange::LoggedOn, SessionChange::MessageRejected]),
                msg_seq_num: self.next(),
                reset: self.flag(),
                cl_ord_id: self.order(),
                detail: self.text(),
            }),
            9 => Input::Timer(Timer { second: self.next() }),
            10 => Input::Command(Command {
                kind: {
                    let flatten = self.flag();
                    self.pick(&[
                        CommandKind::Kill { flatten },
                        CommandKind::Unkill,
                        CommandKind::Stop,
                        CommandKind::AcceptConfiguration,
                    ])
                },
                scope: self.scope(),
                actor: self.text(),
                reason: self.text(),
            }),
            11 => Input::Instrument(InstrumentDefinition {
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
            }),
            12 => Input::Account(AccountDefinition {
                account: self.account(),
                name: self.text(),
                max_position: self.next() as u32,
                messages_per_second: self.next() as u32,
                cancel_headroom: self.next() as u32,
            }),
            13 => Input::Bot(BotDefinition {
                bot: self.bot(),
                name: self.text(),
                enabled: self.flag(),
                account: self.account(),
                instrument: self.instrument(),
                archetype: self.pick(&Archetype::ALL),
                stage: self.pick(&Stage::ALL),
                session: self.pick(&[SessionMode::Full24x5, SessionMode::RthUs]),
                order_qty: self.next() as u32,
                bars: self.bars(),
                rule_parts: self.next() as u16,
                sizing: self.sizing(),
                exits: self.exits(),
                weights: std::array::from_fn(|_| self.factor()),
                max_order_qty: self.next() as u32,
                max_position: self.next() as u32,
                stage_cap: self.next() as u32,
                parameters: std::array::from_fn(|_| self.float()),
                broker: self.pick(&Route::ALL),
            }),
            14 => Input::Level(Level {
                instrument: self.instrument(),
                side,
                flags: self.next() as u8,
                price: self.price(),
                size: self.next() as u32,
                count: self.next() as u32,
                ts_event: self.time(),
                sequence: self.next() as u32,
            }),
            15 => Input::Listing(Listing {
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
            }),
            16 => Input::RuleText(RuleText {
                bot: self.bot(),
                part: self.next() as u16,
                parts: self.next() as u16,
                text: self.text(),
            }),
            17 => {
                let instrument = self.instrument();
                Input::External(ExternalSignal {
                    source: self.pick(&SignalSource::ALL),
                    instrument: self.maybe(instrument),
                    direction: self.pick(&[-1, 0, 1]),
                    strength: self.float(),
                    confidence: self.float(),
                    published: self.time(),
                    ttl_seconds: self.next() as u32,
                    id: self.text(),
                    text: self.text(),
                })
            }
            18 => Input::History(Ohlcv {
                instrument: self.instrument(),
                seconds: self.next() as u32,
                ts_open: self.time(),
                open: self.price(),
                high: self.price(),
                low: self.price(),
                close: self.price(),
                volume: self.next(),
            }),
            19 => Input::RunStart(RunStart {
                epoch: self.next(),
                run: self.next() as u32,
                config_hash: self.hash(),
                binary_hash: self.hash(),
                version: self.text(),
                self_test_passed: self.flag(),
            }),
            20 => {
                Input::Broker(BrokerDefinition { route: self.pick(&Route::ALL), name: self.text() })
            }
            _ => Input::CalendarDay(CalendarDay {
                date: self.next() as u32,
                scope: self.next() as u8,
                product: self.text(),
                close_minute: self.next() as u16,
                reason: self.text(),
            }),
        }
    }

    /// A bot as it was written before its settings had numbers.
    pub fn bot_before(&mut self) -> BotDefinition1 {
        let Input::Bot(bot) = self.input(BOT) else { panic!("the kind of a bot") };
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

    fn factor(&mut self) -> Factor {
        Factor(self.next() as u32)
    }

    fn bars(&mut self) -> Option<BarKind> {
        let many = self.next() as u32;
        let minutes = self.pick(&Timeframe::ALL);
        let kinds = [BarKind::Time(minutes), BarKind::Volume(many), BarKind::Ticks(many)];
        let kind = self.pick(&kinds);
        self.maybe(kind)
    }

    fn sizing(&mut self) -> Sizing {
        let (money, period) = (Money(self.next() as i64), self.next() as u16);
        let fraction = self.factor();
        self.pick(&[
            Sizing::Fixed,
            Sizing::VolatilityTarget { daily: money, period },
            Sizing::EquityFraction { fraction, equity: money },
        ])
    }

    fn distance(&mut self) -> Distance {
        let (ticks, factor, period) = (self.next() as u32, self.factor(), self.next() as u16);
        self.pick(&[
            Distance::None,
            Distance::Ticks(ticks),
            Distance::Percent(factor),
            Distance::Atr { period, multiple: factor },
        ])
    }

    fn exits(&mut self) -> Exits {
        let (distance, period) = (self.distance(), self.next() as u16);
        let chandelier = Trailing::Chandelier { period, multiple: self.factor() };
        Exits {
            stop_loss: self.distance(),
            take_profit: self.distance(),
            trailing: self.pick(&[Trailing::None, Trailing::By(distance), chandelier]),
            break_even_after: self.distance(),
            break_even_plus: self.distance(),
            time_stop_bars: self.next() as u32,
            hold_over_session: self.flag(),
        }
    }

    fn voice(&mut self) -> Voice {
        Voice {
            live: self.flag(),
            direction: self.pick(&[-1, 0, 1]),
            strength: self.float() as f32,
            confidence: self.float() as f32,
            weight: self.float() as f32,
            share: self.float() as f32,
        }
    }

    fn execution(&mut self) -> ExecutionReport {
        use ExecType::*;
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
            exec_type: self.pick(&[New, Canceled, Replaced, Rejected, Trade, TradeCancel, Stopped]),
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

    fn bar_kind(&mut self) -> BarKind {
        let count = self.next() as u32;
        self.pick(&[BarKind::Time(Timeframe::H4), BarKind::Volume(count), BarKind::Ticks(count)])
    }

    /// An effect of the `which`-th kind.
    pub fn effect(&mut self, which: u64) -> Effect {
        match which % EFFECTS {
            0 => Effect::Bar(Bar {
                instrument: self.instrument(),
                kind: self.bar_kind(),
                session: self.pick(&[SessionMode::Full24x5, SessionMode::RthUs]),
                gap: self.pick(&[true, false]),
                ts_open: self.time(),
                ts_close: self.time(),
                open: self.price(),
                high: self.price(),
                low: self.price(),
                close: self.price(),
                volume: self.next(),
            }),
            1 => Effect::Signal(Signal {
                bot: self.bot(),
                source: self.pick(&SignalSource::ALL),
                direction: self.pick(&[-1, 0, 1]),
                strength: self.float(),
                confidence: self.float(),
                expires: self.time(),
            }),
            2 => Effect::Intent(Intent {
                bot: self.bot(),
                target: self.next() as i32,
                urgency: self.pick(&[Urgency::Passive, Urgency::Aggressive]),
                reason: self.pick(&[IntentReason::Signal, IntentReason::Flatten]),
                score: self.float(),
            }),
            3 => Effect::Reject(Reject {
                bot: self.bot(),
                code: self.pick(&RejectCode::ALL),
                side: self.side(),
                qty: self.next() as u32,
                price: self.price(),
                limit: self.next() as i64,
                value: self.next() as i64,
            }),
            4 => Effect::Order(OrderChanged {
                order: self.order(),
                cl_ord_id: self.order(),
                bot: self.bot(),
                instrument: self.instrument(),
                side: self.side(),
                state: self.pick(&[OrderState::New, OrderState::Filled, OrderState::Unknown]),
                route: self.route(),
                qty: self.next() as u32,
                price: self.price(),
                cum_qty: self.next() as u32,
                leaves_qty: self.next() as u32,
                last_qty: self.next() as u32,
                last_px: self.price(),
            }),
            5 => Effect::Position(PositionChanged {
                bot: self.bot(),
                account: self.account(),
                instrument: self.instrument(),
                qty: self.next() as i32,
                cost: self.next() as i64,
                realized: Money(self.next() as i64),
                volume: self.next(),
            }),
            6 => Effect::Outbound(OutboundRecord {
                route: self.route(),
                kind: self.pick(&[OutboundKind::New, OutboundKind::Cancel, OutboundKind::Replace]),
                cl_ord_id: self.order(),
                orig_cl_ord_id: self.order(),
                ord_status_req_id: self.next(),
                bot: self.bot(),
                account: self.account(),
                instrument: self.instrument(),
                side: self.side(),
                qty: self.next() as u32,
                price: self.price(),
                time_in_force: self.pick(&[TimeInForce::Day, TimeInForce::ImmediateOrCancel]),
            }),
            7 => Effect::Kill(KillChanged {
                scope: self.scope(),
                active: self.flag(),
                flatten: self.flag(),
                actor: self.text(),
                reason: self.text(),
                orders: self.next() as u32,
            }),
            8 => Effect::MarketBlock(MarketBlock {
                instrument: self.instrument(),
                fault: self.pick(&[MarketFault::NoFeed, MarketFault::Gap, MarketFault::BookFull]),
                blocked: self.flag(),
            }),
            9 => Effect::Mark(Mark {
                instrument: self.instrument(),
                top: self.top(),
                last: self.price(),
                sequence: self.next() as u32,
                messages: self.next(),
            }),
            10 => Effect::Quality(MarketQuality {
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
            }),
            11 => Effect::Decision(Decision {
                bot: self.bot(),
                bar_end: self.time(),
                said: self.pick(&[Said::Nothing, Said::LongEntry, Said::ShortExit]),
                said_place: self.next() as u8,
                outcome: self.pick(&Outcome::ALL),
                score: self.float(),
                target: self.next() as i32,
                urgency: self.pick(&[Urgency::Passive, Urgency::Aggressive]),
                sized: self.next() as u32,
                cap: self.pick(&SizeCap::ALL),
                risk: Money(self.next() as i64),
                voices: std::array::from_fn(|_| self.voice()),
            }),
            12 => Effect::Exits(ExitLevels {
                bot: self.bot(),
                stop: self.price(),
                target: self.price(),
                trailing: self.price(),
                break_even: self.price(),
                break_even_armed: self.flag(),
                bars_left: self.next() as u32,
            }),
            _ => Effect::Alert(Alert {
                kind: self.pick(&[AlertKind::UnknownOrder, AlertKind::SessionReject]),
                scope: self.scope(),
                cl_ord_id: self.order(),
                ord_status: {
                    let status = self.ord_status();
                    self.maybe(status)
                },
                text: self.text(),
            }),
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

/// The input number `seq` of a stream in which every kind occurs.
pub fn sequenced(seq: u64) -> Sequenced {
    let input = Numbers(seq).input(seq);
    Sequenced { seq, time: UnixNanos(seq * 1_000), input }
}

/// A market-by-order input, the most frequent kind.
pub fn mbo(seq: u64) -> Sequenced {
    Sequenced { seq, time: UnixNanos(seq * 1_000), input: Numbers(seq).input(0) }
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
            let mut numbers = Numbers(seq);
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
