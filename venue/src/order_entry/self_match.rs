//! Which orders are never to trade with each other.
//!
//! As on CME an order may name a group (tag 7928), and what comes cancels what rests of its group, unless it
//! says that it is to be cancelled itself (tag 8000: O the older, N the newer). Whoever wants more than
//! that has all orders of one account be a group.

use super::request::Terms;
use crate::market::SelfMatch;
use gauntlet_model::text::Text;
use std::collections::HashMap;

/// Groups that are known.
const GROUPS_MAX: usize = 4_096;

/// The groups of orders that do not trade with each other.
#[derive(Debug, Default)]
pub(super) struct Groups {
    by_account: bool,
    /// By whether the name is an account's, and the name.
    known: HashMap<(bool, Text<24>), u32>,
}

impl Groups {
    /// From now on the orders of an account that name no group are one.
    pub fn set_by_account(&mut self, by_account: bool) {
        self.by_account = by_account;
    }

    /// What an order is not to trade with; `None` when there are too many groups.
    pub fn of(&mut self, terms: &Terms) -> Option<SelfMatch> {
        let (is_account, name) = match terms.self_match_id {
            id if !id.is_empty() => (false, id),
            _ if self.by_account && !terms.account.is_empty() => (true, terms.account),
            _ => return Some(SelfMatch::NONE),
        };
        let key = (is_account, name);
        let next = self.known.len() as u32 + 1;
        let id = match self.known.get(&key) {
            Some(id) => *id,
            None if self.known.len() >= GROUPS_MAX => return None,
            None => *self.known.entry(key).or_insert(next),
        };
        Some(SelfMatch::new(id, terms.gives_way.unwrap_or(false)))
    }
}
