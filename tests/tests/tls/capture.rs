//! What passes on the wire: its records, and their content for whoever has the secrets (RFC 8446, sections 5 and 7).

use aes_gcm::aead::{Aead, KeyInit, Nonce, Payload};
use aes_gcm::{Aes128Gcm, Aes256Gcm};
use chacha20poly1305::ChaCha20Poly1305;
use hkdf::Hkdf;
use sha2::{Sha256, Sha384};
use switchboard_tests::proxy::Passed;

/// Content types.
pub(crate) const ALERT: u8 = 21;
pub(crate) const HANDSHAKE: u8 = 22;
pub(crate) const APPLICATION_DATA: u8 = 23;

/// What a record begins with: its type, a version, and its length.
pub(crate) const HEADER: usize = 5;

/// A record as it stands on the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    /// Where it begins.
    pub(crate) at: usize,
    pub(crate) bytes: &'a [u8],
}

impl<'a> Record<'a> {
    pub(crate) fn kind(&self) -> u8 {
        self.bytes[0]
    }

    fn body(&self) -> &'a [u8] {
        &self.bytes[HEADER..]
    }
}

/// The records of one direction.
pub(crate) fn records(bytes: &[u8]) -> Vec<Record<'_>> {
    let mut records = Vec::new();
    let mut at = 0;
    while let Some(header) = bytes.get(at..at + HEADER) {
        let length = HEADER + usize::from(u16::from_be_bytes([header[3], header[4]]));
        let Some(bytes) = bytes.get(at..at + length) else {
            break;
        };
        records.push(Record { at, bytes });
        at += length;
    }
    records
}

