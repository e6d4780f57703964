//! All bots, by table place, by instrument and by series of bars.

use super::bot::{Bot, EvaluationContext, Scene};
use super::opinions::Opinions;
use super::rolling::Next;
use super::ruling::{self, Rulings, Waiting};
use super::wiring::{BotTerms, Refusal, RuleStage, Wiring};
use crate::ends::ContractEnd;
use crate::market::Markets;
use crate::message::ToRisk;
use gauntlet_model::calendar::{Calendar, CalendarRef};
use gauntlet_model::desk::DeskPlace;
use gauntlet_model::effect::{Alert, AlertKind, Bar, BotRuling, Decision, Effect, Ruling};
use gauntlet_model::ids::{BOTS_MAX, BotId, ClOrdId, INSTRUMENTS_MAX, InstrumentId};
use gauntlet_model::input::{
    BarKind, BotDefinition, ContractRule, Correction, CorrectionKind, ExecType, ExecutionReport,
    ExternalSignal, InstrumentDefinition, Listing, RuleText, Scope, SessionMode, Stated,
    StatedKind,
};
use gauntlet_model::market_view::MarketView;
use gauntlet_model::text::Text;
use gauntlet_model::units::{Money, Price, UnixNanos};
use gauntlet_strategy::sample::{Candle, Sample, Tape};
use gauntlet_strategy::strategy::Series;

/// What is known of an instrument, and who trades it.
pub(super) struct Listed {
    pub(super) definition: Option<InstrumentDefinition>,
    /// When its product trades; a product that is not known never does.
    pub(super) calendar: CalendarRef,
    view: Option<MarketView>,
    /// When its contract ends, where that was told in this run.
    end: Option<ContractEnd>,
    /// The bots on it, in the order of their table.
    bots: Vec<u16>,
    pub(super) lines: Vec<Line>,
}

/// A series of an instrument's bars, and the bots that read it in the order of their table.
pub(super) struct Line {
    kind: BarKind,
    session: SessionMode,
    pub(super) series: Series,
    bots: Vec<u16>,
}

impl Listed {
    fn nothing() -> Listed {
        let calendar = CalendarRef::Standing(Calendar::closed());
        let (bots, lines) = (Vec::new(), Vec::new());
        Listed { definition: None, calendar, view: None, end: None, bots, lines }
    }

    fn line(&self, kind: BarKind, session: SessionMode) -> Option<&Line> {
        self.lines.iter().find(|line| (line.kind, line.session) == (kind, session))
    }

    /// The series of a kind of bars, begun if there is none.
    pub(super) fn series_for(
        &mut self,
        kind: BarKind,
        session: SessionMode,
        tick: Price,
    ) -> &mut Series {
        let at = match self.lines.iter().position(|l| (l.kind, l.session) == (kind, session)) {
            Some(at) => at,
            None => {
                let series = Series::new(tick.to_f64());
                self.lines.push(Line { kind, session, series, bots: Vec::new() });
                self.lines.len() - 1
            }
        };
        &mut self.lines[at].series
    }

    /// Whether nothing opens in it any more, and whether whoever holds it goes out.
    pub(super) fn closes(&self, now: UnixNanos) -> (bool, bool) {
        let times = self.end.as_ref().and_then(ContractEnd::times);
        times.map_or((false, false), |times| (now >= times.no_opening_from, now >= times.out_from))
    }

    /// Works out when its contract ends, once the time is known.
    fn settle_end(&mut self, now: UnixNanos) {
        if let (Some(end), Some(definition)) = (&mut self.end, &self.definition) {
            end.settle(definition.symbol.as_str(), now);
        }
    }

    fn series_of(&self, bot: &Bot) -> Option<&Series> {
        self.line(bot.bars()?, bot.definition().session).map(|line| &line.series)
    }
}

