#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

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
mod error;
#[cfg(feature = "hyper")]
pub mod hyper;
pub mod protocol;
mod reading;
mod split;
mod timeline;
mod tls;
mod upgrade;
mod wakers;
mod writing;

pub use bindings::switchboard::connect::streams::KeepAlive;
pub use bindings::switchboard::connect::tls::{
    Certificate, CertificateFailure, Facts, TlsFailure, Trust, Version,
};
pub use bindings::switchboard::connect::types::{Family, LookupFailure, LookupFlags, Phase};
pub use bindings::wasi::sockets::types::{ErrorCode, TcpSocket, UdpSocket};
pub use connection::{Connection, Guard, Streams};
pub use connector::{Connector, OverSocket, Port, Remote, Target};
pub use datagram::{Datagram, Endpoint, Event};
pub use error::{Error, Failure};
pub use split::{ReadHalf, WriteHalf};
pub use timeline::{Outcome, Step};
pub use tls::{Tls, TlsContext};
pub use upgrade::Upgradable;
pub use wit_bindgen;
