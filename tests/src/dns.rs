//! A name server that knows a few names.

use crate::worker::Worker;
use anyhow::{Context, Result};
use simple_dns::rdata::{A, AAAA, RData, TXT};
use simple_dns::{CLASS, Packet, PacketFlag, QTYPE, RCODE, ResourceRecord, TYPE};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// The most of a question.
const LARGEST: usize = 512;

const TTL: Duration = Duration::from_secs(60);

/// What it knows of a name.
#[derive(Clone, Debug)]
pub enum Record {
    /// An address: `A` or `AAAA`.
    Address(IpAddr),
    /// A text: `TXT`.
    Text(&'static str),
}

/// A name server on loopback; it is gone when dropped.
#[derive(Debug)]
pub struct NameServer {
    addr: SocketAddr,
    _worker: Worker,
}

impl NameServer {
    /// At `ip`, at a port that the kernel chooses, with these records.
    pub fn start(ip: &str, records: Vec<(&'static str, Record)>) -> Result<Self> {
        let ip: IpAddr = ip.parse().with_context(|| ip.to_owned())?;
        let socket = std::net::UdpSocket::bind((ip, 0))?;
        socket.set_nonblocking(true)?;
        let addr = socket.local_addr()?;
        let worker = Worker::start("name server", move || async move {
            let socket = tokio::net::UdpSocket::from_std(socket);
            let socket = socket.expect("a runtime is running here");
            let mut buffer = [0; LARGEST];
            loop {
                let Ok((size, from)) = socket.recv_from(&mut buffer).await else {
                    continue;
                };
                // To what cannot be understood there is no answer.
                if let Ok(reply) = answer(&buffer[..size], &records) {
                    let _ = socket.send_to(&reply, from).await;
                }
            }
        })?;
        Ok(Self {
            addr,
            _worker: worker,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
}

fn answer(query: &[u8], records: &[(&str, Record)]) -> simple_dns::Result<Vec<u8>> {
    let query = Packet::parse(query)?;
    let mut reply = Packet::new_reply(query.id());
    reply.set_flags(PacketFlag::AUTHORITATIVE_ANSWER);
    for question in query.questions {
        let name = question.qname.to_string();
        let known = records.iter().filter(|(it, _)| *it == name);
        let mut is_known = false;
        for (_, record) in known {
            is_known = true;
            let (kind, data) = data(record)?;
            if question.qtype == QTYPE::TYPE(kind) {
                let name = question.qname.clone();
                let record = ResourceRecord::new(name, CLASS::IN, TTL.as_secs() as u32, data);
                reply.answers.push(record);
            }
        }
        if !is_known {
            *reply.rcode_mut() = RCODE::NameError;
        }
        reply.questions.push(question);
    }
    reply.build_bytes_vec_compressed()
}

fn data(record: &Record) -> simple_dns::Result<(TYPE, RData<'static>)> {
    Ok(match record {
        Record::Address(IpAddr::V4(ip)) => (TYPE::A, RData::A(A::from(*ip))),
        Record::Address(IpAddr::V6(ip)) => (TYPE::AAAA, RData::AAAA(AAAA::from(*ip))),
        Record::Text(text) => (TYPE::TXT, RData::TXT(TXT::new().with_string(text)?)),
    })
}
