#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod address;
#[allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
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
mod facts;
mod failures;
#[cfg(feature = "hyper")]
pub mod hyper;
mod opening;
mod port;
pub mod protocol;
mod reading;
mod settings;
mod split;
mod threads;
mod timeline;
mod tls;
mod unix;
mod unix_datagram;
mod upgrade;
mod wakers;
mod writing;

pub use address::{Address, UnixAddress};
/// WASI's own, as [`Streams`] have it; see [`OsFailure`] for what it is in an error.
///
/// ```
/// use switchboard_client::{Error, ErrorCode, Failure};
///
/// fn is_refused(error: &Error) -> bool {
///     matches!(error.failure(), Failure::Os(it) if matches!(it.code, ErrorCode::ConnectionRefused))
/// }
/// ```
pub use bindings::wasi::sockets::types::ErrorCode;
/// WASI's own.
///
/// ```no_run
/// use switchboard_client::{Connector, TcpSocket};
/// # fn example(socket: TcpSocket) {
/// let connector = Connector::over(socket);
/// # }
/// ```
pub use bindings::wasi::sockets::types::TcpSocket;
/// WASI's own.
///
/// ```no_run
/// use switchboard_client::{Datagram, UdpSocket};
/// # fn example(socket: UdpSocket) {
/// let datagram = Datagram::over(socket);
/// # }
/// ```
pub use bindings::wasi::sockets::types::UdpSocket;
pub use clock::timeout;
pub use connection::{Connection, Guard, Streams};
pub use connector::{Connector, OverSocket, Remote, Target};
pub use datagram::{Bind, Datagram};
pub use endpoint::{Endpoint, Event};
pub use error::{Error, Failure};
pub use facts::{Certificate, Credentials, Facts, Version};
pub use failures::{CertificateFailure, LookupFailure, OsFailure, Phase, TlsFailure};
pub use opening::Connect;
pub use port::Port;
pub use settings::{Family, KeepAlive, LookupFlags, Trust};
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
