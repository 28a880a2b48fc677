//! What to do with an endpoint, step by step, and what comes of each.

use super::event::show;
use super::question::Question;
use crate::bindings::switchboard::connect::datagrams::{Endpoint, Event, Outgoing, SendFailure};
use crate::bindings::switchboard::connect::types::Address;
use crate::call_off::dropped;
use crate::clock::Instant;
use crate::gate;
use crate::json::options::{duration, nanoseconds};
use crate::json::outcome;
use crate::together::{self, Work};
use crate::{pattern, tell};
use serde::Deserialize;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;

/// A step: the name of a call without arguments, or an object.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Step {
    Call(Call),
    Send(Send),
    SendBatch(SendBatch),
    SendMany(SendMany),
    Next(Next),
    NextBatch(NextBatch),
    Until(Until),
    Gate(Gate),
    AtOnce(AtOnce),
    Endpoint(Nested),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Call {
    Close,
    Abort,
    LocalAddress,
    RemoteAddress,
    Timeline,
    Dropped,
}

/// Sends a datagram.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Send {
    send: Content,
    to: Option<To>,
    /// The flow label of the address.
    flow: Option<u32>,
}

/// Where to.
#[derive(Deserialize, Clone)]
#[serde(untagged)]
enum To {
    Ip(SocketAddr),
    /// A path, whatever is no IP address.
    Unix(String),
}

impl From<To> for Address {
    fn from(to: To) -> Self {
        match to {
            To::Ip(address) => address.into(),
            To::Unix(path) => Address::Unix(path.into_bytes()),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    /// That many bytes of the pattern.
    Pattern {
        size: usize,
    },
}

/// Sends several by one call.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct SendBatch {
    send_batch: Vec<Send>,
}

/// As [`SendBatch`]: the numbers from 0 on, in decimal, filled up with zeros to this size.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct SendMany {
    send_numbers: u32,
    size: usize,
    to: Option<To>,
    /// Instead of one call of `send-batch`, a call of `send-to` for each.
    #[serde(default)]
    one_by_one: bool,
}

/// Waits for an event, at most that many seconds.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Next {
    next: f64,
    /// Without a timeout; the call is dropped after that time.
    #[serde(default)]
    given_up: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct NextBatch {
    next_batch: Limits,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Limits {
    limit: u32,
    within: f64,
    #[serde(default)]
    given_up: bool,
}

/// Collects that many events, or what comes in that many seconds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Until {
    until: usize,
    within: f64,
}

/// Waits until this server, a test, ends a connection to it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gate {
    gate: SocketAddr,
}

/// Scripts that run at the same time; each is polled in its turn, the first one first.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct AtOnce {
    at_once: Vec<Vec<Step>>,
}

/// Another endpoint beside this one, with a script of its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nested {
    endpoint: Box<Question>,
}

type Results = Result<Vec<Value>, String>;

/// Boxed, as a script may have scripts in it.
pub(super) fn run<'a>(
    endpoint: &'a Endpoint,
    script: &'a [Step],
) -> Pin<Box<dyn Future<Output = Results> + 'a>> {
    Box::pin(async move {
        let mut results = Vec::with_capacity(script.len());
        for step in script {
            results.push(step.run(endpoint).await?);
        }
        Ok(results)
    })
}

impl Step {
    async fn run(&self, endpoint: &Endpoint) -> Result<Value, String> {
        Ok(match self {
            Step::Call(call) => call.run(endpoint).await,
            Step::Send(send) => {
                let Outgoing { data, address } = send.outgoing();
                sent(endpoint.send_to(data, address).await)
            }
            Step::SendBatch(SendBatch { send_batch }) => {
                let all = send_batch.iter().map(Send::outgoing).collect();
                send_all(endpoint, all).await
            }
            Step::SendMany(many) => many.run(endpoint).await,
            Step::Next(next) => next.run(endpoint).await,
            Step::NextBatch(NextBatch { next_batch }) => next_batch.run(endpoint).await,
            Step::Until(until) => all(until.run(endpoint).await),
            Step::Gate(Gate { gate }) => {
                gate::wait_at(*gate).await?;
                json!("open")
            }
            Step::AtOnce(AtOnce { at_once }) => at_the_same_time(endpoint, at_once).await?,
            Step::Endpoint(Nested { endpoint }) => {
                let answer = super::ask(endpoint).await?;
                serde_json::to_value(answer).map_err(|error| error.to_string())?
            }
        })
    }
}

