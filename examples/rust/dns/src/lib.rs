//! `dns SERVER PORT NAME`: asks a name server for the IPv4 addresses of a name.
#![cfg(target_family = "wasm")]

use futures_lite::future::or;
use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, Question, TYPE};
use switchboard_client::{Datagram, Event};

struct Dns;
wasip3::cli::command::export!(Dns);

impl wasip3::exports::cli::run::Guest for Dns {
    async fn run() -> Result<(), ()> {
        or(ask(), late())
            .await
            .map_err(|error| eprintln!("{error}"))
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
        let answer = match endpoint.next().await {
            Event::Received(answer, _) => answer,
            Event::Closed => return Err("closed".into()),
            // Perhaps of an earlier one: the answer may still come.
            _ => continue,
        };
        let Ok(answer) = Packet::parse(&answer) else {
            continue;
        };
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

/// Datagrams get lost.
async fn late() -> Result<(), Box<dyn std::error::Error>> {
    wasip3::clocks::monotonic_clock::wait_for(5_000_000_000).await;
    Err("no answer in five seconds".into())
}

/// A number that nobody guesses.
fn rand() -> u16 {
    wasip3::random::random::get_random_u64() as u16
}
