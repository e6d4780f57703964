//! The checks, in the order in which they are made, and the one place where an approval is granted.
//!
//! The table [`CHECKS`] is the order and says what each check applies to, and `docs/risk.md` is made of
//! it. A check that needs a limit refuses when the limit is missing (zero).

use gauntlet_model::effect::{OutboundKind, RejectCode};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{ROUTES_MAX, SessionMode, TradingState};
use gauntlet_model::order::OrderRequest;
use gauntlet_model::units::Price;
use std::ops::Deref;

use super::approval::Approved;
use super::exposure::{Held, Place};
use super::limits::InForce;
use super::registry::{Bot, Instrument};
use super::tickets::{beyond_stop, waits_for_stop};
use super::working::WorkingOrder;
use super::{Risk, rate};

/// Why a check says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub code: RejectCode,
    /// The limit, in the unit of the check; 0 when it is missing or there is none.
    pub limit: i64,
    /// The value that met it.
    pub value: i64,
}

impl Refusal {
    pub fn plain(code: RejectCode) -> Refusal {
        Refusal { code, limit: 0, value: 0 }
    }
}

pub(super) type Verdict = Result<(), Refusal>;

/// A request that seeks approval.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    /// The request; its own identity is not given yet.
    pub request: OrderRequest,
    /// Whether it only takes the bot nearer to zero: then no check of an entry is made, and
    /// [`exits`](super::exits) has its bounds.
    pub reducing: bool,
    /// Contracts that it adds to those that work on its side.
    pub added: i64,
    /// Whether it is a cancel under a kill.
    pub killing: bool,
}

impl Question {
    pub fn place(&self) -> Place {
        Place {
            route: self.request.route,
            account: self.request.account,
            instrument: self.request.instrument,
        }
    }
}

/// A question with what it is about, looked up once for all checks.
pub(super) struct OrderContext<'a> {
    question: &'a Question,
    pub bot: &'a Bot,
    pub instrument: &'a Instrument,
    /// What counts for the bot.
    pub limits: &'a InForce,
    /// The largest position, either way, that the bot could come to hold with it; 0 for what reduces.
    pub of_bot: i64,
    /// By how much the largest position grows that its account could come to hold in the instrument; 0 for
    /// what reduces.
    pub grows: i64,
}

impl Deref for OrderContext<'_> {
    type Target = Question;

    fn deref(&self) -> &Question {
        self.question
    }
}

/// One check: what it asks, for whom, and what it may say no with.
pub(super) struct Check {
    /// What must be so.
    pub what: &'static str,
    /// Its codes, the one of a missing limit aside.
    pub codes: &'static [RejectCode],
    /// Whether it needs a limit, and so refuses with [`RejectCode::MissingLimit`] where there is none.
    pub limited: bool,
    /// Applies to a new order that opens.
    pub opening: bool,
    /// Applies to an order that only reduces, new or replaced.
    pub reducing: bool,
    /// Applies to a replace of an order that opens.
    pub replace: bool,
    /// Applies to a cancel.
    pub cancel: bool,
}

const OPENING: u8 = 1;
const REDUCING: u8 = 1 << 1;
const REPLACE: u8 = 1 << 2;
const CANCEL: u8 = 1 << 3;
const ORDERS: u8 = OPENING | REDUCING;
const CHANGES: u8 = ORDERS | REPLACE;
const ENTRIES: u8 = OPENING | REPLACE;
const ALL: u8 = CHANGES | CANCEL;

const fn check(applies: u8, codes: &'static [RejectCode], what: &'static str) -> Check {
    Check {
        what,
        codes,
        limited: false,
        opening: applies & OPENING != 0,
        reducing: applies & REDUCING != 0,
        replace: applies & REPLACE != 0,
        cancel: applies & CANCEL != 0,
    }
}

/// A check that needs a limit.
const fn limited(applies: u8, codes: &'static [RejectCode], what: &'static str) -> Check {
    Check { limited: true, ..check(applies, codes, what) }
}

/// Makes of one table both what people read and the code that makes the checks, in line: to call them through
/// the table would cost a mispredicted jump for each, since orders are rare among inputs.
macro_rules! table_of_checks {
    ($($kind:ident($run:path, $applies:expr, $codes:expr, $what:expr $(,)?),)*) => {
        /// Every check in order: the first that says no gives the code. `docs/risk.md` is made of it.
        pub(super) const CHECKS: &[Check] = {
            use RejectCode::*;
            &[$($kind($applies, $codes, $what)),*]
        };

        /// Makes every check that applies to one of the kinds.
        fn make<const KINDS: u8>(risk: &Risk, question: &OrderContext) -> Verdict {
            $(if $applies & KINDS != 0 {
                $run(risk, question)?;
            })*
            Ok(())
        }
    };
}

