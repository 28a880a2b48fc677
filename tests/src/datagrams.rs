//! Questions to `create-datagram-endpoint`, as those of [`crate::ask`], and what came back.

use crate::ask::{self, Answer, Question, code};
use crate::certs::Pki;
use crate::composed::{SEEN, Setting};
use crate::proc_net::{self, Socket};
use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::SocketAddr;

/// Puts the questions, one after the other. When all are answered no socket may be connected to their peers or bound where
/// an endpoint was.
///
/// A question is an object of options under their names in WIT, all optional, with durations in seconds; `service` is a
/// number or a text, and `sock` the application's own socket: `unbound:inet`, `unbound:inet6`, `bound:ADDRESS`,
/// `connected:ADDRESS`, or `late:ADDRESS`, which is connected only after a stranger's datagrams have arrived. And beside
/// the options:
///
/// * `end`: `{"cancel": seconds}` or `{"drop": seconds}`, when to end the call; with 0 before it can wait for anything;
/// * `script`: what to do with the endpoint, steps in their order, of which each has a result.
///
/// A step is one of
///
/// * `{"send": text, "to": address, "flow": label}`, where the address, which may be a path, may be left out, and the text be `{"size": bytes}` of
///   the pattern; its result is `"sent"`, or the variant `send-failure`;
/// * `{"send-batch": [those]}`, or `{"send-numbers": count, "size": bytes, "to": address, "one-by-one": bool}`; their result
///   has how many were `sent`, and how it came to its `end`;
/// * `{"next": seconds}`: an [`Event`]; `{"next-batch": {"limit": count, "within": seconds}}` and
///   `{"until": count, "within": seconds}`, by calls of `next`: a list of them. With `"given-up": true` in the first two it
///   is not a timeout that ends the call: it is dropped after that time, which is [`Event::Nothing`] for both;
/// * `"close"`, `"abort"`, `"local-address"`, `"remote-address"`, `"timeline"`, `"dropped"`;
/// * `{"gate": address}`: waits until that server ends the connection that is made to it;
/// * `{"at-once": [script]}`: scripts at the same time; `{"endpoint": question}`: another endpoint meanwhile.
pub async fn ask(pki: &Pki, questions: &[Question]) -> Result<Vec<Answer>> {
    ask_in(&Setting::usual(pki.folder()), pki, questions).await
}

/// As [`ask()`], in this setting.
pub async fn ask_in(
    setting: &Setting<'_>,
    pki: &Pki,
    questions: &[Question],
) -> Result<Vec<Answer>> {
    let peers = peers(&Value::Array(questions.to_vec()));
    let none_left = async |output: String| {
        let mut created = BTreeSet::new();
        for line in output.lines() {
            created.append(&mut endpoints(&serde_json::from_str(line)?));
        }
        // One that is connected to itself and not an endpoint is a peer, which refuses.
        let is_to_peer = |it: &Socket| peers.contains(&it.remote.port()) && it.local != it.remote;
        until_none_left(|it| is_to_peer(it) || created.contains(&it.local)).await
    };
    let answers = ask::put_in(setting, "datagrams", pki, questions, none_left);
    Ok(answers.await?.0)
}

/// Puts one question.
pub async fn ask_one(pki: &Pki, question: Question) -> Result<Answer> {
    let mut answers = ask(pki, &[question]).await?;
    answers.pop().context("no answer")
}

/// Waits until there is no UDP socket for which this is true.
pub async fn until_none_left(is: impl Fn(&Socket) -> bool) -> Result<()> {
    let mut left = Vec::new();
    let none = |all: &[Socket]| {
        let owned = all.iter().filter(|it| it.is_owned() && is(it));
        left = owned.copied().collect();
        left.is_empty()
    };
    let waited = proc_net::until_udp(SEEN, none).await;
    waited.with_context(|| format!("these are left: {left:?}"))
}

