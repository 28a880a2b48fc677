//! The command `connect`: joins standard input and output to a connection.

use super::bindings::wasi::cli::{stdin, stdout};
use super::bindings::wit_stream;
use super::clock::{Clock, sleep};
use super::command::{UNREADABLE, failed, one_line, output, say, symbols};
use super::command_starttls::Upgrade;
use super::command_tls;
use super::connect::{ConnectError, create_connection};
use super::connection::Connection;
use super::failure::StreamFailure;
use super::inbound::Inbound;
use super::outbound::Outbound;
use super::signal::Signal;
use super::unix::create_unix_connection;
use crate::address::Address;
use crate::cli::{self, Answer, Common, Connect, FAILED, TlsFlags, USAGE, Unix};
use crate::draw;
use crate::failure::Failure;
use crate::json::{self, Report};
use crate::options::{Options, Tls};
use crate::sentence;
use crate::timeline::Step;
use crate::tls::context::Context;
use crate::unix::UnixOptions;
use futures_lite::future::or;
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::io::{IsTerminal, Write};
use std::rc::Rc;
use std::time::Duration;

/// Connects to a host, and moves bytes until the peer has said everything.
pub(super) async fn connect(
    arguments: &Connect,
    options: Options,
    context: Option<&Context>,
) -> Result<(), Answer> {
    let none = Signal::default();
    let connected = match (arguments.tls.starttls, &options.tls) {
        (Some(protocol), Some(tls)) => {
            let upgrade = Upgrade {
                protocol,
                tls: tls.clone(),
                name: options.effective_server_name().to_owned(),
                timeouts: options.tls_timeouts,
                timeout: options.timeout,
            };
            let plain = Options {
                tls: None,
                server_name: None,
                tls_timeouts: upgrade.before(),
                ..options
            };
            upgrade
                .run(create_connection(plain, None, &none).await)
                .await
        }
        _ => create_connection(options, None, &none).await,
    };
    let talk = Talk {
        place: arguments.place(),
        common: &arguments.common,
        tls: &arguments.tls,
        why: sentence::why,
    };
    talk.run(connected, context).await
}

/// Connects to a Unix socket, and does the same.
pub(super) async fn connect_unix(
    arguments: &Unix,
    options: UnixOptions,
    context: Option<&Context>,
) -> Result<(), Answer> {
    let none = Signal::default();
    let connected = match (arguments.tls.starttls, &options.tls) {
        (Some(protocol), Some(tls)) => {
            let upgrade = Upgrade {
                protocol,
                tls: tls.clone(),
                name: options.server_name.clone().unwrap_or_default(),
                timeouts: options.tls_timeouts,
                timeout: options.timeout,
            };
            let plain = UnixOptions {
                tls: None,
                server_name: None,
                tls_timeouts: upgrade.before(),
                ..options
            };
            upgrade
                .run(create_unix_connection(plain, None, &none).await)
                .await
        }
        _ => create_unix_connection(options, None, &none).await,
    };
    let talk = Talk {
        place: arguments.path.clone(),
        common: &arguments.common,
        tls: &arguments.tls,
        why: sentence::why_no_unix_connection,
    };
    talk.run(connected, context).await
}

/// What is done with a connection, and told of it.
struct Talk<'a> {
    /// Where it is, for a person.
    place: String,
    common: &'a Common,
    tls: &'a TlsFlags,
    /// Why there is none.
    why: fn(&Failure, &[Step], Option<Duration>) -> String,
}

impl Talk<'_> {
    async fn run(
        &self,
        connected: Result<Rc<Connection>, ConnectError>,
        context: Option<&Context>,
    ) -> Result<(), Answer> {
        // Also those of a handshake that has failed.
        let logged = match context {
            Some(context) => command_tls::append_key_log(self.tls, context),
            None => Ok(()),
        };
        let connection = connected.map_err(|error| self.told(error))?;
        logged.map_err(|why| failed(&self.place, &why))?;
        if let (true, Some(facts)) = (self.tls.show_certificates, connection.facts()) {
            let shown = command_tls::certificates(&facts.peer_certificates);
            say(&mut std::io::stderr(), &shown);
        }
        if self.common.verbose {
            let timeline = draw::timeline(&connection.timeline.borrow(), symbols());
            let facts = facts(&self.place, &connection, self.tls.insecure);
            say(&mut std::io::stderr(), &(facts + &timeline));
        }
        let progress = !self.common.json && symbols() && !std::io::stdout().is_terminal();
        let joined = join(&connection, progress).await;
        let closed = match &joined {
            Ok(()) => connection.close().await.map_err(Into::into),
            Err(_) => Ok(()),
        };
        let done = joined.and(closed);
        let report = self
            .common
            .json
            .then(|| report(&connection, done.as_ref().err()));
        connection.abort();
        match (done, report) {
            (Ok(()), None) => Ok(()),
            (Ok(()), Some(report)) => {
                say(&mut std::io::stderr(), &report.line());
                Ok(())
            }
            (Err(why), None) => Err(failed(&self.place, &why)),
            (Err(_), Some(report)) => Err(Answer {
                text: report.line(),
                status: FAILED,
            }),
        }
    }

    /// One clear sentence, and what was tried.
    fn told(&self, error: ConnectError) -> Answer {
        let ConnectError {
            failure, timeline, ..
        } = error;
        let status = match sentence::is_of_usage(&failure) {
            true => USAGE,
            false => FAILED,
        };
        if self.common.json {
            let report = Report {
                failure: Some(json::failure(&failure)),
                message: Some(failure.to_string()),
                timeline,
                ..Report::default()
            };
            let text = report.line();
            return Answer { text, status };
        }
        let why = (self.why)(&failure, &timeline, self.common.timeout);
        if status == USAGE {
            return cli::usage(why);
        }
        let mut answer = failed(&self.place, &why);
        answer.text += &match self.common.verbose {
            true => draw::timeline(&timeline, symbols()),
            false => draw::failures(&timeline),
        };
        answer
    }
}

