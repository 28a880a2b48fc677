//! Of TLS that is started later: ASYNCIO.md D.3.

use super::plan;
use super::recorder::Recorder;
use super::streams::connect;
use crate::Outcome;
use crate::arguments::Arguments;
use crate::sleep::sleep;
use futures_lite::future::{or, poll_once};
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;
use switchboard_client::protocol::Transport;

const QUESTION: &[u8] = b"STARTTLS\n";
const ANSWER: usize = b"GO\n".len();

pub(super) async fn run(scenario: &str, arguments: &Arguments) -> Outcome<Rc<Recorder>> {
    let (transport, recorder) = connect(plan(scenario), arguments).await??;
    let tls = arguments.tls()?.ok_or("no ca=")?;
    let told = format!("data {ANSWER}");
    match scenario {
        "upgrade" => {
            transport.write(QUESTION)?;
            recorder.until(&told).await?;
            let high = |transport: &Transport| transport.get_write_buffer_limits().1;
            println!("{} {}", high(&transport), transport.can_write_eof());
            transport.start_tls(tls).await?;
            println!("{} {}", high(&transport), transport.can_write_eof());
            println!("{:?}", transport.get_extra_info("cipher").is_some());
            transport.write(b"hello")?;
            recorder.until(&format!("data {}", ANSWER + 5)).await?;
            transport.close();
        }
        // While what was written before is not sent yet, and nothing is read.
        "pausing" => {
            transport.write(QUESTION)?;
            transport.resume_reading();
            recorder.until(&told).await?;
            transport.pause_reading();
            transport.write(&vec![b'.'; 8 << 20])?;
            assert!(recorder.was_told("pause"));
            transport.start_tls(tls).await?;
            assert!(transport.is_reading());
            transport.write(b"hello")?;
            recorder.until(&format!("data {}", ANSWER + 5)).await?;
            transport.close();
        }
        // What the peer has said before is not to be taken for what it says inside; reading is paused from the beginning.
        "unread" => {
            transport.write(QUESTION)?;
            sleep(Duration::from_millis(100)).await;
            let failed = transport.start_tls(tls).await.err();
            println!("{:?}", failed.ok_or("it went on")?.kind());
        }
        "fails" => {
            transport.write(QUESTION)?;
            recorder.until(&told).await?;
            let failed = transport.start_tls(tls).await.err();
            println!("{:?}", failed.ok_or("it went on")?.kind());
        }
        "writes" => {
            transport.write(QUESTION)?;
            recorder.until(&told).await?;
            let mut starting = pin!(transport.start_tls(tls.clone()));
            assert!(poll_once(&mut starting).await.is_none());
            let failed = [
                transport.write(b"plain").err(),
                transport.write_eof().err(),
                transport.start_tls(tls).await.err(),
            ];
            for error in failed {
                println!("{}", error.ok_or("it was done")?);
            }
            starting.await?;
            transport.close();
        }
        "dropped" | "closed" => {
            transport.write(QUESTION)?;
            recorder.until(&told).await?;
            let starting = async { transport.start_tls(tls).await.err().map(|it| it.kind()) };
            let waiting = async {
                sleep(Duration::from_millis(50)).await;
                if scenario == "dropped" {
                    return None;
                }
                transport.close();
                std::future::pending().await
            };
            println!("{:?}", or(starting, waiting).await);
        }
        "not-upgradable" => {
            let failed = transport.start_tls(tls).await.err();
            println!("{}", failed.ok_or("it went on")?);
            assert!(!transport.is_closing());
            transport.close();
        }
        other => return Err(format!("no such scenario: {other}").into()),
    }
    recorder.until("lost").await?;
    Ok(recorder)
}
