//! R25: what a broker copies to a second session, held against what its order session told.
//!
//! A copied report moves nothing. A fill that one side alone has told for longer than the two sessions may
//! be apart, one that they tell otherwise, and an order that nobody here placed are differences: shown,
//! told a person, and nothing opens in their account and instrument until they are settled. Exits go on.
//! What settles one is the missing side when it comes, a later list of the broker's positions that agrees, or
//! a person (`ctl correct settle`).

use crate::message::ToOrders;
use gauntlet_model::effect::{AlertKind, Break, BreakClass, RejectCode};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::{
    CopiedReport, CopySession, CopyTerms, Correction, CorrectionKind, ExecType, Route, Scope,
    SessionChange,
};
use gauntlet_model::text::Text;
use gauntlet_model::units::{Price, Side};

use super::checks::{OrderContext, Refusal, Verdict};
use super::copies::{CopiedFill, Difference, NAMELESS_MAX, Nameless, ToldFill, Whose, Word};
use super::exposure::Place;
use super::fills::Fill;
use super::{Risk, alert};

/// Whether a broker gives a fill no identity.
fn is_nameless(exec_id: Text<32>) -> bool {
    matches!(exec_id.as_bytes(), b"" | b"0")
}

impl Risk {
    /// R25. Nothing opens where the copy differs, nor by a route whose copy is required and down.
    pub(super) fn check_drop_copy(&self, question: &OrderContext) -> Verdict {
        let place = question.place();
        let session = &self.copies.sessions[place.route];
        let is_missing = session.up_since.is_none()
            && session.terms.is_some_and(|terms: CopyTerms| terms.required);
        let differs = self.copies.blocking > 0 && self.is_blocked_by_copy(place);
        if !question.reducing && (is_missing || differs) {
            return Err(Refusal::plain(RejectCode::DropCopy));
        }
        Ok(())
    }

    /// What is known of a broker's copy from now on.
    pub(super) fn on_copy_terms(&mut self, terms: &CopyTerms) {
        if terms.route.is_broker() {
            let session = &mut self.copies.sessions[terms.route];
            (session.terms, session.began) = (Some(*terms), self.now);
        }
    }

    /// The session of a copy came up or went down.
    pub(super) fn on_copy_session(&mut self, event: &CopySession, out: &mut impl FnMut(ToOrders)) {
        let (now, route) = (self.now, event.route);
        let session = &mut self.copies.sessions[route];
        match event.change {
            SessionChange::LoggedOn => {
                session.up_since = Some(now);
                if std::mem::take(&mut session.told_down) {
                    let text = "the drop copy is up again";
                    alert(AlertKind::DropCopy, Scope::Route(route), text, out);
                }
            }
            SessionChange::LoggedOut | SessionChange::Disconnected => {
                session.up_since = None;
                // Whoever stops the platform knows.
                if !self.kills.stopped {
                    self.tell_copy_down(route, &event.detail, out);
                }
            }
            SessionChange::MessageRejected => {
                alert(AlertKind::DropCopy, Scope::Route(route), event.detail.as_str(), out);
            }
        }
    }

    fn tell_copy_down(&mut self, route: Route, detail: &Text<64>, out: &mut impl FnMut(ToOrders)) {
        let session = &mut self.copies.sessions[route];
        if session.terms.is_some() && !std::mem::replace(&mut session.told_down, true) {
            let text = Text::<64>::format(format_args!("the drop copy is down: {detail}"));
            alert(AlertKind::DropCopy, Scope::Route(route), text.as_str(), out);
        }
    }

    /// A copied report.
    pub(super) fn on_copied(&mut self, report: &CopiedReport, out: &mut impl FnMut(ToOrders)) {
        if self.copies.sessions[report.route].terms.is_none() {
            return;
        }
        if report.unusable_tag != 0 {
            return self.on_unreadable_copy(report, out);
        }
        if !self.is_our_order(report.cl_ord_id) && !self.is_our_order(report.orig_cl_ord_id) {
            return self.on_foreign_copy(report, out);
        }
        let fill = self.told_fill(report);
        let (route, order) = (report.route, report.cl_ord_id);
        match report.exec_type {
            ExecType::Trade => {
                self.hear_copy((route, report.exec_id, order), Word::Holds(fill), report, out);
            }
            ExecType::TradeCancel => {
                self.hear_copy((route, report.exec_ref_id, order), Word::TakenBack, report, out);
            }
            ExecType::TradeCorrect => {
                self.hear_copy((route, report.exec_ref_id, order), Word::TakenBack, report, out);
                self.hear_copy((route, report.exec_id, order), Word::Holds(fill), report, out);
            }
            ExecType::New | ExecType::Replaced => self.hold_copied_order(report, out),
            _ => {}
        }
    }