/// The ports of all peers in a question, also of one in a script, if the kernel chose them and so they are this test's own.
fn peers(question: &Value) -> BTreeSet<u16> {
    let own = |port: &u16| *port >= 1024;
    match question {
        Value::Array(all) => all.iter().flat_map(peers).collect(),
        Value::Object(members) => {
            let mut ports: BTreeSet<_> = members.values().flat_map(peers).collect();
            let service = question["remote-address"]["service"].as_u64();
            ports.extend(service.and_then(|it| u16::try_from(it).ok()).filter(own));
            let sock = question["sock"].as_str().unwrap_or_default();
            let connected = ["connected:", "late:"].iter();
            let peer = connected.filter_map(|kind| sock.strip_prefix(kind)).next();
            let peer = peer.and_then(|it| it.parse::<SocketAddr>().ok());
            ports.extend(peer.map(|it| it.port()));
            ports
        }
        _ => BTreeSet::new(),
    }
}

/// The addresses of all endpoints in an answer, also of one in a script.
fn endpoints(answer: &Value) -> BTreeSet<SocketAddr> {
    match answer {
        Value::Array(all) => all.iter().flat_map(endpoints).collect(),
        Value::Object(members) => {
            let mut addresses: BTreeSet<_> = members.values().flat_map(endpoints).collect();
            let local = answer["created"]["local"].as_str();
            addresses.extend(local.and_then(|it| it.parse::<SocketAddr>().ok()));
            addresses
        }
        _ => BTreeSet::new(),
    }
}

/// What happened at an endpoint: the variant `event` of WIT.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A datagram has arrived.
    Received(Received),
    /// One could not be delivered, or received.
    Failed(Value),
    /// The endpoint is closed.
    Closed,
    /// Nothing, as long as was waited.
    Nothing,
}

/// A datagram that has arrived.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Received {
    /// How many bytes it has.
    pub size: usize,
    /// Its bytes, if they are few.
    pub text: Option<String>,
    /// If they are many, whether they are those of the pattern.
    pub whole: Option<bool>,
    /// The sender: an address, or a path.
    pub from: String,
}

impl Event {
    /// The datagram that has arrived.
    #[must_use]
    pub fn received(&self) -> Option<&Received> {
        match self {
            Self::Received(received) => Some(received),
            _ => None,
        }
    }

    /// Its bytes, if they are few.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.received()?.text.as_deref()
    }

    /// The code of `failed`; of `other` the name alone.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Failed(failure) => code(failure),
            _ => None,
        }
    }
}

impl Answer {
    /// What came of this step.
    pub fn result(&self, step: usize) -> Result<&Value> {
        let result = self.results.get(step);
        result.with_context(|| format!("no result {step}: {self:?}"))
    }

    /// The event that this step waited for.
    pub fn event(&self, step: usize) -> Result<Event> {
        let result = self.result(step)?;
        Event::deserialize(result).with_context(|| format!("step {step}: {result}"))
    }

    /// The events that this step collected.
    pub fn events(&self, step: usize) -> Result<Vec<Event>> {
        let result = self.result(step)?;
        Vec::deserialize(result).with_context(|| format!("step {step}: {result}"))
    }

    /// This side's address of the endpoint.
    pub fn local(&self) -> Result<SocketAddr> {
        self.endpoint()?.local.context("no local address")
    }

    /// To which of its own addresses the call bound, in this order.
    #[must_use]
    pub fn bound(&self) -> Vec<SocketAddr> {
        let binds = self.steps("bind").into_iter();
        binds.filter_map(|step| step.address).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn finds_peers_and_endpoints_however_deep() {
        let inner = json!({"remote-address": {"service": 2000}});
        let questions = json!([
            {"remote-address": {"host": "localhost", "service": 80}, "sock": "connected:[::1]:3000"},
            {"script": [{"at-once": [[{"endpoint": inner}]]}], "sock": "bound:127.0.0.1:4000"},
        ]);
        assert_eq!(peers(&questions), [2000, 3000].into());
        let answer = json!({
            "created": {"local": "127.0.0.1:1"},
            "results": [[[{"created": {"local": "[::1]:2"}}]]],
        });
        let addresses = ["127.0.0.1:1", "[::1]:2"].map(|it| it.parse().unwrap());
        assert_eq!(endpoints(&answer), addresses.into());
    }
}
