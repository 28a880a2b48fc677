//! `bench seal|open|engine MIB suite=NAME [ca=FILE cert=FILE key=FILE]`: what TLS costs without a network. `seal` and `open` are
//! the bare primitive, which this application has linked from the same crates as Switchboard, on records of full size;
//! `engine` is a session of `tls-engine` with another one, both in Switchboard.

use crate::arguments::Arguments;
use crate::bench::{Measured, expect};
use crate::bindings::switchboard::connect::tls::Version;
use crate::bulk::PIECE;
use crate::clock::Instant;
use crate::engine::pair::{Contexts, fine, hand_over};
use aes_gcm::Aes128Gcm;
use chacha20poly1305::ChaCha20Poly1305;
use chacha20poly1305::aead::inout::InOutBuf;
use chacha20poly1305::aead::{AeadInOut, KeyInit, Nonce, Tag};
use std::time::Duration;

/// The plaintext of the largest record with its type (RFC 8446, section 5.2).
const RECORD: usize = 16 * 1024 + 1;

/// So many records are sealed before they are opened: as much as a connection reads at a time.
const TOGETHER: usize = 4;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    Seal,
    Open,
}

pub(crate) fn run(arguments: &Arguments, mode: &str, mebibytes: u64) -> Result<Measured, String> {
    let total = mebibytes * 1024 * 1024;
    let work = match mode {
        "seal" => Work::Seal,
        "open" => Work::Open,
        _ => return engine(arguments, total),
    };
    match arguments.get("suite") {
        Some("TLS_CHACHA20_POLY1305_SHA256") => primitive::<ChaCha20Poly1305>(work, total),
        Some("TLS_AES_128_GCM_SHA256") => primitive::<Aes128Gcm>(work, total),
        other => Err(format!("suite={other:?} is not measured")),
    }
}

fn primitive<A: AeadInOut + KeyInit>(work: Work, total: u64) -> Result<Measured, String> {
    let broken = |_| "the primitive failed".to_owned();
    let key = [0x42; 32];
    let cipher = A::new_from_slice(key.get(..A::key_size()).unwrap_or_default());
    let cipher = cipher.map_err(|_| "a key of the wrong length")?;
    let mut nonce = Nonce::<A>::default();
    let mut records = vec![vec![0x5a; RECORD]; TOGETHER];
    let mut tags = vec![Tag::<A>::default(); TOGETHER];
    let (mut took, mut ops, mut bytes) = (Duration::ZERO, 0, 0);
    while bytes < total {
        let aad = [23, 3, 3, 0x40, 0x11];
        nonce.iter_mut().for_each(|it| *it = it.wrapping_add(1));
        let begun = Instant::now();
        for (record, tag) in records.iter_mut().zip(&mut tags) {
            let text = InOutBuf::from(record.as_mut_slice());
            *tag = cipher
                .encrypt_inout_detached(&nonce, &aad, text)
                .map_err(broken)?;
        }
        if work == Work::Seal {
            took += begun.elapsed();
        }
        let begun = Instant::now();
        for (record, tag) in records.iter_mut().zip(&tags) {
            let text = InOutBuf::from(record.as_mut_slice());
            cipher
                .decrypt_inout_detached(&nonce, &aad, text, tag)
                .map_err(broken)?;
        }
        if work == Work::Open {
            took += begun.elapsed();
        }
        ops += TOGETHER as u64;
        bytes += (TOGETHER * RECORD) as u64;
    }
    Ok((took, ops, bytes))
}

fn engine(arguments: &Arguments, total: u64) -> Result<Measured, String> {
    let contexts = Contexts::new(arguments, Version::Tls13)?;
    let suites = [arguments.required("suite")?];
    fine(contexts.client.set_cipher_suites(&suites))?;
    let (client, server) = contexts.open()?;
    let piece = vec![0x5a; PIECE];
    let mut read = 0;
    let begun = Instant::now();
    while read < total {
        let taken = fine(client.write(&piece))?;
        expect(taken as usize == PIECE, "not all was taken")?;
        hand_over(&client, &server)?;
        read += server.read(u32::MAX).len() as u64;
    }
    let took = begun.elapsed();
    expect(read == total, "another amount was read")?;
    Ok((took, total / PIECE as u64, total))
}
