//! Certificates and handshakes in memory, for the tests.

use super::context::{Context, Trust};
use super::failure::tls_failure;
use crate::failure::TlsFailure;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, IsCa, Issuer,
    KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber, date_time_ymd,
};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, ServerConfig, ServerConnection};
use std::io::Read;
use std::sync::Arc;

/// An authority.
pub(super) struct Pki {
    pub(super) ca: rcgen::Certificate,
    pub(super) issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key.
pub(super) struct Leaf {
    pub(super) certificate: rcgen::Certificate,
    pub(super) key: KeyPair,
}

impl Pki {
    pub(super) fn new(name: &str) -> Self {
        let params = authority(name);
        let key = KeyPair::generate().unwrap();
        Self {
            ca: params.self_signed(&key).unwrap(),
            issuer: Issuer::new(params, key),
        }
    }

    /// An authority under this one.
    pub(super) fn under(&self, name: &str) -> Self {
        let params = authority(name);
        let key = KeyPair::generate().unwrap();
        Self {
            ca: params.signed_by(&key, &self.issuer).unwrap(),
            issuer: Issuer::new(params, key),
        }
    }

    pub(super) fn issue(&self, name: &str) -> Leaf {
        self.issue_as(params(name))
    }

    pub(super) fn issue_as(&self, params: CertificateParams) -> Leaf {
        let key = KeyPair::generate().unwrap();
        Leaf {
            certificate: params.signed_by(&key, &self.issuer).unwrap(),
            key,
        }
    }

    /// A list that revokes the certificate with this number.
    pub(super) fn revokes(&self, serial: u64) -> rcgen::CertificateRevocationList {
        let params = CertificateRevocationListParams {
            this_update: date_time_ymd(2020, 1, 1),
            next_update: date_time_ymd(2020, 2, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: vec![RevokedCertParams {
                serial_number: SerialNumber::from(serial),
                revocation_time: date_time_ymd(2020, 1, 1),
                reason_code: None,
                invalidity_date: None,
            }],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer).unwrap()
    }

    /// A context that trusts this authority.
    pub(super) fn trusted(&self) -> Context {
        let mut context = Context::new(Trust::None);
        context.load_verify_locations(self.ca.der()).unwrap();
        context
    }

    /// The context of a server with a certificate for this name.
    pub(super) fn serving(&self, name: &str) -> Context {
        self.issue(name).context()
    }
}

impl Leaf {
    /// A context that shows this certificate and trusts nobody.
    pub(super) fn context(&self) -> Context {
        let mut context = Context::new(Trust::None);
        self.load_into(&mut context);
        context
    }

    pub(super) fn load_into(&self, context: &mut Context) {
        let key = self.key.serialize_der();
        context
            .load_cert_chain(self.certificate.der(), &key, None)
            .unwrap();
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = named(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// For a certificate for this host.
pub(super) fn params(name: &str) -> CertificateParams {
    let mut params = named("leaf");
    let names = CertificateParams::new([name.to_owned()]);
    params.subject_alt_names = names.unwrap().subject_alt_names;
    params
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// Two sides that have said all that they had to say.
pub(super) struct Pair {
    pub(super) client: ClientConnection,
    pub(super) server: ServerConnection,
    pub(super) client_failed: Option<TlsFailure>,
    pub(super) server_failed: Option<TlsFailure>,
}

impl Pair {
    /// Connects to `a.example`.
    pub(super) fn of(client: &Context, server: &Context) -> Self {
        Self::between(
            &client.client_config().unwrap(),
            &server.server_config().unwrap(),
        )
    }

    pub(super) fn between(client: &Arc<ClientConfig>, server: &Arc<ServerConfig>) -> Self {
        let name = ServerName::try_from("a.example").unwrap();
        let mut pair = Self {
            client: ClientConnection::new(client.clone(), name).unwrap(),
            server: ServerConnection::new(server.clone()).unwrap(),
            client_failed: None,
            server_failed: None,
        };
        pair.shuttle();
        pair
    }

    /// Moves all that there is. Gives the length of the longest record of each side.
    pub(super) fn shuttle(&mut self) -> (usize, usize) {
        let mut longest = (0, 0);
        loop {
            let (mut there, mut back) = (Vec::new(), Vec::new());
            while self.client.wants_write() {
                self.client.write_tls(&mut there).unwrap();
            }
            while self.server.wants_write() {
                self.server.write_tls(&mut back).unwrap();
            }
            if there.is_empty() && back.is_empty() {
                return longest;
            }
            longest = (
                longest.0.max(longest_record(&there)),
                longest.1.max(longest_record(&back)),
            );
            let (mut there, mut back) = (there.as_slice(), back.as_slice());
            while !there.is_empty() && self.server_failed.is_none() {
                self.server.read_tls(&mut there).unwrap();
                let done = self.server.process_new_packets();
                self.server_failed = done.err().map(|error| tls_failure(error, &[]));
                // It takes no more while too much of it waits.
                let _ = self.server.reader().read_to_end(&mut Vec::new());
            }
            while !back.is_empty() && self.client_failed.is_none() {
                self.client.read_tls(&mut back).unwrap();
                let done = self.client.process_new_packets();
                self.client_failed = done.err().map(|error| tls_failure(error, &[]));
                let _ = self.client.reader().read_to_end(&mut Vec::new());
            }
        }
    }

    /// Neither side failed.
    #[track_caller]
    pub(super) fn established(self) -> Self {
        assert_eq!(self.client_failed, None);
        assert_eq!(self.server_failed, None);
        assert!(!self.client.is_handshaking() && !self.server.is_handshaking());
        self
    }

    /// What the client says why it failed.
    #[track_caller]
    pub(super) fn refused(self) -> String {
        self.client_failed.unwrap().to_string()
    }
}

fn longest_record(mut wire: &[u8]) -> usize {
    let mut longest = 0;
    while let [_, _, _, high, low, ..] = wire {
        let length = 5 + usize::from(u16::from_be_bytes([*high, *low]));
        longest = longest.max(length);
        wire = &wire[length..];
    }
    longest
}
