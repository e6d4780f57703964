//! FIX 4.4 order entry: codec, session, transport and the gateway made of them.
//!
//! Three layers, each usable without the one above:
//!
//! - [`codec`] turns fields into bytes and bytes into an indexed view. No allocation, no state.
//! - [`session`] is the session protocol of FIX 4.4 volume 2 for both roles, without sockets or
//!   clocks: bytes and times go in, bytes to write come out.
//! - [`transport`] moves those bytes over a non-blocking TCP socket; [`reach`] says how a broker that has more than
//!   one fixed address is connected to,
//!   [`socks`] by way of whom, and [`tls`] makes the connection secure. [`gateway::FixGateway`] is the
//!   initiator that the order manager sends through, [`drop_copy::DropCopy`] one that only listens;
//!   [`peer::FixPeer`] is the acceptor that a simulated broker is built on.

pub mod codec;
pub mod dictionary;
pub mod drop_copy;
pub mod gateway;
pub mod peer;
pub mod profile;
pub mod reach;
pub mod session;
pub mod socks;
pub mod tags;
pub mod tls;
pub mod transport;
