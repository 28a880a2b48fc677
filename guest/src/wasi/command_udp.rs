//! The command `udp`: lines as datagrams, and datagrams as lines.

use super::bindings::exports::switchboard::connect::datagrams::{Datagram, Event, Outgoing};
use super::bindings::wasi::cli::{stdin, stdout};
use super::bindings::wit_stream;
use super::clock::{Clock, sleep};
use super::command::{UNREADABLE, failed, output, say, symbols};
use super::endpoint::{Endpoint, SendFailure};
use super::inbound::Inbound;
use super::open_endpoint::{CALL, EndpointError, create_datagram_endpoint};
use super::outbound::{Outbound, Unwanted};
use super::signal::Signal;
use crate::address::Address;
use crate::cli::{self, Answer, DONE, FAILED, USAGE, Udp};
use crate::draw;
use crate::failure::{Failure, OsFailure, SocketError};
use crate::json::{self, Exchange};
use crate::lines::{self, Line, Lines};
use crate::sentence;
use futures_lite::future::or;
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use wit_bindgen::rt::async_support::yield_async;

/// How many events are taken at a time.
const BATCH: u32 = 256;

/// How often to look whether standard output is taken again.
const PAUSE: Duration = Duration::from_millis(50);

/// Sends what comes in and prints what arrives, until nothing happens any more.
pub(super) async fn exchange(arguments: &Udp) -> Result<(), Answer> {
    let created = create_datagram_endpoint(arguments.options(), None, &Signal::default()).await;
    let session = Session {
        arguments,
        endpoint: created.map_err(|error| told(arguments, error))?,
        clock: Clock::start(),
        last: Cell::default(),
        is_writing: Cell::default(),
        taken: Cell::default(),
        received: Cell::default(),
        failures: RefCell::default(),
    };
    session.tell(&session.opened());
    let done = session.run().await;
    let answer = session.answer(done);
    session.endpoint.close().await;
    answer
}

/// Why a session ended that should not have.
enum Ended {
    /// A line was none of those that it promised.
    Wrong(String),
    Failed(String),
    /// Nobody wants what arrives.
    Unwanted,
}

impl From<Unwanted> for Ended {
    fn from(_: Unwanted) -> Self {
        Ended::Unwanted
    }
}

/// An endpoint between standard input and output.
struct Session<'a> {
    arguments: &'a Udp,
    endpoint: Rc<Endpoint>,
    clock: Clock,
    /// When something happened last.
    last: Cell<Duration>,
    /// Something has arrived that standard output has not taken yet.
    is_writing: Cell<bool>,
    /// How many lines were taken from standard input.
    taken: Cell<u64>,
    received: Cell<u64>,
    /// What went wrong on the way, and how often.
    failures: RefCell<Vec<(OsFailure, u64)>>,
}

