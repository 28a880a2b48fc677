//! Private keys in every form in which they are kept.

use crate::{ask, echoed, inside, leaf_with, pki, question, refused};
use serde_json::{Value, json};
use switchboard_tests::ask::Question;
use switchboard_tests::certs::{KeyKind, Leaf, Pki};
use switchboard_tests::composed::SEEN;
use switchboard_tests::keys::{Form, convert};
use switchboard_tests::python::PythonServer;

const PASSWORD: &str = "schlüssel";

/// A server that demands a certificate.
fn demanding(pki: &Pki, leaf: &Leaf) -> PythonServer {
    let ca = pki.ca_path().to_str().unwrap();
    PythonServer::ssl_echo("127.0.0.1", leaf, &["--client-ca", ca]).unwrap()
}

/// The key in this file.
fn keyed(server: &PythonServer, leaf: &Leaf, key: &str, password: Option<&str>) -> Question {
    let mut chain = json!({"certificates": inside(&leaf.chain_path), "private-key": key});
    if let Some(password) = password {
        chain["password"] = json!(password);
    }
    question(server.addr(), json!({"cert-chain": chain}))
}

#[tokio::test]
async fn every_form_of_every_kind() {
    let (pki, leaf) = pki();
    let server = demanding(&pki, &leaf);
    let (mut questions, mut told) = (Vec::new(), Vec::new());
    for kind in [
        KeyKind::P256,
        KeyKind::P384,
        KeyKind::Ed25519,
        KeyKind::Rsa2048,
    ] {
        let client = leaf_with(&pki, kind);
        for (at, form) in [Form::Pkcs8, Form::Traditional, Form::Encrypted(PASSWORD)]
            .into_iter()
            .enumerate()
        {
            for der in [false, true] {
                // Ed25519 has no form but PKCS #8.
                if kind == KeyKind::Ed25519 && form == Form::Traditional {
                    continue;
                }
                let key = convert(&client, form, der).unwrap();
                let file = pki.write(&format!("{kind:?}-{at}-{der}.key"), key).unwrap();
                let password = matches!(form, Form::Encrypted(_)).then_some(PASSWORD);
                questions.push(keyed(&server, &client, &inside(&file), password));
                told.push(format!("{kind:?} {form:?}, DER: {der}"));
            }
        }
    }
    let answers = ask(&pki, &questions).await;
    for (answer, told) in answers.iter().zip(told) {
        println!("{told}");
        echoed(answer);
    }
    let seen = server.sessions(questions.len(), SEEN).await.unwrap();
    assert!(seen.iter().all(|it| it.client_certificate), "{seen:?}");
}

/// A password that is not needed does no harm.
#[tokio::test]
async fn passwords() {
    let (pki, leaf) = pki();
    let server = demanding(&pki, &leaf);
    let file = |name: &str, form| {
        let key = convert(&leaf, form, false).unwrap();
        inside(&pki.write(name, key).unwrap())
    };
    let pbkdf2 = file("pbkdf2.key", Form::Encrypted(PASSWORD));
    let scrypt = file("scrypt.key", Form::Scrypt(PASSWORD));
    let plain = file("plain.key", Form::Pkcs8);
    let questions = [
        keyed(&server, &leaf, &pbkdf2, Some(PASSWORD)),
        keyed(&server, &leaf, &scrypt, Some(PASSWORD)),
        keyed(&server, &leaf, &plain, Some(PASSWORD)),
        keyed(&server, &leaf, &pbkdf2, Some("wrong")),
        keyed(&server, &leaf, &pbkdf2, Some("")),
        keyed(&server, &leaf, &pbkdf2, None),
        keyed(&server, &leaf, &scrypt, Some("wrong")),
        keyed(&server, &leaf, &scrypt, None),
    ];
    let answers = ask(&pki, &questions).await;
    for answer in &answers[..3] {
        echoed(answer);
    }
    for answer in &answers[3..] {
        let told = refused(answer, "cert-chain");
        assert!(told.contains("password"), "{told}");
    }
}

#[tokio::test]
async fn one_file_for_both() {
    let (pki, leaf) = pki();
    let server = demanding(&pki, &leaf);
    let both = leaf.cert_pem.clone() + &leaf.key_pem;
    let reversed = leaf.key_pem.clone() + &leaf.cert_pem;
    let questions = [both, reversed].map(|pem| {
        let name = format!("both-{}.pem", &pem[11..14].trim());
        let path = inside(&pki.write(&name, pem).unwrap());
        let chain = json!({"certificates": path, "private-key": path});
        question(server.addr(), json!({"cert-chain": chain}))
    });
    for answer in ask(&pki, &questions).await {
        echoed(&answer);
    }
}

#[tokio::test]
async fn what_cannot_be_used_is_refused() {
    let (pki, leaf) = pki();
    let other = pki.issue(&["localhost"]).unwrap();
    let rubbish = inside(&pki.write("rubbish", b"rubbish").unwrap());
    let empty = inside(&pki.write("empty", b"").unwrap());
    let half = inside(&pki.write("half", &leaf.key_pem.as_bytes()[..100]).unwrap());
    let der = inside(&pki.write("der", [0x30, 0x82, 1, 0, 0]).unwrap());
    let (certificate, key) = (inside(&leaf.chain_path), inside(&leaf.key_path));
    let pairs: [(&str, &str); 9] = [
        (&certificate, &inside(&other.key_path)),
        (&certificate, &rubbish),
        (&certificate, &empty),
        (&certificate, &half),
        (&certificate, &der),
        (&certificate, &certificate),
        (&rubbish, &key),
        (&empty, &key),
        (&key, &key),
    ];
    let questions = pairs.map(|(certificates, key)| {
        let chain: Value = json!({"certificates": certificates, "private-key": key});
        question("127.0.0.1:1".parse().unwrap(), json!({"cert-chain": chain}))
    });
    for (answer, pair) in ask(&pki, &questions).await.iter().zip(pairs) {
        println!("{pair:?}");
        refused(answer, "cert-chain");
    }
}
