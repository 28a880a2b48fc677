//! `protocol SCENARIO server=ADDRESS [ca=FILE] [unhandled=yes]`: asyncio's protocols. Prints what the protocol was told, a line, and then what
//! else was seen, a line each.

mod datagrams;
mod recorder;
mod secure;
mod starttls;
mod streams;

use crate::Outcome;
use crate::arguments::Arguments;
use recorder::Plan;
use std::cell::RefCell;
use std::rc::Rc;
use switchboard_client::protocol::{
    ExceptionHandler, get_exception_handler, set_exception_handler,
};

pub(crate) async fn run(arguments: &Arguments) -> Outcome {
    let told = Rc::new(RefCell::new(Vec::new()));
    let listener = told.clone();
    let handler: ExceptionHandler = Rc::new(move |exception| {
        let error = exception.error.map(|it| format!(" ({it})"));
        let line = format!("{}{}", exception.message, error.unwrap_or_default());
        listener.borrow_mut().push(line);
    });
    // Else it is told to stderr.
    if arguments.get("unhandled").is_none() {
        assert!(set_exception_handler(Some(handler)).is_none());
        assert!(get_exception_handler().is_some());
    }
    let scenario = arguments.word(1)?;
    let recorder = match scenario.split_once('/') {
        Some(("datagrams", scenario)) => datagrams::run(scenario, arguments).await?,
        Some(("starttls", scenario)) => starttls::run(scenario, arguments).await?,
        Some(("tls", scenario)) => secure::run(scenario, arguments).await?,
        _ => streams::run(scenario, arguments).await?,
    };
    println!("{}", recorder.log());
    for line in told.borrow().iter() {
        println!("told: {line}");
    }
    Ok(())
}

/// Where reading is paused from the beginning.
const PAUSED: [&str; 5] = [
    "pausing",
    "read-ahead",
    "unread",
    "paused-reset",
    "close-paused",
];

/// What a recorder is to do, by the name of the scenario.
fn plan(scenario: &str) -> Plan {
    Plan {
        fails: scenario
            .strip_prefix("fail-")
            .unwrap_or_default()
            .to_owned(),
        keeps_open: scenario == "keep-open",
        pauses: PAUSED.contains(&scenario),
        writes_eof: scenario == "unsupported",
        empty: scenario == "empty-buffer",
        log: Rc::default(),
    }
}