/// See the module.
pub(super) struct Roster {
    pub(super) bots: Box<[Option<Bot>]>,
    /// One past the last bot that was defined: nobody looks at the places behind it.
    bots_end: usize,
    pub(super) rules: Box<[RuleStage]>,
    pub(super) listed: Box<[Listed]>,
    opinions: Opinions,
    pub(super) rulings: Rulings,
    /// By bot, the contract that it goes on in.
    pub(super) nexts: Box<[Option<Box<Next>>]>,
}

/// What became of a definition.
pub(super) enum Verdict {
    InForce,
    Waits,
    /// Refused, and whether it would have moved the bot.
    Refused {
        refusal: Refusal,
        moving: bool,
    },
}

impl Verdict {
    /// Whether the stages behind take the definition.
    pub fn takes_effect(&self) -> bool {
        matches!(self, Verdict::InForce | Verdict::Refused { moving: false, .. })
    }

    /// Tells what a person should know of it, and what the stages behind obey.
    pub fn tell(&self, bot: BotId, definition: u64, out: &mut impl FnMut(ToRisk)) {
        let ruling = match self {
            Verdict::InForce => return,
            Verdict::Waits => {
                let text = "it holds or works: its new definition waits until it is flat";
                alert(Scope::Bot(bot), Text::new(text), out);
                Ruling::Waits
            }
            Verdict::Refused { refusal, moving } => {
                alert(Scope::Bot(bot), Text::new(&refusal.to_string()), out);
                if !moving {
                    return;
                }
                Ruling::Refused
            }
        };
        out(ToRisk::Effect(Effect::Ruling(BotRuling { bot, definition, ruling })));
    }
}

impl Roster {
    pub fn new() -> Roster {
        Roster {
            bots: (0..BOTS_MAX).map(|_| None).collect(),
            bots_end: 0,
            rules: vec![RuleStage::default(); BOTS_MAX].into_boxed_slice(),
            listed: (0..INSTRUMENTS_MAX).map(|_| Listed::nothing()).collect(),
            opinions: Opinions::new(),
            rulings: Rulings::new(),
            nexts: (0..BOTS_MAX).map(|_| None).collect(),
        }
    }

    /// What one point of an instrument's price is worth; nothing while it is not defined.
    pub fn multiplier(&self, instrument: InstrumentId) -> Money {
        let listed = self.listed.get(usize::from(instrument.0));
        listed.and_then(|listed| listed.definition).map_or(Money(0), |known| known.multiplier)
    }

    pub fn decision(&self, bot: BotId) -> Option<&Decision> {
        Some(self.bots.get(usize::from(bot.0))?.as_ref()?.decision())
    }

    pub fn on_view(
        &mut self,
        view: &MarketView,
        moment: EvaluationContext,
        out: &mut impl FnMut(ToRisk),
    ) {
        let Roster { bots, listed, .. } = self;
        let Some(listed) = listed.get_mut(usize::from(view.instrument.0)) else { return };
        listed.view = Some(*view);
        for place in &listed.bots {
            if let Some(bot) = &mut bots[usize::from(*place)] {
                bot.on_market(view, moment, out);
            }
        }
    }

    pub fn on_bar(
        &mut self,
        bar: &Bar,
        tape: &Tape,
        moment: EvaluationContext,
        out: &mut impl FnMut(ToRisk),
    ) {
        let Roster { bots, listed, .. } = self;
        let Some(listed) = listed.get_mut(usize::from(bar.instrument.0)) else { return };
        let Listed { calendar, view, lines, .. } = listed;
        let on = |line: &&mut Line| (line.kind, line.session) == (bar.kind, bar.session);
        let Some(line) = lines.iter_mut().find(on) else { return };
        let Some(candle) = Candle::of(bar) else { return };
        let session = calendar.session_at(bar.session, bar.ts_open);
        line.series.update(&Sample { candle, tape: *tape, session, gap: bar.gap });
        let scene = Scene {
            moment,
            session: calendar.session_at(bar.session, moment.now),
            view: view.as_ref(),
            series: Some(&line.series),
        };
        for place in &line.bots {
            if let Some(bot) = &mut bots[usize::from(*place)] {
                bot.on_bar((bar, &candle), session, &scene, &line.series, out);
            }
        }
    }

