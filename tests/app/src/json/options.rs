//! Options under their WIT names, durations in seconds, that several calls have.

use crate::bindings::switchboard::connect::types::{Family, HostAddress, LookupFlags, Service};
use serde::Deserialize;
use std::time::Duration;

#[derive(Deserialize, Clone)]
#[serde(untagged)]
pub(crate) enum Port {
    Number(u16),
    Name(String),
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FamilyName {
    Inet,
    Inet6,
    Unix,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Flag {
    Passive,
    CanonName,
    NumericHost,
    NumericService,
    V4Mapped,
    All,
    AddrConfig,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    host: Option<String>,
    service: Port,
}

/// When to end a call, and how.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum End {
    /// By `attempt.cancel`, after so many seconds.
    Cancel(f64),
    /// By dropping its future.
    Drop(f64),
}

impl From<Port> for Service {
    fn from(port: Port) -> Self {
        match port {
            Port::Number(number) => Service::Port(number),
            Port::Name(name) => Service::Name(name),
        }
    }
}

impl From<FamilyName> for Family {
    fn from(name: FamilyName) -> Self {
        match name {
            FamilyName::Inet => Family::Inet,
            FamilyName::Inet6 => Family::Inet6,
            FamilyName::Unix => Family::Unix,
        }
    }
}

impl From<Place> for HostAddress {
    fn from(place: Place) -> Self {
        HostAddress {
            host: place.host,
            service: place.service.into(),
        }
    }
}

impl Flag {
    fn bit(self) -> LookupFlags {
        match self {
            Flag::Passive => LookupFlags::PASSIVE,
            Flag::CanonName => LookupFlags::CANON_NAME,
            Flag::NumericHost => LookupFlags::NUMERIC_HOST,
            Flag::NumericService => LookupFlags::NUMERIC_SERVICE,
            Flag::V4Mapped => LookupFlags::V4_MAPPED,
            Flag::All => LookupFlags::ALL,
            Flag::AddrConfig => LookupFlags::ADDR_CONFIG,
        }
    }
}

/// All of them together.
pub(crate) fn lookup_flags(flags: &[Flag]) -> LookupFlags {
    flags.iter().copied().map(Flag::bit).collect()
}

pub(crate) fn duration(seconds: f64) -> Duration {
    Duration::from_nanos(nanoseconds(seconds))
}

/// As many as fit.
pub(crate) fn nanoseconds(seconds: f64) -> u64 {
    (seconds * 1e9).round() as u64
}
