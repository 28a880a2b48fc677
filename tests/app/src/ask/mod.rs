//! `ask file=FILE [gate=ADDRESS]`: calls `create-connection` once for each question of the file, a JSON array, in order,
//! and prints an answer in a line of JSON for each. Every connection is closed before the next question.

mod answer;
mod call;
mod question;
mod socket;

use crate::arguments::{self, Arguments};
use crate::bindings::switchboard::connect::streams::Connection;
use crate::json::answer::Answer;
use crate::{gate, json, tell};
use question::{Question, Then, Tls};
use socket::Given;

/// As much as `"then": "read"` reads.
const MOST: usize = 1024 * 1024;
const PING: &[u8] = b"ping\n";

pub(crate) async fn run(arguments: &Arguments) -> Result<(), String> {
    arguments.only(&["file", "gate"])?;
    for question in json::questions::<Question>(arguments)? {
        json::print(&ask(&question).await?)?;
    }
    gate::wait(arguments).await
}

async fn ask(question: &Question) -> Result<Answer, String> {
    let context = match &question.tls {
        Some(Tls::Trusting(path)) => Some(arguments::trusting(path)?),
        _ => None,
    };
    let given = match &question.sock {
        Some(what) => Some(Given::make(what).await?),
        None => None,
    };
    let (sock, before) = given.map_or((None, None), |it| (Some(it.socket), Some(it.ends)));
    let options = question.options(context.as_ref(), sock);
    match call::run(question, options).await {
        None => Ok(Answer::dropped()),
        Some(Ok(connection)) => {
            let mut answer = answer::connected(&connection);
            talk(question.then, &connection, &mut answer).await?;
            connection.close().await.map_err(tell::stream_failure)?;
            Ok(answer)
        }
        Some(Err(error)) => {
            let answer = Answer::failed(
                &error.failure,
                &error.message,
                &error.timeline,
                error.sock.is_some(),
            );
            if let Some(socket) = error.sock {
                let before = before.ok_or("a socket was given back that nobody gave")?;
                let given = Given {
                    socket,
                    ends: before,
                };
                given.check().await?;
            }
            Ok(answer)
        }
    }
}

async fn talk(
    then: Option<Then>,
    connection: &Connection,
    answer: &mut Answer,
) -> Result<(), String> {
    let mut bytes = Vec::new();
    match then {
        None => {}
        Some(Then::Read) => {
            read(connection, MOST, &mut bytes).await?;
            answer.read = Some(text(bytes)?);
        }
        Some(Then::Echo) => {
            let written = connection.write(PING.to_vec()).await;
            written.map_err(tell::stream_failure)?;
            read(connection, PING.len(), &mut bytes).await?;
            answer.echo = Some(text(bytes)?);
        }
    }
    Ok(())
}

/// Reads until there are as many bytes, or there are no more.
async fn read(connection: &Connection, most: usize, into: &mut Vec<u8>) -> Result<(), String> {
    while into.len() < most {
        let limit = u32::try_from(most - into.len()).unwrap_or(u32::MAX);
        let bytes = connection.read(limit).await;
        let bytes = bytes.map_err(tell::stream_failure)?;
        if bytes.is_empty() {
            break;
        }
        into.extend(bytes);
    }
    Ok(())
}

fn text(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|error| error.to_string())
}
