//! The options of `create-connection`.

use super::expect::{echoes, no_connection};
use super::{Misuse, Servers};
use crate::bindings::switchboard::connect::streams::{
    ConnectionOptions, Service, TlsOption, create_connection,
};
use crate::bindings::switchboard::connect::types::{Failure, Family, LookupFailure, Phase};
use crate::options::{secure, to};
use crate::tell;

pub(super) fn all(servers: &Servers) -> Vec<Misuse<'_>> {
    vec![
        ("options that contradict", Box::pin(contradictions(servers))),
        ("options of zero", Box::pin(zeros(servers))),
        ("timeouts that are too short", Box::pin(too_short(servers))),
        ("numbers that are too large", Box::pin(too_large(servers))),
        ("names that are none", Box::pin(no_names())),
        ("services that are none", Box::pin(no_services(servers))),
        (
            "addresses of another family",
            Box::pin(other_family(servers)),
        ),
    ]
}

fn invalid_argument(failure: &Failure) -> bool {
    matches!(failure, Failure::InvalidArgument(_))
}

async fn contradictions(servers: &Servers) -> Result<(), String> {
    no_connection(ConnectionOptions::default(), invalid_argument).await?;
    let no_addresses = ConnectionOptions {
        addresses: Some(Vec::new()),
        ..to(servers.echo)
    };
    no_connection(no_addresses, invalid_argument).await?;
    let name_without_tls = ConnectionOptions {
        server_name: Some("localhost".to_owned()),
        ..to(servers.echo)
    };
    no_connection(name_without_tls, invalid_argument).await?;
    let handshake_without_tls = ConnectionOptions {
        handshake_timeout: Some(1),
        ..to(servers.echo)
    };
    no_connection(handshake_without_tls, invalid_argument).await?;
    for host in [None, Some(String::new())] {
        let tls_without_name = ConnectionOptions {
            host,
            tls: Some(TlsOption::DefaultContext),
            service: Some(Service::Port(servers.tls.port())),
            ..ConnectionOptions::default()
        };
        no_connection(tls_without_name, invalid_argument).await?;
    }
    Ok(())
}

async fn zeros(servers: &Servers) -> Result<(), String> {
    let handshake = ConnectionOptions {
        handshake_timeout: Some(0),
        ..secure(servers.tls, &servers.context)
    };
    no_connection(handshake, invalid_argument).await?;
    let shutdown = ConnectionOptions {
        shutdown_timeout: Some(0),
        ..to(servers.echo)
    };
    no_connection(shutdown, invalid_argument).await?;
    connects(ConnectionOptions {
        happy_eyeballs_delay: Some(0),
        interleave: Some(0),
        ..to(servers.echo)
    })
    .await
}

async fn too_short(servers: &Servers) -> Result<(), String> {
    for timeout in [0, 1] {
        let whole = ConnectionOptions {
            timeout: Some(timeout),
            ..to(servers.dead)
        };
        let in_connect = |failure: &Failure| matches!(failure, Failure::TimedOut(Phase::Connect));
        no_connection(whole, in_connect).await?;
    }
    let handshake = ConnectionOptions {
        handshake_timeout: Some(1),
        ..secure(servers.stall, &servers.context)
    };
    let in_handshake = |failure: &Failure| matches!(failure, Failure::TimedOut(Phase::Handshake));
    no_connection(handshake, in_handshake).await
}

async fn too_large(servers: &Servers) -> Result<(), String> {
    connects(ConnectionOptions {
        handshake_timeout: Some(u64::MAX),
        shutdown_timeout: Some(u64::MAX),
        happy_eyeballs_delay: Some(u64::MAX),
        interleave: Some(u32::MAX),
        timeout: Some(u64::MAX),
        ..secure(servers.tls, &servers.context)
    })
    .await
}

async fn connects(options: ConnectionOptions<'_>) -> Result<(), String> {
    let connection = create_connection(options).await;
    let connection = connection.map_err(tell::connect_error)?;
    echoes(&connection, b"there").await?;
    connection.close().await.map_err(tell::stream_failure)
}

async fn no_names() -> Result<(), String> {
    let long = "a".repeat(64);
    for name in [
        "local\0host",
        "\0",
        "a b",
        "..",
        "127.0.0.1.1",
        &long,
        &"a.".repeat(200),
        "\u{202e}",
        "http://localhost/",
    ] {
        let options = ConnectionOptions {
            host: Some(name.to_owned()),
            service: Some(Service::Port(1)),
            ..ConnectionOptions::default()
        };
        let told = no_connection(options, |failure| {
            matches!(
                failure,
                Failure::InvalidArgument(_)
                    | Failure::Lookup(LookupFailure::NotFound | LookupFailure::Temporary)
            )
        });
        told.await.map_err(|why| format!("{name:?}: {why}"))?;
    }
    Ok(())
}

async fn no_services(servers: &Servers) -> Result<(), String> {
    for name in ["no such service", "65536", "-1", "\0"] {
        let options = ConnectionOptions {
            service: Some(Service::Name(name.to_owned())),
            ..to(servers.echo)
        };
        let told = no_connection(options, |failure| {
            matches!(
                failure,
                Failure::Lookup(LookupFailure::ServiceNotSupported) | Failure::InvalidArgument(_)
            )
        });
        told.await.map_err(|why| format!("{name:?}: {why}"))?;
    }
    let nowhere = ConnectionOptions {
        service: Some(Service::Port(0)),
        ..to(servers.echo)
    };
    no_connection(nowhere, |failure| matches!(failure, Failure::Os(_))).await
}

async fn other_family(servers: &Servers) -> Result<(), String> {
    let options = ConnectionOptions {
        family: Some(Family::Inet6),
        ..to(servers.echo)
    };
    no_connection(options, |failure| matches!(failure, Failure::Lookup(_))).await
}
