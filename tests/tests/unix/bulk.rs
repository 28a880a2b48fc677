//! Much at a time, there and back.

use crate::{CA, all, pki, posix};
use switchboard_tests::composed::run_in;
use switchboard_tests::tls::TlsServer;
use switchboard_tests::unix::{Folder, UnixServer};

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