/// What was agreed on and done, and why it ended, if not well.
fn report(connection: &Connection, why: Option<&String>) -> Report {
    let connected = json::connected(
        connection.local_address(),
        connection.remote_address(),
        connection.credentials(),
        connection.facts(),
    );
    let failure = why.map(|why| match connection.failure() {
        Some(StreamFailure::Socket(error)) => {
            json!({ "stream": { "socket": json::code(&error) } })
        }
        Some(StreamFailure::Tls(failure)) => {
            json!({ "stream": { "tls": json::tls_failure(&failure) } })
        }
        Some(StreamFailure::Aborted) => json!({ "stream": "aborted" }),
        Some(StreamFailure::TimedOut) => json!({ "stream": "timed-out" }),
        // Not of the connection: standard input or output.
        None => json!({ "transfer": why }),
    });
    Report {
        connected: Some(connected),
        failure,
        message: why.cloned(),
        timeline: connection.timeline.borrow().clone(),
        received: connection.received.get(),
        sent: connection.sent.get(),
    }
}

/// The options of the connection, with the files that they name read, and the settings of TLS.
pub(super) fn options(arguments: &Connect) -> Result<(Options, Option<Context>), Answer> {
    let mut options = arguments.options();
    let context = context(&arguments.tls)?;
    options.tls = context.as_ref().map(settings);
    Ok((options, context))
}

/// The same for a Unix socket.
pub(super) fn unix_options(arguments: &Unix) -> Result<(UnixOptions, Option<Context>), Answer> {
    let mut options = arguments.options();
    let context = context(&arguments.tls)?;
    options.tls = context.as_ref().map(settings);
    Ok((options, context))
}

fn context(flags: &TlsFlags) -> Result<Option<Context>, Answer> {
    let wanted = flags.wanted.then(|| command_tls::context(flags));
    wanted.transpose()
}

fn settings(context: &Context) -> Tls {
    Tls {
        config: context.client_config(),
        checks_hostname: context.checks_hostname(),
    }
}

/// What was agreed on, a line each.
fn facts(place: &str, connection: &Connection, insecure: bool) -> String {
    let mut text = String::new();
    match connection.remote_address() {
        Some(Address::Ip(address)) => text += &format!("connected to {address}\n"),
        // That of a Unix socket is what the server called it, which may have been from another directory.
        _ => text += &format!("connected to {}\n", one_line(place)),
    }
    if let Some(facts) = connection.facts() {
        text += &format!("{}, {}", facts.version(), facts.cipher_suite);
        if let Some(group) = facts.key_exchange {
            text += &format!(", {group}");
        }
        if let Some(alpn) = facts.alpn {
            text += &format!(", ALPN {}", String::from_utf8_lossy(&alpn));
        }
        if facts.resumed {
            text += ", resumed";
        }
        if insecure {
            text += ", certificate not verified";
        }
        text += "\n";
    }
    text
}

/// Joins standard input and output to the connection until the peer has said everything; a long transfer into a file
/// can show that it goes on.
async fn join(connection: &Connection, progress: bool) -> Result<(), String> {
    // Not by `receive` and `send`: their futures cannot pass between two ends in one component.
    let (input, input_ended) = stdin::read_via_stream();
    let (received, for_output) = wit_stream::new();
    let receiving = async {
        let mut received = Outbound::new(received);
        let written = stdout::write_via_stream(for_output);
        let done = connection.receive_all(&mut received).await;
        drop(received);
        let written = written.await;
        done?;
        written.map_err(output)
    };
    // Why the peer did not get everything, once that is known. What it says all the same is still worth reading.
    let outcome = RefCell::new(None);
    let sending = async {
        let sent = connection.send_all(&mut Inbound::new(input)).await;
        let sent = match sent {
            Ok(()) => input_ended.await.map_err(|_| UNREADABLE.into()),
            Err(failure) => Err(failure.into()),
        };
        outcome.replace(Some(sent));
        std::future::pending().await
    };
    let received_and_sent = async {
        receiving.await?;
        // The peer may be done and still listen: what comes in is sent as long as it gets on.
        loop {
            let before = connection.sent.get();
            for _ in 0..10 {
                if let Some(sent) = outcome.take() {
                    return sent;
                }
                sleep(Duration::from_millis(100)).await;
            }
            if connection.sent.get() == before {
                return match connection.unsent.get() {
                    0 => Ok(()),
                    _ => Err("the peer has ended and does not take the rest".into()),
                };
            }
        }
    };
    let joined = or(received_and_sent, sending);
    if !progress {
        return joined.await;
    }
    let shown = Cell::new(false);
    let result = or(joined, show_progress(connection, &shown)).await;
    if shown.get() {
        let _ = std::io::stderr().write_all(ERASE_LINE.as_bytes());
    }
    result
}

/// ECMA-48: back to the first column, and erase the line.
const ERASE_LINE: &str = "\r\x1b[K";

async fn show_progress<T>(connection: &Connection, shown: &Cell<bool>) -> T {
    let started = Clock::start();
    loop {
        sleep(Duration::from_millis(500)).await;
        let (received, sent) = (connection.received.get(), connection.sent.get());
        let line = draw::progress(received, sent, started.now());
        let _ = write!(std::io::stderr(), "{ERASE_LINE}{line}");
        shown.set(true);
    }
}
