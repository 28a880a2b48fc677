//! What is known of a connection: asyncio's `get_extra_info`.

use crate::address::Address;
use crate::bindings::switchboard::connect::streams as wit;
use crate::{Credentials, Facts, Version};

/// An answer of [`Transport::get_extra_info`](super::Transport::get_extra_info).
///
/// ```
/// # fn example(transport: &switchboard_client::protocol::Transport) {
/// use switchboard_client::protocol::Extra;
///
/// if let Some(Extra::Address(peer)) = transport.get_extra_info("peername") {
///     println!("to {peer}");
/// }
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Extra {
    /// `sockname`, `peername`.
    Address(Address),
    /// `peercred`: who the peer of a Unix socket is.
    Credentials(Credentials),
    /// `ssl_object`: what TLS agreed on.
    Tls(Facts),
    /// `cipher`: the cipher suite and the version of TLS.
    Cipher(String, Version),
    /// `peercert`: the peer's certificate in DER.
    Certificate(Vec<u8>),
}

/// What is known, kept as long as somebody may ask.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) sockname: Option<Address>,
    pub(super) peername: Option<Address>,
    pub(super) peercred: Option<Credentials>,
    pub(super) tls: Option<Facts>,
}

impl Known {
    pub(super) fn of(raw: &wit::Connection) -> Self {
        Self {
            sockname: raw.local_address().map(Address::from_wit),
            peername: raw.remote_address().map(Address::from_wit),
            peercred: raw.peer_credentials().map(Into::into),
            tls: raw.tls().map(Into::into),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<Extra> {
        let facts = self.tls.as_ref();
        match name {
            "sockname" => self.sockname.clone().map(Extra::Address),
            "peername" => self.peername.clone().map(Extra::Address),
            "peercred" => self.peercred.map(Extra::Credentials),
            "ssl_object" => facts.cloned().map(Extra::Tls),
            "cipher" => facts.map(|it| Extra::Cipher(it.cipher_suite.clone(), it.version)),
            "peercert" => {
                let certificate = facts?.peer_certificates.first()?;
                Some(Extra::Certificate(certificate.clone()))
            }
            _ => None,
        }
    }
}
