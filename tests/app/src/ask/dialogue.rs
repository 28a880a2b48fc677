//! What is said on a connection, step by step.

use super::question::{Question, StartTls};
use super::settings::Contexts;
use super::{answer, call};
use crate::bindings::switchboard::connect::streams::{Connection, StartTlsOptions, StreamFailure};
use crate::clock::sleep;
use crate::ends::{Completion, Sink, Source};
use crate::json::answer::Answer;
use crate::json::options::{duration, nanoseconds};
use crate::json::outcome::stream_failure;
use futures_lite::future::{or, pending};
use serde::Deserialize;
use serde_json::json;

/// As much as `"read"` reads.
const MOST: usize = 1024 * 1024;
pub(super) const PING: &[u8] = b"ping\n";

/// A step, or several.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Then {
    One(Move),
    Several(Vec<Move>),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Move {
    /// Read to the end.
    Read,
    /// Write a line and read as much.
    Echo,
    /// Read, byte by byte and so none too many, until this has come.
    ReadUntil(String),
    /// Read as many bytes, and none more.
    ReadExactly(usize),
    /// Write this.
    Write(String),
    /// Write these bytes, in hexadecimal.
    WriteHex(String),
    /// Write as many bytes.
    WriteMany(usize),
    /// Write as many bytes, and give that up after so many seconds.
    WriteFor(usize, f64),
    /// Say that no more will be written.
    WriteEof,
    /// Take the stream of a direction, and do nothing with it.
    Take(Direction),
    /// Speak TLS from here on.
    StartTls(Box<StartTls>),
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Direction {
    Receive,
    Send,
}

/// Why a dialogue does not go on.
enum Stop {
    /// The connection has failed.
    Failed(StreamFailure),
    /// The step took too long. The connection was dropped.
    Late,
    /// `start-tls` has failed, and took the connection along.
    Gone,
    /// The dialogue makes no sense.
    Wrong(String),
}

impl From<StreamFailure> for Stop {
    fn from(failure: StreamFailure) -> Self {
        Self::Failed(failure)
    }
}

/// Goes through the steps, notes what comes of them, and closes the connection.
pub(super) async fn hold(
    question: &Question,
    connection: Connection,
    contexts: &Contexts,
    answer: &mut Answer,
) -> Result<(), String> {
    let steps = match &question.then {
        None => &[],
        Some(Then::One(step)) => std::slice::from_ref(step),
        Some(Then::Several(steps)) => &steps[..],
    };
    let mut connection = Some(connection);
    let mut taken = Vec::new();
    for step in steps {
        let Some(current) = connection.take() else {
            break;
        };
        let done = match step {
            Move::StartTls(options) => start_tls(options, current, contexts, answer).await,
            Move::Take(direction) => {
                taken.push(Taken::new(*direction, &current).await);
                Ok(current)
            }
            step => or(talk(step, current, answer), late(question)).await,
        };
        match done {
            Ok(current) => connection = Some(current),
            Err(Stop::Failed(failure)) => {
                answer.talk_failure = Some(stream_failure(&failure));
            }
            Err(Stop::Late) => answer.talk_failure = Some(json!("took too long")),
            // Those of a connection without TLS are the caller's own, and outlive it.
            Err(Stop::Gone) if question.step_limit.is_none() => {}
            Err(Stop::Gone) => {
                let ended = async {
                    for taken in taken.drain(..) {
                        taken.ended().await;
                    }
                    Ok(())
                };
                if or(ended, late(question)).await.is_err() {
                    answer.talk_failure = Some(json!("its streams go on"));
                }
            }
            Err(Stop::Wrong(why)) => return Err(why),
        }
    }
    if let Some(connection) = connection
        && let Err(failure) = connection.close().await
    {
        answer.close_failure = Some(stream_failure(&failure));
    }
    Ok(())
}

/// The time that a step may take.
async fn late<T>(question: &Question) -> Result<T, Stop> {
    match question.step_limit {
        Some(limit) => sleep(duration(limit)).await,
        None => pending().await,
    }
    Err(Stop::Late)
}

async fn talk(
    step: &Move,
    connection: Connection,
    answer: &mut Answer,
) -> Result<Connection, Stop> {
    let mut bytes = Vec::new();
    match step {
        Move::Read => {
            let read = read(&connection, &mut bytes, u32::MAX, |all| all.len() >= MOST).await;
            answer.heard(bytes);
            read?;
        }
        Move::Echo => {
            connection.write(PING.to_vec()).await?;
            let most = PING.len() as u32;
            read(&connection, &mut bytes, most, |all| all.len() >= PING.len()).await?;
            answer.echo = Some(String::from_utf8_lossy(&bytes).into_owned());
        }
        Move::ReadUntil(text) => {
            let all = |all: &[u8]| all.ends_with(text.as_bytes());
            let read = read(&connection, &mut bytes, 1, all).await;
            answer.heard(bytes);
            read?;
        }
        Move::ReadExactly(count) => {
            let read = read(&connection, &mut bytes, 1, |all| all.len() >= *count).await;
            answer.heard(bytes);
            read?;
        }
        Move::Write(text) => connection.write(text.clone().into_bytes()).await?,
        Move::WriteHex(text) => connection.write(unhex(text).map_err(Stop::Wrong)?).await?,
        Move::WriteMany(count) => connection.write(vec![b'x'; *count]).await?,
        Move::WriteFor(count, seconds) => {
            let given_up = async {
                sleep(duration(*seconds)).await;
                Ok(())
            };
            or(connection.write(vec![b'x'; *count]), given_up).await?;
        }
        Move::WriteEof => connection.write_eof().await?,
        Move::Take(_) | Move::StartTls(_) => {
            return Err(Stop::Wrong("not a step of talking".to_owned()));
        }
    }
    Ok(connection)
}

/// Reads at most so many bytes at a time, until it is enough or there are no more.
async fn read(
    connection: &Connection,
    into: &mut Vec<u8>,
    limit: u32,
    enough: impl Fn(&[u8]) -> bool,
) -> Result<(), StreamFailure> {
    while !enough(into) {
        let bytes = connection.read(limit).await?;
        if bytes.is_empty() {
            break;
        }
        into.extend(bytes);
    }
    Ok(())
}

/// The other ends of a stream that was taken.
enum Taken {
    Receive(Source, Completion),
    Send(Sink, Completion),
}

impl Taken {
    async fn new(direction: Direction, connection: &Connection) -> Self {
        match direction {
            Direction::Receive => {
                let (stream, completion) = connection.receive().await;
                Self::Receive(Source::new(stream), completion)
            }
            Direction::Send => {
                let (sink, outgoing) = Sink::new();
                Self::Send(sink, connection.send(outgoing).await)
            }
        }
    }

    /// Waits until the connection ends it.
    async fn ended(self) {
        match self {
            Self::Receive(mut source, completion) => {
                source.read_to_end().await;
                let _ = completion.await;
            }
            Self::Send(_sink, completion) => {
                let _ = completion.await;
            }
        }
    }
}

async fn start_tls(
    start: &StartTls,
    connection: Connection,
    contexts: &Contexts,
    answer: &mut Answer,
) -> Result<Connection, Stop> {
    let made = contexts.make(Some(&start.tls)).map_err(Stop::Wrong)?;
    let Some(tls) = made.option() else {
        return Err(Stop::Wrong("start-tls without tls".to_owned()));
    };
    let options = StartTlsOptions {
        tls,
        server_name: start.server_name.clone(),
        handshake_timeout: start.handshake_timeout.map(nanoseconds),
        shutdown_timeout: start.shutdown_timeout.map(nanoseconds),
    };
    let (part, connection) = match call::start_tls(start.end, connection, options).await {
        Some(Ok(connection)) => (answer::connected(&connection), Ok(connection)),
        Some(Err(error)) => (answer::failed(&error), Err(Stop::Gone)),
        None => (Answer::dropped(), Err(Stop::Gone)),
    };
    let key_log = made.key_log();
    answer
        .start_tls
        .push(part.with_settings(made.refused, key_log));
    connection
}

fn unhex(text: &str) -> Result<Vec<u8>, String> {
    let digits = text.as_bytes().chunks(2);
    let bytes = digits.map(|pair| {
        let pair = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(pair, 16).ok()
    });
    let bytes: Option<Vec<u8>> = bytes.collect();
    bytes.ok_or_else(|| format!("{text} is not hexadecimal"))
}
