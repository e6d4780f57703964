//! Fusion: the chain's head. From inputs it makes what each bot wants to hold.
//!
//! Everything passes here first, so here is decided what is decided once for all stages: whether an
//! execution was seen before, and what the market of an instrument looks like. Every input is passed
//! on before anything that is made of it.
//!
//! For each finished bar the bots on its instrument run, in the order of their table: exits first,
//! then the strategy, whose verdict becomes a [`Signal`](crate::effect::Signal); the signals that
//! still count are fused into a score, and the score into an [`Intent`](crate::effect::Intent): the
//! position that the bot wants from now on. An intent is said when it changes or is news again, not
//! repeated: an entry that was refused waits for the next signal, one that is not filled when its
//! signal expires is withdrawn. Exits alone persist: once a second, while the exchange is open, until
//! the position is gone.
//!
//! Exits do not ask the strategy. In their order of precedence: stop loss, take profit, end of the
//! session, longest time held; then the signal. Disabled bots enter nothing, but give back what they
//! hold.

mod bot;
mod exits;
mod score;
mod seen;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use bot::{Decision, SIGNAL_BARS};
pub use exits::FLAT_BEFORE_CLOSE;
pub use score::ENTER_SCORE;
pub use seen::SEEN_MAX;

use crate::calendar::Calendar;
use crate::effect::{Alert, AlertKind, Bar, Effect};
use crate::ids::{BOTS_MAX, BotId, ClOrdId, INSTRUMENTS_MAX};
use crate::input::{
    BarKind, BotDefinition, ExecType, ExecutionReport, Input, InstrumentDefinition, Scope,
    Sequenced, SessionMode, Timeframe,
};
use crate::market::{MarketOutput, Markets};
use crate::message::{Arrival, MarketView, ToRisk};
use crate::sample::Candle;
use crate::text::Text;
use bot::{Bot, Moment, Refusal, Scene};
use seen::SeenExecutions;

/// The first stage of the chain.
pub struct Fusion {
    seen: SeenExecutions,
    markets: Markets,
    desk: Desk,
}

impl Default for Fusion {
    fn default() -> Self {
        Fusion::new()
    }
}

impl Fusion {
    /// A stage that has seen nothing. Takes the memory of its tables at once.
    pub fn new() -> Fusion {
        Fusion { seen: SeenExecutions::new(), markets: Markets::new(), desk: Desk::new() }
    }

    /// Takes the next input. `arrived` is the raw time-stamp-counter reading of its arrival, passed
    /// on and not looked at.
    pub fn on(&mut self, sequenced: &Sequenced, arrived: u64, out: &mut impl FnMut(ToRisk)) {
        let fresh = match &sequenced.input {
            Input::Execution(report) => self.seen.is_first_sight(report),
            _ => true,
        };
        out(ToRisk::Input(Arrival { sequenced: *sequenced, fresh, arrived }));
        let Fusion { markets, desk, .. } = self;
        let moment = Moment { seq: sequenced.seq, now: sequenced.time };
        markets.on(sequenced, &mut |output| match output {
            MarketOutput::View(view) => {
                out(ToRisk::Market(view));
                desk.on_view(&view, moment, out);
            }
            MarketOutput::Effect(effect) => out(ToRisk::Effect(effect)),
            MarketOutput::Bar(bar, _) => {
                out(ToRisk::Effect(Effect::Bar(bar)));
                desk.on_bar(&bar, moment, out);
            }
        });
        match &sequenced.input {
            Input::Execution(report) if fresh => desk.on_execution(report, moment, out),
            Input::Timer(_) => desk.on_timer(moment, out),
            Input::Instrument(definition) => desk.on_instrument(definition),
            Input::Bot(definition) => desk.on_definition(definition, out),
            _ => {}
        }
    }

    /// The books and bars.
    pub fn markets(&self) -> &Markets {
        &self.markets
    }

    /// What a bot decided last, and why; `None` when there is no such bot.
    pub fn decision(&self, bot: BotId) -> Option<&Decision> {
        Some(self.desk.bots.get(usize::from(bot.0))?.as_ref()?.decision())
    }
}

/// What is known of an instrument, and who trades it.
#[derive(Clone)]
struct Listed {
    definition: Option<InstrumentDefinition>,
    /// When its product trades; a product that is not known never does.
    calendar: &'static Calendar,
    view: Option<MarketView>,
    /// The bots on it, in the order of their table.
    bots: Vec<u16>,
}

/// All bots, by table place and by instrument.
struct Desk {
    bots: Box<[Option<Bot>]>,
    listed: Box<[Listed]>,
}

impl Desk {
    fn new() -> Desk {
        let nothing =
            Listed { definition: None, calendar: Calendar::closed(), view: None, bots: vec![] };
        Desk {
            bots: (0..BOTS_MAX).map(|_| None).collect(),
            listed: vec![nothing; INSTRUMENTS_MAX].into_boxed_slice(),
        }
    }

