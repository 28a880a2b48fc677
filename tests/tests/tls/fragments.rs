//! How large the records are that are sent.

use crate::capture::{APPLICATION_DATA, HEADER, records};
use crate::{ask, pki, question, refused, with};
use serde_json::{Value, json};
use switchboard_tests::proxy::Proxy;
use switchboard_tests::python::PythonServer;

/// What encryption adds to a record at most: a type and a tag, or in TLS 1.2 a nonce and a tag.
const SEAL: usize = 24;

const MANY: usize = 40_000;

#[tokio::test]
async fn as_small_as_they_are_to_be() {
    let (pki, leaf) = pki();
    let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &[]).unwrap();
    let sizes = [json!(32), json!(1000), json!(16_389), Value::Null];
    for version in ["tls12", "tls13"] {
        let proxy = Proxy::start("127.0.0.1", server.addr()).unwrap();
        let questions = sizes.each_ref().map(|size| {
            let settings = json!({"max-fragment-size": size, "versions": [version, version]});
            let then = json!([{"write-many": MANY}, {"read-exactly": MANY}]);
            with(&question(proxy.addr(), settings), json!({"then": then}))
        });
        for answer in ask(&pki, &questions).await {
            assert_eq!(answer.talk_failure, None);
            assert_eq!(answer.read.map(|it| it.len()), Some(MANY));
        }
        for (passed, size) in proxy.passed().iter().zip(&sizes) {
            let largest = size.as_u64().unwrap_or(16_389) as usize;
            let records = records(&passed.from_client);
            let sealed: Vec<_> = records
                .iter()
                .filter(|it| it.kind() == APPLICATION_DATA)
                .map(|it| it.bytes.len())
                .collect();
            for record in &records {
                // The hello and other plain records have no seal.
                let plain = record.kind() != APPLICATION_DATA && version == "tls13";
                let most = largest + if plain { 0 } else { SEAL };
                assert!(record.bytes.len() <= most, "{size}: {}", record.bytes.len());
            }
            // Not smaller than they have to be.
            let most = sealed.iter().max().copied().unwrap_or_default();
            assert!(most >= largest, "{size}: {most}");
            assert!(sealed.len() >= MANY / (largest - HEADER), "{size}");
        }
    }
}

#[tokio::test]
async fn sizes_that_are_none() {
    let (pki, _) = pki();
    let nowhere = "127.0.0.1:1".parse().unwrap();
    let questions =
        [0, 31, 16_390, u32::MAX].map(|size| question(nowhere, json!({"max-fragment-size": size})));
    for answer in ask(&pki, &questions).await {
        refused(&answer, "max-fragment-size");
    }
}
