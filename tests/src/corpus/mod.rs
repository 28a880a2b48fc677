//! Certificates good and bad, of which no library makes the bad ones: every field of RFC 5280 as one likes, signed by
//! real keys, sent by servers exactly as they are, and judged by OpenSSL.

pub mod extensions;
pub mod fields;
pub mod keys;
pub mod s_client;
pub mod servers;
pub mod sketch;

use keys::Key;
use std::sync::Arc;

/// A server's certificates, a name that a client asks for, and what clients should say.
#[derive(Clone, Debug)]
pub struct Case {
    /// What is special.
    pub name: &'static str,
    /// The certificates in the order in which they are sent; DER, or what is to pass for it.
    pub chain: Vec<Vec<u8>>,
    /// The key that the server has.
    pub key: Arc<Key>,
    /// The certificates that the client trusts; DER.
    pub trusted: Vec<Vec<u8>>,
    /// The host name or IP address that the client expects.
    pub asked: String,
    /// What the component should say: `accepted`, or the case of its failure.
    pub component: &'static str,
    /// What OpenSSL should say: `accepted`, the name of a verify code, or `no verdict`.
    pub openssl: &'static str,
}

/// What both call a certificate that they accept.
pub const ACCEPTED: &str = "accepted";

/// Certificates as PEM.
#[must_use]
pub fn pem(certificates: &[Vec<u8>]) -> String {
    let block = |der: &Vec<u8>| pem::encode(&pem::Pem::new("CERTIFICATE", der.clone()));
    certificates.iter().map(block).collect()
}
