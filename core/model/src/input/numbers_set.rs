//! A person's word on the sequence numbers of a broker's session.

use super::Route;
use crate::record::tagged;
use crate::text::Text;

tagged! {
    /// The numbers of a broker's session are to be others, or both sides' are to begin anew. A session that is on
    /// logs out first, and on again with the new ones.
    #[derive(Eq)]
    pub struct NumbersSet {
        /// The route of its orders.
        1 route: Route,
        /// Whether it is its drop copy's session.
        2 of_copy: bool = false,
        /// The number of the next message that we send; 0 as it is.
        3 next_out: u64 = 0,
        /// The number of the next message that we expect; 0 as it is. If neither is given, the next logon asks the
        /// broker to begin both anew (141=Y).
        4 next_in: u64 = 0,
        /// Who asks.
        5 actor: Text<32>,
        /// Why.
        6 reason: Text<64>,
    }
}

impl NumbersSet {
    /// Whether both sides' numbers are to begin anew.
    pub fn begins_anew(&self) -> bool {
        self.next_out == 0 && self.next_in == 0
    }
}