    fn on_view(&mut self, view: &MarketView, moment: Moment, out: &mut impl FnMut(ToRisk)) {
        let Desk { bots, listed, .. } = self;
        let Some(listed) = listed.get_mut(usize::from(view.instrument.0)) else { return };
        listed.view = Some(*view);
        for place in &listed.bots {
            if let Some(bot) = &mut bots[usize::from(*place)] {
                bot.on_market(view, moment, out);
            }
        }
    }

    fn on_bar(&mut self, bar: &Bar, moment: Moment, out: &mut impl FnMut(ToRisk)) {
        let Desk { bots, listed } = self;
        let Some(listed) = listed.get(usize::from(bar.instrument.0)) else { return };
        let minutes = (BarKind::Time(Timeframe::M1), SessionMode::Full24x5);
        let Some(candle) = Candle::of(bar).filter(|_| (bar.kind, bar.session) == minutes) else {
            return;
        };
        for place in &listed.bots {
            let Some(bot) = &mut bots[usize::from(*place)] else { continue };
            let mode = bot.definition().session;
            let scene = Scene {
                moment,
                session: listed.calendar.session_at(mode, moment.now),
                view: listed.view.as_ref(),
            };
            let session = listed.calendar.session_at(mode, bar.ts_open);
            bot.on_bar((bar, &candle), session, &scene, out);
        }
    }

    fn on_timer(&mut self, moment: Moment, out: &mut impl FnMut(ToRisk)) {
        let Desk { bots, listed } = self;
        for bot in bots.iter_mut().flatten().filter(|bot| bot.is_busy()) {
            let instrument = listed.get(usize::from(bot.definition().instrument.0));
            let session_at =
                |mode| instrument.and_then(|i| i.calendar.session_at(mode, moment.now));
            let session = session_at(bot.definition().session);
            let exchange_open = session_at(SessionMode::Full24x5).is_some();
            let view = instrument.and_then(|listed| listed.view.as_ref());
            bot.on_timer(&Scene { moment, session, view }, exchange_open, out);
        }
    }

    /// Only trades move a position. Corrections and busts need a person, whom the order manager
    /// alerts; so do fills that are not the bot's, for which risk kills the platform.
    fn on_execution(
        &mut self,
        report: &ExecutionReport,
        moment: Moment,
        out: &mut impl FnMut(ToRisk),
    ) {
        if report.exec_type != ExecType::Trade || !report.cl_ord_id.is_some() {
            return;
        }
        let Desk { bots, listed, .. } = self;
        let place = usize::from(report.cl_ord_id.bot().0);
        let Some(Some(bot)) = bots.get_mut(place) else { return };
        if !bot.owns(report) {
            return;
        }
        let instrument = listed.get(usize::from(bot.definition().instrument.0));
        let view = instrument.and_then(|listed| listed.view.as_ref());
        bot.on_fill(report, view, moment, out);
    }

    fn on_instrument(&mut self, definition: &InstrumentDefinition) {
        let Desk { bots, listed, .. } = self;
        let Some(listed) = listed.get_mut(usize::from(definition.instrument.0)) else { return };
        let known = |listed: &InstrumentDefinition| (listed.symbol, listed.tick);
        let before = listed.definition.replace(*definition);
        listed.calendar = Calendar::of_product(definition.product.as_str());
        let another = before.is_some_and(|before| known(&before) != known(definition));
        for place in &listed.bots {
            if let Some(bot) = &mut bots[usize::from(*place)] {
                bot.on_instrument(definition, another);
            }
        }
    }

    fn on_definition(&mut self, definition: &BotDefinition, out: &mut impl FnMut(ToRisk)) {
        if let Err(refusal) = self.define(definition) {
            out(ToRisk::Effect(Effect::Alert(Alert {
                kind: AlertKind::CommandRefused,
                scope: Scope::Bot(definition.bot),
                cl_ord_id: ClOrdId::NONE,
                ord_status: None,
                text: Text::new(&refusal.to_string()),
            })));
        }
    }

    fn define(&mut self, definition: &BotDefinition) -> Result<(), Refusal> {
        let place = usize::from(definition.bot.0);
        let listed = self.listed.get(usize::from(definition.instrument.0));
        let listed = listed.ok_or(Refusal::BeyondTable)?;
        let bot = self.bots.get_mut(place).ok_or(Refusal::BeyondTable)?;
        let bot = bot.get_or_insert_with(|| Bot::new(*definition));
        let result = bot.define(definition, listed.definition.as_ref());
        self.index();
        result
    }

    /// Lists the bots under their instruments anew.
    fn index(&mut self) {
        let Desk { bots, listed, .. } = self;
        for listed in listed.iter_mut() {
            listed.bots.clear();
        }
        for bot in bots.iter().flatten() {
            let BotDefinition { bot, instrument, .. } = bot.definition();
            listed[usize::from(instrument.0)].bots.push(bot.0);
        }
    }
}