table_of_checks! {
    check(
        Risk::check_defined,
        CHANGES,
        &[NotDefined],
        "bot, account and instrument are defined; the bot is enabled and no new definition of it waits, \
         unless it only gets out",
    ),
    check(
        Risk::check_run,
        CHANGES,
        &[SelfTestFailed, ConfigurationChanged],
        "the self-test passed in this run, and a changed configuration was accepted; for an order \
         that reduces, a run has begun",
    ),
    check(
        Risk::check_kill,
        CHANGES,
        &[Killed],
        "no kill and no stop; for an order that reduces, no freeze and no stop",
    ),
    limited(
        Risk::check_breaker,
        ENTRIES,
        &[Breaker],
        "no breaker of the bot or its account tripped because messages were refused in a row",
    ),
    check(Risk::check_route, ALL, &[RouteDown], "the session with the broker is up"),
    check(
        Risk::check_order_state,
        ENTRIES,
        &[UnknownOrderState],
        "no order of the bot is in doubt",
    ),
    check(
        Risk::check_parent,
        CHANGES,
        &[ParentQuantity],
        "of a child: no more than its parent has left; of what rests for a position, than there is to close of it",
    ),
    check(
        Risk::check_reduces,
        REDUCING,
        &[BotPosition],
        "no more than the position, less what works on the closing side already",
    ),
    check(
        Risk::check_drop_copy,
        ENTRIES,
        &[DropCopy],
        "the broker's drop copy agrees in the account and instrument, and is up where it is required, \
         unless the order only reduces",
    ),
    check(
        Risk::check_doubt,
        ENTRIES,
        &[InDoubt],
        "what the account holds in the instrument, and in the contracts that the bot rolled out of, is not in \
         doubt, and the broker's lists were compared since its logon, unless the order only reduces",
    ),
    check(
        Risk::check_cash,
        ENTRIES,
        &[CashDiffers],
        "the account's cash is what its broker says, where a difference is to stop it, unless the order only \
         reduces",
    ),
    limited(
        Risk::check_loss,
        ENTRIES,
        &[DailyLoss],
        "the day's loss of the bot, the account and the platform, realised and marked, fees included",
    ),
    check(
        Risk::check_allowed,
        ENTRIES,
        &[NotAllowed],
        "the instrument is on the lists of the platform, the account and the bot, where they have one",
    ),
    check(
        Risk::check_session,
        CHANGES,
        &[SessionClosed],
        "the bot's session is open; the exchange's, for an order that reduces",
    ),
    limited(
        Risk::check_contract_end,
        ENTRIES,
        &[ContractEnd],
        "the contract is not too near to its end",
    ),
    check(Risk::check_trading_state, CHANGES, &[TradingHalted], "the instrument is open"),
    check(
        Risk::check_market_data,
        ENTRIES,
        &[GappedMarketData, StaleMarketData, CrossedBook],
        "market data is there, whole and fresh; the book is neither crossed nor locked",
    ),
    check(
        Risk::check_line,
        REDUCING,
        &[GappedMarketData, StaleMarketData],
        "the line that market data comes by lives, however quiet the market is",
    ),
    limited(
        Risk::check_order_qty,
        ENTRIES,
        &[OrderQuantity],
        "the order's quantity, of bot, account, platform and instrument (an order that reduces is \
         sliced to fit)",
    ),
    limited(
        Risk::check_stage_cap,
        ENTRIES,
        &[StageCap],
        "the cap of the bot's stage, on order and position",
    ),
    limited(Risk::check_bot_position, ENTRIES, &[BotPosition], "the bot's position"),
    limited(
        Risk::check_position_sums,
        ENTRIES,
        &[InstrumentPosition, AccountPosition],
        "the positions in the instrument and of the account, where the order makes them grow",
    ),
    check(
        Risk::check_platform_position,
        ENTRIES,
        &[PlatformPosition],
        "the position of all accounts together, where the platform limits it",
    ),
    limited(
        Risk::check_collar,
        ENTRIES,
        &[NoReferencePrice, PriceCollar],
        "the price's distance from the middle of the live book",
    ),
    check(
        Risk::check_price_band,
        ENTRIES,
        &[PriceBand],
        "the price within the band in which the venue takes orders, where it told one",
    ),
    limited(
        Risk::check_order_value,
        ENTRIES,
        &[OrderValue],
        "price times multiplier times contracts",
    ),
    limited(
        Risk::check_buying_power,
        ENTRIES,
        &[BuyingPower],
        "initial margins of everything held and working, within a part of the account's equity",
    ),
    check(
        Risk::check_self_trade,
        ENTRIES,
        &[SelfTrade],
        "no order of another bot of the account that it could trade with (for an order that reduces such \
         ones are cancelled first)",
    ),
    limited(
        Risk::check_duplicate,
        OPENING,
        &[DuplicateOrder],
        "no order of the same side, price and quantity by the bot a moment ago",
    ),
    limited(
        Risk::check_executions,
        OPENING,
        &[RepeatedExecutions],
        "orders that opened within the window; one more kills what the bot opens, until a person lets \
         it on",
    ),
    check(
        Risk::check_exit_price,
        REDUCING,
        &[NoReferencePrice, PriceCollar],
        "the price's reach beyond the opposite best, else beyond the last trade, else the venue's limit",
    ),
    check(Risk::check_room, ORDERS, &[TableFull], "room for the order in the tables"),
    limited(
        Risk::check_rate,
        ALL,
        &[MessageRate],
        "messages within any one second; half of the headroom is kept for cancels and orders that \
         reduce, half for the latter alone, and a kill's cancels always go",
    ),
}