    pub fn on_timer(&mut self, moment: EvaluationContext, out: &mut impl FnMut(ToRisk)) {
        let Roster { bots, bots_end, listed, .. } = self;
        listed.iter_mut().for_each(|listed| listed.settle_end(moment.now));
        for bot in bots[..*bots_end].iter_mut().flatten().filter(|bot| bot.is_busy()) {
            let instrument = listed.get(usize::from(bot.definition().instrument.0));
            let session_at =
                |mode| instrument.and_then(|i| i.calendar.session_at(mode, moment.now));
            let session = session_at(bot.definition().session);
            let exchange_open = session_at(SessionMode::Full24x5).is_some();
            let view = instrument.and_then(|listed| listed.view.as_ref());
            let scene = Scene { moment, session, view, series: None };
            bot.on_timer(&scene, exchange_open, out);
            let (closed, going_out) = instrument.map_or((false, false), |i| i.closes(moment.now));
            if going_out && exchange_open {
                bot.leave(moment, out);
            } else if closed {
                bot.stop_entering(moment, out);
            }
        }
    }

    /// Whether an execution is of the bot whose order it names. Decided once for all stages: a fill that
    /// one of them counted and another did not would leave a position that no order can give back.
    pub fn owns(&self, report: &ExecutionReport) -> bool {
        let bot = self.bots.get(usize::from(report.cl_ord_id.bot().0));
        let bot = bot.and_then(Option::as_ref).filter(|_| report.cl_ord_id.is_some());
        bot.is_some_and(|bot| bot.owns(report))
    }

    /// Counts an execution of the bot whose order it names. Only trades move a position, and what is
    /// booked apart from them ([`Roster::on_correction`]): busts, and fills that no report told.
    pub fn on_execution(
        &mut self,
        report: &ExecutionReport,
        moment: EvaluationContext,
        out: &mut impl FnMut(ToRisk),
    ) {
        if report.exec_type != ExecType::Trade {
            return;
        }
        let Roster { bots, listed, .. } = self;
        let place = usize::from(report.cl_ord_id.bot().0);
        let Some(Some(bot)) = bots.get_mut(place) else { return };
        let instrument = listed.get(usize::from(bot.definition().instrument.0));
        let view = instrument.and_then(|listed| listed.view.as_ref());
        let mode = bot.definition().session;
        let session = instrument.and_then(|i| i.calendar.session_at(mode, moment.now));
        bot.on_fill(report, &Scene { moment, session, view, series: None }, out);
    }

    /// Whether what a correction says can be booked: once for all stages, as [`Roster::owns`].
    pub fn can_book(&self, correction: &Correction) -> bool {
        let bot = correction.bot.and_then(|bot| self.bots.get(usize::from(bot.0))?.as_ref());
        bot.is_some_and(|bot| bot.can_book(correction))
    }

    /// Books what a correction says of its bot.
    pub fn on_correction(
        &mut self,
        correction: &Correction,
        moment: EvaluationContext,
        out: &mut impl FnMut(ToRisk),
    ) {
        let Roster { bots, listed, .. } = self;
        let place = correction.bot.map_or(usize::MAX, |bot| usize::from(bot.0));
        let Some(Some(bot)) = bots.get_mut(place) else { return };
        let instrument = listed.get(usize::from(bot.definition().instrument.0));
        let view = instrument.and_then(|listed| listed.view.as_ref());
        let mode = bot.definition().session;
        let session = instrument.and_then(|i| i.calendar.session_at(mode, moment.now));
        bot.on_correction(correction, &Scene { moment, session, view, series: None }, out);
    }

    /// Whether a bot trades in a place.
    pub fn trades_at(&self, bot: BotId, place: DeskPlace) -> bool {
        let known = self.bots.get(usize::from(bot.0)).and_then(Option::as_ref);
        known.is_some_and(|bot| {
            let BotDefinition { account, instrument, .. } = *bot.definition();
            place == DeskPlace { account, instrument, route: bot.definition().route() }
        })
    }

