//! What is offered: versions, cipher suites and groups, by their IANA names.

use rustls::crypto::{CryptoProvider, SupportedKxGroup};
use rustls::{
    CipherSuite, NamedGroup, ProtocolVersion, SupportedCipherSuite, SupportedProtocolVersion,
    version,
};

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// RFC 5246.
    Tls12,
    /// RFC 8446.
    Tls13,
}

/// The IANA name of a cipher suite. rustls tells those of TLS 1.3 apart by a prefix that IANA does not have.
pub fn suite_name(suite: CipherSuite) -> String {
    format!("{suite:?}").replacen("TLS13_", "TLS_", 1)
}

/// The IANA name of a group, which rustls writes otherwise in one case.
pub fn group_name(group: NamedGroup) -> String {
    match group {
        NamedGroup::X25519 => "x25519".into(),
        group => format!("{group:?}"),
    }
}

/// What a context offers: everything in the beginning.
#[derive(Debug, Clone)]
pub(super) struct Offer {
    minimum: Version,
    maximum: Version,
    /// Empty for all.
    suites: Vec<SupportedCipherSuite>,
    /// Empty for all.
    groups: Vec<&'static dyn SupportedKxGroup>,
}

impl Default for Offer {
    fn default() -> Self {
        Self {
            minimum: Version::Tls12,
            maximum: Version::Tls13,
            suites: Vec::new(),
            groups: Vec::new(),
        }
    }
}

impl Offer {
    /// With these versions instead; fails with a sentence.
    pub(super) fn with_versions(self, minimum: Version, maximum: Version) -> Result<Self, String> {
        if minimum > maximum {
            return Err("the minimum version of TLS is above the maximum version".into());
        }
        let offer = Self {
            minimum,
            maximum,
            ..self
        };
        offer.provider().map(|_| offer)
    }

    /// With these suites instead; fails with a sentence.
    pub(super) fn with_suites(self, names: &[String]) -> Result<Self, String> {
        let all = switchboard_crypto::provider().cipher_suites;
        let suites = chosen("cipher suite", names, &all, |suite| {
            suite_name(suite.suite())
        })?;
        let offer = Self { suites, ..self };
        offer.provider().map(|_| offer)
    }

    /// With these groups instead; fails with a sentence.
    pub(super) fn with_groups(self, names: &[String]) -> Result<Self, String> {
        let all = switchboard_crypto::provider().kx_groups;
        let groups = chosen("group", names, &all, |group| group_name(group.name()))?;
        let offer = Self { groups, ..self };
        offer.provider().map(|_| offer)
    }

    /// The versions, for rustls.
    pub(super) fn versions(&self) -> Vec<&'static SupportedProtocolVersion> {
        let speaks = |version| (self.minimum..=self.maximum).contains(&version);
        // The newest first, as in rustls's own list.
        let all = [
            (Version::Tls13, &version::TLS13),
            (Version::Tls12, &version::TLS12),
        ];
        let spoken = all.into_iter().filter(|(version, _)| speaks(*version));
        spoken.map(|(_, version)| version).collect()
    }

    /// The cryptography with just what is offered; a sentence if nothing is left.
    pub(super) fn provider(&self) -> Result<CryptoProvider, String> {
        let mut provider = switchboard_crypto::provider();
        if !self.suites.is_empty() {
            provider.cipher_suites.clone_from(&self.suites);
        }
        if !self.groups.is_empty() {
            provider.kx_groups.clone_from(&self.groups);
        }
        let versions: Vec<ProtocolVersion> = self
            .versions()
            .iter()
            .map(|spoken| spoken.version)
            .collect();
        provider
            .cipher_suites
            .retain(|suite| versions.contains(&suite.version().version));
        if provider.cipher_suites.is_empty() {
            return Err("none of the cipher suites is of a version of TLS that is spoken".into());
        }
        provider
            .kx_groups
            .retain(|group| versions.iter().any(|it| group.usable_for_version(*it)));
        if provider.kx_groups.is_empty() {
            return Err("none of the groups is of a version of TLS that is spoken".into());
        }
        Ok(provider)
    }
}

/// Those of `all` that have these names, in this order and each once.
fn chosen<T: Copy>(
    what: &str,
    names: &[String],
    all: &[T],
    name_of: impl Fn(&T) -> String,
) -> Result<Vec<T>, String> {
    let known: Vec<String> = all.iter().map(name_of).collect();
    let mut places = Vec::new();
    for name in names {
        let place = known.iter().position(|it| it.eq_ignore_ascii_case(name));
        let Some(place) = place else {
            return Err(format!(
                "there is no {what} '{name}' here, but {}",
                known.join(", ")
            ));
        };
        if !places.contains(&place) {
            places.push(place);
        }
    }
    let chosen = places.into_iter().filter_map(|place| all.get(place));
    Ok(chosen.copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn suites(offer: &Offer) -> Vec<String> {
        let suites = offer.provider().unwrap().cipher_suites;
        suites.iter().map(|it| suite_name(it.suite())).collect()
    }

    const OLD: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
    const NEW: &str = "TLS_AES_128_GCM_SHA256";

    #[test]
    fn the_order_is_that_of_the_caller() {
        let offer = Offer::default()
            .with_suites(&names(&[OLD, "tls_aes_128_gcm_sha256", OLD]))
            .unwrap();
        assert_eq!(suites(&offer), [OLD, NEW]);
        let all = offer.with_suites(&[]).unwrap();
        assert_eq!(suites(&all).len(), 9);
    }

    #[test]
    fn suites_of_other_versions_are_left_out() {
        let old = Offer::default()
            .with_versions(Version::Tls12, Version::Tls12)
            .unwrap();
        assert_eq!(suites(&old).len(), 6);
        let both = old.clone().with_suites(&names(&[OLD, NEW])).unwrap();
        assert_eq!(suites(&both), [OLD]);
        let told = old.with_suites(&names(&[NEW])).unwrap_err();
        assert!(told.contains("none of the cipher suites"), "{told}");
        // Whatever comes first.
        let new = Offer::default().with_suites(&names(&[NEW])).unwrap();
        assert!(new.with_versions(Version::Tls12, Version::Tls12).is_err());
    }

    #[test]
    fn groups_of_other_versions_are_left_out() {
        let hybrid = Offer::default()
            .with_groups(&names(&["X25519MLKEM768"]))
            .unwrap();
        let told = hybrid.clone().with_versions(Version::Tls12, Version::Tls12);
        assert!(told.unwrap_err().contains("none of the groups"));
        assert!(hybrid.with_versions(Version::Tls13, Version::Tls13).is_ok());
    }

    #[test]
    fn what_there_is_not_is_named_with_what_there_is() {
        let told = Offer::default().with_suites(&names(&[NEW, "RC4-MD5"]));
        let told = told.unwrap_err();
        assert!(told.starts_with("there is no cipher suite 'RC4-MD5' here, but TLS_"));
        assert!(told.contains(OLD) && told.contains(NEW), "{told}");
        assert_eq!(
            Offer::default().with_groups(&names(&["x448"])).unwrap_err(),
            "there is no group 'x448' here, but X25519MLKEM768, x25519, secp256r1, secp384r1"
        );
        let told = Offer::default().with_versions(Version::Tls13, Version::Tls12);
        assert_eq!(
            told.unwrap_err(),
            "the minimum version of TLS is above the maximum version"
        );
    }
}
