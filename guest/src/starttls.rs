//! What is said before TLS begins on a connection that stands: STARTTLS of mail, directory, chat and database servers.
//! Without I/O: bytes in, bytes out.

use std::fmt;

/// The most that a server may say before TLS.
const LIMIT: usize = 64 * 1024;

/// A protocol that has such words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// RFC 3207.
    Smtp,
    /// RFC 9051, section 6.2.1.
    Imap,
    /// RFC 2595, section 4.
    Pop3,
    /// PostgreSQL's frontend protocol: SSLRequest.
    Postgres,
    /// RFC 4511, section 4.14.
    Ldap,
    /// RFC 6120, section 5.4.
    Xmpp,
}

/// Their names, as the command has them.
pub const PROTOCOLS: [(&str, Protocol); 6] = [
    ("smtp", Protocol::Smtp),
    ("imap", Protocol::Imap),
    ("pop3", Protocol::Pop3),
    ("postgres", Protocol::Postgres),
    ("ldap", Protocol::Ldap),
    ("xmpp", Protocol::Xmpp),
];

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = PROTOCOLS.iter().find(|(_, it)| it == self);
        f.write_str(name.map_or("", |(name, _)| name))
    }
}

/// `SSLRequest`: its length and its code.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// An extended request, the first message, with the object identifier of StartTLS.
const LDAP_START_TLS: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";

/// How it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Say this.
    Say(Vec<u8>),
    /// Hear more.
    Listen,
    /// Begin TLS.
    Begin,
}

/// One answer of the server.
enum Answer {
    /// It is not complete yet.
    Partial,
    /// It is this long, and what was hoped for.
    Good(usize),
}

/// Until TLS begins.
#[derive(Debug)]
pub struct Dialogue {
    protocol: Protocol,
    /// How many answers have been heard.
    answers: usize,
    /// What to say next.
    to_say: Option<Vec<u8>>,
    heard: Vec<u8>,
}

impl Dialogue {
    /// With the server of this name.
    pub fn new(protocol: Protocol, host: &str) -> Self {
        let first = match protocol {
            Protocol::Smtp | Protocol::Imap | Protocol::Pop3 => None,
            Protocol::Postgres => Some(SSL_REQUEST.to_vec()),
            Protocol::Ldap => Some(LDAP_START_TLS.to_vec()),
            Protocol::Xmpp => Some(xmpp_stream(host)),
        };
        Self {
            protocol,
            answers: 0,
            to_say: first,
            heard: Vec::new(),
        }
    }

    /// How it goes on.
    pub fn step(&mut self) -> Next {
        match self.to_say.take() {
            Some(bytes) => Next::Say(bytes),
            None if self.answers == self.protocol.answers() => Next::Begin,
            None => Next::Listen,
        }
    }

    /// Hears what the server says. An error is a sentence for a person.
    pub fn hear(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.heard.extend(bytes);
        match self.answer()? {
            Answer::Partial if self.heard.len() > LIMIT => {
                Err("the server talks on and on before TLS".into())
            }
            Answer::Partial => Ok(()),
            Answer::Good(length) => {
                // What comes behind an answer that ends the server's turn was put there by somebody else, or is nothing
                // that a server may say (RFC 3207, section 6; CVE-2011-0411).
                if self.heard.len() > length {
                    let more = self.heard.len() - length;
                    return Err(format!("the server has said {more} bytes more before TLS"));
                }
                self.heard.clear();
                self.answers += 1;
                self.to_say = self.protocol.after(self.answers);
                Ok(())
            }
        }
    }

    fn answer(&self) -> Result<Answer, String> {
        let heard = &self.heard;
        match (self.protocol, self.answers) {
            (Protocol::Smtp, 0) => smtp(heard, "220", None, no_welcome),
            (Protocol::Smtp, 1) => smtp(heard, "250", Some("STARTTLS"), refused),
            (Protocol::Smtp, _) => smtp(heard, "220", None, refused),
            (Protocol::Imap, 0) => {
                let welcome = |line: &str| {
                    let rest = line.strip_prefix("* ");
                    // Not PREAUTH: it is too late for TLS then, or somebody in between says so (RFC 9051, section 7.1.4).
                    rest.is_some_and(|it| it.starts_with("OK"))
                };
                line(heard, welcome, no_welcome)
            }
            (Protocol::Imap, _) => imap(heard),
            (Protocol::Pop3, 0) => line(heard, |line| line.starts_with("+OK"), no_welcome),
            (Protocol::Pop3, _) => line(heard, |line| line.starts_with("+OK"), refused),
            (Protocol::Postgres, _) => match heard.first() {
                None => Ok(Answer::Partial),
                Some(b'S') => Ok(Answer::Good(1)),
                Some(b'N') => Err("the server does not speak TLS".into()),
                Some(_) => Err(refused(&postgres_error(heard))),
            },
            (Protocol::Ldap, _) => ldap(heard),
            (Protocol::Xmpp, 0) => xmpp_features(heard),
            (Protocol::Xmpp, _) => xmpp_proceed(heard),
        }
    }
}