impl Session<'_> {
    async fn run(&self) -> Result<(), Ended> {
        let (printed, for_output) = wit_stream::new();
        let written = stdout::write_via_stream(for_output);
        let mut printed = Outbound::new(printed);
        let ended = {
            let receiving = self.receive(&mut printed);
            let sending = async {
                let sent = match self.arguments.listen {
                    true => Ok(()),
                    false => self.send().await,
                };
                // What was sent may be answered, whatever came after it.
                if sent.is_ok() || self.taken.get() > 0 {
                    self.idle().await;
                }
                sent
            };
            // Both wait now and then, whatever the peer and the input do: neither keeps the other waiting.
            or(receiving, sending).await
        };
        drop(printed);
        let written = written.await;
        match ended {
            Ok(()) | Err(Ended::Unwanted) => written.map_err(|code| Ended::Failed(output(code)))?,
            Err(_) => {}
        }
        ended
    }

    /// Prints what arrives, until there is enough of it.
    async fn receive(&self, printed: &mut Outbound) -> Result<(), Ended> {
        let enough = |received: u64| self.arguments.count.is_some_and(|it| received >= it);
        loop {
            let events = self.endpoint.next_batch(BATCH, None).await;
            self.is_writing.set(true);
            for event in events {
                match event {
                    Event::Received(datagram) => {
                        self.received.set(self.received.get() + 1);
                        self.print(datagram, printed).await?;
                        if enough(self.received.get()) {
                            return Ok(printed.flush().await?);
                        }
                    }
                    Event::Failed(failure) => self.failed(OsFailure {
                        code: failure.code.into(),
                        message: failure.message,
                    }),
                    Event::Closed => return Ok(printed.flush().await?),
                }
            }
            printed.flush().await?;
            self.is_writing.set(false);
            self.happened();
        }
    }

    async fn print(&self, datagram: Datagram, printed: &mut Outbound) -> Result<(), Unwanted> {
        let Datagram { data, address } = datagram;
        if self.arguments.common.verbose {
            let bytes = match data.len() {
                1 => "1 byte".to_owned(),
                bytes => format!("{bytes} bytes"),
            };
            self.tell(&format!("from {}: {bytes}\n", Address::from(address)));
        }
        lines::write(&data, self.arguments.hex, printed.buffer());
        match self.arguments.common.verbose {
            // Both may go to one terminal.
            true => printed.flush().await,
            false => Ok(()),
        }
    }

    /// Sends the lines of standard input as they come.
    async fn send(&self) -> Result<(), Ended> {
        let (input, input_ended) = stdin::read_via_stream();
        let mut input = Inbound::new(input);
        let mut lines = Lines::new(self.arguments.hex);
        loop {
            let more = input.fill().await;
            self.send_lines(lines.take(input.buffer(), !more)).await?;
            if !more {
                break;
            }
            yield_async().await;
        }
        let ended = input_ended.await;
        ended.map_err(|_| Ended::Failed(UNREADABLE.into()))
    }

    async fn send_lines(&self, lines: Vec<Line>) -> Result<(), Ended> {
        let mut batch = Vec::new();
        for line in lines {
            match line {
                Line::Datagram(data) => batch.push(Outgoing {
                    data,
                    address: None,
                }),
                Line::TooLong => {
                    self.taken.set(self.taken.get() + 1);
                    self.failed(OsFailure::new(SocketError::DatagramTooLarge));
                }
                Line::Wrong(number) => {
                    self.send_batch(batch).await?;
                    return Err(Ended::Wrong(format!(
                        "line {number} of standard input is not in hexadecimal"
                    )));
                }
            }
        }
        self.send_batch(batch).await
    }

    async fn send_batch(&self, batch: Vec<Outgoing>) -> Result<(), Ended> {
        let (count, result) = self.endpoint.send_batch(batch).await;
        self.taken.set(self.taken.get() + u64::from(count));
        self.happened();
        result.map_err(|failure| {
            Ended::Failed(match failure {
                SendFailure::InvalidArgument(why) | SendFailure::RefusedNetwork(why) => why,
                SendFailure::Closed => "the endpoint is closed".into(),
            })
        })
    }

    /// Waits until nothing has happened for so long.
    async fn idle(&self) {
        let Some(wait) = self.arguments.wait() else {
            return std::future::pending().await;
        };
        self.happened();
        loop {
            let until = self.last.get().saturating_add(wait);
            match (self.is_writing.get(), self.clock.now() < until) {
                (true, _) => sleep(PAUSE).await,
                (false, true) => self.clock.wait_until(until).await,
                (false, false) => return,
            }
        }
    }

    fn happened(&self) {
        self.last.set(self.clock.now());
    }

    /// A failure that is not the end: told when it is the first of its kind.
    fn failed(&self, failure: OsFailure) {
        let mut failures = self.failures.borrow_mut();
        match failures.iter_mut().find(|(it, _)| *it == failure) {
            Some((_, count)) => *count += 1,
            None => {
                self.warn(&short(&failure));
                failures.push((failure, 1));
            }
        }
    }

    fn warn(&self, why: &str) {
        let why = format!("warning: {why}");
        self.tell(&failed(&self.arguments.place(), &why).text);
    }

    /// What is told on the way; `--json` tells it all at the end.
    fn tell(&self, text: &str) {
        if !self.arguments.common.json {
            say(&mut std::io::stderr(), text);
        }
    }

    /// Where it is bound: whoever wants to send something there has to know.
    fn opened(&self) -> String {
        let Udp { common, listen, .. } = self.arguments;
        let (local, remote) = self.addresses();
        let shown = |it: Option<&Address>| it.map_or("any address".into(), Address::to_string);
        // One that broadcasts is bound to no peer.
        let to = remote.map_or_else(|| self.arguments.place(), Address::to_string);
        let mut text = match (listen, common.verbose) {
            (true, _) => format!("listening on {}\n", shown(local)),
            (false, true) => format!("from {} to {}\n", shown(local), to),
            (false, false) => String::new(),
        };
        if common.verbose {
            text += &draw::timeline(&self.endpoint.timeline, symbols());
        }
        text
    }

    fn addresses(&self) -> (Option<&Address>, Option<&Address>) {
        (
            self.endpoint.local_address(),
            self.endpoint.remote_address(),
        )
    }

    /// How many datagrams went out: all lines but those that made none.
    fn sent(&self, failures: &[(OsFailure, u64)]) -> u64 {
        let too_large = failures
            .iter()
            .filter(|(failure, _)| failure.code == SocketError::DatagramTooLarge);
        let not_sent = too_large.map(|(_, count)| count).sum();
        self.taken.get().saturating_sub(not_sent)
    }

    /// What came of it, told.
    fn answer(&self, done: Result<(), Ended>) -> Result<(), Answer> {
        let failures = self.failures.borrow();
        let missing = self.arguments.count.map(|it| (it, self.received.get()));
        let missing = missing.filter(|(count, received)| received < count);
        let (why, status) = match done {
            Ok(()) if let Some((count, received)) = missing => (
                Some(format!(
                    "{received} of {count} datagrams have arrived in time"
                )),
                FAILED,
            ),
            Ok(()) if failures.is_empty() => (None, DONE),
            Ok(()) => (None, FAILED),
            Err(Ended::Wrong(why)) if self.taken.get() == 0 => (Some(why), USAGE),
            Err(Ended::Wrong(why) | Ended::Failed(why)) => (Some(why), FAILED),
            Err(Ended::Unwanted) => (Some("standard output takes no more".into()), FAILED),
        };
        let dropped = self.endpoint.dropped();
        if self.arguments.common.json {
            let (local, remote) = self.addresses();
            let report = Exchange {
                local: local.cloned(),
                remote: remote.cloned(),
                // Not of the network: standard input or output.
                failure: why.as_ref().map(|why| json!({ "transfer": why })),
                message: why,
                failures: failures.clone(),
                timeline: self.endpoint.timeline.clone(),
                received: self.received.get(),
                sent: self.sent(&failures),
                dropped,
            };
            return reported(&report, status);
        }
        for (failure, count) in failures.iter().filter(|(_, count)| *count > 1) {
            self.warn(&format!("{}, {count} times in all", short(failure)));
        }
        if dropped > 0 {
            self.warn(&format!(
                "{dropped} datagrams or failures were lost, as standard output did not take them in time"
            ));
        }
        match (why, status) {
            (None, DONE) => Ok(()),
            // All is told.
            (None, status) => Err(Answer {
                text: String::new(),
                status,
            }),
            (Some(why), USAGE) => Err(cli::usage(why)),
            (Some(why), _) => Err(failed(&self.arguments.place(), &why)),
        }
    }
}

