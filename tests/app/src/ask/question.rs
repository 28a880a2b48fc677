//! A question: the options of `create-connection` under their WIT names, durations in seconds, and what to do beside.

use super::dialogue::Then;
use super::settings::Tls;
use crate::bindings::switchboard::connect::streams::{
    ConnectionOptions, KeepAlive, Milestone, TlsOption, UnixOptions,
};
use crate::bindings::wasi::sockets::types::TcpSocket;
use crate::json::options::{
    End, FamilyName, Flag, Place, Port, duration, lookup_flags, nanoseconds,
};
use serde::Deserialize;
use std::net::IpAddr;
use std::time::Duration;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Question {
    host: Option<String>,
    service: Option<Port>,
    addresses: Option<Vec<IpAddr>>,
    family: Option<FamilyName>,
    protocol: Option<u32>,
    #[serde(default)]
    lookup_flags: Vec<Flag>,
    pub(super) sock: Option<String>,
    #[serde(default)]
    local_addresses: Vec<Place>,
    pub(super) tls: Option<Tls>,
    server_name: Option<String>,
    handshake_timeout: Option<f64>,
    shutdown_timeout: Option<f64>,
    happy_eyeballs_delay: Option<f64>,
    interleave: Option<u32>,
    race_until: Option<MilestoneName>,
    #[serde(default)]
    all_errors: bool,
    timeout: Option<f64>,
    #[serde(default)]
    refuse_networks: Vec<String>,
    keep_alive: Option<Probes>,
    hop_limit: Option<u8>,
    receive_buffer_size: Option<u64>,
    send_buffer_size: Option<u64>,
    no_delay: Option<bool>,
    /// It is for `create-unix-connection`.
    #[serde(default)]
    pub(super) unix: bool,
    path: Option<String>,
    pub(super) end: Option<End>,
    busy: Option<(f64, f64)>,
    pub(super) then: Option<Then>,
    /// How long each step of that may take.
    pub(super) step_limit: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum MilestoneName {
    Tcp,
    Tls,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Probes {
    idle: Option<f64>,
    interval: Option<f64>,
    count: Option<u32>,
}

/// The options of `start-tls`, and when to end it.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct StartTls {
    pub(super) tls: Tls,
    pub(super) server_name: Option<String>,
    pub(super) handshake_timeout: Option<f64>,
    pub(super) shutdown_timeout: Option<f64>,
    pub(super) end: Option<End>,
}

impl Question {
    /// From when to when after the start of the call nobody else gets a turn.
    pub(super) fn busy(&self) -> Option<(Duration, Duration)> {
        self.busy.map(|(from, to)| (duration(from), duration(to)))
    }

    /// The options, with these settings of TLS and this socket.
    pub(super) fn options<'a>(
        &self,
        tls: Option<TlsOption<'a>>,
        sock: Option<TcpSocket>,
    ) -> ConnectionOptions<'a> {
        let addresses = self.addresses.as_ref();
        ConnectionOptions {
            host: self.host.clone(),
            service: self.service.clone().map(Into::into),
            addresses: addresses.map(|it| it.iter().copied().map(IpAddr::into).collect()),
            family: self.family.map(Into::into),
            protocol: self.protocol,
            lookup_flags: lookup_flags(&self.lookup_flags),
            sock,
            local_addresses: self
                .local_addresses
                .iter()
                .cloned()
                .map(Into::into)
                .collect(),
            tls,
            server_name: self.server_name.clone(),
            handshake_timeout: self.handshake_timeout.map(nanoseconds),
            shutdown_timeout: self.shutdown_timeout.map(nanoseconds),
            happy_eyeballs_delay: self.happy_eyeballs_delay.map(nanoseconds),
            interleave: self.interleave,
            race_until: self.race_until.as_ref().map(|until| match until {
                MilestoneName::Tcp => Milestone::Tcp,
                MilestoneName::Tls => Milestone::Tls,
            }),
            all_errors: self.all_errors,
            timeout: self.timeout.map(nanoseconds),
            refuse_networks: self.refuse_networks.clone(),
            keep_alive: self.keep_alive.as_ref().map(|probes| KeepAlive {
                idle: probes.idle.map(nanoseconds),
                interval: probes.interval.map(nanoseconds),
                count: probes.count,
            }),
            hop_limit: self.hop_limit,
            receive_buffer_size: self.receive_buffer_size,
            send_buffer_size: self.send_buffer_size,
            no_delay: self.no_delay,
        }
    }

    /// The options of `create-unix-connection`.
    pub(super) fn unix_options<'a>(
        &self,
        tls: Option<TlsOption<'a>>,
        sock: Option<TcpSocket>,
    ) -> UnixOptions<'a> {
        UnixOptions {
            path: self.path.clone().map(Into::into),
            sock,
            tls,
            server_name: self.server_name.clone(),
            handshake_timeout: self.handshake_timeout.map(nanoseconds),
            shutdown_timeout: self.shutdown_timeout.map(nanoseconds),
            timeout: self.timeout.map(nanoseconds),
            receive_buffer_size: self.receive_buffer_size,
            send_buffer_size: self.send_buffer_size,
        }
    }
}
