//! `sntp server=ADDRESS`: asks a time server as RFC 4330 does, and prints how far its clock is ahead, in seconds.

use crate::arguments::Arguments;
use crate::endpoint;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const LIMIT: Duration = Duration::from_secs(10);

/// A message without authentication.
const SIZE: usize = 48;

/// From 1900, where NTP counts from, to 1970.
const TO_UNIX: f64 = 2_208_988_800.0;

/// No leap second is announced, version 4, mode client; the server's has mode server.
const CLIENT: u8 = 0b00_100_011;
const SERVER: u8 = 0b00_100_100;

pub(crate) async fn run(arguments: &Arguments) -> Result<(), String> {
    arguments.only(&["server"])?;
    let endpoint = endpoint::create(endpoint::to(arguments.server("server")?)).await?;
    let originate = stamp(now()?);
    let mut query = [0; SIZE];
    query[0] = CLIENT;
    query[40..].copy_from_slice(&originate);
    let sent = endpoint.send_to(query.to_vec(), None).await;
    sent.map_err(endpoint::not_sent)?;
    let answer = endpoint::answer(&endpoint, LIMIT).await?;
    let arrived = now()?;
    endpoint.close().await;

    let answer: [u8; SIZE] = answer.try_into().map_err(|_| "not 48 bytes")?;
    // RFC 4330, section 5: else it answers something else, or somebody else does.
    if answer[0] != SERVER || answer[24..32] != originate || answer[1] == 0 {
        return Err(format!("no answer to the question: {answer:?}"));
    }
    let (receive, transmit) = (seconds(&answer[32..40]), seconds(&answer[40..48]));
    let offset = ((receive - seconds(&originate)) + (transmit - arrived)) / 2.0;
    println!("stratum {}\noffset {offset:.3}", answer[1]);
    Ok(())
}

/// Seconds since 1900.
fn now() -> Result<f64, String> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let since = since.map_err(|error| error.to_string())?;
    Ok(since.as_secs_f64() + TO_UNIX)
}

/// Seconds and fractions of them, 32 bits each.
fn stamp(time: f64) -> [u8; 8] {
    ((time * 2f64.powi(32)) as u64).to_be_bytes()
}

fn seconds(stamp: &[u8]) -> f64 {
    let number = stamp
        .iter()
        .fold(0u64, |all, &byte| all << 8 | u64::from(byte));
    number as f64 / 2f64.powi(32)
}
