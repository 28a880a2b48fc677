//! Certificates that their issuer has revoked.

use crate::{ask, ask_one, echoed, inside, pki, question, refused};
use serde_json::json;
use switchboard_tests::certs::{Pki, Wanted};
use switchboard_tests::child;
use switchboard_tests::composed::SEEN;
use switchboard_tests::python::PythonServer;

#[tokio::test]
async fn revoked_and_not() {
    let (pki, revoked) = pki();
    let good = pki.issue(&["localhost"]).unwrap();
    let through = Wanted {
        through_intermediate: true,
        ..Wanted::default()
    };
    // Its issuer has no list.
    let other_issuer = pki.issue_as(&["localhost"], through).unwrap();
    let mine = pki.revoke(&[&revoked]).unwrap();
    let nothing = pki.revoke(&[]).unwrap();
    let stranger = Pki::named("stranger").unwrap();
    let same_number = stranger.issue(&["localhost"]).unwrap();
    let theirs = stranger.revoke(&[&same_number, &revoked, &good]).unwrap();
    let theirs = pki
        .write("theirs.pem", std::fs::read(theirs).unwrap())
        .unwrap();
    let der = {
        let mut command = std::process::Command::new("openssl");
        command.args(["crl", "-outform", "DER"]);
        let pem = std::fs::read(&mine).unwrap();
        let made = child::run_for_bytes(command, &pem, SEEN).unwrap().stdout;
        pki.write("mine.der", made).unwrap()
    };
    let both = [
        std::fs::read(&theirs).unwrap(),
        std::fs::read(&mine).unwrap(),
    ]
    .concat();
    let both = pki.write("both.pem", both).unwrap();

    let server = |leaf| PythonServer::ssl_echo("127.0.0.1", leaf, &[]).unwrap();
    let servers = [server(&revoked), server(&good), server(&other_issuer)];
    let lists = [&mine, &nothing, &theirs, &der, &both];
    // Whether the first server is refused; the others never are.
    let refused = [true, false, false, true, true];
    for (list, refused) in lists.into_iter().zip(refused) {
        println!("{}", list.display());
        for version in ["tls12", "tls13"] {
            let settings = json!({
                "load-revocation-lists": [inside(list)], "versions": [version, version],
            });
            let questions = servers
                .each_ref()
                .map(|it| question(it.addr(), settings.clone()));
            let answers = ask(&pki, &questions).await;
            match refused {
                true => {
                    let failure = answers[0].certificate_failure("revoked");
                    assert!(failure.is_some(), "{:?}", answers[0]);
                }
                false => {
                    echoed(&answers[0]);
                }
            }
            echoed(&answers[1]);
            echoed(&answers[2]);
        }
    }
}

/// One in the name of the issuer, and not by it, is no reason to accept anything.
#[tokio::test]
async fn a_forged_list() {
    let (pki, leaf) = pki();
    let forger = Pki::new().unwrap();
    let list = std::fs::read(forger.revoke(&[]).unwrap()).unwrap();
    let list = inside(&pki.write("forged.pem", list).unwrap());
    let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &[]).unwrap();
    let settings = json!({"load-revocation-lists": [list]});
    let answer = ask_one(&pki, question(server.addr(), settings)).await;
    let told = answer.certificate_failure("rejected").unwrap();
    assert!(told.as_str().unwrap().contains("revocation list"), "{told}");
}

#[tokio::test]
async fn what_is_no_list_is_refused() {
    let (pki, _) = pki();
    let rubbish = inside(&pki.write("rubbish", b"rubbish").unwrap());
    let nowhere = "127.0.0.1:1".parse().unwrap();
    let questions = [rubbish.as_str(), crate::CA]
        .map(|file| question(nowhere, json!({"load-revocation-lists": [file]})));
    for answer in ask(&pki, &questions).await {
        refused(&answer, "load-revocation-lists");
    }
}
