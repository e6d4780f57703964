//! What a broker says that an account is worth, and what hangs on it.

use super::Route;
use crate::ids::AccountId;
use crate::record::{journaled, tagged};
use crate::text::Text;
use crate::units::Money;
use rkyv::{Archive, Deserialize, Serialize};

/// What a difference in cash brings about.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum CashRule {
    /// The broker is not asked.
    Off = 0,
    /// It is shown, and told a person.
    Warn = 1,
    /// And nothing opens in the account.
    Block = 2,
}

impl CashRule {
    /// Every rule, in order.
    pub const ALL: [CashRule; 3] = [CashRule::Off, CashRule::Warn, CashRule::Block];

    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            CashRule::Off => "off",
            CashRule::Warn => "warn",
            CashRule::Block => "block",
        }
    }
}

tagged! {
    /// How an account's cash is compared with its broker's word: those of a run come behind its accounts.
    /// Of an account of which a run says nothing nobody is asked.
    #[derive(Eq)]
    pub struct CashTerms {
        /// Whose.
        1 account: AccountId,
        /// What a difference brings about.
        2 rule: CashRule,
        /// The balance with which our journal began; `None` for what the broker says first.
        3 start: Option<Money> = None,
        /// By how much the two may differ.
        4 tolerance: Money,
    }
}

journaled! {
    /// A broker's word on the cash of an account.
    pub struct BrokerBalance {
        /// Which route it came by.
        pub route: Route,
        /// See [`BrokerOrder::enquiry`](super::BrokerOrder::enquiry).
        pub enquiry: u64,
        /// See [`BrokerOrder::msg_seq_num`](super::BrokerOrder::msg_seq_num).
        pub msg_seq_num: u64,
        /// The account, if it is one of ours.
        pub account: Option<AccountId>,
        /// Its cash: deposits and what was taken, less commissions and fees, without what is open.
        pub cash: Money,
        /// The currency (tag 15); empty when not given.
        pub currency: Text<4>,
    }
}
