use crate::failure::{CertificateFailure, TlsFailure};
use crate::tls::context::{ClientVerifyMode, Context, Trust, VerifyMode, Version};
use crate::tls::testing::{Leaf, Pair, Pki, params};
use rcgen::{SerialNumber, date_time_ymd};

fn numbered(serial: u64) -> rcgen::CertificateParams {
    let mut params = params("a.example");
    params.serial_number = Some(SerialNumber::from(serial));
    params
}

#[test]
fn the_issuer_is_named() {
    let (pki, stranger) = (Pki::new("Root"), Pki::new("Stranger, Ltd."));
    let client = pki.trusted();
    let pair = Pair::of(&client, &stranger.serving("a.example"));
    assert_eq!(
        pair.server_failed,
        Some(TlsFailure::AlertReceived(48, "unknown_ca".into()))
    );
    assert_eq!(
        pair.refused(),
        "certificate verify failed: unknown issuer: no trusted root stands behind the certificate, \
         which CN=Stranger\\, Ltd. issued"
    );
}

/// That of the last certificate on the way, whatever else was shown.
#[test]
fn the_issuer_is_followed_up_to_where_the_trace_is_lost() {
    let (pki, stranger) = (Pki::new("Root"), Pki::new("Stranger"));
    let middle = stranger.under("Middle");
    let leaf = middle.issue("a.example");
    let refused = |chain: String| {
        let mut server = Context::new(Trust::None);
        let key = leaf.key.serialize_pem();
        server
            .load_cert_chain(chain.as_bytes(), key.as_bytes(), None)
            .unwrap();
        let failure = Pair::of(&pki.trusted(), &server).client_failed;
        match failure {
            Some(TlsFailure::Certificate(CertificateFailure::UnknownIssuer(issuer))) => issuer,
            failure => panic!("{failure:?}"),
        }
    };
    let alone = leaf.certificate.pem();
    assert_eq!(refused(alone.clone()), "CN=Middle");
    assert_eq!(refused(alone.clone() + &middle.ca.pem()), "CN=Stranger");
    let rest = [pki.ca.pem(), stranger.ca.pem(), middle.ca.pem()].concat();
    assert_eq!(refused(alone + &rest), "CN=Stranger");
}

#[test]
fn without_the_name_everything_else_counts() {
    for version in [Version::Tls12, Version::Tls13] {
        let pki = Pki::new("Root");
        let mut client = pki.trusted();
        client.set_versions(version, version).unwrap();
        assert!(client.checks_hostname());
        let told = Pair::of(&client, &pki.serving("b.example")).refused();
        assert!(told.contains("name mismatch"), "{told}");

        client.set_check_hostname(false);
        assert!(!client.checks_hostname());
        Pair::of(&client, &pki.serving("b.example")).established();
        let told = Pair::of(&client, &Pki::new("Stranger").serving("b.example")).refused();
        assert!(told.contains("unknown issuer"), "{told}");
        let mut old = params("b.example");
        old.not_after = date_time_ymd(2020, 1, 1);
        let told = Pair::of(&client, &pki.issue_as(old).context()).refused();
        assert!(told.contains("has expired"), "{told}");
    }
}

/// What `openssl req -x509` makes: an authority that a server shows as its own certificate.
#[test]
fn an_authority_that_is_trusted_itself() {
    let own = |from, until| {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = params("b.example");
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let certificate = params.self_signed(&key).unwrap();
        Leaf { certificate, key }
    };
    let trusting = |leaf: &Leaf| {
        let mut client = Context::new(Trust::None);
        let loaded = client.load_verify_locations(leaf.certificate.der());
        loaded.unwrap();
        client
    };
    let named = own(2020, 2050);
    let mut client = trusting(&named);
    let told = Pair::of(&client, &named.context()).refused();
    assert!(told.contains("not for a.example"), "{told}");
    client.set_check_hostname(false);
    Pair::of(&client, &named.context()).established();
    // Another one with the same name.
    let told = Pair::of(&client, &own(2020, 2050).context()).refused();
    assert!(told.contains("CA:TRUE"), "{told}");
    for (from, until, why) in [(2020, 2021, "has expired"), (2045, 2050, "not yet valid")] {
        let leaf = own(from, until);
        let told = Pair::of(&trusting(&leaf), &leaf.context()).refused();
        assert!(told.contains(why), "{told}");
    }
    // Of a client too.
    let pki = Pki::new("Root");
    let mut server = pki.serving("a.example");
    server
        .load_verify_locations(named.certificate.der())
        .unwrap();
    server.set_client_verify_mode(ClientVerifyMode::Required);
    let mut client = pki.trusted();
    named.load_into(&mut client);
    Pair::of(&client, &server).established();
}

#[test]
fn whoever_answers_is_believed() {
    for version in [Version::Tls12, Version::Tls13] {
        let mut client = Context::new(Trust::None);
        client.set_verify_mode(VerifyMode::InsecureNone);
        client.set_versions(version, version).unwrap();
        assert!(!client.checks_hostname());
        let server = Pki::new("Stranger").serving("b.example");
        Pair::of(&client, &server).established();
        // Again with what it is without.
        client.set_verify_mode(VerifyMode::Required);
        assert!(client.checks_hostname());
        assert!(client.client_config().is_err());
    }
}

