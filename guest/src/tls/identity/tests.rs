use crate::tls::context::{Context, Trust};
use crate::tls::testing::{Pair, Pki, params};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};
use std::io::Write;
use std::process::{Command, Stdio};

/// Runs the program with this input, and gives its output.
fn openssl(arguments: &str, input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("openssl")
        .args(arguments.split(' '))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {arguments}");
    output.stdout
}

/// A certificate in PEM for this key.
fn certificate(pki: &Pki, key: &KeyPair) -> String {
    let signed = params("a.example").signed_by(key, &pki.issuer);
    signed.unwrap().pem()
}

#[track_caller]
fn loads(certificates: &str, key: &[u8], password: Option<&[u8]>) -> Context {
    let mut context = Context::new(Trust::None);
    let loaded = context.load_cert_chain(certificates.as_bytes(), key, password);
    assert_eq!(loaded, Ok(()));
    context
}

#[track_caller]
fn fails(certificates: &str, key: &[u8], password: Option<&[u8]>) -> String {
    let mut context = Context::new(Trust::None);
    let loaded = context.load_cert_chain(certificates.as_bytes(), key, password);
    let told = loaded.unwrap_err().to_string();
    let why = told.strip_prefix("cannot load the certificate: ");
    why.unwrap_or_else(|| panic!("{told}")).to_owned()
}

#[test]
fn every_kind_of_key_in_every_format() {
    let pki = Pki::new("Root");
    let client = pki.trusted();
    let rsa = openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048", b"");
    let rsa = KeyPair::from_pem(str::from_utf8(&rsa).unwrap()).unwrap();
    let curves = [
        &PKCS_ECDSA_P256_SHA256,
        &PKCS_ECDSA_P384_SHA384,
        &PKCS_ED25519,
    ];
    let keys = curves.map(|curve| (KeyPair::generate_for(curve).unwrap(), "ec"));
    for (key, program) in keys.into_iter().chain([(rsa, "rsa -traditional")]) {
        let certificate = certificate(&pki, &key);
        let (pem, der) = (key.serialize_pem(), key.serialize_der());
        let mut formats = vec![pem.clone().into_bytes(), der];
        if key.algorithm() != &PKCS_ED25519 {
            formats.push(openssl(program, pem.as_bytes()));
            formats.push(openssl(&format!("{program} -outform DER"), pem.as_bytes()));
        }
        for format in &formats {
            let server = loads(&certificate, format, None);
            Pair::of(&client, &server).established();
        }
        // Together, in both orders, given once or twice.
        let together = [certificate.clone() + &pem, pem.clone() + &certificate];
        for both in &together {
            loads(both, b"", None);
            loads(both, both.as_bytes(), None);
        }
        // Python does not mind either.
        loads(&certificate, pem.as_bytes(), Some(b"needless"));
    }
}

#[test]
fn encrypted_keys() {
    let pki = Pki::new("Root");
    let key = KeyPair::generate().unwrap();
    let certificate = certificate(&pki, &key);
    let pem = key.serialize_pem();
    for how in [
        "-v2 aes-128-cbc",
        "-v2 aes-192-cbc",
        "-v2 aes-256-cbc",
        "-v2 aes-256-cbc -v2prf hmacWithSHA512",
        "-scrypt",
        "-v2 aes-128-cbc -scrypt",
    ] {
        for format in ["PEM", "DER"] {
            let arguments = format!("pkcs8 -topk8 -passout pass:sesame {how} -outform {format}");
            let encrypted = openssl(&arguments, pem.as_bytes());
            let server = loads(&certificate, &encrypted, Some(b"sesame"));
            Pair::of(&pki.trusted(), &server).established();
            assert_eq!(
                fails(&certificate, &encrypted, None),
                "the private key is encrypted, and no password was given"
            );
            for wrong in [b"SESAME".as_slice(), b""] {
                assert_eq!(
                    fails(&certificate, &encrypted, Some(wrong)),
                    "the password of the private key is wrong",
                    "{how}"
                );
            }
            if format == "PEM" {
                let both = certificate.clone() + str::from_utf8(&encrypted).unwrap();
                loads(&both, b"", Some(b"sesame"));
            }
        }
    }
}

