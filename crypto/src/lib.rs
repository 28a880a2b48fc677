//! A [`rustls`] [`CryptoProvider`] in pure Rust.
//!
//! It is assembled from maintained primitives (RustCrypto, dalek, libcrux) and needs nothing but a Rust toolchain to
//! build, so that a WebAssembly guest can speak TLS without a C compiler for its target.
//!
//! ```
//! use std::sync::Arc;
//! use rustls::{ClientConfig, RootCertStore};
//!
//! let config = ClientConfig::builder_with_provider(Arc::new(switchboard_crypto::provider()))
//!     .with_safe_default_protocol_versions()?
//!     .with_root_certificates(RootCertStore::empty())
//!     .with_no_client_auth();
//! # let _ = config;
//! # Ok::<(), rustls::Error>(())
//! ```
//!
//! The suites are in [`cipher_suite`], the key exchanges in [`kx_group`]. A program that wants fewer of them, or another
//! order, builds a `CryptoProvider` of its own:
//!
//! ```
//! use rustls::crypto::CryptoProvider;
//! use switchboard_crypto::{cipher_suite, kx_group, rust_provider};
//!
//! let small = CryptoProvider {
//!     cipher_suites: vec![cipher_suite::TLS13_CHACHA20_POLY1305_SHA256],
//!     kx_groups: vec![kx_group::X25519],
//!     ..rust_provider()
//! };
//! # assert_eq!(small.kx_groups.len(), 1);
//! ```

mod aead;
mod ecdh;
mod hash;
mod hmac;
mod hybrid;
mod mlkem;
mod random;
mod sign;
mod sign_rsa;
mod tls12;
mod tls13;
mod verify;
mod verify_rsa;
mod x25519;

use rustls::SupportedCipherSuite;
use rustls::crypto::{CryptoProvider, SupportedKxGroup};

pub use verify::SUPPORTED_SIGNATURES;

/// The TLS 1.2 and 1.3 suites of this crate.
pub mod cipher_suite {
    pub use crate::tls12::{
        TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    };
    pub use crate::tls13::{
        TLS13_AES_128_GCM_SHA256, TLS13_AES_256_GCM_SHA384, TLS13_CHACHA20_POLY1305_SHA256,
    };
}

/// The key exchanges of this crate.
pub mod kx_group {
    pub use crate::ecdh::{SECP256R1, SECP384R1};
    pub use crate::hybrid::X25519MLKEM768;
    pub use crate::x25519::X25519;
}

/// Every suite, in the order in which [`rust_provider`] offers them.
///
/// ChaCha20-Poly1305 comes first: WebAssembly has no AES instructions, and without them it is three times as fast.
pub static ALL_CIPHER_SUITES: &[SupportedCipherSuite] = &[
    cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
    cipher_suite::TLS13_AES_128_GCM_SHA256,
    cipher_suite::TLS13_AES_256_GCM_SHA384,
    cipher_suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    cipher_suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    cipher_suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
];

/// Every key exchange, in the order in which [`rust_provider`] offers them.
pub static ALL_KX_GROUPS: &[&dyn SupportedKxGroup] = &[
    kx_group::X25519MLKEM768,
    kx_group::X25519,
    kx_group::SECP256R1,
    kx_group::SECP384R1,
];

/// The provider that a program should use: [`rust_provider`], or with the feature `ring` rustls's own for *ring*, its
/// suites in the order of [`ALL_CIPHER_SUITES`].
pub fn provider() -> CryptoProvider {
    #[cfg(not(feature = "ring"))]
    return rust_provider();
    #[cfg(feature = "ring")]
    {
        let mut provider = rustls::crypto::ring::default_provider();
        provider.cipher_suites.sort_by_key(|suite| {
            ALL_CIPHER_SUITES
                .iter()
                .position(|ours| ours.suite() == suite.suite())
        });
        provider
    }
}

/// The provider in pure Rust, whatever the features.
pub fn rust_provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: ALL_CIPHER_SUITES.to_vec(),
        kx_groups: ALL_KX_GROUPS.to_vec(),
        signature_verification_algorithms: SUPPORTED_SIGNATURES,
        secure_random: &random::System,
        key_provider: &sign::Keys,
    }
}

#[cfg(test)]
mod testing {
    /// A set of test vectors that is empty, or shorter than it was, must not pass.
    #[track_caller]
    pub(crate) fn at_least(count: usize, floor: usize) {
        assert!(count >= floor, "{count} vectors, where there were {floor}");
    }
}
