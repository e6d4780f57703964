//! The vocabulary: what can happen, what the platform does about it, and what both speak of.
//!
//! Everything that can happen is an [`input::Input`] with a number and a time; everything the stages
//! do about it is an [`effect::Effect`]. This crate uses nothing else of ours, so every other may.

#![forbid(unsafe_code)]

pub mod book;
pub mod calendar;
pub mod desk;
pub mod effect;
pub mod foreign;
pub mod ids;
pub mod input;
pub mod instrument;
pub mod listing;
pub mod market_view;
pub mod near;
pub mod order;
pub mod position;
pub mod record;
#[cfg(test)]
mod recorded;
pub mod sequence_numbers;
pub mod session_schedule;
pub mod session_vitals;
pub mod text;
pub mod units;
