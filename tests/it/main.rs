//! End to end: the running host, and the rules of the house.

mod access;
mod appends;
mod bad_input;
mod browser;
mod command_line;
mod control;
mod data_api;
mod dispatch;
mod docs;
mod harness;
mod hygiene;
mod lanes;
mod live;
mod logs;
mod logs_large;
mod mail;
mod openapi;
mod plugins;
mod reading;
mod real_smtp;
mod recorded;
mod refusals;
mod reporters;
mod restart;
mod tidy;
mod updates;
