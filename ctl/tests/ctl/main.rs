//! The command line as operators and scripts meet it: a child process, its output, its exit code.

mod address;
mod answers;
mod book;
mod command;
mod correct;
mod data;
mod dbn_files;
mod fix_log;
mod fixture;
mod generate;
mod indicators;
mod journal;
mod order;
mod risk;
mod rules;
mod strategies;
mod usage;
