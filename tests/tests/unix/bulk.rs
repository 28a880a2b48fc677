//! Much at a time, there and back.

use crate::{CA, all, pki, posix};
use switchboard_tests::bench_native::{self, Measured, Workload};
use switchboard_tests::bench_wasm::Plugged;
use switchboard_tests::composed::{LIMIT, run_in};
use switchboard_tests::tls::TlsServer;
use switchboard_tests::unix_servers::{Folder, UnixServer};

#[tokio::test]
async fn all_arrives_and_in_its_order() {
    let (pki, leaf) = pki();
    let folder = Folder::new().unwrap();
    let _plain = UnixServer::echo(&folder.file("plain")).unwrap();
    let server = TlsServer::echo("127.0.0.1", &leaf).unwrap();
    let _secure = UnixServer::relay(&folder.file("secure"), server.addr()).unwrap();
    let setting = posix(&pki, all(&folder));
    for (mebibytes, name, more) in [
        (64, "plain", String::new()),
        (16, "plain", " via=lists".to_owned()),
        (4, "secure", format!(" ca={CA}")),
    ] {
        let path = folder.text(name);
        let run = run_in(&setting, &format!("bulk {mebibytes} path={path}{more}")).await;
        let bytes = mebibytes * 1024 * 1024;
        assert_eq!(
            run.unwrap().output,
            format!("{bytes} bytes there and back\n")
        );
    }
}

/// Native tokio's speed, and the component's beside it: by turns, and the best of each, as what disturbs only ever slows down.
#[tokio::test]
#[ignore = "it measures, and wants the machine for itself"]
async fn four_fifths_of_native_speed_or_more() {
    const ALL: Workload = Workload::Bulk(512);
    let folder = Folder::new().unwrap();
    let path = folder.file("echo");
    let _server = UnixServer::echo(&path).unwrap();
    let plugged = Plugged::new().unwrap();
    let (mut tokio, mut switchboard) = (0_f64, 0_f64);
    let rate = |measured: Measured| 512.0 * 1.048_576 / measured.seconds;
    for _ in 0..20 {
        let measured = bench_native::measure_unix(&path, ALL, LIMIT).await;
        tokio = tokio.max(rate(measured.unwrap()));
        let measured = plugged.measure_unix(&path, ALL, LIMIT).await;
        switchboard = switchboard.max(rate(measured.unwrap()));
    }
    let ratio = switchboard / tokio;
    println!("{switchboard:.0} MB/s, tokio {tokio:.0} MB/s: {ratio:.2}");
    assert!(ratio >= 0.8);
}