impl Call {
    async fn run(&self, endpoint: &Endpoint) -> Value {
        match self {
            Call::Close => {
                endpoint.close().await;
                Value::Null
            }
            Call::Abort => {
                endpoint.abort();
                Value::Null
            }
            Call::LocalAddress => json!(endpoint.local_address().as_ref().map(tell::place)),
            Call::RemoteAddress => json!(endpoint.remote_address().as_ref().map(tell::place)),
            Call::Timeline => endpoint.timeline().iter().map(outcome::step).collect(),
            Call::Dropped => json!(endpoint.dropped()),
        }
    }
}

impl Send {
    fn outgoing(&self) -> Outgoing {
        let mut data = Vec::new();
        match &self.send {
            Content::Text(text) => data.extend(text.bytes()),
            Content::Pattern { size } => pattern::fill(0, *size, &mut data),
        }
        let mut to = self.to.clone();
        if let (Some(To::Ip(SocketAddr::V6(to))), Some(flow)) = (&mut to, self.flow) {
            to.set_flowinfo(flow);
        }
        let address = to.map(Address::from);
        Outgoing { data, address }
    }
}

impl SendMany {
    async fn run(&self, endpoint: &Endpoint) -> Value {
        let numbered = |number| Outgoing {
            data: format!("{number:0>size$}", size = self.size).into_bytes(),
            address: self.to.clone().map(Address::from),
        };
        let numbers = 0..self.send_numbers;
        if !self.one_by_one {
            return send_all(endpoint, numbers.map(numbered).collect()).await;
        }
        for number in numbers {
            let Outgoing { data, address } = numbered(number);
            if let Err(failure) = endpoint.send_to(data, address).await {
                return json!({ "sent": number, "end": sent(Err(failure)) });
            }
        }
        json!({ "sent": self.send_numbers, "end": "sent" })
    }
}

async fn send_all(endpoint: &Endpoint, all: Vec<Outgoing>) -> Value {
    let (count, end) = endpoint.send_batch(all).await;
    json!({ "sent": count, "end": sent(end) })
}

impl Next {
    async fn run(&self, endpoint: &Endpoint) -> Value {
        let event = match self.given_up {
            false => endpoint.next(Some(nanoseconds(self.next))).await,
            true => match dropped(endpoint.next(None), duration(self.next)).await {
                Some(event) => return event.map_or(json!("none without a timeout"), show),
                None => None,
            },
        };
        event.map_or(json!("nothing"), show)
    }
}

impl Limits {
    async fn run(&self, endpoint: &Endpoint) -> Value {
        let time = Some(nanoseconds(self.within));
        match self.given_up {
            false => all(endpoint.next_batch(self.limit, time).await),
            true => {
                let events = endpoint.next_batch(self.limit, None);
                let events = dropped(events, duration(self.within)).await;
                events.map_or(json!("nothing"), all)
            }
        }
    }
}

impl Until {
    async fn run(&self, endpoint: &Endpoint) -> Vec<Event> {
        let (begun, limit) = (Instant::now(), duration(self.within));
        let mut events = Vec::new();
        while events.len() < self.until {
            let left = limit.saturating_sub(begun.elapsed());
            let left = u64::try_from(left.as_nanos()).unwrap_or(u64::MAX);
            match endpoint.next(Some(left)).await {
                Some(Event::Closed) => {
                    events.push(Event::Closed);
                    break;
                }
                Some(event) => events.push(event),
                None => break,
            }
        }
        events
    }
}

async fn at_the_same_time(endpoint: &Endpoint, scripts: &[Vec<Step>]) -> Result<Value, String> {
    let results = RefCell::new(vec![Value::Null; scripts.len()]);
    let works = scripts.iter().enumerate().map(|(number, script)| {
        let results = &results;
        let work = async move {
            let result = run(endpoint, script).await?;
            results.borrow_mut()[number] = Value::Array(result);
            Ok(())
        };
        Box::pin(work) as Work
    });
    together::all(works.collect()).await?;
    Ok(Value::Array(results.into_inner()))
}

fn sent(result: Result<(), SendFailure>) -> Value {
    match result {
        Ok(()) => json!("sent"),
        Err(SendFailure::InvalidArgument(text)) => json!({ "invalid-argument": text }),
        Err(SendFailure::RefusedNetwork(text)) => json!({ "refused-network": text }),
        Err(SendFailure::Closed) => json!("closed"),
    }
}

fn all(events: Vec<Event>) -> Value {
    events.into_iter().map(show).collect()
}
