//! An SFTP server on standard input and output: version 3 of the protocol (draft-ietf-secsh-filexfer-02), with the extensions of
//! OpenSSH that its clients use. It is a program of its own in the environment and does what its user may do.

mod attributes;
mod entries;
mod extended;
mod handles;
mod packet;
mod requests;

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};

use packet::Fields;
use requests::Server;

/// The longest packet, bytes: what OpenSSH's programs hold to.
const LONGEST: usize = 256 * 1024;

/// The most bytes that one request reads or writes: a packet less what stands around them.
const MOST: usize = LONGEST - 1024;

/// Serves until the client is gone.
pub(super) fn run() -> io::Result<()> {
    serve(io::stdin().lock(), io::stdout().lock())
}

fn serve(from: impl Read, to: impl Write) -> io::Result<()> {
    let mut from = BufReader::with_capacity(LONGEST, from);
    let mut to = BufWriter::with_capacity(LONGEST, to);
    let mut server = Server::default();
    let mut packet = Vec::new();
    loop {
        // Answers go out together while requests wait, and at once when none does.
        if from.buffer().is_empty() {
            to.flush()?;
        }
        if from.fill_buf()?.is_empty() {
            return to.flush();
        }
        let mut length = [0; 4];
        from.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length) as usize;
        if length == 0 || length > LONGEST {
            to.flush()?;
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a packet that is too long"));
        }
        packet.resize(length, 0);
        from.read_exact(&mut packet)?;
        let reply = server.answer(packet[0], Fields::new(&packet[1..]));
        to.write_all(&reply.into_bytes())?;
    }
}

#[cfg(test)]
mod tests;
