//! A question: the options of `create-datagram-endpoint` under their WIT names, durations in seconds, and what to do with
//! the endpoint.

use super::script::Step;
use crate::bindings::switchboard::connect::datagrams::EndpointOptions;
use crate::bindings::wasi::sockets::types::UdpSocket;
use crate::json::options::{End, FamilyName, Flag, Place, lookup_flags, nanoseconds};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Question {
    local_address: Option<Place>,
    remote_address: Option<Place>,
    unix_local: Option<String>,
    unix_remote: Option<String>,
    family: Option<FamilyName>,
    protocol: Option<u32>,
    #[serde(default)]
    lookup_flags: Vec<Flag>,
    #[serde(default)]
    reuse_address: bool,
    #[serde(default)]
    reuse_port: bool,
    #[serde(default)]
    allow_broadcast: bool,
    pub(super) sock: Option<String>,
    #[serde(default)]
    all_errors: bool,
    timeout: Option<f64>,
    #[serde(default)]
    refuse_networks: Vec<String>,
    hop_limit: Option<u8>,
    receive_buffer_size: Option<u64>,
    send_buffer_size: Option<u64>,
    queue_limit: Option<u64>,
    pub(super) end: Option<End>,
    #[serde(default)]
    pub(super) script: Vec<Step>,
}

impl Question {
    /// The options, with this socket.
    pub(super) fn options(&self, sock: Option<UdpSocket>) -> EndpointOptions {
        EndpointOptions {
            local_address: self.local_address.clone().map(Into::into),
            remote_address: self.remote_address.clone().map(Into::into),
            unix_local: self.unix_local.clone().map(Into::into),
            unix_remote: self.unix_remote.clone().map(Into::into),
            family: self.family.map(Into::into),
            protocol: self.protocol,
            lookup_flags: lookup_flags(&self.lookup_flags),
            reuse_address: self.reuse_address,
            reuse_port: self.reuse_port,
            allow_broadcast: self.allow_broadcast,
            sock,
            all_errors: self.all_errors,
            timeout: self.timeout.map(nanoseconds),
            refuse_networks: self.refuse_networks.clone(),
            hop_limit: self.hop_limit,
            receive_buffer_size: self.receive_buffer_size,
            send_buffer_size: self.send_buffer_size,
            queue_limit: self.queue_limit,
        }
    }
}
