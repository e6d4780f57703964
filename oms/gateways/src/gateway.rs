//! The door out: what a route to a broker looks like to whoever owns the order manager's thread.

use gauntlet_manager::order_manager::{Draft, Outbound};
use gauntlet_model::effect::{Enquiry, MessageSent, OrderAdopted};
use gauntlet_model::input::{Input, NumbersSet};
use gauntlet_model::order::Capabilities;
use gauntlet_model::session_vitals::{SessionPolicy, SessionVitals};
use gauntlet_model::units::UnixNanos;

/// What a gateway reports to its owner, in order.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a box would be an allocation on the hot thread")]
pub enum GatewayEvent {
    /// Something for the sequenced stream.
    Input(Input),
    /// A message is about to be written to the wire: the owner journals this before it returns.
    Sent(MessageSent),
    /// The same of the session of a drop copy.
    CopySent(MessageSent),
}

/// A route to a broker: a whole session with its socket, sequence numbers and store.
pub trait Gateway {
    /// Sends an order message. The effect that describes it is in the journal already. `now` is the
    /// wall clock. A message that cannot be sent because the session is down is not kept: the
    /// session's next logon makes the order manager ask about the order.
    fn send(&mut self, outbound: &Outbound, now: UnixNanos, sink: &mut dyn FnMut(GatewayEvent));

    /// Asks the broker for all its orders or positions, in its own words. Each line of the answer is an
    /// input ([`Input::BrokerOrder`], [`Input::BrokerPosition`]), and so is the word on the question itself
    /// ([`Input::EnquiryAnswer`]): how many lines follow, or that the broker answers no such question.
    /// Nothing is kept: while the session is down the question comes to nothing, and the core, which
    /// waits for a while, asks again.
    fn enquire(&mut self, enquiry: &Enquiry, now: UnixNanos, sink: &mut dyn FnMut(GatewayEvent));

    /// Reads what has come, keeps the session alive, reconnects when it must. Never blocks. Returns
    /// how much was done; 0 lets the owner idle.
    fn poll(&mut self, now: UnixNanos, sink: &mut dyn FnMut(GatewayEvent)) -> usize;

    /// Begins an orderly logout; [`Gateway::is_closed`] tells when it is done.
    fn close(&mut self, now: UnixNanos, sink: &mut dyn FnMut(GatewayEvent));

    /// Whether the session is logged out and its socket closed.
    fn is_closed(&self) -> bool;

    /// The order types and lives that it can send. What a venue behind it lacks of these is the
    /// configuration's to say.
    fn capabilities(&self) -> Capabilities;

    /// Takes in a definition of an instrument or an account; other inputs say nothing to a gateway.
    fn define(&mut self, input: &Input);

    /// An order that only the broker knew is one of ours: how the broker calls it, so that a message about it
    /// names it as the broker knows it, and not as we do. A gateway whose messages name orders otherwise has
    /// nothing to do.
    fn adopt(&mut self, adopted: &OrderAdopted) {
        let _ = adopted;
    }

    /// A person sets the session's sequence numbers, or wants both sides' to begin anew. A session that is on logs
    /// out first. A gateway without such numbers has nothing to do.
    fn set_numbers(&mut self, set: &NumbersSet) {
        let _ = set;
    }

    /// How its session fares at this moment; `None` for a gateway without one.
    fn vitals(&self) -> Option<SessionVitals> {
        None
    }

    /// When its session's numbers begin anew, and when it is open; `None` for a gateway without one.
    fn policy(&self) -> Option<SessionPolicy> {
        None
    }

    /// Encodes an order message as [`Gateway::send`] would and throws it away: everything but the
    /// wire, for SHADOW and to keep the encoder near. Returns the length of what would have been sent;
    /// `None` when it could not be sent.
    fn draft(&mut self, draft: &Draft, now: UnixNanos) -> Option<usize>;

    /// Raw tick reading right before the last write of bytes; 0 before the first.
    fn last_write_started(&self) -> u64;

    /// Raw tick reading right after the last read that brought bytes: the arrival of what the last
    /// [`Gateway::poll`] reported; 0 before the first.
    fn last_read_finished(&self) -> u64;
}
