//! rustls on buffers of ours: records are decrypted where they have arrived. (Its buffered connection copies what comes in
//! once more, in small pieces.)

use rustls::client::UnbufferedClientConnection;
use rustls::server::{ClientHello, ResolvesServerCert, UnbufferedServerConnection};
use rustls::sign::CertifiedKey;
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncodeTlsData, EncryptError, UnbufferedStatus, WriteTraffic,
};
use rustls::{CommonState, Error, ServerConfig};
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// The plaintext of the largest record, and at least what its protection adds (RFC 5246, section 6.2.3; RFC 8446, section 5.2).
const RECORD: usize = 16 * 1024;
const PROTECTION: usize = 64;

/// One side of a session.
pub(super) enum Records {
    Client(Box<UnbufferedClientConnection>),
    /// With the name that the client has asked for, which rustls keeps to itself here.
    Server(Box<UnbufferedServerConnection>, Arc<OnceLock<String>>),
}

/// Where it puts what it has.
pub(super) struct Output<'a> {
    pub(super) plaintext: &'a mut Vec<u8>,
    /// For the peer: handshake, alerts, answers to a key update.
    pub(super) ciphertext: &'a mut Vec<u8>,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Done,
    PeerClosed,
    /// Nothing is left to be done.
    Waits,
}

impl Records {
    /// A server's side, which waits for a client's hello.
    pub(super) fn server(mut config: Arc<ServerConfig>) -> Result<Self, Error> {
        let name = Arc::new(OnceLock::new());
        let config_here = Arc::make_mut(&mut config);
        config_here.cert_resolver = Arc::new(Hearing {
            resolver: config_here.cert_resolver.clone(),
            name: name.clone(),
        });
        let connection = UnbufferedServerConnection::new(config)?;
        Ok(Self::Server(Box::new(connection), name))
    }

    /// Goes through all records that are complete, and says how many bytes of the front were used up, also when there is an
    /// error behind them. The rest has to be there when more is given. With `goodbye`, close_notify is said as soon as that
    /// is possible.
    pub(super) fn process(
        &mut self,
        incoming: &mut [u8],
        output: &mut Output<'_>,
        goodbye: bool,
        peer_closed: &mut bool,
    ) -> (usize, Result<(), Error>) {
        let mut used = 0;
        loop {
            let rest = incoming.get_mut(used..).unwrap_or_default();
            let (discarded, turn) = match self {
                Self::Client(it) => turn(it.process_tls_records(rest), output, goodbye),
                Self::Server(it, _) => turn(it.process_tls_records(rest), output, goodbye),
            };
            used += discarded;
            match turn {
                Ok(Turn::Done) => {}
                Ok(Turn::PeerClosed) => *peer_closed = true,
                // What was just said is not yet put out.
                Ok(Turn::Waits) if self.wants_write() => {}
                Ok(Turn::Waits) => return (used, Ok(())),
                Err(error) => {
                    self.put_out(output);
                    return (used, Err(error));
                }
            }
        }
    }

    /// Puts out what waits for the peer after an error: an alert. That comes before it looks at any input.
    fn put_out(&mut self, output: &mut Output<'_>) {
        while self.wants_write() {
            let (_, turn) = match self {
                Self::Client(it) => turn(it.process_tls_records(&mut []), output, false),
                Self::Server(it, _) => turn(it.process_tls_records(&mut []), output, false),
            };
            if turn != Ok(Turn::Done) {
                return;
            }
        }
    }

    /// Encrypts plaintext; `rest` is what [`Records::process`] has left of the input. `false`: it may not be, as there is no
    /// key yet, or none that may be used once more.
    pub(super) fn encrypt(
        &mut self,
        rest: &mut [u8],
        plaintext: &[u8],
        output: &mut Output<'_>,
    ) -> bool {
        let encrypted = match self {
            Self::Client(it) => encrypt(it.process_tls_records(rest), plaintext, output.ciphertext),
            Self::Server(it, _) => {
                encrypt(it.process_tls_records(rest), plaintext, output.ciphertext)
            }
        };
        if !encrypted {
            self.put_out(output);
        }
        encrypted
    }

    /// The name that the client has asked for.
    pub(super) fn asked_for(&self) -> Option<&str> {
        match self {
            Self::Client(_) => None,
            Self::Server(_, name) => name.get().map(String::as_str),
        }
    }
}

