//! The journal and what is kept on disk.
//!
//! The journal is the truth of the platform: every input in its order, every effect beside the input
//! that caused it, and every message that left for a broker. Whatever else is kept anywhere can be
//! rebuilt from it. See [`journal`].

#![deny(unsafe_code)]

pub mod journal;
pub mod private;
