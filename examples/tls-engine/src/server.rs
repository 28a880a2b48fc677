//! Hears a line, and says it backwards.

use crate::bindings::switchboard::connect::tls::{Context, Trust};
use crate::bindings::switchboard::connect::tls_engine::Session;
use crate::cut::Cut;
use crate::tls_stream::TlsStream;
use crate::{PATIENCE, read_line, report};
use std::io::{BufReader, Result, Write, copy, sink};
use std::net::{TcpListener, TcpStream};
use std::ops::Range;

pub(crate) fn run(address: &str, chain: &str, key: &str, cuts: Range<u64>) -> Result<()> {
    let context = Context::new(Trust::None);
    context.load_cert_chain(&std::fs::read(chain)?, &std::fs::read(key)?, None)?;
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);
    for cut in cuts {
        let (socket, client) = listener.accept()?;
        // That a client goes wrong is no reason not to serve the next one.
        if let Err(error) = serve(&context, socket, cut) {
            eprintln!("tls-engine: {client}: {error}");
        }
    }
    Ok(())
}

fn serve(context: &Context, socket: TcpStream, cut: u64) -> Result<()> {
    socket.set_read_timeout(Some(PATIENCE))?;
    let session = Session::server(context)?;
    let (stream, facts) = TlsStream::handshake(session, Cut::new(socket, cut))?;
    let mut stream = BufReader::new(stream);
    let line = read_line(&mut stream)?;
    let answer: String = line.chars().rev().collect();
    writeln!(stream.get_mut(), "{answer}")?;
    stream.get_mut().close()?;
    // To the client's goodbye.
    copy(&mut stream, &mut sink())?;
    report(&facts, stream.get_ref().transport(), &line);
    Ok(())
}
