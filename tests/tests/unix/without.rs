//! `switchboard.wasm`, which has WASI alone.

use crate::{not_supported, to, with};
use serde_json::json;
use switchboard_tests::ask;
use switchboard_tests::certs::Pki;
use switchboard_tests::composed::Setting;
use switchboard_tests::datagrams;
use switchboard_tests::unix_servers::{Folder, UnixServer};

#[tokio::test]
async fn it_says_what_it_would_take() {
    let folder = Folder::new().unwrap();
    let path = folder.file("echo");
    let _server = UnixServer::echo(&path).unwrap();
    let pki = Pki::new().unwrap();
    let setting = Setting::usual(pki.folder());
    let answers = ask::ask_in(&setting, &pki, &[to(&path)]).await.unwrap();
    not_supported(&answers[0], "path");
    assert!(answers[0].told().contains("switchboard-posix.wasm"));
    let unix = json!({"family": "unix"});
    let named = with(&unix, json!({"unix-local": folder.file("here")}));
    let answers = datagrams::ask_in(&setting, &pki, &[unix, named]).await;
    for answer in answers.unwrap() {
        not_supported(&answer, "family unix");
        assert!(answer.told().contains("switchboard-posix.wasm"));
    }
    assert!(!folder.file("here").exists());
}
