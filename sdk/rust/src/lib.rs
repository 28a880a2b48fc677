#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod address;
#[allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    clippy::all,
    rustdoc::all,
    reason = "generated"
)]
mod bindings;
mod clock;
mod connection;
mod connector;
mod convert;
mod datagram;
mod endpoint;
mod error;
#[cfg(feature = "hyper")]
pub mod hyper;
pub mod protocol;
mod reading;
mod split;
mod timeline;
mod tls;
mod unix;
mod unix_datagram;
mod upgrade;
mod wakers;
mod writing;

pub use address::{Address, UnixAddress};
/// ```no_run
/// # fn example(connection: &switchboard_client::Connection) {
/// use switchboard_client::Credentials;
/// if let Some(Credentials { pid, uid, gid }) = connection.peer_credentials() {
///     println!("process {pid:?} of {uid}:{gid}");
/// }
/// # }
/// ```
pub use bindings::switchboard::connect::streams::Credentials;
/// ```
/// use switchboard_client::KeepAlive;
/// let every_minute = KeepAlive { idle: Some(60_000_000_000), interval: Some(60_000_000_000), count: None };
/// ```
pub use bindings::switchboard::connect::streams::KeepAlive;
/// ```no_run
/// use switchboard_client::{Certificate, TlsContext};
/// # fn example(der: &[u8]) -> Result<(), switchboard_client::Error> {
/// let certificate: Certificate = TlsContext::describe_certificate(der)?;
/// println!("{}", certificate.subject);
/// # Ok(())
/// # }
/// ```
pub use bindings::switchboard::connect::tls::Certificate;
/// ```
/// use switchboard_client::{CertificateFailure, Error, Failure, TlsFailure};
///
/// fn is_for_others(error: &Error) -> bool {
///     let mismatch = |it: &CertificateFailure| matches!(it, CertificateFailure::NameMismatch(_));
///     matches!(error.failure(), Failure::Tls(TlsFailure::Certificate(failure)) if mismatch(failure))
/// }
/// ```
pub use bindings::switchboard::connect::tls::CertificateFailure;
/// ```no_run
/// # fn example(connection: &switchboard_client::Connection) {
/// if let Some(facts) = connection.tls() {
///     println!("{:?}, {}", facts.version, facts.cipher_suite);
/// }
/// # }
/// ```
pub use bindings::switchboard::connect::tls::Facts;
/// ```
/// use switchboard_client::{Error, Failure, TlsFailure};
///
/// fn was_cut_off(error: &Error) -> bool {
///     matches!(error.failure(), Failure::Tls(TlsFailure::Truncated))
/// }
/// ```
pub use bindings::switchboard::connect::tls::TlsFailure;
/// ```no_run
/// use switchboard_client::{TlsContext, Trust};
/// let own_roots_alone = TlsContext::trusting(Trust::None);
/// ```
pub use bindings::switchboard::connect::tls::Trust;
/// ```no_run
/// use switchboard_client::Version;
/// # fn example(connection: &switchboard_client::Connection) {
/// let newest = connection.tls().is_some_and(|it| it.version == Version::Tls13);
/// # }
/// ```
pub use bindings::switchboard::connect::tls::Version;
/// ```
/// use switchboard_client::{Connector, Family};
/// let connector = Connector::new("example.com", 443).family(Family::Inet);
/// ```
pub use bindings::switchboard::connect::types::Family;
/// ```
/// use switchboard_client::{Error, Failure, LookupFailure};
///
/// fn is_unknown(error: &Error) -> bool {
///     matches!(error.failure(), Failure::Lookup(LookupFailure::NotFound))
/// }
/// ```
pub use bindings::switchboard::connect::types::LookupFailure;
/// ```
/// use switchboard_client::{Connector, LookupFlags};
/// let literal = LookupFlags::NUMERIC_HOST | LookupFlags::NUMERIC_SERVICE;
/// let connector = Connector::new("127.0.0.1", 80).lookup_flags(literal);
/// ```
pub use bindings::switchboard::connect::types::LookupFlags;
/// ```
/// use switchboard_client::{Error, Failure, Phase};
///
/// fn is_too_far(error: &Error) -> bool {
///     matches!(error.failure(), Failure::TimedOut(Some(Phase::Connect)))
/// }
/// ```
pub use bindings::switchboard::connect::types::Phase;
/// ```
/// use switchboard_client::{Error, ErrorCode, Failure};
///
/// fn is_refused(error: &Error) -> bool {
///     matches!(error.failure(), Failure::Os(ErrorCode::ConnectionRefused))
/// }
/// ```
pub use bindings::wasi::sockets::types::ErrorCode;
/// ```no_run
/// use switchboard_client::{Connector, TcpSocket};
/// # fn example(socket: TcpSocket) {
/// let connector = Connector::over(socket);
/// # }
/// ```
pub use bindings::wasi::sockets::types::TcpSocket;
/// ```no_run
/// use switchboard_client::{Datagram, UdpSocket};
/// # fn example(socket: UdpSocket) {
/// let datagram = Datagram::over(socket);
/// # }
/// ```
pub use bindings::wasi::sockets::types::UdpSocket;
pub use connection::{Connection, Guard, Streams};
pub use connector::{Connect, Connector, OverSocket, Port, Remote, Target};
pub use datagram::{Bind, Datagram};
pub use endpoint::{Endpoint, Event};
pub use error::{Error, Failure};
pub use split::{ReadHalf, WriteHalf};
pub use timeline::{Outcome, Step};
pub use tls::{Tls, TlsContext};
pub use unix::Unix;
pub use unix_datagram::UnixDatagram;
pub use upgrade::Upgradable;
/// The wit-bindgen of this crate: exports that are to spawn tasks have to be by the same one.
///
/// ```no_run
/// switchboard_client::wit_bindgen::spawn_local(async { println!("beside the call") });
/// ```
#[doc(no_inline)]
pub use wit_bindgen;
