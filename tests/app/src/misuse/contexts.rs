//! The resource `context`.

use super::expect::{echoes, equal, fine, no_connection, that};
use super::{Misuse, Servers, Way};
use crate::bindings::switchboard::connect::streams::create_connection;
use crate::bindings::switchboard::connect::tls::CertificateFailure;
use crate::bindings::switchboard::connect::tls::{Context, Trust};
use crate::bindings::switchboard::connect::types::{Failure, TlsFailure};
use crate::options::secure;
use crate::tell;

pub(super) fn all(servers: &Servers) -> Vec<Misuse<'_>> {
    vec![
        ("certificates that are none", Box::pin(rubbish())),
        ("application protocols of a wrong length", Box::pin(alpn())),
        ("trust in nobody", Box::pin(trust_in_nobody(servers))),
        (
            "trust in Mozilla's roots only",
            Box::pin(trust_in_others(servers)),
        ),
        (
            "a context changed and dropped later",
            Box::pin(changed_later(servers)),
        ),
    ]
}

fn configuration<T: std::fmt::Debug>(result: Result<T, TlsFailure>) -> Result<(), String> {
    that(&result, matches!(result, Err(TlsFailure::Configuration(_))))
}

async fn rubbish() -> Result<(), String> {
    let begin = b"-----BEGIN CERTIFICATE-----\n";
    let end = b"-----END CERTIFICATE-----\n";
    let context = Context::new(Trust::None);
    for rubbish in [
        Vec::new(),
        vec![0; 10],
        vec![0xff; 100_000],
        b"rubbish".to_vec(),
        begin.to_vec(),
        end.to_vec(),
        [&begin[..], end].concat(),
        [&begin[..], b"cnViYmlzaA==\n", end].concat(),
        [&begin[..], b"\xff\x00!\n", end].concat(),
    ] {
        configuration(context.load_verify_locations(&rubbish))?;
    }
    Ok(())
}

async fn alpn() -> Result<(), String> {
    let context = Context::new(Trust::Mozilla);
    for wrong in [Vec::new(), vec![b'a'; 256]] {
        configuration(context.set_alpn_protocols(std::slice::from_ref(&wrong)))?;
        configuration(context.set_alpn_protocols(&[b"h2".to_vec(), wrong]))?;
    }
    fine(context.set_alpn_protocols(&[vec![b'a'; 255]]))?;
    fine(context.set_alpn_protocols(&[]))
}

async fn trust_in_nobody(servers: &Servers) -> Result<(), String> {
    let context = Context::new(Trust::None);
    no_connection(secure(servers.tls, &context), |failure| {
        matches!(failure, Failure::Tls(TlsFailure::Configuration(_)))
    })
    .await
}

async fn trust_in_others(servers: &Servers) -> Result<(), String> {
    let context = Context::new(Trust::Mozilla);
    no_connection(secure(servers.tls, &context), unknown_issuer).await
}

fn unknown_issuer(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Tls(TlsFailure::Certificate(CertificateFailure::UnknownIssuer(
            _
        )))
    )
}

/// A connection has the settings that were there when it was made.
async fn changed_later(servers: &Servers) -> Result<(), String> {
    let context = Context::new(Trust::Mozilla);
    let alone = create_connection(secure(servers.tls, &context)).await;
    that(&alone, alone.is_err())?;
    let connection = servers.connect(Way::Tls).await?;
    let protocols = connection.tls().map(|facts| facts.alpn);
    equal(protocols, Some(None))?;
    drop(context);
    echoes(&connection, b"still there").await?;
    connection.close().await.map_err(tell::stream_failure)
}