    /// A bot holds what a journal says, or an order of it was never sent.
    pub fn on_stated(
        &mut self,
        stated: &Stated,
        moment: EvaluationContext,
        out: &mut impl FnMut(ToRisk),
    ) {
        if stated.kind == StatedKind::NoOrder {
            self.rulings.close([stated.order, stated.cl_ord_id]);
        }
        let Roster { bots, listed, .. } = self;
        let known = bots.get_mut(usize::from(stated.bot.0)).and_then(Option::as_mut);
        let Some(bot) = known.filter(|_| stated.kind == StatedKind::Position) else { return };
        let instrument = listed.get(usize::from(bot.definition().instrument.0));
        let mode = bot.definition().session;
        let session = instrument.and_then(|i| i.calendar.session_at(mode, moment.now));
        // Without a view: what it holds is taken over, nothing is decided about it yet.
        bot.on_stated(stated, &Scene { moment, session, view: None, series: None }, out);
    }

    /// Shows an opinion to every bot that it concerns.
    pub fn on_opinion(
        &mut self,
        opinion: &ExternalSignal,
        moment: EvaluationContext,
        out: &mut impl FnMut(ToRisk),
    ) {
        let Roster { bots, listed, opinions, .. } = self;
        match opinions.hear(opinion, moment.now) {
            Ok(true) => {}
            Ok(false) => return,
            Err(refused) => {
                let scope = opinion.instrument.map_or(Scope::Platform, Scope::Instrument);
                return alert(scope, Text::format(format_args!("{refused}")), out);
            }
        }
        for bot in bots.iter_mut().flatten() {
            let BotDefinition { instrument, session, .. } = *bot.definition();
            if opinion.instrument.is_some_and(|of| of != instrument) {
                continue;
            }
            let Some(listed) = listed.get(usize::from(instrument.0)) else { continue };
            let scene = Scene {
                moment,
                session: listed.calendar.session_at(session, moment.now),
                view: listed.view.as_ref(),
                series: listed.series_of(bot),
            };
            bot.on_opinion(opinion, &scene, out);
        }
    }

    pub fn on_instrument(&mut self, definition: &InstrumentDefinition, markets: &mut Markets) {
        let Roster { bots, listed, .. } = self;
        // A definition may bring in another calendar for all of them.
        for (listed, id) in listed.iter_mut().zip(0..) {
            if let Some(calendar) = markets.calendar(InstrumentId(id)) {
                listed.calendar = calendar;
            }
        }
        let Some(listed) = listed.get_mut(usize::from(definition.instrument.0)) else { return };
        let known = |listed: &InstrumentDefinition| (listed.symbol, listed.tick);
        let before = listed.definition.replace(*definition);
        let another = before.is_some_and(|before| known(&before) != known(definition));
        for place in &listed.bots {
            if let Some(bot) = &mut bots[usize::from(*place)] {
                bot.on_instrument(definition, another);
            }
        }
        if another {
            self.tidy(markets);
        }
    }

    pub fn on_contract_rule(&mut self, rule: &ContractRule, now: UnixNanos) {
        if let Some(listed) = self.listed.get_mut(usize::from(rule.instrument.0)) {
            let symbol = listed.definition.map(|definition| definition.symbol);
            let symbol = symbol.unwrap_or(Text::EMPTY);
            listed.end = Some(ContractEnd::new(rule, symbol.as_str(), now));
        }
    }

    /// The exchange says when a contract trades last.
    pub fn on_listing(&mut self, listing: &Listing, now: UnixNanos) {
        if let Some(known) = self.listed.get_mut(usize::from(listing.instrument.0))
            && let (Some(end), Some(definition)) = (&mut known.end, &known.definition)
        {
            end.hear(listing.expiration, definition.symbol.as_str(), now);
        }
    }