/// A word or two.
fn short(failure: &OsFailure) -> String {
    match failure.code {
        SocketError::DatagramTooLarge => {
            "a datagram is too large: 65507 bytes are the most, 65527 over IPv6".into()
        }
        _ => draw::short(&Failure::Os(failure.clone())),
    }
}

/// The report, on standard error whatever the status is.
fn reported(report: &Exchange, status: u8) -> Result<(), Answer> {
    let text = report.line();
    match status {
        DONE => {
            say(&mut std::io::stderr(), &text);
            Ok(())
        }
        status => Err(Answer { text, status }),
    }
}

/// Why there is no endpoint: one clear sentence, and what was tried.
fn told(arguments: &Udp, error: EndpointError) -> Answer {
    let EndpointError {
        failure, timeline, ..
    } = error;
    let Udp { common, .. } = arguments;
    let status = match sentence::is_of_usage(&failure) {
        true => USAGE,
        false => FAILED,
    };
    if common.json {
        let report = Exchange {
            failure: Some(json::failure(&failure)),
            message: Some(failure.of(CALL)),
            timeline,
            ..Exchange::default()
        };
        let text = report.line();
        return Answer { text, status };
    }
    let local = arguments.has_local();
    let why = sentence::why_no_endpoint(&failure, &timeline, common.timeout, local);
    if status == USAGE {
        return cli::usage(why);
    }
    let mut answer = failed(&arguments.place(), &why);
    answer.text += &match common.verbose {
        true => draw::timeline(&timeline, symbols()),
        false => draw::failures(&timeline),
    };
    answer
}
