//! The options of the WIT, as the logic has them.

use super::bindings::exports::switchboard::connect::{datagrams, streams, types};
use super::start_tls::StartTls;
use crate::component::tls::ContextResource;
use crate::endpoint::EndpointOptions;
use crate::lookup::{Family, Flags, Hints};
use crate::options::{KeepAlive, Milestone, Options, SocketOptions, Tls, TlsTimeouts};
use crate::service::{HostAddress, Service, Transport};
use crate::tls::context::Context;
use crate::unix::UnixOptions;
use std::time::Duration;

/// Reads the options, without the socket that may have come with them.
pub(super) fn read_options(options: streams::ConnectionOptions<'_>, sock: bool) -> Options {
    let addresses = |list: Vec<_>| list.into_iter().map(Into::into).collect();
    Options {
        host: options.host,
        service: options.service.map(Into::into),
        addresses: options.addresses.map(addresses),
        hints: Hints {
            transport: Transport::Tcp,
            family: options.family.map(Into::into),
            protocol: options.protocol,
            flags: options.lookup_flags.into(),
        },
        sock,
        local_addresses: options
            .local_addresses
            .into_iter()
            .map(Into::into)
            .collect(),
        tls: options
            .tls
            .as_ref()
            .map(|tls| read_tls(tls, options.server_name.as_deref())),
        server_name: options.server_name,
        tls_timeouts: TlsTimeouts {
            handshake: options.handshake_timeout.map(Duration::from_nanos),
            shutdown: options.shutdown_timeout.map(Duration::from_nanos),
        },
        happy_eyeballs_delay: options.happy_eyeballs_delay.map(Duration::from_nanos),
        interleave: options.interleave,
        race_until: match options.race_until {
            None | Some(streams::Milestone::Tcp) => Milestone::Tcp,
            Some(streams::Milestone::Tls) => Milestone::Tls,
        },
        all_errors: options.all_errors,
        timeout: options.timeout.map(Duration::from_nanos),
        refuse_networks: options.refuse_networks,
        socket: SocketOptions {
            keep_alive: options.keep_alive.map(|keep_alive| KeepAlive {
                idle: keep_alive.idle.map(Duration::from_nanos),
                interval: keep_alive.interval.map(Duration::from_nanos),
                count: keep_alive.count,
            }),
            hop_limit: options.hop_limit,
            receive_buffer_size: options.receive_buffer_size,
            send_buffer_size: options.send_buffer_size,
            no_delay: options.no_delay,
        },
    }
}

/// Reads the options of a Unix connection, without the socket that may have come with them.
pub(super) fn read_unix_options(options: streams::UnixOptions<'_>, sock: bool) -> UnixOptions {
    UnixOptions {
        path: options.path,
        sock,
        tls: options
            .tls
            .as_ref()
            .map(|tls| read_tls(tls, options.server_name.as_deref())),
        server_name: options.server_name,
        tls_timeouts: TlsTimeouts {
            handshake: options.handshake_timeout.map(Duration::from_nanos),
            shutdown: options.shutdown_timeout.map(Duration::from_nanos),
        },
        timeout: options.timeout.map(Duration::from_nanos),
        socket: SocketOptions {
            receive_buffer_size: options.receive_buffer_size,
            send_buffer_size: options.send_buffer_size,
            ..SocketOptions::default()
        },
    }
}

/// Reads the options of an endpoint, without the socket that may have come with them.
pub(super) fn read_endpoint_options(
    options: datagrams::EndpointOptions,
    sock: bool,
) -> EndpointOptions {
    EndpointOptions {
        local_address: options.local_address.map(Into::into),
        remote_address: options.remote_address.map(Into::into),
        unix_local: options.unix_local,
        unix_remote: options.unix_remote,
        hints: Hints {
            transport: Transport::Udp,
            family: options.family.map(Into::into),
            protocol: options.protocol,
            flags: options.lookup_flags.into(),
        },
        reuse_address: options.reuse_address,
        reuse_port: options.reuse_port,
        allow_broadcast: options.allow_broadcast,
        sock,
        all_errors: options.all_errors,
        timeout: options.timeout.map(Duration::from_nanos),
        refuse_networks: options.refuse_networks,
        socket: SocketOptions {
            hop_limit: options.hop_limit,
            receive_buffer_size: options.receive_buffer_size,
            send_buffer_size: options.send_buffer_size,
            ..SocketOptions::default()
        },
        queue_limit: options.queue_limit,
    }
}

thread_local! {
    /// The settings of `default-context`, made once.
    static DEFAULT_CONTEXT: Context = Context::default();
    /// Those for a name that is empty.
    static NAMELESS_CONTEXT: Context = {
        let mut context = Context::default();
        context.set_check_hostname(false);
        context
    };
}

fn read_tls(option: &streams::TlsOption<'_>, server_name: Option<&str>) -> Tls {
    let read = |context: &Context| Tls {
        config: context.client_config(),
        checks_hostname: context.checks_hostname(),
    };
    match option {
        // D.2: asyncio's own context checks no name if that is empty.
        streams::TlsOption::DefaultContext if server_name == Some("") => {
            NAMELESS_CONTEXT.with(read)
        }
        streams::TlsOption::DefaultContext => DEFAULT_CONTEXT.with(read),
        streams::TlsOption::Custom(context) => read(&context.get::<ContextResource>().0.borrow()),
    }
}

/// Reads the options of `start-tls`.
pub(super) fn read_start_tls(options: streams::StartTlsOptions<'_>) -> StartTls {
    StartTls {
        tls: read_tls(&options.tls, options.server_name.as_deref()),
        server_name: options.server_name,
        timeouts: TlsTimeouts {
            handshake: options.handshake_timeout.map(Duration::from_nanos),
            shutdown: options.shutdown_timeout.map(Duration::from_nanos),
        },
    }
}

impl From<types::Family> for Family {
    fn from(family: types::Family) -> Self {
        match family {
            types::Family::Inet => Family::Inet,
            types::Family::Inet6 => Family::Inet6,
            types::Family::Unix => Family::Unix,
        }
    }
}

impl From<types::Service> for Service {
    fn from(service: types::Service) -> Self {
        match service {
            types::Service::Port(port) => Service::Port(port),
            types::Service::Name(name) => Service::Name(name),
        }
    }
}

impl From<types::HostAddress> for HostAddress {
    fn from(address: types::HostAddress) -> Self {
        Self {
            host: address.host,
            service: address.service.into(),
        }
    }
}

impl From<types::LookupFlags> for Flags {
    fn from(flags: types::LookupFlags) -> Self {
        use types::LookupFlags;
        Self {
            passive: flags.contains(LookupFlags::PASSIVE),
            canon_name: flags.contains(LookupFlags::CANON_NAME),
            numeric_host: flags.contains(LookupFlags::NUMERIC_HOST),
            numeric_service: flags.contains(LookupFlags::NUMERIC_SERVICE),
            v4_mapped: flags.contains(LookupFlags::V4_MAPPED),
            all: flags.contains(LookupFlags::ALL),
            addr_config: flags.contains(LookupFlags::ADDR_CONFIG),
        }
    }
}
