//! Endpoints for datagrams.

use super::expect::{equal, fine, that};
use super::{Misuse, Servers};
use crate::bindings::switchboard::connect::datagrams::{
    Attempt, Endpoint, EndpointError, EndpointOptions, Event, Outgoing, SendFailure,
    create_datagram_endpoint,
};
use crate::bindings::switchboard::connect::types::{Failure, Phase};
use crate::endpoint::{create, place, to};
use futures_lite::future::{poll_once, zip};
use std::pin::pin;

pub(super) fn all(servers: &Servers) -> Vec<Misuse<'_>> {
    vec![
        ("an attempt never run", Box::pin(never_run())),
        ("cancel before run", Box::pin(cancel_before_run(servers))),
        ("run twice", Box::pin(run_twice(servers))),
        ("the attempt gone", Box::pin(attempt_gone(servers))),
        ("numbers that are too large", Box::pin(too_large(servers))),
        ("no time at all", Box::pin(no_time(servers))),
        ("dropped at once", Box::pin(dropped_at_once(servers))),
        ("calls given up", Box::pin(given_up(servers))),
        ("closed by two", Box::pin(closed_by_two(servers))),
        (
            "aborted while closing",
            Box::pin(aborted_while_closing(servers)),
        ),
        ("a thousand at a time", Box::pin(a_thousand(servers))),
        ("a batch of nothings", Box::pin(nothings(servers))),
    ]
}

type Returned = Result<Endpoint, EndpointError>;

fn cancelled(result: &Returned) -> Result<(), String> {
    let right = matches!(result, Err(error) if matches!(error.failure, Failure::Cancelled));
    that(result, right)
}

/// That the echo still echoes.
async fn echoes(endpoint: &Endpoint, text: &[u8]) -> Result<(), String> {
    fine(endpoint.send_to(text.to_vec(), None).await)?;
    let event = endpoint.next(None).await;
    let right = matches!(&event, Some(Event::Received(datagram)) if datagram.data == text);
    that(&event, right)
}

async fn never_run() -> Result<(), String> {
    drop(Attempt::new());
    let attempt = Attempt::new();
    attempt.cancel();
    attempt.cancel();
    Ok(())
}

async fn cancel_before_run(servers: &Servers) -> Result<(), String> {
    let attempt = Attempt::new();
    attempt.cancel();
    cancelled(&attempt.run(to(servers.udp)).await)?;
    cancelled(&attempt.run(to(servers.udp)).await)
}

async fn run_twice(servers: &Servers) -> Result<(), String> {
    let attempt = Attempt::new();
    let (one, other) = zip(attempt.run(to(servers.udp)), attempt.run(to(servers.udp))).await;
    for endpoint in [one, other, attempt.run(to(servers.udp)).await] {
        echoes(&fine(endpoint)?, b"each of them").await?;
    }
    Ok(())
}

async fn attempt_gone(servers: &Servers) -> Result<(), String> {
    let attempt = Attempt::new();
    let endpoint = fine(attempt.run(to(servers.udp)).await)?;
    attempt.cancel();
    echoes(&endpoint, b"still there").await?;
    drop(attempt);
    echoes(&endpoint, b"still there").await
}

async fn too_large(servers: &Servers) -> Result<(), String> {
    let options = EndpointOptions {
        timeout: Some(u64::MAX),
        queue_limit: Some(u64::MAX),
        hop_limit: Some(u8::MAX),
        receive_buffer_size: Some(u64::MAX),
        send_buffer_size: Some(u64::MAX),
        ..to(servers.udp)
    };
    let endpoint = create(options).await?;
    echoes(&endpoint, b"there").await?;
    let batch = endpoint.next_batch(u32::MAX, Some(u64::MAX));
    that(&(), poll_once(batch).await.is_none())
}