impl Protocol {
    /// How many answers there are before TLS.
    fn answers(self) -> usize {
        match self {
            Protocol::Smtp => 3,
            Protocol::Imap | Protocol::Pop3 | Protocol::Xmpp => 2,
            Protocol::Postgres | Protocol::Ldap => 1,
        }
    }

    /// What to say after as many answers.
    fn after(self, answers: usize) -> Option<Vec<u8>> {
        let words = match (self, answers) {
            // One's own name is nobody's business (RFC 5321, section 4.1.1.1, allows an address literal).
            (Protocol::Smtp, 1) => "EHLO [127.0.0.1]\r\n",
            (Protocol::Smtp, 2) => "STARTTLS\r\n",
            (Protocol::Imap, 1) => "1 STARTTLS\r\n",
            (Protocol::Pop3, 1) => "STLS\r\n",
            (Protocol::Xmpp, 1) => "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
            _ => return None,
        };
        Some(words.into())
    }
}

fn refused(answer: &str) -> String {
    format!("the server refuses STARTTLS: {}", said(answer))
}

/// Of what should have been a greeting: it turns everybody away, or is no server of this kind.
fn no_welcome(answer: &str) -> String {
    format!("the server does not welcome: {}", said(answer))
}

fn said(answer: &str) -> String {
    let line = answer.lines().next().unwrap_or_default();
    let line: String = line.chars().take(200).collect();
    format!("it says \"{line}\"")
}

/// The message for people in an `ErrorResponse` (PostgreSQL, message formats: fields of a letter and a text), or what it is
/// else.
fn postgres_error(heard: &[u8]) -> String {
    let fields = heard.get(5..).unwrap_or_default();
    let mut fields = fields.split(|&byte| byte == 0);
    let message = fields.find_map(|field| field.strip_prefix(b"M"));
    String::from_utf8_lossy(message.unwrap_or(heard)).into_owned()
}

/// The first line and its length, if it is complete.
fn first_line(heard: &[u8]) -> Option<(&str, usize)> {
    let end = heard.iter().position(|&byte| byte == b'\n')?;
    let line = heard.get(..end).unwrap_or_default();
    // What is no text is no answer either.
    let line = std::str::from_utf8(line).unwrap_or_default();
    Some((line.trim_end_matches('\r'), end + 1))
}

/// One line that is good or not.
fn line(
    heard: &[u8],
    is_good: impl Fn(&str) -> bool,
    why_not: impl Fn(&str) -> String,
) -> Result<Answer, String> {
    match first_line(heard) {
        None => Ok(Answer::Partial),
        Some((line, length)) if is_good(line) => Ok(Answer::Good(length)),
        Some((line, _)) => Err(why_not(line)),
    }
}

/// A reply of SMTP (RFC 5321, section 4.2): lines with the same code, all but the last with a hyphen behind it.
fn smtp(
    heard: &[u8],
    code: &str,
    keyword: Option<&str>,
    why_not: impl Fn(&str) -> String,
) -> Result<Answer, String> {
    let (mut at, mut found) = (0, keyword.is_none());
    while let Some((line, length)) = first_line(heard.get(at..).unwrap_or_default()) {
        let Some(rest) = line.strip_prefix(code) else {
            return Err(why_not(line));
        };
        at += length;
        let text = rest.get(1..).unwrap_or_default();
        found |= keyword.is_some_and(|it| text.eq_ignore_ascii_case(it));
        if !rest.starts_with('-') {
            return match found {
                true => Ok(Answer::Good(at)),
                false => Err("the server does not offer STARTTLS".into()),
            };
        }
    }
    Ok(Answer::Partial)
}

/// Untagged responses, then the tagged one (RFC 9051, section 7.1).
fn imap(heard: &[u8]) -> Result<Answer, String> {
    let mut at = 0;
    while let Some((line, length)) = first_line(heard.get(at..).unwrap_or_default()) {
        at += length;
        if line.starts_with("1 OK") {
            return Ok(Answer::Good(at));
        }
        if !line.starts_with("* ") {
            return Err(refused(line));
        }
    }
    Ok(Answer::Partial)
}

