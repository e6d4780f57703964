//! R8: how many messages about orders an account sent by a route within the last second, questions of the
//! order manager among them.
//!
//! The order manager keeps windows of its own, with the same messages in them, and asks by what
//! [`allows_question`] says. Risk counts its questions by the same rule and at the same moments, which are before
//! whatever it approves on the same input: a word of a broker's on one order asks about that one, a logon, a
//! timer, a person and the end of a broker's list about all that are due.

use gauntlet_model::ids::BotId;
use gauntlet_model::input::{AccountDefinition, ROUTES_MAX};
use gauntlet_model::units::{NANOS_PER_SECOND, UnixNanos};

use super::Risk;
use super::working::orders_per;

/// Most questions of one input.
pub const QUESTIONS_PER_INPUT: usize = 64;

/// Most messages a second that a window can tell apart; a higher limit counts as this one.
pub const RATE_MAX: usize = 1_024;

/// A log of the last [`RATE_MAX`] send times, so that "fewer than `n` in any one second" is exact
/// and costs one look: the `n`-th last message must be a second old.
#[derive(Clone, Debug)]
pub struct RateWindow {
    times: Box<[UnixNanos]>,
    sent: usize,
}

impl RateWindow {
    /// An empty one, with all the memory that it will use.
    pub fn new() -> RateWindow {
        RateWindow { times: vec![UnixNanos(0); RATE_MAX].into_boxed_slice(), sent: 0 }
    }

    /// Whether one more message keeps to `allowed` in every second.
    pub fn has_room(&self, allowed: u32, now: UnixNanos) -> bool {
        let allowed = (allowed as usize).min(RATE_MAX);
        if allowed == 0 {
            return false;
        }
        if self.sent < allowed {
            return true;
        }
        let nth_last = self.times[(self.sent - allowed) % RATE_MAX];
        now.since(nth_last) >= NANOS_PER_SECOND
    }

    /// Notes a message.
    pub fn record(&mut self, now: UnixNanos) {
        let last = self.times[self.sent.wrapping_sub(1) % RATE_MAX];
        assert!(now >= last, "time never runs backwards");
        self.times[self.sent % RATE_MAX] = now;
        self.sent += 1;
    }
}

/// Whether a question about an order may leave: as a cancel may, half of the headroom is left for what
/// reduces. An account without limits asks.
pub fn allows_question(
    window: &RateWindow,
    account: Option<&AccountDefinition>,
    now: UnixNanos,
) -> bool {
    let limits = account.map_or((0, 0), |one| (one.messages_per_second, one.cancel_headroom));
    if limits.0 == 0 || limits.1 == 0 {
        return true;
    }
    let most = limits.0.min(RATE_MAX as u32);
    window.has_room(most.saturating_sub(limits.1 / 2).max(1), now)
}

impl Default for RateWindow {
    fn default() -> Self {
        RateWindow::new()
    }
}

impl Risk {
    /// Counts the questions that the order manager asks when it looks at every order.
    pub(super) fn count_questions(&mut self) {
        let (mut left, mut from) = (QUESTIONS_PER_INPUT, 0);
        while let Some(bot) = self.working.next_busy(from) {
            from = bot.0 + 1;
            for slot in 0..orders_per(bot) {
                if left > 0 && self.count_question(bot, slot) {
                    left -= 1;
                }
            }
        }
    }

    /// Counts the question that the order manager asks about an order on a word of its broker's, if it does.
    pub(super) fn count_question(&mut self, bot: BotId, slot: usize) -> bool {
        let now = self.now;
        let Some(known) = self.working.get_mut(bot, slot) else { return false };
        let (order, found) = (&mut known.order, known.found);
        let due = !found && order.is_ask_due(now) && self.up[order.route()];
        let place = usize::from(order.account().0) * ROUTES_MAX + order.route().index();
        let account = self.registry.account(order.account());
        let asks = due && allows_question(&self.windows[place], account, now);
        if asks {
            order.asked(now);
            self.windows[place].record(now);
        }
        asks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::ids::AccountId;
    use gauntlet_model::text::Text;

    const START: UnixNanos = UnixNanos(1_700_000_000_000_000_000);

    #[test]
    fn the_limit_passes_and_one_more_waits_for_a_second() {
        let mut window = RateWindow::new();
        for _ in 0..3 {
            assert!(window.has_room(3, START));
            window.record(START);
        }
        assert!(!window.has_room(3, START));
        assert!(!window.has_room(3, START.plus(NANOS_PER_SECOND - 1)));
        assert!(window.has_room(3, START.plus(NANOS_PER_SECOND)));
        assert!(window.has_room(4, START));
    }

    #[test]
    fn no_allowance_means_no_message() {
        assert!(!RateWindow::new().has_room(0, START));
    }

    #[test]
    fn a_limit_beyond_the_window_counts_as_the_window() {
        let mut window = RateWindow::new();
        for _ in 0..RATE_MAX {
            assert!(window.has_room(u32::MAX, START));
            window.record(START);
        }
        assert!(!window.has_room(u32::MAX, START));
    }

    #[test]
    fn questions_leave_half_of_the_headroom_and_an_account_without_limits_asks() {
        let account = |messages_per_second, cancel_headroom| {
            let (account, name) = (AccountId(0), Text::EMPTY);
            let max_position = 0;
            AccountDefinition { account, name, max_position, messages_per_second, cancel_headroom }
        };
        // How many leave at once; 100 stands for no bound.
        for (messages, headroom, most) in [
            (10, 4, 8),
            (10, 5, 8),
            (10, 10, 5),
            (2, 2, 1),
            (1, 1, 1),
            (3, 9, 1),
            (10, 0, 100),
            (0, 4, 100),
        ] {
            let mut window = RateWindow::new();
            let definition = account(messages, headroom);
            let left = (0..100).take_while(|_| {
                let allowed = allows_question(&window, Some(&definition), START);
                window.record(START);
                allowed
            });
            assert_eq!(left.count(), most, "{messages} a second, {headroom} of them headroom");
        }
        let mut window = RateWindow::new();
        (0..RATE_MAX).for_each(|_| window.record(START));
        assert!(allows_question(&window, None, START));
    }
}