/// Who shows a certificate without its key is not believed.
#[test]
fn handshake_signatures_are_verified_all_the_same() {
    let pki = Pki::new("Root");
    let (victim, thief) = (pki.issue("a.example"), pki.issue("a.example"));
    let mut server = thief.context().server_config().unwrap().as_ref().clone();
    let chain = vec![victim.certificate.der().clone()];
    let key = rustls::pki_types::PrivateKeyDer::try_from(thief.key.serialize_der()).unwrap();
    let key = switchboard_crypto::provider()
        .key_provider
        .load_private_key(key);
    let stolen = rustls::sign::CertifiedKey::new(chain, key.unwrap());
    server.cert_resolver = std::sync::Arc::new(rustls::sign::SingleCertAndKey::from(stolen));
    let server = std::sync::Arc::new(server);
    for version in [Version::Tls12, Version::Tls13] {
        for mode in [VerifyMode::Required, VerifyMode::InsecureNone] {
            let mut client = pki.trusted();
            client.set_verify_mode(mode);
            client.set_check_hostname(false);
            client.set_versions(version, version).unwrap();
            let pair = Pair::between(&client.client_config().unwrap(), &server);
            let told = pair.refused();
            assert!(told.contains("wrong signature"), "{told}");
        }
    }
}

#[test]
fn revoked_certificates_are_refused() {
    let pki = Pki::new("Root");
    let server = |serial| pki.issue_as(numbered(serial)).context();
    let list = pki.revokes(7);
    let pem = list.pem().unwrap();
    for list in [list.der().as_ref(), pem.as_bytes()] {
        let mut client = pki.trusted();
        assert_eq!(client.load_revocation_lists(list), Ok(1));
        let pair = Pair::of(&client, &server(7));
        let revoked = TlsFailure::Certificate(CertificateFailure::Revoked);
        assert_eq!(pair.client_failed, Some(revoked));
        Pair::of(&client, &server(8)).established();
        // Also without the name.
        client.set_check_hostname(false);
        let told = Pair::of(&client, &server(7)).refused();
        assert!(told.contains("revoked"), "{told}");
    }
}

#[test]
fn only_the_lists_of_the_issuer_count() {
    let (pki, other) = (Pki::new("Root"), Pki::new("Other"));
    let server = pki.issue_as(numbered(7)).context();
    let mut client = pki.trusted();
    let two = other.revokes(7).pem().unwrap() + &other.revokes(8).pem().unwrap();
    assert_eq!(client.load_revocation_lists(two.as_bytes()), Ok(2));
    Pair::of(&client, &server).established();
    // One that somebody else signed in its name is no reason to believe the certificate.
    let forged = Pki::new("Root").revokes(9);
    client.load_revocation_lists(forged.der()).unwrap();
    let told = Pair::of(&client, &server).refused();
    assert!(
        told.ends_with("the revocation list of its issuer cannot be used (bad signature)"),
        "{told}"
    );
}

#[test]
fn clients_show_their_certificates() {
    let (pki, stranger) = (Pki::new("Root"), Pki::new("Stranger"));
    let with = |leaf: Option<crate::tls::testing::Leaf>| {
        let mut client = pki.trusted();
        if let Some(leaf) = leaf {
            leaf.load_into(&mut client);
        }
        client
    };
    for version in [Version::Tls12, Version::Tls13] {
        let mut server = pki.serving("a.example");
        server.load_verify_locations(pki.ca.der()).unwrap();
        server.set_versions(version, version).unwrap();
        let shown = |client: &Context, server: &Context| {
            let pair = Pair::of(client, server).established();
            pair.server.peer_certificates().map(<[_]>::len)
        };
        let leaf = || Some(pki.issue_as(numbered(7)));
        assert_eq!(shown(&with(leaf()), &server), None);

        server.set_client_verify_mode(ClientVerifyMode::Optional);
        assert_eq!(shown(&with(leaf()), &server), Some(1));
        assert_eq!(shown(&with(None), &server), None);

        for mode in [ClientVerifyMode::Optional, ClientVerifyMode::Required] {
            server.set_client_verify_mode(mode);
            assert_eq!(shown(&with(leaf()), &server), Some(1));
            let strange = with(Some(stranger.issue("me")));
            let failure = Pair::of(&strange, &server).server_failed;
            let issuer = CertificateFailure::UnknownIssuer("CN=Stranger".into());
            assert_eq!(failure, Some(TlsFailure::Certificate(issuer)));
        }

        let pair = Pair::of(&with(None), &server);
        assert!(pair.server_failed.is_some());
        // As in RFC 8446, section 4.4.2.4; rustls says so in TLS 1.2 too.
        let alert = TlsFailure::AlertReceived(116, "certificate_required".into());
        assert_eq!(pair.client_failed, Some(alert));

        server.load_revocation_lists(pki.revokes(7).der()).unwrap();
        let failure = Pair::of(&with(leaf()), &server).server_failed;
        let revoked = TlsFailure::Certificate(CertificateFailure::Revoked);
        assert_eq!(failure, Some(revoked));
    }
}
