//! The picture as the API's types.

use super::bots::BotState;
use super::market::InstrumentState;
use super::orders::OrderRow;
use super::{FeedState, KillState, Noted, Projection};
use crate::api;
use gauntlet_model::effect::{self, OrderType, Outcome, RejectCode};
use gauntlet_model::ids::{AccountId, BotId, INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::input::{BotDefinition, FeedChange, Route, Scope, SessionChange};
use gauntlet_model::units::{Money, Price, Side, UnixNanos};
use std::collections::BTreeMap;

/// How many of each history an answer holds.
#[derive(Clone, Copy, Debug)]
pub struct Depth {
    /// Finished orders.
    pub finished: usize,
    /// Signals, refusals and alerts, of each.
    pub notes: usize,
}

impl Depth {
    /// All that is kept.
    pub const ALL: Depth = Depth { finished: usize::MAX, notes: usize::MAX };
}

pub(super) fn price(price: Price) -> Option<f64> {
    price.is_some().then(|| price.to_f64())
}

fn dollars(micros: i128) -> f64 {
    micros as f64 / 1e6
}

fn side(side: Side) -> String {
    match side {
        Side::Buy => "buy".to_owned(),
        Side::Sell => "sell".to_owned(),
    }
}

pub(super) fn time(time: UnixNanos) -> String {
    time.to_string()
}

impl Projection {
    /// The whole picture.
    pub fn snapshot(&self, title: &str, depth: Depth) -> api::Snapshot {
        api::Snapshot {
            status: self.status(title),
            bots: self.bots(),
            orders: self.orders(depth.finished),
            positions: self.positions(),
            instruments: self.instruments(),
            accounts: self.accounts(),
            signals: self
                .signals
                .newest_first()
                .take(depth.notes)
                .map(|s| self.signal(s))
                .collect(),
            rejects: self
                .rejects
                .newest_first()
                .take(depth.notes)
                .map(|r| self.reject(r))
                .collect(),
            alerts: self.alerts.newest_first().take(depth.notes).map(|a| self.alert(a)).collect(),
            pnl: self.pnl_points(),
        }
    }

    /// The platform in brief. What only its owner knows (the node's counters, how far the journal is
    /// read) is left empty.
    pub fn status(&self, title: &str) -> api::Status {
        let obstacles = self.obstacles();
        api::Status {
            running: false,
            title: title.to_owned(),
            state: obstacles.first().map_or(api::PlatformState::Trading, |first| first.state),
            reasons: obstacles.into_iter().map(|obstacle| obstacle.why).collect(),
            run: self.run.map(|run| api::Run {
                epoch: run.what.epoch,
                run: run.what.run,
                since: time(run.time),
                version: run.what.version.to_string(),
                config_hash: crate::replay::hex(&run.what.config_hash),
                binary_hash: crate::replay::hex(&run.what.binary_hash),
                self_test_passed: run.what.self_test_passed,
            }),
            seq: self.seq,
            time: (self.seq > 0).then(|| time(self.time)),
            feeds: self.feeds.iter().map(feed).collect(),
            brokers: self.broker_sessions(),
            drop_copies: self.drop_copies(),
            kills: self.kills.iter().map(|kill| self.kill(kill)).collect(),
            doubts: self.doubts(),
            compared: self.compared(),
            breaks: self.breaks(),
            breakers: self.breakers(),
            last_stress: None,
            limit_changes: self.limit_changes(),
            losses: self.losses_in_force(),
            pnl: self.routes().map(|route| self.route_pnl(route)).collect(),
            counts: self.counts,
            markets: self.market_health(),
            warming: self.warming(),
            instruments: api::TableUse {
                used: self.instruments.iter().filter(|state| state.definition.is_some()).count()
                    as u32,
                most: INSTRUMENTS_MAX as u32,
            },
            rejects_by_code: self.rejects_by_code(),
            journal: api::JournalStatus::default(),
            node: None,
        }
    }

    fn warming(&self) -> Vec<String> {
        let warms = |bot: &&BotState| {
            let last = bot.last_decision.as_ref().map(|noted| noted.what.outcome);
            last == Some(Outcome::WarmingUp) && bot.definition().is_some_and(|bot| bot.enabled)
        };
        let named = self.bots.iter().filter(warms).filter_map(BotState::definition);
        named.map(|definition| definition.name.to_string()).collect()
    }

    fn market_health(&self) -> Vec<api::MarketHealth> {
        let defined = self.instruments.iter().filter_map(|state| Some((state, state.definition?)));
        let tally = |(what, count): (&str, u64)| api::Tally { what: what.to_owned(), count };
        defined
            .map(|(state, definition)| api::MarketHealth {
                symbol: definition.symbol.to_string(),
                blocks: self.blocks(state),
                faults: state.faults().map(|(fault, count)| tally((fault.name(), count))).collect(),
                oddities: state.oddities().into_iter().map(tally).collect(),
            })
            .collect()
    }

    /// The routes that there are: the first broker, the simulators, and whatever more brokers have
    /// a name, a session or a bot.
    fn routes(&self) -> impl Iterator<Item = Route> + '_ {
        let always = [Route::BROKER, Route::PAPER, Route::SHADOW];
        Route::ALL.into_iter().filter(move |route| {
            always.contains(route)
                || self.brokers[*route].is_some()
                || self.sessions[*route].is_some()
                || self.bots.iter().any(|bot| bot.route() == Some(*route))
        })
    }

    pub(super) fn route_name(&self, route: Route) -> String {
        let named = self.brokers[route].filter(|definition| !definition.name.is_empty());
        named
            .map(|definition| definition.name.to_string())
            .unwrap_or_else(|| route.name().to_owned())
    }

    /// The brokers, each with the last word of its session in this run.
    pub(super) fn broker_sessions(&self) -> Vec<api::BrokerSession> {
        let known = self.routes().filter(|route| route.is_broker());
        let session = |route: Route| match self.sessions[route] {
            None => api::BrokerSession {
                name: self.route_name(route),
                state: "not_connected".to_owned(),
                since: None,
                detail: String::new(),
                orders_working_on: self.left_alone(route).0,
                orders_in_doubt: self.left_alone(route).1,
            },
            Some(session) => api::BrokerSession {
                orders_working_on: self.left_alone(route).0,
                orders_in_doubt: self.left_alone(route).1,
                name: self.route_name(route),
                state: match session.what.change {
                    SessionChange::LoggedOn => "logged_on",
                    SessionChange::LoggedOut => "logged_out",
                    SessionChange::Disconnected => "disconnected",
                    SessionChange::MessageRejected => "message_rejected",
                }
                .to_owned(),
                since: Some(time(session.time)),
                detail: session.what.detail.to_string(),
            },
        };
        known.map(session).collect()
    }

    fn route_pnl(&self, route: Route) -> api::RoutePnl {
        let pnl = self.pnl_of(|of| of == route);
        api::RoutePnl {
            route: self.route_name(route),
            real: route.is_broker(),
            realized: dollars(pnl.realized),
            unrealized: dollars(pnl.unrealized),
            unmarked: pnl.unmarked,
        }
    }

    fn rejects_by_code(&self) -> Vec<api::RejectCount> {
        let counts =
            RejectCode::ALL.iter().zip(self.rejects_by_code).filter(|(_, count)| *count > 0);
        let mut rows: Vec<_> = counts
            .map(|(code, count)| api::RejectCount { code: code.name().to_owned(), count })
            .collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.count));
        rows
    }

    fn kill(&self, kill: &KillState) -> api::Kill {
        api::Kill {
            scope: self.scope(kill.change.scope),
            flatten: kill.change.flatten,
            frozen: kill.frozen,
            actor: kill.change.actor.to_string(),
            reason: kill.change.reason.to_string(),
            since: time(kill.since),
            seq: kill.seq,
            orders: kill.change.orders,
        }
    }

    /// Bots, in the order of their table.
    pub fn bots(&self) -> Vec<api::Bot> {
        let defined = self.bots.iter().enumerate();
        let defined = defined.filter_map(|(index, bot)| Some((index, bot, bot.definition()?)));
        defined
            .filter(|(_, _, definition)| !definition.bot.is_desk())
            .map(|(index, bot, definition)| {
                let (_, unrealized) = self.closing(index);
                api::Bot {
                    bot: definition.bot.0,
                    name: definition.name.to_string(),
                    enabled: definition.enabled,
                    killed: self.kills.iter().any(|kill| match kill.change.scope {
                        Scope::Platform => true,
                        Scope::Account(account) => account == definition.account,
                        Scope::Bot(bot) => bot == definition.bot,
                        Scope::Instrument(instrument) => instrument == definition.instrument,
                        Scope::Route(route) => route == definition.route(),
                    }),
                    stage: definition.stage,
                    route: self.route_name(definition.route()),
                    real: definition.route().is_broker(),
                    account: self.account_name(definition.account),
                    instrument: self.symbol(definition.instrument),
                    until: self.until(bot, definition).map(time),
                    next_instrument: bot.roll.map(|(_, roll)| self.symbol(roll.to)),
                    archetype: definition.archetype,
                    fallbacks: bot.fallbacks(),
                    waiting: bot.waiting.as_ref().map(|waiting| self.waiting(&waiting.definition)),
                    session: definition.session,
                    position: bot.qty(),
                    average_price: price(bot.average_price()),
                    realized: bot.realized().to_f64(),
                    unrealized: unrealized.map(Money::to_f64),
                    volume: bot.position.map_or(0, |position| position.volume),
                    orders: bot.orders,
                    fills: bot.fills,
                    rejects: bot.rejects,
                    working: self.orders.working_of(definition.bot) as u32,
                    last_signal: bot.last_signal.as_ref().map(|s| self.signal(s)),
                    last_intent: bot.last_intent.as_ref().map(intent),
                    last_reject: bot.last_reject.as_ref().map(|r| self.reject(r)),
                }
            })
            .collect()
    }

    /// Until when a bot opens in its contract, where that is known: it rolls or only gets out from then on.
    fn until(&self, bot: &BotState, definition: &BotDefinition) -> Option<UnixNanos> {
        let instrument = self.instruments.get(usize::from(definition.instrument.0));
        let closes = instrument.and_then(InstrumentState::end_times);
        let closes = closes.map(|times| times.no_opening_from);
        let rolls = bot.roll.map(|(_, roll)| roll.from);
        closes.into_iter().chain(rolls).min()
    }

    fn waiting(&self, definition: &BotDefinition) -> api::WaitingDefinition {
        api::WaitingDefinition {
            stage: definition.stage,
            route: self.route_name(definition.route()),
            account: self.account_name(definition.account),
            instrument: self.symbol(definition.instrument),
        }
    }

    /// Orders, with so many finished ones at most.
    pub fn orders(&self, finished: usize) -> api::Orders {
        api::Orders {
            working: self.orders.working().map(|row| self.order(row)).collect(),
            finished: self.orders.finished().take(finished).map(|row| self.order(row)).collect(),
            parents: self.orders.parents().map(|parent| self.parent_order(parent)).collect(),
        }
    }

    fn parent_order(&self, parent: &effect::ParentChanged) -> api::ParentOrder {
        let definition = self.bots.get(usize::from(parent.bot.0)).and_then(BotState::definition);
        api::ParentOrder {
            order: parent.parent.to_string(),
            bot: self.bot_name(parent.bot),
            instrument: definition.map(|of| self.symbol(of.instrument)).unwrap_or_default(),
            side: side(parent.side),
            state: parent.state.name().to_owned(),
            qty: parent.qty,
            filled: parent.filled,
            working: parent.working,
            until: time(parent.ends_at),
            owner: parent.actor.to_string(),
        }
    }

    fn order(&self, row: &OrderRow) -> api::Order {
        let last = &row.last;
        let terms = row.terms.as_ref();
        api::Order {
            identity: self.identity(row),
            survives_disconnect: self.survives_disconnect(row),
            while_down: self.while_down(row).map(|what| what.name().to_owned()),
            order_type: terms.map_or(OrderType::Limit, |terms| terms.order_type).name().to_owned(),
            time_in_force: row.life.map(|life| life.name().to_owned()),
            stop_price: terms.and_then(|terms| price(terms.stop_px)),
            until: terms.filter(|terms| terms.expires.0 > 0).map(|terms| time(terms.expires)),
            emulated: terms
                .map(|terms| terms.emulation.words().map(str::to_owned).collect())
                .unwrap_or_default(),
            adopted: (!row.adopted.is_empty()).then(|| row.adopted.to_string()),
            owner: (!row.owner.is_empty()).then(|| row.owner.to_string()),
            parent: terms
                .filter(|terms| terms.parent.is_some())
                .map(|terms| terms.parent.to_string()),
            order: last.order.to_string(),
            cl_ord_id: last.cl_ord_id.to_string(),
            bot: self.bot_name(last.bot),
            instrument: self.symbol(last.instrument),
            side: side(last.side),
            state: last.state.name().to_owned(),
            route: self.route_name(last.route),
            qty: last.qty,
            price: price(last.price),
            filled: last.cum_qty,
            average_price: price(row.average_price()),
            leaves: last.leaves_qty,
            sent: time(row.sent),
            changed: time(row.changed),
        }
    }

    /// What decided an order and who answers for it.
    fn identity(&self, row: &OrderRow) -> Option<api::OrderIdentity> {
        if row.last.bot.is_desk() {
            let owner = row.owner.to_string();
            return Some(api::OrderIdentity {
                algorithm: "manual".to_owned(),
                version: String::new(),
                owner,
            });
        }
        let effect::OrderIdentity { algorithm, version, owner, .. } = row.identity?;
        let (algorithm, version) = (algorithm.to_string(), version.to_string());
        Some(api::OrderIdentity { algorithm, version, owner: owner.to_string() })
    }

    /// What is held.
    pub fn positions(&self) -> api::Positions {
        let mut broker: BTreeMap<(AccountId, InstrumentId), i64> = BTreeMap::new();
        let mut bots = Vec::new();
        for (index, bot) in self.bots.iter().enumerate() {
            let (Some(position), Some(route)) = (bot.position, bot.route()) else { continue };
            if route.is_broker() {
                *broker.entry((position.account, position.instrument)).or_default() +=
                    i64::from(position.qty);
            }
            let (mark, unrealized) = self.closing(index);
            bots.push(api::BotPosition {
                bot: self.bot_name(position.bot),
                account: self.account_name(position.account),
                instrument: self.symbol(position.instrument),
                route: self.route_name(route),
                qty: position.qty,
                average_price: price(bot.average_price()),
                mark: price(mark),
                realized: position.realized.to_f64(),
                unrealized: unrealized.map(Money::to_f64),
                volume: position.volume,
            });
        }
        let net = |((account, instrument), qty)| api::NetPosition {
            account: self.account_name(account),
            instrument: self.symbol(instrument),
            qty,
        };
        api::Positions { bots, broker: broker.into_iter().map(net).collect() }
    }

    fn instruments(&self) -> Vec<api::Instrument> {
        let defined = self.instruments.iter().filter_map(|state| Some((state, state.definition?)));
        defined
            .map(|(state, definition)| {
                let mark = state.mark.as_ref();
                let of = |pick: fn(&effect::Mark) -> Price| mark.and_then(|m| price(pick(&m.what)));
                api::Instrument {
                    symbol: definition.symbol.to_string(),
                    product: definition.product.to_string(),
                    tick: definition.tick.to_f64(),
                    multiplier: definition.multiplier.to_f64(),
                    bid: of(|mark| mark.top.bid),
                    ask: of(|mark| mark.top.ask),
                    bid_size: mark.map_or(0, |mark| mark.what.top.bid_size),
                    ask_size: mark.map_or(0, |mark| mark.what.top.ask_size),
                    last: of(|mark| mark.last),
                    sequence: mark.map_or(0, |mark| mark.what.sequence),
                    messages: mark.map_or(0, |mark| mark.what.messages),
                    time: mark.map(|mark| time(mark.time)),
                    blocks: self.blocks(state),
                    no_opening_from: state.end_times().map(|times| time(times.no_opening_from)),
                    out_from: state.end_times().map(|times| time(times.out_from)),
                }
            })
            .collect()
    }

    /// Why orders that open are blocked in an instrument.
    fn blocks(&self, state: &InstrumentState) -> Vec<String> {
        let ends = state.end_times().is_some_and(|times| self.time >= times.no_opening_from);
        let faults = state.blocks().map(|fault| fault.name());
        faults.chain(ends.then_some("contract_end")).map(str::to_owned).collect()
    }

    fn accounts(&self) -> Vec<api::Account> {
        let defined = self.accounts.iter().flatten();
        defined
            .map(|definition| api::Account {
                name: definition.name.to_string(),
                max_position: definition.max_position,
                messages_per_second: definition.messages_per_second,
                cancel_headroom: definition.cancel_headroom,
            })
            .collect()
    }

    fn signal(&self, noted: &Noted<effect::Signal>) -> api::Signal {
        api::Signal {
            seq: noted.seq,
            time: time(noted.time),
            bot: self.bot_name(noted.what.bot),
            direction: noted.what.direction,
            strength: noted.what.strength,
            confidence: noted.what.confidence,
        }
    }

    pub(super) fn reject(&self, noted: &Noted<effect::Reject>) -> api::Reject {
        api::Reject {
            seq: noted.seq,
            time: time(noted.time),
            bot: self.bot_name(noted.what.bot),
            code: noted.what.code.name().to_owned(),
            side: side(noted.what.side),
            qty: noted.what.qty,
            price: price(noted.what.price),
            limit: noted.what.limit,
            value: noted.what.value,
        }
    }

    fn alert(&self, noted: &Noted<effect::Alert>) -> api::Alert {
        let order = noted.what.cl_ord_id;
        api::Alert {
            seq: noted.seq,
            time: time(noted.time),
            kind: noted.what.kind.name().to_owned(),
            scope: self.scope(noted.what.scope),
            order: order.is_some().then(|| order.to_string()),
            text: noted.what.text.to_string(),
        }
    }

    fn pnl_points(&self) -> Vec<api::PnlPoint> {
        let point = |(second, broker, simulated): &(u64, i128, i128)| api::PnlPoint {
            second: *second,
            broker: dollars(*broker),
            simulated: dollars(*simulated),
        };
        self.pnl.points().iter().map(point).collect()
    }

    pub(super) fn scope(&self, scope: Scope) -> String {
        match scope {
            Scope::Platform => "platform".to_owned(),
            Scope::Account(account) => format!("account:{}", self.account_name(account)),
            Scope::Bot(bot) => format!("bot:{}", self.bot_name(bot)),
            Scope::Instrument(instrument) => format!("instrument:{}", self.symbol(instrument)),
            Scope::Route(route) => format!("venue:{}", self.route_name(route)),
        }
    }

    fn bot_name(&self, bot: BotId) -> String {
        let known = self.bots.get(usize::from(bot.0)).and_then(BotState::definition);
        match known {
            None => format!("#{}", bot.0),
            Some(desk) if bot.is_desk() => {
                format!(
                    "manual:{}/{}",
                    self.account_name(desk.account),
                    self.symbol(desk.instrument)
                )
            }
            Some(definition) => definition.name.to_string(),
        }
    }

    pub(super) fn account_name(&self, account: AccountId) -> String {
        let known = self.accounts.get(usize::from(account.0)).copied().flatten();
        known.map_or_else(|| format!("#{}", account.0), |definition| definition.name.to_string())
    }

    pub(super) fn symbol(&self, instrument: InstrumentId) -> String {
        let known = self.instruments.get(usize::from(instrument.0));
        let known = known.and_then(|state| state.definition);
        known.map_or_else(|| format!("#{}", instrument.0), |d| d.symbol.to_string())
    }
}

pub(super) fn intent(noted: &Noted<effect::Intent>) -> api::Intent {
    api::Intent {
        seq: noted.seq,
        time: time(noted.time),
        target: noted.what.target,
        aggressive: noted.what.urgency == effect::Urgency::Aggressive,
        reason: noted.what.reason.name().to_owned(),
        score: noted.what.score,
    }
}

fn feed(state: &FeedState) -> api::Feed {
    let event = &state.last.what;
    api::Feed {
        feed: event.feed,
        state: feed_state(event.change).to_owned(),
        since: time(state.last.time),
        detail: event.detail.to_string(),
    }
}

/// What a feed said last, in one word.
pub(super) fn feed_state(change: FeedChange) -> &'static str {
    match change {
        FeedChange::Connected => "connected",
        FeedChange::Disconnected => "disconnected",
        FeedChange::Gap => "gap",
        FeedChange::Stale => "stale",
        FeedChange::Ended => "ended",
    }
}
