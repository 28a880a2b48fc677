//! Record protection against damage: every bit, every length, the wrong sequence number or header.

use rustls::crypto::cipher::{
    InboundOpaqueMessage, MessageDecrypter, MessageEncrypter, OutboundChunks, OutboundPlainMessage,
};
use rustls::{ConnectionTrafficSecrets, ContentType, Error, ProtocolVersion, SupportedCipherSuite};
use switchboard_crypto::ALL_CIPHER_SUITES;

use super::harness::{
    self, Pair, Rng, client_config, identity, identity_for, noise, ours, ring, server_config,
    version,
};

/// A sender and a receiver with the same key, taken out of a finished handshake.
struct Channel {
    suite: SupportedCipherSuite,
    sender: Box<dyn MessageEncrypter>,
    receiver: Box<dyn MessageDecrypter>,
}

impl Channel {
    fn new(suite: SupportedCipherSuite) -> Self {
        let server = identity_for(suite);
        let mut provider = ours();
        provider.cipher_suites = vec![suite];
        let mut client = client_config(provider.clone(), &[version(suite)], server, None);
        client.enable_secret_extraction = true;
        let mut serving = server_config(provider, &[version(suite)], server, None);
        serving.enable_secret_extraction = true;
        let mut pair = Pair::new(client, serving);
        pair.handshake().unwrap();
        pair.echo(b"so that tickets are out of the way");
        let (_, tx) = pair.client.dangerous_extract_secrets().unwrap().tx;
        let (_, rx) = pair.server.dangerous_extract_secrets().unwrap().rx;
        use ConnectionTrafficSecrets::{Aes128Gcm, Aes256Gcm, Chacha20Poly1305};
        let (
            Aes128Gcm { key: tx, iv }
            | Aes256Gcm { key: tx, iv }
            | Chacha20Poly1305 { key: tx, iv },
            Aes128Gcm { key: rx, iv: rx_iv }
            | Aes256Gcm { key: rx, iv: rx_iv }
            | Chacha20Poly1305 { key: rx, iv: rx_iv },
        ) = (tx, rx)
        else {
            panic!("an unknown AEAD");
        };
        let (sender, receiver) = match suite {
            SupportedCipherSuite::Tls13(suite) => (
                suite.aead_alg.encrypter(tx, iv),
                suite.aead_alg.decrypter(rx, rx_iv),
            ),
            SupportedCipherSuite::Tls12(suite) => {
                let fixed = suite.aead_alg.key_block_shape().fixed_iv_len;
                let (fixed, explicit) = iv.as_ref().split_at(fixed);
                (
                    suite.aead_alg.encrypter(tx, fixed, explicit),
                    suite.aead_alg.decrypter(rx, fixed),
                )
            }
        };
        Self {
            suite,
            sender,
            receiver,
        }
    }

    /// The body of a record.
    fn seal(&mut self, text: &[u8], seq: u64) -> Vec<u8> {
        let expected = self.sender.encrypted_payload_len(text.len());
        let message = OutboundPlainMessage {
            typ: ContentType::ApplicationData,
            version: ProtocolVersion::TLSv1_2,
            payload: OutboundChunks::Single(text),
        };
        let record = self.sender.encrypt(message, seq).unwrap().encode();
        assert_eq!(record.len(), 5 + expected);
        assert_eq!(
            usize::from(u16::from_be_bytes([record[3], record[4]])),
            expected
        );
        record[5..].to_vec()
    }

    fn open(
        &mut self,
        typ: ContentType,
        version: ProtocolVersion,
        body: &[u8],
        seq: u64,
    ) -> Result<Vec<u8>, Error> {
        let mut body = body.to_vec();
        let message = InboundOpaqueMessage::new(typ, version, &mut body);
        self.receiver.decrypt(message, seq).map(|plain| {
            assert_eq!(plain.typ, ContentType::ApplicationData);
            plain.payload.to_vec()
        })
    }