    /// Whether an identity is one of an order that was placed here, on an input before this one.
    fn is_our_order(&self, id: ClOrdId) -> bool {
        self.registry.owner(id).is_some() && id.seq() < self.seq
    }

    /// What a report tells of a fill. An account that it does not name is its order's.
    fn told_fill(&self, report: &CopiedReport) -> ToldFill {
        let of_bot = self.registry.owner(report.cl_ord_id).and_then(|bot| self.registry.bot(bot));
        ToldFill {
            account: report.account.or_else(|| of_bot.map(|bot| bot.place().account)),
            instrument: report.instrument,
            symbol: report.symbol,
            side: report.side,
            qty: report.last_qty,
            price: report.last_px,
        }
    }

    /// The copy's word on a fill of ours. One that was taken back stays so, whatever is told again.
    fn hear_copy(
        &mut self,
        (route, exec_id, order): (Route, Text<32>, ClOrdId),
        word: Word,
        report: &CopiedReport,
        out: &mut impl FnMut(ToOrders),
    ) {
        if is_nameless(exec_id) {
            return match word {
                Word::Holds(fill) => self.hear_nameless((route, order), Whose::Theirs, fill, out),
                _ => self.on_unreadable_copy(report, out),
            };
        }
        let at = self.enter_copy((route, exec_id, order), report.poss_dup, out);
        let (now, seq) = (self.now, self.seq);
        let known = self.copies.fill_mut(at);
        if known.theirs == Word::TakenBack || known.theirs == word {
            return;
        }
        (known.theirs, known.since, known.seq, known.settled) = (word, now, seq, false);
        if let (Word::Unheard, Word::Holds(fill)) = (known.ours, word)
            && self.take_nameless((route, order), Whose::Ours, &fill, out)
        {
            self.copies.fill_mut(at).ours = word;
        }
        self.judge_copy(at, out);
    }

    /// A fill of ours was booked, as a report told it.
    pub(super) fn hear_booked(
        &mut self,
        place: Place,
        fill: &Fill,
        out: &mut impl FnMut(ToOrders),
    ) {
        let Place { route, account, instrument } = place;
        let Fill { exec_id, order, side, qty, price, .. } = *fill;
        let (account, instrument, symbol) = (Some(account), Some(instrument), Text::EMPTY);
        let told = ToldFill { account, instrument, symbol, side, qty, price };
        self.hear_ours((route, exec_id, order), Word::Holds(told), out);
    }

    /// A fill of ours was booked, taken back or adjusted by a correction. `moved` is by how much the
    /// position changed.
    pub(super) fn hear_corrected(
        &mut self,
        place: Place,
        correction: &Correction,
        moved: i64,
        out: &mut impl FnMut(ToOrders),
    ) {
        let Correction { exec_id, side, qty, price, kind, bot, .. } = *correction;
        // What names no order is the bot's all the same: identities begin with the bot.
        let named = correction.order;
        let order = match bot.and_then(|bot| ClOrdId::new(0, bot, 0)) {
            Some(of_bot) if !named.is_some() => of_bot,
            _ => named,
        };
        let fill = Fill {
            route: place.route,
            exec_id,
            order,
            bot: order.bot(),
            side,
            qty,
            price,
            taken: 0,
        };
        let by_hand = !correction.by_broker && is_nameless(exec_id);
        match kind {
            // What a person books need not be on the copy.
            CorrectionKind::Book if by_hand => self.explain_copies(place, order, moved, out),
            CorrectionKind::Book => self.hear_booked(place, &fill, out),
            CorrectionKind::TakeBack => {
                self.hear_ours((place.route, exec_id, order), Word::TakenBack, out);
            }
            CorrectionKind::Adjust => self.explain_copies(place, order, moved, out),
            _ => {}
        }
    }

    fn hear_ours(
        &mut self,
        (route, exec_id, order): (Route, Text<32>, ClOrdId),
        word: Word,
        out: &mut impl FnMut(ToOrders),
    ) {
        if !route.is_broker() {
            return;
        }
        if is_nameless(exec_id) {
            if let Word::Holds(fill) = word {
                self.hear_nameless((route, order), Whose::Ours, fill, out);
            }
            return;
        }
        let expected = self.copies.sessions[route].terms.is_some();
        let at = self.enter_copy((route, exec_id, order), false, out);
        let (now, seq) = (self.now, self.seq);
        let known = self.copies.fill_mut(at);
        (known.ours, known.expected, known.settled) = (word, expected, false);
        (known.since, known.seq) = (now, seq);
        if let (Word::Unheard, Word::Holds(fill)) = (known.theirs, word)
            && self.take_nameless((route, order), Whose::Theirs, &fill, out)
        {
            self.copies.fill_mut(at).theirs = word;
        }
        self.judge_copy(at, out);
    }

