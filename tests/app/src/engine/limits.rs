//! How much the engine holds.

use super::expect;
use super::pair::{Contexts, fine};
use crate::arguments::Arguments;
use crate::bindings::switchboard::connect::tls::Version;

/// A record (RFC 8446, section 5.1), and what encryption adds to it.
const RECORD: usize = 16 * 1024;
const SEALED: usize = RECORD + 256 + 5;

/// The limits at the beginning.
const PLAINTEXT: usize = 256 * 1024;
const CIPHERTEXT: usize = 512 * 1024;

const TOTAL: usize = 2 * 1024 * 1024;

pub(super) fn run(arguments: &Arguments) -> Result<(), String> {
    arguments.only(&["ca", "cert", "key"])?;
    for version in [Version::Tls12, Version::Tls13] {
        let contexts = Contexts::new(arguments, version)?;
        bulk(&contexts, None)?;
        for limits in [(0, 0), (1, 1), (1000, 100_000), (100_000, 1000)] {
            bulk(&contexts, Some(limits))?;
        }
        little(&contexts)?;
        before_the_end_of_the_handshake(&contexts)?;
    }
    println!("limits are kept");
    Ok(())
}

/// More than fits, written as fast as it is taken and read as late as it can be.
fn bulk(contexts: &Contexts, limits: Option<(u32, u32)>) -> Result<(), String> {
    let (client, server) = contexts.open()?;
    let (mut plaintext, mut ciphertext) = (PLAINTEXT, CIPHERTEXT);
    if let Some((of_plaintext, of_ciphertext)) = limits {
        server.set_limits(of_plaintext, of_ciphertext);
        client.set_limits(of_plaintext, of_ciphertext);
        (plaintext, ciphertext) = (of_plaintext.max(1) as usize, of_ciphertext.max(1) as usize);
    }
    let data: Vec<u8> = (0..TOTAL).map(|at| (at % 251) as u8).collect();
    let (mut written, mut read) = (0, Vec::new());
    while read.len() < TOTAL {
        // Until no more is taken.
        loop {
            let taken = fine(client.write(&data[written..]))? as usize;
            written += taken;
            if taken == 0 {
                break;
            }
        }
        let wire = client.drain(u32::MAX);
        let most = ciphertext + RECORD + 64 * (ciphertext / RECORD + 2);
        expect(wire.len() <= most, (wire.len(), limits))?;
        expect(!wire.is_empty(), ("nothing is written", limits))?;
        let mut left = &wire[..];
        while !left.is_empty() {
            let taken = fine(server.feed(left))? as usize;
            left = &left[taken..];
            let status = server.status();
            let readable = status.readable as usize;
            expect(readable < plaintext + SEALED, (readable, limits))?;
            if taken == 0 {
                expect(
                    readable >= plaintext,
                    ("nothing is taken", readable, limits),
                )?;
                expect(!status.wants_read, ("it wants more than it takes", limits))?;
                let some = server.read(u32::MAX);
                expect(some.len() == readable, (some.len(), readable))?;
                expect(server.status().wants_read, "it wants no more")?;
                read.extend(some);
            }
        }
        read.extend(server.read(u32::MAX));
    }
    expect(read == data, ("other bytes came", limits))
}

/// No more is given than is asked for.
fn little(contexts: &Contexts) -> Result<(), String> {
    let (client, server) = contexts.open()?;
    fine(client.write(b"abc"))?;
    expect(client.drain(0).is_empty(), "drained with limit 0")?;
    let mut wire = Vec::new();
    loop {
        let byte = client.drain(1);
        expect(byte.len() <= 1, byte.len())?;
        expect(client.status().wants_write || byte.len() <= 1, "unclear")?;
        if byte.is_empty() {
            break;
        }
        wire.extend(byte);
    }
    expect(!client.status().wants_write, "it has more to write")?;
    fine(server.feed(&wire))?;
    expect(server.read(0).is_empty(), "read with limit 0")?;
    for expected in [&b"a"[..], b"b", b"c", b""] {
        let byte = server.read(1);
        expect(byte == expected, (byte, expected))?;
    }
    Ok(())
}

fn before_the_end_of_the_handshake(contexts: &Contexts) -> Result<(), String> {
    let (client, server) = contexts.pair()?;
    for session in [&client, &server] {
        let taken = fine(session.write(b"too early"))?;
        expect(taken == 0, taken)?;
        expect(session.facts().is_none(), "facts before there are any")?;
    }
    expect(client.status().wants_write, "no hello")?;
    expect(!server.status().wants_write, "a server that speaks first")?;
    expect(server.status().wants_read, "a server that does not listen")
}
