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
pub use bindings::switchboard::connect::streams::{Credentials, KeepAlive};
pub use bindings::switchboard::connect::tls::{
    Certificate, CertificateFailure, Facts, TlsFailure, Trust, Version,
};
pub use bindings::switchboard::connect::types::{Family, LookupFailure, LookupFlags, Phase};
pub use bindings::wasi::sockets::types::{ErrorCode, TcpSocket, UdpSocket};
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
pub use wit_bindgen;
