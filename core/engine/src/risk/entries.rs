//! Checks of what opens, in force where the run is told its limits ([`super::limits`]).

use gauntlet_model::effect::{OutboundKind, RejectCode};
use gauntlet_model::units::{PRICE_SCALE, Price, divide, unscale};

use super::Risk;
use super::checks::{OrderContext, Refusal, Verdict};

const NANOS_PER_MILLI: u64 = 1_000_000;

impl Risk {
    /// R12: what may be opened by the platform, the account and the bot.
    pub(super) fn check_allowed(&self, question: &OrderContext) -> Verdict {
        let allowed = question.limits.instruments;
        let place = u32::from(question.request.instrument.0);
        if !self.limits.told() || allowed.checked_shr(place).unwrap_or(0) & 1 == 1 {
            return Ok(());
        }
        Err(Refusal::plain(RejectCode::NotAllowed))
    }

    /// R2: price times multiplier times contracts, by the amount where prices are below zero. Without a
    /// price the middle of the book is taken.
    pub(super) fn check_order_value(&self, question: &OrderContext) -> Verdict {
        if !self.limits.told() {
            return Ok(());
        }
        let instrument = question.instrument;
        let middle = || instrument.view.map_or(Price::NONE, |view| view.top.mid());
        let price = self.price_at_stake(&question.request);
        let price = Some(price).filter(|price| price.is_some());
        let price = price.unwrap_or_else(middle);
        if !price.is_some() {
            return Err(Refusal::plain(RejectCode::NoReferencePrice));
        }
        // A multiplier is above zero. Two such factors fit, a third may not.
        let exact = u128::from(price.0.unsigned_abs())
            * u128::from(instrument.definition.multiplier.0.unsigned_abs());
        let exact = exact.saturating_mul(u128::from(question.request.qty));
        // Rounded up: what is a fraction beyond the limit is beyond it.
        let value = unscale(exact.saturating_add(PRICE_SCALE as u128 - 1));
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        match question.limits.order_value {
            0 => Err(Refusal { code: RejectCode::MissingLimit, limit: 0, value }),
            limit if value > limit => Err(Refusal { code: RejectCode::OrderValue, limit, value }),
            _ => Ok(()),
        }
    }

    /// R5: the band as the venue told it last; what it has not told is not known. Limit and value are in
    /// ticks from zero.
    pub(super) fn check_price_band(&self, question: &OrderContext) -> Verdict {
        let instrument = question.instrument;
        let (low, high) = instrument.venue_limits;
        let (price, tick) = (question.request.price, instrument.definition.tick.0);
        let beyond = [
            (high, price.is_some() && high.is_some() && price > high),
            (low, price.is_some() && low.is_some() && price < low),
        ];
        match beyond.into_iter().find(|(_, is_beyond)| *is_beyond) {
            None => Ok(()),
            Some((limit, _)) => Err(Refusal {
                code: RejectCode::PriceBand,
                limit: limit.0 / tick,
                value: price.0 / tick,
            }),
        }
    }

    /// R3 for all accounts together, where the platform has such a limit.
    pub(super) fn check_platform_position(&self, question: &OrderContext) -> Verdict {
        let limit = i64::from(question.limits.platform_position);
        if limit == 0 {
            return Ok(());
        }
        let value = self.exposures.platform(question.place()) + question.grows;
        if value > limit {
            return Err(Refusal { code: RejectCode::PlatformPosition, limit, value });
        }
        Ok(())
    }

    /// R6: not what the bot opened by a moment ago. Limit and value are in milliseconds.
    pub(super) fn check_duplicate(&self, question: &OrderContext) -> Verdict {
        if !self.limits.told() || question.request.kind != OutboundKind::New {
            return Ok(());
        }
        let window = question.limits.duplicate_window;
        if window == 0 {
            return Err(Refusal::plain(RejectCode::MissingLimit));
        }
        match self.repeats.same_within(&question.request, window, self.now) {
            None => Ok(()),
            Some(age) => Err(Refusal {
                code: RejectCode::DuplicateOrder,
                limit: (window / NANOS_PER_MILLI) as i64,
                value: (age / NANOS_PER_MILLI) as i64,
            }),
        }
    }

    /// R7: the refusal that this gives kills the bot's openings, until a person lets it on.
    pub(super) fn check_executions(&self, question: &OrderContext) -> Verdict {
        if !self.limits.told() || question.request.kind != OutboundKind::New {
            return Ok(());
        }
        let limits = question.limits;
        let (most, window) = (limits.executions, limits.executions_window);
        if most == 0 || window == 0 {
            return Err(Refusal::plain(RejectCode::MissingLimit));
        }
        if self.repeats.has_room(question.request.bot, most, window, self.now) {
            return Ok(());
        }
        let limit = i64::from(most);
        Err(Refusal { code: RejectCode::RepeatedExecutions, limit, value: limit + 1 })
    }

    /// R13: what initial margins take of the account in the worst case of everything that works, within a
    /// part of its equity. In force where the account's equity is told. Limit and value are micro-dollars.
    pub(super) fn check_buying_power(&self, question: &OrderContext) -> Verdict {
        let place = question.place();
        if !self.limits.told() {
            return Ok(());
        }
        let Some(equity) = self.losses.equity(place.route, place.account) else { return Ok(()) };
        let percent = question.limits.margin_percent;
        let margin = self.exposures.margin_of(place.instrument);
        if margin == 0 || percent == 0 {
            return Err(Refusal::plain(RejectCode::MissingLimit));
        }
        let more = question.grows.saturating_mul(margin);
        let value = self.exposures.margin(place).saturating_add(more);
        let limit = divide(i128::from(equity) * i128::from(percent), 100);
        let limit = limit.clamp(0, i128::from(i64::MAX)) as i64;
        if value > limit {
            return Err(Refusal { code: RejectCode::BuyingPower, limit, value });
        }
        Ok(())
    }
}
