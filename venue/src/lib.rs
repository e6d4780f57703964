//! A simulated exchange with a Databento gateway and a FIX acceptor.

#![forbid(unsafe_code)]

<<<<<<< Updated upstream
pub mod generated;
=======
pub mod lockstep;
>>>>>>> Stashed changes
pub mod market;
pub mod matching;
