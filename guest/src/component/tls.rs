//! The exported interface `tls` of the WIT.

use super::Component;
use super::bindings::exports::switchboard::connect::tls;
use crate::failure::{CertificateFailure, TlsFailure};
use crate::tls::certificate::{self, Certificate};
use crate::tls::context::{ClientVerifyMode, Context, Trust, VerifyMode, Version};
use crate::tls::session::Facts;
use std::cell::RefCell;

type Result<T> = std::result::Result<T, tls::TlsFailure>;

impl tls::Guest for Component {
    type Context = ContextResource;

    fn describe_certificate(der: Vec<u8>) -> Result<tls::Certificate> {
        Ok(certificate::describe(&der)?.into())
    }
}

pub(crate) struct ContextResource(pub(crate) RefCell<Context>);

impl tls::GuestContext for ContextResource {
    fn new(trust: tls::Trust) -> Self {
        let trust = match trust {
            tls::Trust::Mozilla => Trust::Mozilla,
            tls::Trust::None => Trust::None,
        };
        Self(RefCell::new(Context::new(trust)))
    }

    fn load_verify_locations(&self, certificates: Vec<u8>) -> Result<u32> {
        Ok(self.0.borrow_mut().load_verify_locations(&certificates)?)
    }

    fn load_revocation_lists(&self, lists: Vec<u8>) -> Result<u32> {
        Ok(self.0.borrow_mut().load_revocation_lists(&lists)?)
    }

    fn set_verify_mode(&self, mode: tls::VerifyMode) {
        self.0.borrow_mut().set_verify_mode(match mode {
            tls::VerifyMode::Required => VerifyMode::Required,
            tls::VerifyMode::InsecureNone => VerifyMode::InsecureNone,
        });
    }

    fn set_check_hostname(&self, check: bool) {
        self.0.borrow_mut().set_check_hostname(check);
    }

    fn load_cert_chain(
        &self,
        certificates: Vec<u8>,
        private_key: Vec<u8>,
        password: Option<Vec<u8>>,
    ) -> Result<()> {
        let mut context = self.0.borrow_mut();
        Ok(context.load_cert_chain(&certificates, &private_key, password.as_deref())?)
    }

    fn set_alpn_protocols(&self, protocols: Vec<Vec<u8>>) -> Result<()> {
        Ok(self.0.borrow_mut().set_alpn_protocols(protocols)?)
    }

    fn set_versions(&self, minimum: tls::Version, maximum: tls::Version) -> Result<()> {
        let mut context = self.0.borrow_mut();
        Ok(context.set_versions(minimum.into(), maximum.into())?)
    }

    fn set_cipher_suites(&self, names: Vec<String>) -> Result<()> {
        Ok(self.0.borrow_mut().set_cipher_suites(&names)?)
    }

    fn set_groups(&self, names: Vec<String>) -> Result<()> {
        Ok(self.0.borrow_mut().set_groups(&names)?)
    }

    fn set_server_name_indication(&self, send: bool) {
        self.0.borrow_mut().set_server_name_indication(send);
    }

    fn set_session_cache_size(&self, sessions: u32) {
        self.0.borrow_mut().set_session_cache_size(sessions);
    }

    fn set_max_fragment_size(&self, size: Option<u32>) -> Result<()> {
        Ok(self.0.borrow_mut().set_max_fragment_size(size)?)
    }

    fn set_key_log(&self, keep: bool) {
        self.0.borrow_mut().set_key_log(keep);
    }

    fn take_key_log(&self) -> String {
        self.0.borrow().take_key_log()
    }

    fn set_client_verify_mode(&self, mode: tls::ClientVerifyMode) {
        self.0.borrow_mut().set_client_verify_mode(match mode {
            tls::ClientVerifyMode::None => ClientVerifyMode::None,
            tls::ClientVerifyMode::Optional => ClientVerifyMode::Optional,
            tls::ClientVerifyMode::Required => ClientVerifyMode::Required,
        });
    }
}

impl From<tls::Version> for Version {
    fn from(version: tls::Version) -> Self {
        match version {
            tls::Version::Tls12 => Version::Tls12,
            tls::Version::Tls13 => Version::Tls13,
        }
    }
}

impl From<Facts> for tls::Facts {
    fn from(facts: Facts) -> Self {
        Self {
            version: match facts.tls13 {
                true => tls::Version::Tls13,
                false => tls::Version::Tls12,
            },
            cipher_suite: facts.cipher_suite,
            key_exchange: facts.key_exchange,
            server_name: facts.server_name,
            alpn: facts.alpn,
            resumed: facts.resumed,
            peer_certificates: facts.peer_certificates,
        }
    }
}

impl From<Certificate> for tls::Certificate {
    fn from(certificate: Certificate) -> Self {
        Self {
            subject: certificate.subject,
            issuer: certificate.issuer,
            serial_number: certificate.serial_number,
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            subject_alternative_names: certificate.subject_alternative_names,
            fingerprint: certificate.fingerprint,
        }
    }
}

impl From<CertificateFailure> for tls::CertificateFailure {
    fn from(failure: CertificateFailure) -> Self {
        match failure {
            CertificateFailure::Expired(dates) => tls::CertificateFailure::Expired(dates),
            CertificateFailure::NotYetValid(dates) => tls::CertificateFailure::NotYetValid(dates),
            CertificateFailure::UnknownIssuer(issuer) => {
                tls::CertificateFailure::UnknownIssuer(issuer)
            }
            CertificateFailure::NameMismatch { names, .. } => {
                tls::CertificateFailure::NameMismatch(names)
            }
            CertificateFailure::Revoked => tls::CertificateFailure::Revoked,
            CertificateFailure::BadSignature => tls::CertificateFailure::BadSignature,
            CertificateFailure::Malformed(what) => tls::CertificateFailure::Malformed(what),
            CertificateFailure::Rejected(what) => tls::CertificateFailure::Rejected(what),
        }
    }
}

impl From<TlsFailure> for tls::TlsFailure {
    fn from(failure: TlsFailure) -> Self {
        match failure {
            TlsFailure::Certificate(failure) => tls::TlsFailure::Certificate(failure.into()),
            TlsFailure::AlertReceived(number, name) => {
                tls::TlsFailure::AlertReceived((number, name))
            }
            TlsFailure::NotTls(what) | TlsFailure::StartTls(what) => tls::TlsFailure::NotTls(what),
            TlsFailure::Incompatible(what) => tls::TlsFailure::Incompatible(what),
            TlsFailure::Truncated => tls::TlsFailure::Truncated,
            TlsFailure::Protocol(what) => tls::TlsFailure::Protocol(what),
            TlsFailure::Configuration(what) => tls::TlsFailure::Configuration(what),
        }
    }
}
