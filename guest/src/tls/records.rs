//! rustls on buffers of ours: records are decrypted where they have arrived. (Its buffered connection copies what comes in
//! once more, in small pieces.)

use rustls::client::UnbufferedClientConnection;
use rustls::pki_types::ServerName;
use rustls::server::{ClientHello, ResolvesServerCert, UnbufferedServerConnection};
use rustls::sign::CertifiedKey;
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncodeTlsData, EncryptError, UnbufferedStatus, WriteTraffic,
};
use rustls::{ClientConfig, CommonState, Error, ServerConfig};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// The plaintext of the largest record, and at least what its protection adds (RFC 5246, section 6.2.3; RFC 8446, section 5.2).
const RECORD: usize = 16 * 1024;
const PROTECTION: usize = 64;

/// One side of a session.
pub(super) struct Records {
    side: Side,
    /// The peer has sent close_notify.
    peer_closed: bool,
    /// It is over; what rustls keeps of the input must not be taken for something that is there.
    broken: Option<Error>,
}

enum Side {
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
    /// A client's side, about to say hello to the server of this name.
    pub(super) fn client(
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
    ) -> Result<Self, Error> {
        let connection = UnbufferedClientConnection::new(config, name)?;
        Ok(Self::new(Side::Client(Box::new(connection))))
    }

    /// A server's side, which waits for a client's hello.
    pub(super) fn server(mut config: Arc<ServerConfig>) -> Result<Self, Error> {
        let name = Arc::new(OnceLock::new());
        let own = Arc::make_mut(&mut config);
        own.cert_resolver = Arc::new(RecordingResolver {
            resolver: own.cert_resolver.clone(),
            name: name.clone(),
        });
        let connection = UnbufferedServerConnection::new(config)?;
        Ok(Self::new(Side::Server(Box::new(connection), name)))
    }

    fn new(side: Side) -> Self {
        Self {
            side,
            peer_closed: false,
            broken: None,
        }
    }

    /// Goes through all records that are complete, and says how many bytes of the front were used up, also when there is an
    /// error behind them. The rest has to be there when more is given. With `goodbye`, close_notify is said, if there are
    /// keys for it.
    pub(super) fn process(
        &mut self,
        input: &mut [u8],
        output: &mut Output<'_>,
        goodbye: bool,
    ) -> (usize, Result<(), Error>) {
        if let Some(error) = &self.broken {
            return (0, Err(error.clone()));
        }
        let mut used = 0;
        loop {
            let goodbye = goodbye && !self.is_handshaking();
            let rest = input.get_mut(used..).unwrap_or_default();
            let (discarded, turn) = self.step(rest, output, goodbye);
            used += discarded;
            match turn {
                Ok(Turn::Done) => {}
                Ok(Turn::PeerClosed) => self.peer_closed = true,
                // The goodbye is not yet put out.
                Ok(Turn::Waits) if self.has_message() => {}
                Ok(Turn::Waits) => return (used, Ok(())),
                Err(error) => {
                    self.broken = Some(error.clone());
                    self.put_out(output);
                    return (used, Err(error));
                }
            }
        }
    }

    /// Encrypts plaintext; `rest` is what [`Records::process`] has left of the input. [`Error::EncryptError`]: no key may be
    /// used once more.
    pub(super) fn encrypt(
        &mut self,
        rest: &mut [u8],
        plaintext: &[u8],
        output: &mut Output<'_>,
    ) -> Result<(), Error> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        let encrypted = match &mut self.side {
            Side::Client(it) => encrypt(it.process_tls_records(rest), plaintext, output.ciphertext),
            Side::Server(it, _) => {
                encrypt(it.process_tls_records(rest), plaintext, output.ciphertext)
            }
        };
        if let Err(error) = &encrypted {
            self.broken = Some(error.clone());
            self.put_out(output);
        }
        encrypted
    }

    /// Does what rustls asks for next, and says how many bytes of the input are used up.
    fn step(
        &mut self,
        input: &mut [u8],
        output: &mut Output<'_>,
        goodbye: bool,
    ) -> (usize, Result<Turn, Error>) {
        match &mut self.side {
            Side::Client(it) => step(it.process_tls_records(input), output, goodbye),
            Side::Server(it, _) => step(it.process_tls_records(input), output, goodbye),
        }
    }

    /// Puts out what waits for the peer after an error: an alert. That comes before it looks at any input.
    fn put_out(&mut self, output: &mut Output<'_>) {
        while self.has_message() {
            if self.step(&mut [], output, false) != (0, Ok(Turn::Done)) {
                return;
            }
        }
    }

    /// Whether rustls has something for the peer that is not put out.
    fn has_message(&self) -> bool {
        self.state().wants_write()
    }

    /// What rustls knows of the session.
    pub(super) fn state(&self) -> &CommonState {
        match &self.side {
            Side::Client(it) => it,
            Side::Server(it, _) => it,
        }
    }

    pub(super) fn is_handshaking(&self) -> bool {
        self.state().is_handshaking()
    }

    pub(super) fn peer_closed(&self) -> bool {
        self.peer_closed
    }

    /// The name that the client of this server has asked for.
    pub(super) fn server_name(&self) -> Option<&str> {
        match &self.side {
            Side::Client(_) => None,
            Side::Server(_, name) => name.get().map(String::as_str),
        }
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.side {
            Side::Client(_) => "Client",
            Side::Server(..) => "Server",
        })
    }
}

/// Does what rustls asks for next, and says how many bytes of the input are used up.
fn step<Data>(
    status: UnbufferedStatus<'_, '_, Data>,
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
        other => Err(unexpected(&other)),
    });
    (used, turn)
}

/// Puts out one message.
fn encode<Data>(mut data: EncodeTlsData<'_, Data>, ciphertext: &mut Vec<u8>) {
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

fn encrypt<Data>(
    status: UnbufferedStatus<'_, '_, Data>,
    plaintext: &[u8],
    ciphertext: &mut Vec<u8>,
) -> Result<(), Error> {
    match status.state? {
        ConnectionState::WriteTraffic(mut traffic) => plaintext
            .chunks(RECORD)
            .try_for_each(|piece| encrypt_record(&mut traffic, piece, ciphertext)),
        other => Err(unexpected(&other)),
    }
}

fn unexpected<Data>(state: &ConnectionState<'_, '_, Data>) -> Error {
    Error::General(format!("unexpected: {state:?}"))
}

/// Encrypts what is one record, and puts it out with what waits before it.
fn encrypt_record<Data>(
    traffic: &mut WriteTraffic<'_, Data>,
    plaintext: &[u8],
    ciphertext: &mut Vec<u8>,
) -> Result<(), Error> {
    let start = ciphertext.len();
    let mut size = plaintext.len() + PROTECTION;
    loop {
        ciphertext.resize(start.saturating_add(size), 0);
        let room = ciphertext.get_mut(start..).unwrap_or_default();
        match traffic.encrypt(plaintext, room) {
            Ok(written) => {
                ciphertext.truncate(start.saturating_add(written));
                return Ok(());
            }
            Err(EncryptError::InsufficientSize(needed)) => size = needed.required_size,
            Err(EncryptError::EncryptExhausted) => {
                ciphertext.truncate(start);
                return Err(Error::EncryptError);
            }
        }
    }
}

/// Chooses as the configuration does, and remembers the name.
#[derive(Debug)]
struct RecordingResolver {
    resolver: Arc<dyn ResolvesServerCert>,
    name: Arc<OnceLock<String>>,
}

impl ResolvesServerCert for RecordingResolver {
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