impl Deref for Records {
    type Target = CommonState;

    fn deref(&self) -> &CommonState {
        match self {
            Self::Client(it) => it,
            Self::Server(it, _) => it,
        }
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Client(_) => "Client",
            Self::Server(..) => "Server",
        })
    }
}

/// Does what rustls asks for next, and says how many bytes of the input are used up.
fn turn<Side>(
    status: UnbufferedStatus<'_, '_, Side>,
    output: &mut Output<'_>,
    goodbye: bool,
) -> (usize, Result<Turn, Error>) {
    let mut used = status.discard;
    let turn = status.state.and_then(|state| match state {
        ConnectionState::ReadTraffic(mut traffic) => {
            while let Some(record) = traffic.next_record() {
                let record = record?;
                used += record.discard;
                output.plaintext.extend_from_slice(record.payload);
            }
            Ok(Turn::Done)
        }
        ConnectionState::EncodeTlsData(data) => {
            encode(data, output.ciphertext);
            Ok(Turn::Done)
        }
        ConnectionState::TransmitTlsData(data) => {
            data.done();
            Ok(Turn::Done)
        }
        ConnectionState::PeerClosed => Ok(Turn::PeerClosed),
        ConnectionState::WriteTraffic(mut traffic) => {
            if goodbye {
                // It waits then, and is put out with everything else. Said a second time it is nothing.
                let _ = traffic.queue_close_notify(&mut []);
            }
            Ok(Turn::Waits)
        }
        ConnectionState::BlockedHandshake | ConnectionState::Closed => Ok(Turn::Waits),
        // Early data is refused by the configuration, and nothing else is known.
        other => Err(Error::General(format!("unexpected: {other:?}"))),
    });
    (used, turn)
}

/// Puts out one message.
fn encode<Side>(mut data: EncodeTlsData<'_, Side>, ciphertext: &mut Vec<u8>) {
    let start = ciphertext.len();
    let mut size = 0;
    loop {
        ciphertext.resize(start.saturating_add(size), 0);
        let room = ciphertext.get_mut(start..).unwrap_or_default();
        match data.encode(room) {
            Ok(written) => return ciphertext.truncate(start.saturating_add(written)),
            Err(EncodeError::InsufficientSize(needed)) => size = needed.required_size,
            Err(EncodeError::AlreadyEncoded) => return ciphertext.truncate(start),
        }
    }
}

fn encrypt<Side>(
    status: UnbufferedStatus<'_, '_, Side>,
    plaintext: &[u8],
    ciphertext: &mut Vec<u8>,
) -> bool {
    let Ok(ConnectionState::WriteTraffic(mut traffic)) = status.state else {
        return false;
    };
    plaintext
        .chunks(RECORD)
        .all(|piece| encrypt_record(&mut traffic, piece, ciphertext))
}

/// Encrypts what is one record, and puts it out with what waits before it.
fn encrypt_record<Side>(
    traffic: &mut WriteTraffic<'_, Side>,
    plaintext: &[u8],
    ciphertext: &mut Vec<u8>,
) -> bool {
    let start = ciphertext.len();
    let mut size = plaintext.len() + PROTECTION;
    loop {
        ciphertext.resize(start.saturating_add(size), 0);
        let room = ciphertext.get_mut(start..).unwrap_or_default();
        match traffic.encrypt(plaintext, room) {
            Ok(written) => {
                ciphertext.truncate(start.saturating_add(written));
                return true;
            }
            Err(EncryptError::InsufficientSize(needed)) => size = needed.required_size,
            Err(EncryptError::EncryptExhausted) => {
                ciphertext.truncate(start);
                return false;
            }
        }
    }
}

/// Chooses as the configuration does, and remembers the name.
#[derive(Debug)]
struct Hearing {
    resolver: Arc<dyn ResolvesServerCert>,
    name: Arc<OnceLock<String>>,
}

impl ResolvesServerCert for Hearing {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if let Some(name) = hello.server_name() {
            self.name.get_or_init(|| name.to_owned());
        }
        self.resolver.resolve(hello)
    }

    fn only_raw_public_keys(&self) -> bool {
        self.resolver.only_raw_public_keys()
    }
}
