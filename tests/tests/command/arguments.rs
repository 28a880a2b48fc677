//! Arguments: those that are wrong, and the help.

use crate::{prompts, wasmtime};
use std::path::Path;
use switchboard_tests::certs::Pki;

/// Every flag of `connect`.
const FLAGS: [&str; 30] = [
    "--tls",
    "--ca",
    "--server-name",
    "--alpn",
    "--handshake-timeout",
    "-4",
    "-6",
    "--resolve",
    "--happy-eyeballs-delay",
    "--interleave",
    "--sequential",
    "--race-until",
    "--refuse-networks",
    "--local-address",
    "--lookup-flags",
    "--protocol",
    "--timeout",
    "--shutdown-timeout",
    "--keep-alive",
    "--keep-alive-idle",
    "--keep-alive-interval",
    "--keep-alive-count",
    "--hop-limit",
    "--receive-buffer-size",
    "--send-buffer-size",
    "--all-errors",
    "--json",
    "--verbose",
    "-v",
    "--help",
];

#[test]
fn wrong_ones_are_told_with_status_2() {
    let pki = Pki::new().unwrap();
    let folder = crate::home(&pki);
    pki.write("rubbish.pem", "rubbish").unwrap();
    let begun = "-----BEGIN CERTIFICATE-----\n";
    let ended = "-----END CERTIFICATE-----\n";
    pki.write("short.pem", format!("{begun}AAAA\n{ended}"))
        .unwrap();
    pki.write("half.pem", format!("{begun}AAAA\n")).unwrap();
    pki.write("letters.pem", format!("{begun}!!!!\n{ended}"))
        .unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let elsewhere = elsewhere.path().join("ca.pem");
    std::fs::write(&elsewhere, pki.ca_pem()).unwrap();
    let elsewhere = elsewhere.to_str().unwrap();
    let long = "x".repeat(256);

    let host = ["connect", "localhost"];
    let to = [&host[..], &["443"]].concat();
    let with = |more: &[&'static str]| [&to, more].concat();
    let tls = |more: &[&'static str]| [&to, &["--tls"][..], more].concat();
    for (arguments, words) in [
        (host.to_vec(), &["<PORT>"][..]),
        (
            [&host[..], &["70000"]].concat(),
            &["port '70000'", "0-65535"],
        ),
        (
            [&host[..], &["nonsense"]].concat(),
            &["port 'nonsense'", "known service"],
        ),
        (with(&["--ca", "ca.pem"]), &["--tls"]),
        (with(&["--alpn", "h2"]), &["--tls"]),
        (with(&["--nonsense"]), &["--nonsense"]),
        (with(&["--timeout", "10"]), &["'10'", "--timeout", "250ms"]),
        (
            with(&["--timeout", "0s"]),
            &["--timeout", "longer than nothing"],
        ),
        (
            tls(&["--handshake-timeout", "soon"]),
            &["--handshake-timeout", "250ms"],
        ),
        (with(&["--happy-eyeballs-delay", "-1s"]), &["-1"]),
        (with(&["--interleave", "x"]), &["--interleave"]),
        (
            with(&["--sequential", "--happy-eyeballs-delay", "1s"]),
            &["--sequential"],
        ),
        (with(&["-4", "-6"]), &["-4", "-6"]),
        (with(&["--resolve", "localhost"]), &["HOST:PORT:ADDR"]),
        (
            with(&["--resolve", "localhost:443:x"]),
            &["'x' is no IP address"],
        ),
        (with(&["--resolve", "localhost:99999:::1"]), &["0 to 65535"]),
        (
            tls(&["--ca", "none.pem"]),
            &["--ca none.pem", "No such file", "--dir"],
        ),
        (tls(&["--ca", "."]), &["--ca .", "irectory"]),
        (
            tls(&["--ca", "rubbish.pem"]),
            &["--ca rubbish.pem", "no certificate in PEM or DER"],
        ),
        (
            tls(&["--ca", "short.pem"]),
            &["--ca short.pem", "number 1", "X.509"],
        ),
        (
            tls(&["--ca", "half.pem"]),
            &["--ca half.pem", "-----END CERTIFICATE-----"],
        ),
        (
            tls(&["--ca", "letters.pem"]),
            &["--ca letters.pem", "base64"],
        ),
        (tls(&["--alpn", ""]), &["--alpn", "1 to 255 bytes"]),
        (
            [&to, &["--tls", "--alpn", long.as_str()][..]].concat(),
            &["--alpn", "1 to 255 bytes"],
        ),
        (
            vec!["connect", "a..b", "443"],
            &["a..b", "empty or too long"],
        ),
        (vec!["nonsense"], &["nonsense"]),
    ] {
        for prompt in prompts(folder) {
            let done = prompt.run(&arguments, b"").unwrap();
            let told = done.with_status(2).unwrap();
            assert_eq!(told.stdout, b"");
            let all = &told.stderr;
            assert!(all.starts_with("error: "), "{arguments:?}: {all}");
            assert!(!all.contains("os error") && !all.contains("[67"), "{all}");
            for word in words {
                assert!(all.contains(word), "no {word:?} for {arguments:?} in {all}");
            }
        }
    }

    // The embedded one sees all files, as the user does; the stock one only those of `--dir`.
    let arguments = [&to, &["--tls", "--ca", elsewhere][..]].concat();
    let done = wasmtime(folder).run(&arguments, b"").unwrap();
    let done = done.with_status(2).unwrap();
    done.told("error: --ca ", &["--dir"]).unwrap();
}

#[test]
fn help_and_version() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    for prompt in prompts(folder) {
        for (arguments, words) in [
            (
                &["--help"][..],
                &["connect", "--version", "Exit status"][..],
            ),
            (&["connect", "--help"], &FLAGS),
            (
                &["connect", "--help"],
                &["Examples", "Durations", "Exit status", "<HOST>"],
            ),
            (
                &["--version"],
                &[concat!("switchboard ", env!("CARGO_PKG_VERSION"))],
            ),
        ] {
            let done = prompt.run(arguments, b"").unwrap().with_status(0).unwrap();
            assert_eq!(done.stderr, "");
            let text = String::from_utf8(done.stdout).unwrap();
            for word in words {
                assert!(text.contains(word), "no {word} in {text}");
            }
        }
        // Without a command it cannot do anything: the help, and a failure.
        let done = prompt.run(&[], b"").unwrap().with_status(2).unwrap();
        assert!(done.stderr.contains("Usage: "), "{}", done.stderr);
    }
}