    fn receive(&mut self, body: &[u8], seq: u64) -> Result<Vec<u8>, Error> {
        self.open(
            ContentType::ApplicationData,
            ProtocolVersion::TLSv1_2,
            body,
            seq,
        )
    }
}

#[test]
fn every_length_goes_through() {
    for suite in ALL_CIPHER_SUITES {
        let mut channel = Channel::new(*suite);
        let lengths = (0..300).chain([1023, 1024, 1025, 4095, 16383, 16384]);
        for (seq, len) in (7..).zip(lengths) {
            let text = noise(len, seq);
            let body = channel.seal(&text, seq);
            assert_eq!(
                channel.receive(&body, seq).unwrap(),
                text,
                "{suite:?} {len}"
            );
        }
    }
}

/// A payload in pieces becomes one record, the same that it would be in one.
#[test]
fn chunks_are_joined() {
    for suite in ALL_CIPHER_SUITES {
        let mut channel = Channel::new(*suite);
        let text = noise(1000, 1);
        let chunks = [&text[..1], &text[1..1], &text[1..600], &text[600..]];
        let message = OutboundPlainMessage {
            typ: ContentType::ApplicationData,
            version: ProtocolVersion::TLSv1_2,
            payload: OutboundChunks::new(&chunks),
        };
        let record = channel.sender.encrypt(message, 3).unwrap().encode();
        assert_eq!(channel.receive(&record[5..], 3).unwrap(), text);
    }
}

#[test]
fn every_flipped_bit_is_found() {
    for suite in ALL_CIPHER_SUITES {
        let mut channel = Channel::new(*suite);
        let text = noise(70, 5);
        let body = channel.seal(&text, 1);
        for bit in 0..body.len() * 8 {
            let mut damaged = body.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                channel.receive(&damaged, 1),
                Err(Error::DecryptError),
                "{suite:?} bit {bit}"
            );
        }
        assert_eq!(channel.receive(&body, 1).unwrap(), text);
    }
}

#[test]
fn every_truncation_and_extension_is_found() {
    for suite in ALL_CIPHER_SUITES {
        let mut channel = Channel::new(*suite);
        let body = channel.seal(&noise(70, 6), 1);
        for len in 0..body.len() {
            assert_eq!(
                channel.receive(&body[..len], 1),
                Err(Error::DecryptError),
                "{suite:?} {len}"
            );
            assert_eq!(
                channel.receive(&body[body.len() - len..], 1),
                Err(Error::DecryptError)
            );
        }
        for byte in [0, 1, 0xff] {
            let longer = [body.as_slice(), &[byte]].concat();
            assert_eq!(channel.receive(&longer, 1), Err(Error::DecryptError));
        }
    }
}

#[test]
fn the_sequence_number_and_the_header_are_authenticated() {
    for suite in ALL_CIPHER_SUITES {
        let mut channel = Channel::new(*suite);
        let body = channel.seal(b"text", 5);
        for seq in [0, 4, 6, 5 + (1 << 32), u64::MAX] {
            assert_eq!(
                channel.receive(&body, seq),
                Err(Error::DecryptError),
                "{suite:?} {seq}"
            );
        }
        if let SupportedCipherSuite::Tls12(_) = channel.suite {
            // TLS 1.3 fixes both and authenticates the fixed values (RFC 8446 section 5.2).
            let handshake =
                channel.open(ContentType::Handshake, ProtocolVersion::TLSv1_2, &body, 5);
            assert_eq!(handshake, Err(Error::DecryptError));
            let old = channel.open(
                ContentType::ApplicationData,
                ProtocolVersion::TLSv1_1,
                &body,
                5,
            );
            assert_eq!(old, Err(Error::DecryptError));
        }
        channel.receive(&body, 5).unwrap();
    }
}

#[test]
fn a_record_that_holds_too_much_is_refused() {
    for suite in ALL_CIPHER_SUITES {
        let mut channel = Channel::new(*suite);
        let body = channel.seal(&noise(16385, 8), 0);
        assert_eq!(
            channel.receive(&body, 0),
            Err(Error::PeerSentOversizedRecord)
        );
    }
}

