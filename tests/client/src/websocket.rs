//! `websocket server=ADDRESS [ca=FILE]`: async-tungstenite as a client of an echo.

use crate::Outcome;
use crate::arguments::Arguments;
use async_tungstenite::client_async;
use async_tungstenite::tungstenite::Message;
use futures_util::StreamExt;

pub(crate) async fn run(arguments: &Arguments) -> Outcome {
    let connection = arguments.connector()?.connect().await?;
    let (mut socket, response) = client_async("ws://localhost/", connection).await?;
    println!("{}", response.status());
    for message in [
        Message::text("hello"),
        Message::binary(vec![7; 2_000_000]),
        Message::text(""),
    ] {
        socket.send(message.clone()).await?;
        let back = socket.next().await.ok_or("it ended")??;
        assert_eq!(back, message);
    }
    socket.close(None).await?;
    let last = socket.next().await;
    println!("{}", matches!(last, Some(Ok(Message::Close(_))) | None));
    Ok(())
}