    /// The place of a fill in the table. What makes room for it is told first, if it differs.
    fn enter_copy(
        &mut self,
        key: (Route, Text<32>, ClOrdId),
        may_be_old: bool,
        out: &mut impl FnMut(ToOrders),
    ) -> u32 {
        let is_new = self.copies.find(key.0, key.1).is_none();
        if let Some(oldest) = self.copies.next_forgotten().filter(|_| is_new) {
            let old = *self.copies.fill(oldest);
            let watched = self.copies.sessions[old.route].terms.is_some();
            if let Some(difference) = old.difference().filter(|_| watched) {
                if old.told.is_none() {
                    self.tell_copied_fill(oldest, &difference, out);
                }
                // The other side would not find it any more: a person settles it.
                self.doubt_copied(&break_of(&old, &difference), out);
            }
        }
        self.copies.enter(key, self.now, may_be_old)
    }

    /// One side tells contracts of a bot without an identity: they are what the other side told alone, or
    /// wait for it.
    fn hear_nameless(
        &mut self,
        (route, order): (Route, ClOrdId),
        whose: Whose,
        mut fill: ToldFill,
        out: &mut impl FnMut(ToOrders),
    ) {
        if !route.is_broker() || self.copies.sessions[route].terms.is_none() {
            return;
        }
        let other = match whose {
            Whose::Ours => Whose::Theirs,
            Whose::Theirs => Whose::Ours,
        };
        if self.take_nameless((route, order), other, &fill, out) {
            return;
        }
        fill.qty = self.meet_one_sided((route, order), other, fill, out);
        if fill.qty == 0 {
            return;
        }
        let (since, seq) = (self.now, self.seq);
        let same = |known: &&mut Nameless| {
            (known.route, known.order, known.whose) == (route, order, whose)
                && known.fill.side == fill.side
        };
        if let Some(known) = self.copies.nameless.iter_mut().find(same) {
            known.fill.qty = known.fill.qty.saturating_add(fill.qty);
            (known.since, known.seq) = (since, seq);
            return;
        }
        let waits = Nameless { route, order, whose, fill, since, seq, told: false };
        if self.copies.nameless.len() < NAMELESS_MAX {
            self.copies.nameless.push(waits);
        } else {
            let what = break_of_nameless(&waits);
            self.list_copy_break(what, seq, out);
            self.doubt_copied(&what, out);
        }
    }

    /// Takes contracts as those of fills that the other side alone has told, the oldest first. Gives how
    /// many are over.
    fn meet_one_sided(
        &mut self,
        (route, order): (Route, ClOrdId),
        other: Whose,
        fill: ToldFill,
        out: &mut impl FnMut(ToOrders),
    ) -> u32 {
        let mut left = fill.qty;
        for at in self.copies.all() {
            if left == 0 {
                break;
            }
            if !self.copies.is_one_sided(at, route, order.bot(), fill.side, other) {
                continue;
            }
            let known = self.copies.fill_mut(at);
            let word = match other {
                Whose::Theirs => known.theirs,
                Whose::Ours => known.ours,
            };
            let Some(qty) = word.fill().map(|told| told.qty).filter(|qty| *qty <= left) else {
                continue;
            };
            left -= qty;
            (known.ours, known.theirs) = (word, word);
            self.judge_copy(at, out);
        }
        left
    }

    /// Whether contracts that one side told without an identity are this fill: they are used up then.
    fn take_nameless(
        &mut self,
        (route, order): (Route, ClOrdId),
        whose: Whose,
        fill: &ToldFill,
        out: &mut impl FnMut(ToOrders),
    ) -> bool {
        let of = (route, order.bot(), fill.side);
        let Some(left) = self.copies.take_nameless(of, whose, fill.qty) else { return false };
        if left.fill.qty == 0 && left.told {
            let what = break_of_nameless(&left);
            self.settle_copy_breaks(|of| is_about(of, &what), "the missing side came", out);
        }
        true
    }

    /// A person brought a position to a number: what the copy alone has told is in it.
    fn explain_copies(
        &mut self,
        place: Place,
        order: ClOrdId,
        moved: i64,
        out: &mut impl FnMut(ToOrders),
    ) {
        let Some(side) = Side::of(moved) else { return };
        let Place { route, account, instrument } = place;
        let fill = ToldFill {
            account: Some(account),
            instrument: Some(instrument),
            symbol: Text::EMPTY,
            side,
            qty: u32::try_from(moved.unsigned_abs()).unwrap_or(u32::MAX),
            price: Price::NONE,
        };
        self.meet_one_sided((route, order), Whose::Theirs, fill, out);
    }

