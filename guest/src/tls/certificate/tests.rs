use super::*;
use crate::tls::testing::Pki;
use rcgen::string::{BmpString, Ia5String, TeletexString};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, DnValue, KeyPair, OtherNameValue, SanType,
    SerialNumber, date_time_ymd,
};

fn signed(params: &CertificateParams) -> Vec<u8> {
    let key = KeyPair::generate().unwrap();
    params.self_signed(&key).unwrap().der().to_vec()
}

fn subject(parts: Vec<(DnType, DnValue)>) -> String {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    for (kind, value) in parts {
        params.distinguished_name.push(kind, value);
    }
    describe(&signed(&params)).unwrap().subject
}

fn common_name(name: &str) -> String {
    subject(vec![(DnType::CommonName, name.into())])
}

#[test]
fn names_are_written_as_in_rfc_4514() {
    let parts = vec![
        (DnType::CountryName, "DE".into()),
        (DnType::OrganizationName, "Bücher & Söhne".into()),
        (DnType::OrganizationalUnitName, "Лес".into()),
        (DnType::CommonName, "a.example".into()),
    ];
    // The last part comes first (section 2.1).
    assert_eq!(subject(parts), "CN=a.example,OU=Лес,O=Bücher & Söhne,C=DE");
    assert_eq!(subject(Vec::new()), "");
    // Section 2.4.
    assert_eq!(
        common_name(r#"# a+b, "c"; <d> \e "#),
        r#"CN=\# a\+b\, \"c\"\; \<d\> \\e\ "#
    );
    assert_eq!(common_name(" lead"), "CN=\\ lead");
    assert_eq!(
        common_name("a\n\u{1b}[2J\u{9b}2J\u{7f}"),
        "CN=a\\0a\\1b[2J\\c2\\9b2J\\7f"
    );
    // Kinds of strings that only old ones have.
    let bmp = BmpString::try_from("hé").unwrap();
    assert_eq!(
        subject(vec![(DnType::CommonName, DnValue::BmpString(bmp))]),
        "CN=hé"
    );
    let teletex = TeletexString::try_from("plain").unwrap();
    assert_eq!(
        subject(vec![(DnType::CommonName, DnValue::TeletexString(teletex))]),
        "CN=plain"
    );
    // What has no short name is by its number, and in hexadecimal.
    let odd = DnType::CustomDnType(vec![1, 3, 6, 1, 4, 1, 99_999, 1]);
    assert_eq!(
        subject(vec![(odd, "x".into())]),
        "1.3.6.1.4.1.99999.1=#0c0178"
    );
}

#[test]
fn the_issuer_is_another() {
    let certificate = Pki::new("Root").issue("a.example").certificate;
    let described = describe(certificate.der()).unwrap();
    assert_eq!(described.subject, "CN=leaf");
    assert_eq!(described.issuer, "CN=Root");
    assert_eq!(described.subject_alternative_names, ["a.example"]);
}

#[test]
fn every_kind_of_alternative_name() {
    let text = |text: &str| Ia5String::try_from(text).unwrap();
    let mut params = CertificateParams::default();
    params.subject_alt_names = vec![
        SanType::DnsName(text("*.a.example")),
        SanType::IpAddress([192, 0, 2, 1].into()),
        SanType::IpAddress("2001:db8::1".parse().unwrap()),
        SanType::Rfc822Name(text("me@a.example")),
        SanType::URI(text("spiffe://a.example/me\n")),
        SanType::OtherName((vec![1, 2, 3], OtherNameValue::Utf8String("odd".into()))),
    ];
    assert_eq!(
        describe(&signed(&params))
            .unwrap()
            .subject_alternative_names,
        [
            "*.a.example",
            "192.0.2.1",
            "2001:db8::1",
            "email:me@a.example",
            "uri:spiffe://a.example/me\\0a",
            "other:#a00b06022a03a0050c036f6464",
        ]
    );
    // An x400Address, a registeredID and an address of five bytes (RFC 5280, section 4.2.1.6).
    let names = [0x30, 13, 0xa3, 0, 0x88, 2, 0x2a, 3, 0x87, 5, 1, 2, 3, 4, 5];
    let mut params = CertificateParams::default();
    let extension = rcgen::CustomExtension::from_oid_content(&[2, 5, 29, 17], names.to_vec());
    params.custom_extensions = vec![extension];
    assert_eq!(
        describe(&signed(&params))
            .unwrap()
            .subject_alternative_names,
        ["other:#a300", "oid:1.2.3", "ip:#0102030405"]
    );
}

#[test]
fn dates_of_both_kinds() {
    let dates = |from, until| {
        let mut params = CertificateParams::default();
        (params.not_before, params.not_after) = (from, until);
        let described = describe(&signed(&params)).unwrap();
        (described.not_before, described.not_after)
    };
    // UTCTime up to 2049, then GeneralizedTime (RFC 5280, section 4.1.2.5).
    assert_eq!(
        dates(date_time_ymd(1970, 1, 1), date_time_ymd(2049, 12, 31)),
        (0, 2_524_521_600)
    );
    let end = date_time_ymd(9999, 12, 31) + std::time::Duration::from_secs(86_399);
    assert_eq!(
        dates(date_time_ymd(2050, 1, 1), end),
        (2_524_608_000, 253_402_300_799)
    );
}

#[test]
fn serial_numbers() {
    let with = |serial: &[u8]| {
        let mut params = CertificateParams::default();
        params.serial_number = Some(SerialNumber::from_slice(serial));
        signed(&params)
    };
    let serial = |der: &[u8]| describe(der).unwrap().serial_number;
    assert_eq!(serial(&with(&[0])), "00");
    assert_eq!(serial(&with(&[0x7f])), "7f");
    // Positive, although its first bit is set.
    assert_eq!(serial(&with(&[0xff, 1])), "ff01");
    // Longer than is allowed.
    assert_eq!(serial(&with(&[0x11; 30])), "11".repeat(30));
    // Negative ones are forbidden, and exist.
    let mut der = with(&[0x11, 0x22, 0x33]);
    let place = der.windows(5).position(|it| it == [2, 3, 0x11, 0x22, 0x33]);
    let place = place.unwrap();
    for (bytes, told) in [
        ([0xff, 0xff, 0x01], "-ff"),
        ([0xee, 0xdd, 0xcd], "-112233"),
        ([0x80, 0, 0], "-800000"),
    ] {
        der[place + 2..place + 5].copy_from_slice(&bytes);
        assert_eq!(integer(&[&[2, 3], bytes.as_slice()].concat()), told);
        if bytes[0] != 0xff {
            assert_eq!(serial(&der), told);
        }
    }
}

#[test]
fn the_fingerprint_is_that_of_openssl() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let der = signed(&CertificateParams::default());
    let mut child = Command::new("openssl")
        .args("x509 -inform DER -noout -fingerprint -sha256".split(' '))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&der).unwrap();
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let told = told.trim().split('=').next_back().unwrap();
    assert_eq!(
        describe(&der).unwrap().fingerprint,
        told.replace(':', "").to_lowercase()
    );
}

#[test]
fn rubbish() {
    let der = signed(&CertificateParams::default());
    for bytes in [b"".as_slice(), b"rubbish", &der[..der.len() - 1]] {
        let told = describe(bytes).unwrap_err();
        assert!(matches!(&told, TlsFailure::Configuration(_)), "{told:?}");
        let told = told.to_string();
        assert!(told.starts_with("cannot read the certificate: "), "{told}");
    }
    // Whatever is broken in it, nothing breaks here.
    for place in 0..der.len() {
        let mut broken = der.clone();
        for value in [0, 0x7f, 0x80, 0xff] {
            broken[place] = value;
            let _ = describe(&broken);
        }
    }
}
