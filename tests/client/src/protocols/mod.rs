//! `protocol SCENARIO server=ADDRESS [ca=FILE]`: asyncio's protocols. Prints what the protocol was told, a line, and then what
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
use switchboard_client::protocol::set_exception_handler;

pub(crate) async fn run(arguments: &Arguments) -> Outcome {
    let told = Rc::new(RefCell::new(Vec::new()));
    let listener = told.clone();
    set_exception_handler(move |exception| {
        let error = exception.error.map(|it| format!(" ({it})"));
        let line = format!("{}{}", exception.message, error.unwrap_or_default());
        listener.borrow_mut().push(line);
    });
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

/// What a recorder is to do, by the name of the scenario.
fn plan(scenario: &str) -> Plan {
    Plan {
        fails: scenario
            .strip_prefix("fail-")
            .unwrap_or_default()
            .to_owned(),
        keeps_open: scenario == "keep-open",
        pauses: ["pausing", "read-ahead", "unread", "paused-reset"].contains(&scenario),
        empty: scenario == "empty-buffer",
        log: Rc::default(),
    }
}
