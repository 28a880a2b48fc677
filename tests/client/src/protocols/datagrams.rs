//! Of datagrams: ASYNCIO.md D.5.

use super::plan;
use super::recorder::Recorder;
use crate::Outcome;
use crate::arguments::Arguments;
use crate::sleep::{promptly, sleep};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use switchboard_client::protocol::create_datagram_endpoint;
use switchboard_client::{Address, Datagram};

pub(super) async fn run(scenario: &str, arguments: &Arguments) -> Outcome<Rc<Recorder>> {
    let server: SocketAddr = arguments.required("server")?;
    let datagram = match arguments.get("free") {
        Some(_) => Datagram::at("127.0.0.1", 0),
        None => Datagram::to(server.ip().to_string(), server.port()),
    };
    let datagram = datagram.refuse_networks(["127.0.0.2"]);
    let server = Address::from(server);
    let plan = plan(scenario);
    let factory = || {
        let recorder = Recorder::new(plan.clone());
        recorder.note("factory");
        recorder
    };
    let (transport, recorder) = create_datagram_endpoint(factory, datagram).await?;
    recorder.note("returned");
    let free = arguments.get("free").is_some();
    match scenario {
        "talk" => {
            transport.sendto(b"hello", None)?;
            recorder.until("datagram 5").await?;
            transport.sendto(b"", Some(&server))?;
            recorder.until("datagram 0").await?;
            let other: SocketAddr = "127.0.0.1:9".parse()?;
            let error = transport.sendto(b"1", Some(&other.into())).err();
            println!("{}", error.ok_or("it was sent")?);
            println!("{:?}", transport.get_extra_info("peername").is_some());
            transport.close();
        }
        "free" => {
            transport.sendto(b"hello", Some(&server))?;
            recorder.until("datagram 5").await?;
            println!("{:?}", transport.get_extra_info("peername").is_some());
            transport.close();
            recorder.until("lost").await?;
            // asyncio's fail then, by a mistake.
            transport.sendto(b"dropped", Some(&server))?;
        }
        "no-address" => transport.sendto(b"hello", None)?,
        "dead" => {
            transport.sendto(b"hello", None)?;
            recorder.until("error").await?;
            assert!(!transport.is_closing());
            transport.close();
        }
        // One that may not be sent does not end the others.
        "refused" => {
            let refused: SocketAddr = "127.0.0.2:9".parse()?;
            transport.sendto(b"one", Some(&refused.into()))?;
            recorder.until("error").await?;
            transport.sendto(b"hello", Some(&server))?;
            recorder.until("datagram 5").await?;
            transport.close();
        }
        "too-large" => {
            transport.sendto(&[0; 65_508], None)?;
            recorder.until("error").await?;
            transport.sendto(b"hello", None)?;
            recorder.until("datagram 5").await?;
            transport.close();
        }
        "fail-datagram" | "fail-error" => {
            transport.sendto(b"hello", None)?;
            let first = if scenario == "fail-error" {
                "error"
            } else {
                "datagram 5"
            };
            recorder.until(first).await?;
            sleep(Duration::from_millis(5)).await;
            assert!(!transport.is_closing());
            transport.close();
        }
        "close" => {
            transport.sendto(b"one", None)?;
            transport.sendto(b"two", None)?;
            transport.close();
            assert!(transport.is_closing() && !recorder.was_told("lost"));
            transport.close();
            for _ in 0..6 {
                transport.sendto(b"dropped", None)?;
            }
        }
        "abort" => {
            transport.abort();
            assert!(transport.is_closing() && !recorder.was_told("lost"));
            transport.abort();
        }
        "pausing" => {
            assert!(!transport.is_reading());
            transport.sendto(b"hello", None)?;
            sleep(Duration::from_millis(100)).await;
            assert!(!recorder.was_told("datagram"));
            transport.resume_reading();
            recorder.until("datagram 5").await?;
            transport.close();
        }
        "flow" => {
            println!("{:?}", transport.get_write_buffer_limits());
            transport.set_write_buffer_limits(Some(100_000), None)?;
            println!("{:?}", transport.get_write_buffer_limits());
            for _ in 0..50 {
                transport.sendto(&[1; 60_000], None)?;
            }
            recorder.until("resume").await?;
            transport.close();
        }
        other => return Err(format!("no such scenario: {other}").into()),
    }
    promptly(transport.wait_closed()).await?;
    assert!(recorder.was_told("lost"));
    sleep(Duration::from_millis(5)).await;
    assert!(transport.get_protocol().is_none());
    assert!(!free || transport.get_extra_info("sockname").is_some());
    Ok(recorder)
}