    /// Looks at a fill of which a word came: what differs at once is told at once, what may still come is
    /// waited for.
    fn judge_copy(&mut self, at: u32, out: &mut impl FnMut(ToOrders)) {
        let known = *self.copies.fill(at);
        let difference = known.difference();
        if known.told.is_some() && difference.map(|now| now.class) != known.told {
            self.copies.fill_mut(at).told = None;
            let what = (known.route, known.exec_id);
            let same =
                |of: &Break| of.class.is_of_copied_fills() && (of.route, of.order_id) == what;
            self.settle_copy_breaks(same, "the drop copy agrees", out);
        }
        match difference {
            None => self.copies.waiting.retain(|waiting| *waiting != at),
            Some(difference) if difference.waits => {
                if self.copies.fill(at).told.is_none() && !self.copies.waiting.contains(&at) {
                    self.copies.waiting.push(at);
                }
            }
            Some(difference) => {
                self.copies.waiting.retain(|waiting| *waiting != at);
                if self.copies.sessions[known.route].terms.is_some() {
                    self.tell_copied_fill(at, &difference, out);
                }
            }
        }
    }

    fn tell_copied_fill(
        &mut self,
        at: u32,
        difference: &Difference,
        out: &mut impl FnMut(ToOrders),
    ) {
        let known = *self.copies.fill(at);
        self.copies.fill_mut(at).told = Some(difference.class);
        self.list_copy_break(break_of(&known, difference), known.seq, out);
        // What is held there instead is as unknown.
        let elsewhere = known.theirs.fill().filter(|told| {
            let instruments = (told.instrument, difference.about.instrument);
            difference.class == BreakClass::CopyTermsDiffer && instruments.0 != instruments.1
        });
        if let Some(told) = elsewhere {
            let (class, theirs) = (BreakClass::CopyUnbooked, told.signed());
            let there = Difference { class, waits: false, about: *told, ours: 0, theirs };
            self.list_copy_break(break_of(&known, &there), known.seq, out);
        }
    }

    /// What time brings: sides that are late, a copy that does not log on, orders that are over.
    pub(super) fn tend_copies(&mut self, out: &mut impl FnMut(ToOrders)) {
        for route in Route::brokers() {
            let session = &self.copies.sessions[route];
            let is_late = self.now.since(session.began) > session.within_ns();
            if session.terms.is_some() && session.up_since.is_none() && is_late {
                self.tell_copy_down(route, &Text::new("it has not logged on"), out);
            }
        }
        for nth in (0..self.copies.waiting.len()).rev() {
            let at = self.copies.waiting[nth];
            let known = *self.copies.fill(at);
            let Some(difference) = known.difference() else { continue };
            let session = &self.copies.sessions[known.route];
            if session.is_late(difference.class, known.since, self.now) {
                self.copies.waiting.swap_remove(nth);
                self.tell_copied_fill(at, &difference, out);
            }
        }
        for at in 0..self.copies.nameless.len() {
            let known = self.copies.nameless[at];
            let session = &self.copies.sessions[known.route];
            if !known.told && session.is_late(known.class(), known.since, self.now) {
                self.copies.nameless[at].told = true;
                self.list_copy_break(break_of_nameless(&known), known.seq, out);
            }
        }
        self.settle_copied_orders(out);
    }
}

/// The difference of a fill, to be listed.
fn break_of(known: &CopiedFill, difference: &Difference) -> Break {
    let Difference { class, about, ours, theirs, .. } = *difference;
    let (account, instrument, symbol) = (about.account, about.instrument, about.symbol);
    let (order, order_id, route) = (known.order, known.exec_id, known.route);
    let active = true;
    Break { route, account, instrument, symbol, active, class, order, order_id, ours, theirs }
}

fn break_of_nameless(known: &Nameless) -> Break {
    let (ours, theirs) = match known.whose {
        Whose::Ours => (known.fill.signed(), 0),
        Whose::Theirs => (0, known.fill.signed()),
    };
    Break {
        route: known.route,
        account: known.fill.account,
        instrument: known.fill.instrument,
        symbol: known.fill.symbol,
        active: true,
        class: known.class(),
        order: known.named_order(),
        order_id: Text::EMPTY,
        ours,
        theirs,
    }
}

/// Whether a listed difference is this one, whatever its numbers are.
fn is_about(of: &Break, what: &Break) -> bool {
    (of.route, of.class, of.order, of.order_id)
        == (what.route, what.class, what.order, what.order_id)
}