#[test]
fn noise_is_never_a_record() {
    let mut rng = Rng::new(9);
    for suite in ALL_CIPHER_SUITES {
        let mut channel = Channel::new(*suite);
        for _ in 0..500 {
            let len = rng.below(200);
            let body = noise(len, rng.next());
            assert_eq!(channel.receive(&body, rng.next()), Err(Error::DecryptError));
        }
    }
}

/// A whole connection, in which one byte of a record from ring changes on its way to us: nothing of it is delivered.
#[test]
fn a_damaged_record_ends_the_connection() {
    use std::io::{Read, Write};
    let mut refused = 0;
    for suite in ALL_CIPHER_SUITES.iter().take(4) {
        let server = identity("P-256");
        let mut provider = ours();
        provider.cipher_suites = vec![*suite];
        let client = std::sync::Arc::new(client_config(provider, &[version(*suite)], server, None));
        let serving = std::sync::Arc::new(server_config(ring(), &[version(*suite)], server, None));
        for at in 0..40 {
            let mut pair = Pair::new(client.clone(), serving.clone());
            pair.handshake().unwrap();
            pair.echo(b"hello");
            pair.server.writer().write_all(b"attack at dawn").unwrap();
            let mut record = harness::server_output(&mut pair.server);
            let Some(byte) = record.get_mut(at) else {
                break;
            };
            *byte ^= 0x10;
            let result = harness::feed_client(&mut pair.client, &record);
            // A longer length in the header only makes the receiver wait for the rest; the rest of a header is not all
            // protected, but the type of a record and its length are.
            if !(1..=3).contains(&at) {
                refused += usize::from(result.is_err());
            }
            let version_only = (1..=2).contains(&at);
            let mut got = [0; 32];
            let delivered = pair.client.reader().read(&mut got).unwrap_or(0);
            assert!(
                delivered == 0 || version_only,
                "{suite:?} byte {at}: {result:?}"
            );
        }
    }
    assert!(refused >= 4 * 30, "{refused}");
}

/// Damage anywhere in a handshake: it never completes on both ends, and nothing panics.
#[test]
fn a_damaged_handshake_never_completes() {
    let mut rng = Rng::new(10);
    let (mut failed, mut waiting) = (0, 0);
    for round in 0..400 {
        let tls = harness::BOTH_VERSIONS[round % 2];
        let server = &harness::identities()[rng.below(4)];
        let client = &harness::identities()[rng.below(4)];
        let (at_client, at_server) = match rng.below(3) {
            0 => (ours(), ours()),
            1 => (ours(), ring()),
            _ => (ring(), ours()),
        };
        let mut pair = Pair::new(
            client_config(at_client, &[tls], server, Some(client)),
            server_config(at_server, &[tls], server, Some(client)),
        );
        let flight_to_damage = rng.below(3);
        let mut flights = 0;
        let mut damage = |flight: &mut Vec<u8>| {
            if flights == flight_to_damage && !flight.is_empty() {
                let at = rng.below(flight.len());
                // Leave the record header's version alone: it means nothing (RFC 8446 section 5.1).
                flight[at] ^= 1 << rng.below(8);
            }
            flights += 1;
        };
        let mut result = Ok(());
        for _ in 0..6 {
            let mut flight = harness::client_output(&mut pair.client);
            damage(&mut flight);
            result = harness::feed_server(&mut pair.server, &flight);
            if result.is_err() {
                break;
            }
            let mut flight = harness::server_output(&mut pair.server);
            damage(&mut flight);
            result = harness::feed_client(&mut pair.client, &flight);
            if result.is_err() {
                break;
            }
        }
        match result {
            Err(_) => failed += 1,
            Ok(()) if pair.client.is_handshaking() || pair.server.is_handshaking() => waiting += 1,
            Ok(()) => {}
        }
    }
    // The rest are flips in record headers' version numbers, which nobody reads.
    assert!(
        failed + waiting >= 380,
        "{failed} failed, {waiting} waiting"
    );
    assert!(failed >= 300, "{failed} failed, {waiting} waiting");
}