/// The random of the client's hello (RFC 8446, section 4.1.2), by which secrets are told apart.
pub(crate) fn client_random(passed: &Passed) -> String {
    hex(&passed.from_client[HEADER + 6..][..32])
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A cipher suite of TLS 1.3.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Suite {
    Aes128,
    Aes256,
    ChaCha20,
}

impl Suite {
    /// That of the server's hello (RFC 8446, section 4.1.3).
    fn chosen(passed: &Passed) -> Self {
        let hello = &passed.from_server[HEADER..];
        let session_id = usize::from(hello[38]);
        match hello[39 + session_id..][..2] {
            [0x13, 1] => Self::Aes128,
            [0x13, 2] => Self::Aes256,
            [0x13, 3] => Self::ChaCha20,
            ref other => panic!("no suite of TLS 1.3: {other:?}"),
        }
    }
}

/// The keys of one direction.
pub(crate) struct Keys {
    suite: Suite,
    secret: Vec<u8>,
    key: Vec<u8>,
    iv: Vec<u8>,
    sequence: u64,
}

impl Keys {
    /// RFC 8446, section 7.3.
    pub(crate) fn new(suite: Suite, secret: &[u8]) -> Self {
        let key = match suite {
            Suite::Aes128 => 16,
            Suite::Aes256 | Suite::ChaCha20 => 32,
        };
        Self {
            suite,
            secret: secret.to_vec(),
            key: expand_label(suite, secret, "key", key),
            iv: expand_label(suite, secret, "iv", 12),
            sequence: 0,
        }
    }

    /// Those after a key update (RFC 8446, section 7.2).
    pub(crate) fn update(&mut self) {
        let secret = expand_label(self.suite, &self.secret, "traffic upd", self.secret.len());
        *self = Self::new(self.suite, &secret);
    }

    /// The content of the next record and its type, if it is sealed with these keys.
    pub(crate) fn open(&mut self, record: &Record<'_>) -> Option<(u8, Vec<u8>)> {
        let payload = Payload {
            msg: record.body(),
            aad: &record.bytes[..HEADER],
        };
        let (key, nonce) = (self.key.clone(), self.nonce());
        let mut content = match self.suite {
            Suite::Aes128 => open::<Aes128Gcm>(&key, &nonce, payload),
            Suite::Aes256 => open::<Aes256Gcm>(&key, &nonce, payload),
            Suite::ChaCha20 => open::<ChaCha20Poly1305>(&key, &nonce, payload),
        }?;
        // Behind it stands its type, and behind that zeros (RFC 8446, section 5.4).
        while content.last() == Some(&0) {
            content.pop();
        }
        let kind = content.pop()?;
        Some((kind, content))
    }

    /// The next record, of this content.
    pub(crate) fn seal(&mut self, kind: u8, content: &[u8]) -> Vec<u8> {
        let content = [content, &[kind]].concat();
        let length = u16::try_from(content.len() + 16).unwrap().to_be_bytes();
        let header = [APPLICATION_DATA, 3, 3, length[0], length[1]];
        let payload = Payload {
            msg: &content,
            aad: &header,
        };
        let (key, nonce) = (self.key.clone(), self.nonce());
        let sealed = match self.suite {
            Suite::Aes128 => seal::<Aes128Gcm>(&key, &nonce, payload),
            Suite::Aes256 => seal::<Aes256Gcm>(&key, &nonce, payload),
            Suite::ChaCha20 => seal::<ChaCha20Poly1305>(&key, &nonce, payload),
        };
        [&header[..], &sealed].concat()
    }

    /// RFC 8446, section 5.3.
    fn nonce(&mut self) -> Vec<u8> {
        let mut nonce = self.iv.clone();
        for (byte, count) in nonce[4..].iter_mut().zip(self.sequence.to_be_bytes()) {
            *byte ^= count;
        }
        self.sequence += 1;
        nonce
    }
}

fn open<A: Aead + KeyInit>(key: &[u8], nonce: &[u8], payload: Payload<'_, '_>) -> Option<Vec<u8>> {
    let nonce = Nonce::<A>::try_from(nonce).unwrap();
    A::new_from_slice(key)
        .unwrap()
        .decrypt(&nonce, payload)
        .ok()
}

fn seal<A: Aead + KeyInit>(key: &[u8], nonce: &[u8], payload: Payload<'_, '_>) -> Vec<u8> {
    let nonce = Nonce::<A>::try_from(nonce).unwrap();
    A::new_from_slice(key)
        .unwrap()
        .encrypt(&nonce, payload)
        .unwrap()
}

/// HKDF-Expand-Label without a context (RFC 8446, section 7.1).
fn expand_label(suite: Suite, secret: &[u8], label: &str, length: usize) -> Vec<u8> {
    let label = format!("tls13 {label}");
    let size = u16::try_from(length).unwrap().to_be_bytes();
    let count = [u8::try_from(label.len()).unwrap()];
    let info = [&size[..], &count, label.as_bytes(), &[0]].concat();
    let mut expanded = vec![0; length];
    let done = match suite {
        Suite::Aes256 => Hkdf::<Sha384>::from_prk(secret)
            .unwrap()
            .expand(&info, &mut expanded),
        _ => Hkdf::<Sha256>::from_prk(secret)
            .unwrap()
            .expand(&info, &mut expanded),
    };
    done.unwrap();
    expanded
}

/// What the client and the server have said to each other, read with the secrets of a key log; `None` if they do not fit.
pub(crate) fn read(passed: &Passed, key_log: &str) -> Option<[Vec<u8>; 2]> {
    let random = client_random(passed);
    let secret = |label: &str| {
        let mut lines = key_log
            .lines()
            .map(|line| line.split(' ').collect::<Vec<_>>());
        let line = lines.find(|line| line[0] == label && line[1] == random)?;
        Some(unhex(line[2]))
    };
    let suite = Suite::chosen(passed);
    let direction = |bytes, handshake, traffic| {
        let handshake = Keys::new(suite, &secret(handshake)?);
        said(bytes, handshake, Keys::new(suite, &secret(traffic)?))
    };
    Some([
        direction(
            &passed.from_client,
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
            "CLIENT_TRAFFIC_SECRET_0",
        )?,
        direction(
            &passed.from_server,
            "SERVER_HANDSHAKE_TRAFFIC_SECRET",
            "SERVER_TRAFFIC_SECRET_0",
        )?,
    ])
}

fn said(bytes: &[u8], handshake: Keys, traffic: Keys) -> Option<Vec<u8>> {
    let (mut keys, mut later) = (handshake, Some(traffic));
    let (mut messages, mut said) = (Vec::new(), Vec::new());
    for record in records(bytes) {
        // What is not sealed is the hello and the change_cipher_spec behind it.
        if record.kind() != APPLICATION_DATA {
            continue;
        }
        let (kind, content) = keys.open(&record)?;
        match kind {
            HANDSHAKE => messages.extend(content),
            APPLICATION_DATA => said.extend(content),
            _ => {}
        }
        if finished(&messages) {
            keys = later.take().unwrap_or(keys);
        }
    }
    Some(said)
}

/// Whether the message is among these that ends the handshake (RFC 8446, section 4.4.4).
fn finished(mut messages: &[u8]) -> bool {
    while let [kind, a, b, c, rest @ ..] = messages {
        let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        if *kind == 20 && rest.len() >= length {
            return true;
        }
        messages = rest.get(length..).unwrap_or_default();
    }
    false
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digit = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect()
}
