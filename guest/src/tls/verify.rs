//! How certificates are verified: by webpki, with the little that rustls leaves to us.

use super::certificate;
use super::pinned::Pinned;
use super::trust::Anchors;
use crate::failure::TlsFailure;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use std::cell::RefCell;
use std::sync::Arc;

/// Whether the server's certificate is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VerifyMode {
    /// It has to come from a trusted root.
    #[default]
    Required,
    /// Whoever answers is believed.
    InsecureNone,
}

/// Whether a server asks for the client's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientVerifyMode {
    /// It does not.
    #[default]
    None,
    /// It verifies one, if there is one.
    Optional,
    /// There has to be one.
    Required,
}

/// Takes servers' certificates that come from a trusted root, and if `names` are for the right name.
pub(super) fn of_servers(
    anchors: &Anchors,
    names: bool,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, TlsFailure> {
    let roots = trusting_somebody(anchors)?;
    let builder = WebPkiServerVerifier::builder_with_provider(roots, provider.clone());
    let webpki = builder
        .with_crls(anchors.lists.iter().cloned())
        .only_check_end_entity_revocation()
        .allow_unknown_revocation_status()
        .build()
        .map_err(|error| TlsFailure::Configuration(error.to_string()))?;
    Ok(Arc::new(Server {
        webpki,
        pinned: anchors.pinned.clone(),
        algorithms: provider.signature_verification_algorithms,
        names,
    }))
}

/// Takes every server's certificate; that the server has its key is still verified.
pub(super) fn of_nobody(provider: &CryptoProvider) -> Arc<dyn ServerCertVerifier> {
    Arc::new(Anybody {
        algorithms: provider.signature_verification_algorithms,
    })
}

/// Takes clients' certificates that come from a trusted root.
pub(super) fn of_clients(
    anchors: &Anchors,
    mode: ClientVerifyMode,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsFailure> {
    if mode == ClientVerifyMode::None {
        return Ok(WebPkiClientVerifier::no_client_auth());
    }
    let roots = trusting_somebody(anchors)?;
    let mut builder = WebPkiClientVerifier::builder_with_provider(roots, provider.clone())
        .with_crls(anchors.lists.iter().cloned())
        .only_check_end_entity_revocation()
        .allow_unknown_revocation_status();
    if mode == ClientVerifyMode::Optional {
        builder = builder.allow_unauthenticated();
    }
    let built = builder.build();
    let webpki = built.map_err(|error| TlsFailure::Configuration(error.to_string()))?;
    Ok(Arc::new(Client {
        webpki,
        pinned: anchors.pinned.clone(),
        algorithms: provider.signature_verification_algorithms,
    }))
}

fn trusting_somebody(anchors: &Anchors) -> Result<Arc<rustls::RootCertStore>, TlsFailure> {
    match anchors.roots.is_empty() {
        true => Err(TlsFailure::Configuration(
            "the TLS context trusts no certificate at all".into(),
        )),
        false => Ok(Arc::new(anchors.roots.clone())),
    }
}

thread_local! {
    /// Who issued what could not be traced back, from the verification to the telling of its failure. rustls's error has
    /// no room for it, and an error of our own (`CertificateError::Other`) would reach the peer as `certificate_unknown`
    /// instead of `unknown_ca` (RFC 8446, section 6.2).
    static UNTRACED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Who issued what the verification that has just failed could not trace back, written as in RFC 4514.
pub(super) fn untraced_issuer() -> String {
    let issuer = UNTRACED.with_borrow_mut(Option::take);
    issuer.unwrap_or_else(|| "somebody unknown".into())
}

fn remembering_the_issuer<T>(
    result: Result<T, Error>,
    end_entity: &CertificateDer<'_>,
    intermediates: &[CertificateDer<'_>],
) -> Result<T, Error> {
    if let Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) = &result {
        UNTRACED.set(certificate::untraced_issuer(end_entity, intermediates));
    }
    result
}

/// That the peer has the key of its certificate is verified alike, whoever's that is: with `self.algorithms`.
macro_rules! signatures {
    () => {
        fn verify_tls12_signature(
            &self,
            message: &[u8],
            cert: &CertificateDer<'_>,
            dss: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            verify_tls12_signature(message, cert, dss, &self.algorithms)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            cert: &CertificateDer<'_>,
            dss: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            verify_tls13_signature(message, cert, dss, &self.algorithms)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.algorithms.supported_schemes()
        }
    };
}

#[derive(Debug)]
struct Server {
    webpki: Arc<WebPkiServerVerifier>,
    pinned: Pinned,
    algorithms: WebPkiSupportedAlgorithms,
    names: bool,
}

impl ServerCertVerifier for Server {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.webpki.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match verified {
            // The name is looked at last: everything else is in order.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.names => Ok(ServerCertVerified::assertion()),
            Err(refused) => {
                let name = self.names.then_some(server_name);
                let verified = self.pinned.verify(refused, end_entity, name, now);
                remembering_the_issuer(verified, end_entity, intermediates)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    signatures!();
}

#[derive(Debug)]
struct Anybody {
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    signatures!();
}

#[derive(Debug)]
struct Client {
    webpki: Arc<dyn ClientCertVerifier>,
    pinned: Pinned,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for Client {
    fn offer_client_auth(&self) -> bool {
        self.webpki.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.webpki.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.webpki.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self
            .webpki
            .verify_client_cert(end_entity, intermediates, now);
        let Err(refused) = verified else {
            return verified;
        };
        let verified = self.pinned.verify(refused, end_entity, None, now);
        remembering_the_issuer(verified, end_entity, intermediates)?;
        Ok(ClientCertVerified::assertion())
    }

    signatures!();
}

#[cfg(test)]
mod tests;
