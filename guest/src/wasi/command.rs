//! The command: `wasi:cli/run`.

use super::bindings::wasi::cli::{environment, exit, stdin, stdout, types};
use super::bindings::wit_stream;
use super::connect::{ConnectError, create_connection};
use super::connection::Connection;
use super::inbound::Inbound;
use super::outbound::Outbound;
use super::signal::Signal;
use crate::cli::{self, Answer, Connect, DONE, FAILED, USAGE};
use crate::draw;
use crate::failure::{Failure, SocketError};
use crate::options::Options;
use crate::timeline::Outcome;
use crate::tls::context::{Context, Trust};
use futures_lite::future::or;
use std::io::IsTerminal;
use std::path::Path;
use std::rc::Rc;

/// Runs the command; tells a failure by exit status 1 or 2 and on standard error.
pub(super) async fn run() -> Result<(), ()> {
    let status = match command().await {
        Ok(()) => DONE,
        Err(Answer { text, status: DONE }) => {
            print!("{text}");
            DONE
        }
        Err(Answer { text, status }) => {
            eprint!("{text}");
            status
        }
    };
    match status {
        DONE => Ok(()),
        FAILED => Err(()),
        status => {
            exit::exit_with_code(status);
            Err(())
        }
    }
}

async fn command() -> Result<(), Answer> {
    let arguments = cli::parse(environment::get_arguments())?;
    let options = options(&arguments)?;
    let connected = create_connection(options, &Signal::default()).await;
    let connection = connected.map_err(|error| told(&arguments, error))?;
    if arguments.verbose {
        eprint!("{}", facts(&connection));
        let timeline = connection.timeline.borrow();
        eprint!(
            "{}",
            draw::timeline(&timeline, std::io::stderr().is_terminal())
        );
    }
    let joined = join(&connection).await;
    let closed = match &joined {
        Ok(()) => connection.close().await.map_err(Into::into),
        Err(_) => Ok(()),
    };
    connection.abort();
    joined
        .and(closed)
        .map_err(|why: String| failed(&arguments, &why))
}

fn failed(arguments: &Connect, why: &dyn std::fmt::Display) -> Answer {
    let Connect { host, port, .. } = arguments;
    Answer {
        text: format!("switchboard: {host} port {port}: {why}\n"),
        status: FAILED,
    }
}

/// The options of the connection, with the files that they name.
fn options(arguments: &Connect) -> Result<Options, Answer> {
    let mut options = arguments.options().map_err(cli::usage)?;
    if !arguments.tls() {
        return Ok(options);
    }
    let trust = match arguments.ca.is_empty() {
        true => Trust::Mozilla,
        false => Trust::None,
    };
    let mut context = Context::new(trust);
    for path in &arguments.ca {
        let unusable = |why: &dyn std::fmt::Display| {
            cli::usage(format_args!("--ca {}: {why}", path.display()))
        };
        let bytes = read(path).map_err(|error| {
            unusable(&format_args!(
                "{error}; may the component see this directory (--dir)?"
            ))
        })?;
        let loaded = context.load_verify_locations(&bytes);
        loaded.map_err(|failure| unusable(&failure))?;
    }
    let alpn = arguments
        .alpn
        .iter()
        .map(|it| it.clone().into_bytes())
        .collect();
    let set = context.set_alpn_protocols(alpn);
    set.map_err(|failure| cli::usage(format_args!("--alpn: {failure}")))?;
    let config = context.client_config().map_err(cli::usage)?;
    options.tls = Some(config);
    Ok(options)
}

/// Reads a file of the caller's, who names it from where it stands. Not every host tells where that is; then the
/// directories that it opened are all there is.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let from = environment::get_initial_cwd().unwrap_or_default();
    std::fs::read(Path::new(&from).join(path)).or_else(|_| std::fs::read(path))
}

/// One clear sentence, and what was tried.
fn told(arguments: &Connect, error: ConnectError) -> Answer {
    let tried: Vec<_> = error
        .timeline
        .iter()
        .filter(|step| step.address.is_some())
        .collect();
    let why = match &error.failure {
        // The wrong address or name of a wrong argument is not a connection that failed.
        Failure::InvalidArgument(text) => {
            return Answer {
                text: format!("error: {text}\n"),
                status: USAGE,
            };
        }
        Failure::Os(failure) => match (&failure.code, tried.as_slice()) {
            (SocketError::Other(None), [_, _, ..]) => "no address answers".into(),
            (_, [_]) => draw::short(&error.failure),
            _ => error.message.clone(),
        },
        Failure::All(_) => "no address answers".into(),
        _ => error.message.clone(),
    };
    let mut answer = failed(arguments, &why);
    if arguments.verbose {
        let symbols = std::io::stderr().is_terminal();
        answer.text += &draw::timeline(&error.timeline, symbols);
        return answer;
    }
    for step in &tried {
        let (Some(address), outcome) = (step.address, &step.outcome) else {
            continue;
        };
        let how = match outcome {
            Outcome::Failed(failure) => draw::short(failure),
            Outcome::Abandoned => "no answer".into(),
            Outcome::Succeeded => "ok".into(),
        };
        answer.text += &format!("  {} {address}: {how}\n", step.phase);
    }
    answer
}

/// What was agreed on, a line each.
fn facts(connection: &Connection) -> String {
    let mut text = String::new();
    if let Some(address) = connection.remote_address() {
        text += &format!("connected to {}\n", std::net::SocketAddr::from(address));
    }
    if let Some(facts) = connection.facts() {
        let version = if facts.tls13 { "TLSv1.3" } else { "TLSv1.2" };
        text += &format!("{version}, {}, {}", facts.cipher_suite, facts.key_exchange);
        if let Some(alpn) = facts.alpn {
            text += &format!(", ALPN {}", String::from_utf8_lossy(&alpn));
        }
        text += "\n";
    }
    text
}

/// Joins standard input and output to the connection until the peer has said everything.
async fn join(connection: &Rc<Connection>) -> Result<(), String> {
    let (input, _input_ended) = stdin::read_via_stream();
    let receiving = async {
        if connection.facts().is_none() {
            let (received, ended) = connection.receive();
            let written = stdout::write_via_stream(received).await;
            return match ended.await {
                Err(code) => Err(SocketError::from(code).to_string()),
                Ok(()) => written.map_err(output),
            };
        }
        // Between two ends in one component there can be no future, so it is done here and not by `receive`.
        let (plaintext, received) = wit_stream::new();
        let mut plaintext = Outbound::new(plaintext);
        let written = stdout::write_via_stream(received);
        let received = connection.receive_all(&mut plaintext).await;
        drop(plaintext);
        let written = written.await;
        received?;
        written.map_err(output)
    };
    let sending = async {
        let sent = match connection.facts() {
            None => connection
                .send(input)
                .await
                .map_err(|code| SocketError::from(code).to_string()),
            Some(_) => connection
                .send_all(&mut Inbound::new(input))
                .await
                .map_err(Into::into),
        };
        match sent {
            // Only a failure of sending is worth an early word: its success leaves the rest to the peer.
            Ok(()) => std::future::pending().await,
            Err(why) => Err(why),
        }
    };
    or(receiving, sending).await
}

fn output(code: types::ErrorCode) -> String {
    match code {
        types::ErrorCode::Pipe => "nobody reads standard output any more".into(),
        _ => "standard output cannot be written".into(),
    }
}