/// A message whose extended response has the result code 0 (RFC 4511, sections 4.1.9 and 4.12), in BER.
fn ldap(heard: &[u8]) -> Result<Answer, String> {
    let garbled = || "the server's answer is no message of LDAP".to_owned();
    let Some((tag, message, length)) = ber(heard) else {
        // So much is certain at once, and a server that waits for our words would never say more.
        return match heard.first() {
            None | Some(0x30) => Ok(Answer::Partial),
            Some(_) => Err(garbled()),
        };
    };
    let (_, _number, after_number) = ber(message).ok_or_else(garbled)?;
    let rest = message.get(after_number..).unwrap_or_default();
    let (response, content, _) = ber(rest).ok_or_else(garbled)?;
    let (_, code, _) = ber(content).ok_or_else(garbled)?;
    match (tag, response, code) {
        (0x30, 0x78, [0]) => Ok(Answer::Good(length)),
        (0x30, 0x78, [code]) => Err(format!(
            "the server refuses STARTTLS: its result code is {code}"
        )),
        _ => Err(garbled()),
    }
}

/// The tag and the content of the first value, and how long it is in all (X.690, section 8.1), if it is complete.
fn ber(bytes: &[u8]) -> Option<(u8, &[u8], usize)> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let octets = usize::from(first & 0x7f);
    let (length, header) = match first {
        0..0x80 => (usize::from(first), 2),
        0x80 => return None,
        _ => {
            let length = rest
                .get(..octets)?
                .iter()
                .try_fold(0_usize, |length, &it| {
                    Some(length.checked_mul(256)? | usize::from(it))
                })?;
            (length, 2 + octets)
        }
    };
    let end = header.checked_add(length)?;
    Some((tag, bytes.get(header..end)?, end))
}

fn xmpp_stream(host: &str) -> Vec<u8> {
    let escaped: String = host
        .chars()
        .map(|character| match character {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '\'' => "&apos;".to_owned(),
            character => character.to_string(),
        })
        .collect();
    format!(
        "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
         xmlns:stream='http://etherx.jabber.org/streams' to='{escaped}' version='1.0'>"
    )
    .into_bytes()
}

/// The server's own stream and its features, which must have STARTTLS.
fn xmpp_features(heard: &[u8]) -> Result<Answer, String> {
    const END: &str = "</stream:features>";
    let text = xml(heard)?;
    if text.contains("<stream:error") || text.contains("</stream:stream") {
        return Err(refused(text));
    }
    match text.find(END) {
        None => Ok(Answer::Partial),
        Some(at) if text.get(..at).is_some_and(|it| it.contains("<starttls")) => {
            Ok(Answer::Good(at + END.len()))
        }
        Some(_) => Err("the server does not offer STARTTLS".into()),
    }
}

/// What has come of the text: XMPP is UTF-8 (RFC 6120, section 11.6). The end may be cut within a character.
fn xml(heard: &[u8]) -> Result<&str, String> {
    match std::str::from_utf8(heard) {
        Ok(text) => Ok(text),
        Err(error) if error.error_len().is_none() => {
            let whole = heard.get(..error.valid_up_to()).unwrap_or_default();
            Ok(std::str::from_utf8(whole).unwrap_or_default())
        }
        Err(_) => Err("the server's answer is not UTF-8".into()),
    }
}