    pub fn on_rule_text(&mut self, part: &RuleText, out: &mut impl FnMut(ToRisk)) {
        match self.rules.get_mut(usize::from(part.bot.0)) {
            Some(stage) => stage.take(part),
            None => {
                let refusal = Refusal::BeyondTable;
                alert(Scope::Bot(part.bot), Text::format(format_args!("{refusal}")), out);
            }
        }
    }

    /// Rules about a definition: takes it, lets it wait, or refuses it. What comes of that is told by
    /// the [`Verdict`], behind the input.
    pub fn rule(&mut self, definition: &BotDefinition, seq: u64, markets: &mut Markets) -> Verdict {
        let place = usize::from(definition.bot.0);
        let known = self.bots.get(place).and_then(Option::as_ref);
        let moving = known.is_some_and(|bot| ruling::moves(bot.definition(), definition));
        self.rulings.take_waiting(place);
        if moving && self.is_out(place) {
            self.suspend(place);
            self.rulings.wait(place, Waiting { definition: *definition, seq });
            return Verdict::Waits;
        }
        let outcome = self.define(definition, markets);
        self.tidy(markets);
        match outcome {
            Ok(()) => Verdict::InForce,
            // Where it stands the other stages may take it: it moves nothing.
            Err(refusal) => Verdict::Refused { refusal, moving },
        }
    }

    /// Whether a bot holds, wants or works anything.
    pub(super) fn is_out(&self, place: usize) -> bool {
        let bot = self.bots.get(place).and_then(Option::as_ref);
        bot.is_some_and(Bot::is_busy) || self.rulings.has_open(place)
    }

    pub(super) fn suspend(&mut self, place: usize) {
        if let Some(Some(bot)) = self.bots.get_mut(place) {
            bot.suspend();
        }
    }

    /// Puts definitions that waited in force where their bots are flat by now.
    pub fn release_all(&mut self, markets: &mut Markets, out: &mut impl FnMut(ToRisk)) {
        if !self.rulings.any_waits() {
            return;
        }
        for place in 0..BOTS_MAX {
            self.release(place, markets, out);
        }
    }

    fn release(&mut self, place: usize, markets: &mut Markets, out: &mut impl FnMut(ToRisk)) {
        if !self.rulings.waits(place) || self.is_out(place) {
            return;
        }
        let Some(Waiting { definition, seq }) = self.rulings.take_waiting(place) else { return };
        let outcome = self.define(&definition, markets);
        self.tidy(markets);
        let (bot, definition) = (definition.bot, seq);
        let ruling = match outcome {
            Ok(()) => Ruling::InForce,
            Err(refusal) => {
                alert(Scope::Bot(bot), Text::new(&refusal.to_string()), out);
                Ruling::Refused
            }
        };
        out(ToRisk::Effect(Effect::Ruling(BotRuling { bot, definition, ruling })));
    }

    /// What a broker says of an order, whoever's the execution is: it may be the last that its bot had.
    pub fn on_report(
        &mut self,
        report: &ExecutionReport,
        markets: &mut Markets,
        out: &mut impl FnMut(ToRisk),
    ) {
        if report.cl_ord_id.is_some() {
            self.rulings.note(report);
            self.release(usize::from(report.cl_ord_id.bot().0), markets, out);
        }
    }

    /// Something was put right: a bot may be flat by it, or without an order that its broker forgot.
    pub fn after_correction(
        &mut self,
        correction: &Correction,
        markets: &mut Markets,
        out: &mut impl FnMut(ToRisk),
    ) {
        if correction.kind == CorrectionKind::WriteOff {
            self.rulings.close([correction.order, correction.newest]);
        }
        let order = correction.order.is_some().then(|| correction.order.bot());
        if let Some(bot) = correction.bot.or(order) {
            self.release(usize::from(bot.0), markets, out);
        }
    }