/// Either it needs none, or it is told.
async fn no_time(servers: &Servers) -> Result<(), String> {
    for timeout in [0, 1] {
        let options = EndpointOptions {
            timeout: Some(timeout),
            ..to(servers.udp)
        };
        let result = create_datagram_endpoint(options).await;
        let right = match &result {
            Ok(_) => true,
            Err(error) => matches!(error.failure, Failure::TimedOut(Phase::Lookup)),
        };
        that(&result, right)?;
    }
    Ok(())
}

async fn dropped_at_once(servers: &Servers) -> Result<(), String> {
    for _ in 0..100 {
        drop(create(to(servers.udp)).await?);
    }
    let aborted = create(to(servers.udp)).await?;
    aborted.abort();
    drop(aborted);
    let closed = create(to(servers.udp)).await?;
    closed.close().await;
    drop(closed);
    Ok(())
}

/// Polled once and dropped, and then the endpoint too.
async fn given_up(servers: &Servers) -> Result<(), String> {
    for _ in 0..100 {
        let endpoint = create(to(servers.udp)).await?;
        for _ in 0..3 {
            let mut next = pin!(endpoint.next(None));
            let mut batch = pin!(endpoint.next_batch(5, Some(1)));
            let mut send = pin!(endpoint.send_to(vec![7; 500], None));
            let mut close = pin!(endpoint.close());
            let _ = poll_once(next.as_mut()).await;
            let _ = poll_once(batch.as_mut()).await;
            let _ = poll_once(send.as_mut()).await;
            let _ = poll_once(close.as_mut()).await;
        }
    }
    Ok(())
}

async fn closed_by_two(servers: &Servers) -> Result<(), String> {
    let endpoint = create(to(servers.udp)).await?;
    let closes = zip(endpoint.close(), endpoint.close());
    let (((), ()), event) = zip(closes, endpoint.next(None)).await;
    that(&event, matches!(event, Some(Event::Closed)))?;
    let sent = endpoint.send_to(Vec::new(), None).await;
    that(&sent, matches!(sent, Err(SendFailure::Closed)))
}

async fn aborted_while_closing(servers: &Servers) -> Result<(), String> {
    let endpoint = create(to(servers.udp)).await?;
    let datagram = || Outgoing {
        data: vec![7; 1000],
        address: None,
    };
    let batch = (0..1000).map(|_| datagram()).collect();
    let ending = zip(endpoint.close(), async { endpoint.abort() });
    let ((count, result), ((), ())) = zip(endpoint.send_batch(batch), ending).await;
    let right = count == 1000 || matches!(result, Err(SendFailure::Closed));
    that(&(count, result), right)
}

/// All are open until the last one has echoed.
async fn a_thousand(servers: &Servers) -> Result<(), String> {
    let mut endpoints = Vec::new();
    for _ in 0..1000 {
        endpoints.push(create(to(servers.udp)).await?);
    }
    for (number, endpoint) in endpoints.iter().enumerate() {
        echoes(endpoint, number.to_string().as_bytes()).await?;
    }
    Ok(())
}

/// To the endpoint itself, which counts what it has no room for.
async fn nothings(servers: &Servers) -> Result<(), String> {
    const COUNT: u32 = 100_000;
    let mut here = servers.udp;
    here.set_port(0);
    let options = EndpointOptions {
        local_address: Some(place(here)),
        queue_limit: Some(1),
        ..EndpointOptions::default()
    };
    let endpoint = create(options).await?;
    let address = endpoint.local_address();
    let nothing = |_| Outgoing {
        data: Vec::new(),
        address: address.clone(),
    };
    let (count, result) = endpoint.send_batch((0..COUNT).map(nothing).collect()).await;
    fine(result)?;
    equal(count, COUNT)?;
    let event = endpoint.next(None).await;
    let right = matches!(&event, Some(Event::Received(datagram)) if datagram.data.is_empty());
    that(&event, right)?;
    that(&endpoint.dropped(), endpoint.dropped() > 0)
}
