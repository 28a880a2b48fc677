//! Certificates of authorities that are trusted themselves and shown by a server as its own: what `openssl req -x509` makes,
//! and what webpki refuses for a server although it was loaded.

use super::certificate::describe;
use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error};
use std::time::Duration;

/// What was loaded.
#[derive(Debug, Clone, Default)]
pub(super) struct Pinned(Vec<CertificateDer<'static>>);

impl Pinned {
    pub(super) fn extend(&mut self, certificates: &[CertificateDer<'static>]) {
        self.0.extend_from_slice(certificates);
    }

    /// Verifies anew what webpki has refused only because it is an authority's. Whoever has loaded it has vouched for it; its
    /// dates count, and if there is one the name.
    pub(super) fn verify(
        &self,
        refused: Error,
        end_entity: &CertificateDer<'_>,
        server_name: Option<&ServerName<'_>>,
        now: UnixTime,
    ) -> Result<(), Error> {
        if !is_of_an_authority(&refused) || !self.0.contains(end_entity) {
            return Err(refused);
        }
        let dates = describe(end_entity).map_err(|_| CertificateError::BadEncoding)?;
        let [not_before, not_after] = [dates.not_before, dates.not_after].map(since_1970);
        if now < not_before {
            let time = now;
            return Err(CertificateError::NotValidYetContext { time, not_before }.into());
        }
        if now > not_after {
            let time = now;
            return Err(CertificateError::ExpiredContext { time, not_after }.into());
        }
        match server_name {
            Some(name) => verify_server_name(&ParsedCertificate::try_from(end_entity)?, name),
            None => Ok(()),
        }
    }
}

/// webpki's `CaUsedAsEndEntity`, which rustls hands on as a foreign error.
fn is_of_an_authority(error: &Error) -> bool {
    match error {
        Error::InvalidCertificate(CertificateError::Other(error)) => {
            error.to_string() == "CaUsedAsEndEntity"
        }
        _ => false,
    }
}

fn since_1970(seconds: i64) -> UnixTime {
    let seconds = u64::try_from(seconds).unwrap_or_default();
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}
