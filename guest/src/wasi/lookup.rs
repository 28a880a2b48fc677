//! Hosts become addresses: what the logic cannot know, the system is asked for.

use super::bindings::wasi::sockets::ip_name_lookup::resolve_addresses;
use super::bindings::wasi::sockets::types::IpAddress;
use super::steps::Steps;
use crate::failure::{Failure, Phase};
use crate::lookup::{Hints, Plan};
use crate::networks::Networks;
use crate::service::{End, Service};
use std::net::{IpAddr, SocketAddr};

/// The addresses of a host, in the resolver's order.
pub(super) async fn lookup(
    hints: &Hints,
    end: End,
    host: Option<&str>,
    service: &Service,
) -> Result<Vec<SocketAddr>, Failure> {
    match hints.plan(end, host, service)? {
        Plan::Known(addresses) => Ok(addresses),
        Plan::Ask(name, port) => {
            let resolved = resolve_addresses(name).await;
            let resolved = resolved.map_err(|code| Failure::Lookup(code.into()))?;
            let address = |ip: IpAddress| SocketAddr::new(IpAddr::from(ip), port);
            hints.candidates(resolved.into_iter().map(address), port)
        }
    }
}

/// Those that the caller does not refuse; the others are told.
pub(super) fn allowed(
    steps: &Steps,
    networks: &Networks,
    found: Vec<SocketAddr>,
) -> Result<Vec<SocketAddr>, Failure> {
    let (allowed, refused) = networks.part(found);
    for (address, failure) in &refused {
        steps.failed(Phase::Lookup, *address, failure.clone());
    }
    if allowed.is_empty() {
        let told: Vec<_> = refused
            .iter()
            .map(|(_, failure)| failure.to_string())
            .collect();
        return Err(Failure::RefusedNetwork(told.join(", ")));
    }
    Ok(allowed)
}
