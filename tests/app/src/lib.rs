//! A small application that Switchboard is plugged into.
#![cfg(target_family = "wasm")]
