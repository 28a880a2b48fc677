//! `close how=never|begun|protocol server=ADDRESS`: closes a connection to a peer that has sent much, of which nothing is read, or
//! a little, or that a protocol has and does not want.

use crate::Outcome;
use crate::arguments::Arguments;
use crate::sleep::{promptly, sleep};
use futures_lite::{AsyncReadExt, AsyncWriteExt};
use std::time::Duration;
use switchboard_client::protocol::{Callback, Protocol, Transport, create_connection};

struct Unwilling;

impl Protocol for Unwilling {
    fn connection_made(&self, transport: &Transport) -> Callback {
        transport.pause_reading();
        Ok(())
    }
}

pub(crate) async fn run(arguments: &Arguments) -> Outcome {
    let connector = arguments.connector()?;
    let how = arguments.get("how").ok_or("no how=")?;
    // What the peer sends has arrived then.
    let arrived = sleep(Duration::from_millis(100));
    if how == "protocol" {
        let (transport, _) = create_connection(|| Unwilling, connector).await?;
        arrived.await;
        transport.write(b"hello")?;
        transport.close();
        promptly(transport.wait_closed()).await?;
    } else {
        let mut connection = connector.connect().await?;
        if how == "begun" {
            connection.read_exact(&mut [0]).await?;
        }
        arrived.await;
        connection.write_all(b"hello").await?;
        connection.close().await?;
    }
    println!("closed");
    Ok(())
}
