//! All orders in which two sides can end.

use super::expect;
use super::pair::{Contexts, fine, hand_over, shuttle};
use crate::arguments::Arguments;
use crate::bindings::switchboard::connect::tls::{TlsFailure, Version};
use crate::bindings::switchboard::connect::tls_engine::{Session, State};

pub(super) fn run(arguments: &Arguments) -> Result<(), String> {
    arguments.only(&["ca", "cert", "key"])?;
    for version in [Version::Tls12, Version::Tls13] {
        let contexts = Contexts::new(arguments, version)?;
        let (client, server) = contexts.open()?;
        one_after_the_other(&client, &server, version)?;
        let (client, server) = contexts.open()?;
        one_after_the_other(&server, &client, version)?;
        let (client, server) = contexts.open()?;
        at_once(&client, &server)?;
        let (client, server) = contexts.open()?;
        cut_off(&client, &server)?;
        let (client, server) = contexts.open()?;
        cut_off(&server, &client)?;
        in_the_handshake(&contexts)?;
        twice(&contexts)?;
    }
    println!("all ends");
    Ok(())
}

fn state(session: &Session, expected: State) -> Result<(), String> {
    let status = session.status();
    expect(status.state == expected, (status.state, expected))
}

/// What the second says after the first has said goodbye is read.
fn one_after_the_other(first: &Session, second: &Session, version: Version) -> Result<(), String> {
    fine(first.write(b"last words"))?;
    first.close();
    state(first, State::Closing)?;
    expect(first.status().wants_write, "no close_notify")?;
    protocol(first.write(b"more"))?;
    hand_over(first, second)?;
    state(second, State::Closing)?;
    expect(second.status().peer_closed, "no goodbye was heard")?;
    expect(second.read(u32::MAX) == b"last words", "not the last words")?;
    expect(second.read(u32::MAX).is_empty(), "more than the last words")?;
    fine(second.feed_end())?;
    if version == Version::Tls13 {
        // TLS 1.2 answers a goodbye with a goodbye (RFC 5246, section 7.2.1).
        let taken = fine(second.write(b"an answer"))?;
        expect(taken == 9, taken)?;
        hand_over(second, first)?;
        expect(first.read(u32::MAX) == b"an answer", "not the answer")?;
    }
    second.close();
    state(second, State::Closed)?;
    hand_over(second, first)?;
    state(first, State::Closed)?;
    fine(first.feed_end())
}

fn at_once(one: &Session, other: &Session) -> Result<(), String> {
    one.close();
    other.close();
    let (from_one, from_other) = (one.drain(u32::MAX), other.drain(u32::MAX));
    fine(one.feed(&from_other))?;
    fine(other.feed(&from_one))?;
    for session in [one, other] {
        state(session, State::Closed)?;
        fine(session.feed_end())?;
        expect(!session.status().wants_read, "a closed one wants more")?;
        expect(session.read(u32::MAX).is_empty(), "a closed one has more")?;
    }
    Ok(())
}

/// The bytes end without a goodbye: what came before is read, and what was to be said can still be sent.
fn cut_off(one: &Session, other: &Session) -> Result<(), String> {
    fine(one.write(b"half"))?;
    hand_over(one, other)?;
    for _ in 0..2 {
        expect(
            matches!(other.feed_end(), Err(TlsFailure::Truncated)),
            "a cut is not told",
        )?;
    }
    expect(other.read(u32::MAX) == b"half", "what came is gone")?;
    let taken = fine(other.write(b"still"))?;
    expect(taken == 5, taken)?;
    hand_over(other, one)?;
    expect(one.read(u32::MAX) == b"still", "what was sent is gone")?;
    other.close();
    hand_over(other, one)?;
    expect(one.status().peer_closed, "no goodbye after a cut")
}

fn in_the_handshake(contexts: &Contexts) -> Result<(), String> {
    let (client, server) = contexts.pair()?;
    expect(
        matches!(server.feed_end(), Err(TlsFailure::Truncated)),
        "no truncation of nothing",
    )?;
    client.close();
    expect(!client.drain(u32::MAX).is_empty(), "nothing is said")?;
    expect(client.facts().is_none(), "facts of no session")?;
    protocol(client.write(b"x"))
}

fn twice(contexts: &Contexts) -> Result<(), String> {
    let (client, server) = contexts.open()?;
    client.close();
    hand_over(&client, &server)?;
    client.close();
    expect(client.drain(u32::MAX).is_empty(), "a second goodbye")?;
    server.close();
    server.close();
    shuttle(&client, &server)?;
    state(&client, State::Closed)?;
    state(&server, State::Closed)
}

fn protocol<T: std::fmt::Debug>(result: Result<T, TlsFailure>) -> Result<(), String> {
    expect(matches!(result, Err(TlsFailure::Protocol(_))), result)
}
