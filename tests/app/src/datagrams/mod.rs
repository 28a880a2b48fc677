//! `datagrams file=FILE [gate=ADDRESS]`: calls `create-datagram-endpoint` once for each question of the file, a JSON
//! array, in order, does with the endpoint what the question's script says, and prints an answer in a line of JSON for
//! each. Every endpoint is dropped before the next question.

mod call;
mod event;
mod question;
mod script;
mod socket;

use crate::arguments::Arguments;
use crate::bindings::switchboard::connect::datagrams::Endpoint;
use crate::json::answer::Answer;
use crate::json::outcome::{ip, path};
use crate::{gate, json};
use question::Question;
use serde_json::json;
use socket::Given;
use std::future::Future;
use std::pin::Pin;

pub(crate) async fn run(arguments: &Arguments) -> Result<(), String> {
    arguments.only(&["file", "gate"])?;
    for question in json::questions::<Question>(arguments)? {
        json::print(&ask(&question).await?)?;
    }
    gate::wait(arguments).await
}

/// Boxed, as a script may have questions in it.
fn ask(question: &Question) -> Pin<Box<dyn Future<Output = Result<Answer, String>> + '_>> {
    Box::pin(async {
        let given = match &question.sock {
            Some(what) => Some(Given::make(what).await?),
            None => None,
        };
        let (sock, before) = given.map_or((None, None), |it| (Some(it.socket), Some(it.ends)));
        match call::run(question.end, question.options(sock)).await {
            None => Ok(Answer::dropped()),
            Some(Ok(endpoint)) => {
                let mut answer = created(&endpoint);
                answer.results = Some(script::run(&endpoint, &question.script).await?);
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
                    let ends = before.ok_or("a socket was given back that nobody gave")?;
                    Given { socket, ends }.check().await?;
                }
                Ok(answer)
            }
        }
    })
}

fn created(endpoint: &Endpoint) -> Answer {
    let (local, remote) = (endpoint.local_address(), endpoint.remote_address());
    let (local, remote) = (local.as_ref(), remote.as_ref());
    Answer {
        created: Some(json!({
            "local": local.and_then(ip),
            "remote": remote.and_then(ip),
            "local-path": local.and_then(path),
            "remote-path": remote.and_then(path),
        })),
        ..Answer::succeeded(&endpoint.timeline())
    }
}