fn xmpp_proceed(heard: &[u8]) -> Result<Answer, String> {
    let text = xml(heard)?;
    let Some(end) = text.find('>') else {
        return Ok(Answer::Partial);
    };
    match text.trim_start().starts_with("<proceed") {
        true if text.get(..end).is_some_and(|it| it.ends_with('/')) => Ok(Answer::Good(end + 1)),
        true => {
            const END: &str = "</proceed>";
            match text.find(END) {
                Some(at) => Ok(Answer::Good(at + END.len())),
                None => Ok(Answer::Partial),
            }
        }
        false => Err(refused(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said and what is heard, by turns.
    type Turns<'a> = &'a [(&'a [u8], &'a [u8])];

    /// Talks, hearing pieces of this many bytes.
    fn talk(protocol: Protocol, turns: Turns<'_>, piece: usize) -> Result<(), String> {
        let mut dialogue = Dialogue::new(protocol, "mail.example");
        for (said, heard) in turns {
            if !said.is_empty() {
                assert_eq!(dialogue.step(), Next::Say(said.to_vec()));
            }
            assert_eq!(dialogue.step(), Next::Listen);
            for piece in heard.chunks(piece) {
                dialogue.hear(piece)?;
            }
        }
        assert_eq!(dialogue.step(), Next::Begin);
        Ok(())
    }

    #[test]
    fn the_words_of_each_protocol_in_any_pieces() {
        let smtp: Turns<'_> = &[
            (b"", b"220-hello\r\n220 mail.example ESMTP\r\n"),
            (
                b"EHLO [127.0.0.1]\r\n",
                b"250-mail.example\r\n250-SIZE 1000\r\n250-starttls\r\n250 HELP\r\n",
            ),
            (b"STARTTLS\r\n", b"220 go ahead\r\n"),
        ];
        let imap: Turns<'_> = &[
            (b"", b"* OK [CAPABILITY IMAP4rev2] ready\r\n"),
            (b"1 STARTTLS\r\n", b"* BYE not yet\r\n1 OK begin\r\n"),
        ];
        let pop3: Turns<'_> = &[(b"", b"+OK <1@mail>\r\n"), (b"STLS\r\n", b"+OK\r\n")];
        let stream = xmpp_stream("mail.example");
        let xmpp: Turns<'_> = &[
            (
                &stream,
                b"<stream:stream id='1'><stream:features><starttls xmlns='x'/></stream:features>",
            ),
            (
                b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
                b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
            ),
        ];
        // With lengths as Active Directory writes them.
        let ldap: Turns<'_> = &[(
            LDAP_START_TLS,
            b"\x30\x84\0\0\0\x10\x02\x01\x01\x78\x84\0\0\0\x07\x0a\x01\0\x04\0\x04\0",
        )];
        for (protocol, turns) in [
            (Protocol::Smtp, smtp),
            (Protocol::Imap, imap),
            (Protocol::Pop3, pop3),
            (Protocol::Xmpp, xmpp),
            (Protocol::Ldap, ldap),
        ] {
            for piece in [1, 7, usize::MAX] {
                assert_eq!(talk(protocol, turns, piece), Ok(()), "{protocol}");
            }
        }
        let mut postgres = Dialogue::new(Protocol::Postgres, "db.example");
        assert_eq!(postgres.step(), Next::Say(SSL_REQUEST.to_vec()));
        postgres.hear(b"S").unwrap();
        assert_eq!(postgres.step(), Next::Begin);
    }

    #[test]
    fn refusals() {
        let said = |protocol, answers: &[&[u8]]| {
            let mut dialogue = Dialogue::new(protocol, "a.example");
            let mut said = Ok(());
            for answer in answers {
                said = dialogue.hear(answer);
            }
            said.unwrap_err()
        };
        for (protocol, answers, told) in [
            (
                Protocol::Smtp,
                [b"554 no\r\n".as_slice()].as_slice(),
                "does not welcome: it says \"554 no\"",
            ),
            (
                Protocol::Smtp,
                &[b"220 a\r\n", b"250 a\r\n"],
                "does not offer STARTTLS",
            ),
            (
                Protocol::Imap,
                &[b"* OK a\r\n", b"1 BAD no\r\n"],
                "it says \"1 BAD no\"",
            ),
            (
                Protocol::Imap,
                &[b"* PREAUTH a\r\n"],
                "does not welcome: it says \"* PREAUTH a\"",
            ),
            (
                Protocol::Pop3,
                &[b"+OK\r\n", b"-ERR no\r\n"],
                "it says \"-ERR no\"",
            ),
            (Protocol::Postgres, &[b"N"], "does not speak TLS"),
            (Protocol::Postgres, &[b"E..."], "it says \"E...\""),
            (
                Protocol::Postgres,
                &[b"E\0\0\0\x1aSFATAL\0C0A000\0Mgo away\0\0"],
                "it says \"go away\"",
            ),
            (
                Protocol::Ldap,
                &[b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\0\x04\0"],
                "its result code is 2",
            ),
            (Protocol::Ldap, &[b"HTTP/1.1"], "no message of LDAP"),
            (
                Protocol::Xmpp,
                &[b"<stream:features></stream:features>"],
                "does not offer STARTTLS",
            ),
            (Protocol::Xmpp, &[b"<stream:stream>\xff"], "is not UTF-8"),
        ] {
            let sentence = said(protocol, answers);
            assert!(sentence.contains(told), "{protocol}: {sentence}");
        }
    }

    #[test]
    fn d3_what_comes_behind_the_last_answer_is_refused() {
        for (protocol, answers) in [
            (
                Protocol::Smtp,
                [
                    b"220 a\r\n".as_slice(),
                    b"250 STARTTLS\r\n",
                    b"220 go\r\n250 injected\r\n",
                ]
                .as_slice(),
            ),
            (Protocol::Postgres, &[b"Sx"]),
            (Protocol::Pop3, &[b"+OK\r\n", b"+OK\r\n+OK\r\n"]),
            // The first byte of a character is more too.
            (
                Protocol::Xmpp,
                &[b"<stream:features><starttls/></stream:features>\xc3"],
            ),
        ] {
            let mut dialogue = Dialogue::new(protocol, "a.example");
            let (last, others) = answers.split_last().unwrap();
            for answer in others {
                dialogue.hear(answer).unwrap();
            }
            let sentence = dialogue.hear(last).unwrap_err();
            assert!(sentence.contains("more before TLS"), "{sentence}");
        }
    }

    #[test]
    fn a_server_that_never_comes_to_the_point() {
        let mut dialogue = Dialogue::new(Protocol::Smtp, "a.example");
        let endless = b"220-and so on\r\n".repeat(LIMIT / 10);
        assert!(dialogue.hear(&endless).is_err());
    }
}
