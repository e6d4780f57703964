//! What reads a journal, without a server: the projection for people, the tail that feeds it, replay
//! and recovery; and what a node and its operators say to each other: counters, the command wire and
//! the types of the answers.

#![forbid(unsafe_code)]

pub mod alert_paths;
pub mod api;
pub mod command_wire;
pub mod counters;
pub mod environment;
pub mod fix_board;
pub mod fix_log;
pub mod load;
pub mod node_file;
pub mod projection;
pub mod replay;
pub mod resume;
pub mod statement;
pub mod stress;
pub mod tail;