/// Every password that is wrong is said to be, also the one in 256 that leaves something that looks padded.
#[test]
fn a_thousand_wrong_passwords() {
    let pki = Pki::new("Root");
    let key = KeyPair::generate().unwrap();
    let certificate = certificate(&pki, &key);
    let arguments = "pkcs8 -topk8 -passout pass:sesame -iter 1 -outform DER";
    let encrypted = openssl(arguments, key.serialize_pem().as_bytes());
    for wrong in 0..1_000_u32 {
        assert_eq!(
            fails(&certificate, &encrypted, Some(&wrong.to_be_bytes())),
            "the password of the private key is wrong"
        );
    }
}

#[test]
fn old_encryption_is_refused_by_name() {
    let pki = Pki::new("Root");
    let key = KeyPair::generate().unwrap();
    let certificate = certificate(&pki, &key);
    let pem = key.serialize_pem();
    for (how, name) in [
        ("-v2 des3", "DES-EDE3-CBC (1.2.840.113549.3.7)"),
        (
            "-v1 PBE-SHA1-3DES",
            "pbeWithSHA1And3-KeyTripleDES-CBC (1.2.840.113549.1.12.1.3)",
        ),
        (
            "-v2 aes-128-cbc -v2prf hmacWithSHA1",
            "hmacWithSHA1 (1.2.840.113549.2.7)",
        ),
    ] {
        for format in ["PEM", "DER"] {
            let arguments = format!("pkcs8 -topk8 -passout pass:sesame {how} -outform {format}");
            let encrypted = openssl(&arguments, pem.as_bytes());
            assert_eq!(
                fails(&certificate, &encrypted, Some(b"sesame")),
                format!(
                    "the private key is encrypted with {name}, which is not supported: \
                     PBES2 with AES and SHA-2 or scrypt is"
                )
            );
        }
    }
    let older = openssl("ec -aes128 -passout pass:sesame", pem.as_bytes());
    let why = fails(&certificate, &older, Some(b"sesame"));
    assert!(why.contains("Proc-Type"), "{why}");
}

/// What the file asks of whoever opens it is bounded: 2^15 times 8 blocks of scrypt are 32 MiB.
#[test]
fn what_decrypting_may_cost() {
    use pkcs8::EncryptedPrivateKeyInfoOwned as Encrypted;
    use pkcs8::pkcs5::pbes2::{
        EncryptionScheme, Kdf, Parameters, Pbkdf2Params, Pbkdf2Prf, ScryptParams,
    };
    let pki = Pki::new("Root");
    let key = KeyPair::generate().unwrap();
    let certificate = certificate(&pki, &key);
    let with = |kdf: Kdf| {
        let parameters = Parameters {
            kdf,
            encryption: EncryptionScheme::Aes128Cbc { iv: [1; 16] },
        };
        let data = vec![0; 64];
        let info = Encrypted {
            encryption_algorithm: parameters.into(),
            encrypted_data: pkcs8::der::asn1::OctetString::new(data).unwrap(),
        };
        let der = pkcs8::der::Encode::to_der(&info).unwrap();
        fails(&certificate, &der, Some(b"sesame"))
    };
    let scrypt = |log_n: u8, block_size, parallelization| {
        with(Kdf::Scrypt(ScryptParams {
            salt: b"saltsalt".as_slice().try_into().unwrap(),
            cost_parameter: match log_n {
                0 => 0,
                log_n => 1 << log_n,
            },
            block_size,
            parallelization,
            key_length: None,
        }))
    };
    let pbkdf2 = |iteration_count| {
        with(Kdf::Pbkdf2(Pbkdf2Params {
            salt: b"saltsalt".as_slice().try_into().unwrap(),
            iteration_count,
            key_length: None,
            prf: Pbkdf2Prf::HmacWithSha256,
        }))
    };
    let wrong = "the password of the private key is wrong";
    assert_eq!(scrypt(15, 8, 1), wrong);
    assert_eq!(scrypt(10, 8, 4), wrong);
    for (log_n, block_size, lanes) in [
        (16, 8, 1),
        (40, 8, 1),
        (63, 8, 1),
        (1, u16::MAX, u16::MAX),
        (14, 8, u16::MAX),
    ] {
        let why = scrypt(log_n, block_size, lanes);
        assert!(why.contains("too much memory"), "{why}");
    }
    for (log_n, lanes) in [(15, 17), (14, 33)] {
        let why = scrypt(log_n, 8, lanes);
        assert!(why.contains("too long"), "{why}");
    }
    assert!(scrypt(0, 8, 1).contains("malformed"));
    assert_eq!(pbkdf2(2048), wrong);
    for iterations in [2_000_001, u32::MAX] {
        let why = pbkdf2(iterations);
        assert!(why.contains("too long") || why.contains("invalid"), "{why}");
    }
}

