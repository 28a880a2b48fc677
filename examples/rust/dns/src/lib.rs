//! `dns SERVER PORT NAME`: asks a name server for the IPv4 addresses of a name.
#![cfg(target_family = "wasm")]

use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, Question, TYPE};
use switchboard_client::Datagram;

struct Dns;
wasip3::cli::command::export!(Dns);

impl wasip3::exports::cli::run::Guest for Dns {
    async fn run() -> Result<(), ()> {
        ask().await.map_err(|error| eprintln!("{error}"))
    }
}

async fn ask() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = std::env::args().collect();
    let [_, server, port, name] = arguments.as_slice() else {
        return Err("dns SERVER PORT NAME".into());
    };
    let mut question = Packet::new_query(rand());
    question.set_flags(PacketFlag::RECURSION_DESIRED);
    let (kind, class) = (TYPE::A.into(), CLASS::IN.into());
    question
        .questions
        .push(Question::new(Name::new(name)?, kind, class, false));

    let endpoint = Datagram::to(server, port.as_str()).open().await?;
    endpoint.send(&question.build_bytes_vec()?).await?;
    loop {
        let (answer, _) = endpoint.recv_from().await?;
        let answer = Packet::parse(&answer)?;
        if answer.id() != question.id() {
            continue;
        }
        for record in &answer.answers {
            if let RData::A(address) = &record.rdata {
                println!("{}", std::net::Ipv4Addr::from(address.address));
            }
        }
        endpoint.close().await;
        return Ok(());
    }
}

/// A number that nobody guesses.
fn rand() -> u16 {
    wasip3::random::random::get_random_u64() as u16
}