impl Risk {
    /// Makes every check that applies.
    pub(super) fn verdict(&self, question: &Question) -> Verdict {
        if question.request.kind == OutboundKind::Cancel {
            // Whatever is defined or not: it can only help.
            self.check_route(question)?;
            return self.check_rate(question);
        }
        let context = self.context_of(question)?;
        match question.request.kind {
            OutboundKind::New | OutboundKind::Replace if question.reducing => {
                make::<REDUCING>(self, &context)
            }
            OutboundKind::New => make::<OPENING>(self, &context),
            OutboundKind::Replace => make::<REPLACE>(self, &context),
            // Nobody asks so; should one, then nothing is left out.
            OutboundKind::Cancel | OutboundKind::StatusRequest => make::<ALL>(self, &context),
        }
    }

    /// Looks up what the checks of an order ask for.
    #[inline]
    pub(super) fn context_of<'a>(
        &'a self,
        question: &'a Question,
    ) -> Result<OrderContext<'a>, Refusal> {
        let OrderRequest { bot: id, side, .. } = question.request;
        let undefined = Refusal::plain(RejectCode::NotDefined);
        let bot = self.registry.bot(id).ok_or(undefined)?;
        let instrument = self.registry.instrument(question.request.instrument).ok_or(undefined)?;
        let limits = self.limits.of(id);
        if question.reducing {
            return Ok(OrderContext { question, bot, instrument, limits, of_bot: 0, grows: 0 });
        }
        let position = i64::from(bot.position.qty());
        let of_bot = self
            .working
            .of(id)
            .fold(Held { position, ..Held::default() }, |held, order| {
                held.working(order.side(), i64::from(order.open()))
            })
            .working(side, question.added)
            .worst();
        let held = self.exposures.held(question.place());
        let grows = held.working(side, question.added).worst() - held.worst();
        Ok(OrderContext { question, bot, instrument, limits, of_bot, grows })
    }

    /// What the gate would say to a request, and nothing else: the code, the limit and the value of the first check
    /// that says no.
    ///
    /// # Errors
    /// That check's answer.
    pub fn would_pass(
        &self,
        request: &OrderRequest,
        reducing: bool,
    ) -> Result<(), (RejectCode, i64, i64)> {
        let added = i64::from(request.qty);
        let question = Question { request: *request, reducing, added, killing: false };
        self.verdict(&question).map_err(|Refusal { code, limit, value }| (code, limit, value))
    }

    /// Makes every check that applies; what passes gets its identity, unless it has one from the time
    /// that it was held, and the approval. In line, so that nobody waits for an approval to be copied.
    #[inline]
    pub(super) fn ask(&mut self, question: &Question) -> Result<Approved<OrderRequest>, Refusal> {
        self.verdict(question)?;
        let cl_ord_id = match question.request.cl_ord_id {
            ClOrdId::NONE => {
                let new = ClOrdId::new(self.seq, question.request.bot, self.ordinal)
                    .ok_or_else(|| Refusal::plain(RejectCode::TableFull))?;
                self.ordinal += 1;
                new
            }
            held => held,
        };
        let window = self.window_index(question);
        self.windows[window].record(self.now);
        Ok(Approved::grant(OrderRequest { cl_ord_id, ..question.request }))
    }

    /// A disabled bot may only get out, and so may one whose new definition waits for that.
    fn check_defined(&self, question: &OrderContext) -> Verdict {
        let known = self.registry.account(question.request.account).is_some();
        if known && (question.bot.may_open() || question.reducing) {
            Ok(())
        } else {
            Err(Refusal::plain(RejectCode::NotDefined))
        }
    }

    /// R14. What reduces needs a run, since there is nobody to send it before.
    fn check_run(&self, question: &OrderContext) -> Verdict {
        let tested = match question.reducing {
            true => self.registry.has_begun(),
            false => self.registry.is_self_tested(),
        };
        if !tested {
            return Err(Refusal::plain(RejectCode::SelfTestFailed));
        }
        if question.reducing {
            return Ok(());
        }
        if self.registry.configuration_changed() {
            return Err(Refusal::plain(RejectCode::ConfigurationChanged));
        }
        Ok(())
    }

    /// R18. A kill stops what opens, a freeze what reduces too.
    fn check_kill(&self, question: &OrderContext) -> Verdict {
        let bot = &question.bot.definition;
        let bars = match question.reducing {
            true => self.kills.freezes(bot),
            false => self.kills.blocks(bot),
        };
        if bars { Err(Refusal::plain(RejectCode::Killed)) } else { Ok(()) }
    }

    fn check_route(&self, question: &Question) -> Verdict {
        if self.up[question.request.route] {
            Ok(())
        } else {
            Err(Refusal::plain(RejectCode::RouteDown))
        }
    }

    fn check_order_state(&self, question: &OrderContext) -> Verdict {
        let mut orders = self.working.of(question.request.bot);
        if orders.any(WorkingOrder::is_in_doubt) {
            return Err(Refusal::plain(RejectCode::UnknownOrderState));
        }
        Ok(())
    }

    /// R26. Nothing opens where it is not known what is held, nor by a broker that was not compared with
    /// since its logon, nor by a bot that has rolled out of a contract in which that is not known.
    fn check_doubt(&self, question: &OrderContext) -> Verdict {
        let place = question.place();
        let left = || {
            let bot = self.registry.bot(question.request.bot);
            bot.is_some_and(|bot| bot.places_before().any(|place| self.doubts.covers(place)))
        };
        let unknown = self.doubts.covers(place)
            || self.reconciliation.is_unverified(place.route)
            || (self.doubts.are_there() && left());
        if !question.reducing && unknown {
            return Err(Refusal::plain(RejectCode::InDoubt));
        }
        Ok(())
    }

    /// R9. What reduces may go while the exchange is open, outside the bot's own hours too.
    fn check_session(&self, question: &OrderContext) -> Verdict {
        let mode = match question.reducing {
            true => SessionMode::Full24x5,
            false => question.bot.definition.session,
        };
        let calendar = &question.instrument.calendar;
        match calendar.session_at(mode, self.now) {
            Some(_) => Ok(()),
            None => Err(Refusal::plain(RejectCode::SessionClosed)),
        }
    }

    /// R9: pre-open, halt, close.
    fn check_trading_state(&self, question: &OrderContext) -> Verdict {
        let view = question.instrument.view;
        match view {
            Some(view) if view.state != TradingState::Open => {
                Err(Refusal::plain(RejectCode::TradingHalted))
            }
            _ => Ok(()),
        }
    }

    /// R11: no data yet or a gap, too old, a crossed book. A book whose table overflowed is as good
    /// as a gap.
    fn check_market_data(&self, question: &OrderContext) -> Verdict {
        let instrument = question.instrument;
        let gapped = Refusal::plain(RejectCode::GappedMarketData);
        let view = instrument.view.ok_or(gapped)?;
        let age_ms = instrument.age(self.now).ok_or(gapped)?.div_ceil(NANOS_PER_MILLI) as i64;
        if view.gapped || view.book_full {
            return Err(gapped);
        }
        let limit = limit(instrument.definition.limits.stale_after_ms, age_ms)?;
        if age_ms > limit {
            return Err(Refusal { code: RejectCode::StaleMarketData, limit, value: age_ms });
        }
        if view.top.is_crossed_or_locked() {
            return Err(Refusal::plain(RejectCode::CrossedBook));
        }
        Ok(())
    }

    /// R1: the limit of bot, account and platform, and the instrument's.
    fn check_order_qty(&self, question: &OrderContext) -> Verdict {
        let value = question.request.qty as i64;
        let of_bot = question.limits.order_qty;
        let of_instrument = question.instrument.definition.limits.max_order_qty;
        let limit = limit(of_bot, value)?.min(limit(of_instrument, value)?);
        if value > limit {
            return Err(Refusal { code: RejectCode::OrderQuantity, limit, value });
        }
        Ok(())
    }

    /// R15.
    fn check_stage_cap(&self, question: &OrderContext) -> Verdict {
        let value = question.of_bot.max(i64::from(question.request.qty));
        let limit = limit(question.bot.definition.stage_cap, value)?;
        if value > limit {
            return Err(Refusal { code: RejectCode::StageCap, limit, value });
        }
        Ok(())
    }

    /// R3 for the bot.
    fn check_bot_position(&self, question: &OrderContext) -> Verdict {
        cap(RejectCode::BotPosition, question.limits.position, question.of_bot)
    }

    /// R3 for the instrument, then for the account.
    fn check_position_sums(&self, question: &OrderContext) -> Verdict {
        let (place, added) = (question.place(), question.grows);
        let instrument = self.exposures.instrument(place);
        let account = self.exposures.account(place);
        let of_instrument = question.instrument.definition.limits.max_position;
        let of_account = question.limits.account_position;
        cap(RejectCode::InstrumentPosition, of_instrument, instrument + added)?;
        cap(RejectCode::AccountPosition, of_account, account + added)
    }

    /// R4: distance from the middle of the live book, in ticks, rounded up.
    fn check_collar(&self, question: &OrderContext) -> Verdict {
        let instrument = question.instrument;
        let reference = instrument.view.map_or(Price::NONE, |view| view.top.mid());
        let price = self.price_at_stake(&question.request);
        if !reference.is_some() || !price.is_some() {
            return Err(Refusal::plain(RejectCode::NoReferencePrice));
        }
        let tick = instrument.definition.tick;
        let value = match waits_for_stop(&question.request) {
            // It is traded where its stop is, however far that is from the market of now.
            true => beyond_stop(&question.request, tick),
            false => price.0.abs_diff(reference.0).div_ceil(tick.0 as u64) as i64,
        };
        let limit = limit(instrument.definition.limits.collar_ticks, value)?;
        if value > limit {
            return Err(Refusal { code: RejectCode::PriceCollar, limit, value });
        }
        Ok(())
    }

    fn check_room(&self, question: &OrderContext) -> Verdict {
        let is_new = question.request.kind == OutboundKind::New;
        if !is_new || self.working.has_room(question.request.bot, question.reducing) {
            Ok(())
        } else {
            Err(Refusal::plain(RejectCode::TableFull))
        }
    }

    /// R8. What opens leaves the headroom alone; cancels may use half of it and what reduces all; a
    /// kill's cancels are counted but never refused. A limit that is missing blocks what opens.
    pub(super) fn check_rate(&self, question: &Question) -> Verdict {
        if question.killing {
            return Ok(());
        }
        let is_entry = !question.reducing && question.request.kind != OutboundKind::Cancel;
        let account = self
            .registry
            .account(question.request.account)
            .ok_or(Refusal::plain(RejectCode::NotDefined))?;
        let limits = (account.messages_per_second, account.cancel_headroom);
        if (limits.0 == 0 || limits.1 == 0) && !is_entry {
            return Ok(());
        }
        let most = limit(limits.0, 1)?.min(rate::RATE_MAX as i64);
        let headroom = limit(limits.1, 1)?;
        let allowed = match question.request.kind {
            OutboundKind::Cancel => (most - headroom / 2).max(1),
            _ if question.reducing => most,
            _ => (most - headroom).max(0),
        };
        if self.windows[self.window_index(question)].has_room(allowed as u32, self.now) {
            return Ok(());
        }
        Err(Refusal { code: RejectCode::MessageRate, limit: allowed, value: allowed + 1 })
    }

    fn window_index(&self, question: &Question) -> usize {
        question.request.account.0 as usize * ROUTES_MAX + question.request.route.index()
    }
}

const NANOS_PER_MILLI: u64 = 1_000_000;

/// A limit that is there.
fn limit(limit: u32, value: i64) -> Result<i64, Refusal> {
    match limit {
        0 => Err(Refusal { code: RejectCode::MissingLimit, limit: 0, value }),
        limit => Ok(limit as i64),
    }
}

/// A cap on a position.
fn cap(code: RejectCode, max: u32, after: i64) -> Verdict {
    let limit = limit(max, after)?;
    if after > limit {
        return Err(Refusal { code, limit, value: after });
    }
    Ok(())
}