/// As in a file that was exported from PKCS#12.
#[test]
fn comments_in_any_encoding() {
    let pki = Pki::new("Root");
    let key = KeyPair::generate().unwrap();
    let certificate = certificate(&pki, &key);
    let encrypted = openssl(
        "pkcs8 -topk8 -v2 aes-256-cbc -passout pass:sesame",
        key.serialize_pem().as_bytes(),
    );
    let comment = b"Bag Attributes\n    friendlyName: M\xfcller\n".as_slice();
    let pem = [comment, &encrypted].concat();
    let loaded =
        Context::new(Trust::None).load_cert_chain(certificate.as_bytes(), &pem, Some(b"sesame"));
    assert_eq!(loaded, Ok(()));
}

#[test]
fn rubbish() {
    let pki = Pki::new("Root");
    let key = KeyPair::generate().unwrap();
    let (certificate, pem) = (certificate(&pki, &key), key.serialize_pem());
    let other = KeyPair::generate().unwrap().serialize_pem();
    let p521 = openssl("ecparam -name secp521r1 -genkey -noout", b"");
    let p521 = openssl("pkcs8 -topk8 -nocrypt", &p521);
    let half = &pem[..pem.len() / 2];
    let begun = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n".to_owned();
    let starred = begun.replace("AAAA", "****") + "-----END ENCRYPTED PRIVATE KEY-----\n";
    let ended = begun.clone() + "-----END ENCRYPTED PRIVATE KEY-----\n";
    for (certificates, key, why) in [
        ("", pem.as_bytes(), "there is no certificate in PEM or DER"),
        (&certificate, b"", "there is no private key in PEM or DER"),
        (
            &certificate,
            b"rubbish",
            "there is no private key in PEM or DER",
        ),
        (
            &certificate,
            b"0rubbish",
            "the private key is not PKCS#8, PKCS#1 or SEC1",
        ),
        (
            &certificate,
            certificate.as_bytes(),
            "there is no private key in PEM or DER",
        ),
        (
            &certificate,
            half.as_bytes(),
            "a line -----BEGIN PRIVATE KEY----- has no ",
        ),
        (
            &certificate,
            begun.as_bytes(),
            "a line -----BEGIN ENCRYPTED PRIVATE KEY----- has no ",
        ),
        (
            &certificate,
            ended.as_bytes(),
            "the private key is not PKCS#8, PKCS#1 or SEC1",
        ),
        (
            &certificate,
            starred.as_bytes(),
            "the PEM of the private key is not valid base64",
        ),
        (
            &certificate,
            other.as_bytes(),
            "the private key is not that of the certificate",
        ),
        (&certificate, &p521, "private key rejected: curve "),
        (
            "0rubbish",
            pem.as_bytes(),
            "number 1: certificate is malformed: ",
        ),
    ] {
        let told = fails(certificates, key, None);
        assert!(told.starts_with(why), "{why}: {told}");
    }
}