    /// Simulated orders ended with the process that simulated them, and what was told of contracts' ends
    /// with its run.
    pub fn on_run_start(&mut self) {
        self.listed.iter_mut().for_each(|listed| listed.end = None);
        self.nexts.iter_mut().flatten().for_each(|next| next.doubt());
        for (place, bot) in self.bots.iter().enumerate() {
            if bot.as_ref().is_some_and(|bot| bot.definition().route().is_simulated()) {
                self.rulings.forget_open(place);
            }
        }
    }

    pub(super) fn define(
        &mut self,
        definition: &BotDefinition,
        markets: &mut Markets,
    ) -> Result<(), Refusal> {
        let Roster { bots, bots_end, rules, listed, .. } = self;
        let place = usize::from(definition.bot.0);
        let listed = listed.get_mut(usize::from(definition.instrument.0));
        let listed = listed.ok_or(Refusal::BeyondTable)?;
        let bot = bots.get_mut(place).ok_or(Refusal::BeyondTable)?;
        let bot = bot.get_or_insert_with(|| Bot::new(*definition));
        *bots_end = (*bots_end).max(place + 1);
        bot.suspend();
        let instrument = listed.definition.filter(|of| of.tick.is_some() && of.tick > Price(0));
        let instrument = instrument.ok_or(Refusal::NoInstrument)?;
        let text = rules[place].whole(definition.rule_parts).ok_or(Refusal::RulesInPart)?;
        let asked = BotTerms::of(definition, text)?;

        let (kind, session) = (asked.bars, definition.session);
        let followed = markets.follow(definition.instrument, kind, session);
        followed.map_err(|error| Refusal::Bars(error.to_string()))?;
        let series = listed.series_for(kind, session, instrument.tick);
        let before = *bot.definition();
        let stays = bot.wiring().is_some_and(|wiring| wiring.asked == asked)
            && (before.instrument, before.session, before.sizing)
                == (definition.instrument, session, definition.sizing);
        let rewired = match stays {
            true => None,
            false => Some(Wiring::attach(asked, definition.sizing, series)?),
        };
        bot.define(definition, rewired, &instrument, series);
        Ok(())
    }

    /// Lists the bots under their instruments and series anew, and drops the series and nodes that
    /// none of them reads any more.
    pub(super) fn tidy(&mut self, markets: &mut Markets) {
        let Roster { bots, listed, nexts, .. } = self;
        for (instrument, listed) in listed.iter_mut().enumerate() {
            let of = |bot: &&Bot| usize::from(bot.definition().instrument.0) == instrument;
            let Listed { bots: here, lines, .. } = listed;
            here.clear();
            here.extend(bots.iter().flatten().filter(of).map(|bot| bot.definition().bot.0));
            lines.retain_mut(|line| {
                let reads = |bot: &&Bot| {
                    bot.bars() == Some(line.kind) && bot.definition().session == line.session
                };
                let readers = || bots.iter().flatten().filter(of).filter(reads);
                line.bots.clear();
                line.bots.extend(readers().map(|bot| bot.definition().bot.0));
                // Whoever goes on here soon needs its series to be warm by then.
                let coming = || {
                    nexts
                        .iter()
                        .flatten()
                        .filter(|next| next.reads(instrument, line.kind, line.session))
                };
                let wirings = readers().filter_map(Bot::wiring);
                let wirings = wirings.chain(coming().map(|next| &next.wiring));
                line.series.retain(wirings.flat_map(Wiring::nodes));
                !line.bots.is_empty() || coming().next().is_some()
            });
        }
        markets.retain_series(|InstrumentId(instrument), kind, session| {
            listed[usize::from(instrument)].line(kind, session).is_some()
        });
    }
}

pub(super) fn alert(scope: Scope, text: Text<64>, out: &mut impl FnMut(ToRisk)) {
    out(ToRisk::Effect(Effect::Alert(Alert {
        kind: AlertKind::CommandRefused,
        scope,
        cl_ord_id: ClOrdId::NONE,
        ord_status: None,
        text,
    })));
}
