//! `dns server=ADDRESS name=NAME type=A|AAAA|TXT`: asks a name server (RFC 1035), and prints each answer in a line.

use crate::arguments::Arguments;
use crate::endpoint;
use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, Question, RCODE, ResourceRecord, TYPE};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(10);

/// Whoever else may answer has to guess it, and the port; for a test any will do.
const ID: u16 = 0x5b0a;

pub(crate) async fn run(arguments: &Arguments) -> Result<(), String> {
    arguments.only(&["server", "name", "type"])?;
    let name: String = arguments.required("name")?;
    let kind = match arguments.get("type") {
        Some("AAAA") => TYPE::AAAA,
        Some("TXT") => TYPE::TXT,
        _ => TYPE::A,
    };
    let query = query(&name, kind).map_err(|error| format!("{name}: {error}"))?;
    let endpoint = endpoint::create(endpoint::to(arguments.server("server")?)).await?;
    let sent = endpoint.send_to(query, None).await;
    sent.map_err(endpoint::not_sent)?;
    let reply = endpoint::answer(&endpoint, LIMIT).await?;
    endpoint.close().await;
    let reply = Packet::parse(&reply).map_err(|error| format!("no DNS: {error}"))?;
    let is_answer = reply.id() == ID && reply.has_flags(PacketFlag::RESPONSE);
    if !is_answer || reply.rcode() != RCODE::NoError {
        return Err(format!("no answer to the question: {reply:?}"));
    }
    for record in &reply.answers {
        println!("{}", show(record)?);
    }
    Ok(())
}

fn query(name: &str, kind: TYPE) -> simple_dns::Result<Vec<u8>> {
    let mut packet = Packet::new_query(ID);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    let name = Name::new(name)?;
    let question = Question::new(name, kind.into(), CLASS::IN.into(), false);
    packet.questions.push(question);
    packet.build_bytes_vec()
}

fn show(record: &ResourceRecord<'_>) -> Result<String, String> {
    match &record.rdata {
        RData::A(a) => Ok(Ipv4Addr::from(a.address).to_string()),
        RData::AAAA(aaaa) => Ok(Ipv6Addr::from(aaaa.address).to_string()),
        RData::TXT(text) => {
            String::try_from(text.clone()).map_err(|error| format!("not a text: {error}"))
        }
        other => Err(format!("nothing that was asked for: {other:?}")),
    }
}
