//! Every place at which the bytes of a session can come in two pieces.

use super::expect;
use super::pair::{Contexts, fine};
use crate::arguments::Arguments;
use crate::bindings::switchboard::connect::tls::Version;
use crate::bindings::switchboard::connect::tls_engine::{Session, State};

const QUESTION: &[u8] = b"what is said";
const ANSWER: &[u8] = b"what is answered";

/// So many places are all tried, from the beginning of what each side says at a time.
const ALL_OF: usize = 100;

pub(super) fn run(arguments: &Arguments) -> Result<(), String> {
    arguments.only(&["ca", "cert", "key", "every"])?;
    let version = match arguments.word(2)? {
        "tls12" => Version::Tls12,
        "tls13" => Version::Tls13,
        other => return Err(format!("no such version: {other}")),
    };
    let every = arguments.parsed("every")?.unwrap_or(1);
    let contexts = Contexts::new(arguments, version)?;
    let flights = session(&contexts, |_| None)?;
    let mut places = 0;
    for (flight, &length) in flights.iter().enumerate() {
        let positions = 1..length;
        for position in positions.filter(|it| *it < ALL_OF || it % every == 0) {
            let split = session(&contexts, |it| (it == flight).then_some(position));
            split.map_err(|why| format!("flight {flight}, split at {position}: {why}"))?;
            places += 1;
        }
    }
    println!("{places} places in {} flights", flights.len());
    Ok(())
}

/// A whole session, whose flights are cut at these places. Gives how long each was.
fn session(
    contexts: &Contexts,
    cut: impl Fn(usize) -> Option<usize>,
) -> Result<Vec<usize>, String> {
    let (client, server) = contexts.pair()?;
    let mut flights = Vec::new();
    exchange(&client, &server, &cut, &mut flights)?;
    for session in [&client, &server] {
        expect(session.status().state == State::Open, "not open")?;
    }
    let written = fine(client.write(QUESTION))?;
    expect(written as usize == QUESTION.len(), written)?;
    exchange(&client, &server, &cut, &mut flights)?;
    expect(
        server.read(u32::MAX) == QUESTION,
        "the question was another",
    )?;
    fine(server.write(ANSWER))?;
    server.close();
    exchange(&client, &server, &cut, &mut flights)?;
    expect(client.read(u32::MAX) == ANSWER, "the answer was another")?;
    expect(client.status().peer_closed, "no goodbye")?;
    client.close();
    exchange(&client, &server, &cut, &mut flights)?;
    expect(server.status().state == State::Closed, "not closed")?;
    Ok(flights)
}

fn exchange(
    client: &Session,
    server: &Session,
    cut: &impl Fn(usize) -> Option<usize>,
    flights: &mut Vec<usize>,
) -> Result<(), String> {
    loop {
        let mut moved = false;
        for (from, to) in [(client, server), (server, client)] {
            let bytes = from.drain(u32::MAX);
            if bytes.is_empty() {
                continue;
            }
            moved = true;
            // Some lengths vary by a byte or two: those of signatures.
            let at = cut(flights.len()).unwrap_or(0).min(bytes.len());
            let (first, second) = bytes.split_at(at);
            for piece in [first, second] {
                let taken = fine(to.feed(piece))?;
                expect(taken as usize == piece.len(), taken)?;
            }
            flights.push(bytes.len());
        }
        if !moved {
            return Ok(());
        }
    }
}
